//! runit's services: directories that runsvdir(8) watches, and what runsv(8) notes in them.

use super::scripts;
use super::supervised::{self, Status, Supervisor};
use super::ties::Ties;
use super::{Init, State, Unit, has_entries, started_by, there};
use crate::host::Host;
use crate::host::processes::Process;
use crate::value::Fault;
use std::collections::BTreeSet;

/// Directories that are watched over on one distribution or another.
const WATCHED: [&str; 4] = ["/etc/service", "/var/service", "/service", "/run/runit/service"];
/// Where services are that may be linked there.
const KEPT: [&str; 2] = ["/etc/sv", "/etc/runit/sv"];
/// Each directory in it is a runlevel: runsvchdir(8).
const RUNLEVELS: &str = "/etc/runit/runsvdir";
/// Which of them a host starts with, if another than `default`.
const DEFAULT: &str = "/etc/runit/default.runsvdir";
const RUNSV: Supervisor = Supervisor { program: "runsv", parse: status };

pub fn runs(host: &Host) -> Result<bool, Fault> {
    let first = super::first_process(host)?;
    Ok(first.is_some_and(|name| name == "runit") || supervised::runs(host, "runsvdir")?)
}

pub fn starts(host: &Host) -> Result<bool, Fault> {
    Ok(started_by(host)?.is_some_and(|program| ["runit", "runit-init"].contains(&program.as_str())))
}

pub fn is_written_for(host: &Host) -> Result<bool, Fault> {
    for path in [RUNLEVELS, "/etc/sv", "/etc/service"] {
        if has_entries(host, path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub struct Runit {
    pub runs: bool,
}

struct Service {
    name: String,
    id: String,
    directory: String,
    /// Whether it is in a directory that is watched over.
    is_watched: bool,
    runs: bool,
}

/// The directories that are watched over when the host has started.
fn watched(host: &Host) -> Result<Vec<String>, Fault> {
    let default = host.text(DEFAULT)?.unwrap_or_default();
    let default = if default.trim().is_empty() { "default" } else { default.trim() };
    let mut all = supervised::watched(host, "runsvdir");
    all.extend(WATCHED.map(str::to_owned));
    all.push(format!("{RUNLEVELS}/{default}"));
    Ok(all)
}

impl Init for Runit {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        let name = scripts::name(name);
        let watched = watched(host)?.into_iter().map(|place| (place, true));
        for (place, is_watched) in watched.chain(KEPT.map(|place| (place.to_owned(), false))) {
            let directory = format!("{place}/{name}");
            if there(host, &format!("{directory}/run"))? {
                let (id, runs) = (scripts::unit(&name), self.runs);
                return Ok(Some(Box::new(Service { name, id, directory, is_watched, runs })));
            }
        }
        Ok(None)
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut names = BTreeSet::new();
        for place in watched(host)?.into_iter().chain(KEPT.map(str::to_owned)) {
            for name in host.files().list(&place)?.unwrap_or_default() {
                if !name.starts_with('.') && there(host, &format!("{place}/{name}/run"))? {
                    names.insert(scripts::unit(&name));
                }
            }
        }
        Ok(names.into_iter().collect())
    }
}

impl Service {
    fn look(&self, host: &Host) -> Result<(State, Option<Process>), Fault> {
        if !self.runs {
            return Err(super::at_rest(host));
        }
        RUNSV.state(host, &self.directory)
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
        Ok(self.is_watched && !there(host, &format!("{}/down", self.directory))?)
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let Some(mut levels) = host.files().list(RUNLEVELS)? else {
            return Err(Fault::Unsupported(format!("runit has no runlevels here: there is no {RUNLEVELS}")));
        };
        levels.retain(|level| level != "current" && level != "previous");
        levels.sort_unstable();
        let mut found = Vec::new();
        for level in levels {
            if there(host, &format!("{RUNLEVELS}/{level}/{}/run", self.name))? {
                found.push(level);
            }
        }
        Ok(found)
    }

    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault> {
        let main = if self.runs { self.look(host)?.1.map(|process| process.pid) } else { None };
        let file = Some(format!("{}/run", self.directory));
        Ok(Some(Ties { id: self.id.clone(), file, main, ..Ties::default() }))
    }
}

/// supervise/status: when it changed (TAI64N, 12 bytes), the process (little endian), paused, wanted `u` or `d`, has been
/// sent SIGTERM, and 0 down, 1 up, 2 finishing.
fn status(bytes: &[u8]) -> Option<Status> {
    let [_, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d, _, wanted, _, state] = *bytes else { return None };
    let pid = u32::from_le_bytes([a, b, c, d]);
    let is_whole = state <= 2 && [b'u', b'd'].contains(&wanted) && (pid == 0) == (state == 0);
    is_whole.then_some(Status { pid, finishes: state == 2, wanted: wanted == b'u' })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    /// As runsv of runit 2.1.2 wrote them, and what `sv status` said.
    #[test]
    fn a_note_is_what_sv_says_of_it() {
        let read = |text: &str| status(&STANDARD.decode(text).unwrap()).unwrap();
        // run: (pid 51) 7s
        assert_eq!(read("QAAAAGsDgZkp/wesMwAAAAB1AAE="), Status { pid: 51, finishes: false, wanted: true });
        // down: 1s, normally up
        assert_eq!(read("QAAAAGsDgZ8p8kYMAAAAAABkAAA="), Status { pid: 0, finishes: false, wanted: false });
        // down: 1s, normally up, want up
        assert_eq!(read("QAAAAGsDgZ8scSi8AAAAAAB1AAA="), Status { pid: 0, finishes: false, wanted: true });
        // finish: (pid 64) 7s
        assert_eq!(read("QAAAAGsDgZkqoQhUQAAAAAB1AAI="), Status { pid: 64, finishes: true, wanted: true });
    }

    #[test]
    fn a_note_that_is_cut_short_or_none_says_nothing() {
        let whole = STANDARD.decode("QAAAAGsDgZkp/wesMwAAAAB1AAE=").unwrap();
        for end in 0..whole.len() {
            assert_eq!(status(&whole[..end]), None, "{end}");
        }
        assert_eq!(status(&[&whole[..], &[0]].concat()), None);
        assert_eq!(status(&[0; 20]), None);
    }
}
