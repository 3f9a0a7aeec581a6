//! Several addresses tried side by side, each a moment after the one before it: RFC 8305.

use super::{MOST_ADDRESSES, open};
use crate::host::Host;
use crate::host::unreached::{Unreached, lost};
use crate::value::Fault;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketType, bind, connect, getpeername, getsockname, recv, send, sockopt,
};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long one address is waited for before the next is tried beside it: RFC 8305, section 5.
const HEAD_START: Duration = Duration::from_millis(250);
/// Refusals that one message tells of at most.
const TOLD: usize = 4;
/// The largest datagram there is.
const DATAGRAM: usize = 1 << 16;

/// What is tried of each address.
#[derive(Clone, Copy)]
pub enum Speech<'m> {
    /// To connect over TCP.
    Stream,
    /// To get an answer to this over UDP.
    Datagram(&'m [u8]),
}

pub struct Won {
    pub socket: OwnedFd,
    pub peer: SocketAddr,
    /// The first datagram that came back.
    pub reply: Vec<u8>,
    /// Since the race began.
    pub latency: Duration,
    /// It has answered, and hung up hard since.
    pub is_reset: bool,
}

pub struct Race<'a> {
    host: &'a Host,
    speech: Speech<'a>,
    from: Option<IpAddr>,
    began: Instant,
    waiting: std::vec::IntoIter<SocketAddr>,
    running: Vec<(OwnedFd, SocketAddr)>,
    /// Those that have failed, and why.
    lost: Vec<(SocketAddr, Unreached)>,
}

/// What became of one that runs.
enum News {
    None,
    Lost,
    Won(Won),
}

impl<'a> Race<'a> {
    pub fn new(host: &'a Host, addresses: Vec<SocketAddr>, from: Option<IpAddr>, speech: Speech<'a>) -> Race<'a> {
        let waiting = addresses.into_iter();
        Race { host, speech, from, began: Instant::now(), waiting, running: Vec::new(), lost: Vec::new() }
    }

    /// `what` is said of silence.
    pub fn run(mut self, what: &str) -> Result<Won, Unreached> {
        let deadline = self.host.deadline();
        let count = self.waiting.len();
        let left = deadline.saturating_duration_since(self.began);
        // However little time there is, each has its turn.
        let step = HEAD_START.min(left / u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1));
        let mut turn = self.began;
        loop {
            let now = Instant::now();
            if now >= deadline {
                let silent = Unreached::Silent(what.to_owned(), self.began.elapsed());
                let untried = Unreached::Fault(Fault::TimedOut(what.to_owned(), self.began.elapsed()));
                let last = if self.waiting.len() > 0 { untried } else { silent };
                return Err(self.verdict(Some(last)));
            }
            let crowd = self.running.len() + self.lost.len() >= MOST_ADDRESSES;
            if (self.running.is_empty() || now >= turn)
                && !crowd
                && let Some(address) = self.waiting.next()
            {
                turn = match self.start(address) {
                    News::Won(won) => return Ok(won),
                    // By the clock, so that who starts late takes no time of the next.
                    News::None => turn.min(now) + step,
                    News::Lost => now,
                };
                continue;
            }
            if self.running.is_empty() {
                let untried = (crowd && self.waiting.len() > 0).then(|| {
                    let why = format!("{what}: it has {count} addresses, and none of {MOST_ADDRESSES} tried answers");
                    Unreached::Fault(Fault::Unsupported(why))
                });
                return Err(self.verdict(untried));
            }
            let until = if self.waiting.len() > 0 && !crowd { turn.min(deadline) } else { deadline };
            match self.wait(until.saturating_duration_since(now)) {
                News::Won(won) => return Ok(won),
                News::None => {}
                News::Lost => turn = Instant::now(),
            }
        }
    }

    /// Begins with one address; it has won only if that was all it took.
    fn start(&mut self, address: SocketAddr) -> News {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let ty = match self.speech {
            Speech::Stream => SocketType::STREAM,
            Speech::Datagram(_) => SocketType::DGRAM,
        };
        let socket = match open(family, ty) {
            Ok(socket) => socket,
            Err(Errno::AFNOSUPPORT) if address.is_ipv6() && self.host.is_without_ipv6() => {
                return self.lose(address, Unreached::NoRoute(format!("{address}: this host has no IPv6")));
            }
            Err(e) => return self.lose(address, lost(address, e)),
        };
        if let Some(from) = self.from
            && let Err(e) = bind(&socket, &SocketAddr::new(from, 0))
        {
            return self.lose(
                address,
                Unreached::Fault(match e {
                    Errno::ADDRNOTAVAIL => Fault::Failed(format!("{from} is not an address of this host")),
                    other => Fault::from_io(format!("sending from {from}"), &other.into()),
                }),
            );
        }
        match connect(&socket, &address) {
            Ok(()) => match self.speech {
                Speech::Stream => return self.judge(socket, address),
                Speech::Datagram(message) => {
                    if is_own_peer(&socket) {
                        return self.lose(address, lost(address, Errno::CONNREFUSED));
                    }
                    if let Err(e) = send(&socket, message, SendFlags::NOSIGNAL) {
                        return self.lose(address, lost(address, e));
                    }
                }
            },
            Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(Errno::ADDRNOTAVAIL) if self.from.is_none() && is_unrouted(address) => {
                return self
                    .lose(address, Unreached::NoRoute(format!("{address}: no address of this host leads there")));
            }
            Err(e) => return self.lose(address, lost(address, e)),
        }
        self.running.push((socket, address));
        News::None
    }

    fn lose(&mut self, address: SocketAddr, why: Unreached) -> News {
        self.lost.push((address, why));
        News::Lost
    }

    /// Waits for news of one that runs.
    fn wait(&mut self, at_most: Duration) -> News {
        let flags = match self.speech {
            Speech::Stream => PollFlags::OUT,
            Speech::Datagram(_) => PollFlags::IN,
        };
        let mut fds: Vec<_> = self.running.iter().map(|(fd, _)| PollFd::new(fd, flags)).collect();
        let at_most = Timespec::try_from(at_most).unwrap_or_default();
        let polled = poll(&mut fds, Some(&at_most));
        let ready = fds.iter().position(|fd| !fd.revents().is_empty());
        drop(fds);
        match (polled, ready) {
            (Ok(_), Some(ready)) => {
                let (socket, address) = self.running.swap_remove(ready);
                self.judge(socket, address)
            }
            (Ok(_) | Err(Errno::INTR), _) => News::None,
            (Err(e), _) => {
                let fault = Unreached::Fault(Fault::from_io("waiting for an answer", &e.into()));
                self.lost.extend(self.running.drain(..).map(|(_, address)| (address, fault.clone())));
                News::Lost
            }
        }
    }

    /// What has become of one that there is news of.
    fn judge(&mut self, socket: OwnedFd, peer: SocketAddr) -> News {
        let (mut reply, mut is_reset) = (Vec::new(), false);
        let end = match self.speech {
            Speech::Stream => match sockopt::socket_error(&socket) {
                // Who dials a free port of this host may be given that very port, and then finds itself there.
                Ok(Ok(())) if is_own_peer(&socket) => Err(Errno::CONNREFUSED),
                // Who has not answered is refused otherwise; that the end came so soon is chance.
                Ok(Err(Errno::CONNRESET | Errno::PIPE)) => {
                    is_reset = true;
                    Ok(())
                }
                Ok(result) => result,
                Err(e) => Err(e),
            },
            Speech::Datagram(_) => {
                reply.resize(DATAGRAM, 0);
                recv(&socket, &mut reply[..], RecvFlags::empty()).map(|(n, _)| reply.truncate(n))
            }
        };
        match end {
            Ok(()) => News::Won(Won { socket, peer, reply, latency: self.began.elapsed(), is_reset }),
            // What was announced did not hold: a datagram with a wrong checksum.
            Err(Errno::AGAIN | Errno::INTR) => {
                self.running.push((socket, peer));
                News::None
            }
            // The kernel gave up before the deadline.
            Err(Errno::TIMEDOUT) => {
                self.lose(peer, Unreached::Silent(format!("connecting to {peer}"), self.began.elapsed()))
            }
            Err(e) => self.lose(peer, lost(peer, e)),
        }
    }

    /// What all that have failed come to, and `last` with them: what could not be tried leaves the answer open, then
    /// silence does, then the lack of a route.
    fn verdict(self, last: Option<Unreached>) -> Unreached {
        let (mut refusals, mut unrouted, mut silent) = (Vec::new(), Vec::new(), None);
        for (is_ipv4, one) in self.lost.into_iter().map(|(a, one)| (a.is_ipv4(), one)).chain(last.map(|l| (true, l))) {
            match one {
                Unreached::Refused(why) => refusals.push((is_ipv4, why)),
                Unreached::NoRoute(why) => unrouted.push((is_ipv4, why)),
                Unreached::Silent(..) => silent = Some(one),
                Unreached::Fault(_) => return one,
            }
        }
        if let Some(silent) = silent {
            return silent;
        }
        // A family that leads nowhere is none that clients here use, and no reason to doubt what the other one says.
        let refused = |family: bool| refusals.iter().any(|(is_ipv4, _)| *is_ipv4 == family);
        let is_open = refusals.is_empty() || unrouted.iter().any(|(family, _)| refused(*family));
        let is_certain = !is_open || unrouted.is_empty();
        let mut told: Vec<_> = refusals.into_iter().chain(unrouted).map(|(_, why)| why).collect();
        let more = told.len().saturating_sub(TOLD);
        told.truncate(TOLD);
        if more > 0 {
            told.push(format!("{more} more"));
        }
        let told = told.join("; ");
        if is_certain { Unreached::Refused(told) } else { Unreached::NoRoute(told) }
    }
}

/// Whether a socket is connected with itself.
pub fn is_own_peer(socket: impl AsFd) -> bool {
    matches!((getsockname(&socket), getpeername(&socket)), (Ok(own), Ok(peer)) if Some(&own) == peer.as_ref())
}

/// Whether the kernel finds no address to send from, rather than no port: as of `::1` where IPv6 is off.
fn is_unrouted(address: SocketAddr) -> bool {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    open(family, SocketType::DGRAM).and_then(|socket| connect(socket, &address)) == Err(Errno::ADDRNOTAVAIL)
}
