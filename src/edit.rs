//! A spec's text with entries put in and values changed, and every byte that was not touched as it was.

use crate::syntax::Format;
use crate::value::Value;

/// An entry that is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its section.
    pub kind: String,
    pub name: String,
    /// What it says, as data of a spec: truth values, numbers, text, lists, maps.
    pub body: Vec<(String, Value)>,
    /// Lines that stand above it as a comment, where the format has comments.
    pub remarks: Vec<String>,
}

/// A step from a map or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Another value at a place that a spec has, or may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// What stands at this path becomes this; a key that its map does not have is added to it.
    Set(Vec<Step>, Value),
    /// The list at this path gains this at its end.
    Append(Vec<Step>, Value),
    /// What stands at this path goes.
    Remove(Vec<Step>),
}

/// Why a text is left as it is: a sentence for a person.
pub type Refusal = String;

/// An entry by itself, as `add` shows it.
pub fn print(entry: &Entry, format: Format) -> String {
    let _ = (entry, format);
    String::new()
}

/// The text with these entries in it, each behind the others of its section, else where `order` (of the names of
/// sections) has it. An entry that stands there already is left out by whoever calls.
pub fn put(text: &str, format: Format, entries: &[Entry], order: &[&str]) -> Result<String, Refusal> {
    let _ = (text, format, entries, order);
    Err("not written yet".into())
}

/// The text with these changes made, all or none.
pub fn change(text: &str, format: Format, changes: &[Change]) -> Result<String, Refusal> {
    let _ = (text, format, changes);
    Err("not written yet".into())
}
