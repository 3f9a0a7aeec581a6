//! What the entries of one kind are called, asked for what speaks of a thing.

use super::Kind;
use std::collections::HashSet;

/// An entry's name that stands for many: says of a thing's name whether it is one of them.
pub type Pattern = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// Names of entries of one kind. To ask is no dearer the more there are, but for patterns.
pub struct Names {
    kind: &'static Kind,
    /// As they are written, for most are written as things are called.
    written: HashSet<String>,
    /// Each in the one spelling that all of its spellings share.
    spelled: HashSet<String>,
    patterns: Vec<Pattern>,
}

impl Names {
    pub fn new(kind: &'static Kind) -> Names {
        Names { kind, written: HashSet::new(), spelled: HashSet::new(), patterns: Vec::new() }
    }

    pub fn insert(&mut self, entry: &str) {
        if self.written.insert(entry.to_owned()) {
            self.spelled.insert(self.kind.spelled(entry));
            self.patterns.extend((self.kind.pattern)(entry));
        }
    }

    /// Whether one of them speaks of the thing: what [`Kind::speaks_of`] says of any.
    pub fn speak_of(&self, thing: &str) -> bool {
        self.written.contains(thing)
            || (self.kind.spellings)(thing).iter().any(|name| self.spelled.contains(name))
            || self.patterns.iter().any(|matches| matches(thing))
    }
}
