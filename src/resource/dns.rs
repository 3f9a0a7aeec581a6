//! `dns`: a name, and what it leads to.

use super::{FromNode, Id, Keys, Pin, Presence, Resource, Settings, Shape, key, setting};
use crate::host::Host;
use crate::host::dns::{self, PORT, Question, Rcode, RecordType, Servers};
use crate::host::endpoint::Endpoint;
use crate::host::resolve::{Family, Resolution, Said, addresses};
use crate::host::unreached::Unreached;
use crate::syntax::{Code, Diagnostic, Node, nearest};
use crate::value::{Fault, Known};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;
use time::Duration;

pub struct Dns {
    /// What the name leads to, sorted; nothing if there is certainly nothing.
    found: Result<Vec<String>, Fault>,
    /// Why there may be more of it.
    more: Option<Fault>,
    /// Why there is nothing.
    absence: Option<String>,
    rcode: Result<Rcode, Fault>,
    ttl: Result<Option<Duration>, Fault>,
    took: Duration,
}

/// A name, and the type of record where one was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    record: Option<RecordType>,
    name: String,
}

#[derive(Default)]
pub struct How {
    server: Option<Server>,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(Endpoint);

impl Resource for Dns {
    const NAME: &'static str = "dns";
    const ABOUT: &'static str = "A name and what it leads to. Without a `server`, addresses are looked up as programs of \
        this host do: /etc/hosts, DNS with search domains, and what else nsswitch.conf(5) names. With a `server`, and for \
        records of other types, DNS is asked for the name exactly as it stands.";
    const EXAMPLE: &'static str = "[dns.\"www.example.org\"]\naddrs = [\"192.0.2.80\"]\n\n\
        [dns.\"MX:example.org\"]\nserver = \"192.0.2.53\"\naddrs = [\"10 mail.example.org.\"]\nttl = \">= 5m\"\n";
    const PRESENCE: Option<Presence> = Some(Presence {
        name: "resolvable",
        about: "Whether the name leads to an address, or has a record of the type asked for. A server that fails, refuses or \
                is silent leaves that unknown.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "resolve",
        "A name, or a type of record, a colon and a name: `MX:example.org`. Types are A, AAAA, CAA, CNAME, MX, NS, PTR (of \
         an address or of its name below `arpa`), SOA, SRV, SSHFP, TLSA and TXT.",
    ));
    const KEYS: Keys<Self> = &[
        &key(
            "addrs",
            "The addresses, or the records as zone files have them, sorted: `10 mail.example.org.`; of TXT, each string is one.",
            Self::addrs,
        ),
        &key(
            "rcode",
            "What DNS answered; of IPv4 and IPv6 asked side by side, whatever is not NOERROR. Where DNS was not asked, since \
             /etc/hosts has the name, it fails and says so; a `server` is always asked.",
            |d: &Self| d.rcode.clone(),
        ),
        &key(
            "ttl",
            "How long the answer may be kept: the smallest time to live of its records and aliases. Only DNS has one.",
            |d: &Self| d.ttl.clone(),
        ),
        &key("latency", "How long the answer took, with every server that had to be asked.", Self::latency).wavering(),
    ];
    const PINS: &[Pin] = &[Pin::moving("addrs")];
    type Id = Record;
    type Settings = How;
    const SETTINGS: Settings<How> = &[&setting(
        "server",
        "The DNS server to ask: `192.0.2.53`, `[2001:db8::53]:5353`, `ns1.example.org`. Its port is 53 unless it says another.",
        |how: &mut How| &mut how.server,
    )];

    fn probe(host: &Host, id: &Record, how: &How) -> Result<Option<Self>, Fault> {
        let began = Instant::now();
        let family = match id.record {
            None => Some(Family::Any),
            Some(RecordType::A) => Some(Family::V4),
            Some(RecordType::Aaaa) => Some(Family::V6),
            Some(_) => None,
        };
        let seen = match (&how.server, family) {
            (None, Some(family)) => Dns::of_host(host.look_up(&id.name, family)),
            (None, None) => id.ask(&host.name_servers()?, host),
            (Some(server), _) => id.ask(&server.find(host)?, host),
        };
        let took = Duration::try_from(began.elapsed()).unwrap_or(Duration::MAX);
        Ok(Some(Dns { took, ..seen }))
    }

    fn present(&self) -> Result<bool, Fault> {
        self.found.as_ref().map(|found| !found.is_empty()).map_err(Clone::clone)
    }

    fn absence(&self) -> Option<String> {
        self.absence.clone()
    }
}

impl Dns {
    /// What the host's own way of looking names up came to.
    fn of_host(resolution: Resolution) -> Dns {
        let Resolution { addresses, more, dns, unasked } = resolution;
        let (found, absence) = match addresses {
            Ok(addresses) => (Ok(sorted(addresses.iter().map(IpAddr::to_string).collect())), None),
            Err(Unreached::Refused(why)) => (Ok(vec![]), Some(why)),
            Err(open) => (Err(Fault::from(open)), None),
        };
        let unasked = match (&found, unasked) {
            (_, Some(why)) => why,
            (Err(fault), None) => fault.clone(),
            (Ok(_), None) => Fault::Unfit("DNS was not asked: nsswitch.conf(5) has others to ask".into()),
        };
        let (rcode, ttl) = match dns {
            Some(said) => (said.rcode, Ok(whole(said.ttl))),
            None => (Err(unasked.clone()), Err(unasked)),
        };
        Dns { found, more, absence, rcode, ttl, took: Duration::ZERO }
    }

    fn addrs(&self) -> Result<Option<Known<String>>, Fault> {
        let found = self.found.as_ref().map_err(Clone::clone)?;
        Ok((!found.is_empty()).then(|| Known { all: found.clone(), more: self.more.clone() }))
    }

    /// An answer that never came took no time.
    fn latency(&self) -> Result<Duration, Fault> {
        match (&self.rcode, &self.found) {
            (Ok(_), _) | (_, Ok(_)) => Ok(self.took),
            (Err(_), Err(fault)) => Err(fault.clone()),
        }
    }
}

impl Record {
    fn questions(&self) -> Vec<Question> {
        // Servers repeat the letters of a question in their answers' names, which are to be as the zone has them.
        let question = |name: &str, record| Question { name: name.trim_end_matches('.').to_ascii_lowercase(), record };
        match (self.record, self.name.parse()) {
            (Some(RecordType::Ptr), Ok(address)) => vec![question(&dns::reversed(address), RecordType::Ptr)],
            (Some(record), _) => vec![question(&self.name, record)],
            (None, _) => [RecordType::Aaaa, RecordType::A].map(|record| question(&self.name, record)).into(),
        }
    }

    /// Asks DNS and nothing else.
    fn ask(&self, servers: &Servers, host: &Host) -> Dns {
        let questions = self.questions();
        let answers = servers.ask(&questions, host.deadline());
        let said = Said::of(&answers);
        let (found, more) = match (questions.as_slice(), answers.as_slice()) {
            ([question], [answer]) => {
                let records = answer.exists(question).and_then(|_| Ok(answer.reply.clone()?.records));
                (records.map(sorted), None)
            }
            _ => match addresses(&questions, &answers) {
                (none, Some(fault)) if none.is_empty() => (Err(fault), None),
                (all, more) => (Ok(sorted(all.iter().map(IpAddr::to_string).collect())), more),
            },
        };
        let nothing = found.as_ref().is_ok_and(Vec::is_empty);
        let absence = answers.first().filter(|_| nothing).map(|answer| answer.absence(self.record, &self.name));
        Dns { found, more, absence, rcode: said.rcode, ttl: Ok(whole(said.ttl)), took: Duration::ZERO }
    }
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort_unstable();
    all
}

fn whole(ttl: Option<std::time::Duration>) -> Option<Duration> {
    ttl.and_then(|ttl| ttl.try_into().ok())
}

impl Server {
    fn find(&self, host: &Host) -> Result<Servers, Fault> {
        host.machine()?;
        let Server(Endpoint { host: name, port }) = self;
        let not_found = |why| match why {
            Unreached::Refused(why) | Unreached::NoRoute(why) => {
                Fault::Failed(format!("the server cannot be asked: {why}"))
            }
            other => other.into(),
        };
        let addresses = host.resolve(name).map_err(not_found)?;
        Ok(Servers::any_of(addresses.into_iter().map(|address| SocketAddr::new(address, *port)).collect()))
    }

    fn parse(text: &str) -> Result<Server, String> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let endpoint = if bare.parse::<IpAddr>().is_ok() || !text.contains(':') {
            Endpoint { host: bare.to_owned(), port: PORT }
        } else {
            Endpoint::parse(text)?
        };
        if endpoint.host.parse::<IpAddr>().is_err() {
            dns::check_name(&endpoint.host)?;
        }
        Ok(Server(endpoint))
    }
}

impl FromNode for Server {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let text = String::from_node(node)?;
        Server::parse(&text).map_err(|why| Diagnostic::new(Code::BadSetting, node.span, why))
    }
}

impl Id for Record {
    fn parse(text: &str) -> Result<Record, String> {
        let (record, name) = match text.split_once(':') {
            // An IPv6 address is a name, not a type and a name.
            _ if text.parse::<IpAddr>().is_ok() => (None, text),
            None => (None, text),
            Some((word, name)) => (Some(record_type(word, name)?), name),
        };
        if name.parse::<IpAddr>().is_err() {
            dns::check_name(name)?;
        }
        Ok(Record { record, name: name.to_owned() })
    }
}

fn record_type(word: &str, name: &str) -> Result<RecordType, String> {
    if let Some(record) = RecordType::parse(word) {
        return Ok(record);
    }
    let upper = word.to_ascii_uppercase();
    if RecordType::parse(&upper).is_some() {
        return Err(format!("`{word}` is not a type of record: write `{upper}:{name}`"));
    }
    if name.starts_with("//") {
        return Err(format!("`{word}:{name}` is not a name: leave out `{word}://`"));
    }
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("`{word}:{name}` is not a name: names have no port"));
    }
    Err(match nearest(word, RecordType::WORDS.iter().copied()) {
        Some(near) => format!("`{word}` is not a type of record; did you mean `{near}`?"),
        None => format!("`{word}` is not a type of record: it is one of {}", RecordType::WORDS.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_read() {
        let record = |record, name: &str| Ok(Record { record, name: name.into() });
        assert_eq!(Record::parse("example.org"), record(None, "example.org"));
        assert_eq!(Record::parse("MX:example.org"), record(Some(RecordType::Mx), "example.org"));
        assert_eq!(Record::parse("PTR:::1"), record(Some(RecordType::Ptr), "::1"));
        assert_eq!(Record::parse("::1"), record(None, "::1"));
        assert_eq!(Record::parse("NS:."), record(Some(RecordType::Ns), "."));
        assert_eq!(Record::parse("abcd::1"), record(None, "abcd::1"));
    }

    #[test]
    fn a_name_that_cannot_be_asked_for_says_what_to_write() {
        for (name, words) in [
            ("mx:example.org", "write `MX:example.org`"),
            ("AAA:example.org", "did you mean `A"),
            ("SPF:example.org", "is not a type of record"),
            ("example.org:53", "names have no port"),
            ("https://example.org", "leave out `https://`"),
            ("", "empty"),
            ("MX:", "empty"),
            ("a..b", "empty part"),
            ("b\u{fc}cher.example", "xn--"),
        ] {
            let error = Record::parse(name).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
    }

    #[test]
    fn a_server_is_an_address_or_a_name_and_maybe_a_port() {
        for (text, host, port) in [
            ("192.0.2.53", "192.0.2.53", 53),
            ("192.0.2.53:5353", "192.0.2.53", 5353),
            ("2001:db8::53", "2001:db8::53", 53),
            ("[2001:db8::53]", "2001:db8::53", 53),
            ("[2001:db8::53]:5353", "2001:db8::53", 5353),
            ("ns1.example.org", "ns1.example.org", 53),
            ("ns1.example.org:5353", "ns1.example.org", 5353),
        ] {
            assert_eq!(Server::parse(text), Ok(Server(Endpoint { host: host.into(), port })), "{text}");
        }
        for wrong in ["", ":53", "a b", "192.0.2.53:x", "ns1..example.org", "2001:db8::53::1"] {
            assert!(Server::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_asked_for_by_its_name_in_reverse() {
        let asked = |text: &str| Record::parse(text).unwrap().questions();
        assert_eq!(asked("PTR:192.0.2.1")[0].name, "1.2.0.192.in-addr.arpa");
        assert_eq!(asked("PTR:1.2.0.192.in-addr.arpa")[0].name, "1.2.0.192.in-addr.arpa");
        assert_eq!(asked("example.org").len(), 2);
        assert_eq!(asked("MX:Example.ORG.")[0].name, "example.org");
    }
}
