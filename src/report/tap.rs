//! `tap`: the Test Anything Protocol, version 14 (testanything.org/tap-version-14-specification.html).

use super::place::Places;
use super::printable::{block, line};
use super::sentence::{advice, count, heading};
use super::{Context, Reporter, json};
use crate::verdict::{Judged, Outcome, Summary, Verdict};
use serde::Serialize;
use std::io::{self, Write};

pub struct Tap<'a> {
    places: Places<'a>,
    done: usize,
}

/// The diagnostic under a test point that is not ok, less the diff.
#[derive(Serialize)]
struct Diagnostic<'a> {
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<At<'a>>,
}

#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

/// Elements of a list that a diagnostic carries.
const ELEMENTS: usize = 50;

impl<'a> Tap<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Tap { places: Places::new(context.sources), done: 0 }
    }

    fn diagnostic(&self, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
        let evidence = verdict.evidence();
        let failed = verdict.outcome == Outcome::Fail;
        let shown = |text: &str| Some(line(text).into_owned()).filter(|_| failed && !text.is_empty());
        let list = |items: &[String]| items.iter().take(ELEMENTS).map(|e| line(e).into_owned()).collect();
        let place = self.places.of(verdict.expectation.span);
        let diagnostic = Diagnostic {
            severity: verdict.outcome.word(),
            reason: match &verdict.outcome {
                Outcome::Unknown(fault) => Some(line(&fault.to_string()).into_owned()),
                _ => shown(&evidence.found).filter(|_| evidence.told),
            },
            expected: shown(&evidence.expected),
            found: shown(&evidence.found).filter(|_| !evidence.told),
            missing: list(&evidence.missing),
            extra: list(&evidence.extra),
            note: evidence.note.as_deref().and_then(shown),
            help: advice(verdict, &self.places),
            title: verdict.claim.common.as_ref().and_then(|c| c.title.as_ref()).map(|t| line(t).into_owned()),
            at: place.map(|p| At { file: p.file, line: p.line, column: p.column }),
        };
        // JSON is YAML, and on one line a field it cannot leave its indentation.
        let fields = serde_json::to_value(&diagnostic)?;
        writeln!(out, "  ---")?;
        for (name, value) in fields.as_object().into_iter().flatten() {
            write!(out, "  {name}: ")?;
            json::write(value, out)?;
            out.write_all(b"\n")?;
        }
        if let Some(diff) = &evidence.diff {
            writeln!(out, "  diff: |2")?;
            for shown in block(diff) {
                writeln!(out, "    {shown}")?;
            }
        }
        writeln!(out, "  ...")
    }
}

/// A description or a reason: `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

impl Reporter for Tap<'_> {
    fn begin(&mut self, _: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "TAP version 14")
    }

    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        for verdict in &judged.verdicts {
            self.done += 1;
            let (at, what) = (self.done, escaped(&heading(verdict)));
            match &verdict.outcome {
                Outcome::Pass => writeln!(out, "ok {at} - {what}")?,
                Outcome::Skip(why) if why.is_empty() => writeln!(out, "ok {at} - {what} # SKIP")?,
                Outcome::Skip(why) => writeln!(out, "ok {at} - {what} # SKIP {}", escaped(&line(why)))?,
                Outcome::Fail | Outcome::Unknown(_) => {
                    writeln!(out, "not ok {at} - {what}")?;
                    self.diagnostic(verdict, out)?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "1..{}\n# {}", self.done, count(summary))
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample;

    #[test]
    fn the_plan_counts_results_and_only_points_begin_at_the_margin() {
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            let judged = sample::judged(&claims);
            let text = sample::report("tap", &sources, &judged, false);
            let results: usize = judged.iter().map(|j| j.verdicts.len()).sum();
            let points: Vec<&str> = text.lines().filter(|l| l.starts_with("ok ") || l.starts_with("not ok ")).collect();
            assert_eq!(points.len(), results, "{text}");
            assert_eq!(text.lines().filter(|l| l.starts_with("1..")).collect::<Vec<_>>(), [format!("1..{results}")]);
            for (at, point) in points.iter().enumerate() {
                assert!(point.trim_start_matches("not ").starts_with(&format!("ok {} - ", at + 1)), "{point}");
            }
            for other in text.lines().filter(|l| !points.contains(l)) {
                let known = ["TAP version 14", "1..", "# Count:", "  "].iter().any(|k| other.starts_with(k));
                assert!(known, "{other}");
            }
        }
    }

    #[test]
    fn a_hostile_name_makes_no_directive_and_a_diagnostic_is_yaml() {
        let (sources, claims) = sample::hostile();
        let text = sample::report("tap", &sources, &sample::judged(&claims), false);
        let mut points = text.lines().filter(|l| l.starts_with("ok ") || l.starts_with("not ok "));
        assert!(points.all(|p| !p.contains(" # SKIP")), "{text}");
        let mut diagnostic: Option<String> = None;
        let mut seen = 0;
        for shown in text.lines() {
            match (shown, &mut diagnostic) {
                ("  ---", _) => diagnostic = Some(String::new()),
                ("  ...", Some(yaml)) => {
                    let data: serde_json::Value = serde_yaml::from_str(yaml).unwrap();
                    assert!(data["severity"].is_string(), "{yaml}");
                    (diagnostic, seen) = (None, seen + 1);
                }
                (_, Some(yaml)) => *yaml += &format!("{}\n", &shown[2..]),
                _ => {}
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn unknown_is_not_ok_and_a_skip_says_why() {
        let (sources, claims) = sample::plain();
        let text = sample::report("tap", &sources, &sample::judged(&claims), false);
        assert!(text.contains("not ok 6 - File: /etc/shadow: exists\n  ---\n  severity: \"unknown\"\n"), "{text}");
        assert!(text.contains("ok 5 - File: /etc/gone: size # SKIP it is not there\n"), "{text}");
    }
}
