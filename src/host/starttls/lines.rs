//! Protocols of lines, and XMPP.

use super::{Refusal, quoted, say};
use std::io::{self, Read, Write};

/// Bytes of one line. SMTP and IMAP have lines of at most a thousand or so, and greetings that are longer.
const LINE: usize = 8 << 10;
/// Lines of one answer.
const LINES: usize = 200;

/// RFC 3207.
pub fn smtp(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    let (code, greeting) = reply(wire, "the greeting")?;
    if code != b"220" {
        return Err(Refusal::NotOffered(Some(last(&greeting))));
    }
    say(wire, b"EHLO [127.0.0.1]\r\n")?;
    let (code, offers) = reply(wire, "the answer to EHLO")?;
    // Lines are `250-STARTTLS`.
    let offered =
        offers.iter().skip(1).any(|l| l.get(4..).is_some_and(|o| o.trim_ascii().eq_ignore_ascii_case(b"STARTTLS")));
    if code != b"250" {
        return Err(Refusal::NotOffered(Some(last(&offers))));
    }
    if !offered {
        return Err(Refusal::NotOffered(None));
    }
    say(wire, b"STARTTLS\r\n")?;
    match reply(wire, "the answer to STARTTLS")? {
        (code, _) if code == b"220" => Ok(()),
        (_, lines) => Err(Refusal::NotOffered(Some(last(&lines)))),
    }
}

/// RFC 4217.
pub fn ftp(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    // 120: ready in so many minutes.
    let (code, greeting) = match reply(wire, "the greeting")? {
        (code, _) if code == b"120" => reply(wire, "the greeting")?,
        other => other,
    };
    if code != b"220" {
        return Err(Refusal::NotOffered(Some(last(&greeting))));
    }
    say(wire, b"AUTH TLS\r\n")?;
    match reply(wire, "the answer to AUTH TLS")? {
        (code, _) if code == b"234" => Ok(()),
        (_, lines) => Err(Refusal::NotOffered(Some(last(&lines)))),
    }
}

/// RFC 4642.
pub fn nntp(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    let (code, greeting) = reply(wire, "the greeting")?;
    if code != b"200" && code != b"201" {
        return Err(Refusal::NotOffered(Some(last(&greeting))));
    }
    say(wire, b"STARTTLS\r\n")?;
    match reply(wire, "the answer to STARTTLS")? {
        (code, _) if code == b"382" => Ok(()),
        (_, lines) => Err(Refusal::NotOffered(Some(last(&lines)))),
    }
}

/// RFC 2595, section 4.
pub fn pop3(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    let status = |wire: &mut _, what, wanted| match line(wire, what)? {
        line if line.starts_with(b"+OK") => Ok(()),
        line if line.starts_with(b"-ERR") => Err(Refusal::NotOffered(Some(quoted(&line)))),
        line => Err(Refusal::Strange { wanted, found: quoted(&line) }),
    };
    status(wire, "the greeting", "a greeting such as `+OK`")?;
    say(wire, b"STLS\r\n")?;
    status(wire, "the answer to STLS", "`+OK` or `-ERR`")
}

/// RFC 3501, section 6.2.1.
pub fn imap(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    let greeting = line(wire, "the greeting")?;
    match words(&greeting) {
        (b"*", b"OK") => {}
        // PREAUTH: TLS cannot follow. BYE: not now.
        (b"*", b"PREAUTH" | b"BYE") => return Err(Refusal::NotOffered(Some(quoted(&greeting)))),
        _ => return Err(Refusal::Strange { wanted: "a greeting such as `* OK`", found: quoted(&greeting) }),
    }
    say(wire, b"a STARTTLS\r\n")?;
    for _ in 0..LINES {
        let answer = line(wire, "the answer to STARTTLS")?;
        match words(&answer) {
            (b"a", b"OK") => return Ok(()),
            (b"a", _) => return Err(Refusal::NotOffered(Some(quoted(&answer)))),
            (b"*", _) => {}
            _ => return Err(Refusal::Strange { wanted: "`a OK`", found: quoted(&answer) }),
        }
    }
    Err(endless("`a OK`"))
}

/// ManageSieve: RFC 5804, section 2.2.
pub fn sieve(wire: &mut (impl Read + Write)) -> Result<(), Refusal> {
    if !capabilities(wire, "the greeting")? {
        return Err(Refusal::NotOffered(None));
    }
    say(wire, b"STARTTLS\r\n")?;
    capabilities(wire, "the answer to STARTTLS").map(|_| ())
}

/// Reads on to `OK`; whether STARTTLS stood among the capabilities before it.
fn capabilities(wire: &mut impl Read, what: &'static str) -> Result<bool, Refusal> {
    let mut offered = false;
    for _ in 0..LINES {
        let line = line(wire, what)?;
        let word = line.split(|b| matches!(b, b' ' | b'(')).next().unwrap_or_default();
        match word.to_ascii_uppercase().as_slice() {
            b"OK" => return Ok(offered),
            b"NO" | b"BYE" => return Err(Refusal::NotOffered(Some(quoted(&line)))),
            b"\"STARTTLS\"" => offered = true,
            other if other.starts_with(b"\"") => {}
            _ => return Err(Refusal::Strange { wanted: "capabilities and `OK`", found: quoted(&line) }),
        }
    }
    Err(endless("`OK`"))
}

/// RFC 6120, section 5.4. Enough of XML to know three elements by their tags.
pub fn xmpp(wire: &mut (impl Read + Write), name: &str) -> Result<(), Refusal> {
    let open = format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{}' version='1.0'>",
        name.replace(['&', '<', '>', '\'', '"'], "")
    );
    say(wire, open.as_bytes())?;
    let mut offered = false;
    for at in 0..LINES {
        let tag = tag(wire, "the features")?;
        match tag.as_slice() {
            t if at == 0 && !t.starts_with(b"<?xml") && !t.starts_with(b"<stream:stream") => {
                return Err(Refusal::Strange { wanted: "`<stream:stream>`", found: quoted(t) });
            }
            t if t.starts_with(b"<starttls") => offered = true,
            t if t.starts_with(b"<stream:error") || t.starts_with(b"</stream:stream") => {
                return Err(Refusal::NotOffered(Some(quoted(t))));
            }
            b"</stream:features>" | b"<stream:features/>" if !offered => return Err(Refusal::NotOffered(None)),
            b"</stream:features>" => break,
            _ if at + 1 == LINES => return Err(endless("`</stream:features>`")),
            _ => {}
        }
    }
    say(wire, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
    let answer = tag(wire, "the answer to starttls")?;
    if !answer.starts_with(b"<proceed") {
        return Err(Refusal::NotOffered(Some(quoted(&answer))));
    }
    // TLS begins behind the whole element.
    if !answer.ends_with(b"/>") {
        tag(wire, "the answer to starttls")?;
    }
    Ok(())
}

fn endless(wanted: &'static str) -> Refusal {
    Refusal::Strange { wanted, found: format!("more than {LINES} lines") }
}

/// An answer of SMTP (RFC 5321, section 4.2.1), FTP (RFC 959, section 4.2) or NNTP: its code and its lines.
fn reply(wire: &mut impl Read, what: &'static str) -> Result<(Vec<u8>, Vec<Vec<u8>>), Refusal> {
    let mut lines = Vec::new();
    let mut code = Vec::new();
    while lines.len() < LINES {
        let line = line(wire, what)?;
        let (digits, rest) = line.split_at_checked(3).unwrap_or_default();
        let coded =
            digits.len() == 3 && digits.iter().all(u8::is_ascii_digit) && matches!(rest, [] | [b' ' | b'-', ..]);
        if lines.is_empty() {
            if !coded {
                return Err(Refusal::Strange { wanted: "a line such as `220 ready`", found: quoted(&line) });
            }
            code = digits.to_vec();
        }
        // FTP lets the lines between the first and the last look as they like.
        let ends = coded && digits == code && rest.first() != Some(&b'-');
        lines.push(line);
        if ends {
            return Ok((code, lines));
        }
    }
    Err(endless("the end of an answer"))
}

fn last(lines: &[Vec<u8>]) -> String {
    quoted(lines.last().map(Vec::as_slice).unwrap_or_default())
}

/// The first two words, the second in upper case where it is short enough to be a status.
fn words(line: &[u8]) -> (&[u8], &[u8]) {
    let mut words = line.split(|b| *b == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let known: [&[u8]; 5] = [b"OK", b"PREAUTH", b"BYE", b"NO", b"BAD"];
    (first, known.into_iter().find(|word| word.eq_ignore_ascii_case(second)).unwrap_or(second))
}

/// A line without its end.
fn line(wire: &mut impl Read, what: &'static str) -> Result<Vec<u8>, Refusal> {
    let mut line = until(wire, b'\n', what)?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(line)
}

/// A tag of XML, without what stands before it.
fn tag(wire: &mut impl Read, what: &'static str) -> Result<Vec<u8>, Refusal> {
    let tag = until(wire, b'>', what)?;
    let start = tag.iter().position(|b| *b == b'<').unwrap_or(0);
    Ok(tag.get(start..).unwrap_or_default().to_vec())
}

/// Byte by byte: what stands behind it may be TLS already, and is not ours to take.
fn until(wire: &mut impl Read, end: u8, what: &'static str) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while bytes.len() < LINE {
        let mut byte = [0];
        wire.read_exact(&mut byte).map_err(|e| match e.kind() {
            // What was said before it hung up says why.
            io::ErrorKind::UnexpectedEof if !bytes.is_empty() => {
                Refusal::Strange { wanted: "a whole line", found: quoted(&bytes) }
            }
            _ => Refusal::Cut(what, e),
        })?;
        bytes.extend(byte);
        if byte == [end] {
            return Ok(bytes);
        }
    }
    Err(Refusal::Strange { wanted: "a line of less than 8 KiB", found: quoted(&bytes) })
}
