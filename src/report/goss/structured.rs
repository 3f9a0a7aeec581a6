//! goss's `structured`: JSON as goss gives it to programs.

use super::human::{failed, seconds};
use super::json::{nanoseconds, results};
use super::json_text::{Style, document};
use super::result::Group;
use super::{Options, Output};
use crate::verdict::Summary;
use serde_json::json;
use std::io::{self, Write};

#[derive(Default)]
pub struct Structured {
    /// They wait for the time at which the run began.
    groups: Vec<Group>,
}

impl Output for Structured {
    fn group(&mut self, group: Group, _: Options, _: &mut dyn Write) -> io::Result<()> {
        self.groups.push(group);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let style = Style { html: true, indent: options.pretty.then_some("  ") };
        let (total, failed) = (summary.total(), failed(summary));
        let whole = json!({
            "test-count": total,
            "failed-count": failed,
            "total-duration": nanoseconds(summary.elapsed),
        });
        let line = format!("Count: {total}, Failed: {failed}, Duration: {}", seconds(summary));
        let results = results(std::mem::take(&mut self.groups), summary.started, options);
        document(("results", results), &[("summary", whole), ("summary-line", line.into())], style, out)
    }

    /// As goss: what failed is in the document.
    fn status(&self, _: bool) -> u8 {
        0
    }
}
