//! `rspecish`, the default: a character a result, then what failed or is unknown in full.

use super::findings::Findings;
use super::sentence::sentence;
use super::{Context, Reporter};
use crate::verdict::{Judged, Outcome, Summary};
use std::io::{self, Write};

pub struct Rspecish<'a> {
    findings: Findings<'a>,
    colour: bool,
    /// What the terminal is set to: a sequence is written only where the outcome changes.
    shade: &'static [u8],
    dots: Vec<u8>,
    /// Lines on what was skipped, if they are wanted.
    skipped: Option<String>,
}

impl<'a> Rspecish<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Rspecish {
            findings: Findings::new(context),
            colour: context.colour,
            shade: b"",
            dots: vec![],
            skipped: context.verbose.then(String::new),
        }
    }

    fn shade(&mut self, shade: &'static [u8]) {
        if self.colour && self.shade != shade {
            self.dots.extend_from_slice(shade);
            self.shade = shade;
        }
    }
}

impl Reporter for Rspecish<'_> {
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        let mut wanting = false;
        for verdict in &judged.verdicts {
            let (dot, shade): (u8, &[u8]) = match verdict.outcome {
                Outcome::Pass => (b'.', b"\x1b[32m"),
                Outcome::Fail => (b'F', b"\x1b[31m"),
                Outcome::Unknown(_) => (b'?', b"\x1b[33m"),
                Outcome::Skip(_) => (b'S', b"\x1b[36m"),
            };
            wanting |= dot == b'F' || dot == b'?';
            self.shade(shade);
            self.dots.push(dot);
            if dot == b'S'
                && let Some(skipped) = &mut self.skipped
            {
                skipped.push_str(&sentence(verdict, &verdict.evidence()));
                skipped.push('\n');
            }
        }
        if wanting {
            self.findings.add(judged);
        }
        out.write_all(&self.dots)?;
        self.dots.clear();
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        if !self.shade.is_empty() {
            out.write_all(b"\x1b[0m")?;
        }
        out.write_all(b"\n\n")?;
        if let Some(skipped) = self.skipped.take().filter(|s| !s.is_empty()) {
            writeln!(out, "{skipped}")?;
        }
        self.findings.finish(summary, out)
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Context, sample};
    use crate::verdict::{Judged, Outcome};
    use std::time::Duration;

    #[test]
    fn each_outcome_has_its_character_and_the_count_can_be_searched_for() {
        let (sources, claims) = sample::plain();
        let text = sample::report("rspecish", &sources, &sample::judged(&claims), false);
        assert!(text.starts_with(".FFFS???.F\n\nfail: "), "{text}");
        assert!(text.ends_with("\nTotal Duration: 0.014s\nCount: 10, Failed: 4, Unknown: 3, Skipped: 1\n"), "{text}");
    }

    #[test]
    fn what_was_skipped_is_told_if_asked_for() {
        let (sources, claims) = sample::plain();
        let text = sample::report("rspecish", &sources, &sample::judged(&claims), true);
        assert!(text.contains("\nFile: /etc/gone: size: skipped: it is not there\n"), "{text}");
    }

    #[test]
    fn colour_is_set_where_the_outcome_changes_and_not_at_each_dot() {
        let (sources, claims) = sample::plain();
        let verdicts = (0..1_000).map(|_| sample::verdict(&claims[0], 0, Outcome::Pass, Some("x"))).collect();
        let judged = [Judged { claim: &claims[0], verdicts, elapsed: Duration::ZERO }];
        let context = Context { colour: true, ..sample::context(&sources, false) };
        let text = sample::render("rspecish", context, &judged);
        let dots = text.lines().next().unwrap();
        assert_eq!(dots, format!("\u{1b}[32m{}\u{1b}[0m", ".".repeat(1_000)));
    }
}
