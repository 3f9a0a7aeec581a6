//! The files of a root file system under a directory: of a container's export, of a disk that is mounted somewhere.
//!
//! The kernel follows links inside that root (openat2(2), `RESOLVE_IN_ROOT`), whatever else changes meanwhile.

use super::local::{found, names, stat};
use super::{FileType, Files, ReadAt, Stat};
use crate::value::Fault;
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Dir, Mode, OFlags, ResolveFlags, fstat, openat, openat2, readlinkat};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;

pub struct RootFiles(OwnedFd);

impl RootFiles {
    /// `None` where there is no such directory.
    pub fn open(path: &str) -> Result<Option<RootFiles>, Fault> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(found(path, openat(CWD, path, flags, Mode::empty()).map_err(Into::into))?.map(RootFiles))
    }

    fn at(&self, path: &str, flags: OFlags) -> Result<Option<OwnedFd>, Fault> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.0, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            Err(Errno::NOSYS) => Err(Fault::Unsupported(
                "this kernel, or a filter of system calls, has no openat2(2), without which links would lead out of the root"
                    .into(),
            )),
            // A link was swapped while it was followed.
            Err(Errno::AGAIN) => Err(Fault::Failed(format!("{path}: it changed while it was looked up"))),
            opened => found(path, opened.map_err(Into::into)),
        }
    }

    /// Opens for reading what is a file: opening a device acts on this machine's, and a pipe waits for who writes into it.
    fn file(&self, path: &str) -> Result<Option<File>, Fault> {
        match self.stat(path)?.map(|stat| stat.file_type) {
            None => return Ok(None),
            Some(FileType::File | FileType::Directory) => {}
            Some(other) => return Err(Fault::Unsupported(format!("{path} is a {}, which is not read", other.word()))),
        }
        Ok(self.at(path, OFlags::RDONLY | OFlags::NOCTTY)?.map(File::from))
    }
}

impl Files for RootFiles {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let Some(at) = self.at(path, OFlags::PATH | OFlags::NOFOLLOW)? else { return Ok(None) };
        found(path, fstat(at).map_err(Into::into)).map(|raw| raw.map(stat))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let Some(at) = self.at(path, OFlags::PATH)? else { return Ok(None) };
        found(path, fstat(at).map_err(Into::into)).map(|raw| raw.map(stat))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        Ok(self.file(path)?.map(|file| Box::new(file) as Box<dyn Read + Send>))
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        Ok(self.file(path)?.map(|file| Box::new(file) as Box<dyn ReadAt>))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(at) = self.at(path, OFlags::RDONLY | OFlags::DIRECTORY)? else { return Ok(None) };
        let entries = Dir::new(at).map_err(|e| Fault::from_io(path, &e.into()))?;
        let entries = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        let inside = entries.filter(|name| !matches!(name.as_deref(), Ok("." | "..")));
        names(path, inside.map(|name| name.map_err(Into::into))).map(Some)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        let Some(at) = self.at(path, OFlags::PATH | OFlags::NOFOLLOW)? else { return Ok(None) };
        // What is no link has none: readlinkat(2) says so of a descriptor with ENOENT.
        match readlinkat(at, "", Vec::new()) {
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            target => found(path, target.map_err(Into::into)).map(|t| t.map(|t| t.to_string_lossy().into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_never_lead_out_of_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("outside"), "outside").unwrap();
        fs::create_dir_all(at("root/etc")).unwrap();
        fs::write(at("root/etc/passwd"), "inside").unwrap();
        for (name, target) in [
            ("up", "../../../../etc/passwd"),
            ("abs", "/etc/passwd"),
            ("out", "../outside"),
            ("whole", at("outside").to_str().unwrap()),
            ("loop", "loop"),
        ] {
            symlink(target, at("root").join(name)).unwrap();
        }
        let files = RootFiles::open(at("root").to_str().unwrap()).unwrap().unwrap();
        for path in ["/etc/passwd", "/up", "/abs", "/../etc/passwd"] {
            assert_eq!(files.read(path, 99).unwrap().unwrap(), b"inside", "{path}");
        }
        for path in ["/out", "/whole", "/none", "/../outside", "/etc/passwd/x"] {
            assert_eq!((files.stat(path), files.read(path, 99)), (Ok(None), Ok(None)), "{path}");
        }
        assert_eq!(files.link("/out").unwrap().as_deref(), Some("../outside"));
        assert_eq!(
            (files.link("/etc"), files.list("/none"), files.list("/etc/passwd")),
            (Ok(None), Ok(None), Ok(None))
        );
        assert!(files.stat("/loop").is_err() && files.lstat("/loop").unwrap().is_some());
        rustix::fs::mknodat(CWD, at("root/pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        symlink("pipe", at("root/to-pipe")).unwrap();
        for path in ["/pipe", "/to-pipe"] {
            assert!(matches!(files.open(path).err(), Some(Fault::Unsupported(why)) if why.contains("pipe")), "{path}");
            assert!(files.open_at(path).is_err() && files.read(path, 9).is_err());
        }
        let mut names = files.list("/").unwrap().unwrap();
        names.sort();
        assert_eq!(names, ["abs", "etc", "loop", "out", "pipe", "to-pipe", "up", "whole"]);
        assert!(RootFiles::open(at("root/none").to_str().unwrap()).unwrap().is_none());
        assert!(RootFiles::open(at("outside").to_str().unwrap()).unwrap().is_none(), "a file is no root");
    }
}
