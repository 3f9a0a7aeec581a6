//! Which packages are installed, whichever package managers this host has.

use super::Host;
use crate::value::{Fault, Version, VersionOrder};
use globset::{Glob, GlobMatcher};

mod dpkg;

/// Reads one manager's database; `None` where this host does not have that manager.
type Read = fn(&Host) -> Result<Option<Vec<Package>>, Fault>;

/// Every manager, with the place its database is looked for. All that are present are asked.
const MANAGERS: &[(Read, &str)] = &[(dpkg::read, dpkg::STATUS)];

/// Databases that are not read here, each with its manager's command: a package may be in one.
const UNREAD: &[(&str, &str)] = &[
    ("rpm", "/var/lib/rpm/rpmdb.sqlite"),
    ("rpm", "/var/lib/rpm/Packages.db"),
    ("rpm", "/var/lib/rpm/Packages"),
    ("rpm", "/usr/lib/sysimage/rpm/rpmdb.sqlite"),
    ("rpm", "/usr/lib/sysimage/rpm/Packages.db"),
    ("apk", "/lib/apk/db/installed"),
    ("apk", "/usr/lib/apk/db/installed"),
    ("pacman", "/var/lib/pacman/local/ALPM_DB_VERSION"),
];

/// A package that is wholly installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: Box<str>,
    pub version: Box<str>,
    pub order: VersionOrder,
    /// As its manager writes it; `all` or the like where it runs on any. Empty where nothing is recorded.
    pub architecture: Box<str>,
    /// Whether its manager is told to keep it as it is.
    pub held: bool,
    /// The manager's command: `dpkg`.
    pub manager: &'static str,
}

/// The installed packages, by name.
pub struct Packages {
    all: Vec<Package>,
    /// Why there may be more.
    more: Option<Fault>,
}

/// What a spec calls a package: `libc6` (of any architecture), `libc6:amd64`, or a glob(7) such as `xserver-xorg*`.
#[derive(Clone, Debug)]
pub struct Selector {
    name: String,
    architecture: Option<String>,
    glob: Option<GlobMatcher>,
}

/// Asks every manager that is present. One that cannot be read spoils the table: a package that is not in the others
/// might be in that one.
pub(super) fn load(host: &Host) -> Result<Packages, Fault> {
    let mut found = None::<Vec<Package>>;
    for (read, _) in MANAGERS {
        if let Some(packages) = read(host)? {
            found.get_or_insert_default().extend(packages);
        }
    }
    let more = unread(host)?;
    match (found, more) {
        (Some(packages), more) => Ok(Packages::new(packages, more)),
        (None, Some(fault)) => Err(fault),
        (None, None) => {
            let places: Vec<_> = MANAGERS.iter().map(|(_, place)| *place).collect();
            Err(Fault::Unsupported(format!("no package database found: looked for {}", places.join(", "))))
        }
    }
}

/// Whether there is a database that is not read here. One that is empty has nothing in it.
fn unread(host: &Host) -> Result<Option<Fault>, Fault> {
    for (manager, path) in UNREAD {
        if host.files().stat(path)?.is_some_and(|stat| stat.size > 0) {
            return Ok(Some(Fault::Unsupported(format!("{path}: the packages of `{manager}` are not read here"))));
        }
    }
    Ok(None)
}

impl Packages {
    fn new(mut all: Vec<Package>, more: Option<Fault>) -> Packages {
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Packages { all, more }
    }

    /// The fault that there may be others than those found.
    pub fn complete(&self) -> Result<(), Fault> {
        self.more.clone().map_or(Ok(()), Err)
    }

    /// The installed packages that `selector` names.
    pub fn find(&self, selector: &Selector) -> Vec<&Package> {
        let all = &self.all;
        let named = match selector.glob {
            Some(_) => all.as_slice(),
            None => {
                let start = all.partition_point(|p| *p.name < *selector.name);
                let rest = all.get(start..).unwrap_or_default();
                rest.get(..rest.partition_point(|p| *p.name == *selector.name)).unwrap_or_default()
            }
        };
        named.iter().filter(|p| selector.matches(p)).collect()
    }
}

impl Package {
    pub fn version(&self) -> Version {
        Version { text: self.version.to_string(), order: self.order }
    }
}

impl Selector {
    /// Says in a lower-case fragment why `text` names no package.
    pub fn parse(text: &str) -> Result<Selector, String> {
        if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!("a package's name has no {odd:?} in it"));
        }
        let (name, architecture) = match text.rsplit_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (text, None),
        };
        if name.is_empty() {
            return Err("the name is empty".into());
        }
        if architecture.is_some_and(|a| a.is_empty() || a.contains(['*', '?', '['])) {
            return Err(format!("`{text}` ends in no architecture: write a name such as `libc6`, or `libc6:amd64`"));
        }
        let glob = match name.contains(['*', '?', '[']) {
            true => Some(Glob::new(name).map_err(|e| format!("`{name}` is no glob: {}", e.kind()))?.compile_matcher()),
            false => None,
        };
        Ok(Selector { name: name.to_owned(), architecture: architecture.map(str::to_owned), glob })
    }

    fn matches(&self, package: &Package) -> bool {
        let name = match &self.glob {
            Some(glob) => glob.is_match(&*package.name),
            None => *package.name == *self.name,
        };
        name && self.architecture.as_ref().is_none_or(|a| **a == *package.architecture)
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
            held: false,
            manager: "dpkg",
        };
        Packages::new(
            vec![
                package("libc6-dev", "amd64"),
                package("libc6", "i386"),
                package("libc6", "amd64"),
                package("adduser", "all"),
            ],
            None,
        )
    }

    fn found(text: &str) -> Vec<String> {
        let packages = packages();
        let found = packages.find(&Selector::parse(text).unwrap());
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
    fn a_name_that_can_name_no_package_is_refused() {
        for text in ["", "a b", "vim\n", ":amd64", "libc6:", "libc6:*", "lib["] {
            assert!(Selector::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_database_is_not_no_package() {
        let files = crate::host::TreeFiles::parse("-- /etc/os-release\nID=plan9\n").unwrap();
        let host = Host::offline(std::sync::Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let fault = host.packages().err().unwrap();
        assert_eq!(fault.to_string(), "no package database found: looked for /var/lib/dpkg/status");
        assert_eq!(fault.code(), "unsupported");
    }

    #[test]
    fn a_database_that_is_not_read_may_have_what_the_others_have_not() {
        let status = "-- /var/lib/dpkg/status\nPackage: bash\nStatus: install ok installed\nVersion: 1\n\n";
        let more = |tree: String| {
            let files = crate::host::TreeFiles::parse(&tree).unwrap();
            let host = Host::offline(std::sync::Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
            host.packages().and_then(Packages::complete)
        };
        assert_eq!(more(status.into()), Ok(()));
        assert_eq!(more(format!("{status}-- /var/lib/rpm/rpmdb.sqlite size=0\n")), Ok(()), "nothing is in it");
        for tree in
            [format!("{status}-- /var/lib/rpm/rpmdb.sqlite\nSQLite\n"), "-- /lib/apk/db/installed\nP:x\n".into()]
        {
            assert!(matches!(more(tree), Err(Fault::Unsupported(why)) if why.contains("are not read here")));
        }
    }
}
