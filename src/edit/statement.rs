//! The statements of a TOML file and where they stand.

use super::Step;
use super::bracket::Bracket;
use std::collections::HashMap;
use std::ops::Range;
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

/// A file that reads as TOML, in the order written.
#[derive(Debug, Default)]
pub struct Document {
    pub statements: Vec<Statement>,
    /// Where among them those of each entry are, by its kind and name.
    entries: HashMap<Vec<Step>, Vec<usize>>,
    /// Where those are that speak of more than one entry, or may.
    above: Vec<usize>,
}

/// A header or a pair of key and value.
#[derive(Debug)]
pub struct Statement {
    /// From its first character to its last.
    pub start: usize,
    pub end: usize,
    /// As they are written here.
    pub keys: Vec<Word>,
    /// Where in the tree what it speaks of stands.
    pub at: Vec<Step>,
    /// How many steps of that the header above says.
    pub above: usize,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// `[a]` or `[[a]]`
    Header,
    Pair(Shape),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub at: Range<usize>,
}

/// A value and what is in it.
#[derive(Debug)]
pub enum Shape {
    Scalar(Range<usize>),
    List(Range<usize>, Vec<Shape>),
    Table(Range<usize>, Vec<Member>),
}

/// A pair in an inline table.
#[derive(Debug)]
pub struct Member {
    pub keys: Vec<Word>,
    pub value: Shape,
}

impl Member {
    pub fn at(&self) -> Range<usize> {
        self.keys.first().map_or(self.value.at().start, |key| key.at.start)..self.value.at().end
    }
}

impl Shape {
    pub fn at(&self) -> Range<usize> {
        match self {
            Shape::Scalar(at) | Shape::List(at, _) | Shape::Table(at, _) => at.clone(),
        }
    }

    pub fn bracket(&self) -> Option<Bracket> {
        let members = match self {
            Shape::Scalar(_) => return None,
            Shape::List(_, items) => items.iter().map(Shape::at).collect(),
            Shape::Table(_, members) => members.iter().map(Member::at).collect(),
        };
        Some(Bracket { at: self.at(), members })
    }
}

impl Statement {
    pub fn is_header(&self) -> bool {
        matches!(self.what, What::Header)
    }

    /// Whether it speaks of this section or of what is in it.
    pub fn is_of(&self, kind: &str) -> bool {
        matches!(self.at.first(), Some(Step::Key(first)) if first == kind)
    }
}

impl Document {
    /// Of what is no TOML, nothing.
    pub fn of(text: &str) -> Document {
        let source = Source::new(text);
        let tokens = source.lex().into_vec();
        let mut errors: Vec<ParseError> = vec![];
        let mut reader = Reader { text, ..Reader::default() };
        parse_document(&tokens, &mut reader, &mut errors);
        let mut document = Document { statements: reader.statements, ..Document::default() };
        for (at, one) in document.statements.iter().enumerate() {
            match one.at.get(..2) {
                Some(entry) => match document.entries.get_mut(entry) {
                    Some(all) => all.push(at),
                    None => _ = document.entries.insert(entry.to_vec(), vec![at]),
                },
                None => document.above.push(at),
            }
        }
        document
    }

    /// The statements that may speak of what is at this path, of what it is in, or of what is in it.
    pub fn about(&self, path: &[Step]) -> impl DoubleEndedIterator<Item = &Statement> {
        self.pick(if path.len() < 2 { (0..self.statements.len()).collect() } else { self.of_entry(path) })
    }

    /// The statements that may speak of what is at this path, or of what it is in.
    pub fn holding(&self, path: &[Step]) -> impl DoubleEndedIterator<Item = &Statement> {
        self.pick(self.of_entry(path))
    }

    fn of_entry(&self, path: &[Step]) -> Vec<usize> {
        let entry = path.get(..2).and_then(|entry| self.entries.get(entry)).into_iter().flatten();
        let mut all: Vec<usize> = entry.chain(&self.above).copied().collect();
        all.sort_unstable();
        all
    }

    fn pick(&self, all: Vec<usize>) -> impl DoubleEndedIterator<Item = &Statement> {
        all.into_iter().filter_map(|at| self.statements.get(at))
    }

    /// The pairs right below a header.
    pub fn pairs_of(&self, header: &Statement) -> impl Iterator<Item = &Statement> {
        let behind = self.statements.partition_point(|one| one.start <= header.start);
        self.statements.iter().skip(behind).take_while(|one| !one.is_header())
    }
}

#[derive(Default)]
struct Reader<'s> {
    text: &'s str,
    statements: Vec<Statement>,
    /// Where the last header leads.
    above: Vec<Step>,
    /// How many tables each array of tables has.
    arrays: HashMap<Vec<Step>, usize>,
    /// Where a header began, and whether it is one of an array.
    header: Option<(usize, bool)>,
    keys: Vec<Word>,
    open: Vec<Open>,
}

struct Open {
    start: usize,
    keys: Vec<Word>,
    inside: Inside,
}

enum Inside {
    List(Vec<Shape>),
    Table(Vec<Member>),
}

impl Reader<'_> {
    fn begin(&mut self, start: usize, inside: Inside) -> bool {
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open { start, keys, inside });
        true
    }

    fn end(&mut self, end: usize) {
        let Some(Open { start, keys, inside }) = self.open.pop() else { return };
        self.keys = keys;
        self.value(match inside {
            Inside::List(items) => Shape::List(start..end, items),
            Inside::Table(members) => Shape::Table(start..end, members),
        });
    }

    fn value(&mut self, value: Shape) {
        match self.open.last_mut().map(|open| &mut open.inside) {
            Some(Inside::List(items)) => return items.push(value),
            Some(Inside::Table(members)) => {
                return members.push(Member { keys: std::mem::take(&mut self.keys), value });
            }
            None => {}
        }
        let keys = std::mem::take(&mut self.keys);
        let Some(first) = keys.first() else { return };
        let (start, end) = (first.at.start, value.at().end);
        let own = keys.iter().map(|key| Step::Key(key.text.clone()));
        let at = self.above.iter().cloned().chain(own).collect();
        self.statements.push(Statement { start, end, keys, at, above: self.above.len(), what: What::Pair(value) });
    }

    fn end_header(&mut self, end: usize) {
        let keys = std::mem::take(&mut self.keys);
        let Some((start, array)) = self.header.take() else { return };
        let mut at: Vec<Step> = vec![];
        for (n, key) in keys.iter().enumerate() {
            at.push(Step::Key(key.text.clone()));
            let last = n + 1 == keys.len();
            if last && array {
                *self.arrays.entry(at.clone()).or_default() += 1;
            }
            if let Some(count) = self.arrays.get(&at) {
                at.push(Step::Index(count.saturating_sub(1)));
            }
        }
        self.above = at.clone();
        self.statements.push(Statement { start, end, keys, at, above: 0, what: What::Header });
    }

    fn restart(&mut self, start: usize, array: bool) {
        self.open.clear();
        self.keys.clear();
        self.header = Some((start, array));
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.restart(place.start(), false);
    }

    fn array_table_open(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.restart(place.start(), true);
    }

    fn std_table_close(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.end_header(place.end());
    }

    fn array_table_close(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.end_header(place.end());
    }

    fn inline_table_open(&mut self, place: Span, _: &mut dyn ErrorSink) -> bool {
        self.begin(place.start(), Inside::Table(vec![]))
    }

    fn inline_table_close(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.end(place.end());
    }

    fn array_open(&mut self, place: Span, _: &mut dyn ErrorSink) -> bool {
        self.begin(place.start(), Inside::List(vec![]))
    }

    fn array_close(&mut self, place: Span, _: &mut dyn ErrorSink) {
        self.end(place.end());
    }

    fn simple_key(&mut self, place: Span, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        let at = place.start()..place.end();
        let raw = Raw::new_unchecked(self.text.get(at.clone()).unwrap_or_default(), encoding, place);
        let mut text = std::borrow::Cow::Borrowed("");
        raw.decode_key(&mut text, errors);
        self.keys.push(Word { text: text.into_owned(), at });
    }

    fn scalar(&mut self, place: Span, _: Option<Encoding>, _: &mut dyn ErrorSink) {
        self.value(Shape::Scalar(place.start()..place.end()));
    }

    fn newline(&mut self, _: Span, _: &mut dyn ErrorSink) {
        if self.open.is_empty() {
            self.keys.clear();
        }
    }
}
