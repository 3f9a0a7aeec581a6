//! `documentation`: a line a result with what it rests on, then what failed or is unknown in full.

use super::findings::Findings;
use super::printable::line;
use super::sentence::{details, heading, sentence};
use super::{Context, Reporter};
use crate::verdict::{Judged, Outcome, Summary};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

pub struct Documentation<'a> {
    findings: Findings<'a>,
    colour: bool,
}

impl<'a> Documentation<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Documentation { findings: Findings::new(context), colour: context.colour }
    }
}

impl Reporter for Documentation<'_> {
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        if let Some(common) = &judged.claim.common {
            if let Some(title) = &common.title {
                writeln!(out, "Title: {}", line(title))?;
            }
            if let Some(meta) = &common.meta {
                writeln!(out, "Meta: {}", line(&meta.to_string()))?;
            }
        }
        for verdict in &judged.verdicts {
            let evidence = verdict.evidence();
            let style = match verdict.outcome {
                _ if !self.colour => Style::new(),
                Outcome::Pass => AnsiColor::Green.on_default(),
                Outcome::Fail => AnsiColor::Red.on_default(),
                Outcome::Unknown(_) => AnsiColor::Yellow.on_default(),
                Outcome::Skip(_) => AnsiColor::Cyan.on_default(),
            };
            if evidence.diff.is_some() {
                writeln!(out, "{style}{}:{style:#}", heading(verdict))?;
                for detail in details(verdict, &evidence, self.findings.places()) {
                    writeln!(out, "    {detail}")?;
                }
            } else {
                writeln!(out, "{style}{}{style:#}", sentence(verdict, &evidence))?;
            }
        }
        self.findings.add(judged);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n")?;
        self.findings.finish(summary, out)
    }
}
