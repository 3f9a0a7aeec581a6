//! Bytes that may be compressed, read through once in order and then at any place.

use super::digest::{Digest, Hasher};
use super::gzip::{self, Gunzip};
use super::section::Section;
use super::tape::Input;
use super::zstd::{self, Unzstd};
use super::{Budget, lost};
use crate::host::ReadAt;
use crate::value::Fault;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Bytes that are read and hashed at a time.
const CHUNK: usize = 1 << 17;
/// Bytes that come out between two marks, at first: what reading at some place may have to read in vain.
const SPACING: u64 = 1 << 20;

/// What has been read through.
pub struct Roll {
    section: Section,
    marks: Marks,
    gate: Gate,
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

    /// Goes on to `offset`, which is not behind it.
    fn pass(&mut self, offset: u64) -> Result<(), Fault> {
        let mut vain = [0; 1 << 13];
        while self.out() < offset {
            let rest = usize::try_from(offset - self.out()).unwrap_or(vain.len()).min(vain.len());
            if self.read(vain.get_mut(..rest).unwrap_or_default())? == 0 {
                return Err(super::tape::malformed("cut short"));
            }
        }
        Ok(())
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
        let zstd =
            magic == zstd::MAGIC || (magic.ends_with(&zstd::SKIPPED) && magic.first().is_some_and(|b| b >> 4 == 5));
        let tee =
            (gzip || zstd).then(|| Arc::new(Tee { section: section.clone(), so_far: Mutex::new((like.hasher(), 0)) }));
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
        Ok(Scanned { roll: Roll { section, marks, gate: Gate::default(), len }, stored, out })
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

    /// So many bytes of it from `at` on.
    pub fn section(self: &Arc<Roll>, at: u64, len: u64) -> Option<Section> {
        Section::whole(self.clone(), self.len).part(at, len)
    }

    /// Those bytes one after the other. Until they have been read, others of a compressed roll have to wait.
    pub fn reader(self: &Arc<Roll>, at: u64, len: u64) -> Option<Box<dyn Read + Send>> {
        let section = self.section(at, len)?;
        Some(match self.is_compressed() {
            true => Box::new(RollReader { roll: self.clone(), at, end: at.saturating_add(len), turn: None }),
            false => Box::new(section.reader(0)),
        })
    }

    /// Waits until it may decompress, and goes to `offset`.
    fn turn<R: Borrow<Roll>>(roll: R, offset: u64) -> io::Result<Turn<R>> {
        let (parked, parks) = roll.borrow().gate.enter(offset)?;
        let mut turn = Turn { roll, unpacker: None, parks };
        let unpacker = turn.roll.borrow().unpacker(parked, offset);
        turn.unpacker = Some(unpacker.map_err(|fault| io::Error::other(fault.to_string()))?);
        Ok(turn)
    }

    /// A decompressor that is at `offset`: the one that was parked, or one from the mark before it.
    fn unpacker(&self, parked: Option<Unpacker>, offset: u64) -> Result<Unpacker, Fault> {
        let reached = parked.as_ref().map(Unpacker::out).filter(|out| *out <= offset);
        let mut unpacker = match (&self.marks, parked) {
            (Marks::Gzip(marks), parked) => {
                let mark = marks.iter().rfind(|mark| mark.out() <= offset);
                match (parked, mark) {
                    (Some(parked), mark) if reached >= Some(mark.map_or(0, gzip::Mark::out)) => parked,
                    (_, Some(mark)) => Unpacker::Gzip(Box::new(Gunzip::from(self.section.clone(), mark))),
                    (_, None) => Unpacker::Gzip(Box::new(Gunzip::new(self.section.clone()))),
                }
            }
            (Marks::Zstd(marks), parked) => {
                let mark = marks.iter().rfind(|mark| mark.out() <= offset).copied().unwrap_or_default();
                match parked {
                    Some(parked) if reached >= Some(mark.out()) => parked,
                    // Its window is the largest thing here.
                    Some(Unpacker::Zstd(zstd)) => Unpacker::Zstd(Box::new(zstd.again(self.section.clone(), mark))),
                    _ => Unpacker::Zstd(Box::new(Unzstd::from(self.section.clone(), mark))),
                }
            }
            (Marks::Plain, _) => return Err(Fault::Failed("it is not compressed".into())),
        };
        unpacker.pass(offset)?;
        Ok(unpacker)
    }
}

/// Who decompresses next: one at a time, in the order of the places they want, as a lift stops at floors. Most are files
/// that specs name in no order at all, and what lies behind a decompressor is dear.
#[derive(Default)]
struct Gate {
    desk: Mutex<Desk>,
    bell: Condvar,
}

#[derive(Default)]
struct Desk {
    holder: Option<ThreadId>,
    /// Places that are waited for, and by how many.
    waiting: BTreeMap<u64, usize>,
    parked: Option<Unpacker>,
}

/// How long somebody waits: longer than most probes have.
const PATIENCE: Duration = Duration::from_secs(15);

impl Gate {
    /// The parked decompressor, and whether it is to be parked again.
    fn enter(&self, offset: u64) -> io::Result<(Option<Unpacker>, bool)> {
        let me = thread::current().id();
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        // Who reads a second file beside a first would wait for himself.
        if desk.holder == Some(me) {
            return Ok((None, false));
        }
        *desk.waiting.entry(offset).or_default() += 1;
        let waits = |desk: &mut Desk| desk.holder.is_some() || desk.next() != Some(offset);
        let (mut desk, given_up) =
            self.bell.wait_timeout_while(desk, PATIENCE, waits).unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut waiting) = desk.waiting.entry(offset) {
            *waiting.get_mut() -= 1;
            if *waiting.get() == 0 {
                waiting.remove();
            }
        }
        if given_up.timed_out() {
            return Err(io::Error::other("the layer is compressed, and others were reading it all the time"));
        }
        desk.holder = Some(me);
        Ok((desk.parked.take(), true))
    }

    fn leave(&self, unpacker: Option<Unpacker>) {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.holder = None;
        desk.parked = unpacker;
        drop(desk);
        self.bell.notify_all();
    }
}

impl Desk {
    /// The place to go to: the nearest ahead, else the first of all.
    fn next(&self) -> Option<u64> {
        let at = self.parked.as_ref().map_or(0, Unpacker::out);
        self.waiting.range(at..).chain(self.waiting.iter()).next().map(|(offset, _)| *offset)
    }
}

/// The right to decompress, until it is dropped.
struct Turn<R: Borrow<Roll>> {
    roll: R,
    unpacker: Option<Unpacker>,
    parks: bool,
}

impl<R: Borrow<Roll>> Turn<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(unpacker) = &mut self.unpacker else { return Ok(0) };
        unpacker.read(buffer).map_err(|fault| io::Error::other(fault.to_string()))
    }
}

impl<R: Borrow<Roll>> Drop for Turn<R> {
    fn drop(&mut self) {
        if self.parks {
            self.roll.borrow().gate.leave(self.unpacker.take());
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
        let mut turn = Roll::turn(self, offset)?;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match turn.read(rest)? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(filled)
    }
}

struct RollReader {
    roll: Arc<Roll>,
    at: u64,
    end: u64,
    turn: Option<Turn<Arc<Roll>>>,
}

impl Read for RollReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..rest).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        if self.turn.is_none() {
            self.turn = Some(Roll::turn(self.roll.clone(), self.at)?);
        }
        let n = self.turn.as_mut().map_or(Ok(0), |turn| turn.read(buffer))?;
        self.at += n as u64;
        if self.at == self.end || n == 0 {
            self.turn = None;
        }
        Ok(n)
    }
}
