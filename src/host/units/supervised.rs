//! Services with a supervisor each, which notes in the service's directory what it is doing: runsv(8), s6-supervise.

use super::{State, there};
use crate::host::Host;
use crate::host::processes::Process;
use crate::value::Fault;

/// What the supervisor has noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// 0 where there is no process.
    pub pid: u32,
    /// The process is that which cleans up behind the service.
    pub finishes: bool,
    /// Whether the supervisor is to keep it running.
    pub wanted: bool,
}

/// Whose notes are read.
pub struct Supervisor {
    pub program: &'static str,
    pub parse: fn(&[u8]) -> Option<Status>,
}

/// Bytes of a note that are read: more than any has.
const BOUND: u64 = 256;

impl Supervisor {
    /// What the service in `directory` is doing, and the process that does it.
    pub fn state(&self, host: &Host, directory: &str) -> Result<(State, Option<Process>), Fault> {
        let path = format!("{directory}/supervise/status");
        // A process may end between the note and the look at it.
        for _ in 0..3 {
            let Some(status) = self.status(host, directory, &path)? else { return Ok((State::Inactive, None)) };
            if status.pid == 0 {
                let state = if status.wanted { State::Activating } else { State::Inactive };
                return Ok((state, None));
            }
            let Some(process) = host.process(status.pid)? else { continue };
            let parent = host.process_name(process.parent)?.unwrap_or_default();
            if parent != self.program {
                return Err(Fault::Unsupported(format!(
                    "{path} is out of date: process {} is not one that `{}` runs; does the supervisor still run?",
                    status.pid, self.program
                )));
            }
            let state = if status.finishes { State::Deactivating } else { State::Active };
            return Ok((state, Some(process)));
        }
        host.processes()?.complete()?;
        Err(Fault::Unsupported(format!(
            "{path} is out of date: it names a process that is gone; does `{}` still run?",
            self.program
        )))
    }

    fn status(&self, host: &Host, directory: &str, path: &str) -> Result<Option<Status>, Fault> {
        let Some(bytes) = host.files().read(path, BOUND)? else {
            // Nothing has ever supervised it, or not since the machine started.
            if !there(host, &format!("{directory}/supervise/lock"))? {
                return Ok(None);
            }
            return Err(Fault::Malformed(format!("{path} is missing, though the service is supervised")));
        };
        let malformed = || Fault::Malformed(format!("{path} is not as `{}` writes it", self.program));
        (self.parse)(&bytes).map(Some).ok_or_else(malformed)
    }
}

/// The directories that programs of this name watch over, by their command lines.
pub fn watched(host: &Host, program: &str) -> Vec<String> {
    let Ok(processes) = host.processes() else { return Vec::new() };
    let running = processes.running(host, |name| name == program).unwrap_or_default();
    let arguments = running.iter().filter_map(|process| process.arguments(host).ok().flatten());
    let directory = |words: Vec<String>| words.into_iter().skip(1).find(|word| word.starts_with('/'));
    arguments.filter_map(directory).map(|path| path.trim_end_matches('/').to_owned()).collect()
}

/// Whether a program of this name runs.
pub fn runs(host: &Host, program: &str) -> Result<bool, Fault> {
    Ok(host.processes()?.names().any(|name| name == program))
}
