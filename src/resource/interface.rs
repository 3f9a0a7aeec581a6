//! `interface`: a network interface, its addresses and state.

use super::{Id, Keys, Pin, Resource, key};
use crate::host::interfaces::{self, Link, Links, State};
use crate::host::{FileType, Host};
use crate::value::Fault;

pub struct Interface {
    host: Host,
    name: Name,
    /// What the kernel tells of it, on a running machine; else there is /sys.
    link: Option<Link>,
}

/// A name that an interface can have (dev_valid_name in net/core/dev.c).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Resource for Interface {
    const NAME: &'static str = "interface";
    const ABOUT: &'static str = "A network interface of the network namespace: rtnetlink(7) and /sys/class/net.";
    const EXAMPLE: &'static str = "[interface.lo]\nup = true\naddrs = [\"127.0.0.1/8\"]\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("name", "Its name, without the `@…` that ip(8) shows."));
    const KEYS: Keys<Self> = &[
        &key("addrs", "Its addresses with the bits of their networks: `172.17.0.2/16`.", Self::addrs),
        &key(
            "static-addrs",
            "Those of its addresses that somebody set: no lifetime ends them, as it does what DHCP and routers hand out, and \
             they are not IPv6's own of the link (`fe80::`).",
            Self::static_addrs,
        ),
        &key("mtu", "The largest packet it carries, in bytes.", Self::mtu),
        &key("up", "Whether it is switched on and nothing (a cable, the interface under it) keeps it down.", Self::up),
        &key("mac", "Its hardware address: `02:42:ac:11:00:02`.", Self::mac),
        &key("speed", "Its speed in Mbit/s, where it has one and is connected.", Self::speed),
        &key("rx-errors", "Packets received with errors since it was made.", |i: &Self| {
            i.errors("rx_errors", |(rx, _)| rx)
        }),
        &key("tx-errors", "Packets not sent for errors since it was made.", |i: &Self| {
            i.errors("tx_errors", |(_, tx)| tx)
        }),
    ];
    const PINS: &[Pin] = &[Pin::exact("up"), Pin::exact("mtu"), Pin::holding("static-addrs"), Pin::not_below("speed")];
    type Id = Name;
    type Settings = ();

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        let found = |link| Some(Interface { host: host.clone(), name: name.clone(), link });
        // The kernel's own list comes first: /sys may be another network namespace's.
        if host.machine().is_ok()
            && let Ok(links) = host.links()
        {
            return Ok(links.find(&name.0).and_then(|link| found(Some(link.clone()))));
        }
        let unmounted = || Fault::Unsupported("/sys is not mounted".into());
        host.files().stat("/sys/class/net")?.ok_or_else(unmounted)?;
        let stat = host.files().stat(&format!("/sys/class/net/{}", name.0))?;
        // `bonding_masters` is a file among them.
        Ok(stat.filter(|s| s.file_type == FileType::Directory).and_then(|_| found(None)))
    }
}

impl Interface {
    fn addrs(&self) -> Result<Vec<String>, Fault> {
        self.of_links(Links::addresses)
    }

    fn static_addrs(&self) -> Result<Vec<String>, Fault> {
        self.of_links(Links::static_addresses)
    }

    fn of_links<T>(&self, tell: fn(&Links, u32) -> Result<T, Fault>) -> Result<T, Fault> {
        self.host.machine()?;
        let links = self.host.links()?;
        match &self.link {
            Some(link) => tell(links, link.index),
            None => Err(Fault::Failed("the interface came while it was looked at".into())),
        }
    }

    fn mtu(&self) -> Result<u32, Fault> {
        match &self.link {
            Some(link) => link.mtu.ok_or_else(|| untold("mtu")),
            None => self.number("mtu"),
        }
    }

    fn up(&self) -> Result<bool, Fault> {
        /// IFF_UP: netdevice(7).
        const UP: u32 = 1;
        let (flags, state) = match &self.link {
            Some(link) => (link.flags, link.state.ok_or_else(|| untold("operstate"))?),
            None => {
                let (flags, state) = (self.needed("flags")?, self.needed("operstate")?);
                let bits = flags.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
                (
                    bits.ok_or_else(|| self.malformed("flags", &flags))?,
                    State::parse(&state).ok_or_else(|| self.malformed("operstate", &state))?,
                )
            }
        };
        // Drivers that do not keep track (lo) say `unknown`.
        Ok(flags & UP != 0 && matches!(state, State::Up | State::Unknown))
    }

    fn mac(&self) -> Result<Option<String>, Fault> {
        match &self.link {
            Some(link) => Ok(Some(link.mac.clone()).filter(|mac| !mac.is_empty())),
            None => self.attribute("address"),
        }
    }

    fn errors(&self, name: &str, way: fn((u64, u64)) -> u64) -> Result<u64, Fault> {
        match &self.link {
            Some(link) => link.errors.map(way).ok_or_else(|| untold("statistics")),
            None => self.number(&format!("statistics/{name}")),
        }
    }

    fn speed(&self) -> Result<Option<i64>, Fault> {
        // /sys may be of another network namespace.
        if let Some(link) = &self.link
            && (self.attribute("ifindex")? != Some(link.index.to_string())
                || self.attribute("address")? != self.mac()?)
        {
            return Err(Fault::Unsupported("/sys is of another network namespace".into()));
        }
        let Some(text) = self.attribute("speed")? else { return Ok(None) };
        let speed: i64 = text.parse().map_err(|_| self.malformed("speed", &text))?;
        // SPEED_UNKNOWN is -1, which some kernels print without its sign.
        Ok((1..i64::from(u32::MAX)).contains(&speed).then_some(speed))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Fault> {
        let text = self.needed(name)?;
        text.parse().map_err(|_| self.malformed(name, &text))
    }

    fn needed(&self, name: &str) -> Result<String, Fault> {
        self.attribute(name)?.ok_or_else(|| self.malformed(name, ""))
    }

    fn attribute(&self, name: &str) -> Result<Option<String>, Fault> {
        interfaces::attribute(&self.host, &self.name.0, name)
    }

    fn malformed(&self, name: &str, text: &str) -> Fault {
        Fault::Malformed(format!("/sys/class/net/{}/{name}: unexpected `{text}`", self.name.0))
    }
}

fn untold(what: &str) -> Fault {
    Fault::Unsupported(format!("this kernel does not tell the interface's {what}"))
}

impl Id for Name {
    fn parse(text: &str) -> Result<Name, String> {
        let wrong = |c: char| c == '/' || c == ':' || c.is_whitespace() || c == '\0';
        match text {
            "" => Err("the name is empty".into()),
            "." | ".." => Err(format!("`{text}` is not an interface")),
            _ if text.len() > 15 => Err(format!("`{text}` is too long: an interface's name has at most 15 bytes")),
            _ => match text.find(wrong) {
                Some(at) => Err(format!(
                    "an interface's name has no `{}`; did you mean `{}`?",
                    text.get(at..).and_then(|t| t.chars().next()).unwrap_or_default().escape_default(),
                    text.get(..at).unwrap_or_default()
                )),
                None => Ok(Name(text.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    const ETH0: &str = "-- /sys/class/net/bonding_masters\n\n-- /sys/class/net/eth0 -> ../../devices/virtual/net/eth0\n\
        -- /sys/devices/virtual/net/eth0/mtu\n1500\n-- /sys/devices/virtual/net/eth0/flags\n0x1003\n\
        -- /sys/devices/virtual/net/eth0/operstate\nup\n-- /sys/devices/virtual/net/eth0/address\n02:42:ac:11:00:02\n\
        -- /sys/devices/virtual/net/eth0/statistics/rx_errors\n3\n-- /sys/devices/virtual/net/eth0/statistics/tx_errors\n0\n";

    fn tree(text: &str) -> Host {
        Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    fn probe(host: &Host, name: &str) -> Result<Option<Interface>, Fault> {
        Interface::probe(host, &Name::parse(name).unwrap(), &())
    }

    #[test]
    fn an_interface_is_read_from_sys() {
        let host = tree(&format!("{ETH0}-- /sys/devices/virtual/net/eth0/speed\n-1\n"));
        let eth0 = probe(&host, "eth0").unwrap().unwrap();
        assert_eq!(eth0.mtu(), Ok(1500));
        assert_eq!(eth0.up(), Ok(true));
        assert_eq!(eth0.mac().unwrap().as_deref(), Some("02:42:ac:11:00:02"));
        assert_eq!(eth0.errors("rx_errors", |e| e.0), Ok(3));
        assert_eq!(eth0.speed(), Ok(None));
        for addrs in [eth0.addrs(), eth0.static_addrs()] {
            assert!(matches!(addrs, Err(Fault::Unsupported(_))), "only a running machine has addresses");
        }
        assert!(probe(&host, "eth1").unwrap().is_none());
        assert!(probe(&host, "bonding_masters").unwrap().is_none());
    }

    #[test]
    fn up_needs_both_the_switch_and_the_cable() {
        for (flags, state, up) in [
            ("0x1003", "up", true),
            ("0x9", "unknown", true),
            ("0x1003", "down", false),
            ("0x1003", "lowerlayerdown", false),
            ("0x1002", "unknown", false),
        ] {
            let host = tree(&ETH0.replace("0x1003", flags).replace("\nup\n", &format!("\n{state}\n")));
            assert_eq!(probe(&host, "eth0").unwrap().unwrap().up(), Ok(up), "{flags} {state}");
        }
    }

    #[test]
    fn what_does_not_read_is_a_fault() {
        let host = tree(&ETH0.replace("1500", "many").replace("0x1003", "up").replace("\n3\n", "\n-3\n"));
        let eth0 = probe(&host, "eth0").unwrap().unwrap();
        assert!(matches!(eth0.mtu(), Err(Fault::Malformed(_))));
        assert!(matches!(eth0.up(), Err(Fault::Malformed(_))));
        assert!(matches!(eth0.errors("rx_errors", |e| e.0), Err(Fault::Malformed(_))));
        assert!(matches!(eth0.speed(), Err(Fault::Failed(_))), "the file is missing");
        assert!(matches!(probe(&tree(""), "eth0").map(|_| ()), Err(Fault::Unsupported(_))), "/sys is not mounted");
    }

    #[test]
    fn this_machine_has_a_loopback() {
        let lo = probe(&Host::local(), "lo").unwrap().unwrap();
        assert!(lo.mtu().unwrap() > 0);
        assert!(lo.up().is_ok() && lo.addrs().is_ok() && lo.errors("tx_errors", |e| e.1).is_ok());
        assert_eq!(lo.mac().unwrap().as_deref(), Some("00:00:00:00:00:00"));
        assert!(probe(&Host::local(), "no-such-link").unwrap().is_none());
    }

    #[test]
    fn a_name_that_no_interface_can_have_is_refused() {
        for name in ["", ".", "..", "eth0/x", "eth0:1", "a b", "sixteen-bytes-xx"] {
            assert!(Name::parse(name).is_err(), "{name}");
        }
        assert!(Name::parse("eth0.100").is_ok());
    }
}
