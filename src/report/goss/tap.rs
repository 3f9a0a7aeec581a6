//! goss's `tap`: the Test Anything Protocol, a point a result.

use super::result::{Group, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use std::fmt::Write as _;
use std::io::{self, Write};

#[derive(Default)]
pub struct Tap {
    /// The points wait: the plan stands before them.
    points: String,
    done: usize,
}

impl Output for Tap {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        for result in &group.results {
            self.done += 1;
            let text = options.words(true).result(&group, result);
            let (begin, skip) = match result.result {
                Word::Pass => ("ok", ""),
                Word::Fail => ("not ok", ""),
                Word::Skip => ("ok", "# SKIP "),
            };
            let _ = writeln!(self.points, "{begin} {} - {skip}{text}", self.done);
        }
        Ok(())
    }

    fn finish(&mut self, _: &Summary, _: Options, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "1..{}\n{}", self.done, self.points)
    }
}
