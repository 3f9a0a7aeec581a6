//! `verispec coverage`: what it counts of this machine, how it ends, and what it appends.

use crate::Lab;
use serde_json::Value;

fn kind(document: &Value, name: &str) -> Value {
    let kinds = document["kinds"].as_array().unwrap();
    kinds.iter().find(|kind| kind["kind"] == name).unwrap_or_else(|| panic!("{document}")).clone()
}

fn json(lab: &Lab, args: &[&str]) -> Value {
    let ran = lab.run(&[&["coverage", "--format", "json"], args].concat());
    serde_json::from_str(&ran.ended(0).out).unwrap()
}

#[test]
fn an_entry_takes_a_thing_off_the_list() {
    let lab = Lab::empty();
    let before = kind(&json(&lab, &[]), "user");
    assert_eq!(before["covered"], 0);
    let names: Vec<&str> =
        before["missing"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"root"), "{before}");
    lab.write("verispec.toml", "include = [\"more.yaml\"]\n");
    lab.write("more.yaml", "user:\n  root: {uid: 0}\n");
    let after = kind(&json(&lab, &[]), "user");
    assert_eq!((&after["covered"], &after["all"]), (&Value::from(1), &before["all"]));
    lab.write("more.yaml", "user:\n  root: {uid: 0, skip: true}\n");
    assert_eq!(kind(&json(&lab, &[]), "user")["covered"], 0);
}

#[test]
fn the_status_tells_of_the_bound_alone() {
    let lab = Lab::with("verispec.toml", "[user.root]\n");
    lab.run(&["coverage"]).ended(0).says("that no entry speaks of:");
    lab.run(&["coverage", "--fail-under", "100"]).ended(1);
    lab.run(&["coverage", "--fail-under", "101"]).ended(64);
    lab.run(&["coverage", "--add", "--fail-under", "1"]).ended(64);
    lab.run(&["coverage", "nowhere.toml"]).ended(78).says("nothing was looked at");
    lab.write("bad.toml", "[user.root]\nuidd = 0\n");
    lab.run(&["coverage", "bad.toml"]).ended(78);
    lab.run(&["coverage", "--add", "bad.toml"]).ended(78);
    assert_eq!(lab.read("bad.toml"), "[user.root]\nuidd = 0\n");
    let none = Lab::empty();
    none.run(&["coverage"]).ended(0).says("no spec is here: nothing is spoken of");
}

#[test]
fn what_may_not_be_looked_at_is_not_covered_whatever_the_spec_says() {
    let lab = Lab::with("verispec.toml", "[user.root]\n");
    // Every machine has a directory under /etc that is only for root.
    let closed = std::fs::read_dir("/etc").unwrap().flatten().any(|entry| {
        use std::os::unix::fs::PermissionsExt;
        entry.metadata().is_ok_and(|meta| meta.is_dir() && meta.permissions().mode() & 0o5 == 0)
    });
    if !closed {
        eprintln!("skipped: everything under /etc is open to all here");
        return;
    }
    let ran = lab.run_as_nobody(&["coverage", "--fail-under", "0"]);
    ran.ended(1).says("certificates under /etc: not all could be listed: ").says("permission denied");
}

#[test]
fn what_is_skipped_is_not_covered_and_is_not_added_a_second_time() {
    let text = "user:\n  root: {uid: 0, skip: true}\n";
    let lab = Lab::with("verispec.yaml", text);
    let ran = lab.run(&["coverage", "--add"]);
    assert!(ran.err.contains("user/root is left as it is: its entry is skipped\n"), "{ran}");
    let after = lab.read("verispec.yaml");
    assert!(after.starts_with(text.trim_end()) && after.matches(" root:").count() == 1, "{after}");
    assert_eq!(kind(&json(&lab, &[]), "user")["missing"][0]["name"], "root");
    // That alone is nothing that went wrong.
    let status = lab.run(&["coverage", "--add"]).status;
    lab.write("verispec.yaml", after.replace(", skip: true", ""));
    assert_eq!(lab.run(&["coverage", "--add"]).status, status);
    // What another spec sets aside is not written either.
    lab.write("a.yaml", text);
    let ran = lab.run(&["coverage", "--add", "--spec", "b.toml", "a.yaml"]);
    assert!(!lab.read("b.toml").contains("[user.root]"), "{ran}");
    lab.run(&["coverage", "--every", "1s"]).ended(64).says("--samples");
}

#[test]
fn what_is_appended_passes_and_is_covered() {
    let text = "[user.root]\nuid = 0 # as ever\n";
    let lab = Lab::with("host.toml", text);
    // What this machine cannot tell of is left out, with its reason.
    let ran = lab.run(&["coverage", "--add", "host.toml"]);
    assert!(ran.status <= 1, "{ran}");
    let written = lab.read("host.toml");
    assert!(written.contains(text), "{written}");
    let after = json(&lab, &["host.toml"]);
    for name in ["user", "mount"] {
        assert_eq!(kind(&after, name)["missing"], Value::Array(vec![]), "{name}");
        lab.run(&["validate", "--kind", name, "host.toml"]).ended(0);
    }
    lab.run(&["coverage", "--add", "host.toml"]);
    assert_eq!(lab.read("host.toml"), written, "a second run changes nothing");
    lab.run(&["coverage", "--add", "host.toml", "verispec.toml"])
        .ended(64)
        .says("name the spec to add to with `--spec`");
}

#[test]
fn a_port_that_the_kernel_may_have_drawn_is_listed_and_not_appended() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("tcp4:{}", listener.local_addr().unwrap().port());
    let lab = Lab::with("host.toml", "[user.root]\n");
    let listed = kind(&json(&lab, &["host.toml"]), "port").to_string();
    assert!(listed.contains(&format!("\"{name}\"")), "{listed}");
    let ran = lab.run(&["coverage", "--add", "host.toml"]);
    ran.ended(1).says(&format!("port/{name} is left out: the kernel may have chosen it ("));
    ran.says(&format!("; if it stays, write it with `verispec add port {name}`"));
    assert!(!lab.read("host.toml").contains(&name), "{}", lab.read("host.toml"));
    lab.run(&["add", "--spec", "host.toml", "port", &name]).ended(0);
    let ran = lab.run(&["coverage", "--add", "host.toml"]);
    assert!(!ran.err.contains(&name), "{ran}");
}
