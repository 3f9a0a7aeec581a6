//! Protocols of packets.

use super::{Refusal, quoted, say};
use std::io::{Read, Write};

/// Bytes of one packet.
const PACKET: usize = 16 << 10;

/// SSLRequest: PostgreSQL, "Message Formats".
pub fn postgres(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    say(wire, &[0, 0, 0, 8, 4, 210, 22, 47])?;
    match take(wire, 1, "the answer to SSLRequest")?.as_slice() {
        b"S" => Ok(()),
        b"N" => Err(Refusal::NotOffered(None)),
        // An ErrorResponse: too many connections, starting up.
        b"E" => Err(Refusal::NotOffered(Some("ErrorResponse".into()))),
        other => Err(Refusal::Strange { wanted: "`S` or `N`", found: quoted(other) }),
    }
}

/// MySQL, "Protocol::Handshake": the server's greeting, then SSLRequest.
pub fn mysql(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    const SSL: u16 = 0x0800;
    let header = take(wire, 4, "the greeting")?;
    let strange = |found: &[u8]| Refusal::Strange { wanted: "the greeting of version 10", found: quoted(found) };
    let &[a, b, c, number] = header.as_slice() else { return Err(strange(&header)) };
    let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    if number != 0 || length > PACKET {
        return Err(strange(&header));
    }
    let greeting = take(wire, length, "the greeting")?;
    match greeting.split_first() {
        // ERR_Packet: a number, then text.
        Some((0xff, error)) => return Err(Refusal::NotOffered(Some(quoted(error.get(2..).unwrap_or_default())))),
        Some((10, _)) => {}
        _ => return Err(strange(&greeting)),
    }
    // The version's text and its zero, the thread (4), data (8), a filler (1), then the lower half of what it is capable of.
    let text = greeting.iter().skip(1).position(|b| *b == 0).ok_or_else(|| strange(&greeting))?;
    let capable = match greeting.get(text + 2 + 13..).unwrap_or_default() {
        [low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => return Err(strange(&greeting)),
    };
    if capable & SSL == 0 {
        return Err(Refusal::NotOffered(None));
    }
    // PROTOCOL_41, SSL, SECURE_CONNECTION; packets of up to 16 MiB; utf8mb4.
    let mut request = vec![32, 0, 0, 1];
    request.extend(0x0000_8a00_u32.to_le_bytes());
    request.extend(0x0100_0000_u32.to_le_bytes());
    request.push(45);
    request.extend([0; 23]);
    say(wire, &request)
}

/// ExtendedRequest and ExtendedResponse: RFC 4511, sections 4.12 and 4.14.
pub fn ldap(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    const OID: &[u8] = b"1.3.6.1.4.1.1466.20037";
    // LDAPMessage { 1, [APPLICATION 23] { [0] OID } }
    let mut request = vec![0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16];
    request.extend(OID);
    say(wire, &request)?;
    let what = "the answer to StartTLS";
    let strange = |found: &[u8]| Refusal::Strange { wanted: "an ExtendedResponse", found: quoted(found) };
    let mut head = take(wire, 2, what)?;
    let &[0x30, first] = head.as_slice() else { return Err(strange(&head)) };
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            let more = take(wire, usize::from(first & 0x7f), what)?;
            head.extend(&more);
            more.iter().fold(0, |n: usize, b| n << 8 | usize::from(*b))
        }
        _ => return Err(strange(&head)),
    };
    if length > PACKET {
        return Err(strange(&head));
    }
    let body = take(wire, length, what)?;
    let result = || {
        let (_, rest) = element(&body, 0x02)?;
        let (response, _) = element(rest, 0x78)?;
        let (code, rest) = element(response, 0x0a)?;
        let (_, rest) = element(rest, 0x04)?;
        let (diagnostic, _) = element(rest, 0x04)?;
        Some((*code.first()?, diagnostic))
    };
    match result() {
        Some((0, _)) => Ok(()),
        Some((code, [])) => Err(Refusal::NotOffered(Some(format!("result code {code}")))),
        Some((_, diagnostic)) => Err(Refusal::NotOffered(Some(quoted(diagnostic)))),
        None => Err(strange(&body)),
    }
}

/// What is in the element of BER that `bytes` begin with, and what is behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (more, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (more.iter().fold(0, |n: usize, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

fn take(wire: &mut impl Read, length: usize, what: &'static str) -> Result<Vec<u8>, Refusal> {
    let mut bytes = vec![0; length.min(PACKET)];
    wire.read_exact(&mut bytes).map_err(|e| Refusal::Cut(what, e))?;
    Ok(bytes)
}
