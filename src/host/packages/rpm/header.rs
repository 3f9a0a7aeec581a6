//! A package's header as rpm's databases keep it: an index of tags, then what they hold (rpm's "RPM V4 Package Format").

use super::Blob;
use crate::value::Fault;

/// Tags that a header may have, as rpm bounds them.
const MOST_TAGS: usize = 0xffff;
/// Bytes of an entry of the index: tag, type, offset, count.
const ENTRY: usize = 16;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCHITECTURE: u32 = 1022;

const INT32: u32 = 4;
const STRING: u32 = 6;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub name: Box<str>,
    pub epoch: Option<u32>,
    pub version: Box<str>,
    pub release: Box<str>,
    /// A key that packages are signed with is kept like a package and has none.
    pub architecture: Option<Box<str>>,
}

/// Where a tag's data begins, and where that of another does at the earliest.
#[derive(Clone, Copy)]
struct Place {
    kind: u32,
    start: usize,
    end: usize,
}

/// Reads no more of the blob than it takes. The inner error says why it is no header.
pub(super) fn read(blob: &mut dyn Blob) -> Result<Result<Header, String>, Fault> {
    let length = blob.length();
    let Some((tags, size)) = (match length {
        0..8 => None,
        _ => counts(blob.upto(8)?),
    }) else {
        return Ok(Err("its header is cut short".into()));
    };
    let data = 8 + tags * ENTRY;
    if tags == 0 || tags > MOST_TAGS || data.checked_add(size) != Some(length) {
        return Ok(Err("its header's size is not what it says".into()));
    }
    let places = places(blob.upto(data)?.get(8..data).unwrap_or_default(), size);
    let Some(end) = places.iter().flatten().map(|place| place.end).max().filter(|end| *end <= size) else {
        return Ok(Err("its header has none of the tags, or one outside of it".into()));
    };
    let held = blob.upto(data + end)?;
    Ok(header(&places, held.get(data..).unwrap_or_default()))
}

/// How many tags, and how many bytes of data.
fn counts(start: &[u8]) -> Option<(usize, usize)> {
    let number = |at: usize| usize::try_from(u32_at(start, at)?).ok();
    Some((number(0)?, number(4)?))
}

/// Of the tags in this order: name, version, release, epoch, architecture.
fn places(index: &[u8], size: usize) -> [Option<Place>; 5] {
    let mut places = [None; 5];
    for entry in index.chunks_exact(ENTRY) {
        let at = match u32_at(entry, 0) {
            Some(NAME) => 0,
            Some(VERSION) => 1,
            Some(RELEASE) => 2,
            Some(EPOCH) => 3,
            Some(ARCHITECTURE) => 4,
            _ => continue,
        };
        let (Some(kind), Some(start)) = (u32_at(entry, 4), u32_at(entry, 8)) else { continue };
        if let Some(place @ None) = places.get_mut(at) {
            *place = Some(Place { kind, start: start as usize, end: size });
        }
    }
    for entry in index.chunks_exact(ENTRY) {
        let Some(other) = u32_at(entry, 8).map(|other| other as usize) else { continue };
        for place in places.iter_mut().flatten() {
            if other > place.start && other < place.end {
                place.end = other;
            }
        }
    }
    places
}

fn header(places: &[Option<Place>; 5], data: &[u8]) -> Result<Header, String> {
    let [name, version, release, epoch, architecture] = places;
    let text = |place: &Option<Place>, what: &str| -> Result<Option<Box<str>>, String> {
        let Some(place) = place else { return Ok(None) };
        let held = data.get(place.start..place.end).unwrap_or_default();
        let text = memchr::memchr(0, held).and_then(|end| str::from_utf8(held.get(..end)?).ok());
        match text.filter(|text| place.kind == STRING && !text.is_empty()) {
            Some(text) if !text.contains(|c: char| c.is_whitespace() || c.is_control()) => Ok(Some(text.into())),
            _ => Err(format!("its {what} is not text")),
        }
    };
    let needed = |place, what| text(place, what)?.ok_or_else(|| format!("it has no {what}"));
    let name = needed(name, "name")?;
    let epoch = match epoch {
        None => None,
        Some(place) if place.kind == INT32 => {
            Some(u32_at(data, place.start).ok_or_else(|| format!("the epoch of `{name}` is cut short"))?)
        }
        Some(_) => return Err(format!("the epoch of `{name}` is not a number")),
    };
    let (version, release) = (needed(version, "version")?, needed(release, "release")?);
    Ok(Header { name, epoch, version, release, architecture: text(architecture, "architecture")? })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}
