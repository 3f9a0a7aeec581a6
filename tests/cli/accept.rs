//! `verispec accept`: what was found, into the expectations that failed.

use crate::Lab;
use std::os::unix::fs::PermissionsExt;

/// A lab with the file `x`, of which the spec says another mode and owner than it has.
fn lab() -> Lab {
    let lab = Lab::with("x", "one\n");
    mode(&lab, "x", 0o640);
    let path = lab.path("x").display().to_string();
    lab.write(
        "verispec.toml",
        format!(
            "# ours\n[file.\"{path}\"] # x\nmode = \"0600\" # tight\nlinks = 1\n\n[user.root]\nuid = 0 # as ever\n"
        ),
    );
    lab
}

fn mode(lab: &Lab, name: &str, mode: u32) {
    std::fs::set_permissions(lab.path(name), PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn what_failed_for_a_good_reason_passes_once_it_is_accepted() {
    let lab = lab();
    let old = lab.read("verispec.toml");
    lab.run(&["validate"]).ended(1);
    let path = lab.path("x").display().to_string();
    let diff = format!(
        "--- verispec.toml\n+++ verispec.toml\n@@ -1,6 +1,6 @@\n # ours\n [file.\"{path}\"] # x\n-mode = \"0600\" # tight\n\
         +mode = \"0640\" # tight\n links = 1\n \n [user.root]\n"
    );
    let asked = lab.run(&["accept"]);
    assert_eq!(asked.ended(1).out, diff);
    assert_eq!(asked.err, "verispec: nothing was written: pass `--yes` to write this\n");
    let shown = lab.run(&["accept", "-n"]);
    assert_eq!((shown.ended(0).out.as_str(), shown.err.as_str()), (diff.as_str(), ""));
    assert_eq!(lab.read("verispec.toml"), old);
    let written = lab.run(&["accept", "--yes"]);
    assert_eq!(written.ended(0).out, diff);
    assert_eq!(written.err, format!("verispec: `verispec.toml` accepts file/{path}/mode\n"));
    assert_eq!(lab.read("verispec.toml"), old.replace("0600", "0640"));
    lab.run(&["validate"]).ended(0);
    lab.run(&["accept", "--yes"]).ended(0).says("there is nothing to accept");
}

#[test]
fn anybody_accepts_what_he_sees_into_a_spec_that_he_may_write() {
    let lab = lab();
    let path = lab.path("x").display().to_string();
    let old = lab.read("verispec.toml").replace("links = 1", "links = 1\ncontents = \"two\"");
    lab.write("verispec.toml", &old);
    let nobody = rustix::process::geteuid().is_root();
    if nobody {
        lab.run_as_nobody(&["accept", "--yes", "*/mode"]).ended(1).says("cannot be written: permission denied");
        assert_eq!(lab.read("verispec.toml"), old);
    }
    mode(&lab, "verispec.toml", 0o666);
    mode(&lab, "x", 0o200);
    let ran = lab.run_as_nobody(&["accept", "--yes"]);
    ran.ended(1).says(&format!("file/{path}/contents (verispec.toml:5) is left as it is: it could not be observed"));
    assert_eq!(lab.read("verispec.toml"), old.replace("0600", "0200"));
}

#[test]
fn only_what_is_named_is_accepted() {
    let lab = lab();
    let old = lab.read("verispec.toml").replace("uid = 0", "uid = 7");
    let path = lab.path("x").display().to_string();
    for (word, new) in [
        (format!("file/{path}/mode"), old.replace("0600", "0640")),
        (format!("file{path}/mode"), old.replace("0600", "0640")),
        (format!("file/{path}"), old.replace("0600", "0640")),
        ("user/*".into(), old.replace("uid = 7", "uid = 0")),
        ("*/uid".into(), old.replace("uid = 7", "uid = 0")),
    ] {
        lab.write("verispec.toml", &old);
        lab.run(&["accept", "verispec.toml", &word, "--yes"]).ended(0);
        assert_eq!(lab.read("verispec.toml"), new, "{word}");
    }
    lab.write("verispec.toml", &old);
    lab.run(&["accept", "user/root/uit", "-y"]).ended(64).says("did you mean `user/root/uid`?");
    lab.run(&["accept", "nothing", "-y"]).ended(64).says("it has `file/").says("`user/root`");
    lab.run(&["accept", "verispec.toml", "x", "-y"]).ended(64).says("`x` is a file: name one spec");
    lab.run(&["accept", "user/[", "-y"]).ended(64).says("is not a glob");
    lab.run(&["accept", "-", "-y"]).ended(64).says("name a file");
    assert_eq!(lab.read("verispec.toml"), old);
    lab.run(&["accept", "*/links", "-y"]).ended(0).says("nothing of it has failed");
}

#[test]
fn a_spec_that_is_none_of_ours_is_left_alone() {
    let broken = "[file.\"/etc/passwd\"]\nmod = \"0600\"\n";
    let lab = Lab::with("bad.toml", broken);
    lab.run(&["accept", "bad.toml", "--yes"]).ended(78).says("mod").says("nothing was run");
    assert_eq!(lab.read("bad.toml"), broken);
    let goss = "file:\n  /etc/passwd:\n    exists: true\n    mode: {{ .Vars.mode }}\n";
    lab.write("goss.yaml", goss);
    lab.run(&["accept", "goss.yaml", "--yes"]).ended(78).says("looks like a goss file").says("verispec migrate");
    assert_eq!(lab.read("goss.yaml"), goss);
    lab.run(&["accept", "none.toml", "--yes"]).ended(78).says("there is no file `none.toml`");
}

#[test]
fn what_an_alias_brings_names_the_anchor() {
    let spec = "user:\n  root:\n    uid: &n 7 # here\n    gid: *n\n";
    let lab = Lab::with("verispec.yaml", spec);
    lab.run(&["accept", "--yes"])
        .ended(1)
        .says("user/root/uid (verispec.yaml:3) is left as it is: the alias `*n` takes it over elsewhere")
        .says("user/root/gid (verispec.yaml:4) is left as it is: the alias `*n` stands there: change it where `&n` is");
    assert_eq!(lab.read("verispec.yaml"), spec);
}

#[test]
fn what_is_left_is_named_where_it_stands_once_the_file_is_written() {
    let spec = "[user.root]\ngroups = { consist-of = [\n  \"root\",\n  \"x\",\n] }\nhome = { have-prefix = \"/x\" }\n";
    let lab = Lab::with("verispec.toml", spec);
    lab.run(&["accept", "-n"]).ended(1).says("user/root/home (verispec.toml:6) is left");
    lab.run(&["accept", "--yes"]).ended(1).says("user/root/home (verispec.toml:5) is left");
}

#[test]
fn each_file_of_a_spec_takes_its_own() {
    let lab = Lab::with("all.toml", "include = [\"a/*.yaml\", \"a/one.yaml\"]\n[user.root]\ngid = 7\n");
    lab.write("a/one.yaml", "user:\n  root:\n    uid: 7 # one\n");
    lab.write("a/two.yaml", "user: {root: {groups: {consist-of: [root, x]}}}\n");
    let ran = lab.run(&["accept", "all.toml", "--yes"]);
    ran.ended(0).says("`a/one.yaml` accepts user/root/uid\n").says("`a/two.yaml` accepts user/root/groups\n");
    assert_eq!(lab.read("a/one.yaml"), "user:\n  root:\n    uid: 0 # one\n");
    assert_eq!(lab.read("all.toml"), "include = [\"a/*.yaml\", \"a/one.yaml\"]\n[user.root]\ngid = 0\n");
    lab.run(&["validate", "all.toml"]).ended(0);
}

#[test]
fn what_somebody_else_writes_meanwhile_is_not_lost() {
    let lab = Lab::with("verispec.toml", "[command.\"echo '# mine' >> verispec.toml; exit 3\"]\nexit-status = 0\n");
    let ran = lab.run(&["accept", "--yes"]);
    ran.ended(1).says("`verispec.toml` has changed since it was read");
    assert!(lab.read("verispec.toml").ends_with("exit-status = 0\n# mine\n"));
}

#[test]
fn no_secret_is_shown_or_written() {
    let spec = "[http.\"http://127.0.0.1:1/\"]\nusername = \"u\"\npassword = \"hunter22\"\nstatus = 200\n\n\
                [command.\"echo hunter33; exit 1\"]\nenv = { API_TOKEN = \"hunter33\" }\nexit-status = 0\nstdout = \"x\"\n";
    let lab = Lab::with("verispec.toml", spec);
    let ran = lab.run(&["accept", "--yes"]);
    ran.ended(1).says("there is a secret in what was found");
    assert!(!ran.out.contains("hunter") && !ran.err.contains("hunter22"), "{ran}");
    assert_eq!(lab.read("verispec.toml"), spec.replace("exit-status = 0", "exit-status = 1"));
}

#[test]
fn what_a_host_says_drives_neither_the_terminal_nor_the_spec() {
    let lab = Lab::with("verispec.yaml", "command:\n  printf 'a\\033[2J\\n[x]\\n':\n    stdout: x # o\n");
    let ran = lab.run(&["accept", "--yes"]);
    ran.ended(0);
    lab.run(&["validate"]).ended(0);
    assert!(lab.read("verispec.yaml").ends_with("# o\n"), "{}", lab.read("verispec.yaml"));
}
