//! The ports that are listened on.

use crate::host::Host;
use crate::host::sockets::{Family, InetSocket, Transport};
use crate::resource::Thing;
use crate::value::{Fault, Known};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// A thing for each transport and port, of whichever families.
pub(super) fn list(host: &Host) -> Result<Known<Thing>, Fault> {
    let (mut all, mut more) = (Vec::new(), None);
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut ports: BTreeMap<u16, Vec<(Family, &InetSocket)>> = BTreeMap::new();
        for family in [Family::V4, Family::V6] {
            let sockets = match host.sockets()?.inet(host, transport, family) {
                Ok(sockets) => sockets,
                Err(fault) => {
                    more = more.or(Some(fault));
                    continue;
                }
            };
            let clients = Clients { host, again: OnceCell::new(), transport, family };
            for socket in sockets.iter().filter(|socket| socket.port != 0) {
                if !clients.has(socket)? {
                    ports.entry(socket.port).or_default().push((family, socket));
                }
            }
        }
        for (port, sockets) in ports {
            all.push(thing(host, transport, port, &sockets)?);
        }
    }
    Ok(Known { all, more })
}

fn thing(host: &Host, transport: Transport, port: u16, sockets: &[(Family, &InetSocket)]) -> Result<Thing, Fault> {
    let word = transport.word();
    let has = |family| sockets.iter().any(|(own, _)| *own == family);
    let (v4, v6) = (format!("{word}4:{port}"), format!("{word}6:{port}"));
    let (name, parts) = match (has(Family::V4), has(Family::V6)) {
        (true, true) => (format!("{word}:{port}"), vec![v4, v6]),
        (true, false) => (v4, vec![]),
        (false, _) => (v6, vec![]),
    };
    let holders = holders(host, sockets);
    let loopback: BTreeSet<String> = match sockets.iter().all(|(_, s)| s.ip.to_canonical().is_loopback()) {
        true => sockets.iter().map(|(_, s)| s.ip.to_canonical().to_string()).collect(),
        false => BTreeSet::new(),
    };
    let place = Vec::from_iter(loopback).join(", ");
    let what = match (holders.is_empty(), place.is_empty()) {
        (false, false) => format!("{holders} on {place}"),
        (true, false) => format!("on {place}"),
        (_, true) => holders,
    };
    // What serves over UDP and has such a port is the kernel's own, and was told its port.
    let passing = match transport {
        Transport::Tcp => drawn(host, port, &sockets.iter().map(|(_, socket)| *socket).collect::<Vec<_>>())?,
        Transport::Udp => None,
    };
    let why =
        |range: &RangeInclusive<u16>| format!("the kernel may have chosen it ({} to {})", range.start(), range.end());
    Ok(Thing { parts, passing: passing.map(why), ..Thing::new(name, what) })
}

/// The names of the processes that hold them, as far as they may be known.
fn holders(host: &Host, sockets: &[(Family, &InetSocket)]) -> String {
    let Ok(holders) = host.holders() else { return String::new() };
    let pids = sockets.iter().flat_map(|(_, socket)| holders.pids(socket.inode).0);
    let names: BTreeSet<String> = pids.filter_map(|pid| host.process_name(*pid).ok().flatten()).collect();
    Vec::from_iter(names).join(", ")
}

/// What tells a socket that waits for an answer from one that serves: UDP knows no difference.
struct Clients<'h> {
    host: &'h Host,
    /// The same, looked at once more.
    again: OnceCell<Host>,
    transport: Transport,
    family: Family,
}

impl Clients<'_> {
    fn has(&self, socket: &InetSocket) -> Result<bool, Fault> {
        let given = matches!(self.transport, Transport::Udp) && drawn(self.host, socket.port, &[socket])?.is_some();
        Ok(given && !self.is_the_kernels(socket))
    }

    /// Whether the kernel itself opened it, as it does for WireGuard: no process holds it, now or a moment later.
    fn is_the_kernels(&self, socket: &InetSocket) -> bool {
        let nobody = |host: &Host| host.holders().is_ok_and(|h| matches!(h.pids(socket.inode), ([], None)));
        if !nobody(self.host) {
            return false;
        }
        // It may have been closed while processes were looked at.
        let again = self.again.get_or_init(|| self.host.fresh().until(self.host.deadline()));
        let still =
            again.sockets().and_then(|s| s.inet(again, self.transport, self.family).map(|s| s.contains(socket)));
        still == Ok(true)
    }
}

/// The range that the kernel may have drawn the port of these sockets from; `None` where somebody chose it.
fn drawn<'h>(host: &'h Host, port: u16, sockets: &[&InetSocket]) -> Result<Option<&'h RangeInclusive<u16>>, Fault> {
    let pids = |socket: &&InetSocket| host.holders().map_or(vec![], |holders| holders.pids(socket.inode).0.to_vec());
    host.drawn(port, &sockets.iter().flat_map(pids).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";
    const ANY6: &str = "00000000000000000000000000000000";

    fn row(address: &str, port: u16, state: &str, inode: u32) -> String {
        format!("   0: {address}:{port:04X} 00000000:0000 {state} 0:0 0:0 0     0        0 {inode} 1\n")
    }

    fn tree(more: &str) -> String {
        let tcp = row("00000000", 22, "0A", 1) + &row("0100007F", 631, "0A", 2) + &row("0100007F", 40_000, "0A", 3);
        let tcp = tcp + &row("0100007F", 22, "01", 4);
        let tcp6 = row(ANY6, 22, "0A", 5) + &row(ANY6, 443, "0A", 6);
        let udp = row("00000000", 68, "07", 7) + &row("00000000", 40_001, "07", 8) + &row("00000000", 51_820, "07", 9);
        let udp = udp + &row("00000000", 50_000, "07", 10);
        let stat = |pid: u32, name: &str| {
            format!(
                "-- /proc/{pid}/stat\n{pid} ({name}) S 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 1234 50 30 0 1 1 0 0 0 0 0 0 0 0 0 0\n"
            )
        };
        format!(
            "-- /proc/net/tcp\n{HEAD}{tcp}-- /proc/net/tcp6\n{HEAD}{tcp6}-- /proc/net/udp\n{HEAD}{udp}\
             -- /proc/net/udp6\n{HEAD}-- /proc/1/fd/\n{}-- /proc/7/fd/3 -> socket:[1]\n-- /proc/7/fd/4 -> socket:[5]\n\
             {}-- /proc/8/fd/3 -> socket:[2]\n-- /proc/8/fd/4 -> socket:[8]\n-- /proc/8/fd/5 -> socket:[10]\n{}{more}",
            stat(7, "sshd"),
            stat(8, "cupsd"),
            stat(1, "init"),
        )
    }

    fn listed(tree: &str) -> (Vec<String>, Option<Fault>) {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let known = list(&host).unwrap();
        let one = |thing: Thing| format!("{} {} {}", thing.name, thing.what, thing.parts.join("+")).trim().to_owned();
        (known.all.into_iter().map(one).collect(), known.more)
    }

    #[test]
    fn servers_are_listed_once_a_port_and_clients_of_udp_are_not() {
        let expected = [
            "tcp:22 sshd tcp4:22+tcp6:22",
            "tcp4:631 cupsd on 127.0.0.1",
            "tcp4:40000 on 127.0.0.1",
            "tcp6:443",
            "udp4:68",
            "udp4:51820",
        ];
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        let (mut names, more) = listed(&tree(""));
        names = sorted(names);
        assert_eq!((names, more), (sorted(expected.map(str::to_owned).to_vec()), None));
    }

    #[test]
    fn the_host_says_which_ports_are_for_clients() {
        let range = "-- /proc/sys/net/ipv4/ip_local_port_range\n50001\t60999\n";
        assert!(listed(&tree(range)).0.contains(&"udp4:40001 cupsd".to_owned()));
        let reserved = "-- /proc/sys/net/ipv4/ip_local_reserved_ports\n8080,49999-50001\n";
        let (names, _) = listed(&tree(reserved));
        assert!(names.contains(&"udp4:50000 cupsd".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("udp4:40001")));
    }

    #[test]
    fn a_port_of_tcp_that_may_be_drawn_is_told_as_such() {
        let passing = |more: &str| {
            let host =
                Host::offline(Arc::new(TreeFiles::parse(&tree(more)).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
            let all = list(&host).unwrap().all.into_iter();
            all.filter_map(|thing| Some(format!("{}: {}", thing.name, thing.passing?))).collect::<Vec<_>>()
        };
        assert_eq!(passing(""), ["tcp4:40000: the kernel may have chosen it (32768 to 60999)"]);
        assert_eq!(passing("-- /proc/7/fd/9 -> socket:[3]\n-- /proc/7/cmdline\nserve\0:40000\n"), [""; 0]);
        assert_eq!(passing("-- /proc/sys/net/ipv4/ip_local_reserved_ports\n40000\n"), [""; 0]);
    }

    #[test]
    fn a_range_that_cannot_be_read_leaves_no_list() {
        let wrong = tree("-- /proc/sys/net/ipv4/ip_local_port_range\nx\n");
        let host = Host::offline(Arc::new(TreeFiles::parse(&wrong).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(list(&host), Err(Fault::Malformed(_))));
    }

    #[test]
    fn a_family_that_cannot_be_listed_leaves_the_list_open() {
        let denied = tree("").replace("-- /proc/net/tcp6\n", "-- /proc/net/tcp6 denied\n");
        let (names, more) = listed(&denied);
        assert!(names.contains(&"tcp4:22 sshd".to_owned()), "{names:?}");
        assert_eq!(more.unwrap().code(), "denied");
    }
}
