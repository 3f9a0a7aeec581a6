//! Packages that somebody asked for, and not only others of which they are a part: apt-mark(8).

use super::Package;
use crate::host::Host;
use crate::value::{Fault, Known};
use std::collections::HashSet;

/// What apt knows of packages beside dpkg: a stanza for each that came as a dependency.
const STATES: &str = "/var/lib/apt/extended_states";

/// A package as apt-mark(8) prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manual<'p> {
    /// With its architecture where that is not the host's own.
    pub name: String,
    pub package: &'p Package,
}

/// Those that are wholly installed and that `apt-mark showmanual` prints, by name. Where apt keeps nothing, all are.
pub fn manual(host: &Host) -> Result<Known<Manual<'_>>, Fault> {
    let packages = host.packages()?;
    let text = host.text(STATES)?.unwrap_or_default();
    let automatic = automatic(&text).map_err(|why| Fault::Malformed(format!("{STATES}: {why}")))?;
    let native = native(&packages.installed);
    let mut all = Vec::new();
    for package in &packages.installed {
        let own = ["all", "", native].contains(&&*package.architecture);
        let architecture = if own { native } else { &package.architecture };
        let is_automatic = |architecture: &str| automatic.contains(&(&*package.name, architecture));
        if [architecture, &package.architecture, ""].into_iter().any(is_automatic) {
            continue;
        }
        let name = if own { package.name.to_string() } else { format!("{}:{}", package.name, package.architecture) };
        all.push(Manual { name, package });
    }
    Ok(Known { all, more: packages.complete().err() })
}

/// The host's own architecture: the one that dpkg was built for. Without it, the only one there is.
fn native(installed: &[Package]) -> &str {
    let dpkg = installed.iter().find(|p| *p.name == *"dpkg");
    let mut all = installed.iter().map(|p| &*p.architecture).filter(|a| !["all", ""].contains(a));
    let first = all.next().unwrap_or_default();
    dpkg.map(|p| &*p.architecture).unwrap_or(if all.all(|a| a == first) { first } else { "" })
}

/// Name and architecture of each package that came as a dependency; the architecture may be left out.
fn automatic(text: &str) -> Result<HashSet<(&str, &str)>, String> {
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("cut short: it does not end with a line".into());
    }
    let mut all = HashSet::new();
    let (mut name, mut architecture, mut is_automatic) = ("", "", false);
    for (at, line) in text.lines().chain([""]).enumerate() {
        if line.trim().is_empty() {
            if is_automatic && !name.is_empty() {
                all.insert((name, architecture));
            }
            (name, architecture, is_automatic) = ("", "", false);
            continue;
        }
        if line.starts_with([' ', '\t', '#']) {
            continue;
        }
        let (field, value) = line.split_once(':').ok_or_else(|| format!("line {} is no field", at + 1))?;
        let value = value.trim();
        match field.to_ascii_lowercase().as_str() {
            "package" => name = value,
            "architecture" => architecture = value,
            "auto-installed" => is_automatic = value.parse::<i64>().is_ok_and(|n| n > 0),
            _ => {}
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    const STATUS: &[(&str, &str, &str)] = &[
        ("dpkg", "amd64", "install ok installed"),
        ("nginx", "amd64", "install ok installed"),
        ("libc6", "amd64", "install ok installed"),
        ("libc6", "i386", "install ok installed"),
        ("adduser", "all", "install ok installed"),
        ("tzdata", "all", "install ok installed"),
        ("wine32", "i386", "hold ok installed"),
        ("half", "amd64", "install ok half-configured"),
        ("gone", "amd64", "deinstall ok config-files"),
    ];

    fn read(states: &str) -> Result<Vec<String>, Fault> {
        let stanza = |(name, architecture, status): &(&str, &str, &str)| {
            format!("Package: {name}\nStatus: {status}\nArchitecture: {architecture}\nVersion: 1\n\n")
        };
        let status: String = STATUS.iter().map(stanza).collect();
        let tree = TreeFiles::parse(&format!("-- /var/lib/dpkg/status\n{status}{states}")).unwrap();
        let host = Host::offline(Arc::new(tree), time::OffsetDateTime::UNIX_EPOCH);
        manual(&host).map(|known| known.all.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn what_came_as_a_dependency_is_left_out_by_name_and_architecture() {
        let states = "-- /var/lib/apt/extended_states\n\
            Package: libc6\nArchitecture: amd64\nAuto-Installed: 1\n\n\
            Package: tzdata\nArchitecture: amd64\nAuto-Installed: 1\n\n\
            Package: nginx\nArchitecture: amd64\nAuto-Installed: 0\n\n\
            Package: unknown\nArchitecture: amd64\nAuto-Installed: 1\n\n";
        assert_eq!(read(states).unwrap(), ["adduser", "dpkg", "libc6:i386", "nginx", "wine32:i386"]);
        let bare = "-- /var/lib/apt/extended_states\nPackage: wine32\nAuto-Installed: 1\n";
        assert!(!read(bare).unwrap().contains(&"wine32:i386".to_owned()), "of whichever architecture");
    }

    #[test]
    fn without_apt_every_installed_package_was_asked_for() {
        let expected = ["adduser", "dpkg", "libc6", "libc6:i386", "nginx", "tzdata", "wine32:i386"];
        assert_eq!(read("").unwrap(), expected);
    }

    #[test]
    fn what_apt_keeps_must_be_read_whole() {
        assert_eq!(read("-- /var/lib/apt/extended_states denied\n").unwrap_err().code(), "denied");
        assert!(automatic("Package: a\nAuto-Inst").is_err(), "cut");
        assert!(automatic("Package a\n").is_err());
        assert_eq!(automatic(""), Ok(HashSet::new()));
    }

    #[test]
    fn apt_mark_prints_the_same_of_this_machine() {
        let Ok(output) = std::process::Command::new("apt-mark").arg("showmanual").output() else {
            eprintln!("skipped: no apt-mark here");
            return;
        };
        let mut expected: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        let host = Host::local();
        let mut found: Vec<String> = manual(&host).unwrap().all.into_iter().map(|one| one.name).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([A-Za-z:\\- 01\n]{0,20}\n?){0,8}") {
            let _ = automatic(&text);
        }
    }
}
