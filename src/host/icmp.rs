//! Echo requests over ICMP: who answers, how soon, and how many are lost. icmp(7).

use super::Host;
use super::connect::MOST_ADDRESSES;
use super::resolve::Family;
use super::unreached::{Unreached, lost};
use crate::quantity;
use crate::value::Fault;
use packet::{Heard, Mark};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, ipproto, recvfrom, send, sendto,
    socket_with, sockopt,
};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

pub(super) mod packet;

/// A request follows the one before it after this long, if that one is not answered sooner.
const APART: Duration = Duration::from_millis(200);
/// Until a full queue of the kernel's is tried again.
const QUEUE: Duration = Duration::from_millis(5);
/// Bytes that a raw socket has room for, if the system grants them: it hears all others' packets, too.
const ROOM: usize = 4 << 20;
/// An answer is as long as its request, and an error quotes no more than 576 or 1280 bytes.
const PACKET: usize = 2048;

/// What became of some echo requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echoes {
    pub sent: u32,
    /// How long each reply took, in the order sent.
    pub replies: Vec<Duration>,
    /// Why there is none, where there is none.
    pub silence: String,
    /// Why there may have been more.
    pub doubt: Option<Fault>,
}

impl Host {
    /// Sends `count` echo requests to the address of `name` that answers, and waits for the replies until the
    /// deadline. Of each family the first that can be sent to is tried, the second in half of the time.
    pub fn ping(&self, name: &str, count: u32) -> Result<Echoes, Unreached> {
        let began = Instant::now();
        let (mut addresses, more) = self.addresses(name, 0, Family::Any, None)?;
        addresses.truncate(MOST_ADDRESSES);
        let lookup = began.elapsed();
        let (mut unsent, mut fault, mut silent) = (Vec::new(), more.map(Unreached::Fault), Vec::<Echoes>::new());
        while !addresses.is_empty() {
            let to = addresses.remove(0);
            let left = self.deadline().saturating_duration_since(Instant::now());
            let is_last = addresses.iter().all(|other| other.is_ipv4() == to.is_ipv4());
            let host = self.until(Instant::now() + if is_last { left } else { left / 2 });
            match Pinger::new(&host, to, count).and_then(|pinger| pinger.run(&host)) {
                Ok(echoes) if echoes.replies.is_empty() => {
                    silent.push(echoes);
                    addresses.retain(|other| other.is_ipv4() != to.is_ipv4());
                }
                Ok(echoes) => return Ok(echoes),
                Err(Unreached::Refused(why) | Unreached::NoRoute(why)) => unsent.push(why),
                Err(other) => fault = fault.or(Some(other)),
            }
        }
        let waited = began.elapsed() - lookup;
        match (fault, silent.iter().map(|echoes| echoes.silence.as_str()).collect::<Vec<_>>()) {
            // One that could not be tried might have answered.
            (Some(fault), _) => Err(fault),
            (None, silent) if silent.is_empty() => Err(Unreached::NoRoute(unsent.join("; "))),
            // It was not refused, nor waited for as long as the spec says.
            (None, _) if waited <= lookup && Instant::now() >= self.deadline() => {
                let why = format!("a reply of {name}: looking it up took {} of it", quantity::waited(lookup));
                Err(Unreached::Fault(Fault::TimedOut(why, began.elapsed())))
            }
            (None, why) => {
                let why = why.join("; ");
                let sent = silent.iter().map(|echoes| echoes.sent).sum();
                Ok(Echoes { sent, replies: Vec::new(), silence: why, doubt: None })
            }
        }
    }
}

/// What kind of socket could be had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    /// One that the kernel keeps others' packets from, to groups within `net.ipv4.ping_group_range`.
    Datagram,
    /// One that sees all of ICMP, to who has CAP_NET_RAW.
    Raw,
}

struct Pinger {
    socket: OwnedFd,
    means: Means,
    mark: Mark,
    to: SocketAddr,
    count: u32,
    deadline: Instant,
    /// When each request was sent, and what became of it.
    sent: Vec<(Instant, Option<Result<Duration, String>>)>,
}

impl Pinger {
    fn new(host: &Host, to: SocketAddr, count: u32) -> Result<Pinger, Unreached> {
        let mut random = [0; 18];
        let entropy = |_| Unreached::Fault(Fault::Failed("the system has no random numbers".into()));
        SystemRandom::new().fill(&mut random).map_err(entropy)?;
        let [a, b, nonce @ ..] = random;
        let (socket, means) = open(host, to)?;
        let id = (means == Means::Raw).then_some(u16::from_be_bytes([a, b]));
        let mark = Mark { target: to.ip(), id, nonce };
        Ok(Pinger { socket, means, mark, to, count, deadline: host.deadline(), sent: Vec::new() })
    }

    /// No route only if nothing could be sent.
    fn run(mut self, host: &Host) -> Result<Echoes, Unreached> {
        let began = Instant::now();
        // The last request is to have half of the time for its reply.
        let left = self.deadline.saturating_duration_since(began);
        let apart = APART.min(left / 2 / self.count.max(1));
        let mut turn = began;
        loop {
            let now = Instant::now();
            let open = self.first_open().is_some();
            let more = self.sent.len() < self.count as usize;
            if now >= self.deadline || !(open || more) {
                break;
            }
            if more && now >= turn {
                turn = now + if self.send(now)? { apart } else { QUEUE };
                continue;
            }
            let until = if more { turn.min(self.deadline) } else { self.deadline };
            self.wait(until - now)?;
            if open && self.first_open().is_none() {
                turn = Instant::now();
            }
        }
        let waited = began.elapsed();
        let sent = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        if sent == 0 {
            let what = format!("sending an echo request to {}", self.mark.target);
            return Err(Unreached::Fault(Fault::TimedOut(what, waited)));
        }
        let doubt = (self.first_open().is_some() && self.has_dropped(host)).then(|| {
            let why = "the kernel has dropped packets for want of room, and a reply may have been among them";
            Fault::Failed(format!("{}: {why}", self.mark.target))
        });
        let (mut replies, mut refusal) = (Vec::new(), None);
        for (_, end) in self.sent {
            match end {
                Some(Ok(latency)) => replies.push(latency),
                Some(Err(why)) => refusal = refusal.or(Some(why)),
                None => {}
            }
        }
        if let Some(fault) = doubt.clone()
            && replies.is_empty()
        {
            return Err(Unreached::Fault(fault));
        }
        let silence = refusal.unwrap_or_else(|| {
            let requests = if sent == 1 { String::new() } else { format!(" to {sent} requests") };
            format!("no reply of {}{requests} in {}", self.mark.target, quantity::waited(waited))
        });
        Ok(Echoes { sent, replies, silence, doubt })
    }

    /// Sends the next request; not if the kernel has no room for it.
    fn send(&mut self, now: Instant) -> Result<bool, Unreached> {
        let packet = self.mark.request(u16::try_from(self.sent.len()).unwrap_or_default());
        let flags = SendFlags::NOSIGNAL;
        let end = match self.means {
            Means::Datagram => send(&self.socket, &packet, flags),
            Means::Raw => sendto(&self.socket, &packet, flags, &self.to),
        };
        match end {
            Ok(_) => self.sent.push((now, None)),
            Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => return Ok(false),
            Err(e) => match unsent(self.mark.target, e) {
                Unreached::Refused(why) | Unreached::NoRoute(why) => match self.first_open() {
                    // What became of an earlier one is told of only now.
                    Some(earlier) => {
                        self.ended(earlier, Some(why));
                        return Ok(false);
                    }
                    None if self.sent.is_empty() => return Err(Unreached::NoRoute(why)),
                    None => self.sent.push((now, Some(Err(why)))),
                },
                other => return Err(other),
            },
        }
        Ok(true)
    }

    /// Waits for packets, and takes in what has come.
    fn wait(&mut self, at_most: Duration) -> Result<(), Unreached> {
        let at_most = Timespec::try_from(at_most).unwrap_or_default();
        match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&at_most)) {
            Ok(0) | Err(Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(e) => return Err(lost(self.mark.target, e)),
        }
        let mut buffer = [0; PACKET];
        // Others may be at work on this machine, and a raw socket hears them all.
        while Instant::now() < self.deadline {
            match recvfrom(&self.socket, &mut buffer, RecvFlags::empty()) {
                Ok((n, _, from)) => {
                    let packet = buffer.get(..n).unwrap_or_default();
                    let heard = match (self.means, self.to) {
                        (Means::Raw, SocketAddr::V4(_)) => self.mark.read_ipv4(packet),
                        _ => self.mark.read(packet),
                    };
                    let from = from.and_then(|from| SocketAddr::try_from(from).ok());
                    match heard {
                        Some(Heard::Reply(sequence)) => self.ended(sequence, None),
                        Some(Heard::Lost(sequence, why)) => {
                            let by = from.map(|from| format!(", says {}", from.ip())).unwrap_or_default();
                            self.ended(sequence, Some(format!("{}: {why}{by}", self.mark.target)));
                        }
                        None => {}
                    }
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(e) => match (lost(self.mark.target, e), self.first_open()) {
                    (Unreached::Refused(why) | Unreached::NoRoute(why), Some(earlier)) => {
                        self.ended(earlier, Some(why))
                    }
                    (Unreached::Refused(_) | Unreached::NoRoute(_), None) => {}
                    (other, _) => return Err(other),
                },
            }
        }
        Ok(())
    }

    /// Whether packets came that the socket had no room for: `drops` in /proc/net/raw.
    fn has_dropped(&self, host: &Host) -> bool {
        let Ok(inode) = rustix::fs::fstat(&self.socket).map(|stat| stat.st_ino.to_string()) else { return true };
        let table = match (self.means, self.to) {
            // Nobody else's packets are in its way.
            (Means::Datagram, _) => return false,
            (Means::Raw, SocketAddr::V4(_)) => "/proc/net/raw",
            (Means::Raw, SocketAddr::V6(_)) => "/proc/net/raw6",
        };
        let Ok(Some(table)) = host.text(table) else { return false };
        packet::drops(&table, &inode).is_some_and(|drops| drops > 0)
    }

    /// The first request that nothing has been heard of.
    fn first_open(&self) -> Option<u16> {
        u16::try_from(self.sent.iter().position(|(_, end)| end.is_none())?).ok()
    }

    /// Notes the first that is heard of a request.
    fn ended(&mut self, sequence: u16, refusal: Option<String>) {
        if let Some((sent, end @ None)) = self.sent.get_mut(usize::from(sequence)) {
            *end = Some(refusal.map_or_else(|| Ok(sent.elapsed()), Err));
        }
    }
}

fn open(host: &Host, to: SocketAddr) -> Result<(OwnedFd, Means), Unreached> {
    let (family, protocol) = match to {
        SocketAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
        SocketAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    if let Ok(socket) = socket_with(family, SocketType::DGRAM, flags, Some(protocol)) {
        // A connected one is told of what ends its packets' way.
        connect(&socket, &to).map_err(|e| unsent(to.ip(), e))?;
        return Ok((socket, Means::Datagram));
    }
    match socket_with(family, SocketType::RAW, flags, Some(protocol)) {
        Ok(socket) => {
            // Without CAP_NET_ADMIN, as much as anybody may have.
            let _ = sockopt::set_socket_recv_buffer_size_force(&socket, ROOM)
                .or_else(|_| sockopt::set_socket_recv_buffer_size(&socket, ROOM));
            Ok((socket, Means::Raw))
        }
        Err(Errno::PERM | Errno::ACCESS) => Err(Unreached::Fault(denied(host))),
        Err(Errno::AFNOSUPPORT) if host.is_without_ipv6() && to.is_ipv6() => {
            Err(Unreached::NoRoute(format!("{}: this host has no IPv6", to.ip())))
        }
        Err(e) => Err(lost(to.ip(), e)),
    }
}

/// What an error says of a request that was to be sent.
fn unsent(to: IpAddr, error: Errno) -> Unreached {
    match error {
        // As where IPv6 is off: no port is lacking, for there are none.
        Errno::ADDRNOTAVAIL => Unreached::NoRoute(format!("{to}: no address of this host leads there")),
        other => lost(to, other),
    }
}

fn denied(host: &Host) -> Fault {
    let group = rustix::process::getegid().as_raw();
    let range = host.text("/proc/sys/net/ipv4/ping_group_range").ok().flatten().unwrap_or_default();
    let range: Vec<_> = range.split_whitespace().collect();
    Fault::Denied(format!(
        "echo requests are not permitted: the group {group} is not in net.ipv4.ping_group_range, which is `{}`, and \
         CAP_NET_RAW is missing; either would allow them",
        range.join(" ")
    ))
}
