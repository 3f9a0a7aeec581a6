//! `verispec serve` as its clients and its operator meet it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod exposure;
mod life;
mod long;
mod schedule;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(30);
/// Takes as long as there is a file `slow`.
const SLOW: &str = "[command.\"while test -e slow; do sleep 0.1; done\"]\nexit-status = 0\ntimeout = \"20s\"\n";

/// A server that is killed if a test fails, and the folder that it was started in.
pub struct Server {
    pub child: Child,
    pub folder: TempDir,
    /// `127.0.0.1:4711`, or the path of a unix socket.
    at: String,
}

pub struct Answer {
    pub status: u16,
    /// By names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

pub fn program() -> Command {
    let path = std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned());
    Command::new(path)
}

/// A folder with a spec in it.
pub fn folder(spec: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    folder
}

impl Server {
    pub fn start(spec: &str, flags: &[&str]) -> Server {
        Server::start_in(folder(spec), flags)
    }

    /// Serves `spec.toml` of a folder on a port that is free.
    pub fn start_in(folder: TempDir, flags: &[&str]) -> Server {
        Server::start_at(folder, "127.0.0.1:0", flags, &[])
    }

    pub fn start_at(folder: TempDir, listen: &str, flags: &[&str], environment: &[(&str, &str)]) -> Server {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = program()
            .current_dir(&folder)
            .args(["serve", "--listen", listen, "--log", "json", "spec.toml"])
            .args(flags)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Server { child, folder, at: String::new() };
        let on = server.until(|server| {
            let listening = server.logged("listening").pop()?;
            Some(listening["on"][0].as_str().unwrap().to_owned())
        });
        server.at = on.trim_start_matches("http://").trim_start_matches("unix:").to_owned();
        server
    }

    /// What the log says with this message.
    pub fn logged(&self, message: &str) -> Vec<serde_json::Value> {
        let lines = self.log();
        let whole = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        whole.filter(|line| line["message"] == message).collect()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Lines of a file that commands add to.
    pub fn lines(&self, name: &str) -> usize {
        fs::read_to_string(self.path(name)).unwrap_or_default().lines().count()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[&str]) -> Answer {
        let mut stream: Box<dyn Stream> = match self.at.starts_with('/') {
            true => Box::new(UnixStream::connect(&self.at).unwrap()),
            false => Box::new(TcpStream::connect(&self.at).unwrap()),
        };
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = vec![];
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&String::from_utf8(bytes).unwrap())
    }

    /// Asks again until it is as it should be.
    pub fn until<T>(&self, check: impl Fn(&Server) -> Option<T>) -> T {
        let until = Instant::now() + LONG;
        loop {
            if let Some(found) = check(self) {
                return found;
            }
            assert!(Instant::now() < until, "it does not come to that; the log: {}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    pub fn until_status(&self, path: &str, status: u16) -> Answer {
        self.until(|server| Some(server.get(path)).filter(|answer| answer.status == status))
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// How it ends by itself.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        let until = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end");
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Answer {
    fn parse(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: body.to_owned() }
    }

    pub fn first(&self) -> &str {
        self.body.lines().next().unwrap_or_default()
    }

    pub fn second(&self) -> &str {
        self.body.lines().nth(1).unwrap_or_default()
    }
}
