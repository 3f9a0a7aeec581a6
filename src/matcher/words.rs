//! Tests and values in words a person reads, of bounded length.

use super::text::{Text, View};
use super::{Pattern, Test};
use crate::quantity::{quoted, size};
use crate::value::Value;
use std::fmt::{self, Write};

/// Characters that an expectation, or a value in it, may take.
const LONGEST: usize = 1_200;
const VALUE: usize = 300;
/// Elements of a list, or tests of an `and`, that are named.
const NAMED: usize = 20;

/// The expectation in words.
pub fn expected(test: &Test) -> String {
    let mut out = Bounded { text: String::new(), left: LONGEST };
    // The only error is that the bound is reached.
    if write_test(&mut out, test).is_err() {
        out.text.push('…');
    }
    out.text
}

/// Patterns in words.
pub fn patterns(patterns: &[Pattern]) -> String {
    let mut out = Bounded { text: String::new(), left: LONGEST };
    if write_patterns(&mut out, patterns).is_err() {
        out.text.push('…');
    }
    out.text
}

/// What was found, in words.
pub fn found(seen: View<'_>) -> String {
    let mut out = Bounded { text: String::new(), left: LONGEST };
    if write_view(&mut out, seen).is_err() {
        out.text.push('…');
    }
    out.text
}

/// A value in a few words.
pub fn value(value: &Value) -> String {
    let mut out = Bounded { text: String::new(), left: VALUE };
    if write_view(&mut out, View::of(value)).is_err() {
        out.text.push('…');
    }
    out.text
}

/// Text in quotes, its beginning if it is long.
pub fn short(text: &str) -> String {
    let clipped = clip(text, VALUE / 4);
    if clipped.len() < text.len() { format!("{}…", quoted(clipped)) } else { quoted(text) }
}

/// At most this many characters.
pub fn clip(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// Words that stop at a bound.
pub struct Bounded {
    text: String,
    left: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let part = clip(s, self.left);
        self.text.push_str(part);
        self.left -= part.chars().count();
        if part.len() < s.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn write_test(out: &mut Bounded, test: &Test) -> fmt::Result {
    match test {
        Test::Secret(_) => out.write_str("(hidden)"),
        Test::Refused(why) => out.write_str(clip(why, VALUE)),
        Test::Goss(expected) => expected.write(out),
        Test::Equal(value) => write_value(out, value),
        Test::Order(relation, value) => {
            write!(out, "{} ", relation.symbol())?;
            write_value(out, value)
        }
        Test::Between(ends) => {
            out.write_str("from ")?;
            write_value(out, &ends.0)?;
            out.write_str(" to ")?;
            write_value(out, &ends.1)
        }
        Test::OneOf(tests) => joined(out, "one of ", tests, ", "),
        Test::Prefix(text) => write!(out, "text beginning with {}", short(text)),
        Test::Suffix(text) => write!(out, "text ending with {}", short(text)),
        Test::Substring(text) => write!(out, "text containing {}", short(text)),
        Test::Regex(regex) => write!(out, "text matching {}", slashed(regex.as_str())),
        Test::Element(test) => match test.as_ref() {
            Test::Equal(value) => {
                out.write_str("the element ")?;
                write_value(out, value)
            }
            test => inner(out, "an element", test),
        },
        Test::Elements(tests) => elements(out, tests),
        Test::Listed(listed) => elements(out, &listed.elements),
        Test::ConsistOf(tests) if tests.is_empty() => out.write_str("an empty list"),
        Test::ConsistOf(tests) => {
            joined(out, "exactly ", tests, ", ")?;
            if tests.len() > 1 { out.write_str(", in any order") } else { Ok(()) }
        }
        Test::Each(test) => inner(out, "every element", test),
        Test::Len(test) => match test.as_ref() {
            Test::Equal(value) => {
                out.write_str("length ")?;
                write_value(out, value)
            }
            test => inner(out, "length", test),
        },
        Test::Key(test) => match test.as_ref() {
            Test::Equal(value) => {
                out.write_str("the key ")?;
                write_value(out, value)
            }
            test => inner(out, "a key", test),
        },
        Test::Patterns(patterns) => write_patterns(out, patterns),
        Test::Not(test) => match test.as_ref() {
            Test::Equal(_) | Test::OneOf(_) | Test::Order(..) => {
                out.write_str("not ")?;
                write_test(out, test)
            }
            test => inner(out, "not", test),
        },
        Test::And(tests) => match tests.as_slice() {
            [one] => write_test(out, one),
            _ => joined(out, "all of: ", tests, "; "),
        },
        Test::Or(tests) => match tests.as_slice() {
            [one] => write_test(out, one),
            _ => joined(out, "any of: ", tests, "; "),
        },
        Test::Semver(constraint) => write!(out, "a semantic version {}", clip(&constraint.written, VALUE)),
        Test::Gjson(paths) => list(out, paths, "; ", |out, (path, test)| {
            write!(out, "`{}`: ", clip(path, VALUE))?;
            write_test(out, test)
        }),
        Test::Xml(xml) => match &xml.result {
            None => write!(out, "something at `{}`", clip(&xml.path, VALUE)),
            Some(test) => {
                write!(out, "`{}`: ", clip(&xml.path, VALUE))?;
                write_test(out, test)
            }
        },
    }
}

fn write_patterns(out: &mut Bounded, patterns: &[Pattern]) -> fmt::Result {
    list(out, patterns, "; ", |out, one| out.write_str(&pattern(one)))
}

/// A pattern in words.
pub fn pattern(pattern: &Pattern) -> String {
    let line = if pattern.inverse { "no line" } else { "a line" };
    match (pattern.plain(), pattern.regex()) {
        (Some(plain), _) => format!("{line} containing {}", short(plain)),
        (None, None) => format!("goss's pattern {}", short(&pattern.written)),
        (_, regex) => format!("{line} matching {}", slashed(regex.unwrap_or(""))),
    }
}

/// A regular expression between slashes, its control characters escaped.
fn slashed(source: &str) -> String {
    let clean: String = clip(source, VALUE)
        .chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect();
    format!("/{clean}{}/", if clip(source, VALUE).len() < source.len() { "…" } else { "" })
}

fn inner(out: &mut Bounded, noun: &str, test: &Test) -> fmt::Result {
    write!(out, "{noun}: ")?;
    write_test(out, test)
}

fn elements(out: &mut Bounded, tests: &[Test]) -> fmt::Result {
    joined(out, if tests.len() == 1 { "the element " } else { "the elements " }, tests, ", ")
}

fn joined(out: &mut Bounded, before: &str, tests: &[Test], between: &str) -> fmt::Result {
    out.write_str(before)?;
    list(out, tests, between, write_test)
}

fn list<T>(
    out: &mut Bounded,
    items: &[T],
    between: &str,
    mut write: impl FnMut(&mut Bounded, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().take(NAMED).enumerate() {
        if index > 0 {
            out.write_str(between)?;
        }
        write(out, item)?;
    }
    match items.len().checked_sub(NAMED) {
        Some(more @ 1..) => write!(out, "{between}and {more} more"),
        _ => Ok(()),
    }
}

fn write_value(out: &mut Bounded, value: &Value) -> fmt::Result {
    match value {
        Value::Text(text) => out.write_str(&long(Text::whole(text), VALUE)),
        Value::List(items) => {
            out.write_str("[")?;
            list(out, items, ", ", write_value)?;
            out.write_str("]")
        }
        Value::Map(map) => {
            out.write_str("{")?;
            list(out, map, ", ", |out, (key, value)| {
                write!(out, "{}: ", short(key))?;
                write_value(out, value)
            })?;
            out.write_str("}")
        }
        Value::Content(_) | Value::Excerpt(_) => write_view(out, View::of(value)),
        Value::Version(version) => out.write_str(&short(&version.text)),
        // Quantities are short.
        other => write!(out, "{other}"),
    }
}

pub fn write_view(out: &mut Bounded, seen: View<'_>) -> fmt::Result {
    match seen {
        View::Text(text) => out.write_str(&long(text, VALUE)),
        View::Value(value) => write_value(out, value),
    }
}

/// The first lines and characters of text, and how much more there is.
fn long(text: Text<'_>, chars: usize) -> String {
    if let Some(excerpt) = text.excerpt {
        return format!("{} of text", size(excerpt.size));
    }
    const LINES: usize = 8;
    let lines = memchr::memchr_iter(b'\n', text.text.as_bytes()).nth(LINES - 1).map_or(text.text.len(), |at| at + 1);
    let part = clip(&text.text[..lines], chars);
    let rest = text.text.len() - part.len();
    let mut out = quoted(part);
    match (rest, text.cut) {
        (0, None) => {}
        (0, Some(_)) => out.push('…'),
        (rest, cut) => {
            let more = if cut.is_some() { " at least" } else { "" };
            out.push_str(&format!("… and{more} {rest} bytes more"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::{Relation, pattern::compile};
    use crate::value::Content;

    fn text(t: &str) -> Test {
        Test::Equal(Value::Text(t.into()))
    }

    #[test]
    fn expectations_read_as_a_person_would_say_them() {
        let five = || Test::Order(Relation::GreaterOrEqual, Value::Int(5));
        for (test, words) in [
            (text("a"), "\"a\""),
            (five(), "≥ 5"),
            (Test::Elements(vec![text("a"), text("b")]), "the elements \"a\", \"b\""),
            (Test::ConsistOf(vec![]), "an empty list"),
            (Test::ConsistOf(vec![text("a"), five()]), "exactly \"a\", ≥ 5, in any order"),
            (Test::Each(Box::new(five())), "every element: ≥ 5"),
            (Test::Not(Box::new(text("a"))), "not \"a\""),
            (Test::And(vec![five(), text("a")]), "all of: ≥ 5; \"a\""),
            (Test::Len(Box::new(Test::Equal(Value::Int(2)))), "length 2"),
            (Test::Regex(compile("a\u{1b}b").unwrap()), "text matching /a\\u{1b}b/"),
            (
                Test::Patterns(["foo", "!/b.r/"].map(|p| Pattern::parse(p).unwrap()).into()),
                "a line containing \"foo\"; no line matching /b.r/",
            ),
        ] {
            assert_eq!(expected(&test), words);
        }
    }

    #[test]
    fn what_is_long_is_shortened_and_says_how_much_there_was() {
        let value = Value::Text("line\n".repeat(100));
        assert_eq!(found(View::of(&value)), format!("\"{}\"… and 460 bytes more", "line\\n".repeat(8)));
        let cut = Value::Content(Box::new(Content { text: "ab".into(), cut: Some(2) }));
        assert_eq!(found(View::of(&cut)), "\"ab\"…");
        let list = Value::List((0..1000).map(Value::Int).collect());
        assert!(found(View::of(&list)).ends_with("19, and 980 more]"));
        let deep = Test::And((0..1000).map(|_| text(&"x".repeat(1000))).collect());
        assert!(expected(&deep).chars().count() <= LONGEST + 1);
    }
}
