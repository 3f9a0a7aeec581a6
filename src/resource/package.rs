//! `package`: what a package manager has installed.

use super::{Id, Inventory, Keys, Pattern, Pin, Presence, Resource, Thing, key};
use crate::host::Host;
use crate::host::packages::manual::{Manual, manual};
use crate::host::packages::{self, Selector};
use crate::value::{Fault, Known, Version};

/// The installed packages that the entry's name stands for.
pub struct Package {
    /// At least one.
    found: Vec<packages::Package>,
    /// Why there may be more.
    more: Option<Fault>,
}

impl Resource for Package {
    const NAME: &'static str = "package";
    const ABOUT: &'static str = "An installed package, by the package manager's own database (dpkg's `/var/lib/dpkg/status`). \
        What is only unpacked, half-configured or removed but for its configuration is not installed.";
    const EXAMPLE: &'static str = "[package.nginx]\nversion = \">= 1.22\"\n";
    const PRESENCE: Option<Presence> =
        Some(Presence { name: "installed", about: "Whether it is installed, wholly and not only in part." });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "name",
        "A package's name: `libc6` of any architecture, `libc6:amd64` of one, `xserver-xorg*` any that matches.",
    ));
    const KEYS: Keys<Self> = &[
        &key("versions", "The version of each that is installed, in its manager's words.", Self::versions),
        &key(
            "version",
            "The installed version, ordered as its manager orders versions. Unknown where different ones are installed.",
            Self::version,
        ),
        &key("arch", "The architecture it was built for. Unknown where it is installed for several.", Self::arch),
        &key("held", "Whether the manager is told to keep it at its version. Unknown where that differs.", Self::held),
    ];
    const PINS: &[Pin] = &[Pin::exact("versions"), Pin::if_true("held")];
    type Id = Selector;
    type Settings = ();

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "manually installed packages", list: inventory });
    fn spellings(name: &str) -> Vec<String> {
        let is_plain = Selector::parse(name).is_ok_and(|selector| !selector.is_glob());
        let whatever_its_architecture = name.rsplit_once(':').filter(|_| is_plain).map(|(name, _)| name.to_owned());
        std::iter::once(name.to_owned()).chain(whatever_its_architecture).collect()
    }

    fn pattern(entry: &str) -> Option<Pattern> {
        let glob = Selector::parse(entry).ok().filter(Selector::is_glob)?;
        Some(Box::new(move |thing| Selector::parse(thing).is_ok_and(|thing| glob.includes(&thing))))
    }

    fn probe(host: &Host, name: &Selector, (): &()) -> Result<Option<Self>, Fault> {
        let packages = host.packages()?;
        let found: Vec<_> = packages.find(host, name)?.into_iter().cloned().collect();
        Ok((!found.is_empty()).then(|| Package { found, more: packages.complete().err() }))
    }
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
        Ok(self.all()?.iter().map(|p| p.version.to_string()).collect())
    }

    fn version(&self) -> Result<Option<Version>, Fault> {
        self.same(packages::Package::version)
    }

    fn arch(&self) -> Result<Option<String>, Fault> {
        let arch = |p: &packages::Package| p.architecture.to_string();
        Ok(self.same(arch)?.filter(|arch| !arch.is_empty()))
    }

    fn held(&self) -> Result<Option<bool>, Fault> {
        self.same(|p| p.held)
    }

    /// What all of them have in common.
    fn same<T: PartialEq>(&self, read: impl Fn(&packages::Package) -> T) -> Result<Option<T>, Fault> {
        let mut values = self.all()?.iter().map(read);
        let first = values.next();
        if values.all(|value| Some(&value) == first.as_ref()) {
            return Ok(first);
        }
        let name = |p: &packages::Package| format!("`{}:{}` {}", p.name, p.architecture, p.version);
        let mut names: Vec<_> = self.found.iter().take(4).map(name).collect();
        if self.found.len() > names.len() {
            names.push("…".into());
        }
        Err(Fault::Unsupported(format!("several are installed and differ: name one of {}", names.join(", "))))
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
