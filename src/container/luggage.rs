//! What is put into a container: the program, and specs with all that they include, so that every file is found by the name
//! that it has outside.

use super::{FOLDER, PROGRAM};
use crate::host::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// The folder in [`FOLDER`] below which the specs lie.
const SPECS: &str = "specs";

/// Files that lie, in the container, to one another as they do outside.
#[derive(Debug)]
pub struct Luggage {
    /// The folder, below [`SPECS`], that stands for the one that names are relative to.
    here: PathBuf,
    files: BTreeMap<PathBuf, String>,
    folders: BTreeSet<PathBuf>,
}

/// A path as it is named from the folder `here`, which is absolute: one that begins at the root would be sought there.
pub fn relative(path: &str, here: &Path) -> String {
    let Ok(below) = Path::new(path).strip_prefix("/") else { return path.to_owned() };
    if let Ok(inner) = Path::new(path).strip_prefix(here) {
        return inner.display().to_string();
    }
    let up = here.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| "..");
    up.collect::<PathBuf>().join(below).display().to_string()
}

impl Luggage {
    /// Of texts by the names that they were read by. The error is what cannot travel, and why.
    pub fn pack(texts: impl IntoIterator<Item = (String, String)>) -> Result<Luggage, String> {
        let texts: BTreeMap<String, String> = texts.into_iter().collect();
        if let Some(name) = texts.keys().find(|name| name.starts_with('/')) {
            return Err(format!(
                "`{name}` is included by its absolute path, by which it would be sought in the container: \
                include it by a relative one"
            ));
        }
        let above = texts.keys().map(|name| above(name)).max().unwrap_or(0);
        let here: PathBuf = std::iter::once("here").cycle().take(above).collect();
        let (mut files, mut folders) = (BTreeMap::new(), BTreeSet::from([here.clone()]));
        for (name, text) in texts {
            let path = walk(&here, &name, &mut folders);
            if files.insert(path, text.clone()).is_some_and(|other| other != text) {
                return Err(format!(
                    "`{name}` is one file by way of a symbolic link, and another without: name it otherwise"
                ));
            }
        }
        Ok(Luggage { here, files, folders })
    }

    /// The working directory of a run in the container.
    pub fn here(&self) -> String {
        format!("{FOLDER}/{SPECS}/{}", self.here.display()).trim_end_matches('/').to_owned()
    }

    /// An archive of it all to unpack in the folder `in_folder`, an empty string being [`FOLDER`] itself. Others than root
    /// may read it unless it is `private`.
    pub fn archive(&self, program: &Program, in_folder: &str, private: bool) -> io::Result<Vec<u8>> {
        let mut archive = Archive::new(private);
        let at = Path::new(in_folder);
        if !in_folder.is_empty() {
            archive.folder(at)?;
        }
        archive.program(&at.join(PROGRAM), &program.bytes)?;
        let specs = at.join(SPECS);
        archive.folder(&specs)?;
        let ancestors = self.folders.iter().chain(self.files.keys()).flat_map(|path| path.ancestors().skip(1));
        let folders: BTreeSet<&Path> = ancestors.chain(self.folders.iter().map(PathBuf::as_path)).collect();
        for folder in folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()) {
            archive.folder(&specs.join(folder))?;
        }
        for (path, text) in &self.files {
            archive.file(&specs.join(path), text.as_bytes())?;
        }
        archive.finish()
    }
}

/// How many folders above the one it starts in a path leads, at most.
fn above(name: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for part in Path::new(name).components() {
        match part {
            Component::ParentDir if depth == 0 => most += 1,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    most
}

/// Where `name` leads from `here`. Every folder on the way has to be there: the kernel goes through all of them.
fn walk(here: &Path, name: &str, folders: &mut BTreeSet<PathBuf>) -> PathBuf {
    let mut path = here.to_owned();
    for part in Path::new(name).components() {
        folders.insert(path.clone());
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::Normal(part) => path.push(part),
            _ => {}
        }
    }
    path
}

/// A tar archive of root's files.
pub struct Archive {
    builder: Builder<Vec<u8>>,
    private: bool,
}

impl Archive {
    pub fn new(private: bool) -> Archive {
        Archive { builder: Builder::new(Vec::new()), private }
    }

    pub fn folder(&mut self, path: &Path) -> io::Result<()> {
        self.entry(path, EntryType::Directory, 0o755, &[])
    }

    pub fn file(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.entry(path, EntryType::Regular, 0o644, bytes)
    }

    pub fn program(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.entry(path, EntryType::Regular, 0o755, bytes)
    }

    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.builder.into_inner()
    }

    fn entry(&mut self, path: &Path, kind: EntryType, mode: u32, bytes: &[u8]) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(if self.private { mode & 0o700 } else { mode });
        header.set_size(bytes.len() as u64);
        self.builder.append_data(&mut header, path, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn pack(names: &[&str]) -> Result<Luggage, String> {
        Luggage::pack(
            names.iter().map(|name| ((*name).to_owned(), format!("text of {}", name.rsplit('/').next().unwrap()))),
        )
    }

    fn program() -> Program {
        Program { path: String::new(), bytes: b"program".to_vec(), architecture: None, loader: None }
    }

    #[test]
    fn every_name_leads_to_its_file_from_the_working_directory() {
        let names =
            ["web.toml", "./roles/a.toml", "../shared/b.toml", "../../c.toml", "x/../y/d.toml", "<standard input>"];
        let luggage = pack(&names).unwrap();
        let root = tempfile::tempdir().unwrap();
        tar::Archive::new(&*luggage.archive(&program(), ".verispec", false).unwrap()).unpack(root.path()).unwrap();
        let here = root.path().join(luggage.here().trim_start_matches('/'));
        for name in names {
            let text = std::fs::read_to_string(here.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(text.ends_with(name.rsplit('/').next().unwrap()), "{name}: {text}");
        }
        assert_eq!(std::fs::read(root.path().join(".verispec/verispec")).unwrap(), b"program");
    }

    #[test]
    fn names_that_no_header_has_room_for_travel() {
        let long = format!("{}/{}.toml", "d".repeat(120), "f".repeat(200));
        let bytes = pack(&[&long]).unwrap().archive(&program(), "", true).unwrap();
        let mut archive = tar::Archive::new(&*bytes);
        let found = archive.entries().unwrap().map(Result::unwrap).find(|e| e.path().unwrap().ends_with(&long));
        let mut entry = found.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert!(text.ends_with("f.toml") && entry.header().mode().unwrap() == 0o600);
    }

    #[test]
    fn what_would_be_another_file_there_does_not_travel() {
        assert!(pack(&["/etc/verispec/common.toml"]).unwrap_err().contains("include it by a relative one"));
        let texts = [("a/../x.toml".to_owned(), "one".to_owned()), ("x.toml".to_owned(), "other".to_owned())];
        assert!(Luggage::pack(texts).unwrap_err().contains("symbolic link"));
    }

    #[test]
    fn an_absolute_name_becomes_one_from_here() {
        for (path, from_here) in [
            ("/srv/specs/web.toml", "web.toml"),
            ("/srv/web.toml", "../../srv/web.toml"),
            ("/etc/verispec/x.toml", "../../etc/verispec/x.toml"),
            ("web.toml", "web.toml"),
            ("-", "-"),
        ] {
            assert_eq!(relative(path, Path::new("/srv/specs")), from_here);
        }
        assert_eq!(relative("/x.toml", Path::new("/")), "x.toml");
    }
}
