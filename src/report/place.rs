//! Where in a spec a verdict comes from, without reading the spec again for each.

use crate::syntax::{Source, Sources, Span};
use std::cell::OnceCell;

/// Bytes between two marks of a file.
const STRIDE: usize = 4096;

/// A file's name, a line and a column in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub file: &'a str,
    pub line: usize,
    pub column: usize,
}

/// Finds places in large sources fast: 30,000 results may point into one file of a megabyte.
pub struct Places<'a> {
    files: Vec<(&'a Source, OnceCell<Vec<Mark>>)>,
}

/// The line and column of the first character boundary at or before a multiple of [`STRIDE`].
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    line: usize,
    column: usize,
}

impl Mark {
    /// The mark at `to`, which is not before it.
    fn advance(self, text: &str, to: usize) -> Mark {
        let between = text.get(self.at..to).unwrap_or("");
        let lines = memchr::memchr_iter(b'\n', between.as_bytes()).count();
        let column = match between.rfind('\n') {
            Some(end) => between[end + 1..].chars().count() + 1,
            None => self.column + between.chars().count(),
        };
        Mark { at: to, line: self.line + lines, column }
    }
}

impl<'a> Places<'a> {
    pub fn new(sources: &'a Sources) -> Self {
        Places { files: sources.files.iter().map(|f| (f, OnceCell::new())).collect() }
    }

    /// Where `span` begins; `None` if it points into no file.
    pub fn of(&self, span: Span) -> Option<Place<'a>> {
        let (source, marks) = self.files.get(span.file as usize)?;
        let text = source.text.as_str();
        let to = text.floor_char_boundary(span.start as usize);
        let marks = marks.get_or_init(|| marks_of(text));
        let mark = marks.get(to / STRIDE).filter(|m| m.at <= to)?.advance(text, to);
        Some(Place { file: &source.name, line: mark.line, column: mark.column })
    }
}

fn marks_of(text: &str) -> Vec<Mark> {
    let start = Mark { at: 0, line: 1, column: 1 };
    let steps = (STRIDE..=text.len()).step_by(STRIDE);
    std::iter::once(start)
        .chain(steps.scan(start, |last, at| {
            *last = last.advance(text, text.floor_char_boundary(at));
            Some(*last)
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn places_are_those_of_the_sources(lines in proptest::collection::vec("[a-zß]{0,90}", 0..400), at in 0u32..20_000) {
            let text = lines.join("\n");
            let start = text.floor_char_boundary(at as usize) as u32;
            let sources = Sources { files: vec![Source { name: "a".into(), text }] };
            let span = Span { file: 0, start, end: start };
            let want = sources.place(span);
            let found = Places::new(&sources).of(span).unwrap();
            proptest::prop_assert_eq!((found.line, found.column), (want.line, want.column));
        }
    }

    #[test]
    fn a_span_into_no_file_has_no_place() {
        let sources = Sources::default();
        assert_eq!(Places::new(&sources).of(Span { file: 0, start: 3, end: 4 }), None);
    }
}
