//! What a server tells of on standard error, a line each: for people, or as JSON for whoever collects it.

use crate::host::Host;
use crate::report::printable::line;
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// How lines are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Log {
    Text,
    Json,
}

#[derive(Clone, Copy)]
pub(super) enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl Log {
    /// `fields` follow the message in their order.
    pub(super) fn tell(self, level: Level, message: &str, fields: &[(&str, Value)]) {
        let time = crate::quantity::time(Host::local().now());
        let text = match self {
            Log::Json => {
                let mut all = Map::new();
                all.insert("time".into(), json!(time));
                all.insert("level".into(), json!(level.word()));
                all.insert("message".into(), json!(line(message)));
                all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), fit(value))));
                Value::Object(all).to_string()
            }
            Log::Text => {
                let mut text = format!("{time} {}: {}", level.word(), line(message));
                for (name, value) in fields {
                    // A string takes whatever it is given.
                    let _ = match value {
                        Value::Null => Ok(()),
                        Value::String(said) if is_word(said) => write!(text, " {name}={said}"),
                        Value::String(said) => write!(text, " {name}={:?}", line(said)),
                        value => write!(text, " {name}={value}"),
                    };
                }
                text
            }
        };
        // A full disk, or nobody who reads, is no reason to stop.
        let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
    }
}

fn fit(value: &Value) -> Value {
    match value {
        Value::String(said) => json!(line(said)),
        other => other.clone(),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
}
