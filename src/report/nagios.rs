//! `nagios`: a plugin's status line with performance data, what failed below it, and a plugin's exit status.

use super::printable::bounded;
use super::sentence::{count_and_duration, heading, sentence};
use super::{Context, Reporter};
use crate::verdict::{Judged, Outcome, Summary};
use std::io::{self, Write};

/// Bytes of a line of long output.
const LINE: usize = 300;
/// Bytes of long output: Nagios reads 8 KiB of a plugin in all (MAX_PLUGIN_OUTPUT_LENGTH).
const LONG_OUTPUT: usize = 7_000;

pub struct Nagios {
    verbose: bool,
    lines: String,
    /// Results for which there was no room.
    left_out: usize,
}

impl Nagios {
    pub fn new(context: &Context) -> Self {
        Nagios { verbose: context.verbose, lines: String::new(), left_out: 0 }
    }
}

impl Reporter for Nagios {
    fn entry(&mut self, judged: &Judged, _: &mut dyn Write) -> io::Result<()> {
        for verdict in &judged.verdicts {
            let word = match verdict.outcome {
                Outcome::Fail => "FAIL",
                Outcome::Unknown(_) => "UNKNOWN",
                Outcome::Pass if self.verbose => "OK",
                Outcome::Skip(_) if self.verbose => "SKIP",
                Outcome::Pass | Outcome::Skip(_) => continue,
            };
            if self.lines.len() >= LONG_OUTPUT {
                self.left_out += 1;
                continue;
            }
            let text = match &verdict.outcome {
                // The word before it has said that it is unknown.
                Outcome::Unknown(fault) => format!("{}: {fault}", heading(verdict)),
                _ => sentence(verdict, &verdict.evidence()),
            };
            // A bar would begin performance data.
            let text = bounded(&text, LINE).replace('|', "¦");
            self.lines.push_str(&format!("{word} - {text}\n"));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let Summary { fail, unknown, skip, .. } = summary;
        let word = ["OK", "", "CRITICAL", "UNKNOWN"].get(usize::from(self.exit_status(summary))).unwrap_or(&"");
        writeln!(
            out,
            "VERISPEC {word} - {}|tests={} failed={fail} unknown={unknown} skipped={skip} duration={:.3}s",
            count_and_duration(summary),
            summary.total(),
            summary.elapsed.as_secs_f64()
        )?;
        out.write_all(self.lines.as_bytes())?;
        if self.left_out > 0 {
            writeln!(out, "and {} more", self.left_out)?;
        }
        Ok(())
    }

    fn exit_status(&self, summary: &Summary) -> u8 {
        match summary {
            Summary { fail: 1.., .. } => 2,
            Summary { unknown: 1.., .. } => 3,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample;
    use crate::verdict::{Judged, Outcome};
    use std::time::Duration;

    #[test]
    fn the_first_line_has_the_numbers_and_only_it_has_a_bar() {
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            let text = sample::report("nagios", &sources, &sample::judged(&claims), false);
            assert!(text.starts_with("VERISPEC CRITICAL - Count: "), "{text}");
            assert_eq!(text.matches('|').count(), 1, "{text}");
        }
        let (sources, _) = sample::plain();
        assert_eq!(
            sample::report("nagios", &sources, &[], false),
            "VERISPEC OK - Count: 0, Failed: 0, Unknown: 0, Skipped: 0, Duration: 0.014s|tests=0 failed=0 unknown=0 skipped=0 duration=0.014s\n"
        );
    }

    #[test]
    fn ten_thousand_failures_fit_into_what_nagios_reads() {
        let (sources, claims) = sample::plain();
        let verdicts = (0..10_000).map(|_| sample::verdict(&claims[0], 0, Outcome::Fail, Some("x"))).collect();
        let judged = [Judged { claim: &claims[0], verdicts, elapsed: Duration::ZERO }];
        let text = sample::report("nagios", &sources, &judged, false);
        assert!(text.len() < 8_192, "{}", text.len());
        assert!(text.lines().last().unwrap().ends_with(" more"));
    }
}
