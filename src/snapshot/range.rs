//! What holds of values that differ from look to look, and of others near them.

use crate::value::{Bytes, Percent, Portion, Share, Value};
use time::Duration;

/// Values that one key may take turns in.
const MOST: usize = 10;
/// One of how many parts of a number is left as room beside it, at least.
const ROOM: u8 = 10;

/// Why nothing is said.
type Why = &'static str;

const MOVED: Why = "it moved";

/// What a spec says of what moves by itself that holds of all of these: a range with room on either side, one of several
/// texts, the elements that were always there.
pub fn over(values: &[Value]) -> Result<Value, Why> {
    let all = |read: fn(&Value) -> Option<i128>| values.iter().map(read).collect::<Option<Vec<_>>>();
    let real = |read: fn(&Value) -> Option<f64>| values.iter().map(read).collect::<Option<Vec<_>>>();
    let range = if let Some(counts) = all(count) {
        turns(&counts)?;
        counted(&counts)
    } else if let Some(sizes) = all(bytes) {
        turns(&sizes)?;
        sized(&sizes)
    } else if let Some(spans) = all(nanoseconds) {
        turns(&spans)?;
        spanned(&spans)
    } else if let Some(shares) = real(percent) {
        turns(&shares)?;
        shared_out(&shares)
    } else if let Some(numbers) = real(number) {
        turns(&numbers)?;
        widened_real(&numbers).map(|(low, high)| between(Value::Number(low), Value::Number(high)))
    } else {
        return any_of(values);
    };
    range.ok_or(MOVED)
}

/// What a spec says of what somebody changes: one of several values, the elements that were always there.
pub fn any_of(values: &[Value]) -> Result<Value, Why> {
    match values.iter().map(list).collect::<Option<Vec<_>>>() {
        Some(lists) => shared(&lists).ok_or("nothing of it was there at every look"),
        None => one_of(values),
    }
}

/// What only ever went one way may go on: a counter has no end that is worth writing.
fn turns<T: PartialOrd>(numbers: &[T]) -> Result<(), Why> {
    let steps = || numbers.iter().zip(numbers.iter().skip(1));
    match (steps().any(|(one, next)| one < next), steps().any(|(one, next)| one > next)) {
        (true, false) => Err("it only grew, so nothing tells how far it goes (look more often if it should turn)"),
        (false, true) => Err("it only fell, so nothing tells how far it goes (look more often if it should turn)"),
        _ => Ok(()),
    }
}

fn counted(counts: &[i128]) -> Option<Value> {
    let (low, high) = widened(counts, decimal)?;
    Some(between(Value::Int(low.try_into().ok()?), Value::Int(high.try_into().ok()?)))
}

fn sized(sizes: &[i128]) -> Option<Value> {
    let (low, high) = widened(sizes, binary)?;
    let size = |n: i128| Value::Size(Bytes(u64::try_from(n).unwrap_or(u64::MAX))).as_data();
    match low {
        // It would say nothing.
        ..=0 => at_most(size(high)?),
        low => Some(between(size(low)?, size(high)?)),
    }
}

fn spanned(spans: &[i128]) -> Option<Value> {
    let (low, high) = widened(spans, of_time)?;
    let span = |n: i128| Value::Duration(Duration::nanoseconds_i128(n)).as_data();
    Some(between(span(low)?, span(high)?))
}

fn shared_out(shares: &[f64]) -> Option<Value> {
    let (low, high) = widened_real(shares)?;
    let share = |n: f64| Value::Percent(Percent(n)).as_data();
    match (low > 0.0, high < 100.0) {
        (true, true) => Some(between(share(low)?, share(high)?)),
        (false, true) => at_most(share(high)?),
        (true, false) => Some(Value::Text(format!(">= {low}%"))),
        (false, false) => None,
    }
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

fn one_of(values: &[Value]) -> Result<Value, Why> {
    let mut kept = Vec::new();
    for value in values {
        let data = match value {
            // Of several counters each takes its own way.
            Value::Text(text) if is_counters(text) => None,
            Value::Text(_) | Value::Version(_) | Value::Mode(_) | Value::Int(_) | Value::Number(_) => value.as_data(),
            _ => None,
        };
        let data = data.ok_or(MOVED)?;
        if !kept.contains(&data) {
            kept.push(data);
        }
    }
    // Two numbers are few, and may be all: a status is. Of texts a stamp of the time is as likely.
    let is_number = values.iter().all(|value| matches!(value, Value::Int(_) | Value::Number(_) | Value::Mode(_)));
    if kept.len() == values.len() && !(is_number && kept.len() == 2) {
        return Err("it was another at every look, and so may be the next");
    }
    match kept.len() <= MOST {
        true => Ok(Value::Map(vec![("one-of".into(), Value::List(kept))])),
        false => Err("it took too many values to name"),
    }
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

/// From the least to the greatest, and on either side as far again or a tenth of what is there, whichever is more, in
/// multiples of what `unit` makes of that. Not below zero where none of them is.
fn widened(numbers: &[i128], unit: fn(i128) -> i128) -> Option<(i128, i128)> {
    let (least, most) = (*numbers.iter().min()?, *numbers.iter().max()?);
    let spread = most.checked_sub(least)?.max(1);
    let room =
        |n: i128| n.checked_abs()?.checked_add(i128::from(ROOM) - 1)?.checked_div(ROOM.into()).map(|n| n.max(spread));
    let (below, above) = (room(least)?, room(most)?);
    let unit = unit(below.max(above)).max(1);
    let low = least.checked_sub(below)?.div_euclid(unit).checked_mul(unit)?;
    let high = most.checked_add(above)?.checked_add(unit - 1)?.div_euclid(unit).checked_mul(unit)?;
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
    let room = |n: f64| (n.abs() / f64::from(ROOM)).max(spread);
    let power = room(least).max(room(most)).log10().floor();
    let unit = 10_f64.powf(power);
    // Written with as many digits as the unit has, 0.3 is not 0.30000000000000004.
    let digits = if power < 0.0 { -power as usize } else { 0 };
    let round = |n: f64| format!("{n:.digits$}").parse::<f64>().ok();
    let low = round(((least - room(least)) / unit).floor() * unit)?;
    let high = round(((most + room(most)) / unit).ceil() * unit)?;
    Some((if least >= 0.0 { low.max(0.0) } else { low }, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(values: &[Value]) -> String {
        over(values).map_or_else(|why| format!("nothing: {why}"), |said| said.to_json().to_string())
    }

    const GREW: &str = "nothing: it only grew";
    const FELL: &str = "nothing: it only fell";

    #[test]
    fn numbers_that_moved_leave_room_in_round_numbers() {
        let ints = |list: &[i64]| json(&list.iter().map(|n| Value::Int(*n)).collect::<Vec<_>>());
        assert_eq!(ints(&[4, 7, 5]), r#"{"between":[1,10]}"#);
        assert_eq!(ints(&[102, 137, 110]), r#"{"between":[60,180]}"#);
        assert_eq!(ints(&[0, 3, 0]), r#"{"between":[0,6]}"#);
        assert_eq!(ints(&[-5, 3, -5]), r#"{"between":[-13,11]}"#);
        assert_eq!(ints(&[100_000, 100_001, 100_000]), r#"{"between":[90000,120000]}"#);
        assert_eq!(ints(&[i64::MIN, i64::MAX, 0]), "nothing: it moved");
        let numbers = |list: &[f64]| json(&list.iter().map(|n| Value::Number(*n)).collect::<Vec<_>>());
        assert_eq!(numbers(&[0.4, 0.7, 0.5]), r#"{"between":[0.1,1.0]}"#);
        assert_eq!(numbers(&[0.01, 0.02, 0.01]), r#"{"between":[0.0,0.03]}"#);
        assert_eq!(numbers(&[8.0, 8.01, 8.0]), r#"{"between":[7.2,8.9]}"#);
        assert_eq!(numbers(&[1.0, f64::NAN]), "nothing: it moved");
    }

    #[test]
    fn what_only_went_one_way_has_no_bounds() {
        let series = [
            [1, 2, 3].map(Value::Int),
            [5, 5, 7].map(Value::Int),
            [1, 2, 2].map(|n| Value::Size(Bytes(n))),
            [1, 2, 3].map(|n| Value::Duration(Duration::seconds(n))),
            [1.0, 2.0, 2.5].map(Value::Number),
            [1.0, 2.0, 2.5].map(|n| Value::Percent(Percent(n))),
            ["7", "8", "9"].map(|n| Value::Text(n.into())),
        ];
        for mut series in series {
            assert!(
                json(&series).starts_with(GREW) && json(&series[1..]).starts_with(GREW) == (series[1] != series[2])
            );
            series.reverse();
            assert!(json(&series).starts_with(FELL), "{series:?}");
        }
    }

    #[test]
    fn quantities_that_moved_keep_their_units() {
        let sizes = |list: &[u64]| json(&list.iter().map(|n| Value::Size(Bytes(*n))).collect::<Vec<_>>());
        assert_eq!(sizes(&[1000 << 20, 1100 << 20, 1050 << 20]), r#"{"between":["896 MiB","1216 MiB"]}"#);
        assert_eq!(sizes(&[1 << 20, 3 << 20, 2 << 20]), r#""<= 6 MiB""#);
        assert_eq!(sizes(&[5, 6, 5]), r#"{"between":[4,7]}"#);
        let shares = |list: &[f64]| json(&list.iter().map(|n| Value::Percent(Percent(*n))).collect::<Vec<_>>());
        assert_eq!(shares(&[40.0, 45.0, 42.0]), r#"{"between":["35%","50%"]}"#);
        assert_eq!(shares(&[1.0, 2.0, 1.0]), r#""<= 3%""#);
        assert_eq!(shares(&[97.0, 99.0, 98.0]), r#"">= 87%""#);
        assert_eq!(shares(&[10.0, 90.0, 10.0]), "nothing: it moved");
        let spans = |list: &[i64]| {
            json(&list.iter().map(|ms| Value::Duration(Duration::milliseconds(*ms))).collect::<Vec<_>>())
        };
        assert_eq!(spans(&[12, 15, 13]), r#"{"between":["9ms","18ms"]}"#);
        assert_eq!(spans(&[90_000, 200_000, 90_000]), r#"{"between":["0s","6m"]}"#);
    }

    #[test]
    fn words_take_turns_and_lists_keep_what_was_always_there() {
        let text = |t: &str| Value::Text(t.into());
        let list = |items: &[&str]| Value::List(items.iter().map(|t| text(t)).collect());
        assert_eq!(json(&[text("up"), text("down"), text("up")]), r#"{"one-of":["up","down"]}"#);
        assert_eq!(json(&[text("5"), text("7"), text("5")]), r#"{"between":[3,9]}"#);
        assert_eq!(json(&[list(&["b", "a"]), list(&["a", "c", "b"])]), r#"["b","a"]"#);
        let never = "nothing: nothing of it was there at every look";
        assert_eq!(json(&[list(&["a"]), list(&["b"])]), never);
        assert_eq!(json(&[list(&["a"]), text("a")]), "nothing: it moved");
        assert_eq!(json(&[Value::Bool(true), Value::Bool(false)]), "nothing: it moved");
        assert_eq!(json(&[text("1230\t0\t99"), text("1236\t0\t99")]), "nothing: it moved");
        let other = "nothing: it was another at every look, and so may be the next";
        assert_eq!(json(&[text("x"), text("y")]), other);
        let many: Vec<Value> = (0..11).map(|n| text(&format!("x{n}"))).collect();
        assert_eq!(json(&many), other);
        assert_eq!(json(&[many.as_slice(), many.as_slice()].concat()), "nothing: it took too many values to name");
    }

    #[test]
    fn what_somebody_changes_takes_turns_and_has_no_range() {
        let any = |list: &[i64]| {
            let list: Vec<Value> = list.iter().map(|n| Value::Int(*n)).collect();
            any_of(&list).map_or_else(|why| why.into(), |said| said.to_json().to_string())
        };
        assert_eq!(any(&[200, 503]), r#"{"one-of":[200,503]}"#);
        assert_eq!(any(&[0, 1, 3, 1]), r#"{"one-of":[0,1,3]}"#);
        assert_eq!(any(&[17, 250, 99]), "it was another at every look, and so may be the next");
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
