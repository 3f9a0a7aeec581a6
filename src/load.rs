//! Spec files and what they include, from disk.
#![allow(
    clippy::disallowed_methods,
    reason = "specs lie on the machine that verispec runs on, whatever host it looks at"
)]

use crate::spec::{self, Claim, Include, Part};
use crate::syntax::{self, Code, Diagnostic, Format, Source, Sources, Span};
use crate::value::Fault;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Bytes that one file may have.
const MAX_BYTES: u64 = 64 << 20;
/// Files that one spec may come to with all its includes.
const MAX_FILES: usize = 10_000;
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

/// Reads the specs at `paths`, `-` being standard input, and everything they include.
pub fn load(paths: &[String]) -> Result<Spec, Rejected> {
    let mut loader = Loader { sources: Sources::default(), claims: vec![], wrong: vec![], open: vec![] };
    for path in paths {
        if path == "-" { loader.stdin() } else { loader.file(Path::new(path), path, None) }
    }
    if loader.claims.is_empty() && loader.wrong.is_empty() {
        let span = Span { file: 0, start: 0, end: 0 };
        let message = "no entries: it would pass whatever the host is like";
        loader.wrong.push(Diagnostic::new(Code::Empty, span, message));
    }
    let Loader { mut sources, claims, mut wrong, .. } = loader;
    hide(&mut sources, &claims);
    if wrong.is_empty() {
        return Ok(Spec { sources, claims });
    }
    wrong.sort_by_key(|one| (one.span.file, one.span.start));
    Err(Rejected { sources, wrong })
}

/// Reads a spec from text that is in memory, without includes.
pub fn load_text(name: &str, text: String, format: Format) -> Result<Spec, Rejected> {
    let mut loader = Loader { sources: Sources::default(), claims: vec![], wrong: vec![], open: vec![] };
    loader.text(name.to_owned(), text, format, None);
    let Loader { mut sources, claims, wrong, .. } = loader;
    hide(&mut sources, &claims);
    if wrong.is_empty() { Ok(Spec { sources, claims }) } else { Err(Rejected { sources, wrong }) }
}

/// Writes stars over what no report may show, so that no quoted source line gives it away.
fn hide(sources: &mut Sources, claims: &[Claim]) {
    let tests = claims.iter().flat_map(|claim| &claim.tests);
    for span in tests.filter(|expectation| expectation.test.is_secret()).map(|expectation| expectation.span) {
        let Some(source) = sources.files.get_mut(span.file as usize) else { continue };
        let range = span.start as usize..span.end as usize;
        if let Some(secret) = source.text.get(range.clone()) {
            let stars: String = secret.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect();
            source.text.replace_range(range, &stars);
        }
    }
}

struct Loader {
    sources: Sources,
    claims: Vec<Claim>,
    wrong: Vec<Diagnostic>,
    /// The files that include one another down to here, as canonical paths.
    open: Vec<PathBuf>,
}

impl Loader {
    /// Reads one file. `from` is the place that includes it.
    fn file(&mut self, path: &Path, name: &str, from: Option<Span>) {
        if self.sources.files.len() >= MAX_FILES {
            return self.refuse(name, from, Code::TooLarge, format!("more than {MAX_FILES} files are included"));
        }
        match read(path, name) {
            Ok((canonical, text)) => {
                if self.open.contains(&canonical) {
                    let circle: Vec<_> =
                        self.open.iter().chain([&canonical]).map(|p| p.display().to_string()).collect();
                    let message = format!("`{name}` includes itself: {}", circle.join(" → "));
                    return self.refuse(name, from, Code::IncludeCycle, message);
                }
                self.open.push(canonical);
                self.text(name.to_owned(), text, Format::of(name), path.parent());
                self.open.pop();
            }
            Err((code, message)) => self.refuse(name, from, code, message),
        }
    }

    fn stdin(&mut self) {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
        match read
            .map_err(|e| (Code::Unreadable, Fault::from_io(STDIN, &e).to_string()))
            .and_then(|_| utf8(STDIN, bytes))
        {
            Ok(text) => {
                let format = guess(&text);
                self.text(STDIN.to_owned(), text, format, Some(Path::new("")));
            }
            Err((code, message)) => self.refuse(STDIN, None, code, message),
        }
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
        self.sources.files.push(Source { name, text });
        if nothing && self.wrong.len() == before {
            let message = "the file is empty: it would pass whatever the host is like";
            self.wrong.push(Diagnostic::new(Code::Empty, Span { file, start: 0, end: 0 }, message));
        }
        for part in parts {
            match (part, folder) {
                (Part::Claim(claim), _) => self.claims.push(claim),
                (Part::Include(include), Some(folder)) => self.include(&include, folder),
                (Part::Include(_), None) => {}
            }
        }
    }

    fn include(&mut self, include: &Include, folder: &Path) {
        let path = folder.join(&include.pattern);
        let name = path.display().to_string();
        if !include.pattern.contains(['*', '?', '[']) {
            return self.file(&path, &name, Some(include.span));
        }
        let found = match glob::glob(&name) {
            Ok(paths) => paths,
            Err(e) => {
                let message = format!("`{}` is not a glob: {}", include.pattern, e.msg);
                return self.wrong.push(Diagnostic::new(Code::BadGlob, include.span, message));
            }
        };
        let mut any = false;
        for path in found {
            match path {
                // A file that a glob of its own matches does not mean itself.
                Ok(path) if path.is_dir() || self.is_here(&path) => {}
                Ok(path) => {
                    any = true;
                    self.file(&path, &path.display().to_string(), Some(include.span));
                }
                Err(e) => {
                    let message = Fault::from_io(e.path().display(), e.error()).to_string();
                    self.wrong.push(Diagnostic::new(Code::Unreadable, include.span, message));
                }
            }
        }
        if !any {
            let message = format!("no file matches `{}`", include.pattern);
            self.wrong.push(Diagnostic::new(Code::IncludeNone, include.span, message));
        }
    }

    /// Whether `path` is the file that is being read.
    fn is_here(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|p| self.open.last() == Some(&p))
    }

    /// Notes what is wrong with a file as a whole, at the place that includes it or at the file itself.
    fn refuse(&mut self, name: &str, from: Option<Span>, code: Code, message: String) {
        let span = from.unwrap_or_else(|| {
            self.sources.files.push(Source { name: name.to_owned(), text: String::new() });
            Span { file: u32::try_from(self.sources.files.len() - 1).unwrap_or(0), start: 0, end: 0 }
        });
        self.wrong.push(Diagnostic::new(code, span, message));
    }
}

/// A file's canonical path and text.
fn read(path: &Path, name: &str) -> Result<(PathBuf, String), (Code, String)> {
    let unreadable = |e: std::io::Error| {
        let why = match e.kind() {
            ErrorKind::NotFound => format!("there is no file `{name}`"),
            ErrorKind::PermissionDenied => format!("`{name}` may not be read: permission denied"),
            _ => Fault::from_io(format!("`{name}` cannot be read"), &e).to_string(),
        };
        (Code::Unreadable, why)
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err((Code::Unreadable, format!("`{name}` is a directory; name a file in it")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(MAX_BYTES)).unwrap_or(0) + 1);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok((path.canonicalize().map_err(unreadable)?, utf8(name, bytes)?))
}

fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, (Code, String)> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err((Code::TooLarge, format!("`{name}` is larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = memchr::memchr_iter(b'\n', &e.as_bytes()[..at]).count() + 1;
        (Code::NotUtf8, format!("`{name}` is not UTF-8 text: line {line}, byte {at}"))
    })
}

/// What standard input probably is: JSON begins with a brace, TOML reads as TOML, and the rest is YAML.
fn guess(text: &str) -> Format {
    if text.trim_start().starts_with('{') {
        return Format::Json;
    }
    // YAML reads almost anything as text, but not as a map.
    let is_map = |format| matches!(syntax::parse(text, 0, format), (Some(tree), wrong) if tree.map().is_some() && wrong.is_empty());
    let table = text.lines().any(|line| line.starts_with('[') && line.trim_end().ends_with(']'));
    if table || (is_map(Format::Toml) && !is_map(Format::Yaml)) { Format::Toml } else { Format::Yaml }
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
    fn standard_input_is_told_apart_by_what_stands_in_it() {
        assert_eq!(guess("  {\"file\": {}}"), Format::Json);
        assert_eq!(guess("[file.\"/a\"]\nexists = true\n"), Format::Toml);
        assert_eq!(guess("file.a.exists = true\n"), Format::Toml);
        assert_eq!(guess("file:\n  /a:\n    exists: true\n"), Format::Yaml);
        assert_eq!(guess("---\nfile: {}\n"), Format::Yaml);
    }
}
