//! goss's `documentation`: a line a result, then what failed or was skipped again.

use super::human::{end, failed_or_skipped, header};
use super::result::{Group, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use std::io::{self, Write};

#[derive(Default)]
pub struct Documentation {
    again: Vec<Group>,
}

impl Output for Documentation {
    fn group(&mut self, group: Group, options: Options, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(header(&group).as_bytes())?;
        for result in &group.results {
            writeln!(out, "{}", options.words(false).result(&group, result))?;
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
