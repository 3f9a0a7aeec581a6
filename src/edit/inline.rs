//! A value and a key on one line, in each of the formats.

use super::word;
use crate::syntax::Format;
use crate::value::Value;
use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// Where a value stands, and what it may do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand {
    pub format: Format,
    /// Within brackets, where YAML's commas and brackets count.
    pub flow: bool,
    /// Texts as JSON quotes them, which every reader reads alike.
    pub quoted: bool,
    /// A blank within braces: `{ a: 1 }`.
    pub padded: bool,
    /// No blanks at all: `{"a":1}`.
    pub tight: bool,
}

impl Hand {
    pub fn new(format: Format) -> Hand {
        Hand { format, flow: false, quoted: false, padded: true, tight: false }
    }

    /// As most of the text is written.
    pub fn like(text: &str, format: Format) -> Hand {
        let (mut padded, mut bare) = (0, 0);
        for (at, _) in text.match_indices('{') {
            match text.as_bytes().get(at + 1) {
                Some(b' ') => padded += 1,
                Some(b'"' | b'\'' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_') => bare += 1,
                _ => {}
            }
        }
        let tight = match format {
            Format::Json => bare > 0 && !text.contains("\": "),
            Format::Toml => text.contains('=') && !text.contains("= "),
            Format::Yaml => false,
        };
        Hand { padded: bare == 0 || padded >= bare, tight, ..Hand::new(format) }
    }

    pub fn inside(self) -> Hand {
        Hand { flow: true, ..self }
    }

    pub fn quoted(self) -> Hand {
        Hand { quoted: true, ..self }
    }

    pub fn key(self, name: &str) -> String {
        match self.format {
            Format::Toml if self.quoted => TomlKeyBuilder::new(name).as_basic().to_toml_key(),
            Format::Toml => TomlKeyBuilder::new(name).as_default().to_toml_key(),
            Format::Yaml if self.quoted => word::double(name),
            Format::Yaml => word::text(name, self.flow),
            Format::Json => json(name),
        }
    }

    /// `key: value` or `key = value`.
    pub fn pair(self, name: &str, value: &Value) -> String {
        format!("{}{}{}", self.key(name), self.sign(), self.value(value))
    }

    pub fn value(self, value: &Value) -> String {
        match value {
            Value::Null => "null".into(),
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Number(n) => self.number(*n),
            Value::Text(text) => self.text(text),
            Value::List(list) => {
                let items: Vec<String> = list.iter().map(|one| self.inside().value(one)).collect();
                format!("[{}]", items.join(self.comma()))
            }
            Value::Map(map) if map.is_empty() => "{}".into(),
            Value::Map(map) => {
                let fields: Vec<String> = map.iter().map(|(name, one)| self.inside().pair(name, one)).collect();
                let space = if self.padded { " " } else { "" };
                format!("{{{space}{}{space}}}", fields.join(self.comma()))
            }
            other => match other.to_json() {
                serde_json::Value::String(text) => self.text(&text),
                json => json.to_string(),
            },
        }
    }

    /// What stands between a key and its value.
    pub fn sign(self) -> &'static str {
        match (self.format, self.tight) {
            (Format::Toml, true) => "=",
            (Format::Toml, false) => " = ",
            (_, true) => ":",
            (_, false) => ": ",
        }
    }

    /// Text in the quotes that what it replaces stood in.
    pub fn quoted_as(self, old: &str, new: &str) -> Option<String> {
        let plain = |c: char| !c.is_control() && c != '\'';
        match (old.as_bytes().first()?, self.format) {
            (b'\'', Format::Toml) if old.starts_with("\'\'\'") => None,
            (b'"', Format::Toml) if old.starts_with("\"\"\"") => None,
            (b'\'', Format::Toml | Format::Yaml) if new.chars().all(plain) => Some(format!("'{new}'")),
            (b'"', Format::Toml) if !new.contains(['"', '\\']) => {
                Some(TomlStringBuilder::new(new).as_basic().to_toml_value())
            }
            (b'"', Format::Yaml) => Some(word::double(new)),
            _ => None,
        }
    }

    fn comma(self) -> &'static str {
        if self.tight && self.format == Format::Json { "," } else { ", " }
    }

    fn text(self, text: &str) -> String {
        match self.format {
            Format::Toml if self.quoted || text.contains('\n') => {
                TomlStringBuilder::new(text).as_basic().to_toml_value()
            }
            Format::Toml => TomlStringBuilder::new(text).as_default().to_toml_value(),
            Format::Yaml if self.quoted => word::double(text),
            Format::Yaml => word::text(text, self.flow),
            Format::Json => json(text),
        }
    }

    fn number(self, n: f64) -> String {
        let dot = if self.format == Format::Yaml { "." } else { "" };
        match n {
            _ if n.is_nan() => format!("{dot}nan"),
            _ if n.is_infinite() && n > 0.0 => format!("{dot}inf"),
            _ if n.is_infinite() => format!("-{dot}inf"),
            _ => format!("{n:?}"),
        }
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
