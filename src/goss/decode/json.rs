//! What Go's encoding/json makes of JSON that is decoded into goss's structs.

use super::{Decoded, entry, field, no_body, noun, section, unknown, wrong_type};
use crate::goss::{Entry, SECTIONS, Said, Section, Shape};
use crate::syntax::{Code, Data, Diagnostic, Key, Node};
use crate::value::Value;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Decoder {
    wrong: Vec<Diagnostic>,
}

impl Decoder {
    pub fn config(mut self, root: &Node<'_>) -> Result<Decoded, Vec<Diagnostic>> {
        let mut decoded = Decoded::default();
        for (key, body) in self.map(root, "a goss file") {
            // Go matches the names of a struct's fields without regard to case.
            let exact = SECTIONS.iter().find(|section| section.name.eq_ignore_ascii_case(&key.text));
            let name = exact.map_or(&*key.text, |section| section.name);
            let Some((at, section)) = section(name, key.span, &mut decoded.warnings) else { continue };
            let entries = self.section(section, body);
            decoded.config.sections.insert(at, entries);
        }
        self.finish(decoded)
    }

    pub fn vars(mut self, root: &Node<'_>) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
        let entries = self.map(root, "a file of variables");
        let vars = entries.iter().map(|(key, value)| (key.text.clone().into_owned(), any(value))).collect();
        self.finish(vars)
    }

    fn finish<T>(self, read: T) -> Result<T, Vec<Diagnostic>> {
        if self.wrong.is_empty() { Ok(read) } else { Err(self.wrong) }
    }

    /// The entries of a map, or of nothing.
    fn map<'n, 's>(&mut self, node: &'n Node<'s>, what: &str) -> &'n [(Key<'s>, Node<'s>)] {
        match &node.data {
            Data::Map(entries) => return entries,
            Data::Null => {}
            _ => self.wrong.push(wrong_type(what, "a map", node.describe(), node.span)),
        }
        &[]
    }

    fn section(&mut self, section: &'static Section, body: &Node<'_>) -> BTreeMap<String, Entry> {
        let mut entries = BTreeMap::new();
        // Of an entry that stands twice, the last counts.
        let last: BTreeMap<_, _> = self
            .map(body, &format!("`{}`", section.name))
            .iter()
            .map(|(key, body)| (&*key.text, (key.span, body)))
            .collect();
        for (name, (span, body)) in last {
            if body.data == Data::Null {
                self.wrong.push(no_body(section, name, span));
                continue;
            }
            let what = format!("a `{}` entry", section.name);
            let said: Vec<_> =
                self.map(body, &what).iter().filter_map(|(key, value)| self.said(section, key, value)).collect();
            entries.insert(name.to_owned(), entry(section, span, merged(said)));
        }
        entries
    }

    fn said(&mut self, section: &'static Section, key: &Key<'_>, node: &Node<'_>) -> Option<Said> {
        let Some(field) = field(section, &key.text) else {
            self.wrong.push(unknown(section, &key.text, key.span));
            return None;
        };
        let field = field?;
        let value = match (field.shape, &node.data) {
            (Shape::Test | Shape::Any, _) => any(node),
            // Leaves what was said before.
            (Shape::Text | Shape::Bool | Shape::Int, Data::Null) => return None,
            (Shape::TextList | Shape::Map, Data::Null) => Value::Null,
            (Shape::Text, Data::Text(_)) | (Shape::Bool, Data::Bool(_)) | (Shape::Map, Data::Map(_)) => any(node),
            (Shape::Int, Data::Int(n, _)) => Value::Int(*n),
            (Shape::TextList, Data::List(items)) => {
                let mut texts = vec![];
                for item in items {
                    match &item.data {
                        Data::Text(text) => texts.push(Value::Text(text.clone().into_owned())),
                        Data::Null => texts.push(Value::Text(String::new())),
                        _ => {
                            let what = format!("an element of `{}`", field.name);
                            self.wrong.push(wrong_type(&what, "text", item.describe(), item.span));
                        }
                    }
                }
                Value::List(texts)
            }
            (Shape::Int, Data::Float(..)) => {
                let message = format!("`{}` is a whole number: write it without point and exponent", field.name);
                self.wrong.push(Diagnostic::new(Code::WrongType, node.span, message));
                return None;
            }
            (shape, _) => {
                let what = format!("`{}`", field.name);
                self.wrong.push(wrong_type(&what, noun(shape), node.describe(), node.span));
                return None;
            }
        };
        Some(Said { field, value, span: node.span })
    }
}

/// Maps that stand twice under one name are one, which is how Go fills a map that is there already.
fn merged(said: Vec<Said>) -> Vec<Said> {
    let mut out: Vec<Said> = vec![];
    for mut one in said {
        let before = out.iter().find(|other| std::ptr::eq(other.field, one.field));
        if let (Shape::Map, Some(Said { value: Value::Map(old), .. }), Value::Map(new)) =
            (one.field.shape, before, &mut one.value)
        {
            let both = old.iter().cloned().chain(new.drain(..)).collect::<BTreeMap<_, _>>();
            *new = both.into_iter().collect();
        }
        out.push(one);
    }
    out
}

/// Any data: numbers are `float64`, and of a key that stands twice the last counts.
fn any(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(b) => Value::Bool(*b),
        Data::Int(n, raw) => Value::Number(raw.parse().unwrap_or(*n as f64)),
        Data::Float(n, _) => Value::Number(*n),
        Data::Text(text) => Value::Text(text.clone().into_owned()),
        Data::List(items) => Value::List(items.iter().map(any).collect()),
        Data::Map(entries) => {
            let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (&key.text, value)).collect();
            Value::Map(entries.into_iter().map(|(key, value)| (key.clone().into_owned(), any(value))).collect())
        }
    }
}
