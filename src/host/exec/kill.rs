//! Kills a command and whatever it has started.

use procfs::process::{Process, all_processes};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal};
use std::collections::HashSet;
use std::os::fd::OwnedFd;

/// How often descendants are looked for: those that were about to fork when they were stopped.
const ROUNDS: usize = 4;
/// Descendants outside the group that are looked for at most.
const MOST: usize = 4096;

/// Kills the process group that `leader` leads, and descendants of `leader` that have left it.
///
/// All are stopped before one is killed: the children of a dead process are no longer known as such. A descendant whose
/// parent has ended before is not found unless it is still in the group.
pub(super) fn tree(leader: Pid) {
    // An error is that nobody is left, or that the command has become someone whom we may not signal.
    let _ = kill_process_group(leader, Signal::STOP);
    let mut strays: Vec<OwnedFd> = Vec::new();
    let mut known = HashSet::new();
    for _ in 0..ROUNDS {
        let found = strays_of(leader.as_raw_nonzero().get(), &mut known);
        if found.is_empty() {
            break;
        }
        for stray in &found {
            let _ = pidfd_send_signal(stray, Signal::STOP);
        }
        strays.extend(found);
    }
    let _ = kill_process_group(leader, Signal::KILL);
    // It leads no group yet if it is killed before it has made one.
    let _ = kill_process(leader, Signal::KILL);
    for stray in &strays {
        let _ = pidfd_send_signal(stray, Signal::KILL);
    }
}

/// Descendants outside the group that are not `known` yet.
fn strays_of(leader: i32, known: &mut HashSet<i32>) -> Vec<OwnedFd> {
    let Ok(processes) = all_processes() else { return Vec::new() };
    let family: Vec<(i32, i32, i32)> =
        processes.filter_map(|p| p.ok()?.stat().ok()).map(|s| (s.pid, s.ppid, s.pgrp)).collect();
    let mut descendants = HashSet::from([leader]);
    loop {
        let before = descendants.len();
        descendants.extend(
            family.iter().filter(|(_, parent, _)| descendants.contains(parent)).map(|f| f.0).collect::<Vec<_>>(),
        );
        if descendants.len() == before {
            break;
        }
    }
    let strays = family.iter().filter(|(pid, _, group)| *group != leader && descendants.contains(pid));
    let new: Vec<_> = strays.map(|f| f.0).filter(|pid| known.len() < MOST && known.insert(*pid)).collect();
    new.into_iter().filter_map(|pid| same_process(pid, &descendants)).collect()
}

/// A handle on `pid`, if it is still the child of one of `family`: its number may have gone to another process since.
fn same_process(pid: i32, family: &HashSet<i32>) -> Option<OwnedFd> {
    let handle = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    let stat = Process::new(pid).ok()?.stat().ok()?;
    family.contains(&stat.ppid).then_some(handle)
}
