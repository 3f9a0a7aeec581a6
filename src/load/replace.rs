//! A file written whole: beside itself and then over itself, so that nobody reads half of it.

use crate::value::Fault;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

/// Puts `text` in the place of what the file at `path` says. The file keeps its mode and its owner. `path` is behind every
/// link.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let old = fs::metadata(path).ok();
    match &old {
        Some(meta) => match replace(path, text, meta) {
            // A file that is mounted, or in a directory of someone else's, can only be written to. Where there is no room
            // for another, writing to it would lose what it says.
            Err(e) if is_fixed(&e) => fs::write(path, text),
            done => done,
        },
        None => fs::write(path, text),
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

fn replace(path: &Path, text: &str, old: &Metadata) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = || {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
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
