//! goss's results of one entry, from its verdicts.

use super::matched::{Compared, Matched};
use super::plain::plain;
use crate::goss::Section;
use crate::matcher::goss::Matcher;
use crate::matcher::{Doubt, Test};
use crate::value::Value;
use crate::verdict::{Judged, Outcome, Verdict};
use std::time::Duration;

/// The results of one entry.
pub struct Group {
    /// goss's name of its kind.
    pub kind: &'static str,
    pub id: String,
    pub title: String,
    /// `Null` where there is none.
    pub meta: Value,
    pub results: Vec<TestResult>,
}

pub struct TestResult {
    pub property: String,
    pub result: Word,
    pub error: Option<String>,
    pub matched: Matched,
    /// Why something is false, where the host said so.
    pub because: Option<String>,
    /// How long looking took; told with the first of an entry.
    pub duration: Duration,
}

/// goss knows no fourth: what could not be observed has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    Pass,
    Fail,
    Skip,
}

impl Word {
    pub fn word(self) -> &'static str {
        match self {
            Word::Pass => "pass",
            Word::Fail => "fail",
            Word::Skip => "skip",
        }
    }
}

/// goss's results of an entry.
pub fn group(judged: &Judged) -> Group {
    let claim = judged.claim;
    let results = judged.verdicts.iter().enumerate().map(|(at, verdict)| TestResult {
        duration: if at == 0 { judged.elapsed } else { Duration::ZERO },
        ..result(verdict)
    });
    let results = results.collect();
    let common = claim.common.as_deref();
    Group {
        kind: Section::find(claim.kind.name).map_or(claim.kind.name, |section| section.type_name),
        id: claim.id.to_string(),
        title: common.and_then(|common| common.title.clone()).unwrap_or_default(),
        meta: common.and_then(|common| common.meta.as_ref()).map_or(Value::Null, plain),
        results,
    }
}

fn result(verdict: &Verdict) -> TestResult {
    let mut result = TestResult {
        property: verdict.key.to_string(),
        result: Word::Fail,
        error: None,
        matched: Matched::default(),
        because: None,
        duration: Duration::ZERO,
    };
    match (&verdict.outcome, &verdict.expectation.test, &verdict.found) {
        (Outcome::Skip(_), ..) => result.result = Word::Skip,
        (Outcome::Unknown(fault), ..) => result.error = Some(fault.to_string()),
        (Outcome::Fail, Test::Refused(why), _) => result.error = Some(hidden(verdict, why)),
        (Outcome::Fail, _, Some(Value::Unfit(_))) => result.error = Some(verdict.evidence().found),
        (outcome, Test::Goss(expected), Some(found)) => {
            let reader = match (&expected.written, &expected.matcher) {
                (Value::List(_), Matcher::Patterns(_)) => Some(reader(verdict)),
                _ => None,
            };
            let hide = |value: &Value| verdict.hide(value);
            let (said, matcher, strings) = (&expected.written, &expected.matcher, expected.strings);
            let compared = Compared { said, matcher, found, strings, reader, hide: &hide };
            if *outcome == Outcome::Pass {
                result.result = Word::Pass;
                result.matched = compared.passed();
            } else {
                result.matched = compared.failed();
                result.error = doubt(verdict, found);
                result.because = match verdict.shown() {
                    Some(Value::No(why)) if !why.is_empty() => Some(why),
                    _ => None,
                };
            }
        }
        // Of a spec of ours there is no more to say than its own formats do.
        (outcome, ..) => {
            let evidence = verdict.evidence();
            let passed = *outcome == Outcome::Pass;
            result.result = if passed { Word::Pass } else { Word::Fail };
            result.matched.message = if passed { "matches expectation" } else { "to be" }.to_owned();
            result.matched.expected = evidence.expected.into();
            result.matched.actual = evidence.found.into();
        }
    }
    result
}

/// Why what was found could not be compared.
fn doubt(verdict: &Verdict, found: &Value) -> Option<String> {
    match verdict.expectation.test.holds(found) {
        Err(Doubt::Unfit(why)) => Some(hidden(verdict, &why)),
        _ => None,
    }
}

/// A sentence without the entry's secrets.
fn hidden(verdict: &Verdict, why: &str) -> String {
    match verdict.hide(&Value::Text(why.to_owned())) {
        Value::Text(why) => why,
        other => other.to_string(),
    }
}

/// What Go calls what goss reads a property's lines from.
fn reader(verdict: &Verdict) -> &'static str {
    match (verdict.claim.kind.name, &*verdict.key) {
        ("file", _) => "*os.File",
        ("command", _) => "*bytes.Reader",
        ("http", "Body") => "*http.cancelTimerBody",
        _ => "*strings.Reader",
    }
}
