//! `junit`: JUnit XML that both Ant's and Jenkins' schemas accept; a suite a spec file, unknown an error.

use super::place::Places;
use super::printable::line;
use super::sentence::{details, entry, gap, kind_word};
use super::{Context, Reporter};
use crate::verdict::{Judged, Outcome, Summary, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};
use std::time::Duration;
use time::UtcOffset;
use time::macros::format_description;

pub struct Junit<'a> {
    places: Places<'a>,
    host: &'a str,
    /// By the spec file that an entry stands in, in the order met.
    suites: Vec<(u32, TestSuite)>,
}

impl<'a> Junit<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Junit { places: Places::new(context.sources), host: context.host, suites: vec![] }
    }

    /// The suite of an entry, which nearly always is the one of the entry before it.
    fn suite(&mut self, judged: &Judged) -> Option<&mut TestSuite> {
        let file = judged.claim.span.file;
        let at = match self.suites.iter().rposition(|(f, _)| *f == file) {
            Some(at) => at,
            None => {
                let name = self.places.of(judged.claim.span).map_or("", |p| p.file);
                self.suites.push((file, TestSuite::new(line(or(name, "spec")))));
                self.suites.len() - 1
            }
        };
        self.suites.get_mut(at).map(|(_, suite)| suite)
    }

    fn case(&self, verdict: &Verdict) -> TestCase {
        let evidence = verdict.evidence();
        let status = match &verdict.outcome {
            Outcome::Pass => TestCaseStatus::success(),
            Outcome::Skip(reason) => {
                let mut status = TestCaseStatus::skipped();
                if !reason.is_empty() {
                    status.set_message(line(reason));
                }
                status
            }
            Outcome::Fail => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type("fail").set_message(gap(&evidence));
                status.set_description(self.description(verdict, details(verdict, &evidence, &self.places)));
                status
            }
            Outcome::Unknown(fault) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_type("unknown").set_message(line(&fault.to_string()));
                status.set_description(self.description(verdict, details(verdict, &evidence, &self.places)));
                status
            }
        };
        let mut case = TestCase::new(format!("{}: {}", entry(verdict.claim), line(&verdict.key)), status);
        // What stands before the last dot is a package to Jenkins, what follows a class.
        case.set_classname(format!("verispec.{}", kind_word(verdict.claim.kind.name)));
        case
    }

    fn description(&self, verdict: &Verdict, mut lines: Vec<String>) -> String {
        let title = verdict.claim.common.as_ref().and_then(|c| c.title.as_ref());
        lines.extend(title.map(|t| format!("title: {}", line(t))));
        let place = self.places.of(verdict.expectation.span);
        lines.extend(place.map(|p| format!("at: {}:{}:{}", line(p.file), p.line, p.column)));
        lines.join("\n")
    }
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.trim().is_empty() { other } else { text }
}

impl Reporter for Junit<'_> {
    fn entry(&mut self, judged: &Judged, _: &mut dyn Write) -> io::Result<()> {
        let mut cases: Vec<TestCase> = judged.verdicts.iter().map(|v| self.case(v)).collect();
        // The probe looks once for all keys, so its time is told once: suites add up.
        for (at, case) in cases.iter_mut().enumerate() {
            case.set_time(if at == 0 { judged.elapsed } else { Duration::ZERO });
        }
        let Some(suite) = self.suite(judged) else { return Ok(()) };
        suite.time = Some(suite.time.unwrap_or_default().saturating_add(judged.elapsed));
        suite.add_test_cases(cases);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::unnamed();
        let moment = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let started = summary.started.to_offset(UtcOffset::UTC).format(moment).map_err(io::Error::other)?;
        if self.suites.is_empty() {
            self.suites.push((0, TestSuite::new("spec")));
        }
        for (at, (_, mut suite)) in std::mem::take(&mut self.suites).into_iter().enumerate() {
            let host = line(or(self.host, "localhost"));
            let package = suite.name.clone();
            suite.add_property(Property::new("spec", package.as_str()));
            suite.time = Some(suite.time.unwrap_or_default());
            suite.extra.extend([
                ("timestamp".into(), started.as_str().into()),
                ("hostname".into(), host.into()),
                ("id".into(), at.to_string().into()),
                ("package".into(), package),
            ]);
            suite.set_system_out("").set_system_err("");
            report.add_test_suite(suite);
        }
        let text = report.to_string().map_err(io::Error::other)?;
        // No schema lets the outer element count what was skipped, and Ant's lets it count nothing.
        let (head, rest) = text.split_once("<testsuites ").unwrap_or((&text, ">"));
        let (_, body) = rest.split_once('>').unwrap_or(("", rest));
        write!(out, "{head}<testsuites>{body}")
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample;
    use std::process::Command;

    const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/report/junit.xsd");

    #[test]
    fn what_is_written_is_what_the_schema_says() {
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            for judged in [sample::judged(&claims), vec![]] {
                let text = sample::report("junit", &sources, &judged, false);
                let dir = tempfile::tempdir().unwrap();
                let file = dir.path().join("report.xml");
                std::fs::write(&file, &text).unwrap();
                let checked = Command::new("xmllint").args(["--noout", "--schema", SCHEMA]).arg(&file).output();
                let Ok(checked) = checked else {
                    eprintln!("skipped: there is no xmllint here (Debian package libxml2-utils)");
                    return;
                };
                assert!(checked.status.success(), "{}\n{text}", String::from_utf8_lossy(&checked.stderr));
            }
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let (sources, claims) = sample::hostile();
        let text = sample::report("junit", &sources, &sample::judged(&claims), false);
        let document = roxmltree::Document::parse(&text).unwrap();
        let names: Vec<_> = document.descendants().filter(|n| n.is_element()).map(|n| n.tag_name().name()).collect();
        assert_eq!(names.iter().filter(|n| **n == "testcase").count(), 2, "{text}");
        assert_eq!(names.iter().filter(|n| **n == "failure").count(), 1, "{text}");
        let case = document.descendants().find(|n| n.has_tag_name("testcase")).unwrap();
        assert!(case.attribute("name").unwrap().contains("\\u{1b}[2J]]></failure>&"), "{text}");
    }

    #[test]
    fn unknown_is_an_error_and_counts_agree() {
        let (sources, claims) = sample::plain();
        let text = sample::report("junit", &sources, &sample::judged(&claims), false);
        let document = roxmltree::Document::parse(&text).unwrap();
        let suite = document.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
        let count = |tag: &str| suite.descendants().filter(|n| n.has_tag_name(tag)).count().to_string();
        for (attribute, tag) in
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            assert_eq!(suite.attribute(attribute), Some(count(tag).as_str()), "{attribute}");
        }
        assert_eq!(count("error"), "3");
        assert_eq!(suite.attribute("time"), Some("0.012"));
        assert_eq!(suite.attribute("timestamp"), Some("2026-11-22T10:00:00"));
    }
}
