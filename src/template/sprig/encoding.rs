//! Base 64 and base 32 (RFC 4648).

use super::{Made, lossy, made, of, text};
use crate::template::Param::Text;
use crate::template::{Call, Function};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub static FUNCTIONS: &[Function] = &[
    of("b64enc", &[Text], |call, args| made(call, STANDARD.encode(text(args, 0)?))),
    of("b64dec", &[Text], |call, args| decoded(call, "base64", decode64(text(args, 0)?.as_bytes()))),
    of("b32enc", &[Text], |call, args| made(call, data_encoding::BASE32.encode(text(args, 0)?.as_bytes()))),
    of("b32dec", &[Text], |call, args| decoded(call, "base32", decode32(text(args, 0)?))),
];

/// What is wrong is the result, not an error: so sprig has it.
fn decoded(call: &Call, name: &str, bytes: Result<Vec<u8>, usize>) -> Made {
    made(call, bytes.map_or_else(|at| format!("illegal {name} data at input byte {at}"), lossy))
}

fn digit64(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn digit32(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

/// The bytes of digits of so many bits; bits left over are dropped.
fn packed(digits: &[u8], width: u32) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (vec![], 0_u32, 0_u32);
    for digit in digits {
        (bits, held) = ((bits << width | u32::from(*digit)) & 0xffff, held + width);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

/// The error is where Go finds it. Line ends are passed over.
fn decode64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let next = |from: usize| text.iter().enumerate().skip(from).find(|(_, byte)| !is_end(byte));
    let mut digits = vec![];
    let mut at = 0;
    while let Some((here, byte)) = next(at) {
        at = here + 1;
        if let Some(digit) = digit64(*byte) {
            digits.push(digit);
            continue;
        }
        let written = digits.len() % 4;
        if *byte != b'=' || written < 2 {
            return Err(here);
        }
        if written == 2 {
            match next(at) {
                None => return Err(text.len()),
                Some((second, b'=')) => at = second + 1,
                Some((second, _)) => return Err(second - 1),
            }
        }
        return next(at).map_or_else(|| Ok(packed(&digits, 6)), |(garbage, _)| Err(garbage));
    }
    match digits.len() % 4 {
        0 => Ok(packed(&digits, 6)),
        written => Err(text.len() - written),
    }
}

/// The error is where Go finds it, line ends not counted.
fn decode32(text: &str) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut digits = vec![];
    for (at, byte) in text.iter().enumerate() {
        let written = digits.len() % 8;
        let behind = text.get(at + 1..).unwrap_or_default();
        if *byte == b'=' && written >= 2 && behind.len() < 8 {
            if behind.len() + written < 7 {
                return Err(text.len());
            }
            if let Some(wrong) = behind.iter().take(7 - written).position(|byte| *byte != b'=') {
                return Err(at + wrong);
            }
            return match written {
                3 | 6 => Err(at),
                _ => Ok(packed(&digits, 5)),
            };
        }
        digits.push(digit32(*byte).ok_or(at)?);
    }
    match digits.len() % 8 {
        0 => Ok(packed(&digits, 5)),
        written => Err(text.len() - written),
    }
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn what_is_encoded_reads_as_in_goss() {
        agrees(&[
            (r#"b64enc "hello""#, Some("aGVsbG8=")),
            (r#"b64dec "aGVsbG8=""#, Some("hello")),
            (r#"b64dec "aGVs\nbG8=""#, Some("hello")),
            (r#"b64dec "aGVsbG8""#, Some("illegal base64 data at input byte 4")),
            (r#"b64dec "!!!!""#, Some("illegal base64 data at input byte 0")),
            (r#"b64dec "YQ==x""#, Some("illegal base64 data at input byte 4")),
            (r#"b64dec "YQ=x""#, Some("illegal base64 data at input byte 2")),
            (r#"b64dec "=""#, Some("illegal base64 data at input byte 0")),
            (r#"b32enc "hello""#, Some("NBSWY3DP")),
            (r#"b32dec "NBSWY3DP""#, Some("hello")),
            (r#"b32dec "ME======""#, Some("a")),
            (r#"b32dec "ME=====""#, Some("illegal base32 data at input byte 7")),
            (r#"b32dec "nbswy3dp""#, Some("illegal base32 data at input byte 0")),
            (r#"b32dec "MEA=====""#, Some("illegal base32 data at input byte 3")),
        ]);
    }
}
