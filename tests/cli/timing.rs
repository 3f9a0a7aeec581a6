//! Deadlines, retries, order and concurrency.

use crate::{Lab, run, wait_until};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Whether a process runs, a zombie being none.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_command_out_of_time_is_unknown_and_killed_with_its_group() {
    let spec = r#"
[command.slow]
exec = "echo $$ > leader; sleep 60 & echo $! > child; wait"
exit-status = 0

[command.own]
exec = "sleep 60"
exit-status = { not = 0 }
timeout = "200ms"

[command.quick]
exec = "true"
exit-status = 0
"#;
    let lab = Lab::with("spec.toml", spec);
    let ran = lab.run(&["validate", "-f", "documentation", "--timeout", "400ms", "spec.toml"]);
    ran.ended(1).says("Count: 3, Failed: 0, Unknown: 2, Skipped: 0");
    ran.says("Command: slow: exit-status: unknown: timed out after 4")
        .says("Command: own: exit-status: unknown: timed out after 2");
    assert!(ran.took < Duration::from_secs(5), "{ran}");
    for name in ["leader", "child"] {
        wait_until("killed", || !runs(&lab.read(name)));
        assert!(!lab.read(name).is_empty());
    }
}

#[test]
fn only_what_has_not_passed_is_asked_again_and_one_document_is_written() {
    let spec = r#"
[command.passes]
exec = "echo x >> passes"
exit-status = 0

[command.waits]
exec = "echo x >> waits; test -e flag"
exit-status = 0

[file.flag]
path = "FLAG"

[command.skipped]
exec = "echo x >> skipped"
exit-status = 0
skip = true
"#;
    for format in ["json", "junit", "nagios", "documentation"] {
        let lab = Lab::empty();
        let flag = lab.path("flag");
        lab.write("spec.toml", spec.replace("FLAG", flag.to_str().unwrap()));
        let appears = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(600));
            std::fs::write(flag, "").unwrap();
        });
        let ran = lab.run(&["validate", "-f", format, "-r", "30s", "-s", "100ms", "spec.toml"]);
        appears.join().unwrap();
        ran.ended(0);
        assert!(ran.took > Duration::from_millis(500) && ran.took < Duration::from_secs(10), "{ran}");
        assert_eq!(lab.read("passes"), "x\n", "it passed at once");
        let asked = lab.read("waits").lines().count();
        assert!((2..=12).contains(&asked), "{asked}");
        assert!(!lab.has("skipped"));
        match format {
            "json" => {
                let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one document");
                assert_eq!(report["results"].as_array().unwrap().len(), 4);
            }
            "junit" => assert_eq!(ran.out.matches("<testsuites").count(), 1),
            "nagios" => assert_eq!(ran.out.lines().count(), 1),
            _ => assert_eq!(ran.after("Command: passes: ").len(), 1),
        }
    }
}

#[test]
fn what_never_passes_is_reported_once_its_time_is_over() {
    let lab = Lab::with("spec.toml", "[command.never]\nexec = \"echo x >> looks; false\"\nexit-status = 0\n");
    let ran = lab.run(&["validate", "--retry-timeout", "1s", "--sleep", "200ms", "spec.toml"]);
    ran.ended(1).says("Count: 1, Failed: 1, ");
    assert!(ran.took > Duration::from_millis(600) && ran.took < Duration::from_secs(3), "{ran}");
    assert!((2..=5).contains(&lab.read("looks").lines().count()), "{}", lab.read("looks"));
    let once = Lab::with("spec.toml", "[command.never]\nexec = \"echo x >> looks; false\"\nexit-status = 0\n");
    once.run(&["validate", "spec.toml"]).ended(1);
    assert_eq!(once.read("looks"), "x\n");
}

#[test]
fn an_entry_may_be_retried_by_itself() {
    let spec = r#"
[command.third]
exec = "echo x >> third; test $(wc -l < third) -ge 3"
exit-status = 0
retry = { for = "20s", every = "20ms" }

[command.once]
exec = "echo x >> once; false"
exit-status = 1
"#;
    let lab = Lab::with("spec.toml", spec);
    let ran = lab.run(&["validate", "spec.toml"]);
    ran.ended(0);
    assert_eq!((lab.read("third").lines().count(), lab.read("once").lines().count()), (3, 1));
    assert!(ran.took < Duration::from_secs(5), "{ran}");
}

/// A slow first entry that ends once there is a file `go`, and a quick second one.
const SLOW_FIRST: &str = r#"
[command.slow]
exec = "while ! test -e go; do sleep 0.02; done"
exit-status = 0
timeout = "30s"

[command.quick]
exec = "touch quick"
exit-status = 0
"#;

fn start(lab: &Lab, args: &[&str]) -> Child {
    let mut command = lab.command(&[&["validate", "spec.toml"], args].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn results_come_in_spec_order_although_the_first_is_slow() {
    for (format, first, second) in [
        ("documentation", "Command: slow: ", "Command: quick: "),
        ("tap", "ok 1 - ", "ok 2 - "),
        ("json", "\"slow\"", "\"quick\""),
    ] {
        let lab = Lab::with("spec.toml", SLOW_FIRST);
        let mut child = start(&lab, &["-f", format]);
        wait_until("the second runs beside the first", || lab.has("quick"));
        lab.write("go", "");
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(out.find(first).unwrap() < out.find(second).unwrap(), "{format}: {out}");
    }
}

#[test]
fn jsonl_tells_each_result_as_it_comes() {
    let lab = Lab::with("spec.toml", SLOW_FIRST);
    let mut child = start(&lab, &["-f", "jsonl"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let quick = lines.find(|line| line.contains("\"quick\"")).expect("told while the first still runs");
    let _: serde_json::Value = serde_json::from_str(&quick).unwrap();
    assert!(!lab.has("go"));
    lab.write("go", "");
    let rest: Vec<String> = lines.collect();
    assert!(rest[0].contains("\"slow\""), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn jsonl_tells_what_passed_before_the_next_round() {
    let spec =
        "[command.never]\nexec = \"test -e go\"\nexit-status = 0\n[command.quick]\nexec = \"true\"\nexit-status = 0\n";
    let lab = Lab::with("spec.toml", spec);
    let mut child = start(&lab, &["-f", "jsonl", "-r", "30s", "-s", "50ms"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("\"quick\"")).expect("told while the other is still retried");
    lab.write("go", "");
    assert_eq!(lines.filter(|line| line.contains("\"never\"")).count(), 1);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_stands_before_a_slow_entry_is_seen_while_it_runs() {
    let spec = format!("[matching.first]\ncontent = 1\nmatches = 1\n{SLOW_FIRST}");
    let lab = Lab::with("spec.toml", spec);
    let mut child = start(&lab, &["-f", "documentation"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("Matching: first: matches: matches expectation: 1"));
    assert!(!lab.has("go"));
    lab.write("go", "");
    assert!(lines.next().unwrap().starts_with("Command: slow: "));
    child.wait().unwrap();
}

#[test]
fn one_at_a_time_means_one_at_a_time_and_the_usual_is_together() {
    let spec: String = (0..8)
        .map(|n| format!("[command.c{n}]\nexec = \"echo begin >> log; sleep 0.1; echo end >> log\"\nexit-status = 0\n"))
        .collect();
    let lab = Lab::with("spec.toml", spec);
    lab.run(&["validate", "--max-concurrent", "1", "spec.toml"]).ended(0);
    assert_eq!(lab.read("log"), "begin\nend\n".repeat(8));
    lab.write("log", "");
    let mut command = lab.command(&["validate", "spec.toml"]);
    run(&mut command).ended(0);
    assert!(lab.read("log").starts_with("begin\nbegin\n"), "{}", lab.read("log"));
}
