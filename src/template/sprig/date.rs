//! Dates and times.

use super::{Made, any, duration, made, of, text};
use crate::template::Param::{Any, Text, Time};
use crate::template::{Call, Function, Value, layout};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

pub static FUNCTIONS: &[Function] = &[
    of("now", &[], |call, _| Ok(Value::Time(call.world.now()))),
    of("date", &[Text, Any], |call, args| dated(call, text(args, 0)?, any(args, 1), "Local")),
    of("dateInZone", &[Text, Any, Text], |call, args| dated(call, text(args, 0)?, any(args, 1), text(args, 2)?)),
    of("date_in_zone", &[Text, Any, Text], |call, args| dated(call, text(args, 0)?, any(args, 1), text(args, 2)?)),
    of("htmlDate", &[Any], |call, args| dated(call, "2006-01-02", any(args, 0), "Local")),
    of("htmlDateInZone", &[Any, Text], |call, args| dated(call, "2006-01-02", any(args, 0), text(args, 1)?)),
    of("dateModify", &[Text, Time], |_, args| Ok(moved(args)?.unwrap_or_else(|_| any(args, 1).clone()))),
    of("date_modify", &[Text, Time], |_, args| Ok(moved(args)?.unwrap_or_else(|_| any(args, 1).clone()))),
    of("mustDateModify", &[Text, Time], |_, args| moved(args)?),
    of("must_date_modify", &[Text, Time], |_, args| moved(args)?),
    of("toDate", &[Text, Text], |call, args| Ok(Value::Time(read(call, args)?.unwrap_or(ZERO.assume_utc())))),
    of("mustToDate", &[Text, Text], |call, args| Ok(Value::Time(read(call, args)??))),
    of("unixEpoch", &[Time], |_, args| Ok(Value::text(time(args, 0)?.unix_timestamp().to_string()))),
    of("ago", &[Any], |call, args| {
        let then = moment(call, any(args, 0))?;
        let second = 1_000_000_000;
        let span = since(call, then);
        let rounded = span.saturating_add(second / 2 * span.signum()) / second * second;
        duration::written(call, rounded)
    }),
];

/// Go's zero time: 1 January of the year 1.
const ZERO: PrimitiveDateTime = time::macros::datetime!(0001-01-01 0:00);

fn time(args: &[Value], at: usize) -> Result<OffsetDateTime, String> {
    match any(args, at) {
        Value::Time(time) => Ok(*time),
        other => Err(super::mismatch("time.Time", other)),
    }
}

/// Nanoseconds that have passed since then.
pub fn since(call: &Call, then: OffsetDateTime) -> i64 {
    let span = (call.world.now() - then).whole_nanoseconds();
    i64::try_from(span).unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
}

/// A time, or seconds since 1970; anything else is now.
fn moment(call: &Call, value: &Value) -> Result<OffsetDateTime, String> {
    match value {
        Value::Time(time) => Ok(*time),
        Value::Int(seconds) | Value::Int64(seconds) => {
            OffsetDateTime::from_unix_timestamp(*seconds).map_err(|_| format!("{seconds} seconds are out of range"))
        }
        _ => Ok(call.world.now()),
    }
}

fn dated(call: &Call, format: &str, date: &Value, zone: &str) -> Made {
    let offset = offset(call, zone)?;
    let time = moment(call, date)?.checked_to_offset(offset).ok_or("the date is out of range")?;
    call.charge(format.len().saturating_mul(8))?;
    made(call, layout::format(time, format))
}

/// The zones that need no table. Another's hours are not known here, and are not guessed.
fn offset(call: &Call, zone: &str) -> Result<UtcOffset, String> {
    let hours = zone.strip_prefix("Etc/GMT").unwrap_or_default();
    match zone {
        "" | "UTC" | "UCT" | "GMT" | "Zulu" | "Universal" | "Greenwich" => Ok(UtcOffset::UTC),
        "Etc/UTC" | "Etc/UCT" | "Etc/GMT" | "Etc/Zulu" | "Etc/Universal" | "Etc/Greenwich" => Ok(UtcOffset::UTC),
        "Local" => Ok(call.world.now().offset()),
        // POSIX counts westwards.
        _ => match hours.parse::<i8>().ok().filter(|hours| (-14..=12).contains(hours)) {
            Some(hours) => UtcOffset::from_hms(-hours, 0, 0).map_err(|e| e.to_string()),
            None => Err(format!("the time in `{zone}` is not known here: use `UTC`, `Local` or `Etc/GMT-3`")),
        },
    }
}

/// Outer errors end the rendering, inner ones are what is wrong with the duration.
fn moved(args: &[Value]) -> Result<Made, String> {
    let date = time(args, 1)?;
    Ok(match duration::parse(text(args, 0)?) {
        Ok(span) => Ok(Value::Time(date.checked_add(Duration::nanoseconds(span)).ok_or("the date is out of range")?)),
        Err(why) => Err(why),
    })
}

fn read(call: &Call, args: &[Value]) -> Result<Result<OffsetDateTime, String>, String> {
    Ok(layout::parse(text(args, 0)?, text(args, 1)?, call.world.now().offset()))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn dates_are_those_of_goss() {
        agrees(&[
            (r#"date "2006-01-02 15:04:05" 0"#, Some("1970-01-01 00:00:00")),
            (r#"(toDate "2006-01-02" "2024-01-31").Format "Jan 2, 2006 PM""#, Some("Jan 31, 2024 AM")),
            (r#"(toDate "2006-01-02" "2024-01-31").AddDate 0 1 0"#, Some("2024-03-02 00:00:00 +0000 UTC")),
            (r#"(toDate "2006-01-02" "2024-01-31").AddDate -1 -13 -40"#, Some("2021-11-21 00:00:00 +0000 UTC")),
            (r#"date "Mon Jan _2 3:04PM 06" (int64 1709210445)"#, Some("Thu Feb 29 12:40PM 24")),
            (r#"dateInZone "2006-01-02T15:04:05Z07:00" 1709210445 "UTC""#, Some("2024-02-29T12:40:45Z")),
            (r#"dateInZone "15:04 -0700" 0 "Etc/GMT-3""#, Some("03:00 +0300")),
            ("htmlDate 0", Some("1970-01-01")),
            (r#"htmlDateInZone 0 "UTC""#, Some("1970-01-01")),
            (r#"dateModify "-1h" (toDate "2006-01-02" "2024-03-01")"#, Some("2024-02-29 23:00:00 +0000 UTC")),
            (r#"dateModify "x" (toDate "2006-01-02" "2024-03-01")"#, Some("2024-03-01 00:00:00 +0000 UTC")),
            (r#"dateModify "1h" "now""#, None),
            (r#"toDate "2006-01-02" "2024-02-30""#, Some("0001-01-01 00:00:00 +0000 UTC")),
            (r#"mustToDate "2006-01-02" "2024-02-30""#, None),
            (r#"unixEpoch (toDate "2006-01-02" "2024-02-29")"#, Some("1709164800")),
            ("unixEpoch 0", None),
        ]);
    }
}
