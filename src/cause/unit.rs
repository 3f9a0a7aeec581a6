//! From a unit to its main process, where it listens and who it runs as; from it to its package; and which units a word or a
//! package has.

use super::{Process, Thing, Walk, account, is_passing, package, port, process};
use crate::host::units::{self, Standing, Ties};
use crate::value::Fault;

/// Units that do something; the others only order them.
const ENDINGS: [&str; 7] = [".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap"];
/// Those that a bare word may mean though systemd has not loaded them.
const ASKED: [&str; 4] = [".service", ".socket", ".timer", ".path"];
/// Instances of a template, or units of a package, that are followed at most.
const MOST: usize = 200;
/// Units beyond which a package is a collection, of which only what is active counts.
pub(super) const MANY: usize = 16;
/// UID_MIN of login.defs(5) on every distribution: people have numbers from here.
const PEOPLE: u32 = 1_000;

/// Adds the units that `word` names: by the full name, by the stem, by an alias, and as instances of that template.
pub(super) fn named(walk: &mut Walk<'_>, word: &str) {
    if !is_name(word) {
        return;
    }
    let Some(names) = names(walk) else { return };
    let whole = ENDINGS.iter().any(|ending| word.ends_with(ending));
    for ending in ASKED.iter().chain(ENDINGS.iter().filter(|ending| !ASKED.contains(ending))) {
        let asked = if whole { word.to_owned() } else { format!("{word}{ending}") };
        if (!ASKED.contains(ending) && !names.contains(&asked)) || (whole && !word.ends_with(ending)) {
            continue;
        }
        let Some(Standing { id, used, .. }) = standing(walk, &asked) else { continue };
        // Of a socket or timer that is not used, the word does not speak.
        if whole || *ending == ".service" || used {
            let because = if id == asked { "a unit of this name" } else { "the unit that this name is an alias of" };
            walk.name(Thing::Unit(id), because);
        }
    }
    let (stem, _) = word.split_once('.').unwrap_or((word, ""));
    for name in instances(&names, stem.trim_end_matches('@'), if whole { word } else { "" }) {
        if standing(walk, &name).is_some_and(|standing| standing.used) {
            walk.name(Thing::Unit(name), "an instance of the template of this name");
        }
    }
}

/// Adds the units of a package: those that are active or enabled, and the one of its name.
pub(super) fn of_package(walk: &mut Walk<'_>, at: usize, package: &str, files: &[String]) {
    let own: Vec<(&String, &str)> = files.iter().filter_map(|path| Some((path, unit_of(path)?))).collect();
    let scripts: Vec<(&String, String)> = files
        .iter()
        .filter_map(|path| Some((path, units::of_script(path)?)))
        .filter(|(_, unit)| !own.iter().any(|(_, name)| name == unit) && is_name(unit))
        .collect();
    if own.is_empty() && scripts.is_empty() {
        return;
    }
    let Some(names) = names(walk) else { return };
    if own.len() > MOST {
        let why = format!("it has {} units, of which {MOST} are looked at", own.len());
        walk.miss(format!("package `{package}`"), Fault::Unsupported(why));
    }
    let many = own.len() > MANY;
    for (path, name) in own.into_iter().take(MOST) {
        if let Some((template, ending)) = name.split_once("@.") {
            for instance in instances(&names, template, &format!("{template}@.{ending}")) {
                if standing(walk, &instance).is_some_and(|standing| standing.used) {
                    walk.lead(at, Thing::Unit(instance), format!("an instance of its template {path}"));
                }
            }
            continue;
        }
        // To ask for each whether it is enabled takes systemd a while.
        if many && !names.iter().any(|loaded| loaded == name) {
            continue;
        }
        let Some(Standing { id, used, is_static, .. }) = standing(walk, name) else { continue };
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_main = name.ends_with(".service") && !is_static && (stem == package || stem == walk.word);
        if used || is_main {
            walk.lead(at, Thing::Unit(id), format!("its unit file {path}"));
        }
    }
    for (path, name) in scripts {
        if names.contains(&name)
            && let Some(Standing { id, .. }) = standing(walk, &name).filter(|s| s.used)
        {
            walk.lead(at, Thing::Unit(id), format!("its init script {path}"));
        }
    }
}

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, name: &str) {
    let host = walk.host;
    let ties = host.unit_ties(name);
    let Some(ties) = walk.ask(format!("unit `{name}`"), ties) else { return };
    let groups = host.control_groups();
    let (mut pids, more) = groups.map_or_else(
        |fault| (Vec::new(), Some(fault)),
        |g| {
            let (pids, more) = g.pids(&ties.id);
            (pids, more.cloned())
        },
    );
    if let Some(fault) = more {
        walk.miss(format!("the processes of unit `{name}`"), fault);
    }
    let grouped = pids.clone();
    // A process that systemd calls the main one may have been moved to another group.
    pids.extend(ties.main.filter(|pid| !pids.contains(pid)));
    // Of a container, only where it listens may be this host's.
    let own: Vec<u32> = pids.iter().copied().filter(|pid| host.is_contained(*pid) != Ok(true)).collect();
    let main = main(walk, &ties, &own);
    if walk.climbs(at) && !walk.names_a("package") {
        packages(walk, at, &ties, main.as_ref());
    }
    for partner in &ties.partners {
        if let Some(Standing { id, .. }) = standing(walk, partner).filter(|s| s.used)
            && ENDINGS.iter().any(|ending| id.ends_with(ending))
        {
            let because = format!("{} and {name} start one another", id);
            walk.lead(at, Thing::Unit(id), because);
        }
    }
    if let Some(process) = &main {
        let by_group = process.pids.iter().any(|pid| grouped.contains(pid));
        let because = if by_group { "its main process, by its control group" } else { "its main process" };
        walk.lead(at, Thing::Process(process.clone()), because);
    }
    let because =
        if grouped.is_empty() { "its process listens there" } else { "a process of its control group listens there" };
    port::held(walk, at, &pids, because);
    for listen in &ties.listens {
        port::lead(walk, at, listen, "it listens there for what it starts");
    }
    users(walk, at, &ties, &own, main.as_ref());
}

/// The process that the others come from: what systemd calls so, else the first of its control group.
fn main(walk: &mut Walk<'_>, ties: &Ties, pids: &[u32]) -> Option<Process> {
    let host = walk.host;
    let mut running = Vec::new();
    for pid in ties.main.as_ref().filter(|main| pids.contains(main)).map_or(pids, std::slice::from_ref) {
        let process = host.process(*pid);
        running.extend(walk.ask(format!("process {pid}"), process));
    }
    let first = running.into_iter().min_by_key(|process| (process.started, process.pid))?;
    Some(Process { name: process::full_name(host, &first), pids: vec![first.pid] })
}

/// Who it runs as: by its file, and by its processes. What people start through it (cron, at) is not its own.
fn users(walk: &mut Walk<'_>, at: usize, ties: &Ties, pids: &[u32], main: Option<&Process>) {
    let host = walk.host;
    if let Some(user) = ties.user.as_deref().filter(|user| *user != "root") {
        match user.parse() {
            Ok(uid) => account::lead(walk, at, uid, "its file says that it runs as this number"),
            Err(_) => {
                let there = host.user(user).map(|user| user.is_some());
                if walk.ask(format!("user `{user}`"), there) {
                    walk.lead(at, Thing::User(user.to_owned()), "its file says that it runs as this user");
                }
            }
        }
    }
    // An account of the program's own name is there for when it gives up being root.
    if let Some(main) = main
        && let Ok(Some(user)) = host.accounts().and_then(|all| all.user(&main.name))
        && (1..PEOPLE).contains(&user.uid)
    {
        walk.lead(at, Thing::User(main.name.clone()), "a user of its main process's name");
    }
    for (pid, uid) in process::users(walk, pids) {
        // The kernel keeps the beginning of a long name.
        let is_main = || {
            main.is_some_and(|main| host.process_name(pid).is_ok_and(|n| n.is_some_and(|n| main.name.starts_with(&n))))
        };
        if uid < PEOPLE || is_main() {
            account::lead(walk, at, uid, "a process of its control group runs as this user");
        }
    }
}

/// Adds the package that it came with; and that of its program, if both are built from one source.
fn packages(walk: &mut Walk<'_>, at: usize, ties: &Ties, main: Option<&Process>) {
    let host = walk.host;
    let Some(file) = ties.file.as_deref().filter(|path| !is_passing(path)) else { return };
    let owner = host.package_with(file);
    let Some(owner) = walk.ask(format!("the package of {file}"), owner) else { return };
    walk.climb(at, Thing::Package(owner.clone()), format!("it has the unit file {file}"));
    let Some(pid) = main.and_then(|main| main.pids.first()) else { return };
    // Whose program may not be seen has a unit all the same.
    let Ok(Some(program)) = host.program(*pid) else { return };
    let other = host.package_with(&program);
    if let Some(other) = walk.ask(format!("the package of {program}"), other)
        && package::source(walk, &other).is_some_and(|source| package::source(walk, &owner) == Some(source))
    {
        walk.climb(at, Thing::Package(other), format!("it has the program {program}"));
    }
}

/// How many units a package has, by its list of files.
pub(super) fn count(files: &[String]) -> usize {
    files.iter().filter(|path| unit_of(path).is_some()).count()
}

/// The name of a unit whose file this is, if it is one that does something.
fn unit_of(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let in_place = ["/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system"].contains(&folder);
    (in_place && is_name(name) && ENDINGS.iter().any(|ending| name.ends_with(ending))).then_some(name)
}

/// systemd.unit(5): what a unit's name is made of.
fn is_name(text: &str) -> bool {
    let odd = |b: u8| !b.is_ascii_alphanumeric() && !b":-_.\\@".contains(&b);
    !text.is_empty() && text.len() < 256 && !text.bytes().any(odd)
}

/// The instances `template@*` among the units, of one ending if `whole` has one.
fn instances(names: &[String], template: &str, whole: &str) -> Vec<String> {
    let ending = whole.rsplit_once('.').map_or("", |(_, ending)| ending);
    let of_it = |name: &&String| {
        let instance = name.strip_prefix(template).and_then(|rest| rest.strip_prefix('@'));
        instance.is_some_and(|rest| !rest.starts_with('.') && rest.ends_with(ending))
            && ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    names.iter().filter(of_it).take(MOST).cloned().collect()
}

/// The names of all units; `None` where nothing can be known of units.
fn names(walk: &mut Walk<'_>) -> Option<Vec<String>> {
    let names = walk.host.unit_names().map(Some);
    walk.ask("units", names)
}

fn standing(walk: &mut Walk<'_>, name: &str) -> Option<Standing> {
    let standing = walk.host.unit_standing(name);
    walk.ask(format!("unit `{name}`"), standing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_units_that_do_something_are_units_of_a_package() {
        assert_eq!(unit_of("/lib/systemd/system/ssh.socket"), Some("ssh.socket"));
        for path in [
            "/lib/systemd/system/rescue-ssh.target",
            "/lib/systemd/system/multi-user.target.wants/ssh.service",
            "/lib/systemd/system/ssh.service.d/x.conf",
            "/usr/lib/systemd/user/x.service",
            "/lib/systemd/system/a b.service",
        ] {
            assert_eq!(unit_of(path), None, "{path}");
        }
    }

    #[test]
    fn instances_are_those_of_the_template_and_of_no_other() {
        let names = ["db@.service", "db@15-main.service", "db@15.timer", "db.service", "dbus@x.service", "db@a.slice"];
        let names = names.map(str::to_owned);
        assert_eq!(instances(&names, "db", ""), ["db@15-main.service", "db@15.timer"]);
        assert_eq!(instances(&names, "db", "db@.service"), ["db@15-main.service"]);
    }
}
