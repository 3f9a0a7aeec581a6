//! Services as goss sees them: of systemd where it runs, else of the init scripts of a container that has no systemctl.

use crate::host::Host;
use crate::host::exec::Job;
use crate::resource::{Asked, Kind, Observed, Probe, Seen};
use crate::value::{Fault, Value};

/// Who starts the scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Init {
    /// `/etc/rc?.d/S??name`.
    Sysv,
    /// The same; a script must also say that it runs.
    Ubuntu,
    /// `/etc/runlevels/*/name`.
    Alpine,
}

/// A probe that is asked for `enabled`, `running` and `runlevels`.
pub fn probe(kind: &'static Kind, name: &str, systemd: Result<Probe, String>) -> Result<Probe, String> {
    let name = name.to_owned();
    // No unit is called so, nor a script.
    if name.contains('/') {
        return Ok(Box::new(move |_, asked| nothing(kind, asked)));
    }
    let systemd = systemd?;
    Ok(Box::new(move |host, asked| {
        let by_systemd = || of_systemd(kind, systemd(host, asked), asked);
        // A systemd that does not answer on the bus does not run.
        let seen = match host.units() {
            Ok(units) if units.name == "systemd" && units.runs => by_systemd(),
            Ok(_) => Err(Fault::Unsupported("systemd does not run here".into())),
            Err(fault) => Err(fault),
        };
        match seen {
            Err(fault @ Fault::Unsupported(_)) => match init(host)? {
                Some(init) => answer(kind, asked, |key| init.read(host, &name, key)),
                // systemctl reads the files where there is nobody to ask.
                None if host.units().is_ok_and(|units| units.name == "systemd" && !units.runs) => by_systemd(),
                None => Err(fault),
            },
            seen => seen,
        }
    }))
}

fn of_systemd(kind: &Kind, seen: Observed, asked: &dyn Asked) -> Observed {
    match seen {
        // What systemd does not know neither starts nor runs.
        Ok(None) => nothing(kind, asked),
        Ok(Some(mut seen)) => {
            for (ask, value) in asked.asks().iter().zip(&mut seen.values) {
                // Of runlevels goss asks systemd nothing.
                if (kind.key_name)(ask.key) == "runlevels" {
                    *value = Ok(Value::List(Vec::new()));
                }
            }
            Ok(Some(seen))
        }
        Err(fault) => Err(fault),
    }
}

fn nothing(kind: &Kind, asked: &dyn Asked) -> Observed {
    answer(kind, asked, |key| Ok(if key == "runlevels" { Value::List(Vec::new()) } else { Value::Bool(false) }))
}

fn answer(kind: &Kind, asked: &dyn Asked, read: impl Fn(&str) -> Result<Value, Fault>) -> Observed {
    let values: Vec<_> = asked.asks().iter().map(|ask| read((kind.key_name)(ask.key))).collect();
    Ok(Some(Seen::from(values)))
}

/// `None` where systemctl is there to be asked, or nothing tells who starts services.
fn init(host: &Host) -> Result<Option<Init>, Fault> {
    let there = |path: &str| host.files().stat(path).map(|stat| stat.is_some());
    let path = std::env::var("PATH").unwrap_or_default();
    for folder in path.split(':').filter(|folder| folder.starts_with('/')) {
        if there(&format!("{folder}/systemctl"))? {
            return Ok(None);
        }
    }
    if host.text("/etc/lsb-release")?.is_some_and(|text| text.contains("Ubuntu")) {
        return Ok(Some(Init::Ubuntu));
    }
    Ok(match (there("/etc/alpine-release")?, there("/etc/arch-release")?) {
        (true, _) => Some(Init::Alpine),
        (_, true) => None,
        _ => Some(Init::Sysv),
    })
}

impl Init {
    fn read(self, host: &Host, name: &str, key: &str) -> Result<Value, Fault> {
        match key {
            "runlevels" => Ok(Value::List(self.levels(host, name)?.into_iter().map(Value::Text).collect())),
            "enabled" => Ok(Value::Bool(!self.levels(host, name)?.is_empty())),
            _ => self.runs(host, name).map(Value::Bool),
        }
    }

    /// The runlevels in which it starts, sorted.
    fn levels(self, host: &Host, name: &str) -> Result<Vec<String>, Fault> {
        let list = |path: &str| Ok::<_, Fault>(host.files().list(path)?.unwrap_or_default());
        let mut levels = Vec::new();
        match self {
            Init::Alpine => {
                for level in list("/etc/runlevels")? {
                    if host.files().lstat(&format!("/etc/runlevels/{level}/{name}"))?.is_some() {
                        levels.push(level);
                    }
                }
            }
            Init::Sysv | Init::Ubuntu => {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let starts = |link: &String| {
                    let number = link.strip_prefix('S').and_then(|rest| rest.strip_suffix(name));
                    number.is_some_and(|number| number.len() == 2 && digits(number))
                };
                for folder in list("/etc")? {
                    let level = folder.strip_prefix("rc").and_then(|rest| rest.strip_suffix(".d"));
                    let Some(level) = level.filter(|level| digits(level)) else { continue };
                    if list(&format!("/etc/{folder}"))?.iter().any(starts) {
                        levels.push(level.to_owned());
                    }
                }
            }
        }
        levels.sort();
        Ok(levels)
    }

    /// What its script says.
    fn runs(self, host: &Host, name: &str) -> Result<bool, Fault> {
        let argv = ["service", name, "status"].map(str::to_owned).into();
        let told = host.machine()?.run(&Job { argv, ..Job::default() }, host.deadline())?;
        let says = ["running", "online"].iter().any(|word| told.stdout.text.contains(word));
        Ok(told.status == 0 && (self != Init::Ubuntu || says))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::resource::Ask;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn seen(tree: &str, name: &str) -> Observed {
        let kind = Kind::find("service").unwrap();
        let index = |name| (kind.keys)().iter().position(|key| key.name == name).unwrap();
        let asks: Vec<_> =
            ["enabled", "runlevels"].map(|key| Ask { key: index(key), argument: "".into() }).into_iter().collect();
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        let systemd = (kind.bind)(name, &[], &mut vec![]);
        probe(kind, name, systemd).unwrap()(&host, &asks)
    }

    fn levels(levels: &[&str]) -> Observed {
        let list = levels.iter().map(|level| Value::Text((*level).into())).collect();
        Ok(Some(vec![Ok(Value::Bool(!levels.is_empty())), Ok(Value::List(list))].into()))
    }

    #[test]
    fn where_no_systemd_is_the_scripts_say_what_starts() {
        let tree = "-- /etc/rc3.d/S01cron 0755 0:0\n-- /etc/rc2.d/S01cron 0755 0:0\n-- /etc/rc2.d/K01off 0755 0:0\n\
            -- /etc/rcS.d/S01early 0755 0:0\n-- /etc/rc2.d/S1cron 0755 0:0\n";
        assert_eq!(seen(tree, "cron"), levels(&["2", "3"]));
        assert_eq!(seen(tree, "off"), levels(&[]));
        assert_eq!(seen(tree, "early"), levels(&[]));
        let alpine = "-- /etc/alpine-release 0644 0:0\n3.20\n-- /etc/runlevels/default/crond -> /etc/init.d/crond\n";
        assert_eq!(seen(alpine, "crond"), levels(&["default"]));
    }

    #[test]
    fn a_systemctl_that_cannot_be_asked_leaves_it_unknown() {
        let path = std::env::var("PATH").unwrap();
        let folder = path.split(':').find(|folder| folder.starts_with('/')).unwrap();
        assert!(matches!(seen(&format!("-- {folder}/systemctl 0755 0:0\n"), "cron"), Err(Fault::Unsupported(_))));
        assert_eq!(seen("", "a/b"), levels(&[]), "no service is called so");
    }
}
