//! Values as JSON, for reports and for what reads JSON.

use super::{Bytes, Portion, Value};
use crate::quantity::{self, cut};
use serde_json::{Map, Number, Value as Json, json};

impl Value {
    /// Sizes in bytes, durations in seconds, modes as octal text, times as RFC 3339; secrets stay hidden.
    pub fn to_json(&self) -> Json {
        self.to_json_within(&mut { usize::MAX })
    }

    /// Like [`Value::to_json`], of about `room` bytes at most, from which what is written is taken: text is cut and gets
    /// an ellipsis, elements that find no room are left out.
    pub fn to_json_within(&self, room: &mut usize) -> Json {
        *room = room.saturating_sub(2);
        match self {
            Value::Absent | Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::No(_) => Json::Bool(false),
            Value::Int(n) => Json::from(*n),
            Value::Number(n) => number(*n),
            Value::Text(text) | Value::Unfit(text) => Json::String(cut(text, room)),
            Value::Secret(secret) => Json::String(secret.to_string()),
            Value::Content(content) => Json::String(cut(&content.text, room)),
            Value::Excerpt(excerpt) => Json::String(cut(&excerpt.text, room)),
            Value::List(list) => {
                let mut items = Vec::new();
                for item in list {
                    if *room == 0 {
                        break;
                    }
                    items.push(item.to_json_within(room));
                }
                Json::Array(items)
            }
            Value::Partial(part) => Value::List(part.0.clone()).to_json_within(room),
            Value::Map(map) => {
                let mut items = Map::new();
                for (key, item) in map {
                    if *room == 0 {
                        break;
                    }
                    items.insert(cut(key, room), item.to_json_within(room));
                }
                Json::Object(items)
            }
            Value::Pairs(pairs) => {
                let mut items = Map::new();
                for (key, item) in pairs {
                    if *room == 0 {
                        break;
                    }
                    let key = match key {
                        Value::Text(key) => cut(key, room),
                        key => cut(&key.to_string(), room),
                    };
                    items.insert(key, item.to_json_within(room));
                }
                Json::Object(items)
            }
            Value::Mode(mode) => Json::String(mode.to_string()),
            Value::Size(Bytes(bytes)) => Json::from(*bytes),
            Value::Share(share) => json!({"bytes": share.part, "percent": number(share.percent())}),
            Value::Portion(Portion(share)) => json!({"count": share.part, "percent": number(share.percent())}),
            Value::Percent(percent) => number(percent.0),
            Value::Duration(span) if span.subsec_nanoseconds() == 0 => Json::from(span.whole_seconds()),
            Value::Duration(span) => number(span.as_seconds_f64()),
            Value::Version(version) => Json::String(cut(&version.text, room)),
            Value::Time(time) => Json::String(quantity::time(*time)),
        }
    }
}

/// JSON has no infinity and no NaN: they become text.
fn number(n: f64) -> Json {
    Number::from_f64(n).map_or_else(|| Json::String(n.to_string()), Json::Number)
}
