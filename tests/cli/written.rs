//! What becomes of a spec that is written to: its owner, its mode, its names, and what it says where that fails.

use crate::{Lab, NOBODY, PROGRAM, Ran};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Command;
use std::time::Instant;

const OLD: &str = "[user.root]\nuid = 0\n";

fn mode(lab: &Lab, name: &str, mode: u32) {
    fs::set_permissions(lab.path(name), PermissionsExt::from_mode(mode)).unwrap();
}

fn files(lab: &Lab) -> Vec<String> {
    let names = fs::read_dir(lab.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // The program itself is copied to where others may start it.
    let mut names: Vec<_> = names.filter(|name| name != "verispec").collect();
    names.sort();
    names
}

fn add(spec: &str) -> [&str; 5] {
    ["add", "--spec", spec, "group", "nonexistent"]
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_spec_of_somebody_elses_that_all_may_write_to_stays_his() {
    let lab = Lab::with("a.toml", OLD);
    mode(&lab, "", 0o777);
    mode(&lab, "a.toml", 0o666);
    let before = fs::metadata(lab.path("a.toml")).unwrap();
    lab.run_as_nobody(&add("a.toml")).ended(0);
    let after = fs::metadata(lab.path("a.toml")).unwrap();
    assert_eq!((after.uid(), after.gid(), after.mode()), (before.uid(), before.gid(), before.mode()));
    assert!(lab.read("a.toml").starts_with(OLD) && lab.read("a.toml").contains("[group.nonexistent]"));
    assert_eq!(files(&lab), ["a.toml"]);
}

#[test]
fn a_spec_that_may_not_be_written_to_is_not_replaced_instead() {
    for (name, old) in [("a.toml", OLD), ("a.yaml", "user:\n  root:\n    uid: 0\n")] {
        let lab = Lab::with(name, old);
        mode(&lab, "", 0o777);
        mode(&lab, name, 0o444);
        if is_root() {
            chown(lab.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let ran = lab.run_as_nobody(&add(name));
        ran.ended(1).says("cannot be written: permission denied; it is as it was");
        assert_eq!((lab.read(name).as_str(), ran.out.as_str()), (old, ""));
        if name == "a.yaml" {
            lab.run_as_nobody(&["--profile", "goss", "-g", name, "add", "group", "nonexistent"]).ended(1);
            assert_eq!(lab.read(name), old);
        }
        assert_eq!(files(&lab), [name]);
        if is_root() {
            lab.run(&add(name)).ended(0);
            let meta = fs::metadata(lab.path(name)).unwrap();
            assert_eq!((meta.mode() & 0o7777, meta.uid()), (0o444, NOBODY));
        }
    }
}

#[test]
fn a_link_to_nowhere_is_never_replaced() {
    let lab = Lab::empty();
    fs::create_dir(lab.path("real")).unwrap();
    for (link, target, args) in [
        ("a.toml", "real/a.toml", &add("a.toml")[..]),
        ("a.yaml", "real/a.yaml", &["--profile", "goss", "-g", "a.yaml", "add", "group", "nonexistent"]),
    ] {
        symlink(target, lab.path(link)).unwrap();
        lab.run(args).ended(0);
        assert!(lab.read(target).contains("nonexistent"), "{target}");
        assert_eq!(fs::read_link(lab.path(link)).unwrap().to_str(), Some(target));
        fs::remove_file(lab.path(link)).unwrap();
        symlink("missing/a", lab.path(link)).unwrap();
        lab.run(args).ended(1).says("is a link to a file in a directory that is not there");
        assert_eq!(fs::read_link(lab.path(link)).unwrap().to_str(), Some("missing/a"));
    }
}

#[test]
fn a_spec_that_is_no_text_is_wrong_and_not_touched() {
    let bytes = b"[user.root]\ncomment = \"\xe9\"\n";
    let lab = Lab::with("a.toml", bytes);
    let ran = lab.run(&add("a.toml"));
    ran.ended(78).says("error[not-utf8]: `a.toml` is not UTF-8 text: byte 0xe9 on line 2").says("nothing is written");
    assert_eq!(fs::read(lab.path("a.toml")).unwrap(), bytes);
    lab.write("a.yaml", bytes);
    lab.run(&["--profile", "goss", "-g", "a.yaml", "add", "user", "root"]).ended(1).says("is not UTF-8 text");
    assert_eq!(fs::read(lab.path("a.yaml")).unwrap(), bytes);
}

#[test]
fn a_bound_on_the_size_of_files_ends_no_run_halfway() {
    let old = format!("# {}\n{OLD}", "x".repeat(490));
    for linked in [false, true] {
        let lab = Lab::with("a.toml", &old);
        if linked {
            fs::hard_link(lab.path("a.toml"), lab.path("b.toml")).unwrap();
        }
        let before = files(&lab);
        let ran = lab.shell("ulimit -f 1; exec \"$V\" add --spec a.toml group nonexistent");
        ran.ended(1).says("cannot be written: ").says("; it is as it was");
        assert_eq!((lab.read("a.toml"), files(&lab)), (old.clone(), before));
    }
}

/// A line for the shell in a mount namespace of root's own; `None` where there can be none.
fn mounted(lab: &Lab, trial: &str, line: &str) -> Option<Ran> {
    if !is_root() {
        eprintln!("skipped: only root mounts, in a namespace of its own");
        return None;
    }
    let start = |line: &str| {
        let began = Instant::now();
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", line]).current_dir(lab.path("")).env("V", &*PROGRAM);
        command.output().map(|output| Ran::new(output, began))
    };
    match start(trial) {
        Ok(ran) if ran.status == 0 => Some(start(line).unwrap()),
        tried => {
            eprintln!("skipped: `{trial}` cannot be run here: {}", tried.map_or_else(|e| e.to_string(), |ran| ran.err));
            None
        }
    }
}

#[test]
fn a_spec_that_is_a_mount_is_written_to_where_it_lies() {
    let lab = Lab::with("real/a.toml", OLD);
    lab.write("a.toml", "");
    let mount = "mount --bind real/a.toml a.toml";
    let Some(ran) = mounted(&lab, mount, &format!("{mount}; exec \"$V\" add --spec a.toml group nonexistent")) else {
        return;
    };
    ran.ended(0);
    assert!(lab.read("real/a.toml").starts_with(OLD) && lab.read("real/a.toml").contains("[group.nonexistent]"));
    assert_eq!((lab.read("a.toml").as_str(), files(&lab)), ("", vec!["a.toml".to_owned(), "real".to_owned()]));
}

#[test]
fn a_full_disk_costs_nothing_of_a_spec_that_cannot_be_replaced() {
    // Of a file whose last block is full to its last byte but a few, on disks that reserve room and that do not.
    for (mount, block) in [
        ("mount -t tmpfs -o size=64k none m", 4096),
        ("truncate -s 256k i; mkfs.ext2 -q -b 1024 i; mount -o loop i m", 1024),
    ] {
        let lab = Lab::empty();
        fs::create_dir(lab.path("m")).unwrap();
        let old = format!("# {}\n{OLD}", "x".repeat(block - OLD.len() - 8));
        lab.write("old.toml", &old);
        let line = format!(
            "{mount}; cp old.toml m/a.toml; ln m/a.toml m/b.toml; dd if=/dev/zero of=m/full bs=1k 2>&- || :; \
             \"$V\" add --spec m/a.toml group nonexistent || echo \"ended $?\"; cmp m/a.toml old.toml; ls -A m; \
             rm m/full; \"$V\" add --spec m/a.toml group nonexistent >&2; cmp m/a.toml m/b.toml; grep nonexistent m/b.toml"
        );
        let Some(ran) = mounted(&lab, mount, &line) else { continue };
        ran.ended(0).says("cannot be written: ").says("; it is as it was");
        let listed = ran.out.replace("lost+found\n", "");
        assert_eq!(listed, "ended 1\na.toml\nb.toml\nfull\n[group.nonexistent]\n", "{}", ran.err);
    }
}
