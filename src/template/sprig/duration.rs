//! Spans of time in Go's spelling (`1h15m30.5s`) and rounded for people.

use super::{any, cast, date, of};
use crate::template::Param::Any;
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("duration", &[Any], |call, args| {
        let seconds = match any(args, 0) {
            Value::Text(text) => cast::nearest(text),
            Value::Int64(seconds) => *seconds,
            _ => 0,
        };
        written(call, seconds.wrapping_mul(1_000_000_000))
    }),
    of("durationRound", &[Any], |call, args| {
        let span = match any(args, 0) {
            Value::Text(text) => parse(text).unwrap_or(0),
            Value::Int64(span) => *span,
            Value::Time(time) => date::since(call, *time),
            _ => 0,
        };
        Ok(Value::text(rounded(span.unsigned_abs())))
    }),
];

/// As Go prints it.
pub fn written(call: &Call, span: i64) -> super::Made {
    Ok(Value::text(call.print(&Value::Duration(span))?))
}

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `time.ParseDuration`: nanoseconds.
pub fn parse(source: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration \"{source}\"");
    let negative = source.starts_with('-');
    let mut rest = source.strip_prefix(['-', '+']).unwrap_or(source);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let (whole, behind) = digits(rest);
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => digits(behind),
            None => ("", behind),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(end).ok_or_else(invalid)?;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration \"{source}\""));
        }
        let Some((_, nanoseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("time: unknown unit \"{unit}\" in duration \"{source}\""));
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        // More digits than these say nothing about a nanosecond.
        let kept = fraction.get(..fraction.len().min(18)).unwrap_or_default();
        let part: f64 = if kept.is_empty() { 0.0 } else { kept.parse().unwrap_or(0.0) };
        let scale = 10_f64.powi(i32::try_from(kept.len()).unwrap_or(0));
        let part = (part * (*nanoseconds as f64 / scale)) as u64;
        let span = whole.checked_mul(*nanoseconds).and_then(|span| span.checked_add(part));
        sum = span.and_then(|span| sum.checked_add(span)).filter(|sum| *sum <= 1 << 63).ok_or_else(invalid)?;
        rest = behind;
    }
    match negative {
        true => Ok(0_i64.wrapping_sub_unsigned(sum)),
        false => i64::try_from(sum).map_err(|_| invalid()),
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The largest unit alone.
fn rounded(nanoseconds: u64) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let units = [
        ("y", HOUR * 24 * 365),
        ("mo", HOUR * 24 * 30),
        ("d", HOUR * 24),
        ("h", HOUR),
        ("m", HOUR / 60),
        ("s", HOUR / 3_600),
    ];
    let unit = units.iter().find(|(_, unit)| nanoseconds > *unit);
    unit.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", nanoseconds / unit))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn spans_of_time_are_read_and_rounded_as_in_goss() {
        agrees(&[
            (r#"duration "95""#, Some("1m35s")),
            ("duration 95", Some("0s")),
            ("duration (int64 3661)", Some("1h1m1s")),
            (r#"duration "x""#, Some("0s")),
            (r#"durationRound "2h10m5s""#, Some("2h")),
            (r#"durationRound "400h""#, Some("16d")),
            (r#"durationRound "9000h""#, Some("1y")),
            (r#"durationRound "-90s""#, Some("1m")),
            (r#"durationRound "1s""#, Some("0s")),
            ("durationRound (int64 90000000000)", Some("1m")),
            ("durationRound 90000000000", Some("0s")),
            (r#"durationRound "x""#, Some("0s")),
            (r#"mustDateModify "1.5h" (toDate "2006-01-02" "2024-02-29")"#, Some("2024-02-29 01:30:00 +0000 UTC")),
            (
                r#"mustDateModify "-1h2m3s4ms5us6ns" (toDate "2006-01-02" "2024-02-29")"#,
                Some("2024-02-28 22:57:56.995994994 +0000 UTC"),
            ),
            (r#"mustDateModify "1d" (toDate "2006-01-02" "2024-02-29")"#, None),
            (r#"mustDateModify "1" (toDate "2006-01-02" "2024-02-29")"#, None),
            (r#"mustDateModify "" (toDate "2006-01-02" "2024-02-29")"#, None),
            (r#"mustDateModify "9223372036854775808ns" (toDate "2006-01-02" "2024-02-29")"#, None),
        ]);
    }
}
