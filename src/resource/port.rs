//! `port`: a TCP or UDP port, or a Unix socket, and who listens there.

use super::{Id, Keys, Presence, Resource, key};
use crate::host::Host;
use crate::host::sockets::{Family, Transport};
use crate::syntax::nearest;
use crate::value::Fault;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub struct Port {
    host: Host,
    at: At,
    sockets: Vec<Socket>,
    /// Why there may be more of them.
    more: Option<Fault>,
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Inet {
        transport: Transport,
        families: &'static [Family],
        port: u16,
    },
    /// A path, or `@` and a name that is none.
    Unix(String),
}

/// What connections to it are counted by.
enum At {
    Inet(Transport, &'static [Family], u16),
    /// The names that its sockets were bound to.
    Unix(Vec<String>),
}

struct Socket {
    ip: Option<IpAddr>,
    uid: Option<u32>,
    inode: u64,
}

impl Resource for Port {
    const NAME: &'static str = "port";
    const ABOUT: &'static str = "A TCP port that is listened on, a UDP port that is bound, or a Unix socket, as the \
        kernel lists them for the network namespace: sock_diag(7), else /proc/net. `tcp:` and `udp:` mean a socket of \
        either address family; a socket of IPv6 that also takes IPv4 is `tcp6:`.";
    const EXAMPLE: &'static str = "[port.\"tcp:22\"]\nip = [\"0.0.0.0\"]\nprocess = [\"sshd\"]\n\n[port.\"unix:/run/docker.sock\"]\nuser = [\"root\"]\n";
    const PRESENCE: Option<Presence> = Some(Presence {
        name: "listening",
        about: "Whether a TCP or Unix socket listens there, or a UDP socket is bound there and connected to nobody.",
    });
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("port", "`80`, `tcp:80`, `tcp4:80`, `tcp6:80`, `udp:53`, `unix:/run/x.sock` or `unix:@name`."));
    const KEYS: Keys<Self> = &[
        &key("ip", "Its own addresses; one of IPv4 within IPv6 as IPv4. Unix sockets have none.", Self::ip),
        &key("process", "Names of the processes that hold it; none for the kernel's own.", Self::process),
        &key("user", "Names of the users who opened it; the number of one without a name.", Self::user),
        &key("pids", "IDs of the processes that hold it.", Self::pids),
        &key("clients", "How many connections are established to it.", Self::clients),
    ];
    type Id = Place;
    type Settings = ();

    fn probe(host: &Host, place: &Place, (): &()) -> Result<Option<Self>, Fault> {
        let (mut sockets, mut more) = (Vec::new(), None);
        let at = match place {
            Place::Inet { transport, families, port } => {
                for family in *families {
                    match host.sockets()?.inet(host, *transport, *family) {
                        Ok(all) => sockets.extend(all.iter().filter(|s| s.port == *port).map(|s| Socket {
                            ip: Some(s.ip.to_canonical()),
                            uid: Some(s.uid),
                            inode: s.inode,
                        })),
                        Err(fault) => more = Some(fault),
                    }
                }
                At::Inet(*transport, families, *port)
            }
            Place::Unix(name) => {
                let found = host.sockets()?.unix(host, name)?;
                if found.iter().any(|s| s.inode == 0) {
                    more = Some(Fault::Unsupported("who listens is in another network namespace".into()));
                }
                sockets.extend(found.iter().map(|s| Socket { ip: None, uid: s.uid, inode: s.inode }));
                At::Unix(found.into_iter().map(|s| s.name).collect())
            }
        };
        match more {
            Some(fault) if sockets.is_empty() => Err(fault),
            more if !sockets.is_empty() => Ok(Some(Port { host: host.clone(), at, sockets, more })),
            _ => Ok(None),
        }
    }
}

impl Port {
    /// All sockets, or the fault that not all could be seen.
    fn sockets(&self) -> Result<&[Socket], Fault> {
        self.more.clone().map_or(Ok(&self.sockets), Err)
    }

    fn ip(&self) -> Result<Option<Vec<String>>, Fault> {
        if matches!(self.at, At::Unix(_)) {
            return Ok(None);
        }
        let mut all: Vec<IpAddr> = self.sockets()?.iter().filter_map(|s| s.ip).collect();
        all.sort_unstable();
        all.dedup();
        Ok(Some(all.iter().map(IpAddr::to_string).collect()))
    }

    fn pids(&self) -> Result<Vec<u32>, Fault> {
        let mut all = Vec::new();
        for socket in self.sockets()? {
            all.extend(self.host.holders()?.pids(socket.inode)?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn process(&self) -> Result<Vec<String>, Fault> {
        let (pids, mut names) = (self.pids()?, Vec::new());
        for pid in &pids {
            names.extend(self.host.process_name(*pid)?);
        }
        if names.is_empty() && !pids.is_empty() {
            return Err(Fault::Failed("the process that held it ended while it was looked at".into()));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn user(&self) -> Result<Vec<String>, Fault> {
        let mut users = Vec::new();
        for socket in self.sockets()? {
            let untold = || Fault::Unsupported("this kernel does not tell who opened a Unix socket".into());
            let uid = socket.uid.ok_or_else(untold)?;
            users.push(self.host.user_name(uid)?.unwrap_or_else(|| uid.to_string()));
        }
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    fn clients(&self) -> Result<usize, Fault> {
        self.sockets()?;
        let (host, all) = (&self.host, self.host.sockets()?);
        match &self.at {
            At::Inet(transport, families, port) => {
                families.iter().map(|family| all.inet_clients(host, *transport, *family, *port)).sum()
            }
            At::Unix(names) => {
                let names: BTreeSet<_> = names.iter().collect();
                names.into_iter().map(|name| all.unix_clients(host, name)).sum()
            }
        }
    }
}

const PROTOCOLS: [&str; 7] = ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix"];

/// A `sockaddr_un` has room for this many bytes: unix(7).
const UNIX_PATH: usize = 108;

impl Id for Place {
    fn parse(text: &str) -> Result<Place, String> {
        let (protocol, rest) = text.split_once(':').unwrap_or(("tcp", text));
        let (transport, families): (_, &[Family]) = match protocol {
            "tcp" => (Transport::Tcp, &[Family::V4, Family::V6]),
            "tcp4" => (Transport::Tcp, &[Family::V4]),
            "tcp6" => (Transport::Tcp, &[Family::V6]),
            "udp" => (Transport::Udp, &[Family::V4, Family::V6]),
            "udp4" => (Transport::Udp, &[Family::V4]),
            "udp6" => (Transport::Udp, &[Family::V6]),
            "unix" => return unix(rest),
            _ => return Err(unknown(protocol, text)),
        };
        Ok(Place::Inet { transport, families, port: number(rest, protocol)? })
    }
}

fn unix(name: &str) -> Result<Place, String> {
    if name.len() > UNIX_PATH {
        return Err(format!("a Unix socket's name has at most {UNIX_PATH} bytes"));
    }
    match name.strip_prefix(['/', '@']) {
        Some(rest) if !rest.is_empty() => Ok(Place::Unix(name.to_owned())),
        _ => Err(format!("`{name}` is not an absolute path or `@` and a name: write `unix:/run/x.sock`")),
    }
}

fn number(text: &str, protocol: &str) -> Result<u16, String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(text) {
        return match text.parse() {
            Ok(port @ 1..) => Ok(port),
            _ => Err(format!("port {text} is out of range: 1 to 65535")),
        };
    }
    // As containers' publishing and /etc/services have it.
    if let Some((port, name)) = text.split_once('/')
        && digits(port)
    {
        return Err(format!("`{text}` is not a port: write `{name}:{port}`"));
    }
    if let Some((ip, port)) = text.rsplit_once(':')
        && digits(port)
    {
        let ip = ip.trim_matches(['[', ']']);
        return Err(format!("`{text}` is not a port: write `{protocol}:{port}` and `ip = [\"{ip}\"]`"));
    }
    Err(format!("`{text}` is not a port, a number from 1 to 65535"))
}

fn unknown(protocol: &str, text: &str) -> String {
    // An address and a port: `127.0.0.1:80`, `[::1]:80`, `*:80`.
    let port = text.rsplit(':').next().unwrap_or_default();
    if protocol.is_empty() || protocol.contains(['.', '[', '*']) {
        return format!("`{text}` does not begin with a protocol: write `tcp:{port}`, and its address under `ip`");
    }
    match nearest(protocol, PROTOCOLS) {
        Some(near) => format!("`{protocol}` is not a protocol; did you mean `{near}`?"),
        None => format!("`{protocol}` is not a protocol: it is one of `{}`", PROTOCOLS.join("`, `")),
    }
}
