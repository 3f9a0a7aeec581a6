//! Digests of text.

use super::{of, text};
use crate::template::Param::Text;
use crate::template::{Function, Value};
use ring::digest;
use std::fmt::Write;

pub static FUNCTIONS: &[Function] = &[
    of("sha1sum", &[Text], |_, args| Ok(hexadecimal(&digest::SHA1_FOR_LEGACY_USE_ONLY, text(args, 0)?))),
    of("sha256sum", &[Text], |_, args| Ok(hexadecimal(&digest::SHA256, text(args, 0)?))),
    of("sha512sum", &[Text], |_, args| Ok(hexadecimal(&digest::SHA512, text(args, 0)?))),
    of("adler32sum", &[Text], |_, args| Ok(Value::text(adler32(text(args, 0)?.as_bytes()).to_string()))),
];

fn hexadecimal(algorithm: &'static digest::Algorithm, text: &str) -> Value {
    let mut made = String::new();
    for byte in digest::digest(algorithm, text.as_bytes()).as_ref() {
        _ = write!(made, "{byte:02x}");
    }
    made.into()
}

/// RFC 1950, section 9.
fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high): (u32, u32), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn digests_are_those_of_goss() {
        agrees(&[
            (r#"sha1sum "Hello world!""#, Some("d3486ae9136e7856bc42212385ea797094475802")),
            (r#"sha256sum "Hello world!""#, Some("c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a")),
            (r#"adler32sum "Hello world!""#, Some("487130206")),
            (r#"adler32sum """#, Some("1")),
        ]);
    }
    #[test]
    fn a_long_digest_is_the_one_of_the_standard() {
        // FIPS 180-2, C.1.
        let expected = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        agrees(&[("sha512sum \"abc\"", Some(expected))]);
    }
}
