//! Go's layouts of dates and times: the reference time, Mon Jan 2 15:04:05 MST 2006, written as it shall be.

mod parse;

pub use parse::parse;

use time::{Date, Duration, Month, OffsetDateTime};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a piece of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    LongMonth,
    Month,
    /// A number, and what fills it up to its width.
    NumberMonth(Fill),
    LongWeekday,
    Weekday,
    Day(Fill),
    YearDay(Fill),
    Hour,
    Hour12(Fill),
    Minute(Fill),
    Second(Fill),
    LongYear,
    Year,
    Upper,
    Lower,
    Zone,
    Offset(Offset),
    /// Digits of a second's fraction behind a point or comma; ones that are nought at the end are left out if `trim`.
    Fraction {
        mark: char,
        digits: usize,
        trim: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fill {
    None,
    Zero,
    Space,
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offset {
    /// UTC is `Z`.
    z: bool,
    colon: bool,
    minutes: bool,
    seconds: bool,
}

const fn offset(z: bool, colon: bool, minutes: bool, seconds: bool) -> Piece {
    Piece::Offset(Offset { z, colon, minutes, seconds })
}

/// Longer ones before what they begin with.
const PIECES: &[(&str, Piece)] = &[
    ("January", Piece::LongMonth),
    ("Jan", Piece::Month),
    ("Monday", Piece::LongWeekday),
    ("Mon", Piece::Weekday),
    ("MST", Piece::Zone),
    ("002", Piece::YearDay(Fill::Zero)),
    ("01", Piece::NumberMonth(Fill::Zero)),
    ("02", Piece::Day(Fill::Zero)),
    ("03", Piece::Hour12(Fill::Zero)),
    ("04", Piece::Minute(Fill::Zero)),
    ("05", Piece::Second(Fill::Zero)),
    ("06", Piece::Year),
    ("15", Piece::Hour),
    ("1", Piece::NumberMonth(Fill::None)),
    ("2006", Piece::LongYear),
    ("2", Piece::Day(Fill::None)),
    ("__2", Piece::YearDay(Fill::Space)),
    ("_2", Piece::Day(Fill::Space)),
    ("3", Piece::Hour12(Fill::None)),
    ("4", Piece::Minute(Fill::None)),
    ("5", Piece::Second(Fill::None)),
    ("PM", Piece::Upper),
    ("pm", Piece::Lower),
    ("-070000", offset(false, false, true, true)),
    ("-07:00:00", offset(false, true, true, true)),
    ("-0700", offset(false, false, true, false)),
    ("-07:00", offset(false, true, true, false)),
    ("-07", offset(false, false, false, false)),
    ("Z070000", offset(true, false, true, true)),
    ("Z07:00:00", offset(true, true, true, true)),
    ("Z0700", offset(true, false, true, false)),
    ("Z07:00", offset(true, true, true, false)),
    ("Z07", offset(true, false, false, false)),
];

/// The text before the first piece, the piece, and what is behind it.
fn next(layout: &str) -> (&str, Option<Piece>, &str) {
    for (at, _) in layout.char_indices() {
        let here = layout.get(at..).unwrap_or_default();
        let before = layout.get(..at).unwrap_or_default();
        if let Some((piece, length)) = begins(here) {
            return (before, Some(piece), here.get(length..).unwrap_or_default());
        }
        // A line and a year, and not a day.
        if here.starts_with("_2006") {
            return (layout.get(..=at).unwrap_or_default(), Some(Piece::LongYear), here.get(5..).unwrap_or_default());
        }
    }
    (layout, None, "")
}

fn begins(text: &str) -> Option<(Piece, usize)> {
    if let Some(mark) = text.chars().next().filter(|c| matches!(c, '.' | ',')) {
        let digits = text.get(1..)?;
        let digit = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
        let count = digits.len() - digits.trim_start_matches(digit).len();
        let ends = !digits.get(count..)?.starts_with(|c: char| c.is_ascii_digit());
        return ends.then_some((Piece::Fraction { mark, digits: count, trim: digit == '9' }, count + 1));
    }
    if text.starts_with("_2006") {
        return None;
    }
    let fits = |name: &str| match text.strip_prefix(name) {
        // `Month` and `Janus` are words.
        Some(behind) if matches!(name, "Jan" | "Mon") => !behind.starts_with(|c: char| c.is_ascii_lowercase()),
        behind => behind.is_some(),
    };
    PIECES.iter().find(|(name, _)| fits(name)).map(|(name, piece)| (*piece, name.len()))
}

/// `time.Time.Format`.
pub fn format(time: OffsetDateTime, layout: &str) -> String {
    let mut made = String::new();
    let mut rest = layout;
    loop {
        let (before, piece, behind) = next(rest);
        made += before;
        let Some(piece) = piece else { return made };
        made += &write(time, piece);
        rest = behind;
    }
}

/// `time.Time.AddDate`: days that a month does not have are days of the next one.
pub fn moved(time: OffsetDateTime, years: i64, months: i64, days: i64) -> Option<OffsetDateTime> {
    let months = i64::from(time.year()).checked_add(years)?.checked_mul(12)?.checked_add(months)?;
    let months = months.checked_add(i64::from(u8::from(time.month())) - 1)?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12)).ok()? + 1).ok()?;
    let first = Date::from_calendar_date(i32::try_from(months.div_euclid(12)).ok()?, month, 1).ok()?;
    let days = days.checked_add(i64::from(time.day()) - 1).filter(|days| days.unsigned_abs() < 10_000_000)?;
    Some(time.replace_date(first.checked_add(Duration::days(days))?))
}

fn number(number: impl Into<u32>, fill: Fill, width: usize) -> String {
    let number: u32 = number.into();
    match fill {
        Fill::None => number.to_string(),
        Fill::Zero => format!("{number:0width$}"),
        Fill::Space => format!("{number:width$}"),
    }
}

fn write(time: OffsetDateTime, piece: Piece) -> String {
    let name = |names: &[&'static str], at: u8| *names.get(usize::from(at)).unwrap_or(&"");
    let short = |name: &str| name.get(..3).unwrap_or_default().to_owned();
    let month = name(&MONTHS, u8::from(time.month()) - 1);
    let weekday = name(&DAYS, time.weekday().number_days_from_monday());
    let year = time.year();
    match piece {
        Piece::LongMonth => month.to_owned(),
        Piece::Month => short(month),
        Piece::NumberMonth(fill) => number(u8::from(time.month()), fill, 2),
        Piece::LongWeekday => weekday.to_owned(),
        Piece::Weekday => short(weekday),
        Piece::Day(fill) => number(time.day(), fill, 2),
        Piece::YearDay(fill) => number(time.ordinal(), fill, 3),
        Piece::Hour => number(time.hour(), Fill::Zero, 2),
        Piece::Hour12(fill) => number((time.hour() + 11) % 12 + 1, fill, 2),
        Piece::Minute(fill) => number(time.minute(), fill, 2),
        Piece::Second(fill) => number(time.second(), fill, 2),
        Piece::LongYear if year < 0 => format!("-{:04}", year.unsigned_abs()),
        Piece::LongYear => format!("{year:04}"),
        Piece::Year => format!("{:02}", year.rem_euclid(100)),
        Piece::Upper => (if time.hour() >= 12 { "PM" } else { "AM" }).to_owned(),
        Piece::Lower => (if time.hour() >= 12 { "pm" } else { "am" }).to_owned(),
        Piece::Zone if time.offset().is_utc() => "UTC".to_owned(),
        Piece::Zone => {
            // No more than the offset is known of a zone, and Go then writes that.
            write(time, offset(false, false, time.offset().minutes_past_hour() != 0, false))
        }
        Piece::Offset(Offset { z: true, .. }) if time.offset().is_utc() => "Z".to_owned(),
        Piece::Offset(Offset { colon, minutes, seconds, .. }) => {
            let (hour, minute, second) = time.offset().as_hms();
            let sign = if time.offset().is_negative() { '-' } else { '+' };
            let colon = if colon { ":" } else { "" };
            let mut text = format!("{sign}{:02}", hour.unsigned_abs());
            if minutes {
                text += &format!("{colon}{:02}", minute.unsigned_abs());
            }
            if seconds {
                text += &format!("{colon}{:02}", second.unsigned_abs());
            }
            text
        }
        Piece::Fraction { mark, digits, trim } => {
            let all = format!("{:09}", time.nanosecond());
            let kept = all.get(..digits.min(9)).unwrap_or_default();
            let kept = if trim { kept.trim_end_matches('0') } else { kept };
            if trim && kept.is_empty() {
                String::new()
            } else {
                format!("{mark}{kept:0<0$}", if trim { 0 } else { digits })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn layouts_write_as_in_goss() {
        agrees(&[
            (r#"date "2006-01-02" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#, Some("2024-02-09")),
            (
                r#"date "January 2, 2006" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("February 9, 2024"),
            ),
            (r#"date "Jan _2 06" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#, Some("Feb  9 24")),
            (
                r#"date "Mon Monday Mont Janx" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("Fri Friday Mont Janx"),
            ),
            (
                r#"date "02/01/06 1/2" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("09/02/24 2/9"),
            ),
            (r#"date "002 __2" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#, Some("040  40")),
            (
                r#"date "15:04:05 03 3 4 5" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("17:03:05 05 5 3 5"),
            ),
            (r#"date "3:04PM pm" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#, Some("5:03PM pm")),
            (
                r#"date ".000 ,999 .000000000 .999999999" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some(".040 ,04 .040500000 .0405"),
            ),
            (
                r#"date "MST -0700 -07:00 -07 Z07:00 Z0700" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("UTC +0000 +00:00 +00 Z Z"),
            ),
            (
                r#"date "_2006 Z070000 -07:00:00" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("_2024 Z +00:00:00"),
            ),
            (
                r#"date "20060102150405" (toDate "2006-01-02 15:04:05.999" "2024-02-09 17:03:05.0405")"#,
                Some("20240209170305"),
            ),
        ]);
    }
}
