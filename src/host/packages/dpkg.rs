//! Debian's packages, from `/var/lib/dpkg/status` and the journal beside it (dpkg(1), deb822(5)).
//!
//! Installed is what `dpkg --list` marks `i` in its second column and does not mark as broken. What is half-installed,
//! unpacked, half-configured, waiting for a trigger, or has only its configuration left is not installed.
//!
//! dpkg writes the whole file anew and ends it with a blank line. So a file cut anywhere inside a stanza shows. One cut
//! just behind the blank line between two stanzas does not, but for the lists of files that dpkg keeps beside it.

use super::{Database, Manager, Package};
use crate::host::{Host, Stat};
use crate::value::{Fault, VersionOrder};
use memchr::memchr;

pub(super) mod status_d;

pub(super) const STATUS: &str = "/var/lib/dpkg/status";
/// Files named by a number, each a stanza that has replaced the one in `status`; dpkg merges them now and then.
pub(super) const JOURNAL: &str = "/var/lib/dpkg/updates";
/// Has a `.list` for every package that is unpacked.
pub(super) const INFO: &str = "/var/lib/dpkg/info";

/// How often the files are read before it is given up to see them while dpkg leaves them alone.
const ATTEMPTS: usize = 5;
/// Bytes that a line may have.
const LONGEST_LINE: usize = 1 << 20;

/// One package as dpkg records it, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stanza {
    pub name: Box<str>,
    architecture: Box<str>,
    version: Box<str>,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub held: bool,
    pub installed: bool,
}

/// How a file of stanzas speaks of a package's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub status: fn(&str) -> Result<State, String>,
    /// The state of a package that has no `Status`, if it may have none.
    pub unsaid: Option<State>,
}

const DIALECT: Dialect = Dialect { status: state, unsaid: None };

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    for _ in 0..ATTEMPTS {
        let before = watch(host)?;
        // Piece by piece, because half of what it takes to read a file into memory is the memory.
        let mut status = Reader::new();
        if host.stream(STATUS, |piece| status.feed(piece))?.is_none() || status.is_empty {
            return absent(host);
        }
        let mut journal = Vec::new();
        for name in &before.1 {
            let path = format!("{JOURNAL}/{name}");
            if let Some(bytes) = host.read(&path)? {
                journal.push((path, bytes));
            }
        }
        if before == watch(host)? && journal.len() == before.1.len() {
            return installed(status, &journal).map(Some);
        }
    }
    Err(Fault::Failed(format!("{STATUS} changed while it was read: dpkg is at work")))
}

/// What changes when dpkg writes: the status file, and the journal's numbers in order.
fn watch(host: &Host) -> Result<(Option<Stat>, Vec<String>), Fault> {
    let mut journal = host.files().list(JOURNAL)?.unwrap_or_default();
    journal.retain(|name| name.bytes().all(|b| b.is_ascii_digit()));
    // All are of one length, or dpkg itself refuses them.
    journal.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Ok((host.files().stat(STATUS)?, journal))
}

/// No status file, or an empty one, is a host without packages of dpkg's only if dpkg knows no package's files either.
fn absent(host: &Host) -> Result<Option<Database>, Fault> {
    match unpacked(host)?.is_empty() {
        false => Err(Fault::Malformed(format!("{STATUS} is missing or empty, but {INFO} lists packages"))),
        true => Ok(None),
    }
}

/// The packages of which there is a list of files: `NAME.list`, or `NAME:ARCHITECTURE.list`.
pub(super) fn unpacked(host: &Host) -> Result<Vec<String>, Fault> {
    lists(host, INFO)
}

pub(super) fn lists(host: &Host, directory: &str) -> Result<Vec<String>, Fault> {
    let names = host.files().list(directory)?.unwrap_or_default();
    let package = |file: &String| file.strip_suffix(".list").and_then(|n| n.split(':').next()).map(str::to_owned);
    Ok(names.iter().filter_map(package).collect())
}

/// What is installed by `status` once `journal` (path and contents, in order) is played over it.
fn installed(status: Reader, journal: &[(String, Vec<u8>)]) -> Result<Database, Fault> {
    let malformed = |path: &str, why: String| Fault::Malformed(format!("{path}: {why}"));
    if status.end != *b"\n\n" {
        return Err(malformed(STATUS, "cut short: it does not end with a blank line".into()));
    }
    let mut all = status.finish().map_err(|why| malformed(STATUS, why))?;
    all.sort_by(|a, b| a.key().cmp(&b.key()));
    if let Some([Stanza { name, architecture, .. }, _]) = all.array_windows().find(|[a, b]| a.key() == b.key()) {
        return Err(malformed(STATUS, format!("`{name}:{architecture}` stands there twice")));
    }
    for (path, bytes) in journal {
        if !bytes.ends_with(b"\n") {
            return Err(malformed(path, "cut short: it does not end with a line".into()));
        }
        for stanza in stanzas(bytes).map_err(|why| malformed(path, why))? {
            match all.binary_search_by(|s| s.key().cmp(&stanza.key())) {
                Ok(place) => all[place] = stanza,
                Err(place) => {
                    replace_nameless(&mut all, &stanza).map_err(|why| malformed(path, why))?;
                    all.insert(place, stanza);
                }
            }
        }
    }
    let (installed, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|s| s.state.installed);
    Ok(Database {
        installed: installed.into_iter().map(|stanza| stanza.package(Manager::Dpkg)).collect(),
        others: others.into_iter().map(|s| s.name).collect(),
    })
}

/// A stanza of a package that is gone may name no architecture: it is then about the only one there is.
fn replace_nameless(all: &mut [Stanza], new: &Stanza) -> Result<(), String> {
    if !new.architecture.is_empty() {
        return Ok(());
    }
    let mut same = all.iter_mut().filter(|s| s.name == new.name && s.state.installed);
    match (same.next(), same.next()) {
        (Some(old), None) => old.state.installed = false,
        (Some(_), Some(_)) => return Err(format!("it does not say which architecture of `{}` it is about", new.name)),
        (None, _) => {}
    }
    Ok(())
}

/// The fields that are looked at; the others need only be fields.
#[derive(Debug, Default)]
struct Fields {
    package: Option<Box<str>>,
    status: Option<State>,
    version: Option<Box<str>>,
    architecture: Option<Box<str>>,
    /// Any field at all.
    begun: bool,
}

/// Reads stanzas out of pieces of text that end anywhere.
#[derive(Debug)]
pub(super) struct Reader {
    dialect: Dialect,
    all: Vec<Stanza>,
    fields: Fields,
    /// The number of the last line.
    line: usize,
    /// The beginning of a line whose end is in a piece to come.
    begun: Vec<u8>,
    /// The last two bytes.
    end: [u8; 2],
    is_empty: bool,
    has_nul: bool,
    /// On which line it is no database, and why; nothing is read after it.
    wrong: Option<String>,
}

/// Reads every stanza; says on which line it is none.
fn stanzas(bytes: &[u8]) -> Result<Vec<Stanza>, String> {
    let mut reader = Reader::new();
    reader.feed(bytes);
    reader.finish()
}

impl Reader {
    fn new() -> Reader {
        Reader::of(DIALECT)
    }

    pub(super) fn of(dialect: Dialect) -> Reader {
        Reader {
            dialect,
            all: vec![],
            fields: Fields::default(),
            line: 0,
            begun: vec![],
            end: [0; 2],
            is_empty: true,
            has_nul: false,
            wrong: None,
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.end = match *piece {
            [.., a, b] => [a, b],
            [b] => [self.end[1], b],
            [] => self.end,
        };
        self.is_empty &= piece.is_empty();
        self.has_nul |= memchr(0, piece).is_some();
        let mut rest = piece;
        while let (Some(end), None) = (memchr(b'\n', rest), &self.wrong) {
            let (line, next) = (&rest[..end], &rest[end + 1..]);
            rest = next;
            if self.begun.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.begun);
                whole.extend_from_slice(line);
                self.line(&whole);
            }
        }
        // A line of a database is a few hundred bytes; what has none is not kept.
        if self.wrong.is_none() {
            self.begun.extend_from_slice(rest);
            if self.begun.len() > LONGEST_LINE {
                self.wrong = Some(at(self.line + 1, format!("longer than {LONGEST_LINE} bytes")));
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        self.line += 1;
        let read = match line.first() {
            None if self.fields.begun => {
                std::mem::take(&mut self.fields).stanza(self.dialect).map(|stanza| self.all.push(stanza))
            }
            None => Ok(()),
            Some(b' ' | b'\t') if self.fields.begun => Ok(()),
            Some(_) => self.fields.line(line, self.dialect),
        };
        if let Err(why) = read {
            self.wrong = Some(at(self.line, why));
        }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Stanza>, String> {
        if self.wrong.is_none() && !self.begun.is_empty() {
            let last = std::mem::take(&mut self.begun);
            self.line(&last);
        }
        if self.wrong.is_none() && self.fields.begun {
            self.line(b"");
        }
        match self.wrong {
            _ if self.has_nul => Err("it has NUL bytes in it".into()),
            Some(why) => Err(why),
            None if self.all.is_empty() => Err("it has no package in it".into()),
            None => Ok(self.all),
        }
    }
}

fn at(line: usize, why: String) -> String {
    format!("line {line}: {why}")
}

impl Fields {
    fn line(&mut self, line: &[u8], dialect: Dialect) -> Result<(), String> {
        let no_field = || format!("`{}` is no field", shown(line));
        let colon = memchr(b':', line).ok_or_else(no_field)?;
        let (name, value) = (line[..colon].trim_ascii_end(), &line[colon + 1..]);
        if name.is_empty() || name.iter().any(|b| !b.is_ascii_graphic()) {
            return Err(no_field());
        }
        self.begun = true;
        let place = match name {
            _ if name.eq_ignore_ascii_case(b"Package") => &mut self.package,
            _ if name.eq_ignore_ascii_case(b"Version") => &mut self.version,
            _ if name.eq_ignore_ascii_case(b"Architecture") => &mut self.architecture,
            _ if name.eq_ignore_ascii_case(b"Status") => {
                let state = (dialect.status)(text(name, value)?)?;
                return once(name, self.status.replace(state).is_none());
            }
            _ => return Ok(()),
        };
        let text = text(name, value)?;
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("`{text}` is no {}", shown(name).to_ascii_lowercase()));
        }
        once(name, place.replace(text.into()).is_none())
    }

    fn stanza(self, dialect: Dialect) -> Result<Stanza, String> {
        let name = self.package.ok_or("the stanza above names no `Package`")?;
        let state = self.status.or(dialect.unsaid).ok_or_else(|| format!("`{name}` has no `Status`"))?;
        let version = match self.version {
            Some(version) => version,
            None if state.installed => return Err(format!("`{name}` is installed but has no `Version`")),
            None => Box::default(),
        };
        Ok(Stanza { name, architecture: self.architecture.unwrap_or_default(), version, state })
    }
}

fn text<'v>(name: &[u8], value: &'v [u8]) -> Result<&'v str, String> {
    let text = str::from_utf8(value).map_err(|_| format!("`{}: {}` is not text", shown(name), shown(value)))?.trim();
    if text.is_empty() { Err(format!("`{}` is empty", shown(name))) } else { Ok(text) }
}

fn once(name: &[u8], first: bool) -> Result<(), String> {
    if first { Ok(()) } else { Err(format!("`{}` stands twice in one stanza", shown(name))) }
}

fn state(status: &str) -> Result<State, String> {
    let mut words = status.split_ascii_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        // A flag other than `ok` says that it must be installed again.
        (Some(want), Some(flag), Some(state), None) if WANTS.contains(&want) && STATES.contains(&state) => {
            Ok(State { held: want == "hold", installed: state == "installed" && flag == "ok" })
        }
        _ => Err(format!("`{status}` is no status of a package")),
    }
}

/// dpkg(1), "Package selection states".
const WANTS: &[&str] = &["unknown", "install", "hold", "deinstall", "purge"];
/// dpkg(1), "Package states".
const STATES: &[&str] = &[
    "not-installed",
    "config-files",
    "half-installed",
    "unpacked",
    "half-configured",
    "triggers-awaited",
    "triggers-pending",
    "installed",
];

/// The beginning of what stands in the file, for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).escape_debug().to_string()
}

impl Stanza {
    fn key(&self) -> (&str, &str) {
        (&self.name, &self.architecture)
    }

    pub(super) fn package(self, manager: Manager) -> Package {
        Package {
            name: self.name,
            version: self.version,
            order: VersionOrder::Debian,
            architecture: self.architecture,
            held: Ok(self.state.held),
            manager,
            place: Box::default(),
        }
    }
}

#[cfg(test)]
mod tests;
