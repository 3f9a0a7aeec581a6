//! What DNS servers answer: one exchange with them, over UDP and where that is too small over TCP.

use crate::value::Fault;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

mod exchange;
pub(super) mod message;
mod name;
mod reader;
mod record;
mod stream;

use exchange::Exchange;
pub use name::{check_name, reversed};

/// The port of DNS servers.
pub const PORT: u16 = 53;

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
    /// The addresses of one server, asked up to three times until the deadline.
    pub fn any_of(addresses: Vec<SocketAddr>) -> Servers {
        Servers { addresses, patience: crate::quantity::LONGEST, rounds: 3, stream: false }
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

    /// In which words there is certainly nothing.
    pub fn absence(&self, record: Option<RecordType>, name: &str) -> String {
        let server = shown(self.server);
        match (&self.reply, record) {
            (Ok(reply), _) if reply.rcode == Rcode::NxDomain => format!("{server} knows no name `{name}`: NXDOMAIN"),
            (_, Some(record)) => format!("{server} has no {} record of `{name}`", record.word()),
            (_, None) => format!("{server} has no address of `{name}`"),
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
    fn from_code(code: u16) -> Option<Rcode> {
        Some(match code {
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
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_by_its_own_name() {
        let words: Vec<_> = RecordType::ALL.iter().map(|r| r.word()).collect();
        assert_eq!(words, RecordType::WORDS);
        assert!(RecordType::ALL.iter().all(|r| RecordType::parse(r.word()) == Some(*r)));
    }
}
