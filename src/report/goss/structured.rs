//! goss's `structured`: JSON as goss gives it to programs.

use super::human::{failed, seconds};
use super::json::{fields, nanoseconds, stamp};
use super::json_text::{Style, text};
use super::result::Group;
use super::{Options, Output};
use crate::verdict::Summary;
use serde_json::{Value, json};
use std::io::{self, Write};

#[derive(Default)]
pub struct Structured {
    /// They wait for the time at which the run began.
    results: Vec<Value>,
}

impl Output for Structured {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        self.results.extend(group.results.iter().map(|result| Value::Object(fields(&group, result, options))));
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let style = Style { html: true, indent: options.pretty.then_some("  ") };
        let mut results = std::mem::take(&mut self.results);
        for result in &mut results {
            let Value::Object(fields) = result else { continue };
            stamp(fields, summary.started);
        }
        let (total, failed) = (summary.total(), failed(summary));
        let document = json!({
            "results": results,
            "summary": {
                "test-count": total,
                "failed-count": failed,
                "total-duration": nanoseconds(summary.elapsed),
            },
            "summary-line": format!("Count: {total}, Failed: {failed}, Duration: {}", seconds(summary)),
        });
        writeln!(out, "{}", text(&document, style))
    }

    /// As goss: what failed is in the document.
    fn status(&self, _: bool) -> u8 {
        0
    }
}
