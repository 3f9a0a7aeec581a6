//! Where the report goes, and what if it cannot.

use crate::{Lab, installed, run};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use verispec::report::FORMATS;

/// `count` entries of which the last fails.
fn many(count: usize) -> String {
    let entry = |n: usize| format!("[matching.e{n}]\ncontent = {}\nmatches = 1\n", if n == count { 2 } else { 1 });
    (1..=count).map(entry).collect()
}

#[test]
fn a_reader_that_goes_away_changes_neither_the_run_nor_its_status() {
    let lab = Lab::with("fail.toml", format!("{}[command.touch]\nexec = \"touch ran\"\nexit-status = 0\n", many(3000)));
    lab.write("pass.toml", "[command.touch]\nexec = \"sleep 0.05; touch ran\"\nexit-status = 0\n");
    for format in FORMATS {
        for (spec, status) in [("fail.toml", 1), ("pass.toml", 0)] {
            for reads in [0, 1] {
                let mut command = lab.command(&["validate", "-v", "-f", format.name, spec]);
                let mut child =
                    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
                for _ in 0..reads {
                    reader.read_until(b'\n', &mut Vec::new()).unwrap();
                }
                drop(reader);
                let output = child.wait_with_output().unwrap();
                let expected = if format.name == "nagios" && status == 1 { 2 } else { status };
                let err = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(expected), "{} {spec} {reads}: {err}", format.name);
                assert_eq!(err, "", "{} {spec} {reads}", format.name);
                assert!(std::fs::remove_file(lab.path("ran")).is_ok(), "it all ran");
            }
        }
    }
    for line in ["$V kinds | true", "$V schema | head -c 1", "$V man | head -1", "$V --help | true"] {
        assert_eq!(lab.shell(line).ended(0).err, "", "{line}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_no_success() {
    let lab = Lab::with("pass.toml", "[file.\"/\"]\n");
    for format in FORMATS.iter().filter(|f| f.name != "silent") {
        let ran = lab.shell(&format!("$V validate -v -f {} pass.toml > /dev/full", format.name));
        let why = "verispec: cannot write to standard output: no space left on device\n";
        assert_eq!((ran.ended(1).err.as_str(), format.name), (why, format.name));
    }
    for rest in ["check pass.toml", "kinds", "kinds file", "schema", "man", "completions bash", "--help", "--version"] {
        let ran = lab.shell(&format!("$V {rest} > /dev/full"));
        ran.ended(1).says("cannot write to standard output: no space left on device");
    }
    lab.shell("$V validate pass.toml >&-").ended(0);
    lab.shell("$V validate pass.toml 2>&-").ended(0);
    lab.shell("$V validate nope.toml 2>/dev/full").ended(78);
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let lab = Lab::with("fail.toml", many(2));
    lab.write("bad.toml", "[fiel.x]\n");
    let colourful = |args: &[&str], name: &str, value: &str| {
        let ran = run(lab.command(args).env(name, value));
        (ran.out.contains('\x1b'), ran.err.contains('\x1b'))
    };
    for spec in ["fail.toml", "bad.toml"] {
        let (out, err) = (spec == "fail.toml", spec == "bad.toml");
        assert_eq!(colourful(&["validate", spec], "X", ""), (false, false), "a pipe");
        assert_eq!(colourful(&["validate", "--color", "never", spec], "CLICOLOR_FORCE", "1"), (false, false));
        assert_eq!(colourful(&["validate", "--color", "always", spec], "X", ""), (out, err));
        assert_eq!(colourful(&["--color", "always", "validate", spec], "NO_COLOR", "1"), (out, err), "asked for");
    }
    for format in ["json", "jsonl", "junit", "tap", "nagios", "prometheus", "html"] {
        let args = ["validate", "--color", "always", "-f", format, "fail.toml"];
        assert_eq!(colourful(&args, "X", ""), (false, false), "{format} is for programs");
    }
}

#[test]
fn a_terminal_gets_colour_unless_no_color_says_otherwise() {
    if !installed("script", "colour on a terminal") {
        return;
    }
    let lab = Lab::with("fail.toml", many(2));
    let terminal = |variable: &str| {
        let ran = lab.shell(&format!("{variable} TERM=xterm script -qec \"$V validate fail.toml\" /dev/null"));
        assert_eq!(ran.status, 1, "{ran}");
        assert!(ran.out.contains("Count: 2"), "{ran}");
        ran.out.contains('\x1b')
    };
    assert!(terminal("X=1"));
    assert!(!terminal("NO_COLOR=1"));
}
