//! Whether the files of a spec are still as they were when it was read, by what stat(2) tells of them.

use crate::host::Host;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// A file that was written this short a time ago may be written again without its times telling.
const GRAIN: Duration = Duration::from_secs(2);

/// What the files of a spec looked like.
#[derive(Clone)]
pub struct Stamp {
    /// SHA-256 of all texts.
    digest: [u8; 32],
    files: Vec<(PathBuf, Option<Mark>)>,
    /// Globs of includes and what matches them.
    globs: Vec<(String, Vec<PathBuf>)>,
    /// Times cannot tell: look again.
    doubtful: bool,
}

/// A symbolic link is what it leads to: a Kubernetes ConfigMap changes by a link alone.
#[derive(Clone, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub fn new<'t>(
        texts: impl IntoIterator<Item = &'t str>,
        files: impl IntoIterator<Item = PathBuf>,
        globs: impl IntoIterator<Item = String>,
    ) -> Stamp {
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        Stamp::of(digest.finalize().into(), files, globs)
    }

    fn of(
        digest: [u8; 32],
        files: impl IntoIterator<Item = PathBuf>,
        globs: impl IntoIterator<Item = String>,
    ) -> Stamp {
        let files: BTreeSet<PathBuf> = files.into_iter().collect();
        let files: Vec<_> =
            files.into_iter().map(|path| (mark(&path), path)).map(|(mark, path)| (path, mark)).collect();
        let globs: BTreeSet<String> = globs.into_iter().collect();
        let globs = globs.into_iter().map(|glob| (matches(&glob), glob)).map(|(found, glob)| (glob, found)).collect();
        let recent = (Host::local().now() - GRAIN).unix_timestamp();
        let doubtful = files.iter().flat_map(|(_, mark)| mark).any(|mark| mark.changed.0 >= recent);
        Stamp { digest, files, globs, doubtful }
    }

    /// Whether they may be others now.
    pub fn is_old(&self) -> bool {
        let changed = |(path, before): &(PathBuf, Option<Mark>)| mark(path) != *before;
        self.doubtful
            || self.files.iter().any(changed)
            || self.globs.iter().any(|(glob, before)| matches(glob) != *before)
    }

    /// Whether both are of the same texts.
    pub fn says_the_same(&self, other: &Stamp) -> bool {
        self.digest == other.digest
    }

    /// With the files of `other`, too: those that a spec which cannot be read does not name.
    pub fn with(&self, other: &Stamp) -> Stamp {
        let files = self.files.iter().chain(&other.files).map(|(path, _)| path.clone());
        let globs = self.globs.iter().chain(&other.globs).map(|(glob, _)| glob.clone());
        Stamp::of(self.digest, files, globs)
    }
}

/// `None` where there is nothing that may be looked at.
fn mark(path: &PathBuf) -> Option<Mark> {
    #[allow(
        clippy::disallowed_methods,
        reason = "a spec is read from where verispec runs, not from the host it looks at"
    )]
    let meta = std::fs::metadata(path).ok()?;
    Some(Mark {
        device: meta.dev(),
        inode: meta.ino(),
        size: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

fn matches(glob: &str) -> Vec<PathBuf> {
    glob::glob(glob).map(|found| found.flatten().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A stamp that does not doubt what is young.
    fn stamp(files: &[PathBuf], glob: &str) -> Stamp {
        Stamp { doubtful: false, ..Stamp::new([], files.iter().cloned(), [glob.to_owned()]) }
    }

    #[test]
    fn what_is_written_replaced_removed_or_comes_newly_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.toml"), folder.path().join("link"));
        let glob = folder.path().join("*.toml").display().to_string();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.toml", "one");
        symlink("a.toml", &link).unwrap();
        let both = [file.clone(), link.clone()];
        let now = || stamp(&both, &glob);
        assert!(!now().is_old());
        let before = now();
        write("a.toml", "longer");
        assert!(before.is_old());
        let before = now();
        write("b.toml", "another");
        assert!(before.is_old());
        let before = now();
        fs::remove_file(&link).unwrap();
        symlink("b.toml", &link).unwrap();
        assert!(before.is_old());
        let before = now();
        fs::rename(folder.path().join("b.toml"), &file).unwrap();
        assert!(before.is_old());
        let before = now();
        fs::remove_file(&file).unwrap();
        assert!(before.is_old());
        assert!(!now().is_old());
    }

    #[test]
    fn what_is_young_is_looked_at_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        fs::write(&file, "one").unwrap();
        assert!(Stamp::new([], [file], []).is_old());
        assert!(!Stamp::new([], [PathBuf::from("/bin/sh"), PathBuf::from("/nonexistent")], []).doubtful);
    }
}
