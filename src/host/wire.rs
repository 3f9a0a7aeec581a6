//! An open connection whose reads and writes end by a deadline.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// An open connection. Reads and writes end at its deadline with [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub struct Wire {
    socket: OwnedFd,
    deadline: Instant,
    peer: Option<SocketAddr>,
    latency: Duration,
    /// The peer has hung up hard already, and the socket says so no more.
    is_reset: bool,
}

impl Wire {
    /// Of a socket that does not block.
    pub(super) fn new(socket: OwnedFd, peer: Option<SocketAddr>, latency: Duration, deadline: Instant) -> Wire {
        Wire { socket, deadline, peer, latency, is_reset: false }
    }

    pub(super) fn reset(self) -> Wire {
        Wire { is_reset: true, ..self }
    }

    /// Whom it leads to; `None` of a unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// How long it took to connect: from the first address tried, the name being looked up.
    pub fn latency(&self) -> Duration {
        self.latency
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// A peer that trickles must not hold a reader beyond the deadline, nor one that sips a writer.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(late()) } else { Ok(left) }
    }

    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        let left = Timespec::try_from(self.left()?).map_err(|_| late())?;
        match poll(&mut [PollFd::new(&self.socket, flags)], Some(&left)) {
            Ok(0) => Err(late()),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.left()?;
            match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
                Ok((0, _)) if self.is_reset && !buffer.is_empty() => return Err(Errno::CONNRESET.into()),
                Ok((n, _)) => return Ok(n),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(e) => return Err(e.into()),
            }
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.left()?;
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(n) => return Ok(n),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
