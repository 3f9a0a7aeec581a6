//! Connections over TCP and unix sockets, to where a name leads, that keep a deadline in all they do.

use super::endpoint::Endpoint;
use super::resolve::{Family, Found};
use super::unreached::{Unreached, lost};
use super::wire::Wire;
use super::{FileType, Host};
use crate::quantity;
use crate::value::Fault;
use race::{Race, Speech};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, netdevice, socket_with};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

mod race;
#[cfg(test)]
mod tests;

/// Addresses of one name that are tried at most: each holds a socket.
pub(super) const MOST_ADDRESSES: usize = 64;
/// How long one waits for a place in the queue of a unix socket, which cannot be polled for.
const QUEUE: Duration = Duration::from_millis(5);

/// What came back for a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub bytes: Vec<u8>,
    /// From the first sending until it came.
    pub latency: Duration,
}

impl Host {
    /// Connects over TCP to whichever of the endpoint's addresses answers first, from the address `from` if there is one.
    pub fn connect(&self, to: &Endpoint, from: Option<IpAddr>) -> Result<Wire, Unreached> {
        self.connect_by(Family::Any, to, from)
    }

    /// The same, over one family of addresses only.
    pub fn connect_by(&self, family: Family, to: &Endpoint, from: Option<IpAddr>) -> Result<Wire, Unreached> {
        let won = self.race(family, to, from, Speech::Stream)?;
        let wire = Wire::new(won.socket, Some(won.peer), won.latency, self.deadline());
        Ok(if won.is_reset { wire.reset() } else { wire })
    }

    /// Sends a datagram over UDP and waits for one that comes back.
    ///
    /// [`Unreached::Refused`] only if all addresses refuse it by ICMP; most who are not there are silent.
    pub fn exchange(
        &self,
        family: Family,
        to: &Endpoint,
        from: Option<IpAddr>,
        message: &[u8],
    ) -> Result<Reply, Unreached> {
        let won = self.race(family, to, from, Speech::Datagram(message))?;
        Ok(Reply { bytes: won.reply, latency: won.latency })
    }

    fn race(
        &self,
        family: Family,
        to: &Endpoint,
        from: Option<IpAddr>,
        speech: Speech<'_>,
    ) -> Result<race::Won, Unreached> {
        let began = Instant::now();
        let (addresses, more) = self.addresses(&to.host, to.port, family, from)?;
        let lookup = began.elapsed();
        let what = match speech {
            Speech::Stream => format!("connecting to {to}"),
            Speech::Datagram(_) => format!("a datagram from {to}"),
        };
        match (Race::new(self, addresses, from, speech).run(&what), more) {
            // One of those that are not known might have answered.
            (Err(Unreached::Refused(_) | Unreached::NoRoute(_) | Unreached::Silent(..)), Some(fault)) => {
                Err(Unreached::Fault(fault))
            }
            // Whoever had less time than the lookup took has not been waited for as long as the spec says.
            (Err(Unreached::Silent(_, waited)), None) if waited <= lookup => {
                let took = quantity::waited(lookup);
                let why = format!("{what}: looking up `{}` took {took} of it", to.host);
                Err(Unreached::Fault(Fault::TimedOut(why, began.elapsed())))
            }
            (end, _) => end,
        }
    }

    /// Where `name` leads, the families by turns, best first: RFC 8305, section 4. Never empty. And why there may be
    /// more.
    pub(super) fn addresses(
        &self,
        name: &str,
        port: u16,
        family: Family,
        from: Option<IpAddr>,
    ) -> Result<(Vec<SocketAddr>, Option<Fault>), Unreached> {
        self.machine().map_err(Unreached::Fault)?;
        if let Some((address, zone)) = name.split_once('%')
            && let Ok(address) = address.parse::<Ipv6Addr>()
        {
            return Ok((vec![SocketAddrV6::new(address, port, 0, scope(zone)?).into()], None));
        }
        let wanted = match (family, from) {
            (Family::Any, Some(IpAddr::V4(_))) => Family::V4,
            (Family::Any, Some(IpAddr::V6(_))) => Family::V6,
            _ => family,
        };
        let (mut all, more) = self.find(name, wanted).map_err(|why| match why {
            // That a name is not found is no silence of those whom it leads to.
            Unreached::Silent(what, waited) => Unreached::Fault(Fault::TimedOut(what, waited)),
            other => other,
        })?;
        all.retain(|a| wanted.has(a) && from.is_none_or(|from| from.is_ipv4() == a.is_ipv4()));
        let Some(first) = all.first() else {
            let none = if wanted == Family::V4 { "IPv4" } else { "IPv6" };
            return Err(Unreached::Refused(format!("`{name}` has no {none} address")));
        };
        let (mut one, mut other): (Vec<_>, Vec<_>) = all.iter().partition(|a| a.is_ipv4() == first.is_ipv4());
        one.reverse();
        other.reverse();
        let mut turns = Vec::with_capacity(all.len());
        while !one.is_empty() || !other.is_empty() {
            turns.extend(one.pop().into_iter().chain(other.pop()).map(|ip| SocketAddr::new(ip, port)));
        }
        Ok((turns, more))
    }

    fn find(&self, name: &str, family: Family) -> Result<Found, Unreached> {
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok((vec![address.to_canonical()], None));
        }
        if family == Family::Any {
            return self.resolve_known(name);
        }
        let found = self.look_up(name, family);
        Ok((found.addresses?, found.more))
    }

    /// Whether the kernel does without IPv6, rather than whoever runs this in a sandbox.
    pub(super) fn is_without_ipv6(&self) -> bool {
        let there = |path| self.files().stat(path).map(|stat| stat.is_some());
        there("/proc/net/dev") == Ok(true) && there("/proc/net/if_inet6") == Ok(false)
    }

    /// Connects to a unix socket of streams: a path, or `@` and an abstract name.
    pub fn connect_unix(&self, path: &str) -> Result<Wire, Unreached> {
        match self.connect_unix_by(path, SocketType::STREAM)? {
            Some(wire) => Ok(wire),
            None => Err(Unreached::Refused(format!("{path}: not a socket of streams"))),
        }
    }

    /// Connects to a unix socket of any type; no wire comes of one of datagrams, which has nobody at its end.
    pub fn reach_unix(&self, path: &str) -> Result<Option<Wire>, Unreached> {
        for ty in [SocketType::STREAM, SocketType::SEQPACKET] {
            if let Some(wire) = self.connect_unix_by(path, ty)? {
                return Ok(Some(wire));
            }
        }
        match self.connect_unix_by(path, SocketType::DGRAM)? {
            Some(_) => Ok(None),
            None => Err(Unreached::Fault(Fault::Unsupported(format!("{path}: a socket of an unknown type")))),
        }
    }

    /// `None` if the socket there is of another type.
    fn connect_unix_by(&self, path: &str, ty: SocketType) -> Result<Option<Wire>, Unreached> {
        self.machine().map_err(Unreached::Fault)?;
        let address = match path.strip_prefix('@') {
            Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes()),
            None => SocketAddrUnix::new(path),
        };
        let unnameable = |_| Unreached::Fault(Fault::Failed(format!("{path}: not the name of a socket")));
        let address = address.map_err(unnameable)?;
        let socket = open(AddressFamily::UNIX, ty).map_err(|e| lost(path, e))?;
        let began = Instant::now();
        loop {
            match connect(&socket, &address) {
                Ok(()) => return Ok(Some(Wire::new(socket, None, began.elapsed(), self.deadline()))),
                Err(Errno::PROTOTYPE) => return Ok(None),
                // The queue of those who wait to be accepted is full.
                Err(Errno::AGAIN) => match self.deadline().checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => std::thread::sleep(left.min(QUEUE)),
                    _ => return Err(Unreached::Silent(format!("connecting to {path}"), began.elapsed())),
                },
                Err(Errno::INTR) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    // A sandbox may hide it.
                    if !path.starts_with('@') {
                        self.files().lstat(path).map_err(Unreached::Fault)?;
                    }
                    return Err(Unreached::Refused(format!("{path}: no such socket")));
                }
                // So says the kernel of a file of any other type, too.
                Err(Errno::CONNREFUSED | Errno::ACCESS) if self.is_no_socket(path) => {
                    return Err(Unreached::Refused(format!("{path}: not a socket")));
                }
                Err(e @ (Errno::ACCESS | Errno::PERM)) => {
                    return Err(Unreached::Fault(Fault::from_io(path, &e.into())));
                }
                Err(e) => return Err(lost(path, e)),
            }
        }
    }

    fn is_no_socket(&self, path: &str) -> bool {
        matches!(self.files().stat(path), Ok(Some(stat)) if stat.file_type != FileType::Socket)
    }
}

/// The interface that the zone of an address names, or whose number it is: RFC 4007, section 11.
fn scope(zone: &str) -> Result<u32, Unreached> {
    if let Ok(index) = zone.parse() {
        return Ok(index);
    }
    let index = open(AddressFamily::UNIX, SocketType::DGRAM).and_then(|any| netdevice::name_to_index(any, zone));
    index.map_err(|e| match e {
        Errno::NODEV => Unreached::NoRoute(format!("this host has no interface `{zone}`")),
        other => lost(zone, other),
    })
}

fn open(family: AddressFamily, ty: SocketType) -> Result<OwnedFd, Errno> {
    socket_with(family, ty, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}
