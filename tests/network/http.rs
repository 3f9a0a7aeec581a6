//! The kind `http` against servers that behave and servers that do not.

use crate::peer::http::{Authority, Certified, Server, serve, serve_tls, serve_unix, server};
use crate::peer::proxy::{proxy, refusing};
use crate::{outcome, outcomes, outcomes_within};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use verispec::verdict::Outcome;

const BASIC: &str = "Basic dXNlcjpzM2NyZXQtd29yZA==";

/// What one key comes to when this URL is asked so.
fn key(url: &str, key: &str, rest: &str) -> Outcome {
    outcome(&format!("[http.\"{url}\"]\n{rest}\n"), key)
}

fn passes(url: &str, name: &str, rest: &str) {
    let seen = key(url, name, rest);
    assert_eq!(seen, Outcome::Pass, "{url}: {name} with {rest}");
}

fn fails(url: &str, name: &str, rest: &str) {
    let seen = key(url, name, rest);
    assert_eq!(seen, Outcome::Fail, "{url}: {name} with {rest}");
}

/// A folder for certificates.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }
}

/// What the program says of a spec, with these variables in its environment and no other proxy.
fn said(spec: &str, environment: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    let path = folder.write("spec.toml", spec);
    let program = std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned());
    let mut command = Command::new(program);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
        command.env_remove(name);
    }
    let ran = command.args(["validate", "-f", "documentation", &path]).envs(environment.iter().copied()).output();
    let ran = ran.unwrap();
    format!("{}{}", String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
}

/// Every key of the kind, each with a test that could pass.
const EVERY_KEY: &str = "status = 200\nheaders = ['x']\nbody = ['x']\njson = { a = 1 }\njson-schema = '{}'\nlatency = '< 9s'\nredirects = 0\n";
/// The same, each with a test that could pass if the first could not.
const EVERY_KEY_NOT: &str = "status = { not = 200 }\nheaders = { not = { have-patterns = ['x'] } }\n\
    body = { not = { have-patterns = ['x'] } }\njson = { a = { not = 1 } }\njson-schema = '{\"type\": \"string\"}'\n\
    latency = { not = '< 9s' }\nredirects = { not = 0 }\n";

fn words(all: &[(String, Outcome)]) -> Vec<&'static str> {
    all.iter().map(|(_, outcome)| outcome.word()).collect()
}

/// Whichever way round it is asked, every key comes to the same; returns what is said.
fn whichever_way(url: &str, word: &str, rest: &str, within: Duration) -> String {
    let mut told = String::new();
    for (keys, tls) in
        [(EVERY_KEY, "tls-expires-in = '> 0s'\n"), (EVERY_KEY_NOT, "tls-expires-in = { not = '> 0s' }\n")]
    {
        // Who is not trusted has still shown a certificate.
        let tls = if url.starts_with("https:") { "" } else { tls };
        let spec = format!("[http.x]\nurl = \"{url}\"\n{keys}{tls}{rest}\n");
        let began = Instant::now();
        let all = outcomes_within(&spec, within);
        assert!(began.elapsed() < within + Duration::from_millis(300), "{url}: {:?}", began.elapsed());
        assert!(words(&all).iter().all(|w| *w == word), "{url}: {all:?}");
        if let Some((_, Outcome::Unknown(fault))) = all.first() {
            told = fault.to_string();
        }
    }
    if word == "fail" {
        told = said(&format!("[http.x]\nurl = \"{url}\"\nstatus = 200\n{rest}\ntimeout = '2s'\n"), &[]);
    }
    told
}

#[test]
fn every_key_passes_and_fails_by_what_the_server_says() {
    let peer = server();
    let (root, json) = (peer.url("/"), peer.url("/json"));
    passes(&root, "status", "status = 200");
    fails(&root, "status", "status = 201");
    passes(&peer.url("/status/503"), "status", "status = 503");
    passes(&root, "body", "body = [\"world\", \"!nobody\"]");
    passes(&root, "body", "body = \"hello\\nworld\\n\"");
    fails(&root, "body", "body = [\"nobody\"]");
    let sorted = "Content-Length: 12\\nContent-Type: text/plain\\nServer: peer\\nX-A: 1\\nX-B: 1\\nX-B: 2";
    passes(&root, "headers", &format!("headers = \"{sorted}\""));
    passes(&root, "headers", "headers = [\"/^Content-Type: text/\", \"X-B: 2\"]");
    fails(&root, "headers", "headers = [\"content-type\"]");
    passes(&json, "json.status", "json = { status = \"up\" }");
    fails(&json, "json.status", "json = { status = \"down\" }");
    passes(&json, "json.n.#", "json = { \"n.#\" = 2 }");
    fails(&json, "json.none", "json = { none = { not = 1 } }");
    fails(&root, "json.status", "json = { status = { not = \"up\" } }");
    passes(&json, "json-schema", "json-schema = { required = [\"status\"] }");
    fails(&json, "json-schema", "json-schema = { required = [\"none\"] }");
    passes(&root, "latency", "latency = \"< 2s\"");
    passes(&peer.url("/slow/150"), "latency", "latency = \">= 150ms\"");
    fails(&peer.url("/slow/150"), "latency", "latency = \"< 150ms\"");
    passes(&root, "redirects", "redirects = 0");
    fails(&root, "redirects", "redirects = 1");
    fails(&root, "tls-expires-in", "tls-expires-in = \"> 1s\"");
    fails(&root, "tls-expires-in", "tls-expires-in = { not = \"> 1s\" }");
}

#[test]
fn a_body_is_read_as_the_server_frames_it() {
    let peer = server();
    for (path, body) in [
        ("/chunked", "hello\\n"),
        ("/old", "until the end"),
        ("/hints", "after"),
        ("/204", ""),
        ("/304", ""),
        ("/bytes", "a\u{fffd}b"),
    ] {
        passes(&peer.url(path), "body", &format!("body = \"{body}\""));
    }
    passes(&peer.url("/bytes"), "headers", "headers = [\"X-L: \u{fffd}\"]");
    passes(&peer.url("/204"), "status", "status = 204");
    let head = "method = \"HEAD\"\nstatus = 200\nbody = \"\"\nheaders = [\"Content-Length: 5000\"]";
    assert_eq!(words(&outcomes(&format!("[http.\"{}\"]\n{head}\n", peer.url("/head")))), ["pass"; 3]);
    passes(&peer.url("/medium-headers"), "headers", "headers = [\"/^X-49: x+$/\"]");
}

#[test]
fn a_body_that_is_not_asked_for_is_not_waited_for() {
    let peer = server();
    for path in ["/endless", "/silent-body", "/trickle-body", "/cut"] {
        let began = Instant::now();
        passes(&peer.url(path), "status", "status = 200\nheaders = [\"HTTP\", \"!HTTP\"]");
        assert!(began.elapsed() < Duration::from_secs(1), "{path}");
    }
}

#[test]
fn a_long_body_is_read_up_to_a_bound_and_what_that_does_not_decide_is_unknown() {
    let peer = server();
    passes(&peer.url("/big"), "body", "body = [\"start\"]");
    passes(&peer.url("/endless"), "body", "body = { contain-substring = \"xxx\" }");
    for path in ["/big", "/endless"] {
        for test in ["body = [\"!nothing of this\"]", "json = { a = 1 }", "json-schema = {}"] {
            let all = outcomes(&format!("[http.\"{}\"]\n{test}\n", peer.url(path)));
            assert_eq!(words(&all), ["unknown"], "{path}: {test}: {all:?}");
        }
    }
}

#[test]
fn a_body_that_breaks_off_is_no_body() {
    let peer = server();
    for (path, word, why) in [
        ("/cut", "fail", "hung up before the response body had come"),
        ("/bad-chunk", "unknown", "not framed as HTTP wants it"),
        ("/long-chunk", "unknown", "not framed as HTTP wants it"),
    ] {
        for test in ["body = [\"hello\"]", "body = [\"!hello\"]", "json = { a = 1 }"] {
            let all = outcomes(&format!("[http.\"{}\"]\nstatus = 200\n{test}\n", peer.url(path)));
            assert_eq!(words(&all), ["pass", word], "{path}: {test}: {all:?}");
        }
        let said = said(&format!("[http.\"{}\"]\nbody = [\"hello\"]\n", peer.url(path)), &[]);
        assert!(said.contains(why), "{said}");
    }
    let all = outcomes(&format!("[http.\"{}\"]\nstatus = 200\nbody = \"abc\"\n", peer.url("/gzip")));
    assert_eq!(words(&all), ["pass", "unknown"]);
}

#[test]
fn a_server_that_is_silent_or_trickles_leaves_every_key_unknown_in_time() {
    let peer = server();
    let within = Duration::from_millis(300);
    for path in ["/silent", "/trickle-headers"] {
        let said = whichever_way(&peer.url(path), "unknown", "", within);
        assert!(said.starts_with("timed out after 3"), "{said}");
        assert!(said.ends_with(&format!(": the response headers of {}", peer.url(path))), "{said}");
    }
    for path in ["/silent-body", "/trickle-body"] {
        for test in ["body = [\"x\"]", "body = [\"!x\"]"] {
            let began = Instant::now();
            let all = outcomes_within(&format!("[http.\"{}\"]\nstatus = 200\n{test}\n", peer.url(path)), within);
            assert!(began.elapsed() < Duration::from_millis(600), "{path}");
            assert!(
                matches!(&all[..], [(_, Outcome::Pass), (_, Outcome::Unknown(fault))]
                    if fault.to_string().ends_with(&format!("the response body of {}", peer.url(path)))),
                "{all:?}"
            );
        }
    }
}

#[test]
fn a_server_that_never_accepts_or_never_shakes_hands_is_unknown_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let within = Duration::from_millis(200);
    let said = whichever_way(&format!("http://{address}/"), "unknown", "", within);
    assert!(said.contains("the response headers of http://127.0.0.1:"), "{said}");
    let said = whichever_way(&format!("https://{address}/"), "unknown", "", within);
    assert!(said.contains("a TLS handshake with"), "{said}");
    let all = outcomes_within(&format!("[http.\"https://{address}/\"]\ntls-expires-in = {{ not = '> 0s' }}\n"), within);
    assert_eq!(words(&all), ["unknown"]);
}

#[test]
fn a_server_that_refuses_or_speaks_something_else_fails_every_key() {
    let peer = server();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let within = Duration::from_secs(5);
    let said = whichever_way(&format!("http://{closed}/"), "fail", "", within);
    assert!(said.contains(&format!("{closed}: connection refused")), "{said}");
    let said = whichever_way(&peer.url("/hang-up"), "fail", "", within);
    assert!(said.contains("the server hung up before the response headers had come"), "{said}");
    let said = whichever_way(&peer.url("/garbage"), "fail", "", within);
    assert!(said.contains("what answers does not speak HTTP"), "{said}");
}

#[test]
fn headers_without_bound_or_that_cannot_be_read_leave_every_key_unknown() {
    let peer = server();
    let said = whichever_way(&peer.url("/long-headers"), "unknown", "", Duration::from_secs(5));
    assert!(said.contains("longer than the 64 KiB that are read"), "{said}");
    let said = whichever_way(&peer.url("/many-headers"), "unknown", "", Duration::from_secs(5));
    assert!(said.contains("more response headers than are read"), "{said}");
    for path in ["/odd-header", "/odd-continue"] {
        let said = whichever_way(&peer.url(path), "unknown", "", Duration::from_secs(5));
        assert!(said.contains("the response headers cannot be read"), "{said}");
    }
}

#[test]
fn a_request_says_what_a_client_says_and_nothing_of_compression() {
    let peer = server();
    passes(&peer.url("/?a b"), "status", "status = 200");
    let asked = peer.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/?a%20b"));
    let agent = concat!("verispec/", env!("CARGO_PKG_VERSION"));
    assert_eq!(asked.header("host"), [peer.address.to_string()]);
    assert_eq!(asked.header("user-agent"), [agent]);
    assert_eq!(asked.header("accept"), ["*/*"]);
    assert_eq!(asked.header("connection"), ["close"]);
    assert_eq!(asked.headers.len(), 4, "{asked:?}");
}

#[test]
fn settings_of_the_request_are_heeded() {
    let peer = server();
    let list = "method = \"PUT\"\nrequest-body = \"some body\"\nstatus = 200\n\
        request-headers = [\"Host: www.example.org\", \"X-A: 1\", \"X-A: 2: 3\", \"User-Agent: me\", \"accept: text/html\", \"Content-Length: 1000\"]";
    passes(&peer.url("/"), "status", list);
    let asked = peer.last();
    assert_eq!((asked.method.as_str(), asked.body.as_str()), ("PUT", "some body"));
    assert_eq!(asked.header("host"), ["www.example.org"]);
    assert_eq!(asked.header("x-a"), ["1", "2: 3"]);
    assert_eq!(asked.header("user-agent"), ["me"]);
    assert_eq!(asked.header("accept"), ["text/html"]);
    assert_eq!(asked.header("content-length"), ["9"]);
    passes(&peer.url("/"), "status", "request-headers = { X-B = \"4\" }\nstatus = 200");
    assert_eq!(peer.last().header("x-b"), ["4"]);
    passes(&peer.url("/"), "status", "method = \"POST\"\nstatus = 200");
    assert_eq!(peer.last().header("content-length"), ["0"]);
    passes(&peer.url("/"), "status", "method = \"PROPFIND\"\nstatus = 200");
    assert_eq!((peer.last().method.as_str(), peer.last().body.as_str()), ("PROPFIND", ""));
    passes(&peer.url("/"), "status", "request-body = \"of a GET\"\nstatus = 200");
    assert_eq!(peer.last().body, "of a GET");
    let waits = "method = \"POST\"\nrequest-body = \"b\"\nrequest-headers = [\"Expect: 100-continue\"]\nstatus = 200";
    passes(&peer.url("/"), "status", waits);
    assert_eq!(peer.last().body, "b");
    let long = format!(
        "method = \"POST\"\nrequest-body = \"{0}\"\nrequest-headers = [\"X-L: {0}\"]\nstatus = 200",
        "x".repeat(40_000)
    );
    passes(&peer.url("/"), "status", &long);
    assert_eq!((peer.last().body.len(), peer.last().header("x-l")[0].len()), (40_000, 40_000));
}

#[test]
fn a_server_that_answers_before_it_has_read_the_body_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.read_exact(&mut [0; 20]).unwrap();
        peer.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    });
    let body = "x".repeat(6 << 20);
    passes(
        &format!("http://{address}/"),
        "status",
        &format!("method = \"POST\"\nrequest-body = \"{body}\"\nstatus = 413"),
    );
}

#[test]
fn a_user_name_and_password_log_in() {
    let peer = server();
    let url = peer.url("/login");
    passes(&url, "status", "status = 401");
    passes(&url, "status", "username = \"user\"\npassword = \"s3cret-word\"\nstatus = 200");
    passes(&url.replace("http://", "http://user:s3cret%2Dword@"), "status", "status = 200");
    passes(&url, "status", &format!("request-headers = [\"Authorization: {BASIC}\"]\nstatus = 200"));
    passes(
        &url.replace("http://", "http://a:b@"),
        "status",
        "username = \"user\"\npassword = \"s3cret-word\"\nstatus = 200",
    );
    let both = "request-headers = [\"Authorization: Basic eHg6eHg=\"]\nusername = \"user\"\npassword = \"s3cret-word\"\nstatus = 200";
    passes(&url, "status", both);
    assert_eq!(peer.last().header("authorization"), [BASIC]);
}

#[test]
fn redirects_are_followed_as_clients_follow_them() {
    let peer = server();
    passes(&peer.url("/hops/3"), "redirects", "redirects = 3");
    passes(&peer.url("/hops/10"), "body", "body = \"there\"");
    let said = whichever_way(&peer.url("/hops/11"), "fail", "", Duration::from_secs(5));
    assert!(said.contains("more than 10 redirects"), "{said}");
    let post = "method = \"POST\"\nrequest-body = \"b\"\nrequest-headers = [\"Content-Type: text/plain\", \"X-A: 1\"]\nredirects = 1";
    for (status, method, body) in
        [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "b"), (308, "POST", "b")]
    {
        passes(&peer.url(&format!("/to/{status}?/echo")), "redirects", post);
        let asked = peer.last();
        assert_eq!((asked.method.as_str(), asked.body.as_str()), (method, body), "{status}");
        assert_eq!(asked.header("content-type").len(), body.len(), "{status}");
        assert_eq!(asked.header("x-a"), ["1"]);
    }
    passes(&peer.url("/to/302?/head"), "redirects", "method = \"HEAD\"\nredirects = 1");
    assert_eq!(peer.last().method, "HEAD");
    for path in ["/to/300?/", "/to/304?/", "/to/302"] {
        passes(&peer.url(path), "redirects", "redirects = 0");
    }
    let own =
        "no-follow-redirects = true\nstatus = 302\nbody = \"move\"\nheaders = [\"Location: /hops/0\"]\nredirects = 0";
    let all = outcomes(&format!("[http.\"{}\"]\n{own}\n", peer.url("/to/302?/hops/0")));
    assert_eq!(words(&all), ["pass"; 4]);
    for (to, why) in [("ftp://h/x", "ftp"), ("http://", "names no host"), ("http://h:0/", "not a port")] {
        let said = whichever_way(&peer.url(&format!("/to/302?{to}")), "fail", "", Duration::from_secs(5));
        assert!(said.contains("redirects to where nobody can follow") && said.contains(why), "{said}");
    }
}

#[test]
fn what_is_secret_stays_with_its_server() {
    let (home, away) = (server(), server());
    let secrets =
        "request-headers = [\"Cookie: c\", \"X-Api-Key: k\", \"X-Open: o\", \"Authorization: a\"]\nredirects = 1";
    let to = |server: &Server| home.url(&format!("/to/307?{}", server.url("/echo")));
    passes(&to(&home), "redirects", secrets);
    let asked = home.last();
    assert_eq!(
        (asked.header("cookie"), asked.header("x-api-key"), asked.header("authorization")),
        (vec!["c"], vec!["k"], vec!["a"])
    );
    passes(&to(&away), "redirects", secrets);
    let asked = away.last();
    assert_eq!(asked.header("x-open"), ["o"]);
    for secret in ["cookie", "x-api-key", "authorization"] {
        assert!(asked.header(secret).is_empty(), "{secret}");
    }
    for (url, rest) in [
        (to(&away), "username = \"user\"\npassword = \"s3cret-word\"\nredirects = 1"),
        (to(&away).replacen("http://", "http://user:s3cret-word@", 1), "redirects = 1"),
    ] {
        passes(&url, "redirects", rest);
        assert_eq!(home.last().header("authorization"), [BASIC]);
        assert!(away.last().header("authorization").is_empty());
    }
    passes(&to(&home).replacen("http://", "http://user:s3cret-word@", 1), "redirects", "redirects = 1");
    assert_eq!(home.last().header("authorization"), [BASIC]);
    // A host of the spec's own holds for as long as nobody says another.
    let own = "request-headers = [\"Host: www.example.org\"]\nredirects = 1";
    passes(&home.url("/to/302?/echo"), "redirects", own);
    assert_eq!(home.last().header("host"), ["www.example.org"]);
    passes(&to(&home), "redirects", own);
    assert_eq!(home.last().header("host"), [home.address.to_string()]);
}

#[test]
fn a_unix_socket_stands_in_for_the_host() {
    let folder = Folder::new();
    let peer = serve_unix(&folder.path("s"));
    let path = folder.path("s").display().to_string();
    let rest = format!("unix-socket = \"{path}\"\nproxy = \"http://127.0.0.1:1\"\nstatus = 200");
    passes("http://docker/to/302?/echo", "status", &rest);
    let asked = peer.last();
    assert_eq!((asked.target.as_str(), asked.header("host")), ("/echo", vec!["docker"]));
    let said = whichever_way("http://docker/", "fail", "unix-socket = \"/no/such/socket\"", Duration::from_secs(5));
    assert!(said.contains("/no/such/socket: no such socket"), "{said}");
}

struct Site {
    folder: Folder,
    root: Authority,
}

impl Site {
    fn new() -> Site {
        let site = Site { folder: Folder::new(), root: Authority::new() };
        site.folder.write("ca.pem", &site.root.pem);
        site
    }

    fn ca(&self) -> String {
        format!("ca-file = \"{}\"\n", self.folder.path("ca.pem").display())
    }

    fn server(&self, name: &str, until: i32) -> Server {
        serve_tls(&self.root.certify(name, until), None)
    }
}

fn tls(server: &Server, path: &str) -> String {
    server.url(path).replacen("http://", "https://", 1)
}

#[test]
fn a_trusted_server_is_asked_and_its_certificate_has_time_left() {
    let site = Site::new();
    let peer = site.server("127.0.0.1", 2090);
    let rest = format!("{}status = 200\nbody = [\"hello\"]\ntls-expires-in = \"> 3650d\"", site.ca());
    let all = outcomes(&format!("[http.\"{}\"]\n{rest}\n", tls(&peer, "/")));
    assert_eq!(words(&all), ["pass"; 3], "{all:?}");
    fails(&tls(&peer, "/"), "tls-expires-in", &format!("{}tls-expires-in = \"< 3650d\"", site.ca()));
    // Not among the system's roots.
    let said = whichever_way(&tls(&peer, "/"), "fail", "allow-insecure = false", Duration::from_secs(5));
    assert!(said.contains(&format!("the certificate of {} is not trusted", peer.address)), "{said}");
    assert!(said.contains("set `ca-file`, or `allow-insecure = true`"), "{said}");
    passes(&tls(&peer, "/"), "status", "allow-insecure = true\nstatus = 200");
}

#[test]
fn who_is_not_trusted_is_asked_nothing_and_told_no_password_but_has_a_certificate() {
    let site = Site::new();
    for (name, until, why) in
        [("127.0.0.1", 2020, "expired on 2020-01-01"), ("other.example", 2090, "it is for other.example")]
    {
        let peer = site.server(name, until);
        let login = format!("{}username = \"user\"\npassword = \"s3cret-word\"\n", site.ca());
        let said = whichever_way(&tls(&peer, "/"), "fail", &login, Duration::from_secs(5));
        assert!(said.contains(why) && said.contains("is not trusted"), "{said}");
        assert!(peer.asked().is_empty(), "{name}");
        let test = if until < 2026 { "tls-expires-in = \"< 0s\"" } else { "tls-expires-in = \"> 0s\"" };
        passes(&tls(&peer, "/"), "tls-expires-in", &format!("{login}{test}"));
        assert!(peer.asked().is_empty(), "{name}");
        passes(&tls(&peer, "/"), "status", &format!("{login}allow-insecure = true\nstatus = 200"));
        assert_eq!(peer.last().header("authorization"), [BASIC]);
    }
}

#[test]
fn every_hop_of_a_redirect_is_judged_for_itself() {
    let site = Site::new();
    let (good, bad, plain) = (site.server("127.0.0.1", 2090), site.server("other.example", 2090), server());
    let soon = site.server("127.0.0.1", 2080);
    let login = format!("{}username = \"user\"\npassword = \"s3cret-word\"\n", site.ca());
    let to = |url: String| tls(&good, &format!("/to/302?{url}"));
    let said = whichever_way(&to(tls(&bad, "/")), "fail", &login, Duration::from_secs(5));
    assert!(said.contains("is not trusted") && bad.asked().is_empty(), "{said}");
    passes(&to(plain.url("/echo")), "redirects", &format!("{login}redirects = 1"));
    assert_eq!(good.last().header("authorization"), [BASIC]);
    assert!(plain.last().header("authorization").is_empty());
    // Of several certificates the first to expire counts, whichever server showed it.
    let years = |years: u32| format!("{}tls-expires-in = \"< {}d\"", site.ca(), (2080 - 2026 + years) * 366);
    for url in [
        to(tls(&soon, "/")),
        tls(&soon, &format!("/to/302?{}", tls(&good, "/"))),
        tls(&soon, &format!("/to/302?{}", plain.url("/"))),
    ] {
        passes(&url, "tls-expires-in", &years(2));
    }
    fails(&to(plain.url("/")), "tls-expires-in", &years(2));
    // Where it ends nowhere, there is no saying who comes first.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fails(&to(format!("https://{closed}/")), "tls-expires-in", "allow-insecure = true\ntls-expires-in = \"> 0s\"");
}

#[test]
fn a_client_shows_its_certificate_to_a_server_that_asks() {
    let site = Site::new();
    let peer = serve_tls(&site.root.certify("127.0.0.1", 2090), Some(&site.root));
    let Certified { pem, key } = site.root.certify("client", 2090);
    let (cert_file, key_file) = (site.folder.write("client.pem", &pem), site.folder.write("client.key", &key));
    let both = site.folder.write("both.pem", &format!("{key}{pem}"));
    let url = tls(&peer, "/");
    for own in
        [format!("cert-file = \"{cert_file}\"\nkey-file = \"{key_file}\"\n"), format!("cert-file = \"{both}\"\n")]
    {
        passes(&url, "status", &format!("{}{own}status = 200", site.ca()));
    }
    let said = whichever_way(&url, "fail", &site.ca(), Duration::from_secs(5));
    assert!(said.contains("the server wants a client certificate: set `cert-file`"), "{said}");
    for (own, why) in [
        ("cert-file = \"/no/such\"\n".to_owned(), "/no/such: no such file"),
        (format!("cert-file = \"{cert_file}\"\n"), "holds no private key in PEM"),
        (format!("key-file = \"{key_file}\"\n"), "of no use without its `cert-file`"),
        (format!("cert-file = \"{key_file}\"\n"), "no certificate in it: it holds a PRIVATE KEY"),
    ] {
        let said = whichever_way(&url, "unknown", &format!("{}{own}", site.ca()), Duration::from_secs(5));
        assert!(said.contains(why), "{said}");
    }
    let said = whichever_way(&url, "unknown", "ca-file = \"/no/such\"", Duration::from_secs(5));
    assert!(said.contains("/no/such"), "{said}");
}

#[test]
fn a_body_that_ends_with_its_connection_is_whole_only_if_tls_says_so() {
    let site = Site::new();
    let peer = site.server("127.0.0.1", 2090);
    passes(&tls(&peer, "/old"), "body", &format!("{}body = \"until the end\"", site.ca()));
    for test in ["body = \"until the end\"", "body = [\"!error\"]"] {
        let seen = key(&tls(&peer, "/rude"), "body", &format!("{}{test}", site.ca()));
        assert!(matches!(&seen, Outcome::Unknown(why) if why.to_string().contains("without ending TLS")), "{seen:?}");
    }
}

#[test]
fn plain_http_where_tls_is_wanted_is_not_a_pass() {
    let peer = server();
    let all = outcomes(&format!("[http.\"{}\"]\nstatus = {{ not = 5 }}\n", tls(&peer, "/")));
    assert_ne!(words(&all), ["pass"], "{all:?}");
}

#[test]
fn a_proxy_is_asked_in_its_own_words() {
    let peer = server();
    let via = proxy(peer.address, true);
    let setting = |user: &str| format!("proxy = \"http://{user}{}\"\nstatus = 200", via.address);
    passes("http://nowhere.example:81/echo?a", "status", &setting("user:pr0xy-word@"));
    let asked = via.last();
    assert_eq!(asked.target, "http://nowhere.example:81/echo?a");
    assert_eq!(asked.header("host"), ["nowhere.example:81"]);
    let login = "username = \"user\"\npassword = \"s3cret-word\"\n";
    passes("http://nowhere.example/login", "status", &format!("{login}{}", setting("user:pr0xy-word@")));
    for user in ["", "user:wrong@"] {
        let said = whichever_way(
            "http://nowhere.example/",
            "unknown",
            &setting(user).replace("status = 200", ""),
            Duration::from_secs(5),
        );
        assert!(said.contains("the proxy asks for a user name and password"), "{said}");
    }
    let site = Site::new();
    let far = site.server("far.example", 2090);
    let via = proxy(far.address, true);
    let rest = format!("{}proxy = \"http://user:pr0xy-word@{}\"\nstatus = 200", site.ca(), via.address);
    passes("https://far.example/echo", "status", &rest);
    assert_eq!((via.last().method.as_str(), via.last().target.as_str()), ("CONNECT", "far.example:443"));
    assert_eq!(via.last().header("proxy-authorization").len(), 1);
    assert!(far.last().header("proxy-authorization").is_empty());
    assert_eq!(far.last().header("host"), ["far.example"]);
}

#[test]
fn what_a_proxy_does_wrong_says_nothing_of_the_server() {
    let within = Duration::from_millis(400);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = serve(|_, to| drop(to.read(&mut [0])));
    let (forbids, chatters) = (refusing("HTTP/1.1 403 Forbidden\r\n\r\n"), refusing("hello\r\n\r\n"));
    let lost = refusing("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    let hangs_up = serve(|_, _| {});
    for (proxy, scheme, why) in [
        (closed, "http", "is out of reach"),
        (closed, "https", "connection refused"),
        (silent.address, "https", "answer to CONNECT far.example:443"),
        (forbids.address, "https", "answered `403 Forbidden` to CONNECT far.example:443"),
        (chatters.address, "https", "does not speak HTTP"),
        (chatters.address, "http", "through the proxy: "),
        (hangs_up.address, "http", "through the proxy: "),
        (lost.address, "http", "may be the proxy's own"),
    ] {
        let setting = format!("proxy = \"http://user:pr0xy-word@{proxy}\"");
        let said = whichever_way(&format!("{scheme}://far.example/"), "unknown", &setting, within);
        assert!(said.contains(why) && !said.contains("pr0xy-word"), "{said}");
    }
}

#[test]
fn the_environment_chooses_a_proxy_as_it_does_for_go() {
    let peer = server();
    let via = proxy(peer.address, false);
    let address = via.address.to_string();
    let spec = "[http.x]\nurl = \"http://nowhere.invalid/echo\"\nstatus = 200\ntimeout = '2s'\n";
    let passed = "Failed: 0, Unknown: 0";
    assert!(said(spec, &[("http_proxy", &address)]).contains(passed));
    assert_eq!(via.last().target, "http://nowhere.invalid/echo");
    let asked = via.asked().len();
    for none in [
        &[("https_proxy", address.as_str())][..],
        &[("HTTP_PROXY", &address), ("REQUEST_METHOD", "GET")],
        &[("HTTP_PROXY", &address), ("NO_PROXY", "invalid")],
        &[],
    ] {
        assert!(!said(spec, none).contains(passed), "{none:?}");
    }
    // Loopback is never proxied, and a proxy of the spec's own comes before the environment's.
    let near = format!("[http.x]\nurl = \"{}\"\nstatus = 200\n", peer.url("/"));
    assert!(said(&near, &[("http_proxy", "127.0.0.1:1")]).contains(passed));
    assert_eq!(via.asked().len(), asked);
    let own = format!("{spec}proxy = \"{address}\"\n");
    assert!(said(&own, &[("http_proxy", "127.0.0.1:1")]).contains(passed));
    let socks = said(spec, &[("http_proxy", "socks5://u:s3cret-word@127.0.0.1:1")]);
    assert!(socks.contains("`socks5` proxies are not supported") && !socks.contains("s3cret-word"), "{socks}");
}

#[test]
fn no_password_is_said_whatever_goes_wrong() {
    let site = Site::new();
    let peer = server();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let untrusted = site.server("other.example", 2090);
    let own = "username = \"user\"\npassword = \"s3cret-word\"\ntimeout = \"200ms\"\n\
        request-headers = [\"Cookie: s3cret-word\", \"X-Token: s3cret-word\"]\n";
    for url in [
        format!("http://{closed}/?token=s3cret-word"),
        tls(&untrusted, "/?token=s3cret-word"),
        peer.url("/hang-up?token=s3cret-word"),
        peer.url("/silent?token=s3cret-word"),
        peer.url("/garbage?token=s3cret-word"),
        peer.url("/long-headers?token=s3cret-word"),
        peer.url("/to/302?ftp://user:s3cret-word@h/"),
        peer.url(&format!("/to/302?http://user:s3cret-word@{closed}/")),
        peer.url("/cut?token=s3cret-word"),
    ] {
        let url = url.replacen("://", "://user:s3cret-word@", 1);
        for proxy in ["".to_owned(), format!("proxy = \"http://user:s3cret-word@{closed}\"\n")] {
            let all = outcomes(&format!("[http.x]\nurl = \"{url}\"\nbody = [\"x\"]\n{own}{proxy}"));
            assert!(!format!("{all:?}").contains("s3cret"), "{all:?}");
        }
    }
}

/// What is certain of `reply` and what comes to the same whichever way it is asked for: `key` with each of `tests`.
fn replied(reply: &'static str, tests: [&str; 2]) -> [&'static str; 2] {
    let peer = serve(move |_, to| to.write_all(reply.as_bytes()).unwrap());
    tests.map(|test| words(&outcomes(&format!("[http.\"{}\"]\n{test}\n", peer.url("/"))))[0])
}

#[test]
fn a_body_that_is_coded_in_any_way_is_not_taken_for_text() {
    let tests = ["body = ['x']", "body = { not = { have-patterns = ['error'] } }"];
    for reply in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nx",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\nContent-Encoding: identity\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\nContent-Encoding:\r\n\r\nx",
    ] {
        assert_eq!(replied(reply, tests), ["unknown"; 2], "{reply}");
    }
    for reply in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Encoding: identity, identity\r\n\r\nx",
    ] {
        assert_eq!(replied(reply, tests), ["pass"; 2], "{reply}");
    }
}

#[test]
fn a_redirect_to_nowhere_is_the_response_and_one_to_several_places_is_none() {
    let tests = ["status = 302", "status = { not = 200 }"];
    for reply in
        ["HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation:\r\n\r\n", "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"]
    {
        assert_eq!(replied(reply, tests), ["pass"; 2], "{reply}");
    }
    let two = "HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /a\r\nLocation: /b\r\n\r\n";
    assert_eq!(replied(two, tests), ["unknown"; 2]);
}

#[test]
fn no_report_shows_a_secret_of_a_query_or_one_that_a_redirect_or_an_echo_gives_away() {
    let peer = serve(|asked, to| {
        let said = format!("you said {}", asked.body);
        let location = "Location: http://u:canary1@h/?x=1&access_token=canary2";
        write!(to, "HTTP/1.1 302 X\r\n{location}\r\nContent-Length: {}\r\n\r\n{said}", said.len()).unwrap();
    });
    let url = peer.url("/cb?x=1&id_token=canary3");
    let spec = format!(
        "[http.\"{url}\"]\nno-follow-redirects = true\nmethod = 'POST'\nrequest-body = '{{\"password\": \"canary4\"}}'\n\
         status = 200\nheaders = 'x'\nbody = 'x'\n\
         [command.cat]\nstdin = \"password=canary5\"\nstdout = 'x'\n"
    );
    let said = said(&spec, &[]);
    assert!(said.contains("you said") && said.contains("access_token=***") && said.contains("id_token=***"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
