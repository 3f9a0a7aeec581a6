//! goss's results of one entry, from its verdicts and from what its goss file says.

use super::matched::{Compared, Matched};
use super::plain::{plain, printed};
use crate::goss::{Config, Entry, SECTIONS, Section, Tested};
use crate::matcher::{Doubt, Test};
use crate::syntax::Span;
use crate::value::Value;
use crate::verdict::{Judged, Outcome, Verdict};
use std::collections::HashMap;
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
    pub property: &'static str,
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

/// Every entry of a goss file by where its name stands.
pub struct Entries<'a>(HashMap<(&'static str, Span), &'a Entry>);

impl<'a> Entries<'a> {
    pub fn new(config: &'a Config) -> Entries<'a> {
        let sections = config.sections.iter().filter_map(|(at, entries)| Some((SECTIONS.get(*at)?, entries)));
        Entries(
            sections
                .filter_map(|(section, entries)| Some((section.kind?, entries)))
                .flat_map(|(kind, entries)| entries.values().map(move |entry| ((kind, entry.span), entry)))
                .collect(),
        )
    }

    /// goss's results of an entry.
    pub fn group(&self, judged: &Judged) -> Group {
        let claim = judged.claim;
        let section = SECTIONS.iter().find(|section| section.kind == Some(claim.kind.name));
        let entry = self.0.get(&(claim.kind.name, claim.span)).copied();
        let mut tests = section.map_or(&[][..], |section| section.tests).iter();
        let results = judged.verdicts.iter().enumerate().map(|(at, verdict)| TestResult {
            duration: if at == 0 { judged.elapsed } else { Duration::ZERO },
            ..result(verdict, section, next(&mut tests, verdict, entry), entry)
        });
        let results = results.collect();
        let said =
            |field: &str| entry.and_then(|entry| entry.get(field)).map_or(Value::Null, |said| plain(&said.value));
        Group {
            kind: section.map_or(claim.kind.name, |section| section.type_name),
            id: claim.id.to_string(),
            title: match said("title") {
                Value::Text(title) => title,
                _ => String::new(),
            },
            meta: said("meta"),
            results,
        }
    }
}

/// The test that a verdict is of: the next of its key that the entry says, or that need not be said.
fn next(
    tests: &mut std::slice::Iter<'static, Tested>,
    verdict: &Verdict,
    entry: Option<&Entry>,
) -> Option<&'static Tested> {
    let ahead = tests.clone();
    let fits = |test: &&Tested| test.key == verdict.key;
    let said = ahead.clone().find(|test| fits(test) && entry.is_none_or(|entry| entry.get(test.field).is_some()));
    let test = said.or_else(|| ahead.clone().find(fits))?;
    *tests = ahead.as_slice().get(ahead.as_slice().iter().position(|one| std::ptr::eq(one, test))? + 1..)?.iter();
    Some(test)
}

fn result(
    verdict: &Verdict,
    section: Option<&Section>,
    test: Option<&'static Tested>,
    entry: Option<&Entry>,
) -> TestResult {
    let property = test.map_or("", |test| test.property);
    let mut result = TestResult {
        property,
        result: Word::Fail,
        error: None,
        matched: Matched::default(),
        because: None,
        duration: Duration::ZERO,
    };
    match (&verdict.outcome, &verdict.expectation.test, &verdict.found) {
        (Outcome::Skip(_), ..) => result.result = Word::Skip,
        (Outcome::Unknown(fault), ..) => result.error = Some(fault.to_string()),
        (Outcome::Fail, Test::Refused(why), _) => result.error = Some(why.to_string()),
        (Outcome::Fail, _, Some(Value::Unfit(_))) => result.error = Some(verdict.evidence().found),
        (outcome, expected, found) => {
            let said = test.and_then(|test| entry?.get(test.field)).map(|said| &said.value);
            let number = said.filter(|_| counts(section, property)).and_then(number);
            let unsaid = Value::Text(expected.expected());
            let compared = Compared {
                said: if expected.is_secret() { &unsaid } else { number.as_ref().or(said).unwrap_or(&unsaid) },
                test: Some(expected).filter(|_| said.is_some()),
                found: found.as_ref().unwrap_or(&Value::Null),
                reader: reader(section, property, entry).filter(|_| matches!(said, Some(Value::List(_)))),
                hide: &|value| verdict.hide(value),
            };
            if *outcome == Outcome::Pass {
                result.result = Word::Pass;
                result.matched = compared.passed();
            } else {
                result.matched = compared.failed();
                result.error = result.matched.error.take().or_else(|| doubt(verdict));
                result.because = verdict.shown().and_then(|found| match found {
                    Value::No(why) if !why.is_empty() => Some(why),
                    _ => None,
                });
            }
        }
    }
    result
}

/// Why what was found could not be compared.
fn doubt(verdict: &Verdict) -> Option<String> {
    match verdict.expectation.test.holds(verdict.found.as_ref()?) {
        Err(Doubt::Unfit(why)) => Some(printed(&plain(&verdict.hide(&Value::Text(why))))),
        _ => None,
    }
}

/// Properties whose text goss reads as a number before all else.
fn counts(section: Option<&Section>, property: &str) -> bool {
    let section = section.map_or("", |section| section.name);
    matches!((section, property), ("command", "exit-status") | ("user", "uid" | "gid") | ("group", "gid"))
}

fn number(said: &Value) -> Option<Value> {
    match said {
        Value::Text(text) => text.parse().ok().map(Value::Int),
        _ => None,
    }
}

/// What Go calls what goss reads a property's lines from.
fn reader(section: Option<&Section>, property: &str, entry: Option<&Entry>) -> Option<&'static str> {
    match (section?.name, property) {
        ("file", "contents" | "contains") => Some("*os.File"),
        ("command", "stdout" | "stderr") => Some("*bytes.Reader"),
        ("http", "Headers") => Some("*strings.Reader"),
        ("http", "Body") => Some("*http.cancelTimerBody"),
        ("matching", _) if entry?.get("as-reader")?.value == Value::Bool(true) => Some("*strings.Reader"),
        _ => None,
    }
}
