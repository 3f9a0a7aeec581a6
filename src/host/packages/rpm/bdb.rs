//! Berkeley DB's hash, as rpm kept its packages in it (RHEL and CentOS up to 8): `src/dbinc/db_page.h` of Berkeley DB 5.3.
//!
//! Buckets of pages of keys and values; a value too large for its page stands in a chain of pages of its own.

use super::Blob;
use crate::host::Host;
use crate::host::paged::Paged;
use crate::value::Fault;
use std::collections::HashSet;

const MAGIC: u32 = 0x0006_1561;
/// Bytes of a page's header; of an overflow page, what it holds follows.
const PAGE_HEADER: usize = 26;
/// Bytes of the first page that say how the others are laid out.
const META: usize = 224;

// Types of pages.
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH_META: u8 = 8;
const HASH: u8 = 13;

// Types of items on a page.
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

struct Database {
    file: Paged,
    swapped: bool,
    page_size: usize,
    last_page: u32,
    /// Each page is part of one thing: what comes to one twice goes in a circle.
    seen: HashSet<u32>,
}

pub(super) fn read(
    _: &Host,
    file: Paged,
    each: &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let meta = file.start(META)?;
    let native = u32_at(&meta, 12, false);
    let swapped = native.map(u32::swap_bytes) == Some(MAGIC);
    let field = |at| u32_at(&meta, at, swapped).unwrap_or_default();
    if meta.len() < META || !(swapped || native == Some(MAGIC)) || meta.get(25) != Some(&HASH_META) {
        return Err(file.malformed("it does not begin as a hash of Berkeley DB does"));
    }
    if meta.get(24) != Some(&0) || !(8..=10).contains(&field(16)) {
        let why = format!("{}: encrypted, or of a version of Berkeley DB that is not read here", file.path);
        return Err(Fault::Unsupported(why));
    }
    let (page_size, last_page) = (field(20), field(32));
    if !(512..=65536).contains(&page_size) || !page_size.is_power_of_two() {
        return Err(file.malformed(format!("its pages cannot have {page_size} bytes")));
    }
    if (u64::from(last_page) + 1) * u64::from(page_size) > file.size() {
        return Err(file.malformed(format!("cut short: it has {last_page} pages")));
    }
    let buckets = field(72);
    if buckets > last_page {
        return Err(file.malformed(format!("it cannot have {buckets} buckets in {last_page} pages")));
    }
    let page_size = page_size as usize;
    let mut database = Database { file, swapped, page_size, last_page, seen: HashSet::from([0]) };
    for bucket in 0..=buckets {
        let spare = 96 + 4 * (u32::BITS - bucket.leading_zeros()) as usize;
        let start = u32_at(&meta, spare, swapped).and_then(|spare| spare.checked_add(bucket));
        database.bucket(start.unwrap_or(0), each)?;
    }
    Ok(())
}

impl Database {
    /// The page of this number, which must be of one of `types`.
    fn page(&mut self, number: u32, types: &[u8]) -> Result<Vec<u8>, Fault> {
        if number > self.last_page || !self.seen.insert(number) {
            return Err(self.file.malformed(format!("page {number} is not there, or part of two things")));
        }
        let mut page = vec![0; self.page_size];
        self.file.fill(u64::from(number) * self.page_size as u64, &mut page)?;
        if self.u32(&page, 8) != number || !page.get(25).is_some_and(|kind| types.contains(kind)) {
            return Err(self.file.malformed(format!("page {number} is another than it should be")));
        }
        Ok(page)
    }

    fn bucket(&mut self, start: u32, each: &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut next = start;
        loop {
            let page = self.page(next, &[HASH, HASH_UNSORTED])?;
            self.items(next, &page, each)?;
            next = self.u32(&page, 16);
            if next == 0 {
                return Ok(());
            }
        }
    }

    /// Each pair of a key and a value, which stand from the page's end to its beginning.
    fn items(
        &mut self,
        number: u32,
        page: &[u8],
        each: &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let count = usize::from(self.u16(page, 20));
        let mut end = page.len();
        let mut key = None;
        for index in 0..count {
            let start = usize::from(self.u16(page, PAGE_HEADER + 2 * index));
            let item = match PAGE_HEADER + 2 * count <= start && start < end {
                true => page.get(start..end).unwrap_or_default(),
                false => return Err(self.file.malformed(format!("item {index} of page {number} is outside of it"))),
            };
            end = start;
            match (key.take(), item) {
                // A package's number; that of none stands before how many there have been.
                (None, [KEY_DATA, number @ ..]) if number.len() == 4 => key = Some(number != [0; 4]),
                (Some(false), [KEY_DATA, ..]) => {}
                (Some(true), [KEY_DATA, record @ ..]) => each(&mut { record })?,
                (Some(true), [OFF_PAGE, ..]) if item.len() == 12 => {
                    let (first, length) = (self.u32(item, 4), self.u32(item, 8) as usize);
                    if length as u64 > self.file.size() {
                        return Err(self.file.malformed(format!("a record of {length} bytes is larger than the file")));
                    }
                    each(&mut Chain { database: self, next: first, length, bytes: vec![] })?;
                }
                _ => {
                    return Err(self.file.malformed(format!("item {index} of page {number} is of no kind rpm writes")));
                }
            }
        }
        match key {
            None => Ok(()),
            Some(_) => Err(self.file.malformed(format!("page {number} has a key without a value"))),
        }
    }

    fn u32(&self, bytes: &[u8], at: usize) -> u32 {
        u32_at(bytes, at, self.swapped).unwrap_or_default()
    }

    fn u16(&self, bytes: &[u8], at: usize) -> u16 {
        let number = bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map(u16::from_le_bytes).unwrap_or_default();
        if self.swapped { number.swap_bytes() } else { number }
    }
}

/// A record on pages of its own.
struct Chain<'d> {
    database: &'d mut Database,
    next: u32,
    length: usize,
    bytes: Vec<u8>,
}

impl Blob for Chain<'_> {
    fn length(&self) -> usize {
        self.length
    }

    fn upto(&mut self, end: usize) -> Result<&[u8], Fault> {
        while self.bytes.len() < end {
            let number = self.next;
            let page = self.database.page(number, &[OVERFLOW])?;
            let held = usize::from(self.database.u16(&page, 22));
            match page.get(PAGE_HEADER..PAGE_HEADER + held) {
                Some(held) if !held.is_empty() && held.len() <= self.length - self.bytes.len() => {
                    self.bytes.extend_from_slice(held);
                }
                _ => return Err(self.database.file.malformed(format!("page {number} holds too little, or too much"))),
            }
            self.next = self.database.u32(&page, 16);
        }
        Ok(&self.bytes)
    }
}

/// A record on a page of keys and values.
impl Blob for &[u8] {
    fn length(&self) -> usize {
        self.len()
    }

    fn upto(&mut self, _: usize) -> Result<&[u8], Fault> {
        Ok(self)
    }
}

/// Numbers are in the order of the machine that wrote the database, which is not always a little-endian one.
fn u32_at(bytes: &[u8], at: usize, swapped: bool) -> Option<u32> {
    let number = bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)?;
    Some(if swapped { number.swap_bytes() } else { number })
}
