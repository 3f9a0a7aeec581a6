//! Judging by goss's rules: what the first test comes to decides whether the others are looked at.

use super::{Outcome, Verdict, weigh};
use crate::goss::Section;
use crate::resource::{Observed, Values};
use crate::spec::Claim;
use crate::value::{Content, Fault, Percent, Value};
use std::borrow::Cow;

pub fn judge<'c>(claim: &'c Claim, seen: Observed) -> Vec<Verdict<'c>> {
    let kind = claim.kind.name;
    let (present, values) = match seen {
        Err(fault) => (Err(fault), Values::new()),
        Ok(None) => (Ok(Value::Bool(false)), Values::new()),
        Ok(Some(seen)) => (seen.present, seen.values),
    };
    let gated = Section::find(kind).is_some_and(|section| section.gated);
    let mut verdicts: Vec<Verdict<'c>> = Vec::with_capacity(claim.tests.len() + 1);
    if let Some((presence, expectation)) = claim.kind.presence.zip(claim.presence.as_ref()) {
        verdicts.push(weigh(claim, Cow::Borrowed(presence.name), expectation, present.clone()));
    }
    let mut values = values.into_iter();
    for (index, expectation) in claim.tests.iter().enumerate() {
        let key = claim.key_name(index);
        let value = values.next().unwrap_or(Ok(Value::Absent));
        if gated && verdicts.first().is_some_and(shuts) {
            let outcome = Outcome::Skip("what comes first does not hold".into());
            verdicts.push(Verdict { claim, key, expectation, outcome, found: None });
            continue;
        }
        let name = claim.asks.get(index).map_or("", |ask| (claim.kind.key_name)(ask.key));
        let value = match (value, &present) {
            (Ok(Value::Absent), Err(fault)) => Err(fault.clone()),
            (value, _) => value.and_then(|value| plain(kind, name, value)),
        };
        verdicts.push(weigh(claim, key, expectation, value));
    }
    verdicts
}

/// What is not there, has failed or could not be looked at has no more to be asked of.
fn shuts(first: &Verdict) -> bool {
    first.outcome != Outcome::Pass || matches!(first.found, Some(Value::Bool(false) | Value::No(_)))
}

/// A value as goss has it: text, whole numbers, lists of text.
fn plain(kind: &str, key: &str, value: Value) -> Result<Value, Fault> {
    Ok(match (kind, key, value) {
        ("file", "owner" | "group", Value::Text(id)) if id.bytes().all(|b| b.is_ascii_digit()) => {
            Value::Unfit(format!("the id {id} has no name"))
        }
        ("user", "groups", Value::List(mut list)) => {
            list.sort_by(|a, b| text(a).cmp(text(b)));
            Value::List(list)
        }
        ("port", "ip", Value::List(list)) => {
            Value::List(list.iter().map(|ip| Value::Text(text(ip).to_uppercase())).collect())
        }
        ("http", "headers", Value::Content(content)) => {
            let text = forwarded(&content.text);
            Value::Content(Box::new(Content { text, ..*content }))
        }
        (_, _, Value::Mode(mode)) => Value::Text(mode.to_string()),
        (_, _, Value::Size(bytes)) => Value::Int(i64::try_from(bytes.0).unwrap_or(i64::MAX)),
        (_, _, Value::Percent(Percent(percent))) => Value::Int(percent as i64),
        (_, _, Value::Version(version)) => Value::Text(version.text),
        (_, _, value) => value,
    })
}

/// Headers without what Go's client keeps to itself: what is about the connection and not the answer.
fn forwarded(lines: &str) -> String {
    let closes = |value: &str| value.split(',').any(|token| token.trim().eq_ignore_ascii_case("close"));
    let closed = lines.lines().filter_map(|line| line.strip_prefix("Connection:")).any(closes);
    let own = |line: &&str| {
        line.starts_with("Transfer-Encoding:")
            || line.starts_with("Trailer:")
            || closed && line.starts_with("Connection:")
    };
    lines.lines().filter(|line| !own(line)).collect::<Vec<_>>().join("\n")
}

fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
