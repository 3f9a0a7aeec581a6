mod events;
mod sockets;
mod tls;
mod tokens;

use super::*;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

const SHORT: Bounds = Bounds {
    connections: 8,
    head: Duration::from_millis(400),
    stall: Duration::from_millis(600),
    keepalive: Duration::from_millis(150),
    drain: Duration::from_secs(2),
};
/// More than any machine takes for an answer.
const LONG: Duration = Duration::from_secs(10);

struct Server {
    at: SocketAddr,
    stop: Stop,
    thread: JoinHandle<io::Result<()>>,
    counters: Arc<Counters>,
}

impl Server {
    fn start(routes: Vec<Route>, bounds: Bounds) -> Server {
        Server::on(listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap(), routes, bounds)
    }

    fn on(listener: Listener, routes: Vec<Route>, bounds: Bounds) -> Server {
        let at = listener.address().unwrap_or(SocketAddr::from(([0; 4], 0)));
        let (stop, stopped) = Stop::new();
        let counters = Arc::<Counters>::default();
        let counts = counters.clone();
        let thread = thread::spawn(move || serve(vec![listener], routes, bounds, counts, stopped, Box::pin(async {})));
        Server { at, stop, thread, counters }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// Everything that comes back until the server closes.
    fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        rest(&mut stream)
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    }

    fn end(self) -> Duration {
        let began = Instant::now();
        self.stop.stop();
        self.thread.join().unwrap().unwrap();
        began.elapsed()
    }
}

/// Waits for what another thread is about to bring about.
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "it never comes: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// What comes over `stream` for a request, until the server closes.
fn over(stream: &mut (impl Read + Write), request: &str) -> String {
    // It may be refused before it was said.
    _ = stream.write_all(request.as_bytes());
    rest(stream)
}

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn rest(stream: &mut impl Read) -> String {
    let mut bytes = vec![];
    // A reset is an end, too.
    _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn route(path: &str, endpoint: impl Fn(Asked) -> Answer + Send + Sync + 'static) -> Route {
    let endpoint = Arc::new(endpoint);
    let endpoint: Endpoint = Arc::new(move |asked| {
        let endpoint = endpoint.clone();
        Box::pin(async move { endpoint(asked) })
    });
    Route { path: path.to_owned(), endpoint }
}

fn fine() -> Vec<Route> {
    vec![route("/healthz", |asked| Answer::text(200, &format!("fine {:?}", asked.accept)))]
}

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default().strip_prefix("HTTP/1.1 ").unwrap_or(answer)
}

#[test]
fn only_get_and_head_of_the_very_path_are_answered() {
    let server = Server::start(fine(), SHORT);
    let answer = server.get("/healthz?verbose=1");
    assert_eq!(status(&answer), "200 OK");
    assert!(answer.ends_with("\r\n\r\nfine []\n"), "{answer}");
    let head = server.ask("HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&head), "200 OK");
    assert!(head.contains("Content-Length: 8\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    for path in [
        "/",
        "/healthz/",
        "/healthzz",
        "//healthz",
        "/x/../healthz",
        "/./healthz",
        "/healthz/..",
        "/%68ealthz",
        "/%2e%2e/healthz",
        "/healthz%00",
        "/healthz;a=b",
        "/HEALTHZ",
        "*",
        "http://a/",
        "http://a",
    ] {
        assert_eq!(status(&server.get(path)), "404 Not Found", "{path}");
    }
    assert_eq!(status(&server.get("http://b/healthz")), "200 OK");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X"] {
        let answer = server.ask(&format!("{method} /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        assert_eq!(status(&answer), "405 Method Not Allowed", "{method}");
        assert!(answer.contains("Allow: GET, HEAD\r\n"), "{answer}");
    }
    let both = "GET /healthz HTTP/1.1\r\nHost: a\r\nAccept: x\r\nAccept: y, z\r\nConnection: close\r\n\r\n";
    assert!(server.ask(both).ends_with("fine [\"x\", \"y, z\"]\n"));
    assert!(server.ask("GET /healthz HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200 OK\r\n"));
    server.end();
}

#[test]
fn an_endpoint_that_ends_with_a_slash_has_all_below_it() {
    let server = Server::start(vec![route("/live/", |asked| Answer::text(200, &asked.path))], SHORT);
    assert!(server.get("/live/a/b").ends_with("/live/a/b\n"));
    assert_eq!(status(&server.get("/live")), "404 Not Found");
    server.end();
}

#[test]
fn what_is_no_request_or_too_long_is_refused() {
    let server = Server::start(fine(), SHORT);
    let long = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    assert!(["431 Request Header Fields Too Large", ""].contains(&status(&server.ask(&long))));
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1_000));
    assert_eq!(status(&server.ask(&many)), "431 Request Header Fields Too Large");
    let path = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000));
    assert!(["414 URI Too Long", "431 Request Header Fields Too Large", ""].contains(&status(&server.ask(&path))));
    for nonsense in
        ["nonsense\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\r\n"]
    {
        let answer = server.ask(nonsense);
        assert!(["400 Bad Request", "505 HTTP Version Not Supported", ""].contains(&status(&answer)), "{answer}");
    }
    let smuggled =
        "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert!(!server.ask(smuggled).is_empty());
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    server.end();
}

#[test]
fn a_body_is_not_waited_for() {
    let server = Server::start(fine(), SHORT);
    let began = Instant::now();
    let answer = server.ask("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc");
    assert_eq!(status(&answer), "405 Method Not Allowed");
    let answer = server.ask("GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    assert_eq!(status(&answer), "200 OK");
    assert!(began.elapsed() < LONG / 2, "{:?}", began.elapsed());
    server.end();
}

#[test]
fn slow_clients_are_dropped_and_others_answered_meanwhile() {
    let server = Server::start(fine(), SHORT);
    let mut silent = server.connect();
    let mut trickling = server.connect();
    let mut resting = server.connect();
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let began = Instant::now();
    let trickle = thread::spawn(move || {
        for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100) {
            if trickling.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        began.elapsed()
    });
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    assert!(began.elapsed() < SHORT.head);
    rest(&mut silent);
    assert!(began.elapsed() >= SHORT.head && began.elapsed() < LONG / 2, "{:?}", began.elapsed());
    assert!(trickle.join().unwrap() < LONG / 2);
    // One that is kept for another request is not kept for ever.
    assert_eq!(status(&rest(&mut resting)), "200 OK");
    assert!(began.elapsed() < LONG / 2);
    server.end();
}

#[test]
fn a_client_that_has_said_all_still_gets_its_answer_or_a_close() {
    let server = Server::start(fine(), SHORT);
    let mut half = server.connect();
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    assert!(["200 OK", ""].contains(&status(&rest(&mut half))));
    let half = server.connect();
    half.shutdown(Shutdown::Both).unwrap();
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    server.end();
}

#[test]
fn idle_connections_make_room_for_new_ones() {
    let bounds = Bounds { head: LONG, ..SHORT };
    let server = Server::start(fine(), bounds);
    let mut idle: Vec<TcpStream> = (0..100).map(|_| server.connect()).collect();
    let began = Instant::now();
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    // The oldest had to go; the youngest is still there.
    assert_eq!(rest(idle.first_mut().unwrap()), "");
    let youngest = idle.last_mut().unwrap();
    youngest.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(status(&rest(youngest)), "200 OK");
    assert!(began.elapsed() < LONG / 2, "{:?}", began.elapsed());
    drop(idle);
    server.end();
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let body = Bytes::from(vec![b'x'; 64 << 20]);
    let big = route("/big", move |_| Answer::new(200, "a/b", body.clone()));
    let server = Server::start(vec![big], SHORT);
    let mut client = server.connect();
    client.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    thread::sleep(SHORT.stall * 4);
    let came = rest(&mut client).len();
    assert!(came < 64 << 20, "{came}");
    assert!(server.end() < SHORT.drain);
}

#[test]
fn an_endpoint_that_panics_takes_nobody_with_it() {
    let server = Server::start([fine(), vec![route("/bug", |_| panic!("a bug"))]].concat(), SHORT);
    assert_eq!(server.get("/bug"), "");
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    server.end();
}

#[test]
fn ending_waits_for_answers_but_not_for_the_idle_and_not_for_ever() {
    let runs = |takes: Duration| {
        let latest = Latest::new(Duration::ZERO, Box::new(move || thread::sleep(takes)));
        let endpoint: Endpoint = Arc::new(move |_| {
            let latest = latest.clone();
            Box::pin(async move {
                latest.get().await.unwrap();
                Answer::text(200, "done")
            })
        });
        vec![Route { path: "/healthz".into(), endpoint }]
    };
    let asking = |server: &Server| {
        let mut client = server.connect();
        client.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(100));
        client
    };
    let bounds = Bounds { head: LONG, drain: Duration::from_secs(3), ..SHORT };
    let server = Server::start(runs(Duration::from_millis(700)), bounds);
    let mut client = asking(&server);
    let at = server.at;
    assert!(server.end() < Duration::from_millis(2500));
    assert_eq!(status(&rest(&mut client)), "200 OK");
    assert!(TcpStream::connect(at).is_err());

    let server = Server::start(runs(LONG * 3), bounds);
    let mut client = asking(&server);
    let took = server.end();
    assert!(took >= bounds.drain && took < LONG, "{took:?}");
    assert_eq!(rest(&mut client), "");

    let server = Server::start(runs(Duration::ZERO), bounds);
    let mut kept = asking(&server);
    let took = server.end();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(status(&rest(&mut kept)), "200 OK");
}

#[test]
fn many_who_wait_share_one_run_and_it_is_good_for_a_while() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let latest = Latest::new(
        Duration::from_millis(500),
        Box::new(move || {
            thread::sleep(Duration::from_millis(200));
            counted.fetch_add(1, Ordering::SeqCst) + 1
        }),
    );
    let endpoint: Endpoint = Arc::new(move |_| {
        let latest = latest.clone();
        Box::pin(async move { Answer::text(200, &format!("run {}", latest.get().await.unwrap())) })
    });
    let server = Server::start(vec![Route { path: "/healthz".into(), endpoint }], Bounds { connections: 100, ..SHORT });
    thread::scope(|scope| {
        let all: Vec<_> = (0..50).map(|_| scope.spawn(|| server.get("/healthz"))).collect();
        all.into_iter().for_each(|one| assert!(one.join().unwrap().ends_with("run 1\n")));
    });
    assert!(server.get("/healthz").ends_with("run 1\n"));
    thread::sleep(Duration::from_millis(600));
    assert!(server.get("/healthz").ends_with("run 2\n"));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    server.end();
}

#[test]
fn a_run_that_breaks_is_no_answer_and_the_next_is_tried() {
    let count = AtomicUsize::new(0);
    let runs = move || match count.fetch_add(1, Ordering::SeqCst) {
        0 => panic!("a bug"),
        n => n,
    };
    let latest = Latest::new(Duration::from_secs(60), Box::new(runs));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(latest.get()).unwrap_err().to_string().contains("a bug"));
    assert_eq!(*runtime.block_on(latest.get()).unwrap(), 1);
    assert_eq!(*runtime.block_on(latest.get()).unwrap(), 1);
}

#[test]
fn no_host_means_every_address_of_both_families() {
    let listener = listen(&Address::parse(":0").unwrap()).unwrap();
    let port = listener.address().unwrap().port();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    if listener.address().unwrap().is_ipv6() {
        assert!(TcpStream::connect((std::net::Ipv6Addr::LOCALHOST, port)).is_ok());
    }
    assert!(!listener.is_loopback());
    let taken = listen(&Address::Tcp { host: Some("127.0.0.1".into()), port });
    assert!(taken.err().unwrap().contains("in use"));
}

#[test]
fn an_address_is_read_as_go_reads_it() {
    let address = |text: &str| match Address::tcp(text)? {
        Address::Tcp { host, port } => Ok((host.unwrap_or_default(), port)),
        Address::Unix(path) => Err(path),
    };
    for (text, host, port) in [
        (":8080", "", 8080),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:443", "::1", 443),
        ("localhost:0", "localhost", 0),
        ("[]:1", "", 1),
    ] {
        assert_eq!(address(text), Ok((host.to_owned(), port)), "{text}");
    }
    for text in ["", "8080", "nonsense", "::1:80", "[::1:80", ":99999", ":x", "a:", "[::1]", "unix:/a"] {
        assert!(address(text).is_err(), "{text}");
    }
    let host = |name: &str| listen(&Address::Tcp { host: Some(name.into()), port: 0 });
    assert!(host("localhost").unwrap().address().unwrap().is_ipv4());
    assert!(host("192.0.2.1").is_err());
}

#[test]
fn answers_are_counted_by_their_status_even_to_what_is_no_request() {
    let server = Server::start(fine(), SHORT);
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    assert_eq!(status(&server.get("/nope")), "404 Not Found");
    assert_eq!(status(&server.ask("nonsense\r\n\r\n")), "400 Bad Request");
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert_eq!(status(&server.ask(&many)), "431 Request Header Fields Too Large");
    let silent = server.connect();
    until("only the last one is in", || (server.counters.accepted(), server.counters.open()) == (6, 1));
    assert_eq!(server.counters.answers().into_iter().collect::<Vec<_>>(), [(200, 2), (400, 1), (404, 1), (431, 1)]);
    drop(silent);
    until("the last one has left", || server.counters.open() == 0);
    assert_eq!((server.counters.turned_away(), server.counters.failed_handshakes()), (0, 0));
    server.end();
}

#[test]
fn an_answer_has_the_headers_that_its_endpoint_gives_it_and_none_that_would_split_it() {
    let headed = route("/healthz", |_| {
        Answer::text(401, "no").with("WWW-Authenticate", "Bearer").with("Age", "3").with("X-Bad", "a\r\nSet-Cookie: b")
    });
    let server = Server::start(vec![headed], SHORT);
    let answer = server.get("/healthz");
    assert!(answer.contains("Www-Authenticate: Bearer\r\n") && answer.contains("Age: 3\r\n"), "{answer}");
    assert!(!answer.contains("Set-Cookie") && !answer.contains("X-Bad"), "{answer}");
    server.end();
}
