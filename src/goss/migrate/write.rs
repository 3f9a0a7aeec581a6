//! A migrated spec as text: TOML or YAML that a person may go on with.

use super::{Migrated, Remark, Written};
use crate::edit::{self, Entry};
use crate::syntax::Format;
use crate::value::Value;

/// As TOML, one table an entry. `head` stands above it as a comment.
pub fn toml(all: &Migrated, head: &[String]) -> String {
    let mut text = edit::comment("", head);
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
        text.push_str(&edit::comment("", &remarks(entry)));
        let body = entry.body.iter().filter_map(|(key, value)| Some((key.clone(), without_null(value)?))).collect();
        text.push_str(&lost(entry, "", &print(entry, body, Format::Toml)));
    }
    text
}

/// As YAML, in blocks.
pub fn yaml(all: &Migrated, head: &[String]) -> String {
    let mut text = edit::comment("", head);
    let mut section = "";
    for entry in &all.entries {
        if entry.kind != section {
            section = entry.kind;
            // Where all of its entries are lost there is no section.
            let any = all.entries.iter().any(|one| one.kind == section && one.lost.is_none());
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&if any { format!("{section}:\n") } else { format!("# {section}:\n") });
        }
        text.push_str(&edit::comment("  ", &remarks(entry)));
        // Without the line of its section.
        let block = print(entry, entry.body.clone(), Format::Yaml);
        text.push_str(&lost(entry, "  ", block.split_once('\n').map_or("", |(_, block)| block)));
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

fn print(entry: &Written, body: Vec<(String, Value)>, format: Format) -> String {
    edit::print(&Entry { kind: entry.kind.into(), name: entry.name.clone(), body, remarks: vec![] }, format)
}

/// An entry's text, behind `#` where it is not one any more.
fn lost(entry: &Written, indent: &str, text: &str) -> String {
    match entry.lost {
        None => text.to_owned(),
        Some(_) => {
            let lines = text.lines().map(|line| line.strip_prefix(indent).unwrap_or(line).to_owned());
            edit::comment(indent, &lines.collect::<Vec<_>>())
        }
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.iter().any(has_null),
        Value::Map(map) => map.iter().any(|(_, one)| has_null(one)),
        _ => false,
    }
}

/// What TOML can say of it.
fn without_null(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::List(list) => Value::List(list.iter().filter_map(without_null).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().filter_map(|(key, one)| Some((key.clone(), without_null(one)?))).collect())
        }
        other => other.clone(),
    })
}
