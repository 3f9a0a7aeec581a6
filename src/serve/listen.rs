//! Where a server listens.

use crate::host::Host;
use crate::host::endpoint::port_number;
use crate::value::Fault;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen as queue, socket_with, sockopt};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Connections that the kernel holds until they are taken.
const QUEUE: i32 = 1024;

/// `[host]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `None`: all addresses of this machine.
    pub host: Option<String>,
    pub port: u16,
}

impl Address {
    /// As Go reads it: `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
    pub fn parse(text: &str) -> Result<Address, String> {
        let (host, port) = text.rsplit_once(':').ok_or("it has no port: `:8080`, `127.0.0.1:8080`, `[::1]:8080`")?;
        let host = match host.strip_prefix('[').map(|host| host.strip_suffix(']')) {
            Some(Some(host)) => host,
            Some(None) => return Err("a `[` without its `]`".to_owned()),
            None if host.contains(':') => return Err("an IPv6 address stands in brackets: `[::1]:8080`".to_owned()),
            None => host,
        };
        let port = if port == "0" { 0 } else { port_number(port)? };
        Ok(Address { host: Some(host).filter(|host| !host.is_empty()).map(str::to_owned), port })
    }

    /// All addresses over IPv6 and IPv4 if none is named. Of a name, the first IPv4 address, like Go.
    fn resolve(&self) -> Result<IpAddr, String> {
        let Some(host) = &self.host else { return Ok(Ipv6Addr::UNSPECIFIED.into()) };
        if let Ok(address) = host.parse() {
            return Ok(address);
        }
        let found = Host::local().resolve(host).map_err(|why| Fault::from(why).to_string())?;
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        first.copied().ok_or_else(|| format!("`{host}` has no address"))
    }
}

/// Listens, or says why that cannot be.
pub fn listen(address: &Address) -> Result<TcpListener, String> {
    let ip = address.resolve()?;
    let bound = open(SocketAddr::new(ip, address.port));
    let bound = match bound {
        // A kernel without IPv6.
        Err(_) if address.host.is_none() => open(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port)),
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
