//! Why a test does not hold of what was seen: what is missing, what is too much, where texts differ.

use super::contains::Unmet;
use super::holds::{at, equal, holds, json};
use super::text::{Elements, Text, View};
use super::words::{self, expected, found, pattern, short, value};
use super::{Doubt, Evidence, Pattern, Test, diff};
use crate::quantity;
use crate::value::Value;

/// Elements that `missing` and `extra` name.
const NAMED: usize = 20;
/// Lines of which it is said that they are what no line should be.
const LINES: usize = 5;

pub fn explain(test: &Test, seen: View<'_>) -> Evidence {
    if test.is_secret() {
        let hidden = "(hidden)".to_owned();
        return Evidence { expected: hidden.clone(), found: hidden, ..Evidence::default() };
    }
    if let View::Value(Value::Unfit(why)) = seen {
        return Evidence { expected: expected(test), found: why.clone(), told: true, ..Evidence::default() };
    }
    if let (Test::Equal(Value::Bool(true)), View::Value(Value::No(why))) = (test, seen) {
        return Evidence { expected: expected(test), found: why.clone(), told: true, ..Evidence::default() };
    }
    if let View::Value(Value::Absent) = seen {
        let note = matches!(test, Test::Not(_)).then(|| "what is not there fails a `not` too".to_owned());
        return Evidence { expected: expected(test), found: found(seen), note, ..Evidence::default() };
    }
    let mut evidence = Evidence { expected: expected(test), found: found(seen), ..Evidence::default() };
    match (test, seen) {
        (Test::Equal(want), View::Value(Value::List(_))) if !matches!(want, Value::List(_)) => {
            evidence.expected = format!("only {}", evidence.expected);
        }
        (Test::Listed(listed), seen) if seen.text().is_some() => {
            if let Ok(patterns) = &listed.patterns {
                evidence.expected = words::patterns(patterns);
            }
        }
        _ => {}
    }
    why(test, seen, &mut evidence);
    if let View::Value(Value::No(reason)) = seen {
        note(&mut evidence, reason.clone());
    }
    if let Err(doubt) = holds(test, seen) {
        note(
            &mut evidence,
            match doubt {
                Doubt::Unfit(why) => why,
                Doubt::Cut(bound) => format!("only the first {} was read", quantity::size(bound)),
            },
        );
    }
    evidence
}

fn note(evidence: &mut Evidence, more: String) {
    match &mut evidence.note {
        None => evidence.note = Some(more),
        Some(note) if note.contains(&more) => {}
        Some(note) => {
            note.push_str("; ");
            note.push_str(&more);
        }
    }
}

/// Adds what is known beyond the expectation and what was found.
fn why(test: &Test, seen: View<'_>, evidence: &mut Evidence) {
    match test {
        Test::Equal(want) => unequal(want, seen, evidence),
        Test::Goss(expected) => expected.explain(seen, evidence),
        Test::Patterns(patterns) => {
            if let Some(text) = seen.text() {
                unmatched(patterns, text, evidence);
            }
        }
        Test::Listed(listed) => match (seen.text(), &listed.patterns) {
            (Some(text), Ok(patterns)) => unmatched(patterns, text, evidence),
            (Some(_), Err(_)) => {}
            (None, _) => unfound(&listed.elements, seen, false, evidence),
        },
        Test::Elements(tests) => unfound(tests, seen, false, evidence),
        Test::ConsistOf(tests) if seen.text().is_none() => unfound(tests, seen, true, evidence),
        Test::Each(test) => {
            let Some(elements) = Elements::of(seen) else { return };
            let wrong = elements.filter(|one| holds(test, *one) != Ok(true)).map(found);
            evidence.extra.extend(some(wrong));
        }
        Test::Len(_) => {
            let len = match seen {
                View::Text(text) => text.text.len(),
                View::Value(Value::List(list)) => list.len(),
                View::Value(Value::Map(map)) => map.len(),
                View::Value(_) => return,
            };
            note(evidence, format!("its length is {len}"));
        }
        Test::Key(_) => {
            if let View::Value(Value::Map(map)) = seen {
                let keys: Vec<_> = some(map.iter().map(|(key, _)| short(key))).collect();
                note(
                    evidence,
                    if keys.is_empty() { "it has no keys".into() } else { format!("its keys are {}", keys.join(", ")) },
                );
            }
        }
        Test::Not(inner) => present(inner, seen, evidence),
        Test::And(tests) => {
            let failing: Vec<_> = tests.iter().filter(|test| holds(test, seen) != Ok(true)).collect();
            if failing.len() < tests.len() && !failing.is_empty() {
                let words: Vec<_> = some(failing.iter().map(|test| expected(test))).collect();
                note(evidence, format!("what does not hold: {}", words.join("; ")));
            }
            if let [one] = failing.as_slice() {
                why(one, seen, evidence);
            }
        }
        Test::Gjson(paths) => {
            let Ok(json) = json(seen) else { return };
            for (path, test) in paths.iter().take(NAMED) {
                let words = match at(&json, path) {
                    Ok(one) if holds(test, View::of(&one)) == Ok(true) => continue,
                    Ok(one) => format!("`{path}`: expected {}, found {}", expected(test), value(&one)),
                    Err(Doubt::Unfit(why)) => why,
                    Err(Doubt::Cut(_)) => continue,
                };
                note(evidence, words);
            }
        }
        Test::Xml(xml) => {
            let Some(text) = seen.text().filter(|text| text.cut.is_none()) else { return };
            match xml.xpath.find(text.text) {
                Ok(at) => note(
                    evidence,
                    match at.value {
                        Some(one) => format!("`{}` is {}", xml.path, value(&one)),
                        None => format!("there is nothing at `{}`", xml.path),
                    },
                ),
                Err(why) => note(evidence, why),
            }
        }
        _ => {}
    }
}

/// The first few, and how many more.
fn some(all: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut all = all.fuse();
    let mut named = 0;
    std::iter::from_fn(move || {
        named += 1;
        match named {
            ..=NAMED => all.next(),
            _ if named == NAMED + 1 => match all.by_ref().count() {
                0 => None,
                more => Some(format!("… and {more} more")),
            },
            _ => None,
        }
    })
}

fn unequal(want: &Value, seen: View<'_>, evidence: &mut Evidence) {
    match (want, seen) {
        (Value::Text(want), View::Text(text)) if text.cut.is_none() => {
            evidence.diff = diff::unified(want, text.text);
            if let Some(hint) = hint(want, text.text) {
                note(evidence, hint.into());
            }
        }
        (Value::Bool(b), View::Text(text)) if text.text.trim() == b.to_string() => {
            note(evidence, format!("it is the text \"{b}\", not {b}"));
        }
        (Value::Text(want), View::Value(Value::Int(_) | Value::Number(_))) => {
            if let Some(matcher) = comparison(want) {
                note(evidence, format!("it was compared with a text: write `{matcher}`"));
            }
        }
        (Value::Text(want), View::Value(Value::List(list))) => {
            let (same, other): (Vec<_>, Vec<_>) =
                list.iter().partition(|one| equal(&Value::Text(want.clone()), View::of(one)) == Ok(true));
            if same.is_empty() {
                evidence.missing.push(short(want));
            }
            evidence.extra.extend(some(other.into_iter().chain(same.into_iter().skip(1)).map(value)));
        }
        (Value::List(want), View::Value(Value::List(list))) => {
            let differs = |(want, one): &(&Value, &Value)| equal(want, View::of(one)) != Ok(true);
            if let Some(index) = want.iter().zip(list).position(|pair| differs(&pair)) {
                note(evidence, format!("element {} differs", index + 1));
            } else if want.len() != list.len() {
                note(evidence, format!("expected {} elements, found {}", want.len(), list.len()));
            }
        }
        _ => {}
    }
}

/// The matcher for what is a comparison under keys of a known type, and a text where data may be anything.
fn comparison(want: &str) -> Option<String> {
    let operators = [("<=", "le"), (">=", "ge"), ("<", "lt"), (">", "gt")];
    let (name, rest) = operators.iter().find_map(|(sign, name)| Some((name, want.strip_prefix(sign)?)))?;
    rest.trim().parse::<f64>().ok().map(|_| format!("{{ {name} = {} }}", rest.trim()))
}

/// What two texts that look alike differ in.
fn hint(want: &str, text: &str) -> Option<&'static str> {
    if text.strip_suffix('\n') == Some(want) {
        Some("they differ only in the newline at the end, which was found and is not expected")
    } else if want.strip_suffix('\n') == Some(text) {
        Some("they differ only in the newline at the end, which is expected and was not found")
    } else if text.len().abs_diff(want.len()) < 1_000 && want.trim() == text.trim() {
        Some("they differ only in white space at the ends")
    } else if text.contains('\r') && text.lines().eq(want.lines()) {
        Some("they differ only in the ends of lines: it has `\\r\\n`")
    } else if want.len() == text.len() && want.eq_ignore_ascii_case(text) {
        Some("they differ only in upper and lower case")
    } else {
        None
    }
}

fn unmatched(patterns: &[Pattern], text: Text<'_>, evidence: &mut Evidence) {
    for one in patterns {
        if evidence.missing.len() >= NAMED || evidence.extra.len() >= NAMED {
            return;
        }
        match (one.holds(text), one.inverse) {
            (Ok(true), _) => {}
            (_, false) => evidence.missing.push(pattern(one)),
            (Ok(false), true) => evidence.extra.extend(lines(text, |line| one.found(line) == Ok(true))),
            (Err(_), true) => evidence.missing.push(pattern(one)),
        }
    }
}

/// Lines that are what none should be, with their numbers.
fn lines<'v>(text: Text<'v>, fits: impl Fn(Text<'v>) -> bool) -> impl Iterator<Item = String> {
    let number = move |index: usize| match text.excerpt {
        Some(excerpt) => excerpt.numbers.get(index).copied().unwrap_or(0),
        None => index as u64 + 1,
    };
    let found = text.lines().enumerate().filter(move |(_, line)| fits(*line));
    found.take(LINES).map(move |(index, line)| format!("line {}: {}", number(index), short(line.text)))
}

fn unfound(tests: &[Test], seen: View<'_>, exact: bool, evidence: &mut Evidence) {
    let Some(elements) = Elements::of(seen) else { return };
    let unmet = Unmet::of(tests, elements.clone(), exact);
    let missing = unmet.missing.iter().filter_map(|index| tests.get(*index)).map(expected);
    evidence.missing.extend(some(missing));
    if exact {
        let all: Vec<_> = elements.collect();
        evidence.extra.extend(some(unmet.extra.iter().filter_map(|index| all.get(*index)).map(|one| found(*one))));
    }
}

/// Where that is which should not be.
fn present(test: &Test, seen: View<'_>, evidence: &mut Evidence) {
    match (test, seen.text()) {
        (Test::Substring(want), Some(text)) if !want.contains('\n') => {
            evidence.extra.extend(lines(text, |line| line.contains(want) == Ok(true)));
        }
        (Test::Regex(regex), Some(text)) => {
            evidence.extra.extend(lines(text, |line| line.matches(regex) == Ok(true)));
        }
        (Test::Element(test), Some(text)) => {
            evidence.extra.extend(lines(text, |line| holds(test, View::Text(line)) == Ok(true)));
        }
        (Test::Element(test), None) => {
            let Some(elements) = Elements::of(seen) else { return };
            evidence.extra.extend(some(elements.filter(|one| holds(test, *one) == Ok(true)).map(found)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::test;
    use super::*;
    use crate::value::{Content, Type};

    fn content(text: &str) -> Value {
        Value::Content(Box::new(Content { text: text.into(), cut: None }))
    }

    fn texts(items: &[&str]) -> Value {
        Value::List(items.iter().map(|t| Value::Text((*t).into())).collect())
    }

    fn of(spec: &str, ty: Type, seen: &Value) -> Evidence {
        test(spec, ty).explain(seen)
    }

    #[test]
    fn a_list_names_what_is_missing_and_what_is_too_much() {
        let list = Type::List(&Type::Text);
        let evidence = of("[a, b, b]", list, &texts(&["b", "c"]));
        assert_eq!(evidence.expected, "the elements \"a\", \"b\", \"b\"");
        assert_eq!(evidence.missing, ["\"a\"", "\"b\""]);
        let evidence = of("{consist-of: [a, b]}", list, &texts(&["b", "c", "d"]));
        assert_eq!((evidence.missing, evidence.extra), (vec!["\"a\"".into()], vec!["\"c\"".into(), "\"d\"".into()]));
        let evidence = of("a", list, &texts(&["a", "b"]));
        assert_eq!((evidence.expected.as_str(), evidence.extra), ("only \"a\"", vec!["\"b\"".into()]));
        let evidence = of("{each: {have-prefix: a}}", list, &texts(&["ab", "b"]));
        assert_eq!(evidence.extra, ["\"b\""]);
        let many: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        let many = texts(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(of("{consist-of: []}", list, &many).extra.last().unwrap(), "… and 80 more");
    }

    #[test]
    fn patterns_name_what_is_missing_and_the_lines_that_should_not_be() {
        let evidence = of("[foo, \"!/b.r/\", baz]", Type::Content, &content("baz\nx bar\n"));
        assert_eq!(evidence.missing, ["a line containing \"foo\""]);
        assert_eq!(evidence.extra, ["line 2: \"x bar\""]);
        let evidence = of("{not: {contain-substring: bar}}", Type::Content, &content("baz\nx bar\n"));
        assert_eq!(evidence.extra, ["line 2: \"x bar\""]);
    }

    #[test]
    fn texts_that_look_alike_say_what_they_differ_in() {
        let note = |want: &str, seen: &str| of(want, Type::Content, &content(seen)).note.unwrap_or_default();
        assert!(note("ok", "ok\n").contains("only in the newline at the end, which was found"));
        assert!(note("\"ok\\n\"", "ok").contains("which is expected"));
        assert!(note("ok", " ok ").contains("white space"));
        assert!(note("ok", "OK").contains("upper and lower case"));
        assert!(note("\"a\\nb\\n\"", "a\r\nb\r\n").contains("ends of lines"));
        assert_eq!(note("ok", "no"), "");
        assert!(of("\"a\\nb\\nc\\n\"", Type::Content, &content("a\nc\n")).diff.unwrap().contains("\n-b\n"));
    }

    #[test]
    fn a_reason_stands_in_place_of_what_was_found() {
        let why = || "it is not JSON".to_owned();
        for (ty, spec, seen) in [(Type::Int, "5", Value::Unfit(why())), (Type::Bool, "true", Value::No(why()))] {
            let evidence = of(spec, ty, &seen);
            assert_eq!(
                (evidence.found.as_str(), evidence.told, evidence.note),
                ("it is not JSON", true, None),
                "{spec}"
            );
        }
        let absent = |spec| of(spec, Type::Int, &Value::Absent);
        assert_eq!((absent("5").found.as_str(), absent("5").note), ("nothing", None));
        assert!(absent("{not: 5}").note.unwrap().contains("`not`"));
    }

    #[test]
    fn what_could_not_be_compared_says_why() {
        let note = |spec: &str, seen: &Value| of(spec, Type::Any, seen).note.unwrap_or_default();
        assert_eq!(note("{gt: 5}", &Value::Text("many".into())), "\"many\" is not a number");
        assert_eq!(note("true", &Value::Text("true".into())), "it is the text \"true\", not true");
        assert_eq!(note("\"< 5\"", &Value::Int(3)), "it was compared with a text: write `{ lt = 5 }`");
        assert_eq!(note("\"5\"", &Value::Int(3)), "");
        assert_eq!(note("{have-key: b}", &Value::Map(vec![("a".into(), Value::Null)])), "its keys are \"a\"");
        assert_eq!(note("{have-len: 2}", &texts(&["a"])), "its length is 1");
        let json = Value::Text("{\"a\": 5, \"b\": 1}".into());
        assert_eq!(note("{gjson: {a: 6, b: 1, c: 1}}", &json), "`a`: expected 6, found 5; there is nothing at `c`");
        assert_eq!(note("{and: [{gt: 5}, {lt: 9}]}", &Value::Int(9)), "what does not hold: < 9");
        let cut = Value::Content(Box::new(Content { text: "a".into(), cut: Some(1 << 20) }));
        assert_eq!(of("[b]", Type::Content, &cut).note.unwrap(), "only the first 1 MiB was read");
    }
}
