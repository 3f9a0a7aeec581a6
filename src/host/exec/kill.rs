//! Kills commands and whatever they have started.

use procfs::process::{Process, all_processes};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal};
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::os::fd::OwnedFd;

/// A variable in a command's environment by which those that it starts are known: what has a session of its own and
/// whose parent has ended is otherwise nobody's.
pub(super) const MARK: &str = "VERISPEC_COMMAND";

/// How often others are looked for: those that were about to fork when they were stopped.
const ROUNDS: usize = 4;
/// Processes outside the groups that are killed at most.
const MOST: usize = 4096;

/// Kills the process groups that the commands lead, and those whom they have started and who have left them.
///
/// The commands stand by their numbers, with their marks. All are stopped before one is killed: the children of a dead
/// process are no longer known as such.
pub(super) fn trees(commands: &BTreeMap<i32, String>) {
    let leaders: Vec<Pid> = commands.keys().filter_map(|pid| Pid::from_raw(*pid)).collect();
    for leader in &leaders {
        // An error is that nobody is left, or that the command has become someone whom we may not signal.
        let _ = kill_process_group(*leader, Signal::STOP);
    }
    let mut strays: Vec<OwnedFd> = Vec::new();
    let mut known = HashSet::new();
    for _ in 0..ROUNDS {
        let found = strays_of(commands, &mut known);
        if found.is_empty() {
            break;
        }
        for stray in &found {
            let _ = pidfd_send_signal(stray, Signal::STOP);
        }
        strays.extend(found);
    }
    for leader in &leaders {
        let _ = kill_process_group(*leader, Signal::KILL);
        // It leads no group yet if it is killed before it has made one.
        let _ = kill_process(*leader, Signal::KILL);
    }
    for stray in &strays {
        let _ = pidfd_send_signal(stray, Signal::KILL);
    }
}

/// Whom the commands have started, outside the groups and not `known` yet.
fn strays_of(commands: &BTreeMap<i32, String>, known: &mut HashSet<i32>) -> Vec<OwnedFd> {
    let Ok(processes) = all_processes() else { return Vec::new() };
    let all: Vec<(i32, i32, i32)> =
        processes.filter_map(|p| p.ok()?.stat().ok()).map(|s| (s.pid, s.ppid, s.pgrp)).collect();
    let mut family: HashSet<i32> = commands.keys().copied().collect();
    family.extend(all.iter().map(|p| p.0).filter(|pid| has_mark(*pid, commands)));
    loop {
        let before = family.len();
        family.extend(all.iter().filter(|(_, parent, _)| family.contains(parent)).map(|p| p.0).collect::<Vec<_>>());
        if family.len() == before {
            break;
        }
    }
    let strays = all.iter().filter(|(pid, _, group)| !commands.contains_key(group) && family.contains(pid));
    let new: Vec<_> = strays.map(|p| p.0).filter(|pid| known.len() < MOST && known.insert(*pid)).collect();
    new.into_iter().filter_map(|pid| same_process(pid, commands, &family)).collect()
}

/// A handle on `pid`, if it is still one of `family`: its number may have gone to another process since.
fn same_process(pid: i32, commands: &BTreeMap<i32, String>, family: &HashSet<i32>) -> Option<OwnedFd> {
    let handle = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    let is_child = || Process::new(pid).and_then(|p| p.stat()).is_ok_and(|stat| family.contains(&stat.ppid));
    (has_mark(pid, commands) || is_child()).then_some(handle)
}

fn has_mark(pid: i32, commands: &BTreeMap<i32, String>) -> bool {
    let environ = Process::new(pid).and_then(|process| process.environ());
    let mark = environ.ok().and_then(|mut environ| environ.remove(OsStr::new(MARK)));
    mark.is_some_and(|mark| commands.values().any(|own| mark == **own))
}
