//! A [`Config`] as goss prints it.

mod json;
mod order;
mod style;
mod yaml;

pub(super) use order::natural;

use super::{Config, Entry, SECTIONS, Section, Shape};
use crate::syntax::Format;
use crate::value::Value;

/// As `render` and `add` write it: YAML or JSON, sections and fields in goss's order, names sorted.
pub fn print(config: &Config, format: Format) -> String {
    let sections = config.sections.iter().filter_map(|(at, entries)| {
        let section = SECTIONS.get(*at).filter(|_| !entries.is_empty())?;
        let mut entries: Vec<_> =
            entries.iter().map(|(name, one)| (name.clone(), entry(section, one, format))).collect();
        order::sort(&mut entries, format);
        Some((section.name.to_owned(), Value::Map(entries)))
    });
    print_value(&Value::Map(sections.collect()), format)
}

/// Data as goss writes it, maps in the order they have.
pub fn print_value(value: &Value, format: Format) -> String {
    match format {
        Format::Json => json::print(value),
        _ => yaml::print(value),
    }
}

/// The fields that are said, and those that are always printed.
fn entry(section: &Section, entry: &Entry, format: Format) -> Value {
    let fields = section.fields.iter().filter_map(|field| {
        let said = entry.get(field.name).map(|said| &said.value);
        let value = match (said, field.shape) {
            (Some(value), _) if !field.omit_empty || !is_empty(value, field.shape) => order::sorted(value, format),
            _ if field.omit_empty => return None,
            (None, Shape::Bool) => Value::Bool(false),
            (None, Shape::Int) => Value::Int(0),
            _ => Value::Null,
        };
        Some((field.name.to_owned(), value))
    });
    Value::Map(fields.collect())
}

/// Whether Go leaves a field of this type out. A test is only ever empty where it is null.
fn is_empty(value: &Value, shape: Shape) -> bool {
    match (value, shape) {
        (Value::Null, _) => true,
        (_, Shape::Test | Shape::Any) => false,
        (Value::Text(text), _) => text.is_empty(),
        (Value::Bool(b), _) => !b,
        (Value::Int(n), _) => *n == 0,
        (Value::List(list), _) => list.is_empty(),
        (Value::Map(map), _) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
