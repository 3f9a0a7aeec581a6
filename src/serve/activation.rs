//! Sockets that were opened before this process was started: sd_listen_fds(3).

use super::listen::Socket;
use listenfd::ListenFd;
use rustix::fd::AsFd;
use rustix::net::sockopt;
use std::env;
use std::io;

/// More are no service's.
const MOST: usize = 256;

/// The sockets that were handed over to this very process, and not to one that started it.
pub(super) fn sockets() -> Result<Vec<Socket>, String> {
    let variable = |name| env::var(name).unwrap_or_default();
    if variable("LISTEN_PID") != std::process::id().to_string() {
        return Ok(vec![]);
    }
    let count = variable("LISTEN_FDS");
    let count = count.parse().ok().filter(|count| *count <= MOST);
    let count = count.ok_or_else(|| format!("LISTEN_FDS is no number of sockets up to {MOST}"))?;
    let mut handed = ListenFd::from_env();
    (0..count).map(|at| socket(&mut handed, at).map_err(|why| format!("inherited socket {at}: {why}"))).collect()
}

fn socket(handed: &mut ListenFd, at: usize) -> Result<Socket, String> {
    let taken = |socket: io::Result<Option<_>>| socket.ok().flatten();
    let socket = taken(handed.take_tcp_listener(at).map(|listener| listener.map(Socket::Tcp)));
    let socket = socket.or_else(|| taken(handed.take_unix_listener(at).map(|listener| listener.map(Socket::Unix))));
    let Some(socket) = socket else { return Err("it is no stream socket of TCP or unix".to_owned()) };
    let listens = match &socket {
        Socket::Tcp(listener) => sockopt::socket_acceptconn(listener.as_fd()),
        Socket::Unix(listener) => sockopt::socket_acceptconn(listener.as_fd()),
    };
    match listens {
        Ok(true) => Ok(socket),
        Ok(false) => Err("it is a connection, not a listening socket: set `Accept=no`".to_owned()),
        Err(why) => Err(why.to_string()),
    }
}
