//! This machine, with something taken from the program that looks at it.

use crate::both;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// A user who is not root.
const NOBODY: u32 = 65_534;
/// The program under test: what cargo built, or a copy of it that whoever runs the tests may read.
pub static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned())
});

/// A folder of its own for specs and for what they are about.
pub struct Lab(TempDir);

/// An entry and what is asked of it, as in a [`crate::Row`], and what the reason names.
pub type Question<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

impl Lab {
    pub fn empty() -> Lab {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Lab(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> String {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
        self.path(name)
    }

    /// Asserts that the program, run by `start` with the arguments that it is given, answers none of `questions`,
    /// whichever way round they are asked.
    #[track_caller]
    pub fn unknown(&self, questions: &[Question], start: impl FnOnce(&[&str]) -> Output) {
        let (mut specs, mut asked) = (Vec::new(), Vec::new());
        for (entry, keys, names) in questions {
            for (key, value) in *keys {
                for spec in both(entry, key, value) {
                    let name = format!("{}.toml", specs.len());
                    asked.push((name.clone(), spec.clone(), key.replace('"', ""), *names));
                    specs.push(self.write(&name, &spec, 0o644));
                }
            }
        }
        let mut args = vec!["validate", "-f", "json"];
        args.extend(specs.iter().map(String::as_str));
        let output = start(&args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
        let results = report["results"].as_array().unwrap();
        let mut wrong = String::new();
        for (name, spec, key, names) in asked {
            let is_it = |r: &&serde_json::Value| r["file"].as_str().unwrap().ends_with(&format!("/{name}"));
            let result = results.iter().filter(is_it).find(|r| r["property"] == *key).unwrap();
            let said = result["summary-line"].as_str().unwrap();
            if result["outcome"] != "unknown" || !said.contains(names) {
                wrong.push_str(&format!("{spec}→ {said}\n\n"));
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}{err}");
    }
}

fn run(args: &[&str]) -> Output {
    Command::new(&*PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// [`run`] by a user whom permissions bind.
fn run_as_nobody(args: &[&str]) -> Output {
    if !is_root() {
        return run(args);
    }
    let start = |program: &Path| Command::new(program).args(args).uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).output();
    match start(Path::new(&*PROGRAM)) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            // It lies where others cannot reach it.
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
            let copy = folder.path().join("verispec");
            fs::copy(&*PROGRAM, &copy).unwrap();
            loop {
                match start(&copy) {
                    // A test beside this one holds the copy open for writing until its own child has started.
                    Err(e) if e.kind() == ErrorKind::ExecutableFileBusy => {}
                    output => return output.unwrap(),
                }
            }
        }
        output => output.unwrap(),
    }
}

/// The shell's line `line` with the program and its arguments as `"$@"`, if it can be run here: it ends with status 0
/// where the program is `true`.
fn run_in(line: &'static str) -> Option<impl Fn(&[&str]) -> Output> {
    let start = move |args: &[&str]| {
        Command::new("/bin/sh").args(["-c", line, "sh"]).args(args).stdin(Stdio::null()).output().unwrap()
    };
    let trial = start(&["true"]);
    if !trial.status.success() {
        eprintln!("skipped: `{line}` cannot be run here: {}", String::from_utf8_lossy(&trial.stderr));
        return None;
    }
    Some(move |args: &[&str]| start(&[&[&**PROGRAM], args].concat()))
}

#[test]
fn below_a_folder_that_may_not_be_searched_nothing_is_there_or_not_there() {
    let lab = Lab::empty();
    fs::create_dir(lab.path("closed")).unwrap();
    lab.write("closed/there", "text", 0o644);
    let listener = UnixListener::bind(lab.path("closed/socket")).unwrap();
    fs::set_permissions(lab.path("closed"), Permissions::from_mode(0o000)).unwrap();
    symlink("closed/there", lab.path("link")).unwrap();
    let entry = |kind: &str, name: &str| format!("{kind}.\"{}\"", lab.path(name));
    const FILE: &[(&str, &str)] =
        &[("exists", "true"), ("mode", "\"0644\""), ("size", "4"), ("contents", "[\"text\"]"), ("md5", "\"00\"")];
    const PRESENCE: &[(&str, &str)] = &[("exists", "true")];
    let port = format!("port.\"unix:{}\"", lab.path("closed/socket"));
    let no_port = format!("port.\"unix:{}\"", lab.path("closed/nothing"));
    lab.unknown(
        &[
            (&entry("file", "closed/there"), FILE, "closed/there: permission denied"),
            (&entry("file", "closed/nothing"), FILE, "closed/nothing: permission denied"),
            (&entry("file", "link"), &[("contents", "[\"text\"]"), ("sha256", "\"00\""), ("age", "\"> 1s\"")], "link"),
            (&entry("certificate", "closed/there"), PRESENCE, "closed/there: permission denied"),
            (&entry("certificate", "closed/nothing"), PRESENCE, "closed/nothing: permission denied"),
            (&entry("disk", "closed/there"), PRESENCE, "closed/there: permission denied"),
            (&entry("disk", "closed/nothing"), PRESENCE, "closed/nothing: permission denied"),
            (&port, &[("listening", "true")], "permission denied"),
            (&no_port, &[("listening", "true")], "permission denied"),
        ],
        run_as_nobody,
    );
    fs::set_permissions(lab.path("closed"), Permissions::from_mode(0o700)).unwrap();
    drop(listener);
}

#[test]
fn a_file_that_may_not_be_read_has_no_contents() {
    let lab = Lab::empty();
    let path = lab.write("secret.json", "{\"a\": 1}", 0o000);
    let pem = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/hosts/certificate.host")).unwrap();
    let part = |begin: &str, end: &str| {
        let from = pem.find(begin).unwrap();
        pem[from..from + pem[from..].find(end).unwrap() + end.len()].to_owned() + "\n"
    };
    let certificate = part("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let (certificate, closed) = (lab.write("a.pem", &certificate, 0o644), lab.write("b.pem", &certificate, 0o000));
    let key = lab.write("key", &part("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"), 0o000);
    let matches = [("matches-key", format!("\"{key}\""))];
    let matches: Vec<_> = matches.iter().map(|(k, v)| (*k, v.as_str())).collect();
    lab.unknown(
        &[
            (
                &format!("file.\"{path}\""),
                &[
                    ("contents", "[\"a\"]"),
                    ("sha256", "\"00\""),
                    ("sha512", "\"00\""),
                    ("md5", "\"00\""),
                    ("json.a", "1"),
                    ("yaml.a", "1"),
                    ("json-schema", "'{\"type\": \"object\"}'"),
                ],
                "secret.json: permission denied",
            ),
            (
                &format!("certificate.\"{closed}\""),
                &[("exists", "true"), ("expires-in", "\"> 1d\"")],
                "b.pem: permission",
            ),
            (&format!("certificate.\"{certificate}\""), &matches, "key: permission denied"),
        ],
        run_as_nobody,
    );
}

#[test]
fn a_circle_of_links_is_no_file_and_no_absence_of_one() {
    let lab = Lab::empty();
    symlink("circle", lab.path("circle")).unwrap();
    let why = "circle: too many levels of symbolic links";
    let below = "circle/x: too many levels of symbolic links";
    lab.unknown(
        &[
            (&format!("file.\"{}\"", lab.path("circle")), &[("contents", "[\"a\"]"), ("md5", "\"00\"")], why),
            (&format!("file.\"{}\"", lab.path("circle/x")), &[("exists", "true"), ("mode", "\"0644\"")], below),
            (&format!("certificate.\"{}\"", lab.path("circle")), &[("exists", "true")], why),
            (&format!("disk.\"{}\"", lab.path("circle")), &[("exists", "true"), ("free", "\"> 1%\"")], why),
        ],
        run,
    );
}

#[test]
fn a_command_that_was_not_run_to_its_end_has_no_result() {
    const NO_PROGRAM: &[(&str, &str)] = &[
        ("exit-status", "0;exec = ['/nonexistent']"),
        ("stdout", "\"\";exec = ['/nonexistent']"),
        ("duration", "\"< 1h\";exec = ['/nonexistent']"),
    ];
    const NO_FOLDER: &[(&str, &str)] =
        &[("exit-status", "0;cwd = '/nonexistent'"), ("stdout", "\"\";cwd = '/nonexistent'")];
    const NO_USER: &[(&str, &str)] = &[("exit-status", "0;user = 'nobody-has-this-name'")];
    const NO_PERMISSION: &[(&str, &str)] = &[("exit-status", "0;exec = ['/etc/passwd']")];
    const SLOW: &[(&str, &str)] = &[
        ("exit-status", "0;timeout = '50ms'"),
        ("stdout", "\"\";timeout = '50ms'"),
        ("stderr", "\"\";timeout = '50ms'"),
        ("duration", "\"< 1h\";timeout = '50ms'"),
    ];
    let lab = Lab::empty();
    lab.unknown(
        &[
            ("command.a", NO_PROGRAM, "cannot start `/nonexistent`: no such file"),
            ("command.'true'", NO_FOLDER, "in `/nonexistent`: no such directory"),
            ("command.'true'", NO_USER, "no user `nobody-has-this-name` in /etc/passwd"),
            ("command.a", NO_PERMISSION, "cannot start `/etc/passwd`: permission denied"),
            ("command.'sleep 60'", SLOW, "timed out after"),
            ("command.'echo x >&2; sleep 60'", SLOW, "timed out after"),
        ],
        run,
    );
    let other: &[(&str, &str)] = &[("exit-status", "0;user = 'root'")];
    lab.unknown(&[("command.'true'", other, "only root may run a command as another user")], run_as_nobody);
}

#[test]
fn what_only_root_may_read_is_unknown_to_others() {
    let lab = Lab::empty();
    let mut questions: Vec<Question> = Vec::new();
    let refused = |path: &str| {
        let open = run_as_nobody_sh(&format!("cat {path} > /dev/null"));
        if open.status.success() || !String::from_utf8_lossy(&open.stderr).contains("denied") {
            eprintln!("skipped: {path} is not there, or open to all");
            return false;
        }
        true
    };
    if refused("/etc/shadow") {
        let asked = &[("locked", "true"), ("password-hash", "\"*\""), ("expires-in", "\"> 1d\"")];
        questions.push(("user.root", asked, "/etc/shadow: permission denied"));
    }
    if refused("/root/.") {
        questions.push(("user.root", &[("authorized-keys", "{ consist-of = [] }")], "/root/.ssh"));
        questions.push(("file.\"/root/verispec\"", &[("exists", "true")], "/root/verispec: permission denied"));
    }
    if refused("/proc/sys/net/ipv4/tcp_fastopen_key") {
        let asked = &[("value", "\"0\"")];
        questions.push(("kernel-param.'net.ipv4.tcp_fastopen_key'", asked, "permission denied"));
    }
    lab.unknown(&questions, run_as_nobody);
}

#[test]
fn who_may_not_send_echo_requests_knows_nothing_of_who_would_answer() {
    const ASKED: &[(&str, &str)] = &[("reachable", "true"), ("latency", "\"< 1s\""), ("loss", "\"0%\"")];
    let range = fs::read_to_string("/proc/sys/net/ipv4/ping_group_range").unwrap_or_default();
    let ends: Vec<u32> = range.split_whitespace().filter_map(|end| end.parse().ok()).collect();
    if !is_root() || matches!(ends[..], [first, last] if (first..=last).contains(&NOBODY)) {
        return eprintln!("skipped: whoever is not root may send echo requests here, or nobody is root");
    }
    let names = "the group 65534 is not in net.ipv4.ping_group_range";
    Lab::empty().unknown(
        &[("ping.'127.0.0.1'", ASKED, names), ("ping.'::1'", ASKED, names), ("ping.localhost", ASKED, names)],
        run_as_nobody,
    );
}

#[test]
fn a_unix_socket_behind_a_closed_door_may_answer_or_not() {
    const ASKED: &[(&str, &str)] = &[("reachable", "true"), ("banner", "[\"hello\"]"), ("latency", "\"< 1s\"")];
    let lab = Lab::empty();
    fs::create_dir(lab.path("closed")).unwrap();
    let _listener = UnixListener::bind(lab.path("closed/socket")).unwrap();
    fs::set_permissions(lab.path("closed"), Permissions::from_mode(0o000)).unwrap();
    let entry = format!("addr.'unix:{}'", lab.path("closed/socket"));
    let other = format!("addr.'unix:{}'", lab.path("closed/none"));
    lab.unknown(&[(&entry, ASKED, "permission denied"), (&other, ASKED, "permission denied")], run_as_nobody);
    fs::set_permissions(lab.path("closed"), Permissions::from_mode(0o700)).unwrap();
}

fn run_as_nobody_sh(line: &str) -> Output {
    let mut command = Command::new("/bin/sh");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.args(["-c", line]).env("LC_ALL", "C").stdin(Stdio::null()).output().unwrap()
}

/// A process of `user` that does nothing but hold a listening socket; and its port.
fn holder(user: u32) -> (Holder, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut command = Command::new("sleep");
    if is_root() {
        command.uid(user).gid(user);
    }
    (Holder(command.arg("60").stdin(OwnedFd::from(listener)).spawn().unwrap()), port)
}

struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn who_may_not_see_the_holder_of_a_socket_does_not_say_that_there_is_none() {
    if !is_root() {
        eprintln!("skipped: only root starts processes that another may not look into");
        return;
    }
    const ASKED: &[(&str, &str)] = &[("process", "[\"sleep\"]"), ("pids", "[1]"), ("process", "{ consist-of = [] }")];
    let lab = Lab::empty();
    let (_root, port) = holder(0);
    lab.unknown(&[(&format!("port.'tcp4:{port}'"), ASKED, "only root")], run_as_nobody);
    // A container's root may list the files of all processes and see none of other users.
    if let Some(start) = run_in("exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \"$@\"") {
        let (_nobody, port) = holder(NOBODY);
        lab.unknown(&[(&format!("port.'tcp4:{port}'"), ASKED, "only root")], start);
    }
}

#[test]
fn without_proc_a_running_machine_is_no_better_than_a_tree() {
    if !is_root() {
        eprintln!("skipped: only root unmounts /proc, in a namespace of its own");
        return;
    }
    let Some(start) = run_in("exec unshare --mount sh -c 'umount -l /proc && exec \"$@\"' sh \"$@\"") else { return };
    Lab::empty().unknown(
        &[
            ("process.sh", &[("running", "true"), ("count", "1")], "/proc is not mounted"),
            ("process.no-such", &[("running", "true")], "/proc is not mounted"),
            (
                "mount.\"/\"",
                &[("exists", "true"), ("opts", "[\"rw\"]"), ("usage", "\"< 99%\"")],
                "/proc/self/mountinfo",
            ),
            ("mount.\"/nowhere\"", &[("exists", "true")], "/proc/self/mountinfo"),
            ("disk.\"/\"", &[("filesystem", "\"ext4\"")], "/proc/self/mountinfo"),
            ("kernel-param.'kernel.ostype'", &[("value", "\"Linux\"")], "is /proc mounted?"),
            ("kernel-module.no-such", &[("loaded", "true"), ("blacklisted", "true")], "is /proc mounted?"),
            ("system.this", &[("memory-available", "\"> 1%\""), ("swap-used", "\"< 99%\"")], "/proc/meminfo"),
            (
                "system.this",
                &[("load-1", "{ lt = 1000 }"), ("load-5", "{ lt = 1000 }"), ("load-15", "{ lt = 1000 }")],
                "/proc/loadavg",
            ),
            ("system.this", &[("cpus", "{ ge = 1 }")], "/proc/stat"),
        ],
        start,
    );
}

#[test]
fn in_a_services_sandbox_mounts_are_the_machines_or_not_known() {
    if !is_root() {
        eprintln!("skipped: only root mounts, in a namespace of its own");
        return;
    }
    const SPEC: &str =
        "[mount.'/mnt']\nsource = 'sandbox'\n[mount.'/']\nopts = ['ro']\n[disk.'/etc']\nread-only = true\n";
    // As systemd does it. Whoever is followed has to stay.
    let sandbox = |what: &str| {
        format!(
            "exec unshare --mount --propagation shared sh -c 'unshare --mount --propagation slave \"$@\"; exit $?' sh sh -c \
             'mount -t tmpfs sandbox /mnt && mount -o remount,bind,ro / && {what} \"$@\"' sh \"$@\""
        )
    };
    let lab = Lab::empty();
    let spec = lab.write("spec.toml", SPEC, 0o644);
    let failed = |start: &dyn Fn(&[&str]) -> Output| {
        let output = start(&["validate", "-f", "json", &spec]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let results = report["results"].as_array().unwrap().clone();
        results.iter().filter(|r| r["outcome"] == "fail").map(|r| r["resource-id"].clone()).collect::<Vec<_>>()
    };
    // Whoever makes such a namespace looks at that.
    let Some(start) = run_in(sandbox("env -u INVOCATION_ID").leak()) else { return };
    assert!(failed(&start).is_empty(), "{:?}", failed(&start));
    let start = run_in(sandbox("INVOCATION_ID=1").leak()).unwrap();
    assert_eq!(failed(&start), ["/mnt", "/", "/etc"]);
    // Where the first process is hidden from it, it cannot tell.
    let hidden = format!(
        "mount -t proc -o hidepid=2 proc /proc && INVOCATION_ID=1 setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    );
    const ASKED: &[(&str, &str)] = &[("exists", "true"), ("opts", "[\"ro\"]")];
    let Some(start) = run_in(sandbox(&hidden).leak()) else { return };
    const DISK: &[(&str, &str)] = &[("read-only", "true")];
    lab.unknown(
        &[
            ("disk.\"/\"", DISK, "may not see the machine's"),
            ("mount.\"/\"", ASKED, "may not see the machine's"),
            ("mount.\"/mnt\"", ASKED, "/proc/1"),
        ],
        start,
    );
}

#[test]
fn what_a_services_sandbox_covers_is_neither_there_nor_gone() {
    if !is_root() {
        eprintln!("skipped: only root mounts, in a namespace of its own");
        return;
    }
    const FILE: &[(&str, &str)] =
        &[("exists", "true"), ("filetype", "\"file\""), ("contents", "[\"text\"]"), ("mode", "\"0644\"")];
    let lab = Lab::empty();
    fs::create_dir(lab.path("home")).unwrap();
    lab.write("home/there", "text", 0o644);
    symlink("home/gone", lab.path("link")).unwrap();
    // As systemd does it. Whoever is followed has to stay.
    let home = lab.path("home");
    let line = format!(
        "exec unshare --mount --propagation shared sh -c 'unshare --mount --propagation slave \"$@\"; exit $?' sh sh -c \
         'mount -t tmpfs -o mode=0 inaccessible {home} && INVOCATION_ID=1 \"$@\"' sh \"$@\""
    );
    let Some(start) = run_in(line.leak()) else { return };
    let entry = |name: &str| format!("file.\"{}\"", lab.path(name));
    let names = "runs in a sandbox that shows something else";
    lab.unknown(
        &[
            (&entry("home/there"), FILE, names),
            (&entry("home/gone"), FILE, names),
            (&entry("home"), &[("exists", "true"), ("mode", "\"0000\"")], names),
            (&entry("link"), &[("contents", "[\"text\"]")], names),
            (&format!("disk.\"{home}\""), &[("used", "\"< 100%\""), ("filesystem", "\"tmpfs\"")], names),
            (&format!("addr.\"unix:{home}/socket\""), &[("reachable", "true")], names),
        ],
        &start,
    );
    // What is beside it is as it was.
    let spec = lab.write(
        "spec.toml",
        &format!("[{}]\nfiletype = \"symlink\"\n[{}]\nexists = false\n", entry("link"), entry("gone")),
        0o644,
    );
    let ran = start(&["validate", &spec]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn under_hidepid_an_ordinary_user_does_not_call_a_process_absent() {
    if !is_root() {
        eprintln!("skipped: only root mounts a /proc that hides, in a namespace of its own");
        return;
    }
    for option in ["2", "1"] {
        let line = format!(
            "exec unshare --mount --pid --fork sh -c 'mount -t proc -o hidepid={option} proc /proc && setpriv \
             --reuid={NOBODY} --regid={NOBODY} --clear-groups \"$@\"' sh \"$@\""
        );
        let Some(start) = run_in(line.leak()) else { return };
        Lab::empty().unknown(
            &[
                ("process.no-such", &[("running", "true")], "hidepid"),
                ("process.verispec", &[("count", "1"), ("user", "[\"nobody\"]"), ("age", "\"< 1h\"")], "hidepid"),
            ],
            start,
        );
    }
}
