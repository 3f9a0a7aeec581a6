//! Which packages are installed, whichever package managers this host has.

use super::Host;
use crate::value::{Fault, Version, VersionOrder};
use std::collections::HashSet;
use std::sync::OnceLock;

mod apk;
mod collections;
pub mod dossier;
mod dpkg;
pub mod manual;
mod opkg;
mod pacman;
mod rpm;
mod selector;

pub use collections::{Gems, Sites};
pub(super) use collections::{load_gems, load_sites};
pub use selector::Selector;

crate::choice! {
    /// Whose package it is.
    pub enum Manager {
        Dpkg = "dpkg",
        Rpm = "rpm",
        Apk = "apk",
        Pacman = "pacman",
        Opkg = "opkg",
        Snap = "snap",
        Flatpak = "flatpak",
        Pip = "pip",
        Npm = "npm",
        Gem = "gem",
    }
}

/// A database of a package manager.
struct Source {
    manager: Manager,
    /// Where it is looked for.
    places: &'static str,
    /// Reads it; `None` where this host does not have that manager.
    read: fn(&Host) -> Result<Option<Database>, Fault>,
    /// Names of packages that must be in it, by what the manager keeps beside it.
    traces: fn(&Host) -> Result<Vec<String>, Fault>,
    /// What that is, behind a package's name.
    trace: &'static str,
}

/// All that are present are asked.
const SOURCES: &[Source] = &[
    Source {
        manager: Manager::Dpkg,
        places: dpkg::STATUS,
        read: dpkg::read,
        traces: dpkg::unpacked,
        trace: "whose files are here",
    },
    Source {
        manager: Manager::Dpkg,
        places: dpkg::status_d::DIRECTORY,
        read: dpkg::status_d::read,
        traces: |_| Ok(vec![]),
        trace: "",
    },
    Source { manager: Manager::Rpm, places: rpm::PLACES, read: rpm::read, traces: |_| Ok(vec![]), trace: "" },
    Source {
        manager: Manager::Apk,
        places: apk::PLACES,
        read: apk::read,
        traces: apk::wanted,
        trace: "which /etc/apk/world asks for",
    },
    Source { manager: Manager::Pacman, places: pacman::LOCAL, read: pacman::read, traces: |_| Ok(vec![]), trace: "" },
    Source {
        manager: Manager::Opkg,
        places: opkg::PLACES,
        read: opkg::read,
        traces: opkg::unpacked,
        trace: "whose files are here",
    },
];

/// What a manager's database says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Database {
    installed: Vec<Package>,
    /// Names that are recorded, of which no package is wholly installed.
    others: Vec<Box<str>>,
}

/// A package that is wholly installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: Box<str>,
    /// Empty where nothing is recorded.
    pub version: Box<str>,
    pub order: VersionOrder,
    /// As its manager writes it; `all` or the like where it runs on any. Empty where nothing is recorded.
    pub architecture: Box<str>,
    /// Whether its manager is told to keep it as it is.
    pub held: Result<bool, Fault>,
    pub manager: Manager,
    /// The directory that it stands in, where a manager has several.
    pub place: Box<str>,
}

/// The installed packages of the host's own package managers, by name.
pub struct Packages {
    installed: Vec<Package>,
    /// Names that are recorded, of which no package is wholly installed.
    others: HashSet<Box<str>>,
    /// Managers that have a database here.
    present: Vec<Manager>,
    /// Those that there are traces of and that are not recorded, looked for when a package is not found.
    lost: OnceLock<Result<Vec<(String, &'static Source)>, Fault>>,
    /// Databases that could not be read, and why.
    faults: Vec<(Manager, Fault)>,
}

/// What a name stands for.
pub struct Found {
    pub packages: Vec<Package>,
    /// Why there may be more.
    pub more: Option<Fault>,
}

/// The installed packages that `selector` names. None is certainty: a fault where there may be one that was not seen.
pub fn find(host: &Host, selector: &Selector) -> Result<Found, Fault> {
    if let Some(found) = collections::find(host, selector) {
        return Ok(Found { packages: found?, more: None });
    }
    let all = host.packages()?;
    let packages = all.find(host, selector)?.into_iter().cloned().collect();
    Ok(Found { packages, more: all.complete_for(selector).err() })
}

/// Asks every manager that is present. Of one that cannot be read, what the others have is still known.
pub(super) fn load(host: &Host) -> Result<Packages, Fault> {
    let (mut all, mut present, mut faults) = (Database::default(), Vec::new(), Vec::new());
    for source in SOURCES {
        match (source.read)(host) {
            Ok(None) => {}
            Ok(Some(database)) => {
                present.push(source.manager);
                all.installed.extend(database.installed);
                all.others.extend(database.others);
            }
            Err(fault) => faults.push((source.manager, fault)),
        }
    }
    if present.is_empty() && faults.is_empty() {
        return Err(none_of(SOURCES.iter(), "package"));
    }
    Ok(Packages::new(all, present, faults))
}

/// The fault that there is no database of these.
fn none_of(sources: impl Iterator<Item = &'static Source>, whose: &str) -> Fault {
    let places: Vec<_> = sources.map(|source| source.places).collect();
    Fault::Unsupported(format!("no {whose} database found: looked for {}", places.join(", ")))
}

impl Packages {
    fn new(
        Database { mut installed, others }: Database,
        present: Vec<Manager>,
        faults: Vec<(Manager, Fault)>,
    ) -> Packages {
        installed.sort_by(|a, b| a.name.cmp(&b.name));
        Packages { installed, others: others.into_iter().collect(), present, lost: OnceLock::new(), faults }
    }

    /// All that are known of, by name.
    pub fn all(&self) -> &[Package] {
        &self.installed
    }

    /// The installed packages of exactly this name, one for each architecture. Of one that is not among them nothing is
    /// certain: [`Packages::find`] has that.
    pub fn named(&self, name: &str) -> &[Package] {
        let start = self.installed.partition_point(|p| *p.name < *name);
        let rest = self.installed.get(start..).unwrap_or_default();
        rest.get(..rest.partition_point(|p| *p.name == *name)).unwrap_or_default()
    }

    /// The fault that there may be others than those that are known.
    pub fn complete(&self) -> Result<(), Fault> {
        self.faults.first().map_or(Ok(()), |(_, fault)| Err(fault.clone()))
    }

    /// The fault that there may be others of those that `selector` names.
    fn complete_for(&self, selector: &Selector) -> Result<(), Fault> {
        let fault = self.faults.iter().find(|(manager, _)| selector.asks(*manager));
        fault.map_or(Ok(()), |(_, fault)| Err(fault.clone()))
    }

    /// The installed packages that `selector` names. None is certainty: a fault where a database that could not be
    /// read, or that lost its end, may have named one.
    pub fn find(&self, host: &Host, selector: &Selector) -> Result<Vec<&Package>, Fault> {
        let found = self.recorded(selector);
        if found.is_empty() {
            self.complete_for(selector)?;
            if !self.present.iter().any(|manager| selector.asks(*manager)) {
                let asked = SOURCES.iter().filter(|source| selector.asks(source.manager));
                return Err(none_of(asked, selector.manager.map_or("package", Manager::word)));
            }
            let lost = self.lost.get_or_init(|| self.lost(host)).as_ref().map_err(Clone::clone)?;
            let mut lost = lost.iter().filter(|(_, source)| selector.asks(source.manager));
            if let Some((name, source)) = lost.find(|(name, _)| selector.is_of(name)) {
                let Source { places, trace, .. } = source;
                return Err(Fault::Malformed(format!("{places} does not tell of `{name}`, {trace}: is it cut short?")));
            }
        }
        Ok(found)
    }

    fn lost(&self, host: &Host) -> Result<Vec<(String, &'static Source)>, Fault> {
        let mut lost = Vec::new();
        for source in SOURCES {
            lost.extend((source.traces)(host)?.into_iter().map(|name| (name, source)));
        }
        let is_recorded =
            |name: &str| self.others.contains(name) || self.installed.binary_search_by(|p| (*p.name).cmp(name)).is_ok();
        lost.retain(|(name, _)| !is_recorded(name));
        Ok(lost)
    }

    fn recorded(&self, selector: &Selector) -> Vec<&Package> {
        if selector.is_glob() {
            return self.all().iter().filter(|p| selector.matches(p)).collect();
        }
        let found: Vec<_> = self.named(&selector.name).iter().filter(|p| selector.matches(p)).collect();
        match selector.dotted() {
            // As rpm has it: `glibc.i686`.
            Some((name, architecture)) if found.is_empty() => {
                let is_it = |p: &&Package| p.manager == Manager::Rpm && *p.architecture == *architecture;
                self.named(name).iter().filter(|p| is_it(p) && selector.asks(p.manager)).collect()
            }
            _ => found,
        }
    }
}

impl Package {
    /// A fault where it cannot be read.
    pub fn version(&self) -> Result<Version, Fault> {
        match &*self.version {
            "" => {
                let why = format!("which version of `{}` is installed cannot be read in {}", self.name, self.place);
                Err(Fault::Unsupported(why))
            }
            text => Ok(Version { text: text.to_owned(), order: self.order }),
        }
    }

    /// The name that tells it from others: a manager's only where several are asked.
    pub fn full_name(&self, with_manager: bool) -> String {
        let manager = if with_manager { format!("{}:", self.manager.word()) } else { String::new() };
        match &*self.architecture {
            "" => format!("{manager}{}", self.name),
            architecture => format!("{manager}{}:{architecture}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> Packages {
        let package = |name: &str, architecture: &str| Package {
            name: name.into(),
            version: "1".into(),
            order: VersionOrder::Debian,
            architecture: architecture.into(),
            held: Ok(false),
            manager: Manager::Dpkg,
            place: "".into(),
        };
        let installed = vec![
            package("libc6-dev", "amd64"),
            package("libc6", "i386"),
            package("libc6", "amd64"),
            package("adduser", "all"),
        ];
        Packages::new(Database { installed, others: vec!["vim".into()] }, vec![Manager::Dpkg], vec![])
    }

    impl Package {
        fn named(self, name: &str) -> Package {
            Package { name: name.into(), ..self }
        }
    }

    fn found(text: &str) -> Vec<String> {
        let packages = packages();
        let found = packages.recorded(&Selector::parse(text).unwrap());
        found.iter().map(|p| format!("{}:{}", p.name, p.architecture)).collect()
    }

    #[test]
    fn a_name_is_of_any_architecture_unless_it_says_one() {
        assert_eq!(found("libc6"), ["libc6:i386", "libc6:amd64"]);
        assert_eq!(found("libc6:i386"), ["libc6:i386"]);
        assert_eq!(found("adduser:all"), ["adduser:all"]);
        // As dpkg-query has it.
        assert!(found("adduser:amd64").is_empty());
        assert!(found("libc").is_empty() && found("zzz").is_empty() && found("a").is_empty());
    }

    #[test]
    fn a_glob_is_not_looked_up_as_a_name() {
        assert_eq!(found("libc6*"), ["libc6:i386", "libc6:amd64", "libc6-dev:amd64"]);
        assert_eq!(found("libc[0-9]:i386"), ["libc6:i386"]);
        assert_eq!(found("add????"), ["adduser:all"]);
        assert!(found("libc?").len() == 2);
    }

    #[test]
    fn a_package_that_is_unpacked_and_not_recorded_is_not_called_absent() {
        let tree = "-- /var/lib/dpkg/info/adduser.list\n-- /var/lib/dpkg/info/libc6:amd64.list\n\
                    -- /var/lib/dpkg/info/vim.list\n-- /var/lib/dpkg/info/zsh:amd64.list\n\
                    -- /var/lib/dpkg/info/zlib.conffiles\n";
        let files = crate::host::TreeFiles::parse(tree).unwrap();
        let host = Host::offline(std::sync::Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let packages = packages();
        let find = |text: &str| packages.find(&host, &Selector::parse(text).unwrap()).map(|found| found.len());
        assert_eq!([find("adduser"), find("vim"), find("zlib"), find("none")], [Ok(1), Ok(0), Ok(0), Ok(0)]);
        for lost in ["zsh", "zsh:amd64", "zs*"] {
            assert!(matches!(find(lost), Err(Fault::Malformed(why)) if why.contains("`zsh`")), "{lost}");
        }
    }

    #[test]
    fn no_database_is_not_no_package() {
        let files = crate::host::TreeFiles::parse("-- /etc/os-release\nID=plan9\n").unwrap();
        let host = Host::offline(std::sync::Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let fault = host.packages().err().unwrap();
        let why = fault.to_string();
        assert!(why.starts_with("no package database found: looked for /var/lib/dpkg/status, "), "{why}");
        assert_eq!(fault.code(), "unsupported");
    }

    #[test]
    fn what_is_in_a_database_that_can_be_read_is_known_beside_one_that_cannot() {
        let status = "-- /var/lib/dpkg/status\nPackage: bash\nStatus: install ok installed\nVersion: 1\n\n";
        let tree = format!("{status}-- /var/lib/rpm/rpmdb.sqlite\nSQLite\n-- /lib/apk/db/installed size=0\n");
        let files = crate::host::TreeFiles::parse(&tree).unwrap();
        let host = Host::offline(std::sync::Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let look = |text: &str| find(&host, &Selector::parse(text).unwrap());
        let bash = look("bash").unwrap();
        assert_eq!((bash.packages.len(), bash.more.unwrap().code()), (1, "malformed"));
        assert!(look("dpkg:bash").unwrap().more.is_none());
        assert!(look("dpkg:zsh").unwrap().packages.is_empty());
        assert_eq!(look("zsh").err().unwrap().code(), "malformed");
        assert_eq!(look("rpm:bash").err().unwrap().code(), "malformed");
        let why = look("pacman:bash").err().unwrap().to_string();
        assert_eq!(why, "no pacman database found: looked for /var/lib/pacman/local");
    }

    #[test]
    fn of_rpm_an_architecture_may_stand_behind_a_dot() {
        let rpm = |name: &str, architecture: &str| Package {
            manager: Manager::Rpm,
            architecture: architecture.into(),
            ..packages().installed[0].clone().named(name)
        };
        let installed = vec![rpm("glibc", "i686"), rpm("glibc", "x86_64"), rpm("python3.11", "x86_64")];
        let all = Packages::new(Database { installed, others: vec![] }, vec![Manager::Rpm], vec![]);
        let count = |text: &str| all.recorded(&Selector::parse(text).unwrap()).len();
        assert_eq!([count("glibc"), count("glibc.i686"), count("glibc:i686"), count("glibc.arm")], [2, 1, 1, 0]);
        assert_eq!([count("python3.11"), count("python3.11.x86_64"), count("dpkg:glibc.i686")], [1, 1, 0]);
    }
}
