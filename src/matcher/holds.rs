//! Whether a test holds of what was seen.
//!
//! A doubt spreads as in Kleene's logic: through `and`, `or`, `each` and the like a definite answer wins over it,
//! and `not` leaves it a doubt.

use super::contains::contains;
use super::number::Number;
use super::text::{Elements, Held, Text, View, printed};
use super::{Doubt, Pattern, Relation, Test, Xml};
use crate::query::Json;
use crate::value::{Bytes, Percent, Portion, Value};
use crate::version;
use std::cmp::Ordering;

pub fn holds(test: &Test, seen: View<'_>) -> Held {
    match seen {
        View::Value(Value::Absent) => return Err(Doubt::Unfit("there is nothing under this key".into())),
        View::Value(Value::Unfit(why)) => return Err(Doubt::Unfit(why.clone())),
        // It was made for another test.
        View::Text(Text { excerpt: Some(excerpt), .. }) if test.sieve().is_none() => {
            return Err(Doubt::Cut(excerpt.size));
        }
        _ => {}
    }
    match test {
        Test::Secret(test) => holds(test, seen),
        Test::Refused(why) => Err(Doubt::Unfit(why.clone().into())),
        Test::Goss(expected) => expected.holds(seen),
        Test::Equal(want) => equal(want, seen),
        Test::Order(relation, want) => Ok(relation.accepts(compare(seen, want)?)),
        Test::Between(ends) => {
            let (low, high) = ends.as_ref();
            all([(Relation::GreaterOrEqual, low), (Relation::LessOrEqual, high)]
                .into_iter()
                .map(|(relation, end)| Ok(relation.accepts(compare(seen, end)?))))
        }
        Test::OneOf(tests) | Test::Or(tests) => any(tests.iter().map(|t| holds(t, seen))),
        Test::And(tests) => all(tests.iter().map(|t| holds(t, seen))),
        Test::Not(test) => holds(test, seen).map(|held| !held),
        Test::Prefix(want) => with_text(seen, |text| text.has_prefix(want)),
        Test::Suffix(want) => with_text(seen, |text| text.has_suffix(want)),
        Test::Substring(want) => with_text(seen, |text| text.contains(want)),
        Test::Regex(regex) => with_text(seen, |text| text.matches(regex)),
        Test::Patterns(patterns) => with_text(seen, |text| all(patterns.iter().map(|p| p.holds(text)))),
        Test::Listed(listed) => match (seen.text(), &listed.patterns) {
            (Some(text), Ok(patterns)) => all(patterns.iter().map(|p| p.holds(text))),
            (Some(_), Err(why)) => Err(Doubt::Unfit(why.clone())),
            (None, _) => contains(&listed.elements, elements(seen)?, false),
        },
        Test::Element(test) => {
            let elements = elements(seen)?;
            any(unread(elements.cut()).chain(elements.map(|element| holds(test, element))))
        }
        Test::Each(test) => {
            let elements = elements(seen)?;
            all(unread(elements.cut()).chain(elements.map(|element| holds(test, element))))
        }
        Test::Elements(tests) => contains(tests, elements(seen)?, false),
        Test::ConsistOf(tests) => match seen {
            View::Text(_) => Err(Doubt::Unfit("text is not a list".into())),
            View::Value(_) => contains(tests, elements(seen)?, true),
        },
        Test::Len(test) => match seen {
            View::Text(Text { text, cut: Some(cut), .. }) => {
                longer(test, int(text.len()).saturating_add(i64::from(cut.more)), cut.bound)
            }
            View::Text(text) => holds(test, View::Value(&length(text.text.len()))),
            View::Value(Value::List(list)) => holds(test, View::Value(&length(list.len()))),
            View::Value(Value::Map(map)) => holds(test, View::Value(&length(map.len()))),
            View::Value(_) => Err(Doubt::Unfit(format!("{} has no length", seen.noun()))),
        },
        Test::Key(test) => match seen {
            View::Value(Value::Map(map)) => any(map.iter().map(|(key, _)| holds(test, View::Text(Text::whole(key))))),
            _ => Err(Doubt::Unfit(format!("{} has no keys", seen.noun()))),
        },
        Test::Semver(constraint) => constraint.holds(seen),
        Test::Gjson(paths) => {
            let json = json(seen)?;
            all(paths.iter().map(|(path, test)| holds(test, View::of(&at(&json, path)?))))
        }
        Test::Xml(xml) => holds_xml(xml, seen),
    }
}

/// Whether `test` holds of a list in which `known` is, whatever else is in it; `None` if that depends.
pub fn holds_of_part(test: &Test, known: View<'_>) -> Option<bool> {
    let of_part = |tests: &[Test]| -> Vec<_> { tests.iter().map(|t| holds_of_part(t, known)).collect() };
    match test {
        // More elements take nothing away from these, nor do they mend that.
        Test::Element(_) | Test::Elements(_) => holds(test, known).ok().filter(|held| *held),
        Test::Each(_) => holds(test, known).ok().filter(|held| !*held),
        Test::Not(test) => holds_of_part(test, known).map(|held| !held),
        Test::Goss(expected) => expected.holds_of_part(known),
        Test::And(tests) => match of_part(tests) {
            all if all.contains(&Some(false)) => Some(false),
            all => all.iter().all(Option::is_some).then_some(true),
        },
        Test::Or(tests) => match of_part(tests) {
            all if all.contains(&Some(true)) => Some(true),
            all => all.iter().all(Option::is_some).then_some(false),
        },
        _ => None,
    }
}

/// True if any is, else in doubt if any is.
fn any(held: impl Iterator<Item = Held>) -> Held {
    all(held.map(|one| one.map(|b| !b))).map(|b| !b)
}

/// False if any is, else in doubt if any is.
fn all(held: impl Iterator<Item = Held>) -> Held {
    let mut doubt = None;
    for one in held {
        match one {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(more) => doubt = worse(doubt, more),
        }
    }
    doubt.map_or(Ok(true), Err)
}

/// Which of two doubts remains. What was cut off might have decided the whole, even beside what cannot be compared:
/// `or` of both passes if it does. So it comes first, and the whole is unknown rather than failed.
pub fn worse(one: Option<Doubt>, other: Doubt) -> Option<Doubt> {
    match (one, other) {
        (None | Some(Doubt::Unfit(_)), Doubt::Cut(bound)) | (Some(Doubt::Cut(bound)), _) => Some(Doubt::Cut(bound)),
        (Some(first), Doubt::Unfit(_)) => Some(first),
        (None, other) => Some(other),
    }
}

/// An element of which nothing is known, where reading stopped.
fn unread(cut: Option<u64>) -> impl Iterator<Item = Held> {
    cut.map(|bound| Err(Doubt::Cut(bound))).into_iter()
}

fn elements(seen: View<'_>) -> Result<Elements<'_>, Doubt> {
    Elements::of(seen).ok_or_else(|| Doubt::Unfit(format!("{} is not a list", seen.noun())))
}

/// Asks of the text, or of what a value prints as.
fn with_text(seen: View<'_>, ask: impl FnOnce(Text<'_>) -> Held) -> Held {
    if let Some(text) = seen.text() {
        return ask(text);
    }
    match printed(seen) {
        Some(text) => ask(Text::whole(&text)),
        None => Err(Doubt::Unfit(format!("{} is not text", seen.noun()))),
    }
}

fn length(len: usize) -> Value {
    Value::Int(int(len))
}

fn int(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// Whether a test of the length holds of text of which `least` bytes are known.
fn longer(test: &Test, least: i64, bound: u64) -> Held {
    let unknown = Err(Doubt::Cut(bound));
    let limit = |relation: Relation, n: i64| match relation {
        Relation::Greater if least > n => Ok(true),
        Relation::GreaterOrEqual if least >= n => Ok(true),
        Relation::Less if least >= n => Ok(false),
        Relation::LessOrEqual if least > n => Ok(false),
        _ => Err(Doubt::Cut(bound)),
    };
    match test {
        Test::Equal(Value::Int(n)) if *n < least => Ok(false),
        Test::Order(relation, Value::Int(n)) => limit(*relation, *n),
        Test::Between(ends) => match ends.as_ref() {
            (Value::Int(low), Value::Int(high)) => {
                all([limit(Relation::GreaterOrEqual, *low), limit(Relation::LessOrEqual, *high)].into_iter())
            }
            _ => unknown,
        },
        Test::Not(test) => longer(test, least, bound).map(|held| !held),
        Test::And(tests) => all(tests.iter().map(|t| longer(t, least, bound))),
        Test::Or(tests) | Test::OneOf(tests) => any(tests.iter().map(|t| longer(t, least, bound))),
        _ => unknown,
    }
}

/// Equality as goss has it by default: the type of what is expected decides how what is seen is read.
pub fn equal(want: &Value, seen: View<'_>) -> Held {
    let value = match (want, seen) {
        (Value::Text(want), View::Text(text)) => return text.equals(want),
        (Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Null, View::Text(_)) => return Ok(false),
        (_, View::Text(_)) => return Ok(compare(seen, want)?.is_eq()),
        (_, View::Value(value)) => value,
    };
    match (want, value) {
        (Value::Int(_) | Value::Number(_), scalar) if !matches!(scalar, Value::List(_)) => {
            Ok(compare(seen, want)?.is_eq())
        }
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Bool(want), Value::No(_)) => Ok(!want),
        (Value::Mode(a), Value::Mode(b)) => Ok(a == b),
        (Value::Null, Value::Null) => Ok(true),
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            all(a.iter().zip(b).map(|(a, b)| equal(a, View::of(b))))
        }
        (Value::Map(a), Value::Map(b)) if a.len() == b.len() => all(a.iter().map(|(key, a)| {
            let b = b.iter().find(|(k, _)| k == key).map(|(_, b)| b);
            b.map_or(Ok(false), |b| equal(a, View::of(b)))
        })),
        (Value::Bool(_) | Value::Null | Value::List(_) | Value::Map(_), _) => Ok(false),
        (Value::Text(_), Value::Map(_) | Value::Null) => Ok(false),
        (Value::Text(want), _) => with_text(seen, |text| text.equals(want)),
        // A list is equal to the one element that it has.
        (want, Value::List(list)) => match list.as_slice() {
            [only] => equal(want, View::of(only)),
            _ => Ok(false),
        },
        (want, _) => Ok(compare(seen, want)?.is_eq()),
    }
}

/// How what is seen is ordered against `want`.
fn compare(seen: View<'_>, want: &Value) -> Result<Ordering, Doubt> {
    if let Some(want) = Number::of(want) {
        return match seen {
            View::Value(Value::Percent(Percent(seen))) => Ok(Number::Float(*seen).compare(want)),
            View::Value(Value::Size(Bytes(seen))) => Ok(bytes(*seen).compare(want)),
            View::Value(Value::Portion(Portion(seen))) => Ok(bytes(seen.part).compare(want)),
            _ => Ok(Number::seen(seen)?.compare(want)),
        };
    }
    let order = match seen {
        View::Value(value) => compare_values(value, want),
        View::Text(_) => None,
    };
    order.ok_or_else(|| Doubt::Unfit(format!("{} cannot be compared with {want}", seen.noun())))
}

/// How two values of one type are ordered; `None` if they have no order.
pub fn compare_values(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Int(_) | Value::Number(_), Value::Int(_) | Value::Number(_)) => Number::of(a)?.compare(Number::of(b)?),
        (Value::Size(a), Value::Size(b)) => a.cmp(b),
        (Value::Share(a), Value::Size(b)) => Bytes(a.part).cmp(b),
        (Value::Share(a) | Value::Portion(Portion(a)), Value::Percent(b)) => a.percent().partial_cmp(&b.0)?,
        (Value::Percent(a), Value::Percent(b)) => a.partial_cmp(b)?,
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Version(a), Value::Version(b)) => version::compare(a.order, &a.text, &b.text),
        _ => return None,
    })
}

fn bytes(n: u64) -> Number {
    i64::try_from(n).map_or(Number::Float(n as f64), Number::Int)
}

/// The JSON seen: text that is JSON, or data that was read from some other format.
pub fn json<'v>(seen: View<'v>) -> Result<Json<'v>, Doubt> {
    match seen {
        View::Text(Text { cut: Some(cut), .. }) => Err(Doubt::Cut(cut.bound)),
        View::Text(text) => Json::parse(text.text).map_err(Doubt::Unfit),
        View::Value(value) => match value {
            Value::List(_) | Value::Map(_) => Ok(Json::of(value)),
            _ => Err(Doubt::Unfit(format!("{} is not JSON", seen.noun()))),
        },
    }
}

pub fn at(json: &Json<'_>, path: &str) -> Result<Value, Doubt> {
    match json.get(path) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Doubt::Unfit(format!("there is nothing at `{path}`"))),
        Err(why) => Err(Doubt::Unfit(why)),
    }
}

fn holds_xml(xml: &Xml, seen: View<'_>) -> Held {
    let text = match seen {
        View::Text(Text { cut: Some(cut), .. }) => return Err(Doubt::Cut(cut.bound)),
        View::Text(text) => text.text,
        View::Value(_) => return Err(Doubt::Unfit(format!("{} is not XML", seen.noun()))),
    };
    let found = xml.xpath.find(text).map_err(Doubt::Unfit)?;
    match (&xml.result, &found.value) {
        (None, value) if found.nodes => Ok(value.is_some()),
        (None, value) => Ok(matches!(value, Some(Value::Text(t)) if t.is_empty())),
        // goss compares the nodes' markup; their text is what a person would write.
        (Some(Test::Equal(Value::Text(want))), _) if found.markup == **want => Ok(true),
        (Some(test), Some(value)) => holds(test, View::of(value)),
        (Some(_), None) => Err(Doubt::Unfit(format!("there is nothing at `{}`", xml.path))),
    }
}

impl Pattern {
    pub(super) fn holds(&self, text: Text<'_>) -> Held {
        if self.is_nothing() {
            return Ok(true);
        }
        let found = match self.plain() {
            // A line's end stands in no pattern, so text that has it has a line that has it.
            Some(plain) => text.contains(plain),
            None => {
                let lines = text.lines().map(|line| self.found(line));
                any(unread(text.cut.map(|cut| cut.bound)).chain(lines))
            }
        };
        found.map(|found| found != self.inverse)
    }
}
