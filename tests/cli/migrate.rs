//! `verispec migrate`: goss files as strict specs, and what is said of them.

use crate::Lab;

const GOSS: &str = "file:\n  /etc/passwd:\n    exists: true\n    mode: 0644\n    contains: [root]\n";
const SPEC: &str = "[file.\"/etc/passwd\"]\nexists = true\nmode = \"0644\"\ncontents = [\"root\"]\n";

#[test]
fn a_goss_file_becomes_a_spec_that_is_accepted() {
    let lab = Lab::with("goss.yaml", GOSS);
    let ran = lab.run(&["migrate", "goss.yaml", "-o", "host.toml"]);
    ran.ended(0);
    assert!(ran.err.contains("file /etc/passwd: `mode`: to goss this is the number 420"), "{ran}");
    assert!(lab.read("host.toml").ends_with(SPEC), "{}", lab.read("host.toml"));
    lab.run(&["validate", "host.toml"]).ended(0);
    lab.run(&["migrate", "goss.yaml", "-o", "host.toml"]).ended(64).says("is there already");
    lab.run(&["migrate", "goss.yaml", "-o", "host.yml"]).ended(0);
    lab.run(&["check", "host.yml"]).ended(0);
    lab.run(&["migrate", "goss.yaml", "-o", "host.txt"]).ended(64).says("--to");
}

#[test]
fn what_is_lost_shows_in_the_status() {
    let lab = Lab::with("goss.yaml", format!("{GOSS}    size: [1]\n  relative: {{exists: true}}\n"));
    let ran = lab.run(&["migrate", "goss.yaml"]);
    ran.ended(1);
    assert!(ran.err.contains("file relative: the whole entry is not carried over"), "{ran}");
    assert!(ran.out.contains("\n# [file.relative]\n# exists = true\n"), "{ran}");
    lab.write("goss.yaml", "file:\n  relative: {exists: true}\n");
    lab.run(&["migrate", "goss.yaml"]).ended(78).says("nothing was written");
}

#[test]
fn templates_are_refused_unless_they_are_to_be_frozen() {
    let lab = Lab::with("goss.yaml", "gossfile: {part.yaml: {}}\n");
    lab.write("part.yaml", "user:\n  {{ .Vars.user }}: {exists: true}\n");
    lab.write("vars.yaml", "user: root\n");
    lab.write("plain.yaml", "user:\n  x: {exists: {{ true }}}\n");
    lab.run(&["migrate", "plain.yaml"]).ended(78).says("has a template on line 2");
    lab.run(&["migrate", "plain.yaml", "--render"]).ended(0).says("as its templates rendered then");
    lab.run(&["migrate", "goss.yaml"]).ended(78);
    let ran = lab.run(&["migrate", "goss.yaml", "--vars", "vars.yaml"]);
    assert!(ran.ended(0).out.ends_with("[user.root]\nexists = true\n"), "{ran}");
}
