//! A host written down as text, owners and modes included, for tests and golden cases.
//!
//! ```text
//! -- /etc/passwd 0644 0:0
//! root:x:0:0:root:/root:/bin/sh
//! -- /etc/shadow denied
//! -- /bin -> usr/bin
//! -- /srv/www/ 0755 33:33
//! -- /var/lib/app 0600 0:0 mtime=1700000000
//! -- /var/lib/rpm/Packages base64
//! UnBtUAAAAAA=
//! ```
//!
//! A path that ends in `/` is a directory; parents come by themselves. `denied` refuses to be opened or listed. What is no
//! text is written in `base64`.

use super::{FileType, Files, Stat};
use crate::value::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// Symbolic links followed before a path is called a loop, as the kernel has it (path_resolution(7)).
const MAX_LINKS: usize = 40;

#[derive(Clone, Default)]
pub struct TreeFiles(BTreeMap<String, Entry>);

#[derive(Clone)]
struct Entry {
    stat: Stat,
    body: Body,
    denied: bool,
}

#[derive(Clone)]
enum Body {
    Bytes(Vec<u8>),
    Link(String),
    Directory,
}

impl TreeFiles {
    /// Reads the format above; says which line does not fit it.
    pub fn parse(text: &str) -> Result<TreeFiles, String> {
        let mut tree = TreeFiles::default();
        tree.insert("/", Body::Directory, 0o755, (0, 0));
        let mut lines = text.lines().enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let Some(head) = line.strip_prefix("-- ") else {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                return Err(format!("line {}: expected `-- PATH`, found `{line}`", at + 1));
            };
            let mut body = String::new();
            while let Some((_, next)) = lines.next_if(|(_, l)| !l.starts_with("-- ")) {
                body.push_str(next.strip_prefix('\\').unwrap_or(next));
                body.push('\n');
            }
            tree.entry(head, body).map_err(|e| format!("line {}: {e}", at + 1))?;
        }
        Ok(tree)
    }

    fn entry(&mut self, head: &str, text: String) -> Result<(), String> {
        if let Some((path, target)) = head.split_once(" -> ") {
            self.insert(path, Body::Link(target.to_owned()), 0o777, (0, 0));
            return Ok(());
        }
        let mut words = head.split(' ');
        let path = words.next().unwrap_or_default();
        let directory = path.ends_with('/');
        let body = if directory { Body::Directory } else { Body::Bytes(text.into_bytes()) };
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        self.insert(path, body, if directory { 0o755 } else { 0o644 }, (0, 0));
        let Some(entry) = self.0.get_mut(path) else { return Err(format!("no path in `{head}`")) };
        for word in words {
            if word == "denied" {
                entry.denied = true;
            } else if word == "base64" {
                let Body::Bytes(text) = &mut entry.body else { return Err(format!("no file in `{head}`")) };
                text.retain(|byte| !byte.is_ascii_whitespace());
                *text = STANDARD.decode(&text).map_err(|e| format!("no base64: {e}"))?;
                entry.stat.size = text.len() as u64;
            } else if let Some(time) = word.strip_prefix("mtime=") {
                entry.stat.mtime = time.parse().map_err(|_| format!("no time `{time}`"))?;
            } else if let Some(size) = word.strip_prefix("size=") {
                entry.stat.size = size.parse().map_err(|_| format!("no size `{size}`"))?;
            } else if let Some((uid, gid)) = word.split_once(':') {
                let id = |text: &str| text.parse().map_err(|_| format!("no owner `{word}`"));
                (entry.stat.uid, entry.stat.gid) = (id(uid)?, id(gid)?);
            } else {
                entry.stat.mode = u32::from_str_radix(word, 8).map_err(|_| format!("no mode `{word}`"))?;
            }
        }
        Ok(())
    }

    fn insert(&mut self, path: &str, body: Body, mode: u32, (uid, gid): (u32, u32)) {
        if let Some((parent, _)) = path.rsplit_once('/')
            && !parent.is_empty()
            && !self.0.contains_key(parent)
        {
            self.insert(parent, Body::Directory, 0o755, (0, 0));
        }
        let (file_type, size) = match &body {
            Body::Bytes(bytes) => (FileType::File, bytes.len()),
            Body::Link(target) => (FileType::Symlink, target.len()),
            Body::Directory => (FileType::Directory, 4096),
        };
        let inode = self.0.len() as u64 + 1;
        let stat = Stat { file_type, mode, uid, gid, size: size as u64, mtime: 0, links: 1, device: 1, inode };
        self.0.insert(path.to_owned(), Entry { stat, body, denied: false });
    }

    /// The entry at `path`, and its path once the links on the way, and `last` itself if it is one, are followed.
    fn resolve(&self, path: &str, follow_last: bool) -> Result<Option<(String, &Entry)>, Fault> {
        let mut todo: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let (mut here, mut links) = (String::new(), 0);
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => here.truncate(here.rfind('/').unwrap_or(0)),
                name => {
                    let next = format!("{here}/{name}");
                    let Some(entry) = self.0.get(&next) else { return Ok(None) };
                    match &entry.body {
                        Body::Link(target) if follow_last || !todo.is_empty() => {
                            links += 1;
                            if links > MAX_LINKS {
                                return Err(Fault::Failed(format!("{path}: too many levels of symbolic links")));
                            }
                            if target.starts_with('/') {
                                here.clear();
                            }
                            todo.extend(target.rsplit('/').map(str::to_owned));
                        }
                        _ => here = next,
                    }
                }
            }
        }
        let at = if here.is_empty() { "/" } else { &here };
        Ok(self.0.get(at).map(|entry| (at.to_owned(), entry)))
    }
}

fn denied(path: &str) -> Fault {
    Fault::Denied(format!("{path}: permission denied"))
}

impl Files for TreeFiles {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        Ok(self.resolve(path, false)?.map(|(_, e)| e.stat))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        Ok(self.resolve(path, true)?.map(|(_, e)| e.stat))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        match self.resolve(path, true)? {
            None => Ok(None),
            Some((_, e)) if e.denied => Err(denied(path)),
            Some((_, Entry { body: Body::Bytes(bytes), .. })) => Ok(Some(Box::new(Cursor::new(bytes.clone())))),
            Some(_) => Err(Fault::Failed(format!("{path}: is a directory"))),
        }
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some((at, entry)) = self.resolve(path, true)? else { return Ok(None) };
        if entry.denied {
            return Err(denied(path));
        }
        if !matches!(entry.body, Body::Directory) {
            return Ok(None);
        }
        let prefix = if at == "/" { at } else { at + "/" };
        let names = self.0.keys().filter_map(|k| k.strip_prefix(&prefix));
        Ok(Some(names.filter(|n| !n.is_empty() && !n.contains('/')).map(str::to_owned).collect()))
    }

    fn link(&self, path: &str) -> Result<Option<String>, Fault> {
        Ok(match self.resolve(path, false)? {
            Some((_, Entry { body: Body::Link(target), .. })) => Some(target.clone()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside_and_loops_are_a_fault() {
        let tree = TreeFiles::parse("-- /a/b 0640 1:2\nhello\n-- /l -> ../../a\n-- /x -> /x\n").unwrap();
        assert_eq!(tree.stat("/l/b").unwrap().unwrap().mode, 0o640);
        assert_eq!(tree.link("/l").unwrap().as_deref(), Some("../../a"));
        assert!(tree.stat("/x").is_err());
        assert_eq!(tree.list("/").unwrap().unwrap(), ["a", "l", "x"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_written_in_base64() {
        let tree = TreeFiles::parse("-- /a base64\nAP8\nQ\n-- /b\nAP8Q\n").unwrap();
        assert_eq!((tree.read("/a", 9), tree.stat("/a").unwrap().unwrap().size), (Ok(Some(vec![0, 255, 16])), 3));
        assert!(TreeFiles::parse("-- /a base64\nAP8\n").is_err() && TreeFiles::parse("-- /a/ base64\n").is_err());
    }
}
