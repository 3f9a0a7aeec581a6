//! Arch Linux's packages, from a directory for each in `/var/lib/pacman/local` (pacman(8), libalpm(3)).

use super::{Database, Manager, Package};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};
use globset::Glob;

pub(super) const LOCAL: &str = "/var/lib/pacman/local";
const CONFIGURATION: &str = "/etc/pacman.conf";
/// The layout that is read here.
const LAYOUT: &str = "9";

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    let Some(names) = host.files().list(LOCAL)? else { return Ok(None) };
    let file = format!("{LOCAL}/ALPM_DB_VERSION");
    match host.text(&file)?.as_deref().map(str::trim) {
        None | Some(LAYOUT) => {}
        Some(other) => {
            let other: String = other.chars().take(20).collect();
            return Err(Fault::Unsupported(format!("{file}: the layout `{}` is not read here", other.escape_debug())));
        }
    }
    let ignored = ignored(host);
    let mut database = Database::default();
    for directory in names {
        // As pacman's: `name-version-release`, and no name begins with a dot.
        let parts = directory.rmatch_indices('-').nth(1).map(|(at, _)| directory.split_at(at));
        let Some((name, version)) = parts.filter(|_| !directory.starts_with('.')) else { continue };
        let version = version.trim_start_matches('-');
        let path = format!("{LOCAL}/{directory}/desc");
        let malformed = |why: &str| Fault::Malformed(format!("{path}: {why}"));
        let Some(text) = host.text(&path)? else {
            return Err(malformed("it is missing: was the package installed in part?"));
        };
        let desc = Desc::parse(&text).map_err(malformed)?;
        if (desc.name, desc.version) != (name, version) {
            return Err(malformed("it tells of another package than its directory"));
        }
        let is_held = |ignored: &Ignored| ignored.matches(name, &desc.groups);
        database.installed.push(Package {
            name: name.into(),
            version: version.into(),
            order: VersionOrder::Pacman,
            architecture: desc.architecture.into(),
            held: ignored.as_ref().map(is_held).map_err(Clone::clone),
            manager: Manager::Pacman,
            place: Box::default(),
        });
    }
    Ok(Some(database))
}

struct Desc<'t> {
    name: &'t str,
    version: &'t str,
    architecture: &'t str,
    groups: Vec<&'t str>,
}

impl<'t> Desc<'t> {
    /// Fields are `%NAME%` and a line for each value; a blank line ends each, the last one, too.
    fn parse(text: &'t str) -> Result<Desc<'t>, &'static str> {
        if !text.ends_with("\n\n") {
            return Err("cut short: it does not end with a blank line");
        }
        let mut desc = Desc { name: "", version: "", architecture: "", groups: vec![] };
        let mut lines = text.lines();
        while let Some(field) = lines.next() {
            let values = lines.by_ref().take_while(|line| !line.is_empty());
            match field {
                "" => {}
                "%NAME%" => desc.name = one(values)?,
                "%VERSION%" => desc.version = one(values)?,
                "%ARCH%" => desc.architecture = one(values)?,
                "%GROUPS%" => desc.groups = values.collect(),
                _ => values.for_each(drop),
            }
        }
        Ok(desc)
    }
}

fn one<'t>(mut values: impl Iterator<Item = &'t str>) -> Result<&'t str, &'static str> {
    match (values.next(), values.next()) {
        (Some(value), None) if !value.contains(|c: char| c.is_whitespace() || c.is_control()) => Ok(value),
        _ => Err("a field that has one value has none, or several"),
    }
}

/// What pacman.conf(5) says not to upgrade: globs.
#[derive(Default)]
struct Ignored {
    packages: Vec<Glob>,
    groups: Vec<Glob>,
}

impl Ignored {
    fn matches(&self, name: &str, groups: &[&str]) -> bool {
        let any = |globs: &[Glob], name: &str| globs.iter().any(|glob| glob.compile_matcher().is_match(name));
        any(&self.packages, name) || groups.iter().any(|group| any(&self.groups, group))
    }
}

fn ignored(host: &Host) -> Result<Ignored, Fault> {
    let text = host.text(CONFIGURATION)?.unwrap_or_default();
    let (mut ignored, mut in_options) = (Ignored::default(), false);
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            in_options = section.trim_end_matches(']') == "options";
        }
        let Some((key, value)) = line.split_once('=').filter(|_| in_options) else { continue };
        let globs = match key.trim() {
            "IgnorePkg" => &mut ignored.packages,
            "IgnoreGroup" => &mut ignored.groups,
            "Include" => {
                let why = format!("{CONFIGURATION}: what its options include is not read here");
                return Err(Fault::Unsupported(why));
            }
            _ => continue,
        };
        globs.extend(value.split_ascii_whitespace().filter_map(|word| Glob::new(word).ok()));
    }
    Ok(ignored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn load(tree: &str) -> Result<Option<Vec<String>>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let told = |p: &Package| format!("{} {} {} {:?}", p.name, p.version, p.architecture, p.held);
        Ok(read(&host)?.map(|database| database.installed.iter().map(told).collect()))
    }

    const BASH: &str = "-- /var/lib/pacman/local/ALPM_DB_VERSION\n9\n-- /var/lib/pacman/local/gcc-libs-14.2.1+r134-1/desc\n\
        %NAME%\ngcc-libs\n\n%VERSION%\n14.2.1+r134-1\n\n%DESC%\n%ARCH%\n\n%ARCH%\nx86_64\n\n%GROUPS%\nbase-devel\nother\n\n";

    #[test]
    fn packages_are_read_and_what_is_ignored_is_held() {
        assert_eq!(load(BASH).unwrap().unwrap(), ["gcc-libs 14.2.1+r134-1 x86_64 Ok(false)"]);
        for (conf, held) in [
            ("[options]\nIgnorePkg = linux gcc-*\n", "Ok(true)"),
            ("[options]\n IgnoreGroup=base-d*\n", "Ok(true)"),
            ("[options]\n#IgnorePkg = gcc-libs\n[core]\nIgnorePkg = gcc-libs\nInclude = /x\n", "Ok(false)"),
            (
                "[options]\nInclude = /etc/x\n",
                "Err(Unsupported(\"/etc/pacman.conf: what its options include is not read here\"))",
            ),
        ] {
            let all = load(&format!("{BASH}-- /etc/pacman.conf\n{conf}")).unwrap().unwrap();
            assert_eq!(all, [format!("gcc-libs 14.2.1+r134-1 x86_64 {held}")], "{conf}");
        }
        assert_eq!(load("-- /etc/pacman.conf\n"), Ok(None));
    }

    #[test]
    fn a_package_whose_record_is_cut_or_another_spoils_the_whole() {
        for (from, to) in [
            ("%NAME%\ngcc-libs", "%NAME%\ngcc"),
            ("%VERSION%\n14", "%VERSION%\n15"),
            ("other\n\n", "other\n"),
            ("%ARCH%\nx86_64", "%ARCH%"),
            ("/desc", "/files"),
        ] {
            assert_ne!(BASH.replace(from, to), BASH);
            assert!(matches!(load(&BASH.replace(from, to)), Err(Fault::Malformed(_))), "{from}");
        }
        assert!(matches!(load(&BASH.replace("VERSION\n9", "VERSION\n10")), Err(Fault::Unsupported(_))));
    }
}
