//! JSON as Go's `encoding/json` writes and reads it.

use super::{Made, Output, any, of, text};
use crate::go;
use crate::template::Param::{Any, Text};
use crate::template::print::{DEEPEST, TOO_DEEP};
use crate::template::{Call, Elem, Function, Key, Value, layout};

pub static FUNCTIONS: &[Function] =
    &[
        of("toJson", &[Any], |call, args| Ok(encoded(call, args, Style::Compact)?.unwrap_or_else(|_| Value::text("")))),
        of("mustToJson", &[Any], |call, args| encoded(call, args, Style::Compact)?),
        of("toPrettyJson", &[Any], |call, args| {
            Ok(encoded(call, args, Style::Pretty)?.unwrap_or_else(|_| Value::text("")))
        }),
        of("mustToPrettyJson", &[Any], |call, args| encoded(call, args, Style::Pretty)?),
        of("toRawJson", &[Any], |call, args| encoded(call, args, Style::Raw)?),
        of("mustToRawJson", &[Any], |call, args| encoded(call, args, Style::Raw)?),
        of("fromJson", &[Text], |call, args| match decoded(call, text(args, 0)?)? {
            Ok(value) => Ok(value),
            Err(_) => Ok(Value::Nil),
        }),
        of("mustFromJson", &[Text], |call, args| decoded(call, text(args, 0)?)?),
    ];

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Compact,
    Pretty,
    /// Compact, and what HTML would have escaped is not.
    Raw,
}

/// Outer errors end the rendering, inner ones are what Go says of a value that cannot be written.
fn encoded(call: &Call, args: &[Value], style: Style) -> Result<Made, String> {
    let mut writer = Writer { output: Output::new(call), style, unfit: None };
    writer.value(any(args, 0), DEEPEST)?;
    Ok(match writer.unfit {
        Some(unfit) => Err(unfit),
        None => writer.output.done(),
    })
}

struct Writer<'c, 'w> {
    output: Output<'c, 'w>,
    style: Style,
    unfit: Option<String>,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        match value {
            Value::Nil => self.output.push("null"),
            Value::Bool(bool) => self.output.push(bool.to_string()),
            Value::Int(int) | Value::Int64(int) | Value::Duration(int) => self.output.push(int.to_string()),
            Value::Uint64(int) => self.output.push(int.to_string()),
            Value::Byte(int) => self.output.push(int.to_string()),
            Value::Float(float) => self.float(*float),
            Value::Text(text) => self.text(text),
            Value::Time(time) => self.text(&layout::format(*time, "2006-01-02T15:04:05.999999999Z07:00")),
            Value::List(list) => self.nest(b"[]", list.items.len(), depth, |this, at, depth| {
                this.value(list.items.get(at).unwrap_or(&Value::Nil), depth)
            }),
            Value::Map(map) => {
                if map.keys != Elem::Text {
                    self.unfit = Some(format!("json: unsupported type: {}", value.type_name()));
                    return Ok(());
                }
                let entries = map.entries.borrow().clone();
                let mut entries = entries.iter();
                self.nest(b"{}", entries.len(), depth, |this, _, depth| match entries.next() {
                    Some((Key::Text(key), value)) => this.member(key, value, depth),
                    _ => Ok(()),
                })
            }
            Value::Object(object) => match &object.text {
                Some(text) => self.text(text),
                None => {
                    let mut fields = object.fields.iter();
                    self.nest(b"{}", fields.len(), depth, |this, _, depth| match fields.next() {
                        Some((name, value)) => this.member(name, value, depth),
                        None => Ok(()),
                    })
                }
            },
        }
    }

    fn member(&mut self, key: &str, value: &Value, depth: usize) -> Result<(), String> {
        self.text(key)?;
        self.output.push(if self.style == Style::Pretty { ": " } else { ":" })?;
        self.value(value, depth)
    }

    fn nest(
        &mut self,
        brackets: &[u8; 2],
        count: usize,
        depth: usize,
        mut write: impl FnMut(&mut Self, usize, usize) -> Result<(), String>,
    ) -> Result<(), String> {
        let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
        let [open, close] = brackets;
        self.output.push([*open])?;
        for at in 0..count {
            if at > 0 {
                self.output.push(",")?;
            }
            self.line(depth)?;
            write(self, at, depth)?;
        }
        if count > 0 {
            self.line(depth + 1)?;
        }
        self.output.push([*close])
    }

    fn line(&mut self, depth: usize) -> Result<(), String> {
        match self.style {
            Style::Pretty => self.output.push(format!("\n{}", "  ".repeat(DEEPEST - depth))),
            _ => Ok(()),
        }
    }

    fn float(&mut self, float: f64) -> Result<(), String> {
        if !float.is_finite() {
            self.unfit = Some(format!("json: unsupported value: {}", go::float(float, 6)));
            return Ok(());
        }
        self.output.push(go::json_number(float))
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let mut written = String::with_capacity(text.len() + 2);
        go::json_text(text, |c| go::is_escaped(c, self.style != Style::Raw), &mut written);
        self.output.push(written)
    }
}

/// Outer errors end the rendering, inner ones are what is wrong with the text.
fn decoded(call: &Call, text: &str) -> Result<Made, String> {
    match serde_json::from_str(text) {
        Ok(json) => Ok(Ok(value(call, json)?)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn value(call: &Call, json: serde_json::Value) -> Made {
    call.charge(size_of::<Value>())?;
    Ok(match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(bool) => Value::Bool(bool),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => super::made(call, text)?,
        serde_json::Value::Array(items) => {
            Value::list(items.into_iter().map(|item| value(call, item)).collect::<Result<_, _>>()?)
        }
        serde_json::Value::Object(entries) => {
            let member = |(key, item)| Ok((key, value(call, item)?));
            Value::map::<String>(entries.into_iter().map(member).collect::<Result<Vec<_>, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn json_is_written_and_read_as_in_goss() {
        agrees(&[
            (
                r#"toJson (dict "b" (list 1 2.5 "x" nil true) "a" "<&>\u2028")"#,
                Some(r#"{"a":"\u003c\u0026\u003e\u2028","b":[1,2.5,"x",null,true]}"#),
            ),
            (r#"toRawJson "<b>&""#, Some(r#""<b>&""#)),
            (
                r#"toPrettyJson (dict "a" (list 1 (dict)) "b" (list))"#,
                Some("{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"),
            ),
            ("toJson 1e21", Some("1e+21")),
            ("toJson 1e-7", Some("1e-7")),
            ("toJson 100.0", Some("100")),
            (r#"toJson "\x01\t\"\\""#, Some(r#""\u0001\t\"\\""#)),
            (r#"toJson (float64 "nan") | quote"#, Some(r#""""#)),
            (r#"mustToJson (float64 "nan")"#, None),
            (r#"toRawJson (float64 "inf")"#, None),
            (r#"toJson (toDate "2006-01-02" "2024-02-29")"#, Some(r#""2024-02-29T00:00:00Z""#)),
            (r#"toJson (semver "1.2")"#, Some(r#""1.2.0""#)),
            (r#"fromJson "{\"a\":[1,2.5,\"x\",null]}""#, Some("map[a:[1 2.5 x <nil>]]")),
            (r#"(fromJson "{\"a\":{\"b\":7}}").a.b"#, Some("7")),
            (r#"typeOf (fromJson "1")"#, Some("float64")),
            (r#"fromJson "{""#, Some("<no value>")),
            (r#"mustFromJson "{""#, None),
            (r#"mustFromJson "1e400""#, None),
        ]);
    }
}
