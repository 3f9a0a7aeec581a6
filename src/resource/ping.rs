//! `ping`: a host that answers echo requests.

use super::{FromNode, Id, Keys, Presence, Resource, Settings, Shape, key, setting};
use crate::host::Host;
use crate::host::endpoint::check_host;
use crate::host::icmp::Echoes;
use crate::syntax::{Code, Data, Diagnostic, Node};
use crate::value::{Fault, Percent};
use std::net::Ipv6Addr;
use time::Duration;

pub struct Ping {
    /// Or why none could be sent.
    echoes: Result<Echoes, String>,
}

/// The name of a host, or an address.
pub struct Name(String);

#[derive(Default)]
pub struct How {
    count: Count,
}

/// How many requests to send.
struct Count(u32);

const MOST: u32 = 100;

impl Resource for Ping {
    const NAME: &'static str = "ping";
    const ABOUT: &'static str = "A host that answers echo requests of ICMP. Of each family of addresses the first that \
        can be sent to is tried, one after the other, and one that answers is enough. It takes a group within the sysctl net.ipv4.ping_group_range, or CAP_NET_RAW.";
    const EXAMPLE: &'static str = "[ping.\"gateway.example.org\"]\nlatency = \"< 20ms\"\n\n[ping.standby]\nhost = \"192.0.2.7\"\ncount = 5\nloss = \"< 50%\"\ntimeout = \"3s\"\n";
    const PRESENCE: Option<Presence> = Some(Presence {
        name: "reachable",
        about: "Whether any request is answered within the timeout. No route, no such name and silence are no.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some(("host", "The name of a host, or an IP address."));
    const KEYS: Keys<Self> = &[
        &key("latency", "Time from a request to its reply, the mean of those that came.", Self::latency).wavering(),
        &key("loss", "Per cent of the requests sent that no reply came to within the timeout.", Self::loss),
    ];
    type Id = Name;
    type Settings = How;
    const SETTINGS: Settings<How> = &[&setting(
        "count",
        "How many requests to send, 1 to 100; 1 if it does not say. One follows another when that is answered, at the \
         latest after 200 ms.",
        |how: &mut How| &mut how.count,
    )];

    fn probe(host: &Host, name: &Name, how: &How) -> Result<Option<Self>, Fault> {
        let echoes = match host.ping(&name.0, how.count.0) {
            Ok(echoes) => Ok(echoes),
            Err(why) => Err(why.absence()?),
        };
        Ok(Some(Ping { echoes }))
    }

    fn present(&self) -> Result<bool, Fault> {
        Ok(self.echoes.as_ref().is_ok_and(|echoes| !echoes.replies.is_empty()))
    }

    fn absence(&self) -> Option<String> {
        Some(match &self.echoes {
            Ok(echoes) => echoes.silence.clone(),
            Err(why) => why.clone(),
        })
    }
}

impl Ping {
    fn latency(&self) -> Option<Duration> {
        let replies = &self.echoes.as_ref().ok()?.replies;
        let total: std::time::Duration = replies.iter().sum();
        let mean = total.checked_div(u32::try_from(replies.len()).ok()?)?;
        Duration::try_from(mean).ok()
    }

    fn loss(&self) -> Result<Option<Percent>, Fault> {
        let Ok(Echoes { sent, replies, doubt, .. }) = &self.echoes else { return Ok(None) };
        let sent = f64::from(*sent);
        let loss = Percent((sent - replies.len() as f64) * 100.0 / sent);
        doubt.clone().map_or(Ok(Some(loss)), Err)
    }
}

impl Id for Name {
    fn parse(text: &str) -> Result<Name, String> {
        let bare = text.split('%').next().unwrap_or_default();
        if text.is_empty() {
            return Err("the name is empty".into());
        }
        if text.contains("://") || (text.contains(':') && bare.parse::<Ipv6Addr>().is_err()) {
            return Err(format!("`{text}` is not the name of a host: ports and services are for the kind `addr`"));
        }
        check_host(text).map(|()| Name(text.to_owned()))
    }
}

impl Default for Count {
    fn default() -> Self {
        Count(1)
    }
}

impl FromNode for Count {
    const SHAPE: Shape = Shape::Count;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match node.data {
            Data::Int(count, _) if (1..=i64::from(MOST)).contains(&count) => Ok(Count(u32::from_node(node)?)),
            Data::Int(count, _) => {
                let message = format!("expected a whole number from 1 to {MOST}, found {count}");
                Err(Diagnostic::new(Code::BadSetting, node.span, message))
            }
            _ => u32::from_node(node).map(Count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping(sent: u32, replies: &[u64]) -> Ping {
        let replies = replies.iter().map(|ms| std::time::Duration::from_millis(*ms)).collect();
        Ping { echoes: Ok(Echoes { sent, replies, silence: "no reply".into(), doubt: None }) }
    }

    #[test]
    fn one_reply_is_enough_and_the_others_are_lost() {
        let some = ping(3, &[10, 20]);
        assert_eq!((some.present(), some.latency()), (Ok(true), Some(Duration::milliseconds(15))));
        assert_eq!(some.loss().unwrap().unwrap().0.round(), 33.0);
        let none = ping(4, &[]);
        assert_eq!((none.present(), none.latency(), none.loss()), (Ok(false), None, Ok(Some(Percent(100.0)))));
        assert_eq!(none.absence().unwrap(), "no reply");
        let unsent = Ping { echoes: Err("no route".into()) };
        assert_eq!((unsent.present(), unsent.latency(), unsent.loss()), (Ok(false), None, Ok(None)));
    }

    #[test]
    fn replies_that_may_have_been_dropped_here_leave_the_loss_open() {
        let mut some = ping(3, &[10]);
        let fault = Fault::Failed("dropped".into());
        some.echoes.as_mut().unwrap().doubt = Some(fault.clone());
        assert_eq!((some.present(), some.loss()), (Ok(true), Err(fault)));
    }

    #[test]
    fn a_name_that_is_no_host_says_what_it_has() {
        for name in ["localhost", "192.0.2.1", "::1", "fe80::1%eth0", "a-b.example"] {
            assert!(Name::parse(name).is_ok(), "{name}");
        }
        for (name, words) in [
            ("", "empty"),
            ("a:80", "the kind `addr`"),
            ("tcp://a", "the kind `addr`"),
            ("a b", "it has a ` `"),
            ("a/b", "it has a `/`"),
            ("10.0.0.256", "four numbers up to 255"),
        ] {
            let error = Name::parse(name).err().unwrap();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
