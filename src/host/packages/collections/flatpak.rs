//! Flatpaks that are installed for all users, from where each is deployed (flatpak(1), "system-wide installation").

use super::{Manager, Package, Selector, is_word, package, text};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};

/// Applications and what they run on: `ID/ARCHITECTURE/BRANCH/active`.
const ROOTS: &[&str] = &["/var/lib/flatpak/app", "/var/lib/flatpak/runtime"];
/// Where it is written down that there are others: flatpak-installation(5).
const OTHERS: &str = "/etc/flatpak/installations.d";
/// Where a version stands, below `active/files/share`, before and behind the name.
const METAINFO: &[(&str, &str)] =
    &[("metainfo/", ".metainfo.xml"), ("metainfo/", ".appdata.xml"), ("appdata/", ".appdata.xml")];

/// Without those directories there are none: flatpak keeps them in one place.
pub(super) fn find(host: &Host, selector: &Selector) -> Result<Vec<Package>, Fault> {
    let mut found = Vec::new();
    for root in ROOTS {
        let names = match selector.is_glob() {
            true => host.files().list(root)?.unwrap_or_default(),
            false => vec![selector.name.clone()],
        };
        for name in names.iter().filter(|name| selector.is_of(name)) {
            // Beside the architectures stands a link to the current one.
            for architecture in inside(host, &format!("{root}/{name}"))?.iter().filter(|word| *word != "current") {
                for branch in inside(host, &format!("{root}/{name}/{architecture}"))? {
                    let place = format!("{root}/{name}/{architecture}/{branch}");
                    if host.files().lstat(&format!("{place}/active"))?.is_none() {
                        continue;
                    }
                    let version = version(host, &place, name);
                    let mut flatpak = package(Manager::Flatpak, VersionOrder::Dotted, name, &version, &place);
                    flatpak.architecture = architecture.as_str().into();
                    found.push(flatpak);
                }
            }
        }
    }
    if found.is_empty() && inside(host, OTHERS)?.iter().any(|name| name.ends_with(".conf")) {
        return Err(Fault::Unsupported(format!("{OTHERS} tells of other installations, which are not read")));
    }
    Ok(found)
}

/// Names in a directory, sorted.
fn inside(host: &Host, path: &str) -> Result<Vec<String>, Fault> {
    let mut names = host.files().list(path)?.unwrap_or_default();
    names.sort_unstable();
    Ok(names)
}

/// Of the newest release that it tells of; empty where it tells of none, as runtimes do, or cannot be read.
fn version(host: &Host, place: &str, name: &str) -> String {
    let read = |(before, behind): &(&str, &str)| {
        text(host, &format!("{place}/active/files/share/{before}{name}{behind}")).ok().flatten()
    };
    let Some(text) = METAINFO.iter().find_map(read) else { return String::new() };
    let Ok(xml) = roxmltree::Document::parse(&text) else { return String::new() };
    let release = xml.descendants().find(|node| node.has_tag_name("release"));
    let version = release.and_then(|release| release.attribute("version")).unwrap_or_default();
    if is_word(version) { version.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    #[test]
    fn what_is_deployed_is_installed_with_the_version_of_its_newest_release() {
        let tree = "-- /var/lib/flatpak/app/org.gimp.GIMP/current -> x86_64/stable\n\
            -- /var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/active -> 0123\n\
            -- /var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/0123/files/share/metainfo/org.gimp.GIMP.metainfo.xml\n\
            <component><releases><release version=\"2.10.36\"/><release version=\"2.10.34\"/></releases></component>\n\
            -- /var/lib/flatpak/runtime/org.gnome.Platform/x86_64/45/active -> 4567\n\
            -- /var/lib/flatpak/app/org.gone.Gone/x86_64/stable/\n";
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let look = |name: &str| {
            let found = find(&host, &Selector::parse(&format!("flatpak:{name}")).unwrap()).unwrap();
            found.iter().map(|p| format!("{} {} {}", p.name, p.version, p.architecture)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(look("org.gimp.GIMP"), "org.gimp.GIMP 2.10.36 x86_64");
        assert_eq!(look("org.*"), "org.gimp.GIMP 2.10.36 x86_64, org.gnome.Platform  x86_64");
        assert_eq!((look("org.gone.Gone"), look("org.none")), (String::new(), String::new()));
        let others = format!("{tree}-- /etc/flatpak/installations.d/extra.conf\n[Installation \"extra\"]\n");
        let host = Host::offline(Arc::new(TreeFiles::parse(&others).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let look = |name: &str| find(&host, &Selector::parse(&format!("flatpak:{name}")).unwrap());
        assert!(look("org.gimp.GIMP").is_ok() && matches!(look("org.none.None"), Err(Fault::Unsupported(_))));
    }
}
