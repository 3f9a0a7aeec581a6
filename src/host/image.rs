//! The files of a container image, read out of its archive: nothing is unpacked, and no daemon is asked.
//!
//! Each layer is read through once. That pass checks its digests and builds the tree that the layers make together, with
//! the place of every file's bytes; what a probe asks for later is read there, of a compressed layer from the nearest of
//! some marks. Memory holds the tree and the marks, never what is in the files.

use super::{Files, Host, ReadAt, Stat};
use crate::value::Fault;
use config::Config;
use digest::Digest;
use manifest::Manifest;
use roll::{Roll, Scan};
use shelf::Shelf;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tape::{Tape, malformed};
use tree::{Found, Stray, Tree};

pub mod config;
mod digest;
mod gzip;
mod manifest;
mod roll;
mod section;
mod shelf;
mod tape;
mod tree;
mod zstd;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use manifest::Wanted;

/// What is read at most: archives come from strangers.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Files of all layers together.
    pub entries: usize,
    /// Bytes of their names.
    pub names: usize,
    /// Bytes of all layers, decompressed.
    pub bytes: u64,
    /// Places of compressed layers to read on from, in memory.
    pub marks: usize,
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { entries: 1_000_000, names: 128 << 20, bytes: 64 << 30, marks: 256, time: Duration::from_secs(600) }
    }
}

/// What is left of the bounds that reading through draws on.
pub struct Budget {
    bytes: u64,
    most: u64,
    began: Instant,
    time: Duration,
}

impl Budget {
    fn new(bounds: &Bounds) -> Budget {
        Budget { bytes: bounds.bytes, most: bounds.bytes, began: Instant::now(), time: bounds.time }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Fault> {
        let Some(rest) = self.bytes.checked_sub(bytes) else {
            let most = crate::quantity::size(self.most);
            return Err(Fault::Unsupported(format!("decompressed it is more than {most}: that much is not read")));
        };
        self.bytes = rest;
        let elapsed = self.began.elapsed();
        match elapsed > self.time {
            true => Err(Fault::TimedOut("reading it through".into(), elapsed)),
            false => Ok(()),
        }
    }
}

/// Why there is no image to look at.
#[derive(Debug)]
pub enum Refusal {
    /// Of several, it does not say which, or there is none such.
    Usage(String),
    Fault(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Fault(fault)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Usage(why) => f.write_str(why),
            Refusal::Fault(fault) => fault.fmt(f),
        }
    }
}

/// What is known of an image beside its files.
#[derive(Debug)]
pub struct About {
    pub config: Config,
    /// How many layers it has.
    pub layers: usize,
    /// Bytes of all layers, decompressed.
    pub size: u64,
}

/// An image, read through.
pub struct Image {
    pub about: Arc<About>,
    pub files: ImageFiles,
}

/// The files of an image.
pub struct ImageFiles {
    tree: Tree,
    layers: Vec<Arc<Roll>>,
}

/// An image of which no layer has been read.
pub struct Archive {
    shelf: Shelf,
    manifest: Manifest,
    config: Config,
    /// The digests of the layers, decompressed.
    ids: Vec<Digest>,
    bounds: Bounds,
    budget: Budget,
}

impl Host {
    /// The image in the archive or layout at `path`; `None` where nothing is there.
    pub fn archive(&self, path: &str, wanted: &Wanted) -> Result<Option<Archive>, Fault> {
        if self.files().stat(path)?.is_none() {
            return Ok(None);
        }
        let time = self.deadline().saturating_duration_since(Instant::now());
        let bounds = Bounds { time, ..Bounds::default() };
        let opened = Archive::open(self.inner.files.clone(), path, wanted, bounds);
        opened.map(Some).map_err(|refusal| match refusal {
            Refusal::Fault(fault) => fault.map(|why| format!("{path}: {why}")),
            Refusal::Usage(why) => Fault::Failed(format!("{path}: {why}")),
        })
    }
}

impl Archive {
    /// What stands at `path` of `files`; of several images the one that is wanted.
    pub fn open(files: Arc<dyn Files>, path: &str, wanted: &Wanted, bounds: Bounds) -> Result<Archive, Refusal> {
        let mut budget = Budget::new(&bounds);
        let shelf = Shelf::open(files, path, &bounds, &mut budget)?;
        let manifest = Manifest::find(&shelf, wanted)?;
        let config = config(&shelf, &manifest)?;
        if let (Some(platform), false) = (&wanted.platform, manifest.has_platform)
            && let Some(own) = config.platform()
            && !manifest::is_for(&own, platform)
            && !manifest::is_for(platform, &own)
        {
            return Err(Refusal::Usage(format!("it is for `{own}`, not for `{platform}`")));
        }
        let ids = config.layers()?;
        if ids.len() != manifest.layers.len() {
            let (has, says) = (manifest.layers.len(), ids.len());
            return Err(malformed(format!("it has {has} layers, and its configuration tells of {says}")).into());
        }
        Ok(Archive { shelf, manifest, config, ids, bounds, budget })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn layers(&self) -> usize {
        self.ids.len()
    }

    /// Bytes of all layers, decompressed.
    pub fn size(&self, until: Instant) -> Result<u64, Fault> {
        let bounds = Bounds { time: until.saturating_duration_since(Instant::now()), ..self.bounds };
        let mut budget = Budget::new(&bounds);
        let mut size = 0;
        for index in 0..self.ids.len() {
            size += self.pass(index, &mut budget, |_| Ok(()))?.len();
        }
        Ok(size)
    }

    /// Reads all layers through and lays each over those below it.
    pub fn read(mut self) -> Result<Image, Fault> {
        if self.config.is_windows() {
            return Err(Fault::Unsupported(
                "it is an image of Windows, of which nothing but its configuration is read".into(),
            ));
        }
        let mut budget = std::mem::replace(&mut self.budget, Budget::new(&self.bounds));
        let (mut tree, mut layers) = (Tree::default(), Vec::new());
        for index in 0..self.ids.len() {
            layers.push(Arc::new(self.pass(index, &mut budget, |tape| {
                while let Some(entry) = tape.next()? {
                    tree.lay(entry, &self.bounds)?;
                }
                Ok(())
            })?));
            tree.next_layer();
        }
        let size = layers.iter().map(|layer| layer.len()).sum();
        let about = Arc::new(About { config: self.config, layers: layers.len(), size });
        Ok(Image { about, files: ImageFiles { tree, layers } })
    }

    /// Reads one layer through and checks that it is what its digests say.
    fn pass(
        &self,
        index: usize,
        budget: &mut Budget,
        each: impl FnOnce(&mut Tape<Scan<'_>>) -> Result<(), Fault>,
    ) -> Result<Roll, Fault> {
        let (Some(blob), Some(id)) = (self.manifest.layers.get(index), self.ids.get(index)) else {
            return Err(malformed("it has not as many layers"));
        };
        let pass = || {
            let section = self.shelf.part(&blob.name)?.ok_or_else(|| malformed("it is not in the archive"))?;
            let marks = self.bounds.marks / self.ids.len().max(1);
            let mut tape = Tape::new(Scan::new(section, marks, id, budget)?);
            let read = each(&mut tape);
            let mut scan = tape.into_input();
            read.map_err(|fault| scan.fault(fault))?;
            let scanned = scan.finish()?;
            match scanned.out == *id && blob.digest.as_ref().is_none_or(|digest| *digest == scanned.stored) {
                true => Ok(scanned.roll),
                false => Err(malformed("its bytes are not what its digest says")),
            }
        };
        let (number, of) = (index + 1, self.ids.len());
        pass().map_err(|fault| fault.map(|why| format!("layer {number} of {of} (`{}`): {why}", blob.name)))
    }
}

/// The configuration, without reading a layer.
fn config(shelf: &Shelf, manifest: &Manifest) -> Result<Config, Fault> {
    let name = &manifest.config.name;
    let text = shelf.text(name)?.ok_or_else(|| malformed(format!("`{name}` is not in it")))?;
    if manifest.config.digest.as_ref().is_some_and(|digest| !digest.is_of(&text)) {
        return Err(malformed(format!("`{name}` is not what its digest says")));
    }
    Config::parse(name, &text)
}

fn lost(error: &io::Error) -> Fault {
    Fault::Failed(format!("it cannot be read: {error}"))
}

/// The layer that a file's bytes are in, where, and how many.
struct At<'l> {
    layer: &'l Arc<Roll>,
    at: u64,
    size: u64,
}

impl ImageFiles {
    fn find(&self, path: &str, follows: bool) -> Result<Option<Found>, Fault> {
        let stray = |Stray::Loop| Fault::Failed(format!("{path}: too many levels of symbolic links"));
        self.tree.find(path, follows).map_err(stray)
    }

    fn place(&self, path: &str) -> Result<Option<At<'_>>, Fault> {
        let Some(found) = self.find(path, true)? else { return Ok(None) };
        let Some(place) = self.tree.place(found) else {
            let what = self.tree.stat(found).map_or("nothing", |stat| stat.file_type.word());
            return Err(match what {
                "directory" => Fault::Failed(format!("{path}: is a directory")),
                what => Fault::Unsupported(format!("{path} is a {what}, which is not read")),
            });
        };
        let Some(at) = place.at else {
            return Err(Fault::Unsupported(format!("{path} has holes in its layer, and such a file is not read")));
        };
        let layer = self.layers.get(usize::from(place.layer)).ok_or_else(|| lost_end(path))?;
        Ok(Some(At { layer, at, size: place.size }))
    }
}

/// Bytes of a file in a compressed layer that are kept whole where it is read at any place.
const KEPT: u64 = 32 << 20;

fn lost_end(path: &str) -> Fault {
    malformed(format!("{path}: its layer ends before it does"))
}

impl Files for ImageFiles {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        Ok(self.find(path, false)?.and_then(|found| self.tree.stat(found)))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        Ok(self.find(path, true)?.and_then(|found| self.tree.stat(found)))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        let Some(At { layer, at, size }) = self.place(path)? else { return Ok(None) };
        layer.reader(at, size).map(Some).ok_or_else(|| lost_end(path))
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        let Some(At { layer, at, size }) = self.place(path)? else { return Ok(None) };
        let bytes = layer.section(at, size).ok_or_else(|| lost_end(path))?;
        if !layer.is_compressed() || size > KEPT {
            return Ok(Some(Box::new(bytes)));
        }
        let mut all = vec![0; usize::try_from(size).unwrap_or(0)];
        let read = bytes.read_at(0, &mut all).map_err(|e| Fault::from_io(path, &e))?;
        match read == all.len() {
            true => Ok(Some(Box::new(all))),
            false => Err(lost_end(path)),
        }
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(found) = self.find(path, true)? else { return Ok(None) };
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        Ok(self.tree.names(found).map(|names| names.map(text).collect()))
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        let Some(found) = self.find(path, false)? else { return Ok(None) };
        Ok(self.tree.link(found).map(|target| String::from_utf8_lossy(target).into_owned()))
    }

    fn position(&self, path: &str) -> u64 {
        let place = self.find(path, true).ok().flatten().and_then(|found| self.tree.place(found));
        place.map_or(0, |place| u64::from(place.layer) << 48 | place.at.unwrap_or(0).min((1 << 48) - 1))
    }
}
