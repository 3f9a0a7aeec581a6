//! Why a TLS handshake came to nothing, in plain words.

use crate::host::unreached::Unreached;
use crate::value::Fault;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible};
use std::io;
use std::time::Instant;

/// Bytes of what a server says instead of TLS that are remembered.
pub const QUOTED: usize = 48;

/// What was asked of whom.
pub struct Asked<'a> {
    /// `a TLS handshake with www.example.org (192.0.2.1:443)`.
    pub what: &'a str,
    pub name: &'a ServerName<'static>,
    /// The first bytes of the answer.
    pub heard: &'a [u8],
    pub began: Instant,
}

pub fn of(error: &io::Error, asked: &Asked) -> Unreached {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    let what = asked.what;
    let refused = |why: String| Unreached::Refused(format!("{what}: {why}"));
    match error.kind() {
        TimedOut => return Unreached::Silent(what.to_owned(), asked.began.elapsed()),
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => {
            return match spoken(asked.heard) {
                Some(words) => refused(words),
                None => refused("the server hung up".into()),
            };
        }
        _ => {}
    }
    let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<Error>()) else {
        return Unreached::Fault(Fault::Failed(format!("{what}: {error}")));
    };
    if let Some(words) = spoken(asked.heard) {
        return refused(words);
    }
    let unsupported = |why: String| Unreached::Fault(Fault::Unsupported(format!("{what}: {why}")));
    match tls {
        Error::NoCertificatesPresented => refused("the server shows no certificate".into()),
        Error::AlertReceived(Alert::UnrecognisedName) => {
            refused(format!("the server knows nobody called `{}`", asked.name.to_str()))
        }
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => unsupported(format!(
            "the server agrees to none of the ciphers offered, or has no certificate for `{}`",
            asked.name.to_str()
        )),
        Error::AlertReceived(alert) => match turned_away(*alert) {
            Some(why) => refused(why.into()),
            None => match alert {
                Alert::ProtocolVersion => unsupported(OLD.into()),
                other => Unreached::Fault(Fault::Failed(format!("{what}: {}", unexplained(*other)))),
            },
        },
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => unsupported(OLD.into()),
        Error::PeerIncompatible(_) => unsupported(tls.to_string()),
        Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => Unreached::Fault(Fault::Malformed(format!(
            "{what}: the server announces a message of more than the 64 KiB that are read"
        ))),
        other => Unreached::Fault(Fault::Malformed(format!("{what}: {other}"))),
    }
}

const OLD: &str = "the server speaks only a TLS older than 1.2, which is not spoken here";

/// The same error with words for what an alert of the server's means.
pub fn plain(error: io::Error) -> io::Error {
    let tls = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    let Some(Error::AlertReceived(alert)) = tls else { return error };
    let words = turned_away(*alert).map_or_else(|| unexplained(*alert), str::to_owned);
    io::Error::new(error.kind(), words)
}

/// What alerts mean that are about the client.
fn turned_away(alert: Alert) -> Option<&'static str> {
    Some(match alert {
        Alert::CertificateRequired | Alert::NoCertificate => "the server wants a client certificate",
        Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::CertificateUnknown | Alert::UnknownCA => {
            "the server does not take the client's certificate, or wants one"
        }
        Alert::CertificateRevoked => "the server says that the client's certificate is revoked",
        Alert::CertificateExpired => "the server says that the client's certificate has expired",
        Alert::AccessDenied => "the server denies this client access",
        _ => return None,
    })
}

fn unexplained(alert: Alert) -> String {
    format!("the server ended it with the alert `{}`", snake(&format!("{alert:?}")))
}

/// As RFC 8446 spells alerts: `InternalError` is `internal_error`.
fn snake(name: &str) -> String {
    let (mut out, mut was_lower) = (String::with_capacity(name.len() + 4), false);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            out.push('_');
        }
        was_lower = letter.is_ascii_lowercase();
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// What a server said that speaks no TLS. `None` where it may be TLS.
fn spoken(heard: &[u8]) -> Option<String> {
    // Alert and handshake records, of whatever version: RFC 8446, section 5.1.
    let ([20..=23] | [20..=23, 3, ..] | []) = heard else {
        let line = heard.trim_ascii_start().split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
        let text = line.escape_ascii().to_string();
        let hint = if line.iter().take(3).all(u8::is_ascii_digit) || line.starts_with(b"* ") || line.starts_with(b"+OK")
        {
            ", which `starttls` may be for"
        } else {
            ""
        };
        return Some(format!("the server speaks no TLS: it says `{text}`{hint}"));
    };
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_said_in_the_clear_is_quoted_up_to_its_line() {
        assert_eq!(spoken(b""), None);
        assert_eq!(spoken(&[22, 3, 1, 0, 5]), None);
        assert_eq!(spoken(&[21]), None);
        let http = spoken(b"HTTP/1.1 400 Bad Request\r\nServer: x").unwrap();
        assert_eq!(http, "the server speaks no TLS: it says `HTTP/1.1 400 Bad Request`");
        for greeting in ["220 mail.example.org ESMTP", "* OK ready", "+OK ready"] {
            assert!(spoken(greeting.as_bytes()).unwrap().contains("`starttls`"), "{greeting}");
        }
        assert_eq!(spoken(&[22, 0, 1]).unwrap(), "the server speaks no TLS: it says `\\x16\\x00\\x01`");
    }

    #[test]
    fn alerts_are_spelled_as_the_standard_spells_them() {
        assert_eq!(snake("InternalError"), "internal_error");
        assert_eq!(snake("UnknownCA"), "unknown_ca");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(heard in proptest::collection::vec(any::<u8>(), 0..QUOTED)) {
            if let Some(words) = spoken(&heard) {
                prop_assert!(words.chars().all(|c| !c.is_control()));
            }
        }
    }
}
