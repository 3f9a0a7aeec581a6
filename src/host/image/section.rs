//! A run of bytes in something that is read at any place: a blob in an archive, a file in a layer.

use crate::host::ReadAt;
use std::io::{self, Read};
use std::sync::Arc;

#[derive(Clone)]
pub struct Section {
    bytes: Arc<dyn ReadAt>,
    start: u64,
    len: u64,
}

impl Section {
    /// All of it, which is `len` bytes.
    pub fn whole(bytes: Arc<dyn ReadAt>, len: u64) -> Section {
        Section { bytes, start: 0, len }
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// `len` bytes of it from `at` on; `None` where it has not as many.
    pub fn part(&self, at: u64, len: u64) -> Option<Section> {
        let end = at.checked_add(len).filter(|end| *end <= self.len)?;
        let start = self.start.checked_add(at)?;
        self.start.checked_add(end)?;
        Some(Section { bytes: self.bytes.clone(), start, len })
    }

    pub fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..rest) {
            Some(buffer) if !buffer.is_empty() => self.bytes.read_at(self.start.saturating_add(at), buffer),
            _ => Ok(0),
        }
    }

    /// Its bytes one after the other, from `at` on.
    pub fn reader(&self, at: u64) -> SectionReader {
        SectionReader { section: self.clone(), at }
    }
}

impl ReadAt for Section {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Section::read_at(self, offset, buffer)
    }
}

pub struct SectionReader {
    section: Section,
    at: u64,
}

impl SectionReader {
    /// Where the next byte comes from.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Leaves out so many bytes; `None` where there are not as many.
    pub fn pass(&mut self, bytes: u64) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.section.len)?;
        Some(())
    }
}

impl Read for SectionReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.section.read_at(self.at, buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_never_reaches_beyond_the_whole() {
        let whole = Section::whole(Arc::new(b"0123456789".to_vec()), 10);
        let part = whole.part(2, 5).unwrap();
        let mut text = String::new();
        part.reader(1).read_to_string(&mut text).unwrap();
        assert_eq!((&*text, part.part(1, 2).unwrap().len()), ("3456", 2));
        assert!(part.part(1, 5).is_none() && part.part(6, 0).is_none() && part.part(u64::MAX, 1).is_none());
        assert_eq!(part.read_at(9, &mut [0; 4]).unwrap(), 0);
    }
}
