//! Python's packages, from the metadata beside them in site directories ("Recording installed projects", packaging.python.org).
//!
//! Of an interpreter's directories the first that has a package counts, as when it is imported.

use super::{Manager, Package, Selector, is_word, package, text};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Where interpreters keep their libraries.
const LIBRARIES: &[&str] = &["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"];

/// What is in the site directories of every interpreter.
pub struct Sites(Vec<Distribution>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Distribution {
    /// As [`normalised`] has it.
    name: Box<str>,
    directory: Box<str>,
    /// Its file or directory of metadata.
    entry: Box<str>,
}

pub(super) fn find(host: &Host, selector: &Selector) -> Result<Vec<Package>, Fault> {
    let Sites(all) = host.sites()?;
    let found: Vec<&Distribution> = match selector.is_glob() {
        true => all.iter().filter(|one| selector.is_of(&one.name)).collect(),
        false => {
            let name = normalised(&selector.name);
            let start = all.partition_point(|one| *one.name < *name);
            all.iter().skip(start).take_while(|one| *one.name == *name).collect()
        }
    };
    found.into_iter().map(|one| one.read(host)).collect()
}

pub fn load(host: &Host) -> Result<Sites, Fault> {
    let groups = groups(host)?;
    if groups.is_empty() {
        let why = format!("no Python found: looked for site directories in {}", LIBRARIES.join(", "));
        return Err(Fault::Unsupported(why));
    }
    let (mut all, mut listed) = (BTreeSet::new(), HashMap::new());
    for group in groups {
        let mut names = HashSet::new();
        for directory in group {
            let entries = match listed.get(&directory) {
                Some(entries) => entries,
                None => {
                    let entries = host.files().list(&directory)?.unwrap_or_default();
                    let named = |entry: String| Some((name(&entry)?, entry));
                    let entries: Vec<(Box<str>, String)> = entries.into_iter().filter_map(named).collect();
                    listed.entry(directory.clone()).or_insert(entries)
                }
            };
            let before = names.clone();
            for (name, entry) in entries.iter().filter(|(name, _)| !before.contains(name)) {
                names.insert(name.clone());
                let directory = directory.as_str().into();
                all.insert(Distribution { name: name.clone(), directory, entry: entry.as_str().into() });
            }
        }
    }
    Ok(Sites(all.into_iter().collect()))
}

/// Of each interpreter the site directories that are there, in the order of its `sys.path`.
fn groups(host: &Host) -> Result<Vec<Vec<String>>, Fault> {
    let (mut versions, mut distributions, mut there) = (BTreeSet::new(), BTreeSet::new(), HashSet::new());
    for library in LIBRARIES {
        for python in host.files().list(library)?.unwrap_or_default() {
            let Some(version) = python.strip_prefix("python").filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))
            else {
                continue;
            };
            versions.insert(version.to_owned());
            if !library.starts_with("/usr/local/") {
                distributions.insert(version.to_owned());
            }
            for site in ["dist-packages", "site-packages"] {
                let path = format!("{library}/{python}/{site}");
                if host.files().list(&path)?.is_some() {
                    there.insert(path);
                }
            }
        }
    }
    let mut groups = Vec::new();
    let mut group = |paths: &[String]| {
        let paths: Vec<_> = paths.iter().filter(|path| there.contains(*path)).cloned().collect();
        if !paths.is_empty() && !groups.contains(&paths) {
            groups.push(paths);
        }
    };
    for version in &versions {
        let at = |library: &str, site: &str| format!("{library}/python{version}/{site}");
        if !version.contains('.') {
            // What several of Debian's interpreters share.
            if !distributions.iter().any(|other| other.starts_with(&format!("{version}."))) {
                group(&[at("/usr/lib", "dist-packages")]);
            }
            continue;
        }
        let shared = format!("/usr/lib/python{}/dist-packages", version.split('.').next().unwrap_or_default());
        let debian = [at("/usr/local/lib", "dist-packages"), shared, at("/usr/lib", "dist-packages")];
        let local = [at("/usr/local/lib64", "site-packages"), at("/usr/local/lib", "site-packages")];
        let own = [at("/usr/lib64", "site-packages"), at("/usr/lib", "site-packages")];
        match own.iter().any(|path| there.contains(path)) {
            // As Fedora and Arch have it.
            true => group(&[local.as_slice(), &own].concat()),
            false => group(&local),
        }
        group(if distributions.contains(version) { &debian } else { debian.get(..1).unwrap_or_default() });
    }
    Ok(groups)
}

/// The package that a directory's entry is of: `Name-1.0.dist-info`, `Name-1.0-py3.11.egg-info`, `Name.egg-link`.
fn name(entry: &str) -> Option<Box<str>> {
    let endings = [".dist-info", ".egg-info", ".egg-link", ".egg"];
    let stem = endings.iter().find_map(|ending| entry.strip_suffix(ending))?;
    let name = stem.split('-').next().unwrap_or_default();
    // What pip could not remove begins with a tilde.
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_name.then(|| normalised(name).into())
}

/// PEP 503.
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

impl Distribution {
    fn read(&self, host: &Host) -> Result<Package, Fault> {
        let at = format!("{}/{}", self.directory, self.entry);
        let package =
            |name: &str, version: &str| package(Manager::Pip, VersionOrder::Pep440, name, version, &self.directory);
        let files = match self.entry.rsplit_once('.').map(|(_, ending)| ending) {
            // Where it leads to is somebody's own directory.
            Some("egg-link") => return Ok(package(&self.name, "")),
            Some("dist-info") => vec![format!("{at}/METADATA")],
            Some("egg") => vec![format!("{at}/EGG-INFO/PKG-INFO")],
            // It may be a file itself.
            _ => vec![format!("{at}/PKG-INFO"), at],
        };
        for path in &files {
            let Some(text) = text(host, path)? else { continue };
            return match (field(&text, "Name"), field(&text, "Version")) {
                (Some(name), Some(version)) => Ok(package(name, version)),
                _ => Err(Fault::Malformed(format!("{path}: it has no name, or no version"))),
            };
        }
        let path = files.first().map_or("", String::as_str);
        Err(Fault::Malformed(format!("{path} is missing: was `{}` installed, or removed, in part?", self.name)))
    }
}

/// A field of the header; a description may follow.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut fields = text.lines().take_while(|line| !line.trim().is_empty()).filter_map(|line| line.split_once(':'));
    fields
        .find(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .filter(|value| is_word(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn look(tree: &str, name: &str) -> Result<Vec<String>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let found = find(&host, &Selector::parse(&format!("pip:{name}")).unwrap())?;
        Ok(found.iter().map(|p| format!("{} {} {}", p.name, p.version, p.place)).collect())
    }

    fn metadata(path: &str, name: &str, version: &str) -> String {
        format!("-- {path}\nMetadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: description\n")
    }

    const DEBIAN: &str = "/usr/lib/python3/dist-packages";

    #[test]
    fn names_are_compared_as_pip_compares_them() {
        let tree = metadata(&format!("{DEBIAN}/Zope.Interface-5.4.0.dist-info/METADATA"), "Zope.Interface", "5.4.0")
            + &metadata(&format!("{DEBIAN}/PyJWT-2.6.0.egg-info/PKG-INFO"), "PyJWT", "2.6.0")
            + &metadata(&format!("{DEBIAN}/typing_extensions-4.4.0-py3.11.egg-info"), "typing_extensions", "4.4.0")
            + &metadata(&format!("{DEBIAN}/old.egg/EGG-INFO/PKG-INFO"), "old", "1")
            + "-- /usr/lib/python3/dist-packages/~equests-2.0.dist-info/METADATA\n";
        let one = |name: &str| look(&tree, name).unwrap().join(", ");
        assert_eq!(one("zope_interface"), format!("Zope.Interface 5.4.0 {DEBIAN}"));
        assert_eq!(one("pyjwt"), format!("PyJWT 2.6.0 {DEBIAN}"));
        assert_eq!(one("Typing-Extensions"), format!("typing_extensions 4.4.0 {DEBIAN}"));
        assert_eq!(
            (one("old"), one("equests"), one("zope")),
            (format!("old 1 {DEBIAN}"), String::new(), String::new())
        );
        assert_eq!(look(&tree, "*y*").unwrap().len(), 2);
    }

    #[test]
    fn the_directory_that_an_interpreter_looks_in_first_counts() {
        let debian = "-- /usr/lib/python3.11/os.py\n".to_owned()
            + &metadata(&format!("{DEBIAN}/requests-2.28.1.dist-info/METADATA"), "requests", "2.28.1")
            + &metadata(
                "/usr/local/lib/python3.11/dist-packages/requests-2.31.0.dist-info/METADATA",
                "requests",
                "2.31.0",
            );
        assert_eq!(look(&debian, "requests").unwrap(), ["requests 2.31.0 /usr/local/lib/python3.11/dist-packages"]);
        // An interpreter of one's own has its own.
        let image = debian
            + &metadata(
                "/usr/local/lib/python3.12/site-packages/requests-2.32.0.dist-info/METADATA",
                "requests",
                "2.32.0",
            );
        assert_eq!(look(&image, "requests").unwrap().len(), 2);
        let fedora = metadata("/usr/lib/python3.12/site-packages/pip-23.2.1.dist-info/METADATA", "pip", "23.2.1")
            + &metadata("/usr/local/lib/python3.12/site-packages/pip-24.0.dist-info/METADATA", "pip", "24.0");
        assert_eq!(look(&fedora, "pip").unwrap(), ["pip 24.0 /usr/local/lib/python3.12/site-packages"]);
    }

    #[test]
    fn no_python_and_metadata_that_is_gone_are_faults() {
        assert_eq!(look("-- /usr/lib/os-release\n", "pip").unwrap_err().code(), "unsupported");
        let cut = format!(
            "-- {DEBIAN}/six-1.0.dist-info/METADATA\nName: six\nVersion\n-- {DEBIAN}/seven-1.dist-info/RECORD\n"
        );
        assert_eq!(look(&cut, "six").unwrap_err().code(), "malformed");
        assert_eq!(look(&cut, "seven").unwrap_err().code(), "malformed");
        assert_eq!(look(&cut, "eight"), Ok(vec![]));
        assert_eq!(look(&format!("-- {DEBIAN}/ denied\n"), "six").unwrap_err().code(), "denied");
    }
}
