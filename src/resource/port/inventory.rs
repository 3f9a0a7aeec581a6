//! The ports that are listened on.

use crate::host::Host;
use crate::host::sockets::{Family, InetSocket, Transport};
use crate::resource::Thing;
use crate::value::{Fault, Known};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Ports that a socket gets which asks for none: ip_local_port_range of the kernel's ip-sysctl.
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Ports of that range that no socket gets so.
const RESERVED: &str = "/proc/sys/net/ipv4/ip_local_reserved_ports";
/// The kernel's own default.
const DEFAULT: RangeInclusive<u16> = 32_768..=60_999;

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
            let clients = Clients::of(host, transport, family)?;
            for socket in sockets.iter().filter(|socket| socket.port != 0 && !clients.has(socket)) {
                ports.entry(socket.port).or_default().push((family, socket));
            }
        }
        all.extend(ports.into_iter().map(|(port, sockets)| thing(host, transport, port, &sockets)));
    }
    Ok(Known { all, more })
}

fn thing(host: &Host, transport: Transport, port: u16, sockets: &[(Family, &InetSocket)]) -> Thing {
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
    Thing { parts, ..Thing::new(name, what) }
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
    range: RangeInclusive<u16>,
    reserved: Vec<RangeInclusive<u16>>,
    host: &'h Host,
    /// The same, looked at once more.
    again: OnceCell<Host>,
    transport: Transport,
    family: Family,
}

impl Clients<'_> {
    fn of(host: &Host, transport: Transport, family: Family) -> Result<Clients<'_>, Fault> {
        let malformed = |path: &str| Fault::Malformed(format!("{path}: these are no ports"));
        let range = match host.text(RANGE)? {
            Some(text) => range(&text).ok_or_else(|| malformed(RANGE))?,
            None => DEFAULT,
        };
        let reserved = host.text(RESERVED)?.unwrap_or_default();
        let reserved = ranges(&reserved).ok_or_else(|| malformed(RESERVED))?;
        Ok(Clients { range, reserved, host, again: OnceCell::new(), transport, family })
    }

    fn has(&self, socket: &InetSocket) -> bool {
        let given = self.range.contains(&socket.port) && !self.reserved.iter().any(|r| r.contains(&socket.port));
        matches!(self.transport, Transport::Udp) && given && !self.is_the_kernels(socket)
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

/// Two numbers with white space between them: `32768 60999`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse().ok());
    let range = words.next()??..=words.next()??;
    words.next().is_none().then_some(range)
}

/// `8080,9148-9150`
fn ranges(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let parse = |one: &str| match one.split_once('-') {
        Some((first, last)) => Some(first.parse().ok()?..=last.parse().ok()?),
        None => one.parse().ok().map(|port: u16| port..=port),
    };
    text.trim().split(',').filter(|one| !one.is_empty()).map(parse).collect()
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
    fn a_family_that_cannot_be_listed_leaves_the_list_open() {
        let denied = tree("").replace("-- /proc/net/tcp6\n", "-- /proc/net/tcp6 denied\n");
        let (names, more) = listed(&denied);
        assert!(names.contains(&"tcp4:22 sshd".to_owned()), "{names:?}");
        assert_eq!(more.unwrap().code(), "denied");
    }

    #[test]
    fn ports_are_read_as_the_kernel_writes_them() {
        assert_eq!(range("32768\t60999\n"), Some(32_768..=60_999));
        for wrong in ["", "1", "1 2 3", "1 70000", "a b"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
        assert_eq!(ranges("\n"), Some(vec![]));
        assert_eq!(ranges("8080,9148-9150\n"), Some(vec![8080..=8080, 9148..=9150]));
        assert_eq!(ranges("8080-"), None);
    }
}
