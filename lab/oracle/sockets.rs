//! `port` against ss(8).

use crate::claims::{Claims, agree};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// One line of ss.
struct Socket {
    local: String,
    uid: u32,
    processes: BTreeSet<String>,
    pids: BTreeSet<u32>,
}

fn sockets(options: &str) -> Vec<(String, Socket)> {
    shell(&format!("ss -H -n -a -e -p {options}")).lines().filter_map(socket).collect()
}

/// Its kind and state, and the rest.
fn socket(line: &str) -> Option<(String, Socket)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let users = line.split_once("users:(").map(|(_, u)| u).unwrap_or_default();
    let (mut processes, mut pids) = (BTreeSet::new(), BTreeSet::new());
    for user in users.split("(\"").skip(1) {
        processes.insert(user.split('"').next()?.to_owned());
        let pid = user.split_once("pid=")?.1;
        pids.insert(pid.split(',').next()?.parse().ok()?);
    }
    let uid = words.iter().find_map(|w| w.strip_prefix("uid:")).map_or(0, |n| n.parse().unwrap());
    Some((format!("{} {}", words[0], words[1]), Socket { local: words[4].to_owned(), uid, processes, pids }))
}

fn name_of(uid: u32) -> String {
    let line = shell(&format!("getent passwd {uid}"));
    line.split(':').next().filter(|n| !n.is_empty()).map_or_else(|| uid.to_string(), str::to_owned)
}

#[derive(Default)]
struct Port {
    ips: BTreeSet<String>,
    users: BTreeSet<String>,
    processes: BTreeSet<String>,
    pids: BTreeSet<u32>,
}

/// Each port of `tcp4`, `tcp6`, `tcp` and the like that is bound or listened on, and how many are connected to each.
fn ports() -> (BTreeMap<String, Port>, BTreeMap<String, usize>) {
    let (mut ports, mut clients) = (BTreeMap::<String, Port>::new(), BTreeMap::new());
    for (family, options) in [("4", "-t -u -4"), ("6", "-t -u -6")] {
        for (state, socket) in sockets(options) {
            let (ip, port) = socket.local.rsplit_once(':').unwrap();
            let ip = ip.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
            let ip = match (ip, family) {
                ("*", "6") => "::",
                ("*", _) => "0.0.0.0",
                (ip, _) => ip.strip_prefix("::ffff:").unwrap_or(ip),
            };
            let protocol = &state[..3];
            for name in [format!("{protocol}:{port}"), format!("{protocol}{family}:{port}")] {
                match &state[4..] {
                    "LISTEN" | "UNCONN" => {
                        let port = ports.entry(name).or_default();
                        port.ips.insert(ip.to_owned());
                        port.users.insert(name_of(socket.uid));
                        port.processes.extend(socket.processes.clone());
                        port.pids.extend(&socket.pids);
                    }
                    "ESTAB" => *clients.entry(name).or_default() += 1,
                    _ => {}
                }
            }
        }
    }
    (ports, clients)
}

pub fn inet() -> Result<(), Failed> {
    let open = |to: &str| TcpStream::connect(to).unwrap();
    let _clients =
        [open("127.0.0.1:22"), open("127.0.0.1:22"), open("[::1]:22"), open("[::1]:80"), open("127.0.0.1:5432")];
    let _talk = std::net::UdpSocket::bind("127.0.0.1:4999").and_then(|s| s.connect("127.0.0.1:4713").map(|()| s))?;
    let _bound = std::net::UdpSocket::bind("[::1]:4998")?;
    let _any = std::net::TcpListener::bind("[::]:4997")?;
    agree(|| {
        let mut claims = Claims::new("port", "listening");
        claims.hidden_from_users(&["process", "pids"]);
        let (ports, clients) = ports();
        for (name, port) in &ports {
            claims.there(name, true);
            claims.set(name, "ip", port.ips.iter().cloned());
            claims.set(name, "user", port.users.iter().cloned());
            claims.set(name, "process", port.processes.iter().cloned());
            claims.set(name, "pids", port.pids.iter().copied());
            claims.is(name, "clients", clients.get(name).copied().unwrap_or(0));
        }
        for protocol in ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6"] {
            for number in (1..=6000).chain([32768, 65535]) {
                let name = format!("{protocol}:{number}");
                if !ports.contains_key(&name) {
                    claims.there(&name, false);
                }
            }
        }
        claims
    })
}

pub fn unix() -> Result<(), Failed> {
    let _clients = [UnixStream::connect("/run/lab-listen.sock")?, UnixStream::connect("/run/lab-listen.sock")?];
    // A socket whose file is gone cannot be reached, and one whose file stays has nobody.
    let _gone = std::os::unix::net::UnixListener::bind("/run/gone.sock")?;
    std::fs::remove_file("/run/gone.sock")?;
    drop(std::os::unix::net::UnixListener::bind("/run/dead.sock")?);
    let result = agree(|| {
        let mut claims = Claims::new("port", "listening");
        claims.hidden_from_users(&["process", "pids", "listening"]);
        let (mut ports, mut clients) = (BTreeMap::<String, Port>::new(), BTreeMap::<String, usize>::new());
        for (state, socket) in sockets("-x") {
            if !socket.local.starts_with(['/', '@']) {
                continue;
            }
            let name = format!("unix:{}", socket.local);
            match state.split(' ').nth(1) {
                Some("LISTEN" | "UNCONN") => {
                    let port = ports.entry(name).or_default();
                    port.processes.extend(socket.processes);
                    port.pids.extend(&socket.pids);
                }
                Some("ESTAB") if !state.starts_with("u_dgr") => *clients.entry(name).or_default() += 1,
                _ => {}
            }
        }
        for (name, port) in ports {
            let there = name.starts_with("unix:@") || std::path::Path::new(&name[5..]).exists();
            claims.there(&name, there);
            if there {
                claims.set(&name, "process", port.processes);
                claims.set(&name, "pids", port.pids);
                claims.is(&name, "clients", clients.get(&name).copied().unwrap_or(0));
                claims.nothing(&name, "ip", ["0.0.0.0"].to_vec());
            }
        }
        for name in ["unix:/run/dead.sock", "unix:/run/none.sock", "unix:@none", "unix:/etc/passwd"] {
            claims.there(name, false);
        }
        claims
    });
    std::fs::remove_file("/run/dead.sock")?;
    assert!(says(&["ss", "-H", "-x", "-l"]).contains("/run/lab-listen.sock"));
    result
}
