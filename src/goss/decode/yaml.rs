//! What yaml.v3 makes of YAML that is decoded into goss's structs.

use super::merge::Pair;
use super::{Decoded, entry, field, no_body, noun, section, unknown, wrong_type};
use crate::goss::{Entry, Said, Section, Shape};
use crate::syntax::libyaml::{Body, Document, Id, MAX_DEPTH};
use crate::syntax::{Code, Diagnostic};
use crate::value::Value;
use std::collections::{BTreeMap, HashSet};

/// Mistakes that one text is shown for; what comes after them is seldom news.
const MAX_WRONG: usize = 100;
/// Values that aliases may come to, beyond which they must be few among the rest.
const MAX_ALIASED: usize = 400_000;

/// Nothing more can be read; why is among the diagnostics.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) struct Decoder<'d, 's> {
    pub document: &'d Document<'s>,
    wrong: Vec<Diagnostic>,
    /// The aliases that are being followed.
    pub open: HashSet<Id>,
    depth: usize,
    /// Values decoded by way of an alias.
    aliased: usize,
}

impl<'d, 's> Decoder<'d, 's> {
    pub fn new(document: &'d Document<'s>) -> Self {
        Decoder { document, wrong: vec![], open: HashSet::new(), depth: 0, aliased: 0 }
    }

    pub fn config(mut self) -> Result<Decoded, Vec<Diagnostic>> {
        let mut decoded = Decoded::default();
        let _ = self.sections(&mut decoded);
        self.finish(decoded)
    }

    pub fn vars(mut self) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
        let mut vars = BTreeMap::new();
        if let Some(root) = self.document.root {
            // What stopped it is said.
            if let Ok(Value::Map(read)) = self.map_or_nothing(root, "a file of variables") {
                vars.extend(read);
            }
        }
        self.finish(vars)
    }

    fn finish<T>(mut self, read: T) -> Result<T, Vec<Diagnostic>> {
        if self.wrong.is_empty() {
            return Ok(read);
        }
        self.wrong.sort_by_key(|one| one.span);
        self.wrong.dedup();
        Err(self.wrong)
    }

    pub fn say(&mut self, wrong: Diagnostic) {
        if self.wrong.len() < MAX_WRONG {
            self.wrong.push(wrong);
        }
    }

    pub fn stop(&mut self, wrong: Diagnostic) -> Stop {
        self.wrong.push(wrong);
        Stop
    }

    fn sections(&mut self, decoded: &mut Decoded) -> Result<(), Stop> {
        let Some(root) = self.document.root else { return Ok(()) };
        for Pair { key, span, value } in self.text_pairs(root, "a goss file")? {
            let Value::Text(name) = key else { continue };
            let Some((at, section)) = section(&name, span, &mut decoded.warnings) else { continue };
            let entries = self.followed(value, |this, body| this.section(section, body))?;
            decoded.config.sections.insert(at, entries);
        }
        Ok(())
    }

    fn section(&mut self, section: &'static Section, body: Id) -> Result<BTreeMap<String, Entry>, Stop> {
        let mut entries = BTreeMap::new();
        for Pair { key, span, value } in self.text_pairs(body, &format!("`{}`", section.name))? {
            let Value::Text(name) = key else { continue };
            if self.is_null(value) {
                self.say(no_body(section, &name, span));
                continue;
            }
            let said = self.followed(value, |this, body| this.entry(section, body))?;
            entries.insert(name, entry(section, span, said));
        }
        Ok(entries)
    }

    fn entry(&mut self, section: &'static Section, body: Id) -> Result<Vec<Said>, Stop> {
        let mut said: Vec<Said> = vec![];
        for Pair { key, span, value } in self.text_pairs(body, &format!("a `{}` entry", section.name))? {
            let Value::Text(name) = key else { continue };
            let Some(field) = field(section, &name) else {
                self.say(unknown(section, &name, span));
                continue;
            };
            let Some(field) = field else { continue };
            let place = self.document[value].span;
            if said.iter().any(|before| std::ptr::eq(before.field, field)) {
                self.say(Diagnostic::new(Code::DuplicateKey, span, format!("`{name}` is said twice")));
                continue;
            }
            let what = format!("`{name}`");
            let value = self.followed(value, |this, id| this.shaped(field.shape, id, &what))?;
            said.extend(value.map(|value| Said { field, value, span: place }));
        }
        Ok(said)
    }

    fn shaped(&mut self, shape: Shape, id: Id, what: &str) -> Result<Option<Value>, Stop> {
        let scalar = match shape {
            Shape::Test | Shape::Any => return self.any(id).map(Some),
            Shape::Map => return self.map_or_nothing(id, what).map(Some),
            Shape::TextList => return self.texts(id, what).map(Some),
            Shape::Text => {
                let text = matches!(self.document[id].body, Body::Scalar { .. });
                if text {
                    return Ok(self.text(id)?.map(Value::Text));
                }
                None
            }
            Shape::Bool | Shape::Int => Some(self.any(id)?),
        };
        Ok(Some(match (shape, scalar) {
            (_, Some(Value::Null)) => return Ok(None),
            (Shape::Bool, Some(Value::Bool(b))) => Value::Bool(b),
            (Shape::Bool, Some(Value::Text(text))) if old_bool(&text).is_some() => {
                Value::Bool(old_bool(&text).unwrap_or_default())
            }
            (Shape::Int, Some(Value::Int(n))) => Value::Int(n),
            // Go cuts fractions off.
            (Shape::Int, Some(Value::Number(n))) if n < i64::MAX as f64 => Value::Int(n as i64),
            _ => {
                let wrong = wrong_type(what, noun(shape), self.describe(id), self.document[id].span);
                self.say(wrong);
                return Ok(None);
            }
        }))
    }

    fn texts(&mut self, id: Id, what: &str) -> Result<Value, Stop> {
        let document = self.document;
        let Body::List(items) = &document[id].body else {
            if !self.is_null(id) {
                self.say(wrong_type(what, "a list of text", self.describe(id), document[id].span));
            }
            return Ok(Value::Null);
        };
        let mut texts = vec![];
        for item in items {
            texts.extend(self.text(*item)?.map(Value::Text));
        }
        Ok(Value::List(texts))
    }

    /// A map with keys of text, or null.
    fn map_or_nothing(&mut self, id: Id, what: &str) -> Result<Value, Stop> {
        if self.is_null(id) {
            return Ok(Value::Null);
        }
        let pairs = self.text_pairs(id, what)?;
        self.text_map(pairs)
    }

    /// The pairs of a map, keys as text. What is null has none, and of what else is no map that is said.
    fn text_pairs(&mut self, id: Id, what: &str) -> Result<Vec<Pair>, Stop> {
        match self.document[id].body {
            Body::Map(_) => Ok(self.pairs(id, true)?.unwrap_or_default()),
            _ => {
                if !self.is_null(id) {
                    self.say(wrong_type(what, "a map", self.describe(id), self.document[id].span));
                }
                Ok(vec![])
            }
        }
    }

    fn text_map(&mut self, pairs: Vec<Pair>) -> Result<Value, Stop> {
        let mut map = BTreeMap::new();
        for Pair { key, value, .. } in pairs {
            let value = self.any(value)?;
            if let Value::Text(key) = key {
                map.insert(key, value);
            }
        }
        Ok(Value::Map(map.into_iter().collect()))
    }

    /// `interface{}`. Whole numbers beyond `i64` are [`Value::Size`], which holds them.
    pub fn any(&mut self, id: Id) -> Result<Value, Stop> {
        self.followed(id, |this, id| this.any_here(id))
    }

    fn any_here(&mut self, id: Id) -> Result<Value, Stop> {
        let document = self.document;
        match &document[id].body {
            Body::Scalar { text, quoted } => self.scalar(&document[id], text, *quoted),
            Body::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(self.any(*item)?);
                }
                Ok(Value::List(list))
            }
            Body::Map(entries) => {
                let text = entries.iter().all(|(key, _)| matches!(self.short_tag(*key), "!!str" | "!!merge"));
                let pairs = self.pairs(id, text)?.unwrap_or_default();
                if text {
                    return self.text_map(pairs);
                }
                let mut map: Vec<(Value, Value)> = vec![];
                for Pair { key, value, .. } in pairs {
                    let value = self.any(value)?;
                    match map.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, before)) => *before = value,
                        None => map.push((key, value)),
                    }
                }
                Ok(Value::Pairs(map))
            }
            // Followed before.
            Body::Alias(..) => Ok(Value::Null),
        }
    }

    /// Does `what` with the node that `id` names, which is another if it is an alias.
    pub fn followed<T>(&mut self, id: Id, what: impl FnOnce(&mut Self, Id) -> Result<T, Stop>) -> Result<T, Stop> {
        if !self.open.is_empty() {
            self.aliased += 1;
            if self.aliased > MAX_ALIASED {
                let message = format!("aliases make the file come to more than {MAX_ALIASED} values");
                return Err(self.stop(Diagnostic::new(Code::TooLarge, self.document[id].span, message)));
            }
        }
        if self.depth > 2 * MAX_DEPTH {
            let wrong = Diagnostic::new(Code::TooDeep, self.document[id].span, "aliases lead too deep");
            return Err(self.stop(wrong));
        }
        self.depth += 1;
        let done = match self.document[id].body {
            Body::Alias(_, to) => {
                self.enter(id)?;
                let done = what(self, to);
                self.leave(id);
                done
            }
            _ => what(self, id),
        };
        self.depth -= 1;
        done
    }

    pub fn enter(&mut self, alias: Id) -> Result<(), Stop> {
        if self.open.insert(alias) {
            return Ok(());
        }
        let wrong = Diagnostic::new(Code::Syntax, self.document[alias].span, "this alias stands inside what it names");
        Err(self.stop(wrong))
    }

    pub fn leave(&mut self, alias: Id) {
        self.open.remove(&alias);
    }
}

/// YAML 1.1's words for `true` and `false`, which yaml.v3 takes for them where it knows that one is wanted.
fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}
