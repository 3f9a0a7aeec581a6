//! The order in which goss prints the keys of maps.

use crate::syntax::Format;
use crate::value::{Bytes, Value};
use std::cmp::Ordering;

/// The same data, the keys of its maps sorted: by bytes for JSON, as [`natural`] for YAML.
pub(super) fn sorted(value: &Value, format: Format) -> Value {
    match value {
        Value::List(list) => Value::List(list.iter().map(|one| sorted(one, format)).collect()),
        Value::Map(map) => {
            let mut map: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value, format))).collect();
            sort(&mut map, format);
            Value::Map(map)
        }
        Value::Pairs(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.clone(), sorted(value, format))).collect();
            pairs.sort_by(|(a, _), (b, _)| by_key(a, b));
            Value::Pairs(pairs)
        }
        other => other.clone(),
    }
}

pub(super) fn sort(map: &mut [(String, Value)], format: Format) {
    match format {
        Format::Json => map.sort_by(|(a, _), (b, _)| a.cmp(b)),
        _ => map.sort_by(|(a, _), (b, _)| natural(a, b)),
    }
}

/// As yaml.v3's sorter.go orders text: numbers inside by their value, letters before other characters behind a digit and
/// after them elsewhere.
pub fn natural(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut digits = false;
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        if x == y {
            digits = is_digit(*x);
            continue;
        }
        let (x_letter, y_letter) = (x.is_alphabetic(), y.is_alphabetic());
        if x_letter && y_letter {
            return x.cmp(y);
        }
        if x_letter || y_letter {
            let first = if digits { x_letter } else { y_letter };
            return if first { Ordering::Less } else { Ordering::Greater };
        }
        let mut start = 0;
        if *x == '0' || *y == '0' {
            let before = a.get(..i).unwrap_or_default().iter().rev().take_while(|c| is_digit(**c));
            if before.clone().any(|c| *c != '0') {
                start = 1;
            }
        }
        let number = |text: &[char]| {
            let digits = text.get(i..).unwrap_or_default().iter().take_while(|c| is_digit(**c));
            digits.fold((start, i), |(n, at): (i64, usize), c| {
                let digit = i64::from(u32::from(*c)) - i64::from(u32::from('0'));
                (n.wrapping_mul(10).wrapping_add(digit), at + 1)
            })
        };
        return number(&a).cmp(&number(&b)).then(x.cmp(y));
    }
    a.len().cmp(&b.len())
}

/// Go's `unicode.IsDigit` is of decimal digits.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric() && !c.is_alphabetic())
}

fn by_key(a: &Value, b: &Value) -> Ordering {
    let number = |key: &Value| match key {
        Value::Int(n) => Some(*n as f64),
        Value::Size(Bytes(n)) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        Value::Bool(b) => Some(f64::from(*b)),
        _ => None,
    };
    // In the order of Go's kinds.
    let kind = |key: &Value| match key {
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Size(_) => 11,
        Value::Number(_) => 14,
        Value::Null => 20,
        Value::Text(_) => 24,
        _ => 25,
    };
    match (number(a), number(b), a, b) {
        (Some(x), Some(y), ..) => x.partial_cmp(&y).unwrap_or(Ordering::Equal).then(kind(a).cmp(&kind(b))),
        (_, _, Value::Text(a), Value::Text(b)) => natural(a, b),
        _ => kind(a).cmp(&kind(b)),
    }
}
