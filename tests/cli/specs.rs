//! Which specs are read, from where, and what is said of those that cannot be.

use crate::{Lab, Ran};
use std::os::unix::fs::PermissionsExt;

const PASS: &str = "[file.\"/\"]\nfiletype = \"directory\"\n";
const FAIL: &str = "[file.\"/verispec-has-no-such-file\"]\n";
const UNKNOWN: &str = "[command.gone]\nexec = [\"/nonexistent\"]\nexit-status = 0\n";
/// Leaves a file `ran` behind.
const TOUCH: &str = "[command.touch]\nexec = \"touch ran\"\nexit-status = 0\n";

#[test]
fn the_exit_status_is_0_only_if_everything_passed() {
    let lab = Lab::empty();
    for (name, text) in [("pass", PASS), ("fail", FAIL), ("unknown", UNKNOWN), ("bad", "[file.\"/\"]\nmoed = 1\n")] {
        lab.write(&format!("{name}.toml"), text);
    }
    lab.write("skip.toml", "[file.\"/nowhere\"]\nskip = \"not yet\"\n");
    let status = |names: &[&str]| lab.run(&[&["validate"], names].concat());
    status(&["pass.toml"]).ended(0);
    status(&["skip.toml"]).ended(0);
    status(&["fail.toml"]).ended(1);
    status(&["unknown.toml"]).ended(1);
    status(&["pass.toml", "unknown.toml"]).ended(1);
    status(&["pass.toml", "fail.toml"]).ended(1);
    status(&["pass.toml", "bad.toml"]).ended(78);
    for wrong in [&["--no-such-flag"][..], &["-f", "xml"], &["--timeout", "soon"], &["--max-concurrent", "0"]] {
        status(&[&["pass.toml"], wrong].concat()).ended(64);
    }
    for wrong in [&[][..], &["vaildate"], &["kinds", "a", "b"], &["schema", "--report", "tap"]] {
        assert_eq!(lab.run(wrong).ended(64).out, "");
    }
    lab.run(&["v", "pass.toml"]).ended(0);
}

#[test]
fn nagios_hears_the_statuses_of_a_plugin() {
    let lab = Lab::empty();
    let nagios = |text: &str| {
        lab.write("spec.toml", text);
        lab.run(&["validate", "-f", "nagios", "spec.toml"])
    };
    let begins = |ran: &Ran, with: &str| assert!(ran.out.starts_with(with), "{ran}");
    begins(nagios(PASS).ended(0), "VERISPEC OK - ");
    begins(nagios(FAIL).ended(2), "VERISPEC CRITICAL - ");
    begins(nagios(UNKNOWN).ended(3), "VERISPEC UNKNOWN - ");
    begins(nagios(&format!("{UNKNOWN}{FAIL}")).ended(2), "VERISPEC CRITICAL - ");
}

#[test]
fn several_specs_run_in_the_order_named_and_as_often_as_named() {
    let lab = Lab::empty();
    for name in ["a", "b"] {
        lab.write(&format!("{name}.toml"), format!("[matching.{name}]\ncontent = 1\nmatches = 1\n"));
    }
    let ran = lab.run(&["validate", "-f", "documentation", "b.toml", "a.toml", "b.toml"]);
    assert_eq!(
        ran.ended(0).after("Matching: "),
        ["b", "a", "b"].map(|n| format!("{n}: matches: matches expectation: 1"))
    );
}

#[test]
fn without_a_name_the_standard_ones_are_looked_for() {
    let yaml = "file:\n  /:\n    exists: true\n";
    let json = "{\"file\": {\"/\": {}}}";
    for (name, text) in [("toml", PASS), ("yaml", yaml), ("yml", yaml), ("json", json)] {
        let lab = Lab::with(&format!("verispec.{name}"), text);
        lab.run(&["validate"]).ended(0).says("Count: ");
        lab.run(&["check"]).ended(0).says("ok: 1 entry");
        lab.write("named.toml", FAIL);
        lab.run(&["validate", "named.toml"]).ended(1);
    }
    let lab = Lab::empty();
    let none = lab.run(&["validate"]);
    assert_eq!(
        none.ended(64).err,
        "verispec: no spec is named, and neither verispec.toml nor verispec.yaml, .yml or .json is here\n"
    );
    lab.write("verispec.yaml", yaml);
    lab.write("verispec.toml", PASS);
    let two = lab.run(&["validate"]);
    assert_eq!(
        two.ended(64).err,
        "verispec: no spec is named, and both verispec.toml and verispec.yaml are here: name one, or both\n"
    );
    std::fs::remove_file(lab.path("verispec.yaml")).unwrap();
    std::fs::create_dir(lab.path("verispec.yaml")).unwrap();
    lab.run(&["validate"]).ended(0);
}

#[test]
fn standard_input_is_a_spec_in_any_syntax() {
    let lab = Lab::empty();
    for text in [
        PASS,
        "file.\"/\".path = \"/\" # with: a colon\n",
        "# a comment\nfile:\n  /:\n    filetype: directory\n",
        "{file: {/: {filetype: directory}}}\n",
        "  {\"file\": {\"/\": {\"filetype\": \"directory\"}}}",
    ] {
        lab.pipe(text, &["validate", "-"]).ended(0);
        lab.pipe(text, &["check", "/dev/stdin"]).ended(0).says("ok: 1 entry");
        lab.write("spec", text);
        lab.run(&["validate", "spec"]).ended(0);
    }
    lab.pipe(FAIL, &["validate", "-"]).ended(1).says("--> <standard input>:1:7");
    lab.pipe("[file.\"/\"]\nmoed = 1\n", &["validate", "-"]).ended(78).says("--> <standard input>:2:1");
    lab.pipe("", &["validate", "-"]).ended(78).says("`<standard input>` has no entries");
    lab.pipe(PASS, &["validate", "-", "-"]).ended(78).says("standard input is named twice and can be read once");
}

#[test]
fn a_spec_that_cannot_be_read_is_one_line_and_nothing_is_run() {
    let lab = Lab::with("touch.toml", TOUCH);
    lab.write("empty.toml", "");
    lab.write("comment.yaml", "# nothing here yet\n");
    lab.write("null.json", "null");
    lab.write("sections.toml", "[file]\n[command]\n");
    lab.write("latin.toml", b"[file.\"/\"]\n# caf\xe9\n");
    std::fs::create_dir(lab.path("folder")).unwrap();
    for (name, error) in [
        ("gone.toml", "error[unreadable]: there is no file `gone.toml`"),
        ("gone/a.toml", "error[unreadable]: there is no file `gone/a.toml`"),
        ("folder", "error[unreadable]: `folder` is a directory; name a file in it"),
        ("empty.toml", "error[empty]: `empty.toml` has no entries: it would pass whatever the host is like"),
        ("comment.yaml", "error[empty]: `comment.yaml` has no entries: it would pass whatever the host is like"),
        ("null.json", "error[empty]: `null.json` has no entries: it would pass whatever the host is like"),
        ("latin.toml", "error[not-utf8]: `latin.toml` is not UTF-8 text: byte 0xe9 on line 2"),
    ] {
        for names in [[name, "touch.toml"], ["touch.toml", name]] {
            let ran = lab.run(&[&["validate"], &names[..]].concat());
            assert_eq!(ran.ended(78).err, format!("{error}\n\nverispec: 1 error; nothing was run\n"));
            assert_eq!(ran.out, "");
            assert!(!lab.has("ran"), "{name}");
        }
        assert_eq!(lab.run(&["check", name]).ended(78).err, format!("{error}\n\nverispec: 1 error\n"));
    }
    lab.run(&["validate", "sections.toml"]).ended(78).says("the spec has no entries: it would pass whatever");
    lab.run(&["validate", "touch.toml"]).ended(0);
    assert!(lab.has("ran"), "it would have run");
}

#[test]
fn a_spec_that_may_not_be_read_is_refused() {
    let lab = Lab::with("secret.toml", TOUCH);
    std::fs::set_permissions(lab.path("secret.toml"), PermissionsExt::from_mode(0o000)).unwrap();
    lab.write("closed/spec.toml", PASS);
    std::fs::set_permissions(lab.path("closed"), PermissionsExt::from_mode(0o000)).unwrap();
    for name in ["secret.toml", "closed/spec.toml"] {
        let ran = lab.run_as_nobody(&["validate", name]);
        let error = format!("error[unreadable]: `{name}` may not be read: permission denied");
        assert_eq!(ran.ended(78).err, format!("{error}\n\nverispec: 1 error; nothing was run\n"));
    }
    std::fs::set_permissions(lab.path("closed"), PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn all_mistakes_are_told_at_once_and_one_of_them_stops_the_run() {
    let lab = Lab::with("touch.toml", TOUCH);
    lab.write("one.toml", "[fiel.\"/\"]\n[file.\"/\"]\nmoed = \"0755\"\nmode = \"0999\"\n[port.\"tcp:99999\"]\n");
    lab.write("two.yaml", "command:\n  x:\n    exec: ''\n    exit-status: 0\n    tiemout: 5s\n");
    let ran = lab.run(&["validate", "touch.toml", "one.toml", "two.yaml", "gone.toml"]);
    ran.ended(78).says("verispec: 7 errors; nothing was run");
    for (place, mend) in [
        ("one.toml:1:2", "write `file`"),
        ("one.toml:3:1", "write `mode`"),
        ("one.toml:4:8", "0999"),
        ("one.toml:5:7", "1 to 65535"),
        ("two.yaml:3:11", "it names no command"),
        ("two.yaml:5:5", "write `timeout`"),
    ] {
        ran.says(&format!("--> {place}\n")).says(mend);
    }
    ran.says("there is no file `gone.toml`");
    assert!(!lab.has("ran") && ran.out.is_empty());
}
