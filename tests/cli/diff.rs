//! `verispec diff`: two specs, or a spec and this host.

use crate::Lab;
use std::os::unix::fs::PermissionsExt;

const SPEC: &str = "[file.\"/etc/passwd\"]\nmode = \"0644\"\nowner = \"root\"\n";
const SAME: &str = "file:\n  /etc/passwd: {owner: root, mode: '644'}\n";
const OTHER: &str = "file:\n  /etc/passwd: {owner: root, mode: '0600'}\n  /srv: {}\n";

fn lab() -> Lab {
    let lab = Lab::with("a.toml", SPEC);
    lab.write("same.yaml", SAME);
    lab.write("other.yml", OTHER);
    lab
}

#[test]
fn the_status_tells_whether_two_specs_say_the_same() {
    let lab = lab();
    let ran = lab.run(&["diff", "a.toml", "same.yaml"]);
    assert_eq!(ran.ended(0).out, "no difference; 1 entry is the same\n");
    let ran = lab.run(&["diff", "a.toml", "other.yml"]);
    assert_eq!(
        ran.ended(1).out,
        "--- a.toml\n+++ other.yml\n\nfile//etc/passwd\n  mode: - \"0644\"\n        + \"0600\"\nfile//srv  only in other.yml\n\n\
         1 entry differs in 1 key, 1 entry is only in other.yml; 0 entries are the same\n"
    );
    let ran = lab.run(&["--color", "always", "diff", "a.toml", "other.yml"]);
    assert!(ran.out.contains("\u{1b}[31m- \"0644\"\u{1b}[0m\n"), "{ran}");
}

#[test]
fn either_of_them_may_come_from_standard_input() {
    let lab = lab();
    for (line, status) in [
        ("$V diff - same.yaml < a.toml", 0),
        ("$V diff a.toml - < same.yaml", 0),
        ("$V diff a.toml - < other.yml", 1),
        ("$V diff - - < a.toml", 64),
        ("$V diff", 64),
        ("$V diff a.toml same.yaml other.yml", 64),
    ] {
        lab.shell(line).ended(status);
    }
    lab.shell("$V diff - other.yml < a.toml").says("--- <standard input>\n");
}

#[test]
fn a_wrong_spec_is_told_and_nothing_compared() {
    let lab = lab();
    lab.write("wrong.toml", "[file.\"/a\"]\nmod = 1\n");
    lab.write("goss.yaml", "file:\n  /a: {exists: true, contains: [x]}\n");
    lab.run(&["diff", "a.toml", "wrong.toml"]).ended(78).says("1 error; nothing was compared");
    lab.run(&["diff", "goss.yaml", "a.toml"]).ended(78).says("verispec migrate goss.yaml");
    let ran = lab.run(&["diff", "gone.toml", "wrong.toml"]);
    assert!(ran.ended(78).err.contains("gone.toml") && ran.err.contains("wrong.toml"), "{ran}");
    assert_eq!(lab.run(&["diff", "wrong.toml"]).ended(78).out, "");
}

#[test]
fn includes_are_part_of_a_spec() {
    let lab = lab();
    lab.write("b.toml", "include = [\"parts/*.yaml\"]\n");
    lab.write("parts/one.yaml", SAME);
    lab.run(&["diff", "a.toml", "b.toml"]).ended(0);
    lab.write("parts/two.yaml", "group: {adm: {}}\n");
    lab.run(&["diff", "a.toml", "b.toml"]).ended(1).says("group/adm  only in b.toml");
}

#[test]
fn what_this_host_has_can_be_taken_over() {
    let lab = lab();
    lab.write("good", "x");
    let file = lab.path("good").display().to_string();
    let spec = format!("[file.{file:?}]\nexists = true\nsize = 1\nfiletype = \"directory\"\ncontents = [\"y\"]\n");
    lab.write("host.toml", &spec);
    let ran = lab.run(&["diff", "host.toml"]);
    assert!(ran.ended(1).out.contains("filetype: - \"directory\"\n            + \"file\"\n"), "{ran}");
    assert!(!ran.out.contains("size") && !ran.out.contains("exists"), "{ran}");
    let document: serde_json::Value =
        serde_json::from_str(&lab.run(&["diff", "host.toml", "-f", "json"]).ended(1).out).unwrap();
    let keys = document["entries"][0]["keys"].as_array().unwrap();
    let mended = keys.iter().fold(spec, |spec, key| {
        let (key, found) = (key["key"].as_str().unwrap(), &key["b"]["value"]);
        let line = spec.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        spec.replace(&line, &format!("{key} = {found}"))
    });
    lab.write("host.toml", mended);
    lab.run(&["diff", "host.toml"]).ended(0).says("no difference; 1 entry is as it should be");
}

#[test]
fn what_could_not_be_observed_is_a_difference() {
    let lab = Lab::with("closed", "x");
    let path = lab.path("closed");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    lab.write("a.toml", format!("[file.{:?}]\nexists = true\ncontents = [\"x\"]\n", path.display().to_string()));
    let ran = lab.run_as_nobody(&["diff", "a.toml"]);
    assert!(ran.ended(1).out.contains("contents: ? ") && ran.out.contains("\n1 key is unknown; "), "{ran}");
}

#[test]
fn a_secret_of_this_host_is_not_shown() {
    let lab = Lab::with("app.conf", "url = http://app:canary@db/\n");
    let file = lab.path("app.conf").display().to_string();
    lab.write("a.toml", format!("[file.{file:?}]\ncontents = \"url = http://app:other@db/\\n\"\n"));
    for format in ["text", "json"] {
        let ran = lab.run(&["diff", "a.toml", "-f", format]);
        assert!(!ran.ended(1).out.contains("canary") && !ran.out.contains("other@"), "{ran}");
    }
    lab.run(&["diff", "a.toml"]).says("contents: - (hidden)\n            + (hidden)\n");
    lab.run(&["schema", "--report", "diff"]).ended(0).says("\"only-a\"");
}
