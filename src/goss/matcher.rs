//! What an entry expects of a property to the test that it means.

use crate::matcher::goss::{Expected, Matcher, Number, Range, Xml, printed};
use crate::matcher::{Pattern, Relation, Test};
use crate::query::XPath;
use crate::value::Value;

/// What goss says of an entry that does not say what it must.
pub const MISSING: &str = "Syntax Error: Missing required attribute";

/// What the property is to goss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Text of many lines: a list means patterns.
    Reader,
    /// Its lists are lists of texts.
    Typed,
    /// Data of a file.
    Any,
}

/// An expectation that goss would call an error is [`Test::Refused`]: it fails whatever is seen.
pub fn test(value: &Value, seen: Seen) -> Test {
    let matcher = match value {
        Value::List(list) if seen == Seen::Reader => patterns(list),
        value => matcher(value),
    };
    match matcher {
        Ok(matcher) => Test::Goss(Box::new(Expected { written: value.clone(), strings: seen == Seen::Typed, matcher })),
        Err(why) => Test::Refused(why.into()),
    }
}

fn matcher(value: &Value) -> Result<Matcher, String> {
    match value {
        Value::Text(text) => Ok(Matcher::Text(text.as_str().into())),
        Value::Bool(_) => Ok(Matcher::Equal(value.clone())),
        Value::List(list) => Ok(Matcher::Elements { each: all(list)?, lines: false }),
        Value::Null | Value::Absent => Err(MISSING.into()),
        Value::Map(map) => match map.as_slice() {
            [(name, value)] => named(name, value),
            [] => Err("Syntax Error: Invalid matcher configuration. It names no matcher".into()),
            more => Err(format!(
                "Syntax Error: Invalid matcher configuration. At a given nesting level, only one matcher is allowed. \
                 Found multiple matchers: {}",
                quoted(&Value::List(more.iter().map(|(name, _)| Value::Text(name.clone())).collect()))
            )),
        },
        value => Number::of(value).map(Matcher::Number).ok_or_else(|| wrong("matcher", "map", value)),
    }
}

fn named(name: &str, value: &Value) -> Result<Matcher, String> {
    let text = || match value {
        Value::Text(text) => Ok(text.as_str()),
        _ => Err(wrong(name, "string", value)),
    };
    let list = |name: &str| match value {
        Value::List(list) => Ok(list.as_slice()),
        _ => Err(wrong(name, "array", value)),
    };
    let map = || match value {
        Value::Map(map) => Ok(map.as_slice()),
        _ => Err(wrong(name, "map", value)),
    };
    Ok(match name {
        "equal" => Matcher::Equal(value.clone()),
        "have-prefix" => Matcher::Prefix(text()?.into()),
        "have-suffix" => Matcher::Suffix(text()?.into()),
        "contain-substring" => Matcher::Substring(text()?.into()),
        "match-regexp" => match crate::re2::compile(text()?) {
            Ok(regex) => Matcher::Regexp(regex),
            Err(why) => Matcher::Wrong(format!("RegExp match failed to compile with error:\n\t{why}").into()),
        },
        "have-len" => match value {
            Value::Int(n) => Matcher::Len(*n),
            // Go drops the fraction.
            Value::Number(n) => Matcher::Len(n.trunc() as i64),
            _ => return Err(wrong(name, "numeric", value)),
        },
        "have-patterns" => match patterns(list(name)?) {
            Ok(patterns) => patterns,
            Err(why) => Matcher::Wrong(why.into()),
        },
        "have-key" => Matcher::Key(Box::new(matcher(value)?)),
        "contain-element" => match value {
            Value::Map(_) | Value::Text(_) | Value::Int(_) | Value::Number(_) => {
                Matcher::Element(Box::new(matcher(value)?))
            }
            _ => return Err(wrong(name, "matcher, string or numeric", value)),
        },
        "contain-elements" => Matcher::Elements { each: all(list("contains-elements")?)?, lines: true },
        "consist-of" => Matcher::ConsistOf(all(list(name)?)?),
        "not" => Matcher::Not(Box::new(matcher(value)?)),
        "and" => Matcher::And(all(list(name)?)?),
        "or" => Matcher::Or(all(list(name)?)?),
        "gt" => order(Relation::Greater, value),
        "ge" => order(Relation::GreaterOrEqual, value),
        "lt" => order(Relation::Less, value),
        "le" => order(Relation::LessOrEqual, value),
        "semver-constraint" => match Range::parse(text()?) {
            Some(range) => Matcher::Semver(range),
            None => Matcher::Wrong(format!("Expected a valid semver constraint.  Got:\n    {}", quoted(value)).into()),
        },
        "gjson" => {
            let path = |(path, value): &(String, Value)| Ok((path.as_str().into(), matcher(value)?));
            Matcher::Gjson(map()?.iter().map(path).collect::<Result<_, String>>()?)
        }
        "xml" => xml(map()?)?,
        _ => return Err(format!("Syntax Error: Unknown matcher: {name}")),
    })
}

fn all(list: &[Value]) -> Result<Vec<Matcher>, String> {
    list.iter().map(matcher).collect()
}

fn patterns(list: &[Value]) -> Result<Matcher, String> {
    let pattern = |one: &Value| match one {
        Value::Text(text) => Pattern::goss(text),
        other => Err(format!("HavePatterns matcher expects patterns to be a string. got: \n    {}", printed(other))),
    };
    list.iter().map(pattern).collect::<Result<_, _>>().map(Matcher::Patterns)
}

fn order(relation: Relation, value: &Value) -> Matcher {
    match Number::of(value) {
        Some(number) => Matcher::Order(relation, number),
        None => Matcher::Wrong(format!("Expected a number.  Got:\n    {}", printed(value)).into()),
    }
}

fn xml(map: &[(String, Value)]) -> Result<Matcher, String> {
    let get = |key: &str| map.iter().find(|(k, _)| k == key).map(|(_, value)| printed(value));
    let (Some(path), Some(result)) = (get("xpath"), get("result")) else {
        return Err("Syntax Error: Invalid 'xml' argument. Expected xpath and result to have value".into());
    };
    Ok(match XPath::parse(&path) {
        Ok(xpath) => Matcher::Xml(Box::new(Xml { path: (&*path).into(), xpath, result: (&*result).into() })),
        Err(why) => Matcher::Wrong(format!("Invalid XPath query {path:?}: {why}").into()),
    })
}

fn wrong(name: &str, expected: &str, value: &Value) -> String {
    format!(
        "Syntax Error: Invalid '{name}' argument. Expected {expected} value, but received: {}: {}",
        type_name(value),
        quoted(value)
    )
}

/// Go's `%T`.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Absent => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Number(_) => "float64",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
        Value::Pairs(_) => "map[interface {}]interface {}",
        Value::Time(_) => "time.Time",
        _ => "string",
    }
}

/// Go's `%q`.
fn quoted(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Null | Value::Absent => "%!q(<nil>)".into(),
        Value::Int(n) => match u32::try_from(*n).ok().and_then(char::from_u32) {
            Some(c) => format!("{c:?}"),
            None => "'\u{fffd}'".into(),
        },
        Value::List(list) => format!("[{}]", list.iter().map(quoted).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key:?}:{}", quoted(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => format!("%!q({}={})", type_name(other), printed(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Format, parse};
    use crate::value::Content;

    fn yaml(text: &str) -> Value {
        Value::from(&parse(text, 0, Format::Yaml).0.unwrap())
    }

    fn verdict(test: &Test, seen: &Value) -> &'static str {
        use crate::matcher::Doubt;
        match test.holds(seen) {
            Ok(true) => "pass",
            Ok(false) => "fail",
            Err(Doubt::Unfit(_)) => "error",
            Err(Doubt::Cut(_)) => "unknown",
        }
    }

    #[test]
    fn expectations_mean_what_they_mean_to_goss() {
        for (seen, expected, word) in [
            ("'5'", "5", "pass"),
            ("5", "'5'", "pass"),
            ("5", "{equal: '5'}", "fail"),
            ("true", "true", "pass"),
            ("'true'", "true", "fail"),
            ("true", "'true'", "pass"),
            ("true", "1", "error"),
            ("null", "'<nil>'", "pass"),
            ("null", "{equal: null}", "error"),
            ("null", "{not: {equal: null}}", "error"),
            ("[a, b]", "[b]", "pass"),
            ("[a, b]", "[]", "pass"),
            ("a", "[a]", "error"),
            ("a", "[]", "error"),
            ("a", "{contain-elements: [a]}", "pass"),
            ("a", "{consist-of: [a]}", "error"),
            ("[a]", "a", "pass"),
            ("[a, b]", "\"a\\nb\"", "pass"),
            ("[5]", "5", "error"),
            ("{a: 1}", "'map[a:1]'", "pass"),
            ("{a: 1}", "{have-key: a}", "pass"),
            ("{a: 1}", "[1]", "pass"),
            ("abc", "{have-len: 3.9}", "pass"),
            ("5", "{have-len: 1}", "error"),
            ("5", "{not: {have-len: 1}}", "error"),
            ("5", "{and: [6, {have-len: 1}]}", "fail"),
            ("5", "{not: {and: [6, {have-len: 1}]}}", "pass"),
            ("5", "{not: {and: [{have-len: 1}, 6]}}", "error"),
            ("5", "{or: [5, {have-len: 1}]}", "pass"),
            ("5", "{or: [{have-len: 1}, 5]}", "error"),
            ("[1, a]", "{contain-element: {gt: 0}}", "pass"),
            ("[a, b]", "{contain-element: {gt: 0}}", "error"),
            ("[a, 1]", "[{gt: 0}]", "pass"),
            ("[a, b]", "[{gt: 0}]", "fail"),
            ("5", "{gt: '1'}", "error"),
            ("abc", "{match-regexp: '('}", "error"),
            ("abc", "{not: {match-regexp: '('}}", "error"),
            ("1.2.3", "{semver-constraint: '>1.0.0'}", "pass"),
            ("[1.2.3, 0.1.0]", "{semver-constraint: '>1.0.0'}", "fail"),
            ("[]", "{semver-constraint: '>1.0.0'}", "error"),
            ("'{\"a\": [1, {\"b\": 2}]}'", "{gjson: {a.1.b: 2, a.#: {gt: 1}}}", "pass"),
            ("'{\"a\": 1}'", "{gjson: {a: {equal: 1}}}", "fail"),
            ("'{\"a\": 1}'", "{not: {gjson: {b: 1}}}", "error"),
            ("a", "{have-patterns: [/^a$/, '!b']}", "pass"),
            ("a", "{}", "error"),
            ("a", "{have-prefix: a, have-suffix: a}", "error"),
            ("a", "{not: {nonsense: 1}}", "error"),
            ("a", "{or: [a, null]}", "error"),
            ("a", "{contain-element: [a]}", "error"),
        ] {
            let test = test(&yaml(expected), Seen::Any);
            assert_eq!(verdict(&test, &yaml(seen)), word, "{seen} {expected}");
        }
    }

    #[test]
    fn a_list_of_texts_is_not_a_list_of_a_file() {
        for (expected, typed, any) in [("{equal: ['5']}", "fail", "pass"), ("5", "pass", "error")] {
            let seen = Value::List(vec![Value::Text("5".into())]);
            assert_eq!(verdict(&test(&yaml(expected), Seen::Typed), &seen), typed, "{expected}");
            assert_eq!(verdict(&test(&yaml(expected), Seen::Any), &seen), any, "{expected}");
        }
    }

    #[test]
    fn what_may_follow_cut_text_decides_nothing() {
        let cut = |text: &str| Value::Content(Box::new(Content { text: text.into(), cut: Some(2) }));
        for (expected, word) in [
            ("ab", "fail"),
            ("abc", "unknown"),
            ("b", "fail"),
            ("{not: abc}", "unknown"),
            ("{have-prefix: a}", "pass"),
            ("{have-suffix: b}", "unknown"),
            ("[b]", "pass"),
            ("[c]", "unknown"),
            ("['!a']", "fail"),
            ("['!c']", "unknown"),
            ("5", "unknown"),
            ("{not: 5}", "unknown"),
            ("{contain-element: abc}", "unknown"),
            ("{contain-element: b}", "unknown"),
            ("{have-len: 2}", "fail"),
            ("{have-len: 9}", "unknown"),
            ("{gjson: {a: 1}}", "unknown"),
            ("{and: [b, {have-suffix: b}]}", "fail"),
            ("{not: {and: [{have-suffix: c}, b]}}", "pass"),
            ("{or: [{have-suffix: c}, {have-prefix: a}]}", "pass"),
            ("{or: [5, {have-prefix: a}]}", "unknown"),
            ("{have-len: x}", "error"),
        ] {
            assert_eq!(verdict(&test(&yaml(expected), Seen::Reader), &cut("ab")), word, "{expected}");
        }
    }

    #[test]
    fn long_text_is_sieved_for_what_goss_expects_of_lines() {
        for (expected, sieved) in
            [("[a]", true), ("['/a/', '']", true), ("{not: {contain-substring: a}}", true), ("a", false)]
        {
            assert_eq!(test(&yaml(expected), Seen::Reader).sieve().is_some(), sieved, "{expected}");
        }
    }

    #[test]
    fn what_goss_calls_an_error_is_told_in_its_words() {
        for (expected, words) in [
            ("null", MISSING),
            (
                "{have-len: true}",
                "Syntax Error: Invalid 'have-len' argument. Expected numeric value, but received: bool: %!q(bool=true)",
            ),
            (
                "{have-prefix: 1.5}",
                "Syntax Error: Invalid 'have-prefix' argument. Expected string value, but received: float64: %!q(float64=1.5)",
            ),
            (
                "{contain-elements: a}",
                "Syntax Error: Invalid 'contains-elements' argument. Expected array value, but received: string: \"a\"",
            ),
        ] {
            let Test::Refused(why) = test(&yaml(expected), Seen::Any) else { panic!("{expected}") };
            assert_eq!(&*why, words);
        }
    }
}
