//! What goss tells of on standard error: `2026-11-22T17:05:57Z [WARN] …`.

use crate::report::printable::line;
use std::io::{self, Write};
use time::macros::format_description;

const LEVELS: [&str; 5] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// Index into [`LEVELS`] of the least that is told.
    least: usize,
}

impl Log {
    /// By its level, in either case.
    pub fn new(level: &str) -> Option<Log> {
        LEVELS.iter().position(|known| known.eq_ignore_ascii_case(level)).map(|least| Log { least })
    }

    /// Made only if it is told: a server has one for each request.
    pub fn debug(self, what: impl FnOnce() -> String) {
        if self.least <= 1 {
            self.tell(1, &what());
        }
    }

    pub fn info(self, what: &str) {
        self.tell(2, what);
    }

    pub fn warn(self, what: &str) {
        self.tell(3, what);
    }

    pub fn error(self, what: &str) {
        self.tell(4, what);
    }

    fn tell(self, level: usize, what: &str) {
        if level < self.least {
            return;
        }
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let moment = crate::host::Host::local().now().to_offset(time::UtcOffset::UTC).format(format);
        let (moment, level) = (moment.unwrap_or_default(), LEVELS.get(level).copied().unwrap_or_default());
        // Without a standard error there is nobody to tell.
        let _ = writeln!(io::stderr(), "{moment} [{level}] {}", line(what));
    }
}
