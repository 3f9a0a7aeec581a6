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
const KERNEL: [&str; 3] = ["dev", "proc", "sys"];
/// Links followed to see whether they lead there.
const MOST_LINKS: usize = 40;

impl StillFiles {
    /// Refuses what is below the directories of the kernel and, if they are to be looked into, them too.
    fn check(&self, path: &str, into: bool) -> Result<(), Fault> {
        let steps = steps(path);
        let kernels = steps.first().is_some_and(|first| KERNEL.contains(first)) && (into || steps.len() > 1);
        if kernels { Err(self.still.fault()) } else { Ok(()) }
    }

    /// Nothing was found: was a link on the way to the kernel's files, such as /etc/mtab is? The last name of the path is
    /// one if it is followed.
    fn missing<T>(&self, path: &str, follows: bool, found: Option<T>) -> Result<Option<T>, Fault> {
        if found.is_some() {
            return Ok(found);
        }
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let Some(next) = self.past_link(&path, follows)? else { break };
            path = next;
            self.check(&path, false)?;
        }
        Ok(None)
    }

    /// The path past the first link on it.
    fn past_link(&self, path: &str, follows: bool) -> Result<Option<String>, Fault> {
        let steps = steps(path);
        let mut way = String::new();
        for (at, step) in steps.iter().enumerate().take(steps.len() - usize::from(!follows && !steps.is_empty())) {
            let link = format!("{way}/{step}");
            if let Some(target) = self.files.link(&link)? {
                let rest = steps.get(at + 1..).unwrap_or_default().join("/");
                let from = if target.starts_with('/') { "" } else { &way };
                return Ok(Some(format!("{from}/{target}/{rest}")));
            }
            way = link;
        }
        Ok(None)
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
        self.missing(path, false, self.files.lstat(path)?)
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.check(path, false)?;
        self.missing(path, true, self.files.stat(path)?)
    }

    fn read(&self, path: &str, bound: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.check(path, true)?;
        self.missing(path, true, self.files.read(path, bound)?)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        self.check(path, true)?;
        self.missing(path, true, self.files.open(path)?)
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        self.check(path, true)?;
        self.missing(path, true, self.files.open_at(path)?)
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        self.check(path, true)?;
        self.missing(path, true, self.files.list(path)?)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        self.check(path, false)?;
        self.missing(path, false, self.files.link(path)?)
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
                    -- /etc/fd -> ../way/fd\n-- /way -> proc/self\n-- /etc/masked -> /dev/null\n-- /process\nx\n";
        let files = still(tree, true);
        for path in [
            "/proc/mounts",
            "/proc//1",
            "/./sys/class",
            "/etc/../proc/x",
            "/etc/mtab",
            "/way/fd",
            "/etc/fd/0",
            "/dev/sda",
            "/etc/masked",
        ] {
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
        for path in ["/way/fd", "/etc/fd/0", "/dev/null"] {
            assert!(files.lstat(path).is_err() && files.link(path).is_err(), "{path}");
        }
        assert!(files.lstat("/etc/masked").unwrap().is_some() && files.lstat("/etc/fd").unwrap().is_some());
        assert!(files.lstat("/proc").unwrap().is_some() && files.lstat("/etc/mtab").unwrap().is_some());
        assert_eq!((files.stat("/etc/lost"), files.read("/process", 9)), (Ok(None), Ok(Some(b"x\n".to_vec()))));
        assert!(matches!(still(tree, false).stat("/proc/mounts"), Err(Fault::Unsupported(_))));
    }
}
