//! A client against peers that answer, err, hang, lie and die; and against a real dbus-daemon where there is one.

use super::message::{self, FIXED};
use super::*;
use crate::value::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Who answers at a socket in a directory of its own.
pub struct Peer {
    pub address: Address,
    _directory: TempDir,
}

impl Peer {
    /// Hands each connection to `serve` on a thread of its own.
    pub fn new(serve: impl Fn(UnixStream) + Clone + Send + 'static) -> Peer {
        let (peer, listener) = Peer::listening();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream));
            }
        });
        peer
    }

    /// Authenticates whoever comes, then answers each message with the bytes that `answer` makes of it; with none it
    /// goes on listening.
    pub fn answering(answer: impl Fn(Vec<u8>) -> Vec<u8> + Clone + Send + 'static) -> Peer {
        Peer::new(move |mut stream| {
            authenticate(&mut stream);
            while let Some(call) = receive(&mut stream) {
                stream.write_all(&answer(call)).unwrap();
            }
        })
    }

    fn listening() -> (Peer, UnixListener) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bus");
        let listener = UnixListener::bind(&path).unwrap();
        (Peer { address: Address::Path(path.to_str().unwrap().to_owned()), _directory: directory }, listener)
    }

    /// As systemd's own socket: without a greeting.
    pub fn bus(&self) -> Bus {
        Bus::new(vec![Endpoint { address: self.address.clone(), greets: false }])
    }

    fn get(&self) -> Result<Item, Fault> {
        self.bus().property("a.b", "/a", "a.b", "C", soon())
    }
}

fn authenticate(stream: &mut UnixStream) {
    // Byte by byte: what follows is a message.
    let mut text = Vec::new();
    while !text.ends_with(b"\r\nBEGIN\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
    assert!(text.starts_with(b"\0AUTH EXTERNAL "), "{text:?}");
    stream.write_all(b"OK 1234\r\n").unwrap();
}

fn receive(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; FIXED];
    stream.read_exact(&mut bytes).ok()?;
    let length = message::length(bytes.first_chunk().unwrap()).unwrap();
    bytes.resize(length, 0);
    stream.read_exact(&mut bytes[FIXED..]).ok()?;
    Some(bytes)
}

/// A reply to `call`: type 2 returns, 3 is the error `name`.
pub fn reply(call: &[u8], kind: u8, name: &str, signature: &str, items: &[Item]) -> Vec<u8> {
    let serial = u32::from_le_bytes(call[8..12].try_into().unwrap());
    let mut body = Vec::new();
    marshal::encode(signature, items, &mut body).unwrap();
    let field = |code, ty: &str, item| Item::Struct(vec![Item::Byte(code), Item::Variant(ty.into(), Box::new(item))]);
    let mut fields = vec![field(5, "u", Item::Uint32(serial)), field(8, "g", Item::Signature(signature.into()))];
    if kind == 3 {
        fields.push(field(4, "s", Item::Text(name.into())));
    }
    let (length, serial) = (Item::Uint32(body.len() as u32), Item::Uint32(77));
    let header =
        [Item::Byte(b'l'), Item::Byte(kind), Item::Byte(0), Item::Byte(1), length, serial, Item::Array(fields)];
    let mut bytes = Vec::new();
    marshal::encode("yyyyuua(yv)", &header, &mut bytes).unwrap();
    marshal::pad(&mut bytes, 8);
    bytes.extend(body);
    bytes
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(300)
}

fn variant(signature: &str, item: Item) -> Item {
    Item::Variant(signature.into(), Box::new(item))
}

/// The fault of `look`, which must come in time.
fn fault<T: std::fmt::Debug>(look: impl FnOnce() -> Result<T, Fault>) -> (&'static str, String) {
    let began = Instant::now();
    let fault = look().unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "late: {fault}");
    (fault.code(), fault.to_string())
}

#[test]
fn a_reply_is_found_among_signals_and_replies_to_others() {
    let peer = Peer::answering(|call| {
        let mut other = call.clone();
        other[8] = 99;
        let text = |text: &str| [variant("s", Item::Text(text.into()))];
        let mut bytes = reply(&call, 4, "", "v", &text("signal"));
        bytes.extend(reply(&other, 2, "", "v", &text("another's")));
        bytes.extend(reply(&call, 2, "", "v", &text("mine")));
        bytes
    });
    assert_eq!(peer.get(), Ok(Item::Text("mine".into())));
}

#[test]
fn errors_are_the_faults_that_they_mean() {
    let peer = |name: &'static str| {
        Peer::answering(move |call| reply(&call, 3, name, "s", &[Item::Text("Not for you.".into())]))
    };
    let denied = peer("org.freedesktop.DBus.Error.AccessDenied");
    assert_eq!(fault(|| denied.get()), ("denied", "a.b: `Get`: Not for you".into()));
    assert_eq!(fault(|| peer("org.freedesktop.DBus.Error.ServiceUnknown").get()).0, "unsupported");
    assert_eq!(fault(|| peer("org.example.Odd").get()).0, "failed");
}

#[test]
fn sockets_that_nobody_serves_are_faults() {
    let (peer, listener) = Peer::listening();
    drop(listener);
    let (code, text) = fault(|| peer.get());
    assert!(code == "failed" && text.ends_with("connection refused; nobody listens on the socket"), "{text}");
    let Address::Path(path) = &peer.address else { panic!() };
    std::fs::remove_file(path).unwrap();
    let (code, text) = fault(|| peer.get());
    assert!(code == "failed" && text.ends_with("there is no such socket"), "{text}");
}

#[test]
fn a_full_backlog_ends_in_time() {
    let (peer, listener) = Peer::listening();
    rustix::net::listen(&listener, 0).unwrap();
    let Address::Path(path) = &peer.address else { panic!() };
    let _waiting = UnixStream::connect(path).unwrap();
    assert_eq!(fault(|| peer.get()).0, "timed-out");
}

#[test]
fn silence_ends_in_time() {
    let hang = || std::thread::sleep(Duration::from_secs(20));
    let silent = Peer::new(move |_stream| hang());
    let (code, text) = fault(|| silent.get());
    assert!(code == "timed-out" && text.contains("`authentication` on"), "{text}");
    let silent = Peer::answering(|_| Vec::new());
    let (code, text) = fault(|| silent.get());
    assert!(code == "timed-out" && text.contains("`Get` on"), "{text}");
    let dripping = Peer::new(|mut stream| {
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    assert_eq!(fault(|| dripping.get()).0, "timed-out");
}

#[test]
fn peers_that_close_or_lie_are_faults() {
    let (code, text) = fault(|| Peer::new(drop).get());
    assert!(code == "failed" && text.contains("closed the connection"), "{text}");
    let closing = Peer::new(|mut stream| authenticate(&mut stream));
    let (code, text) = fault(|| closing.get());
    assert!(code == "failed" && text.contains("closed the connection"), "{text}");
    let saying = |line: &'static [u8]| {
        Peer::new(move |mut stream| {
            let _ = stream.write_all(line);
            let _ = stream.read_to_end(&mut Vec::new());
        })
    };
    assert_eq!(fault(|| saying(b"REJECTED EXTERNAL\r\n").get()).0, "denied");
    assert_eq!(fault(|| saying(b"HTTP/1.1 400 Bad Request\r\n").get()).0, "malformed");
    assert_eq!(fault(|| saying(&[b'x'; 8192]).get()).0, "malformed");
    let after = |bytes: &'static [u8]| Peer::answering(move |_| bytes.to_vec());
    assert_eq!(fault(|| after(b"not a message at all").get()).0, "malformed");
    assert_eq!(fault(|| after(b"l\x02\0\x01\xff\xff\xff\xff\x01\0\0\0\xff\xff\xff\xff").get()).0, "malformed");
    let other_type = Peer::answering(|call| reply(&call, 2, "", "s", &[Item::Text("bare".into())]));
    assert_eq!(fault(|| other_type.get()).0, "malformed");
    let cut = Peer::answering(|call| {
        let mut bytes = reply(&call, 2, "", "v", &[variant("s", Item::Text("whole".into()))]);
        bytes.truncate(bytes.len() - 3);
        bytes
    });
    assert_eq!(fault(|| cut.get()).0, "timed-out");
}

#[test]
fn a_call_that_hangs_holds_up_no_other() {
    let peer = Peer::answering(|call| {
        let hangs = call.windows(5).any(|w| w == b"Hangs");
        if hangs { Vec::new() } else { reply(&call, 2, "", "v", &[variant("b", Item::Bool(true))]) }
    });
    let bus = peer.bus();
    let late = Instant::now() + Duration::from_secs(3);
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| bus.property("a.b", "/a", "a.b", "Hangs", late));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(bus.property("a.b", "/a", "a.b", "C", late), Ok(Item::Bool(true)));
        assert!(Instant::now() < late, "waited for the other call");
        assert_eq!(hung.join().unwrap().unwrap_err().code(), "timed-out");
    });
}

struct Daemon {
    child: Child,
    address: String,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None` where there is no dbus-daemon.
fn daemon() -> Option<Daemon> {
    let mut command = Command::new("dbus-daemon");
    command.args(["--session", "--nofork", "--print-address=1"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    Some(Daemon { child, address: address.trim().to_owned() })
}

#[test]
fn a_real_bus_is_understood() {
    let Some(daemon) = daemon() else {
        eprintln!("skipped: no dbus-daemon here");
        return;
    };
    let late = Instant::now() + Duration::from_secs(10);
    let endpoint = |address| Endpoint { address, greets: true };
    let bus = Bus::new(Address::parse_list(&daemon.address).into_iter().map(endpoint).collect());
    let name = "org.freedesktop.DBus";
    let call = Call {
        destination: name,
        path: "/org/freedesktop/DBus",
        interface: name,
        member: "ListNames",
        signature: "",
        arguments: &[],
    };
    let names = bus.call(&call, late).unwrap().unwrap();
    let Value::List(names) = Value::from(&names[0]) else { panic!("{names:?}") };
    assert!(names.contains(&Value::Text(name.into())) && names.contains(&Value::Text(":1.0".into())), "{names:?}");

    let features = bus.property(name, call.path, name, "Features", late).unwrap();
    assert!(matches!(features, Item::Array(_)), "{features:?}");

    let refusal = bus.call(&Call { member: "NoSuch", ..call }, late).unwrap().unwrap_err();
    assert_eq!(refusal.name, "org.freedesktop.DBus.Error.UnknownMethod");
    let refusal = bus.call(&Call { destination: "org.example.Nobody", ..call }, late).unwrap().unwrap_err();
    assert_eq!(refusal.fault("nobody").code(), "unsupported");
    // A text too long for one read of the kernel's buffers comes back whole in the error.
    let long = [Item::Text(format!("a.{}", "b".repeat(300_000)))];
    let wrong = Call { member: "GetNameOwner", signature: "s", arguments: &long, ..call };
    assert!(bus.call(&wrong, late).unwrap().is_err());
}
