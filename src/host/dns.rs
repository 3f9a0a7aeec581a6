//! What DNS servers answer: one exchange with them, over UDP and where that is too small over TCP.

use crate::value::Fault;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

mod exchange;
pub(super) mod message;
mod record;
mod stream;

use exchange::Exchange;

/// The port of DNS servers.
pub const PORT: u16 = 53;
/// Bytes of a name as it is written, without a dot at its end: RFC 1035, section 2.3.4.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

crate::choice! {
    /// A type of record: the registry "Resource Record (RR) TYPEs" of IANA.
    pub enum RecordType {
        A = "A",
        Aaaa = "AAAA",
        Caa = "CAA",
        Cname = "CNAME",
        Mx = "MX",
        Ns = "NS",
        Ptr = "PTR",
        Soa = "SOA",
        Srv = "SRV",
        Sshfp = "SSHFP",
        Tlsa = "TLSA",
        Txt = "TXT",
    }
}

crate::choice! {
    /// How a server answers a question: the registry "DNS RCODEs" of IANA.
    pub enum Rcode {
        NoError = "NOERROR",
        FormErr = "FORMERR",
        ServFail = "SERVFAIL",
        NxDomain = "NXDOMAIN",
        NotImp = "NOTIMP",
        Refused = "REFUSED",
        YxDomain = "YXDOMAIN",
        YxRrSet = "YXRRSET",
        NxRrSet = "NXRRSET",
        NotAuth = "NOTAUTH",
        NotZone = "NOTZONE",
        BadVers = "BADVERS",
        BadCookie = "BADCOOKIE",
        Other = "other",
    }
}

/// What a server is asked. The name is whole: nothing is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub name: String,
    pub record: RecordType,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub rcode: Rcode,
    /// The records of the type asked for, at the end of the name's aliases, each as zone files have it.
    pub records: Vec<String>,
    /// How long all of them, and the aliases, may be kept.
    pub ttl: Option<Duration>,
    /// With no records: whether the server knows that there are none, or refers to others who may.
    pub conclusive: bool,
}

/// What came of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who answered or, of a fault, who was asked last.
    pub server: SocketAddr,
    pub reply: Result<Reply, Fault>,
}

/// Whom to ask, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// In the order they are asked.
    pub addresses: Vec<SocketAddr>,
    /// How long one is waited for before the next is asked. The first may still answer then.
    pub patience: Duration,
    /// How often all of them are asked.
    pub rounds: u32,
    /// Asks over TCP at once: `use-vc` of resolv.conf(5).
    pub stream: bool,
}

impl Servers {
    /// A single server, asked up to three times until the deadline.
    pub fn one(address: SocketAddr) -> Servers {
        Servers { addresses: vec![address], patience: crate::quantity::LONGEST, rounds: 3, stream: false }
    }

    /// Asks all questions side by side and ends by `deadline`. There is an answer to each, in their order.
    ///
    /// A server that is silent, or that says it cannot tell, gives way to the next.
    pub fn ask(&self, questions: &[Question], deadline: Instant) -> Vec<Answer> {
        Exchange::new(self, questions, deadline).run()
    }
}

impl Answer {
    /// Whether no other server need be asked.
    fn settled(&self) -> bool {
        matches!(&self.reply, Ok(reply) if reply.settles())
    }

    /// Whether there is such a record; what leaves that open is a fault.
    pub fn exists(&self, question: &Question) -> Result<bool, Fault> {
        let reply = self.reply.as_ref().map_err(Clone::clone)?;
        match reply.rcode {
            _ if reply.settles() => Ok(!reply.records.is_empty()),
            Rcode::NoError => Err(Fault::Failed(format!(
                "{} refers to other servers for {question}, and has no answer of its own",
                shown(self.server)
            ))),
            rcode => Err(Fault::Failed(format!("{} answered {} to {question}", shown(self.server), rcode.word()))),
        }
    }
}

impl Reply {
    fn settles(&self) -> bool {
        match self.rcode {
            Rcode::NoError => !self.records.is_empty() || self.conclusive,
            Rcode::NxDomain => true,
            _ => false,
        }
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of `{}`", self.record.word(), self.name)
    }
}

/// A server as a person writes it.
pub fn shown(server: SocketAddr) -> String {
    if server.port() == PORT { server.ip().to_string() } else { server.to_string() }
}

impl RecordType {
    const ALL: [RecordType; 12] = [
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Caa,
        RecordType::Cname,
        RecordType::Mx,
        RecordType::Ns,
        RecordType::Ptr,
        RecordType::Soa,
        RecordType::Srv,
        RecordType::Sshfp,
        RecordType::Tlsa,
        RecordType::Txt,
    ];

    pub fn parse(word: &str) -> Option<RecordType> {
        RecordType::ALL.into_iter().find(|r| r.word() == word)
    }

    fn code(self) -> u16 {
        match self {
            RecordType::A => 1,
            RecordType::Ns => 2,
            RecordType::Cname => 5,
            RecordType::Soa => 6,
            RecordType::Ptr => 12,
            RecordType::Mx => 15,
            RecordType::Txt => 16,
            RecordType::Aaaa => 28,
            RecordType::Srv => 33,
            RecordType::Sshfp => 44,
            RecordType::Tlsa => 52,
            RecordType::Caa => 257,
        }
    }
}

impl Rcode {
    fn from_code(code: u16) -> Rcode {
        match code {
            0 => Rcode::NoError,
            1 => Rcode::FormErr,
            2 => Rcode::ServFail,
            3 => Rcode::NxDomain,
            4 => Rcode::NotImp,
            5 => Rcode::Refused,
            6 => Rcode::YxDomain,
            7 => Rcode::YxRrSet,
            8 => Rcode::NxRrSet,
            9 => Rcode::NotAuth,
            10 => Rcode::NotZone,
            16 => Rcode::BadVers,
            23 => Rcode::BadCookie,
            _ => Rcode::Other,
        }
    }
}

/// Says why `name` cannot be asked for. A dot at its end is allowed, and means that nothing is to be added to it.
pub fn check_name(name: &str) -> Result<(), String> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let shown: String = name.chars().take(80).collect();
    if name.is_empty() {
        return Err("the name is empty".into());
    }
    if !name.is_ascii() {
        return Err(format!("`{shown}` is not ASCII: write its `xn--` form"));
    }
    if let Some(odd) = bare.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.*/".contains(*c))) {
        return Err(format!("`{}` cannot be in a host name", odd.escape_default()));
    }
    if bare.len() > LONGEST_NAME {
        return Err(format!("a host name has at most {LONGEST_NAME} bytes, and `{shown}…` has {}", bare.len()));
    }
    // The root is the one name without a label.
    let mut labels = bare.split('.');
    if name != "." && labels.clone().any(str::is_empty) {
        return Err(format!("`{shown}` has an empty part between its dots"));
    }
    match labels.find(|l| l.len() > LONGEST_LABEL) {
        Some(label) => Err(format!("`{label}` is too long: at most {LONGEST_LABEL} bytes between two dots")),
        None => Ok(()),
    }
}

/// The name under which DNS knows what an address is called: RFC 1035, section 3.5, and RFC 3596, section 2.5.
pub fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_reversed_by_bytes_or_by_digits() {
        assert_eq!(reversed("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
        let v6 = reversed("2001:db8::567:89ab".parse().unwrap());
        assert_eq!(v6, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    #[test]
    fn a_name_that_dns_cannot_carry_says_why() {
        for good in [
            "a",
            "example.com",
            "example.com.",
            ".",
            "_sip._tcp.example.com",
            "*.example.com",
            "0/25.2.0.192.in-addr.arpa",
        ] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        let longer = ["a"; 128].join(".");
        for (bad, words) in [
            ("", "empty"),
            ("a..b", "empty part"),
            (".a", "empty part"),
            ("..", "empty part"),
            ("bücher.example", "xn--"),
            ("a b", "cannot be in a host name"),
            ("http://a", "`:` cannot"),
            ("a\nb", "`\\n` cannot"),
            (&long, "63 bytes"),
            (&longer, "253 bytes"),
        ] {
            let why = check_name(bad).unwrap_err();
            assert!(why.contains(words), "{bad:?}: {why}");
        }
    }

    #[test]
    fn every_type_is_read_by_its_own_name() {
        let words: Vec<_> = RecordType::ALL.iter().map(|r| r.word()).collect();
        assert_eq!(words, RecordType::WORDS);
        assert!(RecordType::ALL.iter().all(|r| RecordType::parse(r.word()) == Some(*r)));
    }
}
