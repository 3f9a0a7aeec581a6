//! One entry into a goss file's text, with all else left as it stands: comments, templates, order, spelling.

mod json;
mod lines;
mod yaml;

use super::{SECTIONS, Section};
use crate::syntax::Format;
use std::cmp::Ordering;

/// Why the text has no place for an entry that is sure to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unplaceable {
    /// What a template makes there is not known.
    Template(String),
    /// It is laid out as nobody writes it: it can be printed anew.
    Layout,
}

/// An entry that is to stand in a file, and how it is printed there: `name:` with its fields below it, or in JSON the
/// object alone.
#[derive(Clone, Copy, Debug)]
pub struct Place<'e> {
    pub section: &'e str,
    pub name: &'e str,
    pub printed: &'e str,
}

/// The text with the entry in place of the one of the same name, else among the others of its section.
pub fn put(text: &str, format: Format, entry: Place) -> Result<String, Unplaceable> {
    match format {
        Format::Json => json::put(text, entry),
        _ => yaml::put(text, entry),
    }
}

/// The text of the entry, `name:` included and not indented, where it can be told; `None` if there is no such entry.
pub fn find(text: &str, format: Format, section: &str, name: &str) -> Option<String> {
    match format {
        Format::Json => json::find(text, section, name),
        _ => yaml::find(text, section, name),
    }
}

/// Where goss prints a section among the others.
fn rank(section: &str) -> usize {
    Section::index(section).unwrap_or(SECTIONS.len())
}

/// Before which of these something with `key` belongs, where they are in order; else behind all.
fn before<K: Copy>(keys: &[K], key: K, order: fn(K, K) -> Ordering) -> Option<usize> {
    let sorted = keys.iter().zip(keys.iter().skip(1)).all(|(a, b)| order(*a, *b).is_le());
    keys.iter().position(|other| order(*other, key).is_gt()).filter(|_| sorted)
}

#[cfg(test)]
mod tests;
