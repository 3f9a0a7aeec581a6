//! A spec file that is edited: read once, its text changed in memory, written whole.

use super::written::Written;
use super::{Rejected, load_text, text_of};
use crate::edit::{self, Change, Entry, Refusal};
use crate::syntax::Format;

/// One file of a spec.
pub struct Book {
    /// As the command line, or what includes it, has it.
    pub name: String,
    file: Written,
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
        let Some(format) = Format::of(name) else {
            return because(format!("`{name}` must end in .toml, .yaml, .yml or .json to be written to"));
        };
        let file = Written::at(name).map_err(Unopened::Because)?;
        let bytes = file.read().map_err(Unopened::Because)?;
        let text = text_of(name, bytes).map_err(|rejected| Unopened::Rejected(Box::new(rejected)))?;
        if !text.trim().is_empty()
            && let Err(rejected) = load_text(name, text.clone(), format)
            && !rejected.is_empty()
        {
            return Err(Unopened::Rejected(Box::new(rejected)));
        }
        Ok(Book { name: name.to_owned(), file, format, old: text.clone(), text })
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
        self.file.path == other.file.path
    }

    /// Writes it if anything has changed, and says whether. What somebody else has written meanwhile is not lost.
    pub fn write(&self) -> Result<bool, String> {
        if self.text == self.old {
            return Ok(false);
        }
        self.file.write(&self.old, &self.text).map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
