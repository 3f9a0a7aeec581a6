//! Unit files, the links to them, and what `systemctl is-enabled` says by them: systemd.unit(5).
//!
//! systemd itself reads nothing else to tell which units are enabled, so this is known where systemd does not run, too.

use crate::host::{FileType, Host};
use crate::value::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Where units' files are looked for; the first that has one counts.
const PLACES: [&str; 13] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    ENABLED,
    "/etc/systemd/system.attached",
    RUNTIME,
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    LATE,
];
/// Where `systemctl enable` links, and where it does so until the next start.
const ENABLED: &str = "/etc/systemd/system";
const RUNTIME: &str = "/run/systemd/system";
/// Where units are that systemd has made up, and those of init scripts: systemd-sysv-generator(8).
const GENERATED: &str = "/run/systemd/generator";
const LATE: &str = "/run/systemd/generator.late";
const TRANSIENT: &str = "/run/systemd/transient/";
/// What directories of links to what another unit starts are called.
const STARTS: &[&str] = &[".wants", ".requires", ".upholds"];
/// Links from an alias to a unit that are followed.
const MOST_LINKS: usize = 8;
/// Bytes of a unit file that are read.
const BOUND: u64 = 1 << 20;

/// The unit files of a host.
pub struct UnitFiles {
    /// By name, where the file of each is that counts.
    units: BTreeMap<String, UnitFile>,
    /// The names that another unit starts, and the places of the links that make it so.
    wanted: BTreeMap<String, BTreeSet<&'static str>>,
    /// Why there may be more.
    pub more: Option<Fault>,
}

struct UnitFile {
    path: String,
    place: &'static str,
    is: Is,
}

enum Is {
    File,
    /// A link to a file of its own name elsewhere.
    Linked,
    /// A link to nothing, or an empty file: `systemctl mask`.
    Masked,
    /// A link to a unit of another name.
    Alias(String),
}

/// The settings of a unit by section and name: `Install.WantedBy`.
pub type Settings = BTreeMap<String, Vec<String>>;

impl UnitFiles {
    pub fn read(host: &Host) -> Result<UnitFiles, Fault> {
        let mut files = UnitFiles { units: BTreeMap::new(), wanted: BTreeMap::new(), more: None };
        for place in PLACES {
            match host.files().list(place) {
                Ok(names) => names.unwrap_or_default().into_iter().try_for_each(|name| files.add(host, place, name))?,
                Err(fault) => _ = files.more.get_or_insert(fault),
            }
        }
        Ok(files)
    }

    fn add(&mut self, host: &Host, place: &'static str, name: String) -> Result<(), Fault> {
        let path = format!("{place}/{name}");
        if STARTS.iter().any(|ending| name.ends_with(ending)) {
            match host.files().list(&path) {
                Ok(links) => {
                    links.into_iter().flatten().for_each(|l| _ = self.wanted.entry(l).or_default().insert(place));
                }
                Err(fault) => _ = self.more.get_or_insert(fault),
            }
            return Ok(());
        }
        if !name.contains('.') || self.units.contains_key(&name) {
            return Ok(());
        }
        let Some(stat) = host.files().lstat(&path)? else { return Ok(()) };
        let is = match stat.file_type {
            FileType::Symlink => {
                let target = host.files().link(&path)?.unwrap_or_default();
                match target.rsplit('/').next().unwrap_or_default() {
                    _ if is_nothing(host, &path) => Is::Masked,
                    unit if unit != name && unit.contains('.') => Is::Alias(unit.to_owned()),
                    _ => Is::Linked,
                }
            }
            FileType::File if stat.size == 0 => Is::Masked,
            FileType::File => Is::File,
            _ => return Ok(()),
        };
        self.units.insert(name, UnitFile { path, place, is });
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Names that have a file, or that another unit starts; those of `/etc` and `/run` only.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.units.keys().map(String::as_str).chain(self.wanted())
    }

    /// Whether a unit has a file that is not made of an init script.
    pub fn is_written(&self, name: &str) -> bool {
        self.units.get(name).is_some_and(|file| file.place != LATE)
    }

    /// Names that somebody has made another unit start.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        let enabled = |places: &BTreeSet<&str>| places.contains(ENABLED) || places.contains(RUNTIME);
        self.wanted.iter().filter(move |(_, places)| enabled(places)).map(|(name, _)| name.as_str())
    }

    /// Names that are links to units of other names: the alias, that unit, and whether somebody has made the link, as
    /// enabling does.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.units.iter().filter_map(|(name, file)| match &file.is {
            Is::Alias(unit) => Some((name.as_str(), unit.as_str(), [ENABLED, RUNTIME].contains(&file.place))),
            _ => None,
        })
    }

    /// The name that a unit has itself, of whichever name it goes by.
    pub fn own_name<'n>(&'n self, name: &'n str) -> &'n str {
        let mut own = name;
        for _ in 0..MOST_LINKS {
            match self.units.get(own).map(|file| &file.is) {
                Some(Is::Alias(unit)) => own = unit,
                _ => break,
            }
        }
        own
    }

    /// The file of a unit by its own name; of an instance without one of its own its template's.
    fn file(&self, own: &str) -> Option<&UnitFile> {
        let of_template = || self.units.get(self.own_name(&template(own)?));
        // Links that lead in a circle lead to no file.
        self.units.get(own).or_else(of_template).filter(|file| !matches!(file.is, Is::Alias(_)))
    }

    /// Where the file of a unit is; `None` if there is none, or it is masked.
    pub fn path(&self, own: &str) -> Option<&str> {
        self.file(own).filter(|file| !matches!(file.is, Is::Masked)).map(|file| file.path.as_str())
    }

    /// What `systemctl is-enabled` says of a unit; `None` if there is no file for one.
    pub fn state(&self, host: &Host, name: &str) -> Result<Option<&'static str>, Fault> {
        // The first place that has a file counts, and this may be one that is hidden.
        self.more.clone().map_or(Ok(()), Err)?;
        let has_template = template(name).is_some_and(|template| self.units.contains_key(&template));
        if !has_template && self.is_lost(host, name)? {
            return Ok(None);
        }
        let own = self.own_name(name);
        let Some(file) = self.file(own) else {
            // An alias of a file that is in none of the places.
            let last = self.units.get(name).map(|file| host.files().stat(&file.path)).transpose()?;
            return Ok(last.flatten().map(|_| "alias"));
        };
        if matches!(file.is, Is::Masked) {
            return Ok(Some(if file.path.starts_with("/run/") { "masked-runtime" } else { "masked" }));
        }
        // It may be a link to nothing.
        if host.files().stat(&file.path)?.is_none() {
            return Ok(None);
        }
        let is_instance = template(own).is_some();
        if own != name && !is_instance {
            return Ok(Some("alias"));
        }
        if file.path.starts_with(GENERATED) {
            return Ok(Some("generated"));
        }
        if file.path.starts_with(TRANSIENT) {
            return Ok(Some("transient"));
        }
        let settings = self.settings(host, own)?;
        let install = |key: &str| settings.get(key).map_or(&[][..], Vec::as_slice);
        let words = |key| install(key).iter().flat_map(|value| value.split_ascii_whitespace());
        let instance = install("Install.DefaultInstance").last();
        let of_template = instance.map(|instance| own.replacen('@', &format!("@{instance}"), 1));
        let is_known = |link: &str| {
            link == own
                || words("Install.Alias").any(|a| filled(a, own) == link)
                || of_template.as_deref() == Some(link)
        };
        let links: Vec<(&str, &str)> = self.links(own).collect();
        let state = |known: bool| {
            let mut places = links.iter().filter(|(link, _)| !known || is_known(link)).map(|(_, place)| *place);
            if places.clone().any(|place| place == ENABLED) {
                return Some("enabled");
            }
            if places.clone().any(|place| place.starts_with("/run/")) {
                return Some("enabled-runtime");
            }
            // Who makes an instance means it.
            if is_instance && places.next().is_some() {
                return Some("static");
            }
            match (&file.is, file.place) {
                (Is::Linked, ENABLED) => Some("linked"),
                (Is::Linked, place) if place.starts_with("/run/") => Some("linked-runtime"),
                _ => None,
            }
        };
        if let Some(word) = state(true) {
            return Ok(Some(word));
        }
        if state(false).is_some() {
            return Ok(Some("indirect"));
        }
        let installs = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"];
        Ok(Some(match () {
            () if installs.iter().any(|key| !install(&format!("Install.{key}")).is_empty()) => "disabled",
            () if !install("Install.Also").is_empty() => "indirect",
            () => "static",
        }))
    }

    /// Whether a name is a link to nothing, and not to where units are: whatever is called so there is another.
    fn is_lost(&self, host: &Host, name: &str) -> Result<bool, Fault> {
        let Some(UnitFile { path, place, is: Is::Alias(_) }) = self.units.get(name) else { return Ok(false) };
        let target = joined(place, &host.files().link(path)?.unwrap_or_default());
        let is_elsewhere = target.rsplit_once('/').is_none_or(|(folder, _)| !PLACES.contains(&folder));
        Ok(is_elsewhere && host.files().stat(path)?.is_none())
    }

    /// The links that make the unit of this name start, by their names, and their places.
    fn links<'n>(&'n self, own: &'n str) -> impl Iterator<Item = (&'n str, &'n str)> {
        let is_of = move |link: &str| link == own || template(link).as_deref() == Some(own);
        let wanted = self.wanted.iter().filter(move |(link, _)| is_of(link));
        let wanted = wanted.flat_map(|(link, places)| places.iter().map(move |place| (link.as_str(), *place)));
        let aliases = self.units.iter().filter_map(move |(link, file)| match &file.is {
            Is::Alias(unit) if unit == own => Some((link.as_str(), file.place)),
            _ => None,
        });
        wanted.chain(aliases)
    }

    /// The settings of a unit, those of its drop-ins behind its own.
    pub fn settings(&self, host: &Host, own: &str) -> Result<Settings, Fault> {
        let mut all = BTreeMap::new();
        let mut read = |path: &str| -> Result<(), Fault> {
            // A drop-in is taken back so.
            if is_nothing(host, path) {
                return Ok(());
            }
            if let Some(stat) = host.files().stat(path)? {
                if stat.file_type != FileType::File || stat.size >= BOUND {
                    return Err(Fault::Unsupported(format!("{path} is not read: it is no file, or longer than any")));
                }
                let bytes = host.files().read(path, BOUND)?.unwrap_or_default();
                add(&String::from_utf8_lossy(&bytes), &mut all);
            }
            Ok(())
        };
        if let Some(path) = self.path(own) {
            read(path)?;
        }
        for asked in [template(own), Some(own.to_owned())].into_iter().flatten() {
            for place in PLACES.iter().rev() {
                let mut names = host.files().list(&format!("{place}/{asked}.d"))?.unwrap_or_default();
                names.retain(|name| name.ends_with(".conf"));
                names.sort_unstable();
                names.iter().try_for_each(|conf| read(&format!("{place}/{asked}.d/{conf}")))?;
            }
        }
        Ok(all)
    }
}

/// Where a link in a directory leads, `..` taken by its word.
fn joined(folder: &str, target: &str) -> String {
    let mut steps = Vec::new();
    let way = if target.starts_with('/') { "" } else { folder };
    for step in way.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => _ = steps.pop(),
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

/// Whether a link leads to /dev/null or to an empty file. Where no machine runs, /dev has nothing in it.
fn is_nothing(host: &Host, path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        // What keeps it from being seen is told where it is asked for: other units are none the worse for it.
        let Some(target) = host.files().link(&path).ok().flatten() else { break };
        path = joined(path.rsplit_once('/').map_or("", |(folder, _)| folder), &target);
        if path == "/dev/null" {
            return true;
        }
    }
    let end = host.files().stat(&path).ok().flatten();
    end.is_some_and(|stat| stat.file_type == FileType::File && stat.size == 0)
}

/// `getty@.service` of `getty@tty1.service`.
pub fn template(name: &str) -> Option<String> {
    let (stem, suffix) = name.rsplit_once('.')?;
    let (template, instance) = stem.split_once('@')?;
    (!instance.is_empty()).then(|| format!("{template}@.{suffix}"))
}

pub fn is_template(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with('@'))
}

/// What takes back one of these takes back all: systemd.socket(5).
const LISTEN: &str = "Socket.Listen";

/// Reads the lines of a unit file: an empty value takes back those before it, systemd.syntax(7).
pub fn add(text: &str, all: &mut Settings) {
    let joined = text.replace("\\\n", " ");
    let mut section = "";
    for line in joined.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.split_once('=') {
            let key = format!("{section}.{}", name.trim());
            match value.trim() {
                "" if key.starts_with(LISTEN) => all.retain(|key, _| !key.starts_with(LISTEN)),
                "" => _ = all.remove(&key),
                value => all.entry(key).or_default().push(value.to_owned()),
            }
        }
    }
}

/// The name and the instance in the places that have the specifiers for them: systemd.unit(5).
pub fn filled(value: &str, id: &str) -> String {
    let stem = id.rsplit_once('.').map_or(id, |(stem, _)| stem);
    let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match if c == '%' { chars.next() } else { None } {
            None => out.push(c),
            Some('i' | 'I') => out.push_str(instance),
            Some('p' | 'P') => out.push_str(prefix),
            Some('n') => out.push_str(id),
            Some('N') => out.push_str(stem),
            Some('t') => out.push_str("/run"),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn states(tree: &str) -> impl Fn(&str) -> Option<&'static str> {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let files = UnitFiles::read(&host).unwrap();
        move |name| files.state(&host, name).unwrap()
    }

    #[test]
    fn links_and_install_sections_tell_how_a_unit_stands() {
        let state = states(
            "\
-- /lib/systemd/system/a.service
[Install]
WantedBy=multi-user.target
Alias=b.service
-- /etc/systemd/system/b.service -> /lib/systemd/system/a.service
-- /lib/systemd/system/off.service
[Install]
WantedBy=multi-user.target
-- /lib/systemd/system/odd.service
[Install]
Alias=even.service
-- /etc/systemd/system/third.service -> /lib/systemd/system/odd.service
-- /lib/systemd/system/with.service
[Install]
Also=off.service
-- /lib/systemd/system/static.service
[Service]
-- /lib/systemd/system/static.service.d/x.conf
[Service]
-- /etc/systemd/system/static.service.d/y.conf -> /dev/null
-- /dev/null
[Install]
WantedBy=x.target
-- /lib/systemd/system/grown.service
[Service]
-- /etc/systemd/system/grown.service.d/x.conf
[Install]
WantedBy=multi-user.target
-- /etc/systemd/system/linked.service -> /opt/linked.service
-- /opt/linked.service
[Install]
WantedBy=multi-user.target
-- /etc/systemd/system/broken.service -> /opt/gone.service
-- /etc/systemd/system/off.target.wants/run.service -> /x
-- /run/systemd/system/x.target.requires/late.service -> /x
-- /lib/systemd/system/late.service
[Install]
WantedBy=x.target
-- /etc/systemd/system/null.service -> /dev/null
-- /etc/systemd/system/near.service -> ../../../dev/null
-- /etc/systemd/system/far.service -> /opt/nothing
-- /etc/systemd/system/hollow.service -> /opt/hollow
-- /opt/nothing -> /dev/null
-- /opt/hollow
-- /etc/systemd/system/lost.service -> /nowhere/a.service
-- /run/systemd/system/empty.service
-- /run/systemd/generator/made.mount
[Mount]
-- /run/systemd/transient/run-1.service
[Service]
-- /lib/systemd/system/getty@.service
[Install]
WantedBy=getty.target
DefaultInstance=tty1
-- /etc/systemd/system/getty.target.wants/getty@tty1.service -> /lib/systemd/system/getty@.service
-- /lib/systemd/system/x.target.wants/getty@tty9.service -> ../getty@.service
-- /lib/systemd/system/db@.service
[Install]
WantedBy=x.target
-- /etc/systemd/system/x.target.wants/db@one.service -> /lib/systemd/system/db@.service
",
        );
        for (name, word) in [
            ("a.service", Some("enabled")),
            ("b.service", Some("alias")),
            ("off.service", Some("disabled")),
            ("odd.service", Some("indirect")),
            ("with.service", Some("indirect")),
            ("static.service", Some("static")),
            ("grown.service", Some("disabled")),
            ("linked.service", Some("linked")),
            ("broken.service", None),
            ("run.service", None),
            ("late.service", Some("enabled-runtime")),
            ("null.service", Some("masked")),
            ("near.service", Some("masked")),
            ("far.service", Some("masked")),
            ("hollow.service", Some("masked")),
            ("lost.service", None),
            ("empty.service", Some("masked-runtime")),
            ("made.mount", Some("generated")),
            ("run-1.service", Some("transient")),
            ("getty@.service", Some("enabled")),
            ("getty@tty1.service", Some("enabled")),
            ("getty@tty2.service", Some("disabled")),
            ("getty@tty9.service", Some("static")),
            ("db@.service", Some("indirect")),
            ("nope.service", None),
        ] {
            assert_eq!(state(name), word, "{name}");
        }
    }

    #[test]
    fn a_place_that_may_not_be_seen_leaves_every_unit_unknown() {
        let tree = "-- /lib/systemd/system/a.service\n[Service]\n-- /etc/systemd/system/ 0700 denied\n";
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let files = UnitFiles::read(&host).unwrap();
        assert_eq!(files.state(&host, "a.service").unwrap_err().code(), "denied");
        assert_eq!(files.state(&host, "b.service").unwrap_err().code(), "denied");
    }

    #[test]
    fn a_unit_that_is_not_read_whole_is_not_static() {
        let long = format!("-- /lib/systemd/system/a.service\n{}[Install]\nWantedBy=x.target\n", "#\n".repeat(1 << 19));
        for tree in [&*long, "-- /lib/systemd/system/a.service -> /opt\n-- /opt/x\n"] {
            let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
            let files = UnitFiles::read(&host).unwrap();
            assert_eq!(files.state(&host, "a.service").unwrap_err().code(), "unsupported");
        }
    }

    /// systemctl reads the links itself where it is given a root, whether or not systemd runs.
    #[test]
    fn systemctl_says_the_same_of_every_unit_of_this_machine() {
        let mut systemctl = std::process::Command::new("systemctl");
        systemctl.args(["--root=/", "list-unit-files", "--no-legend", "--no-pager", "--plain"]);
        let Ok(output) = systemctl.output() else {
            eprintln!("skipped: no systemctl here");
            return;
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let host = Host::local();
        let files = UnitFiles::read(&host).unwrap();
        for line in text.lines() {
            let (name, rest) = line.split_once(' ').unwrap();
            let word = rest.split_whitespace().next().unwrap();
            assert_eq!(files.state(&host, name).unwrap(), Some(word), "{name}");
        }
    }
}
