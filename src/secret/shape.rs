//! Secrets that are known by how they look: hashes of passwords, and private keys in PEM.

use memchr::memmem;
use std::ops::Range;

/// How hashes of passwords begin: crypt(5), phpass, RFC 2307.
const HASHES: [&str; 22] = [
    "$1$",
    "$2a$",
    "$2b$",
    "$2x$",
    "$2y$",
    "$5$",
    "$6$",
    "$7$",
    "$y$",
    "$gy$",
    "$P$",
    "$H$",
    "$md5$",
    "$sha1$",
    "$apr1$",
    "$argon2i$",
    "$argon2d$",
    "$argon2id$",
    "{SSHA}",
    "{SSHA256}",
    "{SSHA512}",
    "{SMD5}",
];
/// Bytes behind such a beginning that make it a hash: `$1$2` is a line of shell.
const SHORTEST: usize = 20;
/// Bytes that the name of what PEM holds has at most.
const LABEL: usize = 64;
const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// The hashes of passwords in `text`.
pub(super) fn hashes(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    memchr::memchr2_iter(b'$', b'{', text.as_bytes()).filter_map(move |at| {
        let rest = if at < end { None } else { text.get(at..) }?;
        let begin = HASHES.iter().find(|begin| rest.starts_with(**begin))?;
        let of_hash = |b: &u8| b.is_ascii_alphanumeric() || b"./+=$,-_\\".contains(b);
        let hash = rest.as_bytes().get(begin.len()..)?.iter().take_while(|b| of_hash(b)).count();
        if hash < SHORTEST {
            return None;
        }
        end = at + begin.len() + hash;
        Some(at..end)
    })
}

/// What stands between `BEGIN` and `END` of the private keys in `text`, which may be text in quotes.
pub(super) fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    memmem::find_iter(text.as_bytes(), BEGIN).filter_map(move |at| {
        let label = at + BEGIN.len();
        let rest = text.get(label..)?;
        let end = rest.get(..rest.floor_char_boundary(LABEL))?.find(DASHES)?;
        if !rest.get(..end)?.contains("PRIVATE KEY") {
            return None;
        }
        let start = label + end + DASHES.len();
        let body = text.get(start..)?;
        let body = body.get(..memmem::find(body.as_bytes(), DASHES.as_bytes()).unwrap_or(body.len()))?;
        let of_key = |b: &u8| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=\\:,-.()".contains(b);
        let body = body.get(..body.bytes().take_while(of_key).count())?;
        let letters = body.bytes().filter(u8::is_ascii_alphanumeric).count();
        (letters >= SHORTEST).then(|| start..start + body.len())
    })
}

#[cfg(test)]
mod tests {
    use crate::secret::{exposed, mask};

    #[test]
    fn hashes_of_passwords_are_hidden_and_shell_is_not() {
        let (salt, long) = ("rGXrTBnC", "N4s0mYh3Vq7Jx2kPz5Lw8Rt1Ub6Ic9Od0EfAgHjKlMnQvWyXzCbSdGhTiUo");
        for hash in [
            format!("$6${salt}${long}"),
            format!("$6$rounds=5000${salt}${long}"),
            format!("$y$j9T${salt}${long}"),
            format!("$2b$12${long}"),
            format!("$argon2id$v=19$m=65536,t=3,p=4${salt}${long}"),
            format!("$apr1${salt}$N4s0mYh3Vq7Jx2kPz5Lw8/"),
            format!("{{SSHA}}{long}=="),
        ] {
            assert_eq!(mask(&format!("root:{hash}:19000:0:")), "root:***:19000:0:", "{hash}");
            assert_eq!(mask(&hash), "***");
        }
        for text in ["echo $1$2", "$6$", "/^a$/", "$1$HOME/bin", "${SSHA}", "a{b}", "$HOME/aaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(exposed(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn private_keys_are_hidden_and_the_line_above_them_and_certificates_are_not() {
        let body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nAAAA+/==\n";
        for (label, break_) in [("PRIVATE KEY", "\n"), ("OPENSSH PRIVATE KEY", "\\n"), ("RSA PRIVATE KEY", "\r\n")] {
            let body = body.replace('\n', break_);
            let text = format!("a -----BEGIN {label}-----{break_}{body}-----END {label}-----\" b");
            assert_eq!(mask(&text), format!("a -----BEGIN {label}-----***-----END {label}-----\" b"));
        }
        let cut = format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}", &body[..30]);
        assert_eq!(mask(&cut), "-----BEGIN RSA PRIVATE KEY-----***");
        for text in [
            "contents = [\"-----BEGIN PRIVATE KEY-----\"]\nmode = \"0600\"\nowner = \"root\"\n".to_owned(),
            format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"),
            "-----BEGIN ".to_owned(),
        ] {
            assert!(exposed(&text).is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(-----BEGIN |PRIVATE KEY|-----|\\$6\\$|\\{SSHA\\}|[a-z]{22}|é|[ \\n$]){0,20}") {
            for range in exposed(&text) {
                proptest::prop_assert!(text.get(range.clone()).is_some_and(|t| !t.is_empty()), "{range:?}");
            }
        }
    }
}
