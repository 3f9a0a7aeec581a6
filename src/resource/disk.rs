//! `disk`: the filesystem that holds a path, and the room on it.

use super::path::{self, Path};
use super::{Keys, Pin, Resource, key};
use crate::host::mounts::Mount;
use crate::host::{Host, Space};
use crate::value::{Bytes, Fault, Portion, Share};

pub struct Disk {
    host: Host,
    path: Path,
    space: Space,
}

impl Resource for Disk {
    const NAME: &'static str = "disk";
    const ABOUT: &'static str =
        "The filesystem that holds a path and the room on it, by statvfs(3), counted as df(1) does.";
    const EXAMPLE: &'static str = "[disk.\"/var\"]\nfree = \">= 1 GiB\"\ninodes-free = \">= 5%\"\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("path", "An absolute path, of a mountpoint or below."));
    const KEYS: Keys<Self> = &[
        &key("size", "Bytes of the whole filesystem.", |d: &Self| Bytes(d.space.size)),
        &key(
            "free",
            "Bytes that a user who is not root may still write; per cent of these and the used ones together.",
            |d: &Self| d.space.share(d.space.available),
        ),
        &key(
            "used",
            "Bytes in use; per cent of these and the free ones together, as df's Use% (which is rounded up).",
            |d: &Self| d.space.share(d.space.used()),
        ),
        &key("inodes-free", "Inodes left, or per cent of all.", |d: &Self| d.inodes(d.space.inodes_free)),
        &key("inodes-used", "Inodes in use, or per cent of all.", |d: &Self| {
            d.inodes(d.space.inodes.saturating_sub(d.space.inodes_free))
        }),
        &key("filesystem", "The filesystem's type: `ext4`, `xfs`, `tmpfs`.", Self::filesystem),
        &key("read-only", "Whether it is mounted read-only.", Self::read_only),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("filesystem"),
        Pin::exact("read-only"),
        Pin::room_left("free"),
        Pin::room_left("inodes-free"),
        Pin::drifting("used"),
    ];
    type Id = Path;
    type Settings = ();

    fn spellings(name: &str) -> Vec<String> {
        vec![path::spelled(name)]
    }

    fn probe(host: &Host, path: &Path, (): &()) -> Result<Option<Self>, Fault> {
        let space = host.space(path.as_str())?;
        Ok(space.map(|space| Disk { host: host.clone(), path: path.clone(), space }))
    }
}

impl Disk {
    fn inodes(&self, part: u64) -> Result<Portion, Fault> {
        match self.space.inodes {
            0 => Err(Fault::Unsupported("this filesystem has no fixed number of inodes".into())),
            whole => Ok(Portion(Share { part, whole })),
        }
    }

    fn filesystem(&self) -> Result<String, Fault> {
        let unlisted = || Fault::Failed(format!("no mount in /proc/self/mountinfo holds {}", self.path.as_str()));
        self.mount()?.map(|m| m.filesystem.clone()).ok_or_else(unlisted)
    }

    fn read_only(&self) -> Result<bool, Fault> {
        if !self.space.read_only {
            return Ok(false);
        }
        // In a service's sandbox all may be, and on the machine it is not.
        match self.mount() {
            Ok(Some(mount)) => Ok(mount.options.iter().chain(&mount.super_options).any(|option| option == "ro")),
            Err(denied @ Fault::Denied(_)) => Err(denied),
            Ok(None) | Err(_) => Ok(true),
        }
    }

    fn mount(&self) -> Result<Option<&Mount>, Fault> {
        let path = self.host.machine()?.canonical(self.path.as_str())?;
        Ok(path.as_deref().map(|p| self.host.mounts().map(|m| m.holding(p))).transpose()?.flatten())
    }
}

impl Space {
    /// What is kept for root is neither used nor free: the shares of both come to 100 %.
    fn share(&self, part: u64) -> Share {
        Share { part, whole: self.used().saturating_add(self.available) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::resource::Id;
    use std::sync::Arc;

    fn disk(space: Space) -> Disk {
        Disk { host: Host::local(), path: Path::parse("/").unwrap(), space }
    }

    const EXT4: Space = Space { size: 1000, free: 300, available: 250, inodes: 100, inodes_free: 90, read_only: false };

    #[test]
    fn shares_are_those_of_df() {
        assert_eq!(EXT4.share(EXT4.used()), Share { part: 700, whole: 950 });
        assert_eq!(EXT4.share(EXT4.available), Share { part: 250, whole: 950 });
    }

    #[test]
    fn a_filesystem_of_no_blocks_and_no_inodes_divides_nothing_by_zero() {
        let none = Space { size: 0, free: 0, available: 0, inodes: 0, inodes_free: 0, read_only: true };
        assert_eq!(none.share(none.used()).percent(), 0.0);
        assert!(matches!(disk(none).inodes(0), Err(Fault::Unsupported(_))));
        assert_eq!(disk(EXT4).inodes(90), Ok(Portion(Share { part: 90, whole: 100 })));
    }

    #[test]
    fn the_root_filesystem_is_there_and_what_is_not_there_is_not() {
        let root = Disk::probe(&Host::local(), &Path::parse("/proc/self").unwrap(), &()).unwrap().unwrap();
        assert_eq!(root.filesystem().as_deref(), Ok("proc"));
        assert!(Disk::probe(&Host::local(), &Path::parse("/no/such/path").unwrap(), &()).unwrap().is_none());
    }

    #[test]
    fn a_tree_of_files_has_no_room_to_tell_of() {
        let tree = Host::offline(Arc::new(TreeFiles::default()), time::OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(Disk::probe(&tree, &Path::parse("/").unwrap(), &()), Err(Fault::Unsupported(_))));
    }
}
