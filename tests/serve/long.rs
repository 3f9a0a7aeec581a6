//! What it takes of the machine, however long it lives and whoever comes.

use crate::{LONG, Server};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One of each kind that opens something.
const SPEC: &str = r#"
[file."/etc/passwd"]
mode = "0644"
contents = ["root"]
[command.true]
exit-status = 0
[user.root]
uid = 0
[port."tcp:1"]
listening = false
[process.surely-not-there]
running = false
[mount."/"]
[kernel-param."kernel.ostype"]
value = "Linux"
[addr."tcp://127.0.0.1:1"]
reachable = false
[file."/nonexistent"]
exists = false
"#;

fn resident(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count()
}

fn runs(server: &Server) -> u64 {
    let text = server.get("/metrics").body;
    let line = text.lines().find(|line| line.starts_with("verispec_runs_total ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn neither_memory_nor_files_grow_with_runs() {
    let server = Server::start(SPEC, &["--every", "1ms"]);
    server.until(|server| (runs(server) > 150).then_some(()));
    let (memory, open) = (resident(&server), files(&server));
    server.until(|server| (runs(server) > 900).then_some(()));
    let grown = resident(&server).saturating_sub(memory);
    assert!(grown < 4_096, "{grown} KiB more than {memory} KiB");
    // What a run has open at the moment comes and goes.
    assert!(files(&server) <= open + 12, "{} files, {open} before", files(&server));
}

#[test]
fn those_who_trickle_say_nothing_or_nonsense_are_in_nobodys_way() {
    let server = Server::start(SPEC, &["--every", "1s"]);
    let at = server.logged("listening")[0]["on"][0].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut others = vec![];
    for number in 0..300 {
        let mut stream = TcpStream::connect(&at).unwrap();
        let begin: &[u8] = match number % 4 {
            0 => b"",
            1 => b"GET /healthz HT",
            2 => b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n",
            _ => b"\x16\x03\x01\x02\x00\x01",
        };
        stream.write_all(begin).unwrap();
        others.push(stream);
    }
    let began = Instant::now();
    for _ in 0..50 {
        assert_eq!(server.get("/healthz").status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // Those who said nothing whole are gone after a while.
    let until = Instant::now() + LONG;
    let mut silent = others.remove(0);
    silent.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(silent.read(&mut [0; 10]).unwrap_or(0), 0);
    assert!(Instant::now() < until);
    sleep(Duration::from_millis(100));
    assert_eq!(server.get("/healthz").status, 200);
}
