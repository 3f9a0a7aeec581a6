//! Specs that read other specs in.

use crate::Lab;

fn command(name: &str) -> String {
    format!("[command.{name}]\nexec = \"echo {name} >> log\"\nexit-status = 0\n")
}

/// The entries in the order of the report.
fn order(lab: &Lab, spec: &str) -> Vec<String> {
    let ran = lab.run(&["validate", "-f", "documentation", spec]);
    let names = ran.ended(0).after("Command: ");
    names.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn an_include_is_relative_to_its_file_and_stands_where_it_is_written() {
    let lab = Lab::with("etc/main.toml", format!("include = [\"parts/one.yaml\"]\n{}", command("main")));
    lab.write("etc/parts/one.yaml", "include:\n- deeper/two.json\ncommand:\n  one: {exec: 'true', exit-status: 0}\n");
    lab.write("etc/parts/deeper/two.json", "{\"command\": {\"two\": {\"exec\": \"true\", \"exit-status\": 0}}}");
    assert_eq!(order(&lab, "etc/main.toml"), ["two", "one", "main"]);
    let absolute = format!("include = [\"{}\"]\n", lab.path("etc/main.toml").display());
    lab.write("other/absolute.toml", absolute);
    assert_eq!(order(&lab, "other/absolute.toml"), ["two", "one", "main"]);
    let ran = lab.pipe("include = [\"etc/main.toml\"]\n", &["validate", "-"]);
    ran.ended(0).says("Count: 3,");
}

#[test]
fn globs_are_sorted_leave_folders_out_and_do_not_mean_their_own_file() {
    let lab = Lab::with("d/00-self.toml", "include = [\"*.toml\"]\n");
    for name in ["b", "a", "c"] {
        lab.write(&format!("d/{name}.toml"), command(name));
    }
    lab.write("d/folder.toml/x", "");
    assert_eq!(order(&lab, "d/00-self.toml"), ["a", "b", "c"]);
}

#[test]
fn a_file_included_twice_runs_twice() {
    let lab = Lab::with("main.toml", "include = [\"a.toml\", \"a.toml\", \"./a.toml\"]\n");
    lab.write("a.toml", command("a"));
    assert_eq!(order(&lab, "main.toml"), ["a", "a", "a"]);
    assert_eq!(lab.read("log"), "a\na\na\n");
}

#[test]
fn a_circle_is_shown_whole_however_its_files_are_named() {
    let lab = Lab::with("a.toml", format!("include = [\"b.toml\"]\n{}", command("a")));
    lab.write("b.toml", "include = [\"link.toml\"]\n");
    std::os::unix::fs::symlink("a.toml", lab.path("link.toml")).unwrap();
    let ran = lab.run(&["validate", "a.toml"]);
    ran.ended(78).says("error[include-cycle]: `link.toml` includes itself: a.toml → b.toml → link.toml\n");
    ran.says("--> b.toml:1:12");
    assert!(!lab.has("log"));
    lab.write("self.toml", "include = [\"self.toml\"]\n");
    lab.run(&["check", "self.toml"]).ended(78).says("`self.toml` includes itself: self.toml → self.toml");
}

#[test]
fn what_cannot_be_included_is_shown_where_it_is_written() {
    let lab = Lab::with(
        "main.toml",
        "include = [\n'none-*.toml',\n'gone.toml',\n'folder',\n'[',\n'pipe',\n'empty.toml',\n]\n",
    );
    std::fs::create_dir(lab.path("folder")).unwrap();
    lab.write("empty.toml", "");
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, lab.path("pipe"), pipe, 0o600.into(), 0).unwrap();
    let ran = lab.run(&["validate", "main.toml"]);
    ran.ended(78).says("verispec: 6 errors; nothing was run");
    for (line, error) in [
        (2, "error[include-none]: no file matches `none-*.toml`"),
        (3, "error[unreadable]: there is no file `gone.toml`"),
        (4, "error[unreadable]: `folder` is a directory; include `folder/*.toml`"),
        (5, "error[bad-glob]: `[` is not a glob: "),
        (6, "error[unreadable]: `pipe` is no file that can be included"),
    ] {
        ran.says(error).says(&format!("--> main.toml:{line}:1\n"));
    }
    ran.says("error[empty]: `empty.toml` has no entries");
}

#[test]
fn a_mistake_in_an_included_file_points_there() {
    let lab = Lab::with("main.toml", format!("include = [\"d/*.yaml\"]\n{}", command("main")));
    lab.write("d/part.yaml", "file:\n  /:\n    moed: '0755'\n");
    let ran = lab.run(&["validate", "main.toml"]);
    ran.ended(78).says("`file` has no key `moed`\n --> d/part.yaml:3:5\n");
    assert!(!lab.has("log"));
}

#[test]
fn a_failure_in_an_included_file_points_there() {
    let lab = Lab::with("main.toml", "include = [\"part.yaml\"]\n");
    lab.write("part.yaml", "file:\n  /:\n    filetype: file\n");
    lab.run(&["validate", "main.toml"]).ended(1).says("--> part.yaml:3:15\n");
}

#[test]
fn a_folder_that_may_not_be_listed_is_one_mistake_and_no_empty_glob() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::with("main.toml", "include = [\"closed/*.toml\"]\n");
    lab.write("closed/a.toml", command("a"));
    std::fs::set_permissions(lab.path("closed"), PermissionsExt::from_mode(0o000)).unwrap();
    let ran = lab.run_as_nobody(&["validate", "main.toml"]);
    ran.ended(78).says("`closed` cannot be read: permission denied").says("verispec: 1 error;");
    std::fs::set_permissions(lab.path("closed"), PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn files_that_include_many_others_end_soon() {
    let lab = Lab::empty();
    for at in 0..2000 {
        lab.write(&format!("chain/{at}.toml"), format!("include = [\"{}.toml\"]\n", at + 1));
    }
    lab.write("chain/2000.toml", command("x"));
    let ran = lab.run(&["check", "chain/0.toml"]);
    ran.ended(78).says("more than 64 files include one another").says("verispec: 1 error\n");
    for at in 0..30 {
        lab.write(&format!("fan/{at}.toml"), format!("include = [\"{0}.toml\", \"{0}.toml\"]\n", at + 1));
    }
    lab.write("fan/30.toml", command("x"));
    let ran = lab.run(&["check", "fan/0.toml"]);
    ran.ended(78).says("more than 10000 files are included").says("verispec: 1 error\n");
    assert!(ran.took.as_secs() < 10, "{ran}");
}
