//! rpm's own database: a table of slots in front, each of which says where a package's record stands.

use super::Blob;
use crate::host::Host;
use crate::host::paged::Paged;
use crate::value::Fault;

const PAGE: usize = 4096;
/// Bytes of a slot, and of the blocks that records are counted in.
const UNIT: usize = 16;
/// Slots that the database's own header takes.
const HEADER_SLOTS: usize = 2;
/// Pages of slots that are read: those of more packages than are read.
const MOST_PAGES: u32 = (super::MOST / (PAGE / UNIT) * 2) as u32;

pub(super) fn read(
    _: &Host,
    file: Paged,
    each: &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let head = file.start(HEADER_SLOTS * UNIT)?;
    if head.len() < HEADER_SLOTS * UNIT || !head.starts_with(b"RpmP") {
        return Err(file.malformed("it does not begin as rpm's ndb does"));
    }
    let version = u32_at(&head, 4);
    if version != Some(0) {
        return Err(Fault::Unsupported(format!(
            "{}: ndb's version {} is not read here",
            file.path,
            version.unwrap_or_default()
        )));
    }
    let pages = u32_at(&head, 12).unwrap_or_default();
    if pages == 0 || pages > MOST_PAGES {
        return Err(file.malformed(format!("it says that it has {pages} pages of slots")));
    }
    let mut end = u64::from(pages) * PAGE as u64;
    let mut buffer = Vec::new();
    for slot in slots(&file, pages)? {
        // In the order in which they stand, so those that share bytes show.
        let start = u64::from(slot.block) * UNIT as u64;
        if start < end {
            return Err(file.malformed(format!("the record of package {} overlaps another", slot.package)));
        }
        end = start + u64::from(slot.blocks) * UNIT as u64;
        if end > file.size() {
            return Err(file.malformed(format!("cut short: the record of package {} is behind its end", slot.package)));
        }
        each(&mut Record::open(&file, &slot, &mut buffer)?)?;
    }
    Ok(())
}

struct Slot {
    package: u32,
    block: u32,
    blocks: u32,
}

/// Those that are taken, in the order of their blocks.
fn slots(file: &Paged, pages: u32) -> Result<Vec<Slot>, Fault> {
    let (mut slots, mut page) = (Vec::new(), vec![0; PAGE]);
    for number in 0..pages {
        file.fill(u64::from(number) * PAGE as u64, &mut page)?;
        for slot in page.chunks_exact(UNIT).skip(if number == 0 { HEADER_SLOTS } else { 0 }) {
            if slot.get(..4) != Some(b"Slot") {
                return Err(file.malformed("a slot is none"));
            }
            let field = |at| u32_at(slot, at).unwrap_or_default();
            let slot = Slot { package: field(4), block: field(8), blocks: field(12) };
            match slot.block {
                0 => {}
                _ if slot.package == 0 || slot.blocks == 0 => {
                    return Err(file.malformed("a slot is of no package, or has no blocks"));
                }
                _ => slots.push(slot),
            }
        }
    }
    slots.sort_unstable_by_key(|slot| slot.block);
    Ok(slots)
}

/// A record: its own header, the package's header, and a tail.
struct Record<'f> {
    file: &'f Paged,
    start: u64,
    length: usize,
    bytes: &'f mut Vec<u8>,
}

const RECORD_HEADER: usize = 16;
const RECORD_TAIL: usize = 12;

impl<'f> Record<'f> {
    fn open(file: &'f Paged, slot: &Slot, bytes: &'f mut Vec<u8>) -> Result<Record<'f>, Fault> {
        let start = u64::from(slot.block) * UNIT as u64;
        let mut head = [0; RECORD_HEADER];
        file.fill(start, &mut head)?;
        let length = u32_at(&head, 12).unwrap_or_default() as usize;
        let blocks = (RECORD_HEADER + RECORD_TAIL).saturating_add(length).div_ceil(UNIT);
        if !head.starts_with(b"BlbS") || u32_at(&head, 4) != Some(slot.package) || blocks != slot.blocks as usize {
            return Err(file.malformed(format!("the record of package {} is not where its slot says", slot.package)));
        }
        bytes.clear();
        Ok(Record { file, start: start + RECORD_HEADER as u64, length, bytes })
    }
}

impl Blob for Record<'_> {
    fn length(&self) -> usize {
        self.length
    }

    fn upto(&mut self, end: usize) -> Result<&[u8], Fault> {
        let have = self.bytes.len();
        if end > have {
            // Mostly the whole of what will be asked for.
            let end = end.max(PAGE).min(self.length).max(end);
            self.bytes.resize(end, 0);
            let rest = self.bytes.get_mut(have..).unwrap_or_default();
            self.file.fill(self.start + have as u64, rest)?;
        }
        Ok(self.bytes)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
