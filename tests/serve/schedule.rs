//! When it looks, and what that makes of its answers.

use crate::{SLOW, Server, folder};
use std::fs;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Leaves a line behind each time it is looked at.
const COUNTS: &str = "[command.\"echo x >> looks\"]\nexit-status = 0\n";

#[test]
fn requests_do_not_make_runs() {
    let server = Server::start(COUNTS, &["--every", "1h"]);
    for _ in 0..50 {
        assert_eq!(server.get("/healthz").status, 200);
    }
    assert_eq!(server.lines("looks"), 1);
}

#[test]
fn runs_follow_one_another_without_requests() {
    let server = Server::start(COUNTS, &["--every", "50ms"]);
    server.until(|server| (server.lines("looks") >= 5).then_some(()));
}

#[test]
fn an_entry_is_looked_at_as_often_as_it_says_itself() {
    let spec = format!("{COUNTS}every = \"1h\"\n[command.\"echo x >> often\"]\nexit-status = 0\nevery = \"30ms\"\n");
    let server = Server::start(&spec, &["--every", "1h"]);
    server.until(|server| (server.lines("often") >= 5).then_some(()));
    assert_eq!(server.lines("looks"), 1);
    assert_eq!(server.get("/healthz").second(), "2 pass, 0 fail, 0 unknown, 0 skip");
}

#[test]
fn the_first_run_is_waited_for() {
    let server = Server::start("[command.\"sleep 1\"]\nexit-status = 0\n", &["--every", "1h"]);
    let answer = server.get("/healthz");
    assert_eq!((answer.status, answer.first()), (200, "ok"));
}

#[test]
fn there_are_never_two_runs_at_once() {
    let spec = "[command.\"mkdir alone && sleep 0.2 && rmdir alone\"]\nexit-status = 0\n";
    let server = Server::start(spec, &["--every", "10ms"]);
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        let answer = server.get("/healthz");
        assert_eq!(answer.status, 200, "{}", answer.body);
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_run_that_is_too_old_is_503_whatever_it_said() {
    let server = Server::start(SLOW, &["--every", "200ms", "--max-age", "1s"]);
    let answer = server.get("/healthz");
    assert_eq!((answer.status, answer.first()), (200, "ok"));
    assert_eq!(answer.headers["age"], "0");
    server.write("slow", "");
    let answer = server.until_status("/healthz", 503);
    assert_eq!((answer.first(), answer.second()), ("stale", "1 pass, 0 fail, 0 unknown, 0 skip"));
    assert!(answer.headers["age"].parse::<u64>().unwrap() >= 1);
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("verispec_healthy{endpoint=\"/healthz\"} 0\n"), "{metrics}");
    fs::remove_file(server.path("slow")).unwrap();
    server.until_status("/healthz", 200);
}

#[test]
fn what_is_looked_at_less_often_may_be_older() {
    let spec =
        "[command.true]\nexit-status = 0\nevery = \"1h\"\ntags = [\"rare\"]\n[command.\"true 2\"]\nexit-status = 0\n";
    let server = Server::start(spec, &["--every", "100ms", "--max-age", "300ms"]);
    server.get("/healthz");
    sleep(Duration::from_secs(1));
    let answer = server.get("/healthz/rare");
    assert_eq!((answer.status, answer.first()), (200, "ok"));
    assert!(answer.headers["age"].parse::<u64>().unwrap() >= 1, "it is as old as its oldest look");
}

#[test]
fn on_demand_all_who_wait_share_a_run_and_the_next_gets_a_new_one() {
    let spec = "[command.\"echo x >> looks; sleep 1\"]\nexit-status = 0\n";
    let server = Server::start(spec, &["--on-demand"]);
    sleep(Duration::from_millis(500));
    assert_eq!(server.lines("looks"), 0, "nobody has asked");
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(server.get("/healthz").status, 200));
        }
    });
    let shared = server.lines("looks");
    assert!(shared <= 2, "{shared}");
    server.get("/healthz");
    assert_eq!(server.lines("looks"), shared + 1);
}

#[test]
fn on_demand_an_answer_may_be_as_old_as_is_said() {
    let server = Server::start(COUNTS, &["--on-demand", "--max-age", "1h"]);
    for path in ["/healthz", "/metrics", "/report.json", "/healthz"] {
        assert_eq!(server.get(path).status, 200);
    }
    assert_eq!(server.lines("looks"), 1);
}

#[test]
fn one_bad_look_is_not_enough_where_more_are_asked_for() {
    let spec = "[command.\"echo x >> looks; cat code | (read c; exit $c)\"]\nexit-status = 0\n";
    let folder = folder(spec);
    fs::write(folder.path().join("code"), "0\n").unwrap();
    let server = Server::start_in(folder, &["--every", "300ms", "--fall", "3", "--rise", "2"]);
    assert_eq!(server.get("/healthz").status, 200);
    let look = |server: &Server| {
        let before = server.get("/metrics").body;
        let runs = |text: &str| text.lines().find(|l| l.starts_with("verispec_runs_total")).unwrap().to_owned();
        server.until(|server| (runs(&server.get("/metrics").body) != runs(&before)).then_some(()));
    };
    server.write("code", "1\n");
    let seen = server.until(|server| Some(server.get("/healthz")).filter(|answer| answer.body.contains("1 fail")));
    assert_eq!((seen.status, seen.first()), (200, "ok"));
    assert_eq!(seen.second(), "0 pass, 1 fail, 0 unknown, 0 skip, 1 not long enough to count");
    let answer = server.until_status("/healthz", 503);
    assert_eq!(answer.second(), "0 pass, 1 fail, 0 unknown, 0 skip");
    server.write("code", "0\n");
    let seen = server.until(|server| Some(server.get("/healthz")).filter(|answer| answer.body.contains("1 pass")));
    assert_eq!((seen.status, seen.first()), (503, "failing"));
    look(&server);
    server.until_status("/healthz", 200);
}

#[test]
fn what_could_not_be_observed_is_503() {
    let server = Server::start("[command.\"sleep 5\"]\nexit-status = 0\ntimeout = \"200ms\"\n", &["--every", "1h"]);
    let answer = server.get("/healthz");
    assert_eq!((answer.status, answer.second()), (503, "0 pass, 0 fail, 1 unknown, 0 skip"));
}

#[test]
fn tags_are_endpoints_of_their_own() {
    let spec = "[command.true]\nexit-status = 0\ntags = [\"live\", \"a b/ä\"]\n[command.false]\nexit-status = 0\ntags = [\"ready\"]\n[user.x]\nskip = \"later\"\ntags = [\"none\"]\n";
    let server = Server::start(spec, &["--every", "1h", "--endpoint", "/up"]);
    let status = |path: &str| server.get(path).status;
    assert_eq!(status("/up"), 503);
    assert_eq!(status("/up/live"), 200);
    assert_eq!(status("/up/a%20b%2F%C3%A4"), 200);
    assert_eq!(status("/up/ready"), 503);
    assert_eq!(server.get("/up/none").second(), "0 pass, 0 fail, 0 unknown, 1 skip");
    for path in ["/up/", "/up/nosuch", "/up/live/", "/up/../up/live", "/up/%FF", "/healthz", "//up", "/up%00"] {
        assert_eq!(status(path), 404, "{path}");
    }
}
