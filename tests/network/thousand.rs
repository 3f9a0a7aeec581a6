//! A thousand entries, each of which waits for its peer: they wait together, and in little memory.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long each peer takes to answer.
const PAUSE: Duration = Duration::from_millis(100);
const EACH: usize = 250;

fn program() -> String {
    std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned())
}

/// Answers every connection over TCP with `answer`, after the pause and, if it is to `hear` a request, after that.
fn tcp(hear: bool, answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = move || {
                let mut stream = stream.unwrap();
                if hear {
                    let _ = stream.read(&mut [0; 4096]);
                }
                thread::sleep(PAUSE);
                let _ = stream.write_all(answer.as_bytes());
            };
            thread::Builder::new().stack_size(64 << 10).spawn(answer).unwrap();
        }
    });
    address
}

/// Answers every datagram after the pause with what `answer` makes of it.
fn udp(answer: fn(&[u8]) -> Vec<u8>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let (heard, queue) = std::sync::mpsc::channel::<(Instant, SocketAddr, Vec<u8>)>();
    let replies = socket.try_clone().unwrap();
    thread::spawn(move || {
        for (due, to, bytes) in queue {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let _ = replies.send_to(&answer(&bytes), to);
        }
    });
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((n, from)) = socket.recv_from(&mut buffer) {
            heard.send((Instant::now() + PAUSE, from, buffer[..n].to_vec())).unwrap();
        }
    });
    address
}

/// A DNS reply to a question of one name: the address 192.0.2.1, or nothing where another type was asked for (RFC 1035, 4.1).
fn dns(question: &[u8]) -> Vec<u8> {
    let name = question[12..].iter().position(|b| *b == 0).unwrap();
    let end = 12 + name + 5;
    let is_a = question[end - 3] == 1;
    let mut reply = question[..end].to_vec();
    reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
    if is_a {
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    }
    reply
}

#[test]
fn a_thousand_entries_of_100_ms_take_less_than_2_s_and_40_mb() {
    let http = tcp(true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    let (greeter, echo, server) = (tcp(false, "220 ready\r\n"), udp(|bytes| bytes.to_vec()), udp(dns));
    let mut spec = String::new();
    for n in 0..EACH {
        spec += &format!("[http.\"http://{http}/{n}\"]\nstatus = 200\nbody = [\"ok\"]\n");
        spec += &format!("[addr.\"greeter {n}\"]\naddress = \"tcp://{greeter}\"\nbanner = [\"220 ready\"]\n");
        spec += &format!("[addr.\"echo {n}\"]\naddress = \"udp://{echo}\"\nsend = \"hello\"\n");
        spec += &format!("[dns.\"A:host{n}.example\"]\nserver = \"{server}\"\naddrs = [\"192.0.2.1\"]\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    fs::write(&path, spec).unwrap();
    let began = Instant::now();
    let mut run = Command::new(program());
    run.args(["validate", "-f", "json"]).arg(&path).stdout(Stdio::piped());
    let mut child = run.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut out = child.stdout.take().unwrap();
    let report = thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    // Its own text is left out: that of a program for tests is larger by far, and grows with it. The program that is given to
    // people takes 9 MB idle.
    let mut peak: u64 = 0;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("RssAnon:")).and_then(|l| l.trim().strip_suffix(" kB"));
        peak = line.and_then(|kb| kb.parse().ok()).unwrap_or(0).max(peak);
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(3)),
        }
    };
    let took = began.elapsed();
    let report = report.join().unwrap().unwrap();
    assert!(
        ended.success(),
        "{}",
        report.lines().filter(|l| l.contains("\"successful\":false")).take(3).collect::<String>()
    );
    eprintln!("{} entries: {took:?}, {peak} kB", 4 * EACH);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(peak > 0 && peak < 31_000, "{peak} kB");
}
