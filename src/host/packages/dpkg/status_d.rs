//! Debian's packages in images without dpkg: a file for each in `/var/lib/dpkg/status.d`, as its `control` was (deb-control(5)).
//!
//! Whoever made the image put the package there whole; a file has no `Status`, unless it says otherwise.

use super::{Dialect, Reader, State};
use crate::host::Host;
use crate::host::packages::{Database, Manager};
use crate::value::Fault;

pub(crate) const DIRECTORY: &str = "/var/lib/dpkg/status.d";

const DIALECT: Dialect = Dialect { status: super::state, unsaid: Some(State { held: false, installed: true }) };

pub(crate) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    let Some(mut names) = host.files().list(DIRECTORY)? else { return Ok(None) };
    // Beside them stand lists of their files' checksums.
    names.retain(|name| !name.ends_with(".md5sums") && !name.ends_with(".list") && !name.starts_with('.'));
    names.sort_unstable();
    let mut all = Database::default();
    for name in &names {
        let path = format!("{DIRECTORY}/{name}");
        let malformed = |why: String| Fault::Malformed(format!("{path}: {why}"));
        let bytes = host.read(&path)?.ok_or_else(|| malformed("it leads to nothing".into()))?;
        // The rest of a line that is cut short might go on.
        if !bytes.ends_with(b"\n") {
            return Err(malformed("cut short: it does not end with a line".into()));
        }
        let mut reader = Reader::of(DIALECT);
        reader.feed(&bytes);
        for stanza in reader.finish().map_err(malformed)? {
            match stanza.state.installed {
                true => all.installed.push(stanza.package(Manager::Dpkg)),
                false => all.others.push(stanza.name),
            }
        }
    }
    Ok((!names.is_empty()).then_some(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn load(tree: &str) -> Result<Option<Database>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        read(&Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH))
    }

    const TREE: &str = "-- /var/lib/dpkg/status.d/base\nPackage: base-files\nVersion: 12.4+deb12u10\nArchitecture: amd64\n\
        Description: x\n y\n-- /var/lib/dpkg/status.d/tzdata\nPackage: tzdata\nArchitecture: all\nVersion: 2024a-0\n\
        -- /var/lib/dpkg/status.d/tzdata.md5sums\n0123  usr/share/zoneinfo/UTC\n";

    #[test]
    fn every_file_is_an_installed_package() {
        let all = load(TREE).unwrap().unwrap().installed;
        let told: Vec<_> = all.iter().map(|p| format!("{}:{} {}", p.name, p.architecture, p.version)).collect();
        assert_eq!(told, ["base-files:amd64 12.4+deb12u10", "tzdata:all 2024a-0"]);
        assert_eq!(load("-- /var/lib/dpkg/status.d/\n"), Ok(None));
    }

    #[test]
    fn a_file_that_leads_to_nothing_may_be_any_package() {
        let tree = format!("{TREE}-- /var/lib/dpkg/status.d/zlib -> /nowhere\n");
        assert!(matches!(load(&tree), Err(Fault::Malformed(why)) if why.contains("status.d/zlib")));
    }

    #[test]
    fn a_file_that_names_no_package_or_no_version_is_a_fault() {
        for (from, to) in [("Package: tzdata\n", ""), ("Version: 2024a-0\n", ""), ("Package: base-files\n", "odd\n")] {
            assert!(matches!(load(&TREE.replace(from, to)), Err(Fault::Malformed(_))), "{from}");
        }
    }
}
