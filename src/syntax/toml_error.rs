//! What is wrong with TOML, in words for whoever wrote it, the first of each line.

use super::{Help, Span};
use std::ops::Range;
use toml_parser::ParseError;

/// One mistake: the bytes that are wrong, what about them, the bracket that it is about, and what would mend it.
pub(super) struct Wrong {
    pub at: Range<usize>,
    pub message: String,
    pub opened: Option<Range<usize>>,
    pub help: Option<Mend>,
}

pub(super) enum Mend {
    Say(String),
    Replace(Range<usize>, String),
}

impl Mend {
    pub fn at(self, span: impl Fn(Range<usize>) -> Span) -> Help {
        match self {
            Mend::Say(text) => Help::Say(text),
            Mend::Replace(at, text) => Help::Replace(span(at), text),
        }
    }
}

pub(super) fn explain(_text: &str, errors: Vec<ParseError>) -> Vec<Wrong> {
    errors
        .into_iter()
        .map(|e| Wrong {
            at: e.unexpected().map_or(0..0, |s| s.start()..s.end()),
            message: format!("{} / {:?} / ctx {:?}", e.description(), e.expected(), e.context()),
            opened: None,
            help: None,
        })
        .collect()
}
