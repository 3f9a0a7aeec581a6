//! The files of the machine this runs on.

use super::{FileType, Files, ReadAt, Stat};
use crate::value::Fault;
use rustix::fs::FileType as Raw;
use rustix::io::Errno;
use std::fs::File;
use std::io::{ErrorKind, Read};

pub struct LocalFiles;

/// Bytes that are read of a file before its size is asked for.
const PAGE: usize = 4096;
/// Names of a directory that are read at most, which take 64 MiB: as many files as a process may have open by default.
const MOST_NAMES: usize = 1 << 20;

/// `None` where the path certainly leads nowhere: ENOENT and ENOTDIR.
pub(super) fn found<T>(path: &str, result: std::io::Result<T>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Fault::from_io(path, &e)),
    }
}

impl Files for LocalFiles {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        found(path, rustix::fs::lstat(path).map_err(Into::into)).map(|s| s.map(stat))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        found(path, rustix::fs::stat(path).map_err(Into::into)).map(|s| s.map(stat))
    }

    fn read(&self, path: &str, bound: u64) -> Result<Option<Vec<u8>>, Fault> {
        let Some(mut file) = found(path, File::open(path))? else { return Ok(None) };
        // Most tables are a page of /proc, which has no size; only a larger file is worth the question.
        let mut bytes = Vec::with_capacity(PAGE);
        let read = file.by_ref().take((PAGE as u64).min(bound)).read_to_end(&mut bytes).and_then(|n| {
            if n < PAGE || bound <= n as u64 {
                return Ok(n);
            }
            let size = file.metadata()?.len().min(bound);
            bytes.reserve(usize::try_from(size).unwrap_or(0).saturating_sub(n) + 1);
            file.by_ref().take(bound - n as u64).read_to_end(&mut bytes)
        });
        read.map_err(|e| Fault::from_io(path, &e))?;
        Ok(Some(bytes))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        found(path, File::open(path)).map(|f| f.map(|f| Box::new(f) as Box<dyn Read + Send>))
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        found(path, File::open(path)).map(|f| f.map(|f| Box::new(f) as Box<dyn ReadAt>))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(entries) = found(path, std::fs::read_dir(path))? else { return Ok(None) };
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        names(path, entries.map(|entry| entry.map(name))).map(Some)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        // What is there and no link has none: readlink(2).
        let target = match std::fs::read_link(path) {
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => None,
            answer => found(path, answer)?,
        };
        Ok(target.map(|t| t.to_string_lossy().into_owned()))
    }
}

/// The names in the directory at `path`, unless they are too many.
pub(super) fn names(path: &str, each: impl Iterator<Item = std::io::Result<String>>) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for name in each {
        if names.len() >= MOST_NAMES {
            return Err(Fault::Unsupported(format!("{path}: more than {MOST_NAMES} files are in it")));
        }
        names.push(name.map_err(|e| Fault::from_io(path, &e))?);
    }
    Ok(names)
}

pub(super) fn stat(raw: rustix::fs::Stat) -> Stat {
    Stat {
        file_type: match Raw::from_raw_mode(raw.st_mode) {
            Raw::Directory => FileType::Directory,
            Raw::Symlink => FileType::Symlink,
            Raw::Socket => FileType::Socket,
            Raw::Fifo => FileType::Fifo,
            Raw::CharacterDevice => FileType::CharacterDevice,
            Raw::BlockDevice => FileType::BlockDevice,
            _ => FileType::File,
        },
        mode: raw.st_mode & 0o7777,
        uid: raw.st_uid,
        gid: raw.st_gid,
        size: u64::try_from(raw.st_size).unwrap_or(0),
        mtime: raw.st_mtime,
        links: raw.st_nlink,
        device: raw.st_dev,
        inode: raw.st_ino,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certainly_no_link_says_nothing() {
        for path in ["/dev/null", "/", "/nonexistent"] {
            assert_eq!(LocalFiles.link(path), Ok(None), "{path}");
        }
        assert!(LocalFiles.link("/proc/self/cwd").unwrap().is_some());
    }
}
