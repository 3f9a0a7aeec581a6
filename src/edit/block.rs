//! Values on lines of their own: YAML's blocks, TOML's long lists, JSON's objects.

use super::inline::Hand;
use super::word;
use crate::syntax::Format;
use crate::value::Value;

/// Characters that a list or map takes on one line at most.
pub const LINE: usize = 100;

/// How what is written is indented.
#[derive(Clone, Debug, PartialEq)]
pub struct Indent {
    /// What a line begins with.
    pub at: String,
    /// What another level adds to that.
    pub step: String,
}

impl Indent {
    pub fn deeper(&self) -> Indent {
        Indent { at: format!("{}{}", self.at, self.step), step: self.step.clone() }
    }
}

/// `key: value` or `key = value`, beginning behind the indentation, without what ends its last line.
pub fn pair(hand: Hand, indent: &Indent, name: &str, value: &Value) -> String {
    let key = hand.key(name);
    match hand.format {
        Format::Toml => format!("{key}{}{}", hand.sign(), self::value(hand, indent, key.len() + 3, value)),
        Format::Json => format!("{key}{}{}", hand.sign(), self::value(hand, indent, key.len() + 2, value)),
        Format::Yaml => match behind(hand, indent, key.len() + 2, value) {
            Some(block) => format!("{key}:{block}"),
            None => format!("{key}: {}", hand.value(value)),
        },
    }
}

/// What stands behind a key that takes `taken` characters of the line.
pub fn value(hand: Hand, indent: &Indent, taken: usize, value: &Value) -> String {
    let flat = hand.value(value);
    let inner = indent.deeper();
    let fits = taken + indent.at.len() + flat.chars().count() <= LINE;
    let lines = |items: Vec<String>, end: &str| {
        let lines: Vec<String> = items.iter().map(|item| format!("{}{item}", inner.at)).collect();
        format!("{}{end}", lines.join(",\n"))
    };
    match (value, hand.format) {
        (_, Format::Yaml) => behind(hand, indent, taken, value).unwrap_or(flat),
        (Value::Text(text), Format::Toml) if text.contains('\n') && !hand.quoted => {
            use toml_writer::{ToTomlValue, TomlStringBuilder};
            TomlStringBuilder::new(text).as_default().to_toml_value()
        }
        (Value::List(list), Format::Toml) if !fits && !list.is_empty() => {
            let items = list.iter().map(|one| hand.inside().value(one)).collect();
            format!("[\n{}\n{}]", lines(items, ","), indent.at)
        }
        (Value::List(list), Format::Json) if !fits && !list.is_empty() => {
            let items = list.iter().map(|one| self::value(hand, &inner, 0, one)).collect();
            format!("[\n{}\n{}]", lines(items, ""), indent.at)
        }
        (Value::Map(map), Format::Json) if !fits && !map.is_empty() => {
            let items = map.iter().map(|(name, one)| pair(hand, &inner, name, one)).collect();
            format!("{{\n{}\n{}}}", lines(items, ""), indent.at)
        }
        _ => flat,
    }
}

/// A map's fields, each on lines of its own, the first behind the indentation.
pub fn fields(hand: Hand, indent: &Indent, map: &[(String, Value)]) -> String {
    let lines: Vec<String> = map.iter().map(|(name, value)| pair(hand, indent, name, value)).collect();
    let between = if hand.format == Format::Json { "," } else { "" };
    lines.join(&format!("{between}\n{}", indent.at))
}

/// What follows in YAML on the lines behind `key:` or `-`, line break or `|` included; `None` where it stands on the same line.
pub fn behind(hand: Hand, indent: &Indent, taken: usize, value: &Value) -> Option<String> {
    let fits = || taken + indent.at.len() + hand.value(value).chars().count() <= LINE;
    let inner = indent.deeper();
    match value {
        Value::Text(text) if !hand.quoted && word::suits_block(text) => {
            let keep = if text.ends_with('\n') { "" } else { "-" };
            let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("\n{}{line}", inner.at) };
            let lines: String = text.trim_end_matches('\n').split('\n').map(line).collect();
            Some(format!(" |{keep}{lines}"))
        }
        Value::List(list) if !list.is_empty() && (!fits() || list.iter().any(has_lines)) => {
            Some(format!("\n{}{}", inner.at, items(hand, &inner, list)))
        }
        Value::Map(map) if !map.is_empty() && (!fits() || map.iter().any(|(_, one)| has_lines(one))) => {
            Some(format!("\n{}{}", inner.at, fields(hand, &inner, map)))
        }
        _ => None,
    }
}

/// A list's elements in YAML, each behind a `-`, the first behind the indentation.
pub fn items(hand: Hand, indent: &Indent, list: &[Value]) -> String {
    let lines: Vec<String> = list.iter().map(|one| item(hand, indent, one)).collect();
    lines.join(&format!("\n{}", indent.at))
}

/// `- value`, beginning behind the indentation.
pub fn item(hand: Hand, indent: &Indent, value: &Value) -> String {
    let inner = Indent { at: format!("{}  ", indent.at), step: indent.step.clone() };
    match value {
        Value::Map(map) if behind(hand, indent, 2, value).is_some() => {
            format!("- {}", fields(hand, &inner, map))
        }
        Value::List(list) if behind(hand, indent, 2, value).is_some() => {
            format!("- {}", items(hand, &inner, list))
        }
        _ => match behind(hand, &Indent { at: indent.at.clone(), step: "  ".into() }, 2, value) {
            Some(block) => format!("-{block}"),
            None => format!("- {}", hand.value(value)),
        },
    }
}

fn has_lines(value: &Value) -> bool {
    match value {
        Value::Text(text) => word::suits_block(text),
        Value::List(list) => list.iter().any(has_lines),
        Value::Map(map) => map.iter().any(|(_, one)| has_lines(one)),
        _ => false,
    }
}
