//! A host that does not run: an image, a root file system under a directory. What its kernel would tell, nobody tells.

use super::{Files, ReadAt, Stat};
use crate::value::Fault;
use std::io::Read;
use std::sync::Arc;

/// What it is, and what becomes of questions that only a running machine could answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Still {
    /// `an image`
    pub what: &'static str,
    /// They are skipped; else they are unknown.
    pub skips: bool,
}

impl Still {
    /// Why there is no answer.
    pub fn fault(self) -> Fault {
        let why = format!("only a running machine can tell; this is {}", self.what);
        if self.skips { Fault::Offline(why) } else { Fault::Unsupported(why) }
    }
}

/// Its files, without those that a kernel makes: whatever lies there is not its own, or nothing.
pub(super) struct StillFiles {
    pub files: Arc<dyn Files>,
    pub still: Still,
}

/// Where a running machine has its kernel's files.
const KERNEL: [&str; 2] = ["proc", "sys"];
/// Links followed to see whether they lead there.
const MOST_LINKS: usize = 8;

impl StillFiles {
    /// Refuses what is below the directories of the kernel and, if they are to be looked into, them too.
    fn check(&self, path: &str, into: bool) -> Result<(), Fault> {
        let steps = steps(path);
        let kernels = steps.first().is_some_and(|first| KERNEL.contains(first)) && (into || steps.len() > 1);
        if kernels { Err(self.still.fault()) } else { Ok(()) }
    }

    /// Nothing was found: was a link on the way to the kernel's files, such as /etc/mtab is?
    fn missing<T>(&self, path: &str, found: Option<T>) -> Result<Option<T>, Fault> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            if found.is_some() {
                break;
            }
            let Some(target) = self.files.link(&path)? else { break };
            path = match path.rsplit_once('/') {
                Some((parent, _)) if !target.starts_with('/') => format!("{parent}/{target}"),
                _ => target,
            };
            self.check(&path, false)?;
        }
        Ok(found)
    }
}

/// The names of a path, `..` taken by its word.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => _ = steps.pop(),
            step => steps.push(step),
        }
    }
    steps
}

impl Files for StillFiles {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.check(path, false)?;
        self.files.lstat(path)
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.check(path, false)?;
        self.missing(path, self.files.stat(path)?)
    }

    fn read(&self, path: &str, bound: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.check(path, true)?;
        self.missing(path, self.files.read(path, bound)?)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        self.check(path, true)?;
        self.missing(path, self.files.open(path)?)
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        self.check(path, true)?;
        self.missing(path, self.files.open_at(path)?)
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        self.check(path, true)?;
        self.missing(path, self.files.list(path)?)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        self.check(path, false)?;
        self.files.link(path)
    }

    fn position(&self, path: &str) -> u64 {
        self.files.position(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;

    fn still(tree: &str, skips: bool) -> StillFiles {
        let files = Arc::new(TreeFiles::parse(tree).unwrap());
        StillFiles { files, still: Still { what: "an image", skips } }
    }

    #[test]
    fn what_a_kernel_would_tell_is_not_believed_whatever_lies_there() {
        let tree = "-- /proc/mounts\nx\n-- /sys/class/net/\n-- /etc/mtab -> ../proc/self/mounts\n-- /etc/lost -> /none\n\
                    -- /process\nx\n";
        let files = still(tree, true);
        for path in ["/proc/mounts", "/proc//1", "/./sys/class", "/etc/../proc/x", "/etc/mtab"] {
            assert!(
                matches!(files.stat(path), Err(Fault::Offline(why)) if why.ends_with("this is an image")),
                "{path}"
            );
        }
        assert!(
            files.list("/proc").is_err()
                && files.read("/etc/mtab", 9).is_err()
                && files.open_at("/proc/mounts").is_err()
        );
        assert!(files.lstat("/proc").unwrap().is_some() && files.lstat("/etc/mtab").unwrap().is_some());
        assert_eq!((files.stat("/etc/lost"), files.read("/process", 9)), (Ok(None), Ok(Some(b"x\n".to_vec()))));
        assert!(matches!(still(tree, false).stat("/proc/mounts"), Err(Fault::Unsupported(_))));
    }
}
