//! Sockets by text: /proc/net/{tcp,tcp6,udp,udp6,unix}, proc_pid_net(5).

use super::sock_diag::States;
use super::sockets::{Family, InetSocket, Transport, UnixSocket};
use crate::value::Fault;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The sockets of /proc/net/{tcp,tcp6,udp,udp6} in one of the states; `path` is named where the text does not fit.
pub(super) fn inet<S: Default>(
    (path, text): (&str, &str),
    (transport, family): (Transport, Family),
    states: States,
    mut add: impl FnMut(&mut S, InetSocket),
) -> Result<S, Fault> {
    let (header, rows) = rows(path, text, "local_address")?;
    // gVisor writes this header over nothing, whatever there is.
    if transport == Transport::Udp && rows.is_empty() && !header.contains("drops") {
        return Err(Fault::Unsupported(format!("{path}: this kernel does not list {}", transport.sockets(family))));
    }
    let state = match (states, transport) {
        (States::Established, _) => "01",
        (States::Listening, Transport::Tcp) => "0A",
        (States::Listening, Transport::Udp) => "07",
    };
    let mut seen = S::default();
    for (at, row) in rows.lines().enumerate() {
        let (found, socket) = inet_row(row, family).ok_or_else(|| bad_row(path, at))?;
        if found == state {
            add(&mut seen, socket);
        }
    }
    Ok(seen)
}

/// `sl local remote state queues timer retransmissions uid timeout inode …`
fn inet_row(row: &str, family: Family) -> Option<(&str, InetSocket)> {
    let mut words = row.split_ascii_whitespace();
    let (ip, port) = words.nth(1)?.split_once(':')?;
    let (ip, port) = (address(ip, family)?, u16::from_str_radix(port, 16).ok()?);
    let state = words.nth(1)?;
    let uid = words.nth(3)?.parse().ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    Some((state, InetSocket { ip, port, uid, inode }))
}

/// Words of 32 bits in the order of the machine's bytes, as hexadecimal digits.
fn address(text: &str, family: Family) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    match (family, text.len()) {
        (Family::V4, 8) => Some(Ipv4Addr::from(word(0)?).into()),
        (Family::V6, 32) => {
            let mut bytes = [0; 16];
            for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(at)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// The sockets of /proc/net/unix that have a name.
pub(super) fn unix<S: Default>(
    (path, text): (&str, &str),
    states: States,
    mut add: impl FnMut(&mut S, UnixSocket),
) -> Result<S, Fault> {
    let mut seen = S::default();
    for (at, row) in rows(path, text, "Inode")?.1.lines().enumerate() {
        let Some(row) = unix_row(row).ok_or_else(|| bad_row(path, at))? else { continue };
        let wanted = match states {
            States::Listening => row.accepts || (row.datagram && !row.connected),
            States::Established => row.connected && !row.datagram,
        };
        if wanted {
            add(&mut seen, row.socket);
        }
    }
    Ok(seen)
}

struct UnixRow {
    accepts: bool,
    datagram: bool,
    connected: bool,
    socket: UnixSocket,
}

/// `address: references protocol flags type state inode name`. The inner `None` is a socket without a name.
fn unix_row(row: &str) -> Option<Option<UnixRow>> {
    /// __SO_ACCEPTCON
    const ACCEPTS: u32 = 1 << 16;
    let (mut rest, mut words) = (row, [""; 7]);
    for word in &mut words {
        let start = rest.trim_ascii_start();
        let end = start.find(' ').unwrap_or(start.len());
        (*word, rest) = start.split_at(end);
    }
    let [_, _, _, flags, kind, state, inode] = words;
    let hex = |text| u32::from_str_radix(text, 16).ok();
    let (flags, kind, state, inode) = (hex(flags)?, hex(kind)?, hex(state)?, inode.parse().ok()?);
    // One space divides; the name's own spaces stay.
    let Some(name) = rest.strip_prefix(' ').filter(|n| !n.is_empty()) else { return Some(None) };
    // Zeros behind a name that is no path are padding, and print as `@`.
    let name = if name.starts_with('@') { name.trim_end_matches('@') } else { name };
    let socket = UnixSocket { name: name.to_owned(), file: None, uid: None, inode };
    Some(Some(UnixRow { accepts: flags & ACCEPTS != 0, datagram: kind == 2, connected: state == 3, socket }))
}

/// The header, which holds `word`, and what stands under it, which ends with a whole line.
fn rows<'t>(path: &str, text: &'t str, word: &str) -> Result<(&'t str, &'t str), Fault> {
    let (header, rows) = text.split_once('\n').filter(|(header, _)| header.contains(word)).ok_or_else(|| {
        let why = if text.is_empty() { "it is empty" } else { "its first line is not the header" };
        Fault::Malformed(format!("{path}: {why}"))
    })?;
    if !rows.is_empty() && !rows.ends_with('\n') {
        return Err(Fault::Malformed(format!("{path}: its last line is cut")));
    }
    Ok((header, rows))
}

fn bad_row(path: &str, at: usize) -> Fault {
    Fault::Malformed(format!("{path}: line {} is not a socket", at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   111        0 21970 1 0000000056429fae 100 0 0 10 0                      
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1124 1 0000000056429fae 100 0 0 10 0                       
   2: 020200C0:0016 507100CB:C322 01 00000000:00000000 02:000AF0A5 00000000     0        0 23421 2 0000000070b2885c 20 4 31 10 -1                     
   3: 020200C0:C322 507100CB:0050 06 00000000:00000000 03:000016AA 00000000     0        0 0 3 0000000070b2885c                                      
";
    const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 88082 1 0000000056429fae 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 88083 1 0000000056429fae 100 0 0 10 0
   2: B80D01200000000067452301EFCDAB89:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 88084 1 0000000056429fae 100 0 0 10 0
";
    const UNIX: &str = "Num       RefCount Protocol Flags    Type St Inode Path
00000000e5a507b1: 00000002 00000000 00010000 0001 01 21970 /var/run/docker.sock
00000000b1a9bd00: 00000003 00000000 00000000 0001 03 22603
000000004156b025: 00000003 00000000 00000000 0001 03 22130 /var/run/docker.sock
0000000063c3ed97: 00000002 00000000 00000000 0002 01  1121 /run/a socket with spaces
000000009cb914da: 00000002 00000000 00010000 0001 01 22117 @/tmp/dbus-x@@@
000000009cb914db: 00000002 00000000 00000000 0001 01 22118 /run/bound-but-not-listening
";

    fn inet_all(text: &str, what: (Transport, Family), states: States) -> Result<Vec<InetSocket>, Fault> {
        inet(("/proc/net/x", text), what, states, Vec::push)
    }

    #[test]
    fn only_sockets_of_the_state_are_listed() {
        let tcp4 = (Transport::Tcp, Family::V4);
        let all = inet_all(TCP, tcp4, States::Listening).unwrap();
        let first = InetSocket { ip: [127, 0, 0, 1].into(), port: 3306, uid: 111, inode: 21970 };
        assert_eq!(all, [first, InetSocket { ip: [0; 4].into(), port: 22, uid: 0, inode: 1124 }]);
        let all = inet_all(TCP, tcp4, States::Established).unwrap();
        assert_eq!(all.iter().map(|s| s.port).collect::<Vec<_>>(), [22]);
    }

    #[test]
    fn ipv6_addresses_are_four_words() {
        let all = inet_all(TCP6, (Transport::Tcp, Family::V6), States::Listening).unwrap();
        let ips: Vec<_> = all.iter().map(|s| s.ip.to_string()).collect();
        assert_eq!(ips, ["::", "::ffff:127.0.0.1", "2001:db8::123:4567:89ab:cdef"]);
    }

    #[test]
    fn unix_sockets_listen_or_take_datagrams() {
        let all: Vec<UnixSocket> = unix(("/proc/net/unix", UNIX), States::Listening, Vec::push).unwrap();
        let seen: Vec<_> = all.iter().map(|s| (s.name.as_str(), s.inode)).collect();
        let docker = ("/var/run/docker.sock", 21970);
        assert_eq!(seen, [docker, ("/run/a socket with spaces", 1121), ("@/tmp/dbus-x", 22117)]);
        let all: Vec<UnixSocket> = unix(("/proc/net/unix", UNIX), States::Established, Vec::push).unwrap();
        assert_eq!(all.iter().map(|s| s.inode).collect::<Vec<_>>(), [22130]);
    }

    #[test]
    fn what_is_no_table_is_malformed() {
        let tcp4 = (Transport::Tcp, Family::V4);
        for text in ["", "hello\n", &TCP[..TCP.len() - 30], &TCP.replace("0A", "0A 0A"), &TCP.replace(":0016", "")] {
            assert!(matches!(inet_all(text, tcp4, States::Listening), Err(Fault::Malformed(_))), "{text}");
        }
        let v6 = (Transport::Tcp, Family::V6);
        assert!(matches!(inet_all(TCP, v6, States::Listening), Err(Fault::Malformed(_))), "IPv4's table for IPv6's");
        for text in ["", "hello\n", &UNIX[..UNIX.len() - 9], &UNIX.replace(" 0001 ", " ")] {
            assert!(unix::<Vec<_>>(("/proc/net/unix", text), States::Listening, Vec::push).is_err(), "{text}");
        }
    }

    #[test]
    fn a_header_over_a_list_that_the_kernel_does_not_keep_is_not_an_empty_list() {
        let header = TCP6.lines().next().unwrap().to_owned() + "\n";
        let udp6 = (Transport::Udp, Family::V6);
        assert!(matches!(inet_all(&header, udp6, States::Listening), Err(Fault::Unsupported(_))));
        let linux = header.replace(" inode", " inode ref pointer drops");
        assert_eq!(inet_all(&linux, udp6, States::Listening), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(rows in "\\PC{0,80}|([0-9A-F: ]{0,60}\n){0,4}") {
            for family in [Family::V4, Family::V6] {
                let text = format!("local_address Inode\n{rows}");
                let _ = inet_all(&text, (Transport::Tcp, family), States::Listening);
                let _ = unix::<Vec<_>>(("x", &text), States::Listening, Vec::push);
            }
        }
    }
}
