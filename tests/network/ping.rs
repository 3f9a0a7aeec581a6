//! `ping`: what answers, what is silent, and who may ask.

use crate::peer::network::{isolated, word};
use crate::{outcome, outcomes, outcomes_within};
use rustix::net::{AddressFamily, SocketType, ipproto, socket};
use std::time::{Duration, Instant};
use verispec::value::Fault;
use verispec::verdict::Outcome;

/// Both ways round, and the keys.
const EVERY: &str = "latency = \"< 4s\"\nloss = \"0%\"";
const OPPOSITE: &str = "reachable = false\nlatency = \"> 4s\"\nloss = \"> 0%\"";

fn words(host: &str, body: &str) -> Vec<&'static str> {
    let spec = format!("[ping.\"any name\"]\nhost = \"{host}\"\n{body}");
    outcomes(&spec).iter().map(|(_, outcome)| outcome.word()).collect()
}

/// Whether whoever runs this may send echo requests.
fn may_ping() -> bool {
    let open = |ty| socket(AddressFamily::INET, ty, Some(ipproto::ICMP)).is_ok();
    open(SocketType::DGRAM) || open(SocketType::RAW)
}

#[test]
fn this_host_answers_unless_it_may_not_be_asked() {
    let (every, opposite) = if may_ping() { ("pass", "fail") } else { ("unknown", "unknown") };
    for host in ["127.0.0.1", "localhost", "127.9.9.9"] {
        assert_eq!(words(host, EVERY), [every; 3], "{host}");
        assert_eq!(words(host, OPPOSITE), [opposite; 3], "{host}");
    }
    if !may_ping() {
        let Outcome::Unknown(Fault::Denied(why)) = outcome("[ping.\"127.0.0.1\"]", "reachable") else { panic!() };
        assert!(why.contains("net.ipv4.ping_group_range") && why.contains("CAP_NET_RAW"), "{why}");
    }
}

#[test]
fn many_requests_follow_one_another_as_they_are_answered_and_many_pings_do_not_mix() {
    if !may_ping() {
        return eprintln!("skipped: echo requests are not permitted");
    }
    let entry = |i: u32| format!("[ping.{i}]\nhost = \"127.0.0.1\"\ncount = 100\nloss = \"0%\"\n");
    let spec: String = (0..20).map(entry).collect();
    let began = Instant::now();
    let all = outcomes_within(&spec, Duration::from_secs(10));
    assert!(all.len() == 40 && all.iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{all:?}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

const NO_CAPABILITIES: &str = "setpriv --inh-caps=-all --bounding-set=-all";
const THIS_GROUP_MAY: &str = "echo '0 0' > /proc/sys/net/ipv4/ping_group_range";

#[test]
fn who_has_neither_the_group_nor_the_capability_knows_nothing_and_either_is_enough() {
    let spec = format!("[ping.\"127.0.0.1\"]\n{EVERY}\n[ping.\"::1\"]\n{OPPOSITE}");
    for (setup, how, first, second) in [
        ("true", NO_CAPABILITIES, "unknown", "unknown"),
        (THIS_GROUP_MAY, NO_CAPABILITIES, "pass", "fail"),
        ("true", "", "pass", "fail"),
    ] {
        let Some(all) = isolated(setup, how, &spec) else { return };
        for key in ["reachable", "latency", "loss"] {
            assert_eq!(word(&all, &format!("127.0.0.1.{key}")), first, "{setup}, {how}: {all:?}");
            assert_eq!(word(&all, &format!("::1.{key}")), second, "{setup}, {how}: {all:?}");
        }
        if first == "unknown" {
            assert!(all["::1.loss"].1.contains("net.ipv4.ping_group_range, which is `"), "{all:?}");
        }
    }
}

#[test]
fn silence_until_the_timeout_and_a_lack_of_a_route_are_answers() {
    let spec = format!(
        "[ping.silent]\nhost = \"127.0.0.1\"\ncount = 3\ntimeout = \"400ms\"\n{EVERY}\n\
         [ping.off]\nhost = \"127.0.0.1\"\ntimeout = \"400ms\"\n{OPPOSITE}\n\
         [ping.\"10.7.0.1\"]\n{EVERY}\n[ping.\"10.9.0.1\"]\n{EVERY}\n[ping.\"10.8.0.1\"]\n{EVERY}"
    );
    let network = "ip route add unreachable 10.7.0.0/16 && ip route add prohibit 10.8.0.0/16 && \
                   echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all";
    for (setup, how) in [("true", ""), (THIS_GROUP_MAY, NO_CAPABILITIES)] {
        let began = Instant::now();
        let Some(all) = isolated(&format!("{network} && {setup}"), how, &spec) else { return };
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        let expected = [
            ("silent", ["fail", "skip", "fail"], "no reply of 127.0.0.1 to 3 requests in "),
            ("off", ["pass", "skip", "pass"], ""),
            ("10.7.0.1", ["fail", "skip", "skip"], "no route to host"),
            ("10.9.0.1", ["fail", "skip", "skip"], "network unreachable"),
            ("10.8.0.1", ["unknown"; 3], "does not permit it"),
        ];
        for (entry, outcomes, why) in expected {
            for (key, outcome) in ["reachable", "latency", "loss"].into_iter().zip(outcomes) {
                assert_eq!(word(&all, &format!("{entry}.{key}")), outcome, "{how}: {entry}.{key}: {all:?}");
            }
            assert!(all[&format!("{entry}.reachable")].1.contains(why), "{all:?}");
        }
    }
}

#[test]
fn without_ipv6_its_addresses_are_not_reachable() {
    let spec = "[ping.\"::1\"]\n[addr.\"[::1]:9\"]\n[addr.\"udp://[::1]:9\"]\n[addr.\"[2001:db8::1]:9\"]";
    let setup = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
    let Some(all) = isolated(setup, "", spec) else { return };
    assert!(all.len() == 4 && all.values().all(|(outcome, _)| outcome == "fail"), "{all:?}");
}
