//! What a peer says before anybody has asked it, or to one line.

use crate::host::wire::Wire;
use crate::value::{Content, Fault};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// Bytes that are read at most.
const BOUND: usize = 64 << 10;
/// Who is silent for this long, and two round trips more, behind a line has said it all.
const PAUSE: Duration = Duration::from_millis(100);
/// The same in the middle of a line, as behind a prompt.
const PROMPT: Duration = Duration::from_millis(500);

/// Says `send`, and reads until the peer hangs up or pauses.
pub fn read(wire: &mut Wire, send: &str, latency: Duration) -> Result<Content, Fault> {
    let (deadline, began) = (wire.deadline(), Instant::now());
    if let Err(e) = wire.write_all(send.as_bytes())
        && e.kind() == ErrorKind::TimedOut
    {
        return Err(Fault::TimedOut("sending what `send` says".into(), began.elapsed()));
    }
    // Whoever hung up meanwhile may have said why. A packet of a unix socket that does not fit in whole is lost.
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; BOUND]);
    loop {
        let patience = match pause(&bytes) {
            Some(pause) => deadline.min(Instant::now() + pause + 2 * latency),
            None => deadline,
        };
        wire.set_deadline(patience);
        match wire.read(&mut buffer) {
            Ok(0) => return Ok(Content::new(bytes, None)),
            Ok(n) => bytes.extend(buffer.iter().take(n)),
            Err(e) if e.kind() == ErrorKind::TimedOut => {
                return match bytes.len() {
                    0 if send.is_empty() => {
                        let what = "it was reached, and says nothing by itself: let `send` say what it answers";
                        Err(Fault::TimedOut(what.into(), began.elapsed()))
                    }
                    0 => Err(Fault::TimedOut("an answer to what `send` says".into(), began.elapsed())),
                    _ if patience < deadline => Ok(Content::new(bytes, None)),
                    // More may have been on its way.
                    length => Ok(Content::new(bytes, u64::try_from(length).ok())),
                };
            }
            Err(_) if !bytes.is_empty() => return Ok(Content::new(bytes, None)),
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                return Err(Fault::Unfit("it hung up before it said anything".into()));
            }
            Err(e) => return Err(Fault::from_io("reading what it says", &e)),
        }
        if bytes.len() > BOUND {
            bytes.truncate(BOUND);
            return Ok(Content::new(bytes, Some(BOUND as u64)));
        }
    }
}

/// How long silence must be to end it; `None` as long as more is certain to follow.
fn pause(said: &[u8]) -> Option<Duration> {
    let Some(lines) = said.strip_suffix(b"\n") else {
        return (!said.is_empty()).then_some(PROMPT);
    };
    let last = lines.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    match last {
        // A reply of several lines, as of FTP and SMTP: RFC 959, section 4.2.
        [a, b, c, b'-', ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => None,
        _ => Some(PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_a_banner_sooner_than_a_prompt_and_a_reply_of_several_lines_goes_on() {
        assert_eq!(pause(b""), None);
        assert_eq!(pause(b"login: "), Some(PROMPT));
        assert_eq!(pause(b"SSH-2.0-x\r\n"), Some(PAUSE));
        assert_eq!(pause(b"220-welcome\r\n"), None);
        assert_eq!(pause(b"220-welcome\r\n220 ready\r\n"), Some(PAUSE));
        assert_eq!(pause(b"\n"), Some(PAUSE));
    }
}
