//! What hangs is given up on time, delays nobody and leaves nothing behind.

use crate::fuse::Hung;
use crate::{Lab, Ran, wait_until};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What each entry that hangs is given.
const TIMEOUT: &str = "timeout = '300ms'\n";
/// The time-out, what a probe may take to end by itself beyond it, and a busy machine.
const SOON: Duration = Duration::from_secs(3);

/// Runs a spec of `entries` that hang and of 50 that do not, and asserts that the whole process, as whoever waits for it
/// and reads its output sees it, ends on time, that the 50 pass, and that of each entry the reason is what it should be.
/// Returns the number of the process group.
#[track_caller]
fn gives_up(lab: &Lab, entries: &[(String, &str)]) -> u32 {
    let mut spec: String = entries.iter().map(|(entry, _)| format!("{entry}\n{TIMEOUT}")).collect();
    spec.extend((0..50).map(|n| format!("[file.alive{n}]\npath = '/'\nfiletype = 'directory'\n")));
    lab.write("spec.toml", spec);
    let began = Instant::now();
    let child = start(lab, &["-f", "json"]);
    let group = child.id();
    let ran = Ran::new(child.wait_with_output().unwrap(), began);
    ran.ended(1);
    assert!(ran.took < SOON, "{ran}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let results = report["results"].as_array().unwrap();
    let of = |outcome: &str| results.iter().filter(|r| r["outcome"] == outcome).collect::<Vec<_>>();
    assert_eq!((of("pass").len(), of("fail").len(), of("skip").len()), (100, 0, 0), "{ran}");
    let unknown = of("unknown");
    for (entry, reason) in entries {
        let said = |r: &&&serde_json::Value| r["summary-line"].as_str().unwrap().contains(reason);
        assert!(unknown.iter().any(|r| said(&r)), "{entry}: no `{reason}` in {ran}");
    }
    for result in unknown {
        assert!(result["summary-line"].as_str().unwrap().contains("timed out after"), "{result}");
    }
    group
}

/// The program at work, in a process group of its own, on a machine whose bus is a socket of the lab.
fn start(lab: &Lab, args: &[&str]) -> Child {
    let mut command = lab.command(&[&["validate"], args, &["spec.toml"]].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", lab.path("bus").display()));
    command.process_group(0).spawn().unwrap()
}

/// The numbers of processes that were written into `pids`, one a line.
fn pids(lab: &Lab) -> Vec<u32> {
    lab.read("pids").lines().map(|pid| pid.trim().parse().unwrap()).collect()
}

/// Whether a process runs, a zombie being none.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// Whether any thread runs or hangs in a process group. The leader of one that hangs may have ended.
fn any_in(group: u32) -> bool {
    let group = group.to_string();
    let list = |path: &str| std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
    let threads = list("/proc").flat_map(|process| list(&format!("{}/task", process.display())));
    let mut stats = threads.filter_map(|thread| std::fs::read_to_string(thread.join("stat")).ok());
    stats.any(|stat| {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        fields.get(2) == Some(&group.as_str()) && !matches!(fields[0], "Z" | "X")
    })
}

#[test]
fn a_daemon_that_never_answers_holds_nothing_up() {
    let Some(hung) = Hung::mount() else { return };
    let lab = Lab::empty();
    let at = |name: &str| hung.root().join(name).display().to_string();
    let link = hung.link("linked").display().to_string();
    let on_it = format!("did not answer, which is on {}: fuse `hung`", hung.root().display());
    let answer = |entry: &str| format!("`{entry}` did not answer");
    let none = |kind: &str, path: &str| (format!("[{kind}.'{path}']"), answer(&format!("{kind}: {path}")));
    let entries = [
        none("file", &at("lookup")),
        none("certificate", &at("lookup")),
        none("disk", &at("")),
        (format!("[mount.'{}']\nusage = '< 99%'", hung.root().display()), on_it.clone()),
        (format!("[file.'{}']\ncontents = ['x']", at("open")), on_it.clone()),
        (format!("[file.'{}']\nsha256 = 'x'", at("read")), on_it),
        none("certificate", &link),
        (format!("[file.a]\npath = '{link}'\nage = '> 1s'"), answer("file: a")),
    ];
    let entries: Vec<_> = entries.iter().map(|(entry, reason)| (entry.clone(), reason.as_str())).collect();
    let group = gives_up(&lab, &entries);
    assert!(any_in(group), "the file system lets go of its callers, so this test shows nothing");
    drop(hung);
    wait_until("nobody is left", || !any_in(group));
}

/// A server that says one more byte of a header's name every 20 ms, for ever.
fn trickle() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut peer in listener.incoming().flatten() {
            thread::spawn(move || {
                let endless = b"HTTP/1.1 200 OK\r\nX".iter().chain(std::iter::repeat(&b'-'));
                for byte in endless {
                    if peer.write_all(&[*byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
    address
}

#[test]
fn servers_that_never_come_to_an_end_hold_nothing_up() {
    let lab = Lab::empty();
    let _bus = UnixListener::bind(lab.path("bus")).unwrap();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (tcp, udp, slow) = (mute.local_addr().unwrap(), silent.local_addr().unwrap(), trickle());
    let entries = [
        ("[service.ssh]\nrunning = true".into(), "bus"),
        (format!("[http.'http://{tcp}/']\nstatus = 200"), "the response headers of http://"),
        (format!("[http.slow]\nurl = 'http://{slow}/'\nstatus = 200"), "the response headers of http://"),
        (format!("[certificate.'tls://{tcp}']"), "a TLS handshake with 127.0.0.1:"),
        (format!("[certificate.smtp]\npath = 'tls://{tcp}'\nstarttls = 'smtp'"), "the greeting of smtp at 127.0.0.1:"),
        (format!("[dns.'example.org']\nserver = '{udp}'\nresolvable = true"), "an answer of 127.0.0.1:"),
        (format!("[addr.'udp://{udp}']"), "a datagram from 127.0.0.1:"),
    ];
    let group = gives_up(&lab, &entries);
    assert!(!any_in(group));
}

/// Commands that do not end by themselves or when they are asked to, and write the numbers of their processes.
const STUBBORN: [&str; 6] = [
    "trap '' TERM INT HUP; echo $$ >> pids; while :; do sleep 1; done",
    r#"sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1; done' & wait"#,
    r#"setsid sh -c 'sh -c "echo \$\$ >> pids; exec sleep 300" & exit' & sleep 300"#,
    "echo $$ >> pids; exec >&- 2>&-; exec sleep 300",
    "echo $$ >> pids; exec yes",
    "sleep 300 & echo $! >> pids; echo $$ >> pids; wait",
];
const NUMBERS: usize = 7;

fn entry(n: usize, line: &str) -> String {
    format!("[command.c{n}]\nexec = '''{line}'''\nexit-status = 0\n")
}

#[test]
fn commands_that_do_not_end_hold_nothing_up_and_are_gone() {
    let lab = Lab::empty();
    let entries: Vec<_> = STUBBORN.iter().enumerate().map(|(n, line)| (entry(n, line), "timed out after")).collect();
    let group = gives_up(&lab, &entries);
    assert!(!any_in(group));
    let pids = pids(&lab);
    assert_eq!(pids.len(), NUMBERS, "{pids:?}");
    wait_until("all are killed", || !pids.iter().any(|pid| runs(*pid)));
}

/// Starts a run of stubborn commands and waits until all of them are at work.
fn stubborn(lab: &Lab) -> (Child, Vec<u32>) {
    let spec = STUBBORN.iter().enumerate().map(|(n, line)| entry(n, line) + "timeout = '60s'\n");
    lab.write("spec.toml", spec.collect::<String>());
    let child = start(lab, &[]);
    wait_until("all have begun", || lab.read("pids").lines().count() == NUMBERS);
    let pids = pids(lab);
    assert!(pids.iter().all(|pid| runs(*pid)));
    (child, pids)
}

#[test]
fn a_signal_that_ends_a_run_ends_its_commands() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let lab = Lab::empty();
        let (mut child, pids) = stubborn(&lab);
        let began = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "a shell is to know why: {status}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        wait_until("all are killed", || !pids.iter().any(|pid| runs(*pid)));
    }
}

#[test]
fn a_signal_reaches_a_run_that_has_another_process_in_front_of_it() {
    let Some(_hung) = Hung::mount() else { return };
    for to_group in [true, false] {
        let lab = Lab::empty();
        let (mut child, pids) = stubborn(&lab);
        let front = Pid::from_child(&child);
        let send = if to_group { kill_process_group } else { kill_process };
        send(front, Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
        wait_until("all are killed", || !pids.iter().any(|pid| runs(*pid)) && !any_in(child.id()));
    }
}

#[test]
fn a_run_that_is_to_live_through_a_hang_up_does() {
    let lab = Lab::with("spec.toml", "[command.a]\nexec = 'kill -HUP $PPID; sleep 0.1'\nexit-status = 0\n");
    lab.shell("trap '' HUP; exec $V validate spec.toml").ended(0);
    lab.shell("exec $V validate spec.toml").ended(128 + Signal::HUP.as_raw());
}

#[test]
fn a_process_in_front_changes_neither_status_nor_standard_input() {
    let Some(_hung) = Hung::mount() else { return };
    let lab = Lab::with("spec.toml", "[file.'/']\n");
    lab.run(&["validate", "spec.toml"]).ended(0).says("Failed: 0");
    lab.run(&["validate", "none.toml"]).ended(78).says("none.toml");
    lab.run(&["validate", "--tag", "x", "spec.toml"]).ended(64);
    lab.pipe("[file.'/none']\n", &["validate", "-"]).ended(1).says("Failed: 1");
    lab.pipe("[command.cat]\nstdin = 'x'\nstdout = 'x'\n", &["validate", "-"]).ended(0);
    // It runs in front of its own run only, not of those that its commands start.
    lab.write("nested.toml", "[command.a]\nexec = 'exec $V validate spec.toml'\nexit-status = 0\n");
    lab.shell("export V; exec $V validate nested.toml").ended(0);
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    let lab = Lab::empty();
    let pipe = lab.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let link = lab.path("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let mut spec = String::new();
    for path in [pipe.display(), link.display()] {
        let keys = "contents = ['x']\nsha256 = '0'\njson.a = 1\nage = { not = '1s' }";
        spec += &format!("[file.'{path}']\n{keys}\njson-schema = '{path}'\n[certificate.'{path}']\n");
    }
    lab.write("spec.toml", spec);
    let ran = lab.run(&["validate", "-f", "documentation", "spec.toml"]);
    ran.ended(1).says("Unknown: 10");
    assert!(ran.out.contains(&format!("{} is a pipe, which is not read", link.display())), "{ran}");
    assert!(ran.took < SOON, "{ran}");
}
