//! goss's file: what may stand in it, how it is read, printed and turned into claims.

pub mod decode;
pub mod edit;
pub mod field;
pub mod function;
mod lower;
pub mod matcher;
pub mod migrate;
mod print;
mod service;
mod setting;
pub mod snapshot;
mod target;

pub use decode::decode;
pub use field::{Field, SECTIONS, Section, Shape};
pub use lower::{lower, lower_of};
pub use print::{print, print_value};

use crate::syntax::Span;
use crate::value::Value;
use std::collections::BTreeMap;

/// A goss file, or several merged into one: by section ([`SECTIONS`]' index), then by the entry's name.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub sections: BTreeMap<usize, BTreeMap<String, Entry>>,
}

/// One entry as goss's decoder leaves it: every field has the type of its [`Shape`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where its name stands.
    pub span: Span,
    /// The fields that are said, in the order of the section's table.
    pub fields: Vec<Said>,
}

/// A field that an entry says.
#[derive(Clone, Debug)]
pub struct Said {
    pub field: &'static Field,
    /// Plain data: `Null`, `Bool`, `Int`, `Number`, `Text`, `List` or `Map`.
    pub value: Value,
    pub span: Span,
}

impl Entry {
    pub fn get(&self, field: &str) -> Option<&Said> {
        self.fields.iter().find(|said| said.field.name == field)
    }
}
