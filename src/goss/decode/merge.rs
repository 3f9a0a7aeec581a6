//! The pairs of a YAML map with what it merges, as yaml.v3 comes by them.

use super::yaml::{Decoder, Stop};
use crate::syntax::libyaml::{Body, Id};
use crate::syntax::{Code, Diagnostic, Span};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// A key with its value.
pub(super) struct Pair {
    /// Text if keys of text are wanted.
    pub key: Value,
    pub span: Span,
    pub value: Id,
}

/// Keys that need not be merged any more.
type Merged = HashSet<String>;

impl<'s> Decoder<'_, 's> {
    /// The pairs of the map `id`; `None` if a key stands twice in it, which is then said. With `text`, keys are whatever
    /// their scalars say, and those that are null are left out.
    pub fn pairs(&mut self, id: Id, text: bool) -> Result<Option<Vec<Pair>>, Stop> {
        let mut pairs = vec![];
        Ok(self.collect(id, text, None, &mut pairs)?.then_some(pairs))
    }

    fn collect(
        &mut self,
        id: Id,
        text: bool,
        mut merged: Option<&mut Merged>,
        pairs: &mut Vec<Pair>,
    ) -> Result<bool, Stop> {
        let document = self.document;
        let Body::Map(entries) = &document[id].body else { return Ok(false) };
        if !self.unique(entries) {
            return Ok(false);
        }
        let mut merge = None;
        for (key, value) in entries {
            if self.is_merge(*key) {
                merge = Some(*value);
                continue;
            }
            let span = document[*key].span;
            let key = if text {
                match self.text(*key)? {
                    Some(text) => Value::Text(text),
                    None => continue,
                }
            } else {
                self.any(*key)?
            };
            if matches!(key, Value::List(_) | Value::Map(_) | Value::Pairs(_)) {
                let wrong = Diagnostic::new(Code::Syntax, span, "a list or a map stands where a key should");
                return Err(self.stop(wrong.say("quote it if it is a value of a template or text")));
            }
            if let Some(merged) = merged.as_deref_mut()
                && !merged.insert(name(&key))
            {
                continue;
            }
            pairs.push(Pair { key, span, value: *value });
        }
        if let Some(merge) = merge {
            self.merge(id, merge, text, merged, pairs)?;
        }
        Ok(true)
    }

    /// What the value `merge` of `<<` adds to the map `parent`: the first of a list wins.
    fn merge(
        &mut self,
        parent: Id,
        merge: Id,
        text: bool,
        merged: Option<&mut Merged>,
        pairs: &mut Vec<Pair>,
    ) -> Result<(), Stop> {
        let document = self.document;
        let mut own = Merged::new();
        let merged = match merged {
            Some(merged) => merged,
            None => {
                if let Body::Map(entries) = &document[parent].body {
                    for (key, _) in entries {
                        own.insert(name(&self.any(*key)?));
                    }
                }
                &mut own
            }
        };
        let maps = match &document[merge].body {
            Body::List(items) => items.clone(),
            _ => vec![merge],
        };
        for map in maps {
            let node = &document[map];
            match node.body {
                Body::Map(_) => _ = self.collect(map, text, Some(merged), pairs)?,
                Body::Alias(_, to) if matches!(document[to].body, Body::Map(_)) => {
                    self.enter(map)?;
                    self.collect(to, text, Some(merged), pairs)?;
                    self.leave(map);
                }
                _ => {
                    let message = format!("`<<` merges a map or a list of maps, and this is {}", self.describe(map));
                    let wrong = Diagnostic::new(Code::Syntax, node.span, message);
                    return Err(self.stop(wrong));
                }
            }
        }
        Ok(())
    }

    /// Whether no key stands twice, which is said if one does. Keys are told apart by how they are written: `1` and `"1"`
    /// are one.
    fn unique(&mut self, entries: &[(Id, Id)]) -> bool {
        let document = self.document;
        let written = |id: Id| match &document[id].body {
            Body::Scalar { text, .. } => (0, &**text),
            Body::Alias(name, _) => (1, *name),
            Body::List(_) => (2, ""),
            Body::Map(_) => (3, ""),
        };
        let mut again = vec![];
        if entries.len() <= 8 {
            for (at, (key, _)) in entries.iter().enumerate() {
                let before = entries.iter().take(at).find(|(other, _)| written(*other) == written(*key));
                again.extend(before.map(|(first, _)| (*first, *key)));
            }
        } else {
            let mut seen = HashMap::with_capacity(entries.len());
            for (key, _) in entries {
                if let Some(first) = seen.insert(written(*key), *key) {
                    again.push((first, *key));
                }
            }
        }
        for (first, key) in &again {
            let (_, text) = written(*key);
            let message = format!("the key `{}` stands twice", crate::syntax::brief(text));
            let wrong = Diagnostic::new(Code::DuplicateKey, document[*key].span, message).label("here again");
            self.say(wrong.also(document[*first].span, "first written here"));
        }
        again.is_empty()
    }

    fn is_merge(&self, id: Id) -> bool {
        let node = &self.document[id];
        match &node.body {
            Body::Scalar { text, quoted } if text == "<<" => match &node.tag {
                Some(tag) => tag == "!!merge",
                None => !quoted,
            },
            _ => false,
        }
    }
}

/// A key of any type as what it equals.
fn name(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        other => format!("\0{other:?}"),
    }
}
