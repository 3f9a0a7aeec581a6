//! Which packages are installed, whichever package managers this host has.

use super::Host;
use crate::value::{Fault, Version, VersionOrder};
use globset::{Glob, GlobMatcher};
use std::collections::HashSet;
use std::sync::OnceLock;

pub mod dossier;
mod dpkg;
pub mod manual;

/// A package manager.
struct Manager {
    /// Where its database is looked for.
    database: &'static str,
    /// Reads that; `None` where this host does not have that manager.
    read: fn(&Host) -> Result<Option<Database>, Fault>,
    /// Names of packages that it has unpacked, by what it keeps beside the database.
    unpacked: fn(&Host) -> Result<Vec<String>, Fault>,
}

/// All that are present are asked.
const MANAGERS: &[Manager] = &[Manager { database: dpkg::STATUS, read: dpkg::read, unpacked: dpkg::unpacked }];

/// What a manager's database says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Database {
    installed: Vec<Package>,
    /// Names of packages that are recorded and not wholly installed.
    others: Vec<Box<str>>,
}

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
    installed: Vec<Package>,
    /// Names of those that are recorded and not wholly installed.
    others: HashSet<Box<str>>,
    /// Names of those that are unpacked and not recorded, looked for when a package is not found.
    lost: OnceLock<Result<Vec<String>, Fault>>,
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
    let mut found = None::<Database>;
    for manager in MANAGERS {
        if let Some(database) = (manager.read)(host)? {
            let all = found.get_or_insert_default();
            all.installed.extend(database.installed);
            all.others.extend(database.others);
        }
    }
    let more = unread(host)?;
    match (found, more) {
        (Some(database), more) => Ok(Packages::new(database, more)),
        (None, Some(fault)) => Err(fault),
        (None, None) => {
            let places: Vec<_> = MANAGERS.iter().map(|manager| manager.database).collect();
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
    fn new(Database { mut installed, others }: Database, more: Option<Fault>) -> Packages {
        installed.sort_by(|a, b| a.name.cmp(&b.name));
        Packages { installed, others: others.into_iter().collect(), lost: OnceLock::new(), more }
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

    /// The fault that there may be others than those found.
    pub fn complete(&self) -> Result<(), Fault> {
        self.more.clone().map_or(Ok(()), Err)
    }

    /// The installed packages that `selector` names. None is certainty: a fault where a database that lost its end, or
    /// that is not read, may have named one.
    pub fn find(&self, host: &Host, selector: &Selector) -> Result<Vec<&Package>, Fault> {
        let found = self.recorded(selector);
        if found.is_empty() {
            self.complete()?;
            let lost = self.lost.get_or_init(|| self.lost(host)).as_ref().map_err(Clone::clone)?;
            if let Some(name) = lost.iter().find(|name| selector.is_of(name)) {
                let places: Vec<_> = MANAGERS.iter().map(|manager| manager.database).collect();
                let why =
                    format!("{} does not tell of `{name}`, whose files are here: is it cut short?", places.join(", "));
                return Err(Fault::Malformed(why));
            }
        }
        Ok(found)
    }

    fn lost(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut lost = Vec::new();
        for manager in MANAGERS {
            lost.extend((manager.unpacked)(host)?);
        }
        let is_recorded = |name: &String| {
            self.others.contains(name.as_str()) || self.installed.binary_search_by(|p| (*p.name).cmp(name)).is_ok()
        };
        lost.retain(|name| !is_recorded(name));
        Ok(lost)
    }

    fn recorded(&self, selector: &Selector) -> Vec<&Package> {
        let named = match selector.glob {
            Some(_) => self.all(),
            None => self.named(&selector.name),
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

    pub fn is_glob(&self) -> bool {
        self.glob.is_some()
    }

    /// Whether it is of packages of this name, whatever their architecture.
    fn is_of(&self, name: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(name),
            None => *name == *self.name,
        }
    }

    /// Whether it selects whatever `other`, which is no glob, selects.
    pub fn includes(&self, other: &Selector) -> bool {
        let architecture = self.architecture.is_none() || self.architecture == other.architecture;
        architecture && other.glob.is_none() && self.is_of(&other.name)
    }

    fn matches(&self, package: &Package) -> bool {
        self.is_of(&package.name) && self.architecture.as_ref().is_none_or(|a| **a == *package.architecture)
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
        let installed = vec![
            package("libc6-dev", "amd64"),
            package("libc6", "i386"),
            package("libc6", "amd64"),
            package("adduser", "all"),
        ];
        Packages::new(Database { installed, others: vec!["vim".into()] }, None)
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
    fn a_name_that_can_name_no_package_is_refused() {
        for text in ["", "a b", "vim\n", ":amd64", "libc6:", "libc6:*", "lib["] {
            assert!(Selector::parse(text).is_err(), "{text:?}");
        }
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
