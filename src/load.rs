//! Spec files and what they include, from disk.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "specs lie on the machine that verispec runs on, whatever host it looks at"
)]

pub mod book;
mod foreign;
pub mod goss;
pub mod gossfile;
mod pipe;
pub mod replace;
mod stamp;
mod written;

use stamp::Seen;
pub use stamp::Stamp;

use crate::quantity;
use crate::secret::{Secrets, exposed, suspicious};
use crate::spec::{self, Claim, Include, Parts};
use crate::syntax::{self, Code, Diagnostic, Format, Source, Sources, Span};
use crate::value::Fault;
use std::fs::Metadata;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Bytes that a spec may have, all its files together.
const MAX_BYTES: u64 = 16 << 20;
/// Files that one spec may come to with all its includes.
const MAX_FILES: usize = 10_000;
/// Files that may include one another down to one.
const MAX_INCLUDED: usize = 64;
/// Where a mistake is that no place in a file can show: the file cannot be read.
const NOWHERE: Span = Span { file: u32::MAX, start: 0, end: 0 };
/// Bytes of a word that is taken for a secret where one is likely; shorter ones are words of messages too.
const LIKELY: usize = 6;
/// What `-` on the command line is called in messages.
const STDIN: &str = "<standard input>";

/// A whole spec: every file that was read and every entry, in the order written.
pub struct Spec {
    pub sources: Sources,
    pub claims: Vec<Claim>,
}

/// A spec in which something is wrong; nothing of it may run.
pub struct Rejected {
    pub sources: Sources,
    pub wrong: Vec<Diagnostic>,
}

impl Rejected {
    /// Whether nothing is wrong with it but that it has no entries.
    pub fn is_empty(&self) -> bool {
        self.wrong.iter().all(|one| one.code == Code::Empty)
    }
}

/// Reads the specs at `paths`, `-` being standard input, and everything they include.
pub fn load(paths: &[String]) -> Result<Spec, Rejected> {
    read(paths).finish()
}

/// The text of each file as it is written, with what no report may show, and its language.
pub type Texts = Vec<(String, Format)>;

/// Like [`load`], with the texts behind [`Spec::sources`].
pub fn load_with_texts(paths: &[String]) -> Result<(Spec, Texts), Rejected> {
    let loader = read(paths);
    let texts = loader.sources.files.iter().zip(&loader.formats).map(|(file, format)| (file.text.clone(), *format));
    let texts = texts.collect();
    loader.finish().map(|spec| (spec, texts))
}

/// Like [`load`], with what tells later whether it has to be read again.
///
/// Who reads it `again` goes on with what was read before and must not be held up: nothing but regular files is read.
pub fn load_stamped(paths: &[String], again: bool) -> (Result<Spec, Rejected>, Stamp) {
    let mut loader = read_into(Loader { again, ..Loader::default() }, paths);
    let seen = std::mem::take(&mut loader.seen);
    let texts = loader.sources.files.iter().map(|file| file.text.as_str());
    // Of the same texts, with or without a file that may not be read, not the same is to be said.
    let stamp = seen.stamp(texts.chain(loader.wrong.iter().map(|one| one.message.as_str())));
    (loader.finish(), stamp)
}

fn read(paths: &[String]) -> Loader {
    read_into(Loader::default(), paths)
}

fn read_into(mut loader: Loader, paths: &[String]) -> Loader {
    for (at, path) in paths.iter().enumerate() {
        match path.as_str() {
            "-" if paths.iter().take(at).any(|p| p == "-") => {
                loader.refuse(None, Code::Unreadable, "standard input is named twice and can be read once".into());
            }
            "-" if loader.again => {
                let message = "standard input can be read once, and has been read before";
                loader.refuse(None, Code::Unreadable, message.into());
            }
            "-" => loader.stdin(),
            path => loader.file(Path::new(path), path, None),
        }
    }
    if loader.claims.is_empty() && loader.wrong.is_empty() {
        let message = "the spec has no entries: it would pass whatever the host is like";
        loader.refuse(None, Code::Empty, message.into());
    }
    loader
}

/// Reads a spec from text that is in memory, without includes.
pub fn load_text(name: &str, text: String, format: Format) -> Result<Spec, Rejected> {
    let mut loader = Loader::default();
    loader.text(name.to_owned(), text, format, None);
    loader.finish()
}

/// The text of a file that was read, up to a byte more than a spec may have.
fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Rejected> {
    Loader::default().utf8(name, bytes).map_err(|(code, message)| Rejected {
        sources: Sources::default(),
        wrong: vec![Diagnostic::new(code, NOWHERE, message)],
    })
}

/// Writes stars over what no report may show, so that no quoted source line gives it away.
fn hide(source: &mut Source, range: Range<usize>) {
    let end = source.text.floor_char_boundary(range.end);
    let range = source.text.floor_char_boundary(range.start)..end;
    if let Some(secret) = source.text.get(range.clone()) {
        let stars: String = secret.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect();
        source.text.replace_range(range, &stars);
    }
}

/// Bytes of what may be secret that a message is looked through for: it quotes the beginning of what is long.
const QUOTED: usize = 4 << 10;

/// Hides in the sources of a spec that is refused what may be secret too, and all of it in the words that say why.
fn hide_what_may_be(sources: &mut Sources, known: Vec<Span>, wrong: &mut [Diagnostic]) {
    let known = known.into_iter().map(|span| (span.file as usize, span.start as usize..span.end as usize));
    let likely = sources.files.iter().map(|source| suspicious(&source.text));
    let likely = likely.enumerate().flat_map(|(file, ranges)| ranges.into_iter().map(move |range| (file, range)));
    let mut secrets = Secrets::default();
    for (file, range) in known.chain(likely).collect::<Vec<_>>() {
        let Some(source) = sources.files.get_mut(file) else { continue };
        let text = source.text.get(range.clone()).unwrap_or_default();
        let text = &text[..text.floor_char_boundary(QUOTED)];
        secrets.add(text);
        // Messages quote a part: a value without its quotes, a word.
        secrets.add(text.trim_matches(|c: char| c.is_whitespace() || "\"'`,;:=[]{}#".contains(c)));
        if !text.starts_with('{') {
            let words = text.split(|c: char| !c.is_alphanumeric());
            words.filter(|word| word.len() >= LIKELY).for_each(|word| secrets.add(word));
        }
        hide(source, range);
    }
    wrong.iter_mut().for_each(|one| spec::censor(one, &secrets));
}

#[derive(Default)]
struct Loader {
    sources: Sources,
    /// The language of each.
    formats: Vec<Format>,
    /// Bytes of the files read so far.
    bytes: u64,
    claims: Vec<Claim>,
    wrong: Vec<Diagnostic>,
    /// Places that no report may show.
    secrets: Vec<Span>,
    /// The files that include one another down to here.
    open: Vec<Open>,
    /// A bound is reached, which has been said: nothing more is read.
    full: bool,
    /// What was read before is in use, and nothing may hold up who uses it.
    again: bool,
    seen: Seen,
    /// The texts as they are written, by name, where they are asked for.
    written: Option<Vec<(String, String)>>,
}

/// A file, however it is named.
struct Open {
    device: u64,
    inode: u64,
    name: String,
}

impl Open {
    fn is(&self, meta: &Metadata) -> bool {
        (self.device, self.inode) == (meta.dev(), meta.ino())
    }
}

impl Loader {
    /// What was read, without its secrets; or what is wrong with it, by place.
    fn finish(self) -> Result<Spec, Rejected> {
        let Loader { mut sources, claims, mut wrong, secrets, .. } = self;
        if wrong.is_empty() {
            for span in secrets {
                if let Some(source) = sources.files.get_mut(span.file as usize) {
                    hide(source, span.start as usize..span.end as usize);
                }
            }
            for source in &mut sources.files {
                exposed(&source.text).into_iter().for_each(|range| hide(source, range));
            }
            return Ok(Spec { sources, claims });
        }
        hide_what_may_be(&mut sources, secrets, &mut wrong);
        wrong.sort_by_key(|one| (one.span.file, one.code != Code::GossFile, one.span.start));
        Err(Rejected { sources, wrong })
    }

    /// Reads one file. `from` is the place that includes it.
    fn file(&mut self, path: &Path, name: &str, from: Option<Span>) {
        if self.full {
            return;
        }
        if self.sources.files.len() >= MAX_FILES {
            self.full = true;
            return self.refuse(from, Code::TooLarge, format!("more than {MAX_FILES} files are included"));
        }
        if self.open.len() >= MAX_INCLUDED {
            self.full = true;
            return self.refuse(from, Code::TooDeep, format!("more than {MAX_INCLUDED} files include one another"));
        }
        let (meta, text) = match self.read(path, name, from.is_some()) {
            Ok(read) => read,
            Err((code, message)) => return self.refuse(from, code, message),
        };
        if let Some(first) = self.open.iter().position(|open| open.is(&meta)) {
            let circle = self.open.iter().skip(first).map(|open| open.name.as_str()).chain([name]);
            let message = format!("`{name}` includes itself: {}", circle.collect::<Vec<_>>().join(" → "));
            return self.refuse(from, Code::IncludeCycle, message);
        }
        self.open.push(Open { device: meta.dev(), inode: meta.ino(), name: name.to_owned() });
        let format = Format::of(name).unwrap_or_else(|| guess(&text));
        self.text(name.to_owned(), text, format, path.parent());
        self.open.pop();
    }

    fn stdin_text(&mut self) -> Result<String, (Code, String)> {
        let failed = |e| (Code::Unreadable, Fault::from_io("standard input cannot be read", &e).to_string());
        let bytes = self.rest(std::io::stdin().lock()).map_err(failed)?;
        let text = self.utf8("standard input", bytes)?;
        self.note(STDIN, &text);
        Ok(text)
    }

    fn stdin(&mut self) {
        match self.stdin_text() {
            Ok(text) => {
                let format = guess(&text);
                self.text(STDIN.to_owned(), text, format, Some(Path::new("")));
            }
            Err((code, message)) => self.refuse(None, code, message),
        }
    }

    /// A file's text, and what tells it apart from others.
    fn read(&mut self, path: &Path, name: &str, included: bool) -> Result<(Metadata, String), (Code, String)> {
        let before = match std::fs::metadata(path) {
            Ok(meta) => meta,
            Err(e) => return Err(self.unreadable(path, name, None, &e)),
        };
        // Opening a device may do something.
        self.suitable(path, name, &before, included)?;
        let opened = pipe::open(path, &before, self.again).and_then(|file| Ok((file.metadata()?, file)));
        let (meta, file) = opened.map_err(|e| self.unreadable(path, name, Some(&before), &e))?;
        // Another may have come to its place.
        self.suitable(path, name, &meta, included)?;
        self.seen.file(path, Some(&meta));
        let bytes = pipe::reader(file, &meta).and_then(|file| self.rest(file));
        let bytes = bytes.map_err(|e| self.unreadable(path, name, Some(&meta), &e))?;
        let text = self.utf8(name, bytes)?;
        self.note(name, &text);
        Ok((meta, text))
    }

    /// Says why a file cannot be read. `meta` is what it is, where that is known.
    fn unreadable(&mut self, path: &Path, name: &str, meta: Option<&Metadata>, e: &std::io::Error) -> (Code, String) {
        self.seen.file(path, meta);
        let message = match e.kind() {
            ErrorKind::NotFound => format!("there is no file `{name}`"),
            ErrorKind::PermissionDenied => format!("`{name}` may not be read: permission denied"),
            kind => {
                // A disk's error or too many open files may pass, and the file be the same.
                if kind != ErrorKind::NotADirectory {
                    self.seen.doubt();
                }
                Fault::from_io(format!("`{name}` cannot be read"), e).to_string()
            }
        };
        (Code::Unreadable, message)
    }

    /// Refuses what is no file that may be read.
    fn suitable(&mut self, path: &Path, name: &str, meta: &Metadata, included: bool) -> Result<(), (Code, String)> {
        let what = meta.file_type();
        let message = if what.is_dir() {
            let how = if included { format!("include `{name}/*.toml`") } else { "name a file in it".into() };
            format!("`{name}` is a directory; {how}")
        } else if included && !what.is_file() {
            // Only who names a pipe on the command line means it.
            format!("`{name}` is no file that can be included")
        } else if self.again && !what.is_file() {
            let what = match what {
                what if what.is_fifo() => "a pipe",
                what if what.is_socket() => "a socket",
                _ => "a device",
            };
            format!("`{name}` is {what}: only a regular file can be read again")
        } else {
            return Ok(());
        };
        self.seen.file(path, Some(meta));
        Err((Code::Unreadable, message))
    }

    fn note(&mut self, name: &str, text: &str) {
        if let Some(written) = &mut self.written {
            written.push((name.to_owned(), text.to_owned()));
        }
    }

    /// Reads to the end, or to one byte more than is left.
    fn rest(&self, from: impl Read) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        from.take((MAX_BYTES - self.bytes).saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn utf8(&mut self, name: &str, bytes: Vec<u8>) -> Result<String, (Code, String)> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_BYTES {
            self.full = true;
            let most = quantity::size(MAX_BYTES);
            return Err(match self.sources.files.is_empty() {
                true => (Code::TooLarge, format!("`{name}` is larger than {most}")),
                false => (Code::TooLarge, format!("with `{name}` the spec is larger than {most}")),
            });
        }
        String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            let line = memchr::memchr_iter(b'\n', &e.as_bytes()[..at]).count() + 1;
            let byte = e.as_bytes().get(at).copied().unwrap_or_default();
            (Code::NotUtf8, format!("`{name}` is not UTF-8 text: byte 0x{byte:02x} on line {line}"))
        })
    }

    /// Takes in one text. Includes are relative to `folder`; without one there are none.
    fn text(&mut self, name: String, text: String, format: Format, folder: Option<&Path>) {
        let file = u32::try_from(self.sources.files.len()).unwrap_or(u32::MAX);
        let before = self.wrong.len();
        let (tree, wrong) = syntax::parse(&text, file, format);
        self.wrong.extend(wrong);
        let nothing =
            tree.as_ref().is_some_and(|t| t.data == syntax::Data::Null || t.map().is_some_and(<[_]>::is_empty));
        let parts = tree.map(|tree| spec::lower(tree, &mut self.wrong)).unwrap_or_default();
        if nothing && self.wrong.len() == before {
            let message = format!("`{name}` has no entries: it would pass whatever the host is like");
            self.refuse(None, Code::Empty, message);
        }
        foreign::recognise(&name, &text, file, format, &mut self.wrong, before);
        self.sources.files.push(Source { name, text });
        self.formats.push(format);
        let Parts { claims, includes, secrets } = parts;
        self.secrets.extend(secrets);
        if self.claims.is_empty() && includes.is_empty() {
            self.claims = claims;
            return;
        }
        let (mut claims, mut taken) = (claims.into_iter(), 0);
        for (before, include) in includes {
            self.claims.extend(claims.by_ref().take(before - taken));
            taken = before;
            if let Some(folder) = folder {
                self.include(&include, folder);
            }
        }
        self.claims.extend(claims);
    }

    fn include(&mut self, include: &Include, folder: &Path) {
        let path = folder.join(&include.pattern);
        let name = path.display().to_string();
        if !include.pattern.contains(['*', '?', '[']) {
            return self.file(&path, &name, Some(include.span));
        }
        let glob = looking(&name);
        let found: Vec<_> = match glob::glob(&glob) {
            Ok(paths) => paths.collect(),
            Err(e) => {
                let message = format!("`{}` is not a glob: {}", include.pattern, e.msg);
                return self.wrong.push(Diagnostic::new(Code::BadGlob, include.span, message));
            }
        };
        self.seen.glob(&glob, &found);
        let (mut any, before) = (false, self.wrong.len());
        for path in found {
            match path {
                // A file that a glob of its own matches does not mean itself.
                Ok(path) if self.is_passed_over(&path) => {}
                Ok(path) => {
                    any = true;
                    self.file(&path, &path.display().to_string(), Some(include.span));
                }
                Err(e) => {
                    let what = format!("`{}` cannot be read", e.path().display());
                    let message = Fault::from_io(what, e.error()).to_string();
                    self.wrong.push(Diagnostic::new(Code::Unreadable, include.span, message));
                }
            }
        }
        if !any && self.wrong.len() == before {
            let message = format!("no file matches `{}`", include.pattern);
            self.wrong.push(Diagnostic::new(Code::IncludeNone, include.span, message));
        }
    }

    /// Whether `path` is a directory or the file that is being read.
    fn is_passed_over(&mut self, path: &Path) -> bool {
        let Ok(meta) = std::fs::metadata(path) else { return false };
        let passed = meta.is_dir() || self.open.last().is_some_and(|open| open.is(&meta));
        if passed {
            self.seen.file(path, Some(&meta));
        }
        passed
    }

    /// Notes what is wrong with a file as a whole, at the place that includes it if there is one.
    fn refuse(&mut self, from: Option<Span>, code: Code, message: String) {
        self.wrong.push(Diagnostic::new(code, from.unwrap_or(NOWHERE), message));
    }
}

/// The glob that matches what `pattern` does, and looks into every directory on the way.
///
/// Where a plain name follows a wildcard, the library asks only whether it is there, and one in a directory that may not
/// be searched would be left out without a word.
fn looking(pattern: &str) -> String {
    let mut wild = false;
    let part = |part: &str| {
        let plain = !part.contains(['*', '?', '[']);
        let after = wild;
        wild |= !plain;
        let letter = part.find(|c: char| c.is_alphanumeric()).filter(|_| after && plain);
        let letter = letter.and_then(|at| Some((part.get(..at)?, part.get(at..)?.chars().next()?)));
        match letter {
            Some((before, c)) => format!("{before}[{c}]{}", &part[before.len() + c.len_utf8()..]),
            None => part.to_owned(),
        }
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What a text without a telling name probably is. TOML is recognised by reading as such or by its table headers, JSON
/// by its brace, and the rest is YAML.
fn guess(text: &str) -> Format {
    let reads = |format| {
        let (tree, wrong) = syntax::parse(text, 0, format);
        wrong.is_empty() && tree.is_some_and(|tree| tree.map().is_some_and(|map| !map.is_empty()))
    };
    if text.trim_start().starts_with('{') {
        // YAML has such maps, too, and reads JSON; but of broken JSON its parser tells more.
        return if !reads(Format::Json) && reads(Format::Yaml) { Format::Yaml } else { Format::Json };
    }
    let table = |line: &str| line.starts_with('[') && line.trim_end().ends_with(']');
    // No YAML reads as TOML, but TOML may read as YAML.
    if text.lines().any(table) || reads(Format::Toml) { Format::Toml } else { Format::Yaml }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_left_in_the_source_that_reports_quote() {
        let text = "[user.root]\npassword-hash = { not = \"$6$abc\" }\nuid = 0\n";
        let Ok(spec) = load_text("host.toml", text.to_owned(), Format::Toml) else { panic!("it is a spec") };
        let kept = &spec.sources.files[0].text;
        assert!(!kept.contains("abc") && kept.len() == text.len(), "{kept}");
        assert!(kept.ends_with("\nuid = 0\n"), "{kept}");
    }

    #[test]
    fn a_plain_name_behind_a_wildcard_is_looked_for_in_its_directory() {
        for (pattern, looks) in [
            ("conf.d/*.toml", "conf.d/*.toml"),
            ("/srv/*/x.toml", "/srv/*/[x].toml"),
            ("*/../.x/ä?/ö", "*/../.[x]/ä?/[ö]"),
        ] {
            assert_eq!(looking(pattern), looks);
        }
    }

    #[test]
    fn a_spec_in_a_directory_that_may_not_be_searched_is_not_left_out() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a", "b"] {
            std::fs::create_dir(at(name)).unwrap();
            std::fs::write(at(name).join("x.toml"), "[file.\"/a\"]\n").unwrap();
        }
        std::fs::write(at("main.toml"), "include = [\"*/x.toml\"]\n").unwrap();
        std::fs::set_permissions(at("b"), std::fs::Permissions::from_mode(0o000)).unwrap();
        let loaded = load(&[at("main.toml").to_str().unwrap().to_owned()]);
        std::fs::set_permissions(at("b"), std::fs::Permissions::from_mode(0o755)).unwrap();
        match loaded {
            // Root may search it.
            Ok(spec) => assert_eq!(spec.claims.len(), 2),
            Err(rejected) => assert_eq!(rejected.wrong[0].code, Code::Unreadable),
        }
    }

    #[test]
    fn standard_input_is_told_apart_by_what_stands_in_it() {
        assert_eq!(guess("  {\"file\": {}}"), Format::Json);
        assert_eq!(guess("[file.\"/a\"]\nexists = true\n"), Format::Toml);
        assert_eq!(guess("file.a.exists = true\n"), Format::Toml);
        assert_eq!(guess("file.a.path = \"b: c\"\n"), Format::Toml, "YAML could read that");
        assert_eq!(guess("{file: {/a: {exists: true}}}\n"), Format::Yaml);
        assert_eq!(guess("{\"file\": {\"/a\": {}}\n"), Format::Json, "broken");
        assert_eq!(guess("file:\n  /a:\n    exists: true\n"), Format::Yaml);
        assert_eq!(guess("---\nfile: {}\n"), Format::Yaml);
    }
}
