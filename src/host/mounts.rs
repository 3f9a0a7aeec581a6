//! What is mounted where, and what is meant to be: proc_pid_mountinfo(5), fstab(5).

use super::{Host, sandbox};
use crate::value::Fault;

pub(super) const MOUNTINFO: &str = "/proc/self/mountinfo";
const FSTAB: &str = "/etc/fstab";

/// What is mounted, in the order in which the kernel tells it.
pub struct Mounts(Vec<Mount>);

/// One line of proc_pid_mountinfo(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    id: u64,
    /// The mount that this one stands on.
    parent: u64,
    /// What of the filesystem is mounted, as a path within it: `/` of all of it.
    pub(super) root: String,
    pub mountpoint: String,
    /// Options of this mount.
    pub options: Vec<String>,
    pub filesystem: String,
    /// The device, or whatever the filesystem calls its source.
    pub source: String,
    /// Options of the filesystem itself, wherever else it may be mounted.
    pub super_options: Vec<String>,
}

/// The mountpoints that fstab(5) names.
pub struct Fstab {
    mountpoints: Vec<String>,
    /// The first line that does not read: what it names is not known.
    unread: Option<Fault>,
}

pub(super) fn load(host: &Host) -> Result<Mounts, Fault> {
    let Some(text) = host.text(MOUNTINFO)? else {
        return Err(Fault::Unsupported(format!("{MOUNTINFO} is not there: only a running machine has mounts")));
    };
    let own = Mounts::parse(MOUNTINFO, &text)?;
    Ok(sandbox::of_the_machine(host, &text, &own)?.unwrap_or(own))
}

pub(super) fn load_fstab(host: &Host) -> Result<Fstab, Fault> {
    Ok(Fstab::parse(&host.text(FSTAB)?.unwrap_or_default()))
}

impl Mounts {
    pub(super) fn parse(file: &str, text: &str) -> Result<Mounts, Fault> {
        let line = |(at, line): (usize, &str)| {
            mount(line).ok_or_else(|| Fault::Malformed(format!("{file}: line {} is not a mount", at + 1)))
        };
        let mounts: Vec<Mount> = text.lines().enumerate().map(line).collect::<Result<_, _>>()?;
        if mounts.is_empty() {
            // /proc itself is one.
            return Err(Fault::Malformed(format!("{file}: it is empty")));
        }
        Ok(Mounts(mounts))
    }

    /// Which part of which filesystem is seen at `path`: its type, its source, and the path in it.
    pub(super) fn shows(&self, path: &str) -> Option<(&str, &str, String)> {
        let mount = self.holding(path)?;
        let below = path.strip_prefix(mount.mountpoint.trim_end_matches('/')).unwrap_or_default();
        Some((
            &mount.filesystem,
            &mount.source,
            format!("{}{below}", mount.root.trim_end_matches('/')).trim_end_matches('/').to_owned(),
        ))
    }

    /// What is seen to be mounted on `mountpoint`: of several mounts the one that covers the others, and none where one
    /// further up covers them all.
    pub fn on(&self, mountpoint: &str) -> Option<&Mount> {
        self.holding(mountpoint).filter(|m| m.mountpoint == mountpoint)
    }

    /// Whatever is mounted, what others hide included.
    pub fn all(&self) -> &[Mount] {
        &self.0
    }

    /// The mount that holds `path`, whose links are resolved.
    ///
    /// Walks down as the kernel does, for a longest match would find a mount that a later one on its parent hides.
    pub fn holding(&self, path: &str) -> Option<&Mount> {
        let holds = |m: &&Mount| within(path, &m.mountpoint);
        let is_top = |m: &&Mount| !self.0.iter().any(|other| other.id == m.parent && other.id != m.id);
        let mut here = self.0.iter().filter(holds).rfind(is_top)?;
        // Each step goes to a mount on the last one; a table that loops ends with the steps.
        for _ in 0..self.0.len() {
            // Where two stand on one, the kernel finds the one that came last.
            let on_this = self.0.iter().rev().filter(holds).filter(|m| m.parent == here.id && m.id != here.id);
            match on_this.min_by_key(|m| m.mountpoint.len()) {
                Some(next) => here = next,
                None => break,
            }
        }
        Some(here)
    }
}

impl Mount {
    /// Whether its mountpoint is this directory, or in it.
    pub fn is_within(&self, directory: &str) -> bool {
        within(&self.mountpoint, directory)
    }

    /// Whether a part of a tree of files is mounted that is mounted elsewhere, too: mount(2), `MS_BIND`.
    pub fn is_bind(&self) -> bool {
        // Of a subvolume its path is said twice.
        let subvolume = self.super_options.iter().any(|o| o.strip_prefix("subvol=") == Some(self.root.as_str()));
        self.root != "/" && !subvolume && !self.is_served()
    }

    /// Whether another machine or a daemon answers for it, which may take for ever.
    pub fn is_served(&self) -> bool {
        const SERVED: [&str; 9] = ["9p", "afs", "autofs", "ceph", "cifs", "lustre", "nfs", "nfs4", "smb3"];
        SERVED.contains(&&*self.filesystem) || is_fuse(self.filesystem.as_bytes())
    }
}

/// Whether a file system of this type is a daemon's; virtiofs is FUSE whose daemon is the hypervisor's.
pub fn is_fuse(filesystem: &[u8]) -> bool {
    matches!(filesystem, b"fuse" | b"fuseblk" | b"virtiofs") || filesystem.starts_with(b"fuse.")
}

impl Fstab {
    fn parse(text: &str) -> Fstab {
        let mut fstab = Fstab { mountpoints: Vec::new(), unread: None };
        for (at, line) in text.lines().enumerate() {
            let mut fields = line.split_ascii_whitespace();
            let Some(first) = fields.next().filter(|f| !f.starts_with('#')) else { continue };
            // mount(8) needs a type, too.
            match (fields.next(), fields.next()) {
                (Some(mountpoint), Some(_)) if !first.contains(char::is_control) => {
                    fstab.mountpoints.push(trimmed(&unescape(mountpoint)).to_owned());
                }
                _ => {
                    let fault = || Fault::Malformed(format!("{FSTAB} line {} does not read", at + 1));
                    fstab.unread.get_or_insert_with(fault);
                }
            }
        }
        fstab
    }

    /// False is certainty: a fault where a line that does not read may be the one.
    pub fn has(&self, mountpoint: &str) -> Result<bool, Fault> {
        match (self.mountpoints.iter().any(|m| m == mountpoint), &self.unread) {
            (false, Some(fault)) => Err(fault.clone()),
            (found, _) => Ok(found),
        }
    }
}

pub(super) fn within(path: &str, mountpoint: &str) -> bool {
    let rest = path.strip_prefix(mountpoint.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with any number of fields before `-`.
fn mount(line: &str) -> Option<Mount> {
    let (mut here, mut superblock) = line.split_once(" - ").map(|(a, b)| (a.split(' '), b.split(' ')))?;
    Some(Mount {
        id: here.next()?.parse().ok()?,
        parent: here.next()?.parse().ok()?,
        root: here.nth(1).map(unescape)?,
        mountpoint: here.next().map(unescape)?,
        options: options(here.next()?),
        filesystem: superblock.next().map(unescape)?,
        source: superblock.next().map(unescape)?,
        super_options: options(superblock.next()?),
    })
}

/// Splits at the commas that are not in double quotes, as SELinux contexts have them; says each option once.
fn options(text: &str) -> Vec<String> {
    let mut quoted = false;
    let at_comma = |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    };
    let mut options = Vec::new();
    for option in text.split(at_comma).filter(|o| !o.is_empty()).map(unescape) {
        if !options.contains(&option) {
            options.push(option);
        }
    }
    options
}

/// Undoes the octal escapes (`\040` is a space) of getmntent(3).
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|d| byte == b'\\' && d.iter().all(|d| (b'0'..=b'7').contains(d)));
        match digits.map(|d| d.iter().fold(0u32, |n, d| n * 8 + u32::from(d - b'0'))).map(u8::try_from) {
            Some(Ok(code)) => {
                bytes.push(code);
                rest = after.get(3..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEBIAN: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,errors=remount-ro
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
42 27 254:0 /var/lib/docker /var/lib/docker rw,relatime shared:1 master:7 - ext4 /dev/vda rw
50 27 8:17 / /media/USB\\040Stick\\134x ro,nosuid,nodev,nosuid - vfat /dev/sdb1 rw,codepage=437
51 27 0:40 / /srv rw - nfs4 nas:/export rw,context=\"system_u:object_r:nfs_t:s0:c1,c2\",vers=4.2
52 51 0:41 / /srv/data rw - tmpfs tmpfs rw
53 51 0:42 / /srv rw - tmpfs upper rw
54 27 0:43 / /odd rw - tmpfs  rw
";

    #[test]
    fn a_line_gives_options_source_and_filesystem_without_escapes() {
        let mounts = Mounts::parse(MOUNTINFO, DEBIAN).unwrap();
        let stick = mounts.on("/media/USB Stick\\x").unwrap();
        assert_eq!(stick.options, ["ro", "nosuid", "nodev"]);
        assert_eq!((stick.source.as_str(), stick.filesystem.as_str()), ("/dev/sdb1", "vfat"));
        assert_eq!(stick.super_options, ["rw", "codepage=437"]);
        assert!(mounts.on("/var/lib/docker").is_some());
        assert_eq!(mounts.on("/odd").unwrap().source, "", "a source may be empty");
        assert!(mounts.on("/var").is_none());
    }

    #[test]
    fn commas_in_quotes_do_not_split_an_option() {
        let options = options("rw,context=\"s0:c1,c2\",vers=4.2");
        assert_eq!(options, ["rw", "context=\"s0:c1,c2\"", "vers=4.2"]);
    }

    #[test]
    fn the_last_of_several_mounts_on_a_mountpoint_counts() {
        assert_eq!(Mounts::parse(MOUNTINFO, DEBIAN).unwrap().on("/srv").unwrap().source, "upper");
    }

    #[test]
    fn a_mount_that_another_hides_is_not_seen() {
        let mounts = Mounts::parse(MOUNTINFO, DEBIAN).unwrap();
        assert_eq!(mounts.on("/srv/data"), None, "`upper` lies on `/srv`");
        // Mounted beneath the one that was there: the table lists it last.
        let beneath = format!("{DEBIAN}61 27 0:61 / /opt rw - tmpfs top rw\n62 27 0:62 / /opt rw - tmpfs beneath rw\n");
        let beneath = beneath.replace("61 27", "61 62");
        assert_eq!(Mounts::parse(MOUNTINFO, &beneath).unwrap().on("/opt").unwrap().source, "top");
    }

    #[test]
    fn an_empty_table_does_not_say_that_nothing_is_mounted() {
        assert!(matches!(Mounts::parse(MOUNTINFO, ""), Err(Fault::Malformed(_))));
    }

    #[test]
    fn a_path_is_held_by_the_mount_that_is_seen_there() {
        let mounts = Mounts::parse(MOUNTINFO, DEBIAN).unwrap();
        let held = |path| mounts.holding(path).map(|m| m.source.as_str());
        assert_eq!(held("/etc/passwd"), Some("/dev/vda"));
        assert_eq!(held("/procession"), Some("/dev/vda"));
        assert_eq!(held("/proc/1"), Some("proc"));
        assert_eq!(held("/var/lib/docker/x"), Some("/dev/vda"));
        // `/srv/data` is mounted and hidden: `upper` came to lie on `/srv`.
        assert_eq!(held("/srv/data"), Some("upper"));
    }

    #[test]
    fn a_table_that_loops_or_is_cut_ends() {
        let mounts = Mounts::parse(MOUNTINFO, "1 2 0:1 / / rw - a a rw\n2 1 0:1 / / rw - b b rw\n").unwrap();
        let _ = mounts.holding("/x");
        assert!(matches!(Mounts::parse(MOUNTINFO, "22 27 0:21 / /proc rw,rel"), Err(Fault::Malformed(_))));
        assert!(matches!(Mounts::parse(MOUNTINFO, "22 27 0:21 / /proc rw - proc"), Err(Fault::Malformed(_))));
    }

    #[test]
    fn fstab_tells_mountpoints_and_not_comments() {
        let text = "# /old /old ext4\nUUID=1-2 / ext4 defaults 0 1\n\n\t/dev/x\t/srv/a\\040b/ xfs\n";
        let fstab = Fstab::parse(text);
        assert_eq!(["/", "/srv/a b", "/old"].map(|m| fstab.has(m)), [Ok(true), Ok(true), Ok(false)]);
        let cut = Fstab::parse(&format!("{text}/dev/y /srv/y"));
        assert_eq!(cut.has("/"), Ok(true));
        assert!(matches!(cut.has("/srv/y"), Err(Fault::Malformed(why)) if why.contains("line 5")));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parsers_panic(text in "[ -~\\\\0-9/,\n]{0,200}") {
            let _ = Mounts::parse(MOUNTINFO, &text).map(|m| m.holding("/a/b").is_some());
            let _ = Fstab::parse(&text);
            let _ = unescape(&text);
        }
    }
}
