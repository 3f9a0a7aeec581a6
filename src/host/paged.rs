//! Files that are read at any place: databases of which only some pages matter.

use super::{FileType, Host, ReadAt, Stat};
use crate::value::Fault;
use std::io::ErrorKind;
use std::time::Instant;

/// A regular file, open.
pub struct Paged {
    pub path: String,
    pub stat: Stat,
    file: Box<dyn ReadAt>,
    opened: Instant,
    deadline: Instant,
}

impl Host {
    /// Opens the file at the end of `path`'s links. `None` where there is nothing.
    pub fn open_at(&self, path: &str) -> Result<Option<Paged>, Fault> {
        let Some(stat) = self.files().stat(path)? else { return Ok(None) };
        if stat.file_type != FileType::File {
            return Err(Fault::Unsupported(format!("{path} is a {}, which is not read", stat.file_type.word())));
        }
        let Some(file) = self.files().open_at(path)? else { return Ok(None) };
        Ok(Some(Paged { path: path.to_owned(), stat, file, opened: Instant::now(), deadline: self.deadline() }))
    }
}

impl Paged {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.stat.size
    }

    /// Fills `buffer` with the bytes from `offset` on; a fault where the file has fewer.
    pub fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Fault> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            if Instant::now() >= self.deadline {
                return Err(Fault::TimedOut(format!("reading {}", self.path), self.opened.elapsed()));
            }
            match self.file.read_at(offset.saturating_add(filled as u64), rest) {
                Ok(0) => return Err(self.malformed("cut short")),
                Ok(n) => filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(Fault::from_io(&self.path, &e)),
            }
        }
        Ok(())
    }

    /// The first bytes of the file: `bound`, or fewer if it has not as many.
    pub fn start(&self, bound: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; usize::try_from(self.size()).unwrap_or(bound).min(bound)];
        self.fill(0, &mut bytes)?;
        Ok(bytes)
    }

    pub fn malformed(&self, why: impl std::fmt::Display) -> Fault {
        Fault::Malformed(format!("{}: {why}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use crate::host::{Host, TreeFiles};
    use crate::value::Fault;
    use std::sync::Arc;

    #[test]
    fn a_file_is_read_at_any_place_and_not_behind_its_end() {
        let tree = Arc::new(TreeFiles::parse("-- /a\nhello\n-- /d/\n").unwrap());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "hello\n").unwrap();
        let local = dir.path().join("a").to_str().unwrap().to_owned();
        let offline = Host::offline(tree, time::OffsetDateTime::UNIX_EPOCH);
        for (host, path) in [(&offline, "/a"), (&Host::local(), &*local)] {
            let file = host.open_at(path).unwrap().unwrap();
            let mut bytes = [0; 4];
            file.fill(2, &mut bytes).unwrap();
            assert_eq!((&bytes, file.size(), file.start(99).unwrap().len()), (b"llo\n", 6, 6));
            for beyond in [3, 6, u64::MAX] {
                assert!(matches!(file.fill(beyond, &mut bytes), Err(Fault::Malformed(_) | Fault::Failed(_))));
            }
        }
        assert!(matches!(offline.open_at("/d"), Err(Fault::Unsupported(_))));
        assert!(offline.open_at("/none").unwrap().is_none());
    }
}
