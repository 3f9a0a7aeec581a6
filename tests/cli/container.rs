//! Runs in containers, as far as they go without a daemon, and against one that is played.

use crate::{Lab, Ran, run};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

const SPEC: &str = "[file.\"/etc\"]\n";

/// A daemon that gives one answer to each request, by the beginning of its first line; `{}` with status 200 to all others.
struct Daemon {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    fn start(lab: &Lab, answers: &'static [(&'static str, &'static str)]) -> Daemon {
        let listener = UnixListener::bind(lab.path("engine.sock")).unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let line = request(&mut stream);
                let answer = answers.iter().find(|(start, _)| line.starts_with(start)).map(|(_, answer)| *answer);
                heard.lock().unwrap().push(line);
                let _ = stream.write_all(answer.unwrap_or("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").as_bytes());
            }
        });
        Daemon { asked }
    }

    /// The requests so far, without the names that each run makes up.
    fn asked(&self) -> Vec<String> {
        let plain = |line: &String| {
            let words = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
            let Some(at) = words.find("verispec-") else { return words };
            format!("{}NAME{}", &words[..at], &words[at + "verispec-0123456789ab".len()..])
        };
        self.asked.lock().unwrap().iter().map(plain).collect()
    }
}

/// The first line; the rest is read, too.
fn request(stream: &mut UnixStream) -> String {
    let (mut head, mut byte) = (vec![], [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    std::io::copy(&mut stream.take(length.unwrap_or(0)), &mut std::io::sink()).unwrap();
    head.lines().next().unwrap_or_default().to_owned()
}

fn asks(lab: &Lab, args: &[&str]) -> Ran {
    let socket = format!("unix://{}", lab.path("engine.sock").display());
    run(lab.command(args).env("DOCKER_HOST", socket))
}

const RUNS: &str = "HTTP/1.1 200 OK\r\n\r\n{\"Id\":\"c1\",\"State\":{\"Running\":true}}";

#[test]
fn a_spec_that_is_wrong_is_wrong_before_a_daemon_is_asked() {
    let lab = Lab::with("wrong.toml", "[file.\"/etc\"]\nnosuch = 1\n");
    let daemon = Daemon::start(&lab, &[]);
    let ran = asks(&lab, &["container", "run", "web:1", "--", "wrong.toml"]);
    ran.ended(78);
    assert!(ran.err.contains("no container was touched"), "{}", ran.err);
    lab.write("ok.toml", SPEC);
    asks(&lab, &["container", "run", "--wait", "wrong.toml", "web:1", "--", "ok.toml"]).ended(78);
    asks(&lab, &["container", "exec", "web", "ok.toml", "--tag", "nosuch"]).ended(64);
    assert!(asks(&lab, &["container", "run", "web:1", "ok.toml"]).ended(64).err.contains("behind `--`"));
    assert!(
        asks(&lab, &["container", "run", "--gpus", "all", "web:1", "--", "ok.toml"]).ended(64).err.contains("--gpus")
    );
    lab.write("far.toml", format!("include = [\"{}\"]\n", lab.path("ok.toml").display()));
    assert!(asks(&lab, &["container", "exec", "web", "far.toml"]).ended(78).err.contains("relative"));
    assert_eq!(daemon.asked(), [] as [&str; 0]);
}

#[test]
fn without_a_daemon_nothing_passes() {
    let lab = Lab::with("ok.toml", SPEC);
    let ran = asks(&lab, &["container", "run", "web:1", "--", "ok.toml"]);
    ran.ended(1);
    assert!(ran.err.contains("engine.sock: no such socket") && ran.out.is_empty(), "{}", ran.err);
}

#[test]
fn what_was_made_is_taken_away_when_the_rest_is_refused() {
    let lab = Lab::with("ok.toml", SPEC);
    let daemon = Daemon::start(
        &lab,
        &[(
            "POST /containers/create?name=verispec-",
            "HTTP/1.1 500 No\r\n\r\n{\"message\":\"no \\u001b[31mspace\\nleft\"}",
        )],
    );
    let ran = asks(&lab, &["container", "run", "web:1", "--", "ok.toml"]);
    ran.ended(1);
    assert_eq!(ran.err, "verispec: no \\u{1b}[31mspace\\nleft\n");
    assert_eq!(
        daemon.asked(),
        [
            "GET /images/web:1/json",
            "POST /volumes/create",
            "POST /containers/create?name=NAME-files",
            "DELETE /volumes/NAME?force=true"
        ]
    );
}

#[test]
fn a_container_that_does_not_start_is_taken_away_with_all_that_was_made_for_it() {
    let lab = Lab::with("ok.toml", SPEC);
    const REFUSAL: &str = "HTTP/1.1 404 No\r\n\r\n{\"message\":\"exec: nosuch: not found\"}";
    let daemon = Daemon::start(&lab, &[("POST /containers/verispec-", REFUSAL)]);
    let ran = asks(&lab, &["container", "run", "web:1", "nosuch", "--", "ok.toml"]);
    ran.ended(1);
    assert_eq!(ran.err, "verispec: exec: nosuch: not found\n");
    let asked = daemon.asked();
    assert_eq!(
        asked[asked.len() - 3..],
        [
            "DELETE /containers/NAME?force=true&v=true",
            "DELETE /containers/NAME-files?force=true&v=true",
            "DELETE /volumes/NAME?force=true"
        ]
    );
}

#[test]
fn report_and_status_are_those_of_the_run_inside() {
    let lab = Lab::with("ok.toml", SPEC);
    let daemon = Daemon::start(
        &lab,
        &[
            ("GET /containers/", RUNS),
            ("HEAD /containers/c1/archive?path=/.verispec ", "HTTP/1.1 404 No\r\n\r\n"),
            ("POST /containers/c1/exec", "HTTP/1.1 201 Created\r\n\r\n{\"Id\":\"e1\"}"),
            ("POST /exec/e1/start", "HTTP/1.1 200 OK\r\n\r\n\x01\0\0\0\0\0\0\x07report\n\x02\0\0\0\0\0\0\x05help\n"),
            ("GET /exec/e1/json", "HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":3}"),
        ],
    );
    let ran = asks(&lab, &["container", "exec", "web", "--format", "nagios", "ok.toml"]);
    ran.ended(3);
    assert_eq!((&*ran.out, &*ran.err), ("report\n", "help\n"));
    assert!(daemon.asked().contains(&"PUT /containers/c1/archive?path=/".to_owned()));
}

#[test]
fn a_report_that_breaks_off_is_no_pass() {
    let lab = Lab::with("ok.toml", SPEC);
    Daemon::start(
        &lab,
        &[
            ("GET /containers/", RUNS),
            ("HEAD /containers/c1/archive?path=/.verispec ", "HTTP/1.1 404 No\r\n\r\n"),
            ("POST /containers/c1/exec", "HTTP/1.1 201 Created\r\n\r\n{\"Id\":\"e1\"}"),
            ("POST /exec/e1/start", "HTTP/1.1 200 OK\r\n\r\n\x01\0\0\0\0\0\0\x09repo"),
            ("GET /exec/e1/json", "HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":0}"),
        ],
    );
    let ran = asks(&lab, &["container", "exec", "web", "ok.toml"]);
    ran.ended(1);
    assert!(ran.err.contains("hung up before it had answered"), "{}", ran.err);
}

#[test]
fn how_a_run_ended_that_the_daemon_does_not_know_is_no_pass() {
    for (end, why) in [
        ("HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":137}", "ended from outside"),
        ("HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":127}", "cannot be run"),
        ("HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":-1}", "ended from outside"),
        ("HTTP/1.1 404 No\r\n\r\n{\"message\":\"No such exec instance\"}", "No such exec instance"),
    ] {
        let lab = Lab::with("ok.toml", SPEC);
        let answers = Box::leak(Box::new([
            ("GET /containers/", RUNS),
            ("HEAD /containers/c1/archive?path=/.verispec ", "HTTP/1.1 404 No\r\n\r\n"),
            ("POST /containers/c1/exec", "HTTP/1.1 201 Created\r\n\r\n{\"Id\":\"e1\"}"),
            ("POST /exec/e1/start", "HTTP/1.1 200 OK\r\n\r\n"),
            ("GET /exec/e1/json", end),
        ]));
        Daemon::start(&lab, answers);
        let ran = asks(&lab, &["container", "exec", "web", "ok.toml"]);
        ran.ended(1);
        assert!(ran.err.contains(why) && ran.out.is_empty(), "{}", ran.err);
    }
}
