//! Which processes hold which sockets: the links of /proc/PID/fd, proc_pid_fd(5).

use super::{Host, processes};
use crate::value::Fault;
use std::collections::{HashMap, HashSet};

/// PID_NS_INIT_INO of the kernel: the namespace whose /proc shows all processes.
const FIRST_NAMESPACE: &str = "pid:[4026531836]";

pub struct Holders {
    /// By the inode of the socket.
    pids: HashMap<u64, Vec<u32>>,
    /// Why there may be more.
    more: Option<Fault>,
}

pub(super) fn load(host: &Host) -> Result<Holders, Fault> {
    let mut holders = Holders { pids: HashMap::new(), more: None };
    for pid in processes::pids(host)? {
        match inodes(host, pid, &mut |inode| {
            let pids = holders.pids.entry(inode).or_default();
            if pids.last() != Some(&pid) {
                pids.push(pid);
            }
        }) {
            Ok(()) => {}
            Err(Fault::Denied(_)) => holders.more = Some(unseen()),
            Err(fault) => return Err(fault),
        }
    }
    if holders.more.is_none() && processes::hidden(host)? {
        holders.more = Some(unseen());
    }
    let namespace = host.files().link("/proc/self/ns/pid").ok().flatten();
    if holders.more.is_none() && namespace.is_some_and(|n| n != FIRST_NAMESPACE) {
        let why = "no process of this PID namespace holds it; one of another may";
        holders.more = Some(Fault::Unsupported(why.into()));
    }
    Ok(holders)
}

/// The sockets among the open files of one process, as often as it holds them; none if it is gone.
fn inodes(host: &Host, pid: u32, each: &mut dyn FnMut(u64)) -> Result<(), Fault> {
    let directory = format!("/proc/{pid}/fd");
    let names = processes::unless_gone(host, pid, host.files().list(&directory))?.unwrap_or_default();
    for name in names {
        // What is closed by now has none. To list them and to follow them are rights of their own.
        let link = processes::unless_gone(host, pid, host.files().link(&format!("{directory}/{name}")))?;
        if let Some(inode) = link.as_deref().and_then(socket) {
            each(inode);
        }
    }
    Ok(())
}

impl Host {
    /// The inodes of the sockets that a process holds, without looking at all others.
    pub fn sockets_of(&self, pid: u32) -> Result<HashSet<u64>, Fault> {
        let mut all = HashSet::new();
        inodes(self, pid, &mut |inode| _ = all.insert(inode))?;
        Ok(all)
    }
}

fn unseen() -> Fault {
    Fault::Denied("only root, with CAP_SYS_PTRACE, may see which process holds it".into())
}

fn socket(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

impl Holders {
    /// The processes that hold the socket, ascending, and why there may be more; none if it is the kernel's own.
    pub fn pids(&self, inode: u64) -> (&[u32], Option<&Fault>) {
        let pids = self.pids.get(&inode).map_or(&[][..], Vec::as_slice);
        // Whoever may not be looked into may hold it, too, as systemd does what it opened for a service; a process of
        // another namespace that holds what one of this has opened is not to be expected.
        let more = self.more.as_ref().filter(|more| pids.is_empty() || matches!(more, Fault::Denied(_)));
        (pids, more)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TreeFiles;
    use super::*;
    use std::os::unix::net::UnixDatagram;
    use std::sync::Arc;
    use time::OffsetDateTime;

    const FD: &str = "-- /proc/1/fd/\n-- /proc/7/fd/0 -> /dev/null\n-- /proc/7/fd/3 -> socket:[1124]\n\
        -- /proc/7/fd/4 -> socket:[1124]\n-- /proc/9/fd/5 -> socket:[1124]\n-- /proc/9/fd/6 -> anon_inode:[eventfd]\n";

    /// With a 0 behind them where there may be more.
    fn pids(more: &str, inode: u64) -> Result<Vec<u32>, Fault> {
        let files = TreeFiles::parse(&format!("{FD}{more}")).unwrap();
        let host = Host::offline(Arc::new(files), OffsetDateTime::UNIX_EPOCH);
        match load(&host)?.pids(inode) {
            ([], Some(fault)) => Err(fault.clone()),
            (pids, more) => Ok(pids.iter().copied().chain(more.map(|_| 0)).collect()),
        }
    }

    #[test]
    fn each_process_counts_once_and_the_kernels_sockets_have_none() {
        assert_eq!(pids("", 1124), Ok(vec![7, 9]));
        assert_eq!(pids("", 99), Ok(vec![]));
    }

    #[test]
    fn what_could_not_be_looked_into_may_hold_it() {
        let refused = "-- /proc/8/fd/ 0500 denied\n";
        assert_eq!(pids(refused, 1124), Ok(vec![7, 9, 0]), "and maybe 8");
        assert!(matches!(pids(refused, 99), Err(Fault::Denied(_))));
        let hidepid = "-- /proc/mounts\nproc /proc proc rw,hidepid=2 0 0\n";
        assert_eq!(pids(hidepid, 99), Ok(vec![]), "who sees the first process is spared");
        let unspared = format!("{FD}{hidepid}").replace("-- /proc/1/fd/\n", "");
        let files = Arc::new(TreeFiles::parse(&unspared).unwrap());
        let host = Host::offline(files, OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(host.holders().unwrap().pids(99), ([], Some(Fault::Denied(_)))));
        let container = "-- /proc/self/ns/pid -> pid:[4026532201]\n";
        assert!(matches!(pids(container, 99), Err(Fault::Unsupported(_))));
        assert_eq!(pids("-- /proc/self/ns/pid -> pid:[4026531836]\n", 99), Ok(vec![]));
    }

    #[test]
    fn this_process_holds_what_it_opened() {
        let (one, _other) = UnixDatagram::pair().unwrap();
        let inode = rustix::fs::fstat(&one).unwrap().st_ino;
        let host = Host::local();
        assert_eq!(host.holders().unwrap().pids(inode).0, [std::process::id()]);
    }

    #[test]
    fn without_proc_nothing_is_known() {
        let host = Host::offline(Arc::new(TreeFiles::parse("").unwrap()), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(load(&host), Err(Fault::Unsupported(_))));
    }
}
