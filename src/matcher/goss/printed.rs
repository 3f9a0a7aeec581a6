//! A value as Go's `%v` prints it.

use crate::go;
use crate::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

pub fn printed(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Content(content) => Cow::Borrowed(&content.text),
        Value::Excerpt(excerpt) => Cow::Borrowed(&excerpt.text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Null | Value::Absent => Cow::Borrowed("<nil>"),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Number(n) => Cow::Owned(go::float(*n, 6)),
        Value::List(list) => Cow::Owned(format!("[{}]", joined(list.iter().map(printed)))),
        Value::Map(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
            let pairs = pairs.into_iter().map(|(key, value)| Cow::Owned(format!("{key}:{}", printed(value))));
            Cow::Owned(format!("map[{}]", joined(pairs)))
        }
        Value::Pairs(pairs) => {
            // Go prints numbers, then text, each in order.
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by(|(a, _), (b, _)| by_key(a, b));
            let pairs =
                pairs.into_iter().map(|(key, value)| Cow::Owned(format!("{}:{}", printed(key), printed(value))));
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

fn by_key(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Number(_) => 3,
        _ => 4,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn joined<'v>(parts: impl Iterator<Item = Cow<'v, str>>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_go_prints_them() {
        for (n, text) in [
            (5.0, "5"),
            (-2.25, "-2.25"),
            (0.0, "0"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e121, "1e+121"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(printed(&Value::Number(n)), text);
        }
        let text = |t: &str| Value::Text(t.into());
        let map =
            Value::Map(vec![("b".into(), Value::Null), ("a".into(), Value::List(vec![text("x"), Value::Int(1)]))]);
        assert_eq!(printed(&map), "map[a:[x 1] b:<nil>]");
    }
}
