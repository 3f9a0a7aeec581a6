//! A spec file that is edited: read once, its text changed in memory, written whole.

use super::{MAX_BYTES, Rejected, load_text, pipe, replace};
use crate::edit::{self, Change, Entry, Refusal};
use crate::quantity;
use crate::syntax::Format;
use crate::value::Fault;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// One file of a spec.
pub struct Book {
    /// As the command line, or what includes it, has it.
    pub name: String,
    /// Behind every link.
    path: PathBuf,
    pub format: Format,
    /// What stands in the file; empty where there is none yet.
    pub old: String,
    /// What is to stand in it.
    pub text: String,
}

/// Why a file cannot be edited.
pub enum Unopened {
    /// A sentence.
    Because(String),
    /// It is no right spec.
    Rejected(Box<Rejected>),
}

impl Book {
    /// Reads what there is, and refuses what is not right.
    pub fn open(name: &str) -> Result<Book, Unopened> {
        let because = |why: String| Err(Unopened::Because(why));
        let path = fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        let Some(format) = Format::of(name) else {
            return because(format!("`{name}` must end in .toml, .yaml, .yml or .json to be written to"));
        };
        let text = match read(&path, name) {
            Ok(text) => text,
            Err(why) => return because(why),
        };
        if !text.trim().is_empty()
            && let Err(rejected) = load_text(name, text.clone(), format)
            && !rejected.is_empty()
        {
            return Err(Unopened::Rejected(Box::new(rejected)));
        }
        Ok(Book { name: name.to_owned(), path, format, old: text.clone(), text })
    }

    /// Puts entries in that are not there yet.
    pub fn put(&mut self, entries: &[Entry]) -> Result<(), Refusal> {
        self.text = edit::put(&self.text, self.format, entries)?;
        Ok(())
    }

    pub fn change(&mut self, changes: &[Change]) -> Result<(), Refusal> {
        self.text = edit::change(&self.text, self.format, changes)?;
        Ok(())
    }

    /// Whether both are one and the same file.
    pub fn is_same(&self, other: &Book) -> bool {
        self.path == other.path
    }

    /// Writes it if anything has changed, and says whether. What somebody else has written meanwhile is not lost.
    pub fn write(&self) -> Result<bool, String> {
        if self.text == self.old {
            return Ok(false);
        }
        let _alone = replace::alone(&self.path).map_err(|e| replace::failed(&self.name, &e))?;
        if read(&self.path, &self.name)? != self.old {
            return Err(format!("`{}` has changed since it was read, and is left as it is", self.name));
        }
        replace::write(&self.path, &self.text).map(|()| true).map_err(|e| replace::failed(&self.name, &e))
    }
}

/// What stands in the file at `path`; nothing if it is not there.
fn read(path: &Path, name: &str) -> Result<String, String> {
    let failed = |e: std::io::Error| Fault::from_io(format!("`{name}` cannot be read"), &e).to_string();
    let file = match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(format!("`{name}` is no regular file, and is not written to")),
        Ok(meta) => pipe::open(path, &meta).map_err(failed)?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(e) => return Err(failed(e)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("`{name}` is larger than {}", quantity::size(MAX_BYTES)));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{name}` is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_that_write_at_once_each_is_told_truly_whether_its_entry_stands() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("a.toml").display().to_string();
        let add = |n: usize| {
            let Ok(mut book) = Book::open(&name) else { panic!("it is a spec") };
            book.put(&[Entry { kind: "user".into(), name: format!("u{n}"), ..Entry::default() }]).unwrap();
            book.write()
        };
        let told: Vec<bool> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..20).map(|n| scope.spawn(move || add(n))).collect();
            all.into_iter().map(|one| one.join().unwrap().is_ok()).collect()
        });
        let text = fs::read_to_string(&name).unwrap();
        for (n, told) in told.into_iter().enumerate() {
            assert_eq!(text.contains(&format!("[user.u{n}]")), told, "u{n}\n{text}");
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(matches!(Book::open(path.to_str().unwrap()), Err(Unopened::Because(why)) if why.contains("regular")));
    }

    #[test]
    fn what_was_written_meanwhile_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let name = path.display().to_string();
        let old = "[user.root]\nuid = 0\n";
        fs::write(&path, old).unwrap();
        let Ok(mut book) = Book::open(&name) else { panic!("it is a spec") };
        assert_eq!(book.write(), Ok(false));
        book.text = old.replace('0', "1");
        fs::write(&path, "# theirs\n").unwrap();
        assert!(book.write().unwrap_err().ends_with("has changed since it was read, and is left as it is"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "# theirs\n");
        fs::write(&path, old).unwrap();
        assert_eq!(book.write(), Ok(true));
        assert_eq!(fs::read_to_string(&path).unwrap(), "[user.root]\nuid = 1\n");
        let link = folder.path().join("b.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let Ok(other) = Book::open(&link.display().to_string()) else { panic!("it is a spec") };
        assert!(other.is_same(&book));
    }
}
