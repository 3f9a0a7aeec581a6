//! `goss add` and `goss autoadd`: what they write, what they leave alone, and that goss itself then passes.
//!
//! `GOSS` is the path of goss's own program; what needs it is skipped without.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a link called `goss` to this program, in which commands run.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        fs::create_dir(place.at("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_verispec"), place.at("bin/goss")).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(self.at("bin/goss")).args(args).current_dir(self.0.path()).output().unwrap()
    }

    /// Runs what must succeed, and returns what it printed.
    fn goss(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
    }
}

/// goss's own program; a test that needs it is skipped, loudly, where it is not there.
fn real(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("GOSS").map(PathBuf::from).filter(|path| path.exists());
    if path.is_none() {
        _ = writeln!(std::io::stderr(), "SKIPPED: {test}: GOSS does not say where the program goss is");
    }
    path
}

#[test]
fn goss_passes_what_is_added_of_every_kind() {
    let Some(real) = real("goss_passes_what_is_added_of_every_kind") else { return };
    for ending in ["yaml", "json"] {
        let place = Place::new();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let address = format!("127.0.0.1:{port}");
        let (file, other) = (format!("x.{ending}"), format!("other.{ending}"));
        place.write(&other, "{\"user\": {\"root\": {\"exists\": true}}}");
        let own = place.at(&other).display().to_string();
        let comm = fs::read_to_string("/proc/self/comm").unwrap();
        for (kind, names) in [
            ("file", &["/etc/passwd", "/", "/dev/null", "/nonexistent", &other, &own][..]),
            ("package", &["bash", "nonexistent"]),
            ("port", &[&port, "tcp6:1"]),
            ("user", &["root", "nobody", "nonexistent"]),
            ("group", &["root", "nonexistent"]),
            ("command", &["printf '!a\\n/b/\\n\\\\\\n'; echo b >&2; exit 3", "true", "echo one\necho two"]),
            ("process", &[comm.trim(), "nonexistent"]),
            ("kernel-param", &["kernel.ostype"]),
            ("mount", &["/", "/proc"]),
            ("interface", &["lo", "nonexistent"]),
            ("addr", &[&address, "localhost:1"]),
            ("dns", &["localhost"]),
            ("goss", &[&other]),
        ] {
            let printed = place.goss(&[&["-g", &file, "add", kind], names].concat());
            assert_eq!(printed.matches("Adding ").count(), names.len(), "{printed}");
        }
        let output = Command::new(&real).args(["-g", &file, "validate"]).current_dir(place.0.path()).output().unwrap();
        assert!(output.status.success(), "{}\n{output:?}", place.read(&file));
    }
}

#[test]
fn what_stood_in_the_file_stays() {
    let place = Place::new();
    let text = "# ours\nport:\n  tcp:1: {listening: false} # nobody\n\nfile:\n  # why\n  /etc/passwd:\n    title: accounts\n    meta: {by: me}\n    exists: false\n  /a: # last\n    exists: \"{{ .Vars.a }}\"\n";
    place.write("goss.yaml", text);
    place.goss(&["add", "user", "nonexistent"]);
    let user = "user:\n  nonexistent:\n    exists: false\n";
    assert_eq!(place.read("goss.yaml"), format!("{text}{user}"));
    place.goss(&["add", "--exclude-attr", "*", "file", "/etc/passwd"]);
    let entry = "    title: accounts\n    meta:\n      by: me\n    exists: true\n    contents: []\n";
    let kept = text.replace("    title: accounts\n    meta: {by: me}\n    exists: false\n", entry);
    assert_eq!(place.read("goss.yaml"), format!("{kept}{user}"));
}

#[test]
fn mode_owner_and_links_are_kept_and_nothing_is_left_behind() {
    let place = Place::new();
    place.write("real.yml", "user:\n  nonexistent:\n    exists: true\n");
    fs::set_permissions(place.at("real.yml"), fs::Permissions::from_mode(0o640)).unwrap();
    let root = std::os::unix::fs::chown(place.at("real.yml"), Some(65534), Some(65534)).is_ok();
    symlink("real.yml", place.at("link.yml")).unwrap();
    place.goss(&["--gossfile", "link.yml", "a", "user", "nonexistent"]);
    assert_eq!(place.read("real.yml"), "user:\n  nonexistent:\n    exists: false\n");
    let meta = fs::symlink_metadata(place.at("real.yml")).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o640);
    assert!(!root || (meta.uid(), meta.gid()) == (65534, 65534));
    assert!(fs::symlink_metadata(place.at("link.yml")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(place.0.path()).unwrap().count(), 3, "bin, the file and its link");
}

#[test]
fn a_file_that_is_not_right_is_not_touched() {
    let place = Place::new();
    for text in ["file:\n  /a: {}\n  /a: {}\n", "file: [\n", "file:\n  /a:\n    exist: true\n", "\u{0}"] {
        place.write("goss.yaml", text);
        let output = place.run(&["add", "file", "/"]);
        assert_eq!(output.status.code(), Some(1), "{text:?}: {output:?}");
        assert!(!output.stderr.is_empty());
        assert_eq!(place.read("goss.yaml"), text);
    }
    assert_eq!(place.run(&["-g", "goss.toml", "add", "file", "/"]).status.code(), Some(1));
    assert!(!place.at("goss.toml").exists());
}

#[test]
fn nothing_is_written_where_one_name_cannot_be_looked_at() {
    let place = Place::new();
    let output = place.run(&["add", "kernel-param", "kernel.ostype", "kernel.nonexistent"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!place.at("goss.yaml").exists());
    let output = place.run(&["add", "command", "--timeout", "100ms", "sleep 5"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!place.at("goss.yaml").exists());
}

#[test]
fn a_file_laid_out_as_nobody_edits_is_written_anew() {
    let place = Place::new();
    place.write("goss.yaml", "{user: {a: {exists: false}}} # all\n");
    let output = place.run(&["add", "user", "nonexistent"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("anew"), "{output:?}");
    assert_eq!(
        place.read("goss.yaml"),
        "user:\n    a:\n        exists: false\n    nonexistent:\n        exists: false\n"
    );
}

#[test]
fn autoadd_adds_what_is_there_and_nothing_else() {
    let place = Place::new();
    let printed = place.goss(&["autoadd", "root", "/etc/passwd", "nonexistent"]);
    let added: Vec<&str> = printed.lines().filter(|line| line.starts_with("Adding")).collect();
    assert_eq!(
        added,
        ["Adding Group to './goss.yaml':", "Adding User to './goss.yaml':", "Adding File to './goss.yaml':"]
    );
    let text = place.read("goss.yaml");
    assert!(
        text.starts_with("file:\n    /etc/passwd:\n        exists: true\n") && !text.contains("nonexistent:"),
        "{text}"
    );
    fs::remove_file(place.at("goss.yaml")).unwrap();
    assert_eq!(place.goss(&["aa", "nonexistent"]), "");
    assert!(!Path::new(&place.at("goss.yaml")).exists());
}
