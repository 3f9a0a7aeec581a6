//! `mount`: what is mounted on a mountpoint.

use super::path::{self, Path};
use super::pin::at_least_these;
use super::{Inventory, Keys, Pin, Resource, key};
use crate::host::{Host, mounts};
use crate::value::{Fault, Percent};

mod inventory;

pub struct Mount {
    host: Host,
    mountpoint: Path,
    /// `None` if nothing is mounted there; fstab may still name it.
    mount: Result<Option<mounts::Mount>, Fault>,
}

impl Resource for Mount {
    const NAME: &'static str = "mount";
    const ABOUT: &'static str = "What is mounted on a mountpoint, by /proc/self/mountinfo.";
    const EXAMPLE: &'static str = "[mount.\"/\"]\nusage = \"< 95%\"\nin-fstab = true\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("mountpoint", "An absolute path, without links in it."));
    const KEYS: Keys<Self> = &[
        &key("opts", "Options of this mount, such as `ro`, `nosuid`.", |m: &Self| m.told(|m| m.options.clone())),
        &key("vfs-opts", "Options of the filesystem itself, such as `errors=remount-ro`.", |m: &Self| {
            m.told(|m| m.super_options.clone())
        }),
        &key("source", "The device, or what else the filesystem is made of.", |m: &Self| m.told(|m| m.source.clone())),
        &key("filesystem", "The filesystem's type: `ext4`, `nfs4`, `tmpfs`.", |m: &Self| {
            m.told(|m| m.filesystem.clone())
        }),
        &key("usage", "Blocks in use, in whole per cent of all.", Self::usage),
        &key("in-fstab", "Whether /etc/fstab has the mountpoint, mounted or not.", |m: &Self| {
            m.host.fstab()?.has(m.mountpoint.as_str())
        }),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("source"),
        Pin::exact("filesystem"),
        Pin::holding("opts"),
        Pin::of("vfs-opts", |_, seen| at_least_these(seen, is_lasting)),
        Pin::if_true("in-fstab"),
        Pin::drifting("usage"),
    ];
    type Id = Path;
    type Settings = ();

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "mounts", list: inventory::list });
    fn spellings(name: &str) -> Vec<String> {
        vec![path::spelled(name)]
    }

    fn probe(host: &Host, mountpoint: &Path, (): &()) -> Result<Option<Self>, Fault> {
        let mount = host.mounts().map(|m| m.on(mountpoint.as_str()).cloned());
        Ok(Some(Mount { host: host.clone(), mountpoint: mountpoint.clone(), mount }))
    }

    fn present(&self) -> Result<bool, Fault> {
        self.mount.as_ref().map(Option::is_some).map_err(Clone::clone)
    }
}

impl Mount {
    fn told<T>(&self, tell: fn(&mounts::Mount) -> T) -> Result<Option<T>, Fault> {
        self.mount.as_ref().map(|m| m.as_ref().map(tell)).map_err(Clone::clone)
    }

    fn usage(&self) -> Result<Option<Percent>, Fault> {
        if !self.present()? {
            return Ok(None);
        }
        let space = self.host.space(self.mountpoint.as_str())?;
        Ok(space.map(|s| usage(s.size, s.used())))
    }
}

fn usage(size: u64, used: u64) -> Percent {
    let share = crate::value::Share { part: used, whole: size };
    Percent(share.percent().round())
}

/// Whether an option of a filesystem says the same at every mount: options with values tell of sizes, ids and folders that are
/// made up anew.
fn is_lasting(option: &str) -> bool {
    !option.contains('=') || option.starts_with("errors=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::resource::Id;
    use std::sync::Arc;

    fn mount(tree: &str, mountpoint: &str) -> Mount {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        Mount::probe(&host, &Path::parse(mountpoint).unwrap(), &()).unwrap().unwrap()
    }

    const TABLE: &str =
        "-- /proc/self/mountinfo\n27 1 254:0 / / rw - ext4 /dev/vda rw\n-- /etc/fstab\n/dev/b /srv xfs\n";

    #[test]
    fn what_is_mounted_is_told_and_what_is_not_may_still_be_in_fstab() {
        let root = mount(TABLE, "/");
        assert_eq!((root.present(), root.told(|m| m.source.clone())), (Ok(true), Ok(Some("/dev/vda".into()))));
        assert!(matches!(root.usage(), Err(Fault::Unsupported(_))), "a tree has no usage");
        let absent = mount(TABLE, "/srv/");
        assert_eq!((absent.present(), absent.usage()), (Ok(false), Ok(None)));
        assert!(absent.host.fstab().unwrap().has(absent.mountpoint.as_str()).unwrap());
    }

    #[test]
    fn a_mount_table_that_cannot_be_read_does_not_say_that_nothing_is_mounted() {
        let denied = mount("-- /proc/self/mountinfo denied\n", "/");
        assert!(matches!(denied.present(), Err(Fault::Denied(_))));
        assert!(matches!(mount("", "/").present(), Err(Fault::Unsupported(_))));
        assert!(matches!(mount("-- /proc/self/mountinfo\n27 1 254:0 / /\n", "/").present(), Err(Fault::Malformed(_))));
    }

    #[test]
    fn usage_is_rounded_and_nothing_of_nothing_is_none() {
        assert_eq!(usage(1000, 946), Percent(95.0));
        assert_eq!(usage(0, 0), Percent(0.0));
    }
}
