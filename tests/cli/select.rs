//! Which entries are looked at.

use crate::Lab;

const SPEC: &str = r#"
[matching.one]
content = 1
matches = 1
tags = ["web", "db"]

[matching.two]
content = 1
matches = 1
tags = ["db"]

[file."/"]
tags = ["web"]

[file."/etc"]
"#;

fn selected(args: &[&str]) -> Vec<String> {
    let lab = Lab::with("spec.toml", SPEC);
    let ran = lab.run(&[&["validate", "-f", "json", "spec.toml"], args].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.ended(0).out).unwrap();
    let mut names: Vec<String> =
        report["results"].as_array().unwrap().iter().map(|r| r["resource-id"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    names
}

#[test]
fn tags_kinds_and_globs_each_narrow_and_each_may_be_said_again() {
    assert_eq!(selected(&[]), ["one", "two", "/", "/etc"]);
    assert_eq!(selected(&["--tag", "web"]), ["one", "/"]);
    assert_eq!(selected(&["--tag", "web", "--tag", "db"]), ["one", "two", "/"]);
    assert_eq!(selected(&["--kind", "file"]), ["/", "/etc"]);
    assert_eq!(selected(&["--kind", "file", "--tag", "web"]), ["/"]);
    assert_eq!(selected(&["--only", "file:/e*"]), ["/etc"]);
    assert_eq!(selected(&["--only", "*:*"]), ["one", "two", "/", "/etc"]);
    assert_eq!(selected(&["--only", "matching:two", "--only", "file:/"]), ["two", "/"]);
}

#[test]
fn a_selection_that_leaves_nothing_is_refused_with_what_was_probably_meant() {
    let lab = Lab::with("spec.toml", SPEC);
    lab.write("untagged.toml", "[file.\"/\"]\n");
    let refused = |spec: &str, args: &[&str]| {
        let ran = lab.run(&[&["validate", spec], args].concat());
        assert_eq!(ran.ended(64).out, "");
        ran.err.strip_prefix("verispec: ").unwrap().trim_end().to_owned()
    };
    let spec = "spec.toml";
    assert_eq!(refused(spec, &["--tag", "wep"]), "no entry of the spec has the tag `wep`; did you mean `web`?");
    assert_eq!(refused(spec, &["--tag", "mail"]), "no entry of the spec has the tag `mail`; its tags are `db`, `web`");
    assert_eq!(refused("untagged.toml", &["--tag", "x"]), "no entry of the spec has the tag `x`; none has any tag");
    assert_eq!(refused(spec, &["--kind", "flie"]), "no entry of the spec has the kind `flie`; did you mean `file`?");
    assert_eq!(
        refused(spec, &["--kind", "user"]),
        "no entry of the spec has the kind `user`; its kinds are `file`, `matching`"
    );
    assert_eq!(refused(spec, &["--only", "/etc"]), "no entry of the spec is called `/etc`; did you mean `file:/etc`?");
    assert_eq!(
        refused(spec, &["--only", "file:/", "--only", "mathcing:one"]),
        "no entry of the spec is called `mathcing:one`; did you mean `matching:one`?"
    );
    assert_eq!(
        refused(spec, &["--only", "user:*"]),
        "no entry of the spec is called `user:*`; it has `matching:one`, `matching:two`, `file:/`, `file:/etc`"
    );
    assert_eq!(refused(spec, &["--only", "file:["]), "`file:[` is not a glob: unclosed character class; missing ']'");
    assert_eq!(
        refused(spec, &["--kind", "file", "--tag", "db", "--only", "file:/", "--only", "file:/etc"]),
        "no entry of the spec is all of this: `--kind file`, `--tag db`, `--only file:/` or `--only file:/etc`"
    );
}

#[test]
fn what_is_not_selected_is_not_run_but_must_be_right() {
    let lab = Lab::with("spec.toml", format!("{SPEC}\n[command.touch]\nexec = \"touch ran\"\nexit-status = 0\n"));
    lab.run(&["validate", "--kind", "file", "spec.toml"]).ended(0);
    assert!(!lab.has("ran"));
    lab.write("bad.toml", "[user.root]\nuidd = 0\n");
    lab.run(&["validate", "--kind", "file", "spec.toml", "bad.toml"]).ended(78);
}
