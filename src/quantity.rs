//! How sizes, durations, modes and times are written and read.

use crate::value::{Bytes, Mode, Portion, Share, Value};
use std::time::Duration as Elapsed;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("K", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
    ("P", 1 << 50),
];

/// Nanoseconds of each unit of time; a week and longer are fixed numbers of days.
const UNITS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
    ("y", 31_536_000_000_000_000),
];

/// `10 GiB`, `512K`, `1.5MB`, `4096`. Units of one letter are powers of 1024, as `ls -h` prints them.
pub fn parse_size(text: &str) -> Option<Bytes> {
    let (number, unit) = split_number(text)?;
    let scale = if unit.is_empty() { 1 } else { lookup(SIZES, unit)? };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).map(Bytes);
    }
    let bytes = number.parse::<f64>().ok()? * scale as f64;
    (bytes.is_finite() && (0.0..u64::MAX as f64).contains(&bytes)).then_some(Bytes(bytes.round() as u64))
}

/// `5%`, `99.5 %`: from 0 to 100.
pub fn parse_percent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim_end().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

/// `30d`, `1h30m`, `500ms`, `-2d`. A bare number other than 0 has no unit and is refused.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let unit_len = after.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_len);
        let scale = lookup(UNITS, unit)?;
        let part = match number.parse::<i128>() {
            Ok(whole) => whole.checked_mul(scale)?,
            Err(_) => {
                let part = number.parse::<f64>().ok()? * scale as f64;
                (part.abs() < 1e27).then_some(part as i128)?
            }
        };
        total = total.checked_add(part)?;
        rest = next.trim_start();
    }
    let seconds = i64::try_from(total / 1_000_000_000).ok()?;
    let nanos = i32::try_from(total % 1_000_000_000).ok()?;
    let span = Duration::new(seconds, nanos);
    Some(if negative { -span } else { span })
}

/// How long to wait for something: not negative, and a hundred years at most, so that it can be added to a clock.
pub fn parse_wait(text: &str) -> Option<Elapsed> {
    parse_duration(text).and_then(|d| Elapsed::try_from(d).ok()).filter(|d| *d <= LONGEST)
}

/// See [`parse_wait`].
pub const LONGEST: Elapsed = Elapsed::from_secs(100 * 365 * 86_400);

/// Octal text of three or four digits, or with a leading `0o`: `644`, `0644`, `0o644`.
pub fn parse_mode(text: &str) -> Option<Mode> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let valid = (3..=4).contains(&digits.len()) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    valid.then(|| u32::from_str_radix(digits, 8).ok().map(Mode)).flatten()
}

/// RFC 3339 (`2030-01-31T12:00:00Z`), or a date, which means its first moment in UTC.
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        Date::parse(text, format_description!("[year]-[month]-[day]")).ok().map(|d| d.midnight().assume_utc())
    })
}

/// The longest leading number, and the unit behind it.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (!number.is_empty()).then(|| (number, unit.trim_start()))
}

fn lookup<N: Copy>(table: &[(&str, N)], unit: &str) -> Option<N> {
    table.iter().find(|(name, _)| *name == unit).map(|(_, n)| *n)
}

/// `10 GiB`, `1.5 MiB`, `37 B`.
pub fn size(bytes: u64) -> String {
    let (unit, scale) = SIZES[..6].iter().rev().find(|(_, s)| bytes >= *s).copied().unwrap_or(("B", 1));
    if bytes.is_multiple_of(scale) {
        format!("{} {unit}", bytes / scale)
    } else {
        format!("{:.1} {unit}", bytes as f64 / scale as f64)
    }
}

/// `1.2 GiB (12.3%)`.
pub fn share(share: Share) -> String {
    format!("{} ({:.1}%)", size(share.part), share.percent())
}

/// The two largest units of a span: `29d 4h`, `1m 30s`, `12.3ms`, `-3d 2h`.
pub fn span(span: Duration) -> String {
    let sign = if span.is_negative() { "-" } else { "" };
    format!("{sign}{}", duration(span.unsigned_abs()))
}

/// Like [`span`], of a span that cannot be negative.
pub fn duration(span: Elapsed) -> String {
    let seconds = span.as_secs();
    let pair = |large: u64, l: &str, small: u64, s: &str| match (seconds % large) / small {
        0 => format!("{}{l}", seconds / large),
        rest => format!("{}{l} {rest}{s}", seconds / large),
    };
    match seconds {
        86_400.. => pair(86_400, "d", 3_600, "h"),
        3_600.. => pair(3_600, "h", 60, "m"),
        60.. => pair(60, "m", 1, "s"),
        1.. => trim(format!("{:.2}", span.as_secs_f64())) + "s",
        0 if span.as_nanos() >= 1_000_000 => trim(format!("{:.1}", span.as_secs_f64() * 1e3)) + "ms",
        0 if span.is_zero() => "0s".into(),
        0 => trim(format!("{:.1}", span.as_secs_f64() * 1e6)) + "µs",
    }
}

/// [`duration`] of time that was waited, to a hundredth or so: what it was more than the spec says is nobody's concern.
pub fn waited(span: Elapsed) -> String {
    let unit = match span.as_millis() {
        1_000.. => 100,
        100.. => 10,
        0..100 => return duration(span),
    };
    let rounded = (span.as_millis() + unit / 2) / unit * unit;
    duration(u64::try_from(rounded).map_or(span, Elapsed::from_millis))
}

fn trim(number: String) -> String {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => number,
    }
}

/// RFC 3339 in UTC, to the second.
pub fn time(moment: OffsetDateTime) -> String {
    moment
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_else(|| moment.to_string())
}

impl std::fmt::Display for Value {
    /// As a person reads it: text in quotes, quantities with their units.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Absent => f.write_str("nothing"),
            Value::Unfit(why) => f.write_str(why),
            Value::No(_) => f.write_str("false"),
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Number(n) => write!(f, "{n}"),
            Value::Text(t) => write!(f, "{}", quoted(t)),
            Value::Secret(s) => write!(f, "{s}"),
            Value::Content(c) => write!(f, "{}", quoted(&c.text)),
            Value::Excerpt(e) => write!(f, "{} of text", size(e.size)),
            Value::List(l) => {
                f.write_str("[")?;
                for (i, v) in l.iter().enumerate() {
                    write!(f, "{}{v}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Partial(part) => Value::List(part.0.clone()).fmt(f),
            Value::Map(m) => {
                f.write_str("{")?;
                for (i, (k, v)) in m.iter().enumerate() {
                    write!(f, "{}{}: {v}", if i > 0 { ", " } else { "" }, quoted(k))?;
                }
                f.write_str("}")
            }
            Value::Pairs(pairs) => {
                f.write_str("{")?;
                for (i, (k, v)) in pairs.iter().enumerate() {
                    write!(f, "{}{k}: {v}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Value::Mode(m) => write!(f, "\"{m}\""),
            Value::Size(Bytes(b)) => f.write_str(&size(*b)),
            Value::Share(s) => f.write_str(&share(*s)),
            Value::Portion(Portion(s)) => write!(f, "{} ({:.1}%)", s.part, s.percent()),
            Value::Percent(p) => write!(f, "{}%", trim(format!("{:.1}", p.0))),
            Value::Duration(d) => f.write_str(&span(*d)),
            Value::Version(v) => write!(f, "{}", quoted(&v.text)),
            Value::Time(t) => f.write_str(&time(*t)),
        }
    }
}

/// Text in double quotes with control characters escaped, so that a hostile file cannot drive the terminal.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || drives(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// As much of `text` as `room` bytes hold, with an ellipsis where it is cut; `room` is left with what remains of it.
pub fn cut(text: &str, room: &mut usize) -> String {
    if text.len() <= *room {
        *room -= text.len();
        return text.to_owned();
    }
    let shown = &text[..text.floor_char_boundary(*room)];
    *room = 0;
    if shown.is_empty() { String::new() } else { format!("{shown}…") }
}

/// Whether a terminal or an editor would act on `c`, or XML cannot carry it, though it may not count as a control character.
pub fn drives(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_both_systems_and_a_letter_is_binary() {
        for (text, bytes) in
            [("10 GiB", 10 << 30), ("1kB", 1_000), ("4096", 4096), ("512K", 512 << 10), ("1.5 MiB", 3 << 19)]
        {
            assert_eq!(parse_size(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "GiB", "-1", "10 GiBs", "1e5", "99999999999 PiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn durations_add_up_and_need_a_unit() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::minutes(90)));
        assert_eq!(parse_duration("-2d"), Some(Duration::days(-2)));
        assert_eq!(parse_duration("1.5s"), Some(Duration::milliseconds(1500)));
        assert_eq!(parse_duration("0"), Some(Duration::ZERO));
        for text in ["30", "", "d", "5 parsecs", "-", "9999999999999999999y"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_wait_can_be_added_to_a_clock() {
        assert_eq!(parse_wait("100y"), Some(LONGEST));
        assert!(std::time::Instant::now().checked_add(LONGEST * 2).is_some());
        assert_eq!((parse_wait("101y"), parse_wait("-1s")), (None, None));
    }

    #[test]
    fn modes_are_octal_text() {
        assert_eq!(parse_mode("0644"), Some(Mode(0o644)));
        assert_eq!(parse_mode("0o4755"), Some(Mode(0o4755)));
        for text in ["0888", "64", "00644", "rw-r--r--", ""] {
            assert_eq!(parse_mode(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_printed_is_short_and_reads_back() {
        assert_eq!(span(Duration::seconds(-90)), "-1m 30s");
        assert_eq!(duration(Elapsed::from_micros(12_340)), "12.3ms");
        assert_eq!(size(1536), "1.5 KiB");
        let waits = [500_700, 999_900, 1_024_000, 12_340, 61_040_000].map(|n| waited(Elapsed::from_micros(n)));
        assert_eq!(waits, ["500ms", "1s", "1s", "12.3ms", "1m 1s"]);
        assert_eq!(time(parse_time("2030-01-31").unwrap()), "2030-01-31T00:00:00Z");
        assert_eq!(quoted("a\u{1b}[31m\"\n"), "\"a\\u{1b}[31m\\\"\\n\"");
    }
}
