//! gzip (RFC 1952), read from its beginning once and from marks that were made then at any place after.
//!
//! The library inflates and its state can be kept: with the last 32 KiB that came out it is all that going on from there
//! needs. So a file deep in a compressed layer costs what lies between it and the mark before it, and nothing is unpacked
//! to disk. Checksums are not looked at: what comes out has a digest of its own.

use super::section::Section;
use super::tape::malformed;
use crate::value::Fault;
use miniz_oxide::inflate::TINFLStatus as Status;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What deflate may refer back to.
const WINDOW: usize = 1 << 15;
const CHUNK: usize = 1 << 16;
/// Bytes of a name or a comment in a header.
const MOST_WORDS: usize = 1 << 16;

/// A place that it can be read from.
pub struct Mark {
    out: u64,
    /// Where in the compressed bytes it goes on.
    from: u64,
    state: DecompressorOxide,
    window: Box<[u8]>,
    head: usize,
}

pub struct Gunzip {
    section: Section,
    /// Compressed bytes that have been read and not yet taken.
    input: Box<[u8]>,
    taken: usize,
    filled: usize,
    /// Where in the compressed bytes the next are read.
    at: u64,
    state: Box<DecompressorOxide>,
    window: Box<[u8]>,
    /// Where in the window the next byte comes out.
    head: usize,
    /// Bytes in front of it that nobody has been given.
    pending: usize,
    /// Bytes that have been given.
    out: u64,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    /// Behind a member: another may follow.
    Between,
    Inside,
    End,
}

impl Gunzip {
    pub fn new(section: Section) -> Gunzip {
        Gunzip {
            section,
            input: vec![0; CHUNK].into(),
            taken: 0,
            filled: 0,
            at: 0,
            state: Box::default(),
            window: vec![0; WINDOW].into(),
            head: 0,
            pending: 0,
            out: 0,
            place: Place::First,
        }
    }

    /// Where `mark` was made.
    pub fn from(section: Section, mark: &Mark) -> Gunzip {
        Gunzip {
            at: mark.from,
            state: Box::new(mark.state.clone()),
            window: mark.window.clone(),
            head: mark.head,
            out: mark.out,
            place: Place::Inside,
            ..Gunzip::new(section)
        }
    }

    /// Where the next byte comes from, of what comes out.
    pub fn out(&self) -> u64 {
        self.out
    }

    /// The place it is at, to go on from later. `None` while it cannot be left.
    pub fn mark(&self) -> Option<Mark> {
        (self.place == Place::Inside && self.pending == 0).then(|| Mark {
            out: self.out,
            from: self.at - (self.filled - self.taken) as u64,
            state: (*self.state).clone(),
            window: self.window.clone(),
            head: self.head,
        })
    }

    /// As in `Read`: 0 is the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        while self.pending == 0 {
            match self.place {
                Place::End => return Ok(0),
                Place::First | Place::Between => self.header()?,
                Place::Inside => self.inflate()?,
            }
        }
        let from = self.head - self.pending;
        let n = self.pending.min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), self.window.get(from..from + n)) {
            to.copy_from_slice(from);
        }
        self.pending -= n;
        self.out += n as u64;
        Ok(n)
    }

    fn inflate(&mut self) -> Result<(), Fault> {
        let more = self.more()?;
        if self.head == self.window.len() {
            self.head = 0;
        }
        let flags = if more { TINFL_FLAG_HAS_MORE_INPUT } else { 0 };
        let input = self.input.get(self.taken..self.filled).unwrap_or_default();
        let (status, taken, made) = decompress(&mut self.state, input, &mut self.window, self.head, flags);
        self.taken += taken;
        self.head += made;
        self.pending = made;
        match status {
            Status::Done => {
                // The checksum and the size.
                for _ in 0..8 {
                    self.byte()?;
                }
                self.place = Place::Between;
            }
            Status::NeedsMoreInput | Status::HasMoreOutput => {}
            Status::FailedCannotMakeProgress => return Err(malformed("cut short: its gzip has no end")),
            _ => return Err(malformed("its gzip cannot be inflated")),
        }
        Ok(())
    }

    fn header(&mut self) -> Result<(), Fault> {
        let first = self.place == Place::First;
        if !first {
            // Tapes and block devices fill up with zeros.
            while self.more()? && self.input.get(self.taken) == Some(&0) {
                self.taken += 1;
            }
            if !self.more()? {
                self.place = Place::End;
                return Ok(());
            }
        }
        if [self.byte()?, self.byte()?] != MAGIC || self.byte()? != 8 {
            return Err(malformed(if first { "no gzip" } else { "behind its gzip stands something else" }));
        }
        let flags = self.byte()?;
        for _ in 0..6 {
            self.byte()?;
        }
        let mut length = 0;
        if flags & 4 != 0 {
            length = usize::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
        }
        for _ in 0..length {
            self.byte()?;
        }
        for word in [8, 16] {
            let mut length = 0;
            while flags & word != 0 && self.byte()? != 0 {
                length += 1;
                if length > MOST_WORDS {
                    return Err(malformed("the header of its gzip has no end"));
                }
            }
        }
        if flags & 2 != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.state.init();
        // What the last member said is none of this one's business, and going on from a mark must see the same.
        self.window.fill(0);
        self.head = 0;
        self.place = Place::Inside;
        Ok(())
    }

    /// Whether there are compressed bytes that nobody has taken.
    fn more(&mut self) -> Result<bool, Fault> {
        if self.taken == self.filled {
            self.filled = self.section.read_at(self.at, &mut self.input).map_err(|e| super::lost(&e))?;
            (self.taken, self.at) = (0, self.at + self.filled as u64);
        }
        Ok(self.taken < self.filled)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        if !self.more()? {
            return Err(malformed("cut short: its gzip has no end"));
        }
        let byte = self.input.get(self.taken).copied().unwrap_or_default();
        self.taken += 1;
        Ok(byte)
    }
}

impl Mark {
    pub fn out(&self) -> u64 {
        self.out
    }
}
