//! A spec's text with entries put in and values changed, and every byte that was not touched as it was.

mod alias;
mod block;
mod bracket;
mod change;
mod inline;
mod json;
mod meant;
mod print;
mod splice;
mod statement;
mod toml;
mod word;
mod yaml;

use crate::syntax::{self, Format, Node, brief};
use crate::value::Value;
use inline::Hand;
use meant::Meant;
pub use print::comment;
use splice::Splice;

/// An entry that is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its section.
    pub kind: String,
    pub name: String,
    /// What it says, as data of a spec: truth values, numbers, text, lists, maps.
    pub body: Vec<(String, Value)>,
    /// Lines that stand above it as a comment, where the format has comments and the file has lines.
    pub remarks: Vec<String>,
}

/// A step from a map or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// What an edit does to the text.
type Layout = Vec<Splice>;

/// An entry by itself, as `add` shows it.
pub fn print(entry: &Entry, format: Format) -> String {
    let mut meant = Meant::Null;
    let known = meant.put(&entry.kind, &[entry]).is_ok();
    let printed = |hand: Hand| print::section(hand, &entry.kind, &[entry], "  ");
    let hand = Hand::new(format);
    let first = printed(hand);
    match known && reads(&first, format, &meant) {
        true => first,
        false => printed(hand.quoted()),
    }
}

/// The text with these entries in it, each behind the others of its section; new sections are the last, as they come. An
/// entry that stands there already is refused.
pub fn put(text: &str, format: Format, entries: &[Entry]) -> Result<String, Refusal> {
    let mut kinds: Vec<&str> = vec![];
    for entry in entries {
        if !kinds.contains(&&*entry.kind) {
            kinds.push(&entry.kind);
        }
    }
    let mut text = text.to_owned();
    for kind in kinds {
        let group: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == kind).collect();
        text = put_group(&text, format, kind, &group)?;
    }
    Ok(text)
}

fn put_group(text: &str, format: Format, kind: &str, group: &[&Entry]) -> Result<String, Refusal> {
    let root = read(text, format)?;
    let mut meant = Meant::from(&root);
    meant.put(kind, group)?;
    let hand = Hand::like(text, format);
    for hand in [hand, hand.quoted()] {
        let layouts = match format {
            Format::Toml => toml::put(text, kind, group, hand),
            Format::Yaml => yaml::put(text, &root, kind, group, hand),
            Format::Json => json::put(text, &root, kind, group, hand),
        };
        if let Some(done) = first_right(text, format, &layouts?, &meant) {
            return Ok(done);
        }
    }
    let names: Vec<_> = group.iter().take(3).map(|entry| format!("`{}`", brief(&entry.name))).collect();
    Err(format!("no place in `{}` is sure to be right for {}: write it there by hand", brief(kind), names.join(", ")))
}

/// The text with these changes made one after another, all or none.
pub fn change(text: &str, format: Format, changes: &[Change]) -> Result<String, Refusal> {
    change::change(text, format, changes)
}

/// The text with as many of these jobs made as can be, each of them whole, and why the others are refused. No job is to
/// touch what another does.
pub fn change_each(text: &str, format: Format, jobs: &[Vec<&Change>]) -> (String, Vec<Option<Refusal>>) {
    change::each(text, format, jobs)
}

/// The first of the layouts that says what is meant.
fn first_right(text: &str, format: Format, layouts: &[Layout], meant: &Meant) -> Option<String> {
    layouts.iter().filter_map(|layout| splice::apply(text, layout)).find(|done| reads(done, format, meant))
}

fn reads(text: &str, format: Format, meant: &Meant) -> bool {
    let (root, wrong) = syntax::parse(text, 0, format);
    wrong.is_empty() && root.is_some_and(|root| meant.says(&root))
}

fn read(text: &str, format: Format) -> Result<Node<'_>, Refusal> {
    let (root, wrong) = syntax::parse(text, 0, format);
    match (root, wrong.into_iter().next()) {
        (Some(root), None) => Ok(root),
        (_, Some(wrong)) => Err(format!("the spec is broken: {}", wrong.message)),
        (None, None) => Err("the spec is broken".into()),
    }
}

#[cfg(test)]
mod tests;
