//! The command line and the statuses of goss, whose name the program may be called by.

use crate::{Lab, PROGRAM, Ran};
use std::process::Stdio;
use std::time::{Duration, Instant};

const GOOD: &str = "file:\n  /etc/passwd:\n    exists: true\n";
const BAD: &str = "file:\n  /nowhere:\n    exists: true\n    mode: \"0644\"\n";

/// A folder with a link `goss` and two goss files.
fn lab() -> Lab {
    let lab = Lab::with("goss.yaml", GOOD);
    lab.write("bad.yaml", BAD);
    std::os::unix::fs::symlink(&*PROGRAM, lab.path("goss")).unwrap();
    lab
}

/// Runs a command line as the shell would part it, with these variables.
fn goss_with(lab: &Lab, variables: &[(&str, &str)], line: &str) -> Ran {
    start(lab, &lab.path("goss").display().to_string(), variables, line)
}

fn goss(lab: &Lab, line: &str) -> Ran {
    goss_with(lab, &[], line)
}

fn start(lab: &Lab, program: &str, variables: &[(&str, &str)], line: &str) -> Ran {
    let mut command = std::process::Command::new(program);
    let kept = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("GOSS") && name != "NO_COLOR" && !name.starts_with("CLICOLOR")
    });
    command.env_clear().envs(kept).envs(variables.iter().copied());
    command.args(line.split_whitespace()).current_dir(lab.path("")).stdin(Stdio::null());
    let began = Instant::now();
    Ran::new(command.output().unwrap(), began)
}

/// The report without what differs from run to run.
fn steady(text: &str) -> String {
    let times = regex::Regex::new(
        r#"(?m)\d+\.\d{3}|"(total-)?duration": ?\d+|"(start|end)-time": ?"[^"]*"|timestamp="[^"]*"|(_milliseconds\{.*\}) \d+$"#,
    );
    times.unwrap().replace_all(text, "").into_owned()
}

#[test]
fn flags_stand_before_or_behind_the_command_with_one_dash_or_two() {
    let lab = lab();
    for line in [
        "-g bad.yaml validate",
        "-g bad.yaml v",
        "v -g bad.yaml",
        "v --gossfile=bad.yaml",
        "v -gossfile bad.yaml",
        "-gossfile=bad.yaml v",
        "-g=bad.yaml v",
        "-- v --gossfile bad.yaml",
        "v extra -g bad.yaml",
    ] {
        goss(&lab, line).ended(1).says("Count: 2, Failed: 1, Skipped: 1");
    }
    for line in ["v -f tap", "v -f=tap", "v --format tap", "v -format=tap", "-- v -f tap"] {
        assert_eq!(
            goss(&lab, line).ended(0).out,
            "1..1\nok 1 - File: /etc/passwd: exists: matches expectation: true\n"
        );
    }
    let strict = start(&lab, &PROGRAM, &[], "--profile goss -g bad.yaml validate");
    strict.ended(1).says("Count: 2, Failed: 1, Skipped: 1");
    start(&lab, &PROGRAM, &[], "--profile=goss v").ended(0).says("Count: 1, Failed: 0, Skipped: 0");
    start(&lab, &PROGRAM, &[], "validate --profile goss x.yaml").ended(64).says("has to come first");
}

#[test]
fn a_release_of_gosss_by_its_own_name_is_goss_too() {
    let lab = lab();
    std::os::unix::fs::symlink(&*PROGRAM, lab.path("goss-linux-amd64")).unwrap();
    let path = lab.path("goss-linux-amd64").display().to_string();
    start(&lab, &path, &[], "validate").ended(0).says("Count: 1,");
}

#[test]
fn a_wrong_command_line_is_told_and_runs_nothing() {
    let lab = lab();
    for (line, told) in [
        ("-gbad.yaml v", "flag provided but not defined: -gbad.yaml"),
        ("v -ftap", "flag provided but not defined: -ftap"),
        ("-f tap v", "flag provided but not defined: -f"),
        ("v --Format tap", "flag provided but not defined: -Format"),
        ("v --format", "flag needs an argument: --format"),
        ("v -r 1", "invalid value \"1\" for flag -r"),
        ("v --retry-timeout=1d", "invalid value \"1d\" for flag -retry-timeout"),
        ("v --max-concurrent x", "invalid value \"x\" for flag -max-concurrent"),
        ("v --max-concurrent 0", "has to be 1 or more"),
        ("v --color=perhaps", "invalid value \"perhaps\" for flag -color"),
        ("v -f bogus", "Error: bad output format: bogus"),
        ("-L bogus v", "Error: Unsupported log level: bogus"),
        ("add http --timeout 5 x", "invalid value \"5\" for flag -timeout"),
    ] {
        let ran = goss(&lab, line);
        ran.ended(1).says(told);
        assert!(!ran.out.contains("Count"), "{line}: {ran}");
    }
    for line in ["bogus", "bogus v", "- v", "help bogus", "add bogus", "version"] {
        goss(&lab, line).ended(3).says("no help topic for");
    }
}

#[test]
fn help_and_the_version_are_what_callers_look_for() {
    let lab = lab();
    for line in ["", "help", "h", "-h", "--help", "help --help"] {
        goss(&lab, line).ended(0).says("validate, v ").says("$GOSS_FILE").says("--vars-inline").says("autoadd, aa");
    }
    for line in ["v -h", "validate --help", "help v", "-h v", "v help", "v h"] {
        goss(&lab, line)
            .ended(0)
            .says("goss validate")
            .says("$GOSS_RETRY_TIMEOUT")
            .says("-g, --gossfile")
            .says("nagios");
    }
    goss(&lab, "add").ended(0).says("kernel-param").says("--exclude-attr");
    goss(&lab, "add http -h").ended(0).says("-k, --insecure").says("[default: 5s]");
    goss(&lab, "serve -h").ended(0).says("$GOSS_LISTEN").says("[default: :8080]");
    goss(&lab, "render --help").ended(0).says("-d, --debug");
    for line in ["-v", "--version", "-version"] {
        assert_eq!(goss(&lab, line).ended(0).out, "goss version v0.4.10\n");
    }
}

#[test]
fn every_variable_says_what_its_flag_does_and_the_flag_goes_first() {
    let lab = lab();
    lab.write("vars.yaml", "path: /etc/passwd\n");
    lab.write("templated.yaml", "file:\n  {{ .Vars.path }}:\n    exists: true\n");
    let at = |name, value, line: &str| goss_with(&lab, &[(name, value)], line);
    at("GOSS_FILE", "bad.yaml", "v").ended(1).says("Failed: 1");
    at("GOSS_FILE", "bad.yaml", "v -g goss.yaml").ended(0);
    at("GOSS_FMT", "tap", "v").ended(0).says("1..1");
    at("GOSS_FMT", "tap", "v -f rspecish").ended(0).says("Count: 1");
    at("GOSS_FMT", "bogus", "v").ended(1).says("bad output format: bogus");
    at("GOSS_FMT_OPTIONS", "perfdata,verbose", "v -f nagios").ended(0).says("|total=1 failed=0");
    assert!(!at("GOSS_FMT_OPTIONS", "perfdata", "v -f nagios -o verbose").ended(0).out.contains("|total"));
    assert!(at("GOSS_COLOR", "1", "v").out.contains('\x1b'));
    at("GOSS_COLOR", "false", "v").ended(0);
    at("GOSS_NOCOLOR", "1", "v").ended(0);
    at("GOSS_COLOR", "x", "v").ended(1).says("invalid value \"x\" of variable GOSS_COLOR");
    at("GOSS_SLEEP", "x", "v").ended(1).says("GOSS_SLEEP");
    at("GOSS_SLEEP", "", "v").ended(0);
    at("GOSS_RETRY_TIMEOUT", "1ms", "-g bad.yaml v").ended(3);
    at("GOSS_MAX_CONCURRENT", "x", "v").ended(1).says("GOSS_MAX_CONCURRENT");
    at("GOSS_LOGLEVEL", "bogus", "v").ended(1).says("Unsupported log level: bogus");
    at("GOSS_LOGLEVEL", "bogus", "v -L info").ended(0);
    at("GOSS_VARS", "nowhere.yaml", "v").ended(78).says("nowhere.yaml");
    at("GOSS_VARS_INLINE", "{", "v").ended(78);
    // Of another command's flags the variables are not even looked at.
    at("GOSS_SLEEP", "x", "render").ended(0).says("/etc/passwd");
}

#[test]
fn colour_is_as_the_flags_have_it() {
    let lab = lab();
    let coloured = |variables: &[(&str, &str)], line: &str| goss_with(&lab, variables, line).out.contains('\x1b');
    for (line, colour) in [
        ("v --color", true),
        ("v --color=true", true),
        ("v -color", true),
        ("v --color --no-color", true),
        ("v --color=false", false),
        ("v --no-color", false),
        ("v", false),
        ("v -f json --color", false),
        ("v -f junit --color", false),
        ("v -f tap --color", true),
    ] {
        assert_eq!(coloured(&[], line), colour, "{line}");
    }
    assert!(!coloured(&[("NO_COLOR", "1")], "v --color"));
}

#[test]
fn a_file_that_cannot_be_run_ends_in_78_with_gosss_line_and_a_page() {
    let lab = lab();
    lab.write("empty.yaml", "fiel:\n  /a:\n    exists: true\n");
    lab.write("key.yaml", "file:\n  /a:\n    exists: true\n    mod: \"0644\"\n");
    let ran = goss(&lab, "-g empty.yaml v");
    assert_eq!(ran.ended(78).out, "Error: found 0 tests, source: empty.yaml\n");
    assert!(ran.err.contains("[WARN]") && ran.err.contains("fiel"), "{ran}");
    assert_eq!(goss(&lab, "-g empty.yaml -L error v").ended(78).err, "");
    let ran = goss(&lab, "-g key.yaml v");
    assert!(ran.ended(78).out.starts_with("Error: ") && ran.out.lines().count() == 1, "{ran}");
    assert!(ran.err.contains("key.yaml:4:5"), "{ran}");
    goss(&lab, "-g nowhere.yaml v").ended(78).says("nowhere.yaml");
    let ran = goss(&lab, "-g key.yaml render");
    assert_eq!(ran.ended(1).out, "", "{ran}");
}

#[test]
fn trying_again_tells_of_it_on_standard_error_and_reports_once() {
    let lab = lab();
    let ran = goss(&lab, "-g bad.yaml v -r 250ms -s 50ms -f json");
    ran.ended(3).says("Retrying in 50ms (elapsed/timeout time: 0.").says("attempt #2").says("timeout of 250ms reached");
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["summary"]["failed-count"], 1);
    assert!(ran.took < Duration::from_secs(5), "{ran}");
    goss(&lab, "v -r 10s -s 10s").ended(0).says("Count: 1, Failed: 0");
    goss(&lab, "-g bad.yaml v -r -1s").ended(3);
    let late = "(sleep 0.3; touch later) & exec \"$0\" -g later.yaml v -r 10s -s 100ms -f tap";
    lab.write("later.yaml", format!("file:\n  {}:\n    exists: true\n", lab.path("later").display()));
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", late]).arg(lab.path("goss")).current_dir(lab.path("")).stdin(Stdio::null());
    let ran = Ran::new(command.output().unwrap(), Instant::now());
    assert!(ran.ended(0).out.starts_with("1..1\nok 1 - "), "{ran}");
}

#[test]
fn everything_has_to_pass_in_one_and_the_same_round() {
    let lab = lab();
    // The first holds in odd rounds, the second in even ones.
    let flip = "n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; exit $((n % 2))";
    lab.write("flip.yaml", format!("command:\n  one:\n    exec: '{flip}'\n    exit-status: 0\n  two:\n    exec: 'exit $(( ($(cat n 2>/dev/null || echo 1) + 1) % 2))'\n    exit-status: 1\n"));
    let ran = goss(&lab, "-g flip.yaml v --max-concurrent 1 -r 600ms -s 50ms -f tap");
    let oks = ran.out.lines().filter(|line| line.starts_with("ok")).count();
    assert_eq!((ran.status == 0, ran.status == 3), (oks == 2, oks < 2), "{ran}");
}

#[test]
fn packages_of_a_manager_that_is_not_here_fail_with_the_reason() {
    let lab = lab();
    lab.write("package.yaml", "package:\n  bash:\n    installed: false\n");
    for line in ["--package apk -g package.yaml v", "-g package.yaml v --package opkg"] {
        goss(&lab, line).ended(1).says("database found: looked for");
    }
}

#[test]
fn our_own_formats_may_be_named_too() {
    let lab = lab();
    goss(&lab, "v -f jsonl").ended(0).says("\"outcome\":\"pass\"");
    goss(&lab, "-g bad.yaml v -f github").ended(1).says("::error");
}

#[test]
fn statuses_and_formats_are_gosss_own() {
    let Ok(real) = std::env::var("GOSS") else {
        eprintln!("skipped: no comparison with goss itself, for want of a path to it in GOSS");
        return;
    };
    let lab = lab();
    lab.write(
        "many.yaml",
        "file:\n  /etc/passwd: {exists: true, title: t, meta: {a: [1, x], b: 1.5}, mode: \"0755\", owner: {or: [bin, {have-prefix: da}]}, contents: [no-such-line, /root/, \"!root\"], filetype: {not: file}}\n  /nowhere: {exists: true, mode: \"0644\"}\n  /etc/hostname: {mode: \"0644\"}\n  two: {path: /etc/group, exists: true, mode: 420, owner: {bogus: 1}}\nmatching:\n  a: {content: [a, b, 3], matches: {consist-of: [a, c, {have-prefix: x}]}}\n  b: {content: \"12\", matches: 13}\n  c: {content: {a: 1}, matches: {have-key: c}}\n  d: {content: \"a\\nb\\n\", matches: \"a\\nc\\n\"}\n  e: {content: '{\"x\": {\"y\": 3}}', matches: {gjson: {x.y: 4}}}\n  f: {content: \"12\", matches: {not: {and: [\"12\", {gt: 5}]}}}\n  g: {content: \"12\", matches: {and: [{gt: 5}, {lt: 7}]}}\ncommand:\n  echo a; exit 3: {exit-status: 0, stdout: [a, b], stderr: [\"!x\"]}\n  'true': {exit-status: 0, skip: true}\n",
    );
    let formats = ["documentation", "json", "junit", "nagios", "prometheus", "rspecish", "silent", "tap"];
    let reports = formats.iter().flat_map(|format| {
        let options = if *format == "nagios" { "-o perfdata" } else { "-o sort -o verbose -o pretty" };
        ["goss", "bad", "many"].map(|file| format!("-g {file}.yaml v -f {format} {options}"))
    });
    for line in reports {
        let (want, got) = (start(&lab, &real, &[], &line), goss(&lab, &line));
        assert_eq!(got.status, want.status, "{line}: {got}");
        let (got, want) = (steady(&got.out), steady(&want.out));
        let diff = similar::TextDiff::from_lines(want.as_str(), got.as_str());
        assert!(got == want, "{line}:\n{}", diff.unified_diff().context_radius(1));
    }
    for line in [
        "v extra",
        "v -- -f tap",
        "v -5",
        "-gbad.yaml v",
        "v -ftap",
        "-f tap v",
        "v --color false",
        "v --color=x",
        "v -r 1",
        "v -r 1h1m1.5s",
        "v -r=1d",
        "v --max-concurrent 0x10",
        "v -f bogus",
        "-L bogus v",
        "--package bogus v",
        "bogus",
        "bogus v",
        "add bogus",
        "- v",
        "v -h --bogus",
        "-h v",
        "help",
        "help bogus",
        "",
        "--vars nowhere v",
        "-g nowhere.yaml v",
        "-g bad.yaml v -f structured",
        "-g bad.yaml v -r 1ms -s 1ms",
        "s -l",
        "aa --bogus",
        "r --bogus",
    ] {
        assert_eq!(goss(&lab, line).status, start(&lab, &real, &[], line).status, "{line}");
    }
}
