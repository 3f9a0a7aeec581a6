//! `service`: a unit of the init system and the state it is in.

use super::{Argument, Id, Inventory, Keys, Pin, Resource, Thing, key, lookup};
use crate::host::Host;
use crate::host::units::{Unit, enabled};
use crate::syntax::nearest;
use crate::value::{Fault, Known, Value};
use std::cell::OnceCell;

pub struct Service {
    host: Host,
    unit: Unit,
    /// systemd's word for its unit file.
    file: OnceCell<Result<Option<String>, Fault>>,
    properties: OnceCell<Result<Vec<(String, Value)>, Fault>>,
}

crate::choice! {
    /// `ActiveState` of org.freedesktop.systemd1(5).
    pub enum State {
        Active = "active",
        Reloading = "reloading",
        Refreshing = "refreshing",
        Inactive = "inactive",
        Failed = "failed",
        Activating = "activating",
        Deactivating = "deactivating",
        Maintenance = "maintenance",
    }
}

impl Resource for Service {
    const NAME: &'static str = "service";
    const ABOUT: &'static str =
        "A unit of systemd, asked over D-Bus: a service, or with its suffix a socket, timer, mount or other unit.";
    const EXAMPLE: &'static str = "[service.nginx]\nenabled = true\nrunning = true\nproperties.Restart = \"always\"\n\n\
        [service.\"logrotate.timer\"]\nstate = \"active\"\n";
    const PRESENCE: Option<super::Presence> = Some(super::Presence {
        name: "exists",
        about: "Whether systemd has such a unit loaded, in any load state but `not-found`, or there is a file for one. What \
                runs is there, even if its file is gone.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "name",
        "A unit's name or alias; without a suffix such as `.timer` it is a service: `ssh` is `ssh.service`.",
    ));
    const KEYS: Keys<Self> = &[
        &key(
            "enabled",
            "Whether it starts by itself or needs no enabling, as `systemctl is-enabled` exits: enabled, \
             enabled-runtime, static, alias, indirect or generated; an init script by its links for runlevels 5 and S.",
            Self::enabled,
        ),
        &key(
            "running",
            "Whether it is active, as `systemctl is-active` exits: active, reloading or refreshing.",
            |s: &Self| Ok(matches!(s.state()?, State::Active | State::Reloading | State::Refreshing)),
        ),
        &key(
            "runlevels",
            "The runlevels in which an init script starts it, by the links /etc/rc?.d/S??name.",
            Self::runlevels,
        ),
        &key("masked", "Whether it cannot be started because it is linked to /dev/null.", Self::masked),
        &key("state", "Its active state, in systemd's words.", Self::state),
        &key(
            "restarts",
            "How often systemd has restarted the service by itself since it was last started by hand.",
            Self::restarts,
        ),
        &lookup(
            "properties",
            "The unit's properties, as `systemctl show` names them: text, numbers and lists as D-Bus has them, time in \
             microseconds, modes as octal text.",
            Argument { noun: "property", check: property_name },
            Self::property,
        ),
    ];
    const PINS: &[Pin] = &[Pin::exact("enabled"), Pin::exact("running"), Pin::if_true("masked")];
    type Id = UnitName;
    type Settings = ();

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "enabled units", list: inventory });
    fn spellings(name: &str) -> Vec<String> {
        vec![UnitName::parse(name).map_or_else(|_| name.to_owned(), |name| name.0)]
    }

    fn probe(host: &Host, name: &UnitName, (): &()) -> Result<Option<Self>, Fault> {
        let unit = host.units()?.unit(&name.0, host.deadline())?;
        Ok(unit.map(|unit| Service { host: host.clone(), unit, file: OnceCell::new(), properties: OnceCell::new() }))
    }
}

impl Service {
    fn state(&self) -> Result<State, Fault> {
        Ok(match self.unit.active.as_str() {
            "active" => State::Active,
            "reloading" => State::Reloading,
            "refreshing" => State::Refreshing,
            "inactive" => State::Inactive,
            "failed" => State::Failed,
            "activating" => State::Activating,
            "deactivating" => State::Deactivating,
            "maintenance" => State::Maintenance,
            other => return Err(Fault::Unsupported(format!("systemd says `{other}`, a state that is not known here"))),
        })
    }

    fn file(&self) -> Result<Option<&str>, Fault> {
        let file = self.file.get_or_init(|| self.host.units()?.file_state(&self.unit.asked, self.host.deadline()));
        file.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }

    fn enabled(&self) -> Result<bool, Fault> {
        match self.file()? {
            // systemctl leaves a unit that was only generated from an init script to the links of that script.
            None | Some("generated") if self.init_script()? => {
                Ok(self.runlevels()?.iter().any(|level| level == "5" || level == "S"))
            }
            Some("enabled" | "enabled-runtime" | "static" | "alias" | "indirect" | "generated") => Ok(true),
            None | Some("disabled" | "linked" | "linked-runtime" | "masked" | "masked-runtime" | "transient") => {
                Ok(false)
            }
            Some("bad") => Err(Fault::Malformed(format!("{}: systemd cannot read its unit file", self.unit.asked))),
            Some(other) => {
                Err(Fault::Unsupported(format!("systemd says `{other}`, a unit file state that is not known here")))
            }
        }
    }

    fn masked(&self) -> Result<bool, Fault> {
        Ok(self.unit.masked || matches!(self.file()?, Some("masked" | "masked-runtime")))
    }

    /// What the service is called in `/etc/init.d`; other units have no init script.
    fn script(&self) -> Option<&str> {
        self.unit.id.strip_suffix(".service")
    }

    fn init_script(&self) -> Result<bool, Fault> {
        let Some(name) = self.script() else { return Ok(false) };
        Ok(self.host.files().stat(&format!("/etc/init.d/{name}"))?.is_some())
    }

    fn runlevels(&self) -> Result<Vec<String>, Fault> {
        let Some(name) = self.script() else { return Ok(Vec::new()) };
        let starts = |link: &String| {
            let number = link.strip_prefix('S').and_then(|l| l.strip_suffix(name));
            number.is_some_and(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let mut levels = Vec::new();
        for level in ["0", "1", "2", "3", "4", "5", "6", "S"] {
            let links = self.host.files().list(&format!("/etc/rc{level}.d"))?;
            if links.is_some_and(|links| links.iter().any(starts)) {
                levels.push(level.to_owned());
            }
        }
        Ok(levels)
    }

    fn properties(&self) -> Result<&[(String, Value)], Fault> {
        let properties =
            self.properties.get_or_init(|| self.host.units()?.properties(&self.unit, self.host.deadline()));
        properties.as_deref().map_err(Clone::clone)
    }

    fn restarts(&self) -> Result<Option<u64>, Fault> {
        if !self.unit.id.ends_with(".service") {
            return Ok(None);
        }
        match self.property("NRestarts")? {
            Value::Int(count) => Ok(u64::try_from(count).ok()),
            _ => Err(Fault::Malformed("systemd: `NRestarts` is not a number".into())),
        }
    }

    fn property(&self, name: &str) -> Result<Value, Fault> {
        let properties = self.properties()?;
        if let Some((_, value)) = properties.iter().find(|(n, _)| n == name) {
            return Ok(value.clone());
        }
        let meant = nearest(name, properties.iter().map(|(n, _)| n.as_str()));
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        Err(Fault::Unsupported(format!("this systemd knows no property `{name}` of `{}`{hint}", self.unit.id)))
    }
}

fn inventory(host: &Host) -> Result<Known<Thing>, Fault> {
    let Known { all, more } = enabled::enabled(host)?;
    let thing = |unit: enabled::Enabled| {
        let short = unit.name.strip_suffix(".service").unwrap_or(&unit.name);
        Thing { aliases: unit.aliases, ..Thing::new(short, unit.description.unwrap_or_default()) }
    };
    Ok(Known { all: all.into_iter().map(thing).collect(), more })
}

fn property_name(name: &str) -> Result<(), String> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(format!("`{name}` is not a property's name, such as `MainPID`; `systemctl show` lists them"))
}

/// A unit's full name: systemd.unit(5).
#[derive(Debug, PartialEq, Eq)]
pub struct UnitName(String);

const SUFFIXES: [&str; 11] =
    ["service", "socket", "target", "device", "mount", "automount", "swap", "timer", "path", "slice", "scope"];

impl Id for UnitName {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the name is empty".into());
        }
        if text.contains('/') {
            return Err(format!(
                "`{text}` has a `/`, which no unit's name has; `systemd-escape --path --suffix=mount` names the \
                 unit of a mount point"
            ));
        }
        if text.contains(['*', '?', '[']) {
            return Err(format!("`{text}` is a pattern; name one unit"));
        }
        if text.trim() != text || text.contains(char::is_control) {
            return Err(format!("`{}` has a space at an end or a control character", text.escape_debug()));
        }
        let mut name = String::new();
        for byte in text.bytes() {
            // As systemctl does with what a unit's name may not have.
            match byte {
                b':' | b'-' | b'_' | b'.' | b'\\' | b'@' => name.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
                _ => name.push_str(&format!("\\x{byte:02x}")),
            }
        }
        if !name.rsplit_once('.').is_some_and(|(_, suffix)| SUFFIXES.contains(&suffix)) {
            name.push_str(".service");
        }
        if name.starts_with(['@', '.']) {
            return Err(format!("`{text}` has nothing before its `{}`", &name[..1]));
        }
        if name.len() > 255 {
            return Err("the name is longer than the 255 characters that a unit's may have".into());
        }
        Ok(UnitName(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::units::lab;
    use crate::host::{Host, TreeFiles};
    use crate::resource::{Ask, Kind, Observed};
    use std::sync::Arc;

    fn look(host: &Host, name: &str, keys: &[&str]) -> Observed {
        let kind = Kind::find("service").unwrap();
        let ask = |key: &&str| {
            let (key, argument) = key.split_once('.').unwrap_or((key, ""));
            Ask { key: (kind.keys)().iter().position(|k| k.name == key).unwrap(), argument: argument.into() }
        };
        let probe = (kind.bind)(name, &[], &mut Vec::new()).unwrap();
        probe(host, &keys.iter().map(ask).collect::<Vec<_>>())
    }

    /// Enabled, running, masked, state.
    fn facts(host: &Host, name: &str) -> (bool, bool, bool, String) {
        let seen = look(host, name, &["enabled", "running", "masked", "state"]).unwrap().unwrap();
        let bool = |at: usize| seen.values[at] == Ok(Value::Bool(true));
        let Ok(Value::Text(state)) = &seen.values[3] else { panic!("{seen:?}") };
        (bool(0), bool(1), bool(2), state.clone())
    }

    #[test]
    fn a_unit_is_what_systemctl_says_it_is() {
        let (_peer, host) = lab("");
        let state = |name| facts(&host, name);
        assert_eq!(state("ssh"), (true, true, false, "active".into()));
        assert_eq!(state("sshd"), (true, true, false, "active".into()));
        assert_eq!(state("broken"), (true, false, false, "failed".into()));
        assert_eq!(state("foo@bar"), (true, true, false, "active".into()));
        assert_eq!(state("foo@"), (true, false, false, "inactive".into()));
        assert_eq!(state("rsyslog"), (false, true, true, "active".into()));
        assert_eq!(state("e2scrub_all.timer"), (false, false, true, "failed".into()));
        assert_eq!(look(&host, "nope", &["running"]), Ok(None));
        assert_eq!(look(&host, "missing", &["running"]), Ok(None));
        assert_eq!(look(&host, "unrecorded", &["running"]).unwrap_err().code(), "denied");
    }

    #[test]
    fn an_init_script_is_enabled_by_its_links() {
        let links = |text: &str| {
            let (_peer, host) = lab(text);
            let seen = look(&host, "oldie", &["enabled", "runlevels"]).unwrap().unwrap();
            (seen.values[0].clone(), seen.values[1].clone())
        };
        let levels = |levels: &[&str]| Ok(Value::List(levels.iter().map(|l| Value::Text((*l).into())).collect()));
        let script = "-- /etc/init.d/oldie 0755\n";
        let (enabled, none) = links(script);
        assert_eq!((enabled, none), (Ok(Value::Bool(false)), levels(&[])));
        let five = "-- /etc/rc2.d/S01oldie -> ../init.d/oldie\n-- /etc/rc5.d/S01oldie -> ../init.d/oldie\n\
                    -- /etc/rc3.d/S01oldies -> x\n-- /etc/rc4.d/K01oldie -> x\n";
        assert_eq!(links(&format!("{script}{five}")), (Ok(Value::Bool(true)), levels(&["2", "5"])));
        // Generated from something else than an init script.
        assert_eq!(links(five).0, Ok(Value::Bool(true)));
        let (enabled, runlevels) = links(&format!("{script}-- /etc/rc5.d/ 0700 denied\n"));
        assert_eq!((enabled.unwrap_err().code(), runlevels.unwrap_err().code()), ("denied", "denied"));
    }

    #[test]
    fn properties_are_read_by_name_and_a_slip_is_unknown() {
        let (_peer, host) = lab("");
        let keys = ["restarts", "properties.Restart", "properties.ExecMainStatu"];
        let seen = look(&host, "flap", &keys).unwrap().unwrap();
        assert_eq!(seen.values[..2], [Ok(Value::Int(6)), Ok(Value::Text("always".into()))]);
        let fault = seen.values[2].clone().unwrap_err();
        assert_eq!(fault.code(), "unsupported");
        assert!(fault.to_string().ends_with("did you mean `ExecMainStatus`?"), "{fault}");
        assert!(property_name("MainPID").is_ok());
        assert!(property_name("Main-PID").is_err() && property_name("").is_err());
    }

    #[test]
    fn a_tree_of_files_has_no_answer() {
        let files = Arc::new(TreeFiles::parse("-- /etc/init.d/x 0755\n").unwrap());
        let host = Host::offline(files, time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!(look(&host, "ssh", &[]).unwrap_err().code(), "unsupported");
    }

    #[test]
    fn names_are_completed_as_systemctl_does() {
        let name = |text: &str| UnitName::parse(text).map(|n| n.0);
        for (text, full) in [
            ("ssh", "ssh.service"),
            ("ssh.socket", "ssh.socket"),
            ("foo@bar", "foo@bar.service"),
            ("foo@a.b", "foo@a.b.service"),
            ("php8.2-fpm", "php8.2-fpm.service"),
            ("dbus-org.freedesktop.login1", "dbus-org.freedesktop.login1.service"),
            ("-.mount", "-.mount"),
            ("system-getty.slice", "system-getty.slice"),
            ("odd name", "odd\\x20name.service"),
            ("dev-disk-by\\x2duuid.device", "dev-disk-by\\x2duuid.device"),
            ("é", "\\xc3\\xa9.service"),
        ] {
            assert_eq!(name(text).as_deref(), Ok(full));
        }
        for text in ["", "/home", "a/b", "ngin*", "@x", ".service", " ssh", "ssh\n", &"a".repeat(250)] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }
}
