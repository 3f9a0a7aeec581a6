//! A file written whole: beside itself and then over itself, so that nobody reads half of it.

use crate::value::Fault;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long another that writes into the same directory is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Puts `text` in the place of what the file at `path` says. The file keeps its mode and its owner. `path` is behind every
/// link.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let old = fs::metadata(path).ok();
    match replace(path, text, old.as_ref()) {
        // A file that is mounted, or in a directory of someone else's, can only be written to. Where there is no room for
        // another, writing to it would lose what it says.
        Err(e) if old.is_some() && is_fixed(&e) => fs::write(path, text),
        done => done,
    }
}

/// Keeps every other verispec from writing into the directory of `path` for as long as it is held (flock(2)).
pub fn alone(path: &Path) -> Result<Option<File>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Who may write to a file in it need not be able to open the directory.
    let Ok(folder) = File::open(folder) else { return Ok(None) };
    let until = Instant::now() + PATIENCE;
    loop {
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(folder)),
            Err(Errno::WOULDBLOCK) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            Err(Errno::WOULDBLOCK) => return Err(Error::new(ErrorKind::ResourceBusy, "another is writing here")),
            // Not every file system has locks.
            Err(_) => return Ok(None),
        }
    }
}

/// Writes a file that is not there yet.
pub fn create(path: &Path, text: &str) -> Result<()> {
    File::options().write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()))
}

/// That `name` was not written, as a person is told.
pub fn failed(name: &str, why: &std::io::Error) -> String {
    Fault::from_io(format!("`{name}` cannot be written"), why).to_string()
}

fn replace(path: &Path, text: &str, old: Option<&Metadata>) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = || {
        // A new file's mode is the user's own choice, by umask(2).
        let mode = if old.is_some() { 0o600 } else { 0o666 };
        let mut file = File::options().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        if let Some(old) = old {
            let own = file.metadata()?;
            if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
                fchown(&file, Some(old.uid()), Some(old.gid()))?;
            }
            file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().inspect_err(|_| _ = fs::remove_file(&beside))
}

/// Whether a file cannot be put in another's place here, though it may be written to.
fn is_fixed(e: &std::io::Error) -> bool {
    use ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(e.kind(), CrossesDevices | PermissionDenied | ReadOnlyFilesystem | ResourceBusy)
}
