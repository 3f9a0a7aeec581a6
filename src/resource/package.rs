//! `package`: what a package manager has installed.

use super::pin::at_least_these;
use super::{Id, Inventory, Keys, Pattern, Pin, Presence, Resource, Thing, key};
use crate::host::Host;
use crate::host::packages::manual::{Manual, manual};
use crate::host::packages::{self, Found, Manager, Selector};
use crate::value::{Fault, Known, Value, Version};

/// The installed packages that the entry's name stands for.
pub struct Package {
    /// At least one.
    found: Vec<packages::Package>,
    /// Why there may be more.
    more: Option<Fault>,
}

impl Resource for Package {
    const NAME: &'static str = "package";
    const ABOUT: &'static str = "An installed package, by the databases of the host's own package managers, all of which are \
        asked: dpkg (also an image's `status.d`), rpm, apk, pacman, opkg. What is only unpacked, half-configured, broken or \
        removed but for its configuration is not installed. Behind its manager's name a package of another kind: \
        `pip:requests`, `npm:typescript`, `gem:rake`, `snap:lxd`, `flatpak:org.gimp.GIMP`, where it is installed for all users.";
    const EXAMPLE: &'static str = "[package.nginx]\nversion = \">= 1.22\"\n";
    const PRESENCE: Option<Presence> =
        Some(Presence { name: "installed", about: "Whether it is installed, wholly and not only in part." });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "name",
        "A package's name: `libc6` of any architecture, `libc6:amd64` of one, `xserver-xorg*` any that matches. With \
        its manager, `rpm:glibc` or `pip:requests`, that one alone is asked.",
    ));
    const KEYS: Keys<Self> = &[
        &key("versions", "The version of each that is installed, in its manager's words.", Self::versions),
        &key(
            "version",
            "The installed version, ordered as its manager orders versions. Unknown where different ones are installed.",
            Self::version,
        ),
        &key("arch", "The architecture it was built for. Unknown where it is installed for several.", Self::arch),
        &key(
            "held",
            "Whether the manager is told to keep it at its version: dpkg's and opkg's hold, a version pinned in apk's world, \
            pacman's `IgnorePkg`. Unknown where that differs, and of other managers.",
            Self::held,
        ),
        &key("manager", "Which package manager has it. Unknown where several have.", Self::manager),
    ];
    const PINS: &[Pin] = &[Pin::of("versions", versions), Pin::if_true("held")];
    type Id = Selector;
    type Settings = ();

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "manually installed packages", list: inventory });
    fn spellings(name: &str) -> Vec<String> {
        let plain = Selector::parse(name).ok().filter(|selector| !selector.is_glob());
        plain.map_or_else(|| vec![name.to_owned()], |selector| selector.includers())
    }

    fn pattern(entry: &str) -> Option<Pattern> {
        let glob = Selector::parse(entry).ok().filter(Selector::is_glob)?;
        Some(Box::new(move |thing| Selector::parse(thing).is_ok_and(|thing| glob.includes(&thing))))
    }

    fn probe(host: &Host, name: &Selector, (): &()) -> Result<Option<Self>, Fault> {
        let Found { packages: found, more } = packages::find(host, name)?;
        Ok((!found.is_empty()).then_some(Package { found, more }))
    }
}

/// Versions that are written down at most.
const VERSIONS: usize = 4;

/// Each version, once. Of a pattern that stands for many packages, none: it would be an inventory, not an expectation.
fn versions(_: &Host, seen: &Value) -> Option<Value> {
    at_least_these(seen, |_| true).filter(|all| matches!(all, Value::List(list) if list.len() <= VERSIONS))
}

fn inventory(host: &Host) -> Result<Known<Thing>, Fault> {
    let Known { all, more } = manual(host)?;
    let thing = |Manual { name, package }: Manual| {
        let full = format!("{}:{}", package.name, package.architecture);
        Thing { aliases: vec![full], ..Thing::new(name, &*package.version) }
    };
    Ok(Known { all: all.into_iter().map(thing).collect(), more })
}

impl Id for Selector {
    fn parse(text: &str) -> Result<Self, String> {
        Selector::parse(text)
    }
}

impl Package {
    /// All of them, or the fault that there may be more.
    fn all(&self) -> Result<&[packages::Package], Fault> {
        self.more.clone().map_or(Ok(&self.found), Err)
    }

    fn versions(&self) -> Result<Vec<String>, Fault> {
        self.all()?.iter().map(|p| p.version().map(|version| version.text)).collect()
    }

    fn version(&self) -> Result<Option<Version>, Fault> {
        self.same(packages::Package::version)?.transpose()
    }

    fn arch(&self) -> Result<Option<String>, Fault> {
        let arch = |p: &packages::Package| p.architecture.to_string();
        Ok(self.same(arch)?.filter(|arch| !arch.is_empty()))
    }

    fn held(&self) -> Result<Option<bool>, Fault> {
        self.same(|p| p.held.clone())?.transpose()
    }

    fn manager(&self) -> Result<Option<Manager>, Fault> {
        self.same(|p| p.manager)
    }

    /// What all of them have in common.
    fn same<T: PartialEq>(&self, read: impl Fn(&packages::Package) -> T) -> Result<Option<T>, Fault> {
        let mut values = self.all()?.iter().map(read);
        let first = values.next();
        if values.all(|value| Some(&value) == first.as_ref()) {
            return Ok(first);
        }
        let managers = self.found.iter().any(|p| self.found.iter().any(|other| other.manager != p.manager));
        let name = |p: &packages::Package| p.full_name(managers);
        let mut told: Vec<_> = self.found.iter().take(4).map(|p| told(&name(p), p)).collect();
        if self.found.len() > told.len() {
            told.push("…".into());
        }
        // Packages of one name and architecture cannot be named one by one.
        let are_named = self.found.array_windows().all(|[a, b]| name(a) != name(b) && a.place.is_empty());
        let mend = if are_named { "name one of " } else { "`versions` has all: " };
        Err(Fault::Unsupported(format!("several are installed and differ: {mend}{}", told.join(", "))))
    }
}

/// A package as one of several.
fn told(name: &str, package: &packages::Package) -> String {
    match &*package.place {
        "" => format!("`{name}` {}", package.version),
        place => format!("{} in {place}", package.version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::value::VersionOrder;
    use std::sync::Arc;

    fn host(name: &str) -> Host {
        let path = format!("{}/golden/hosts/{name}.host", env!("CARGO_MANIFEST_DIR"));
        let files = TreeFiles::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH)
    }

    fn look(name: &str) -> Option<Package> {
        Package::probe(&host("package"), &Selector::parse(name).unwrap(), &()).unwrap()
    }

    #[test]
    fn one_package_has_one_version_and_architecture() {
        let openssl = look("openssl").unwrap();
        let version = Version { text: "3.0.19-1~deb12u2".into(), order: VersionOrder::Debian };
        assert_eq!(openssl.version(), Ok(Some(version)));
        assert_eq!(openssl.versions().unwrap(), ["3.0.19-1~deb12u2"]);
        assert_eq!(openssl.arch(), Ok(Some("amd64".into())));
        assert_eq!(openssl.held(), Ok(Some(true)));
    }

    #[test]
    fn of_several_packages_only_what_they_share_is_known() {
        let libc = look("libc6").unwrap();
        assert_eq!(libc.versions().unwrap().len(), 2);
        assert!(libc.version().is_ok() && libc.held() == Ok(Some(false)));
        let why =
            "several are installed and differ: name one of `libc6:amd64` 2.36-9+deb12u14, `libc6:i386` 2.36-9+deb12u14";
        assert_eq!(libc.arch(), Err(Fault::Unsupported(why.into())));
        assert!(look("zlib1g").unwrap().version().is_err());
        assert!(look("zlib1g:i386").unwrap().version().is_ok());
    }

    #[test]
    fn what_is_installed_in_part_is_not_there() {
        for name in ["nginx", "postgresql-15", "redis-server", "tzdata", "xmail", "apache2", "libc6:arm64"] {
            assert!(look(name).is_none(), "{name}");
        }
        assert!(look("man-db").is_some() && look("telnetd").is_some());
    }

    #[test]
    fn a_database_that_cannot_be_read_says_of_no_package_that_it_is_not_there() {
        for (name, code) in [("cut", "malformed"), ("denied", "denied"), ("lost", "malformed"), ("none", "unsupported")]
        {
            let host = host(&format!("package-{name}"));
            for package in ["bash", "nginx"] {
                let fault = Package::probe(&host, &Selector::parse(package).unwrap(), &()).err().unwrap();
                assert_eq!(fault.code(), code, "{name}");
            }
        }
    }
}
