//! Where processes listen, by the sockets that they hold; and from a port up to who holds it.

use super::{Process, Thing, Walk, process};
use crate::host::sockets::{Family, Transport};
use crate::resource::{Id, PortPlace};
use crate::value::Fault;
use std::collections::{BTreeMap, HashSet};

/// A socket that listens.
struct Listener {
    /// As an entry is called: `tcp4:80`, `unix:/run/x.sock`.
    name: String,
    inode: u64,
    inet: Option<(Transport, u16)>,
}

/// Adds the ports that the word names and on which somebody listens.
pub(super) fn named(walk: &mut Walk<'_>, word: &str) {
    let host = walk.host;
    let place = if word.starts_with('/') { PortPlace::parse(&format!("unix:{word}")) } else { PortPlace::parse(word) };
    match place {
        Ok(PortPlace::Inet { transport, families, port }) => {
            // A bare number is a port of either transport.
            let either = word.bytes().all(|b| b.is_ascii_digit());
            let transports = [Transport::Tcp, Transport::Udp].into_iter().filter(|t| either || *t == transport);
            for listener in transports.flat_map(|transport| inet(walk, transport, families)).collect::<Vec<_>>() {
                if listener.inet.is_some_and(|(_, number)| number == port) {
                    walk.name(Thing::Port(listener.name), "what listens there");
                }
            }
        }
        Ok(PortPlace::Unix(name)) => {
            let there = host.sockets().and_then(|all| all.unix(host, &name)).map(|found| !found.is_empty());
            if walk.ask(format!("port `unix:{name}`"), there) {
                walk.name(Thing::Port(format!("unix:{name}")), "what listens there");
            }
        }
        Err(_) => {}
    }
}

/// Adds where one of these processes listens, but for what the next start of it will have elsewhere.
pub(super) fn held(walk: &mut Walk<'_>, at: usize, pids: &[u32], because: &str) {
    let host = walk.host;
    let (mut inodes, mut holder) = (HashSet::new(), BTreeMap::new());
    for pid in pids {
        match host.sockets_of(*pid) {
            Ok(own) => {
                own.iter().for_each(|inode| _ = holder.entry(*inode).or_insert(*pid));
                inodes.extend(own);
            }
            Err(fault) => {
                let name = host.process_name(*pid).ok().flatten().unwrap_or_default();
                let why = fault.map(|_| "only root, with CAP_SYS_PTRACE, may see which sockets it holds".to_owned());
                walk.miss(format!("where process `{name}` listens"), why);
            }
        }
    }
    if inodes.is_empty() {
        return;
    }
    let mut listeners: Vec<Listener> = all(walk).into_iter().filter(|one| inodes.contains(&one.inode)).collect();
    // The kernel has them in the order of a hash table.
    listeners.sort_by_cached_key(|one| (one.inet.map_or(u16::MAX, |(_, port)| port), one.name.clone()));
    for listener in listeners {
        let pid = holder.get(&listener.inode).copied().unwrap_or_default();
        match passing(walk, &listener, pid) {
            None => walk.lead(at, Thing::Port(listener.name), because),
            Some(Some(why)) => walk.miss(format!("port `{}`", listener.name), why),
            Some(None) => {}
        }
    }
}

/// Adds the port of this name if somebody listens there.
pub(super) fn lead(walk: &mut Walk<'_>, at: usize, name: &str, because: &str) {
    if all(walk).iter().any(|listener| listener.name == name) {
        walk.lead(at, Thing::Port(name.to_owned()), because);
    }
}

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, name: &str) {
    if !walk.climbs(at) {
        return;
    }
    let host = walk.host;
    let mut inodes: Vec<u64> = match name.strip_prefix("unix:") {
        Some(path) => {
            let found = host.sockets().and_then(|all| all.unix(host, path));
            walk.ask(format!("port `{name}`"), found).iter().map(|socket| socket.inode).collect()
        }
        None => all(walk).iter().filter(|l| l.name == name).map(|l| l.inode).collect(),
    };
    inodes.sort_unstable();
    inodes.dedup();
    let mut pids = Vec::new();
    match host.holders() {
        Ok(holders) => {
            for inode in &inodes {
                let (own, more) = holders.pids(*inode);
                pids.extend(own);
                if let (Some(fault), []) = (more, own) {
                    walk.miss(format!("who holds port `{name}`"), fault.clone());
                }
            }
        }
        Err(fault) => walk.miss(format!("who holds port `{name}`"), fault),
    }
    // systemd holds what it has opened for a service, and that is no concern of systemd's.
    if pids.contains(&1) {
        sockets(walk, at, name);
        pids.retain(|pid| *pid != 1);
    }
    let mut by_name: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for pid in pids {
        let process = host.process(pid);
        let process = walk.ask(format!("process {pid}"), process);
        // A child that has just become another program has its parent's sockets no more.
        let still_holds = || host.sockets_of(pid).map_or(true, |own| inodes.iter().any(|inode| own.contains(inode)));
        if let Some(process) = process.filter(|_| still_holds()) {
            by_name.entry(process::full_name(host, &process)).or_default().push(pid);
        }
    }
    for (comm, pids) in by_name {
        let pids = process::own(walk, &comm, pids);
        if pids.is_empty() {
            continue;
        }
        walk.climb(at, Thing::Process(Process { name: comm, pids }), format!("it holds {name}"));
    }
}

/// Adds the socket units that listen on this port.
fn sockets(walk: &mut Walk<'_>, at: usize, name: &str) {
    let host = walk.host;
    let units = host.unit_names();
    for unit in walk.ask("units", units).into_iter().filter(|unit| unit.ends_with(".socket")) {
        let ties = host.unit_ties(&unit);
        let ties = walk.ask(format!("unit `{unit}`"), ties);
        if ties.is_some_and(|ties| ties.listens.iter().any(|listen| listen == name)) {
            walk.climb(at, Thing::Unit(unit), format!("systemd holds {name} for it"));
        }
    }
}

fn all(walk: &mut Walk<'_>) -> Vec<Listener> {
    let both = &[Family::V4, Family::V6];
    let mut all: Vec<_> = [Transport::Tcp, Transport::Udp].into_iter().flat_map(|t| inet(walk, t, both)).collect();
    let host = walk.host;
    let unix = host.sockets().and_then(|all| all.unix_all(host));
    let unix = walk.ask("Unix sockets", unix.map(<[_]>::to_vec));
    let listener = |name: &str, inode| Listener { name: format!("unix:{name}"), inode, inet: None };
    all.extend(unix.iter().map(|socket| listener(&socket.name, socket.inode)));
    all
}

fn inet(walk: &mut Walk<'_>, transport: Transport, families: &[Family]) -> Vec<Listener> {
    let (host, mut listeners) = (walk.host, Vec::new());
    for family in families {
        let number = if *family == Family::V4 { 4 } else { 6 };
        let found = host.sockets().and_then(|all| all.inet(host, transport, *family)).map(<[_]>::to_vec);
        let found = walk.ask(format!("{} sockets of IPv{number}", transport.word().to_uppercase()), found);
        listeners.extend(found.iter().map(|socket| Listener {
            name: format!("{}{number}:{}", transport.word(), socket.port),
            inode: socket.inode,
            inet: Some((transport, socket.port)),
        }));
    }
    listeners
}

/// Whether the next start may have another in its place; the fault within says so where that is worth a word.
fn passing(walk: &Walk<'_>, listener: &Listener, pid: u32) -> Option<Option<Fault>> {
    let Some((transport, port)) = listener.inet else {
        let name = listener.name.strip_prefix("unix:").unwrap_or_default();
        return is_passing_name(name, pid).then_some(None);
    };
    let range = match walk.host.drawn(port, &[pid]) {
        Ok(range) => range?,
        Err(fault) => return Some(Some(fault)),
    };
    // The socket of a client that asked something over UDP looks just so.
    let told = (transport == Transport::Tcp).then(|| {
        let write = format!("`verispec add port {}:{port}`", transport.word());
        let (low, high) = (range.start(), range.end());
        Fault::Unsupported(format!(
            "the kernel may have chosen it ({low} to {high}); if it stays, write it with {write}"
        ))
    });
    Some(told)
}

/// Whether a Unix socket is called otherwise after the next start: by a process, by chance, or in a folder for what passes.
fn is_passing_name(name: &str, pid: u32) -> bool {
    const PLACES: [&str; 5] = ["/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/", "/proc/"];
    let drawn = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.len() >= 8 && digits >= 2 && part.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let by_process = pid > 9 && name.split(|c: char| !c.is_ascii_digit()).any(|word| word.parse() == Ok(pid));
    let by_chance = name.strip_prefix('@').is_some_and(|name| {
        let is_plain = |c: char| c.is_ascii_lowercase() || "/._-".contains(c);
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        digits > 2 || name.starts_with("/tmp/dbus-") || !name.chars().all(|c| is_plain(c) || c.is_ascii_digit())
    });
    by_process
        || by_chance
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(drawn)
        || PLACES.iter().any(|place| name.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_named_by_a_process_or_by_chance_are_passing() {
        for name in [
            "/run/x.700.sock",
            "/run/x-700",
            "/tmp/.X11-unix/X0",
            "@0000a",
            "@/tmp/dbus-abcdefgh",
            "@a1b2c3/bus",
            "@aBc",
        ] {
            assert!(is_passing_name(name, 700), "{name}");
        }
        for name in ["/run/docker.sock", "/var/run/postgresql/.s.PGSQL.5432", "@/org/kernel/udev/udevd", "/run/x7001"] {
            assert!(!is_passing_name(name, 700), "{name}");
        }
    }
}
