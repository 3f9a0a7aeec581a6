//! One question over TCP: RFC 7766.

use super::shown;
use crate::host::wire::Wire;
use crate::value::Fault;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

/// Sends `query` and returns the message that comes back, of 65,535 bytes at most.
pub fn ask(server: SocketAddr, query: &[u8], deadline: Instant) -> Result<Vec<u8>, Fault> {
    let began = Instant::now();
    exchange(server, query, deadline).map_err(|error| match error.kind() {
        ErrorKind::TimedOut => Fault::TimedOut(format!("an answer of {} over TCP", shown(server)), began.elapsed()),
        ErrorKind::UnexpectedEof => Fault::Failed(format!("{} hung up without a whole answer over TCP", shown(server))),
        _ => Fault::from_io(format!("asking {} over TCP", shown(server)), &error),
    })
}

fn exchange(server: SocketAddr, query: &[u8], deadline: Instant) -> io::Result<Vec<u8>> {
    let began = Instant::now();
    let left = deadline.saturating_duration_since(began);
    if left.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    let stream = TcpStream::connect_timeout(&server, left)?;
    stream.set_nonblocking(true)?;
    let mut wire = Wire::new(stream.into(), Some(server), began.elapsed(), deadline);
    let length = u16::try_from(query.len()).map_err(|_| ErrorKind::InvalidInput)?;
    // In one write: some servers take the length alone for a whole question.
    wire.write_all(&[&length.to_be_bytes(), query].concat())?;
    let mut length = [0; 2];
    wire.read_exact(&mut length)?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    wire.read_exact(&mut message)?;
    Ok(message)
}
