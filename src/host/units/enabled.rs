//! Units and init scripts that somebody has enabled, by the links that enabling makes: systemd.unit(5), `systemctl enable`.

use super::files::{UnitFiles, filled, template};
use super::sysv;
use crate::host::Host;
use crate::value::{Fault, Known};
use std::collections::BTreeSet;

/// Units that do something by themselves; targets only hold others together.
const TYPES: &[&str] = &["service", "timer", "socket", "path"];

/// A unit, or an init script as the unit that it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enabled {
    /// Its own name, with its suffix.
    pub name: String,
    pub aliases: Vec<String>,
    /// What it says of itself: `Description=`.
    pub description: Option<String>,
}

/// All of them, as systemd has them.
pub fn enabled(host: &Host, files: &UnitFiles) -> Result<Known<Enabled>, Fault> {
    let scripts = sysv::linked(host)?;
    if files.is_empty() && scripts.is_none() {
        let why = "neither units of systemd nor links to init scripts are here";
        return Err(Fault::Unsupported(why.into()));
    }
    let wanted: BTreeSet<String> = files.wanted().map(str::to_owned).collect();
    let instances: BTreeSet<String> = wanted.iter().filter_map(|name| template(name)).collect();
    let aliased = files.aliases().filter(|(_, _, is_made)| *is_made).map(|(_, unit, _)| unit.to_owned());
    let names = wanted.into_iter().chain(aliased).map(|name| files.own_name(&name).to_owned());
    let does_something = |name: &String| TYPES.iter().any(|ty| name.strip_suffix(ty).is_some_and(|n| n.ends_with('.')));
    // A template is told of by its instances.
    let is_told = |name: &String| does_something(name) && files.path(name).is_some() && !instances.contains(name);
    let mut all: BTreeSet<String> = names.filter(is_told).collect();
    // systemd drops the ending, and does not look at a script where there is a unit of that name.
    let scripts =
        scripts.unwrap_or_default().into_iter().map(|name| format!("{}.service", name.trim_end_matches(".sh")));
    all.extend(scripts.filter(|name| !files.is_written(name)));
    let told = |name: String| {
        let leads_here = |alias: &str| files.own_name(alias) == name;
        let aliases =
            files.aliases().filter(|(alias, ..)| leads_here(alias)).map(|(alias, ..)| alias.to_owned()).collect();
        let text = files.path(&name).and_then(|path| host.start(path).ok().flatten());
        let description = text.and_then(|start| description(&String::from_utf8_lossy(&start.bytes), &name));
        Enabled { name, aliases, description }
    };
    Ok(Known { all: all.into_iter().map(told).collect(), more: files.more.clone() })
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
-- /run/systemd/generator.late/oldie.service
[Unit]
Description=LSB: an old one
-- /run/systemd/generator.late/multi-user.target.wants/oldie.service -> ../oldie.service
-- /etc/init.d/off.sh 0755
-- /etc/rc5.d/S01off.sh -> ../init.d/off.sh
-- /etc/rc5.d/K01idle -> ../init.d/idle
-- /etc/rc5.d/S02gone -> ../init.d/gone
-- /etc/rcS.d/README
";

    fn read(tree: &str) -> Result<Known<Enabled>, Fault> {
        let files = Arc::new(TreeFiles::parse(tree).unwrap());
        super::super::enabled(&Host::offline(files, time::OffsetDateTime::UNIX_EPOCH))
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
        let sysv = DEBIAN.replace(
            "-- /sbin/init -> /lib/systemd/systemd\n",
            "-- /sbin/init 0755\nELF\n-- /etc/inittab\nid:5:initdefault:\n",
        );
        let sysv = sysv.lines().filter(|line| !line.contains("/run/")).map(|line| format!("{line}\n"));
        assert_eq!(names(&sysv.collect::<String>()), ["off.sh.service", "oldie.service", "ssh.service"]);
    }

    #[test]
    fn a_host_of_no_kind_is_not_one_without_services() {
        assert_eq!(read("-- /etc/init.d/sshd 0755\n").err().unwrap().code(), "unsupported");
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
        let Ok(known) = super::super::enabled(&host) else { return assert!(expected.is_empty()) };
        let scripts = sysv::linked(&host).unwrap().unwrap_or_default();
        let scripts: Vec<_> = scripts.iter().map(|name| format!("{name}.service")).collect();
        let found = known.all.into_iter().map(|unit| unit.name).filter(|name| !name.contains('@'));
        let found: BTreeSet<_> = found.filter(|name| expected.contains(name) || !scripts.contains(name)).collect();
        assert_eq!(found, expected);
    }
}
