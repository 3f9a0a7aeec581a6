//! The merged tree of an image's layers: what stands under which name once each has been laid over those below it.
//!
//! Layers are laid as `docker load` and containerd do it: an entry replaces what stood there, a directory keeps what is in
//! it, and links in the directories of a name are followed inside the root. OCI image specification, layer.md.

use super::Bounds;
use super::tape::{self, Entry, Kind, malformed};
use crate::host::{FileType, Stat};
use crate::value::Fault;
use std::collections::BTreeMap;

/// Symbolic links followed before a path is called a loop, as the kernel has it: path_resolution(7).
const MOST_LINKS: usize = 40;

/// What a file that takes away stands in front of, and the one that takes away all there is in a directory.
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// What AUFS kept for itself.
const AUFS: &[u8] = b".wh..wh.";

/// Bytes of a name without a `/`: path_resolution(7).
const MOST_STEP: usize = 255;

const ROOT: u32 = 0;

pub struct Tree {
    nodes: Vec<Node>,
    /// The layer that is being laid.
    layer: u16,
    entries: usize,
    bytes: usize,
}

struct Node {
    body: Body,
    mode: u16,
    uid: u32,
    gid: u32,
    mtime: i64,
    links: u32,
}

enum Body {
    Directory(BTreeMap<Box<[u8]>, Name>),
    /// Bytes at a place of a layer; `None` where it has holes.
    File {
        size: u64,
        layer: u16,
        at: Option<u64>,
    },
    Symlink(Box<[u8]>),
    Other(FileType),
}

#[derive(Clone, Copy)]
struct Name {
    node: u32,
    /// The layer that it came with.
    layer: u16,
}

/// What is at the end of a path.
#[derive(Clone, Copy)]
pub struct Found(u32);

/// Where the bytes of a file are.
pub struct Place {
    pub layer: u16,
    /// `None` for a file with holes.
    pub at: Option<u64>,
    pub size: u64,
}

/// What keeps a path from being followed to its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Stray {
    Loop,
}

impl Default for Tree {
    fn default() -> Tree {
        let body = Body::Directory(BTreeMap::new());
        let root = Node { body, mode: 0o755, uid: 0, gid: 0, mtime: Stat::NO_TIME, links: 1 };
        Tree { nodes: vec![root], layer: 0, entries: 0, bytes: 0 }
    }
}

impl Tree {
    /// Entries that follow are of the next layer.
    pub fn next_layer(&mut self) {
        self.layer = self.layer.saturating_add(1);
    }

    /// Lays one entry over what there is.
    pub fn lay(&mut self, entry: Entry, bounds: &Bounds) -> Result<(), Fault> {
        self.entries += 1;
        self.bytes += entry.name.len() + entry.link.len();
        if self.entries > bounds.entries || self.bytes > bounds.names || self.nodes.len() > bounds.entries {
            return Err(Fault::Unsupported(format!(
                "more than {} files, or longer names than {} together: that many are not read",
                bounds.entries,
                crate::quantity::size(bounds.names as u64)
            )));
        }
        let steps = steps(&entry.name)?;
        let Some((last, parents)) = steps.split_last() else {
            if entry.kind != Kind::Directory {
                return Err(malformed("what it has in place of `/` is no directory"));
            }
            if let Some(root) = self.node_mut(ROOT) {
                root.take_over(&entry);
            }
            return Ok(());
        };
        if last.starts_with(WHITEOUT) {
            return self.hide(parents, last);
        }
        let parent = self.make_way(parents, &entry.name)?;
        let layer = self.layer;
        let old = self.child(parent, last);
        let node = match entry.kind {
            Kind::Directory => match old.filter(|old| self.is_directory(old.node)) {
                Some(old) => {
                    if let Some(node) = self.node_mut(old.node) {
                        node.take_over(&entry);
                    }
                    self.put(parent, last, Name { node: old.node, layer });
                    return Ok(());
                }
                None => self.add(&entry, Body::Directory(BTreeMap::new()))?,
            },
            Kind::Link => {
                let node = self.linked(&entry)?;
                if old.is_some_and(|old| old.node == node) {
                    self.put(parent, last, Name { node, layer });
                    return Ok(());
                }
                node
            }
            Kind::File => self.add(&entry, Body::File { size: entry.size, layer, at: entry.at })?,
            Kind::Symlink => self.add(&entry, Body::Symlink(entry.link.clone().into()))?,
            Kind::CharacterDevice => self.add(&entry, Body::Other(FileType::CharacterDevice))?,
            Kind::BlockDevice => self.add(&entry, Body::Other(FileType::BlockDevice))?,
            Kind::Fifo => self.add(&entry, Body::Other(FileType::Fifo))?,
        };
        if let Some(node) = self.node_mut(node) {
            node.links += 1;
        }
        if let Some(old) = self.put(parent, last, Name { node, layer }) {
            self.unlink(old.node);
        }
        Ok(())
    }

    /// The file that a hard link is another name of.
    fn linked(&self, entry: &Entry) -> Result<u32, Fault> {
        let target = steps(&entry.link)?;
        let found = self.walk(ROOT, &target, false).ok().flatten();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match found.filter(|Found(node)| !self.is_directory(*node)) {
            Some(Found(node)) => Ok(node),
            None => Err(malformed(format!(
                "`{}` is to be another name of `{}`, where there is no file",
                shown(&entry.name),
                shown(&entry.link)
            ))),
        }
    }

    /// Takes away what lower layers have under a name, or all that they have in a directory.
    fn hide(&mut self, parents: &[&[u8]], last: &[u8]) -> Result<(), Fault> {
        let Ok(Some(Found(parent))) = self.walk(ROOT, parents, true) else { return Ok(()) };
        if last == OPAQUE {
            self.clear(parent);
        } else if !last.starts_with(AUFS)
            && let Some(hidden) = last.strip_prefix(WHITEOUT)
        {
            if matches!(hidden, b"" | b"." | b"..") {
                return Err(malformed("it takes away a file without a name"));
            }
            let Some(name) = self.child(parent, hidden) else { return Ok(()) };
            if self.is_directory(name.node) {
                self.clear(name.node);
            }
            if name.layer < self.layer && self.is_bare(name.node) {
                self.take(parent, hidden);
                self.unlink(name.node);
            }
        }
        Ok(())
    }

    /// Takes out of a directory what has not come with this layer.
    fn clear(&mut self, directory: u32) {
        // Each directory twice: what it has in it first, and once that is gone, itself.
        let mut open = vec![(directory, None::<(u32, Box<[u8]>)>, false)];
        while let Some((directory, from, below)) = open.pop() {
            if below {
                if let Some((parent, name)) = from
                    && self.is_bare(directory)
                    && self.child(parent, &name).is_some_and(|name| name.layer < self.layer)
                {
                    self.take(parent, &name);
                    self.unlink(directory);
                }
                continue;
            }
            let Some(Node { body: Body::Directory(names), .. }) = self.nodes.get(directory as usize) else { continue };
            let names: Vec<(Box<[u8]>, Name)> = names.iter().map(|(text, name)| (text.clone(), *name)).collect();
            open.push((directory, from, true));
            for (text, name) in names {
                if self.is_directory(name.node) {
                    open.push((name.node, Some((directory, text)), false));
                } else if name.layer < self.layer {
                    self.take(directory, &text);
                    self.unlink(name.node);
                }
            }
        }
    }

    /// The directory that these steps lead to, made where there is none.
    fn make_way(&mut self, parents: &[&[u8]], name: &[u8]) -> Result<u32, Fault> {
        let mut here = ROOT;
        for (depth, step) in parents.iter().enumerate() {
            match self.child(here, step) {
                Some(next) if self.is_directory(next.node) => here = next.node,
                Some(next) if matches!(self.node(next.node).map(|n| &n.body), Some(Body::Symlink(_))) => {
                    let way = parents.get(..=depth).unwrap_or_default();
                    match self.walk(ROOT, way, true) {
                        Ok(Some(Found(node))) if self.is_directory(node) => here = node,
                        _ => {
                            return Err(malformed(format!(
                                "`{}`: a link on the way leads to no directory of the image",
                                String::from_utf8_lossy(name)
                            )));
                        }
                    }
                }
                Some(_) => {
                    return Err(malformed(format!(
                        "`{}`: on the way stands something that is no directory",
                        String::from_utf8_lossy(name)
                    )));
                }
                None => {
                    let body = Body::Directory(BTreeMap::new());
                    let node = self.push(Node { body, mode: 0o755, uid: 0, gid: 0, mtime: Stat::NO_TIME, links: 1 })?;
                    self.put(here, step, Name { node, layer: self.layer });
                    here = node;
                }
            }
        }
        Ok(here)
    }

    /// What is at `path`, and, if it `follows`, at the end of the links there. Links never leave the root.
    pub fn find(&self, path: &str, follows: bool) -> Result<Option<Found>, Stray> {
        let steps: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
        self.walk(ROOT, &steps, follows)
    }

    fn walk(&self, from: u32, steps: &[&[u8]], follows: bool) -> Result<Option<Found>, Stray> {
        let mut todo: Vec<&[u8]> = steps.iter().rev().copied().collect();
        // The directories from the root to where it is.
        let (mut way, mut links) = (vec![from], 0);
        let mut here = from;
        while let Some(step) = todo.pop() {
            if step.is_empty() || step == b"." {
                if !self.is_directory(here) {
                    return Ok(None);
                }
                continue;
            }
            if !self.is_directory(here) {
                return Ok(None);
            }
            if step == b".." {
                way.truncate(way.len().saturating_sub(1).max(1));
                here = way.last().copied().unwrap_or(ROOT);
                continue;
            }
            let Some(name) = self.child(here, step) else { return Ok(None) };
            match self.node(name.node).map(|node| &node.body) {
                Some(Body::Symlink(target)) if follows || todo.iter().any(|step| !step.is_empty()) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Stray::Loop);
                    }
                    if target.starts_with(b"/") {
                        way.truncate(1);
                        here = ROOT;
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev());
                }
                _ => {
                    here = name.node;
                    if self.is_directory(here) {
                        way.push(here);
                    }
                }
            }
        }
        Ok(Some(Found(here)))
    }

    pub fn stat(&self, Found(index): Found) -> Option<Stat> {
        let node = self.node(index)?;
        let (file_type, size, links) = match &node.body {
            // Both are the file system's own, which there is none of.
            Body::Directory(_) => (FileType::Directory, 0, 0),
            Body::File { size, .. } => (FileType::File, *size, u64::from(node.links)),
            Body::Symlink(target) => (FileType::Symlink, target.len() as u64, u64::from(node.links)),
            Body::Other(file_type) => (*file_type, 0, u64::from(node.links)),
        };
        let (mode, inode) = (u32::from(node.mode), u64::from(index) + 1);
        let Node { uid, gid, mtime, .. } = *node;
        Some(Stat { file_type, mode, uid, gid, size, mtime, links, device: 1, inode })
    }

    pub fn place(&self, Found(index): Found) -> Option<Place> {
        match self.node(index)?.body {
            Body::File { size, layer, at } => Some(Place { layer, at, size }),
            _ => None,
        }
    }

    pub fn names(&self, Found(index): Found) -> Option<impl Iterator<Item = &[u8]>> {
        match &self.node(index)?.body {
            Body::Directory(names) => Some(names.keys().map(|name| &**name)),
            _ => None,
        }
    }

    pub fn link(&self, Found(index): Found) -> Option<&[u8]> {
        match &self.node(index)?.body {
            Body::Symlink(target) => Some(target),
            _ => None,
        }
    }

    fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    fn node_mut(&mut self, index: u32) -> Option<&mut Node> {
        self.nodes.get_mut(index as usize)
    }

    fn is_directory(&self, index: u32) -> bool {
        self.node(index).is_some_and(|node| matches!(node.body, Body::Directory(_)))
    }

    /// Not a directory with something in it.
    fn is_bare(&self, index: u32) -> bool {
        self.node(index).is_none_or(|node| !matches!(&node.body, Body::Directory(names) if !names.is_empty()))
    }

    fn child(&self, directory: u32, name: &[u8]) -> Option<Name> {
        match &self.node(directory)?.body {
            Body::Directory(names) => names.get(name).copied(),
            _ => None,
        }
    }

    fn put(&mut self, directory: u32, text: &[u8], name: Name) -> Option<Name> {
        match &mut self.node_mut(directory)?.body {
            Body::Directory(names) => names.insert(text.into(), name),
            _ => None,
        }
    }

    fn take(&mut self, directory: u32, text: &[u8]) {
        if let Some(Node { body: Body::Directory(names), .. }) = self.node_mut(directory) {
            names.remove(text);
        }
    }

    fn add(&mut self, entry: &Entry, body: Body) -> Result<u32, Fault> {
        let mut node = Node { body, mode: 0, uid: 0, gid: 0, mtime: 0, links: 0 };
        node.take_over(entry);
        self.push(node)
    }

    fn push(&mut self, node: Node) -> Result<u32, Fault> {
        let index = u32::try_from(self.nodes.len()).map_err(|_| malformed("too many files"))?;
        self.nodes.push(node);
        Ok(index)
    }

    /// One name of it is gone; of a directory, all that is in it too.
    fn unlink(&mut self, index: u32) {
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            let Some(node) = self.node_mut(index) else { continue };
            node.links = node.links.saturating_sub(1);
            if let Body::Directory(names) = &mut node.body {
                open.extend(std::mem::take(names).into_values().map(|name| name.node));
            }
        }
    }
}

impl Node {
    fn take_over(&mut self, entry: &Entry) {
        self.mode = u16::try_from(entry.mode & 0o7777).unwrap_or(0);
        (self.uid, self.gid, self.mtime) = (entry.uid, entry.gid, entry.mtime);
    }
}

/// The names that a path is made of. A layer has no business above its root, and what is written from `/` on is inside it.
fn steps(path: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let steps = path.split(|byte| *byte == b'/').filter(|step| !step.is_empty() && *step != b".");
    let steps: Vec<_> = steps.collect();
    match steps.contains(&&b".."[..]) {
        true => Err(tape::malformed(format!("`{}` leads out of the image", String::from_utf8_lossy(path)))),
        false if steps.iter().any(|step| step.len() > MOST_STEP) => {
            Err(tape::malformed("a name in it is longer than a file system takes"))
        }
        false => Ok(steps),
    }
}
