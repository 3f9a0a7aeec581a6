//! Bytes that may be compressed, read through once in order and then at any place.

use super::digest::{Digest, Hasher};
use super::gzip::{self, Gunzip};
use super::section::Section;
use super::tape::Input;
use super::zstd::{self, Unzstd};
use super::{Budget, lost};
use crate::host::ReadAt;
use crate::value::Fault;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are read and hashed at a time.
const CHUNK: usize = 1 << 17;
/// Bytes that come out between two marks, at first: what reading at some place may have to read in vain.
const SPACING: u64 = 1 << 20;
/// Decompressors that stay where they are, for whoever reads on.
const PARKED: usize = 2;

/// What has been read through.
pub struct Roll {
    section: Section,
    marks: Marks,
    parked: Mutex<Vec<Unpacker>>,
    /// Bytes, decompressed.
    len: u64,
}

enum Marks {
    Plain,
    Gzip(Vec<gzip::Mark>),
    Zstd(Vec<zstd::Mark>),
}

enum Unpacker {
    Gzip(Box<Gunzip>),
    Zstd(Box<Unzstd>),
}

impl Unpacker {
    fn out(&self) -> u64 {
        match self {
            Unpacker::Gzip(gzip) => gzip.out(),
            Unpacker::Zstd(zstd) => zstd.out(),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        match self {
            Unpacker::Gzip(gzip) => gzip.read(buffer),
            Unpacker::Zstd(zstd) => zstd.read(buffer),
        }
    }
}

/// Reads through, hashes what is stored and what comes out, and makes marks on the way.
pub struct Scan<'b> {
    section: Section,
    /// Hashes what is stored, where that is not what comes out.
    stored: Option<Arc<Tee>>,
    unpacker: Option<Unpacker>,
    marks: Marks,
    most_marks: usize,
    spacing: u64,
    marked: u64,
    buffer: Vec<u8>,
    taken: usize,
    out: u64,
    hasher: Hasher,
    budget: &'b mut Budget,
    /// A read may only fail with an I/O error, so it waits here.
    fault: Option<Fault>,
}

/// What reading through has found.
pub struct Scanned {
    pub roll: Roll,
    pub stored: Digest,
    pub out: Digest,
}

impl<'b> Scan<'b> {
    /// `most_marks` are made of it; `like` is whose digests it is to be compared with.
    pub fn new(section: Section, most_marks: usize, like: &Digest, budget: &'b mut Budget) -> Result<Scan<'b>, Fault> {
        let mut magic = [0; 4];
        let mut read = 0;
        while let Some(rest) = magic.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match section.read_at(read as u64, rest).map_err(|e| lost(&e))? {
                0 => break,
                n => read += n,
            }
        }
        let gzip = magic.starts_with(&gzip::MAGIC);
        let zstd = magic == zstd::MAGIC || (magic.ends_with(&zstd::SKIPPED) && magic.first().is_some_and(|b| b >> 4 == 5));
        let tee = (gzip || zstd).then(|| Arc::new(Tee { section: section.clone(), so_far: Mutex::new((like.hasher(), 0)) }));
        let through = tee.clone().map(|tee| Section::whole(tee, section.len()));
        let (marks, unpacker) = match through {
            Some(through) if gzip => (Marks::Gzip(vec![]), Some(Unpacker::Gzip(Box::new(Gunzip::new(through))))),
            Some(through) => (Marks::Zstd(vec![]), Some(Unpacker::Zstd(Box::new(Unzstd::new(through))))),
            None => (Marks::Plain, None),
        };
        Ok(Scan {
            section,
            stored: tee,
            unpacker,
            marks,
            most_marks: most_marks.max(2),
            spacing: SPACING,
            marked: 0,
            buffer: Vec::with_capacity(CHUNK),
            taken: 0,
            out: 0,
            hasher: like.hasher(),
            budget,
            fault: None,
        })
    }

    pub fn is_compressed(&self) -> bool {
        self.unpacker.is_some()
    }

    /// What went wrong where a read failed.
    pub fn fault(&mut self, otherwise: Fault) -> Fault {
        self.fault.take().unwrap_or(otherwise)
    }

    /// Reads to the end.
    pub fn finish(mut self) -> Result<Scanned, Fault> {
        while self.fill()? > 0 {}
        let out = self.hasher.finish();
        let stored = match self.stored {
            Some(tee) => tee.finish()?,
            None => out.clone(),
        };
        let (section, marks, len) = (self.section, self.marks, self.out);
        Ok(Scanned { roll: Roll { section, marks, parked: Mutex::default(), len }, stored, out })
    }

    /// Reads the next piece; says how many bytes.
    fn fill(&mut self) -> Result<usize, Fault> {
        self.mark();
        self.taken = 0;
        self.buffer.resize(CHUNK, 0);
        let read = match &mut self.unpacker {
            Some(unpacker) => unpacker.read(&mut self.buffer),
            None => self.section.read_at(self.out, &mut self.buffer).map_err(|e| lost(&e)),
        };
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        let n = read?;
        self.hasher.update(&self.buffer);
        self.out += n as u64;
        self.budget.spend(n as u64)?;
        Ok(n)
    }

    fn mark(&mut self) {
        match (&mut self.marks, &self.unpacker) {
            (Marks::Gzip(marks), Some(Unpacker::Gzip(gzip))) => {
                if gzip.out() >= self.marked + self.spacing
                    && let Some(mark) = gzip.mark()
                {
                    self.marked = gzip.out();
                    marks.push(mark);
                }
                if marks.len() > self.most_marks {
                    let mut index = 0;
                    marks.retain(|_| {
                        index += 1;
                        index % 2 == 0
                    });
                    self.spacing *= 2;
                }
            }
            (Marks::Zstd(marks), Some(Unpacker::Zstd(zstd))) => {
                let mark = zstd.mark();
                if mark.out() >= self.marked + self.spacing {
                    self.marked = mark.out();
                    marks.push(mark);
                }
            }
            _ => {}
        }
    }
}

impl Read for Scan<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.buffer.len()
            && let Err(fault) = self.fill()
        {
            self.fault = Some(fault);
            return Err(io::ErrorKind::Other.into());
        }
        let rest = self.buffer.get(self.taken..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.taken += n;
        Ok(n)
    }
}

impl Input for Scan<'_> {
    fn skip(&mut self, mut bytes: u64) -> io::Result<()> {
        loop {
            let here = (self.buffer.len() - self.taken) as u64;
            if bytes <= here {
                self.taken += usize::try_from(bytes).unwrap_or(0);
                return Ok(());
            }
            bytes -= here;
            self.taken = self.buffer.len();
            match self.fill() {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
    }
}

/// Hashes what is read of a section, which is from its beginning to its end.
struct Tee {
    section: Section,
    so_far: Mutex<(Hasher, u64)>,
}

impl Tee {
    /// Reads what nobody has wanted, too.
    fn finish(&self) -> Result<Digest, Fault> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let at = self.so_far.lock().unwrap_or_else(PoisonError::into_inner).1;
            if self.read_at(at, &mut buffer).map_err(|e| lost(&e))? == 0 {
                break;
            }
        }
        Ok(self.so_far.lock().unwrap_or_else(PoisonError::into_inner).0.finish())
    }
}

impl ReadAt for Tee {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.section.read_at(offset, buffer)?;
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        if so_far.1 == offset {
            so_far.0.update(buffer.get(..n).unwrap_or_default());
            so_far.1 += n as u64;
        }
        Ok(n)
    }
}

impl Roll {
    /// Bytes, decompressed.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_compressed(&self) -> bool {
        !matches!(self.marks, Marks::Plain)
    }

    /// A decompressor that is at `offset` or before it, as near as there is one.
    fn unpacker(&self, parked: &mut Vec<Unpacker>, offset: u64) -> Unpacker {
        let near = parked.iter().enumerate().filter(|(_, one)| one.out() <= offset).max_by_key(|(_, one)| one.out());
        let near = near.map(|(index, one)| (index, one.out()));
        let marked = match &self.marks {
            Marks::Gzip(marks) => marks.iter().rfind(|mark| mark.out() <= offset).map(gzip::Mark::out),
            Marks::Zstd(marks) => marks.iter().rfind(|mark| mark.out() <= offset).map(zstd::Mark::out),
            Marks::Plain => None,
        };
        if let Some((index, out)) = near
            && marked.is_none_or(|marked| marked <= out)
        {
            return parked.remove(index);
        }
        let section = self.section.clone();
        match &self.marks {
            Marks::Zstd(marks) => Unpacker::Zstd(Box::new(match marks.iter().rfind(|mark| mark.out() <= offset) {
                Some(mark) => Unzstd::from(section, *mark),
                None => Unzstd::new(section),
            })),
            Marks::Gzip(marks) => Unpacker::Gzip(Box::new(match marks.iter().rfind(|mark| mark.out() <= offset) {
                Some(mark) => Gunzip::from(section, mark),
                None => Gunzip::new(section),
            })),
            // Never asked for.
            Marks::Plain => Unpacker::Gzip(Box::new(Gunzip::new(section))),
        }
    }
}

impl ReadAt for Roll {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_compressed() {
            return self.section.read_at(offset, buffer);
        }
        if offset >= self.len || buffer.is_empty() {
            return Ok(0);
        }
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unpacker = self.unpacker(&mut parked, offset);
        let mut vain = vec![0; CHUNK];
        let broken = |fault: Fault| io::Error::other(fault.to_string());
        while unpacker.out() < offset {
            let rest = usize::try_from(offset - unpacker.out()).unwrap_or(CHUNK).min(CHUNK);
            if unpacker.read(vain.get_mut(..rest).unwrap_or_default()).map_err(broken)? == 0 {
                return Ok(0);
            }
        }
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match unpacker.read(rest).map_err(broken)? {
                0 => break,
                n => filled += n,
            }
        }
        parked.insert(0, unpacker);
        parked.truncate(PARKED);
        Ok(filled)
    }
}
