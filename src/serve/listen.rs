//! Where a server listens.

use super::activation;
use super::socket_file::{self, SocketFile};
use super::tls::Tls;
use crate::host::Host;
use crate::host::endpoint::port_number;
use crate::value::Fault;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen as queue, socket_with, sockopt};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

/// Connections that the kernel holds until they are taken.
pub(super) const QUEUE: i32 = 1024;
/// Bytes of a unix socket's path: unix(7), with the NUL behind it.
const LONGEST_PATH: usize = 107;

/// Where one asks to be listened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `host` is `None` for all addresses of this machine.
    Tcp { host: Option<String>, port: u16 },
    /// The absolute path of a unix socket.
    Unix(String),
}

impl Address {
    /// `unix:/path`, or what [`Address::tcp`] takes.
    pub fn parse(text: &str) -> Result<Address, String> {
        let Some(path) = text.strip_prefix("unix:") else { return Address::tcp(text) };
        if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') {
            return Err("`unix:` is followed by the absolute path of a socket: `unix:/run/verispec.sock`".to_owned());
        }
        if path.len() > LONGEST_PATH {
            return Err(format!("a unix socket's path has {LONGEST_PATH} bytes at most, this one has {}", path.len()));
        }
        Ok(Address::Unix(path.to_owned()))
    }

    /// As Go reads it: `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
    pub fn tcp(text: &str) -> Result<Address, String> {
        let (host, port) = text.rsplit_once(':').ok_or("it has no port: `:8080`, `127.0.0.1:8080`, `[::1]:8080`")?;
        let host = match host.strip_prefix('[').map(|host| host.strip_suffix(']')) {
            Some(Some(host)) => host,
            Some(None) => return Err("a `[` without its `]`".to_owned()),
            None if host.contains(':') => return Err("an IPv6 address stands in brackets: `[::1]:8080`".to_owned()),
            None => host,
        };
        let port = if port == "0" { 0 } else { port_number(port)? };
        Ok(Address::Tcp { host: Some(host).filter(|host| !host.is_empty()).map(str::to_owned), port })
    }
}

/// All addresses over IPv6 and IPv4 if none is named. Of a name, the first IPv4 address, like Go.
fn resolve(host: Option<&str>) -> Result<IpAddr, String> {
    let Some(host) = host else { return Ok(Ipv6Addr::UNSPECIFIED.into()) };
    if let Ok(address) = host.parse() {
        return Ok(address);
    }
    let found = Host::local().resolve(host).map_err(|why| Fault::from(why).to_string())?;
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| format!("`{host}` has no address"))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host: None, port } => write!(f, ":{port}"),
            Address::Tcp { host: Some(host), port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host: Some(host), port } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// A socket that clients may come to. As text: `http://127.0.0.1:8080`, `unix:/run/verispec.sock`.
pub struct Listener {
    pub(super) socket: Socket,
    pub(super) tls: Option<Arc<Tls>>,
    /// Removed when nobody listens any more.
    pub(super) file: Option<SocketFile>,
}

pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Sockets that a service manager hands over (sd_listen_fds(3)), none if there is none of them.
    ///
    /// To be called once, and before any thread is started: it takes variables out of the environment.
    pub fn inherited() -> Result<Vec<Listener>, String> {
        let sockets = activation::sockets()?;
        Ok(sockets.into_iter().map(|socket| Listener { socket, tls: None, file: None }).collect())
    }

    /// Speaks TLS to whoever comes. Unix sockets stay as they are: nobody is between their ends.
    pub fn over_tls(mut self, tls: &Arc<Tls>) -> Listener {
        self.tls = matches!(self.socket, Socket::Tcp(_)).then(|| tls.clone());
        self
    }

    /// The address and port of one of TCP.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// Whether only clients on this machine can come. Not known of a socket is no.
    pub fn is_loopback(&self) -> bool {
        match &self.socket {
            Socket::Tcp(_) => self.address().is_some_and(|address| address.ip().to_canonical().is_loopback()),
            Socket::Unix(_) => true,
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match (&self.socket, self.address()) {
            (Socket::Tcp(_), Some(address)) => write!(f, "{scheme}://{address}"),
            (Socket::Tcp(_), None) => write!(f, "{scheme}: a socket without an address"),
            (Socket::Unix(listener), _) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                write!(f, "unix:{}", path.map_or("a socket without a path".into(), Path::to_string_lossy))
            }
        }
    }
}

/// Listens, or says why that cannot be.
pub fn listen(address: &Address) -> Result<Listener, String> {
    let (socket, file) = match address {
        Address::Tcp { host, port } => (Socket::Tcp(tcp(host.as_deref(), *port)?), None),
        Address::Unix(path) => {
            let (listener, file) = socket_file::listen(path)?;
            (Socket::Unix(listener), Some(file))
        }
    };
    Ok(Listener { socket, tls: None, file })
}

fn tcp(host: Option<&str>, port: u16) -> Result<TcpListener, String> {
    let ip = resolve(host)?;
    let bound = match open(SocketAddr::new(ip, port)) {
        // A kernel without IPv6.
        Err(_) if host.is_none() => open(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
        bound => bound,
    };
    bound.map_err(|why| why.to_string())
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    // A server that is started again does not wait until connections of the one before are forgotten.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, !address.ip().is_unspecified())?;
    }
    bind(&socket, &address)?;
    queue(&socket, QUEUE)?;
    Ok(TcpListener::from(socket))
}
