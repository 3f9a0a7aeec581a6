//! `add`: what it writes, where, what it says of it, and that it passes.

use crate::{Lab, Ran};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// Things of every kind that a machine without systemd has, or certainly has not.
const THINGS: &[&str] = &[
    "file /etc/passwd /etc /dev/null /nonexistent ~root",
    "package base-files nonexistent",
    "user root nobody nonexistent",
    "group root nonexistent",
    "port tcp:1 unix:/nonexistent",
    "process nonexistent",
    "certificate /nonexistent.pem",
    "disk / /nonexistent",
    "mount / /proc /nonexistent",
    "interface lo nonexistent",
    "addr tcp://127.0.0.1:1 unix:/nonexistent",
    "dns localhost",
    "kernel-param kernel.ostype vm.swappiness",
    "system this",
];

fn ok(ran: &Ran) -> &Ran {
    assert_eq!(ran.status, 0, "{}\n{}", ran.out, ran.err);
    ran
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn what_is_added_of_every_kind_passes_at_once_and_is_there_the_second_time() {
    for file in ["verispec.toml", "other.yaml", "other.json"] {
        let lab = Lab::empty();
        let runs: [fn(&Lab, &[&str]) -> Ran; 2] = [Lab::run, Lab::run_as_nobody];
        std::fs::set_permissions(lab.path(""), PermissionsExt::from_mode(0o777)).unwrap();
        for (at, run) in runs.into_iter().enumerate() {
            let file = format!("{at}{file}");
            for line in THINGS {
                let ran = run(&lab, &[&["add", "--spec", &file, "--hashes"], &words(line)[..]].concat());
                assert!(ran.status == 0 && ran.err.contains(" added"), "{line}: {}{}", ran.out, ran.err);
            }
            let twice = ["add", "--spec", &file, "--samples", "2", "--every", "1ms"];
            let ran = run(&lab, &[&twice[..], &["command", "echo '!a'; echo /b/; exit 3", "true"]].concat());
            ok(&ran);
            let before = lab.read(&file);
            ok(&run(&lab, &["validate", &file]));
            for line in THINGS {
                let ran = run(&lab, &[&["add", "--spec", &file], &words(line)[..]].concat());
                assert!(ok(&ran).out.is_empty() && ran.err.contains("there already"), "{line}: {}", ran.err);
            }
            assert_eq!(lab.read(&file), before);
        }
    }
}

#[test]
fn without_a_name_the_spec_that_stands_is_written_to_else_a_new_one() {
    let lab = Lab::empty();
    assert_eq!(ok(&lab.run(&["add", "user", "nonexistent"])).out, "[user.nonexistent]\nexists = false\n\n");
    assert_eq!(lab.read("verispec.toml"), "[user.nonexistent]\nexists = false\n");
    let lab = Lab::with("verispec.yml", "# ours\n");
    let ran = lab.run(&["add", "user", "nonexistent", "other"]);
    assert_eq!(ok(&ran).err, "verispec: verispec.yml: 2 entries added\n");
    let text = lab.read("verispec.yml");
    assert!(text.starts_with("# ours\n") && text.contains("  nonexistent:\n    exists: false\n"), "{text}");
    lab.write("verispec.json", "{}");
    let ran = lab.run(&["add", "user", "more"]);
    assert_eq!(ran.status, 64);
    assert!(ran.err.contains("both verispec.yml and verispec.json are here: name one with `--spec`"), "{}", ran.err);
    assert_eq!(lab.read("verispec.yml"), text);
}

#[test]
fn a_dash_prints_a_spec_and_nothing_else_and_writes_none() {
    let lab = Lab::with("verispec.toml", "[user.nonexistent]\nexists = true\n");
    let ran = lab.run(&["add", "--spec", "-", "user", "nonexistent", "other"]);
    assert_eq!(ok(&ran).out, "[user.nonexistent]\nexists = false\n\n[user.other]\nexists = false\n");
    assert_eq!(ran.err, "");
    assert_eq!(lab.read("verispec.toml"), "[user.nonexistent]\nexists = true\n");
    ok(&lab.shell("$V add --spec - user nonexistent | $V validate -"));
}

#[test]
fn what_the_spec_speaks_of_already_is_left_as_it_is_also_where_an_include_says_it() {
    let lab = Lab::with("main.toml", "include = [\"part.toml\"]\n\n[user.boss]\nusername = \"root\"\n");
    lab.write("part.toml", "[group.root]\ngid = 0\n");
    let ran = lab.run(&["add", "--spec", "main.toml", "user", "root"]);
    assert_eq!(ok(&ran).err, "verispec: main.toml: nothing is added, it was there already\n");
    assert_eq!(ok(&lab.run(&["add", "--spec", "main.toml", "group", "root"])).out, "");
    let ran = lab.run(&["add", "--spec", "main.toml", "user", "boss", "nobody"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.err.contains("user/boss is left out: its name is taken by an entry that is about another"),
        "{}",
        ran.err
    );
    assert!(ran.err.ends_with("main.toml: 1 entry added\n"), "{}", ran.err);
    assert!(lab.read("main.toml").contains("[user.nobody]"));
    assert_eq!(lab.read("part.toml"), "[group.root]\ngid = 0\n");
}

#[test]
fn an_entry_that_is_skipped_is_left_as_it_is_and_gets_no_second_one() {
    let text = "[user.root]\nuid = 1\nskip = \"not yet\"\n\n[port.80]\nskip = \"not yet\"\n";
    let lab = Lab::with("verispec.toml", text);
    let ran = lab.run(&["add", "user", "root"]);
    let said = "verispec: user/root is left as it is: its entry is skipped\n";
    assert_eq!(ok(&ran).err, format!("{said}verispec: verispec.toml: nothing is added, it was there already\n"));
    let ran = lab.run(&["add", "port", "tcp:80", "tcp6:80"]);
    let said = "verispec: 2 are left as they are (port/tcp:80, port/tcp6:80): their entries are skipped\n";
    assert!(ok(&ran).err.starts_with(said), "{}", ran.err);
    assert_eq!((lab.read("verispec.toml").as_str(), ran.out.as_str()), (text, ""));
}

#[test]
fn one_reason_is_told_once_however_many_things_it_holds_up() {
    let lab = Lab::empty();
    let names: Vec<String> = (0..16).map(|n| format!("kernel.nonexistent-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ran = lab.run(&[&["add", "--spec", "-", "--exclude-key", "*", "kernel-param"], &names[..]].concat());
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!((ran.status, lines.len()), (1, 1), "{}", ran.err);
    assert!(lines[0].starts_with("verispec: 16 are left out (kernel-param/kernel.nonexistent-0, "), "{}", ran.err);
    assert!(lines[0].contains("kernel.nonexistent-9 and 6 more): "), "{}", ran.err);
}

#[test]
fn a_spec_that_cannot_be_printed_is_no_success() {
    let lab = Lab::empty();
    for rest in ["add --spec - user root", "add user root", "coverage"] {
        let ran = lab.shell(&format!("$V {rest} > /dev/full"));
        assert_eq!(ran.status, 1, "{rest}: {}", ran.err);
        assert!(ran.err.contains("cannot write to standard output: no space left on device"), "{rest}: {}", ran.err);
    }
}

#[test]
fn what_is_named_twice_is_written_once() {
    let lab = Lab::empty();
    let ran = lab.run(&["add", "port", "tcp:1", "tcp:1", "1"]);
    assert_eq!(ok(&ran).out, "[port.\"tcp:1\"]\nlistening = false\n\n");
    assert_eq!(ran.err, "verispec: verispec.toml: 1 entry added\n");
}

#[test]
fn a_spec_that_is_wrong_is_not_touched() {
    let lab = Lab::empty();
    for (name, text) in [
        ("a.toml", "[file.\"/etc\"\n"),
        ("b.toml", "[file.\"/etc\"]\nmod = \"0755\"\n"),
        ("c.yaml", "file: [\n"),
        ("d.json", "{\"file\": 1}"),
        ("e.toml", "include = [\"missing.toml\"]\n[user.root]\n"),
    ] {
        lab.write(name, text);
        let ran = lab.run(&["add", "--spec", name, "user", "root"]);
        assert_eq!((ran.status, ran.out.as_str()), (78, ""), "{name}: {}", ran.err);
        assert!(ran.err.contains("error[") && ran.err.contains("nothing is written"), "{}", ran.err);
        assert_eq!(lab.read(name), text);
    }
    let ran = lab.run(&["add", "--spec", "spec.txt", "user", "root"]);
    assert!(ran.status == 64 && ran.err.contains("must end in .toml"), "{}", ran.err);
    assert!(!lab.has("spec.txt"));
}

#[test]
fn every_byte_that_stood_there_stays_and_so_do_mode_and_links() {
    let text = "\u{feff}# ours\r\n[ user . \"root\" ]  # him\r\nuid=0x0\r\n\r\n# the end";
    let lab = Lab::with("real.toml", text);
    std::fs::set_permissions(lab.path("real.toml"), PermissionsExt::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.toml", lab.path("link.toml")).unwrap();
    ok(&lab.run(&["add", "--spec", "link.toml", "group", "nonexistent"]));
    let after = lab.read("real.toml");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    assert!(lines.iter().all(|line| after.contains(line.trim_end())) && after.starts_with(lines[0]), "{after:?}");
    assert_eq!(std::fs::metadata(lab.path("real.toml")).unwrap().permissions().mode() & 0o7777, 0o640);
    assert!(std::fs::symlink_metadata(lab.path("link.toml")).unwrap().is_symlink());
}

#[test]
fn what_cannot_be_observed_is_said_and_the_others_are_written() {
    let lab = Lab::empty();
    let ran = lab.run(&["add", "--timeout", "300ms", "command", "sleep 30", "true"]);
    assert_eq!(ran.status, 1);
    assert!(ran.took < Duration::from_secs(10), "{:?}", ran.took);
    assert!(ran.err.contains("command/sleep 30 is left out: timed out after 3"), "{}", ran.err);
    assert_eq!(lab.read("verispec.toml"), "[command.true]\nexit-status = 0\n");
    let lab = Lab::empty();
    let ran = lab.run(&["add", "kernel-param", "fs.file-nr", "kernel.nonexistent"]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("it moves by itself") && ran.err.ends_with("nothing is added\n"), "{}", ran.err);
    assert!(!lab.has("verispec.toml"));
}

#[test]
fn names_settings_and_kinds_that_are_none_are_wrong_usage() {
    let lab = Lab::empty();
    for (args, words) in [
        (&["fil", "/x"][..], "did you mean `file`?"),
        (&["file", "x"], "file `x`: `x` is a relative path"),
        (&["file", "/x", "y"], "file `y`"),
        (&["matching", "x"], "nothing of the kind `matching`"),
        (&["--set", "mode=0644", "file", "/x"], "`mode` is a key"),
        (&["--set", "pth=/x", "file", "/x"], "no key `pth`"),
        (&["--set", "count=many", "ping", "localhost"], "count"),
        (&["--set", "count", "ping", "localhost"], "KEY=VALUE"),
        (&["--exclude-key", "[", "file", "/x"], "is not a glob"),
        (&["--samples", "0", "file", "/x"], "--samples"),
        (&["--every", "1s", "file", "/x"], "--samples"),
        (&["file"], "<ID>"),
    ] {
        let ran = lab.run(&[&["add"], args].concat());
        assert_eq!((ran.status, ran.out.as_str()), (64, ""), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{args:?}: {}", ran.err);
    }
    assert!(!lab.has("verispec.toml"));
}

#[test]
fn settings_go_into_the_entry_and_a_secret_is_not_shown() {
    let lab = Lab::empty();
    let set = ["--set", "exec=[\"sh\", \"-c\", \"echo $TOKEN\"]", "--set", "env={TOKEN = \"hunter22\"}"];
    let ran = lab.run(&[&["add", "--samples", "2", "--every", "1ms", "command", "x"], &set[..]].concat());
    assert!(!ok(&ran).out.contains("hunter22") && !ran.err.contains("hunter22"), "{}{}", ran.out, ran.err);
    let text = lab.read("verispec.toml");
    assert!(text.contains("env = { TOKEN = \"hunter22\" }") && !text.contains("stdout"), "{text}");
    assert!(ran.err.contains("command/x/stdout is left out: there may be a secret in it"), "{}", ran.err);
    ok(&lab.run(&["validate"]));
    ok(&lab.run(&["add", "--set", "path=/etc/passwd", "--set", "title=the accounts", "file", "accounts"]));
    assert!(lab.read("verispec.toml").contains("path = \"/etc/passwd\"\ntitle = \"the accounts\"\n"));
    ok(&lab.run(&["validate"]));
}

#[test]
fn output_that_is_another_each_time_is_not_written_as_if_it_stayed() {
    for clock in ["date +%s%N", "echo $$; date +%N"] {
        let lab = Lab::empty();
        let ran = lab.run(&["add", "command", clock]);
        let once = "/stdout is left out: it was looked at once, and may be another each time: pass `--samples 2`";
        assert!(ok(&ran).err.contains(once), "{}", ran.err);
        assert!(!lab.read("verispec.toml").contains("stdout"));
        ok(&lab.run(&["validate"]));
        let lab = Lab::empty();
        let ran = lab.run(&["add", "--samples", "2", "--every", "1ms", "command", clock]);
        assert!(ok(&ran).err.contains("/stdout is left out: nothing of it stayed: it was "), "{}", ran.err);
        ok(&lab.run(&["validate"]));
    }
    let lab = Lab::empty();
    ok(&lab.run(&["add", "--samples", "2", "--every", "1ms", "command", "date +%s%N; echo up"]));
    assert!(
        lab.read("verispec.toml").ends_with("exit-status = 0\nstdout = [\"up\"]\n"),
        "{}",
        lab.read("verispec.toml")
    );
    ok(&lab.run(&["validate"]));
}

#[test]
fn several_looks_tell_what_moves_and_how_far() {
    let lab = Lab::empty();
    lab.write("n", "");
    // Each look makes the file one byte longer.
    let ran = lab.run(&["add", "--samples", "3", "--every", "10ms", "command", "printf x >>n; wc -c <n; echo end"]);
    ok(&ran);
    assert!(ran.out.contains("3 looks, 10ms apart)") || !ran.out.contains("stdout"), "{}", ran.out);
    assert_eq!(lab.read("n").len(), 3);
    assert!(lab.read("verispec.toml").contains("stdout = [\"end\"]\n"), "{}", lab.read("verispec.toml"));
    lab.write("size", "12345");
    let size = lab.path("size").display().to_string();
    ok(&lab.run(&["add", "--samples", "2", "--every", "1ms", "file", &size]));
    let text = lab.read("verispec.toml");
    assert!(!text.contains("# size was") && text.contains("size = 5\n"), "{text}");
}

#[test]
fn names_that_would_drive_the_terminal_are_shown_without() {
    let lab = Lab::empty();
    let ran = lab.run(&["add", "file", "/tmp/\u{1b}[31m\u{202e}x"]);
    assert!(!ok(&ran).out.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.out);
    ok(&lab.run(&["validate"]));
    let ran = lab.run(&["add", "file", "/tmp/\u{1b}[31m\u{202e}x"]);
    assert!(ok(&ran).err.contains("there already"), "{}", ran.err);
}

#[test]
fn what_the_environment_keeps_secret_is_neither_written_nor_accepted() {
    let lab = Lab::with("a.toml", "[command.\"printenv API_TOKEN\"]\nstdout = \"x\\n\"\n");
    let ran = lab.shell("API_TOKEN=canary123 $V add --samples 2 --every 10ms --spec - command 'printenv API_TOKEN'");
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("/stdout is left out: there may be a secret in it"), "{}", ran.err);
    let ran = lab.shell("API_TOKEN=canary123 $V accept a.toml --yes");
    assert!(ran.status == 1 && !format!("{}{}", ran.out, ran.err).contains("canary"), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("there is a secret in what was found"), "{}", ran.err);
    assert!(!lab.read("a.toml").contains("canary"));
}

#[test]
fn a_secret_in_a_file_is_not_accepted() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49canary\n-----END PRIVATE KEY-----\n";
    let hash = "root:$6$rGXrTBnC$N4s0mYh3Vq7Jx2kPz5Lw8Rt1Ub6Ic9canary:19000:0:::\n";
    for text in [key, hash, "PGPASSWORD=canary1\n", "postgres://bob:canary@db/x\n"] {
        let lab = Lab::empty();
        lab.write("secret", text);
        let spec = format!("[file.\"{}\"]\ncontents = \"other\"\n", lab.path("secret").display());
        lab.write("a.toml", &spec);
        let ran = lab.run(&["accept", "a.toml", "--yes"]);
        assert!(ran.status == 1 && !format!("{}{}", ran.out, ran.err).contains("canary"), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("there is a secret in what was found"), "{}", ran.err);
        assert_eq!(lab.read("a.toml"), spec);
    }
}

#[test]
fn a_glob_that_leaves_out_no_key_of_any_kind_is_wrong_usage() {
    let lab = Lab::empty();
    for (glob, words) in [
        ("moed", "`moed` is no key of any kind: did you mean `mode`?"),
        ("file.moed", "did you mean `file.mode`?"),
        ("zzzzzzzz*", "`zzzzzzzz*` is no key of any kind: `verispec kinds KIND` lists them"),
        ("exists", "`exists` says whether a thing is there, which is never left out"),
    ] {
        for verb in [&["add"][..], &["autoadd"]] {
            let thing: &[&str] = if verb == ["add"] { &["user", "root"] } else { &["root"] };
            let ran = lab.run(&[verb, &["--spec", "-", "--exclude-key", glob], thing].concat());
            assert!(ran.status == 64 && ran.err.contains(words) && ran.out.is_empty(), "{}{}", ran.out, ran.err);
        }
    }
    for glob in ["*", "mode", "file.*", "*-in", "arch"] {
        ok(&lab.run(&["add", "--spec", "-", "--exclude-key", glob, "user", "root"]));
    }
}

#[test]
fn a_command_that_the_shell_does_not_find_is_written_and_told() {
    let ran = Lab::empty().run(&["add", "--spec", "-", "command", "no-such-command-1"]);
    assert_eq!(ok(&ran).out, "[command.no-such-command-1]\nexit-status = 127\n");
    let why =
        "/exit-status is written as it was, but 127 is what the shell ends with where it does not find the command";
    assert!(ran.err.contains(why), "{}", ran.err);
}
