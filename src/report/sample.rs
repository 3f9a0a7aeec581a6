//! Verdicts made by hand, for the tests of reports.

use super::{Context, Format, whole};
use crate::matcher::{Evidence, Test};
use crate::resource::{Ask, Kind};
use crate::spec::{Claim, Common, Expectation, Profile};
use crate::syntax::{Source, Sources, Span};
use crate::value::{Fault, Mode, Value};
use crate::verdict::{Judged, Outcome, Summary, Verdict};
use std::borrow::Cow;
use std::time::Duration;
use time::macros::datetime;

/// Text that tries to drive a terminal, break XML and forge lines of TAP, workflow commands and metrics.
pub const HOSTILE: &str = "\u{1b}[2J]]></failure>&\u{0}\u{9b}31m\r\nnot ok 1 - x # SKIP \\#\n::error::x\n##[error]|\"'\u{202e}\u{2066}\u{fffe}\n  ...\nok 2\n<!--%0A:,";

const SPEC: &str = r#"[file."/etc/passwd"]
title = "Accounts"
meta = { team = "ops" }
mode = "0644"
owner = "root"

[file."/etc/gone"]
size = 10

[file."/etc/shadow"]
mode = "0640"
owner = "root"

[file."/etc/app.json"]
json."a.b" = 1
"#;

pub fn span(text: &str, what: &str, after: &str) -> Span {
    let from = text.find(after).unwrap();
    let start = from + text[from..].find(what).unwrap();
    Span { file: 0, start: start as u32, end: (start + what.len()) as u32 }
}

pub fn claim(id: &str, span: Span, tests: Vec<(&str, Value, Span)>) -> Claim {
    let kind = Kind::find("file").unwrap();
    let expects = |value, span, implied| Expectation { test: Test::equal(value), span, implied };
    let key = |name: &str| {
        let (name, argument) = name.split_once('.').unwrap_or((name, ""));
        let at = (kind.keys)().iter().position(|k| k.name == name).unwrap_or(0);
        Ask { key: at, argument: argument.into() }
    };
    Claim {
        kind,
        profile: Profile::Strict,
        id: id.into(),
        target: None,
        span,
        probe: Box::new(|_, _| Err(Fault::Unsupported("never run".into()))),
        presence: Some(expects(Value::Bool(true), span, true)),
        asks: tests.iter().map(|(name, ..)| key(name)).collect(),
        tests: tests.into_iter().map(|(_, value, span)| expects(value, span, false)).collect(),
        common: None,
        secrets: None,
    }
}

pub fn plain() -> (Sources, Vec<Claim>) {
    let at = |what: &str, after: &str| span(SPEC, what, after);
    let text = |t: &str| Value::Text(t.into());
    let mut passwd = claim(
        "/etc/passwd",
        at("\"/etc/passwd\"", ""),
        vec![
            ("mode", Value::Text("0644".into()), at("\"0644\"", "passwd")),
            ("owner", text("root"), at("\"root\"", "passwd")),
        ],
    );
    passwd.common = Some(Box::new(Common {
        title: Some("Accounts".into()),
        meta: Some(Value::Map(vec![("team".into(), text("ops"))])),
        ..Common::default()
    }));
    let gone = claim("/etc/gone", at("\"/etc/gone\"", ""), vec![("size", Value::Int(10), at("10", "gone"))]);
    let shadow = claim(
        "/etc/shadow",
        at("\"/etc/shadow\"", ""),
        vec![
            ("mode", Value::Mode(Mode(0o640)), at("\"0640\"", "shadow")),
            ("owner", text("root"), at("\"root\"", "shadow")),
        ],
    );
    let app = claim("/etc/app.json", at("\"/etc/app.json\"", ""), vec![("mode.a.b", Value::Int(1), at("1\n", "a.b"))]);
    (sources(SPEC), vec![passwd, gone, shadow, app])
}

/// A spec whose every text is hostile.
pub fn hostile() -> (Sources, Vec<Claim>) {
    let mut claim = claim(
        HOSTILE,
        Span { file: 0, start: 4, end: 5 },
        vec![("mode", Value::Text(HOSTILE.into()), Span { file: 0, start: 6, end: 9 })],
    );
    claim.common = Some(Box::new(Common {
        title: Some(HOSTILE.into()),
        meta: Some(Value::Map(vec![(HOSTILE.into(), Value::Text(HOSTILE.into()))])),
        ..Common::default()
    }));
    let mut sources = sources(HOSTILE);
    sources.files[0].name = HOSTILE.into();
    (sources, vec![claim])
}

pub fn sources(text: &str) -> Sources {
    Sources { files: vec![Source { name: "host.toml".into(), text: text.into() }] }
}

/// Of a claim's tests the one at `at`, with `found` as its text.
pub fn verdict<'c>(claim: &'c Claim, at: usize, outcome: Outcome, found: Option<&str>) -> Verdict<'c> {
    let found = found.map(|f| Value::Text(f.to_owned()));
    Verdict { claim, key: claim.key_name(at), expectation: &claim.tests[at], outcome, found }
}

fn presence<'c>(claim: &'c Claim, outcome: Outcome, found: Option<bool>) -> Verdict<'c> {
    let expectation = claim.presence.as_ref().unwrap();
    Verdict { claim, key: Cow::Borrowed("exists"), expectation, outcome, found: found.map(Value::Bool) }
}

/// Every outcome: what passes and fails, what is not there, what is unknown whole.
pub fn judged(claims: &[Claim]) -> Vec<Judged<'_>> {
    claims
        .iter()
        .enumerate()
        .map(|(at, claim)| {
            let keys = 0..claim.tests.len();
            let verdicts = match at {
                0 => std::iter::once(presence(claim, Outcome::Pass, Some(true)))
                    .chain(keys.map(|k| verdict(claim, k, Outcome::Fail, Some("seen"))))
                    .collect(),
                1 => std::iter::once(presence(claim, Outcome::Fail, Some(false)))
                    .chain(keys.map(|k| verdict(claim, k, Outcome::Skip("it is not there".into()), None)))
                    .collect(),
                2 => std::iter::once(presence(claim, denied("/etc/shadow: permission denied"), None))
                    .chain(keys.map(|k| verdict(claim, k, denied("/etc/shadow: permission denied"), None)))
                    .collect(),
                _ => std::iter::once(presence(claim, Outcome::Pass, Some(true)))
                    .chain(keys.map(|k| Verdict {
                        key: Cow::Borrowed("json.a.b"),
                        ..verdict(claim, k, Outcome::Fail, Some("two"))
                    }))
                    .collect(),
            };
            Judged { claim, verdicts, elapsed: Duration::from_millis(3) }
        })
        .collect()
}

pub fn denied(what: &str) -> Outcome {
    Outcome::Unknown(Fault::Denied(what.into()))
}

pub fn evidence() -> Evidence {
    Evidence {
        expected: "[\"a\", \"b\"]".into(),
        found: "[\"b\", \"c\"]".into(),
        told: false,
        missing: vec!["\"a\"".into()],
        extra: vec!["\"c\"".into()],
        diff: Some("--- expected\n+++ found\n@@ -1,2 +1,2 @@\n-a\n b\n+c".into()),
        note: Some("the text was cut at 1 KiB".into()),
    }
}

pub fn summary() -> Summary {
    Summary { elapsed: Duration::from_millis(14), ..Summary::new(datetime!(2026-11-22 10:00:00 UTC)) }
}

pub fn context(sources: &Sources, verbose: bool) -> Context<'_> {
    Context { sources, host: "web-1", colour: false, verbose }
}

/// All of a report.
pub fn report(format: &str, sources: &Sources, judged: &[Judged], verbose: bool) -> String {
    render(format, context(sources, verbose), judged)
}

pub fn render(format: &str, context: Context<'_>, judged: &[Judged]) -> String {
    let mut reporter = (Format::find(format).unwrap().make)(context);
    let mut summary = summary();
    judged.iter().flat_map(|one| &one.verdicts).for_each(|v| summary.count(&v.outcome));
    String::from_utf8(whole(&mut *reporter, judged, &summary).unwrap()).unwrap()
}
