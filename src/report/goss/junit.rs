//! goss's `junit`: JUnit XML with one suite.

use super::human::{failed, seconds};
use super::result::{Group, Word};
use super::{Options, Output};
use crate::report::printable::line;
use crate::verdict::Summary;
use std::fmt::Write as _;
use std::io::{self, Write};
use time::UtcOffset;
use time::macros::format_description;

#[derive(Default)]
pub struct Junit {
    /// They wait: the counts stand before them.
    cases: String,
}

impl Output for Junit {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        let id = escaped(&line(&group.id));
        for result in &group.results {
            let text = escaped(&options.uncoloured().words(true).result(&group, result));
            let (kind, property, time) = (group.kind, &result.property, result.duration.as_secs_f64());
            let _ = writeln!(self.cases, "<testcase name=\"{kind} {id} {property}\" time=\"{time:.3}\">");
            let _ = match result.result {
                Word::Fail => writeln!(self.cases, "<system-err>{text}</system-err>\n<failure>{text}</failure>"),
                Word::Skip => writeln!(self.cases, "<skipped/><system-out>{text}</system-out>"),
                Word::Pass => writeln!(self.cases, "<system-out>{text}</system-out>"),
            };
            self.cases.push_str("</testcase>\n");
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, _: Options, out: &mut dyn Write) -> io::Result<()> {
        let moment = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let started = summary.started.to_offset(UtcOffset::UTC).format(moment).map_err(io::Error::other)?;
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<testsuite name=\"goss\" errors=\"0\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{}\" timestamp=\"{started}\">",
            summary.total(),
            failed(summary),
            summary.skip,
            seconds(summary).trim_end_matches('s'),
        )?;
        writeln!(out, "{}</testsuite>", self.cases)
    }
}

/// As encoding/xml escapes text; what XML has no place for is U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
