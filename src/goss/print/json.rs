//! JSON as Go's json.MarshalIndent writes it, by four spaces.

use crate::go;
use crate::value::{Bytes, Value};

pub(super) fn print(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Size(Bytes(n)) => out.push_str(&n.to_string()),
        Value::Number(n) => match n.is_finite() {
            true => out.push_str(&go::json_number(*n)),
            false => out.push_str("null"),
        },
        Value::Text(text) => quote(out, text),
        Value::List(list) => {
            block(out, ['[', ']'], list, depth, |out, one| write(out, one, depth + 1));
        }
        Value::Map(map) => block(out, ['{', '}'], map, depth, |out, (key, value)| {
            quote(out, key);
            out.push_str(": ");
            write(out, value, depth + 1);
        }),
        Value::Time(time) => quote(out, &super::yaml::time(*time)),
        // Go refuses maps with keys of other types; JSON has no others to read them from.
        Value::Pairs(pairs) => block(out, ['{', '}'], pairs, depth, |out, (key, value)| {
            quote(out, &super::yaml::print(key).replace('\n', ""));
            out.push_str(": ");
            write(out, value, depth + 1);
        }),
        _ => out.push_str("null"),
    }
}

fn block<T>(out: &mut String, brackets: [char; 2], items: &[T], depth: usize, mut each: impl FnMut(&mut String, &T)) {
    let [open, close] = brackets;
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        indent(out, depth + 1);
        each(out, item);
    }
    if !items.is_empty() {
        out.push('\n');
        indent(out, depth);
    }
    out.push(close);
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("    "));
}

fn quote(out: &mut String, text: &str) {
    go::json_text(text, |c| go::is_escaped(c, true), out);
}
