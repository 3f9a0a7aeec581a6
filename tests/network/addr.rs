//! `addr`: what answers, what refuses, what is silent.

use crate::peer::lines::{BlackHole, closed, listener, says, shouts};
use crate::peer::network::{SILENCE, isolated, word};
use crate::{outcome, outcomes, outcomes_within};
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::thread;
use std::time::{Duration, Instant};
use verispec::value::Fault;
use verispec::verdict::Outcome;

fn entry(name: &str, body: &str) -> String {
    format!("[addr.\"{name}\"]\n{body}\n")
}

/// What each key of one entry comes to, by its word.
fn words(name: &str, body: &str) -> Vec<&'static str> {
    outcomes(&entry(name, body)).iter().map(|(_, outcome)| outcome.word()).collect()
}

fn fault(name: &str, body: &str, key: &str) -> Fault {
    match outcome(&entry(name, body), key) {
        Outcome::Unknown(fault) => fault,
        other => panic!("{name}: {key}: {other:?}"),
    }
}

/// Why an entry that is to be reachable is not, as a report has it.
fn reason(name: &str, body: &str) -> String {
    let spec = verispec::load::load_text("a.toml", entry(name, body), verispec::syntax::Format::Toml);
    let claim = &spec.unwrap_or_else(|_| panic!("{name}")).claims[0];
    let host = verispec::host::Host::local().until(Instant::now() + Duration::from_millis(300));
    let judged = verispec::verdict::judge(claim, (claim.probe)(&host, claim));
    let evidence = judged[0].evidence();
    assert!(evidence.told, "{evidence:?}");
    evidence.found
}

/// Both ways round, and the keys.
const EVERY: &str = "latency = \"< 4s\"\nbanner = [\"hello\"]";
const OPPOSITE: &str = "reachable = false\nlatency = \"> 4s\"\nbanner = [\"!hello\"]";

#[test]
fn who_answers_is_judged_key_by_key() {
    let there = says(&[(0, b"hello\r\n")]);
    for name in [format!("tcp://{there}"), there.to_string(), format!("tcp4://{there}")] {
        assert_eq!(words(&name, EVERY), ["pass"; 3], "{name}");
        assert_eq!(words(&name, OPPOSITE), ["fail"; 3], "{name}");
    }
    assert_eq!(
        words("any name", &format!("address = \"{there}\"\nlocal-address = \"127.0.0.9\"\n{EVERY}")),
        ["pass"; 3]
    );
}

#[test]
fn who_refuses_is_not_reachable_and_the_report_says_why() {
    let closed = closed();
    for name in [format!("tcp://{closed}"), format!("udp://{closed}"), format!("tcp://localhost:{}", closed.port())] {
        assert_eq!(words(&name, EVERY), ["fail", "skip", "skip"], "{name}");
        assert_eq!(words(&name, OPPOSITE), ["pass", "skip", "skip"], "{name}");
    }
    assert_eq!(reason(&format!("tcp://{closed}"), ""), format!("{closed}: connection refused"));
    assert_eq!(reason(&format!("udp://{closed}"), ""), format!("{closed}: connection refused"));
    assert_eq!(words(&format!("tcp6://{closed}"), ""), ["fail"]);
    assert!(reason(&format!("tcp6://{closed}"), "").contains("has no IPv6 address"));
}

#[test]
fn who_answers_and_hangs_up_at_once_is_reachable_however_soon_it_does() {
    let there = listener(|peer| rustix::net::sockopt::set_socket_linger(&peer, Some(Duration::ZERO)).unwrap());
    let entries =
        |body: &str| (0..100).map(|n| format!("[addr.{n}]\naddress = \"{there}\"\n{body}\n")).collect::<String>();
    for (body, expected) in [("reachable = true", "pass"), ("reachable = false", "fail")] {
        let all = outcomes(&entries(body));
        assert!(all.iter().all(|(_, outcome)| outcome.word() == expected), "{all:?}");
    }
    for body in ["banner = [\"x\"]", "banner = [\"!x\"]"] {
        for (key, outcome) in outcomes(&entries(body)) {
            let expected = if key.ends_with("banner") { Outcome::Fail } else { Outcome::Pass };
            assert_eq!(outcome, expected, "{key}");
        }
    }
}

#[test]
fn silence_over_tcp_is_an_answer_once_the_timeout_is_over() {
    let hole = BlackHole::new("127.0.0.1");
    let name = format!("tcp://{}", hole.address);
    let began = Instant::now();
    assert_eq!(words(&name, &format!("timeout = \"300ms\"\n{EVERY}")), ["fail", "skip", "skip"]);
    assert_eq!(words(&name, &format!("timeout = \"300ms\"\n{OPPOSITE}")), ["pass", "skip", "skip"]);
    let took = began.elapsed();
    assert!(took > Duration::from_millis(600) && took < Duration::from_millis(1_500), "{took:?}");
    let why = reason(&name, "");
    assert!(why.starts_with(&format!("connecting to {}: no answer in ", hole.address)), "{why}");
}

#[test]
fn over_udp_a_reply_is_an_answer_and_silence_is_unknown_and_says_what_to_do() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = format!("udp://{}", socket.local_addr().unwrap());
    thread::spawn(move || {
        let mut buffer = [0; 100];
        while let Ok((n, peer)) = socket.recv_from(&mut buffer) {
            if &buffer[..n] == b"hi" {
                socket.send_to(b"hello", peer).unwrap();
            }
        }
    });
    assert_eq!(words(&name, &format!("send = \"hi\"\n{EVERY}")), ["pass"; 3]);
    assert_eq!(words(&name, &format!("send = \"hi\"\n{OPPOSITE}")), ["fail"; 3]);
    for body in [EVERY, OPPOSITE] {
        assert_eq!(words(&name, &format!("timeout = \"100ms\"\n{body}")), ["unknown"; 3]);
    }
    let why = fault(&name, "timeout = \"100ms\"", "reachable").to_string();
    assert!(why.contains("timed out after ") && why.contains("let `send` say what it answers"), "{why}");
    let why = fault(&name, "timeout = \"100ms\"\nsend = \"x\"", "reachable").to_string();
    assert!(why.contains("not answer what `send` says"), "{why}");
}

#[test]
fn a_unix_socket_of_any_type_is_reached() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let stream = UnixListener::bind(path("stream")).unwrap();
    thread::spawn(move || stream.incoming().for_each(|peer| peer.unwrap().write_all(b"hello").unwrap()));
    let _datagram = UnixDatagram::bind(path("datagram")).unwrap();
    drop(UnixListener::bind(path("stale")).unwrap());
    std::fs::write(path("file"), "").unwrap();
    for slashes in ["", "//"] {
        let name = |of: &str| format!("unix:{slashes}{}", path(of));
        assert_eq!(words(&name("stream"), EVERY), ["pass"; 3]);
        assert_eq!(words(&name("stream"), OPPOSITE), ["fail"; 3]);
        assert_eq!(words(&name("datagram"), EVERY), ["pass", "pass", "unknown"]);
        assert_eq!(words(&name("datagram"), OPPOSITE), ["fail", "fail", "unknown"]);
        for of in ["stale", "file", "none"] {
            assert_eq!(words(&name(of), EVERY), ["fail", "skip", "skip"]);
            assert_eq!(words(&name(of), OPPOSITE), ["pass", "skip", "skip"]);
        }
    }
}

#[test]
fn what_could_not_be_tried_is_unknown_whichever_way_round_it_is_asked() {
    let there = says(&[(0, b"hello\n")]);
    for name in [format!("tcp://{there}"), format!("udp://{there}")] {
        for body in [EVERY, OPPOSITE] {
            assert_eq!(words(&name, &format!("local-address = \"192.0.2.77\"\n{body}")), ["unknown"; 3], "{name}");
        }
        let why = fault(&name, "local-address = \"192.0.2.77\"", "reachable");
        assert_eq!(why, Fault::Failed("192.0.2.77 is not an address of this host".into()));
    }
}

#[test]
fn a_banner_is_read_until_the_peer_pauses_or_hangs_up() {
    type Part = (u64, &'static [u8]);
    const SSH: &[Part] = &[(0, b"SSH-2.0-x\r\n")];
    const SLOW: &[Part] = &[(0, b"hel"), (80, b"lo\n"), (50, b"more\n")];
    const PROMPT: &[Part] = &[(0, b"login: ")];
    const SMTP: &[Part] = &[(0, b"220-a\r\n"), (400, b"220 b\r\n")];
    const BINARY: &[Part] = &[(0, b"\xff\x00\n")];
    for (parts, banner, bound) in [
        (SSH, "[\"SSH-2.0\", \"/^SSH-2.0-x$/\"]", 1_000),
        (SLOW, "\"hello\\nmore\\n\"", 1_500),
        (PROMPT, "\"login: \"", 2_000),
        (SMTP, "[\"220 b\"]", 2_000),
        (BINARY, "\"\\ufffd\\u0000\\n\"", 1_000),
    ] {
        let name = says(parts).to_string();
        let began = Instant::now();
        assert_eq!(words(&name, &format!("banner = {banner}")), ["pass"; 2], "{banner}");
        assert!(began.elapsed() < Duration::from_millis(bound), "{banner} took {:?}", began.elapsed());
    }
    let hangs_up = listener(|mut peer| peer.write_all(b"go away").unwrap()).to_string();
    assert_eq!(words(&hangs_up, "banner = \"go away\""), ["pass"; 2]);
    let mute = listener(drop).to_string();
    assert_eq!(words(&mute, "banner = \"\""), ["pass"; 2]);
    assert_eq!(words(&mute, "banner = [\"hello\"]"), ["pass", "fail"]);
    let shouts = shouts().to_string();
    assert_eq!(words(&shouts, "send = \"ping\\n\"\nbanner = \"PING\\n\""), ["pass"; 2]);
}

#[test]
fn a_banner_that_does_not_come_or_does_not_end_is_unknown() {
    let silent = says(&[]).to_string();
    for banner in ["[\"hello\"]", "[\"!hello\"]", "\"\"", "{ have-len = 0 }"] {
        let body = format!("timeout = \"100ms\"\nbanner = {banner}");
        assert_eq!(words(&silent, &body), ["pass", "unknown"]);
        let why = fault(&silent, &body, "banner").to_string();
        assert!(why.contains("timed out after ") && why.contains("let `send` say"), "{why}");
    }
    let trickles = listener(|mut peer| {
        while peer.write_all(b"hello\n").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let began = Instant::now();
    let spec = |banner: &str| format!("timeout = \"300ms\"\nbanner = {banner}");
    assert_eq!(words(&trickles.to_string(), &spec("[\"hello\"]")), ["pass"; 2]);
    assert_eq!(words(&trickles.to_string(), &spec("[\"!hello\"]")), ["pass", "fail"]);
    assert_eq!(words(&trickles.to_string(), &spec("[\"!bye\"]")), ["pass", "unknown"]);
    let floods = listener(|mut peer| while peer.write_all(&[b'x'; 4096]).is_ok() {}).to_string();
    assert_eq!(words(&floods, "banner = [\"xxx\"]"), ["pass"; 2]);
    assert_eq!(words(&floods, "banner = [\"!y\"]"), ["pass", "unknown"]);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn peers_that_are_slow_to_greet_are_waited_for_together() {
    let greets = says(&[(100, b"hello\n")]);
    let spec: String =
        (0..200).map(|i| entry(&i.to_string(), &format!("address = \"{greets}\"\nbanner = [\"hello\"]"))).collect();
    let began = Instant::now();
    let all = outcomes_within(&spec, Duration::from_secs(10));
    let took = began.elapsed();
    assert!(all.len() == 400 && all.iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{all:?}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[test]
fn a_server_of_names_that_is_silent_leaves_open_who_has_the_name() {
    let setup = format!(
        "{SILENCE} && echo nameserver 10.9.0.53 > resolv && mount --bind resolv /etc/resolv.conf && \
         echo 'hosts: files dns' > nsswitch && mount --bind nsswitch /etc/nsswitch.conf"
    );
    let name = "timeout = \"500ms\"\naddress = \"some-name.example:80\"";
    let spec = format!(
        "[addr.there]\n{name}\n{EVERY}\n[addr.gone]\n{name}\n{OPPOSITE}\n\
         [ping.ping]\ntimeout = \"500ms\"\nhost = \"some-name.example\"\nreachable = false\n\
         [addr.silent]\naddress = \"10.9.0.53:80\"\ntimeout = \"500ms\"\n\
         [addr.local]\naddress = \"localhost:80\"\n"
    );
    let Some(all) = isolated(&setup, "", &spec) else { return };
    for key in ["reachable", "latency", "banner"] {
        for entry in ["there", "gone"] {
            assert_eq!(word(&all, &format!("{entry}.{key}")), "unknown", "{all:?}");
        }
    }
    assert_eq!(word(&all, "ping.reachable"), "unknown", "{all:?}");
    assert!(all["gone.reachable"].1.contains("10.9.0.53"), "{all:?}");
    // What needs no server of names is known.
    assert_eq!(word(&all, "silent.reachable"), "fail", "{all:?}");
    assert_eq!(word(&all, "local.reachable"), "fail", "{all:?}");
}
