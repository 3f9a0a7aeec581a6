//! What holds of values that differ from look to look, and of others near them.

use crate::value::{Bytes, Percent, Portion, Share, Value};
use time::Duration;

/// Texts that one key may take turns in.
const TEXTS: usize = 10;

/// What a spec says that holds of all of these, of which no two need be equal: a range with as much room on either side as
/// they themselves take up, one of several texts, the elements that were always there. `None` where nothing can be said.
pub fn over(values: &[Value]) -> Option<Value> {
    let all = |read: fn(&Value) -> Option<i128>| values.iter().map(read).collect::<Option<Vec<_>>>();
    if let Some(counts) = all(count) {
        let (low, high) = widened(&counts, decimal)?;
        return Some(between(Value::Int(low.try_into().ok()?), Value::Int(high.try_into().ok()?)));
    }
    if let Some(sizes) = all(bytes) {
        let (low, high) = widened(&sizes, binary)?;
        let size = |n: i128| Value::Size(Bytes(u64::try_from(n).unwrap_or(u64::MAX))).as_data();
        return match low {
            // It would say nothing.
            ..=0 => at_most(size(high)?),
            low => Some(between(size(low)?, size(high)?)),
        };
    }
    if let Some(spans) = all(nanoseconds) {
        let (low, high) = widened(&spans, of_time)?;
        let span = |n: i128| Value::Duration(Duration::nanoseconds_i128(n)).as_data();
        return Some(between(span(low)?, span(high)?));
    }
    if let Some(shares) = values.iter().map(percent).collect::<Option<Vec<_>>>() {
        let (low, high) = widened_real(&shares)?;
        let share = |n: f64| Value::Percent(Percent(n)).as_data();
        return match (low > 0.0, high < 100.0) {
            (true, true) => Some(between(share(low)?, share(high)?)),
            (false, true) => at_most(share(high)?),
            (true, false) => Some(Value::Text(format!(">= {low}%"))),
            (false, false) => None,
        };
    }
    if let Some(numbers) = values.iter().map(number).collect::<Option<Vec<_>>>() {
        let (low, high) = widened_real(&numbers)?;
        return Some(between(Value::Number(low), Value::Number(high)));
    }
    if let Some(lists) = values.iter().map(list).collect::<Option<Vec<_>>>() {
        return shared(&lists);
    }
    one_of(values)
}

/// The elements that all of these lists have, each once; `None` if they have none, or if any is no list.
pub fn shared(lists: &[Value]) -> Option<Value> {
    let elements = |list: &Value| match list {
        Value::List(list) => Some(list.clone()),
        _ => None,
    };
    let mut lists = lists.iter().map(elements);
    let mut kept = Vec::new();
    for one in lists.next()?? {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    for list in lists {
        let list = list?;
        kept.retain(|one| list.contains(one));
    }
    (!kept.is_empty()).then_some(Value::List(kept))
}

fn one_of(values: &[Value]) -> Option<Value> {
    let mut kept = Vec::new();
    for value in values {
        let data = match value {
            // Of several counters each takes its own way.
            Value::Text(text) if is_counters(text) => return None,
            Value::Text(_) | Value::Version(_) | Value::Mode(_) | Value::Int(_) | Value::Number(_) => {
                value.as_data()?
            }
            _ => return None,
        };
        if !kept.contains(&data) {
            kept.push(data);
        }
    }
    (kept.len() <= TEXTS).then(|| Value::Map(vec![("one-of".into(), Value::List(kept))]))
}

fn is_counters(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.clone().count() > 1 && words.all(|word| word.parse::<f64>().is_ok())
}

fn between(low: Value, high: Value) -> Value {
    Value::Map(vec![("between".into(), Value::List(vec![low, high]))])
}

fn at_most(high: Value) -> Option<Value> {
    match high {
        Value::Text(text) => Some(Value::Text(format!("<= {text}"))),
        Value::Int(n) => Some(Value::Text(format!("<= {n}"))),
        _ => None,
    }
}

/// A whole number, or the text of one, as the kernel's parameters are.
fn count(value: &Value) -> Option<i128> {
    match value {
        Value::Int(n) => Some((*n).into()),
        Value::Portion(Portion(share)) => Some(share.part.into()),
        Value::Text(text) => text.parse::<i64>().ok().map(i128::from),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<i128> {
    match value {
        Value::Size(Bytes(bytes)) | Value::Share(Share { part: bytes, .. }) => Some((*bytes).into()),
        _ => None,
    }
}

fn nanoseconds(value: &Value) -> Option<i128> {
    match value {
        Value::Duration(span) => Some(span.whole_nanoseconds()),
        _ => None,
    }
}

fn percent(value: &Value) -> Option<f64> {
    match value {
        Value::Percent(Percent(percent)) => Some(*percent),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n).filter(|n| n.is_finite()),
        Value::Int(n) => Some(*n as f64),
        _ => None,
    }
}

fn list(value: &Value) -> Option<Value> {
    match value {
        Value::List(_) => value.as_data(),
        Value::Partial(part) => Value::List(part.0.clone()).as_data(),
        _ => None,
    }
}

/// From the least to the greatest, and as far again on either side, in multiples of what `unit` makes of that width. Not
/// below zero where none of them is.
fn widened(numbers: &[i128], unit: fn(i128) -> i128) -> Option<(i128, i128)> {
    let (least, most) = (*numbers.iter().min()?, *numbers.iter().max()?);
    let spread = most.checked_sub(least)?.max(1);
    let unit = unit(spread).max(1);
    let low = least.checked_sub(spread)?.div_euclid(unit).checked_mul(unit)?;
    let high = most.checked_add(spread)?.checked_add(unit - 1)?.div_euclid(unit).checked_mul(unit)?;
    Some((if least >= 0 { low.max(0) } else { low }, high))
}

/// A power of ten.
fn decimal(spread: i128) -> i128 {
    10_i128.pow(spread.ilog10())
}

/// A power of two.
fn binary(spread: i128) -> i128 {
    1 << spread.ilog2()
}

/// A round number of nanoseconds.
fn of_time(spread: i128) -> i128 {
    const SECOND: i128 = 1_000_000_000;
    let units = [86_400, 3_600, 60, 10, 1].map(|seconds| seconds * SECOND);
    units.into_iter().find(|unit| spread >= *unit).unwrap_or_else(|| decimal(spread))
}

/// [`widened`] by a power of ten that may be less than one.
fn widened_real(numbers: &[f64]) -> Option<(f64, f64)> {
    let least = numbers.iter().copied().reduce(f64::min)?;
    let most = numbers.iter().copied().reduce(f64::max)?;
    let spread = most - least;
    if !spread.is_finite() || spread <= 0.0 {
        return None;
    }
    let power = spread.log10().floor();
    let unit = 10_f64.powf(power);
    // Written with as many digits as the unit has, 0.3 is not 0.30000000000000004.
    let digits = if power < 0.0 { -power as usize } else { 0 };
    let round = |n: f64| format!("{n:.digits$}").parse::<f64>().ok();
    let low = round(((least - spread) / unit).floor() * unit)?;
    let high = round(((most + spread) / unit).ceil() * unit)?;
    Some((if least >= 0.0 { low.max(0.0) } else { low }, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(values: &[Value]) -> String {
        over(values).map_or_else(|| "nothing".into(), |said| said.to_json().to_string())
    }

    #[test]
    fn numbers_that_moved_leave_room_in_round_numbers() {
        let ints = |list: &[i64]| json(&list.iter().map(|n| Value::Int(*n)).collect::<Vec<_>>());
        assert_eq!(ints(&[4, 5, 7]), r#"{"between":[1,10]}"#);
        assert_eq!(ints(&[102, 137]), r#"{"between":[60,180]}"#);
        assert_eq!(ints(&[0, 3]), r#"{"between":[0,6]}"#);
        assert_eq!(ints(&[-5, 3]), r#"{"between":[-13,11]}"#);
        assert_eq!(ints(&[i64::MIN, i64::MAX]), "nothing");
        let numbers = |list: &[f64]| json(&list.iter().map(|n| Value::Number(*n)).collect::<Vec<_>>());
        assert_eq!(numbers(&[0.4, 0.7, 0.5]), r#"{"between":[0.1,1.0]}"#);
        assert_eq!(numbers(&[0.01, 0.02]), r#"{"between":[0.0,0.03]}"#);
        assert_eq!(numbers(&[1.0, f64::NAN]), "nothing");
    }

    #[test]
    fn quantities_that_moved_keep_their_units() {
        let sizes = |list: &[u64]| json(&list.iter().map(|n| Value::Size(Bytes(*n))).collect::<Vec<_>>());
        assert_eq!(sizes(&[1000 << 20, 1100 << 20]), r#"{"between":["896 MiB","1216 MiB"]}"#);
        assert_eq!(sizes(&[1 << 20, 3 << 20]), r#""<= 6 MiB""#);
        assert_eq!(sizes(&[5, 6]), r#"{"between":[4,7]}"#);
        let shares = |list: &[f64]| json(&list.iter().map(|n| Value::Percent(Percent(*n))).collect::<Vec<_>>());
        assert_eq!(shares(&[40.0, 45.0]), r#"{"between":["35%","50%"]}"#);
        assert_eq!(shares(&[1.0, 2.0]), r#""<= 3%""#);
        assert_eq!(shares(&[97.0, 99.0]), r#"">= 95%""#);
        assert_eq!(shares(&[10.0, 90.0]), "nothing");
        let spans = |list: &[i64]| {
            json(&list.iter().map(|ms| Value::Duration(Duration::milliseconds(*ms))).collect::<Vec<_>>())
        };
        assert_eq!(spans(&[12, 15]), r#"{"between":["9ms","18ms"]}"#);
        assert_eq!(spans(&[90_000, 200_000]), r#"{"between":["0s","6m"]}"#);
    }

    #[test]
    fn words_take_turns_and_lists_keep_what_was_always_there() {
        let text = |t: &str| Value::Text(t.into());
        let list = |items: &[&str]| Value::List(items.iter().map(|t| text(t)).collect());
        assert_eq!(json(&[text("up"), text("down"), text("up")]), r#"{"one-of":["up","down"]}"#);
        assert_eq!(json(&[text("5"), text("7")]), r#"{"between":[3,9]}"#);
        assert_eq!(json(&[list(&["b", "a"]), list(&["a", "c", "b"])]), r#"["b","a"]"#);
        assert_eq!(json(&[list(&["a"]), list(&["b"])]), "nothing");
        assert_eq!(json(&[list(&["a"]), text("a")]), "nothing");
        assert_eq!(json(&[Value::Bool(true), Value::Bool(false)]), "nothing");
        assert_eq!(json(&[text("1230\t0\t99"), text("1236\t0\t99")]), "nothing");
        let many: Vec<Value> = (0..11).map(|n| text(&format!("x{n}"))).collect();
        assert_eq!(json(&many), "nothing");
    }

    proptest! {
        #[test]
        fn a_range_takes_in_all_that_was_seen(numbers in prop::collection::vec(-1e9..1e9_f64, 2..6)) {
            if let Some((low, high)) = widened_real(&numbers) {
                prop_assert!(numbers.iter().all(|n| (low..=high).contains(n)), "{low} {high} {numbers:?}");
            }
            let whole: Vec<i128> = numbers.iter().map(|n| *n as i128).collect();
            for unit in [decimal, binary, of_time] {
                let (low, high) = widened(&whole, unit).unwrap();
                prop_assert!(whole.iter().all(|n| (low..=high).contains(n)), "{low} {high} {whole:?}");
            }
        }
    }
}
