//! What was seen, and what a spec expects, as goss has them: text, numbers, truth, lists and maps.

use crate::value::{Bytes, Portion, Value};
use serde_json::{Map, Number, Value as Json};

/// Bytes of one value that a report shows.
const ROOM: usize = 32 << 10;

/// A value of a kind as goss's own would be.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Absent => Value::Null,
        Value::No(_) => Value::Bool(false),
        Value::Unfit(text) => Value::Text(text.clone()),
        Value::Secret(secret) => Value::Text(secret.to_string()),
        Value::Content(content) => Value::Text(content.text.clone()),
        Value::Excerpt(excerpt) => Value::Text(excerpt.text.clone()),
        Value::Partial(part) => Value::List(part.0.iter().map(plain).collect()),
        Value::List(list) => Value::List(list.iter().map(plain).collect()),
        Value::Map(map) => {
            let mut map: Vec<_> = map.iter().map(|(key, one)| (key.clone(), plain(one))).collect();
            map.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(map)
        }
        Value::Pairs(pairs) => Value::Pairs(pairs.iter().map(|(key, one)| (plain(key), plain(one))).collect()),
        Value::Mode(mode) => Value::Text(mode.to_string()),
        Value::Version(version) => Value::Text(version.text.clone()),
        Value::Size(Bytes(bytes)) => i64::try_from(*bytes).map_or(Value::Number(*bytes as f64), Value::Int),
        Value::Share(share) | Value::Portion(Portion(share)) => Value::Number(share.percent()),
        Value::Percent(percent) => Value::Number(percent.0),
        Value::Duration(span) => Value::Number(span.as_seconds_f64()),
        Value::Time(_) => Value::Text(value.to_string()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Number(_) | Value::Text(_) => value.clone(),
    }
}

/// A plain value as JSON, of which the beginning is shown if it is long. Maps are sorted, as Go sorts them.
pub fn json(value: &Value) -> Json {
    sorted(plain(value).to_json_within(&mut { ROOM }))
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        Json::Object(items) => {
            let mut items: Vec<_> = items.into_iter().map(|(key, item)| (key, sorted(item))).collect();
            items.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(Map::from_iter(items))
        }
        Json::Number(n) => Json::Number(whole(n)),
        other => other,
    }
}

/// Go tells 5.0 from 5 nowhere.
fn whole(n: Number) -> Number {
    match n.as_f64().filter(|f| n.is_f64() && f.fract() == 0.0 && f.abs() < 1e15) {
        Some(float) => Number::from(float as i64),
        None => n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_sorted_and_whole_floats_are_whole() {
        let map = Value::Map(vec![("b".into(), Value::Number(5.0)), ("a".into(), Value::No("why".into()))]);
        assert_eq!(json(&map).to_string(), "{\"a\":false,\"b\":5}");
    }
}
