//! A file that is edited: read, and written whole if it still says what was read.

use super::MAX_BYTES;
use super::replace::{self, Unwritten, failed, folder};
use crate::value::Fault;
use rustix::fs::OFlags;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Links that lead to one another down to a file, as the kernel has it (path_resolution(7)).
const LINKS: usize = 40;

pub struct Written {
    /// As the command line, or what includes it, has it.
    name: String,
    /// Behind every link.
    pub path: PathBuf,
}

impl Written {
    /// The file by that name, which need not be there yet.
    pub fn at(name: &str) -> Result<Written, String> {
        // Only the kernel says whether this user may follow a link of somebody else's (fs.protected_symlinks).
        let path = match fs::metadata(name).and_then(|_| fs::canonicalize(name)) {
            Err(e) if e.kind() == ErrorKind::NotFound => unmade(name)?,
            path => path.map_err(|e| unread(name, &e))?,
        };
        Ok(Written { name: name.to_owned(), path })
    }

    /// What stands in it, or of what is too large a byte too many; nothing if it is not there. What is no regular file is
    /// refused: it cannot be written anew.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        if let Some(file) = self.open(false, |e| unread(&self.name, &e))? {
            file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| unread(&self.name, &e))?;
        }
        Ok(bytes)
    }

    /// Puts `new` in the place of `old`, unless it says something else by now. What this user may not write to is left, also
    /// where another file could be put in its place.
    pub fn write(&self, old: &str, new: &str) -> Result<(), String> {
        let _alone = replace::alone(&self.path);
        let written = match self.open(true, |e| Unwritten::Whole(e).of(&self.name))? {
            Some(file) => replace::write(&self.path, &file, old, new),
            None if !old.is_empty() => Err(Unwritten::Changed),
            None => match replace::create(&self.path, new) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(Unwritten::Changed),
                created => return created.map_err(|e| failed(&self.name, &e)),
            },
        };
        written.map_err(|why| why.of(&self.name))
    }

    /// The file, if it is there, to be read and, if `writes`, written to.
    fn open(&self, writes: bool, failed: impl Fn(Error) -> String) -> Result<Option<File>, String> {
        let irregular = || format!("`{}` is no regular file, and is not written to", self.name);
        match fs::symlink_metadata(&self.path) {
            // To open a device may be to do something.
            Ok(meta) if !meta.is_file() => return Err(irregular()),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(e)),
        }
        // What has become a pipe since is not waited for, and what has become a link is not followed.
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
        let file = File::options().read(true).write(writes).custom_flags(flags).open(&self.path).map_err(&failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(irregular());
        }
        Ok(Some(file))
    }
}

/// Where a file is made that is not there yet: where its link leads, if its name is one, for no link is to be replaced.
fn unmade(name: &str) -> Result<PathBuf, String> {
    let mut path = PathBuf::from(name);
    for links in 0..LINKS {
        let within = fs::canonicalize(folder(&path)).map_err(|e| match links {
            0 => failed(name, &e),
            _ => format!("`{name}` is a link to a file in a directory that is not there; it is left as it is"),
        })?;
        path = within.join(path.file_name().map_or(Path::new(""), Path::new));
        match fs::read_link(&path) {
            Ok(target) => path = within.join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(failed(name, &Error::from(ErrorKind::NotFound)))
}

fn unread(name: &str, why: &Error) -> String {
    Fault::from_io(format!("`{name}` cannot be read"), why).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{FlockOperation, flock};
    use std::os::unix::fs::symlink;
    use std::time::{Duration, Instant};

    fn at(path: &Path) -> Written {
        Written::at(path.to_str().unwrap()).unwrap()
    }

    fn text(path: impl AsRef<Path>) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn who_holds_the_directory_for_ever_holds_up_nobody_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let theirs = File::open(folder.path()).unwrap();
        flock(&theirs, FlockOperation::LockExclusive).unwrap();
        let began = Instant::now();
        at(&path).write("", "new").unwrap();
        assert!(began.elapsed() >= Duration::from_secs(1), "nobody is waited for");
        at(&path).write("new", "newer").unwrap();
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(text(&path), "newer");
    }

    #[test]
    fn a_file_keeps_its_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        fs::write(&path, "an old one").unwrap();
        fs::hard_link(&path, &other).unwrap();
        for (old, new) in [("an old one", "new"), ("new", "a newer one")] {
            at(&path).write(old, new).unwrap();
            assert_eq!((text(&path).as_str(), text(&other).as_str()), (new, new));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_link_to_nowhere_stays_and_its_file_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name);
        fs::create_dir(within("real")).unwrap();
        symlink("real/b.toml", within("a.toml")).unwrap();
        symlink("../c.toml", within("real/b.toml")).unwrap();
        let file = at(&within("a.toml"));
        assert_eq!(file.read(), Ok(vec![]));
        file.write("", "new").unwrap();
        assert_eq!(text(within("c.toml")), "new");
        for link in ["a.toml", "real/b.toml"] {
            assert!(fs::symlink_metadata(within(link)).unwrap().is_symlink(), "{link}");
        }
        assert_eq!(file.path, at(&within("a.toml")).path);
        for (target, why) in [("missing/d.toml", "a directory that is not there"), ("d.toml", "cannot be read")] {
            symlink(target, within("d.toml")).unwrap();
            let told = Written::at(within("d.toml").to_str().unwrap()).err().unwrap();
            assert!(told.contains(why), "{told}");
            assert_eq!(fs::read_link(within("d.toml")).unwrap(), Path::new(target));
            fs::remove_file(within("d.toml")).unwrap();
        }
    }

    #[test]
    fn what_came_where_nothing_was_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let file = at(&path);
        symlink("nowhere.toml", &path).unwrap();
        assert!(file.write("", "new").is_err());
        assert!(replace::create(&path, "new").is_err());
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("nowhere.toml"));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(file.write("", "new").unwrap_err().contains("has changed"));
        assert_eq!(replace::create(&path, "new").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(text(&path), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_has_become_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        fs::write(&path, "old").unwrap();
        let file = at(&path);
        fs::rename(&path, &other).unwrap();
        symlink(&other, &path).unwrap();
        assert!(file.write("old", "new").is_err());
        assert_eq!(text(&other), "old");
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}
