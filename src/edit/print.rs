//! Entries as they stand in a file: with their remarks, on lines of their own.

use super::Entry;
use super::block::{self, Indent};
use super::inline::Hand;
use crate::syntax::Format;
use crate::value::Value;

/// Lines that begin with `#`. Whatever the remarks have in them, they stay comments.
pub fn comment(indent: &str, remarks: &[String]) -> String {
    let clean =
        |c: char| if c.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(c) { ' ' } else { c };
    let line = |line: &String| {
        let line: String = line.chars().map(clean).collect();
        format!("{}\n", format!("{indent}# {line}").trim_end())
    };
    remarks.iter().map(line).collect()
}

/// `[kind.name]` and its pairs.
pub fn toml_table(hand: Hand, indent: &str, inner: &str, entry: &Entry) -> String {
    let table = format!("{indent}[{}.{}]\n", hand.key(&entry.kind), hand.key(&entry.name));
    let fields = Indent { at: inner.to_owned(), step: "    ".into() };
    let pair = |(name, value): &(String, Value)| format!("{inner}{}\n", block::pair(hand, &fields, name, value));
    comment(indent, &entry.remarks) + &table + &entry.body.iter().map(pair).collect::<String>()
}

/// `name:` and its fields in YAML, indented by `indent`.
pub fn yaml_entry(hand: Hand, indent: &Indent, entry: &Entry) -> String {
    let inner = indent.deeper();
    let name = hand.key(&entry.name);
    // A long key must be said to be one.
    let name = if name.len() > 1000 { format!("? {name}\n{}:", indent.at) } else { format!("{name}:") };
    let body = match &*entry.body {
        [] => " {}".to_owned(),
        body => format!("\n{}{}", inner.at, block::fields(hand, &inner, body)),
    };
    format!("{}{}{name}{body}\n", comment(&indent.at, &entry.remarks), indent.at)
}

/// `"name": {…}` in JSON, its fields on lines of their own.
pub fn json_entry(hand: Hand, indent: &Indent, entry: &Entry) -> String {
    let inner = indent.deeper();
    let name = hand.key(&entry.name);
    match &*entry.body {
        [] => format!("{name}: {{}}"),
        body => format!("{name}: {{\n{}{}\n{}}}", inner.at, block::fields(hand, &inner, body), indent.at),
    }
}

/// A section with these entries, as it stands by itself.
pub fn section(hand: Hand, kind: &str, entries: &[&Entry], step: &str) -> String {
    let indent = Indent { at: step.to_owned(), step: step.to_owned() };
    match hand.format {
        Format::Toml => {
            let tables: Vec<String> = entries.iter().map(|entry| toml_table(hand, "", "", entry)).collect();
            tables.join("\n")
        }
        Format::Yaml => {
            let entries: String = entries.iter().map(|entry| yaml_entry(hand, &indent, entry)).collect();
            format!("{}:\n{entries}", hand.key(kind))
        }
        Format::Json => {
            let entries: Vec<String> = entries.iter().map(|entry| json_entry(hand, &indent.deeper(), entry)).collect();
            let inner = &indent.deeper().at;
            let lines = entries.join(&format!(",\n{inner}"));
            format!("{{\n{step}{}: {{\n{inner}{lines}\n{step}}}\n}}\n", hand.key(kind))
        }
    }
}
