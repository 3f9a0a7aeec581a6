//! JSON written as Go's encoder writes it: its floats, its escapes, its indentation.

use crate::go;
use crate::quantity::drives;
use serde_json::Value as Json;
use std::fmt::Write;
use std::io;

/// How to write it.
#[derive(Clone, Copy, Default)]
pub struct Style {
    /// Whether `<`, `>` and `&` are escaped.
    pub html: bool,
    /// What one level is indented by; `None` for one line.
    pub indent: Option<&'static str>,
}

/// On one line, for people.
pub fn shown(json: &Json) -> String {
    text(json, Style::default())
}

pub fn text(json: &Json, style: Style) -> String {
    let mut out = String::new();
    write(json, style, 0, &mut out);
    out
}

/// An object of a list, whose items are made one at a time, and of what stands behind it.
pub fn document(
    (name, items): (&str, impl Iterator<Item = Json>),
    rest: &[(&str, Json)],
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let colon = if style.indent.is_some() { ": " } else { ":" };
    let mut text = "{".to_owned();
    line(style, 1, &mut text);
    let _ = write!(text, "\"{name}\"{colon}[");
    let mut some = false;
    for item in items {
        text.push_str(if some { "," } else { "" });
        some = true;
        line(style, 2, &mut text);
        write(&item, style, 2, &mut text);
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    if some {
        line(style, 1, &mut text);
    }
    text.push(']');
    for (name, json) in rest {
        text.push(',');
        line(style, 1, &mut text);
        let _ = write!(text, "\"{name}\"{colon}");
        write(json, style, 1, &mut text);
    }
    line(style, 0, &mut text);
    writeln!(out, "{text}}}")
}

fn write(json: &Json, style: Style, depth: usize, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Json::Number(n) => match n.as_f64().filter(|_| n.is_f64()) {
            Some(float) => out.push_str(&go::json_number(float)),
            None => {
                let _ = write!(out, "{n}");
            }
        },
        Json::String(text) => string(text, style.html, out),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                line(style, depth + 1, out);
                write(item, style, depth + 1, out);
            }
            if !items.is_empty() {
                line(style, depth, out);
            }
            out.push(']');
        }
        Json::Object(items) => {
            out.push('{');
            for (at, (key, item)) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                line(style, depth + 1, out);
                string(key, style.html, out);
                out.push_str(if style.indent.is_some() { ": " } else { ":" });
                write(item, style, depth + 1, out);
            }
            if !items.is_empty() {
                line(style, depth, out);
            }
            out.push('}');
        }
    }
}

fn line(style: Style, depth: usize, out: &mut String) {
    if let Some(indent) = style.indent {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str(indent));
    }
}

fn string(text: &str, html: bool, out: &mut String) {
    // Beyond what Go escapes: whatever drives a terminal.
    go::json_text(text, |c| go::is_escaped(c, html) || c.is_control() || drives(c), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_reads_as_go_writes_it() {
        let json = json!({"a": [1, 2.5, "x<&>\n\u{1}\u{9b}\u{2028}"], "b": {}, "c": [], "d": null});
        assert_eq!(shown(&json), r#"{"a":[1,2.5,"x<&>\n\u0001\u009b\u2028"],"b":{},"c":[],"d":null}"#);
        let pretty = text(&json!({"a": [1], "b": "<"}), Style { html: true, indent: Some("  ") });
        assert_eq!(pretty, "{\n  \"a\": [\n    1\n  ],\n  \"b\": \"\\u003c\"\n}");
        for (n, want) in [
            (755.0, "755"),
            (1.5e-7, "1.5e-7"),
            (1.2345678901234568e22, "1.2345678901234568e+22"),
            (-2.5, "-2.5"),
            (1e20, "100000000000000000000"),
            (0.000001, "0.000001"),
        ] {
            assert_eq!(shown(&json!(n)), want);
        }
    }
}
