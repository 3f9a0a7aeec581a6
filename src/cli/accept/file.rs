//! One file of a spec whose expectations move.

use crate::accept::{Page, Wanted, changes, settle};
use crate::edit::Change;
use crate::load::book::{Book, Unopened};
use crate::load::{Spec, load_text};
use crate::resource::Observed;
use crate::syntax::{Source, Span};
use crate::value::Value;
use crate::verdict::{Verdict, judge};
use std::collections::HashMap;

/// An expectation that does not hold, and what becomes of it.
pub struct Failing<'c> {
    pub verdict: Verdict<'c>,
    /// Its verdict, counted through its entry's.
    pub index: usize,
    /// Its entry, counted through its file.
    pub entry: usize,
    pub seen: &'c Observed,
    /// Why it is left as it is.
    pub left: Option<String>,
}

impl Failing<'_> {
    /// Which of the files that were read it stands in.
    pub fn file(&self) -> u32 {
        self.verdict.claim.span.file
    }

    /// Leaves it for this reason, which tells nothing that the entry keeps to itself.
    fn leave(&mut self, why: String) {
        self.left = Some(match self.verdict.hide(&Value::Text(why)) {
            Value::Text(why) => why,
            _ => "it is a secret".into(),
        });
    }

    /// `kind/name/key`
    pub fn name(&self) -> String {
        format!("{}/{}", self.verdict.claim.address(), self.verdict.key)
    }
}

/// A file and what it says, before and after, without its secrets.
pub struct Moved {
    pub book: Book,
    /// Which of the files that were read it is: several where it is included twice.
    pub files: Vec<u32>,
    pub old: String,
    pub new: String,
    /// What it says once it is written.
    pub after: Option<Spec>,
}

/// The line that a span begins on, from 1.
pub fn line(text: &str, span: Span) -> usize {
    let before = text.as_bytes().get(..span.start as usize).unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count() + 1
}

/// The line that what was left stands on in a file that was written.
pub fn line_in(after: &Spec, one: &Failing) -> Option<usize> {
    let claim = after.claims.iter().filter(|claim| claim.span.file == 0).nth(one.entry)?;
    let verdicts = judge(claim, one.seen.clone());
    let span = verdicts.get(one.index)?.expectation.span;
    Some(line(&after.sources.files.first()?.text, span))
}

/// Reads a file anew, which must be as it was when it was run; `source` is what it was then, without its secrets.
pub fn open(source: &Source, file: u32) -> Result<Moved, Unopened> {
    let book = Book::open(&source.name)?;
    let shown = shown(&book, &book.old).unwrap_or_default();
    if shown != source.text {
        return Err(Unopened::Because(format!("`{}` has changed since it was read: run it again", source.name)));
    }
    Ok(Moved { book, files: vec![file], old: shown.clone(), new: shown, after: None })
}

/// A text without its secrets; `None` of one that is no spec.
fn shown(book: &Book, text: &str) -> Option<String> {
    let spec = load_text(&book.name, text.to_owned(), book.format).ok()?;
    spec.sources.files.into_iter().next().map(|source| source.text)
}

impl Moved {
    /// Notes that it is written.
    pub fn written(&mut self) {
        self.after = load_text(&self.book.name, self.book.text.clone(), self.book.format).ok();
    }

    /// Makes what can be made hold, and notes of the others why they are left. A file that is included twice has its
    /// expectations twice, which move once.
    pub fn take<'c>(&mut self, failing: &mut [&mut Failing<'c>]) {
        let mut wanted: Vec<(Wanted<'c>, usize)> = vec![];
        for &file in &self.files {
            let page = Page::read(&self.book.old, file, self.book.format);
            for (at, one) in failing.iter_mut().enumerate().filter(|(_, one)| one.file() == file) {
                let changes: Result<Vec<Change>, String> = match &page {
                    Some(page) => changes(&one.verdict, page),
                    None => Err("its file does not read as what its name says".into()),
                };
                match changes {
                    Err(why) => one.leave(why),
                    Ok(changes) => {
                        wanted.push((Wanted { entry: one.entry, verdict: one.index, changes, seen: one.seen }, at));
                    }
                }
            }
        }
        let (mut once, mut of): (Vec<Wanted<'c>>, Vec<(usize, usize)>) = (vec![], vec![]);
        let mut places: HashMap<(usize, usize), usize> = HashMap::new();
        for (one, at) in wanted {
            match places.get(&(one.entry, one.verdict)).copied() {
                Some(first) if once.get(first).is_some_and(|other| other.changes == one.changes) => {
                    of.push((first, at))
                }
                Some(_) => {
                    if let Some(failing) = failing.get_mut(at) {
                        failing.left = Some("its file is read twice, and something else was found each time".into());
                    }
                }
                None => {
                    places.insert((one.entry, one.verdict), once.len());
                    of.push((once.len(), at));
                    once.push(one);
                }
            }
        }
        let settled = settle(&self.book.old, self.book.format, &once);
        for (first, at) in of {
            if let (Some(failing), Some(Some(why))) = (failing.get_mut(at), settled.left.get(first)) {
                failing.leave(why.clone());
            }
        }
        self.new = shown(&self.book, &settled.text).unwrap_or_default();
        self.book.text = settled.text;
    }
}
