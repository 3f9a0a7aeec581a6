//! One question over TCP: RFC 7766.

use super::shown;
use crate::value::Fault;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Sends `query` and returns the message that comes back, of 65,535 bytes at most.
pub fn ask(server: SocketAddr, query: &[u8], deadline: Instant) -> Result<Vec<u8>, Fault> {
    let began = Instant::now();
    exchange(server, query, deadline).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            Fault::TimedOut(format!("an answer of {} over TCP", shown(server)), began.elapsed())
        }
        io::ErrorKind::UnexpectedEof => {
            Fault::Failed(format!("{} hung up without a whole answer over TCP", shown(server)))
        }
        _ => Fault::from_io(format!("asking {} over TCP", shown(server)), &error),
    })
}

fn exchange(server: SocketAddr, query: &[u8], deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, left(deadline)?)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    let length = u16::try_from(query.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // In one write: some servers take the length alone for a whole question.
    stream.write_all(&[&length.to_be_bytes(), query].concat())?;
    let mut length = [0; 2];
    fill(&mut stream, &mut length, deadline)?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    fill(&mut stream, &mut message, deadline)?;
    Ok(message)
}

/// Like `read_exact`, but one who sends byte by byte wins no time by it.
fn fill(stream: &mut TcpStream, mut buffer: &mut [u8], deadline: Instant) -> io::Result<()> {
    while !buffer.is_empty() {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => buffer = buffer.get_mut(n..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
