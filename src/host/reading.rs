//! Reading what a spec names, which may be anything: a pipe that never ends, a directory, a file without bound.

use super::{FileType, Host};
use crate::value::{Content, Fault};
use std::io::{ErrorKind, Read};
use std::time::Instant;

/// Bytes of a file's contents that are read at most.
pub const CONTENT_BOUND: u64 = 8 << 20;

const CHUNK: usize = 64 << 10;

/// The start of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub bytes: Vec<u8>,
    /// There was more than [`CONTENT_BOUND`].
    pub cut: bool,
}

impl Host {
    /// Hands the file at the end of `path`'s links to `each`, piece by piece. `None` where there is nothing.
    ///
    /// Only regular files are opened: a pipe would wait, and reading a device can change it.
    pub fn stream(&self, path: &str, mut each: impl FnMut(&[u8])) -> Result<Option<()>, Fault> {
        self.read_while(path, |piece| {
            each(piece);
            true
        })
    }

    /// The first [`CONTENT_BOUND`] bytes of the file at the end of `path`'s links.
    pub fn start(&self, path: &str) -> Result<Option<Start>, Fault> {
        let (mut bytes, bound) = (Vec::new(), CONTENT_BOUND as usize);
        let read = self.read_while(path, |piece| {
            bytes.extend_from_slice(piece);
            bytes.len() <= bound
        })?;
        let cut = bytes.len() > bound;
        bytes.truncate(bound);
        Ok(read.map(|()| Start { bytes, cut }))
    }

    /// Like [`Host::start`], and all of it: a file that is longer cannot be judged.
    pub fn whole(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self.start(path)? {
            Some(Start { cut: true, .. }) => {
                let bound = crate::quantity::size(CONTENT_BOUND);
                Err(Fault::Unsupported(format!("{path}: longer than the {bound} that are read")))
            }
            start => Ok(start.map(|s| s.bytes)),
        }
    }

    /// Like [`Host::stream`], while `more` says that it wants more.
    pub fn read_while(&self, path: &str, mut more: impl FnMut(&[u8]) -> bool) -> Result<Option<()>, Fault> {
        let Some(stat) = self.files().stat(path)? else { return Ok(None) };
        match stat.file_type {
            FileType::File => {}
            FileType::Directory => return Err(Fault::Unfit(format!("{path} is a directory"))),
            other => return Err(Fault::Unsupported(format!("{path} is a {}, which is not read", other.word()))),
        }
        let Some(mut file) = self.files().open(path)? else { return Ok(None) };
        let (began, mut buffer) = (Instant::now(), vec![0; CHUNK]);
        loop {
            if Instant::now() >= self.deadline() {
                return Err(Fault::TimedOut(format!("reading {path}"), began.elapsed()));
            }
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Some(())),
                Ok(n) if more(buffer.get(..n).unwrap_or_default()) => {}
                Ok(_) => return Ok(Some(())),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(Fault::from_io(path, &e)),
            }
        }
    }
}

impl Start {
    pub fn text(self) -> Content {
        Content::new(self.bytes, self.cut.then_some(CONTENT_BOUND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn temporary() -> (tempfile::TempDir, impl Fn(&str) -> String) {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().to_str().unwrap().to_owned();
        (dir, move |name: &str| format!("{base}/{name}"))
    }

    #[test]
    fn a_pipe_or_device_is_not_opened_and_a_directory_has_no_contents() {
        let (_dir, at) = temporary();
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let host = Host::local();
        assert!(matches!(host.start(&at("pipe")), Err(Fault::Unsupported(why)) if why.contains("pipe")));
        assert!(matches!(host.start("/dev/zero"), Err(Fault::Unsupported(_))));
        assert!(matches!(host.start("/"), Err(Fault::Unfit(_))));
        assert_eq!(host.start(&at("none")), Ok(None));
    }

    #[test]
    fn reading_stops_at_the_bound_and_says_so() {
        let (_dir, at) = temporary();
        let long = "ä".repeat(CONTENT_BOUND as usize / 2) + "b";
        std::fs::write(at("long"), format!("c{long}")).unwrap();
        std::fs::write(at("exact"), &long[..CONTENT_BOUND as usize]).unwrap();
        let start = Host::local().start(&at("long")).unwrap().unwrap();
        assert!(start.cut && start.bytes.len() as u64 == CONTENT_BOUND);
        let content = start.text();
        assert_eq!(content.cut, Some(CONTENT_BOUND));
        assert!(content.text.ends_with('ä'), "half a character is left out");
        assert!(matches!(Host::local().whole(&at("long")), Err(Fault::Unsupported(_))));
        assert!(!Host::local().start(&at("exact")).unwrap().unwrap().cut);
    }

    #[test]
    fn reading_ends_at_the_deadline() {
        let (_dir, at) = temporary();
        std::fs::write(at("file"), "x").unwrap();
        let late = Host::local().until(Instant::now() - Duration::from_millis(1));
        assert!(matches!(late.stream(&at("file"), |_| {}), Err(Fault::TimedOut(..))));
    }
}
