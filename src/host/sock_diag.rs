//! Sockets by netlink, sock_diag(7): requests built and answers read as bytes.

use super::Host;
use super::netlink::{self, Request, Trouble, attributes, malformed, u32_at};
use super::sockets::{Family, InetSocket, Transport, UnixSocket};
use rustix::net::netlink::SOCK_DIAG;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::value::Fault;

const SOCK_DIAG_BY_FAMILY: u16 = 20;

/// Which sockets are asked for; the kernel leaves the others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum States {
    /// TCP and Unix sockets that listen, UDP and Unix sockets that are bound and connected to nobody.
    Listening,
    Established,
}

/// Bits of the states of include/net/tcp_states.h.
const ESTABLISHED: u8 = 1;
const CLOSE: u8 = 7;
const LISTEN: u8 = 10;

/// `add` is called with each socket of this transport and family.
pub(super) fn inet<S: Default>(
    host: &Host,
    (transport, family): (Transport, Family),
    states: States,
    mut add: impl FnMut(&mut S, InetSocket),
) -> Result<S, Trouble> {
    let what = transport.sockets(family);
    let state = match (states, transport) {
        (States::Established, _) => ESTABLISHED,
        (States::Listening, Transport::Tcp) => LISTEN,
        (States::Listening, Transport::Udp) => CLOSE,
    };
    let body = inet_request(transport, family, state);
    let request = request(what, &body);
    netlink::dump(host, &request, |seen, answer| {
        let (found, socket) = inet_socket(answer, family).ok_or_else(|| malformed(what, "an answer is truncated"))?;
        if found == state {
            add(seen, socket);
        }
        Ok(())
    })
}

fn request<'a>(what: &'a str, body: &'a [u8]) -> Request<'a> {
    Request { what, protocol: Some(SOCK_DIAG), ask: SOCK_DIAG_BY_FAMILY, answer: SOCK_DIAG_BY_FAMILY, body }
}

/// `AF_INET`, `AF_INET6` and `AF_UNIX` as bytes.
const AF_UNIX: u8 = 1;
fn af(family: Family) -> u8 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

/// struct inet_diag_req_v2: family, protocol, extensions, padding, states, then an id that is left open.
fn inet_request(transport: Transport, family: Family, state: u8) -> Vec<u8> {
    let protocol = match transport {
        Transport::Tcp => 6,
        Transport::Udp => 17,
    };
    let mut bytes = vec![af(family), protocol, 0, 0];
    bytes.extend((1_u32 << state).to_ne_bytes());
    bytes.extend([0; 48]);
    bytes
}

/// struct inet_diag_msg: family, state, timer, retransmissions; an id of 48 bytes that begins with the ports in network
/// order and the local address; expiry, queues, user, inode.
pub(super) fn inet_socket(bytes: &[u8], asked: Family) -> Option<(u8, InetSocket)> {
    let (family, state) = (*bytes.first()?, *bytes.get(1)?);
    let port = u16::from_be_bytes(*bytes.get(4..)?.first_chunk()?);
    let address = bytes.get(8..)?;
    let ip = match asked {
        Family::V4 => Ipv4Addr::from(*address.first_chunk::<4>()?).into(),
        Family::V6 => Ipv6Addr::from(*address.first_chunk::<16>()?).into(),
    };
    let (uid, inode) = (u32_at(bytes, 64)?, u32_at(bytes, 68)?);
    (family == af(asked)).then_some((state, InetSocket { ip, port, uid, inode: inode.into() }))
}

const UNIX: &str = "Unix sockets";
const UDIAG_SHOW_NAME: u32 = 0x1;
const UDIAG_SHOW_VFS: u32 = 0x2;
const UDIAG_SHOW_UID: u32 = 0x40;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_VFS: u16 = 1;
const UNIX_DIAG_UID: u16 = 7;
const SOCK_DGRAM: u8 = 2;

/// `add` is called with each Unix socket that has a name.
pub(super) fn unix<S: Default>(
    host: &Host,
    states: States,
    mut add: impl FnMut(&mut S, UnixSocket),
) -> Result<S, Trouble> {
    let body = unix_request(match states {
        States::Listening => &[LISTEN, CLOSE],
        States::Established => &[ESTABLISHED],
    });
    netlink::dump(host, &request(UNIX, &body), |seen, answer| {
        let Some((kind, state, socket)) = unix_socket(answer)? else { return Ok(()) };
        let wanted = match states {
            // A stream that is bound but does not listen yet has the state of a bound datagram socket.
            States::Listening => state == LISTEN || (state == CLOSE && kind == SOCK_DGRAM),
            States::Established => state == ESTABLISHED && kind != SOCK_DGRAM,
        };
        if wanted {
            add(seen, socket);
        }
        Ok(())
    })
}

/// struct unix_diag_req: family, protocol, padding, states, inode, what to show, cookie.
fn unix_request(states: &[u8]) -> Vec<u8> {
    let mut bytes = vec![AF_UNIX, 0, 0, 0];
    bytes.extend(states.iter().fold(0_u32, |all, state| all | 1 << state).to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend((UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_UID).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes
}

/// struct unix_diag_msg: family, type, state, padding, inode, cookie; then attributes. `None` if it has no name.
pub(super) fn unix_socket(bytes: &[u8]) -> Result<Option<(u8, u8, UnixSocket)>, Fault> {
    let truncated = || malformed(UNIX, "an answer is truncated");
    let &[AF_UNIX, kind, state, _] = bytes.first_chunk().ok_or_else(truncated)? else {
        return Err(malformed(UNIX, "an answer is of another family"));
    };
    let inode = u32_at(bytes, 4).ok_or_else(truncated)?.into();
    let (mut name, mut file, mut uid) = (None, None, None);
    for attribute in attributes(UNIX, bytes.get(16..).ok_or_else(truncated)?) {
        match attribute? {
            (UNIX_DIAG_NAME, bytes) => name = Some(unix_name(bytes)),
            (UNIX_DIAG_VFS, bytes) => file = Some(u32_at(bytes, 0).zip(u32_at(bytes, 4)).ok_or_else(truncated)?),
            (UNIX_DIAG_UID, bytes) => uid = Some(u32_at(bytes, 0).ok_or_else(truncated)?),
            _ => {}
        }
    }
    Ok(name.map(|name| (kind, state, UnixSocket { name, file, uid, inode })))
}

/// The name as /proc/net/unix has it: `@` for a byte of zero, which leads the names that are no paths. Padding with
/// zeros is left out.
fn unix_name(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let name = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    name.replace('\0', "@")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Recorded from Linux 6.18, without the netlink header.
    fn recorded(hex: &str) -> Vec<u8> {
        let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    const TCP4: &str = "020a00001f9000007f000001000000000000000000000000000000000000000000000000000000000000000001100000\
        000000000000000000000000800000000000000013580100";
    const TCP6: &str = "0a0a000020fb000000000000000000000000000000000000000000000000000000000000000000000000000002100000\
        000000000000000000000000800000000000000012580100";
    const PATH: &str = "01010a001458010004100000000000\
        00120000002f746d702f7265632e736f636b0000000c000100150199000000e00f05000600000000000800070000000000";
    const ABSTRACT: &str = "01020700155801000510000000000000\
        0d000000007665726973706563000000050006000000000008000700e8030000";

    #[test]
    fn recorded_sockets_read_as_what_was_opened() {
        let (state, socket) = inet_socket(&recorded(TCP4), Family::V4).unwrap();
        let expected = InetSocket { ip: [127, 0, 0, 1].into(), port: 8080, uid: 0, inode: 0x15813 };
        assert_eq!((state, socket), (LISTEN, expected));
        let (_, socket) = inet_socket(&recorded(TCP6), Family::V6).unwrap();
        assert_eq!(socket, InetSocket { ip: [0; 16].into(), port: 8443, uid: 0, inode: 0x15812 });
        assert_eq!(inet_socket(&recorded(TCP6), Family::V4), None, "another family than was asked for");
    }

    #[test]
    fn recorded_unix_sockets_have_names_files_and_users() {
        let (kind, state, socket) = unix_socket(&recorded(PATH)).unwrap().unwrap();
        assert_eq!((kind, state), (1, LISTEN));
        let file = Some((0x0099_0115, 0x0fe0_0000));
        let name = "/tmp/rec.sock".to_owned();
        assert_eq!(socket, UnixSocket { name, file, uid: Some(0), inode: 0x15814 });
        let (kind, state, socket) = unix_socket(&recorded(ABSTRACT)).unwrap().unwrap();
        assert_eq!((kind, state), (SOCK_DGRAM, CLOSE));
        assert_eq!(socket, UnixSocket { name: "@verispec".into(), file: None, uid: Some(1000), inode: 0x15815 });
    }

    #[test]
    fn a_cut_answer_is_no_socket() {
        for length in 0..72 {
            assert_eq!(inet_socket(&recorded(TCP4)[..length], Family::V4), None, "{length}");
        }
        for length in 0..16 {
            assert!(unix_socket(&recorded(PATH)[..length]).is_err(), "{length}");
        }
        assert!(unix_socket(&recorded(PATH)[..20]).is_err());
    }

    #[test]
    fn requests_are_as_long_as_the_kernel_wants_them() {
        assert_eq!(inet_request(Transport::Tcp, Family::V6, LISTEN).len(), 56);
        assert_eq!(unix_request(&[LISTEN, CLOSE]).len(), 24);
    }

    #[test]
    fn padding_behind_a_name_is_left_out() {
        assert_eq!(unix_name(b"/run/x.sock\0"), "/run/x.sock");
        assert_eq!(unix_name(b"\0a\0b\0\0\0"), "@a@b");
        assert_eq!(unix_name(b"\0\0\0"), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = inet_socket(&bytes, Family::V4);
            let _ = inet_socket(&bytes, Family::V6);
            let _ = unix_socket(&bytes);
            let _ = unix_socket(&[&recorded(ABSTRACT)[..16], &bytes].concat());
        }
    }
}
