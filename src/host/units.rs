//! Units of the init system: what is there, what state it is in, and whether it starts by itself.

use super::Host;
use crate::value::{Fault, Known, Value};

mod at_rest;
pub mod enabled;
mod files;
mod openrc;
mod pid_file;
mod runit;
mod s6;
mod scripts;
mod supervised;
mod systemd;
mod sysv;
mod ties;

pub use enabled::Enabled;
#[cfg(test)]
pub use systemd::tests::lab;
pub use ties::{Standing, Ties};

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

impl State {
    /// As `systemctl is-active` exits.
    pub fn runs(self) -> bool {
        matches!(self, State::Active | State::Reloading | State::Refreshing)
    }
}

/// A unit that is there.
pub trait Unit {
    /// Its own name with its suffix, which an alias leads to.
    fn id(&self) -> &str;
    fn state(&self, host: &Host) -> Result<State, Fault>;
    /// Whether it starts by itself, or needs no enabling.
    fn enabled(&self, host: &Host) -> Result<bool, Fault>;
    /// The runlevels in which it starts.
    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault>;
    /// Whether it is linked to /dev/null, as only systemd has it.
    fn masked(&self, _: &Host) -> Result<bool, Fault> {
        Ok(false)
    }
    /// How often it was restarted without being asked; `None` of what is never restarted.
    fn restarts(&self, host: &Host) -> Result<Option<u64>, Fault> {
        Err(host.units()?.knows_no("restarts"))
    }
    /// Everything that the init system says of the unit, as `systemctl show` does: names and values.
    fn properties(&self, host: &Host) -> Result<&[(String, Value)], Fault> {
        Err(host.units()?.knows_no("properties"))
    }
    /// What it says of itself.
    fn description(&self, _: &Host) -> Option<String> {
        None
    }
    fn standing(&self, host: &Host) -> Result<Standing, Fault> {
        let active = match self.state(host) {
            Ok(state) => state.runs(),
            // Of a tree of files, its links alone tell whether it matters.
            Err(_) if !host.units()?.runs => false,
            Err(fault) => return Err(fault),
        };
        let used = active || self.enabled(host)?;
        Ok(Standing { id: self.id().to_owned(), active, used, is_static: false })
    }
    /// `None` where the init system has not read it.
    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault>;
}

/// How an init system's units are looked up.
pub trait Init: Send + Sync {
    /// By its full name, such as `ssh.service`. `None` if there is neither a unit nor a file for one.
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault>;
    /// The full names of the units that are there.
    fn names(&self, host: &Host) -> Result<Vec<String>, Fault>;
    /// The units that are enabled.
    fn enabled(&self, host: &Host) -> Result<Known<Enabled>, Fault> {
        let (mut all, mut more) = (Vec::new(), None);
        for name in self.names(host)? {
            let Some(unit) = self.unit(host, &name)? else { continue };
            match unit.enabled(host) {
                Ok(true) => all.push(Enabled { name, aliases: Vec::new(), description: unit.description(host) }),
                Ok(false) => {}
                Err(fault) => more = Some(fault),
            }
        }
        Ok(Known { all, more })
    }
}

/// An init system that is known here.
struct Kind {
    name: &'static str,
    /// Whether it runs the machine: by what it leaves in /run, and by the first process.
    runs: fn(&Host) -> Result<bool, Fault>,
    /// Whether the host would be started by it: by its program.
    starts: fn(&Host) -> Result<bool, Fault>,
    /// Whether anything here is written for it.
    is_written_for: fn(&Host) -> Result<bool, Fault>,
    open: Open,
}

/// Opens an init system's units: of one that runs, or by its files alone.
type Open = fn(&Host, runs: bool) -> Result<Box<dyn Init>, Fault>;

/// The first that runs, else that would start the host, else that something is written for, is the host's.
const KINDS: [Kind; 5] = [
    Kind {
        name: "systemd",
        runs: systemd::runs,
        starts: at_rest::starts,
        is_written_for: at_rest::is_written_for,
        open: systemd::open,
    },
    Kind {
        name: "OpenRC",
        runs: openrc::runs,
        starts: openrc::starts,
        is_written_for: openrc::is_written_for,
        open: |_, runs| Ok(Box::new(openrc::OpenRc { runs })),
    },
    Kind {
        name: "runit",
        runs: runit::runs,
        starts: runit::starts,
        is_written_for: runit::is_written_for,
        open: |_, runs| Ok(Box::new(runit::Runit { runs })),
    },
    Kind {
        name: "s6",
        runs: s6::runs,
        starts: s6::starts,
        is_written_for: s6::is_written_for,
        open: |_, runs| Ok(Box::new(s6::S6 { runs })),
    },
    Kind {
        name: "sysvinit",
        runs: sysv::runs,
        starts: sysv::starts,
        is_written_for: sysv::is_written_for,
        open: |_, runs| Ok(Box::new(sysv::Sysv { runs })),
    },
];

/// The units of whichever init system the host has.
pub struct Units {
    init: Box<dyn Init>,
    /// What people call it.
    pub name: &'static str,
    /// Whether it runs.
    pub runs: bool,
}

/// Nothing is connected until something is asked.
pub(super) fn load(host: &Host) -> Result<Units, Fault> {
    let open = |kind: &Kind, runs| Ok(Units { init: (kind.open)(host, runs)?, name: kind.name, runs });
    if is_running(host)? {
        for kind in &KINDS {
            if (kind.runs)(host)? {
                return open(kind, true);
            }
        }
        if systemd::is_lent(host)? {
            let [systemd, ..] = &KINDS;
            return open(systemd, true);
        }
    }
    for is_of in [|kind: &Kind| kind.starts, |kind: &Kind| kind.is_written_for] {
        for kind in &KINDS {
            if is_of(kind)(host)? {
                return open(kind, false);
            }
        }
    }
    let known = KINDS.map(|kind| kind.name).join(", ");
    Err(Fault::Unsupported(format!("no init system is here (none of {known}): ask for what runs with `process`")))
}

/// Whether this is a machine, or the files of one that runs: those with its processes.
fn is_running(host: &Host) -> Result<bool, Fault> {
    Ok(host.machine().is_ok() || first_process(host)?.is_some())
}

/// The kernel's name for the first process; `None` if it is not here.
fn first_process(host: &Host) -> Result<Option<String>, Fault> {
    let name = match (host.text("/proc/1/comm"), host.machine()) {
        // Of an image or a root file system nothing runs.
        (Err(not_looked_at), Err(no_machine)) if not_looked_at == no_machine => None,
        (name, _) => name?,
    };
    Ok(name.map(|name| name.trim_end_matches('\n').to_owned()))
}

/// Why nothing can be said of what the units are doing, where their init system does not run.
fn at_rest(host: &Host) -> Fault {
    let first = match (host.machine(), first_process(host)) {
        (_, Ok(Some(first))) => format!("process 1 is `{first}`"),
        (Err(no_machine), _) => return no_machine,
        (Ok(_), _) => "process 1 is unknown".to_owned(),
    };
    Fault::Unsupported(format!("no init system that is known runs here ({first}): ask for what runs with `process`"))
}

fn there(host: &Host, path: &str) -> Result<bool, Fault> {
    Ok(host.files().stat(path)?.is_some())
}

/// Whether a directory is there and something is in it.
fn has_entries(host: &Host, path: &str) -> Result<bool, Fault> {
    Ok(host.files().list(path)?.is_some_and(|names| !names.is_empty()))
}

/// What the program that starts the host is called: the end of the link /sbin/init, or `init` of a file.
fn started_by(host: &Host) -> Result<Option<String>, Fault> {
    for path in ["/sbin/init", "/usr/sbin/init", "/usr/bin/init"] {
        if host.files().lstat(path)?.is_some() {
            let target = host.files().link(path)?.unwrap_or_default();
            let name = target.rsplit('/').next().filter(|name| !name.is_empty());
            return Ok(Some(name.unwrap_or("init").to_owned()));
        }
    }
    Ok(None)
}

impl Units {
    /// Looks up a unit by its full name, such as `ssh.service`. `None` if there is neither a unit nor a file for one.
    pub fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        self.init.unit(host, name)
    }

    /// That a unit is certainly not there if it was not found: not where an init system runs that is not known.
    pub fn are_all(&self, host: &Host) -> Result<(), Fault> {
        if self.runs || !is_running(host)? { Ok(()) } else { Err(at_rest(host)) }
    }

    /// The fault that this init system has no answer to that.
    fn knows_no(&self, what: &str) -> Fault {
        Fault::Unsupported(format!("the init system here is {}: it knows no `{what}`", self.name))
    }
}

/// Units and services that somebody has enabled, by name.
pub fn enabled(host: &Host) -> Result<Known<Enabled>, Fault> {
    let mut known = host.units()?.init.enabled(host)?;
    known.all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(known)
}

/// What the service is called, as a unit, that this file of a package is a script or a directory of.
pub fn of_script(path: &str) -> Option<String> {
    let service = path.strip_prefix("/etc/sv/").and_then(|rest| rest.strip_suffix("/run"));
    let name = path.strip_prefix("/etc/init.d/").or(service)?;
    (!name.is_empty() && !name.contains('/')).then(|| scripts::unit(name))
}
