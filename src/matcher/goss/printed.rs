//! A value as Go's `%v` prints it.

use crate::matcher::number;
use crate::value::Value;
use std::borrow::Cow;

pub fn printed(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Content(content) => Cow::Borrowed(&content.text),
        Value::Excerpt(excerpt) => Cow::Borrowed(&excerpt.text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Null | Value::Absent => Cow::Borrowed("<nil>"),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Number(n) => Cow::Owned(number::printed(*n)),
        Value::List(list) => Cow::Owned(format!("[{}]", joined(list.iter().map(printed)))),
        Value::Map(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
            let pairs = pairs.into_iter().map(|(key, value)| Cow::Owned(format!("{key}:{}", printed(value))));
            Cow::Owned(format!("map[{}]", joined(pairs)))
        }
        Value::Time(time) => {
            let (date, clock) = (time.date(), time.time());
            let nanos = match clock.nanosecond() {
                0 => String::new(),
                nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
            };
            let (h, m, s) = (clock.hour(), clock.minute(), clock.second());
            Cow::Owned(format!("{date} {h:02}:{m:02}:{s:02}{nanos} +0000 UTC"))
        }
        other => Cow::Owned(other.to_string()),
    }
}

fn joined<'v>(parts: impl Iterator<Item = Cow<'v, str>>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}
