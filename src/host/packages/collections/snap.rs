//! Snaps, from what snapd keeps of each: the file, and the link to the revision that is enabled (snapd's `dirs` package).

use super::{Manager, Package, Selector, is_word, package, text};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};

/// A file for each revision: `NAME_REVISION.snap`.
const SNAPS: &str = "/var/lib/snapd/snaps";
/// Where they are mounted, by distribution.
const MOUNTS: &[&str] = &["/snap", "/var/lib/snapd/snap"];

/// Without snapd there are none: it keeps them in one place. A snap that is disabled has no link.
pub(super) fn find(host: &Host, selector: &Selector) -> Result<Vec<Package>, Fault> {
    let files = host.files().list(SNAPS)?.unwrap_or_default();
    let mut found = Vec::new();
    for mount in MOUNTS {
        for (name, revision) in files.iter().filter_map(|file| file.strip_suffix(".snap")?.rsplit_once('_')) {
            let enabled = match selector.is_of(name) {
                true => host.files().link(&format!("{mount}/{name}/current"))?,
                false => None,
            };
            if enabled.as_deref() != Some(revision) || found.iter().any(|p: &Package| *p.name == *name) {
                continue;
            }
            let place = format!("{mount}/{name}/{revision}");
            let yaml = text(host, &format!("{place}/meta/snap.yaml")).ok().flatten().unwrap_or_default();
            let mut snap = package(Manager::Snap, VersionOrder::Dotted, name, version(&yaml), &place);
            snap.architecture = architecture(&yaml).into();
            found.push(snap);
        }
    }
    Ok(found)
}

/// Empty where a snap is not mounted, or cannot be read.
fn version(yaml: &str) -> &str {
    let version = yaml.lines().find_map(|line| line.strip_prefix("version:")).unwrap_or_default();
    let version = version.trim().trim_matches(['"', '\'']);
    if is_word(version) { version } else { "" }
}

/// The only one, if it is one: `[ all ]`, or a line for each.
fn architecture(yaml: &str) -> &str {
    let mut lines = yaml.lines().skip_while(|line| !line.starts_with("architectures:"));
    let first = lines.next().and_then(|line| line.split_once(':')).map_or("", |(_, words)| words.trim());
    let mut listed = lines.map_while(|line| line.trim_start().strip_prefix("- "));
    let one = match (first, listed.next(), listed.next()) {
        ("", Some(one), None) => one,
        (words, None, None) => words.trim_start_matches('[').trim_end_matches(']'),
        _ => "",
    };
    let one = one.trim().trim_matches(['"', '\'']);
    if is_word(one) && !one.contains(',') { one } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    #[test]
    fn what_is_enabled_is_installed_and_its_version_known_where_it_is_mounted() {
        let tree = "-- /var/lib/snapd/snaps/hello_42.snap\n-- /var/lib/snapd/snaps/hello_41.snap\n-- /snap/hello/current -> 42\n\
            -- /snap/hello/42/meta/snap.yaml\nname: hello\nversion: '2.10'\narchitectures:\n- amd64\napps:\n- x\n\
            -- /var/lib/snapd/snaps/core22_1.snap\n-- /snap/core22/current -> 1\n-- /var/lib/snapd/snaps/off_1.snap\n";
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let look = |name: &str| {
            let found = find(&host, &Selector::parse(&format!("snap:{name}")).unwrap()).unwrap();
            found.iter().map(|p| format!("{} {} {}", p.name, p.version, p.architecture)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            (look("hello"), look("core22"), look("off")),
            ("hello 2.10 amd64".into(), "core22  ".into(), "".into())
        );
        assert_eq!(look("*"), "core22  , hello 2.10 amd64");
        let none = Host::offline(Arc::new(TreeFiles::parse("").unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let words = |yaml| architecture(yaml).to_owned();
        assert_eq!(
            [words("architectures: [ all ]\n"), words("architectures:\n  - amd64\n  - i386\n"), words("x:\n- y\n")],
            ["all", "", ""]
        );
        assert_eq!(find(&none, &Selector::parse("snap:hello").unwrap()), Ok(vec![]));
    }
}
