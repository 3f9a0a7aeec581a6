//! `service`: a unit of the init system and the state it is in.

use super::{Argument, Id, Inventory, Keys, Pin, Resource, Thing, key, lookup};
use crate::host::Host;
use crate::host::units::{self, Enabled, Unit};
use crate::syntax::nearest;
use crate::value::{Fault, Known, Value};

pub struct Service {
    host: Host,
    unit: Box<dyn Unit>,
}

impl Resource for Service {
    const NAME: &'static str = "service";
    const ABOUT: &'static str = "A service of systemd, OpenRC, runit, s6 or of init scripts; of systemd, with its suffix, any unit. What it is doing \
         is asked of systemd over D-Bus, and of the others read from what they note in /run.";
    const EXAMPLE: &'static str = "[service.nginx]\nenabled = true\nrunning = true\nproperties.Restart = \"always\"\n\n\
        [service.\"logrotate.timer\"]\nstate = \"active\"\n";
    const PRESENCE: Option<super::Presence> = Some(super::Presence {
        name: "exists",
        about: "Whether systemd has such a unit loaded, in any load state but `not-found`, or there is a file for one; with \
                another init system whether there is a script or a directory for it. What runs is there, even if its \
                file is gone.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "name",
        "A unit's name or alias; without a suffix such as `.timer` it is a service: `ssh` is `ssh.service`. With other \
         init systems the name of a script or of a service's directory.",
    ));
    const KEYS: Keys<Self> = &[
        &key(
            "enabled",
            "Whether it starts by itself or needs no enabling, as `systemctl is-enabled` exits: enabled, \
             enabled-runtime, static, alias, indirect or generated; an init script by its links for runlevels 5 and S. With \
             OpenRC: it is in the runlevel sysinit, boot or default, or in one stacked on those. With init scripts alone: by \
             its links for S and the default runlevel. With runit and s6: it is in a directory that is watched over and has \
             no file `down`, or is in a bundle that s6-rc starts.",
            |s: &Self| s.unit.enabled(&s.host),
        ),
        &key(
            "running",
            "Whether it is active, as `systemctl is-active` exits: active, reloading or refreshing. With OpenRC: it is \
             started, and its daemons have not died. With init scripts: its pid file names a process of its program.",
            |s: &Self| Ok(s.unit.state(&s.host)?.runs()),
        ),
        &key(
            "runlevels",
            "The runlevels in which an init script starts it, by the links /etc/rc?.d/S??name; of OpenRC those in \
             /etc/runlevels, of runit those in /etc/runit/runsvdir.",
            |s: &Self| s.unit.runlevels(&s.host),
        ),
        &key("masked", "Whether it cannot be started because it is linked to /dev/null.", |s: &Self| {
            s.unit.masked(&s.host)
        }),
        &key(
            "state",
            "Its active state, in systemd's words: `failed` is a daemon that has died, `activating` what is starting, \
             waits, or is started again and again, `deactivating` what is on its way out.",
            |s: &Self| s.unit.state(&s.host),
        ),
        &key(
            "restarts",
            "How often systemd has restarted the service by itself since it was last started by hand.",
            |s: &Self| s.unit.restarts(&s.host),
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
        let units = host.units()?;
        let unit = units.unit(host, &name.0)?;
        if unit.is_none() {
            units.are_all(host)?;
        }
        Ok(unit.map(|unit| Service { host: host.clone(), unit }))
    }
}

impl Service {
    fn property(&self, name: &str) -> Result<Value, Fault> {
        let properties = self.unit.properties(&self.host)?;
        if let Some((_, value)) = properties.iter().find(|(n, _)| n == name) {
            return Ok(value.clone());
        }
        let meant = nearest(name, properties.iter().map(|(n, _)| n.as_str()));
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        Err(Fault::Unsupported(format!("this systemd knows no property `{name}` of `{}`{hint}", self.unit.id())))
    }
}

fn inventory(host: &Host) -> Result<Known<Thing>, Fault> {
    let Known { all, more } = units::enabled(host)?;
    let thing = |unit: Enabled| {
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
    fn what_an_image_would_start_is_read_from_its_files() {
        for tree in [
            "-- /lib/systemd/systemd\n-- /lib/systemd/system/app.service\n[Install]\nWantedBy=multi-user.target\n\
             -- /etc/systemd/system/multi-user.target.wants/app.service -> /lib/systemd/system/app.service\n",
            "-- /sbin/openrc\n-- /etc/init.d/app 0755\n#!/sbin/openrc-run\n-- /etc/runlevels/default/app -> /etc/init.d/app\n",
            "-- /sbin/init -> runit-init\n-- /etc/sv/app/run 0755\n-- /etc/service/app -> /etc/sv/app\n",
            "-- /sbin/init\n-- /etc/inittab\nid:5:initdefault:\n-- /etc/init.d/app 0755\n-- /etc/rc5.d/S01app -> ../init.d/app\n",
        ] {
            let files = Arc::new(TreeFiles::parse(tree).unwrap());
            let host = Host::still(files, crate::host::Still { what: "an image", skips: true });
            let seen = look(&host, "app", &["enabled", "running"]).unwrap().unwrap();
            assert_eq!(seen.values[0], Ok(Value::Bool(true)), "{tree}");
            assert_eq!(seen.values[1].clone().unwrap_err().code(), host.machine().err().unwrap().code(), "{tree}");
            assert!(look(&host, "none", &[]).unwrap().is_none(), "{tree}");
        }
    }

    #[test]
    fn a_host_without_an_init_system_has_no_answer() {
        let files = Arc::new(TreeFiles::parse("-- /etc/init.d/x 0755\n").unwrap());
        let host = Host::offline(files, time::OffsetDateTime::UNIX_EPOCH);
        let fault = look(&host, "ssh", &[]).unwrap_err();
        assert_eq!(fault.code(), "unsupported");
        assert!(fault.to_string().ends_with("ask for what runs with `process`"), "{fault}");
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
