//! What a unit leads to: its file, its main process, its account, its sockets, the units that start it.

use super::files::is_template;
use crate::host::Host;
use crate::value::{Fault, Value};

/// A unit, and what it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// Its own name.
    pub id: String,
    /// Its unit file, or the init script that it was made from.
    pub file: Option<String>,
    /// Its main process.
    pub main: Option<u32>,
    /// Who its processes are to run as, if that is an account that stays.
    pub user: Option<String>,
    /// Where it listens, as entries of ports are called: `tcp6:22`, `unix:/run/x.sock`.
    pub listens: Vec<String>,
    /// Units that it starts when something happens, and those that start it so.
    pub partners: Vec<String>,
}

/// Whether a unit matters on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its own name, which an alias leads to.
    pub id: String,
    pub active: bool,
    /// Whether it is active or enabled.
    pub used: bool,
    /// Whether it is neither and nobody can enable it: others start it.
    pub is_static: bool,
}

impl Host {
    /// The names of the units that are there: of a running systemd those that it has loaded, else those with a file.
    pub fn unit_names(&self) -> Result<Vec<String>, Fault> {
        self.units()?.init.names(self)
    }

    /// How the unit of this name stands; `None` if there is none, or only a template.
    pub fn unit_standing(&self, name: &str) -> Result<Option<Standing>, Fault> {
        if is_template(name) {
            return Ok(None);
        }
        self.units()?.unit(self, name)?.map(|unit| unit.standing(self)).transpose()
    }

    /// What the unit of this name leads to; `None` if there is none, or systemd has not read it.
    pub fn unit_ties(&self, name: &str) -> Result<Option<Ties>, Fault> {
        if is_template(name) {
            return Ok(None);
        }
        Ok(self.units()?.unit(self, name)?.map(|unit| unit.ties(self)).transpose()?.flatten())
    }
}

/// By the properties of org.freedesktop.systemd1(5).
pub(super) fn of(id: &str, properties: &[(String, Value)]) -> Ties {
    let property = |name: &str| properties.iter().find(|(n, _)| n == name).map_or(&Value::Absent, |(_, value)| value);
    let filled = |name: &str| text(property(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let passing = matches!(property("DynamicUser"), Value::Bool(true));
    let main = match property("MainPID") {
        Value::Int(pid) => u32::try_from(*pid).ok().filter(|pid| *pid > 0),
        _ => None,
    };
    let listens = list(property("Listen")).iter().filter_map(|pair| match list(pair) {
        [kind, address] => listen(text(kind)?, text(address)?),
        _ => None,
    });
    let partners = ["TriggeredBy", "Triggers"].map(property).into_iter().flat_map(list);
    Ties {
        id: id.to_owned(),
        // What a generator of systemd.generator(7) made has a source.
        file: filled("FragmentPath").filter(|p| !p.starts_with(GENERATED)).or_else(|| filled("SourcePath")),
        main,
        user: filled("User").filter(|_| !passing),
        listens: listens.collect(),
        partners: partners.filter_map(text).map(str::to_owned).collect(),
    }
}

/// Where generators write.
const GENERATED: &str = "/run/systemd/generator";

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn list(value: &Value) -> &[Value] {
    if let Value::List(all) = value { all } else { &[] }
}

/// What an entry calls the port of `ListenStream=[::]:22` and its like: systemd.socket(5).
pub(super) fn listen(kind: &str, address: &str) -> Option<String> {
    let transport = match kind {
        "Stream" | "SequentialPacket" => "tcp",
        "Datagram" => "udp",
        _ => return None,
    };
    if address.starts_with(['/', '@']) {
        return Some(format!("unix:{address}"));
    }
    let (family, port) = match address.rsplit_once(':') {
        // An address may name its interface behind the port.
        Some((ip, port)) => (if ip.contains([':', '[']) { 6 } else { 4 }, port.split('%').next()?),
        // A number alone is a port of both families, by one socket.
        None => (6, address),
    };
    Some(format!("{transport}{family}:{}", port.parse::<u16>().ok().filter(|port| *port > 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_socket_unit_listens_on_is_called_as_entries_call_it() {
        for (kind, address, name) in [
            ("Stream", "[::]:22", Some("tcp6:22")),
            ("Stream", "0.0.0.0:22", Some("tcp4:22")),
            ("Stream", "631", Some("tcp6:631")),
            ("Stream", "[fe80::1]:80%eth0", Some("tcp6:80")),
            ("Datagram", "127.0.0.1:53", Some("udp4:53")),
            ("Datagram", "/run/systemd/journal/dev-log", Some("unix:/run/systemd/journal/dev-log")),
            ("SequentialPacket", "/run/udev/control", Some("unix:/run/udev/control")),
            ("Stream", "@abstract", Some("unix:@abstract")),
            ("Stream", "vsock::22x", None),
            ("Stream", "0", None),
            ("Netlink", "audit 1", None),
            ("FIFO", "/run/initctl", None),
        ] {
            assert_eq!(listen(kind, address).as_deref(), name, "{kind} {address}");
        }
    }

    #[test]
    fn properties_are_read_as_systemd_writes_them() {
        let text = |text: &str| Value::Text(text.into());
        let pair = |kind, address| Value::List(vec![text(kind), text(address)]);
        let mut properties: Vec<(String, Value)> = [
            ("FragmentPath", text("/run/systemd/generator.late/x.service")),
            ("SourcePath", text("/etc/init.d/x")),
            ("MainPID", Value::Int(700)),
            ("User", text("www-data")),
            ("DynamicUser", Value::Bool(false)),
            ("Listen", Value::List(vec![pair("Stream", "[::]:22"), pair("Netlink", "audit 1"), Value::Null])),
            ("TriggeredBy", Value::List(vec![text("x.socket")])),
            ("Triggers", Value::List(vec![])),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let ties = Ties {
            id: "x.service".into(),
            file: Some("/etc/init.d/x".into()),
            main: Some(700),
            user: Some("www-data".into()),
            listens: vec!["tcp6:22".into()],
            partners: vec!["x.socket".into()],
        };
        assert_eq!(of("x.service", &properties), ties);
        properties.retain(|(name, _)| name != "Listen");
        properties.extend([("Listen".to_owned(), Value::Absent)]);
        properties.iter_mut().filter(|(name, _)| name == "DynamicUser").for_each(|(_, v)| *v = Value::Bool(true));
        properties.iter_mut().filter(|(name, _)| name == "MainPID").for_each(|(_, v)| *v = Value::Int(0));
        assert_eq!(of("x.service", &properties), Ties { main: None, user: None, listens: vec![], ..ties });
        assert_eq!(of("x.service", &[]), Ties { id: "x.service".into(), ..Ties::default() });
    }

    #[test]
    fn a_running_systemd_is_asked_for_what_its_units_lead_to() {
        let (_peer, host) = super::super::lab("-- /etc/passwd\n");
        let names = host.unit_names().unwrap();
        assert!(names.iter().any(|name| name == "flap.service") && !names.iter().any(|name| name == "missing.service"));
        let standing = host.unit_standing("sshd.service").unwrap().unwrap();
        assert_eq!((standing.id.as_str(), standing.active, standing.used), ("ssh.service", true, true));
        assert_eq!(host.unit_standing("nope.service"), Ok(None));
        let ties = host.unit_ties("flap.service").unwrap().unwrap();
        assert_eq!((ties.id.as_str(), ties.file.is_some()), ("flap.service", true));
        assert_eq!(host.unit_ties("foo@.service"), Ok(None), "a template leads nowhere");
    }
}
