//! goss's `nagios`: a plugin's status line, on demand with performance data and with what failed.

use super::human::{count, failed, seconds};
use super::result::{Group, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use std::io::{self, Write};

#[derive(Default)]
pub struct Nagios {
    lines: Vec<String>,
}

impl Output for Nagios {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        if options.verbose {
            for result in group.results.iter().filter(|result| result.result == Word::Fail) {
                let text = options.words(true).result(&group, result);
                self.lines.push(format!("Fail {} - {text}\n", self.lines.len() + 1));
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let (failed, seconds) = (failed(summary), seconds(summary));
        let word = if failed > 0 { "CRITICAL" } else { "OK" };
        write!(out, "GOSS {word} - {}, Duration: {seconds}", count(summary))?;
        if options.perfdata {
            let (total, skipped) = (summary.total(), summary.skip);
            write!(out, "|total={total} failed={failed} skipped={skipped} duration={seconds}")?;
        }
        writeln!(out)?;
        self.lines.iter().try_for_each(|line| out.write_all(line.as_bytes()))
    }

    fn status(&self, failed: bool) -> u8 {
        if failed { 2 } else { 0 }
    }
}
