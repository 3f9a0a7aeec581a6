//! One name through the sources, until one knows it.

use super::order::{Act, Status, Step};
use super::{Family, HOSTS, Names, Resolution, Said, addresses, elsewhere};
use crate::host::Host;
use crate::host::dns::{Question, Rcode, check_name};
use crate::host::interfaces::Links;
use crate::host::unreached::Unreached;
use crate::value::Fault;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

/// One name on its way through the sources.
pub struct Search<'a> {
    host: &'a Host,
    names: &'a Names,
    name: &'a str,
    family: Family,
    dns: Option<Said>,
    /// In which words DNS said no.
    absence: Option<String>,
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
    /// What it goes by could not be read here: others may well be told.
    Unread(Fault),
    /// Only getent(1) can ask it.
    Unasked,
}

impl<'a> Search<'a> {
    pub fn new(host: &'a Host, names: &'a Names, name: &'a str, family: Family) -> Search<'a> {
        Search { host, names, name, family, dns: None, absence: None, unasked: Vec::new() }
    }

    pub fn run(mut self) -> Resolution {
        if let Ok(address) = self.name.parse::<IpAddr>() {
            if self.family.has(&address) {
                let unasked = Fault::Unfit(format!("DNS was not asked: `{}` is an address", self.name));
                return self.found(Some(unasked), vec![address], None);
            }
            let why = format!("`{}` is no {}address", self.name, self.family.word());
            return self.lost(Unreached::Refused(why));
        }
        // Programs of this host may well make an address of it, or its `xn--` form, or have it in a file.
        if let Err(why) = check_name(self.name) {
            return self.lost(Unreached::Fault(Fault::Unsupported(why)));
        }
        let steps = match &self.names.order {
            Ok(steps) => steps,
            Err(fault) => return self.lost(Unreached::Fault(fault.clone())),
        };
        // What a source could not tell decides only where no later one knows the name.
        let mut lost = None;
        for step in steps {
            let status = match self.ask(step) {
                // What then comes of it differs from one C library to the next.
                Told::Found(..) if step.on(Status::Success) == Act::Continue => {
                    self.unasked.push(&step.source);
                    Status::Success
                }
                Told::Found(addresses, more) => {
                    let unasked = match step.source.as_str() {
                        "dns" => None,
                        "resolve" if self.dns.is_some() => None,
                        "files" => Some(format!("DNS was not asked: {HOSTS} has `{}`", self.name)),
                        other => Some(format!("DNS was not asked: `{other}` has `{}`", self.name)),
                    };
                    return self.found(unasked.map(Fault::Unfit), addresses, more);
                }
                Told::Not(status) => status,
                // Whatever others say, it may say something else.
                Told::Unread(fault) => return self.lost(Unreached::Fault(fault)),
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
        if let Some(why) = lost {
            return self.lost(why);
        }
        if !self.unasked.is_empty() {
            let why = format!("`{}` was asked through getent(1), which does not tell", self.unasked.join(", "));
            let unasked = Some(Fault::Unsupported(why)).filter(|_| self.dns.is_none());
            return match elsewhere::ask(self.host, self.name, self.family, &self.unasked) {
                Ok(addresses) if !addresses.is_empty() => self.found(unasked, addresses, None),
                Ok(_) => Resolution { unasked, ..self.no_such_name() },
                Err(why) => self.lost(why),
            };
        }
        self.no_such_name()
    }

    fn found(self, unasked: Option<Fault>, addresses: Vec<IpAddr>, more: Option<Fault>) -> Resolution {
        Resolution { addresses: Ok(addresses), more, dns: self.dns, unasked }
    }

    fn lost(self, why: Unreached) -> Resolution {
        Resolution { dns: self.dns, ..Resolution::failed(why) }
    }

    fn no_such_name(self) -> Resolution {
        let unknown = || format!("no {}address is known of `{}`", self.family.word(), self.name);
        let why = self.absence.clone().unwrap_or_else(unknown);
        self.lost(Unreached::Refused(why))
    }

    fn ask(&mut self, step: &Step) -> Told {
        let local = is_below(self.name, "local");
        match step.source.as_str() {
            "files" => self.files(),
            // What is no machine has no names but those in its files.
            _ if let Err(fault) = self.host.machine() => {
                let why = |why| format!("{HOSTS} has no {}address of `{}`; {why}", self.family.word(), self.name);
                Told::Lost(Unreached::Fault(fault.map(why)))
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
            Err(fault) => Told::Unread(fault.clone()),
        }
    }

    /// nss-myhostname(8).
    fn my_host_name(&self) -> Told {
        let bare = self.name.strip_suffix('.').unwrap_or(self.name);
        if bare == "_gateway" || bare == "_outbound" {
            return Told::Unasked;
        }
        if is_localhost(bare) {
            let loopback = self.family.only([Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
            return Told::Found(loopback, None);
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
            Err(fault) => return Told::Unread(fault),
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
        let conf = match &self.names.conf {
            Ok(conf) => conf,
            Err(fault) => return Told::Unread(fault.clone()),
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
                let one = self.family.records().split_first().filter(|(_, rest)| rest.is_empty());
                let record = one.map(|(record, _)| *record);
                self.absence = answers.first().map(|answer| answer.absence(record, &name));
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

/// RFC 6761, section 6.3. The C library itself makes nothing of it, and asks whomever it asks for other names.
fn is_localhost(bare: &str) -> bool {
    bare.eq_ignore_ascii_case("localhost") || is_below(bare, "localhost")
}

fn is_below(name: &str, domain: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let Some(at) = bare.len().checked_sub(domain.len() + 1) else { return false };
    at > 0 && bare.get(at..).and_then(|end| end.strip_prefix('.')).is_some_and(|end| end.eq_ignore_ascii_case(domain))
}
