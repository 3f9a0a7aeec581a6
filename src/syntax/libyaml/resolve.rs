//! What a scalar without quotes means to yaml.v3.

use super::super::plain::{self, Plain};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond `i64`.
    Large(u64),
    Float(f64),
    Time(OffsetDateTime),
    Text,
}

/// As `resolve` of yaml.v3's resolve.go.
pub fn resolve(text: &str) -> Meaning {
    let bytes = text.as_bytes();
    let hint = bytes.first().copied().unwrap_or(b'~');
    if !matches!(hint, b'+' | b'-' | b'0'..=b'9' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') {
        return Meaning::Text;
    }
    if let Some(time) = timestamp(text) {
        return Meaning::Time(time);
    }
    match plain::resolve(text) {
        Plain::Null => Meaning::Null,
        Plain::Bool(b) => Meaning::Bool(b),
        Plain::Int(n) => Meaning::Int(n),
        Plain::Float(n) if n >= i64::MAX as f64 => large(text).map_or(Meaning::Float(n), Meaning::Large),
        Plain::Float(n) => Meaning::Float(n),
        Plain::Text => Meaning::Text,
    }
}

/// What Go's `ParseUint` reads with base 0.
fn large(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    let radix = |prefixes: [&str; 2]| prefixes.iter().find_map(|p| digits.strip_prefix(p));
    if let Some(hex) = radix(["0x", "0X"]) {
        u64::from_str_radix(hex, 16).ok()
    } else if let Some(octal) = radix(["0o", "0O"]) {
        u64::from_str_radix(octal, 8).ok()
    } else if let Some(binary) = radix(["0b", "0B"]) {
        u64::from_str_radix(binary, 2).ok()
    } else if digits.starts_with('0') {
        u64::from_str_radix(&digits, 8).ok()
    } else if digits.starts_with('+') {
        None
    } else {
        digits.parse().ok()
    }
}

/// `2001-12-14`, `2001-12-14 21:59:43.10` and `2001-12-14T21:59:43.1-05:00`, months and the like with one digit or two.
fn timestamp(text: &str) -> Option<OffsetDateTime> {
    let mut rest = text;
    let (year, after) = rest.split_at_checked(4)?;
    if !year.bytes().all(|b| b.is_ascii_digit()) || !after.starts_with('-') {
        return None;
    }
    rest = after.get(1..)?;
    let month = digits(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let day = digits(&mut rest)?;
    let date = Date::from_calendar_date(year.parse().ok()?, Month::try_from(month).ok()?, day).ok()?;
    if rest.is_empty() {
        return Some(date.midnight().assume_utc());
    }
    let zoned = match rest.as_bytes().first()? {
        b'T' | b't' => true,
        b' ' => false,
        _ => return None,
    };
    rest = rest.get(1..)?;
    // Go takes a wider gap for the one space of its layout.
    if !zoned {
        rest = rest.trim_start_matches(' ');
    }
    let hour = digits(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    let minute = digits(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    let second = digits(&mut rest)?;
    let mut nanoseconds = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let len = fraction.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(fraction.len());
        let (digits, after) = fraction.split_at(len);
        if digits.is_empty() {
            return None;
        }
        nanoseconds = format!("{digits:0<9}").get(..9)?.parse().ok()?;
        rest = after;
    }
    let time = Time::from_hms_nano(hour, minute, second, nanoseconds).ok()?;
    let offset = match rest {
        "" if !zoned => UtcOffset::UTC,
        "Z" if zoned => UtcOffset::UTC,
        zone if zoned => offset(zone)?,
        _ => return None,
    };
    Some(date.with_time(time).assume_offset(offset))
}

/// One digit or two.
fn digits(rest: &mut &str) -> Option<u8> {
    let len = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (read, after) = rest.split_at_checked(len)?;
    *rest = after;
    read.parse().ok()
}

/// `+01:00`.
fn offset(zone: &str) -> Option<UtcOffset> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |part: &str| -> Option<i8> {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    UtcOffset::from_hms(sign * two(hours)?, sign * two(minutes)?, 0).ok()
}
