//! A file written whole: beside itself and then over itself, so that nobody reads half of it. Only where that would take
//! away what the file is (its owner, its other names, its mount) is it written in place.

use crate::value::Fault;
use ring::rand::{SecureRandom, SystemRandom};
use rustix::fs::{CWD, FallocateFlags, FlockOperation, RenameFlags, fallocate, flock, renameat_with};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long another that writes into the same directory is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Names that are tried for a file of one's own.
const NAMES: usize = 8;

/// Why a file does not say what it was to say.
#[derive(Debug)]
pub enum Unwritten {
    /// Somebody else has written to it, and what it says is theirs.
    Changed,
    /// It says what it said.
    Whole(Error),
    /// It may say something of both.
    Broken(Error),
}

impl Unwritten {
    /// As a person is told.
    pub fn of(&self, name: &str) -> String {
        match self {
            Unwritten::Changed => format!("`{name}` has changed since it was read, and is left as it is"),
            Unwritten::Whole(e) => format!("{}; it is as it was", failed(name, e)),
            Unwritten::Broken(e) => format!("{}; it is no longer whole: restore it from a copy", failed(name, e)),
        }
    }
}

impl From<Error> for Unwritten {
    fn from(e: Error) -> Unwritten {
        Unwritten::Whole(e)
    }
}

/// Puts `new` in the place of `old` in the file at `path`, which is behind every link and open as `file` to be read and
/// written. It keeps its owner, its mode and its other names.
pub fn write(path: &Path, file: &File, old: &str, new: &str) -> std::result::Result<(), Unwritten> {
    unchanged(path, file, old)?;
    permitted(new)?;
    let meta = file.metadata()?;
    // With another file in its place, its other names would go on with the old one.
    if meta.nlink() > 1 {
        return in_place(path, file, old, new);
    }
    let replaced = beside(path, 0o600, |mut another, at| {
        another.write_all(new.as_bytes())?;
        keep(&meta, another).map_err(|_| Error::from(ErrorKind::PermissionDenied))?;
        another.sync_all()?;
        unchanged(path, file, old)?;
        Ok(fs::rename(at, path)?)
    });
    match replaced {
        // Where there is no room for another, there may be none for more of the same either.
        Err(Unwritten::Whole(e)) if is_fixed(&e) => in_place(path, file, old, new),
        done => done,
    }
}

/// Writes a file that is not there yet; what has come there since is left, be it a link to nowhere.
pub fn create(path: &Path, text: &str) -> Result<()> {
    permitted(text)?;
    // A new file's mode is the user's own choice, by umask(2).
    let created = beside(path, 0o666, |mut file, at| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(renameat_with(CWD, at, CWD, path, RenameFlags::NOREPLACE).map_err(Error::from)?)
    });
    match created {
        Ok(()) => Ok(()),
        // Not every file system can rename so.
        Err(Unwritten::Whole(e)) if [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP].iter().any(|no| is(&e, *no)) => {
            let mut file = File::options().write(true).create_new(true).open(path)?;
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            written.inspect_err(|_| _ = fs::remove_file(path))
        }
        Err(Unwritten::Whole(e) | Unwritten::Broken(e)) => Err(e),
        Err(Unwritten::Changed) => Err(ErrorKind::AlreadyExists.into()),
    }
}

/// Keeps every other verispec from writing into the directory of `path` for as long as it is held (flock(2)). Whoever may
/// read the directory can hold it for ever, so it is a courtesy, and goes on without it in the end.
pub fn alone(path: &Path) -> Option<File> {
    // Who may write to a file in it need not be able to open the directory.
    let folder = File::open(folder(path)).ok()?;
    let until = Instant::now() + PATIENCE;
    loop {
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Some(folder),
            Err(Errno::WOULDBLOCK) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            // Not every file system has locks.
            Err(_) => return None,
        }
    }
}

/// The directory that a file is in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// That `name` was not written, as a person is told.
pub fn failed(name: &str, why: &Error) -> String {
    Fault::from_io(format!("`{name}` cannot be written"), why).to_string()
}

/// Whether `path` is still the file that is open, and says what it said.
fn unchanged(path: &Path, file: &File, old: &str) -> std::result::Result<(), Unwritten> {
    let own = file.metadata()?;
    let there = fs::symlink_metadata(path).ok();
    let is_there = there.is_some_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()));
    if !is_there || own.len() != old.len() as u64 {
        return Err(Unwritten::Changed);
    }
    let mut bytes = vec![0; old.len()];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) if bytes == old.as_bytes() => Ok(()),
        Ok(()) => Err(Unwritten::Changed),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Err(Unwritten::Changed),
        Err(e) => Err(e.into()),
    }
}

/// Refuses what is longer than a file of this process may be: to write it would end the process halfway (setrlimit(2)).
fn permitted(text: &str) -> Result<()> {
    match getrlimit(Resource::Fsize).current {
        Some(most) if text.len() as u64 > most => Err(ErrorKind::FileTooLarge.into()),
        _ => Ok(()),
    }
}

/// Lets `put` fill a file of its own beside `path` and put it where it belongs; nothing is left of it where that fails.
fn beside(
    path: &Path,
    mode: u32,
    put: impl FnOnce(&File, &Path) -> std::result::Result<(), Unwritten>,
) -> std::result::Result<(), Unwritten> {
    let (file, at) = fresh(path, mode, random)?;
    put(&file, &at).inspect_err(|_| _ = fs::remove_file(&at))
}

/// A file that was not there, in the directory of `path`.
fn fresh(path: &Path, mode: u32, mut number: impl FnMut() -> Result<u64>) -> Result<(File, PathBuf)> {
    let mut tried = 1;
    loop {
        let at = path.with_file_name(format!(".verispec-{:016x}", number()?));
        match File::options().write(true).create_new(true).mode(mode).open(&at) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists && tried < NAMES => tried += 1,
            opened => return opened.map(|file| (file, at)),
        }
    }
}

fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::other("the system has no random numbers"))?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Gives a file the owner and the mode of another.
fn keep(old: &Metadata, file: &File) -> Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))
}

/// Whether a file cannot be put in another's place here, or not be made its equal, though it may be written to.
fn is_fixed(e: &Error) -> bool {
    use ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(e.kind(), CrossesDevices | PermissionDenied | ReadOnlyFilesystem | ResourceBusy)
}

fn is(e: &Error, errno: Errno) -> bool {
    e.raw_os_error() == Some(errno.raw_os_error())
}

/// Writes over what stands in a file, once there is certainly room for it.
fn in_place(path: &Path, file: &File, old: &str, new: &str) -> std::result::Result<(), Unwritten> {
    unchanged(path, file, old)?;
    let reserved = match fallocate(file, FallocateFlags::KEEP_SIZE, 0, new.len() as u64) {
        Ok(()) => true,
        Err(e @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => {
            // Room that was found for a part is given back.
            _ = file.set_len(old.len() as u64);
            return Err(Unwritten::Whole(e.into()));
        }
        // Not every file system can reserve.
        Err(_) => false,
    };
    overwrite(file, old.as_bytes(), new.as_bytes(), reserved)
}

/// What is longer comes first: without it, the file is as it was.
fn overwrite(file: &File, old: &[u8], new: &[u8], reserved: bool) -> std::result::Result<(), Unwritten> {
    let (head, tail) = new.split_at(old.len().min(new.len()));
    let lengthen = || {
        file.write_all_at(tail, head.len() as u64)?;
        // Some find out that there is no room only as they store it.
        if reserved || tail.is_empty() { Ok(()) } else { file.sync_all() }
    };
    if let Err(why) = lengthen() {
        let back = file.set_len(old.len() as u64);
        return Err(if back.is_ok() { Unwritten::Whole(why) } else { Unwritten::Broken(why) });
    }
    let put = |text: &[u8], part: &[u8]| {
        file.write_all_at(part, 0)?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    };
    put(new, head).map_err(|why| match put(old, old) {
        Ok(()) => Unwritten::Whole(why),
        Err(_) => Unwritten::Broken(why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_left_and_another_tried_but_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let (path, taken) = (folder.path().join("a.toml"), folder.path().join(".verispec-0000000000000001"));
        fs::write(&taken, "theirs").unwrap();
        let mut numbers = [1, 1, 2].into_iter();
        let (_, at) = fresh(&path, 0o600, || Ok(numbers.next().unwrap())).unwrap();
        assert!(at.ends_with(".verispec-0000000000000002"), "{}", at.display());
        let why = fresh(&path, 0o600, || Ok(1)).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&taken).unwrap(), "theirs");
        assert_ne!(random().unwrap(), random().unwrap());
    }

    #[test]
    fn what_cannot_be_put_where_it_belongs_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let failed = beside(&path, 0o600, |_, at| {
            assert!(at.exists());
            Err(Unwritten::Changed)
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn written_over_a_text_becomes_the_other_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        for (old, new) in [("", "new"), ("old", ""), ("old", "new"), ("old", "a new one"), ("an old one", "new")] {
            for reserved in [true, false] {
                fs::write(&path, old).unwrap();
                let file = File::options().read(true).write(true).open(&path).unwrap();
                overwrite(&file, old.as_bytes(), new.as_bytes(), reserved).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), new);
                in_place(&path, &file, new, old).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), old);
            }
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_not_called_whole() {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        for (old, new) in [("old", "new"), ("old", "longer")] {
            let why = overwrite(&full, old.as_bytes(), new.as_bytes(), true).unwrap_err();
            let told = why.of("a.toml");
            assert!(told.starts_with("`a.toml` cannot be written: ") && told.contains("no longer whole"), "{told}");
        }
    }

    #[test]
    fn another_file_by_the_same_name_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, "old").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        fs::write(folder.path().join("b.toml"), "old").unwrap();
        fs::rename(folder.path().join("b.toml"), &path).unwrap();
        assert!(matches!(write(&path, &file, "old", "new"), Err(Unwritten::Changed)));
        assert!(matches!(in_place(&path, &file, "old", "new"), Err(Unwritten::Changed)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        fs::remove_file(&path).unwrap();
        assert!(matches!(write(&path, &file, "old", "new"), Err(Unwritten::Changed)));
        assert!(!path.exists());
    }
}
