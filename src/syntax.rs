//! One tree with places, which TOML, YAML and JSON all parse into.

use crate::value::Value;
use std::borrow::Cow;

mod build;
mod diagnostic;
mod json;
mod plain;
mod suggest;
mod toml;
mod toml_error;
mod yaml;
mod yaml_error;

pub use diagnostic::{Code, Diagnostic, Help, Source, Sources};
pub use suggest::nearest;

/// Levels of lists and maps inside one another that a spec may have.
pub const MAX_DEPTH: usize = 64;
/// Nodes that a spec may come to once its aliases are expanded.
pub const MAX_NODES: usize = 2_000_000;

/// A range of bytes in one of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index into [`Sources`].
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

/// A value in a spec and where it stands. `'s` is the source's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'s> {
    pub span: Span,
    pub data: Data<'s>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data<'s> {
    Null,
    Bool(bool),
    /// The number, and how it was written (so that `1.10` stays a version).
    Int(i64, &'s str),
    Float(f64, &'s str),
    Text(Cow<'s, str>),
    List(Vec<Node<'s>>),
    /// In the order written; a key stands once.
    Map(Vec<(Key<'s>, Node<'s>)>),
}

/// A map's key. Numbers and booleans are kept as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<'s> {
    pub span: Span,
    pub text: Cow<'s, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    /// By the name's ending; YAML, which reads JSON too, where that says nothing.
    pub fn of(name: &str) -> Format {
        let ending = name.rsplit_once('.').map_or("", |(_, e)| e);
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Format::Toml,
            "json" => Format::Json,
            _ => Format::Yaml,
        }
    }
}

/// Parses one source. Where anything is wrong the tree is `None` or what could be read, beside every diagnostic.
pub fn parse<'s>(text: &'s str, file: u32, format: Format) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    match format {
        Format::Toml => toml::parse(text, file),
        Format::Yaml => yaml::parse(text, file),
        Format::Json => json::parse(text, file),
    }
}

impl<'s> Node<'s> {
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(s) => Some(s),
            _ => None,
        }
    }

    /// A scalar as it was written: text as it is, numbers and booleans by their spelling.
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        match &self.data {
            Data::Text(s) => Some(Cow::Borrowed(s)),
            Data::Int(_, raw) | Data::Float(_, raw) => Some(Cow::Borrowed(raw)),
            Data::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&[(Key<'s>, Node<'s>)]> {
        match &self.data {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Node<'s>]> {
        match &self.data {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node<'s>> {
        self.map()?.iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// What a person would call what stands here.
    pub fn describe(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Int(..) => "a whole number",
            Data::Float(..) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }
}

/// Data as it stands in the spec, without its places.
impl From<&Node<'_>> for Value {
    fn from(node: &Node<'_>) -> Value {
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(n, _) => Value::Int(*n),
            Data::Float(n, _) => Value::Number(*n),
            Data::Text(t) => Value::Text(t.clone().into_owned()),
            Data::List(l) => Value::List(l.iter().map(Value::from).collect()),
            Data::Map(m) => Value::Map(m.iter().map(|(k, v)| (k.text.clone().into_owned(), v.into())).collect()),
        }
    }
}
