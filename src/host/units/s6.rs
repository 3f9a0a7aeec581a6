//! s6's services: directories that s6-svscan watches, what s6-supervise notes in them, and what s6-rc starts of them.

use super::scripts;
use super::supervised::{self, Status, Supervisor};
use super::ties::Ties;
use super::{Init, State, Unit, has_entries, started_by, there};
use crate::host::Host;
use crate::host::processes::Process;
use crate::value::Fault;
use std::collections::BTreeSet;

mod database;

use database::Database;

/// Directories that are watched over on one distribution or another.
const WATCHED: [&str; 3] = ["/run/service", "/run/s6/services", "/service"];
/// Services that s6-overlay puts there when a container starts.
const LEGACY: &str = "/etc/services.d";
/// Where services of s6-rc are written down, and the bundles among them that are started with the host. Those of the
/// first directory are of s6-overlay, which keeps the bundles themselves in the second.
const SOURCES: [(&str, &[&str]); 4] = [
    ("/etc/s6-overlay/s6-rc.d", &["user", "user2"]),
    ("/etc/s6-overlay/user-bundles.d", &["user", "user2"]),
    ("/etc/s6/adminsv", &["default"]),
    ("/etc/s6/sv", &["default"]),
];
const SUPERVISE: Supervisor = Supervisor { program: "s6-supervise", parse: status };

pub fn runs(host: &Host) -> Result<bool, Fault> {
    supervised::runs(host, "s6-svscan")
}

pub fn starts(host: &Host) -> Result<bool, Fault> {
    if there(host, "/etc/s6-overlay")? && there(host, "/init")? {
        return Ok(true);
    }
    Ok(started_by(host)?.is_some_and(|program| program.starts_with("s6-"))
        || there(host, "/etc/s6-linux-init/current")?)
}

pub fn is_written_for(host: &Host) -> Result<bool, Fault> {
    for path in SOURCES.map(|(path, _)| path).into_iter().chain([LEGACY]) {
        if has_entries(host, path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub struct S6 {
    pub runs: bool,
}

/// Where a service was found.
enum Found {
    /// A directory that is watched over.
    Watched(String),
    /// Only in the database of s6-rc: one that does its work and ends. Whether it has.
    Done(bool),
    /// Written down only: nothing starts it.
    Written(String),
}

struct Service {
    name: String,
    id: String,
    found: Found,
    runs: bool,
}

fn watched(host: &Host) -> Vec<String> {
    let mut all = supervised::watched(host, "s6-svscan");
    all.extend(WATCHED.map(str::to_owned));
    all
}

fn legacy(name: &str) -> String {
    format!("{LEGACY}/{name}")
}

/// Where a service of s6-rc is written down.
fn source(host: &Host, name: &str) -> Result<Option<String>, Fault> {
    for (place, _) in SOURCES {
        let path = format!("{place}/{name}");
        if there(host, &format!("{path}/type"))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn find(host: &Host, name: &str, runs: bool) -> Result<Option<Found>, Fault> {
    if runs {
        for place in watched(host) {
            let directory = format!("{place}/{name}");
            if there(host, &format!("{directory}/run"))? {
                return Ok(Some(Found::Watched(directory)));
            }
        }
        if let Some(is_up) = Database::read(host)?.and_then(|database| database.is_up(name)) {
            return Ok(Some(Found::Done(is_up)));
        }
    }
    if there(host, &format!("{}/run", legacy(name)))? {
        return Ok(Some(Found::Written(legacy(name))));
    }
    Ok(source(host, name)?.map(Found::Written))
}

impl Init for S6 {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        let (name, runs) = (scripts::name(name), self.runs);
        let id = scripts::unit(&name);
        let found = find(host, &name, runs)?;
        Ok(found.map(|found| Box::new(Service { name, id, found, runs }) as Box<dyn Unit>))
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut names = BTreeSet::new();
        let watched = if self.runs { watched(host) } else { Vec::new() };
        let watched = watched.into_iter().chain([LEGACY.to_owned()]).map(|place| (place, "run"));
        for (place, file) in watched.chain(SOURCES.map(|(place, _)| (place.to_owned(), "type"))) {
            for name in host.files().list(&place)?.unwrap_or_default() {
                if !name.starts_with('.') && there(host, &format!("{place}/{name}/{file}"))? {
                    names.insert(scripts::unit(&name));
                }
            }
        }
        Ok(names.into_iter().collect())
    }
}

/// Whether a bundle that is started with the host leads to the service of this name: by what bundles hold and by what
/// services need.
fn is_started(host: &Host, name: &str) -> Result<bool, Fault> {
    let (mut seen, mut next) = (BTreeSet::new(), Vec::new());
    next.extend(SOURCES.iter().flat_map(|(_, bundles)| bundles.iter().map(|bundle| (*bundle).to_owned())));
    while let Some(at) = next.pop() {
        if at == name {
            return Ok(true);
        }
        if !seen.insert(at.clone()) {
            continue;
        }
        // s6-overlay has its bundles twice: as they come, and with what the image adds.
        for (place, _) in SOURCES {
            for folder in ["contents.d", "dependencies.d"] {
                next.extend(host.files().list(&format!("{place}/{at}/{folder}"))?.unwrap_or_default());
            }
            for file in ["contents", "dependencies"] {
                let text = host.text(&format!("{place}/{at}/{file}"))?.unwrap_or_default();
                next.extend(
                    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned),
                );
            }
        }
    }
    Ok(false)
}

impl Service {
    fn look(&self, host: &Host) -> Result<(State, Option<Process>), Fault> {
        if !self.runs {
            return Err(super::at_rest(host));
        }
        match &self.found {
            Found::Watched(directory) => SUPERVISE.state(host, directory),
            Found::Done(true) => Ok((State::Active, None)),
            Found::Done(false) | Found::Written(_) => Ok((State::Inactive, None)),
        }
    }
}

impl Unit for Service {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self, host: &Host) -> Result<State, Fault> {
        Ok(self.look(host)?.0)
    }

    fn enabled(&self, host: &Host) -> Result<bool, Fault> {
        if source(host, &self.name)?.is_some() {
            return is_started(host, &self.name);
        }
        let is_compiled = || Ok::<_, Fault>(Database::read(host)?.is_some_and(|db| db.is_up(&self.name).is_some()));
        match &self.found {
            Found::Watched(directory) if !is_compiled()? => Ok(!there(host, &format!("{directory}/down"))?),
            Found::Written(directory) => Ok(!there(host, &format!("{directory}/down"))?),
            _ => {
                let why = "s6-rc starts it, and where its bundles are written down is not known here";
                Err(Fault::Unsupported(why.into()))
            }
        }
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        Err(host.units()?.knows_no("runlevels"))
    }

    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault> {
        let main = if self.runs { self.look(host)?.1.map(|process| process.pid) } else { None };
        let written = || Ok::<_, Fault>(source(host, &self.name)?.map(|path| format!("{path}/run")));
        let file = match &self.found {
            // What is watched over is a copy, where it is in /run.
            Found::Watched(directory) => written()?.or_else(|| Some(format!("{directory}/run"))),
            Found::Done(_) => source(host, &self.name)?.map(|path| format!("{path}/up")),
            Found::Written(directory) => Some(format!("{directory}/run")),
        };
        Ok(Some(Ties { id: self.id.clone(), file, main, ..Ties::default() }))
    }
}

/// supervise/status: when it changed and when it was ready (TAI64N, 12 bytes each), the process and, since s6 2.12, its
/// group (big endian, 8 bytes each), how it ended (2 bytes), and bits: 0 paused, 1 finishing, 2 wanted, 3 ready.
fn status(bytes: &[u8]) -> Option<Status> {
    if ![35, 43].contains(&bytes.len()) {
        return None;
    }
    let pid = bytes.get(24..32)?.first_chunk::<8>().map(|pid| u64::from_be_bytes(*pid))?;
    let flags = *bytes.last()?;
    let (pid, finishes) = (u32::try_from(pid).ok()?, flags & 2 != 0);
    (flags < 16).then_some(Status { pid, finishes: finishes && pid != 0, wanted: flags & 4 != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    /// As s6-supervise of s6 2.11 wrote them, and what s6-svstat said.
    #[test]
    fn a_note_is_what_s6_svstat_says_of_it() {
        let read = |text: &str| status(&STANDARD.decode(text).unwrap()).unwrap();
        // up (pid 36) 5 seconds
        let up = "QAAAAGsDgbsVlj4FQAAAAGsDgbsU9wfBAAAAAAAAACQAAAQ=";
        assert_eq!(read(up), Status { pid: 36, finishes: false, wanted: true });
        // down (signal SIGTERM) 0 seconds, normally up
        let stopped = "QAAAAGsDgcAVKx7KQAAAAGsDgcAVfTU2AAAAAAAAAAAADwg=";
        assert_eq!(read(stopped), Status { pid: 0, finishes: false, wanted: false });
        // down (exitcode 3) 0 seconds, normally up, want up
        let crashes = "QAAAAGsDgcAX7avVQAAAAGsDgcAYGFcyAAAAAAAAAAADAAw=";
        assert_eq!(read(crashes), Status { pid: 0, finishes: false, wanted: true });
        // down (signal SIGTERM) 0 seconds, normally up, want up: ./finish runs
        let finishes = "QAAAAGsDgcAVKNavQAAAAGsDgbsU3I/LAAAAAAAAADIADwY=";
        assert_eq!(read(finishes), Status { pid: 50, finishes: true, wanted: true });
    }

    #[test]
    fn a_note_with_a_process_group_is_read_and_others_are_not() {
        let old = STANDARD.decode("QAAAAGsDgbsVlj4FQAAAAGsDgbsU9wfBAAAAAAAAACQAAAQ=").unwrap();
        let new = [&old[..32], &[0, 0, 0, 0, 0, 0, 0, 36], &old[32..]].concat();
        assert_eq!(status(&new), Some(Status { pid: 36, finishes: false, wanted: true }));
        for end in (0..new.len()).filter(|end| *end != 35) {
            assert_eq!(status(&new[..end]), None, "{end}");
        }
    }
}
