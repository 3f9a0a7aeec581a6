//! What a claim and an observation come to. Pure: needs no host.

mod goss;
mod kept;

pub use kept::Kept;

use crate::matcher::{Doubt, Evidence};
use crate::resource::{Observed, Values};
use crate::secret::{Secrets, mask};
use crate::spec::{Claim, Expectation, Profile};
use crate::value::{Fault, Value};
use std::borrow::Cow;
use std::time::Duration;
use time::OffsetDateTime;

/// One key of one entry, judged.
pub struct Verdict<'c> {
    pub claim: &'c Claim,
    /// The key's name, with a lookup's argument: `exists`, `mode`, `json.server.port`.
    pub key: Cow<'c, str>,
    pub expectation: &'c Expectation,
    pub outcome: Outcome,
    /// What was seen, if anything was, with its secrets: what reports show of it is [`Verdict::shown`].
    pub found: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    /// It could not be observed, so it is neither. Never counts as a pass.
    Unknown(Fault),
    /// Not looked at, and why.
    Skip(String),
}

impl Outcome {
    pub const WORDS: [&'static str; 4] = ["pass", "fail", "unknown", "skip"];

    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Unknown(_) => "unknown",
            Outcome::Skip(_) => "skip",
        }
    }

    /// It neither failed nor is it unknown.
    pub fn ok(&self) -> bool {
        matches!(self, Outcome::Pass | Outcome::Skip(_))
    }
}

/// All verdicts of one entry, and what looking cost.
pub struct Judged<'c> {
    pub claim: &'c Claim,
    pub verdicts: Vec<Verdict<'c>>,
    /// How long its probe took, all looks together.
    pub elapsed: Duration,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub pass: usize,
    pub fail: usize,
    pub unknown: usize,
    pub skip: usize,
    pub started: OffsetDateTime,
    pub elapsed: Duration,
}

impl Summary {
    pub fn new(started: OffsetDateTime) -> Summary {
        Summary { pass: 0, fail: 0, unknown: 0, skip: 0, started, elapsed: Duration::ZERO }
    }

    pub fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Pass => &mut self.pass,
            Outcome::Fail => &mut self.fail,
            Outcome::Unknown(_) => &mut self.unknown,
            Outcome::Skip(_) => &mut self.skip,
        } += 1;
    }

    pub fn total(&self) -> usize {
        self.pass + self.fail + self.unknown + self.skip
    }

    /// Nothing failed and nothing is unknown.
    pub fn ok(&self) -> bool {
        self.fail == 0 && self.unknown == 0
    }
}

impl Verdict<'_> {
    /// Why it failed; empty words for another outcome.
    pub fn evidence(&self) -> Evidence {
        let mut evidence = match (&self.outcome, &self.found) {
            (Outcome::Fail, Some(found)) => self.expectation.test.explain(found),
            _ => Evidence { expected: self.expectation.test.expected(), ..Evidence::default() },
        };
        let secrets = self.secrets();
        let Evidence { expected, found, told: _, missing, extra, diff, note } = &mut evidence;
        for text in [expected, found].into_iter().chain(missing).chain(extra).chain(diff).chain(note) {
            if let Some(secrets) = &secrets {
                secrets.scrub_mut(text);
            }
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        evidence
    }

    /// What was found, as reports may show it.
    pub fn shown(&self) -> Option<Value> {
        self.found.as_ref().map(|found| self.hide(found))
    }

    /// A value of it, or of what is expected of it, as reports may show it.
    pub fn hide(&self, value: &Value) -> Value {
        self.secrets().unwrap_or_default().scrub_value(value)
    }

    /// What must not be shown of it: what the entry keeps to itself, and what a server told to nobody else.
    fn secrets(&self) -> Option<Cow<'_, Secrets>> {
        let own = self.claim.secrets.as_deref();
        let sent = match &self.found {
            Some(found) if self.claim.kind.name == "http" && self.key.eq_ignore_ascii_case("headers") => sent(found),
            _ => Secrets::default(),
        };
        match own {
            _ if sent.is_empty() => own.map(Cow::Borrowed),
            own => {
                let mut all = sent;
                own.into_iter().for_each(|own| all.extend(own));
                Some(Cow::Owned(all))
            }
        }
    }
}

/// The secrets in the lines of headers: `Set-Cookie: …`.
fn sent(headers: &Value) -> Secrets {
    let mut secrets = Secrets::default();
    match headers {
        Value::Content(content) => secrets.add_headers(&content.text),
        Value::Text(text) => secrets.add_headers(text),
        Value::List(list) => list.iter().for_each(|line| secrets.extend(&sent(line))),
        _ => {}
    }
    secrets
}

/// Judges one entry. Its verdicts come in this order: presence, then the keys as the spec has them.
pub fn judge<'c>(claim: &'c Claim, seen: Observed) -> Vec<Verdict<'c>> {
    match claim.profile {
        Profile::Strict => strict(claim, seen),
        Profile::Goss => goss::judge(claim, seen),
    }
}

fn strict<'c>(claim: &'c Claim, seen: Observed) -> Vec<Verdict<'c>> {
    let mut verdicts = Vec::with_capacity(claim.tests.len() + 1);
    let (present, values) = match seen {
        Err(fault) => (Err(fault), Values::new()),
        Ok(None) => (Ok(Value::Bool(false)), Values::new()),
        Ok(Some(seen)) => (seen.present, seen.values),
    };
    let presence = claim.kind.presence.zip(claim.presence.as_ref());
    if let Some((presence, expectation)) = presence {
        verdicts.push(weigh(claim, Cow::Borrowed(presence.name), expectation, present.clone()));
    }
    let mut values = values.into_iter();
    for (index, expectation) in claim.tests.iter().enumerate() {
        let key = claim.key_name(index);
        let value = values.next().unwrap_or(Ok(Value::Absent));
        verdicts.push(match (value, &present) {
            (Ok(Value::Absent), Err(fault)) => weigh(claim, key, expectation, Err(fault.clone())),
            (Ok(Value::Absent), Ok(Value::Bool(false) | Value::No(_))) if presence.is_some() => {
                let outcome = Outcome::Skip("it is not there".into());
                Verdict { claim, key, expectation, outcome, found: None }
            }
            (value, _) => weigh(claim, key, expectation, value),
        });
    }
    verdicts
}

/// Whether there is no need to look again.
pub fn passes(claim: &Claim, seen: &Observed) -> bool {
    judge(claim, seen.clone()).iter().all(|v| v.outcome.ok())
}

/// The verdicts of an entry that the spec says to skip.
pub fn skipped(claim: &Claim) -> Vec<Verdict<'_>> {
    let reason = match claim.skip() {
        Some(reason) if !reason.is_empty() => reason,
        _ => "the spec says to skip it",
    };
    let outcome = || Outcome::Skip(reason.to_owned());
    let presence = claim.kind.presence.zip(claim.presence.as_ref());
    let first = presence.map(|(p, expectation)| (Cow::Borrowed(p.name), expectation));
    let rest = claim.tests.iter().enumerate().map(|(index, expectation)| (claim.key_name(index), expectation));
    first
        .into_iter()
        .chain(rest)
        .map(|(key, expectation)| Verdict { claim, key, expectation, outcome: outcome(), found: None })
        .collect()
}

fn weigh<'c>(
    claim: &'c Claim,
    key: Cow<'c, str>,
    expectation: &'c Expectation,
    value: Result<Value, Fault>,
) -> Verdict<'c> {
    let (outcome, found) = match value {
        Err(Fault::Unfit(why)) => (Outcome::Fail, Some(Value::Unfit(why))),
        Err(fault) => (Outcome::Unknown(fault), None),
        Ok(Value::Partial(part)) => {
            let (known, fault) = *part;
            let known = Value::List(known);
            match expectation.test.holds_of_part(&known) {
                Some(true) => (Outcome::Pass, Some(known)),
                Some(false) => (Outcome::Fail, Some(known)),
                None => (Outcome::Unknown(fault), None),
            }
        }
        Ok(value) => {
            let outcome = match expectation.test.holds(&value) {
                Ok(true) => Outcome::Pass,
                Ok(false) | Err(Doubt::Unfit(_)) => Outcome::Fail,
                Err(Doubt::Cut(bound)) => Outcome::Unknown(Fault::Unsupported(format!(
                    "only the first {} was read, and that does not decide it",
                    crate::quantity::size(bound)
                ))),
            };
            (outcome, Some(value))
        }
    };
    let outcome = match (outcome, &claim.secrets) {
        (Outcome::Unknown(Fault::Offline(why)), _) => Outcome::Skip(why),
        (Outcome::Unknown(fault), Some(secrets)) => Outcome::Unknown(fault.map(|why| secrets.scrub(&why).into_owned())),
        (outcome, _) => outcome,
    };
    Verdict { claim, key, expectation, outcome, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Test;
    use crate::resource::{Kind, Seen};
    use crate::syntax::Span;

    fn words(presence: bool, seen: Observed) -> Vec<&'static str> {
        judge(&claim(presence), seen).iter().map(|v| v.outcome.word()).collect()
    }

    fn claim(presence: bool) -> Claim {
        let expect =
            |value| Expectation { test: Test::equal(value), span: Span { file: 0, start: 0, end: 0 }, implied: false };
        Claim {
            kind: Kind::find("file").unwrap(),
            profile: Profile::Strict,
            id: "/a".into(),
            target: None,
            span: Span { file: 0, start: 0, end: 0 },
            probe: Box::new(|_, _| Ok(None)),
            presence: Some(expect(Value::Bool(presence))),
            asks: Default::default(),
            tests: vec![expect(Value::Bool(true)), expect(Value::Text("x".into()))].into(),
            common: None,
            secrets: None,
        }
    }

    fn fault() -> Fault {
        Fault::Denied("no".into())
    }

    #[test]
    fn what_could_not_be_looked_at_is_unknown_whichever_way_round_it_is_written() {
        assert_eq!(words(true, Err(fault())), ["unknown"; 3]);
        assert_eq!(words(false, Err(fault())), ["unknown"; 3]);
    }

    #[test]
    fn an_entrys_secrets_are_judged_and_not_shown() {
        let mut own = Secrets::default();
        own.add("canary-1");
        let claim = Claim { secrets: Some(Box::new(own)), ..claim(true) };
        let seen = vec![Ok(Value::Text("it is canary-1".into())), Err(Fault::Failed("canary-1 said no".into()))];
        let verdicts = judge(&claim, Ok(Some(seen.into())));
        let [_, text, fault] = verdicts.as_slice() else { panic!() };
        assert_eq!(text.found, Some(Value::Text("it is canary-1".into())));
        assert_eq!(text.shown().unwrap(), Value::Text("it is ***".into()));
        assert_eq!(text.evidence().found, "\"it is ***\"");
        assert_eq!(fault.outcome, Outcome::Unknown(Fault::Failed("*** said no".into())));
    }

    #[test]
    fn what_anybody_can_tell_to_be_a_secret_is_not_shown_of_any_entry() {
        let line = "url=http://u:canary@h/?token=canary";
        let text = Value::Content(Box::new(crate::value::Content { text: format!("{line}\n"), cut: None }));
        let claim = Claim {
            tests: vec![Expectation {
                test: Test::equal(Value::Text(line.into())),
                span: Span { file: 0, start: 0, end: 0 },
                implied: false,
            }]
            .into(),
            asks: Default::default(),
            presence: None,
            ..claim(true)
        };
        for seen in [text, Value::List(vec![Value::Text(line.into())]), Value::Unfit(format!("no {line}"))] {
            let verdicts = judge(&claim, Ok(Some(vec![Ok(seen)].into())));
            let said = format!("{:?} {:?}", verdicts[0].evidence(), verdicts[0].shown());
            assert!(!said.contains("canary") && said.contains("http://u:***@h/?token=***"), "{said}");
        }
    }

    #[test]
    fn what_a_server_told_to_nobody_else_is_known_by_its_header() {
        let headers = Value::Content(Box::new(crate::value::Content {
            text: "server: nginx\r\nset-cookie: sid=5f3a9c\r\n".into(),
            cut: None,
        }));
        for headers in [headers, Value::List(vec![Value::Text("set-cookie: sid=5f3a9c".into())])] {
            let shown = sent(&headers).scrub_value(&headers).to_string();
            assert!(!shown.contains("5f3a9c") && shown.contains("set-cookie: ***"), "{shown}");
        }
    }

    #[test]
    fn keys_of_a_thing_that_is_not_there_are_skipped() {
        assert_eq!(words(true, Ok(None)), ["fail", "skip", "skip"]);
        assert_eq!(words(false, Ok(None)), ["pass", "skip", "skip"]);
    }

    #[test]
    fn of_a_list_that_may_be_longer_only_what_is_certain_is_judged() {
        use crate::matcher::lower;
        use crate::syntax::{Format, parse};
        use crate::value::{Fact, Known, Type};
        let seen = || Known { all: vec!["a", "b"], more: Some(fault()) }.observe();
        for (test, word) in [
            ("[a, b]", "pass"),
            ("{contain-element: a}", "pass"),
            ("{not: {contain-element: a}}", "fail"),
            ("{each: {have-prefix: a}}", "fail"),
            ("{and: [[a], {not: [b]}]}", "fail"),
            ("{or: [[c], [b]]}", "pass"),
            ("[c]", "unknown"),
            ("{not: [c]}", "unknown"),
            ("{each: {match-regexp: .}}", "unknown"),
            ("{consist-of: [a, b]}", "unknown"),
            ("{equal: [a, b]}", "unknown"),
            ("{have-len: 2}", "unknown"),
            ("{and: [[a], [c]]}", "unknown"),
            ("{or: [{consist-of: [a, b]}, [c]]}", "unknown"),
            ("a", "unknown"),
        ] {
            let node = parse(test, 0, Format::Yaml).0.unwrap();
            let test = lower(&node, Type::List(&Type::Text), &mut vec![]).unwrap();
            let claim = claim(true);
            let expectation = Expectation { test, span: claim.span, implied: false };
            assert_eq!(weigh(&claim, "k".into(), &expectation, seen()).outcome.word(), word, "{expectation:?}");
        }
        let none: Vec<&str> = vec![];
        assert_eq!(Known { all: none, more: Some(fault()) }.observe(), Err(fault()), "nothing of it is known");
    }

    #[test]
    fn a_key_that_has_nothing_fails_where_the_thing_is_there() {
        let values = vec![Ok(Value::Bool(true)), Ok(Value::Absent)];
        assert_eq!(words(true, Ok(Some(values.into()))), ["pass", "pass", "fail"]);
    }

    #[test]
    fn a_key_that_does_not_need_the_thing_is_judged_without_it() {
        let values = vec![Ok(Value::Bool(true)), Ok(Value::Absent)];
        for no in [Value::Bool(false), Value::No("refused".into())] {
            let absent = Seen { present: Ok(no), values: values.clone().into() };
            assert_eq!(words(false, Ok(Some(absent.clone()))), ["pass", "pass", "skip"]);
            assert_eq!(words(true, Ok(Some(absent))), ["fail", "pass", "skip"]);
        }
        let doubtful = Seen { present: Err(fault()), values: values.into() };
        assert_eq!(words(false, Ok(Some(doubtful))), ["unknown", "pass", "unknown"]);
    }
}
