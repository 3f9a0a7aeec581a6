//! Data on one line, as a spec has it.

use crate::quantity::drives;
use crate::syntax::Format;
use crate::value::Value;
use std::fmt::Write;
use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// A value of a spec on one line: of TOML, or of JSON, which YAML reads too. Nothing in it drives a terminal.
pub fn inline(value: &Value, format: Format) -> String {
    let name = |name: &str| match format {
        Format::Toml if !name.contains(acts) => {
            format!("{} = ", TomlKeyBuilder::new(name).as_default().to_toml_key())
        }
        Format::Toml => format!("{} = ", text(name, format)),
        Format::Yaml | Format::Json => format!("{}: ", text(name, format)),
    };
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Number(n) if n.is_finite() => n.to_toml_value(),
        Value::Text(t) => text(t, format),
        Value::Secret(secret) => secret.to_string(),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|one| inline(one, format)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) if map.is_empty() => "{}".into(),
        Value::Map(map) => {
            let fields = map.iter().map(|(key, one)| name(key) + &inline(one, format));
            let fields = fields.collect::<Vec<_>>().join(", ");
            if format == Format::Toml { format!("{{ {fields} }}") } else { format!("{{{fields}}}") }
        }
        other => text(&other.to_string(), format),
    }
}

/// Whether a terminal acts on it.
fn acts(c: char) -> bool {
    c.is_control() || drives(c)
}

/// Text in quotes.
fn text(text: &str, format: Format) -> String {
    if format == Format::Toml && !text.contains(acts) {
        let text = TomlStringBuilder::new(text);
        let plain = text.as_basic_pretty().or_else(|| text.as_literal());
        return plain.unwrap_or_else(|| text.as_basic()).to_toml_value();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !acts(c) => out.push(c),
            // JSON writes what lies beyond as two halves, which the others do not read.
            c if format == Format::Json || u32::from(c) <= 0xffff => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}"));
            }
            c => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;
    use proptest::prelude::*;

    fn data() -> impl Strategy<Value = Value> {
        let text = || {
            prop_oneof![
                "[a-z]{0,8}",
                "\\PC{0,12}",
                "[\u{202e}\u{e0001}\u{85}\u{7f}\u{feff}a\"']{0,4}",
                any::<String>(),
                "true|null|~|0644|<<|a: b|1.5|'''"
            ]
        };
        let scalar = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-1e15f64..1e15).prop_map(Value::Number),
            text().prop_map(Value::Text),
        ];
        scalar.prop_recursive(3, 20, 6, move |inner| {
            let fields = prop::collection::vec((text(), inner.clone()), 0..6).prop_map(|mut fields| {
                let mut seen = std::collections::HashSet::new();
                fields.retain(|(key, _)| seen.insert(key.clone()));
                Value::Map(fields)
            });
            prop_oneof![prop::collection::vec(inner, 0..6).prop_map(Value::List), fields]
        })
    }

    proptest! {
        #[test]
        fn what_is_shown_is_one_line_and_reads_as_what_was_meant(value in data()) {
            for (format, before, after) in [(Format::Toml, "a = ", ""), (Format::Json, "{\"a\": ", "}"), (Format::Yaml, "a: ", "")] {
                let text = inline(&value, format);
                prop_assert!(!text.contains(acts), "{}", text);
                let text = format!("{before}{text}{after}");
                let (root, wrong) = parse(&text, 0, format);
                prop_assert_eq!(&wrong, &[], "{}", text);
                prop_assert_eq!(&Value::from(root.unwrap().get("a").unwrap()), &value, "{}", text);
            }
        }
    }
}
