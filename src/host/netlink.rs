//! Netlink dumps, netlink(7): asked of the running kernel, and read from bytes.

use super::Host;
use crate::value::Fault;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::time::{Duration, Instant};

/// The kernel fills at most 32 KiB of one datagram of a dump (netlink_dump in net/netlink/af_netlink.c).
const DATAGRAM: usize = 64 << 10;

/// How long the kernel is waited for at the least. What is read is kept for all that ask, so the first one's haste must
/// not be everyone's; the kernel answers at once.
const PATIENCE: Duration = Duration::from_millis(200);

/// How often a dump that changed under our eyes is asked for again.
const ATTEMPTS: u32 = 8;

const HEADER: usize = 16;
const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_DUMP: u16 = 0x300;

/// What is asked of the kernel.
pub(super) struct Request<'a> {
    /// What is asked for, in the words of messages.
    pub what: &'a str,
    /// `None` is NETLINK_ROUTE.
    pub protocol: Option<Protocol>,
    /// The type of the request, and of each message that answers it.
    pub ask: u16,
    pub answer: u16,
    pub body: &'a [u8],
}

/// Why there is no dump.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// This kernel, or a filter before it, does not answer such requests at all: there may be another way to know.
    Unavailable(Fault),
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Fault(fault)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Unavailable(fault) | Trouble::Fault(fault) => fault,
        }
    }
}

/// Asks, and folds the body of every answer into what is returned; asks again if the kernel says that the table
/// changed meanwhile.
pub(super) fn dump<S: Default>(
    host: &Host,
    request: &Request,
    mut add: impl FnMut(&mut S, &[u8]) -> Result<(), Fault>,
) -> Result<S, Trouble> {
    host.machine().map_err(Trouble::Unavailable)?;
    let deadline = host.deadline().max(Instant::now() + PATIENCE);
    for _ in 0..ATTEMPTS {
        let mut seen = S::default();
        if receive(request, deadline, &mut |body| add(&mut seen, body))? == End::Whole {
            return Ok(seen);
        }
    }
    Err(Trouble::Fault(Fault::Failed(format!("{} changed {ATTEMPTS} times while they were read", request.what))))
}

pub(super) type Add<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Fault>;

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// NLM_F_DUMP_INTR: the table changed between two of its datagrams.
    Interrupted,
}

fn receive(request: &Request, deadline: Instant, add: Add) -> Result<End, Trouble> {
    let started = Instant::now();
    let failed = |error: Errno| trouble(request.what, error);
    // A socket of its own for each attempt: what is left of an interrupted dump goes with it.
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, request.protocol)
            .map_err(failed)?;
    // Connected to the kernel, it takes messages from nobody else.
    rustix::net::connect(&socket, &SocketAddrNetlink::new(0, 0)).map_err(failed)?;
    rustix::net::send(&socket, &encode(request), SendFlags::empty()).map_err(failed)?;
    let mut buffer = vec![0; DATAGRAM];
    let mut end = End::Whole;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let late = || Trouble::Fault(Fault::TimedOut(request.what.to_owned(), started.elapsed()));
        if left.is_zero() {
            return Err(late());
        }
        // A timeout of zero would mean none.
        set_socket_timeout(&socket, Timeout::Recv, Some(left.max(Duration::from_millis(1)))).map_err(failed)?;
        let length = match rustix::net::recv(&socket, &mut *buffer, RecvFlags::TRUNC) {
            Ok((_, length)) => length,
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => return Err(late()),
            Err(error) => return Err(failed(error)),
        };
        let Some(datagram) = buffer.get(..length) else {
            return Err(Trouble::Fault(malformed(request.what, "an answer is longer than any should be")));
        };
        if read(request, datagram, &mut end, add)? {
            return Ok(end);
        }
    }
}

/// The bytes of the request: nlmsghdr, body.
fn encode(request: &Request) -> Vec<u8> {
    let length = u32::try_from(HEADER + request.body.len()).unwrap_or(u32::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(request.ask.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(request.body);
    bytes
}

/// Reads one datagram; true once it holds the end of the dump.
pub(super) fn read(request: &Request, datagram: &[u8], end: &mut End, add: Add) -> Result<bool, Trouble> {
    let what = request.what;
    let mut rest = datagram;
    while !rest.is_empty() {
        let message = u32_at(rest, 0)
            .and_then(|length| rest.get(..usize::try_from(length).ok()?))
            .zip(u16_at(rest, 4))
            .zip(u16_at(rest, 6));
        let Some(((message, kind), flags)) = message.filter(|((m, _), _)| m.len() >= HEADER) else {
            return Err(Trouble::Fault(malformed(what, "an answer is truncated")));
        };
        if flags & NLM_F_DUMP_INTR != 0 {
            *end = End::Interrupted;
        }
        let body = message.get(HEADER..).unwrap_or_default();
        match kind {
            NLMSG_NOOP => {}
            // A dump that fails before its first message ends with its error here, not in an NLMSG_ERROR.
            NLMSG_DONE => return status(what, body, 0).map(|()| true),
            NLMSG_ERROR => status(what, body, Errno::IO.raw_os_error())?,
            NLMSG_OVERRUN => return Err(Trouble::Fault(Fault::Failed(format!("{what}: the kernel lost answers")))),
            kind if kind == request.answer => add(body)?,
            kind => return Err(Trouble::Fault(malformed(what, &format!("an answer is of type {kind}")))),
        }
        rest = rest.get(align(message.len())..).unwrap_or_default();
    }
    Ok(false)
}

/// The error number that leads a body; `missing` where it is too short to hold one.
fn status(what: &str, body: &[u8], missing: i32) -> Result<(), Trouble> {
    match u32_at(body, 0).map_or(missing, |n| n.cast_signed().wrapping_neg()) {
        ..=0 => Ok(()),
        // The range of Linux's error numbers (MAX_ERRNO).
        number @ 1..4096 => Err(trouble(what, Errno::from_raw_os_error(number))),
        number => Err(Trouble::Fault(malformed(what, &format!("{number} is not an error number")))),
    }
}

fn trouble(what: &str, error: Errno) -> Trouble {
    let fault = Fault::from_io(what, &error.into());
    match error {
        // No such socket family or diagnostic module, or a filter that forbids them (seccomp(2), an LSM).
        Errno::NOENT
        | Errno::OPNOTSUPP
        | Errno::PROTONOSUPPORT
        | Errno::AFNOSUPPORT
        | Errno::SOCKTNOSUPPORT
        | Errno::CONNREFUSED
        | Errno::INVAL
        | Errno::NOSYS
        | Errno::PERM
        | Errno::ACCESS => Trouble::Unavailable(fault),
        _ => Trouble::Fault(fault),
    }
}

/// The attributes (nlattr, rtattr) in `bytes`: type and payload.
pub(super) fn attributes<'b>(what: &str, bytes: &'b [u8]) -> impl Iterator<Item = Result<(u16, &'b [u8]), Fault>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let attribute = u16_at(rest, 0).and_then(|length| rest.get(..usize::from(length))).zip(u16_at(rest, 2));
        let Some((whole, kind)) = attribute.filter(|(whole, _)| whole.len() >= 4) else {
            rest = &[];
            return Some(Err(malformed(what, "an attribute is truncated")));
        };
        rest = rest.get(align(whole.len())..).unwrap_or_default();
        // The two highest bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
        Some(Ok((kind & 0x3fff, whole.get(4..).unwrap_or_default())))
    })
}

pub(super) fn malformed(what: &str, why: &str) -> Fault {
    Fault::Malformed(format!("{what}: {why}"))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

/// Messages and attributes begin at multiples of four.
fn align(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REQUEST: Request = Request { what: "things", protocol: None, ask: 22, answer: 20, body: &[] };

    fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(body);
        bytes.resize(align(bytes.len()), 0);
        bytes
    }

    fn read_all(datagram: &[u8]) -> (Result<bool, Trouble>, End, Vec<Vec<u8>>) {
        let (mut bodies, mut end) = (Vec::new(), End::Whole);
        let done = read(&REQUEST, datagram, &mut end, &mut |body| {
            bodies.push(body.to_vec());
            Ok(())
        });
        (done, end, bodies)
    }

    #[test]
    fn several_messages_stand_in_one_datagram_and_the_end_in_another() {
        let both = [message(20, 2, b"abcde"), message(20, 2, b"f")].concat();
        assert_eq!(read_all(&both), (Ok(false), End::Whole, vec![b"abcde".to_vec(), b"f".to_vec()]));
        assert_eq!(read_all(&message(NLMSG_DONE, 2, &[0; 4])).0, Ok(true));
    }

    #[test]
    fn a_dump_that_changed_meanwhile_is_not_whole() {
        assert_eq!(read_all(&message(NLMSG_DONE, NLM_F_DUMP_INTR, &[0; 4])).1, End::Interrupted);
        assert_eq!(read_all(&message(20, NLM_F_DUMP_INTR, b"abcd")).1, End::Interrupted);
    }

    #[test]
    fn a_missing_module_is_no_empty_dump() {
        // As a kernel without sctp_diag ends the dump of its sockets.
        let bytes = b"\x14\0\0\0\x03\0\x02\0\0\0\0\0\xf5\x3c\0\0\xfe\xff\xff\xff";
        let (done, ..) = read_all(bytes);
        let fault = Fault::Failed("things: no such file or directory".into());
        assert_eq!(done, Err(Trouble::Unavailable(fault)));
    }

    #[test]
    fn errors_and_losses_are_faults() {
        let error = |number: i32| message(NLMSG_ERROR, 0, &(-number).to_ne_bytes());
        assert!(matches!(read_all(&error(1)).0, Err(Trouble::Unavailable(Fault::Denied(_)))));
        assert!(matches!(read_all(&error(12)).0, Err(Trouble::Fault(Fault::Failed(_)))));
        assert!(matches!(read_all(&error(1 << 20)).0, Err(Trouble::Fault(Fault::Malformed(_)))));
        assert!(matches!(read_all(&message(NLMSG_ERROR, 0, b"")).0, Err(Trouble::Fault(_))));
        assert!(matches!(read_all(&message(NLMSG_OVERRUN, 0, b"")).0, Err(Trouble::Fault(_))));
        assert!(matches!(read_all(&message(99, 0, b"")).0, Err(Trouble::Fault(Fault::Malformed(_)))));
    }

    #[test]
    fn a_cut_datagram_is_malformed_wherever_it_is_cut() {
        let whole = message(20, 0, b"abcd");
        for length in 1..whole.len() {
            assert!(matches!(read_all(&whole[..length]).0, Err(Trouble::Fault(Fault::Malformed(_)))), "{length}");
        }
    }

    #[test]
    fn a_cut_attribute_is_malformed() {
        let whole = [8, 0, 1, 0, 1, 2, 3, 4, 5, 0, 2, 0, 9];
        let read = |bytes| attributes("things", bytes).collect::<Result<Vec<_>, _>>();
        assert_eq!(read(&whole), Ok(vec![(1, &[1, 2, 3, 4][..]), (2, &[9][..])]));
        for length in [1, 3, 7, 9, 12] {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert!(read(&[0, 0, 1, 0]).is_err(), "a length of zero must not go round for ever");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read_all(&bytes);
            let _ = attributes("things", &bytes).collect::<Vec<_>>();
        }

        #[test]
        fn no_body_makes_it_panic(kind in 0_u16..22, flags: u16, body: Vec<u8>) {
            let _ = read_all(&message(kind, flags, &body));
        }
    }
}
