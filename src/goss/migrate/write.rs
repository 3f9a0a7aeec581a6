//! A migrated spec as text: TOML or YAML that a person may go on with.

use super::{Migrated, Remark, Written};
use crate::goss::print_value;
use crate::syntax::{self, Format};
use crate::value::Value;
use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// Characters that a list takes on one line at most.
const LINE: usize = 100;

/// As TOML, one table an entry. `head` stands above it as a comment.
pub fn toml(all: &Migrated, head: &[String]) -> String {
    let mut text = comment("", head.iter().map(String::as_str));
    for entry in &all.entries {
        let nulls = entry.body.iter().any(|(key, value)| key != "meta" && has_null(value));
        let made;
        let entry = match nulls && entry.lost.is_none() {
            true => {
                made = Written { lost: Some("TOML has no null; YAML has".into()), ..entry.clone() };
                &made
            }
            false => entry,
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&comment("", remarks(entry).iter().map(String::as_str)));
        let table = format!("[{}.{}]\n{}", key(entry.kind), key(&entry.name), body(entry));
        text.push_str(&lost(entry, "", &table));
    }
    text
}

/// As YAML, in blocks.
pub fn yaml(all: &Migrated, head: &[String]) -> String {
    let mut text = comment("", head.iter().map(String::as_str));
    let mut section = "";
    for entry in &all.entries {
        if entry.kind != section {
            section = entry.kind;
            // Where all of its entries are lost there is no section.
            let any = all.entries.iter().any(|one| one.kind == section && one.lost.is_none());
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&if any { format!("{section}:\n") } else { format!("# {section}:\n") });
        }
        text.push_str(&comment("  ", remarks(entry).iter().map(String::as_str)));
        text.push_str(&lost(entry, "  ", &block(entry)));
    }
    text
}

fn remarks(entry: &Written) -> Vec<String> {
    let said = entry.remarks.iter().map(|remark| match remark {
        Remark::Changed(what) => format!("goss: {what}"),
        Remark::Lost(what) => format!("goss: not carried over: {what}"),
        Remark::Plain(what) => what.clone(),
    });
    let lost = entry.lost.iter().map(|why| format!("goss: not carried over: {why}"));
    said.chain(lost).collect()
}

fn comment<'t>(indent: &str, lines: impl Iterator<Item = &'t str>) -> String {
    let clean = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    lines.map(|line| format!("{indent}# {}\n", clean(line))).collect()
}

/// An entry's text, behind `#` where it is not one any more.
fn lost(entry: &Written, indent: &str, text: &str) -> String {
    match entry.lost {
        None => text.to_owned(),
        Some(_) => comment(indent, text.lines().map(|line| line.strip_prefix(indent).unwrap_or(line))),
    }
}

fn key(name: &str) -> String {
    TomlKeyBuilder::new(name).as_default().to_toml_key()
}

fn body(entry: &Written) -> String {
    let line = |(name, value): &(String, Value)| {
        let flat = inline(value);
        let value = match value {
            Value::List(list) if flat.len() > LINE => {
                let lines: String = list.iter().map(|one| format!("    {},\n", inline(one))).collect();
                format!("[\n{lines}]")
            }
            _ => flat,
        };
        format!("{} = {value}\n", key(name))
    };
    entry.body.iter().map(line).collect()
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.iter().any(has_null),
        Value::Map(map) => map.iter().any(|(_, one)| has_null(one)),
        _ => false,
    }
}

/// A value on one line, but for texts of many.
fn inline(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_toml_value(),
        Value::Int(n) => n.to_toml_value(),
        Value::Number(n) => n.to_toml_value(),
        Value::List(list) => {
            let said = list.iter().filter(|value| **value != Value::Null);
            format!("[{}]", said.map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            // TOML has no null.
            let said = map.iter().filter(|(_, value)| *value != Value::Null);
            let fields: Vec<String> = said.map(|(name, value)| format!("{} = {}", key(name), inline(value))).collect();
            if fields.is_empty() { "{}".into() } else { format!("{{ {} }}", fields.join(", ")) }
        }
        other => {
            let text = match other.to_json() {
                serde_json::Value::String(text) => text,
                json => json.to_string(),
            };
            TomlStringBuilder::new(&text).as_default().to_toml_value()
        }
    }
}

/// An entry of a section in YAML.
fn block(entry: &Written) -> String {
    let data = Value::Map(vec![(entry.name.clone(), Value::Map(entry.body.clone()))]);
    let indented = |text: String| {
        let lines = text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") });
        lines.collect::<String>()
    };
    let text = indented(print_value(&data, Format::Yaml));
    if reads(&text) == Some(data.to_json()) {
        return text;
    }
    // JSON is YAML, too, and leaves nothing to its quoting.
    let body = Value::Map(entry.body.clone()).to_json();
    indented(format!("{}: {body}", serde_json::Value::from(entry.name.as_str())))
}

fn reads(text: &str) -> Option<serde_json::Value> {
    let (tree, wrong) = syntax::parse(text, 0, Format::Yaml);
    tree.filter(|_| wrong.is_empty()).map(|tree| Value::from(&tree).to_json())
}
