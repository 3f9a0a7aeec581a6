//! Who gets to see what.

use crate::{SLOW, Server, folder, program};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A failure, a pass, and what no report may show.
const SPEC: &str = r#"
[file."/etc/passwd"]
contents = ["canary-expected"]
[file."/etc"]
title = "canary-title"
mode = "0755"
[http."http://user:canary-password@127.0.0.1:9/"]
request-headers = { Authorization = "Bearer canary-header" }
status = 200
timeout = "500ms"
[command."printf 'password=canary-stdout'"]
exit-status = 0
stdout = ["nothing"]
"#;
const SECRETS: [&str; 3] = ["canary-password", "canary-header", "canary-stdout"];
const DETAILS: [&str; 4] = ["/etc/passwd", "canary-expected", "canary-title", "printf"];
const ALL: [&str; 5] = ["/healthz", "/metrics", "/report", "/report.json", "/"];
/// What clients may try to see more.
const TRICKS: [&str; 5] = [
    "Accept: application/json",
    "X-Show: all",
    "Accept: application/vnd.goss-json",
    "Cookie: token=x",
    "Range: bytes=0-",
];

fn token(folder: &Path) {
    fs::write(folder.join("token"), "open-sesame\n").unwrap();
    fs::set_permissions(folder.join("token"), PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn secrets_of_a_spec_are_in_no_answer_and_no_log() {
    let server = Server::start(SPEC, &["--every", "1h", "--show", "all"]);
    for path in ALL {
        let text = server.get(path).body;
        for secret in SECRETS {
            assert!(!text.contains(secret), "{path}: {text}");
        }
    }
    assert!(server.get("/report.json").body.contains("canary-expected"));
    let log = server.log();
    assert!(log.contains("/etc/passwd") && !SECRETS.iter().any(|secret| log.contains(secret)), "{log}");
}

#[test]
fn counts_are_all_that_is_told_where_the_operator_says_so() {
    let server = Server::start(SPEC, &["--every", "1h", "--show", "counts"]);
    for headers in [&[][..], &TRICKS[..], &["Authorization: Bearer x"][..]] {
        assert_eq!(server.get_with("/healthz", headers).body.lines().count(), 2);
        for path in ALL {
            let text = server.get_with(path, headers).body;
            assert!(!DETAILS.iter().any(|detail| text.contains(detail)), "{path}: {text}");
        }
        for path in ["/report", "/report.json", "/events", "/report?show=all"] {
            assert_eq!(server.get_with(path, headers).status, 403, "{path}");
        }
    }
    assert!(server.get("/metrics").body.contains("verispec_kind_results{kind=\"file\",outcome=\"fail\"} 1\n"));
}

#[test]
fn failures_are_told_without_what_passed() {
    let server = Server::start(SPEC, &["--every", "1h", "--show", "failures"]);
    for path in ["/healthz", "/metrics", "/report", "/report.json"] {
        let text = server.get(path).body;
        assert!(text.contains("/etc/passwd") && !text.contains("canary-title"), "{path}: {text}");
    }
}

#[test]
fn without_the_token_there_is_the_status_and_counts_alone() {
    let folder = folder(SPEC);
    token(folder.path());
    let server = Server::start_in(folder, &["--every", "1h", "--token-file", "token"]);
    let with = |path: &str, token: &str| server.get_with(path, &[&format!("Authorization: {token}")]);
    for headers in [&[][..], &TRICKS[..]] {
        let answer = server.get_with("/healthz", headers);
        assert_eq!((answer.status, answer.body.lines().count()), (503, 2));
        let metrics = server.get_with("/metrics", headers);
        assert!(metrics.status == 200 && !metrics.body.contains("/etc/passwd"), "{}", metrics.body);
        for path in ["/report", "/report.json", "/events"] {
            let answer = server.get_with(path, headers);
            assert_eq!(answer.status, 401, "{path}");
            assert!(answer.headers["www-authenticate"].starts_with("Bearer"));
        }
    }
    for wrong in ["Bearer open-sesam", "Bearer open-sesamee", "Bearer", "Basic open-sesame", "open-sesame", "Bearer "] {
        for path in ["/healthz", "/metrics", "/report", "/report.json", "/events"] {
            let answer = with(path, wrong);
            assert_eq!(answer.status, 401, "{path} {wrong}");
            assert!(!answer.body.contains("pass"), "{}", answer.body);
        }
    }
    for path in ["/healthz", "/metrics", "/report", "/report.json"] {
        assert!(with(path, "Bearer open-sesame").body.contains("/etc/passwd"), "{path}");
    }
    assert!(!server.log().contains("sesame"));
}

#[test]
fn what_others_on_the_network_may_ask_tells_counts_if_nobody_says_otherwise() {
    let server = Server::start_at(folder(SPEC), "0.0.0.0:0", &["--every", "1h"], &[]);
    assert_eq!(server.get("/healthz").body.lines().count(), 2);
    assert_eq!(server.get("/report").status, 403);
    let server = Server::start_at(folder(SPEC), "0.0.0.0:0", &["--every", "1h", "--show", "all"], &[]);
    assert_eq!(server.get("/report").status, 200);
}

#[test]
fn a_page_may_load_nothing_from_anywhere() {
    let server = Server::start(SPEC, &["--every", "1h"]);
    let answer = server.get("/report");
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[test]
fn promtool_has_nothing_to_say_of_the_metrics() {
    let hostile = "tags = [\"a\\\"b\\\\c\\n{}\"]\n";
    let server =
        Server::start(&SPEC.replace("mode = ", &format!("{hostile}mode = ")), &["--every", "50ms", "--show", "all"]);
    server.until(|server| server.get("/metrics").body.contains("verispec_runs_total 3").then_some(()));
    server.get("/nosuch");
    let text = server.get("/metrics").body;
    for series in [
        "verispec_healthy{endpoint=\"/healthz\"} 0",
        "verispec_http_requests_total{code=\"404\"} 1",
        "verispec_probe_seconds_count{kind=\"file\"}",
        "verispec_run_seconds_bucket{le=\"+Inf\"}",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.contains(series), "{series}: {text}");
    }
    let child =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no promtool here (Debian package prometheus)");
        return;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
}

#[test]
fn no_answer_of_an_endpoint_may_be_stored() {
    let folder = folder(SPEC);
    token(folder.path());
    let with_token = Server::start_in(folder, &["--every", "1h", "--token-file", "token"]);
    let counts = Server::start(SPEC, &["--every", "1h", "--show", "counts"]);
    let all = Server::start(SPEC, &["--every", "1h"]);
    for (server, path, status) in [
        (&with_token, "/report", 401),
        (&with_token, "/events", 401),
        (&counts, "/report.json", 403),
        (&all, "/healthz/nosuch", 404),
        (&all, "/healthz/%FF", 404),
        (&all, "/healthz", 503),
        (&all, "/metrics", 200),
        (&all, "/report", 200),
        (&all, "/report.json", 200),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.headers.get("cache-control").map(String::as_str), Some("no-store"), "{path}");
    }
}

#[test]
fn tags_are_named_only_where_more_than_counts_is_told() {
    let spec = "[file.\"/\"]\nexists = true\ntags = [\"canary-tag\"]\n";
    let folder = folder(spec);
    token(folder.path());
    let server = Server::start_in(folder, &["--every", "1h", "--token-file", "token"]);
    let counts = server.get("/metrics").body;
    assert!(counts.contains("verispec_healthy{endpoint=\"/healthz\"} 1\n") && !counts.contains("canary"), "{counts}");
    let all = server.get_with("/metrics", &["Authorization: Bearer open-sesame"]).body;
    assert!(all.contains("verispec_healthy{endpoint=\"/healthz/canary-tag\"} 1\n"), "{all}");
}

#[test]
fn a_report_that_is_too_old_says_so_until_it_is_not() {
    let server = Server::start(SLOW, &["--every", "200ms", "--max-age", "1s"]);
    let notice = "too old to be believed: the last run ended at 2";
    assert!(!server.get("/report").body.contains(notice));
    server.write("slow", "");
    server.until_status("/healthz", 503);
    let (first, second) = (server.get("/report"), server.get("/report"));
    assert!(first.status == 200 && first.body.contains(notice), "{}", first.body);
    assert!(first.body == second.body, "it is made once");
    fs::remove_file(server.path("slow")).unwrap();
    server.until_status("/healthz", 200);
    server.until(|server| (!server.get("/report").body.contains(notice)).then_some(()));
}

#[test]
fn an_endpoint_that_no_request_would_reach_is_refused() {
    for wrong in [
        "/",
        "//",
        "",
        "up",
        "//up",
        "/up//",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/a/.",
        "/metrics",
        "/metrics/",
        "/report",
        "/report.json",
        "/events",
        "/a b",
        "/%41",
    ] {
        let output = program().args(["serve", "--endpoint", wrong, "/nosuch/spec.toml"]).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{wrong}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("--endpoint"), "{wrong}: {said}");
    }
    let server = Server::start(SPEC, &["--every", "1h", "--endpoint", "/app/up.x/"]);
    assert_eq!((server.get("/app/up.x").status, server.get("/app/up.x/nosuch").status), (503, 404));
}
