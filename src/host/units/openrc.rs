//! OpenRC's services: scripts in /etc/init.d, runlevels in /etc/runlevels, states in /run/openrc (openrc(8), rc-status(8)).

use super::pid_file::{self, PidFile};
use super::scripts;
use super::ties::Ties;
use super::{Init, State, Unit, has_entries, started_by, there};
use crate::host::processes::Process;
use crate::host::{FileType, Host};
use crate::value::Fault;
use std::collections::BTreeSet;

/// Where scripts are; the first that has one counts.
const SCRIPTS: [&str; 2] = ["/etc/init.d", "/usr/local/etc/init.d"];
const RUNLEVELS: &str = "/etc/runlevels";
/// Where OpenRC notes what it has done.
const NOTES: &str = "/run/openrc";
/// The runlevels that a host goes through when it starts: openrc(8).
const AT_START: [&str; 3] = ["sysinit", "boot", "default"];
/// Its notes by precedence, as rc-status(8) has it, and the states that they stand for. Inactive is what has been
/// started and waits for something.
const STATES: [(&str, State); 5] = [
    ("stopping", State::Deactivating),
    ("starting", State::Activating),
    ("inactive", State::Activating),
    ("started", State::Active),
    ("failed", State::Failed),
];
/// Bytes of a note on a daemon that are read.
const BOUND: u64 = 1 << 16;

pub fn runs(host: &Host) -> Result<bool, Fault> {
    there(host, &format!("{NOTES}/softlevel"))
}

pub fn starts(host: &Host) -> Result<bool, Fault> {
    if started_by(host)?.is_some_and(|program| program == "openrc-init") {
        return Ok(true);
    }
    Ok(there(host, "/sbin/openrc")? || there(host, "/usr/sbin/openrc")? || there(host, "/usr/bin/openrc")?)
}

pub fn is_written_for(host: &Host) -> Result<bool, Fault> {
    has_entries(host, RUNLEVELS)
}

pub struct OpenRc {
    pub runs: bool,
}

struct Service {
    name: String,
    id: String,
    script: String,
    runs: bool,
}

impl Init for OpenRc {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        let name = scripts::name(name);
        let mut script = None;
        for place in SCRIPTS {
            let path = format!("{place}/{name}");
            if script.is_none() && is_script(host, &path)? {
                script = Some(path);
            }
        }
        // What runs is there, even if its script is gone.
        if script.is_none() && self.runs {
            script = host.files().link(&format!("{NOTES}/started/{name}"))?;
        }
        let (id, runs) = (scripts::unit(&name), self.runs);
        Ok(script.map(|script| Box::new(Service { name, id, script, runs }) as Box<dyn Unit>))
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut names = BTreeSet::new();
        for place in SCRIPTS {
            for name in host.files().list(place)?.unwrap_or_default() {
                if is_script(host, &format!("{place}/{name}"))? {
                    names.insert(scripts::unit(&name));
                }
            }
        }
        Ok(names.into_iter().collect())
    }
}

/// As rc-service(8) has it: whatever may be run, but for parts of others.
fn is_script(host: &Host, path: &str) -> Result<bool, Fault> {
    let stat = host.files().stat(path)?.filter(|_| !path.ends_with(".sh"));
    Ok(stat.is_some_and(|stat| stat.file_type == FileType::File && stat.mode & 0o111 != 0))
}

/// The runlevels whose services start in this one, too: directories in it, and in those.
fn chain(host: &Host, level: &str) -> Result<BTreeSet<String>, Fault> {
    let (mut chain, mut next) = (BTreeSet::new(), vec![level.to_owned()]);
    while let Some(level) = next.pop() {
        let path = format!("{RUNLEVELS}/{level}");
        if chain.contains(&level) || !is_directory(host, &path)? {
            continue;
        }
        for name in host.files().list(&path)?.unwrap_or_default() {
            if is_directory(host, &format!("{path}/{name}"))? {
                next.push(name);
            }
        }
        chain.insert(level);
    }
    Ok(chain)
}

fn is_directory(host: &Host, path: &str) -> Result<bool, Fault> {
    Ok(host.files().stat(path)?.is_some_and(|stat| stat.file_type == FileType::Directory))
}

impl Service {
    /// The processes that it has started, each with the file that names it; one may have none.
    fn daemons(&self, host: &Host) -> Result<Vec<Daemon>, Fault> {
        let folder = format!("{NOTES}/daemons/{}", self.name);
        let mut names = host.files().list(&folder)?.unwrap_or_default();
        names.sort_unstable();
        let mut daemons = Vec::new();
        for path in names.iter().filter(|name| !name.starts_with('.')).map(|name| format!("{folder}/{name}")) {
            let bytes = host.files().read(&path, BOUND)?.unwrap_or_default();
            let daemon = Daemon::parse(&String::from_utf8_lossy(&bytes));
            daemons.push(
                daemon.ok_or_else(|| Fault::Malformed(format!("{path} names neither a pid file nor a program")))?,
            );
        }
        Ok(daemons)
    }

    /// Its first daemon that runs, and whether all do.
    fn processes(&self, host: &Host) -> Result<(Option<Process>, bool), Fault> {
        let option = |name: &str| {
            let text = host.text(&format!("{NOTES}/options/{}/{name}", self.name))?;
            Ok::<_, Fault>(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
        };
        let daemons = self.daemons(host)?;
        if let (true, Some(path)) = (daemons.is_empty(), option("pidfile")?) {
            // Debian has another start-stop-daemon, which makes no notes.
            return match pid_file::follow(host, &path)? {
                PidFile::Names(process) => Ok((Some(process), true)),
                PidFile::Stale => Ok((None, false)),
                PidFile::Missing => Err(Fault::Unsupported(format!(
                    "OpenRC has started it, but its pid file {path} is missing: nothing tells whether it still runs"
                ))),
            };
        }
        let (mut first, mut all) = (None, true);
        let chroot = option("chroot")?.unwrap_or_default();
        for daemon in daemons {
            let process = daemon.process(host, &chroot)?;
            all &= process.is_some();
            first = first.or(process);
        }
        Ok((first, all))
    }
}

impl Unit for Service {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self, host: &Host) -> Result<State, Fault> {
        if !self.runs {
            return Err(super::at_rest(host));
        }
        for (note, state) in STATES {
            if host.files().lstat(&format!("{NOTES}/{note}/{}", self.name))?.is_none() {
                continue;
            }
            let has_crashed = state == State::Active && !self.processes(host)?.1;
            return Ok(if has_crashed { State::Failed } else { state });
        }
        Ok(State::Inactive)
    }

    fn enabled(&self, host: &Host) -> Result<bool, Fault> {
        for start in AT_START {
            for level in chain(host, start)? {
                if host.files().lstat(&format!("{RUNLEVELS}/{level}/{}", self.name))?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut levels = host.files().list(RUNLEVELS)?.unwrap_or_default();
        levels.sort_unstable();
        let mut found = Vec::new();
        for level in levels {
            if host.files().lstat(&format!("{RUNLEVELS}/{level}/{}", self.name))?.is_some() {
                found.push(level);
            }
        }
        Ok(found)
    }

    fn description(&self, host: &Host) -> Option<String> {
        let start = host.start(&self.script).ok().flatten()?;
        let text = String::from_utf8_lossy(&start.bytes);
        let said = text.lines().find_map(|line| line.strip_prefix("description="))?;
        Some(said.trim().trim_matches(['"', '\'']).to_owned()).filter(|said| !said.is_empty() && !said.contains('$'))
    }

    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault> {
        let main = if self.runs { self.processes(host)?.0.map(|process| process.pid) } else { None };
        Ok(Some(Ties { id: self.id.clone(), file: Some(self.script.clone()), main, ..Ties::default() }))
    }
}

/// What start-stop-daemon(8) has noted of one that it has started.
#[derive(Debug, PartialEq, Eq)]
struct Daemon {
    pid_file: Option<String>,
    /// How its command line begins.
    arguments: Vec<String>,
}

impl Daemon {
    fn parse(text: &str) -> Option<Daemon> {
        let pairs = || text.lines().filter_map(|line| line.split_once('=')).filter(|(_, value)| !value.is_empty());
        let values = |name: &str| {
            let of_name = pairs().filter(|(n, _)| n.starts_with(name));
            of_name.map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        let pid_file = values("pidfile").pop();
        let mut arguments = values("argv_");
        if arguments.is_empty() {
            arguments.extend(values("exec").pop());
        }
        (pid_file.is_some() || !arguments.is_empty()).then_some(Daemon { pid_file, arguments })
    }

    fn process(&self, host: &Host, chroot: &str) -> Result<Option<Process>, Fault> {
        if let Some(path) = &self.pid_file {
            return Ok(match pid_file::follow(host, &format!("{chroot}{path}"))? {
                PidFile::Names(process) => Some(process),
                PidFile::Missing | PidFile::Stale => None,
            });
        }
        let processes = host.processes()?;
        for process in processes.running(host, |_| true)? {
            if process.arguments(host)?.is_some_and(|words| words.starts_with(&self.arguments)) {
                return Ok(Some(process));
            }
        }
        processes.complete()?;
        Ok(None)
    }
}
