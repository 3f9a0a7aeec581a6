use super::*;
use std::sync::Mutex;

const LISTEN: &str = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

fn event(data: impl Into<String>) -> Event {
    Event { name: "run", data: data.into() }
}

fn feeding(bounds: Bounds) -> (Server, Arc<Feed>) {
    let feed = Feed::new();
    let own = feed.clone();
    let events = route("/events", move |_| Answer::events(own.listen().beginning_with(&[event("now")])));
    (Server::start([fine(), vec![events]].concat(), bounds), feed)
}

/// A client that gets events, and has got the first.
fn listening(server: &Server) -> TcpStream {
    let mut client = server.connect();
    client.write_all(LISTEN.as_bytes()).unwrap();
    let head = heard(&mut client, "data: now\n\n");
    assert_eq!(status(&head), "200 OK");
    assert!(head.contains("Content-Type: text/event-stream\r\n"), "{head}");
    client
}

/// What comes until `end` has come, or nothing comes any more.
fn heard(client: &mut TcpStream, end: &str) -> String {
    let (mut all, mut byte) = (vec![], [0]);
    while !all.ends_with(end.as_bytes()) && client.read(&mut byte).is_ok_and(|n| n == 1) {
        all.extend(byte);
    }
    String::from_utf8(all).unwrap()
}

#[test]
fn events_come_as_they_happen_and_comments_while_nothing_does() {
    let (server, feed) = feeding(SHORT);
    let mut clients = [listening(&server), listening(&server)];
    assert_eq!(server.counters.streams(), 2);
    feed.send(&[event("one"), event("two\nlines")]);
    for client in &mut clients {
        let said = heard(client, "lines\n\n");
        assert!(said.ends_with("event: run\ndata: one\n\nevent: run\ndata: two\ndata: lines\n\n"), "{said}");
    }
    // Longer than a request's head may take, or an answer that nobody takes.
    let began = Instant::now();
    while began.elapsed() < (SHORT.head + SHORT.stall) * 2 {
        assert!(heard(&mut clients[0], ":\n\n").ends_with(":\n\n"));
    }
    feed.send(&[event("late")]);
    assert!(heard(&mut clients[1], "data: late\n\n").ends_with("data: late\n\n"));
    server.end();
}

#[test]
fn the_end_of_the_server_is_the_end_of_the_events() {
    let (server, _feed) = feeding(SHORT);
    let mut clients: Vec<_> = (0..5).map(|_| listening(&server)).collect();
    assert!(server.end() < Duration::from_secs(1));
    for client in &mut clients {
        // The last chunk: the client knows that it has everything.
        assert!(rest(client).ends_with("0\r\n\r\n"));
    }
}

#[test]
fn the_end_of_the_feed_is_the_end_of_the_events() {
    let feed = Mutex::new(Some(Feed::new()));
    let held = Arc::new(feed);
    let own = held.clone();
    let events = route("/events", move |_| {
        let feed = own.lock().unwrap().clone().unwrap();
        Answer::events(feed.listen().beginning_with(&[event("now")]))
    });
    let server = Server::start(vec![events], SHORT);
    let mut client = listening(&server);
    held.lock().unwrap().take();
    assert!(heard(&mut client, "0\r\n\r\n").ends_with("0\r\n\r\n"));
    server.end();
}

#[test]
fn head_of_events_is_their_head() {
    let (server, _feed) = feeding(SHORT);
    let answer = server.ask("HEAD /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&answer), "200 OK");
    assert!(answer.contains("text/event-stream") && !answer.contains("Content-Length"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n") && !answer.contains("data:"), "{answer}");
    assert_eq!(server.counters.streams(), 0);
    let old = server.ask("HEAD /events HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n") && !old.contains("data:"), "{old}");
    server.end();
}

#[test]
fn only_so_many_get_events_and_who_has_left_makes_room() {
    let (server, feed) = feeding(Bounds { connections: 200, ..SHORT });
    let mut clients: Vec<_> = (0..64).map(|_| listening(&server)).collect();
    let refused = server.ask("GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&refused), "503 Service Unavailable");
    assert!(refused.contains("Retry-After: 30\r\n"), "{refused}");
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    // One that closes, and one that is just not there any more.
    clients.pop().unwrap().shutdown(Shutdown::Both).unwrap();
    clients.pop();
    until("it notices that two have left", || server.counters.streams() == 62);
    clients.push(listening(&server));
    feed.send(&[event("one")]);
    assert!(clients.iter_mut().all(|client| heard(client, "data: one\n\n").ends_with("data: one\n\n")));
    assert!(server.end() < Duration::from_secs(1));
}

#[test]
fn a_client_that_takes_no_events_is_cut_off_and_others_get_theirs() {
    let (server, feed) = feeding(SHORT);
    let stuck = listening(&server);
    let mut quick = listening(&server);
    let began = Instant::now();
    let mut sent = 0;
    while server.counters.streams() == 2 {
        assert!(began.elapsed() < LONG, "it is still fed");
        feed.send(&[event("x".repeat(100_000)), event(format!("end {sent}"))]);
        assert!(heard(&mut quick, &format!("data: end {sent}\n\n")).contains("xxx"));
        sent += 1;
    }
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    drop(stuck);
    server.end();
}

#[test]
fn who_gets_events_gives_way_when_nobody_idle_does() {
    let (server, _feed) = feeding(Bounds { connections: 3, head: LONG, ..SHORT });
    let mut first = listening(&server);
    let mut idle = server.connect();
    until("both are in", || server.counters.open() == 2);
    let mut second = listening(&server);
    // Whoever does nothing goes first, though it came later.
    assert_eq!(status(&server.get("/healthz")), "200 OK");
    assert_eq!(rest(&mut idle), "");
    assert!(heard(&mut first, ":\n\n").ends_with(":\n\n"));
    let mut more: Vec<_> = (0..2).map(|_| listening(&server)).collect();
    let said = rest(&mut first);
    assert!(!said.ends_with("0\r\n\r\n"), "{said}");
    assert!(heard(&mut second, ":\n\n").ends_with(":\n\n"));
    assert!(heard(&mut more[1], ":\n\n").ends_with(":\n\n"));
    assert_eq!(server.counters.turned_away(), 2);
    server.end();
}
