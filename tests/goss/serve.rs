//! `goss serve` as its clients meet it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server, and the folder that its spec lies in. It is killed if a test fails.
struct Server {
    child: Child,
    at: String,
    folder: TempDir,
}

/// Status, headers by their names in lower case, body.
type Answer = (u16, BTreeMap<String, String>, String);

impl Server {
    fn ours(spec: &str, flags: &[&str]) -> Server {
        let program =
            std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned());
        Server::start(Command::new(program).args(["--profile", "goss"]), spec, flags)
    }

    fn start(program: &mut Command, spec: &str, flags: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::free();
        let at = format!("127.0.0.1:{port}");
        fs::write(folder.path().join("goss.yaml"), spec).unwrap();
        let child = program
            .current_dir(&folder)
            .env_remove("GOSS_FMT")
            .args(["serve", "--listen-addr", &at])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Server { child, at, folder };
        let until = Instant::now() + Duration::from_secs(20);
        // Before anybody listens on such a port, a connection may be made with itself.
        let listens = |stream: TcpStream| stream.local_addr().unwrap() != stream.peer_addr().unwrap();
        while !TcpStream::connect(&server.at).is_ok_and(listens) {
            assert!(Instant::now() < until, "it does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn get(&self, accept: &[&str]) -> Answer {
        let accept: String = accept.iter().map(|format| format!("Accept: {format}\r\n")).collect();
        self.ask(&format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{accept}Connection: close\r\n\r\n"))
    }

    fn ask(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = vec![];
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        (status, headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(), body.to_owned())
    }

    /// KiB of memory.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default().len()
    }

    fn signal(&self, name: &str) {
        let number = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &number]).status().unwrap().success());
    }

    /// The status that it ends with, and what it said.
    fn end(&mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap().code();
        let said = BufReader::new(self.child.stderr.take().unwrap()).lines().map_while(Result::ok);
        (status, said.collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A port that nobody listens on at this moment.
struct TcpListener;

impl TcpListener {
    fn free() -> u16 {
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }
}

fn counting(takes: &str) -> String {
    format!("command:\n  count:\n    exec: printf x >> runs; sleep {takes}\n    exit-status: 0\n")
}

const FAILING: &str = "file:\n  /nonexistent: {exists: true}\n";

#[test]
fn many_clients_share_a_run_until_its_time_is_over() {
    let server = Server::ours(&counting("0.3"), &["--cache", "2s"]);
    thread::scope(|scope| {
        let all: Vec<_> = (0..40).map(|_| scope.spawn(|| server.get(&[]))).collect();
        all.into_iter().for_each(|one| assert_eq!(one.join().unwrap().0, 200));
    });
    assert_eq!(server.get(&["application/json"]).0, 200);
    assert_eq!(server.runs(), 1);
    thread::sleep(Duration::from_millis(2_100));
    assert_eq!(server.get(&[]).0, 200);
    assert_eq!(server.runs(), 2);
}

#[test]
fn without_a_cache_each_request_looks_again() {
    let server = Server::ours(&counting("0"), &["--cache", "0s"]);
    (0..3).for_each(|_| assert_eq!(server.get(&[]).0, 200));
    assert_eq!(server.runs(), 3);
}

#[test]
fn what_failed_is_503_in_every_format_that_can_say_so() {
    let server = Server::ours(FAILING, &[]);
    for (accept, status) in [("", 503), ("application/json", 503), ("application/vnd.goss-silent", 503)] {
        assert_eq!(server.get(&[accept]).0, status, "{accept}");
    }
    // Whoever collects metrics is to get them; as in goss.
    assert_eq!(server.get(&["application/vnd.goss-prometheus"]).0, 200);
    let (_, headers, body) = server.get(&[]);
    assert_eq!(headers["content-type"], "application/vnd.goss-rspecish");
    assert!(body.contains("Count: 1, Failed: 1, Skipped: 0") && !body.contains('\u{1b}'), "{body}");
}

#[test]
fn no_client_gets_to_see_more_than_silent() {
    let server = Server::ours(FAILING, &["--format", "silent"]);
    for accept in ["application/json", "application/vnd.goss-documentation", "text/json"] {
        let (status, headers, body) = server.get(&[accept]);
        assert_eq!((status, headers["content-type"].as_str(), body.as_str()), (503, "application/vnd.goss-silent", ""));
    }
}

#[test]
fn a_signal_lets_answers_finish_and_nothing_outlives_it() {
    let mut server = Server::ours(&counting("1"), &["--cache", "0s"]);
    assert_eq!(server.get(&[]).0, 200);
    let (mut client, at) = (TcpStream::connect(&server.at).unwrap(), server.at.clone());
    client.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(&at).is_err(), "it still listens");
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(server.end().0, Some(0));

    let mark = format!("30.{:05}", std::process::id());
    let mut server = Server::ours(&counting(&mark), &["--cache", "0s"]);
    let mut client = TcpStream::connect(&server.at).unwrap();
    client.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(500));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    let began = Instant::now();
    assert_eq!(server.end().0, None);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let left = Command::new("pgrep").args(["-f", &format!("sleep {mark}")]).output().unwrap();
    assert!(left.stdout.is_empty(), "the command is still there");
}

#[test]
fn what_keeps_it_from_serving_is_said_and_ends_it_with_1() {
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verispec"));
        command.args(["--profile", "goss"]);
        command
    };
    let folder = tempfile::tempdir().unwrap();
    let spec = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (good, bad, empty) = (spec("good.yaml", FAILING), spec("bad.yaml", "file: ["), spec("empty.yaml", "{}"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (spec, flags, word) in [
        (&bad, &["serve"][..], "bad.yaml"),
        (&empty, &["serve"], "found 0 tests"),
        (&good, &["serve", "-f", "nope"], "bad output format: nope"),
        (&good, &["serve", "-l", "nonsense"], "no port"),
        (&good, &["serve", "-l", "127.0.0.1:99999"], "99999"),
        (&good, &["serve", "-l", &taken], "in use"),
        (&good, &["serve", "-e", "healthz"], "begin with `/`"),
        (&good, &["serve", "--max-concurrent", "0"], "1 or more"),
    ] {
        let ran = program().args(["-g", spec]).args(flags).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(1) && said.contains(word), "{flags:?}: {:?} {said}", ran.status);
    }
}

#[test]
fn thousands_of_silent_connections_cost_little_and_delay_nobody() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
    let count = most.map_or(5_000, |most| (most / 2).min(5_000));
    let server = Server::ours(FAILING, &["--cache", "1h"]);
    assert_eq!(server.get(&[]).0, 503);
    let before = server.resident();
    let silent: Vec<_> = (0..count).map(|_| TcpStream::connect(&server.at).unwrap()).collect();
    for _ in 0..50 {
        let began = Instant::now();
        assert_eq!(server.get(&[]).0, 503);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KiB");
    drop(silent);
}

#[test]
fn commands_do_not_hear_what_the_service_manager_says_to_the_server() {
    let told = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
    let shown: String = told.iter().map(|name| format!("${name}")).collect();
    let spec =
        format!("command:\n  told:\n    exec: echo \"[{shown}$OTHER]\"\n    exit-status: 0\n    stdout: ['[other]']\n");
    let mut program = Command::new(env!("CARGO_BIN_EXE_verispec"));
    program.args(["--profile", "goss"]).env("OTHER", "other").envs(told.map(|name| (name, "1")));
    let server = Server::start(&mut program, &spec, &[]);
    let (status, _, body) = server.get(&[]);
    assert_eq!(status, 200, "{body}");
}

#[test]
fn the_address_listened_on_is_told() {
    let mut server = Server::ours(FAILING, &["-e", "/live/"]);
    let answer = server.ask("GET /live/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(answer.0, 503);
    server.signal("INT");
    let (status, said) = server.end();
    assert_eq!(status, Some(0));
    assert!(said.contains(&format!("[INFO] Starting to listen on: {}", server.at)), "{said}");
}

/// What both say, without what differs from run to run: times, the order of results, and how one value is printed.
fn comparable((status, headers, body): Answer) -> (u16, String, bool, Vec<String>) {
    let digits = |line: &str| line.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect::<String>();
    let mut lines: Vec<String> = match headers["content-type"].as_str() {
        "application/json" | "application/vnd.goss-structured" => {
            let report: serde_json::Value = serde_json::from_str(&body).unwrap();
            let results = report["results"].as_array().unwrap().iter();
            results.map(|one| format!("{} {} {}", one["resource-id"], one["property"], one["result"])).collect()
        }
        _ => body.lines().filter(|line| !line.contains("time")).map(digits).collect(),
    };
    lines.sort();
    (status, headers["content-type"].clone(), headers.contains_key("content-length"), lines)
}

#[test]
fn clients_get_what_goss_gives_them() {
    let Some(goss) = super::goss("clients_get_what_goss_gives_them") else { return };
    for spec in ["file:\n  /etc/passwd: {exists: true, filetype: file}\n", FAILING] {
        let theirs = Server::start(&mut Command::new(Path::new(&goss)), spec, &[]);
        let ours = Server::ours(spec, &[]);
        for accept in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["TEXT/JSON"],
            &["application/json, text/html"],
            &["text/html", "application/json"],
            &["application/json", "text/html"],
            &["application/vnd.goss-json"],
            &["application/vnd.goss-rspecish"],
            &["application/vnd.goss-documentation"],
            &["application/vnd.goss-junit"],
            &["application/vnd.goss-nagios"],
            &["application/vnd.goss-prometheus"],
            &["application/vnd.goss-silent"],
            &["application/vnd.goss-structured"],
            &["application/vnd.goss-tap"],
            &["application/vnd.goss-jsonl"],
            &["application/vnd.goss-"],
        ] {
            assert_eq!(comparable(ours.get(accept)), comparable(theirs.get(accept)), "{accept:?}");
        }
        for request in ["HEAD /healthz", "GET /healthz?x=1", "GET /", "GET /healthz/", "GET /healthzz"] {
            let request = format!("{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assert_eq!(ours.ask(&request).0, theirs.ask(&request).0, "{request}");
        }
    }
}
