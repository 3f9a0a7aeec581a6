//! A proxy for HTTP: absolute form, and tunnels.

use super::http::{Asked, Server, serve};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread;

/// A proxy that connects everybody to `to`, whoever they ask for, if they log in as `user` with `pr0xy-word`, where
/// `guarded`.
pub fn proxy(to: std::net::SocketAddr, guarded: bool) -> Server {
    serve_raw(move |asked, mut peer| {
        // user:pr0xy-word
        if guarded && asked.header("proxy-authorization") != ["Basic dXNlcjpwcjB4eS13b3Jk"] {
            let _ = peer.write_all(b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        let mut server = TcpStream::connect(to).unwrap();
        if asked.method == "CONNECT" {
            peer.write_all(b"HTTP/1.1 200 Tunnel\r\nVia: peer\r\n\r\n").unwrap();
        } else {
            let path = asked.target.strip_prefix("http://").and_then(|t| t.find('/').map(|at| t[at..].to_owned()));
            let headers: String = asked.headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
            let path = path.expect("the absolute form");
            server
                .write_all(format!("{} {path} HTTP/1.1\r\n{headers}\r\n{}", asked.method, asked.body).as_bytes())
                .unwrap();
        }
        let (mut from, mut back) = (peer.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut back);
            let _ = back.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut server, &mut peer);
        let _ = peer.shutdown(Shutdown::Both);
    })
}

/// A proxy that answers CONNECT with this and nothing more.
pub fn refusing(answer: &'static str) -> Server {
    serve(move |_, to| {
        let _ = to.write_all(answer.as_bytes());
        let _ = to.read(&mut [0]);
    })
}

fn serve_raw(talk: impl Fn(&Asked, TcpStream) + Clone + Send + 'static) -> Server {
    let (server, listener) = Server::listening();
    thread::spawn({
        let server = server.clone();
        move || {
            for peer in listener.incoming() {
                let (server, talk, mut peer) = (server.clone(), talk.clone(), peer.unwrap());
                thread::spawn(move || {
                    if let Some(asked) = Asked::read(&mut peer) {
                        server.note(&asked);
                        talk(&asked, peer);
                    }
                });
            }
        }
    });
    server
}
