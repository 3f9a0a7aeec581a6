//! verispec as a guest in somebody else's container, which leaves nothing of itself there.

use super::exec;
use crate::value::Fault;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::signal::SIGTERM;
use std::path::Path;
use std::time::{Duration, Instant};

/// What only a program has in it that can leave as this one does.
pub const MARK: &str = "Ends the runs of this program in its container, and takes them out";

/// How long runs that are told to end may take until they are killed.
const MERCY: Duration = Duration::from_secs(2);
/// How often a run looks whether it still has its place.
const LOOK: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_millis(10);

/// If this program lies in `folder`, ends it as soon as it does not any more: a run that was being started while the others
/// were ended goes with them.
pub fn follow(folder: &str) {
    let own = std::env::current_exe().unwrap_or_default();
    if own.parent() != Some(Path::new(folder)) {
        return;
    }
    let follow = move || {
        while rustix::fs::stat(&own).is_ok_and(|stat| Some((stat.st_dev, stat.st_ino)) == file_of("self")) {
            std::thread::sleep(LOOK);
        }
        exec::end(SIGTERM);
    };
    let _ = std::thread::Builder::new().name("guest".into()).stack_size(1 << 18).spawn(follow);
}

/// Ends every other run of this program and removes `folder`, if this program lies in it.
pub fn leave(folder: &str) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|e| Fault::from_io("the program that runs", &e).to_string())?;
    if own.parent() != Some(Path::new(folder)) {
        return Err(format!("`{folder}` is not where this program lies"));
    }
    end();
    std::fs::remove_dir_all(folder).map_err(|e| Fault::from_io(folder, &e).to_string())
}

/// Ends every other run of this program that may be looked at: those of the same user, of a root without capabilities.
pub fn end() {
    let begun = Instant::now();
    let mut signal = Signal::TERM;
    loop {
        let others = others();
        if others.is_empty() || begun.elapsed() > 2 * MERCY {
            return;
        }
        others.into_iter().for_each(|pid| _ = kill_process(pid, signal));
        if begun.elapsed() > MERCY {
            signal = Signal::KILL;
        }
        std::thread::sleep(TICK);
    }
}

/// Other processes that run the very file that this one does: a path means another file in another container.
fn others() -> Vec<Pid> {
    let same = |pid: u32| {
        let of =
            |name: String| rustix::fs::stat(format!("/proc/{name}/exe")).map(|stat| (stat.st_dev, stat.st_ino)).ok();
        of(pid.to_string()).is_some_and(|file| of("self".into()) == Some(file))
    };
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let others = pids.filter(|pid| *pid != std::process::id() && same(*pid));
    others.filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).collect()
}

/// Device and inode of what a process runs.
fn file_of(process: &str) -> Option<(u64, u64)> {
    rustix::fs::stat(format!("/proc/{process}/exe")).map(|stat| (stat.st_dev, stat.st_ino)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_the_program_does_not_lie_in_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert!(leave(path).unwrap_err().contains("is not where this program lies"));
        assert!(folder.path().exists());
    }
}
