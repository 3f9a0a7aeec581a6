//! What people have mounted: file systems that keep files, and those that fstab(5) names.

use crate::host::Host;
use crate::host::mounts::{Fstab, Mount};
use crate::resource::Thing;
use crate::value::{Fault, Known};

/// File systems that keep nothing: the kernel's own views, and what programs mount for themselves.
const PSEUDO: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fuse.gvfsd-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.snapfuse",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nfsd",
    "nsfs",
    "overlay",
    "proc",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sysfs",
    "tmpfs",
    "tracefs",
];

/// Where services mount what they need: snaps, containers, sessions.
const OWNED: &[&str] = &[
    "/dev",
    "/proc",
    "/run",
    "/snap",
    "/sys",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/snapd",
    "/var/snap",
];

pub(super) fn list(host: &Host) -> Result<Known<Thing>, Fault> {
    let fstab = host.fstab()?;
    let mounts = host.mounts()?;
    let (mut all, mut more) = (Vec::new(), None);
    for mount in mounts.all() {
        match is_anyones(mount, fstab) {
            // Another may lie on it.
            Ok(true) if mounts.on(&mount.mountpoint) != Some(mount) => {}
            Ok(true) => all.push(Thing::new(&mount.mountpoint, format!("{} on {}", mount.filesystem, mount.source))),
            Ok(false) => {}
            Err(fault) => more = more.or(Some(fault)),
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Known { all, more })
}

/// Whether somebody asked for it. A line of fstab(5) that does not read may be the one that does.
fn is_anyones(mount: &Mount, fstab: &Fstab) -> Result<bool, Fault> {
    let owned = OWNED.iter().any(|directory| mount.is_within(directory));
    let own = !PSEUDO.contains(&&*mount.filesystem) && !owned && !mount.is_bind();
    if own { Ok(true) } else { fstab.has(&mount.mountpoint) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    /// Of a server with containers, snaps and a person's session.
    const TABLE: &str = "\
22 27 0:21 / /proc rw - proc proc rw
23 27 0:22 / /sys rw - sysfs sysfs rw
24 27 0:6 / /dev rw - devtmpfs udev rw
25 24 0:24 / /dev/shm rw - tmpfs tmpfs rw
27 1 254:1 / / rw - ext4 /dev/vda1 rw
28 27 0:25 / /run rw - tmpfs tmpfs rw
31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
40 27 254:2 / /srv/my\\040data rw - xfs /dev/vdb rw
41 27 0:40 / /tmp rw - tmpfs tmpfs rw
42 27 0:41 / /mnt/scratch rw - tmpfs tmpfs rw
43 27 254:1 /srv/www /var/www rw - ext4 /dev/vda1 rw
44 27 254:1 /srv/pub /var/pub rw - ext4 /dev/vda1 rw
45 27 0:42 /@home /home rw - btrfs /dev/vdc rw,subvolid=257,subvol=/@home
46 27 0:42 /@home/ann /mnt/ann rw - btrfs /dev/vdc rw,subvolid=257,subvol=/@home
47 27 0:50 / /var/lib/docker/overlay2/ab/merged rw - overlay overlay rw
48 27 7:1 / /snap/core20/1 ro - squashfs /dev/loop1 ro
49 27 0:51 / /mnt/nas rw - nfs4 nas:/export rw
50 28 0:52 / /run/user/1000 rw - tmpfs tmpfs rw
51 27 0:53 / /mnt/lazy rw - autofs systemd-1 rw
52 27 0:54 / /tank rw - zfs tank rw
53 27 0:55 / /mnt/ssh rw - fuse.sshfs ann@host:/ rw
";
    const FSTAB: &str = "/dev/vda1 / ext4 defaults\ntmpfs /mnt/scratch tmpfs size=1g\n/srv/www /var/www none bind\n";

    fn names(fstab: &str) -> (Vec<String>, Option<Fault>) {
        let tree = format!("-- /proc/self/mountinfo\n{TABLE}-- /etc/fstab\n{fstab}");
        let host = Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let known = list(&host).unwrap();
        (known.all.into_iter().map(|thing| thing.name).collect(), known.more)
    }

    #[test]
    fn what_keeps_files_or_stands_in_fstab_is_listed_and_what_programs_mount_is_not() {
        let expected = ["/", "/home", "/mnt/nas", "/mnt/scratch", "/mnt/ssh", "/srv/my data", "/tank", "/var/www"]
            .map(str::to_owned);
        assert_eq!(names(FSTAB), (expected.to_vec(), None));
    }

    #[test]
    fn a_line_of_fstab_that_does_not_read_may_name_any_of_the_others() {
        let (known, more) = names(&format!("{FSTAB}/dev/x /tmp"));
        assert!(known.contains(&"/".to_owned()));
        assert_eq!(more.unwrap().code(), "malformed");
    }

    #[test]
    fn a_table_that_is_denied_lists_nothing() {
        let tree = TreeFiles::parse("-- /proc/self/mountinfo denied\n").unwrap();
        let host = Host::offline(Arc::new(tree), time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!(list(&host).err().unwrap().code(), "denied");
    }
}
