//! Entries for what was seen, into a spec: what `add`, `autoadd` and `coverage --add` end with.

use super::{NOT_OK, OK, Paint, USAGE, print, refuse, say, validate};
use crate::edit::{self, Entry};
use crate::host::Host;
use crate::load::book::{Book, Unopened};
use crate::load::{Rejected, load, load_text};
use crate::quantity;
use crate::report::printable::{bounded, line as shown};
use crate::resource::{KINDS, Kind};
use crate::secret::mask;
use crate::snapshot::{How, Subject, snapshot};
use crate::spec::Claim;
use crate::syntax::{Format, nearest};
use globset::{Glob, GlobBuilder, GlobSetBuilder};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// Where entries are written, and how the things are looked at.
#[derive(Debug, clap::Args)]
pub(super) struct Writing {
    /// The spec to write into, by its ending TOML, YAML or JSON; `-` prints TOML [default: the verispec.toml, .yaml, .yml or .json
    /// that is here, else a new verispec.toml]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    spec: Option<String>,
    /// Keys to leave out, such as `mode` or `file.*` (again for more)
    #[arg(long, value_name = "GLOB")]
    exclude_key: Vec<String>,
    /// Writes the SHA-256 of files, too
    #[arg(long)]
    hashes: bool,
    /// Looks so often: what stayed is written as it is, what moved as a range
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    samples: u16,
    /// How long to wait between two looks
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = wait)]
    every: Duration,
    /// How long one look may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = wait)]
    timeout: Duration,
}

fn wait(text: &str) -> Result<Duration, String> {
    let wrong = "a time has a number and a unit, such as `30s`, `500ms` or `5m`";
    quantity::parse_wait(text).ok_or_else(|| wrong.into())
}

impl Writing {
    /// The spec that is named.
    pub fn named(&self) -> Option<&str> {
        self.spec.as_deref()
    }

    /// Names one where none is named.
    pub fn name(&mut self, name: &str) {
        self.spec.get_or_insert_with(|| name.to_owned());
    }

    /// The error is why a glob is none.
    pub fn how(&self) -> Result<How, String> {
        let mut globs = GlobSetBuilder::new();
        for text in &self.exclude_key {
            let glob = GlobBuilder::new(text).build().map_err(|e| format!("`{text}` is not a glob: {}", e.kind()))?;
            if !excludes_something(&glob) {
                return Err(no_key(text));
            }
            globs.add(glob);
        }
        let exclude = globs.build().map_err(|e| e.to_string())?;
        let (samples, every, timeout) = (usize::from(self.samples), self.every, self.timeout);
        Ok(How { exclude, digests: self.hashes, samples, every, timeout })
    }
}

/// Every key, as it is and with its kind.
fn keys() -> impl Iterator<Item = (&'static str, String)> {
    let of =
        |kind: &'static Kind| (kind.keys)().into_iter().map(|key| (key.name, format!("{}.{}", kind.name, key.name)));
    KINDS.iter().flat_map(of)
}

fn excludes_something(glob: &Glob) -> bool {
    let glob = glob.compile_matcher();
    keys().any(|(key, full)| glob.is_match(key) || glob.is_match(full))
}

/// What is said of a glob that leaves out nothing.
fn no_key(text: &str) -> String {
    let presences = || KINDS.iter().filter_map(|kind| Some((kind.name, kind.presence?.name)));
    if presences().any(|(kind, name)| text == name || text == format!("{kind}.{name}")) {
        return format!("`{text}` says whether a thing is there, which is never left out");
    }
    let all: Vec<(&str, String)> = keys().collect();
    let names = all.iter().flat_map(|(key, full)| [*key, full.as_str()]);
    match nearest(text, names) {
        Some(near) => format!("`{text}` is no key of any kind: did you mean `{near}`?"),
        None => format!("`{text}` is no key of any kind: `verispec kinds KIND` lists them"),
    }
}

/// The file that is written where none stands yet.
const NEW: &str = "verispec.toml";
/// Standard output, in the place of a file.
pub(super) const STDOUT: &str = "-";

/// Looks at the subjects and writes those that the spec does not speak of yet; of one that is not there, that it is not if
/// `absent` says so, else nothing. Prints what it wrote and says on standard error what it left out.
pub(super) fn write(writing: &Writing, subjects: &[Subject], absent: bool, paint: Paint) -> io::Result<u8> {
    let how = match writing.how() {
        Ok(how) => how,
        Err(why) => {
            say(why);
            return Ok(USAGE);
        }
    };
    let mut spec = match Spec::open(writing.spec.as_deref(), paint) {
        Ok(spec) => spec,
        Err(status) => return Ok(status),
    };
    let (mut wanted, mut known) = (Vec::<&Subject>::new(), 0);
    let mut left_out = 0;
    for subject in subjects {
        let is_same = |other: &&Subject| {
            let one_speaks_of_both = (subject.kind.speaks_of)(other.target(), subject.target());
            other.kind.name == subject.kind.name && (other.name == subject.name || one_speaks_of_both)
        };
        match spec.knows(subject) {
            Known::Yes => known += 1,
            Known::NameIsTaken => {
                tell(subject, "its name is taken by an entry that is about another");
                left_out += 1;
            }
            Known::No if wanted.iter().any(is_same) => {}
            Known::No => wanted.push(subject),
        }
    }
    let wanted: Vec<Subject> = wanted.into_iter().cloned().collect();
    if how.samples > 1 && !wanted.is_empty() && io::stderr().is_terminal() {
        say(format_args!("looking {} times, {} apart", how.samples, quantity::duration(how.every)));
    }
    let mut entries = Vec::new();
    for (subject, seen) in wanted.iter().zip(snapshot(&Host::local(), &wanted, &how)) {
        match seen {
            Ok(seen) if seen.there || absent => {
                for (key, fault) in seen.unseen {
                    tell(subject, format_args!("`{key}` is left out: {fault}"));
                }
                for (key, doubt) in seen.doubts {
                    tell(subject, format_args!("`{key}` is written as it was, but {doubt}"));
                }
                entries.push(seen.entry);
            }
            Ok(_) => tell(subject, "it is not there"),
            Err(fault) => {
                tell(subject, fault);
                left_out += 1;
            }
        }
    }
    let written = if entries.is_empty() { Ok(String::new()) } else { spec.put(&entries) };
    match written {
        Ok(text) => _ = print(&text)?,
        Err(why) => {
            say(shown(&why));
            return Ok(NOT_OK);
        }
    }
    if let Spec::File { book, .. } = &spec {
        let name = shown(&book.name);
        match (entries.len(), known) {
            (0, 0) => say(format_args!("{name}: nothing is added")),
            (0, 1) => say(format_args!("{name}: nothing is added, it was there already")),
            (0, known) if left_out == 0 => {
                say(format_args!("{name}: nothing is added, all {known} were there already"))
            }
            (0, known) => say(format_args!("{name}: nothing is added, {known} were there already")),
            (added, 0) => say(format_args!("{name}: {} added", counted(added))),
            (added, 1) => say(format_args!("{name}: {} added, 1 was there", counted(added))),
            (added, known) => say(format_args!("{name}: {} added, {known} were there", counted(added))),
        }
    }
    Ok(if left_out > 0 || (entries.is_empty() && known == 0) { NOT_OK } else { OK })
}

fn counted(entries: usize) -> String {
    if entries == 1 { "1 entry".into() } else { format!("{entries} entries") }
}

/// A line about one thing.
fn tell(subject: &Subject, what: impl std::fmt::Display) {
    say(format_args!("{} `{}`: {}", subject.kind.name, shown(&mask(&subject.name)), shown(&what.to_string())));
}

/// Where entries go.
enum Spec {
    Stdout,
    /// A file, and every entry that it and what it includes have.
    File {
        book: Book,
        claims: Vec<Claim>,
    },
}

/// Whether a spec speaks of a thing.
enum Known {
    Yes,
    /// An entry is called so, and is about another thing.
    NameIsTaken,
    No,
}

impl Spec {
    /// Opens what is named, or what stands here. Of what is wrong is told; the error is the exit status.
    fn open(named: Option<&str>, paint: Paint) -> Result<Spec, u8> {
        let name = match (named, validate::standing().as_slice()) {
            (Some(STDOUT), _) => return Ok(Spec::Stdout),
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
        Ok(Spec::File { book, claims })
    }

    fn knows(&self, subject: &Subject) -> Known {
        let Spec::File { claims, .. } = self else { return Known::No };
        let mut of_kind = claims.iter().filter(|claim| claim.kind.name == subject.kind.name);
        if of_kind.clone().any(|claim| (subject.kind.speaks_of)(claim.target(), subject.target())) {
            return Known::Yes;
        }
        match of_kind.any(|claim| *claim.id == *subject.name) {
            true => Known::NameIsTaken,
            false => Known::No,
        }
    }

    /// Writes the entries; what was written, for a person to see.
    fn put(&mut self, entries: &[Entry]) -> Result<String, String> {
        match self {
            Spec::Stdout => edit::put("", Format::Toml, entries),
            Spec::File { book, .. } => {
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
