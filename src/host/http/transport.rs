//! What ureq speaks HTTP over: a connection that is already there, with buffers that are small until more is needed.

use crate::host::tls::Tls;
use crate::host::wire::Wire;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Bytes of a response's headers, or of a line between the chunks of its body, that are held at most.
pub const MOST_INPUT: usize = 64 << 10;
/// What most responses' headers fit into.
const FIRST_INPUT: usize = 4 << 10;

/// A connection, encrypted or not.
pub enum Stream {
    Plain(Wire),
    Tls(Box<Tls>),
}

/// A [`Stream`] that ureq may have.
pub struct Link {
    stream: Stream,
    input: Input,
    output: Vec<u8>,
    /// What a proxy wants to see before the path: ureq has no absolute form (RFC 9112, section 3.2.2).
    prefix: Option<String>,
    /// The peer has stopped to listen. It may have answered before it did.
    deaf: bool,
}

#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    consumed: usize,
    filled: usize,
    progress: bool,
}

/// Hands out the one connection that there is.
#[derive(Debug)]
pub struct Given(Mutex<Option<Link>>);

/// Resolves nothing: the connection is there.
#[derive(Debug)]
pub struct Nowhere;

/// What is waiting to be made sense of has outgrown [`MOST_INPUT`].
#[derive(Debug)]
pub struct Endless;

impl std::error::Error for Endless {}

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line without end")
    }
}

impl Stream {
    pub fn wire(&mut self) -> &mut Wire {
        match self {
            Stream::Plain(wire) => wire,
            Stream::Tls(tls) => tls.wire(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(wire) => wire.read(buffer),
            Stream::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(wire) => wire.write(bytes),
            Stream::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(wire) => wire.flush(),
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

impl Input {
    fn unread(&self) -> &[u8] {
        self.bytes.get(self.consumed..self.filled).unwrap_or_default()
    }

    /// Room to read into; none once [`MOST_INPUT`] is waiting to be made sense of.
    fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.consumed..self.filled, 0);
        (self.filled, self.consumed) = (self.filled - self.consumed, 0);
        if self.filled == self.bytes.len() && self.filled < MOST_INPUT {
            let size = (self.filled * 2).clamp(FIRST_INPUT, MOST_INPUT);
            self.bytes.resize(size, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }
}

impl Link {
    /// `longest` is the longest line that will be sent.
    pub fn new(stream: Stream, longest: usize, prefix: Option<String>) -> Link {
        let output = vec![0; longest.max(2 << 10)];
        Link { stream, input: Input::default(), output, prefix, deaf: false }
    }

    fn send(&mut self, amount: usize) -> io::Result<()> {
        let bytes = self.output.get(..amount).unwrap_or_default();
        if let Some(prefix) = self.prefix.take() {
            // The request line is the first thing that is written, and its method ends at the first blank.
            let (method, rest) = bytes.split_at(bytes.iter().position(|b| *b == b' ').map_or(0, |at| at + 1));
            self.stream.write_all(&[method, prefix.as_bytes(), rest].concat())?;
        } else {
            self.stream.write_all(bytes)?;
        }
        self.stream.flush()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl Buffers for Link {
    fn output(&mut self) -> &mut [u8] {
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        self.input.unread()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.room()
    }

    fn input_appended(&mut self, amount: usize) {
        self.input.filled = (self.input.filled + amount).min(self.input.bytes.len());
    }

    fn input_consume(&mut self, amount: usize) {
        self.input.progress = amount > 0;
        self.input.consumed = (self.input.consumed + amount).min(self.input.filled);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (self.input.room(), &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.input.progress && !self.input.unread().is_empty()
    }
}

impl Transport for Link {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        if self.deaf {
            return Ok(());
        }
        match self.send(amount) {
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                self.deaf = true;
                Ok(())
            }
            sent => sent.map_err(Error::Io),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let room = self.input.room();
        if room.is_empty() {
            return Err(Error::Io(io::Error::other(Endless)));
        }
        let deadline = self.stream.wire().deadline();
        // Only `Expect: 100-continue` waits for less.
        let sooner = match timeout.after.is_not_happening() {
            true => None,
            false => Instant::now().checked_add(*timeout.after).filter(|sooner| *sooner < deadline),
        };
        self.stream.wire().set_deadline(sooner.unwrap_or(deadline));
        let read = self.stream.read(room);
        self.stream.wire().set_deadline(deadline);
        match read {
            Ok(n) => {
                self.input_appended(n);
                Ok(n > 0)
            }
            Err(e) if e.kind() == ErrorKind::TimedOut && sooner.is_some() => Err(Error::Timeout(timeout.reason)),
            // ureq would take these for the end of a body that ends with its connection.
            Err(e) if is_broken(e.kind()) => Err(Error::Io(io::Error::new(ErrorKind::BrokenPipe, e))),
            Err(e) => Err(Error::Io(e)),
        }
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}

fn is_broken(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

impl Given {
    pub fn new(link: Link) -> Given {
        Given(Mutex::new(Some(link)))
    }
}

impl Connector for Given {
    type Out = Link;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Link>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}
