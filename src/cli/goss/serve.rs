//! `goss serve`: answers to HTTP with the report.

use super::Common;
use super::line::Line;
use super::value::span;
use std::time::Duration;

/// What the command's own flags say.
#[expect(dead_code, reason = "serving is still to come")]
pub(super) struct Args {
    format: String,
    format_options: Vec<String>,
    /// How long a report is good for.
    cache: Duration,
    /// `[ip]:port`.
    listen: String,
    endpoint: String,
    /// `None` where it is not said.
    max_concurrent: Option<i64>,
}

impl Args {
    pub(super) fn of(line: &Line) -> Args {
        Args {
            format: line.text("format"),
            format_options: line.list("format-options"),
            cache: span(line.wait("cache")),
            listen: line.text("listen-addr"),
            endpoint: line.text("endpoint"),
            max_concurrent: line.says("max-concurrent").then(|| line.int("max-concurrent")),
        }
    }
}

pub(super) fn run(_common: Common, _args: Args) -> u8 {
    super::NOT_OK
}
