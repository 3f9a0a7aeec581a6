//! A server that lives through what happens to its spec, its log, its clients and itself.

use crate::{SLOW, Server, folder, program};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const TRUE: &str = "[command.true]\nexit-status = 0\n";
const FALSE: &str = "[command.false]\nexit-status = 0\n";

fn metric(server: &Server, name: &str) -> String {
    let text = server.get("/metrics").body;
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default();
    line.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn a_changed_spec_is_taken_over() {
    let server = Server::start(TRUE, &["--every", "1h"]);
    assert_eq!(server.get("/healthz").status, 200);
    server.write("spec.toml", FALSE);
    server.until_status("/healthz", 503);
    server.write("spec.toml", &format!("{TRUE}[command.\"true 2\"]\nexit-status = 0\n"));
    server.until_status("/healthz", 200);
    assert_eq!(metric(&server, "verispec_spec_reloads_total{result=\"loaded\"}"), "2");
}

#[test]
fn a_file_that_comes_to_an_include_is_taken_over() {
    let folder = folder(&format!("include = [\"parts/*.toml\"]\n{TRUE}"));
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(folder.path().join("parts/a.toml"), "[command.\"true 2\"]\nexit-status = 0\n").unwrap();
    let server = Server::start_in(folder, &["--every", "1h"]);
    assert_eq!(server.get("/healthz").second(), "2 pass, 0 fail, 0 unknown, 0 skip");
    server.write("parts/b.toml", FALSE);
    server.until_status("/healthz", 503);
    fs::remove_file(server.path("parts/b.toml")).unwrap();
    server.until_status("/healthz", 200);
}

#[test]
fn a_broken_spec_leaves_the_one_before_it_at_work_and_that_is_said() {
    let server = Server::start(TRUE, &["--every", "100ms"]);
    let is_refused = |server: &Server| Some(server.get("/healthz")).filter(|a| a.body.contains("\nspec: "));
    let is_clean = |server: &Server| (!server.get("/healthz").body.contains("\nspec: ")).then_some(());
    server.write("spec.toml", "[command.true]\nexit-statu = 0\n");
    let answer = server.until(is_refused);
    assert_eq!((answer.status, answer.first()), (200, "ok"));
    assert!(answer.body.contains("in use: spec.toml:2:1: "), "{}", answer.body);
    assert_eq!(metric(&server, "verispec_spec_last_reload_successful"), "0");
    assert_eq!(server.logged("a changed spec is refused, the one before it stays in use").len(), 1);
    // The very text that is in use.
    server.write("spec.toml", TRUE);
    server.until(is_clean);
    assert_eq!(metric(&server, "verispec_spec_last_reload_successful"), "1");
    fs::remove_file(server.path("spec.toml")).unwrap();
    let answer = server.until(is_refused);
    assert!(answer.status == 200 && answer.body.contains("there is no file"), "{}", answer.body);
    let runs: u64 = metric(&server, "verispec_runs_total").parse().unwrap();
    server.until(|server| (metric(server, "verispec_runs_total").parse::<u64>().unwrap() > runs + 2).then_some(()));
    server.write("spec.toml", FALSE);
    server.until_status("/healthz", 503);
    server.until(is_clean);
}

#[test]
fn sighup_looks_at_everything_again() {
    let server = Server::start("[command.\"echo x >> looks\"]\nexit-status = 0\n", &["--every", "1h"]);
    server.get("/healthz");
    assert_eq!(server.lines("looks"), 1);
    server.signal("HUP");
    server.until(|server| (server.lines("looks") == 2).then_some(()));
}

#[test]
fn a_spec_of_standard_input_is_read_once() {
    let mut child = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "json", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(TRUE.as_bytes()).unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("listening"));
    sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(!rest.iter().any(|line| line.contains("refused")), "{rest:?}");
    child.wait().unwrap();
}

#[test]
fn a_bad_spec_is_not_served() {
    let folder = folder("[command.true]\nexit-statu = 0\n");
    let ran = program().current_dir(&folder).args(["serve", "spec.toml"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("nothing is served"));
}

#[test]
fn what_keeps_it_from_listening_is_said() {
    let server = Server::start(TRUE, &[]);
    let at = server.logged("listening")[0]["on"][0].as_str().unwrap().trim_start_matches("http://").to_owned();
    for (listen, status) in [(&*at, 1), ("nonsense", 64), ("unix:relative", 64), ("127.0.0.1:99999", 64)] {
        let ran =
            program().current_dir(&server.folder).args(["serve", "--listen", listen, "spec.toml"]).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(status), "{listen}: {said}");
        assert!(said.contains(listen), "{said}");
    }
}

#[test]
fn sigterm_lets_those_who_wait_have_their_answer() {
    let mut server = Server::start("[command.\"touch begun; sleep 1\"]\nexit-status = 0\n", &["--on-demand"]);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get("/healthz"));
        server.until(|server| server.path("begun").exists().then_some(()));
        server.signal("TERM");
        assert_eq!(waiting.join().unwrap().status, 200);
    });
    assert!(server.ended().success());
    assert_eq!(server.logged("stopped").len(), 1);
}

#[test]
fn who_follows_the_events_does_not_hold_up_the_end() {
    let mut server = Server::start(TRUE, &["--every", "50ms"]);
    let address = server.logged("listening")[0]["on"][0].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut begin = [0; 400];
    stream.read_exact(&mut begin).unwrap();
    let begin = String::from_utf8_lossy(&begin).into_owned();
    assert!(begin.contains("Content-Type: text/event-stream") && begin.contains("event: run"), "{begin}");
    let began = Instant::now();
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn events_tell_what_changes_and_what_to() {
    let folder = folder("[file.\"flag\"]\n".replace("flag", "/nonexistent-verispec-flag").as_str());
    fs::write(folder.path().join("spec.toml"), "[command.\"test -e flag\"]\nexit-status = 0\n").unwrap();
    fs::write(folder.path().join("flag"), "").unwrap();
    let server = Server::start_in(folder, &["--every", "100ms"]);
    assert_eq!(server.get("/healthz").status, 200);
    let address = server.logged("listening")[0]["on"][0].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    fs::remove_file(server.path("flag")).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "Cache-Control: no-store"));
    assert!(lines.any(|line| line == "event: verdict"));
    let data = lines.next().unwrap();
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((&data["kind"], &data["id"]), (&"command".into(), &"test -e flag".into()));
    assert_eq!((&data["was"], &data["outcome"]), (&"pass".into(), &"fail".into()));
    assert!(lines.any(|line| line.contains("\"healthy\":false")));
}

#[test]
fn a_log_that_takes_nothing_is_no_reason_to_stop() {
    let folder = folder(TRUE);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let socket = folder.path().join("socket");
    let mut child = program()
        .current_dir(&folder)
        .args(["serve", "--every", "20ms", "--listen", &format!("unix:{}", socket.display()), "spec.toml"])
        .stderr(full)
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !socket.exists() {
        assert!(Instant::now() < until);
        sleep(Duration::from_millis(20));
    }
    fs::write(folder.path().join("spec.toml"), FALSE).unwrap();
    sleep(Duration::from_secs(3));
    let probed = program().args(["probe", &format!("unix:{}", socket.display())]).output().unwrap();
    assert_eq!(probed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&probed.stdout).starts_with("failing\n"));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_run() {
    // 64 KiB of it and what waits in the server are full soon: each change is a long line.
    let odd = format!("[command.\"exit $(($$ % 2)) # {}\"]\nexit-status = 0\n", "x".repeat(1_500));
    let folder = folder(&odd);
    let listen = format!("unix:{}", folder.path().join("socket").display());
    let child = program()
        .current_dir(&folder)
        .args(["serve", "--every", "1ms", "--listen", &listen, "spec.toml"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let at = folder.path().join("socket").display().to_string();
    fs::write(folder.path().join("log"), "").unwrap();
    let mut server = Server { child, folder, at };
    server.until(|server| server.path("socket").exists().then_some(()));
    server.until(|server| (metric(server, "verispec_runs_total").parse::<u64>().ok()? > 1_500).then_some(()));
    server.signal("TERM");
    assert!(server.ended().success());
}

#[test]
fn on_demand_nothing_is_answered_by_the_spec_before() {
    let server = Server::start(TRUE, &["--on-demand", "--max-age", "1h"]);
    assert_eq!(server.get("/healthz").status, 200);
    server.write("spec.toml", FALSE);
    server.until_status("/healthz", 503);
}

#[test]
fn what_cannot_be_read_and_goes_again_is_told_though_no_text_has_changed() {
    let folder = folder(&format!("include = [\"parts/*.toml\"]\n{TRUE}"));
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(folder.path().join("parts/a.toml"), "[command.\"true 2\"]\nexit-status = 0\n").unwrap();
    let server = Server::start_in(folder, &["--every", "100ms"]);
    server.get("/healthz");
    assert!(Command::new("mkfifo").arg(server.path("parts/b.toml")).status().unwrap().success());
    server.until(|server| server.get("/healthz").body.contains("\nspec: ").then_some(()));
    fs::remove_file(server.path("parts/b.toml")).unwrap();
    server.until(|server| (!server.get("/healthz").body.contains("\nspec: ")).then_some(()));
    assert_eq!(metric(&server, "verispec_spec_last_reload_successful"), "1");
    assert_eq!(server.get("/healthz").second(), "2 pass, 0 fail, 0 unknown, 0 skip");
}

#[test]
fn a_reload_brings_nothing_up_that_has_not_passed_often_enough() {
    let folder = folder("[command.\"test -e flag\"]\nexit-status = 0\n");
    let server = Server::start_in(folder, &["--every", "200ms", "--rise", "1000"]);
    server.until_status("/healthz", 503);
    server.write("flag", "");
    server.until(|server| server.get("/healthz").body.contains("1 pass").then_some(()));
    server.signal("HUP");
    server.until(|server| (metric(server, "verispec_spec_reloads_total{result=\"loaded\"}") == "1").then_some(()));
    let answer = server.get("/healthz");
    assert_eq!((answer.status, answer.first()), (503, "failing"), "{}", answer.body);
}

#[test]
fn that_what_is_known_has_grown_old_is_logged() {
    let server = Server::start(SLOW, &["--every", "200ms", "--max-age", "500ms"]);
    server.get("/healthz");
    server.write("slow", "");
    server.until(|server| (!server.logged("what is known is too old to be believed").is_empty()).then_some(()));
    fs::remove_file(server.path("slow")).unwrap();
    server.until(|server| (!server.logged("what is known is young enough again").is_empty()).then_some(()));
}

#[test]
fn one_that_was_killed_leaves_nothing_that_keeps_the_next_from_starting() {
    let lab = folder("[command.\"sleep 0.3\"]\nexit-status = 0\n");
    let listen = format!("unix:{}", lab.path().join("socket").display());
    let mut server = Server::start_at(lab, &listen, &["--every", "10ms"], &[]);
    server.get("/healthz");
    server.signal("KILL");
    server.child.wait().unwrap();
    assert!(server.path("socket").symlink_metadata().unwrap().file_type().is_socket());
    let again = folder(TRUE);
    let next = Server::start_at(again, &listen, &["--every", "1h"], &[]);
    assert_eq!(next.get("/healthz").status, 200);
}

#[test]
fn a_service_manager_is_told() {
    let lab = folder(TRUE);
    let path = lab.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let mut server = Server::start_at(lab, "127.0.0.1:0", &["--every", "100ms"], &environment);
    let hear = |word: &str| {
        let mut bytes = [0; 4096];
        loop {
            let length = manager.recv(&mut bytes).unwrap_or_else(|why| panic!("no {word}: {why}"));
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.contains(word) {
                return text;
            }
        }
    };
    assert!(hear("READY=1").contains("STATUS=ok: 1 pass, 0 fail, 0 unknown, 0 skip"));
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    server.write("spec.toml", FALSE);
    hear("STATUS=failing");
    server.signal("TERM");
    hear("STOPPING=1");
    assert!(server.ended().success());
}

#[test]
fn the_log_is_json_line_by_line() {
    let mut server = Server::start(FALSE, &["--every", "50ms"]);
    server.until_status("/healthz", 503);
    server.signal("TERM");
    server.ended();
    let log = server.log();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        for field in ["time", "level", "message"] {
            assert!(line[field].is_string(), "{line}");
        }
    }
    let changed: Vec<&str> = log.lines().filter(|line| line.contains("\"outcome\":\"fail\"")).collect();
    assert_eq!(changed.len(), 1, "{log}");
}

#[test]
fn a_clock_that_is_set_makes_nothing_old_and_keeps_nothing_young() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    if !std::path::Path::new(library).exists() {
        eprintln!("skipped: there is no libfaketime here (Debian package faketime)");
        return;
    }
    let folder = folder(TRUE);
    let clock = folder.path().join("clock");
    let set = |offset: &str| {
        // At once: half of a number is another one.
        fs::write(clock.with_extension("new"), offset).unwrap();
        fs::rename(clock.with_extension("new"), &clock).unwrap();
    };
    set("+0\n");
    let environment = [
        ("LD_PRELOAD", library),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
    ];
    let flags = ["--every", "100ms", "--max-age", "5s"];
    let server = Server::start_at(folder, "127.0.0.1:0", &flags, &environment);
    let began = |server: &Server| metric(server, "verispec_run_timestamp_seconds").parse::<i64>().unwrap();
    let real = began(&server);
    for (offset, days) in [("+30d\n", 30), ("-300d\n", -300), ("+0\n", 0)] {
        set(offset);
        // The clock was seen to jump, and a run began after that.
        server.until(|server| ((began(server) - real - days * 86_400).abs() < 3_600).then_some(()));
        let answer = server.get("/healthz");
        assert_eq!((answer.status, &*answer.headers["age"]), (200, "0"), "{offset}: {}", answer.body);
    }
}
