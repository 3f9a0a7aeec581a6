//! One blocking connection to a D-Bus peer: the D-Bus specification's "Authentication Protocol" and method calls.

use super::address::Address;
use super::item::Item;
use super::message::{Call, FIXED, Kind, length, parse};
use super::signature::Garbled;
use super::{Endpoint, Refusal};
use crate::value::Fault;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::fmt::Write;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Bytes in a line of the authentication protocol at most.
const MAX_LINE: usize = 4096;
/// Bytes asked of the kernel at once.
const CHUNK: usize = 64 << 10;

/// Time between two tries to be let in where many wait.
const BACKLOG_PAUSE: Duration = Duration::from_millis(5);

/// A connection that has been greeted. After a fault its stream is out of step: drop it.
pub struct Connection {
    stream: Stream,
    serial: u32,
}

/// Bytes to and from a peer until a deadline.
struct Stream {
    socket: OwnedFd,
    /// Read, not yet used.
    buffer: Vec<u8>,
    /// The address, for messages.
    peer: String,
}

/// What is being waited for, and since when.
#[derive(Clone, Copy)]
struct Wait<'a> {
    what: &'a str,
    began: Instant,
    deadline: Instant,
}

impl Connection {
    /// Connects and authenticates as the effective user.
    pub fn open(endpoint: &Endpoint, deadline: Instant) -> Result<Connection, Fault> {
        let wait = Wait { what: "connecting", began: Instant::now(), deadline };
        let mut connection = Connection { stream: Stream::connect(&endpoint.address, wait)?, serial: 0 };
        connection.authenticate(Wait { what: "authentication", ..wait })?;
        if endpoint.greets {
            const BUS: &str = "org.freedesktop.DBus";
            let hello = Call {
                destination: BUS,
                path: "/org/freedesktop/DBus",
                interface: BUS,
                member: "Hello",
                signature: "",
                arguments: &[],
            };
            connection.call(&hello, deadline)?.map_err(|refusal| refusal.fault(&connection.stream.peer))?;
        }
        Ok(connection)
    }

    fn authenticate(&mut self, wait: Wait<'_>) -> Result<(), Fault> {
        let uid = rustix::process::geteuid().as_raw().to_string();
        let mut line = String::from("\0AUTH EXTERNAL ");
        for byte in uid.bytes() {
            // Writing to a `String` does not fail.
            let _ = write!(line, "{byte:02x}");
        }
        // At once and before any call: systemd's own socket forgets a call that comes in one read with `BEGIN`.
        line.push_str("\r\nBEGIN\r\n");
        self.stream.send(line.as_bytes(), wait)?;
        let answer = self.stream.line(wait)?;
        match answer.split(' ').next() {
            Some("OK") => Ok(()),
            Some("REJECTED") => Err(Fault::Denied(format!("{}: does not let user {uid} in", self.stream.peer))),
            _ => Err(self.stream.garbled(Garbled("it does not authenticate as D-Bus does"))),
        }
    }

    /// Calls a method and waits for what it returns, or for the error that it answers with.
    pub fn call(&mut self, call: &Call<'_>, deadline: Instant) -> Result<Result<Vec<Item>, Refusal>, Fault> {
        let wait = Wait { what: call.member, began: Instant::now(), deadline };
        self.serial += 1;
        let bytes = call.encode(self.serial).map_err(|e| Fault::Failed(format!("`{}`: {e}", call.member)))?;
        self.stream.send(&bytes, wait)?;
        loop {
            let bytes = self.stream.message(wait)?;
            let message = parse(&bytes).map_err(|e| self.stream.garbled(e))?;
            if message.kind == Kind::Other || message.reply_to != Some(self.serial) {
                continue;
            }
            let Some(name) = message.error.clone().filter(|_| message.kind == Kind::Error) else {
                return Ok(Ok(message.body().map_err(|e| self.stream.garbled(e))?));
            };
            let body = message.body().map_err(|e| self.stream.garbled(e))?;
            let text = body.first().and_then(Item::text).unwrap_or_default();
            return Ok(Err(Refusal { member: call.member.to_owned(), name, message: text.to_owned() }));
        }
    }
}

impl Stream {
    fn connect(address: &Address, wait: Wait<'_>) -> Result<Stream, Fault> {
        let peer = address.to_string();
        let failed = |e: Errno| match e {
            Errno::NOENT => Fault::Failed(format!("{peer}: there is no such socket")),
            Errno::CONNREFUSED => Fault::Failed(format!("{peer}: connection refused; nobody listens on the socket")),
            e => Fault::from_io(&peer, &e.into()),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed)?;
        let place = address.socket().map_err(failed)?;
        loop {
            match rustix::net::connect(&socket, &place) {
                Ok(()) => return Ok(Stream { socket, buffer: Vec::new(), peer }),
                // The listener's backlog is full, which nothing but another try finds out about.
                Err(Errno::AGAIN) => std::thread::sleep(BACKLOG_PAUSE.min(wait.left(&peer)?)),
                Err(Errno::INTR) => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }

    fn send(&mut self, mut bytes: &[u8], wait: Wait<'_>) -> Result<(), Fault> {
        while !bytes.is_empty() {
            self.until(PollFlags::OUT, wait)?;
            match rustix::net::send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
                Err(e) => self.retry(e, wait)?,
            }
        }
        Ok(())
    }

    /// Reads what has come, and waits for it to come.
    fn receive(&mut self, wait: Wait<'_>) -> Result<(), Fault> {
        let mut chunk = vec![0; CHUNK];
        loop {
            self.until(PollFlags::IN, wait)?;
            match rustix::net::recv(&self.socket, chunk.as_mut_slice(), RecvFlags::empty()) {
                Ok((0, _)) => return Err(self.closed(wait)),
                Ok((length, _)) => {
                    self.buffer.extend(chunk.get(..length).unwrap_or_default());
                    return Ok(());
                }
                Err(e) => self.retry(e, wait)?,
            }
        }
    }

    /// Waits until the socket is ready: to the millisecond, which a time-out of the socket's own would not be.
    fn until(&self, ready: PollFlags, wait: Wait<'_>) -> Result<(), Fault> {
        let left = Timespec::try_from(wait.left(&self.peer)?).ok();
        match poll(&mut [PollFd::new(&self.socket, ready)], left.as_ref()) {
            Ok(0) => Err(wait.timed_out(&self.peer)),
            Ok(_) => Ok(()),
            Err(e) => self.retry(e, wait),
        }
    }

    /// The fault that `error` is, if it is one.
    fn retry(&self, error: Errno, wait: Wait<'_>) -> Result<(), Fault> {
        match error {
            Errno::INTR | Errno::AGAIN => Ok(()),
            Errno::PIPE | Errno::CONNRESET => Err(self.closed(wait)),
            e => Err(Fault::from_io(&self.peer, &e.into())),
        }
    }

    /// Takes a line without its end.
    fn line(&mut self, wait: Wait<'_>) -> Result<String, Fault> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                let line = self.take(end + 2);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.buffer.len() > MAX_LINE {
                return Err(self.garbled(Garbled("it does not authenticate as D-Bus does")));
            }
            self.receive(wait)?;
        }
    }

    /// Takes a message.
    fn message(&mut self, wait: Wait<'_>) -> Result<Vec<u8>, Fault> {
        loop {
            if let Some(start) = self.buffer.first_chunk::<FIXED>() {
                let length = length(start).map_err(|e| self.garbled(e))?;
                if self.buffer.len() >= length {
                    return Ok(self.take(length));
                }
            }
            self.receive(wait)?;
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }

    fn closed(&self, wait: Wait<'_>) -> Fault {
        Fault::Failed(format!("{}: closed the connection while `{}` was waited for", self.peer, wait.what))
    }

    fn garbled(&self, why: Garbled) -> Fault {
        Fault::Malformed(format!("{}: what it sent cannot be read: {why}", self.peer))
    }
}

impl Wait<'_> {
    /// Time until the deadline.
    fn left(&self, peer: &str) -> Result<Duration, Fault> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.timed_out(peer)) } else { Ok(left) }
    }

    fn timed_out(&self, peer: &str) -> Fault {
        Fault::TimedOut(format!("`{}` on {peer}", self.what), self.began.elapsed())
    }
}
