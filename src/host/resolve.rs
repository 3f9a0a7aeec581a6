//! Where a host name leads: hosts(5), DNS and what else nsswitch.conf(5) names, in its order.
//!
//! The C library's own resolver is not called: in a static build it loads modules that crash it. What only such a
//! module knows is asked of getent(1), a program of the host's own.

use super::Host;
use super::dns::{Answer, Question, Rcode, RecordType, Servers};
use super::unreached::Unreached;
use crate::value::Fault;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

mod conf;
mod elsewhere;
mod hosts;
mod order;
mod search;

use conf::Conf;
use hosts::Hosts;
use order::Step;
use search::Search;

const HOSTS: &str = "/etc/hosts";

/// What is read once a run to look names up, and the names that have been found.
pub struct Names {
    /// `None`: there is no such file.
    hosts: Result<Option<Hosts>, Fault>,
    order: Result<Vec<Step>, Fault>,
    conf: Result<Conf, Fault>,
    found: Mutex<HashMap<String, Found>>,
}

/// Addresses, and why there may be more of them.
pub type Found = (Vec<IpAddr>, Option<Fault>);

/// Which addresses are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Any,
    V4,
    V6,
}

/// What came of a name.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// Best first, and never none.
    pub addresses: Result<Vec<IpAddr>, Unreached>,
    /// Why there may be more of them.
    pub more: Option<Fault>,
    /// What DNS said last, if it was asked.
    pub dns: Option<Said>,
    /// Why it is not known what DNS says: somebody else knows the name.
    pub unasked: Option<Fault>,
}

/// What DNS said, of both families together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub rcode: Result<Rcode, Fault>,
    pub ttl: Option<Duration>,
}

pub(super) fn load(host: &Host) -> Result<Names, Fault> {
    Ok(Names {
        hosts: host.text(HOSTS).and_then(|text| text.map(|text| hosts::parse(&text)).transpose()),
        order: order::read(host),
        conf: conf::read(host),
        found: Mutex::default(),
    })
}

impl Host {
    /// The addresses of `name`, best first; an address is its own. Never empty. What was found once in a run is not
    /// looked up again.
    pub fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Unreached> {
        Ok(self.resolve_known(name)?.0)
    }

    /// The same, and why there may be more of them.
    pub fn resolve_known(&self, name: &str) -> Result<Found, Unreached> {
        let names = self.names().map_err(Unreached::Fault)?;
        let key = name.to_ascii_lowercase();
        if let Some(known) = names.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let Resolution { addresses, more, .. } = self.look_up(name, Family::Any);
        let found = (addresses?, more);
        names.found.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }

    /// Looks `name` up as programs of this host do, and tells who knew it.
    pub fn look_up(&self, name: &str, family: Family) -> Resolution {
        let names = match self.names() {
            Ok(names) => names,
            Err(fault) => return Resolution::failed(Unreached::Fault(fault)),
        };
        Search::new(self, names, name, family).run()
    }

    /// The servers that resolv.conf(5) names.
    pub fn name_servers(&self) -> Result<Servers, Fault> {
        self.machine()?;
        Ok(self.names()?.conf.as_ref().map_err(Clone::clone)?.servers.clone())
    }
}

impl Resolution {
    fn failed(why: Unreached) -> Resolution {
        Resolution { addresses: Err(why), more: None, dns: None, unasked: None }
    }
}

impl Family {
    pub fn has(self, address: &IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }

    fn only(self, addresses: impl IntoIterator<Item = IpAddr>) -> Vec<IpAddr> {
        addresses.into_iter().filter(|a| self.has(a)).collect()
    }

    fn word(self) -> &'static str {
        match self {
            Family::Any => "",
            Family::V4 => "IPv4 ",
            Family::V6 => "IPv6 ",
        }
    }

    /// IPv6 first, as RFC 6724 has it.
    fn records(self) -> &'static [RecordType] {
        match self {
            Family::Any => &[RecordType::Aaaa, RecordType::A],
            Family::V4 => &[RecordType::A],
            Family::V6 => &[RecordType::Aaaa],
        }
    }
}

impl Said {
    /// Of several answers, whatever is not NOERROR.
    pub fn of(answers: &[Answer]) -> Said {
        let mut rcode = Ok(Rcode::NoError);
        for answer in answers {
            match &answer.reply {
                Ok(reply) if reply.rcode == Rcode::NoError => {}
                Ok(reply) => {
                    rcode = Ok(reply.rcode);
                    break;
                }
                Err(fault) => rcode = Err(fault.clone()),
            }
        }
        Said { rcode, ttl: answers.iter().filter_map(|a| a.reply.as_ref().ok()?.ttl).min() }
    }
}

/// Those of both families in turns, lest one that leads nowhere be tried to its end before the other, and what keeps
/// them from being all.
pub fn addresses(questions: &[Question], answers: &[Answer]) -> (Vec<IpAddr>, Option<Fault>) {
    let mut fault = None;
    let mut lists = Vec::new();
    for (question, answer) in questions.iter().zip(answers) {
        match answer.exists(question) {
            Ok(_) => {
                let records = answer.reply.as_ref().map(|r| r.records.as_slice()).unwrap_or_default();
                lists.push(records.iter().filter_map(|r| r.parse().ok()).collect::<Vec<IpAddr>>().into_iter());
            }
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return (all, fault);
        }
    }
}

#[cfg(test)]
mod tests;
