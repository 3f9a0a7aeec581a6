//! What a server tells of on standard error, a line each: for people, or as JSON for whoever collects it.
//!
//! A thread of its own writes, so that nobody waits for a pipe that is full: lines that there is no room for are lost, and
//! how many is told.

use crate::host::Host;
use crate::report::printable::line;
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

/// Lines that may wait to be written.
const WAITING: usize = 512;
/// How long the last ones may take.
const LAST: Duration = Duration::from_millis(500);

/// How lines are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Form {
    Text,
    Json,
}

/// Takes lines from any thread.
#[derive(Clone)]
pub(super) struct Log {
    form: Form,
    lines: SyncSender<Line>,
    lost: Arc<AtomicU64>,
}

enum Line {
    Text(String),
    /// Everything before it is written: tells so.
    End(SyncSender<()>),
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
    pub(super) fn start(form: Form) -> io::Result<Log> {
        let (lines, written) = sync_channel(WAITING);
        let lost = Arc::<AtomicU64>::default();
        let write = move || {
            for line in written {
                // A full disk, or nobody who reads, is no reason to stop.
                let _ = match line {
                    Line::Text(text) => io::stderr().write_all(text.as_bytes()),
                    Line::End(tell) => tell.try_send(()).map_err(io::Error::other),
                };
            }
        };
        thread::Builder::new().name("log".into()).stack_size(1 << 18).spawn(write)?;
        Ok(Log { form, lines, lost })
    }

    /// `fields` follow the message in their order.
    pub(super) fn tell(&self, level: Level, message: &str, fields: &[(&str, Value)]) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.put(lost, self.form.line(Level::Warning, "lines of this log are lost", &[("count", json!(lost))]));
        }
        self.put(1, self.form.line(level, message, fields));
    }

    /// A line that stands for so many if it is lost.
    fn put(&self, counts: u64, line: String) {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Line::Text(line)) {
            self.lost.fetch_add(counts, Ordering::Relaxed);
        }
    }

    /// Waits until what was told is written, for a moment at most.
    pub(super) fn end(&self) {
        let (tell, told) = sync_channel(1);
        if self.lines.try_send(Line::End(tell)).is_ok() {
            let _ = told.recv_timeout(LAST);
        }
    }
}

impl Form {
    fn line(self, level: Level, message: &str, fields: &[(&str, Value)]) -> String {
        let time = crate::quantity::time(Host::local().now());
        match self {
            Form::Json => {
                let mut all = Map::new();
                all.insert("time".into(), json!(time));
                all.insert("level".into(), json!(level.word()));
                all.insert("message".into(), json!(line(message)));
                all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), fit(value))));
                format!("{}\n", Value::Object(all))
            }
            Form::Text => {
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
                text.push('\n');
                text
            }
        }
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
