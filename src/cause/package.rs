//! From a package to the packages that make it up, its units, its accounts and its configuration.

use super::{Thing, Walk, account, configuration, unit};
use crate::host::packages::Package;
use crate::host::packages::dossier::Dossier;
use crate::value::Fault;

/// Bytes of a file of sysusers.d(5) that are read.
const BOUND: u64 = 64 << 10;
/// Accounts that one such file makes for a service.
const MOST_MADE: usize = 8;

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, name: &str) {
    let host = walk.host;
    let Some(package) = host.packages().ok().and_then(|all| recorded(all.named(bare(name)), name)) else {
        return;
    };
    let files = walk.ask(format!("the files of package `{name}`"), host.package_files(package));
    // One unit of a collection is not the collection.
    if walk.climbs(at) && !walk.is_named(at) && unit::count(&files) > unit::MANY {
        return;
    }
    let dossier = walk.ask(format!("what package `{name}` needs"), host.package_dossier(package)).unwrap_or_default();
    parts(walk, at, package, &dossier, &files);
    unit::of_package(walk, at, &package.name, &files);
    accounts(walk, at, package, &files);
    configuration::of_package(walk, at, &package.name, &dossier.conffiles, &files);
}

/// `libc6` of `libc6:amd64`.
fn bare(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// The source that an installed package is built from, if that is known.
pub(super) fn source(walk: &Walk<'_>, name: &str) -> Option<String> {
    let package = recorded(walk.host.packages().ok()?.named(bare(name)), name)?;
    Some(walk.host.package_dossier(package).ok()??.source)
}

fn recorded<'p>(named: &'p [Package], name: &str) -> Option<&'p Package> {
    let architecture = name.split_once(':').map(|(_, architecture)| architecture);
    named.iter().find(|package| architecture.is_none_or(|a| a == &*package.architecture))
}

/// The installed packages that it needs and that are parts of the same thing.
fn parts(walk: &mut Walk<'_>, at: usize, package: &Package, dossier: &Dossier, files: &[String]) {
    let host = walk.host;
    let Ok(packages) = host.packages() else { return };
    let mut needed: Vec<&Package> = Vec::new();
    for names in &dossier.needs {
        let found = names.iter().find_map(|name| packages.named(name).first());
        needed.extend(found.filter(|found| found.name != package.name && !needed.contains(found)));
    }
    let stands_for = needed.len() == 1 && files.iter().all(|path| says_nothing(path));
    for other in needed {
        let about = match host.package_dossier(other) {
            Ok(about) => about.unwrap_or_default(),
            Err(fault) => {
                walk.miss(format!("what package `{}` needs", package.name), fault);
                return;
            }
        };
        let because = if is_library(other, &about) && !package.name.starts_with("lib") {
            continue;
        } else if about.source == dossier.source {
            format!("{} needs it, and it is built from the same source", package.name)
        } else if stands_for {
            format!("{} is nothing but a name for it", package.name)
        } else if other.name.strip_prefix(stem(&package.name)).is_some_and(|rest| rest.starts_with('-')) {
            format!("{} needs it, and it is called alike", package.name)
        } else {
            continue;
        };
        walk.lead(at, Thing::Package(other.name.to_string()), because);
    }
}

/// A library is there for whatever needs it, and its package's name changes with it.
fn is_library(package: &Package, about: &Dossier) -> bool {
    let section = about.section.rsplit('/').next().unwrap_or_default();
    matches!(section, "libs" | "oldlibs" | "libdevel") || package.name.starts_with("lib")
}

/// A name without the version at its end: `postgresql` of `postgresql-15`, `python` of `python3.11`.
fn stem(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if stem.len() < name.len() { stem.strip_suffix('-').unwrap_or(stem) } else { name }
}

/// Whether a package that has nothing but such files is one only by name.
fn says_nothing(path: &str) -> bool {
    path.starts_with("/usr/share/doc/") || path.starts_with("/usr/share/lintian/") || {
        matches!(path, "/." | "/" | "/usr" | "/usr/share" | "/usr/share/doc" | "/usr/share/lintian")
    }
}

fn accounts(walk: &mut Walk<'_>, at: usize, package: &Package, files: &[String]) {
    let host = walk.host;
    for path in files.iter().filter(|path| path.contains("/sysusers.d/") && path.ends_with(".conf")) {
        let text = host.files().read(path, BOUND).map(|bytes| bytes.unwrap_or_default());
        let text = walk.ask(path.clone(), text);
        let made = account::made(&String::from_utf8_lossy(&text));
        // Those that every host has of its distribution are no package's own.
        for thing in if made.len() > MOST_MADE { Vec::new() } else { made } {
            let there = match &thing {
                Thing::User(name) => host.user(name).map(|user| user.is_some()),
                Thing::Group(name) => host.group(name).map(|group| group.is_some()),
                _ => Ok(false),
            };
            if walk.ask(format!("an account of {path}"), there) {
                walk.lead(at, thing, format!("{path} makes it"));
            }
        }
    }
    // A directory that cannot be asked need not be told of here: nothing says that it has such an account.
    let own = &*package.name;
    let in_file = |there: Result<bool, Fault>| there.unwrap_or(false);
    if in_file(host.accounts().and_then(|all| Ok(all.user(own)?.is_some()))) {
        walk.lead(at, Thing::User(own.to_owned()), "a user of the package's name");
    }
    if in_file(host.accounts().and_then(|all| Ok(all.group(own)?.is_some()))) {
        walk.lead(at, Thing::Group(own.to_owned()), "a group of the package's name");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_at_the_end_of_a_name_is_no_part_of_it() {
        for (name, short) in [
            ("postgresql-15", "postgresql"),
            ("php8.2", "php"),
            ("python3.11", "python"),
            ("nginx", "nginx"),
            ("bind9", "bind"),
            ("x-", "x-"),
        ] {
            assert_eq!(stem(name), short);
        }
    }
}
