//! What was seen, as data that a spec writes for it.

use super::{Bytes, Mode, Type, Value, Version};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

impl Value {
    /// Truth values, numbers, texts, lists and maps that stand for this value in a spec: as an operand of `equal`,
    /// `one-of` and `between` under the same key they mean this value and no other. `None` where a spec cannot say it or
    /// must not: a secret, nothing, text that was not read to its end.
    ///
    /// Where no matcher is named, a list asks for less: see [`Value::exactly`].
    pub fn as_data(&self) -> Option<Value> {
        Some(match self {
            Value::Bool(b) => Value::Bool(*b),
            Value::No(_) => Value::Bool(false),
            Value::Int(n) => Value::Int(*n),
            Value::Number(n) if n.is_finite() => Value::Number(*n),
            Value::Text(text) => Value::Text(text.clone()),
            Value::Content(content) if content.cut.is_none() => Value::Text(content.text.clone()),
            Value::List(list) => Value::List(list.iter().map(Value::as_data).collect::<Option<_>>()?),
            Value::Map(map) => {
                let fields = map.iter().map(|(key, value)| Some((key.clone(), value.as_data()?)));
                Value::Map(fields.collect::<Option<_>>()?)
            }
            Value::Mode(mode @ Mode(..=0o7777)) => Value::Text(mode.to_string()),
            Value::Size(Bytes(bytes)) => size(*bytes),
            Value::Share(share) => size(share.part),
            Value::Portion(portion) => Value::Int(u32::try_from(portion.0.part).ok()?.into()),
            Value::Percent(percent) if (0.0..=100.0).contains(&percent.0) => Value::Text(format!("{}%", percent.0)),
            Value::Duration(span) => Value::Text(duration(*span)),
            Value::Version(version) if is_written(version) => Value::Text(version.text.clone()),
            Value::Time(time) => Value::Text(moment(*time)?),
            Value::Absent
            | Value::Unfit(_)
            | Value::Null
            | Value::Number(_)
            | Value::Secret(_)
            | Value::Content(_)
            | Value::Excerpt(_)
            | Value::Partial(_)
            | Value::Pairs(_)
            | Value::Mode(_)
            | Value::Percent(_)
            | Value::Version(_) => return None,
        })
    }

    /// What a spec says under a key of type `ty` that holds of this value and of no other. Of a list, its elements in any
    /// order; its only one as if there were no list.
    pub fn exactly(&self, ty: Type) -> Option<Value> {
        let matcher = |name: &str, operand: Value| Value::Map(vec![(name.to_owned(), operand)]);
        match (ty, self) {
            (Type::Secret, _) => None,
            (Type::List(of), Value::List(list)) => {
                if let ([only], false) = (list.as_slice(), matches!(of, Type::Any | Type::List(_)))
                    // A list prints as its lines: two of them, or none, may print as the text of one.
                    && !matches!(only, Value::Text(text) if text.is_empty() || text.contains('\n'))
                {
                    return only.exactly(*of);
                }
                let elements: Option<Vec<_>> = list.iter().map(|one| one.exactly(*of)).collect();
                Some(matcher("consist-of", Value::List(elements?)))
            }
            (Type::List(_), _) => None,
            // Text of what is no text there is never equal to it.
            (Type::Any, Value::Share(_) | Value::Portion(_) | Value::Percent(_)) => None,
            (Type::Any, Value::Duration(_) | Value::Time(_)) => None,
            (Type::Any, Value::Size(Bytes(bytes))) => i64::try_from(*bytes).ok().map(Value::Int),
            (Type::Any, Value::List(_) | Value::Map(_)) => Some(matcher("equal", self.as_data()?)),
            _ => self.as_data(),
        }
    }
}

/// With the largest unit that loses nothing.
fn size(bytes: u64) -> Value {
    const UNITS: [(&str, u32); 5] = [("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let whole = UNITS.iter().find(|(_, bits)| bytes > 0 && bytes.trailing_zeros() >= *bits);
    match (whole, i64::try_from(bytes)) {
        (Some((unit, bits)), _) => Value::Text(format!("{} {unit}", bytes >> bits)),
        (None, Ok(bytes)) => Value::Int(bytes),
        (None, Err(_)) => Value::Text(bytes.to_string()),
    }
}

/// With every digit: `1d 2h 3m 4s 5ns`.
fn duration(span: Duration) -> String {
    let (seconds, nanos) = (span.unsigned_abs().as_secs(), span.unsigned_abs().subsec_nanos());
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(nanos) / 1_000_000, "ms"),
        (u64::from(nanos) / 1_000 % 1_000, "us"),
        (u64::from(nanos) % 1_000, "ns"),
    ];
    let parts: Vec<String> = units.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    match parts.as_slice() {
        [] => "0s".into(),
        parts if span.is_negative() => format!("-{}", parts.join(" ")),
        parts => parts.join(" "),
    }
}

fn moment(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}

/// Whether the matchers read its text as a version: neither as a comparison nor as a range.
fn is_written(version: &Version) -> bool {
    let stray = |c: char| c.is_whitespace() || matches!(c, '*' | '<' | '>' | '=' | '|' | ',' | '!' | '≥' | '≤');
    !version.text.is_empty() && !version.text.contains(stray)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher;
    use crate::quantity;
    use crate::syntax::{Format, parse};
    use crate::value::{Content, Percent, Portion, Secret, Share, VersionOrder};
    use proptest::prelude::*;

    /// Whether what is written for `seen` under a key of type `ty` holds of it and of none of the others.
    #[track_caller]
    fn says(ty: Type, seen: Value, others: &[Value]) {
        let data = seen.exactly(ty).unwrap_or_else(|| panic!("{seen:?} is not written"));
        let held = |of: &Value, data: &Value| {
            let text = data.to_json().to_string();
            let (node, wrong) = parse(&text, 0, Format::Json);
            assert_eq!(wrong, [], "{text}");
            let mut wrong = Vec::new();
            let test = matcher::lower(&node.unwrap(), ty, &mut wrong);
            assert_eq!(wrong, [], "{text} under {ty:?}");
            test.unwrap().holds(of)
        };
        assert_eq!(held(&seen, &data), Ok(true), "{data:?} of {seen:?}");
        for other in others {
            assert_ne!(held(other, &data), Ok(true), "{data:?} of {other:?}");
        }
        if let (Some(bare), false) = (seen.as_data(), matches!(ty, Type::Any)) {
            let equal = Value::Map(vec![("equal".into(), bare)]);
            assert_eq!(held(&seen, &equal), Ok(true), "{equal:?} of {seen:?}");
        }
    }

    fn text(t: &str) -> Value {
        Value::Text(t.into())
    }

    fn list(items: &[Value]) -> Value {
        Value::List(items.to_vec())
    }

    fn content(t: &str) -> Value {
        Value::Content(Box::new(Content { text: t.into(), cut: None }))
    }

    fn version(t: &str) -> Value {
        Value::Version(Box::new(Version { text: t.into(), order: VersionOrder::Debian }))
    }

    #[test]
    fn every_types_value_is_written_so_that_it_holds_of_it_alone() {
        const WORDS: &[&str] = &["file", "directory"];
        const TEXTS: Type = Type::List(&Type::Text);
        says(Type::Bool, Value::Bool(true), &[Value::Bool(false)]);
        says(Type::Bool, Value::No("why".into()), &[Value::Bool(true)]);
        says(Type::Int, Value::Int(-5), &[Value::Int(5)]);
        says(Type::Number, Value::Number(0.1), &[Value::Number(0.2)]);
        says(Type::Number, Value::Number(1e300), &[Value::Number(1e299)]);
        for name in ["root", "1.10", "", "> 5", "true", "!x", "/a/", "a\nb", "\u{0}"] {
            says(Type::Text, text(name), &[text("other"), text(&format!("{name} "))]);
            says(Type::Content, content(name), &[content("other"), content(&format!("{name}\n"))]);
            says(Type::Any, text(name), &[text("other"), text(&format!("{name} "))]);
        }
        says(Type::Content, content("5\n"), &[content("5"), content("5.0\n")]);
        says(Type::Choice(WORDS), text("file"), &[text("directory")]);
        says(Type::Mode, Value::Mode(Mode(0o4755)), &[Value::Mode(Mode(0o755))]);
        says(Type::Mode, Value::Mode(Mode(0)), &[Value::Mode(Mode(1))]);
        for bytes in [0, 37, 1024, 1025, 10 << 30, (10 << 30) + 1, u64::MAX] {
            let other = Value::Size(Bytes(bytes ^ 1));
            says(Type::Size, Value::Size(Bytes(bytes)), &[other]);
        }
        let share = |part| Share { part, whole: 1 << 40 };
        says(Type::Share, Value::Share(share(1 << 30)), &[Value::Share(share(1 << 31))]);
        let portion = |part| Value::Portion(Portion(share(part)));
        says(Type::Portion, portion(1000), &[portion(1001)]);
        for percent in [0.0, 0.5, 33.3, 100.0 / 3.0, 100.0] {
            says(Type::Percent, Value::Percent(Percent(percent)), &[Value::Percent(Percent(50.5))]);
        }
        for span in [Duration::ZERO, Duration::days(30), Duration::new(90_061, 1_002_003), -Duration::minutes(61)] {
            says(Type::Duration, Value::Duration(span), &[Value::Duration(span + Duration::nanoseconds(1))]);
        }
        says(Type::Version, version("1:1.22-3~deb12u1"), &[version("1:1.22-3")]);
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_000_000_001).unwrap();
        says(Type::Time, Value::Time(time), &[Value::Time(time + Duration::nanoseconds(1))]);
        says(TEXTS, list(&[text("a"), text("b")]), &[list(&[text("a")]), list(&["a", "b", "c"].map(text))]);
        says(TEXTS, list(&[text("a")]), &[list(&[text("a"), text("b")]), list(&[])]);
        says(TEXTS, list(&[text("a\nb")]), &[list(&[text("a"), text("b")])]);
        says(TEXTS, list(&[text("")]), &[list(&[]), list(&[text("a")])]);
        says(TEXTS, list(&[]), &[list(&[text("a")]), list(&[text("")])]);
        says(Type::List(&Type::Int), list(&[Value::Int(1)]), &[list(&[Value::Int(2)])]);
        says(Type::List(&Type::Version), list(&[version("1.0")]), &[list(&[version("1.0"), version("1.1")])]);
        says(Type::Any, Value::Int(5), &[Value::Int(6)]);
        says(Type::Any, Value::Bool(true), &[Value::Bool(false)]);
        says(Type::Any, Value::Size(Bytes(4096)), &[Value::Size(Bytes(4097))]);
        says(Type::Any, list(&[text("a"), Value::Int(1)]), &[list(&[text("a")]), list(&[text("a"), Value::Int(2)])]);
        says(Type::Any, list(&[]), &[list(&[text("a")])]);
        let map = |n| Value::Map(vec![("not".into(), Value::Int(n))]);
        says(Type::Any, map(1), &[map(2), Value::Map(vec![])]);
    }

    #[test]
    fn what_must_not_or_cannot_be_said_is_not_written() {
        let cut = Value::Content(Box::new(Content { text: "a".into(), cut: Some(1) }));
        let secret = Value::Secret(Secret::new("hash"));
        let more = Value::Partial(Box::new((vec![text("a")], crate::value::Fault::Failed("x".into()))));
        let none = [Value::Absent, Value::Null, Value::Unfit("x".into()), Value::Number(f64::NAN), cut, secret, more];
        for seen in none.into_iter().chain(["", ">= 1", "1 2", "1.*", "≥1", "=1"].map(version)) {
            assert_eq!(seen.as_data(), None, "{seen:?}");
            assert_eq!(list(std::slice::from_ref(&seen)).as_data(), None, "{seen:?}");
            for ty in [Type::Any, Type::Version, Type::List(&Type::Any)] {
                assert_eq!(seen.exactly(ty), None, "{seen:?} under {ty:?}");
            }
        }
        assert_eq!(Value::Bool(true).exactly(Type::Secret), None);
        assert_eq!(Value::Duration(Duration::MINUTE).exactly(Type::Any), None);
    }

    proptest! {
        #[test]
        fn any_span_reads_back_as_it_is(seconds in any::<i64>(), nanos in 0..1_000_000_000i32) {
            let span = Duration::new(seconds.saturating_add(i64::from(seconds == i64::MIN)), 0);
            let span = span.checked_add(Duration::nanoseconds(nanos.into())).unwrap_or(span);
            prop_assert_eq!(quantity::parse_duration(&duration(span)), Some(span));
        }

        #[test]
        fn any_size_reads_back_as_it_is(bytes in any::<u64>(), shift in 0..64u32) {
            let bytes = bytes >> shift;
            let read = match size(bytes) {
                Value::Text(text) => quantity::parse_size(&text),
                Value::Int(n) => u64::try_from(n).ok().map(Bytes),
                _ => None,
            };
            prop_assert_eq!(read, Some(Bytes(bytes)));
        }
    }
}
