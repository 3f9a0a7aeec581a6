//! The word that opens what not everybody is to see: a bearer token, RFC 6750.

use super::Asked;
use super::fresh::{Broken, Fresh, Tell, is_open_to_all};
use crate::value::Secret;
use ring::hmac;
use ring::rand::SystemRandom;
use std::sync::Arc;

/// Bytes of a token. A request's head has to hold it.
const LONGEST: usize = 4096;

/// A token from a file, which is read again when it has changed. While it cannot be read, nobody has it.
#[derive(Clone)]
pub struct Token(Arc<Fresh<Expected>>);

/// What is known of a token: enough to tell whether another one is the same, in a time that does not depend on where
/// they differ, nor on how long this one is.
struct Expected {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Token {
    /// Reads `path`: one line. `tell` hears of later changes, and is warned of a file that everybody may read.
    pub fn read(path: &str, tell: Tell) -> Result<Token, String> {
        let own = path.to_owned();
        let make = move |files: &[Vec<u8>]| {
            let bytes = files.first().map(Vec::as_slice).unwrap_or_default();
            let expected = Expected::of(bytes).map_err(|why| format!("{own}: {why}"))?;
            Ok((expected, is_open_to_all(&own).into_iter().collect()))
        };
        Fresh::read("the token's file", vec![path.to_owned()], Broken::Nothing, Box::new(make), tell).map(Token)
    }

    /// Whether whoever asks has it. Belongs into an endpoint: the file may be read anew.
    pub async fn admits(&self, asked: &Asked) -> bool {
        let Some(shown) = asked.authorization.as_ref().and_then(bearer) else { return false };
        self.0.current().await.is_some_and(|expected| expected.is(shown.as_bytes()))
    }
}

impl Expected {
    fn of(bytes: &[u8]) -> Result<Expected, String> {
        let token = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let token = token.strip_suffix(b"\r").unwrap_or(token);
        if token.is_empty() {
            return Err("it holds no token: it is empty".to_owned());
        }
        if token.len() > LONGEST {
            return Err(format!("a token has {LONGEST} bytes at most"));
        }
        if !token.iter().all(u8::is_ascii_graphic) {
            return Err("a token is one line of letters, digits and signs, without spaces".to_owned());
        }
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| "the system has no random numbers".to_owned())?;
        let tag = hmac::sign(&key, token);
        Ok(Expected { key, tag })
    }

    fn is(&self, shown: &[u8]) -> bool {
        hmac::verify(&self.key, shown, self.tag.as_ref()).is_ok()
    }
}

/// The token in an `Authorization` header.
fn bearer(header: &Secret) -> Option<&str> {
    let (scheme, token) = header.reveal().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_is_it() {
        for file in [&b"s3cret"[..], b"s3cret\n", b"s3cret\r\n"] {
            let expected = Expected::of(file).unwrap();
            assert!(expected.is(b"s3cret"));
            for other in [&b""[..], b"s3cre", b"s3crets", b"S3cret", b"s3cret\n", b" s3cret", b"\0s3cret"] {
                assert!(!expected.is(other), "{other:?}");
            }
        }
    }

    #[test]
    fn a_file_without_a_token_opens_nothing() {
        for file in [&b""[..], b"\n", b"\r\n", b" ", b"a b", b"a\nb", b"a\n\n", b"\xff", b"a\0", &[b'x'; LONGEST + 1]] {
            assert!(Expected::of(file).is_err(), "{file:?}");
        }
        assert!(Expected::of(&[b'x'; LONGEST]).is_ok());
    }

    #[test]
    fn the_scheme_is_bearer_however_it_is_written() {
        let bearer = |text: &str| bearer(&Secret::new(text)).map(str::to_owned);
        for header in ["Bearer x", "bearer x", "BEARER  x", "Bearer x "] {
            assert_eq!(bearer(header).as_deref(), Some("x"), "{header}");
        }
        for header in ["", "x", "Bearer", "Bearerx", "Basic x", " Bearer x", "Token x"] {
            assert_eq!(bearer(header), None, "{header}");
        }
        // No token is empty.
        assert_eq!(bearer("Bearer ").as_deref(), Some(""));
    }
}
