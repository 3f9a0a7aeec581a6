//! `port`: a TCP or UDP port, or a Unix socket, and who listens there.

use super::pin::at_least_these;
use super::{Id, Inventory, Keys, Pin, Presence, Resource, key, path};
use crate::host::Host;
use crate::host::sockets::{Family, Transport};
use crate::syntax::nearest;
use crate::value::{Fault, Known, Type, Value};
use std::collections::BTreeSet;
use std::net::IpAddr;

mod inventory;

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
        &key(
            "clients",
            "How many connections are established to it, those of this run's own entries included.",
            Self::clients,
        ),
    ];
    const PINS: &[Pin] = &[Pin::of("ip", lasting), Pin::holding("process"), Pin::exact("user")];
    type Id = Place;
    type Settings = ();

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "listening ports", list: inventory::list });
    fn spellings(name: &str) -> Vec<String> {
        match Place::parse(name) {
            Ok(Place::Unix(name)) => vec![format!("unix:{}", path::spelled(&name))],
            Ok(Place::Inet { transport, families, port }) => {
                let of_one = match families {
                    [Family::V4] => Some(format!("{}4:{port}", transport.word())),
                    [Family::V6] => Some(format!("{}6:{port}", transport.word())),
                    _ => None,
                };
                of_one.into_iter().chain([format!("{}:{port}", transport.word())]).collect()
            }
            Err(_) => vec![name.to_owned()],
        }
    }

    fn probe(host: &Host, place: &Place, (): &()) -> Result<Option<Self>, Fault> {
        let (mut sockets, mut more) = (Vec::new(), None::<Fault>);
        let at = match place {
            Place::Inet { transport, families, port } => {
                for family in *families {
                    match host.sockets()?.inet(host, *transport, *family) {
                        Ok(all) => sockets.extend(all.iter().filter(|s| s.port == *port).map(|s| Socket {
                            ip: Some(s.ip.to_canonical()),
                            uid: Some(s.uid),
                            inode: s.inode,
                        })),
                        Err(fault) => more = more.or(Some(fault)),
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

    fn pids(&self) -> Result<Known<u32>, Fault> {
        let (mut all, mut more) = (Vec::new(), None);
        for socket in self.sockets()? {
            let (pids, others) = self.host.holders()?.pids(socket.inode);
            all.extend(pids);
            more = more.or(others.cloned());
        }
        all.sort_unstable();
        all.dedup();
        Ok(Known { all, more })
    }

    fn process(&self) -> Result<Known<String>, Fault> {
        let (Known { all: pids, more }, mut names) = (self.pids()?, Vec::new());
        for pid in &pids {
            names.extend(self.host.process_name(*pid)?);
        }
        if names.is_empty() && !pids.is_empty() {
            return Err(Fault::Failed("the process that held it ended while it was looked at".into()));
        }
        names.sort_unstable();
        names.dedup();
        Ok(Known { all: names, more })
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

/// The addresses, but for those that come and go by themselves.
fn lasting(host: &Host, seen: &Value) -> Option<Value> {
    let is_lent = |text: &str| {
        text.parse().is_ok_and(|ip: IpAddr| {
            // What cannot be looked up may be lent, but for what is nobody's to lend.
            let own = ip.is_unspecified() || ip.is_loopback();
            !own && host.links().and_then(|links| links.is_lent(ip)).unwrap_or(true)
        })
    };
    let Value::List(all) = seen else { return None };
    match all.iter().any(|one| matches!(one, Value::Text(text) if is_lent(text))) {
        true => at_least_these(seen, |text| !is_lent(text)),
        false => seen.exactly(Type::List(&Type::Text)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::value::Fact;
    use std::sync::Arc;
    use time::OffsetDateTime;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn tree(more: &str) -> Host {
        let text = format!(
            "-- /etc/passwd\nroot:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n-- /etc/group\nroot:x:0:\n-- /proc/net/tcp\n{HEAD}\
             0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0    33        0 501 1\n\
             1: 00000000:0050 00000000:0000 0A 0:0 0:0 0     0        0 502 1\n\
             2: 0100007F:0050 0100007F:C322 01 0:0 0:0 0    33        0 503 1\n\
             3: 0100007F:0016 00000000:0000 0A 0:0 0:0 0  1234        0 504 1\n\
             -- /proc/7/stat\n7 (nginx) S 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 1234 50 30 0 1 1 0 0 0 0 0 0 0 0 0 0\n\
             -- /proc/7/fd/4 -> socket:[501]\n-- /proc/7/fd/5 -> socket:[502]\n{more}"
        );
        Host::offline(Arc::new(TreeFiles::parse(&text).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    fn probe(host: &Host, name: &str) -> Result<Option<Port>, Fault> {
        Port::probe(host, &Place::parse(name).unwrap(), &())
    }

    #[test]
    fn all_sockets_of_a_port_are_told_of_together() {
        let port = probe(&tree(""), "80").unwrap().unwrap();
        assert_eq!(port.ip().unwrap().unwrap(), ["0.0.0.0", "127.0.0.1"]);
        assert_eq!(port.user().unwrap(), ["root", "www-data"]);
        assert_eq!(port.pids().unwrap().all, [7]);
        assert_eq!(port.process().unwrap().all, ["nginx"]);
        assert_eq!(port.clients().unwrap(), 1);
        assert!(probe(&tree(""), "tcp6:80").unwrap().is_none());
        assert!(probe(&tree(""), "81").unwrap().is_none());
    }

    #[test]
    fn a_user_without_a_name_is_a_number_and_a_socket_of_the_kernel_has_no_process() {
        let port = probe(&tree(""), "22").unwrap().unwrap();
        assert_eq!(port.user().unwrap(), ["1234"]);
        assert_eq!(port.process().unwrap().all, [""; 0]);
    }

    #[test]
    fn a_refused_look_at_processes_is_no_empty_list() {
        let port = probe(&tree("-- /proc/8/fd/ denied\n"), "22").unwrap().unwrap();
        let denied = |known: Value| matches!(known, Value::Partial(part) if matches!(part.1, Fault::Denied(_)));
        assert!(matches!(port.process().observe(), Err(Fault::Denied(_))), "none is known");
        assert!(matches!(port.pids().observe(), Err(Fault::Denied(_))));
        let web = probe(&tree("-- /proc/8/fd/ denied\n"), "80").unwrap().unwrap();
        assert!(denied(web.process().observe().unwrap()) && denied(web.pids().observe().unwrap()));
        assert!(port.ip().is_ok());
    }

    #[test]
    fn half_a_view_of_a_port_is_enough_to_say_that_it_is_there_and_no_more() {
        let host = tree("-- /proc/net/tcp6 denied\n");
        let port = probe(&host, "tcp:80").unwrap().unwrap();
        assert!(matches!(port.ip(), Err(Fault::Denied(_))));
        assert!(matches!(port.clients(), Err(Fault::Denied(_))));
        assert!(matches!(probe(&host, "tcp:81").map(|_| ()), Err(Fault::Denied(_))));
        assert!(probe(&host, "tcp4:81").unwrap().is_none());
    }

    #[test]
    fn an_address_that_cannot_be_looked_up_is_not_written_as_one_that_lasts() {
        // A tree of files does not tell whose addresses are lent.
        let written = |ips: &[&str]| {
            let text = |ip: &&str| Value::Text((*ip).to_owned());
            lasting(&tree(""), &Value::List(ips.iter().map(text).collect()))
        };
        assert_eq!(written(&["192.0.2.7"]), None);
        assert_eq!(written(&["127.0.0.1", "192.0.2.7"]), Some(Value::List(vec![Value::Text("127.0.0.1".into())])));
        for own in [&["0.0.0.0"][..], &["::"], &["::1"], &["127.0.0.53"], &["0.0.0.0", "::"]] {
            let list = Value::List(own.iter().map(|ip| Value::Text((*ip).to_owned())).collect());
            assert_eq!(written(own), list.exactly(Type::List(&Type::Text)), "{own:?}");
        }
    }

    #[test]
    fn places_are_read() {
        let inet = |transport, families, port| Ok(Place::Inet { transport, families, port });
        let both: &[Family] = &[Family::V4, Family::V6];
        assert_eq!(Place::parse("80"), inet(Transport::Tcp, both, 80));
        assert_eq!(Place::parse("tcp:65535"), inet(Transport::Tcp, both, 65535));
        assert_eq!(Place::parse("tcp4:1"), inet(Transport::Tcp, &[Family::V4], 1));
        assert_eq!(Place::parse("udp6:53"), inet(Transport::Udp, &[Family::V6], 53));
        assert_eq!(Place::parse("unix:@a:b"), Ok(Place::Unix("@a:b".into())));
    }

    #[test]
    fn a_name_that_is_no_place_says_what_to_write() {
        for (name, words) in [
            ("tpc:80", "did you mean `tcp`?"),
            ("sctp:80", "one of `tcp`"),
            ("tcp:0", "out of range"),
            ("tcp:65536", "out of range"),
            ("tcp:99999999999999999999", "out of range"),
            ("tcp:+80", "not a port"),
            ("tcp:", "not a port"),
            ("", "not a port"),
            ("80/tcp", "write `tcp:80`"),
            ("127.0.0.1:80", "write `tcp:80`"),
            ("tcp:[::1]:80", "write `tcp:80` and `ip = [\"::1\"]`"),
            ("unix:run/x.sock", "absolute path"),
            ("unix:@", "absolute path"),
        ] {
            let error = Place::parse(name).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
