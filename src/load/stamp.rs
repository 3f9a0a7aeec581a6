//! Whether the files of a spec are still as they were when it was read, by what stat(2) tells of them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

/// A file that was written this short a time ago may be written again without its times telling.
const GRAIN: Duration = Duration::from_secs(2);

/// What the files of a spec looked like.
#[derive(Clone)]
pub struct Stamp {
    /// SHA-256 of all texts and of what is wrong with them.
    digest: [u8; 32],
    seen: Seen,
}

/// What is read, noted as it is read: what is looked at afterwards may be something else already.
#[derive(Clone)]
pub(super) struct Seen {
    /// By the path that was opened. `None` where there is nothing that may be looked at.
    files: BTreeMap<PathBuf, Option<Mark>>,
    /// Globs of includes and what matches them.
    globs: BTreeMap<String, Matches>,
    /// Second from which on a change is too young for times to tell of the next one.
    young: i64,
    /// Times cannot tell: look again.
    doubtful: bool,
}

/// Paths, and in place of a directory that cannot be read the error's.
type Matches = Vec<Result<PathBuf, PathBuf>>;

/// A symbolic link is what it leads to: a Kubernetes ConfigMap changes by a link alone.
#[derive(Clone, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    /// Of a regular file. Others change whenever they are used, which says nothing about the spec.
    content: Option<Content>,
}

#[derive(Clone, PartialEq, Eq)]
struct Content {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Default for Seen {
    fn default() -> Seen {
        let young = (OffsetDateTime::now_utc() - GRAIN).unix_timestamp();
        Seen { files: BTreeMap::new(), globs: BTreeMap::new(), young, doubtful: false }
    }
}

impl Seen {
    /// Notes a file as it was opened, or that there is none.
    pub(super) fn file(&mut self, path: &Path, meta: Option<&Metadata>) {
        let mark = meta.map(Mark::of);
        let content = mark.as_ref().and_then(|mark| mark.content.as_ref());
        self.doubtful |= content.is_some_and(|content| content.changed.0 >= self.young);
        match self.files.entry(path.to_owned()) {
            // It has changed between two readings, both of which count.
            Entry::Occupied(before) => self.doubtful |= *before.get() != mark,
            Entry::Vacant(new) => _ = new.insert(mark),
        }
    }

    /// Notes what matches a glob.
    pub(super) fn glob(&mut self, glob: &str, found: &[glob::GlobResult]) {
        let found = found.iter().map(matched).collect();
        match self.globs.entry(glob.to_owned()) {
            Entry::Occupied(before) => self.doubtful |= *before.get() != found,
            Entry::Vacant(new) => _ = new.insert(found),
        }
    }

    /// Notes that reading failed for a reason that may pass without a file changing.
    pub(super) fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// With the digest of what was read.
    pub(super) fn stamp<'t>(self, texts: impl IntoIterator<Item = &'t str>) -> Stamp {
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        Stamp { digest: digest.finalize().into(), seen: self }
    }

    fn file_now(&mut self, path: &Path) {
        self.file(path, metadata(path).as_ref());
    }

    fn glob_now(&mut self, glob: &str) {
        self.glob(glob, &expand(glob));
    }
}

impl Stamp {
    /// Of files as they are now.
    #[cfg(test)]
    pub fn new<'t>(
        texts: impl IntoIterator<Item = &'t str>,
        files: impl IntoIterator<Item = PathBuf>,
        globs: impl IntoIterator<Item = String>,
    ) -> Stamp {
        let mut seen = Seen::default();
        files.into_iter().for_each(|path| seen.file_now(&path));
        globs.into_iter().for_each(|glob| seen.glob_now(&glob));
        seen.stamp(texts)
    }

    /// Whether they may be others now.
    pub fn is_old(&self) -> bool {
        let Seen { files, globs, doubtful, .. } = &self.seen;
        *doubtful
            || files.iter().any(|(path, before)| metadata(path).as_ref().map(Mark::of) != *before)
            || globs.iter().any(|(glob, before)| !expand(glob).iter().map(matched).eq(before.iter().cloned()))
    }

    /// Whether both are of the same texts, with the same wrong.
    pub fn says_the_same(&self, other: &Stamp) -> bool {
        self.digest == other.digest
    }

    /// With the files of `other`, too: those that a spec which cannot be read does not name. They count as they are now,
    /// for nothing of them was read.
    pub fn with(&self, other: &Stamp) -> Stamp {
        let (own, mut both) = (&self.seen, self.clone());
        let files = other.seen.files.keys().filter(|path| !own.files.contains_key(*path));
        files.for_each(|path| both.seen.file_now(path));
        let globs = other.seen.globs.keys().filter(|glob| !own.globs.contains_key(*glob));
        globs.for_each(|glob| both.seen.glob_now(glob));
        both
    }
}

impl Mark {
    fn of(meta: &Metadata) -> Mark {
        let content = meta.is_file().then(|| Content {
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        });
        Mark { device: meta.dev(), inode: meta.ino(), content }
    }
}

fn metadata(path: &Path) -> Option<Metadata> {
    std::fs::metadata(path).ok()
}

fn expand(glob: &str) -> Vec<glob::GlobResult> {
    glob::glob(glob).map(Iterator::collect).unwrap_or_default()
}

fn matched(found: &glob::GlobResult) -> Result<PathBuf, PathBuf> {
    match found {
        Ok(path) => Ok(path.clone()),
        Err(why) => Err(why.path().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Loader, load_stamped};
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A stamp that does not doubt what is young.
    fn stamp(files: &[PathBuf], glob: &str) -> Stamp {
        patient(Stamp::new([], files.iter().cloned(), [glob.to_owned()]))
    }

    fn patient(mut stamp: Stamp) -> Stamp {
        stamp.seen.doubtful = false;
        stamp
    }

    #[test]
    fn what_is_written_replaced_removed_or_comes_newly_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.toml"), folder.path().join("link"));
        let glob = folder.path().join("*.toml").display().to_string();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.toml", "one");
        symlink("a.toml", &link).unwrap();
        let both = [file.clone(), link.clone()];
        let now = || stamp(&both, &glob);
        assert!(!now().is_old());
        let before = now();
        write("a.toml", "longer");
        assert!(before.is_old());
        let before = now();
        write("b.toml", "another");
        assert!(before.is_old());
        let before = now();
        fs::remove_file(&link).unwrap();
        symlink("b.toml", &link).unwrap();
        assert!(before.is_old());
        let before = now();
        fs::rename(folder.path().join("b.toml"), &file).unwrap();
        assert!(before.is_old());
        let before = now();
        fs::remove_file(&file).unwrap();
        assert!(before.is_old());
        assert!(!now().is_old());
    }

    #[test]
    fn what_is_young_is_looked_at_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        fs::write(&file, "one").unwrap();
        assert!(Stamp::new([], [file], []).is_old());
        assert!(!Stamp::new([], [PathBuf::from("/bin/sh"), PathBuf::from("/nonexistent")], []).seen.doubtful);
    }

    fn fifo(path: &Path) {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }

    fn said(read: Result<super::super::Spec, super::super::Rejected>) -> Vec<String> {
        read.err().unwrap().wrong.into_iter().map(|one| one.message).collect()
    }

    fn names(paths: &[&Path]) -> Vec<String> {
        paths.iter().map(|path| path.to_str().unwrap().to_owned()).collect()
    }

    /// Files that lay there long before the test.
    fn licence(which: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("LICENSE-{which}"))
    }

    #[test]
    fn a_link_that_leads_elsewhere_before_all_is_read_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
        symlink(licence("MIT"), &link).unwrap();
        fifo(&pipe);
        for swap in [true, false] {
            let swapper = std::thread::spawn({
                let (link, pipe) = (link.clone(), pipe.clone());
                move || {
                    // Nobody reads the pipe before the link has been followed and its text taken in.
                    let mut file = fs::OpenOptions::new().write(true).open(pipe).unwrap();
                    if swap {
                        fs::remove_file(&link).unwrap();
                        symlink(licence("APACHE"), &link).unwrap();
                    }
                    std::io::Write::write_all(&mut file, b"[file.'/a']\n").unwrap();
                }
            });
            let (read, stamp) = load_stamped(&names(&[&link, &pipe]), false);
            swapper.join().unwrap();
            assert!(read.is_err() && !stamp.seen.doubtful);
            assert_eq!(stamp.is_old(), swap);
        }
    }

    #[test]
    fn what_changes_between_its_reading_and_the_stamp_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let main = at("main.toml");
        // Each begins with the same files: a spec that includes what lies beside it, and itself by a link.
        let begin = || {
            fs::read_dir(folder.path()).unwrap().for_each(|old| {
                let old = old.unwrap().path();
                fs::remove_file(&old).or_else(|_| fs::remove_dir(&old)).unwrap();
            });
            fs::write(&main, "include = ['*.toml', 'gone']\n").unwrap();
            fs::write(at("a.toml"), "[file.'/a']\n").unwrap();
            fs::create_dir(at("d.toml")).unwrap();
            symlink("main.toml", at("self.toml")).unwrap();
            let mut loader = Loader::default();
            // Nothing is too young.
            loader.seen.young = i64::MAX;
            loader.file(&main, main.to_str().unwrap(), None);
            assert_eq!((loader.wrong.len(), loader.claims.len()), (1, 1));
            loader.seen
        };
        let stays = begin().stamp([]);
        assert!(!stays.is_old());
        let changes: [(&str, &dyn Fn()); 6] = [
            ("written", &|| fs::write(at("a.toml"), "[file.'/longer']\n").unwrap()),
            ("come", &|| fs::write(at("b.toml"), "[file.'/b']\n").unwrap()),
            ("come that was named", &|| fs::write(at("gone"), "[file.'/b']\n").unwrap()),
            ("gone", &|| fs::remove_file(at("a.toml")).unwrap()),
            ("a directory's place", &|| {
                fs::remove_dir(at("d.toml")).unwrap();
                fs::write(at("d.toml"), "[file.'/d']\n").unwrap();
            }),
            ("another than itself", &|| {
                fs::remove_file(at("self.toml")).unwrap();
                symlink("a.toml", at("self.toml")).unwrap();
            }),
        ];
        for (what, change) in changes {
            let seen = begin();
            change();
            let stamp = seen.stamp([]);
            assert!(stamp.is_old(), "{what}");
            // Nor does it count as read for what it is by now because of another stamp.
            assert!(stamp.with(&Stamp::new([], [main.clone(), at("a.toml")], [])).is_old(), "{what}");
        }
    }

    #[test]
    fn a_file_that_may_be_read_at_last_is_seen_and_what_may_pass_is_tried_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        fs::write(&file, "").unwrap();
        // As root would be let in, the refusal is made up.
        let mut loader = Loader::default();
        loader.seen.young = i64::MAX;
        let meta = file.metadata().unwrap();
        loader.unreadable(&file, "a.toml", Some(&meta), &std::io::ErrorKind::PermissionDenied.into());
        let stamp = loader.seen.stamp([]);
        assert!(!stamp.is_old());
        std::thread::sleep(Duration::from_millis(50));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(stamp.is_old());
        let mut loader = Loader::default();
        loader.seen.young = i64::MAX;
        loader.unreadable(&file, "a.toml", Some(&meta), &rustix::io::Errno::MFILE.into());
        assert!(loader.seen.stamp([]).seen.doubtful);
    }

    #[test]
    fn a_refusal_and_the_same_texts_without_one_do_not_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (a, pipe) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        fs::write(&a, "[file.'/a']\n").unwrap();
        fifo(&pipe);
        let (refused, before) = load_stamped(&names(&[&a, &pipe]), true);
        let (read, after) = load_stamped(&names(&[&a]), true);
        assert!(refused.is_err() && read.is_ok() && !before.says_the_same(&after));
        assert!(after.says_the_same(&load_stamped(&names(&[&a]), true).1));
    }

    #[test]
    fn what_is_read_again_never_waits() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fifo(&at("pipe"));
        symlink("pipe", at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        fs::write(at("main.toml"), format!("include = ['{}']\n", at("pipe").display())).unwrap();
        for (path, why) in [
            (at("pipe"), "pipe` is a pipe: only a regular file can be read again"),
            (at("link"), "link` is a pipe: only a regular file can be read again"),
            (at("socket"), "socket` is a socket: only a regular file can be read again"),
            (PathBuf::from("/dev/zero"), "`/dev/zero` is a device: only a regular file can be read again"),
            (at("folder"), "folder` is a directory; name a file in it"),
            (at("main.toml"), "pipe` is no file that can be included"),
            (PathBuf::from("-"), "standard input can be read once, and has been read before"),
        ] {
            let begun = std::time::Instant::now();
            let (read, stamp) = load_stamped(&names(&[&path]), true);
            let said = said(read);
            assert!(said.len() == 1 && said[0].ends_with(why), "{said:?}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{}", path.display());
            assert!(!patient(stamp).is_old(), "{}", path.display());
        }
    }

    #[test]
    fn a_file_in_the_place_of_a_pipe_is_seen_and_the_pipes_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        fifo(&pipe);
        let (_, stamp) = load_stamped(&names(&[&pipe]), true);
        let file = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        std::io::Write::write_all(&mut &file, b"x").unwrap();
        assert!(!stamp.is_old());
        fs::remove_file(&pipe).unwrap();
        fs::write(&pipe, "[file.'/a']\n").unwrap();
        assert!(stamp.is_old());
        assert!(load_stamped(&names(&[&pipe]), true).0.is_ok());
    }
}
