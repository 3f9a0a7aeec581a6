//! Units and init scripts that somebody has enabled, by the links that enabling makes: systemd.unit(5), `systemctl enable`.
//!
//! systemd itself reads nothing else to tell which units are enabled, so this is known where systemd does not run, too.

use super::files::{PLACES, filled};
use crate::host::{FileType, Host};
use crate::value::{Fault, Known};
use std::collections::{BTreeMap, BTreeSet};

/// Of the places of unit files those that administrators link in; what packages link is not enabled but static.
const ENABLING: &[&str] = &["/etc/systemd/system", "/run/systemd/system"];
/// What directories of links to what another unit starts are called.
const STARTS: &[&str] = &[".wants", ".requires", ".upholds"];
/// Units that do something by themselves; targets only hold others together.
const TYPES: &[&str] = &["service", "timer", "socket", "path"];
/// Runlevels that are started in: as systemctl(1) asks for init scripts.
const RUNLEVELS: &[&str] = &["5", "S"];
/// Links from an alias to a unit that are followed.
const MOST_LINKS: usize = 8;

/// A unit, or an init script as the unit that it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enabled {
    /// Its own name, with its suffix.
    pub name: String,
    pub aliases: Vec<String>,
    /// What it says of itself: `Description=`.
    pub description: Option<String>,
}

/// All of them by name.
pub fn enabled(host: &Host) -> Result<Known<Enabled>, Fault> {
    let (mut files, scripts) = (Files::read(host)?, scripts(host)?);
    if files.units.is_empty() && scripts.is_none() {
        let why = "neither units of systemd nor links to init scripts are here: no other init system is read";
        return Err(Fault::Unsupported(why.into()));
    }
    let (mut names, mut scripts) = (BTreeSet::new(), scripts.unwrap_or_default());
    if !is_sysv(host)? {
        names = files.enabled()?;
        // systemd drops the ending, and does not look at a script where there is a unit of that name.
        scripts = scripts.into_iter().map(|name| name.replace(".sh.service", ".service")).collect();
        scripts.retain(|name| !files.units.contains_key(name) && !files.aliases.contains_key(name));
    }
    names.append(&mut scripts);
    let all = names.into_iter().map(|name| files.told(name)).collect();
    Ok(Known { all, more: files.more })
}

/// Whether another init than systemd starts this host.
fn is_sysv(host: &Host) -> Result<bool, Fault> {
    let files = host.files();
    if files.lstat("/run/systemd/system")?.is_some() {
        return Ok(false);
    }
    for path in ["/sbin/init", "/usr/sbin/init"] {
        if files.lstat(path)?.is_some() {
            return Ok(!files.link(path)?.is_some_and(|target| target.contains("systemd")));
        }
    }
    Ok(false)
}

/// The init scripts that links start, each as the unit that systemd makes of it; `None` where there are no such links.
fn scripts(host: &Host) -> Result<Option<BTreeSet<String>>, Fault> {
    let mut found = None::<BTreeSet<String>>;
    for level in RUNLEVELS {
        let Some(links) = host.files().list(&format!("/etc/rc{level}.d"))? else { continue };
        let found = found.get_or_insert_default();
        for link in links {
            let digits = |n: &str| n.bytes().all(|b| b.is_ascii_digit());
            let Some((_, name)) = link.strip_prefix('S').and_then(|l| l.split_at_checked(2)).filter(|(n, _)| digits(n))
            else {
                continue;
            };
            if !name.is_empty() && host.files().stat(&format!("/etc/init.d/{name}"))?.is_some() {
                found.insert(format!("{name}.service"));
            }
        }
    }
    Ok(found)
}

/// The unit files of a host.
struct Files<'h> {
    host: &'h Host,
    /// Where the file of each is that counts.
    units: BTreeMap<String, Unit>,
    /// Names that are links to units of other names.
    aliases: BTreeMap<String, Alias>,
    /// Why there may be more.
    more: Option<Fault>,
}

struct Unit {
    path: String,
    /// It is a link to nothing: `systemctl mask`.
    masked: bool,
}

struct Alias {
    unit: String,
    /// Whether an administrator linked it: enabling a unit links its aliases.
    enables: bool,
}

impl<'h> Files<'h> {
    fn read(host: &'h Host) -> Result<Files<'h>, Fault> {
        let (units, aliases) = (BTreeMap::new(), BTreeMap::new());
        let mut files = Files { host, units, aliases, more: None };
        for place in PLACES {
            let names = match host.files().list(place) {
                Ok(names) => names.unwrap_or_default(),
                Err(fault) => {
                    files.more.get_or_insert(fault);
                    continue;
                }
            };
            for name in names {
                if name.contains('.') && !files.units.contains_key(&name) && !files.aliases.contains_key(&name) {
                    files.add(place, name)?;
                }
            }
        }
        Ok(files)
    }

    fn add(&mut self, place: &str, name: String) -> Result<(), Fault> {
        let path = format!("{place}/{name}");
        let Some(stat) = self.host.files().lstat(&path)? else { return Ok(()) };
        match stat.file_type {
            FileType::Symlink => {
                let target = self.host.files().link(&path)?.unwrap_or_default();
                let unit = target.rsplit('/').next().unwrap_or_default();
                if target == "/dev/null" {
                    self.units.insert(name, Unit { path, masked: true });
                } else if unit != name && unit.contains('.') {
                    let enables = ENABLING.contains(&place);
                    self.aliases.insert(name, Alias { unit: unit.to_owned(), enables });
                } else {
                    self.units.insert(name, Unit { path, masked: false });
                }
            }
            // An empty file masks, too.
            FileType::File => _ = self.units.insert(name, Unit { path, masked: stat.size == 0 }),
            _ => {}
        }
        Ok(())
    }

    fn enabled(&mut self) -> Result<BTreeSet<String>, Fault> {
        let mut linked = BTreeSet::new();
        for place in ENABLING {
            self.linked_in(place, &mut linked)?;
        }
        let instances: BTreeSet<String> = linked.iter().filter_map(|name| template(name)).collect();
        let aliased = self.aliases.values().filter(|alias| alias.enables).map(|alias| alias.unit.clone());
        let names = linked.into_iter().chain(aliased).map(|name| self.own_name(name));
        let does_something =
            |name: &String| TYPES.iter().any(|ty| name.strip_suffix(ty).is_some_and(|n| n.ends_with('.')));
        // A template is told of by its instances.
        Ok(names.filter(|name| does_something(name) && self.has(name) && !instances.contains(name)).collect())
    }

    /// The names in the directories of links below `place`.
    fn linked_in(&mut self, place: &str, names: &mut BTreeSet<String>) -> Result<(), Fault> {
        let files = self.host.files();
        for directory in files.list(place)?.unwrap_or_default() {
            if !STARTS.iter().any(|ending| directory.ends_with(ending)) {
                continue;
            }
            match files.list(&format!("{place}/{directory}")) {
                Ok(links) => names.extend(links.unwrap_or_default()),
                Err(fault) => _ = self.more.get_or_insert(fault),
            }
        }
        Ok(())
    }

    /// The name that a unit has itself, of whichever name it goes by.
    fn own_name(&self, name: String) -> String {
        let mut name = name;
        for _ in 0..MOST_LINKS {
            match self.aliases.get(&name) {
                Some(alias) => name.clone_from(&alias.unit),
                None => break,
            }
        }
        name
    }

    /// The file of a unit; of an instance without one of its own its template's.
    fn file(&self, name: &str) -> Option<&Unit> {
        let of_template = || self.units.get(&self.own_name(template(name)?));
        self.units.get(name).or_else(of_template)
    }

    /// Whether there is such a unit, and it may be started.
    fn has(&self, name: &str) -> bool {
        self.file(name).is_some_and(|unit| !unit.masked)
    }

    fn told(&self, name: String) -> Enabled {
        let leads_here = |alias: &&String| self.own_name((*alias).clone()) == name;
        let aliases = self.aliases.keys().filter(leads_here).cloned().collect();
        let text = self.file(&name).and_then(|unit| self.host.start(&unit.path).ok().flatten());
        let description = text.and_then(|start| description(&String::from_utf8_lossy(&start.bytes), &name));
        Enabled { name, aliases, description }
    }
}

/// `getty@.service` of `getty@tty1.service`.
fn template(name: &str) -> Option<String> {
    let (stem, suffix) = name.rsplit_once('.')?;
    let (template, instance) = stem.split_once('@')?;
    (!instance.is_empty()).then(|| format!("{template}@.{suffix}"))
}

/// What a unit file says of its unit.
fn description(text: &str, name: &str) -> Option<String> {
    let said = text.lines().rev().find_map(|line| line.trim().strip_prefix("Description=")).map(str::trim);
    said.filter(|said| !said.is_empty()).map(|said| filled(said, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    /// As on Debian 12, where /lib is a link.
    const DEBIAN: &str = "\
-- /lib -> usr/lib
-- /sbin/init -> /lib/systemd/systemd
-- /etc/systemd/system/sshd.service -> /lib/systemd/system/ssh.service
-- /etc/systemd/system/dbus-org.freedesktop.timesync1.service -> /lib/systemd/system/systemd-timesyncd.service
-- /etc/systemd/system/display-manager.service -> /lib/systemd/system/lightdm.service
-- /etc/systemd/system/off.service -> /dev/null
-- /etc/systemd/system/app.service -> /opt/app/app.service
-- /etc/systemd/system/own.timer
[Timer]
-- /etc/systemd/system/getty.target.wants/getty@tty1.service -> /lib/systemd/system/getty@.service
-- /etc/systemd/system/multi-user.target.wants/ssh.service -> /lib/systemd/system/ssh.service
-- /etc/systemd/system/multi-user.target.wants/off.service -> /lib/systemd/system/off.service
-- /etc/systemd/system/multi-user.target.wants/gone.service -> /lib/systemd/system/gone.service
-- /etc/systemd/system/multi-user.target.wants/app.service -> /opt/app/app.service
-- /etc/systemd/system/multi-user.target.wants/remote-fs.target -> /lib/systemd/system/remote-fs.target
-- /etc/systemd/system/multi-user.target.wants/sshd.service -> /lib/systemd/system/ssh.service
-- /etc/systemd/system/timers.target.wants/own.timer -> /etc/systemd/system/own.timer
-- /etc/systemd/system/default.target -> /lib/systemd/system/multi-user.target
-- /run/systemd/system/sockets.target.requires/late.socket -> /run/systemd/system/late.socket
-- /run/systemd/system/late.socket
[Socket]
-- /opt/app/app.service
[Service]
-- /usr/lib/systemd/system/ssh.service
[Unit]
Description=OpenBSD Secure Shell server
-- /usr/lib/systemd/system/off.service
[Service]
-- /usr/lib/systemd/system/lightdm.service
[Unit]
Description=Light Display Manager
-- /usr/lib/systemd/system/systemd-timesyncd.service
[Unit]
Description=Network Time Synchronization
-- /usr/lib/systemd/system/getty@.service
[Unit]
Description=Getty on %I
-- /usr/lib/systemd/system/autovt@.service -> getty@.service
-- /usr/lib/systemd/system/static.service
[Service]
-- /usr/lib/systemd/system/sysinit.target.wants/static.service -> ../static.service
-- /usr/lib/systemd/system/remote-fs.target
[Unit]
-- /etc/init.d/ssh 0755
-- /etc/init.d/oldie 0755
-- /etc/init.d/idle 0755
-- /etc/rc5.d/S01ssh -> ../init.d/ssh
-- /etc/rc5.d/S01oldie -> ../init.d/oldie
-- /etc/init.d/off.sh 0755
-- /etc/rc5.d/S01off.sh -> ../init.d/off.sh
-- /etc/rc5.d/K01idle -> ../init.d/idle
-- /etc/rc5.d/S02gone -> ../init.d/gone
-- /etc/rcS.d/README
";

    fn read(tree: &str) -> Result<Known<Enabled>, Fault> {
        let files = Arc::new(TreeFiles::parse(tree).unwrap());
        enabled(&Host::offline(files, time::OffsetDateTime::UNIX_EPOCH))
    }

    fn names(tree: &str) -> Vec<String> {
        read(tree).unwrap().all.into_iter().map(|unit| unit.name).collect()
    }

    #[test]
    fn what_links_start_is_enabled_under_its_own_name() {
        let expected = [
            "app.service",
            "getty@tty1.service",
            "late.socket",
            "lightdm.service",
            "oldie.service",
            "own.timer",
            "ssh.service",
            "systemd-timesyncd.service",
        ];
        assert_eq!(names(DEBIAN), expected);
    }

    #[test]
    fn a_unit_comes_with_its_aliases_and_its_description() {
        let all = read(DEBIAN).unwrap().all;
        let ssh = all.iter().find(|unit| unit.name == "ssh.service").unwrap();
        assert_eq!(ssh.aliases, ["sshd.service"]);
        assert_eq!(ssh.description.as_deref(), Some("OpenBSD Secure Shell server"));
        let getty = all.iter().find(|unit| unit.name == "getty@tty1.service").unwrap();
        assert_eq!((&getty.aliases, &getty.description), (&vec![], &Some("Getty on tty1".to_owned())));
    }

    #[test]
    fn a_host_that_another_init_starts_has_its_scripts_alone() {
        let sysv = DEBIAN.replace("-- /sbin/init -> /lib/systemd/systemd\n", "-- /sbin/init 0755\nELF\n");
        let sysv = sysv.lines().filter(|line| !line.contains("/run/")).map(|line| format!("{line}\n"));
        assert_eq!(names(&sysv.collect::<String>()), ["off.sh.service", "oldie.service", "ssh.service"]);
    }

    #[test]
    fn a_host_of_neither_kind_is_not_one_without_services() {
        let alpine = "-- /etc/init.d/sshd 0755\n-- /etc/runlevels/default/sshd -> /etc/init.d/sshd\n";
        assert_eq!(read(alpine).err().unwrap().code(), "unsupported");
    }

    #[test]
    fn links_that_cannot_be_read_leave_the_list_open() {
        let denied = DEBIAN.replace(
            "-- /opt/app/app.service\n",
            "-- /etc/systemd/system/x.target.wants/ denied\n-- /opt/app/app.service\n",
        );
        let known = read(&denied).unwrap();
        assert_eq!((known.all.len(), known.more.unwrap().code()), (8, "denied"));
    }

    #[test]
    fn aliases_that_lead_in_a_circle_end() {
        let circle = "-- /etc/systemd/system/a.service -> b.service\n-- /etc/systemd/system/b.service -> a.service\n\
                      -- /usr/lib/systemd/system/c.service\n[Unit]\n";
        assert_eq!(names(circle), [""; 0]);
    }

    /// systemctl reads the links itself where it is given a root, whether or not systemd runs.
    #[test]
    fn systemctl_calls_the_same_units_of_this_machine_enabled() {
        let mut systemctl = std::process::Command::new("systemctl");
        systemctl.args(["--root=/", "list-unit-files", "--no-legend", "--no-pager", "--plain"]);
        let Ok(output) = systemctl.output() else {
            eprintln!("skipped: no systemctl here");
            return;
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let mut expected = BTreeSet::new();
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let told = TYPES.iter().any(|ty| words[0].ends_with(&format!(".{ty}")));
            if told && matches!(words[1], "enabled" | "enabled-runtime") && !words[0].contains("@.") {
                expected.insert(words[0].to_owned());
            }
        }
        let host = Host::local();
        let Ok(known) = enabled(&host) else { return assert!(expected.is_empty()) };
        let scripts = scripts(&host).unwrap().unwrap_or_default();
        let found = known.all.into_iter().map(|unit| unit.name).filter(|name| !name.contains('@'));
        let found: BTreeSet<_> = found.filter(|name| expected.contains(name) || !scripts.contains(name)).collect();
        assert_eq!(found, expected);
    }
}
