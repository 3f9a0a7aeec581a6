//! Times read by a layout, as Go's `time.ParseInLocation` reads them.

use super::{DAYS, Fill, MONTHS, Offset, Piece, next};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

#[derive(Default)]
struct Parts {
    year: i32,
    month: Option<u8>,
    day: Option<u16>,
    year_day: Option<u16>,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    afternoon: Option<bool>,
    offset: Option<i32>,
    utc: bool,
}

/// What is no such time is in words like Go's. What says no zone is in `local`.
pub fn parse(layout: &str, text: &str, local: UtcOffset) -> Result<OffsetDateTime, String> {
    let refuse = |why: &str| format!("parsing time \"{text}\" as \"{layout}\": {why}");
    let mut parts = Parts::default();
    let (mut left, mut rest) = (layout, text);
    loop {
        let (before, piece, behind) = next(left);
        rest = skip(rest, before).ok_or_else(|| refuse(&format!("cannot parse \"{rest}\" as \"{before}\"")))?;
        left = behind;
        let Some(piece) = piece else { break };
        rest = parts.read(rest, piece, left).map_err(|why| refuse(&why))?;
    }
    if !rest.is_empty() {
        return Err(refuse(&format!("extra text: \"{rest}\"")));
    }
    parts.time(local).map_err(|why| refuse(&why))
}

/// The text behind a prefix, of which spaces stand for any number of them.
fn skip<'t>(mut text: &'t str, mut prefix: &str) -> Option<&'t str> {
    while let Some(c) = prefix.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            (prefix, text) = (prefix.trim_start_matches(' '), text.trim_start_matches(' '));
            continue;
        }
        text = text.strip_prefix(c)?;
        prefix = prefix.get(c.len_utf8()..)?;
    }
    Some(text)
}

/// A number of one digit or so many, exactly as many if `fixed`.
fn number(text: &str, most: usize, fixed: bool) -> Option<(u16, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits == 0 || fixed && digits < most {
        return None;
    }
    let (number, behind) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, behind))
}

fn lookup<'t>(names: &[&str], short: bool, text: &'t str) -> Option<(u8, &'t str)> {
    names.iter().zip(1..).find_map(|(name, at)| {
        let name = if short { name.get(..3)? } else { name };
        let (found, behind) = text.split_at_checked(name.len())?;
        found.eq_ignore_ascii_case(name).then_some((at, behind))
    })
}

/// Nanoseconds behind a point or comma, of at least one digit, and what is behind them.
fn fraction(text: &str, digits: Option<usize>) -> Option<(u32, &str)> {
    let behind = text.strip_prefix(['.', ','])?;
    let count = digits.unwrap_or_else(|| behind.bytes().take_while(u8::is_ascii_digit).count());
    let (written, behind) = behind.split_at_checked(count)?;
    if count == 0 || !written.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept = format!("{:0<9}", written.get(..count.min(9))?);
    Some((kept.parse().ok()?, behind))
}

impl Parts {
    fn read<'t>(&mut self, text: &'t str, piece: Piece, layout: &str) -> Result<&'t str, String> {
        let bad = || format!("cannot parse \"{text}\"");
        let bounded = |number: u16, bounds: std::ops::RangeInclusive<u16>, name: &str| match bounds.contains(&number) {
            true => Ok(u8::try_from(number).unwrap_or(0)),
            false => Err(format!("{name} out of range")),
        };
        let two = |fill: Fill| number(text, 2, fill == Fill::Zero).ok_or_else(bad);
        Ok(match piece {
            Piece::LongYear => {
                let (digits, behind) = text.split_at_checked(4).ok_or_else(bad)?;
                let all = digits.bytes().all(|b| b.is_ascii_digit());
                self.year = digits.parse().ok().filter(|_| all).ok_or_else(bad)?;
                behind
            }
            Piece::Year => {
                let (year, behind) = number(text, 2, true).ok_or_else(bad)?;
                self.year = i32::from(year) + if year >= 69 { 1900 } else { 2000 };
                behind
            }
            Piece::Month | Piece::LongMonth => {
                let (month, behind) = lookup(&MONTHS, piece == Piece::Month, text).ok_or_else(bad)?;
                self.month = Some(month);
                behind
            }
            Piece::NumberMonth(fill) => {
                let (month, behind) = two(fill)?;
                self.month = Some(bounded(month, 1..=12, "month")?);
                behind
            }
            Piece::Weekday | Piece::LongWeekday => lookup(&DAYS, piece == Piece::Weekday, text).ok_or_else(bad)?.1,
            Piece::Day(fill) => {
                let text = if fill == Fill::Space { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let (day, behind) = number(text, 2, fill == Fill::Zero).ok_or_else(bad)?;
                self.day = Some(day);
                behind
            }
            Piece::YearDay(fill) => {
                let spaces = text.bytes().take(2).take_while(|b| *b == b' ').count();
                let skipped = if fill == Fill::Space { spaces } else { 0 };
                let digits = text.get(skipped..).unwrap_or_default();
                let (day, behind) = number(digits, 3, fill == Fill::Zero).ok_or_else(bad)?;
                self.year_day = Some(day);
                behind
            }
            Piece::Hour => {
                let (hour, behind) = number(text, 2, false).ok_or_else(bad)?;
                self.hour = bounded(hour, 0..=23, "hour")?;
                behind
            }
            Piece::Hour12(fill) => {
                let (hour, behind) = two(fill)?;
                self.hour = bounded(hour, 0..=12, "hour")?;
                behind
            }
            Piece::Minute(fill) => {
                let (minute, behind) = two(fill)?;
                self.minute = bounded(minute, 0..=59, "minute")?;
                behind
            }
            Piece::Second(fill) => {
                let (second, behind) = two(fill)?;
                self.second = bounded(second, 0..=59, "second")?;
                // A fraction is read whether the layout has one or not.
                match (matches!(next(layout).1, Some(Piece::Fraction { .. })), fraction(behind, None)) {
                    (false, Some((nanosecond, behind))) => {
                        self.nanosecond = nanosecond;
                        behind
                    }
                    _ => behind,
                }
            }
            Piece::Fraction { trim: true, .. } => match fraction(text, None) {
                Some((nanosecond, behind)) => {
                    self.nanosecond = nanosecond;
                    behind
                }
                None => text,
            },
            Piece::Fraction { digits, .. } => {
                let (nanosecond, behind) = fraction(text, Some(digits)).ok_or_else(bad)?;
                self.nanosecond = nanosecond;
                behind
            }
            Piece::Upper | Piece::Lower => {
                let (half, behind) = text.split_at_checked(2).ok_or_else(bad)?;
                self.afternoon = Some(match (half, piece) {
                    ("PM", Piece::Upper) | ("pm", Piece::Lower) => true,
                    ("AM", Piece::Upper) | ("am", Piece::Lower) => false,
                    _ => return Err(bad()),
                });
                behind
            }
            Piece::Zone => self.zone(text).ok_or_else(bad)?,
            Piece::Offset(form) => self.offset(text, form).ok_or_else(bad)?,
        })
    }

    /// An abbreviation. Only UTC and `GMT+3` say what they mean; another is UTC under its own name, as in Go.
    fn zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(behind) = text.strip_prefix("UTC") {
            self.utc = true;
            return Some(behind);
        }
        if let Some(behind) = text.strip_prefix("GMT") {
            let signed = behind.starts_with(['-', '+']).then(|| number(behind.get(1..)?, 2, false)).flatten();
            let Some((hours, rest)) = signed.filter(|(hours, _)| *hours < 24) else {
                self.offset = Some(0);
                return Some(behind);
            };
            let sign = if behind.starts_with('-') { -1 } else { 1 };
            self.offset = Some(sign * i32::from(hours) * 3_600);
            return Some(rest);
        }
        let letters = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
        let whole = text.get(..letters)?;
        let fits = match letters {
            3 => true,
            4 => whole.ends_with('T') || whole == "WITA",
            5 => whole.ends_with('T'),
            _ => false,
        };
        self.offset = Some(0);
        text.get(letters..).filter(|_| fits)
    }

    fn offset<'t>(&mut self, text: &'t str, form: Offset) -> Option<&'t str> {
        if let Some(behind) = text.strip_prefix('Z').filter(|_| form.z) {
            self.utc = true;
            return Some(behind);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, mut rest) = number(text.strip_prefix(['-', '+'])?, 2, true)?;
        let mut seconds = i32::from(hours) * 3_600;
        let mut most = hours <= 24;
        for (asked, unit) in [(form.minutes, 60), (form.seconds, 1)] {
            if !asked {
                continue;
            }
            if form.colon {
                rest = rest.strip_prefix(':')?;
            }
            let (count, behind) = number(rest, 2, true)?;
            most &= count <= 60;
            seconds += i32::from(count) * unit;
            rest = behind;
        }
        self.offset = Some(sign * seconds);
        Some(rest).filter(|_| most)
    }

    fn time(&self, local: UtcOffset) -> Result<OffsetDateTime, String> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let out = |_| "day out of range".to_owned();
        let date = match self.year_day {
            Some(day) => {
                let date = Date::from_ordinal_date(self.year, day).map_err(|_| "day-of-year out of range")?;
                let month = self.month.is_none_or(|month| month == u8::from(date.month()));
                if !month || self.day.is_some_and(|day| day != u16::from(date.day())) {
                    return Err("day-of-year does not match month or day".to_owned());
                }
                date
            }
            None => {
                let month = Month::try_from(self.month.unwrap_or(1)).map_err(|_| "month out of range")?;
                let day = u8::try_from(self.day.unwrap_or(1)).map_err(|_| "day out of range")?;
                Date::from_calendar_date(self.year, month, day).map_err(out)?
            }
        };
        let time = Time::from_hms_nano(hour, self.minute, self.second, self.nanosecond).map_err(out)?;
        let offset = match self.offset {
            _ if self.utc => UtcOffset::UTC,
            Some(seconds) => UtcOffset::from_whole_seconds(seconds).map_err(|_| "time zone offset out of range")?,
            None => local,
        };
        Ok(date.with_time(time).assume_offset(offset))
    }
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn layouts_read_as_in_goss() {
        agrees(&[
            (r#"mustToDate "2006-01-02 15:04:05" "2024-02-09 17:03:05.25""#, Some("2024-02-09 17:03:05.25 +0000 UTC")),
            (
                r#"mustToDate "Mon, 02 Jan 2006 15:04:05 MST" "Fri, 09 Feb 2024 17:03:05 UTC""#,
                Some("2024-02-09 17:03:05 +0000 UTC"),
            ),
            (
                r#"mustToDate "Mon Jan _2 15:04:05 2006" "fri FEB  9 17:03:05 2024""#,
                Some("2024-02-09 17:03:05 +0000 UTC"),
            ),
            (r#"mustToDate "3:04PM" "12:30AM""#, Some("0000-01-01 00:30:00 +0000 UTC")),
            (r#"mustToDate "3:04pm" "1:30PM""#, None),
            (r#"mustToDate "06 002" "24 060""#, Some("2024-02-29 00:00:00 +0000 UTC")),
            (
                r#"mustToDate "2006-01-02T15:04:05Z07:00" "2024-02-09T17:03:05+02:00""#,
                Some("2024-02-09 17:03:05 +0200 +0200"),
            ),
            (r#"mustToDate "2006-01-02T15:04:05Z07:00" "2024-02-09T17:03:05Z""#, Some("2024-02-09 17:03:05 +0000 UTC")),
            (r#"mustToDate "2006-01-02T15:04:05.000Z07:00" "2024-02-09T17:03:05.25Z""#, None),
            (r#"mustToDate "2006-01-02" "2024-2-9""#, None),
            (r#"mustToDate "2006-1-2" "2024-02-09""#, Some("2024-02-09 00:00:00 +0000 UTC")),
            (r#"mustToDate "2006-01-02" "2024-02-09x""#, None),
            (r#"mustToDate "15:04" "24:00""#, None),
            (r#"mustToDate "2006-01-02" "2023-02-29""#, None),
            (r#"mustToDate "January 2 2006" "February 9  2024""#, Some("2024-02-09 00:00:00 +0000 UTC")),
        ]);
    }
}
