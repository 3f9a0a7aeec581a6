//! The process that a pid file names.

use crate::host::Host;
use crate::host::processes::Process;
use crate::value::Fault;

/// Bytes of a pid file that are read.
const BOUND: u64 = 4096;

/// What a pid file says.
#[derive(Debug)]
pub enum PidFile {
    /// There is none.
    Missing,
    /// It names a process that is gone.
    Stale,
    Names(Process),
}

/// Follows a pid file: the first number in it counts, as start-stop-daemon(8) has it.
pub fn follow(host: &Host, path: &str) -> Result<PidFile, Fault> {
    let Some(bytes) = host.files().read(path, BOUND)? else { return Ok(PidFile::Missing) };
    let text = String::from_utf8_lossy(&bytes);
    let pid = text.split_ascii_whitespace().next().and_then(|word| word.parse::<u32>().ok()).filter(|pid| *pid > 0);
    let Some(pid) = pid else {
        return Err(Fault::Malformed(format!("{path} holds no number of a process")));
    };
    if let Some(process) = host.process(pid)? {
        return Ok(PidFile::Names(process));
    }
    // A process that may not be seen looks like one that is gone.
    host.processes()?.complete()?;
    Ok(PidFile::Stale)
}
