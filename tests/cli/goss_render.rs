//! `goss render`: what goss files, their variables, templates and includes come to.

use crate::{Lab, Ran};

fn render(lab: &Lab, args: &[&str]) -> Ran {
    lab.run(&[&["--profile", "goss"], args, &["render"]].concat())
}

const FILE: &str = "file:\n  /a: {exists: true}\n";

#[test]
fn includes_are_merged_sorted_and_a_later_file_wins() {
    let lab = Lab::with("goss.yaml", "gossfile:\n  parts/*.yaml: {}\n  x: {file: no/such.yaml, skip: true}\n");
    lab.write("parts/b.yaml", "file:\n  /a: {exists: false}\ngossfile:\n  deeper/c.yml: {}\n");
    lab.write("parts/.a.yaml", FILE);
    lab.write("parts/deeper/c.yml", "user:\n  root: {exists: true}\n");
    let ran = render(&lab, &[]);
    let text =
        "file:\n    /a:\n        exists: false\n        contents: null\nuser:\n    root:\n        exists: true\n";
    assert_eq!(ran.ended(0).out, text);
    assert!(ran.err.contains("parts/b.yaml:2: `file: /a` overwrites that of parts/.a.yaml:2"), "{ran}");
}

#[test]
fn the_first_files_name_says_the_language_of_all() {
    let lab = Lab::with("goss.json", r#"{"gossfile": {"a.yaml": {}}}"#);
    lab.write("a.yaml", r#"{"port": {"tcp:22": {"listening": true}}}"#);
    let json = "{\n    \"port\": {\n        \"tcp:22\": {\n            \"listening\": true\n        }\n    }\n}";
    assert_eq!(render(&lab, &["-g", "goss.json"]).ended(0).out, json);
    lab.write("a.yaml", "port: {}\n");
    render(&lab, &["-g", "goss.json"]).ended(1).says("--> a.yaml:1:1");
    lab.write("goss.txt", "");
    render(&lab, &["-g", "goss.txt"]).ended(1).says("`goss.txt` has to end in .yaml, .yml or .json");
}

#[test]
fn variables_reach_every_template_and_debug_shows_what_they_made() {
    let lab = Lab::with("goss.yaml", "gossfile: {b.yaml: {}}\n{{ range .Vars.files }}{{ end }}");
    lab.write(
        "b.yaml",
        "file:\n{{ range .Vars.files }}  {{ . }}: {exists: true, mode: {{ $.Vars.mode | quote }}}\n{{ end }}",
    );
    lab.write("one.yaml", "files: [/a]\nmode: '0600'\n");
    lab.write("two.json", "{\"files\": [\"/b\"]}");
    let ran = render(&lab, &["--vars", "one.yaml", "--vars", "two.json", "--vars-inline", "mode: '0644'"]);
    let text = "file:\n    /b:\n        exists: true\n        mode: \"0644\"\n        contents: null\n";
    assert_eq!(ran.ended(0).out, text);
    let args = ["--profile", "goss", "--vars", "one.yaml", "render", "--debug"];
    lab.run(&args)
        .ended(0)
        .says("DEBUG: file after text/template render\nfile:\n  /a: {exists: true, mode: \"0600\"}\n\n");
}

#[test]
fn what_is_wrong_is_shown_where_a_person_wrote_it() {
    let lab = Lab::with("goss.yaml", "file:\n  /a:\n    exists: {{ .Vars.missing }}\n");
    let ran = render(&lab, &[]);
    ran.ended(1).says("error[template]: map has no entry for key \"missing\"").says("--> ./goss.yaml:3:16");
    assert_eq!(ran.out, "");
    lab.write("goss.yaml", "file:\n{{ if true }}  /a: {exist: true}{{ end }}\n");
    render(&lab, &[]).ended(1).says("--> ./goss.yaml (rendered):2:8").says("`exists` is probably meant");
    lab.write("vars.yaml", "a: [\n");
    render(&lab, &["--vars", "vars.yaml"])
        .ended(1)
        .says("error[syntax]: this `[` is never closed")
        .says("--> vars.yaml:1:4");
    render(&lab, &["--vars", "gone.yaml"]).ended(1).says("there is no file `gone.yaml`");
    lab.write("goss.yaml", "gossfile: {none*.yaml: {}}\n");
    render(&lab, &[]).ended(1).says("no file matches `none*.yaml`").says("--> ./goss.yaml:1:12");
    lab.write("goss.yaml", "gossfile: {b.yaml: {}}\n");
    lab.write("b.yaml", "gossfile: {goss.yaml: {}}\n");
    render(&lab, &[]).ended(1).says("`goss.yaml` includes itself: ./goss.yaml → b.yaml → goss.yaml");
}

#[test]
fn a_chain_of_files_ends_where_goss_ends_it() {
    let lab = Lab::empty();
    let chain = |files: usize| {
        for n in 1..files {
            lab.write(&format!("{n}.yaml"), format!("gossfile: {{{}.yaml: {{}}}}\n", n + 1));
        }
        lab.write(&format!("{files}.yaml"), FILE);
        render(&lab, &["-g", "1.yaml"])
    };
    chain(49).ended(0).says("/a:");
    chain(50).ended(1).says("more than 49 files include one another");
}

#[test]
fn a_password_is_not_quoted_back() {
    let lab = Lab::with("goss.yaml", "http:\n  https://h/: {status: 200, password: hunter22, bogus: 1}\n");
    let ran = render(&lab, &[]);
    ran.ended(1).says("has no attribute `bogus`");
    assert!(!ran.err.contains("hunter22"), "{ran}");
}
