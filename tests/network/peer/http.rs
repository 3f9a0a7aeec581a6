//! HTTP servers that behave, and such as do not.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    /// As it stands in the first line.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// A server and what it has been asked.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The other end of a connection.
pub trait Talk: Read + Write {}
impl<T: Read + Write> Talk for T {}

impl Asked {
    /// All values of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Reads one request; `None` if there is none.
    pub fn read(from: &mut dyn Talk) -> Option<Asked> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if from.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let mut asked = Asked { method: first.next()?.into(), target: first.next()?.into(), ..Asked::default() };
        assert_eq!(first.next(), Some("HTTP/1.1"));
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            asked.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        if asked.header("expect") == ["100-continue"] {
            from.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        let length = asked.header("content-length").first().map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        from.read_exact(&mut body).ok()?;
        asked.body = String::from_utf8(body).unwrap();
        Some(asked)
    }
}

impl Server {
    /// One that has not begun to answer.
    pub fn listening() -> (Server, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        (Server { address: listener.local_addr().unwrap(), asked: Arc::default() }, listener)
    }

    pub fn note(&self, asked: &Asked) {
        self.asked.lock().unwrap().push(asked.clone());
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The last request.
    pub fn last(&self) -> Asked {
        self.asked().pop().expect("a request")
    }
}

/// A server that answers by the path: see [`answer`].
pub fn server() -> Server {
    serve(|asked, to| answer(asked, to))
}

/// A server that talks as a test wants it to.
pub fn serve(talk: impl Fn(&Asked, &mut dyn Talk) + Send + Sync + 'static) -> Server {
    let (server, listener) = Server::listening();
    let (log, talk) = (server.asked.clone(), Arc::new(talk));
    thread::spawn(move || {
        for peer in listener.incoming() {
            let (log, talk, mut peer) = (log.clone(), talk.clone(), peer.unwrap());
            thread::spawn(move || converse(&log, &*talk, &mut peer));
        }
    });
    server
}

/// The same over a unix socket.
pub fn serve_unix(path: &Path) -> Server {
    let listener = UnixListener::bind(path).unwrap();
    let server = Server { address: ([0, 0, 0, 0], 0).into(), asked: Arc::default() };
    let log = server.asked.clone();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let (log, mut peer) = (log.clone(), peer.unwrap());
            thread::spawn(move || converse(&log, &answer, &mut peer));
        }
    });
    server
}

/// Keeps the connection, as servers of HTTP/1.1 do: whoever asks has to say that it is to be closed.
fn converse(log: &Mutex<Vec<Asked>>, talk: &dyn Fn(&Asked, &mut dyn Talk), peer: &mut dyn Talk) {
    while let Some(asked) = Asked::read(peer) {
        log.lock().unwrap().push(asked.clone());
        talk(&asked, peer);
        if asked.header("connection") == ["close"] {
            return;
        }
    }
}

/// A root's certificate in PEM, and how to be a server whose certificate it vouches for.
pub struct Authority {
    pub pem: String,
    params: CertificateParams,
    key: KeyPair,
}

/// A certificate and its key, in PEM.
pub struct Certified {
    pub pem: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Peer Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority { pem: params.self_signed(&key).unwrap().pem(), params, key }
    }

    /// A certificate for a name that ends with a year.
    pub fn certify(&self, name: &str, until: i32) -> Certified {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        Certified { pem: signed.pem(), key: key.serialize_pem() }
    }
}

/// A server over TLS that answers by the path. With `clients`, it wants a certificate that this root vouches for.
pub fn serve_tls(own: &Certified, clients: Option<&Authority>) -> Server {
    use rustls::pki_types::pem::PemObject;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(root.pem.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(own.pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
    let (server, listener) = Server::listening();
    let log = server.asked.clone();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let (log, config, peer) = (log.clone(), config.clone(), peer.unwrap());
            thread::spawn(move || {
                let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), peer);
                let rude = Mutex::new(false);
                converse(
                    &log,
                    &|asked, to| {
                        *rude.lock().unwrap() = asked.target.contains("rude");
                        answer(asked, to);
                    },
                    &mut tls,
                );
                if !*rude.lock().unwrap() {
                    tls.conn.send_close_notify();
                    let _ = tls.flush();
                }
            });
        }
    });
    server
}

/// Answers by the path. What goes on for ever does so until the other hangs up.
pub fn answer(asked: &Asked, to: &mut dyn Talk) {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let (first, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let whole = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut say = |text: &str| to.write_all(text.as_bytes()).is_ok();
    let pause = || thread::sleep(Duration::from_millis(20));
    match first {
        "" => drop(say(
            "HTTP/1.1 200 OK\r\nserver: peer\r\nX-B: 2\r\ncontent-TYPE: text/plain\r\nX-A: 1\r\nx-b: 1\r\nContent-Length: 12\r\n\r\nhello\nworld\n",
        )),
        "echo" => {
            let headers: String = asked.headers.iter().map(|(n, v)| format!("{n}: {v}\n")).collect();
            say(&whole(&format!("{} {}\n{headers}\n{}", asked.method, asked.target, asked.body)));
        }
        "head" => drop(say("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")),
        "json" => drop(say(&whole("\u{feff}{\"status\": \"up\", \"n\": [1, 2]}"))),
        "status" => drop(say(&format!("HTTP/1.1 {rest} As Asked\r\nContent-Length: 0\r\n\r\n"))),
        // `/to/307?URL`; without a query, no `Location`.
        "to" if query.is_empty() => drop(say(&format!("HTTP/1.1 {rest} There\r\nContent-Length: 2\r\n\r\nno"))),
        "to" => drop(say(&format!("HTTP/1.1 {rest} There\r\nLocation: {query}\r\nContent-Length: 4\r\n\r\nmove"))),
        "hops" => match rest.parse::<u32>().unwrap() {
            0 => drop(say(&whole("there"))),
            n => drop(say(&format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", n - 1))),
        },
        "login" => match asked.header("authorization")[..] {
            // user:s3cret-word
            ["Basic dXNlcjpzM2NyZXQtd29yZA=="] => drop(say(&whole("welcome"))),
            _ => drop(say("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")),
        },
        "chunked" => drop(say(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n",
        )),
        "bad-chunk" => drop(say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")),
        "long-chunk" => {
            say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            while say(&"0".repeat(1000)) {}
        }
        "old" | "rude" => drop(say("HTTP/1.0 200 OK\r\n\r\nuntil the end")),
        "204" | "304" => drop(say(&format!("HTTP/1.1 {first} X\r\nX-A: 1\r\nContent-Length: 9\r\n\r\n"))),
        "hints" => {
            say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n");
            say(&whole("after"));
        }
        "cut" => drop(say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello")),
        "gzip" => drop(say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")),
        "bytes" => drop(to.write_all(b"HTTP/1.1 200 OK\r\nX-L: \xe4\r\nContent-Length: 3\r\n\r\na\xffb")),
        "big" => {
            say(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nstart\n", (9 << 20) + 6));
            let _ = (0..9).all(|_| say(&"0123456\n".repeat((1 << 20) / 8)));
        }
        "endless" => {
            say("HTTP/1.1 200 OK\r\n\r\n");
            while say(&"x".repeat(1 << 16)) {}
        }
        "slow" => {
            thread::sleep(Duration::from_millis(rest.parse().unwrap()));
            say(&whole("late"));
        }
        "silent" => drop(to.read(&mut [0])),
        "silent-body" => {
            say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
            let _ = to.read(&mut [0]);
        }
        "trickle-headers" => {
            say("HTTP/1.1 200 OK\r\n");
            while say("X-A: 1\r\n") {
                pause();
            }
        }
        "trickle-body" => {
            say("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n");
            while say("x") {
                pause();
            }
        }
        "garbage" => drop(say("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        "long-headers" => {
            say("HTTP/1.1 200 OK\r\n");
            let _ = (0..1000).all(|n| say(&format!("X-{n}: {}\r\n", "x".repeat(1000))));
        }
        "medium-headers" => {
            say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
            let _ = (0..50).all(|n| say(&format!("X-{n}: {}\r\n", "x".repeat(1000))));
            say("\r\n");
        }
        "many-headers" => {
            say("HTTP/1.1 200 OK\r\n");
            let _ = (0..500).all(|n| say(&format!("X-{n}: 1\r\n")));
            say("\r\n");
        }
        "odd-header" => drop(say("HTTP/1.1 200 OK\r\nAn Odd One: 1\r\nContent-Length: 0\r\n\r\n")),
        "odd-continue" => {
            say("HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        // Answers before it has read what it is sent, and hangs up.
        "hang-up" => {}
        other => panic!("no such path: {other}"),
    }
}
