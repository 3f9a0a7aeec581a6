//! Hostile input ends soon, in little memory; and the start costs nothing.

use crate::{Lab, installed};
use std::time::Duration;

/// Refused within the bounds: virtual memory in MiB, and time.
#[track_caller]
fn refused(lab: &Lab, spec: &str, memory: u64, says: &str) {
    let ran = lab.shell(&format!("ulimit -v {} && exec $V validate {spec}", memory << 10));
    ran.ended(78).says(says).says("nothing was run");
    assert!(ran.took < Duration::from_secs(10), "{spec}: {ran}");
    assert!(ran.err.len() < 100_000, "{spec}: {} bytes of errors", ran.err.len());
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    const DEPTH: usize = 1_000_000;
    let lab = Lab::empty();
    for (name, text) in [
        ("lists.json", format!("{{\"file\": {}", "[".repeat(DEPTH))),
        ("maps.json", format!("{}1{}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH))),
        ("lists.yaml", "[".repeat(DEPTH)),
        ("maps.yaml", "{a: ".repeat(DEPTH)),
        ("dashes.yaml", "- ".repeat(DEPTH)),
        ("lines.yaml", (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("lists.toml", format!("a = {}", "[".repeat(DEPTH))),
        ("tables.toml", format!("a = {}", "{a=".repeat(DEPTH))),
        ("header.toml", format!("[{}a]\n", "a.".repeat(DEPTH))),
        ("dotted.toml", format!("{}a = 1\n", "a.".repeat(DEPTH))),
    ] {
        lab.write(name, text);
        refused(&lab, name, 400, "error[too-deep]: lists and maps stand inside one another more than 64 levels deep");
    }
}

#[test]
fn aliases_cannot_blow_a_spec_up() {
    let mut lists = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut merges = String::from("a0: &a0 {k: v}\n");
    for n in 1..40 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        lists.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
        merges.push_str(&format!("a{n}: &a{n} {{<<: *a{0}, k{n}: *a{0}, j{n}: *a{0}}}\n", n - 1));
    }
    let lab = Lab::with("lists.yaml", lists);
    lab.write("merges.yaml", merges);
    for name in ["lists.yaml", "merges.yaml"] {
        refused(&lab, name, 400, "error[too-large]: aliases make the file come to more than");
    }
}

#[test]
fn a_spec_is_bounded_in_size() {
    let lab = Lab::with("large.toml", "[file.\"/\"]\n");
    let file = std::fs::OpenOptions::new().append(true).open(lab.path("large.toml")).unwrap();
    file.set_len(60 << 20).unwrap();
    refused(&lab, "large.toml", 400, "error[too-large]: `large.toml` is larger than 16 MiB");
    refused(&lab, "/dev/zero", 400, "error[too-large]: `/dev/zero` is larger than 16 MiB");
    refused(&lab, "- < /dev/zero", 400, "error[too-large]: `standard input` is larger than 16 MiB");
    lab.write("part.toml", format!("[file.\"/\"]\ntitle = \"{}\"\n", "x".repeat(5 << 20)));
    lab.write("sum.toml", "include = [\"part.toml\", \"part.toml\", \"part.toml\", \"part.toml\", \"part.toml\"]\n");
    refused(&lab, "sum.toml", 400, "error[too-large]: with `part.toml` the spec is larger than 16 MiB");
}

#[test]
fn mistakes_without_end_are_counted_and_the_first_are_shown() {
    let entry = |n: usize| format!("[command.x{n}]\nexec = \"true\"\nexit-stats = 0\n");
    let lab = Lab::with("many.toml", (0..5000).map(entry).collect::<String>());
    refused(&lab, "many.toml", 400, "verispec: 5000 errors, of which the first 50 are shown; nothing was run");
    lab.write("long.toml", format!("[file.\"/\"]\nmoed = \"{}\"\n", "x".repeat(5 << 20)));
    refused(&lab, "long.toml", 400, "write `mode`");
}

#[test]
fn a_spec_of_no_size_at_all_is_a_spec() {
    let entry = |n: usize| format!("[matching.x{n}]\ncontent = 1\nmatches = 1\n");
    let lab = Lab::with("many.toml", (0..20_000).map(entry).collect::<String>());
    let ran = lab.run(&["validate", "-f", "silent", "many.toml"]);
    ran.ended(0);
    assert!(ran.took < Duration::from_secs(10), "{ran}");
}

#[test]
fn starting_makes_no_thread_and_opens_no_socket() {
    if !installed("strace", "what the start asks of the kernel") {
        return;
    }
    let lab = Lab::with("spec.toml", "[file.\"/\"]\n");
    let traced = |args: &str| {
        let calls = "clone,clone3,fork,vfork,execve,socket,connect,bind";
        let ran = lab.shell(&format!("strace -f -o trace -e trace={calls} $V {args}"));
        if ran.status != 0 {
            eprintln!("skipped: strace may not trace here: {}", ran.err);
            return String::new();
        }
        // The start itself is an execve.
        lab.read("trace").lines().skip(1).filter(|line| !line.contains("+++")).map(str::to_owned).collect()
    };
    assert_eq!(traced("--version"), "");
    assert_eq!(traced("check spec.toml"), "");
}
