//! Echo requests and what answers them, as bytes: RFC 792 and RFC 4443.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What tells one run's requests from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub target: IpAddr,
    /// `None` where the kernel chooses it, and hands over its answers only.
    pub id: Option<u16>,
    pub nonce: [u8; 16],
}

/// What an ICMP packet says of one of our requests, by its sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Reply(u16),
    /// It did not get there, and why.
    Lost(u16, String),
}

/// Bytes of an ICMP header, of an echo as of an error.
const HEADER: usize = 8;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
/// Bytes of an IPv6 header.
const IPV6: usize = 40;

impl Mark {
    /// An echo request. The checksum of IPv6 is the kernel's to fill in: it covers addresses.
    pub fn request(&self, sequence: u16) -> Vec<u8> {
        let mut packet = vec![self.echo(), 0, 0, 0];
        packet.extend(self.id.unwrap_or_default().to_be_bytes());
        packet.extend(sequence.to_be_bytes());
        packet.extend(self.nonce);
        if self.target.is_ipv4() {
            let sum = checksum(&packet).to_be_bytes();
            packet.splice(2..4, sum);
        }
        packet
    }

    /// Reads what a raw socket of IPv4 hands over: a packet with its IP header.
    pub fn read_ipv4(&self, packet: &[u8]) -> Option<Heard> {
        self.read(ipv4(packet)?.1)
    }

    /// Reads an ICMP packet; `None` if it is about nothing of ours.
    pub fn read(&self, packet: &[u8]) -> Option<Heard> {
        let (&[ty, code, _, _, ref word @ ..], body) = packet.split_first_chunk::<HEADER>()?;
        // The kernel has checked that of IPv6.
        if self.target.is_ipv4() && checksum(packet) != 0 {
            return None;
        }
        if let Some(why) = failure(self.target.is_ipv4(), ty, code) {
            return self.sequence_of_request(body).map(|sequence| Heard::Lost(sequence, why));
        }
        let reply = if self.target.is_ipv4() { 0 } else { 129 };
        (ty == reply && code == 0 && body == self.nonce).then_some(())?;
        self.sequence(word).map(Heard::Reply)
    }

    /// The sequence number of the request that an error quotes, if it is one of ours.
    fn sequence_of_request(&self, quoted: &[u8]) -> Option<u16> {
        let (to, packet): (IpAddr, _) = if self.target.is_ipv4() {
            let (to, packet) = ipv4(quoted)?;
            (to.into(), packet)
        } else {
            let (to, packet) = ipv6(quoted)?;
            (to.into(), packet)
        };
        let [ty, 0, _, _, word @ ..] = packet.first_chunk::<HEADER>()? else { return None };
        (to == self.target && *ty == self.echo()).then_some(())?;
        self.sequence(word)
    }

    /// Of the second word of an echo's header: its ID and its sequence number.
    fn sequence(&self, &[a, b, c, d]: &[u8; 4]) -> Option<u16> {
        self.id.is_none_or(|id| id == u16::from_be_bytes([a, b])).then_some(u16::from_be_bytes([c, d]))
    }

    fn echo(&self) -> u8 {
        if self.target.is_ipv4() { 8 } else { 128 }
    }
}

/// What an error of ICMP says, if it is one that ends a packet's way.
fn failure(is_ipv4: bool, ty: u8, code: u8) -> Option<String> {
    Some(match (is_ipv4, ty, code) {
        (true, 3, 0 | 6) => "network unreachable".into(),
        (true, 3, 1 | 7) => "host unreachable".into(),
        (true, 3, 2) => "protocol unreachable".into(),
        (true, 3, 9 | 10 | 13) | (false, 1, 1 | 5) => "administratively prohibited".into(),
        (false, 1, 0 | 6) => "no route".into(),
        (false, 1, 3) => "address unreachable".into(),
        (true, 3, _) | (false, 1, _) => format!("destination unreachable (code {code})"),
        (true, 11, _) | (false, 3, _) => "it was sent around for too long".into(),
        _ => return None,
    })
}

/// To whom an IPv4 packet of ICMP goes, and what it holds.
fn ipv4(packet: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let first = *packet.first()?;
    let to = packet.get(16..20)?.first_chunk::<4>()?;
    let body = packet.get(usize::from(first & 0x0f).max(5) * 4..)?;
    (first >> 4 == 4 && packet.get(9) == Some(&ICMP)).then_some((Ipv4Addr::from(*to), body))
}

/// The same of IPv6, where nothing stands between the headers.
fn ipv6(packet: &[u8]) -> Option<(Ipv6Addr, &[u8])> {
    let (header, body) = packet.split_first_chunk::<IPV6>()?;
    let to = header.last_chunk::<16>()?;
    (header.first()? >> 4 == 6 && header.get(6) == Some(&ICMPV6)).then_some((Ipv6Addr::from(*to), body))
}

/// How many packets the raw socket with this inode has been too full for, by a table of proc_pid_net(5).
pub fn drops(table: &str, inode: &str) -> Option<u64> {
    let line = table.lines().find(|line| line.split_ascii_whitespace().nth(9) == Some(inode))?;
    line.split_ascii_whitespace().last()?.parse().ok()
}

/// RFC 1071. That of a packet with its own checksum in it is 0.
fn checksum(packet: &[u8]) -> u16 {
    let mut sum: u64 = 0;
    for pair in packet.chunks(2) {
        let word = pair.first_chunk::<2>().copied().unwrap_or([pair.first().copied().unwrap_or_default(), 0]);
        sum += u64::from(u16::from_be_bytes(word));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(target: &str) -> Mark {
        Mark { target: target.parse().unwrap(), id: Some(0x1234), nonce: *b"0123456789abcdef" }
    }

    /// `packet` behind the header that carries it.
    fn carried(from: IpAddr, to: IpAddr, packet: &[u8]) -> Vec<u8> {
        let mut whole = match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let mut header = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, ICMP, 0, 0];
                header.extend(from.octets());
                header.extend(to.octets());
                header
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                let mut header = vec![0x60, 0, 0, 0, 0, 0, ICMPV6, 64];
                header.extend(from.octets());
                header.extend(to.octets());
                header
            }
            _ => panic!("two families"),
        };
        whole.extend(packet);
        whole
    }

    fn answer(request: &[u8], is_ipv4: bool) -> Vec<u8> {
        finished([&[if is_ipv4 { 0 } else { 129 }, 0, 0, 0], &request[4..]].concat())
    }

    fn error(ty: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
        finished([&[ty, code, 0, 0, 0, 0, 0, 0], quoted].concat())
    }

    fn finished(mut packet: Vec<u8>) -> Vec<u8> {
        let sum = checksum(&packet).to_be_bytes();
        packet.splice(2..4, sum);
        packet
    }

    const V4: &str = "192.0.2.1";
    const V6: &str = "2001:db8::1";
    const NEAR: [&str; 2] = ["198.51.100.7", "2001:db8::7"];

    #[test]
    fn a_checksum_is_as_the_rfc_has_it() {
        // RFC 1071, section 3.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        assert_eq!(checksum(&[0xff]), !0xff00);
        assert_eq!(checksum(&[]), 0xffff);
    }

    #[test]
    fn a_reply_is_known_by_all_that_its_request_had() {
        for target in [V4, V6] {
            let mark = mark(target);
            let reply = answer(&mark.request(7), mark.target.is_ipv4());
            assert_eq!(mark.read(&reply), Some(Heard::Reply(7)));
            assert_eq!(mark.read(&mark.request(7)), None, "the request itself, as on loopback");
            for other in [Mark { id: Some(1), ..mark.clone() }, Mark { nonce: *b"another's secret", ..mark.clone() }] {
                assert_eq!(other.read(&reply), None);
            }
            assert_eq!(Mark { id: None, ..mark.clone() }.read(&reply), Some(Heard::Reply(7)));
            if mark.target.is_ipv4() {
                let whole = carried(mark.target, NEAR[0].parse().unwrap(), &reply);
                assert_eq!(mark.read_ipv4(&whole), Some(Heard::Reply(7)));
            }
        }
    }

    #[test]
    fn an_error_is_about_the_request_that_it_quotes() {
        for (target, near, ty, code, words) in [
            (V4, NEAR[0], 3, 1, "host unreachable"),
            (V4, NEAR[0], 3, 13, "administratively prohibited"),
            (V4, NEAR[0], 3, 99, "destination unreachable (code 99)"),
            (V4, NEAR[0], 11, 0, "it was sent around for too long"),
            (V6, NEAR[1], 1, 0, "no route"),
            (V6, NEAR[1], 1, 3, "address unreachable"),
            (V6, NEAR[1], 3, 0, "it was sent around for too long"),
        ] {
            let (mark, near) = (mark(target), near.parse().unwrap());
            let quoted = carried(near, mark.target, &mark.request(3));
            assert_eq!(mark.read(&error(ty, code, &quoted)), Some(Heard::Lost(3, words.into())));
            // Routers quote eight bytes at least, and some no more.
            let short = &quoted[..quoted.len() - 16];
            assert_eq!(mark.read(&error(ty, code, short)), Some(Heard::Lost(3, words.into())));
            assert_eq!(mark.read(&error(ty, code, &short[..short.len() - 1])), None);
            let elsewhere = carried(near, near, &mark.request(3));
            assert_eq!(mark.read(&error(ty, code, &elsewhere)), None);
            let others = Mark { id: Some(1), ..mark.clone() };
            assert_eq!(mark.read(&error(ty, code, &carried(near, mark.target, &others.request(3)))), None);
        }
        let mark = mark(V4);
        let quoted = carried(NEAR[0].parse().unwrap(), mark.target, &mark.request(3));
        assert_eq!(mark.read(&error(5, 1, &quoted)), None, "a redirect ends nothing");
    }

    #[test]
    fn what_a_socket_had_no_room_for_stands_in_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n   \
             1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 71203 2 00000000f0cd6b9e 17\n  \
             255: 00000000:00FF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7120 2 00000000c2a1b4d1 0\n";
        assert_eq!(drops(table, "71203"), Some(17));
        assert_eq!(drops(table, "7120"), Some(0));
        assert_eq!(drops(table, "1"), None);
        assert_eq!(drops("", "7"), None);
    }

    proptest! {
        #[test]
        fn a_request_carries_its_own_checksum(sequence: u16, id: u16, nonce: [u8; 16]) {
            let mark = Mark { target: V4.parse().unwrap(), id: Some(id), nonce };
            prop_assert_eq!(checksum(&mark.request(sequence)), 0);
            let reply = answer(&mark.request(sequence), true);
            prop_assert_eq!(mark.read(&reply), Some(Heard::Reply(sequence)));
        }

        #[test]
        fn a_reply_with_any_bit_wrong_is_none(bit in 0_usize..24 * 8) {
            let mark = mark(V4);
            let mut reply = answer(&mark.request(7), true);
            reply[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(mark.read(&reply), None);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic_and_none_by_chance_is_ours(bytes: Vec<u8>, ipv4: bool) {
            let mark = mark(if ipv4 { V4 } else { V6 });
            for packet in [bytes.clone(), finished([&[0, 0, 0, 0][..], &bytes].concat()), error(3, 1, &bytes), error(1, 3, &bytes)] {
                prop_assert_eq!(mark.read(&packet), None);
                prop_assert_eq!(mark.read_ipv4(&packet), None);
                prop_assert_eq!(mark.read_ipv4(&carried(NEAR[0].parse().unwrap(), NEAR[0].parse().unwrap(), &packet)), None);
            }
        }
    }
}
