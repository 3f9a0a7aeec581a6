//! The table `Packages` of an SQLite database, with what its write-ahead log has of it ("Database File Format", sqlite.org).

use super::Blob;
use crate::host::Host;
use crate::host::paged::Paged;
use crate::value::Fault;
use std::collections::HashSet;

mod wal;

use wal::Log;

const TABLE: &str = "Packages";
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the database's header, on the first page.
const HEADER: usize = 100;
/// What a rollback journal begins with while there may be something to roll back.
const HOT: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

// Types of pages of a table's b-tree.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// The write-ahead log of the database at `path`.
pub(super) fn log(path: &str) -> String {
    format!("{path}-wal")
}

/// Its rollback journal.
pub(super) fn journal(path: &str) -> String {
    format!("{path}-journal")
}

pub(super) fn read(
    host: &Host,
    file: Paged,
    each: &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let journal = journal(&file.path);
    if host.files().read(&journal, HOT.len() as u64)?.is_some_and(|start| start == HOT) {
        return Err(Fault::Failed(format!("{journal}: rpm is at work, or was interrupted, and has to roll back")));
    }
    let log = Log::read(host, &log(&file.path))?;
    let mut database = Database::open(file, log)?;
    let mut root = None;
    database.table(1, &mut |row| {
        if let Some(page) = row.root()? {
            root = Some(page);
        }
        Ok(())
    })?;
    match root {
        Some(root) => database.table(root, &mut |row| each(&mut row.blob()?)),
        None => Err(database.malformed(format!("it has no table `{TABLE}`"))),
    }
}

struct Database {
    file: Paged,
    log: Log,
    page_size: usize,
    /// Bytes of a page that are used.
    usable: usize,
    pages: u32,
    /// Each page is part of one thing: what comes to one twice goes in a circle.
    seen: HashSet<u32>,
}

impl Database {
    fn open(file: Paged, log: Log) -> Result<Database, Fault> {
        let mut header = vec![0; HEADER];
        match log.page(1) {
            Some(_) => log.fill(1, &mut header)?,
            None => header = file.start(HEADER)?,
        }
        let number = |at: usize| u32_at(&header, at).unwrap_or_default();
        let malformed = |why: String| Err(file.malformed(why));
        if header.len() < HEADER || !header.starts_with(MAGIC) {
            return malformed("it does not begin as an SQLite database does".into());
        }
        let (page_size, reserved) = match header.get(16..21) {
            Some(&[0, 1, _, _, reserved]) => (65536, usize::from(reserved)),
            Some(&[a, b, _, _, reserved]) => (usize::from(u16::from_be_bytes([a, b])), usize::from(reserved)),
            _ => (0, 0),
        };
        if !(512..=65536).contains(&page_size) || !page_size.is_power_of_two() || page_size - reserved < 480 {
            return malformed(format!("its pages cannot have {page_size} bytes"));
        }
        if header.get(19).is_none_or(|version| *version > 2) || number(56) != 1 {
            let why = format!("{}: of a version, or in an encoding of text, that is not read here", file.path);
            return Err(Fault::Unsupported(why));
        }
        let there = u32::try_from(file.size() / page_size as u64).unwrap_or(u32::MAX);
        // Its own count is valid if it was written along with the last change.
        let counted = if number(24) == number(92) && number(28) > 0 { number(28) } else { there };
        let pages = match log.size() {
            Some((_, size)) if size != page_size => return malformed(format!("its log has pages of {size} bytes")),
            Some((pages, _)) => pages,
            None if counted > there => return malformed(format!("cut short: it has {there} pages of {counted}")),
            None => counted,
        };
        Ok(Database { file, log, page_size, usable: page_size - reserved, pages, seen: HashSet::new() })
    }

    fn malformed(&self, why: impl std::fmt::Display) -> Fault {
        self.file.malformed(why)
    }

    /// Notes that the page of this number is part of something.
    fn take(&mut self, number: u32) -> Result<u32, Fault> {
        match (1..=self.pages).contains(&number) && self.seen.insert(number) {
            true => Ok(number),
            false => Err(self.malformed(format!("page {number} is not there, or part of two things"))),
        }
    }

    /// A page that has been taken.
    fn page(&self, number: u32) -> Result<Vec<u8>, Fault> {
        let mut page = vec![0; self.page_size];
        match self.log.page(number) {
            Some(_) => self.log.fill(number, &mut page)?,
            None => self.file.fill(u64::from(number - 1) * self.page_size as u64, &mut page)?,
        }
        page.truncate(self.usable);
        Ok(page)
    }

    /// Every row of the table whose b-tree begins at page `root`.
    fn table(&mut self, root: u32, each: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut todo = vec![self.take(root)?];
        while let Some(number) = todo.pop() {
            let page = self.page(number)?;
            let header = if number == 1 { HEADER } else { 0 };
            let kind = page.get(header).copied();
            let cells = usize::from(u16_at(&page, header + 3).unwrap_or_default());
            let pointers = header + if kind == Some(INTERIOR) { 12 } else { 8 };
            if !matches!(kind, Some(INTERIOR | LEAF)) || pointers + 2 * cells > page.len() {
                return Err(self.malformed(format!("page {number} is none of a table")));
            }
            let mut used = pointers + 2 * cells;
            for cell in 0..cells {
                let start = u16_at(&page, pointers + 2 * cell).map_or(0, usize::from);
                let outside = || self.malformed(format!("cell {cell} of page {number} is outside of it"));
                if start < pointers + 2 * cells {
                    return Err(outside());
                }
                let rest = page.get(start..).unwrap_or_default();
                if kind == Some(INTERIOR) {
                    let child = u32_at(rest, 0).ok_or_else(outside)?;
                    todo.push(self.take(child)?);
                    continue;
                }
                let (length, rest) = varint(rest).ok_or_else(outside)?;
                let (_, rest) = varint(rest).ok_or_else(outside)?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if length as u64 > u64::from(self.pages) * self.page_size as u64 {
                    return Err(self.malformed(format!("a row of {length} bytes is larger than the database")));
                }
                let local = self.local(length);
                let bytes = rest.get(..local).ok_or_else(outside)?.to_vec();
                let next = if local < length { u32_at(rest, local).ok_or_else(outside)? } else { 0 };
                used += local;
                if used > page.len() {
                    return Err(self.malformed(format!("cells of page {number} overlap")));
                }
                each(&mut Row { database: self, length, bytes, next })?;
            }
            if kind == Some(INTERIOR) {
                let last = u32_at(&page, header + 8).unwrap_or_default();
                todo.push(self.take(last)?);
            }
        }
        Ok(())
    }

    /// How many bytes of a row of `length` stand in its cell; the others are on pages of their own.
    fn local(&self, length: usize) -> usize {
        let most = self.usable - 35;
        let least = (self.usable - 12) * 32 / 255 - 23;
        match length {
            _ if length <= most => length,
            _ => match least + (length - least) % (self.usable - 4) {
                local if local <= most => local,
                _ => least,
            },
        }
    }
}

/// A row, read as far as is needed.
struct Row<'d> {
    database: &'d mut Database,
    length: usize,
    bytes: Vec<u8>,
    /// The page that goes on.
    next: u32,
}

/// Where a column stands in its row, and of which serial type it is.
struct Column {
    kind: u64,
    start: usize,
    length: usize,
}

impl<'d> Row<'d> {
    fn upto(&mut self, end: usize) -> Result<&[u8], Fault> {
        while self.bytes.len() < end {
            if self.bytes.len() >= self.length {
                return Err(self.database.malformed("a row ends before what it should hold"));
            }
            let number = self.database.take(self.next)?;
            let page = self.database.page(number)?;
            let held = page.get(4..).unwrap_or_default();
            let held = held.get(..self.length - self.bytes.len()).unwrap_or(held);
            self.bytes.extend_from_slice(held);
            self.next = u32_at(&page, 0).unwrap_or_default();
        }
        Ok(&self.bytes)
    }

    /// The first `count` columns.
    fn columns(&mut self, count: usize) -> Result<Vec<Column>, Fault> {
        let bad = |row: &Row<'_>| row.database.malformed("a row is not as SQLite writes rows");
        // The size of the row's header takes nine bytes at most, and so does each type in it.
        self.upto(self.length.min(9 * (count + 1)))?;
        let Some((size, mut rest)) = varint(&self.bytes) else { return Err(bad(self)) };
        let mut start = usize::try_from(size).ok().filter(|size| *size <= self.length).ok_or_else(|| bad(self))?;
        let mut columns = Vec::new();
        for _ in 0..count {
            let Some((kind, after)) = varint(rest) else { return Err(bad(self)) };
            rest = after;
            let length = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return Err(bad(self)),
                text_or_blob => (text_or_blob - 12) / 2,
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let end = start.checked_add(length).filter(|end| *end <= self.length).ok_or_else(|| bad(self))?;
            columns.push(Column { kind, start, length });
            start = end;
        }
        Ok(columns)
    }

    /// Of a row of the schema that is about the table: its first page.
    fn root(&mut self) -> Result<Option<u32>, Fault> {
        let columns = self.columns(4)?;
        let [kind, name, _, root] = columns.as_slice() else { return Ok(None) };
        let bytes = self.upto(root.start + root.length)?;
        let of = |column: &Column| bytes.get(column.start..column.start + column.length).unwrap_or_default();
        if of(kind) != b"table" || of(name) != TABLE.as_bytes() {
            return Ok(None);
        }
        let page = of(root).iter().fold(0_u64, |page, byte| page << 8 | u64::from(*byte));
        let page = match root.kind {
            1..=6 => u32::try_from(page).ok(),
            9 => Some(1),
            _ => None,
        };
        page.map(Some).ok_or_else(|| self.database.malformed(format!("its table `{TABLE}` begins nowhere")))
    }

    /// Of a row of the table: its second column, which is the package's header.
    fn blob<'r>(&'r mut self) -> Result<Header<'r, 'd>, Fault> {
        match self.columns(2)?.pop() {
            Some(Column { kind, start, length }) if kind >= 12 && kind % 2 == 0 => {
                Ok(Header { row: self, start, length })
            }
            _ => Err(self.database.malformed(format!("its table `{TABLE}` is not as rpm makes it"))),
        }
    }
}

struct Header<'r, 'd> {
    row: &'r mut Row<'d>,
    start: usize,
    length: usize,
}

impl Blob for Header<'_, '_> {
    fn length(&self) -> usize {
        self.length
    }

    fn upto(&mut self, end: usize) -> Result<&[u8], Fault> {
        let (start, bytes) = (self.start, self.row.upto(self.start.saturating_add(end))?);
        Ok(bytes.get(start..).unwrap_or_default())
    }
}

/// A number of one to nine bytes, and what stands behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        let rest = bytes.get(at + 1..)?;
        if at == 8 {
            return Some((number << 8 | u64::from(*byte), rest));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
    }
    None
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}
