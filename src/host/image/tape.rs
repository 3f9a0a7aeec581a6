//! A tar archive, entry by entry, as ustar, pax and GNU tar write it: POSIX.1-2017, pax; tar(5).
//!
//! The fields of a header are the library's to read. What stands between the headers is read here, because long names and
//! pax records come from strangers and must not be read whole whatever size they say they have.

use crate::value::Fault;
use std::io::{ErrorKind, Read};
use tar::{EntryType, GnuExtSparseHeader, Header};

const BLOCK: u64 = 512;
/// Bytes of a name, as the kernel has it: path_resolution(7).
const MOST_NAME: usize = 4096;
/// Bytes of the records in front of one entry. Extended attributes stand there too.
const MOST_RECORDS: u64 = 1 << 20;

/// What is read one byte after the other and may leave some out.
pub trait Input: Read {
    fn skip(&mut self, bytes: u64) -> std::io::Result<()>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    /// Another name of a file that has been there before.
    Link,
    Symlink,
    Directory,
    CharacterDevice,
    BlockDevice,
    Fifo,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As it is written: nothing is known of it but that it is not too long and has no NUL in it.
    pub name: Vec<u8>,
    /// What a link leads to, as it is written.
    pub link: Vec<u8>,
    pub kind: Kind,
    /// Permission bits: `0o7777` at most.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Seconds since the epoch.
    pub mtime: i64,
    /// Bytes of the file.
    pub size: u64,
    /// Where in the archive its bytes are; `None` where they do not stand in one piece, because the file has holes.
    pub at: Option<u64>,
}

pub struct Tape<I> {
    input: I,
    /// Where in the archive the next byte comes from.
    at: u64,
    /// Where the next header is.
    next: u64,
}

/// What pax records and GNU's long names say in place of a header.
#[derive(Default)]
struct Records {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    /// GNU's, which go first.
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    mtime: Option<i64>,
    sparse: bool,
    /// Says where the holes are, without which nobody knows that it has some.
    has_map: bool,
    sparse_name: Option<Vec<u8>>,
    /// Bytes of a file with holes.
    real: Option<u64>,
}

pub fn malformed(why: impl Into<String>) -> Fault {
    Fault::Malformed(why.into())
}

impl<I: Input> Tape<I> {
    pub fn new(input: I) -> Tape<I> {
        Tape { input, at: 0, next: 0 }
    }

    /// The input, somewhere behind the last header that was read.
    pub fn into_input(self) -> I {
        self.input
    }

    /// The next entry; `None` at the end of the archive.
    pub fn next(&mut self) -> Result<Option<Entry>, Fault> {
        let mut own = Records::default();
        let mut said = false;
        loop {
            self.input.skip(self.next.saturating_sub(self.at)).map_err(cut)?;
            self.at = self.next;
            let mut header = Header::new_old();
            let is_there = self.fill(header.as_mut_bytes(), true)?;
            if !is_there || is_zero(&header) {
                // One such block alone is an end to some who unpack it and none to others.
                if is_there && self.fill(header.as_mut_bytes(), true)? && !is_zero(&header) {
                    return Err(malformed("behind the block of zeros that is its end stands something else"));
                }
                return match said {
                    true => Err(malformed("cut short: a name stands at its end, and no file with it")),
                    false => Ok(None),
                };
            }
            let sum: u32 = header.as_bytes().iter().map(|byte| u32::from(*byte)).sum();
            let own_sum: u32 = header.as_old().cksum.iter().map(|byte| u32::from(*byte)).sum();
            if header.cksum().ok() != Some(sum - own_sum + 8 * u32::from(b' ')) {
                return Err(malformed(format!(
                    "at byte {}: not a header of tar: its checksum is wrong",
                    self.at - BLOCK
                )));
            }
            let kind = header.entry_type();
            let extends = matches!(
                kind,
                EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader
            );
            // Whatever size these say they have, nothing of them follows.
            let bare = matches!(
                kind,
                EntryType::Link
                    | EntryType::Symlink
                    | EntryType::Directory
                    | EntryType::Char
                    | EntryType::Block
                    | EntryType::Fifo
            );
            let stored = match own.size.filter(|_| !extends) {
                _ if bare => 0,
                Some(size) => size,
                None => header.entry_size().map_err(odd)?,
            };
            let data = self.at;
            self.next = stored
                .checked_next_multiple_of(BLOCK)
                .and_then(|padded| data.checked_add(padded))
                .ok_or_else(|| malformed("a file in it is larger than an archive can be"))?;
            match kind {
                EntryType::GNULongName => own.long_name = Some(self.text(stored)?),
                EntryType::GNULongLink => own.long_link = Some(self.text(stored)?),
                EntryType::XHeader => {
                    // The last one counts.
                    let (long_name, long_link) = (own.long_name.take(), own.long_link.take());
                    own = Records { long_name, long_link, ..Records::default() };
                    own.read(&self.records(stored)?)?;
                }
                _ => {
                    // What stands in a global header, those who unpack layers do not apply.
                    if let Some(entry) = self.entry(&header, own, stored, data)? {
                        return Ok(Some(entry));
                    }
                    (own, said) = (Records::default(), false);
                    continue;
                }
            }
            said = true;
        }
    }

    /// `None` where it is nothing that a file system holds.
    fn entry(&mut self, header: &Header, own: Records, stored: u64, data: u64) -> Result<Option<Entry>, Fault> {
        if own.sparse && !own.has_map {
            return Err(odd("it has holes and does not say where"));
        }
        let name = own.sparse_name.or(own.long_name).or(own.name).unwrap_or_else(|| header.path_bytes().into_owned());
        let link = own
            .long_link
            .or(own.link)
            .or_else(|| header.link_name_bytes().map(|link| link.into_owned()))
            .unwrap_or_default();
        if name.len() > MOST_NAME || link.len() > MOST_NAME || name.contains(&0) || link.contains(&0) {
            return Err(malformed("a name in it is longer than a file system takes, or has a NUL in it"));
        }
        let is_directory = header.as_old().linkflag == [0] && name.ends_with(b"/");
        if is_directory && stored > 0 {
            return Err(odd("a directory with contents"));
        }
        let mut size = own.real.unwrap_or(stored);
        let mut at = Some(data).filter(|_| !own.sparse);
        let kind = match header.entry_type() {
            // What was a directory before tar had a type for it: POSIX.1-1988.
            EntryType::Regular if is_directory => Kind::Directory,
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::GNUSparse => {
                size = header.as_gnu().and_then(|gnu| gnu.real_size().ok()).ok_or_else(|| odd("no size"))?;
                at = None;
                let mut more = header.as_gnu().is_some_and(|gnu| gnu.is_extended());
                while more {
                    let mut map = GnuExtSparseHeader::new();
                    self.fill(map.as_mut_bytes(), false)?;
                    self.next = self.next.checked_add(BLOCK).ok_or_else(|| odd("no end"))?;
                    more = map.is_extended();
                }
                Kind::File
            }
            EntryType::Link => Kind::Link,
            EntryType::Symlink if link.is_empty() => return Err(odd("a symbolic link to nothing")),
            EntryType::Symlink => Kind::Symlink,
            EntryType::Directory => Kind::Directory,
            EntryType::Char => Kind::CharacterDevice,
            EntryType::Block => Kind::BlockDevice,
            EntryType::Fifo => Kind::Fifo,
            EntryType::XGlobalHeader => return Ok(None),
            other => {
                let shown = char::from(other.as_byte()).escape_default();
                return Err(Fault::Unsupported(format!("an entry of the type `{shown}` is in it, which is not read")));
            }
        };
        let id = |own: Option<u64>, field: std::io::Result<u64>| match own.map_or(field, Ok) {
            Ok(id) => u32::try_from(id).map_err(|_| odd("an owner's number above 4294967295")),
            Err(e) => Err(odd(e)),
        };
        let mtime = match own.mtime {
            Some(mtime) => mtime,
            // Before the epoch it is a negative number of 64 bits.
            None => header.mtime().map_err(odd)?.cast_signed(),
        };
        Ok(Some(Entry {
            kind,
            // Of a link the kernel takes no other.
            mode: if kind == Kind::Symlink { 0o777 } else { header.mode().map_err(odd)? & 0o7777 },
            uid: id(own.uid, header.uid())?,
            gid: id(own.gid, header.gid())?,
            mtime,
            size: match kind {
                Kind::File => size,
                Kind::Symlink => link.len() as u64,
                _ => 0,
            },
            at: at.filter(|_| kind == Kind::File),
            name,
            link,
        }))
    }

    fn text(&mut self, size: u64) -> Result<Vec<u8>, Fault> {
        if size > MOST_NAME as u64 + 1 {
            return Err(malformed("a name in it is longer than a file system takes"));
        }
        let mut text = self.records(size)?;
        while text.pop_if(|byte| *byte == 0).is_some() {}
        Ok(text)
    }

    fn records(&mut self, size: u64) -> Result<Vec<u8>, Fault> {
        if size > MOST_RECORDS {
            return Err(malformed(format!("{size} bytes in front of one file, and {MOST_RECORDS} are read")));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.fill(&mut bytes, false)?;
        Ok(bytes)
    }

    /// Whether there was any of it, which has to be so unless it `may_end`.
    fn fill(&mut self, buffer: &mut [u8], may_end: bool) -> Result<bool, Fault> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) if filled == 0 && may_end => return Ok(false),
                Ok(0) => return Err(malformed("cut short")),
                Ok(n) => filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(cut(e)),
            }
        }
        self.at += filled as u64;
        Ok(true)
    }
}

impl Records {
    /// `27 mtime=1700000000.123456\n`: the length is the record's own, and a value may have line breaks in it.
    fn read(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let (record, rest) = record(bytes).ok_or_else(|| odd("a pax record that is none"))?;
            bytes = rest;
            let at = record.iter().position(|byte| *byte == b'=').ok_or_else(|| odd("a pax record without `=`"))?;
            let (key, value) = (record.get(..at).unwrap_or_default(), record.get(at + 1..).unwrap_or_default());
            let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
            let strange = || odd(String::from_utf8_lossy(key));
            match key {
                // So it takes back what an earlier one said.
                b"path" if value.is_empty() => self.name = None,
                b"linkpath" if value.is_empty() => self.link = None,
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(number().ok_or_else(strange)?),
                b"uid" => self.uid = Some(number().ok_or_else(strange)?),
                b"gid" => self.gid = Some(number().ok_or_else(strange)?),
                b"mtime" => self.mtime = Some(seconds(value).ok_or_else(strange)?),
                b"GNU.sparse.realsize" | b"GNU.sparse.size" => {
                    (self.sparse, self.real) = (true, Some(number().ok_or_else(strange)?));
                }
                // What stands in its header is a name for those who know nothing of holes.
                b"GNU.sparse.name" => (self.sparse, self.sparse_name) = (true, Some(value.to_vec())),
                key if key.starts_with(b"GNU.sparse.") => {
                    self.sparse = true;
                    self.has_map |= matches!(key, b"GNU.sparse.major" | b"GNU.sparse.map" | b"GNU.sparse.offset");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The first record, without its length and its line break, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    Some((record, bytes.get(length..)?))
}

fn is_zero(header: &Header) -> bool {
    header.as_bytes().iter().all(|byte| *byte == 0)
}

/// `1700000000.5` and `-1.5`, rounded down.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let below = whole.starts_with('-') && part.bytes().any(|digit| digit != b'0');
    seconds.checked_sub(i64::from(below))
}

fn odd(what: impl std::fmt::Display) -> Fault {
    malformed(format!("a header of tar in it cannot be read: {what}"))
}

fn cut(error: std::io::Error) -> Fault {
    match error.kind() {
        ErrorKind::UnexpectedEof => malformed("cut short"),
        _ => super::lost(&error),
    }
}
