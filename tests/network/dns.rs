//! `dns` against servers that answer well, badly and not at all.

use crate::peer::dns::{Server, Way, reply, truncated};
use crate::{outcomes, outcomes_within};
use simple_dns::rdata::{A, AAAA, CAA, CNAME, MX, NS, NULL, PTR, RData, SOA, SRV, TXT};
use simple_dns::{CharacterString, Name, RCODE, TYPE};
use std::net::UdpSocket;
use std::time::{Duration, Instant};
use verispec::verdict::Outcome;

fn name(text: &'static str) -> Name<'static> {
    Name::new_unchecked(text)
}

fn v4(last: u8) -> RData<'static> {
    RData::A(A::from(std::net::Ipv4Addr::new(192, 0, 2, last)))
}

fn v6(last: u16) -> RData<'static> {
    RData::AAAA(AAAA::from(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)))
}

/// A zone with every type of record that there is a name for.
fn zone(asked: &str, kind: TYPE) -> Vec<RData<'static>> {
    let null = |code, bytes: &'static [u8]| RData::NULL(code, NULL::new(bytes).unwrap());
    match (asked, u16::from(kind)) {
        ("www.example.org", 1) => vec![v4(80), v4(8)],
        ("www.example.org", 28) => vec![v6(80)],
        ("v4.example.org", 1) => vec![v4(4)],
        ("alias.example.org", 5) => vec![RData::CNAME(CNAME(name("www.example.org")))],
        ("example.org", 15) => [(20, "b.example.org"), (10, "a.example.org")]
            .map(|(preference, exchange)| RData::MX(MX { preference, exchange: name(exchange) }))
            .into(),
        ("example.org", 2) => vec![RData::NS(NS(name("ns1.example.org")))],
        ("example.org", 16) => {
            vec![RData::TXT(TXT::new().with_string("v=spf1 -all").unwrap().with_string("two").unwrap())]
        }
        ("example.org", 257) => {
            let tag = CharacterString::new(b"issue").unwrap();
            vec![RData::CAA(CAA { flag: 0, tag, value: b"letsencrypt.org".into() })]
        }
        ("example.org", 6) => vec![RData::SOA(SOA {
            mname: name("ns1.example.org"),
            rname: name("admin.example.org"),
            serial: 2026112201,
            refresh: 7200,
            retry: 600,
            expire: 86400,
            minimum: 300,
        })],
        ("_xmpp._tcp.example.org", 33) => {
            vec![RData::SRV(SRV { priority: 10, weight: 5, port: 5222, target: name("im.example.org") })]
        }
        ("7.2.0.192.in-addr.arpa", 12) => vec![RData::PTR(PTR(name("host7.example.org")))],
        ("host.example.org", 44) => vec![null(44, b"\x04\x02\xab\xcd\xef")],
        ("_443._tcp.example.org", 52) => vec![null(52, b"\x03\x01\x01\x01\x02")],
        _ => vec![],
    }
}

/// Every key of one entry and what it came to, such as `resolvable pass`.
fn words(entry: &str, server: &Server, asserts: &str) -> Vec<String> {
    let spec = format!("[dns.\"{entry}\"]\nserver = \"{}\"\n{asserts}\n", server.address);
    let short = |(key, outcome): (String, Outcome)| format!("{} {}", key.rsplit('.').next().unwrap(), outcome.word());
    outcomes(&spec).into_iter().map(short).collect()
}

/// Why `resolvable` is unknown, which it must be whichever way round it is asked.
fn why_unknown(entry: &str, server: &Server, timeout: Duration) -> String {
    let mut why = String::new();
    for (key, asked) in [
        ("resolvable", "true"),
        ("resolvable", "false"),
        ("addrs", "[\"192.0.2.1\"]"),
        ("addrs", "{ not = [\"192.0.2.1\"] }"),
        ("ttl", "\">= 1s\""),
        ("ttl", "\"< 1s\""),
    ] {
        let spec = format!("[dns.\"{entry}\"]\nserver = \"{}\"\n{key} = {asked}\n", server.address);
        let all = outcomes_within(&spec, timeout);
        let outcome = &all.iter().find(|(name, _)| name.ends_with(key)).unwrap().1;
        match outcome {
            Outcome::Unknown(fault) => why = fault.to_string(),
            other => panic!("{key} = {asked}: {other:?}"),
        }
    }
    why
}

#[test]
fn every_type_of_record_is_told_as_zone_files_have_it() {
    let server = Server::zone(zone);
    for (entry, addrs) in [
        ("www.example.org", "192.0.2.8|192.0.2.80|2001:db8::50"),
        ("A:www.example.org", "192.0.2.8|192.0.2.80"),
        ("AAAA:www.example.org", "2001:db8::50"),
        ("v4.example.org", "192.0.2.4"),
        ("CNAME:alias.example.org", "www.example.org."),
        ("MX:example.org", "10 a.example.org.|20 b.example.org."),
        ("NS:example.org", "ns1.example.org."),
        ("TXT:example.org", "two|v=spf1 -all"),
        ("CAA:example.org", "0 issue letsencrypt.org"),
        ("SOA:example.org", "ns1.example.org. admin.example.org. 2026112201 7200 600 86400 300"),
        ("SRV:_xmpp._tcp.example.org", "10 5 5222 im.example.org."),
        ("PTR:192.0.2.7", "host7.example.org."),
        ("PTR:7.2.0.192.in-addr.arpa", "host7.example.org."),
        ("SSHFP:host.example.org", "4 2 ABCDEF"),
        ("TLSA:_443._tcp.example.org", "3 1 1 0102"),
    ] {
        let list = addrs.split('|').map(|a| format!("{a:?}")).collect::<Vec<_>>().join(", ");
        let equal = format!("addrs = {{ equal = [{list}] }}\nrcode = \"NOERROR\"\nttl = \"5m\"\nlatency = \"< 5s\"");
        let pass = ["resolvable pass", "addrs pass", "rcode pass", "ttl pass", "latency pass"];
        assert_eq!(words(entry, &server, &equal), pass, "{entry}");
        let other = format!(
            "resolvable = false\naddrs = {{ not = [{list}] }}\nrcode = \"NXDOMAIN\"\nttl = \"> 5m\"\nlatency = \"> 5s\""
        );
        let fail = ["resolvable fail", "addrs fail", "rcode fail", "ttl fail", "latency fail"];
        assert_eq!(words(entry, &server, &other), fail, "{entry}");
    }
}

#[test]
fn no_such_name_and_no_such_record_are_certain() {
    for (rcode, server) in [("NXDOMAIN", Server::saying(RCODE::NameError)), ("NOERROR", Server::zone(zone))] {
        for entry in ["none.example.org", "A:none.example.org", "MX:none.example.org"] {
            let asserts = format!("resolvable = false\nrcode = \"{rcode}\"\naddrs = [\"192.0.2.1\"]\nttl = \"1s\"");
            let want = ["resolvable pass", "rcode pass", "addrs skip", "ttl skip"];
            assert_eq!(words(entry, &server, &asserts), want, "{rcode} {entry}");
            assert_eq!(words(entry, &server, ""), ["resolvable fail"], "{rcode} {entry}");
        }
    }
}

#[test]
fn a_server_that_fails_leaves_the_name_open_and_tells_its_code() {
    for (code, word) in [
        (RCODE::ServerFailure, "SERVFAIL"),
        (RCODE::Refused, "REFUSED"),
        (RCODE::FormatError, "FORMERR"),
        (RCODE::NotImplemented, "NOTIMP"),
        (RCODE::NOTAUTH, "NOTAUTH"),
    ] {
        let server = Server::saying(code);
        for entry in ["www.example.org", "MX:example.org"] {
            let asserts = format!("rcode = \"{word}\"\nlatency = \"< 5s\"");
            assert_eq!(words(entry, &server, &asserts), ["resolvable unknown", "rcode pass", "latency pass"], "{word}");
            let why = why_unknown(entry, &server, Duration::from_secs(5));
            assert!(why.contains(&format!("{} answered {word}", server.address)), "{why}");
        }
    }
}

#[test]
fn a_server_that_does_not_know_larger_messages_is_asked_without() {
    let server = Server::start(|question, _| {
        let code = if question[11] == 1 { RCODE::FormatError } else { RCODE::NoError };
        Some(reply(question, |_, _| (code, if code == RCODE::NoError { vec![v4(1)] } else { vec![] })))
    });
    assert_eq!(words("A:www.example.org", &server, "addrs = [\"192.0.2.1\"]"), ["resolvable pass", "addrs pass"]);
    assert_eq!(server.questions(), 2);
}

#[test]
fn a_reply_that_does_not_fit_is_fetched_over_tcp() {
    let server = Server::start(|question, way| match way {
        Way::Udp => Some(truncated(question)),
        Way::Tcp => {
            Some(reply(question, |_, kind| (RCODE::NoError, (0..=255).filter(|_| kind == TYPE::A).map(v4).collect())))
        }
    });
    let asserts = "addrs = { have-len = 256 }";
    assert_eq!(words("A:big.example.org", &server, asserts), ["resolvable pass", "addrs pass"]);
    assert_eq!(words("big.example.org", &server, asserts), ["resolvable pass", "addrs pass"]);
}

#[test]
fn a_reply_that_is_cut_short_even_over_tcp_is_unknown() {
    let server = Server::start(|question, _| Some(truncated(question)));
    assert!(why_unknown("A:big.example.org", &server, Duration::from_secs(5)).contains("cut short"));
}

#[test]
fn silence_is_unknown_and_ends_on_time() {
    let silent = Server::start(|_, _| None);
    let began = Instant::now();
    let why = why_unknown("www.example.org", &silent, Duration::from_millis(200));
    assert!(why.contains("timed out") && why.contains(&silent.address.to_string()), "{why}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(silent.questions() >= 12 * 3, "each question is asked again");
    let rcode = outcomes_within(
        &format!("[dns.a]\nserver = \"{}\"\nrcode = \"NOERROR\"\nlatency = \"< 1s\"", silent.address),
        Duration::from_millis(200),
    );
    assert!(rcode.iter().all(|(_, outcome)| matches!(outcome, Outcome::Unknown(_))), "{rcode:?}");
}

#[test]
fn a_question_that_was_lost_is_asked_again() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(move |question, _| {
        let lost = first.swap(false, std::sync::atomic::Ordering::SeqCst);
        (!lost).then(|| reply(question, |_, _| (RCODE::NoError, vec![v4(1)])))
    });
    let spec = format!("[dns.\"A:a\"]\nserver = \"{}\"\naddrs = [\"192.0.2.1\"]\n", server.address);
    assert!(outcomes_within(&spec, Duration::from_millis(600)).iter().all(|(_, o)| *o == Outcome::Pass));
}

#[test]
fn nobody_listening_is_unknown_at_once() {
    let gone =
        Server { address: UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), asked: Default::default() };
    let began = Instant::now();
    let why = why_unknown("www.example.org", &gone, Duration::from_secs(5));
    assert!(why.contains("connection refused"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn replies_that_are_not_to_the_question_are_not_believed() {
    let answer = |question: &[u8]| reply(question, |_, _| (RCODE::NoError, vec![v4(1)]));
    let wrong_id = Server::start(move |question, _| {
        let mut bytes = answer(question);
        bytes[0] ^= 1;
        Some(bytes)
    });
    let wrong_name = Server::start(move |question, _| {
        let mut bytes = answer(question);
        bytes[13] = b'x';
        Some(bytes)
    });
    let garbage = Server::start(|_, _| Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    let short = Server::start(|question, _| Some(question[..5].to_vec()));
    let echo = Server::start(|question, _| Some(question.to_vec()));
    for (what, server) in
        [("id", wrong_id), ("name", wrong_name), ("garbage", garbage), ("short", short), ("echo", echo)]
    {
        let why = why_unknown("A:www.example.org", &server, Duration::from_millis(150));
        assert!(why.contains("does not fit the question"), "{what}: {why}");
    }
}

#[test]
fn a_reply_from_another_port_is_not_believed() {
    let elsewhere = UdpSocket::bind("127.0.0.1:0").unwrap();
    let front = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = Server { address: front.local_addr().unwrap(), asked: Default::default() };
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((n, from)) = front.recv_from(&mut buffer) {
            let bytes = reply(&buffer[..n], |_, _| (RCODE::NoError, vec![v4(1)]));
            let _ = elsewhere.send_to(&bytes, from);
        }
    });
    let why = why_unknown("A:www.example.org", &server, Duration::from_millis(150));
    assert!(why.contains("timed out"), "{why}");
}

#[test]
fn a_reply_that_makes_no_sense_is_unknown() {
    // The owner of the answer is a pointer to itself.
    let ring = Server::start(|question, _| {
        let mut bytes = reply(question, |_, _| (RCODE::NoError, vec![]));
        bytes[7] = 1;
        let here = 0xC000 | u16::try_from(bytes.len()).unwrap();
        bytes.extend(here.to_be_bytes());
        bytes.extend([0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]);
        Some(bytes)
    });
    assert!(why_unknown("A:www.example.org", &ring, Duration::from_secs(5)).contains("leads back to itself"));
    let more = Server::start(|question, _| {
        let mut bytes = reply(question, |_, _| (RCODE::NoError, vec![v4(1)]));
        bytes[6..8].copy_from_slice(&[0xFF, 0xFF]);
        Some(bytes)
    });
    assert!(why_unknown("A:www.example.org", &more, Duration::from_secs(5)).contains("ends too early"));
    let referral = Server::start(|question, _| {
        let mut bytes = reply(question, |_, _| (RCODE::NoError, vec![]));
        bytes[3] &= 0x7F;
        Some(bytes)
    });
    assert!(why_unknown("A:www.example.org", &referral, Duration::from_secs(5)).contains("refers to other servers"));
}

#[test]
fn records_of_a_name_that_is_said_not_to_be_are_not_believed() {
    let server = Server::start(|question, _| Some(reply(question, |_, _| (RCODE::NameError, vec![v4(1)]))));
    let why = why_unknown("A:www.example.org", &server, Duration::from_secs(5));
    assert!(why.contains("there is no such name, and has records of it"), "{why}");
}

#[test]
fn tcp_that_trickles_hangs_up_or_never_ends_is_unknown_on_time() {
    use std::io::Write;
    let udp_cut = |question: &[u8], way| match way {
        Way::Udp => Some(truncated(question)),
        Way::Tcp => Some(reply(question, |_, _| (RCODE::NoError, vec![v4(1)]))),
    };
    let trickle = Server::start_with(udp_cut, |stream, reply| {
        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
        for byte in [&length[..], reply].concat() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    let why = why_unknown("A:www.example.org", &trickle, Duration::from_millis(300));
    assert!(why.contains("over TCP") && why.contains("timed out"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let hang_up = Server::start_with(udp_cut, |stream, reply| {
        let _ = stream.write_all(&[1, 0]).and_then(|()| stream.write_all(&reply[..10]));
    });
    assert!(why_unknown("A:www.example.org", &hang_up, Duration::from_secs(5)).contains("hung up"));
    let endless = Server::start_with(udp_cut, |stream, _| while stream.write_all(&[0xFF; 4096]).is_ok() {});
    assert!(why_unknown("A:www.example.org", &endless, Duration::from_secs(5)).contains("another question"));
}

#[test]
fn one_family_that_cannot_be_told_leaves_the_list_open_but_not_the_name() {
    let half = Server::start(|question, _| {
        Some(reply(question, |_, kind| match kind {
            TYPE::A => (RCODE::NoError, vec![v4(1)]),
            _ => (RCODE::ServerFailure, vec![]),
        }))
    });
    let asserts = "addrs = { contain-element = \"192.0.2.1\" }\nrcode = \"SERVFAIL\"";
    assert_eq!(words("www.example.org", &half, asserts), ["resolvable pass", "addrs pass", "rcode pass"]);
    let asserts = "addrs = { equal = [\"192.0.2.1\"] }";
    assert_eq!(words("www.example.org", &half, asserts), ["resolvable pass", "addrs unknown"]);
    let other = Server::start(|question, _| {
        let code = |kind| if kind == TYPE::A { RCODE::NoError } else { RCODE::ServerFailure };
        Some(reply(question, |_, kind| (code(kind), vec![])))
    });
    assert_eq!(words("www.example.org", &other, "resolvable = false"), ["resolvable unknown"]);
}

#[test]
fn a_hundred_slow_questions_are_asked_at_once() {
    let slow = Server::start(|question, _| {
        std::thread::sleep(Duration::from_millis(1));
        Some(reply(question, |_, _| (RCODE::NoError, vec![v4(1)])))
    });
    let entries: String =
        (0..100).map(|n| format!("[dns.\"A:n{n}.example.org\"]\nserver = \"{}\"\n", slow.address)).collect();
    let began = Instant::now();
    assert!(outcomes(&entries).iter().all(|(_, outcome)| *outcome == Outcome::Pass));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn names_of_this_machine_resolve_without_a_server() {
    let spec =
        "[dns.localhost]\naddrs = [\"127.0.0.1\"]\nlatency = \"< 5s\"\n[dns.\"AAAA:127.0.0.1\"]\nresolvable = false\n";
    assert!(outcomes(spec).iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{:?}", outcomes(spec));
    let fails = "[dns.localhost]\nrcode = \"NOERROR\"\n";
    assert_eq!(outcomes(fails)[1].1, Outcome::Fail, "nobody asked DNS");
}
