//! Node.js's packages that are installed for all users, from the `package.json` of each (npm-folders(5), package-json(5)).

use super::{Manager, Package, Selector, is_word, package, text};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};
use std::collections::HashSet;

/// npm's, by where it is installed, and Debian's.
const ROOTS: &[&str] = &["/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs"];

pub(super) fn find(host: &Host, selector: &Selector) -> Result<Vec<Package>, Fault> {
    let (mut found, mut seen, mut any) = (Vec::new(), HashSet::new(), false);
    for root in ROOTS {
        let names = match selector.is_glob() {
            true => names(host, root)?,
            false => host.files().stat(root)?.map(|_| vec![selector.name.clone()]),
        };
        any |= names.is_some();
        for name in names.unwrap_or_default().iter().filter(|name| selector.is_of(name)) {
            let directory = format!("{root}/{name}");
            let path = format!("{directory}/package.json");
            match host.files().stat(&path)? {
                // One may be a link to another.
                Some(stat) if !seen.insert((stat.device, stat.inode)) => {}
                Some(_) => found.push(read(host, name, root, &path)?),
                None if selector.is_glob() || host.files().lstat(&directory)?.is_none() => {}
                None => {
                    let why = format!("{path} is missing: was `{name}` installed, or removed, in part?");
                    return Err(Fault::Malformed(why));
                }
            }
        }
    }
    match any {
        true => Ok(found),
        false => Err(Fault::Unsupported(format!("no packages of Node.js found: looked for {}", ROOTS.join(", ")))),
    }
}

/// The names in a directory, with those of scopes in theirs.
fn names(host: &Host, root: &str) -> Result<Option<Vec<String>>, Fault> {
    let Some(entries) = host.files().list(root)? else { return Ok(None) };
    let mut names = Vec::new();
    for entry in entries {
        match entry.starts_with('@') {
            true => {
                let inside = host.files().list(&format!("{root}/{entry}"))?.unwrap_or_default();
                names.extend(inside.iter().map(|name| format!("{entry}/{name}")));
            }
            false => names.push(entry),
        }
    }
    names.sort_unstable();
    Ok(Some(names))
}

fn read(host: &Host, name: &str, root: &str, path: &str) -> Result<Package, Fault> {
    let text = text(host, path)?.unwrap_or_default();
    let malformed = |why: String| Fault::Malformed(format!("{path}: {why}"));
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
    match json.get("version").and_then(serde_json::Value::as_str).filter(|version| is_word(version)) {
        Some(version) => Ok(package(Manager::Npm, VersionOrder::Semver, name, version, root)),
        None => Err(malformed("it has no version".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn look(tree: &str, name: &str) -> Result<Vec<String>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let found = find(&host, &Selector::parse(&format!("npm:{name}")).unwrap())?;
        Ok(found.iter().map(|p| format!("{} {} {}", p.name, p.version, p.place)).collect())
    }

    const TREE: &str = "-- /usr/lib/node_modules/npm/package.json\n{\"name\": \"npm\", \"version\": \"10.8.2\"}\n\
        -- /usr/lib/node_modules/@angular/cli/package.json\n{\"version\": \"17.0.0-rc.1\"}\n\
        -- /usr/share/nodejs/npm -> /usr/lib/node_modules/npm\n\
        -- /usr/share/nodejs/semver/package.json\n{\"version\": \"7.3.5\"}\n\
        -- /usr/local/lib/node_modules/cut/package.json\n{\"version\": \"1.0.0\n\
        -- /usr/local/lib/node_modules/empty/index.js\n";

    #[test]
    fn packages_and_those_of_scopes_are_found_by_name() {
        assert_eq!(look(TREE, "npm").unwrap(), ["npm 10.8.2 /usr/lib/node_modules"]);
        assert_eq!(look(TREE, "@angular/cli").unwrap(), ["@angular/cli 17.0.0-rc.1 /usr/lib/node_modules"]);
        assert_eq!(look(TREE, "semver").unwrap(), ["semver 7.3.5 /usr/share/nodejs"]);
        assert_eq!(look(TREE, "@angular/*").unwrap().len(), 1);
        assert_eq!(look(TREE, "[ns]*").unwrap().len(), 2);
        assert!(look(TREE, "left-pad").unwrap().is_empty());
    }

    #[test]
    fn a_package_without_its_file_and_a_host_without_any_are_faults() {
        assert_eq!(look(TREE, "cut").unwrap_err().code(), "malformed");
        assert_eq!(look(TREE, "empty").unwrap_err().code(), "malformed");
        assert_eq!(look("-- /usr/lib/x\n", "npm").unwrap_err().code(), "unsupported");
    }
}
