//! What the program tells of itself and of its language.

use crate::{Lab, installed};
use verispec::matcher::OPERATORS;
use verispec::resource::KINDS;

#[test]
fn check_counts_what_a_spec_says_and_looks_at_nothing() {
    let spec = "[command.touch]\nexec = \"touch ran\"\nexit-status = 0\nstdout = \"\"\n[file.\"/\"]\nmode = \"0755\"\n";
    let lab = Lab::with("spec.toml", spec);
    assert_eq!(lab.run(&["check", "spec.toml"]).ended(0).out, "ok: 2 entries with 4 expectations in 1 file\n");
    assert!(!lab.has("ran"));
    lab.write("one.toml", "include = [\"file.toml\"]\n");
    lab.write("file.toml", "[file.\"/\"]\n");
    assert_eq!(lab.run(&["check", "one.toml"]).ended(0).out, "ok: 1 entry with 1 expectation in 2 files\n");
}

#[test]
fn kinds_are_listed_and_each_has_its_page() {
    let lab = Lab::empty();
    let ran = lab.run(&["kinds"]);
    for kind in KINDS {
        assert!(
            ran.ended(0).out.lines().any(|l| l.split_whitespace().next() == Some(kind.name)),
            "{} in {ran}",
            kind.name
        );
        let page = lab.run(&["kinds", kind.name]);
        let text = on_one_line(&page.ended(0).out);
        let keys = (kind.keys)().into_iter().map(|key| (key.name, key.about));
        for (name, about) in keys.chain((kind.settings)().into_iter().map(|setting| (setting.name, setting.about))) {
            assert!(text.contains(name) && text.contains(about), "{name} in {page}");
        }
        page.says(kind.example.lines().next().unwrap());
        assert_fits(&page.out);
    }
    assert_fits(&ran.out);
    let typo = lab.run(&["kinds", "kernel_parm"]);
    assert_eq!(typo.ended(64).err, "verispec: no kind is called `kernel_parm`; did you mean `kernel-param`?\n");
    let stranger = lab.run(&["kinds", "unicorn"]);
    assert_eq!(stranger.ended(64).err, "verispec: no kind is called `unicorn`; `verispec kinds` shows all\n");
}

#[test]
fn matchers_are_shown_in_the_terminal() {
    let ran = Lab::empty().run(&["matchers"]);
    let text = on_one_line(&ran.ended(0).out);
    for operator in OPERATORS {
        assert!(text.contains(&format!(" {} = ", operator.name)) && text.contains(operator.about), "{}", operator.name);
    }
    assert_fits(&ran.out);
}

/// What is wrapped, as it was before.
fn on_one_line(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A terminal that nobody has resized has 80 columns.
fn assert_fits(page: &str) {
    for line in page.lines() {
        assert!(line.chars().count() <= 80 && line == line.trim_end(), "{line}");
    }
}

#[test]
fn schemas_are_schemas() {
    let lab = Lab::empty();
    for args in [&["schema"][..], &["schema", "--report", "json"], &["schema", "--report", "jsonl"]] {
        let ran = lab.run(args);
        let schema: serde_json::Value = serde_json::from_str(&ran.ended(0).out).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{args:?}");
        assert!(ran.out.ends_with("}\n"));
    }
}

#[test]
fn a_report_is_as_its_schema_says() {
    let spec = "[file.\"/\"]\n[file.\"/gone\"]\nmode = \"0644\"\n[command.x]\nexec = [\"/gone\"]\nexit-status = 0\n\
                [matching.y]\ncontent = [1, \"a\"]\nmatches = [2]\nskip = \"why\"\n";
    let lab = Lab::with("spec.toml", spec);
    for format in ["json", "jsonl"] {
        let schema = serde_json::from_str(&lab.run(&["schema", "--report", format]).out).unwrap();
        let ran = lab.run(&["validate", "-f", format, "spec.toml"]);
        let documents: Vec<&str> = if format == "json" { vec![&ran.out] } else { ran.out.lines().collect() };
        for document in documents {
            let document = serde_json::from_str(document).unwrap();
            if let Err(wrong) = jsonschema::validate(&schema, &document) {
                panic!("{wrong}: {document}");
            }
        }
    }
}

#[test]
fn completions_are_scripts() {
    let lab = Lab::empty();
    for shell in ["bash", "zsh", "fish"] {
        lab.write("script", lab.run(&["completions", shell]).ended(0).says("retry-timeout").out.as_bytes());
        if installed(shell, &format!("completions in {shell}")) {
            assert_eq!(lab.shell(&format!("{shell} -n script")).ended(0).err, "");
        }
    }
    lab.run(&["completions", "tcsh"]).ended(64).says("bash");
}

#[test]
fn the_manual_renders_without_warnings() {
    let lab = Lab::empty();
    let ran = lab.run(&["man"]);
    ran.ended(0);
    for word in ["retry", "verispec validate", "verispec schema", ".SH NAME"] {
        ran.says(word);
    }
    if installed("groff", "rendering the manual") {
        lab.write("verispec.1", &ran.out);
        let page = lab.shell("groff -man -Tutf8 -ww -P-cbou verispec.1");
        assert_eq!(page.ended(0).err, "");
        page.says("NAME\n       verispec - ").says("EXIT STATUS\n").says("\n   verispec validate\n");
    }
}

#[test]
fn every_command_has_help_on_standard_output() {
    let lab = Lab::empty();
    for command in ["validate", "check", "kinds", "schema", "completions", "man"] {
        for flag in ["-h", "--help"] {
            let ran = lab.run(&[command, flag]);
            assert!(ran.ended(0).out.contains("Usage: ") && ran.err.is_empty(), "{ran}");
        }
    }
    let ran = lab.run(&["--help"]);
    ran.ended(0).says("Exit status: 0 nothing failed").says("78 the spec is wrong");
    let version = lab.run(&["--version"]);
    assert_eq!(version.ended(0).out, format!("verispec {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_slip_on_the_command_line_is_mended() {
    let lab = Lab::empty();
    lab.run(&["validate", "--fromat", "json"]).ended(64).says("--format");
    lab.run(&["validate", "-f", "jsno"]).ended(64).says("'json'").says("rspecish");
    lab.run(&["vaildate"]).ended(64).says("'validate'");
    lab.run(&["validate", "--timeout", "5"]).ended(64).says("such as `30s`");
}
