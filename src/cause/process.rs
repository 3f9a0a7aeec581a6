//! From processes to the configuration that their command line names, and up to their unit, or what brought their program.

use super::{Process, Thing, Walk, account, configuration, port};
use crate::host::{Host, processes};
use crate::value::Fault;

/// Bytes of a name that the kernel keeps.
const COMM: usize = 15;
/// Units that processes of one name are followed up to.
const MOST_UNITS: usize = 8;
/// Processes of one name whose users and sockets are looked at.
const MOST: usize = 500;
/// Arguments of a command line that are looked at.
const ARGUMENTS: usize = 256;

/// The processes that run by this name.
pub(super) fn named(host: &Host, word: &str) -> Result<Vec<u32>, Fault> {
    let kept = word.as_bytes().get(..COMM).and_then(|kept| str::from_utf8(kept).ok());
    let alike = |comm: &str| comm == word || kept == Some(comm);
    let mut pids = Vec::new();
    for process in host.processes()?.running(host, alike)? {
        let is_it = process.comm == word || {
            let arguments = process.arguments(host)?.unwrap_or_default();
            arguments.iter().take(2).any(|argument| argument.rsplit('/').next() == Some(word))
        };
        if is_it {
            pids.push(process.pid);
        }
    }
    if pids.is_empty() {
        host.processes()?.complete()?;
    }
    Ok(pids)
}

/// Those of the processes of a name that this host starts by itself; of the others, why they are left out, if all are.
pub(super) fn own(walk: &mut Walk<'_>, name: &str, pids: Vec<u32>) -> Vec<u32> {
    let (mut own, mut foreign) = (Vec::new(), None);
    for pid in pids {
        match walk.host.foreign(pid) {
            Ok(None) => own.push(pid),
            Ok(Some(why)) => {
                let told = format!("{why}; if it is to run always, write it with `verispec add process`");
                foreign = foreign.or(Some(Fault::Unsupported(told)));
            }
            Err(fault) => foreign = foreign.or(Some(fault)),
        }
    }
    if let (true, Some(fault)) = (own.is_empty(), foreign) {
        walk.miss(format!("process `{name}`"), fault);
    }
    own
}

/// A process's name, whole where its command line has the rest of it.
pub(super) fn full_name(host: &Host, process: &processes::Process) -> String {
    if process.comm.len() < COMM {
        return process.comm.clone();
    }
    let arguments = process.arguments(host).ok().flatten().unwrap_or_default();
    // A program that writes its own title writes it as one argument.
    let mut names = arguments.iter().take(2).filter_map(|argument| argument.rsplit('/').next());
    names.find(|name| name.starts_with(&process.comm) && !name.contains(' ')).unwrap_or(&process.comm).to_owned()
}

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, process: &Process) {
    let in_unit = walk.climbs(at) && units(walk, at, process);
    if in_unit && walk.is_named(at) && !walk.names_a("package") {
        // The unit may be the administrator's own, which no package brought.
        program(walk, at, process, |path| path.rsplit('/').next() == Some(process.name.as_str()));
    }
    if walk.climbs(at) && !in_unit {
        // systemd holds what it has opened for others.
        let pids: Vec<u32> = process.pids.iter().copied().filter(|pid| *pid != 1).take(MOST).collect();
        let pids = pids.as_slice();
        port::held(walk, at, pids, "it listens there");
        for (_, uid) in users(walk, pids) {
            account::lead(walk, at, uid, "it runs as this user");
        }
        if !walk.names_a("package") {
            program(walk, at, process, |_| true);
        }
    }
    for path in named_files(walk.host, process) {
        configuration::lead(walk, at, &path, "its command line names it");
    }
}

/// Adds the units that it belongs to; whether there is one. A login's scope is none: it is gone with the login.
fn units(walk: &mut Walk<'_>, at: usize, process: &Process) -> bool {
    let host = walk.host;
    // Where nothing is known of units, none can be written down.
    let (Ok(groups), Ok(_)) = (host.control_groups(), host.unit_names()) else { return false };
    let mut units: Vec<&str> = process.pids.iter().filter_map(|pid| groups.unit(*pid)).collect();
    units.retain(|unit| !unit.ends_with(".scope") && !unit.starts_with("user@"));
    units.sort_unstable();
    units.dedup();
    if units.len() > MOST_UNITS {
        let why = format!("it runs in {} units, of which {MOST_UNITS} are followed", units.len());
        walk.miss(format!("process `{}`", process.name), Fault::Unsupported(why));
    }
    for unit in units.iter().take(MOST_UNITS) {
        walk.climb(at, Thing::Unit((*unit).to_owned()), "its control group is this unit's");
    }
    !units.is_empty()
}

/// Adds the package that brought the program, if that is one that is meant: what runs a script is not what it is called.
fn program(walk: &mut Walk<'_>, at: usize, process: &Process, is_meant: impl Fn(&str) -> bool) {
    let host = walk.host;
    let Some(pid) = process.pids.first() else { return };
    let program = host.program(*pid);
    let program = walk.ask(format!("the program of process `{}`", process.name), program);
    let Some(program) = program.filter(|path| is_meant(path)) else { return };
    let owner = host.package_with(&program);
    if let Some(owner) = walk.ask(format!("the package of {program}"), owner) {
        walk.climb(at, Thing::Package(owner), format!("it has the program {program}"));
    }
}

/// The users whom processes run as, each with the first process that does.
pub(super) fn users(walk: &mut Walk<'_>, pids: &[u32]) -> Vec<(u32, u32)> {
    let host = walk.host;
    let mut users: Vec<(u32, u32)> = Vec::new();
    for pid in pids.iter().take(MOST) {
        let status = host.process(*pid).and_then(|process| match process {
            Some(process) => process.status(host),
            None => Ok(None),
        });
        let status = walk.ask(format!("the user of process {pid}"), status);
        users.extend(status.map(|status| (*pid, status.uid)).filter(|(_, uid)| !users.iter().any(|(_, u)| u == uid)));
    }
    users
}

/// The arguments of one of the processes.
pub(super) fn arguments(host: &Host, pid: u32) -> Vec<String> {
    let process = host.process(pid).ok().flatten();
    let arguments = process.and_then(|process| process.arguments(host).ok().flatten()).unwrap_or_default();
    arguments.into_iter().take(ARGUMENTS).collect()
}

/// Files below /etc that a command line names: `-f /etc/x.conf`, `--config=/etc/x.conf`.
fn named_files(host: &Host, process: &Process) -> Vec<String> {
    let Some(pid) = process.pids.first() else { return Vec::new() };
    let mut files = Vec::new();
    for argument in arguments(host, *pid) {
        // A program that writes its own title writes it as one argument.
        for word in argument.split([' ', '=', ',']) {
            let is_file =
                || host.files().stat(word).is_ok_and(|s| s.is_some_and(|s| s.file_type == crate::host::FileType::File));
            if word.starts_with("/etc/") && !word.contains("/../") && is_file() {
                files.push(word.to_owned());
            }
        }
    }
    files
}
