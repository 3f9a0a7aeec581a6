//! Peers over TCP that say what a test has them say.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Listens, and hands each who connects to a thread of `talk`.
pub fn listener(talk: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let (talk, peer) = (talk.clone(), peer.unwrap());
            thread::spawn(move || talk(peer));
        }
    });
    address
}

/// Says each of `parts` after its wait, and then waits for the other to hang up.
pub fn says(parts: &'static [(u64, &'static [u8])]) -> SocketAddr {
    listener(move |mut peer| {
        for (wait, part) in parts {
            thread::sleep(Duration::from_millis(*wait));
            if peer.write_all(part).is_err() {
                return;
            }
        }
        let _ = peer.read_to_end(&mut Vec::new());
    })
}

/// Answers each line with itself in capitals.
pub fn shouts() -> SocketAddr {
    listener(|mut peer| {
        let mut buffer = [0; 1024];
        while let Ok(n @ 1..) = peer.read(&mut buffer) {
            let _ = peer.write_all(&buffer[..n].to_ascii_uppercase());
        }
    })
}

/// A port at which nobody listens, for as long as no other program takes it.
pub fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Answers nobody: its queue is full, so that the kernel drops who else would connect.
pub struct BlackHole {
    pub address: SocketAddr,
    _held: Vec<std::os::fd::OwnedFd>,
}

impl BlackHole {
    pub fn new(ip: &str) -> BlackHole {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, getsockname, listen, socket_with};
        let at = SocketAddr::new(ip.parse().unwrap(), 0);
        let open = || {
            let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            socket_with(family, SocketType::STREAM, flags, None).unwrap()
        };
        let listener = open();
        bind(&listener, &at).unwrap();
        listen(&listener, 0).unwrap();
        let address = SocketAddr::try_from(getsockname(&listener).unwrap()).unwrap();
        let mut held = vec![listener];
        for _ in 0..4 {
            let waits = open();
            let _ = connect(&waits, &address);
            held.push(waits);
        }
        // Until those have taken their places.
        thread::sleep(Duration::from_millis(20));
        BlackHole { address, _held: held }
    }
}
