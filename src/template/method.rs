//! Methods of times, durations and versions.

use super::value::{Object, Value};
use super::{Call, Function, Param, layout, print, sprig};
use std::rc::Rc;
use time::OffsetDateTime;

/// The method of this name; it is called with the value before its arguments.
pub fn method(value: &Value, name: &str) -> Option<&'static Function> {
    let table = match value {
        Value::Time(_) => OF_TIME,
        Value::Duration(_) => OF_DURATION,
        Value::Object(object) if object.type_name.ends_with("semver.Version") => sprig::semver::METHODS,
        _ => return None,
    };
    table.iter().find(|method| method.name == name)
}

const fn plain(name: &'static str, call: fn(&Call, &[Value]) -> Result<Value, String>) -> Function {
    Function { name, params: &[], rest: None, call }
}

const fn with_time(name: &'static str, call: fn(&Call, &[Value]) -> Result<Value, String>) -> Function {
    Function { name, params: &[Param::Time], rest: None, call }
}

static OF_TIME: &[Function] = &[
    plain("Year", |_, args| int(args, |time| time.year().into())),
    plain("Month", |_, args| Ok(named("time.Month", time(args).month(), u8::from(time(args).month())))),
    plain("Day", |_, args| int(args, |time| time.day().into())),
    plain("Hour", |_, args| int(args, |time| time.hour().into())),
    plain("Minute", |_, args| int(args, |time| time.minute().into())),
    plain("Second", |_, args| int(args, |time| time.second().into())),
    plain("Nanosecond", |_, args| int(args, |time| time.nanosecond().into())),
    plain("YearDay", |_, args| int(args, |time| time.ordinal().into())),
    plain("Weekday", |_, args| {
        let day = time(args).weekday();
        Ok(named("time.Weekday", day, day.number_days_from_sunday()))
    }),
    plain("Unix", |_, args| Ok(Value::Int64(time(args).unix_timestamp()))),
    plain("UnixMilli", |_, args| nanoseconds(args, 1_000_000)),
    plain("UnixMicro", |_, args| nanoseconds(args, 1_000)),
    plain("UnixNano", |_, args| nanoseconds(args, 1)),
    plain("UTC", |_, args| Ok(Value::Time(time(args).to_offset(time::UtcOffset::UTC)))),
    plain("IsZero", |_, args| {
        // The first second of the first year.
        Ok(Value::Bool(time(args).unix_timestamp() == -62_135_596_800 && time(args).nanosecond() == 0))
    }),
    plain("String", |call, args| Ok(Value::text(call.print(args.first().unwrap_or(&Value::Nil))?))),
    Function {
        name: "Format",
        params: &[Param::Text],
        rest: None,
        call: |call, args| {
            let format = args.get(1).and_then(Value::as_text).unwrap_or_default();
            call.charge(format.len().saturating_mul(8))?;
            Ok(Value::text(layout::format(time(args), format)))
        },
    },
    Function {
        name: "AddDate",
        params: &[Param::Int, Param::Int, Param::Int],
        rest: None,
        call: |_, args| {
            let part = |at: usize| args.get(at).and_then(Value::as_int).unwrap_or(0);
            let moved = layout::moved(time(args), part(1), part(2), part(3));
            Ok(Value::Time(moved.ok_or("the date is out of range")?))
        },
    },
    with_time("After", |_, args| Ok(Value::Bool(time(args) > argument(args)))),
    with_time("Before", |_, args| Ok(Value::Bool(time(args) < argument(args)))),
    with_time("Equal", |_, args| Ok(Value::Bool(time(args) == argument(args)))),
    with_time("Sub", |_, args| {
        let between = (time(args) - argument(args)).whole_nanoseconds();
        Ok(Value::Duration(i64::try_from(between).unwrap_or(if between < 0 { i64::MIN } else { i64::MAX })))
    }),
];

static OF_DURATION: &[Function] = &[
    plain("Hours", |_, args| Ok(Value::Float(duration(args) as f64 / 3.6e12))),
    plain("Minutes", |_, args| Ok(Value::Float(duration(args) as f64 / 6e10))),
    plain("Seconds", |_, args| Ok(Value::Float(duration(args) as f64 / 1e9))),
    plain("Milliseconds", |_, args| Ok(Value::Int64(duration(args) / 1_000_000))),
    plain("Microseconds", |_, args| Ok(Value::Int64(duration(args) / 1_000))),
    plain("Nanoseconds", |_, args| Ok(Value::Int64(duration(args)))),
    plain("Abs", |_, args| Ok(Value::Duration(duration(args).saturating_abs()))),
    plain("String", |_, args| {
        let mut text = String::new();
        print::duration(&mut text, duration(args));
        Ok(Value::text(text))
    }),
];

fn time(args: &[Value]) -> OffsetDateTime {
    of(args.first())
}

fn argument(args: &[Value]) -> OffsetDateTime {
    of(args.get(1))
}

fn of(value: Option<&Value>) -> OffsetDateTime {
    match value {
        Some(Value::Time(time)) => *time,
        _ => OffsetDateTime::UNIX_EPOCH,
    }
}

fn duration(args: &[Value]) -> i64 {
    match args.first() {
        Some(Value::Duration(nanoseconds)) => *nanoseconds,
        _ => 0,
    }
}

fn int(args: &[Value], part: fn(OffsetDateTime) -> i64) -> Result<Value, String> {
    Ok(Value::Int(part(time(args))))
}

fn nanoseconds(args: &[Value], of: i128) -> Result<Value, String> {
    // Go says nothing of what does not fit.
    Ok(Value::Int64(time(args).unix_timestamp_nanos().div_euclid(of) as i64))
}

/// A number that prints as a name.
fn named(type_name: &'static str, name: impl ToString, number: u8) -> Value {
    let (text, number) = (Some(name.to_string().into()), Some(number.into()));
    Value::Object(Rc::new(Object { type_name, text, number, ..Object::default() }))
}
