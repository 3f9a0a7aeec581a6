use super::race::is_own_peer;
use super::*;
use rustix::net::{bind, getsockname, listen};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

fn soon(ms: u64) -> Host {
    Host::local().until(Instant::now() + Duration::from_millis(ms))
}

/// Who is tried in this order comes to what, and after how long.
fn race(addresses: &[SocketAddr], ms: u64) -> (Result<SocketAddr, Unreached>, Duration) {
    let (host, began) = (soon(ms), Instant::now());
    let won = Race::new(&host, addresses.to_vec(), None, Speech::Stream).run("connecting");
    (won.map(|won| won.peer), began.elapsed())
}

/// A port that answers nobody, since its queue is full, and what keeps it so.
fn black_hole() -> (SocketAddr, Vec<OwnedFd>) {
    let listener = open(AddressFamily::INET, SocketType::STREAM).unwrap();
    bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&listener, 0).unwrap();
    let address = SocketAddr::try_from(getsockname(&listener).unwrap()).unwrap();
    let mut held = vec![listener];
    for _ in 0..4 {
        let waits = open(AddressFamily::INET, SocketType::STREAM).unwrap();
        let _ = connect(&waits, &address);
        held.push(waits);
    }
    std::thread::sleep(Duration::from_millis(20));
    (address, held)
}

fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The kernel refuses to connect there without a zone, whatever is there.
const UNTRIED: &str = "[fe80::1]:9";

#[test]
fn a_listener_is_reached_and_a_closed_port_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let to = endpoint(&address.to_string());
    assert_eq!(soon(2_000).connect(&to, None).unwrap().peer(), Some(address));
    let mapped = endpoint(&format!("[::ffff:127.0.0.1]:{}", address.port()));
    assert_eq!(soon(2_000).connect(&mapped, None).unwrap().peer(), Some(address));
    drop(listener);
    let why = soon(2_000).connect(&to, None).unwrap_err();
    assert!(matches!(&why, Unreached::Refused(why) if why.contains("connection refused")), "{why:?}");
}

#[test]
fn the_zone_of_an_address_is_an_interface() {
    let why = soon(2_000).connect(&endpoint("[fe80::1%no-such0]:9"), None).unwrap_err();
    assert_eq!(why, Unreached::NoRoute("this host has no interface `no-such0`".into()));
    assert_eq!(scope("lo"), Ok(1));
    assert_eq!(scope("7"), Ok(7));
}

#[test]
fn a_black_hole_delays_the_next_address_by_a_head_start_and_no_more() {
    let (hole, _held) = black_hole();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = listener.local_addr().unwrap();
    let (won, took) = race(&[hole, good], 5_000);
    assert_eq!(won, Ok(good));
    assert!(took >= Duration::from_millis(250) && took < Duration::from_millis(1_500), "{took:?}");
    // One that refuses has had its turn.
    let (won, took) = race(&[closed(), good], 5_000);
    assert_eq!(won, Ok(good));
    assert!(took < Duration::from_millis(200), "{took:?}");
    let (won, took) = race(&[hole, closed(), good], 5_000);
    assert_eq!(won, Ok(good));
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[test]
fn however_little_time_there_is_every_address_has_its_turn() {
    let (hole, _held) = black_hole();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = listener.local_addr().unwrap();
    let mut all = vec![hole; 9];
    all.push(good);
    let (won, took) = race(&all, 800);
    assert_eq!(won, Ok(good), "{took:?}");
}

#[test]
fn silence_lasts_until_the_deadline() {
    let (hole, _held) = black_hole();
    for all in [vec![hole], vec![hole, hole], vec![closed(), hole], vec![hole, closed()]] {
        let (won, took) = race(&all, 300);
        assert!(matches!(&won, Err(Unreached::Silent(..))), "{won:?}");
        assert!(took >= Duration::from_millis(300) && took < Duration::from_millis(1_000), "{took:?}");
    }
    let to = endpoint(&hole.to_string());
    assert!(matches!(soon(100).connect(&to, None), Err(Unreached::Silent(what, _)) if what.contains(&to.to_string())));
    // Who had no time has not been waited for.
    let late = soon(0).connect(&to, None);
    assert!(matches!(late, Err(Unreached::Fault(Fault::TimedOut(..)))), "{late:?}");
}

#[test]
fn an_address_that_could_not_be_tried_leaves_it_open_whoever_else_refuses() {
    let (hole, _held) = black_hole();
    let untried: SocketAddr = UNTRIED.parse().unwrap();
    for all in
        [vec![untried], vec![untried, closed()], vec![closed(), untried], vec![hole, untried], vec![untried, hole]]
    {
        let (won, _) = race(&all, 300);
        assert!(matches!(&won, Err(Unreached::Fault(_))), "{all:?}: {won:?}");
    }
    let (many, _) = race(&vec![closed(); MOST_ADDRESSES + 1], 2_000);
    let Err(Unreached::Fault(Fault::Unsupported(why))) = many else { panic!("{many:?}") };
    assert!(why.contains("it has 65 addresses"), "{why}");
    let (all, _) = race(&vec![closed(); MOST_ADDRESSES], 2_000);
    assert!(matches!(&all, Err(Unreached::Refused(why)) if why.ends_with("; 60 more")), "{all:?}");
}

#[test]
fn who_finds_only_itself_at_the_other_end_has_reached_nobody() {
    let socket = open(AddressFamily::INET, SocketType::STREAM).unwrap();
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let own = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
    let _ = connect(&socket, &own);
    std::thread::sleep(Duration::from_millis(20));
    assert!(is_own_peer(&socket));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(!is_own_peer(other));
}

#[test]
fn a_peer_that_is_silent_or_trickles_holds_nobody_beyond_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = endpoint(&listener.local_addr().unwrap().to_string());
    let began = Instant::now();
    let mut wire = soon(100).connect(&to, None).unwrap();
    let error = wire.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    let mut wire = soon(100).connect(&to, None).unwrap();
    let (_, _) = listener.accept().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let trickle = std::thread::spawn(move || {
        while peer.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let error = wire.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(1));
    drop(wire);
    trickle.join().unwrap();
}

#[test]
fn a_peer_that_does_not_read_or_sips_holds_no_writer_beyond_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = endpoint(&listener.local_addr().unwrap().to_string());
    for sips in [false, true] {
        let began = Instant::now();
        let mut wire = soon(200).connect(&to, None).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let reader = std::thread::spawn(move || {
            while sips && matches!(peer.read(&mut [0; 65536]), Ok(1..)) {
                std::thread::sleep(Duration::from_millis(1));
            }
            peer
        });
        let block = vec![0; 1 << 20];
        let error = (0..1_000).find_map(|_| wire.write_all(&block).err()).expect("more than fits");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
        drop(wire);
        reader.join().unwrap();
    }
}

#[test]
fn a_unix_socket_is_reached_or_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s").to_str().unwrap().to_owned();
    let why = soon(1_000).connect_unix(&path).unwrap_err();
    assert!(matches!(&why, Unreached::Refused(why) if why.contains("no such socket")), "{why:?}");
    let listener = UnixListener::bind(&path).unwrap();
    assert!(soon(1_000).connect_unix(&path).is_ok());
    drop(listener);
    assert!(matches!(soon(1_000).connect_unix(&path), Err(Unreached::Refused(_))));
    assert!(matches!(soon(1_000).connect_unix(&"x".repeat(200)), Err(Unreached::Fault(_))));
    let datagram = dir.path().join("d").to_str().unwrap().to_owned();
    let why = soon(1_000).connect_unix("/etc/passwd").err();
    assert_eq!(why, Some(Unreached::Refused("/etc/passwd: not a socket".into())));
    let _datagram = std::os::unix::net::UnixDatagram::bind(&datagram).unwrap();
    assert!(matches!(soon(1_000).connect_unix(&datagram), Err(Unreached::Refused(_))));
    assert!(matches!(soon(1_000).reach_unix(&datagram), Ok(None)));
}

#[test]
fn an_abstract_unix_socket_is_reached_by_its_name() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("verispec-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let why = soon(1_000).connect_unix(&format!("@{name}")).unwrap_err();
    assert!(matches!(&why, Unreached::Refused(why) if why.contains("connection refused")), "{why:?}");
    let _listener = UnixListener::bind_addr(&address).unwrap();
    assert!(soon(1_000).connect_unix(&format!("@{name}")).is_ok());
}

#[test]
fn a_unix_socket_whose_queue_is_full_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s").to_str().unwrap().to_owned();
    let listener = open(AddressFamily::UNIX, SocketType::STREAM).unwrap();
    bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    listen(&listener, 0).unwrap();
    let _first = soon(1_000).connect_unix(&path).unwrap();
    let began = Instant::now();
    assert!(matches!(soon(100).connect_unix(&path), Err(Unreached::Silent(..))));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(100) && took < Duration::from_millis(1_000), "{took:?}");
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        rustix::net::accept(&listener).map(|peer| (listener, peer))
    });
    assert!(soon(1_000).connect_unix(&path).is_ok());
    later.join().unwrap().unwrap();
}

#[test]
fn an_address_that_is_not_ours_cannot_be_tried_from() {
    let to = endpoint("127.0.0.1:1");
    let from = |a: &str| soon(1_000).connect(&to, Some(a.parse().unwrap())).unwrap_err();
    assert!(matches!(from("192.0.2.77"), Unreached::Fault(_)));
    assert!(matches!(from("::1"), Unreached::Refused(why) if why.contains("no IPv6 address")));
}

#[test]
fn what_this_host_does_not_permit_says_nothing_of_the_other_end() {
    // Without a word that broadcasts are meant, the kernel does not send one.
    let got = soon(300).exchange(Family::Any, &endpoint("255.255.255.255:9"), None, b"");
    assert!(matches!(&got, Err(Unreached::Fault(_))), "{got:?}");
}
