//! The system bus, and systemd behind it.

use crate::live::Lab;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

const SERVICE: &[(&str, &str)] = &[
    ("exists", "true"),
    ("running", "true"),
    ("enabled", "true"),
    ("masked", "true"),
    ("state", "\"active\""),
    ("restarts", "0"),
    ("properties.Restart", "\"always\""),
];
const PRESENCE: &[(&str, &str)] = &[("exists", "true")];

fn run_with(bus: &str) -> impl FnOnce(&[&str]) -> Output {
    move |args| {
        let mut command = Command::new(&*crate::live::PROGRAM);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", bus).args(args).args(["--timeout", "400ms"]);
        command.stdin(Stdio::null()).output().unwrap()
    }
}

#[track_caller]
fn unknown(lab: &Lab, bus: &str, names: &str) {
    let clock: &[(&str, &str)] = &[("clock-synced", "true")];
    // Where this is, the answer needs no bus.
    let clock = if Path::new("/run/systemd/timesync/synchronized").exists() { &[] } else { clock };
    lab.unknown(
        &[("service.ssh", SERVICE, names), ("service.no-such", PRESENCE, names), ("system.this", clock, names)],
        run_with(bus),
    );
}

#[test]
fn nobody_at_the_bus_answers_for_no_unit() {
    let lab = Lab::empty();
    unknown(&lab, &format!("unix:path={}", lab.path("none")), "none: there is no such socket");
    drop(UnixListener::bind(lab.path("dead")).unwrap());
    unknown(&lab, &format!("unix:path={}", lab.path("dead")), "nobody listens on the socket");
    std::fs::write(lab.path("file"), "").unwrap();
    unknown(&lab, &format!("unix:path={}", lab.path("file")), "nobody listens on the socket");
    unknown(&lab, "tcp:host=localhost,port=1", "`DBUS_SYSTEM_BUS_ADDRESS` names no Unix socket");
    unknown(&lab, "unix:path=/etc/passwd/x", "/etc/passwd/x");
}

#[test]
fn a_bus_that_is_silent_closes_or_babbles_answers_for_no_unit() {
    // What is said to each who connects, and whether the connection is held afterwards.
    for (says, held, names) in [
        (&b""[..], true, "timed out after"),
        (b"", false, "closed the connection"),
        (b"REJECTED EXTERNAL\r\n", true, "does not let user"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", true, "does not authenticate as D-Bus does"),
        (b"OK 0123456789abcdef\r\n", true, "timed out after"),
        (b"OK 0123456789abcdef\r\n", false, "closed the connection"),
        (b"OK 0123456789abcdef\r\n\0\0\0\0garbage garbage garbage", true, "what it sent cannot be read"),
        (
            b"OK 0123456789abcdef\r\nl\x02\x01\x01\xff\xff\xff\xff\x01\0\0\0\xff\xff\xff\x7f",
            true,
            "what it sent cannot be read",
        ),
    ] {
        let lab = Lab::empty();
        let listener = UnixListener::bind(lab.path("bus")).unwrap();
        thread::spawn(move || {
            let mut all = Vec::new();
            for mut client in listener.incoming().flatten() {
                thread::spawn({
                    let mut client = client.try_clone().unwrap();
                    move || client.read(&mut [0; 4096])
                });
                let _ = client.write_all(says);
                if held {
                    all.push(client);
                } else {
                    let _ = client.shutdown(std::net::Shutdown::Both);
                }
            }
        });
        unknown(&lab, &format!("unix:path={}", lab.path("bus")), names);
    }
}

#[test]
fn where_no_init_system_runs_no_unit_is_called_absent() {
    if Path::new("/run/systemd/system").exists() || Path::new("/run/dbus/system_bus_socket").exists() {
        eprintln!("skipped: systemd, or a bus, runs here");
        return;
    }
    let lab = Lab::empty();
    let names = "ask for what runs with `process`";
    let questions = [("service.no-such", SERVICE, names), ("service.no-other", PRESENCE, names)];
    lab.unknown(&questions, run_with(""));
}
