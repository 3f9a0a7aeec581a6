//! What systemd shows to a service that it keeps in a sandbox: mounts that are not the machine's, and other files than the
//! machine has in some places. systemd.exec(5), "Sandboxing".

use super::mounts::{MOUNTINFO, Mount, Mounts, within};
use super::{Files, Host, LocalFiles, ReadAt, Stat};
use crate::value::Fault;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{canonicalize, read_link};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The table of the first process, which stands in no sandbox.
const FIRST: &str = "/proc/1/mountinfo";
/// Links that are followed on the way to a file: path_resolution(7).
const MOST_LINKS: usize = 40;

/// What is mounted on the machine, where this process stands in a sandbox and sees other mounts; `None` where it does not.
/// `text` is its own table.
pub(super) fn of_the_machine(host: &Host, text: &str, own: &Mounts) -> Result<Option<Mounts>, Fault> {
    // So does whatever systemd starts find out that it was: "Environment Variables Set on Spawned Processes".
    let is_service = host.machine().is_ok() && std::env::var_os("INVOCATION_ID").is_some();
    if !is_service || !follows_another(text) {
        return Ok(None);
    }
    let unseen = |why: &dyn fmt::Display| {
        Fault::Denied(format!("this service has mounts of its own and may not see the machine's: {why}"))
    };
    match host.text(FIRST).map_err(|why| unseen(&why))? {
        None => Err(unseen(&format!("{FIRST} is hidden"))),
        // Who was given another root is to look at that.
        Some(text) => Mounts::parse(FIRST, &text).map(|first| (own.shows("/") == first.shows("/")).then_some(first)),
    }
}

/// Whether what is mounted on `/` elsewhere comes to be mounted here, too, which a machine's own table has nobody for:
/// mount_namespaces(7).
fn follows_another(table: &str) -> bool {
    table.lines().any(|line| {
        let mut fields = line.split(' ').skip(4);
        let on_root = fields.next() == Some("/");
        on_root && fields.skip(1).take_while(|field| *field != "-").any(|field| field.starts_with("master:"))
    })
}

/// The files of the machine this runs on, of which a sandbox may cover some.
pub(super) fn files(host: &Host) -> Option<Uncovered> {
    std::env::var_os("INVOCATION_ID")?;
    let text = host.text(MOUNTINFO).ok().flatten()?;
    let own = Mounts::parse(MOUNTINFO, &text).ok()?;
    let covered = match of_the_machine(host, &text, &own) {
        Ok(None) => return None,
        Ok(Some(first)) => covered(&own, &first),
        // What covers by its own name is known without that.
        Err(_) => own.all().iter().filter(|mount| covers(mount)).map(|mount| mount.mountpoint.clone()).collect(),
    };
    (!covered.is_empty()).then_some(Uncovered { covered })
}

/// Where something else is seen than is there.
fn covered(own: &Mounts, first: &Mounts) -> BTreeSet<String> {
    let places = own.all().iter().chain(first.all()).map(|mount| &mount.mountpoint);
    places.filter(|place| own.shows(place) != first.shows(place)).cloned().collect()
}

/// Whether a mount is what systemd puts in place of what is not to be seen: ProtectHome=, InaccessiblePaths=, PrivateTmp=.
fn covers(mount: &Mount) -> bool {
    mount.root.starts_with("/systemd/inaccessible/") || mount.root.contains("/systemd-private-")
}

/// Files that are the machine's: of those that are covered, nothing can be told.
pub(super) struct Uncovered {
    covered: BTreeSet<String>,
}

impl Uncovered {
    fn look<T>(&self, path: &str, follow: bool, look: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        // So the kernel does at a slash.
        let place = place(path, follow || path.ends_with('/'));
        match self.covered.iter().find(|covered| within(&place, covered)) {
            None => look(),
            Some(covered) => Err(Fault::Denied(format!(
                "{path}: this service runs in a sandbox that shows something else at {covered}: ProtectHome=, PrivateTmp= or \
                 the like"
            ))),
        }
    }
}

/// Where `path` leads, whether or not there is anything.
fn place(path: &str, follow: bool) -> String {
    let mut path = PathBuf::from(path);
    for _ in 0..MOST_LINKS {
        if let Some(whole) = canonicalize(&path).ok().filter(|_| follow) {
            return whole.to_string_lossy().into_owned();
        }
        // As far as there is something, and what is behind it.
        let parents = path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
        let Some((known, rest)) = parents
            .into_iter()
            .find_map(|parent| Some((canonicalize(parent).ok()?, path.strip_prefix(parent).ok()?.to_owned())))
        else {
            break;
        };
        let mut steps = rest.components();
        let first = steps.next().map(|step| known.join(step)).unwrap_or_else(|| known.clone());
        let last = steps.as_path() == Path::new("");
        match read_link(&first) {
            Ok(target) if follow || !last => path = known.join(target).join(steps.as_path()),
            _ => return first.join(steps.as_path()).to_string_lossy().trim_end_matches('/').to_owned(),
        }
    }
    path.to_string_lossy().into_owned()
}

impl Files for Uncovered {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.look(path, false, || LocalFiles.lstat(path))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.look(path, true, || LocalFiles.stat(path))
    }

    fn read(&self, path: &str, bound: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.look(path, true, || LocalFiles.read(path, bound))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        self.look(path, true, || LocalFiles.open(path))
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        self.look(path, true, || LocalFiles.open_at(path))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        self.look(path, true, || LocalFiles.list(path))
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        self.look(path, false, || LocalFiles.link(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const MACHINE: &str = "\
1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw
2 1 0:5 / /proc rw shared:2 - proc proc rw
3 1 0:6 / /run rw shared:3 - tmpfs tmpfs rw
4 1 0:7 / /dev rw shared:4 - devtmpfs udev rw
5 1 8:2 / /srv rw shared:5 - xfs /dev/sdb rw
";
    /// Of a service with ProtectSystem=strict, ProtectHome=read-only and ProtectProc=invisible, read-only and nothing else.
    const KEPT: &str = "\
11 0 8:1 / / ro master:1 - ext4 /dev/sda rw
12 11 0:9 / /proc rw master:2 - proc proc rw,hidepid=invisible
13 11 0:6 / /run rw master:3 - tmpfs tmpfs rw
14 11 0:7 / /dev rw master:4 - devtmpfs udev rw
15 11 8:2 / /srv ro master:5 - xfs /dev/sdb rw
16 11 8:1 /home /home ro master:1 - ext4 /dev/sda rw
17 11 8:1 /tmp /tmp rw master:1 - ext4 /dev/sda rw
";

    fn covers_also(more: &str) -> Vec<String> {
        let own = Mounts::parse(MOUNTINFO, &(KEPT.to_owned() + more)).unwrap();
        covered(&own, &Mounts::parse(FIRST, MACHINE).unwrap()).into_iter().collect()
    }

    #[test]
    fn what_is_only_read_only_is_not_covered_and_what_is_another_thing_is() {
        assert!(covers_also("").is_empty());
        for (line, place) in [
            ("20 16 0:6 /systemd/inaccessible/dir /home ro - tmpfs tmpfs rw", "/home"),
            ("20 16 0:30 / /home ro - tmpfs tmpfs rw", "/home"),
            ("20 17 8:1 /tmp/systemd-private-1/tmp /tmp rw - ext4 /dev/sda rw", "/tmp"),
            ("20 14 0:31 / /dev rw - tmpfs tmpfs rw", "/dev"),
            ("20 13 0:6 /systemd/inaccessible/dir /run/user ro - tmpfs tmpfs rw", "/run/user"),
            ("20 11 8:1 /other /usr/lib/modules ro - ext4 /dev/sda rw", "/usr/lib/modules"),
        ] {
            assert_eq!(covers_also(line), [place], "{line}");
        }
    }

    #[test]
    fn a_mount_that_is_not_in_the_sandbox_is_covered_by_what_is_there() {
        let own = KEPT.lines().filter(|line| !line.contains("/srv")).collect::<Vec<_>>().join("\n");
        let own = Mounts::parse(MOUNTINFO, &own).unwrap();
        assert!(covered(&own, &Mounts::parse(FIRST, MACHINE).unwrap()).into_iter().eq(["/srv".to_owned()]));
    }

    #[test]
    fn a_table_that_follows_another_is_told_by_what_is_on_its_root() {
        assert!(follows_another(KEPT) && !follows_another(MACHINE));
        for (fields, follows) in [
            ("master:1", true),
            ("shared:9 master:1", true),
            ("shared:9 master:1 propagate_from:2", true),
            ("shared:1", false),
            ("unbindable", false),
        ] {
            let line = format!("27 1 254:0 / / rw,relatime {fields} - ext4 /dev/vda rw\n");
            assert_eq!(follows_another(&line), follows, "{line}");
        }
        let elsewhere = "27 1 254:0 / / rw - ext4 master:1 rw\n28 27 1:1 / /mnt rw master:7 - ext4 x rw\n27 1\n\n";
        assert!(!follows_another(elsewhere), "a mount elsewhere may be anybody's");
    }

    #[test]
    fn no_way_leads_to_what_is_covered() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| canonicalize(folder.path()).unwrap().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir(at("covered")).unwrap();
        std::fs::write(at("open"), "").unwrap();
        std::fs::write(at("covered/there"), "").unwrap();
        symlink("covered/gone", at("link")).unwrap();
        symlink(at("link"), at("chain")).unwrap();
        symlink("covered", at("way")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let files = Uncovered { covered: [at("covered")].into() };
        for name in [
            "covered",
            "covered/there",
            "covered/gone",
            "way/there",
            "way/gone/on",
            "way/../covered/x",
            "covered/",
            "way/",
        ] {
            assert!(matches!(files.stat(&at(name)), Err(Fault::Denied(_))), "{name}");
            assert!(matches!(files.lstat(&at(name)), Err(Fault::Denied(_))), "{name}");
            assert!(matches!(files.list(&at(name)), Err(Fault::Denied(_))), "{name}");
        }
        for link in ["link", "chain", "way"] {
            assert!(matches!(files.stat(&at(link)), Err(Fault::Denied(_))), "{link}");
            assert!(matches!(files.read(&at(link), 1), Err(Fault::Denied(_))), "{link}");
            assert!(files.lstat(&at(link)).unwrap().is_some() && files.link(&at(link)).unwrap().is_some(), "{link}");
        }
        assert!(files.stat(&at("open")).unwrap().is_some());
        assert_eq!(files.stat(&at("gone/on")), Ok(None));
        assert!(files.stat(&at("loop")).is_err() && files.lstat(&at("loop")).unwrap().is_some());
        assert!(files.stat("/").unwrap().is_some() && files.lstat("/").unwrap().is_some());
        assert_eq!(files.stat(""), LocalFiles.stat(""));
    }
}
