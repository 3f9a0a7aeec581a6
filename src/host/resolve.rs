//! Where a host name leads: hosts(5), DNS and what else nsswitch.conf(5) names, in its order.
//!
//! The C library's own resolver is not called: in a static build it loads modules that crash it. What only such a
//! module knows is asked of getent(1), a program of the host's own.

use super::Host;
use super::connect::Unreached;
use super::dns::{self, Answer, Question, Rcode, RecordType, Servers};
use super::interfaces::Links;
use crate::value::Fault;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

mod conf;
mod elsewhere;
mod hosts;
mod order;

use conf::Conf;
use hosts::Hosts;
use order::{Act, Status, Step};

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
    /// In which words somebody else knew the name than DNS.
    pub elsewhere: Option<String>,
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
        Search { host: self, names, name, family, dns: None, unasked: Vec::new() }.run()
    }

    /// The servers that resolv.conf(5) names.
    pub fn name_servers(&self) -> Result<Servers, Fault> {
        self.machine()?;
        Ok(self.names()?.conf.as_ref().map_err(Clone::clone)?.servers.clone())
    }
}

impl Resolution {
    fn failed(why: Unreached) -> Resolution {
        Resolution { addresses: Err(why), more: None, dns: None, elsewhere: None }
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

/// One name on its way through the sources.
struct Search<'a> {
    host: &'a Host,
    names: &'a Names,
    name: &'a str,
    family: Family,
    dns: Option<Said>,
    /// Sources that may know it and that only getent(1) can ask.
    unasked: Vec<&'a str>,
}

/// What one source makes of a name.
enum Told {
    Found(Vec<IpAddr>, Option<Fault>),
    /// It knows that there is none, or, with [`Status::Unavailable`], it is not there to ask.
    Not(Status),
    /// It could not tell.
    Lost(Unreached),
    /// Only getent(1) can ask it.
    Unasked,
}

impl<'a> Search<'a> {
    fn run(mut self) -> Resolution {
        let bare = self.name.strip_suffix('.').unwrap_or(self.name);
        if let Ok(address) = bare.parse::<IpAddr>() {
            if self.family.has(&address) {
                return self.found(Some(format!("`{bare}` is an address")), vec![address], None);
            }
            let why = format!("`{bare}` is no {}address", self.family.word());
            return self.lost(Unreached::Refused(why));
        }
        if let Err(why) = dns::check_name(self.name) {
            let why = format!("no host is called `{}`: {why}", self.name.escape_debug());
            return self.lost(Unreached::Refused(why));
        }
        let steps = match &self.names.order {
            Ok(steps) => steps,
            Err(fault) => return self.lost(Unreached::Fault(fault.clone())),
        };
        // What a source could not tell decides only where no later one knows the name.
        let mut lost = None;
        for step in steps {
            let status = match self.ask(step) {
                Told::Found(addresses, more) => {
                    let elsewhere = match step.source.as_str() {
                        "dns" => None,
                        "resolve" if self.dns.is_some() => None,
                        "files" => Some(format!("/etc/hosts has `{}`", self.name)),
                        other => Some(format!("`{other}` has `{}`", self.name)),
                    };
                    return self.found(elsewhere, addresses, more);
                }
                Told::Not(status) => status,
                Told::Lost(why) => {
                    lost = lost.or(Some(why));
                    Status::TryAgain
                }
                Told::Unasked => {
                    self.unasked.push(&step.source);
                    // It may say any of these, and then nobody behind it would be asked.
                    let ends = |status| step.on(status) == Act::Return;
                    if ends(Status::NotFound) || ends(Status::Unavailable) || ends(Status::TryAgain) {
                        break;
                    }
                    Status::NotFound
                }
            };
            if step.on(status) == Act::Return {
                break;
            }
        }
        // RFC 6761, section 6.3.
        if is_localhost(bare) {
            let loopback = self.family.only([Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
            return self.found(Some(format!("`{bare}` is this host")), loopback, None);
        }
        if let Some(why) = lost {
            return self.lost(why);
        }
        if !self.unasked.is_empty() {
            let known = Some(format!("`{}` has `{}`", self.unasked.join(", "), self.name));
            return match elsewhere::ask(self.host, self.name, self.family, &self.unasked) {
                Ok(addresses) if !addresses.is_empty() => self.found(known, addresses, None),
                Ok(_) => self.no_such_name(),
                Err(why) => self.lost(why),
            };
        }
        self.no_such_name()
    }

    fn found(self, elsewhere: Option<String>, addresses: Vec<IpAddr>, more: Option<Fault>) -> Resolution {
        Resolution { addresses: Ok(addresses), more, dns: self.dns, elsewhere }
    }

    fn lost(self, why: Unreached) -> Resolution {
        Resolution { dns: self.dns, ..Resolution::failed(why) }
    }

    fn no_such_name(self) -> Resolution {
        let why = match self.dns.as_ref().map(|said| &said.rcode) {
            Some(Ok(Rcode::NxDomain)) => format!("no host is called `{}`: NXDOMAIN", self.name),
            _ => format!("no {}address is known of `{}`", self.family.word(), self.name),
        };
        self.lost(Unreached::Refused(why))
    }

    fn ask(&mut self, step: &Step) -> Told {
        let local = is_below(self.name, "local");
        match step.source.as_str() {
            "files" => self.files(),
            // What is no machine has no names but those in its files.
            _ if let Err(fault) = self.host.machine() => {
                let why = format!("/etc/hosts has no {}address of `{}`; {fault}", self.family.word(), self.name);
                Told::Lost(Unreached::Fault(Fault::Unsupported(why)))
            }
            "dns" => self.dns(),
            "resolve" => match &self.names.conf {
                Ok(conf) if conf.leads_to_resolved() => self.dns(),
                _ => self.daemon("/run/systemd/resolve/io.systemd.Resolve"),
            },
            "myhostname" => self.my_host_name(),
            "mymachines" if self.is_there(&format!("/run/systemd/machines/{}", self.name)) => Told::Unasked,
            "mymachines" => Told::Not(Status::NotFound),
            // nss-mdns is for names below `local`, unless /etc/mdns.allow says more.
            mdns if mdns.starts_with("mdns") => {
                let minimal = mdns.ends_with("_minimal");
                if local || (!minimal && self.is_there("/etc/mdns.allow")) {
                    self.daemon("/run/avahi-daemon/socket")
                } else {
                    Told::Not(Status::Unavailable)
                }
            }
            _ => Told::Unasked,
        }
    }

    fn is_there(&self, path: &str) -> bool {
        // What could not be looked at may be there.
        !matches!(self.host.files().stat(path), Ok(None))
    }

    /// A source that is nothing without its daemon.
    fn daemon(&self, socket: &str) -> Told {
        if self.is_there(socket) { Told::Unasked } else { Told::Not(Status::Unavailable) }
    }

    fn files(&self) -> Told {
        match &self.names.hosts {
            Ok(Some(hosts)) => {
                let addresses = self.family.only(hosts.addresses(self.name));
                if addresses.is_empty() { Told::Not(Status::NotFound) } else { Told::Found(addresses, None) }
            }
            Ok(None) => Told::Not(Status::Unavailable),
            Err(fault) => Told::Lost(Unreached::Fault(fault.clone())),
        }
    }

    /// nss-myhostname(8).
    fn my_host_name(&self) -> Told {
        let bare = self.name.strip_suffix('.').unwrap_or(self.name);
        if bare == "_gateway" || bare == "_outbound" {
            return Told::Unasked;
        }
        let own = self.host.name();
        if own.is_empty() || !bare.eq_ignore_ascii_case(&own) {
            return Told::Not(Status::NotFound);
        }
        let global = |ip: &IpAddr| match ip {
            IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
            IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
        };
        let mut addresses: Vec<_> = match self.host.links().and_then(Links::ips) {
            Ok(ips) => ips.filter(global).collect(),
            Err(fault) => return Told::Lost(Unreached::Fault(fault)),
        };
        if addresses.is_empty() {
            addresses = vec![Ipv4Addr::new(127, 0, 0, 2).into(), Ipv6Addr::LOCALHOST.into()];
        }
        match self.family.only(addresses) {
            none if none.is_empty() => Told::Not(Status::NotFound),
            addresses => Told::Found(addresses, None),
        }
    }

    /// The name as it is and with the search domains behind it, until one is known.
    fn dns(&mut self) -> Told {
        if is_localhost(self.name.strip_suffix('.').unwrap_or(self.name)) {
            // Nobody else is to be asked for it.
            return Told::Not(Status::NotFound);
        }
        let conf = match &self.names.conf {
            Ok(conf) => conf,
            Err(fault) => return Told::Lost(Unreached::Fault(fault.clone())),
        };
        let mut lost = None;
        for name in conf.candidates(self.name) {
            let questions: Vec<_> =
                self.family.records().iter().map(|record| Question { name: name.clone(), record: *record }).collect();
            let began = Instant::now();
            let answers = conf.servers.ask(&questions, self.host.deadline());
            let said = Said::of(&answers);
            // Of the names tried, the one that is there, else the first one's answer is what DNS said.
            let known = answers.iter().any(|a| a.reply.as_ref().is_ok_and(|r| r.rcode == Rcode::NoError));
            if known || self.dns.is_none() {
                self.dns = Some(said);
            }
            let (addresses, fault) = addresses(&questions, &answers);
            if !addresses.is_empty() {
                return Told::Found(addresses, fault);
            }
            let Some(fault) = fault else { continue };
            let silent = matches!(fault, Fault::TimedOut(..));
            lost = lost.or(Some(match fault {
                Fault::TimedOut(what, waited) => Unreached::Silent(what, waited.max(began.elapsed())),
                other => Unreached::Fault(other),
            }));
            // Who is silent would be so to the next name, too.
            if silent {
                break;
            }
        }
        lost.map_or(Told::Not(Status::NotFound), Told::Lost)
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

/// RFC 6761, section 6.3.
fn is_localhost(bare: &str) -> bool {
    bare.eq_ignore_ascii_case("localhost") || is_below(bare, "localhost")
}

fn is_below(name: &str, domain: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let Some(at) = bare.len().checked_sub(domain.len() + 1) else { return false };
    at > 0 && bare.get(at..).and_then(|end| end.strip_prefix('.')).is_some_and(|end| end.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests;
