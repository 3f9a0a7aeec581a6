//! An SQLite database's write-ahead log: pages that are newer than those in the database ("WAL-mode File Format").

use super::u32_at;
use crate::host::Host;
use crate::host::paged::Paged;
use crate::value::Fault;
use std::collections::HashMap;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The last bit says in which order of bytes the checksums are made.
const MAGIC: u32 = 0x377f_0682;

/// What of a log is committed; empty where there is none.
#[derive(Default)]
pub(super) struct Log {
    file: Option<Paged>,
    page_size: usize,
    /// How many pages the database has with it.
    pages: u32,
    /// Where the last of each page stands in the file.
    frames: HashMap<u32, u64>,
}

impl Log {
    pub(super) fn read(host: &Host, path: &str) -> Result<Log, Fault> {
        let Some(file) = host.open_at(path)?.filter(|file| file.size() > 0) else { return Ok(Log::default()) };
        let header = file.start(HEADER)?;
        let number = |at: usize| u32_at(&header, at).unwrap_or_default();
        let big = number(0) & 1 == 1;
        let mut sum = Checksum { big, sums: (0, 0) };
        sum.add(header.get(..24).unwrap_or_default());
        let page_size = number(8) as usize;
        let fits = (512..=65536).contains(&page_size) && page_size.is_power_of_two();
        if header.len() < HEADER || number(0) & !1 != MAGIC || !fits || sum.sums != (number(24), number(28)) {
            return Err(file.malformed("it does not begin as the log of an SQLite database does"));
        }
        let salt = header.get(16..24).unwrap_or_default().to_vec();
        let (mut pages, mut frames, mut pending) = (0, HashMap::new(), Vec::new());
        let (mut at, mut frame) = (HEADER as u64, vec![0; FRAME_HEADER + page_size]);
        while at + frame.len() as u64 <= file.size() {
            file.fill(at, &mut frame)?;
            let (head, page) = frame.split_at(FRAME_HEADER);
            let number = |at: usize| u32_at(head, at).unwrap_or_default();
            sum.add(head.get(..8).unwrap_or_default());
            sum.add(page);
            // What is left of an earlier log, or was not written to its end, is not part of it.
            if head.get(8..16) != Some(&salt) || sum.sums != (number(16), number(20)) || number(0) == 0 {
                break;
            }
            pending.push((number(0), at + FRAME_HEADER as u64));
            if number(4) > 0 {
                pages = number(4);
                frames.extend(pending.drain(..));
            }
            at += frame.len() as u64;
        }
        Ok(Log { file: Some(file), page_size, pages, frames })
    }

    /// How many pages the database has, and of how many bytes; `None` where nothing is committed.
    pub(super) fn size(&self) -> Option<(u32, usize)> {
        (self.pages > 0).then_some((self.pages, self.page_size))
    }

    /// Where the page of this number stands.
    pub(super) fn page(&self, number: u32) -> Option<u64> {
        self.frames.get(&number).copied()
    }

    /// Fills `buffer` with the start of the page of this number.
    pub(super) fn fill(&self, number: u32, buffer: &mut [u8]) -> Result<(), Fault> {
        match (self.page(number), &self.file) {
            (Some(at), Some(file)) => file.fill(at, buffer),
            _ => Ok(()),
        }
    }
}

/// Of all that was added so far.
struct Checksum {
    big: bool,
    sums: (u32, u32),
}

impl Checksum {
    /// `bytes` are a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let (mut a, mut b) = self.sums;
        let (pairs, _) = bytes.as_chunks::<8>();
        for &[x0, x1, x2, x3, y0, y1, y2, y3] in pairs {
            let (x, y) = ([x0, x1, x2, x3], [y0, y1, y2, y3]);
            let number = |bytes| if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
            a = a.wrapping_add(number(x)).wrapping_add(b);
            b = b.wrapping_add(number(y)).wrapping_add(a);
        }
        self.sums = (a, b);
    }
}
