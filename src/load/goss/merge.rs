//! Several goss files as one: a later file's entry takes the place of an earlier one's of the same name.

use crate::goss::{Config, SECTIONS, Section};
use crate::syntax::Span;
use crate::value::Value;

/// An entry that took the place of another.
pub(super) struct Overwritten {
    pub section: &'static str,
    pub name: String,
    pub by: Span,
    pub first: Span,
}

/// What the file includes, in goss's order, taken out of it: patterns and where they stand.
pub(super) fn includes(config: &mut Config) -> Vec<(String, Span)> {
    let Some(entries) = Section::index("gossfile").and_then(|section| config.sections.remove(&section)) else {
        return vec![];
    };
    let skipped = |value: Option<&Value>| matches!(value, Some(Value::Bool(true)));
    let mut includes = vec![];
    for (name, entry) in entries {
        if skipped(entry.get("skip").map(|said| &said.value)) {
            continue;
        }
        includes.push(match entry.get("file") {
            Some(said) => match &said.value {
                Value::Text(file) if !file.is_empty() => (file.clone(), said.span),
                _ => (name, entry.span),
            },
            None => (name, entry.span),
        });
    }
    includes
}

/// Adds `later` to `config`.
pub(super) fn merge(config: &mut Config, later: Config, overwritten: &mut Vec<Overwritten>) {
    for (section, entries) in later.sections {
        let into = config.sections.entry(section).or_default();
        if into.is_empty() {
            *into = entries;
            continue;
        }
        for (name, entry) in entries {
            let by = entry.span;
            if let Some(before) = into.insert(name.clone(), entry) {
                let section = SECTIONS.get(section).map_or("", |section| section.name);
                overwritten.push(Overwritten { section, name, by, first: before.span });
            }
        }
    }
}
