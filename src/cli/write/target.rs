//! Where entries are written.

use super::plan::Entries;
use crate::cli::{NOT_OK, Paint, USAGE, refuse, say, validate};
use crate::edit::{self, Entry};
use crate::load::book::{Book, Unopened};
use crate::load::{Rejected, load, load_text};
use crate::report::printable::{bounded, line as shown};
use crate::syntax::Format;

/// The file that is written where none stands yet.
const NEW: &str = "verispec.toml";
/// Standard output, in the place of a file.
pub const STDOUT: &str = "-";

pub enum Target {
    Stdout,
    File(Book),
}

impl Target {
    /// Opens what is named, or what stands here, beside every entry that it and what it includes have. Of what is wrong is
    /// told; the error is the exit status.
    pub fn open(named: Option<&str>, paint: Paint) -> Result<(Target, Entries), u8> {
        let name = match (named, validate::standing().as_slice()) {
            (Some(STDOUT), _) => return Ok((Target::Stdout, Entries::default())),
            (Some(name), _) => name,
            (None, [name]) => name,
            (None, []) => NEW,
            (None, [first, second, ..]) => {
                say(format_args!("both {first} and {second} are here: name one with `--spec`"));
                return Err(USAGE);
            }
        };
        let untouched = |rejected: &Rejected| refuse(rejected, "; nothing is written", paint);
        let book = Book::open(name).map_err(|unopened| match unopened {
            Unopened::Because(why) => {
                say(shown(&why));
                if Format::of(name).is_none() { USAGE } else { NOT_OK }
            }
            Unopened::Rejected(rejected) => untouched(&rejected),
        })?;
        let claims = match load(&[name.to_owned()]) {
            _ if book.old.trim().is_empty() => Vec::new(),
            Ok(spec) => spec.claims,
            Err(rejected) if rejected.is_empty() => Vec::new(),
            Err(rejected) => return Err(untouched(&rejected)),
        };
        Ok((Target::File(book), Entries::of(claims)))
    }

    /// What the command line calls it, where it is a file.
    pub fn name(&self) -> Option<&str> {
        match self {
            Target::Stdout => None,
            Target::File(book) => Some(&book.name),
        }
    }

    /// Writes the entries; what was written, for a person to see.
    pub fn put(&mut self, entries: &[Entry]) -> Result<String, String> {
        match self {
            Target::Stdout => edit::put("", Format::Toml, entries),
            Target::File(book) => {
                book.put(entries)?;
                book.write()?;
                Ok(entries.iter().map(|entry| visible(entry, book.format)).collect())
            }
        }
    }
}

/// An entry as it was written, but for its secrets and what would drive a terminal.
fn visible(entry: &Entry, format: Format) -> String {
    let text = edit::print(entry, format);
    let text = match load_text("", text, format) {
        Ok(loaded) => loaded.sources.files.into_iter().map(|source| source.text).collect::<String>(),
        Err(Rejected { .. }) => return String::new(),
    };
    text.lines().map(|line| format!("{}\n", bounded(line, usize::MAX))).collect::<String>() + "\n"
}
