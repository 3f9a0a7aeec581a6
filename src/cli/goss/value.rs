//! What a flag's value means: Go's way of writing numbers, truth and spans of time.

use super::commands::{Flag, Shape};
use std::fmt::Write;
use std::time::Duration;

/// A flag's value, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    List(Vec<String>),
    Bool(bool),
    Int(i64),
    /// Nanoseconds; Go knows negative ones.
    Wait(i64),
}

/// Reads what stands behind a flag, or says why it cannot be read.
pub fn read(flag: &Flag, text: &str) -> Result<Value, String> {
    match flag.shape {
        Shape::Text => Ok(Value::Text(text.to_owned())),
        Shape::Texts | Shape::List if text.is_empty() => Ok(Value::List(vec![])),
        Shape::Texts => Ok(Value::List(vec![text.to_owned()])),
        Shape::List => Ok(Value::List(text.split(',').map(|one| one.trim().to_owned()).collect())),
        Shape::Bool => boolean(text).map(Value::Bool).ok_or_else(|| "it is true or false".to_owned()),
        Shape::Int => integer(text).map(Value::Int).ok_or_else(|| "it is a whole number".to_owned()),
        Shape::Wait => wait(text)
            .map(Value::Wait)
            .ok_or_else(|| "a time has numbers and units, such as `30s`, `500ms` or `1m30s`".to_owned()),
    }
}

/// strconv.ParseBool.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// strconv.ParseInt with base 0: `0x10`, `0b1`, `0o7` and `1_000` are numbers.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.as_str()),
        _ => (10, lower.as_str()),
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(&digits, base).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

/// time.ParseDuration: numbers with units, one behind the other, and a bare 0.
fn wait(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut all: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (figure, behind) = rest.split_at_checked(number)?;
        let unit = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit)?;
        rest = behind;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, part) = figure.split_once('.').unwrap_or((figure, ""));
        if (whole.is_empty() && part.is_empty()) || part.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        all = all.checked_add(whole.checked_mul(unit)?)?;
        let mut scale = unit;
        for digit in part.chars().filter_map(|c| c.to_digit(10)) {
            scale /= 10;
            all = all.checked_add(scale.checked_mul(digit.into())?)?;
        }
    }
    i64::try_from(if negative { -all } else { all }).ok()
}

/// A span of time that is not negative.
pub fn span(nanoseconds: i64) -> Duration {
    Duration::from_nanos(nanoseconds.try_into().unwrap_or(0))
}

/// Go's way of writing a span of time.
pub fn written(nanoseconds: i64) -> String {
    let (sign, all) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.unsigned_abs());
    let fraction = |value: u64, unit: u64, name: &str| {
        let part = format!("{:0width$}", value % unit, width = unit.ilog10() as usize);
        let part = part.trim_end_matches('0');
        let dot = if part.is_empty() || unit == 1 { "" } else { "." };
        format!("{}{dot}{}{name}", value / unit, if unit == 1 { "" } else { part })
    };
    let text = match all {
        0 => "0s".to_owned(),
        1..1_000 => fraction(all, 1, "ns"),
        1_000..1_000_000 => fraction(all, 1_000, "µs"),
        1_000_000..1_000_000_000 => fraction(all, 1_000_000, "ms"),
        _ => {
            let minutes = all / 60_000_000_000;
            let mut text = String::new();
            if minutes >= 60 {
                let _ = write!(text, "{}h", minutes / 60);
            }
            if minutes > 0 {
                let _ = write!(text, "{}m", minutes % 60);
            }
            text + &fraction(all % 60_000_000_000, 1_000_000_000, "s")
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_read_and_written_as_go_does() {
        for (text, want, again) in [
            ("0", 0, "0s"),
            ("-0", 0, "0s"),
            ("1s", 1_000_000_000, "1s"),
            ("1h1m1.5s", 3_661_500_000_000, "1h1m1.5s"),
            ("90s", 90_000_000_000, "1m30s"),
            ("1h", 3_600_000_000_000, "1h0m0s"),
            (".5s", 500_000_000, "500ms"),
            ("1.s", 1_000_000_000, "1s"),
            ("-1.5h", -5_400_000_000_000, "-1h30m0s"),
            ("1µs", 1_000, "1µs"),
            ("1500us", 1_500_000, "1.5ms"),
            ("7ns", 7, "7ns"),
        ] {
            assert_eq!(wait(text), Some(want), "{text}");
            assert_eq!(written(want), again, "{text}");
        }
        for text in ["", "1", "s", ".s", "1d", "1s1", "1 s", "x", "--1s", "1..2s", "9999999999999h", "-"] {
            assert_eq!(wait(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_read_as_go_reads_it() {
        for (text, want) in [("50", 50), ("0x10", 16), ("1_0", 10), ("-1", -1), ("010", 8), ("0b11", 3), ("+5", 5)] {
            assert_eq!(integer(text), Some(want), "{text}");
        }
        for text in ["", "x", "1.5", "0x", "-", "+-1", "99999999999999999999", "1 "] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_reading_a_value_panic(text: String) {
            let _ = (wait(&text), integer(&text), boolean(&text));
        }

        #[test]
        fn what_is_written_is_read_back(nanoseconds: i64) {
            proptest::prop_assume!(nanoseconds != i64::MIN);
            proptest::prop_assert_eq!(wait(&written(nanoseconds)), Some(nanoseconds));
        }
    }
}
