//! goss's `rspecish`, the default: a character a result, then what failed or was skipped.

use super::human::{end, failed_or_skipped};
use super::result::{Group, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use std::io::{self, Write};

#[derive(Default)]
pub struct Rspecish {
    again: Vec<Group>,
}

impl Output for Rspecish {
    fn group(&mut self, group: Group, options: Options, out: &mut dyn Write) -> io::Result<()> {
        for result in &group.results {
            let dot = match result.result {
                Word::Pass => ".",
                Word::Fail => "F",
                Word::Skip => "S",
            };
            out.write_all(options.paint.of(result.result, dot).as_bytes())?;
        }
        if group.results.iter().any(|result| result.result != Word::Pass) {
            self.again.push(group);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let again = failed_or_skipped(std::mem::take(&mut self.again), options.words(false));
        write!(out, "\n\n{again}{}", end(summary, options.paint))
    }
}
