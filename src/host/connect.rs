//! Connections over TCP and unix sockets, to where a name leads, that keep a deadline in all they do.

use super::Host;
use crate::value::Fault;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, bind, connect, recv, send,
    socket_with, sockopt,
};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How long one address is waited for before the next is tried beside it: RFC 8305, section 5.
const HEAD_START: Duration = Duration::from_millis(250);

/// A host name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// An IPv6 address stands without its brackets.
    pub host: String,
    pub port: u16,
}

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Certainty, as seen from this host: refused, no route, no such name.
    Refused(String),
    /// What was asked, and for how long nothing came back.
    Silent(String, Duration),
    /// It could not be tried.
    Fault(Fault),
}

/// For a kind that reads what a connection yields: who refuses it has been observed and has nothing to read.
impl From<Unreached> for Fault {
    fn from(why: Unreached) -> Fault {
        match why {
            Unreached::Refused(why) => Fault::Unfit(why),
            Unreached::Silent(what, waited) => Fault::TimedOut(what, waited),
            Unreached::Fault(fault) => fault,
        }
    }
}

/// An open connection. Reads and writes end at its deadline with [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub struct Wire {
    socket: OwnedFd,
    deadline: Instant,
    peer: Option<SocketAddr>,
}

impl Endpoint {
    /// `host:port`, an IPv6 address in brackets.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port: write `host:port`"))?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        if bare.is_none() && host.contains(':') {
            return Err(format!("`{text}`: write an IPv6 address in brackets, such as `[::1]:80`"));
        }
        let host = bare.unwrap_or(host);
        if host.is_empty() {
            return Err(format!("`{text}` names no host"));
        }
        match port.parse() {
            Ok(port) if port > 0 => Ok(Endpoint { host: host.to_owned(), port }),
            _ => Err(format!("`{port}` is not a port: 1 to 65535")),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Host {
    /// Connects over TCP to whichever of the endpoint's addresses answers first, from the address `from` if there is one.
    pub fn connect(&self, to: &Endpoint, from: Option<IpAddr>) -> Result<Wire, Unreached> {
        self.machine().map_err(Unreached::Fault)?;
        let addresses = self.resolve(&to.host)?;
        let addresses: Vec<_> = addresses
            .into_iter()
            .filter(|address| from.is_none_or(|from| from.is_ipv4() == address.is_ipv4()))
            .map(|address| SocketAddr::new(address, to.port))
            .collect();
        if addresses.is_empty() {
            let family = if from.is_some_and(|f| f.is_ipv4()) { "IPv4" } else { "IPv6" };
            return Err(Unreached::Refused(format!("`{}` has no {family} address", to.host)));
        }
        Race { addresses: addresses.into_iter(), running: Vec::new(), lost: Vec::new(), from }.run(to, self.deadline())
    }

    /// Connects to a unix socket of streams.
    pub fn connect_unix(&self, path: &str) -> Result<Wire, Unreached> {
        self.machine().map_err(Unreached::Fault)?;
        let address = SocketAddrUnix::new(path)
            .map_err(|_| Unreached::Fault(Fault::Failed(format!("{path}: too long for the name of a socket"))))?;
        let wire = open(AddressFamily::UNIX).map_err(|e| lost(path, e))?;
        let began = Instant::now();
        loop {
            match connect(&wire, &address) {
                Ok(()) => return Ok(Wire { socket: wire, deadline: self.deadline(), peer: None }),
                // The queue of those who wait to be accepted is full.
                Err(Errno::AGAIN) if Instant::now() < self.deadline() => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(Errno::AGAIN) => {
                    return Err(Unreached::Silent(format!("connecting to {path}"), began.elapsed()));
                }
                Err(Errno::INTR) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    return Err(Unreached::Refused(format!("{path}: no such socket")));
                }
                Err(e) => return Err(lost(path, e)),
            }
        }
    }
}

/// Several addresses tried side by side, each a moment after the one before it.
struct Race {
    addresses: std::vec::IntoIter<SocketAddr>,
    running: Vec<(OwnedFd, SocketAddr)>,
    lost: Vec<Unreached>,
    from: Option<IpAddr>,
}

impl Race {
    fn run(mut self, to: &Endpoint, deadline: Instant) -> Result<Wire, Unreached> {
        let began = Instant::now();
        loop {
            if let Some(address) = self.addresses.next()
                && let Some((socket, peer)) = self.start(address)
            {
                return Ok(Wire { socket, deadline, peer: Some(peer) });
            }
            let next = (self.addresses.len() > 0).then(|| Instant::now() + HEAD_START);
            // Until the next one's turn, or until somebody is through.
            while !self.running.is_empty() {
                let now = Instant::now();
                let until = next.unwrap_or(deadline).min(deadline);
                if now >= until {
                    break;
                }
                if let Some((socket, peer)) = self.wait(until - now) {
                    return Ok(Wire { socket, deadline, peer: Some(peer) });
                }
            }
            let late = Instant::now() >= deadline;
            if late && (!self.running.is_empty() || self.addresses.len() > 0) {
                return Err(Unreached::Silent(format!("connecting to {to}"), began.elapsed()));
            }
            if self.running.is_empty() && self.addresses.len() == 0 {
                return Err(self.verdict());
            }
        }
    }

    /// Begins to connect; something comes back only if that was all it took.
    fn start(&mut self, address: SocketAddr) -> Option<(OwnedFd, SocketAddr)> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let begun = open(family).and_then(|socket| {
            if let Some(from) = self.from {
                bind(&socket, &SocketAddr::new(from, 0))?;
            }
            match connect(&socket, &address) {
                Ok(()) => Ok((socket, true)),
                Err(Errno::INPROGRESS | Errno::INTR) => Ok((socket, false)),
                Err(e) => Err(e),
            }
        });
        match begun {
            Ok((socket, true)) => return Some((socket, address)),
            Ok((socket, false)) => self.running.push((socket, address)),
            Err(Errno::ADDRNOTAVAIL) if self.from.is_some() => {
                let from = self.from.map(|f| f.to_string()).unwrap_or_default();
                self.lost.push(Unreached::Fault(Fault::Failed(format!("{from} is not an address of this host"))));
            }
            Err(e) => self.lost.push(lost(address, e)),
        }
        None
    }

    /// Waits for news of one that runs: whoever is through comes back, whoever has failed is struck off.
    fn wait(&mut self, at_most: Duration) -> Option<(OwnedFd, SocketAddr)> {
        let mut fds: Vec<_> = self.running.iter().map(|(fd, _)| PollFd::new(fd, PollFlags::OUT)).collect();
        let _ = poll(&mut fds, Timespec::try_from(at_most).ok().as_ref());
        let ready = fds.iter().position(|fd| !fd.revents().is_empty());
        drop(fds);
        let (socket, address) = self.running.swap_remove(ready?);
        match sockopt::socket_error(&socket) {
            Ok(Ok(())) => return Some((socket, address)),
            Ok(Err(e)) | Err(e) => self.lost.push(lost(address, e)),
        }
        None
    }

    /// What all that have failed come to: what could not be tried leaves the answer open.
    fn verdict(self) -> Unreached {
        let mut refusals = Vec::new();
        for one in self.lost {
            match one {
                Unreached::Refused(why) => refusals.push(why),
                open => return open,
            }
        }
        refusals.dedup();
        Unreached::Refused(refusals.join("; "))
    }
}

fn open(family: AddressFamily) -> Result<OwnedFd, Errno> {
    socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}

/// What an error of connect(2) says of the other end.
fn lost(to: impl fmt::Display, error: Errno) -> Unreached {
    match error {
        Errno::CONNREFUSED => Unreached::Refused(format!("{to}: connection refused")),
        Errno::CONNRESET | Errno::PIPE => Unreached::Refused(format!("{to}: connection reset")),
        Errno::HOSTUNREACH => Unreached::Refused(format!("{to}: no route to host")),
        Errno::NETUNREACH => Unreached::Refused(format!("{to}: network unreachable")),
        // The kernel's own patience is longer than any deadline is likely to be.
        Errno::TIMEDOUT => Unreached::Silent(format!("connecting to {to}"), Duration::ZERO),
        other => Unreached::Fault(Fault::from_io(to, &other.into())),
    }
}

impl Wire {
    /// Whom it leads to; `None` of a unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The same connection with another deadline.
    pub fn until(self, deadline: Instant) -> Wire {
        Wire { deadline, ..self }
    }

    pub fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        let left = self.deadline.checked_duration_since(Instant::now()).ok_or_else(late)?;
        let mut fds = [PollFd::new(&self.socket, flags)];
        match poll(&mut fds, Timespec::try_from(left).ok().as_ref()) {
            Ok(0) => Err(late()),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // A peer that trickles must not hold a reader beyond the deadline.
            if Instant::now() >= self.deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
            }
            match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap()
    }

    fn soon(ms: u64) -> Host {
        Host::local().until(Instant::now() + Duration::from_millis(ms))
    }

    #[test]
    fn an_endpoint_reads_as_it_is_written() {
        for text in ["localhost:80", "[::1]:443", "192.0.2.1:1"] {
            assert_eq!(endpoint(text).to_string(), text);
        }
        for wrong in ["localhost", ":80", "::1:80", "a:0", "a:65536", "a:", "[]:1"] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_listener_is_reached_and_a_closed_port_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let to = endpoint(&address.to_string());
        assert_eq!(soon(2_000).connect(&to, None).unwrap().peer(), Some(address));
        drop(listener);
        let why = soon(2_000).connect(&to, None).unwrap_err();
        assert!(matches!(&why, Unreached::Refused(why) if why.contains("connection refused")), "{why:?}");
    }

    #[test]
    fn a_peer_that_is_silent_or_trickles_holds_nobody_beyond_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = endpoint(&listener.local_addr().unwrap().to_string());
        let began = Instant::now();
        let mut wire = soon(100).connect(&to, None).unwrap();
        let error = wire.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let (mut peer, _) = listener.accept().unwrap();
        let trickle = std::thread::spawn(move || while peer.write_all(b"x").is_ok() {});
        let mut wire = soon(100).connect(&to, None).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let second = std::thread::spawn(move || {
            while peer.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let error = wire.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() < Duration::from_secs(1));
        drop(wire);
        second.join().unwrap();
        drop(trickle);
    }

    #[test]
    fn a_unix_socket_is_reached_or_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s").to_str().unwrap().to_owned();
        let why = soon(1_000).connect_unix(&path).unwrap_err();
        assert!(matches!(&why, Unreached::Refused(why) if why.contains("no such socket")), "{why:?}");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(soon(1_000).connect_unix(&path).is_ok());
        drop(listener);
        assert!(matches!(soon(1_000).connect_unix(&path), Err(Unreached::Refused(_))));
        assert!(matches!(soon(1_000).connect_unix(&"x".repeat(200)), Err(Unreached::Fault(_))));
    }

    #[test]
    fn an_address_that_is_not_ours_cannot_be_tried_from() {
        let to = endpoint("127.0.0.1:1");
        let from = |a: &str| soon(1_000).connect(&to, Some(a.parse().unwrap())).unwrap_err();
        assert!(matches!(from("192.0.2.77"), Unreached::Fault(_)));
        assert!(matches!(from("::1"), Unreached::Refused(why) if why.contains("no IPv6 address")));
    }
}
