//! `goss add` and `goss autoadd`: things as they are now, into the goss file.

use super::Common;
use super::line::Line;
use super::value::span;
use std::time::Duration;

/// What `goss add KIND …` says.
#[expect(dead_code, reason = "adding is still to come")]
pub(super) struct Args {
    /// The section that it is added to; `goss` for files to import.
    kind: &'static str,
    /// What to add.
    names: Vec<String>,
    exclude: Vec<String>,
    /// For kinds that have one.
    timeout: Duration,
    /// dns.
    server: String,
    /// http, as the rest.
    insecure: bool,
    no_follow_redirects: bool,
    username: String,
    password: String,
    proxy: String,
}

impl Args {
    pub(super) fn of(line: &Line) -> Args {
        Args {
            kind: line.path.last().map_or("", |command| command.name()),
            names: line.args.clone(),
            exclude: line.list("exclude-attr"),
            timeout: span(line.wait("timeout")),
            server: line.text("server"),
            insecure: line.is_on("insecure"),
            no_follow_redirects: line.is_on("no-follow-redirects"),
            username: line.text("username"),
            password: line.text("password"),
            proxy: line.text("proxy"),
        }
    }
}

pub(super) fn run(_common: Common, _args: Args) -> u8 {
    super::NOT_OK
}

/// Adds whatever each name suits.
pub(super) fn auto(_common: Common, _names: &[String]) -> u8 {
    super::NOT_OK
}
