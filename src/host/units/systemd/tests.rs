//! Units as systemd 252 told of them: replies recorded on a Debian 12 machine, given again by a peer.

use super::*;
use crate::host::dbus::tests::{Peer, reply};
use crate::host::units::Units;
use crate::host::{Host, Machine, TreeFiles};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use time::OffsetDateTime;

macro_rules! recorded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("replies/", $name)))),*]
    };
}

const RECORDED: &[(&str, &[u8])] = recorded![
    "ListUnits",
    "GetUnitFileState.broken.service",
    "GetUnitFileState.e2scrub_all.timer",
    "GetUnitFileState.flap.service",
    "GetUnitFileState.foo@.service",
    "GetUnitFileState.foo@bar.service",
    "GetUnitFileState.missing.service",
    "GetUnitFileState.nope.service",
    "GetUnitFileState.nosuch.slice",
    "GetUnitFileState.oldie.service",
    "GetUnitFileState.rsyslog.service",
    "GetUnitFileState.ssh.service",
    "GetUnitFileState.sshd.service",
    "GetAll.Unit.e2scrub_5fall_2etimer",
    "GetAll.Unit.nope_2eservice",
    "GetAll.Unit.nosuch_2eslice",
    "GetAll.Unit.sshd_2eservice",
    "GetAll.flap_2eservice",
];

/// What was recorded for `call`, as an answer to it.
fn recorded(call: &[u8]) -> Vec<u8> {
    let asked = |text: &str| call.windows(text.len()).any(|w| w == text.as_bytes());
    let fits = |name: &str| {
        name.split_once('.').map_or(asked(name), |(member, rest)| match member {
            "GetAll" => match rest.strip_prefix("Unit.") {
                Some(unit) => asked(&format!("/{unit}\0")) && asked("systemd1.Unit\0"),
                None => asked(&format!("/{rest}\0")) && !asked("systemd1.Unit\0"),
            },
            _ => asked(&format!("{member}\0")) && asked(&format!("\0{rest}\0")),
        })
    };
    let Some((_, bytes)) = RECORDED.iter().find(|(name, _)| fits(name)) else {
        return reply(call, 3, "org.freedesktop.DBus.Error.AccessDenied", "s", &[Item::Text("not recorded".into())]);
    };
    let mut bytes = bytes.to_vec();
    let serial = bytes.windows(4).position(|w| w == b"\x05\x01u\0").unwrap() + 4;
    bytes[serial..serial + 4].copy_from_slice(&call[8..12]);
    bytes
}

fn systemd(peer: &Peer) -> Systemd {
    Systemd::new(peer.bus())
}

/// A machine with `files` whose units are the recorded ones.
pub fn lab(files: &str) -> (Peer, Host) {
    let peer = Peer::answering(|call| recorded(&call));
    let files = Arc::new(TreeFiles::parse(files).unwrap());
    let host = Host::new(files, Some(Machine(())), OffsetDateTime::UNIX_EPOCH);
    assert!(
        host.inner
            .units
            .set(Ok(Units { init: Box::new(Arc::new(systemd(&peer))), name: "systemd", runs: true }))
            .is_ok()
    );
    (peer, host)
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn units_are_found_listed_or_not() {
    let peer = Peer::answering(|call| recorded(&call));
    let systemd = systemd(&peer);
    let unit = |name| systemd.unit(name, late()).unwrap();
    let listed = unit("broken.service").unwrap();
    assert_eq!((listed.id.as_str(), listed.active.as_str(), listed.masked), ("broken.service", "failed", false));
    let alias = unit("sshd.service").unwrap();
    assert_eq!((alias.id.as_str(), alias.active.as_str()), ("ssh.service", "active"));
    let masked = unit("e2scrub_all.timer").unwrap();
    assert_eq!((masked.active.as_str(), masked.masked), ("failed", true));
    let template = unit("foo@.service").unwrap();
    assert_eq!((template.active.as_str(), template.path), ("inactive", None));
    assert_eq!(unit("nope.service"), None);
    // Listed because another unit wants it, and not there all the same.
    assert_eq!(unit("missing.service"), None);
    // systemd makes a slice up for whoever asks.
    assert_eq!(unit("nosuch.slice"), None);
}

#[test]
fn a_unit_whose_file_is_gone_is_there_while_it_runs() {
    let rows = [("runs.service", "active"), ("starts.service", "activating"), ("ended.service", "failed")];
    let row = |(name, active): &(&str, &str)| {
        let text = |text: &str| Item::Text(text.to_owned());
        let path = || Item::Path("/".into());
        let states = [text(name), text(""), text("not-found"), text(active), text(active), text("")];
        Item::Struct(states.into_iter().chain([path(), Item::Uint32(0), text(""), path()]).collect())
    };
    let list = [Item::Array(rows.iter().map(row).collect())];
    let peer = Peer::answering(move |call| match call.windows(9).any(|w| w == b"ListUnits") {
        true => reply(&call, 2, "", "a(ssssssouso)", &list),
        false => reply(&call, 3, "org.freedesktop.DBus.Error.FileNotFound", "s", &[Item::Text("no file".into())]),
    });
    let systemd = systemd(&peer);
    let active = |name| systemd.unit(name, late()).unwrap().map(|unit| unit.active);
    assert_eq!(active("runs.service").as_deref(), Some("active"));
    assert_eq!(active("starts.service").as_deref(), Some("activating"));
    assert_eq!(active("ended.service"), None);
}

#[test]
fn a_unit_that_may_not_be_seen_is_not_absent() {
    let peer = Peer::answering(|call| recorded(&call));
    let systemd = systemd(&peer);
    assert_eq!(systemd.unit("unrecorded.service", late()).unwrap_err().code(), "denied");
    assert_eq!(systemd.file_state("unrecorded.service", late()).unwrap_err().code(), "denied");
}

#[test]
fn a_bus_without_systemd_is_said_to_be_one() {
    let peer = Peer::answering(|call| {
        reply(&call, 3, "org.freedesktop.DBus.Error.ServiceUnknown", "s", &[Item::Text("no such name".into())])
    });
    let fault = systemd(&peer).unit("ssh.service", late()).unwrap_err();
    assert_eq!(fault.code(), "unsupported");
    assert!(fault.to_string().starts_with("systemd does not run here"), "{fault}");
}

#[test]
fn answers_of_another_shape_are_faults() {
    for (signature, item) in [
        ("s", Item::Text("odd".into())),
        ("as", Item::Array(vec![Item::Text("odd".into())])),
        ("a(ss)", Item::Array(vec![Item::Struct(vec![Item::Text("a".into()), Item::Text("b".into())])])),
        ("a{sv}", Item::Dict(Vec::new())),
        ("b", Item::Bool(true)),
    ] {
        let item = [item];
        let peer = {
            let item = item.clone();
            Peer::answering(move |call| reply(&call, 2, "", signature, &item))
        };
        assert_eq!(systemd(&peer).unit("ssh.service", late()).unwrap_err().code(), "malformed", "{signature}");
        // The listing is right, the rest is not.
        let peer = Peer::answering(move |call| {
            let list = call.windows(9).any(|w| w == b"ListUnits");
            if list { recorded(&call) } else { reply(&call, 2, "", signature, &item) }
        });
        assert_eq!(systemd(&peer).unit("sshd.service", late()).unwrap_err().code(), "malformed", "{signature}");
    }
}

#[test]
fn units_are_listed_once_for_all_that_ask() {
    let lists = Arc::new(AtomicUsize::new(0));
    let count = lists.clone();
    let peer = Peer::answering(move |call| {
        if call.windows(9).any(|w| w == b"ListUnits") {
            count.fetch_add(1, Ordering::SeqCst);
        }
        recorded(&call)
    });
    let systemd = systemd(&peer);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| systemd.unit("broken.service", late()).unwrap().unwrap());
        }
    });
    assert_eq!(lists.load(Ordering::SeqCst), 1);
}

#[test]
fn who_waits_for_a_listing_waits_no_longer_than_he_may_and_the_next_lists_anew() {
    let listing = Listing::default();
    let millis = |n| Instant::now() + Duration::from_millis(n);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            listing.get(millis(0), || {
                std::thread::sleep(Duration::from_millis(400));
                Err(Fault::TimedOut("slow".into(), Duration::ZERO))
            })
        });
        std::thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        let hasty = listing.get(millis(50), || panic!("another lists")).err().unwrap();
        assert!(hasty.code() == "timed-out" && began.elapsed() < Duration::from_millis(250), "{hasty}");
        let patient = listing.get(late(), || Ok(Loaded::new()));
        assert!(patient.is_ok() && slow.join().unwrap().is_err());
    });
    assert!(listing.get(late(), || panic!("it is known")).is_ok());
}

#[test]
fn properties_read_as_systemctl_prints_them() {
    let peer = Peer::answering(|call| recorded(&call));
    let systemd = systemd(&peer);
    let unit = systemd.unit("flap.service", late()).unwrap().unwrap();
    let properties = systemd.properties(&unit, late()).unwrap();
    let value = |name: &str| &properties.iter().find(|(n, _)| n == name).unwrap().1;
    let text = |t: &str| Value::Text(t.into());
    assert_eq!(value("NRestarts"), &Value::Int(6));
    assert_eq!(value("Restart"), &text("always"));
    assert_eq!(value("ExecMainStatus"), &Value::Int(1));
    assert_eq!(value("UMask"), &text("0022"));
    assert_eq!(value("MemoryCurrent"), &Value::Absent);
    assert_eq!(value("UID"), &Value::Absent);
    assert_eq!(value("MemoryMax"), &Value::Number(f64::INFINITY));
    assert_eq!(value("LimitNOFILE"), &Value::Int(524_288));
    assert_eq!(value("TimeoutStopUSec"), &Value::Int(90_000_000));
    assert_eq!(value("CapabilityBoundingSet"), &text("18446744073709551615"));
    assert_eq!(value("Names"), &Value::List(vec![text("flap.service")]));
    let template = systemd.unit("foo@.service", late()).unwrap().unwrap();
    assert_eq!(systemd.properties(&template, late()).unwrap_err().code(), "unsupported");
}

#[test]
fn names_are_written_as_paths_as_systemd_does() {
    assert_eq!(object_path("a_b@1.service"), "/org/freedesktop/systemd1/unit/a_5fb_401_2eservice");
    assert_eq!(object_path("-.mount"), "/org/freedesktop/systemd1/unit/_2d_2emount");
    assert_eq!(object_path("1x"), "/org/freedesktop/systemd1/unit/_31x");
}

#[test]
fn the_largest_number_is_never_or_no_bound_as_systemctl_has_it() {
    let largest = |name| super::property(name, &Item::Uint64(u64::MAX));
    // The next time by the clock of a timer that counts from boot, and the other way round.
    assert_eq!(largest("NextElapseUSecRealtime"), Value::Absent);
    assert_eq!(largest("NextElapseUSecMonotonic"), Value::Number(f64::INFINITY));
    assert_eq!(largest("LastTriggerUSec"), Value::Absent);
    assert_eq!(largest("ActiveEnterTimestamp"), Value::Absent);
    assert_eq!(largest("RuntimeMaxUSec"), Value::Number(f64::INFINITY));
    assert_eq!(largest("CPUUsageNSec"), Value::Absent);
}
