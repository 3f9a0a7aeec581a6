//! Sockets that listen, and how many are connected to them: by netlink, else as /proc/net has them.

use super::sock_diag::{self, States};
use super::{Host, Machine, netlink::Trouble, proc_net};
use crate::value::Fault;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

crate::choice! {
    pub enum Transport { Tcp = "tcp", Udp = "udp" }
}

/// The family of a socket's own addresses. A socket of the second may take connections of the first, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Transport {
    /// The words of messages.
    pub(super) fn sockets(self, family: Family) -> &'static str {
        match (self, family) {
            (Transport::Tcp, Family::V4) => "TCP sockets over IPv4",
            (Transport::Tcp, Family::V6) => "TCP sockets over IPv6",
            (Transport::Udp, Family::V4) => "UDP sockets over IPv4",
            (Transport::Udp, Family::V6) => "UDP sockets over IPv6",
        }
    }
}

/// A TCP or UDP socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InetSocket {
    /// Its own address.
    pub ip: IpAddr,
    pub port: u16,
    /// Who opened it.
    pub uid: u32,
    /// Its inode, by which processes hold it; 0 if none can.
    pub inode: u64,
}

/// A Unix socket with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixSocket {
    /// The path it was bound to, or `@` and a name that is no path.
    pub name: String,
    /// The lower 32 bits of the inode, and the device, of the file that it was bound as.
    pub file: Option<(u32, u32)>,
    /// Who opened it; kernels before 5.3 and /proc do not tell.
    pub uid: Option<u32>,
    /// 0 if it answers, but is in another network namespace.
    pub inode: u64,
}

/// Each list is read when it is first asked for.
#[derive(Default)]
pub struct Sockets {
    inet: [Once<Vec<InetSocket>>; 4],
    inet_clients: [Once<HashMap<u16, usize>>; 4],
    unix: Once<Vec<UnixSocket>>,
    unix_clients: Once<HashMap<String, usize>>,
}

type Once<T> = OnceLock<Result<T, Fault>>;

pub(super) fn load(_: &Host) -> Result<Sockets, Fault> {
    Ok(Sockets::default())
}

fn get<T>(once: &Once<T>, load: impl FnOnce() -> Result<T, Fault>) -> Result<&T, Fault> {
    once.get_or_init(load).as_ref().map_err(Clone::clone)
}

impl Sockets {
    /// TCP sockets that listen, or UDP sockets that are bound and connected to nobody.
    pub fn inet(&self, host: &Host, transport: Transport, family: Family) -> Result<&[InetSocket], Fault> {
        let once = pick(self.inet.each_ref(), transport, family);
        get(once, || inet(host, transport, family, States::Listening, Vec::push)).map(Vec::as_slice)
    }

    /// How many sockets with this port of their own are connected.
    pub fn inet_clients(&self, host: &Host, transport: Transport, family: Family, port: u16) -> Result<usize, Fault> {
        let once = pick(self.inet_clients.each_ref(), transport, family);
        let count = |counts: &mut HashMap<u16, usize>, socket: InetSocket| *counts.entry(socket.port).or_default() += 1;
        let counts = get(once, || inet(host, transport, family, States::Established, count))?;
        Ok(counts.get(&port).copied().unwrap_or(0))
    }

    /// The sockets that listen, or take datagrams, where `name` leads: a path, or `@` and a name that is none.
    pub fn unix(&self, host: &Host, name: &str) -> Result<Vec<UnixSocket>, Fault> {
        let all = || get(&self.unix, || unix(host, States::Listening, Vec::push));
        if name.starts_with('@') {
            return Ok(all()?.iter().filter(|s| s.name == name).cloned().collect());
        }
        // A name outlives its file, and a link leads to a file of another name: the file is what counts.
        let Some(stat) = host.files().stat(name)? else { return Ok(Vec::new()) };
        let (inode, device) = (stat.inode as u32, kernel_device(stat.device));
        let mut found = Vec::new();
        for socket in all()? {
            let same = match socket.file {
                // Some file systems have devices of their own for stat(2).
                Some((i, d)) => i == inode && (d == device || socket.name == name),
                None if socket.name == name => true,
                None if !socket.name.starts_with('/') => false,
                None => {
                    let other = host.files().stat(&socket.name).ok().flatten();
                    other.is_some_and(|o| (o.device, o.inode) == (stat.device, stat.inode))
                }
            };
            if same {
                found.push(socket.clone());
            }
        }
        // The list is of one network namespace; a path reaches sockets of all.
        if found.is_empty()
            && let Ok(machine) = host.machine()
            && machine.answers(name)?
        {
            found.push(UnixSocket { name: name.to_owned(), file: None, uid: None, inode: 0 });
        }
        Ok(found)
    }

    /// The Unix sockets with a name that listen, or take datagrams.
    pub fn unix_all(&self, host: &Host) -> Result<&[UnixSocket], Fault> {
        get(&self.unix, || unix(host, States::Listening, Vec::push)).map(Vec::as_slice)
    }

    /// How many sockets of this name are connected.
    pub fn unix_clients(&self, host: &Host, name: &str) -> Result<usize, Fault> {
        let count = |counts: &mut HashMap<String, usize>, socket: UnixSocket| {
            *counts.entry(socket.name).or_default() += 1;
        };
        let counts = get(&self.unix_clients, || unix(host, States::Established, count))?;
        Ok(counts.get(name).copied().unwrap_or(0))
    }
}

fn pick<T>([tcp4, tcp6, udp4, udp6]: [T; 4], transport: Transport, family: Family) -> T {
    match (transport, family) {
        (Transport::Tcp, Family::V4) => tcp4,
        (Transport::Tcp, Family::V6) => tcp6,
        (Transport::Udp, Family::V4) => udp4,
        (Transport::Udp, Family::V6) => udp6,
    }
}

fn inet<S: Default>(
    host: &Host,
    transport: Transport,
    family: Family,
    states: States,
    add: impl Fn(&mut S, InetSocket),
) -> Result<S, Fault> {
    match sock_diag::inet(host, (transport, family), states, &add) {
        Ok(seen) => return Ok(seen),
        Err(Trouble::Fault(fault)) => return Err(fault),
        Err(Trouble::Unavailable(_)) => {}
    }
    let (v4, v6) = match transport {
        Transport::Tcp => ("/proc/net/tcp", "/proc/net/tcp6"),
        Transport::Udp => ("/proc/net/udp", "/proc/net/udp6"),
    };
    let path = if family == Family::V4 { v4 } else { v6 };
    match host.text(path)? {
        Some(text) => proc_net::inet((path, &text), (transport, family), states, add),
        // Without IPv6 there are only the files of IPv4.
        None if family == Family::V6 && host.files().stat(v4)?.is_some() => Ok(S::default()),
        None => Err(missing(path)),
    }
}

fn unix<S: Default>(host: &Host, states: States, add: impl Fn(&mut S, UnixSocket)) -> Result<S, Fault> {
    match sock_diag::unix(host, states, &add) {
        Ok(seen) => return Ok(seen),
        Err(Trouble::Fault(fault)) => return Err(fault),
        Err(Trouble::Unavailable(_)) => {}
    }
    let path = "/proc/net/unix";
    let text = host.text(path)?.ok_or_else(|| missing(path))?;
    proc_net::unix((path, &text), states, add)
}

fn missing(path: &str) -> Fault {
    Fault::Unsupported(format!("{path} is missing: /proc is not mounted, or without its `net`"))
}

/// A device number of stat(2) as the kernel itself writes it (MKDEV in include/linux/kdev_t.h).
fn kernel_device(device: u64) -> u32 {
    rustix::fs::major(device) << 20 | rustix::fs::minor(device)
}

impl Machine {
    /// Whether anybody listens at the path of a Unix socket, by connecting to it: connect(2), unix(7).
    fn answers(&self, path: &str) -> Result<bool, Fault> {
        let failed = |error: Errno| Fault::from_io(path, &error.into());
        let address = SocketAddrUnix::new(path).map_err(failed)?;
        for kind in [SocketType::STREAM, SocketType::SEQPACKET, SocketType::DGRAM] {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, flags, None).map_err(failed)?;
            match rustix::net::connect(&socket, &address) {
                // Its queue of connections may be full.
                Ok(()) | Err(Errno::AGAIN) => return Ok(true),
                Err(Errno::CONNREFUSED | Errno::NOENT | Errno::NOTDIR) => return Ok(false),
                Err(Errno::PROTOTYPE) => {}
                Err(Errno::ACCESS | Errno::PERM) => {
                    let why = "nobody listens there in this network namespace, and connecting to it is denied";
                    return Err(Fault::Denied(format!("{path}: {why}")));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Fault::Failed(format!("{path}: a socket of an unknown type")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LocalFiles, TreeFiles};
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
    use std::sync::Arc;
    use time::OffsetDateTime;

    /// This machine by netlink, and by the text of /proc/net.
    fn both() -> [Host; 2] {
        [Host::local(), Host::offline(Arc::new(LocalFiles), OffsetDateTime::UNIX_EPOCH)]
    }

    fn listening(host: &Host, transport: Transport, family: Family, port: u16) -> Vec<String> {
        let all = host.sockets().unwrap().inet(host, transport, family).unwrap();
        let me = rustix::process::geteuid().as_raw();
        let mine = all.iter().filter(|s| s.port == port);
        mine.inspect(|s| assert!(s.uid == me && s.inode > 0, "{s:?}")).map(|s| s.ip.to_string()).collect()
    }

    fn port(listener: &TcpListener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    #[test]
    fn what_listens_is_listed_under_its_family_and_nowhere_else() {
        let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
        let any = TcpListener::bind("0.0.0.0:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
        connected.connect(udp.local_addr().unwrap()).unwrap();
        let (udp, connected) = (udp.local_addr().unwrap().port(), connected.local_addr().unwrap().port());
        for host in both() {
            let seen = |transport, family, port| listening(&host, transport, family, port);
            assert_eq!(seen(Transport::Tcp, Family::V4, port(&v4)), ["127.0.0.1"]);
            assert_eq!(seen(Transport::Tcp, Family::V4, port(&any)), ["0.0.0.0"]);
            assert!(seen(Transport::Tcp, Family::V6, port(&v4)).is_empty());
            assert!(seen(Transport::Udp, Family::V4, port(&v4)).is_empty());
            assert_eq!(seen(Transport::Udp, Family::V4, udp), ["127.0.0.1"]);
            assert!(seen(Transport::Udp, Family::V4, connected).is_empty(), "a client is no listener");
        }
    }

    #[test]
    fn sockets_of_ipv6_are_listed_as_such() {
        // A machine may be without IPv6.
        let (Ok(one), Ok(any)) = (TcpListener::bind("[::1]:0"), TcpListener::bind("[::]:0")) else { return };
        let udp = UdpSocket::bind("[::1]:0").unwrap();
        for host in both() {
            assert_eq!(listening(&host, Transport::Tcp, Family::V6, port(&one)), ["::1"]);
            assert_eq!(listening(&host, Transport::Tcp, Family::V6, port(&any)), ["::"]);
            assert!(listening(&host, Transport::Tcp, Family::V4, port(&any)).is_empty());
            assert_eq!(listening(&host, Transport::Udp, Family::V6, udp.local_addr().unwrap().port()), ["::1"]);
        }
    }

    #[test]
    fn clients_are_counted_at_the_listeners_port_only() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let clients: Vec<_> = (0..3).map(|_| TcpStream::connect(listener.local_addr().unwrap()).unwrap()).collect();
        let accepted: Vec<_> = (0..3).map(|_| listener.accept().unwrap()).collect();
        for host in both() {
            let count = |port| host.sockets().unwrap().inet_clients(&host, Transport::Tcp, Family::V4, port).unwrap();
            assert_eq!(count(port(&listener)), 3);
            let closed = TcpListener::bind("127.0.0.1:0").unwrap();
            assert_eq!(count(port(&closed)), 0);
        }
        drop((clients, accepted));
    }

    #[test]
    fn unix_sockets_are_found_by_path_by_link_and_by_abstract_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let stream = UnixListener::bind(path("stream")).unwrap();
        let datagram = UnixDatagram::bind(path("datagram")).unwrap();
        std::os::unix::fs::symlink(path("stream"), path("link")).unwrap();
        let name = format!("verispec-{}", std::process::id());
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        drop(UnixListener::bind(path("stale")).unwrap());
        let client = (UnixStream::connect(path("stream")).unwrap(), stream.accept().unwrap());
        std::fs::write(path("file"), "").unwrap();
        for host in both() {
            let sockets = host.sockets().unwrap();
            let count = |name: &str| sockets.unix(&host, name).unwrap().len();
            assert_eq!(count(&path("stream")), 1);
            assert_eq!(count(&path("link")), 1);
            assert_eq!(count(&path("datagram")), 1);
            assert_eq!(count(&format!("@{name}")), 1);
            assert_eq!(count("@verispec"), 0);
            for none in ["stale", "file", "missing"] {
                assert_eq!(count(&path(none)), 0, "{none}");
            }
            assert_eq!(sockets.unix_clients(&host, &path("stream")).unwrap(), 1);
        }
        let host = Host::local();
        let mine = &host.sockets().unwrap().unix(&host, &path("stream")).unwrap()[0];
        assert_eq!(mine.uid, Some(rustix::process::geteuid().as_raw()));
        drop((stream, datagram, hidden, client));
    }

    #[test]
    fn a_path_that_was_bound_anew_is_judged_by_who_answers_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket").to_str().unwrap().to_owned();
        let orphan = UnixListener::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let host = Host::local();
        assert_eq!(host.sockets().unwrap().unix(&host, &path), Ok(vec![]), "its file is gone");
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(host.sockets().unwrap().unix(&host, &path), Ok(vec![]), "its file is another's, who is gone");
        drop(orphan);
    }

    #[test]
    fn connecting_tells_who_listens_without_a_list() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (stream, datagram) = (UnixListener::bind(path("s")).unwrap(), UnixDatagram::bind(path("d")).unwrap());
        drop(UnixListener::bind(path("stale")).unwrap());
        let host = Host::local();
        let answers = |name: &str| host.machine().unwrap().answers(&path(name));
        assert_eq!([answers("s"), answers("d")], [Ok(true), Ok(true)]);
        assert_eq!([answers("stale"), answers("missing")], [Ok(false), Ok(false)]);
        drop((stream, datagram));
    }

    fn tree(text: &str) -> Host {
        Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn without_proc_nothing_is_known() {
        let host = tree("-- /etc/hostname\nimage\n");
        let sockets = host.sockets().unwrap();
        assert!(matches!(sockets.inet(&host, Transport::Tcp, Family::V4), Err(Fault::Unsupported(_))));
        assert!(matches!(sockets.inet(&host, Transport::Udp, Family::V6), Err(Fault::Unsupported(_))));
        assert!(matches!(sockets.unix(&host, "@x"), Err(Fault::Unsupported(_))));
    }

    #[test]
    fn a_kernel_without_ipv6_has_no_sockets_of_it() {
        let host = tree("-- /proc/net/tcp\n  sl  local_address rem_address   st\n-- /proc/net/udp denied\n");
        let sockets = host.sockets().unwrap();
        assert_eq!(sockets.inet(&host, Transport::Tcp, Family::V6), Ok(&[][..]));
        assert!(matches!(sockets.inet(&host, Transport::Udp, Family::V4), Err(Fault::Denied(_))));
    }
}
