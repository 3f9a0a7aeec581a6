//! A goss file's text to a [`Config`], and a file of variables to data, with the types and refusals of goss's decoders.

mod json;
mod merge;
mod scalar;
mod yaml;

use super::{Config, Entry, Field, SECTIONS, Said, Section, Shape};
use crate::syntax::libyaml;
use crate::syntax::{Code, Diagnostic, Format, Span, brief, nearest, parse_json_as_go};
use crate::value::Value;
use std::collections::BTreeMap;

/// Fields that `goss add` writes empty, which then say nothing.
const MAY_BE_EMPTY: &[&str] = &["contents", "contains", "stdout", "stderr", "body", "headers"];

/// What a text says, and what goss would not say of it.
#[derive(Debug, Default)]
pub struct Decoded {
    pub config: Config,
    /// Sections that goss passes over, lists without elements: places and words.
    pub warnings: Vec<(Span, String)>,
}

/// Reads a text that is JSON or else YAML.
pub fn decode(text: &str, file: u32, format: Format) -> Result<Decoded, Vec<Diagnostic>> {
    let decoded = match format {
        Format::Json => {
            let root = parsed_json(text, file)?;
            json::Decoder::default().config(&root)
        }
        _ => {
            let document = libyaml::parse(text, file).map_err(|wrong| vec![*wrong])?;
            yaml::Decoder::new(&document).config()
        }
    };
    decoded.map(|mut decoded| {
        empty_lists(&mut decoded);
        decoded
    })
}

/// Reads variables: a map with keys of text. What is JSON is read as such: its numbers are floats.
pub fn decode_vars(text: &str, file: u32) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
    match parsed_json(text, file) {
        Ok(root) => json::Decoder::default().vars(&root),
        Err(_) => {
            let document = libyaml::parse(text, file).map_err(|wrong| vec![*wrong])?;
            yaml::Decoder::new(&document).vars()
        }
    }
}

/// Which of the two a text is, by trying: JSON if it reads as such.
pub fn guess(text: &str) -> Format {
    if parsed_json(text, 0).is_ok() { Format::Json } else { Format::Yaml }
}

fn parsed_json(text: &str, file: u32) -> Result<crate::syntax::Node<'_>, Vec<Diagnostic>> {
    match parse_json_as_go(text, file) {
        (Some(root), wrong) if wrong.is_empty() => Ok(root),
        (_, wrong) => Err(wrong),
    }
}

/// The section of this name, or a warning that goss knows none.
fn section(name: &str, span: Span, warnings: &mut Vec<(Span, String)>) -> Option<(usize, &'static Section)> {
    let found = SECTIONS.iter().enumerate().find(|(_, section)| section.name == name);
    if found.is_none() {
        let meant = nearest(name, SECTIONS.iter().map(|section| section.name));
        let meant = meant.map(|meant| format!("; `{meant}` is probably meant")).unwrap_or_default();
        warnings.push((span, format!("goss has no section `{}`: what stands in it is not tested{meant}", brief(name))));
    }
    found
}

/// Of an attribute that goss's decoder does not know.
fn unknown(section: &Section, name: &str, span: Span) -> Diagnostic {
    let message = format!("a `{}` entry has no attribute `{}`", section.name, brief(name));
    let wrong = Diagnostic::new(Code::UnknownKey, span, message);
    match nearest(name, section.fields.iter().map(|field| field.name)) {
        Some(meant) => wrong.say(format!("`{meant}` is probably meant")),
        None => {
            let known: Vec<_> = section.fields.iter().map(|field| format!("`{}`", field.name)).collect();
            wrong.say(format!("it has {}", known.join(", ")))
        }
    }
}

/// Of an entry without a body.
fn no_body(section: &Section, name: &str, span: Span) -> Diagnostic {
    let message = format!("the `{}` entry `{}` says nothing", section.name, brief(name));
    Diagnostic::new(Code::WrongType, span, message).say("indent its attributes below it, or remove it")
}

/// Of a value that a field cannot hold.
fn wrong_type(what: &str, wanted: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::WrongType, span, format!("{what} is {wanted}, and this is {found}"))
}

fn noun(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "text",
        Shape::Bool => "`true` or `false`",
        Shape::Int => "a whole number",
        Shape::TextList => "a list of text",
        Shape::Map => "a map",
        Shape::Test | Shape::Any => "any data",
    }
}

/// The field of this name. `-` is one too where goss's struct has a part that no file can set.
fn field(section: &'static Section, name: &str) -> Option<Option<&'static Field>> {
    match section.field(name) {
        Some(field) => Some(Some(field)),
        None => (name == "-" && matches!(section.name, "gossfile" | "kernel-param")).then_some(None),
    }
}

/// An entry of what is said in it, in the order of its section's table; what is said last counts.
fn entry(section: &Section, span: Span, said: Vec<Said>) -> Entry {
    let place = |said: &Said| section.fields.iter().position(|field| std::ptr::eq(field, said.field));
    let mut fields: Vec<(Option<usize>, Said)> = said.into_iter().rev().map(|said| (place(&said), said)).collect();
    fields.sort_by_key(|(place, _)| *place);
    fields.dedup_by_key(|(place, _)| *place);
    Entry { span, fields: fields.into_iter().map(|(_, said)| said).collect() }
}

/// A test with `[]` holds of everything.
fn empty_lists(decoded: &mut Decoded) {
    for (at, entries) in &decoded.config.sections {
        let section = SECTIONS.get(*at).map_or("", |section| section.name);
        for (name, entry) in entries {
            for said in &entry.fields {
                let empty = matches!(&said.value, Value::List(list) if list.is_empty());
                if empty && said.field.shape == Shape::Test && !MAY_BE_EMPTY.contains(&said.field.name) {
                    let message = format!("`{section}: {}: {}: []` asserts nothing", brief(name), said.field.name);
                    decoded.warnings.push((said.span, message));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
