//! Values as JSON, for reports and for what reads JSON.

use super::{Bytes, Portion, Value};
use crate::quantity;
use serde_json::{Map, Value as Json, json};

impl Value {
    /// Sizes in bytes, durations in seconds, modes as octal text, times as RFC 3339; secrets stay hidden.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Absent | Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::No(_) => Json::Bool(false),
            Value::Int(n) => json!(n),
            Value::Number(n) => json!(n),
            Value::Text(text) | Value::Unfit(text) => Json::String(text.clone()),
            Value::Secret(secret) => Json::String(secret.to_string()),
            Value::Content(content) => Json::String(content.text.clone()),
            Value::List(list) => list.iter().map(Value::to_json).collect(),
            Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<Map<_, _>>()),
            Value::Mode(mode) => Json::String(mode.to_string()),
            Value::Size(Bytes(bytes)) => json!(bytes),
            Value::Share(share) | Value::Portion(Portion(share)) => {
                json!({"part": share.part, "whole": share.whole, "percent": share.percent()})
            }
            Value::Percent(percent) => json!(percent.0),
            Value::Duration(span) => json!(span.as_seconds_f64()),
            Value::Version(version) => Json::String(version.text.clone()),
            Value::Time(time) => Json::String(quantity::time(*time)),
        }
    }
}
