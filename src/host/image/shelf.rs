//! Where an image's parts lie by name: in a tar archive, itself maybe compressed, or in a directory.

use super::digest::Digest;
use super::roll::Scan;
use super::section::{Section, SectionReader};
use super::tape::{Entry, Input, Kind, Tape, malformed};
use super::{Bounds, Budget};
use crate::host::{FileType, Files};
use crate::value::Fault;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Bytes of a manifest, an index or a configuration.
const MOST_TEXT: u64 = 4 << 20;
/// Links from part to part, as older `docker save` writes them.
const MOST_LINKS: usize = 8;
/// Parts of one archive, and bytes of their names.
const MOST_PARTS: usize = 100_000;
const MOST_NAMES: usize = 16 << 20;

pub enum Shelf {
    Archive { bytes: Section, parts: BTreeMap<String, Part> },
    Directory { files: Arc<dyn Files>, path: String },
}

pub enum Part {
    Bytes { at: u64, len: u64 },
    Link(String),
}

impl Shelf {
    /// What is at `path`, of which it is known that it is there.
    pub fn open(files: Arc<dyn Files>, path: &str, bounds: &Bounds, budget: &mut Budget) -> Result<Shelf, Fault> {
        let Some(stat) = files.stat(path)? else { return Err(Fault::Failed("no such file or directory".into())) };
        match stat.file_type {
            FileType::Directory => return Ok(Shelf::Directory { files, path: path.to_owned() }),
            FileType::File => {}
            other => return Err(Fault::Unsupported(format!("a {}, which is not read", other.word()))),
        }
        let Some(bytes) = files.open_at(path)? else { return Err(Fault::Failed("no such file or directory".into())) };
        let bytes = Section::whole(Arc::from(bytes), stat.size);
        let scan = Scan::new(bytes.clone(), bounds.marks, &Digest::any(), budget)?;
        if !scan.is_compressed() {
            let mut tape = Tape::new(bytes.reader(0));
            let parts = parts(|| tape.next()).map_err(no_archive)?;
            return whole(bytes, parts);
        }
        let mut tape = Tape::new(scan);
        let parts = parts(|| tape.next());
        let mut scan = tape.into_input();
        let parts = parts.map_err(|fault| scan.fault(fault)).map_err(no_archive)?;
        let roll = scan.finish()?.roll;
        let len = roll.len();
        whole(Section::whole(Arc::new(roll), len), parts)
    }

    /// `None` where there is nothing of this name.
    pub fn part(&self, name: &str) -> Result<Option<Section>, Fault> {
        match self {
            Shelf::Directory { files, path } => {
                let path = format!("{}/{}", path.trim_end_matches('/'), spelled(name.as_bytes())?);
                let Some(stat) = files.stat(&path)? else { return Ok(None) };
                if stat.file_type != FileType::File {
                    return Err(Fault::Unsupported(format!(
                        "`{name}` is a {}, which is not read",
                        stat.file_type.word()
                    )));
                }
                let Some(bytes) = files.open_at(&path)? else { return Ok(None) };
                Ok(Some(Section::whole(Arc::from(bytes), stat.size)))
            }
            Shelf::Archive { bytes, parts } => {
                let mut name = spelled(name.as_bytes())?;
                for _ in 0..MOST_LINKS {
                    match parts.get(&name) {
                        None => return Ok(None),
                        Some(Part::Link(target)) => name.clone_from(target),
                        Some(Part::Bytes { at, len }) => {
                            let part = bytes.part(*at, *len);
                            return part
                                .map(Some)
                                .ok_or_else(|| malformed(format!("cut short: `{name}` is not all there")));
                        }
                    }
                }
                Err(malformed(format!("`{name}` is a link that leads to links only")))
            }
        }
    }

    /// All of a part that is not long.
    pub fn text(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(part) = self.part(name)? else { return Ok(None) };
        if part.len() > MOST_TEXT {
            let bound = crate::quantity::size(MOST_TEXT);
            return Err(Fault::Unsupported(format!("`{name}` is longer than the {bound} that are read of it")));
        }
        let mut bytes = Vec::new();
        let read = io::Read::read_to_end(&mut part.reader(0), &mut bytes).map_err(|e| super::lost(&e))?;
        match read as u64 == part.len() {
            true => Ok(Some(bytes)),
            false => Err(malformed(format!("cut short: `{name}` is not all there"))),
        }
    }
}

fn no_archive(fault: Fault) -> Fault {
    fault.map(|why| format!("no archive of an image can be read from it: {why}"))
}

fn whole(bytes: Section, parts: BTreeMap<String, Part>) -> Result<Shelf, Fault> {
    Ok(Shelf::Archive { bytes, parts })
}

fn parts(mut next: impl FnMut() -> Result<Option<Entry>, Fault>) -> Result<BTreeMap<String, Part>, Fault> {
    let (mut parts, mut names) = (BTreeMap::new(), 0);
    while let Some(entry) = next()? {
        let name = spelled(&entry.name)?;
        names += entry.name.len() + entry.link.len();
        let part = match entry.kind {
            Kind::File => match entry.at {
                Some(at) => Part::Bytes { at, len: entry.size },
                None => return Err(Fault::Unsupported(format!("`{name}` has holes, and such a part is not read"))),
            },
            Kind::Link => Part::Link(spelled(&entry.link)?),
            Kind::Symlink => match beside(&name, &entry.link) {
                Some(target) => Part::Link(target),
                None => return Err(malformed(format!("`{name}` is a link that leads out of the archive"))),
            },
            _ => continue,
        };
        parts.insert(name, part);
        if parts.len() > MOST_PARTS || names > MOST_NAMES {
            return Err(Fault::Unsupported(format!(
                "more than {MOST_PARTS} files are in it, or they have too long names"
            )));
        }
    }
    Ok(parts)
}

/// A part's name in one spelling: `./manifest.json` is `manifest.json`.
fn spelled(name: &[u8]) -> Result<String, Fault> {
    let name = String::from_utf8_lossy(name);
    let steps: Vec<&str> = name.split('/').filter(|step| !matches!(*step, "" | ".")).collect();
    match steps.contains(&"..") {
        true => Err(malformed(format!("`{name}` leads out of it"))),
        false => Ok(steps.join("/")),
    }
}

/// Where a link at `name` leads; `None` if that is outside.
fn beside(name: &str, target: &[u8]) -> Option<String> {
    let target = std::str::from_utf8(target).ok().filter(|target| !target.starts_with('/'))?;
    let mut steps: Vec<&str> = name.split('/').collect();
    steps.pop();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => _ = steps.pop()?,
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

impl Input for SectionReader {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.pass(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
