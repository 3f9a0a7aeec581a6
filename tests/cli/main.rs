//! The program as its users meet it: what it prints, where, and how it ends.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod accept;
mod add;
mod autoadd;
mod bounds;
mod container;
mod coverage;
mod diff;
mod fuse;
mod goss;
mod goss_render;
mod hang;
mod hostile;
mod image;
mod include;
mod migrate;
mod output;
mod pages;
mod probe;
mod secrets;
mod select;
mod specs;
mod timing;
mod written;

use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A user who is not root.
const NOBODY: u32 = 65_534;

/// The program under test: what cargo built, or a copy of it that whoever runs the tests may read.
pub static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned())
});

/// A folder of its own to write specs into and to run the program in.
pub struct Lab(TempDir);

/// How a run ended.
pub struct Ran {
    /// 128 + n where signal n ended it.
    pub status: i32,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Lab {
    pub fn empty() -> Lab {
        let lab = Lab(tempfile::tempdir().unwrap());
        // Tests as root run the program as others too.
        std::fs::set_permissions(lab.path(""), PermissionsExt::from_mode(0o755)).unwrap();
        lab
    }

    /// A lab with one file in it.
    pub fn with(name: &str, text: impl AsRef<[u8]>) -> Lab {
        let lab = Lab::empty();
        lab.write(name, text);
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The program, ready to start in this folder, without the settings of whoever runs the tests.
    pub fn command(&self, args: &[&str]) -> Command {
        self.program(Path::new(&*PROGRAM), args)
    }

    /// A line for the shell, in which `$V` is the program.
    pub fn shell(&self, line: &str) -> Ran {
        run(self.program(Path::new("/bin/sh"), &["-c", line]).env("V", &*PROGRAM))
    }

    fn program(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "DBUS_SYSTEM_BUS_ADDRESS"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args))
    }

    /// [`Lab::run`] by a user whom permissions bind.
    pub fn run_as_nobody(&self, args: &[&str]) -> Ran {
        if !rustix::process::geteuid().is_root() {
            return self.run(args);
        }
        let began = Instant::now();
        let start = |program: &Path| self.program(program, args).uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).output();
        let mut output = start(Path::new(&*PROGRAM));
        if output.as_ref().is_err_and(|e| e.kind() == ErrorKind::PermissionDenied) {
            // It lies where others cannot reach it.
            std::fs::copy(&*PROGRAM, self.path("verispec")).unwrap();
            output = start(&self.path("verispec"));
            // A test beside this one holds the copy open for writing until its own child has started.
            while output.as_ref().is_err_and(|e| e.kind() == ErrorKind::ExecutableFileBusy) {
                output = start(&self.path("verispec"));
            }
        }
        Ran::new(output.unwrap(), began)
    }

    /// [`Lab::run`] with `text` on standard input.
    pub fn pipe(&self, text: &str, args: &[&str]) -> Ran {
        let began = Instant::now();
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Ran::new(child.wait_with_output().unwrap(), began)
    }
}

fn run(command: &mut Command) -> Ran {
    let began = Instant::now();
    Ran::new(command.stdin(Stdio::null()).output().unwrap(), began)
}

impl Ran {
    pub fn new(output: Output, began: Instant) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran {
            status: output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0)),
            out: text(output.stdout),
            err: text(output.stderr),
            took: began.elapsed(),
        }
    }

    /// The status, once nothing about the run is odd: no panic, and no escape sequences where none were asked for.
    #[track_caller]
    pub fn ended(&self, status: i32) -> &Ran {
        assert_eq!(self.status, status, "{self}");
        assert!(!self.err.contains("panicked") && !self.out.contains("panicked"), "{self}");
        assert!(!self.err.contains('\x1b') && !self.out.contains('\x1b'), "{self}");
        self
    }

    /// Asserts that standard output, or else standard error, has this in it.
    #[track_caller]
    pub fn says(&self, what: &str) -> &Ran {
        assert!(self.out.contains(what) || self.err.contains(what), "no `{what}` in {self}");
        self
    }

    /// The lines of standard output that begin so, without that.
    pub fn after(&self, begin: &str) -> Vec<&str> {
        self.out.lines().filter_map(|line| line.strip_prefix(begin)).collect()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ran { status, out, err, took } = self;
        write!(f, "status {status} after {took:?}\n--- standard output\n{out}\n--- standard error\n{err}")
    }
}

/// Whether a program is installed; says what is skipped where it is not.
pub fn installed(program: &str, for_what: &str) -> bool {
    let there = Command::new("/bin/sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
    if !there.status.success() {
        eprintln!("skipped: {for_what}, for want of {program}");
    }
    there.status.success()
}

/// Waits until `ready`, which must be soon.
#[track_caller]
pub fn wait_until(what: &str, ready: impl Fn() -> bool) {
    let began = Instant::now();
    while !ready() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
