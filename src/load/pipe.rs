//! Opening a file that may be a pipe: one that nobody writes to must not hold up the run for ever.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Seconds in which somebody has to open a pipe for writing.
const PATIENCE: i64 = 5;

/// Opens a file for [`reader`]. With `at_once`, or where `meta` says that it is a pipe, nothing is waited for, whatever
/// has come to its place since.
pub(super) fn open(path: &Path, meta: &Metadata, at_once: bool) -> io::Result<File> {
    if !at_once && !meta.file_type().is_fifo() {
        return File::open(path);
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// What reads a file that was opened so. `meta` is the open file's.
pub(super) fn reader(file: File, meta: &Metadata) -> io::Result<Box<dyn Read>> {
    let mut first = Vec::new();
    if meta.file_type().is_fifo() {
        let patience = Timespec { tv_sec: PATIENCE, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&file, PollFlags::IN)], Some(&patience))?;
        if ready == 0 {
            // Who has it open and takes his time is waited for, as on standard input.
            let mut byte = [0];
            match (&file).read(&mut byte) {
                Ok(0) => return Err(io::Error::other("nobody writes to this pipe")),
                Ok(_) => first.extend(byte),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
    }
    let flags = fcntl_getfl(&file)?;
    if flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(&file, flags.difference(OFlags::NONBLOCK))?;
    }
    Ok(Box::new(io::Cursor::new(first).chain(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(path: &Path) -> io::Result<String> {
        let file = open(path, &path.metadata()?, false)?;
        let meta = file.metadata()?;
        let mut text = String::new();
        reader(file, &meta)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn a_pipe_is_read_as_soon_as_somebody_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let writer = std::thread::spawn({
            let path = path.clone();
            move || {
                std::thread::sleep(std::time::Duration::from_millis(100));
                let mut file = OpenOptions::new().write(true).open(path).unwrap();
                for part in ["a: 1\n", "b: 2\n"] {
                    file.write_all(part.as_bytes()).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
            }
        });
        let text = read(&path).unwrap();
        writer.join().unwrap();
        assert_eq!(text, "a: 1\nb: 2\n");
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        let said = read(&path).unwrap_err();
        assert!(said.to_string().contains("nobody writes"), "{said}");
    }

    #[test]
    fn a_pipe_that_has_come_to_a_files_place_does_not_hold_up_who_does_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        std::fs::write(&path, "").unwrap();
        let before = path.metadata().unwrap();
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(open(&path, &before, true).unwrap().metadata().unwrap().file_type().is_fifo());
    }
}
