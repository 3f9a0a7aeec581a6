//! `interface`: a network interface, its addresses and state.

use super::{Id, Keys, Resource, key};
use crate::host::{FileType, Host, interfaces};
use crate::value::Fault;

pub struct Interface {
    host: Host,
    name: Name,
    /// On a running machine, by which its addresses are found.
    index: Option<u32>,
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
        &key("mtu", "The largest packet it carries, in bytes.", |i: &Self| i.number::<u32>("mtu")),
        &key("up", "Whether it is switched on and nothing (a cable, the interface under it) keeps it down.", Self::up),
        &key("mac", "Its hardware address: `02:42:ac:11:00:02`.", |i: &Self| i.attribute("address")),
        &key("speed", "Its speed in Mbit/s, where it has one and is connected.", Self::speed),
        &key("rx-errors", "Packets received with errors since it was made.", |i: &Self| {
            i.number::<u64>("statistics/rx_errors")
        }),
        &key("tx-errors", "Packets not sent for errors since it was made.", |i: &Self| {
            i.number::<u64>("statistics/tx_errors")
        }),
    ];
    type Id = Name;
    type Settings = ();

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        let found = |index| Some(Interface { host: host.clone(), name: name.clone(), index });
        // The kernel's own list comes first: /sys may be another network namespace's.
        if host.machine().is_ok()
            && let Ok(links) = host.links()
        {
            return Ok(links.index(&name.0).and_then(|index| found(Some(index))));
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
        self.host.machine()?;
        let links = self.host.links()?;
        match self.index {
            Some(index) => links.addresses(index),
            None => Err(Fault::Failed("the interface came while it was looked at".into())),
        }
    }

    fn up(&self) -> Result<bool, Fault> {
        /// IFF_UP: netdevice(7).
        const UP: u32 = 1;
        let flags = self.needed("flags")?;
        let bits = flags.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let bits = bits.ok_or_else(|| self.malformed("flags", &flags))?;
        // RFC 2863; drivers that do not keep track (lo) say `unknown`.
        match self.needed("operstate")?.as_str() {
            "up" | "unknown" => Ok(bits & UP != 0),
            "down" | "lowerlayerdown" | "dormant" | "notpresent" | "testing" => Ok(false),
            other => Err(self.malformed("operstate", other)),
        }
    }

    fn speed(&self) -> Result<Option<i64>, Fault> {
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
        if let Some(index) = self.index {
            let shown = interfaces::attribute(&self.host, &self.name.0, "ifindex").ok().flatten();
            if shown.is_none_or(|shown| shown.parse() != Ok(index)) {
                let why = "/sys/class/net does not show it: it is not mounted, or of another network namespace";
                return Err(Fault::Unsupported(why.into()));
            }
        }
        interfaces::attribute(&self.host, &self.name.0, name)
    }

    fn malformed(&self, name: &str, text: &str) -> Fault {
        Fault::Malformed(format!("/sys/class/net/{}/{name}: unexpected `{text}`", self.name.0))
    }
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
