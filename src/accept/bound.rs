//! How far a bound moves so that it holds of what was found: in the unit that it is written in, and not much further than
//! it must.

use crate::matcher::Relation;
use crate::quantity::{parse_duration, parse_size};
use crate::value::{Bytes, Percent, Portion, Value};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A bound as it stands in a spec, without the sign before it.
#[derive(Clone, Copy, Debug)]
pub enum Written<'n> {
    /// `30d`, `1.5 GiB`, `80%`
    Text(&'n str),
    /// A bare number, as it is spelled.
    Number(&'n str),
}

/// Bounds that may hold of all of `seen`, the best first; whoever asks takes the first that does. The error is why there
/// can be none.
///
/// The best has the unit and the decimals of the one that stands there. One that leaves more than a quarter of what was
/// found comes after those that are finer.
pub fn candidates(written: Written<'_>, relation: Relation, seen: &[Value]) -> Result<Vec<Value>, String> {
    let up = matches!(relation, Relation::Less | Relation::LessOrEqual);
    let seen: Vec<&Value> = seen.iter().map(only).collect();
    let Some(first) = seen.first() else { return Ok(vec![]) };
    match first {
        Value::Version(_) => Ok(seen.iter().filter_map(|one| one.as_data()).collect()),
        Value::Time(_) => {
            let times = seen.iter().filter_map(|one| if let Value::Time(time) = one { Some(*time) } else { None });
            let furthest = if up { times.max() } else { times.min() };
            Ok(furthest.map(|time| moments(written, up, time)).unwrap_or_default())
        }
        _ => numbers(written, up, &seen),
    }
}

/// A list of one counts as that one where it is compared.
fn only(value: &Value) -> &Value {
    match value {
        Value::List(list) => match list.as_slice() {
            [one] => one,
            _ => value,
        },
        other => other,
    }
}

/// What one unit of a number is.
struct Unit {
    /// Billionths of what it measures: of a byte, a second, a per cent, one.
    scale: i128,
    /// How it stands behind the number: ` GiB`.
    text: String,
    decimals: u32,
}

const NANO: i128 = 1_000_000_000;
/// Decimals of a size, and of other numbers, that are tried.
const MOST_DECIMALS: (u32, u32) = (1, 6);
const TIMES: [&str; 7] = ["d", "h", "m", "s", "ms", "us", "ns"];

fn numbers(written: Written<'_>, up: bool, seen: &[&Value]) -> Result<Vec<Value>, String> {
    let percent = matches!(written, Written::Text(text) if text.trim_end().ends_with('%'))
        || matches!(seen.first(), Some(Value::Percent(_)));
    let found: Option<Vec<i128>> = seen.iter().map(|one| billionths(one, percent)).collect();
    let found = found.ok_or("what was found is not a number that a bound could hold of")?;
    let Some(found) = (if up { found.iter().max() } else { found.iter().min() }).copied() else { return Ok(vec![]) };
    let whole = seen.iter().all(|one| matches!(one, Value::Int(_) | Value::Portion(_)));
    if !up && found == 0 && whole {
        return Err("what was found is 0, and a bound below that says nothing".into());
    }
    let (mut close, mut loose) = (vec![], vec![]);
    for unit in units(written, seen, percent, whole) {
        let Some(steps) = found.checked_mul(10_i128.pow(unit.decimals)) else { continue };
        let rest = steps.rem_euclid(unit.scale);
        let floor = steps.div_euclid(unit.scale);
        let nearest = if up { floor + i128::from(rest > 0) } else { floor };
        for count in [nearest, if up { nearest + 1 } else { nearest - 1 }] {
            let off = count.saturating_mul(unit.scale).abs_diff(steps);
            let list = if off.saturating_mul(4) <= steps.unsigned_abs() { &mut close } else { &mut loose };
            list.extend(spelled(written, count, &unit));
        }
    }
    close.append(&mut loose);
    // Of a number that no rounding reaches, itself.
    close.extend(seen.iter().filter(|one| matches!(one, Value::Number(_))).map(|one| (*one).clone()));
    Ok(close)
}

/// In billionths of a byte, a second, a per cent, one.
fn billionths(value: &Value, percent: bool) -> Option<i128> {
    let float = |n: f64| (n.abs() < 1e18).then(|| (n * 1e9).round() as i128);
    match value {
        Value::Int(n) => Some(i128::from(*n) * NANO),
        Value::Number(n) => float(*n),
        Value::Text(text) => text_as_number(text),
        Value::Content(content) if content.cut.is_none() => text_as_number(&content.text),
        Value::Size(Bytes(n)) => Some(i128::from(*n) * NANO),
        Value::Share(share) | Value::Portion(Portion(share)) if percent => float(share.percent()),
        Value::Share(share) | Value::Portion(Portion(share)) => Some(i128::from(share.part) * NANO),
        Value::Percent(Percent(n)) => float(*n),
        Value::Duration(span) => Some(span.whole_nanoseconds()),
        _ => None,
    }
}

fn text_as_number(text: &str) -> Option<i128> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(n) => billionths(&Value::Int(n), false),
        Err(_) => billionths(&Value::Number(text.parse().ok()?), false),
    }
}

/// One number with its unit, of several where a duration is written so.
struct Part<'t> {
    number: &'t str,
    /// What stands between the number and its unit.
    gap: &'t str,
    unit: &'t str,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut rest = text.trim().trim_start_matches(['-', '+']);
    let mut take = |is: &dyn Fn(char) -> bool| {
        let (head, tail) = rest.split_at(rest.find(|c| !is(c)).unwrap_or(rest.len()));
        rest = tail;
        head
    };
    let mut parts = vec![];
    loop {
        let number = take(&|c| c.is_ascii_digit() || c == '.');
        let gap = take(&char::is_whitespace);
        let unit = take(&|c| !c.is_ascii_digit() && !c.is_whitespace());
        take(&char::is_whitespace);
        if number.is_empty() {
            return parts;
        }
        parts.push(Part { number, gap, unit });
    }
}

fn decimals(number: &str) -> u32 {
    number.split_once('.').map_or(0, |(_, digits)| u32::try_from(digits.len()).unwrap_or(9).min(9))
}

/// What the bound may be counted in, as it is written first, then finer.
fn units(written: Written<'_>, seen: &[&Value], percent: bool, whole: bool) -> Vec<Unit> {
    let (Written::Text(text) | Written::Number(text)) = written;
    let parts = parts(text);
    let Some(last) = parts.last() else { return vec![] };
    let (own, gap, unit) = (decimals(last.number), last.gap, last.unit);
    let of = |scale, text: String, decimals| Unit { scale, text, decimals };
    let several = |most: u32, scale: i128| {
        let text = format!("{gap}{unit}");
        (own..=own.max(most)).map(move |decimals| of(scale, text.clone(), decimals)).collect::<Vec<_>>()
    };
    match seen.first() {
        Some(Value::Duration(_)) => {
            let scale = |unit: &str| parse_duration(&format!("1{unit}")).map(Duration::whole_nanoseconds);
            let unit = if unit.is_empty() { "d" } else { unit };
            let Some(largest) = scale(unit) else { return vec![] };
            let finer =
                TIMES.iter().filter_map(|unit| Some((scale(unit)?, unit))).filter(|(scale, _)| *scale < largest);
            let first = of(largest, format!("{gap}{unit}"), own);
            [first].into_iter().chain(finer.map(|(scale, unit)| of(scale, format!("{gap}{unit}"), 0))).collect()
        }
        Some(Value::Size(_) | Value::Share(_)) if !percent => {
            let scale = |unit: &str| parse_size(&format!("1{unit}")).map(|Bytes(n)| i128::from(n) * NANO);
            let Some(largest) = scale(unit) else { return vec![] };
            if unit.is_empty() {
                return vec![of(largest, String::new(), 0)];
            }
            let family =
                ['T', 'G', 'M', 'K', 'k'].map(|letter| format!("{letter}{}", unit.get(1..).unwrap_or_default()));
            let finer = family.iter().map(String::as_str).chain(["B"]).filter_map(|unit| Some((scale(unit)?, unit)));
            let finer = finer.filter(|(scale, _)| *scale < largest && unit.len() > usize::from(*scale == NANO));
            let finer: Vec<_> = finer.map(|(scale, unit)| of(scale, format!("{gap}{unit}"), 0)).collect();
            several(MOST_DECIMALS.0, largest).into_iter().chain(finer).collect()
        }
        _ if whole && !percent => several(0, NANO),
        _ => several(MOST_DECIMALS.1, NANO),
    }
}

/// `count` of the last decimal of `unit`, as the bound is written.
fn spelled(written: Written<'_>, count: i128, unit: &Unit) -> Option<Value> {
    let number = decimal(count, unit.decimals);
    match written {
        Written::Number(_) if unit.decimals == 0 => i64::try_from(count).ok().map(Value::Int),
        Written::Number(_) => number.parse().ok().map(Value::Number),
        Written::Text(text) => match parts(text).as_slice() {
            parts @ [_, _, ..] if unit.decimals == 0 => Some(Value::Text(compound(text, parts, count, unit))),
            _ => Some(Value::Text(format!("{number}{}", unit.text))),
        },
    }
}

fn decimal(count: i128, decimals: u32) -> String {
    let (sign, count) = (if count < 0 { "-" } else { "" }, count.unsigned_abs());
    let ten = 10_u128.pow(decimals);
    match decimals {
        0 => format!("{sign}{count}"),
        _ => format!("{sign}{}.{:0width$}", count / ten, count % ten, width = decimals as usize),
    }
}

/// A duration in the units that `parts` has, and in `unit`, if that is finer.
fn compound(text: &str, parts: &[Part<'_>], count: i128, unit: &Unit) -> String {
    let scale = |unit: &str| parse_duration(&format!("1{unit}")).map(|d| d.whole_nanoseconds().unsigned_abs());
    let own = unit.scale.unsigned_abs();
    let mut rest = count.unsigned_abs().saturating_mul(own);
    let mut said = vec![];
    for (part, scale) in parts.iter().filter_map(|part| Some((part, scale(part.unit)?))).filter(|(_, s)| *s > own) {
        if rest / scale > 0 {
            said.push(format!("{}{}{}", rest / scale, part.gap, part.unit));
            rest %= scale;
        }
    }
    if rest > 0 || said.is_empty() {
        said.push(format!("{}{}", rest / own.max(1), unit.text));
    }
    let between = if text.split_whitespace().count() > 1 { " " } else { "" };
    format!("{}{}", if count < 0 { "-" } else { "" }, said.join(between))
}

/// Days if the bound is written as a day, then seconds.
fn moments(written: Written<'_>, up: bool, time: OffsetDateTime) -> Vec<Value> {
    let time = time.to_offset(UtcOffset::UTC);
    let step = |by: Duration, begin: Option<OffsetDateTime>| {
        let begin = begin.into_iter();
        begin.flat_map(move |at| {
            (0..3).filter_map(move |n| if up { at.checked_add(by * n) } else { at.checked_sub(by * n) })
        })
    };
    let days = step(Duration::DAY, Some(time.replace_time(time::Time::MIDNIGHT)));
    let seconds = step(Duration::SECOND, time.replace_nanosecond(0).ok());
    let day = |at: OffsetDateTime| Some(Value::Text(at.date().to_string()));
    let second = |at: OffsetDateTime| at.format(&Rfc3339).ok().map(Value::Text);
    match written {
        Written::Text(text) if !text.contains(':') => days.filter_map(day).chain(seconds.filter_map(second)).collect(),
        _ => seconds.filter_map(second).collect(),
    }
}
