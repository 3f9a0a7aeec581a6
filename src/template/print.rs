//! Values as Go's `fmt` prints them by default (`%v`).

use super::{Call, Key, Value};
use crate::go;
use std::fmt::Write;
use time::OffsetDateTime;

/// How deeply a value may nest that is walked. One that holds itself has no end.
pub const DEEPEST: usize = 256;

/// What is said of a value that nests more deeply.
pub const TOO_DEEP: &str = "a value is nested too deeply, or holds itself";

/// Writes the value as `%v` does, nil as `<nil>`.
pub fn value(out: &mut String, value: &Value, call: &Call) -> Result<(), String> {
    nested(out, value, call, DEEPEST)
}

/// Writes the value as an action does: nil as `<no value>`, and what a pointer points to.
pub fn action(out: &mut String, value: &Value, call: &Call) -> Result<(), String> {
    match value {
        Value::Nil => plain(out, "<no value>", call),
        Value::Object(object) if object.text.is_none() => {
            let start = out.len();
            nested(out, value, call, DEEPEST)?;
            if out.get(start..).is_some_and(|text| text.starts_with('&')) {
                out.remove(start);
            }
            Ok(())
        }
        _ => nested(out, value, call, DEEPEST),
    }
}

fn nested(out: &mut String, value: &Value, call: &Call, depth: usize) -> Result<(), String> {
    match value {
        Value::List(list) => {
            out.push('[');
            sequence(out, &list.items, call, deeper(depth)?)?;
            out.push(']');
        }
        Value::Map(map) => {
            let depth = deeper(depth)?;
            out.push_str("map[");
            for (at, (key, value)) in map.entries.borrow().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                match key {
                    Key::Text(text) => plain(out, text, call)?,
                    _ => nested(out, &key.clone().into(), call, depth)?,
                }
                out.push(':');
                nested(out, value, call, depth)?;
            }
            out.push(']');
        }
        Value::Object(object) => match &object.text {
            Some(text) => plain(out, text, call)?,
            None => {
                let depth = deeper(depth)?;
                if object.type_name.starts_with('*') {
                    out.push('&');
                }
                out.push('{');
                for (at, (_, value)) in object.fields.iter().enumerate() {
                    if at > 0 {
                        out.push(' ');
                    }
                    nested(out, value, call, depth)?;
                }
                out.push('}');
            }
        },
        _ => return leaf(out, value, call),
    }
    call.charge(6)
}

fn sequence(out: &mut String, items: &[Value], call: &Call, depth: usize) -> Result<(), String> {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        nested(out, item, call, depth)?;
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, String> {
    depth.checked_sub(1).ok_or_else(|| TOO_DEEP.to_owned())
}

fn plain(out: &mut String, text: &str, call: &Call) -> Result<(), String> {
    call.charge(text.len() + 1)?;
    out.push_str(text);
    Ok(())
}

fn leaf(out: &mut String, value: &Value, call: &Call) -> Result<(), String> {
    let start = out.len();
    match value {
        Value::Text(text) => return plain(out, text, call),
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Int(int) | Value::Int64(int) => _ = write!(out, "{int}"),
        Value::Uint64(int) => _ = write!(out, "{int}"),
        Value::Byte(int) => _ = write!(out, "{int}"),
        Value::Float(float) => general(out, *float, None),
        Value::Time(time) => moment(out, *time),
        Value::Duration(nanoseconds) => duration(out, *nanoseconds),
        Value::List(_) | Value::Map(_) | Value::Object(_) => {}
    }
    call.charge(out.len() - start + 1)
}

/// `%g`: with so many digits, or as many as tell the number from its neighbours.
pub fn general(out: &mut String, float: f64, digits: Option<usize>) {
    let Some(digits) = digits.filter(|_| float.is_finite()) else {
        return out.push_str(&go::float(float, 6));
    };
    // No number has more digits than these.
    let scientific = format!("{float:.*e}", digits.saturating_sub(1).min(1_100));
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let count = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    // What was asked for is less if the number has no more.
    let most = match i32::try_from(digits.max(1)).unwrap_or(i32::MAX) {
        digits if digits > count && count > exponent => count,
        digits => digits,
    };
    if exponent < -4 || exponent >= most {
        out.push_str(mantissa);
        return power(out, exponent);
    }
    let after = usize::try_from(count - 1 - exponent).unwrap_or(0);
    _ = write!(out, "{float:.after$}");
}

/// `%f` and `%e` of what no digits write.
pub fn infinite(float: f64) -> &'static str {
    match float {
        _ if float.is_nan() => "NaN",
        _ if float > 0.0 => "+Inf",
        _ => "-Inf",
    }
}

/// A power of ten as Go writes it: a sign and two digits at least.
pub fn power(out: &mut String, exponent: i32) {
    _ = write!(out, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
}

/// `2006-01-02 15:04:05.999999999 -0700 MST`.
pub fn moment(out: &mut String, time: OffsetDateTime) {
    let (date, (hour, minute, second)) = (time.date(), time.to_hms());
    _ = write!(
        out,
        "{:04}-{:02}-{:02} {hour:02}:{minute:02}:{second:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    );
    if time.nanosecond() > 0 {
        out.push_str(format!(".{:09}", time.nanosecond()).trim_end_matches('0'));
    }
    let (hours, minutes, _) = time.offset().as_hms();
    let sign = if time.offset().is_negative() { '-' } else { '+' };
    let (hours, minutes) = (hours.unsigned_abs(), minutes.unsigned_abs());
    _ = write!(out, " {sign}{hours:02}{minutes:02}");
    match time.offset().is_utc() {
        true => out.push_str(" UTC"),
        false => _ = write!(out, " {sign}{hours:02}{minutes:02}"),
    }
}

/// `1h2m3.5s`.
pub fn duration(out: &mut String, nanoseconds: i64) {
    if nanoseconds < 0 {
        out.push('-');
    }
    let all = nanoseconds.unsigned_abs();
    let fraction = |whole: u64, part: u64, digits: usize| {
        let text = format!("{whole}.{part:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match all {
        0 => out.push_str("0s"),
        1..1_000 => _ = write!(out, "{all}ns"),
        1_000..1_000_000 => _ = write!(out, "{}µs", fraction(all / 1_000, all % 1_000, 3)),
        1_000_000..1_000_000_000 => _ = write!(out, "{}ms", fraction(all / 1_000_000, all % 1_000_000, 6)),
        _ => {
            let seconds = all / 1_000_000_000;
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            if hours > 0 {
                _ = write!(out, "{hours}h");
            }
            if hours > 0 || minutes > 0 {
                _ = write!(out, "{minutes}m");
            }
            _ = write!(out, "{}s", fraction(seconds % 60, all % 1_000_000_000, 9));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    fn printed(value: &Value) -> String {
        call(1 << 20, |call| call.print(value)).unwrap()
    }

    #[test]
    fn numbers_print_as_go_prints_them() {
        let cases = [
            (1e6, "1e+06"),
            (123456.789, "123456.789"),
            (100000.0, "100000"),
            (1234567.5, "1.2345675e+06"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (0.00012345, "0.00012345"),
            (1.5e21, "1.5e+21"),
            (0.0, "0"),
            (-1.5, "-1.5"),
            (1e100, "1e+100"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (float, expected) in cases {
            assert_eq!(printed(&Value::Float(float)), expected);
        }
    }

    #[test]
    fn maps_and_lists_print_as_go_prints_them() {
        let list = Value::list(vec![Value::Int(1), Value::from("b"), Value::Nil, Value::list(vec![])]);
        assert_eq!(printed(&Value::map([("b", list), ("a", Value::Bool(true))])), "map[a:true b:[1 b <nil> []]]");
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (nanoseconds, expected) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (3_723_500_000_000, "1h2m3.5s"),
            (-60_000_000_000, "-1m0s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(printed(&Value::Duration(nanoseconds)), expected);
        }
    }

    #[test]
    fn what_holds_itself_or_doubles_at_every_level_ends() {
        let map = Value::map([("a", Value::Int(1))]);
        let Value::Map(held) = &map else { unreachable!() };
        held.entries.borrow_mut().insert(Key::Text("self".into()), map.clone());
        assert_eq!(call(1 << 20, |call| call.print(&map)), Err(TOO_DEEP.to_owned()));
        held.entries.borrow_mut().clear();
        let mut doubling = Value::Int(1);
        for _ in 0..100 {
            doubling = Value::list(vec![doubling.clone(), doubling]);
        }
        assert!(call(1 << 20, |call| call.print(&doubling)).is_err());
        let mut deep = Value::Int(1);
        for _ in 0..1_000_000 {
            deep = Value::list(vec![deep]);
        }
    }
}
