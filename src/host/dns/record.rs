//! The data of a record as zone files and the `dig` command have it: RFC 1035, section 5.1, and each type's own RFC.

use super::RecordType;
use super::reader::{Reader, Unread};
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// One text, but for TXT, of which each string is one.
pub fn text(record: RecordType, mut at: Reader<'_>) -> Result<Vec<String>, Unread> {
    let texts = match record {
        RecordType::A => vec![Ipv4Addr::from(array(at.take(4)?)).to_string()],
        RecordType::Aaaa => vec![Ipv6Addr::from(array(at.take(16)?)).to_string()],
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => vec![name(&mut at)?],
        RecordType::Mx => {
            let [preference] = at.words()?;
            vec![format!("{preference} {}", name(&mut at)?)]
        }
        RecordType::Srv => {
            let [priority, weight, port] = at.words()?;
            vec![format!("{priority} {weight} {port} {}", name(&mut at)?)]
        }
        RecordType::Soa => {
            let mut text = format!("{} {}", name(&mut at)?, name(&mut at)?);
            for _ in ["serial", "refresh", "retry", "expire", "minimum"] {
                let _ = write!(text, " {}", at.long()?);
            }
            vec![text]
        }
        RecordType::Txt => {
            let mut texts = vec![string(at.string()?)];
            while at.done().is_err() {
                texts.push(string(at.string()?));
            }
            texts
        }
        RecordType::Caa => {
            let (flag, tag) = (at.byte()?, string(at.string()?));
            vec![format!("{flag} {tag} {}", String::from_utf8_lossy(at.rest()))]
        }
        RecordType::Sshfp => vec![format!("{} {} {}", at.byte()?, at.byte()?, hex(at.rest()))],
        RecordType::Tlsa => vec![format!("{} {} {} {}", at.byte()?, at.byte()?, at.byte()?, hex(at.rest()))],
    };
    at.done()?;
    Ok(texts)
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// With a dot at its end.
fn name(at: &mut Reader<'_>) -> Result<String, Unread> {
    let wire = at.name()?;
    let mut text = String::with_capacity(wire.len());
    let mut rest = wire.as_slice();
    while let Some((length @ 1.., more)) = rest.split_first() {
        let (label, next) = more.split_at_checked((*length).into()).unwrap_or_default();
        label.iter().for_each(|byte| escape(&mut text, *byte, b". '@;()\"\\"));
        text.push('.');
        rest = next;
    }
    Ok(if text.is_empty() { ".".into() } else { text })
}

fn string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    bytes.iter().for_each(|byte| escape(&mut text, *byte, b"\"\\"));
    text
}

/// A byte that zone files give a meaning to has a backslash before it, one that is not printable is a number.
fn escape(text: &mut String, byte: u8, special: &[u8]) {
    if special.contains(&byte) {
        text.push('\\');
        text.push(byte.into());
    } else if (b' '..=b'~').contains(&byte) {
        text.push(byte.into());
    } else {
        let _ = write!(text, "\\{byte:03}");
    }
}
