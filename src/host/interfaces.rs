//! Network interfaces: which there are and their addresses by rtnetlink(7), the rest from /sys/class/net.

use super::netlink::{self, Request, attributes, malformed, u32_at};
use super::{Host, netlink::Trouble};
use crate::value::Fault;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The interfaces of the network namespace that this runs in.
pub struct Links {
    links: HashMap<String, Link>,
    /// What went wrong concerns addresses alone.
    addresses: Result<Vec<Address>, Fault>,
}

/// An interface as the kernel tells of it; `None` where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    /// netdevice(7).
    pub flags: u32,
    /// RFC 2863.
    pub state: Option<State>,
    /// Bytes.
    pub mtu: Option<u32>,
    /// Empty if it has none.
    pub mac: String,
    /// Packets received, and sent, with errors.
    pub errors: Option<(u64, u64)>,
}

crate::choice! {
    /// `/sys/class/net/*/operstate`, in the order of the kernel's numbers.
    pub enum State {
        Unknown = "unknown",
        NotPresent = "notpresent",
        Down = "down",
        LowerLayerDown = "lowerlayerdown",
        Testing = "testing",
        Dormant = "dormant",
        Up = "up",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    index: u32,
    ip: IpAddr,
    /// Bits of the network's prefix.
    prefix: u8,
    /// It has no lifetime: nobody lent it.
    permanent: bool,
}

const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_STATS64: u16 = 23;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
/// Of `ifa_flags`: the address was not lent by DHCP, nor made from a router's advertisement (linux/if_addr.h).
const IFA_F_PERMANENT: u8 = 0x80;

pub(super) fn load(host: &Host) -> Result<Links, Fault> {
    // struct ifinfomsg and struct ifaddrmsg, with everything left open.
    let ask = |what, ask, answer, body| Request { what, protocol: None, ask, answer, body };
    let ask_links = ask(LINKS, RTM_GETLINK, RTM_NEWLINK, &[0; 16]);
    let addresses = ask(ADDRESSES, RTM_GETADDR, RTM_NEWADDR, &[0; 8]);
    let links = netlink::dump(host, &ask_links, |seen: &mut HashMap<_, _>, answer| {
        seen.extend(link(answer)?);
        Ok(())
    })?;
    let addresses = netlink::dump(host, &addresses, |seen: &mut Vec<_>, answer| {
        seen.extend(address(answer)?);
        Ok(())
    });
    Ok(Links { links, addresses: addresses.map_err(Trouble::into) })
}

const LINKS: &str = "network interfaces";
const ADDRESSES: &str = "addresses of network interfaces";

/// struct ifinfomsg (16 bytes, the index at 4, the flags at 8), then attributes. `None` if it has no name.
pub(super) fn link(bytes: &[u8]) -> Result<Option<(String, Link)>, Fault> {
    let truncated = || malformed(LINKS, "an answer is truncated");
    let (index, flags) = u32_at(bytes, 4).zip(u32_at(bytes, 8)).ok_or_else(truncated)?;
    let (mut name, mut link) = (None, Link { index, flags, ..Link::default() });
    for attribute in attributes(LINKS, bytes.get(16..).ok_or_else(truncated)?) {
        let (kind, payload) = attribute?;
        match kind {
            IFLA_IFNAME => {
                let text = payload.strip_suffix(&[0]).unwrap_or(payload);
                name = Some(String::from_utf8_lossy(text).into_owned());
            }
            IFLA_ADDRESS => {
                let bytes: Vec<String> = payload.iter().map(|b| format!("{b:02x}")).collect();
                link.mac = bytes.join(":");
            }
            IFLA_MTU => link.mtu = Some(u32_at(payload, 0).ok_or_else(truncated)?),
            IFLA_OPERSTATE => {
                let number = usize::from(*payload.first().ok_or_else(truncated)?);
                link.state = State::ALL.get(number).copied();
            }
            // struct rtnl_link_stats64: packets and bytes, both ways, then errors.
            IFLA_STATS64 => link.errors = Some(u64_at(payload, 32).zip(u64_at(payload, 40)).ok_or_else(truncated)?),
            _ => {}
        }
    }
    Ok(name.map(|name| (name, link)))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_ne_bytes)
}

/// struct ifaddrmsg: family, prefix, flags, scope, index; then attributes. `None` for a family other than IPv4 and IPv6.
pub(super) fn address(bytes: &[u8]) -> Result<Option<Address>, Fault> {
    let truncated = || malformed(ADDRESSES, "an answer is truncated");
    let &[family, prefix, flags, _] = bytes.first_chunk().ok_or_else(truncated)?;
    let index = u32_at(bytes, 4).ok_or_else(truncated)?;
    let (mut far, mut near) = (None, None);
    for attribute in attributes(ADDRESSES, bytes.get(8..).ok_or_else(truncated)?) {
        let (kind, payload) = attribute?;
        let place = match kind {
            IFA_ADDRESS => &mut far,
            // Where both are given, IFA_ADDRESS is the other end's.
            IFA_LOCAL => &mut near,
            _ => continue,
        };
        *place = match family {
            2 => Some(Ipv4Addr::from(*payload.first_chunk::<4>().ok_or_else(truncated)?).into()),
            10 => Some(Ipv6Addr::from(*payload.first_chunk::<16>().ok_or_else(truncated)?).into()),
            _ => None,
        };
    }
    let permanent = flags & IFA_F_PERMANENT != 0;
    Ok(near.or(far).map(|ip| Address { index, ip, prefix, permanent }))
}

impl Links {
    pub fn find(&self, name: &str) -> Option<&Link> {
        self.links.get(name)
    }

    /// `172.17.0.2/16`, `fe80::1/64`, in the kernel's order.
    pub fn addresses(&self, index: u32) -> Result<Vec<String>, Fault> {
        let all = self.addresses.as_ref().map_err(Clone::clone)?;
        Ok(all.iter().filter(|a| a.index == index).map(Address::to_string).collect())
    }

    /// Like [`Links::addresses`], without those that come and go by themselves.
    pub fn static_addresses(&self, index: u32) -> Result<Vec<String>, Fault> {
        let all = self.addresses.as_ref().map_err(Clone::clone)?.iter();
        Ok(all.filter(|a| a.index == index && a.is_static()).map(Address::to_string).collect())
    }

    /// Whether `ip` is an address of this machine that comes and goes by itself.
    pub fn is_lent(&self, ip: IpAddr) -> Result<bool, Fault> {
        let all = self.addresses.as_ref().map_err(Clone::clone)?;
        Ok(all.iter().any(|a| a.ip == ip && !a.is_static()))
    }

    /// The addresses of all interfaces, in the kernel's order.
    pub fn ips(&self) -> Result<impl Iterator<Item = IpAddr>, Fault> {
        Ok(self.addresses.as_ref().map_err(Clone::clone)?.iter().map(|a| a.ip))
    }
}

impl Address {
    /// Whether somebody set it. The kernel makes those of IPv6 that reach no further than the link, mostly by itself from
    /// what the hardware's address happens to be.
    fn is_static(&self) -> bool {
        let of_link = matches!(self.ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        self.permanent && !of_link
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)
    }
}

/// What /sys/class/net has of an interface, without blanks at its ends; `None` where the kernel has no answer
/// (the speed of a cable that is not plugged in).
pub fn attribute(host: &Host, interface: &str, name: &str) -> Result<Option<String>, Fault> {
    /// The error that drivers answer with where there is nothing to tell.
    const EINVAL: i32 = 22;
    let path = format!("/sys/class/net/{interface}/{name}");
    let file = host.files().open(&path)?.ok_or_else(|| Fault::Failed(format!("{path} is missing")))?;
    let mut text = String::new();
    match file.take(4096).read_to_string(&mut text) {
        Ok(_) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
        Err(error) if error.raw_os_error() == Some(EINVAL) => Ok(None),
        Err(error) => Err(Fault::from_io(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Recorded from Linux 6.18, without the netlink header: 192.0.2.2/24 on eth0, fe80::1 on a fourth.
    fn recorded_v4() -> Vec<u8> {
        let mut bytes = vec![2, 24, 0x80, 0, 4, 0, 0, 0];
        bytes.extend([8, 0, 1, 0, 192, 0, 2, 2, 8, 0, 2, 0, 192, 0, 2, 2, 8, 0, 4, 0, 192, 0, 2, 255]);
        bytes.extend(*b"\x09\0\x03\0eth0\0\0\0\0\x08\0\x08\0\x80\0\0\0");
        bytes
    }

    fn recorded_v6() -> Vec<u8> {
        let mut bytes = vec![10, 64, 0x80, 0xfd, 4, 0, 0, 0, 0x14, 0, 1, 0];
        bytes.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xfc, 0, 0xff, 0xfe, 0, 0, 1]);
        bytes
    }

    #[test]
    fn recorded_addresses_read_as_ip_shows_them() {
        let links = Links {
            links: HashMap::new(),
            addresses: Ok([recorded_v4(), recorded_v6()].iter().flat_map(|b| address(b).unwrap()).collect()),
        };
        assert_eq!(links.addresses(4).unwrap(), ["192.0.2.2/24", "fe80::fc:ff:fe00:1/64"]);
        assert!(links.addresses(5).unwrap().is_empty());
    }

    #[test]
    fn an_address_that_was_lent_or_that_the_kernel_made_is_not_static() {
        let lent = |mut bytes: Vec<u8>| {
            bytes[2] = 0;
            bytes
        };
        let read = |bytes: &[u8]| address(bytes).unwrap().unwrap();
        let global = |mut bytes: Vec<u8>| {
            bytes[12] = 0x20;
            bytes
        };
        let all =
            [recorded_v4(), lent(recorded_v4()), recorded_v6(), global(recorded_v6()), lent(global(recorded_v6()))];
        let ips: Vec<bool> = all.iter().map(|bytes| read(bytes).is_static()).collect();
        assert_eq!(ips, [true, false, false, true, false]);
        let links = Links { links: HashMap::new(), addresses: Ok(vec![read(&all[3]), read(&all[1])]) };
        assert_eq!(links.static_addresses(4).unwrap(), ["2080::fc:ff:fe00:1/64"]);
        assert_eq!(links.is_lent("192.0.2.2".parse().unwrap()), Ok(true));
        assert_eq!(links.is_lent("2080::fc:ff:fe00:1".parse().unwrap()), Ok(false));
        assert_eq!(links.is_lent("0.0.0.0".parse().unwrap()), Ok(false));
    }

    #[test]
    fn the_near_end_of_a_tunnel_is_its_address() {
        let mut bytes = vec![2, 32, 0x80, 0, 9, 0, 0, 0];
        bytes.extend([8, 0, 1, 0, 10, 8, 0, 1, 8, 0, 2, 0, 10, 8, 0, 6]);
        assert_eq!(address(&bytes).unwrap().unwrap().ip.to_string(), "10.8.0.6");
    }

    #[test]
    fn a_cut_answer_is_malformed() {
        let whole = recorded_v4();
        for length in [0, 3, 7, 9, 13, 20, 30] {
            assert!(address(&whole[..length]).is_err(), "{length}");
        }
        assert!(link(&[0; 15]).is_err());
        assert_eq!(link(&[0; 16]), Ok(None));
    }

    #[test]
    fn loopback_has_its_address() {
        let host = Host::local();
        let links = host.links().unwrap();
        let lo = links.find("lo").unwrap();
        assert!(lo.mtu.unwrap() > 0 && lo.errors.is_some() && lo.state.is_some());
        assert_eq!(lo.mac, "00:00:00:00:00:00");
        let all = links.addresses(lo.index).unwrap();
        // A fresh network namespace has it switched off, and without.
        assert!(all.is_empty() || all.contains(&"127.0.0.1/8".to_owned()), "{all:?}");
        assert_eq!(links.find("no-such-link"), None);
        assert!(attribute(&host, "lo", "speed").unwrap().is_none());
        assert!(attribute(&host, "lo", "missing").is_err());
    }

    #[test]
    fn the_haste_of_who_asks_first_is_not_everyones() {
        let host = Host::local();
        let hasty = host.until(std::time::Instant::now());
        assert!(hasty.links().is_ok() && host.links().is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = link(&bytes);
            let _ = address(&bytes);
            let _ = address(&[&recorded_v4()[..8], &bytes].concat());
        }
    }
}
