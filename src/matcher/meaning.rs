//! What a test or a value says, however it is spelled: two that say the same are equal, in whatever order they name what has
//! none.

use super::{Listed, Pattern, Test, Xml};
use crate::value::{Bytes, Portion, Value};
use std::fmt::Write;

/// Equal for what says the same. It holds secrets, and nothing prints it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Meaning(String);

impl Meaning {
    pub fn of_test(test: &Test) -> Meaning {
        Meaning(of_test(test))
    }

    /// Of data; what stands in a list stands in its order.
    pub fn of_value(value: &Value) -> Meaning {
        Meaning(of_value(value))
    }

    /// All of these in any order.
    pub fn of_all(all: impl IntoIterator<Item = Meaning>) -> Meaning {
        Meaning(unordered(all.into_iter().map(|one| one.0)))
    }

    /// This under a name.
    pub fn under(&self, name: &str) -> Meaning {
        Meaning(format!("{name:?}={}", self.0))
    }
}

fn of_test(test: &Test) -> String {
    let all = |word: &str, tests: &[Test]| format!("{word}{}", unordered(tests.iter().map(of_test)));
    match test {
        Test::Equal(value) => of_value(value),
        Test::Order(relation, value) => format!("{} {}", relation.symbol(), of_value(value)),
        Test::Between(ends) => format!("between {} {}", of_value(&ends.0), of_value(&ends.1)),
        Test::OneOf(tests) => all("one-of", tests),
        Test::Prefix(text) => format!("prefix {text:?}"),
        Test::Suffix(text) => format!("suffix {text:?}"),
        Test::Substring(text) => format!("substring {text:?}"),
        Test::Regex(regex) => format!("regex {:?}", regex.as_str()),
        Test::Element(test) => format!("element {}", of_test(test)),
        Test::Elements(tests) => all("elements", tests),
        Test::ConsistOf(tests) => all("consist-of", tests),
        Test::Each(test) => format!("each {}", of_test(test)),
        Test::Len(test) => format!("len {}", of_test(test)),
        Test::Key(test) => format!("key {}", of_test(test)),
        Test::Patterns(patterns) => of_patterns(patterns),
        Test::Listed(listed) => {
            let Listed { elements, patterns } = &**listed;
            let patterns = patterns.as_deref().map(of_patterns).unwrap_or_default();
            format!("{} or {patterns}", all("elements", elements))
        }
        Test::Not(test) => format!("not {}", of_test(test)),
        Test::And(tests) => all("and", tests),
        Test::Or(tests) => all("or", tests),
        Test::Semver(constraint) => format!("semver {:?}", constraint.written),
        Test::Gjson(paths) => {
            format!("gjson{}", unordered(paths.iter().map(|(path, test)| format!("{path:?}={}", of_test(test)))))
        }
        Test::Xml(xml) => {
            let Xml { path, xpath: _, result } = &**xml;
            format!("xml {path:?}={}", result.as_ref().map(of_test).unwrap_or_default())
        }
        Test::Secret(test) => of_test(test),
        Test::Goss(expected) => format!("goss {expected:?}"),
        Test::Refused(why) => format!("refused {why:?}"),
    }
}

fn of_patterns(patterns: &[Pattern]) -> String {
    let one = |pattern: &Pattern| {
        let not = if pattern.inverse { "!" } else { "" };
        match (pattern.plain(), pattern.regex()) {
            (Some(plain), _) => format!("{not}{plain:?}"),
            (None, Some(regex)) => format!("{not}/{regex:?}/"),
            (None, None) => format!("{not}{:?}", pattern.written),
        }
    };
    format!("patterns{}", unordered(patterns.iter().map(one)))
}

fn of_value(value: &Value) -> String {
    match value {
        Value::Absent => "absent".into(),
        Value::Unfit(why) => format!("unfit {why:?}"),
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::No(_) => "false".into(),
        Value::Int(n) => n.to_string(),
        Value::Number(n) => number(*n),
        Value::Text(text) => format!("{text:?}"),
        Value::Secret(secret) => format!("{:?}", secret.reveal()),
        Value::Content(content) => format!("{:?}", content.text),
        Value::Excerpt(excerpt) => format!("excerpt {excerpt:?}"),
        Value::List(list) => {
            let mut out = String::from("[");
            for one in list {
                let _ = write!(out, "{},", of_value(one));
            }
            out + "]"
        }
        Value::Partial(part) => of_value(&Value::List(part.0.clone())) + "…",
        Value::Map(map) => unordered(map.iter().map(|(key, one)| format!("{key:?}={}", of_value(one)))),
        Value::Pairs(pairs) => unordered(pairs.iter().map(|(key, one)| format!("{}={}", of_value(key), of_value(one)))),
        Value::Mode(mode) => format!("mode {mode}"),
        Value::Size(Bytes(bytes)) => format!("{bytes} bytes"),
        Value::Share(share) | Value::Portion(Portion(share)) => format!("{} of {}", share.part, share.whole),
        Value::Percent(percent) => format!("{}%", number(percent.0)),
        Value::Duration(span) => format!("{} ns", span.whole_nanoseconds()),
        Value::Version(version) => format!("version {:?}", version.text),
        Value::Time(time) => format!("at {}", time.unix_timestamp_nanos()),
    }
}

/// A number with a fraction that has none is the whole number.
fn number(n: f64) -> String {
    match n.fract() == 0.0 && n.abs() < 9e15 {
        true => (n as i64).to_string(),
        false => format!("{n:?}"),
    }
}

fn unordered(all: impl IntoIterator<Item = String>) -> String {
    let mut all: Vec<String> = all.into_iter().collect();
    all.sort_unstable();
    let mut out = String::from("{");
    for one in all {
        out.push_str(&one);
        out.push(',');
    }
    out + "}"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::lower;
    use crate::syntax::{Format, parse};
    use crate::value::Type;

    /// The meaning of what stands in a TOML or YAML text under `a`.
    fn meaning(text: &str, format: Format, ty: Type) -> Meaning {
        let (tree, wrong) = parse(text, 0, format);
        assert_eq!(wrong, [], "{text}");
        let mut wrong = vec![];
        let test = lower(tree.unwrap().get("a").unwrap(), ty, &mut wrong);
        assert_eq!(wrong, [], "{text}");
        Meaning::of_test(&test.unwrap())
    }

    fn toml(text: &str, ty: Type) -> Meaning {
        meaning(&format!("a = {text}"), Format::Toml, ty)
    }

    const TEXTS: Type = Type::List(&Type::Text);

    #[test]
    fn the_same_in_another_spelling_says_the_same() {
        for (ty, one, other) in [
            (Type::Mode, "\"644\"", "\"0o644\""),
            (Type::Size, "\"10 GiB\"", "10737418240"),
            (Type::Size, "{ ge = \"1 KiB\" }", "\">= 1024\""),
            (Type::Duration, "\"< 90m\"", "{ lt = \"1h30m\" }"),
            (Type::Percent, "80", "\"80%\""),
            (Type::Number, "1.0", "1"),
            (Type::Version, "1.10", "\"1.10\""),
            (Type::Int, "{ not = 5 }", "\"!= 5\""),
            (Type::Time, "\"2030-01-31\"", "\"2030-01-31T01:00:00+01:00\""),
            (TEXTS, "[\"a\", \"b\"]", "[\"b\", \"a\"]"),
            (TEXTS, "[\"a\"]", "{ contain-elements = [\"a\"] }"),
            (TEXTS, "{ consist-of = [\"a\", \"b\", \"a\"] }", "{ consist-of = [\"b\", \"a\", \"a\"] }"),
            (Type::Content, "[\"a\", \"\\\\!b\"]", "['\\!b', 'a']"),
            (Type::Any, "{ gjson = { a = 1, b = 2 } }", "{ gjson = { b = 2, a = 1 } }"),
            (Type::Any, "[1, 2]", "[2, 1]"),
        ] {
            assert!(toml(one, ty) == toml(other, ty), "{one} {other}");
        }
        let yaml = meaning("a: {have-prefix: x}", Format::Yaml, Type::Text);
        assert!(yaml == toml("{ have-prefix = \"x\" }", Type::Text));
    }

    #[test]
    fn what_says_something_else_differs() {
        for (ty, one, other) in [
            (Type::Mode, "\"644\"", "\"0600\""),
            (Type::Size, "\"1 GiB\"", "\"1 GB\""),
            (Type::Share, "\"5%\"", "5"),
            (Type::Int, "\">= 5\"", "\"> 5\""),
            (Type::Int, "\">= 5\"", "5"),
            (Type::Version, "1.10", "1.1"),
            (Type::Text, "1.10", "1.1"),
            (Type::Any, "5", "\"5\""),
            (Type::Any, "\"true\"", "true"),
            (TEXTS, "{ equal = [\"a\", \"b\"] }", "{ equal = [\"b\", \"a\"] }"),
            (TEXTS, "[\"a\"]", "{ consist-of = [\"a\"] }"),
            (TEXTS, "{ consist-of = [\"a\", \"a\"] }", "{ consist-of = [\"a\"] }"),
            (TEXTS, "[\"a,b\"]", "[\"a\", \"b\"]"),
            (Type::Content, "[\"/a/\"]", "['\\/a/']"),
            (Type::Content, "[\"!a\"]", "['\\!a']"),
            (Type::Text, "{ have-prefix = \"a\" }", "{ have-suffix = \"a\" }"),
            (Type::Text, "{ match-regexp = \"a\" }", "{ match-regexp = \"a+\" }"),
            (Type::Secret, "\"$6$one\"", "\"$6$two\""),
        ] {
            assert!(toml(one, ty) != toml(other, ty), "{one} {other}");
        }
    }
}
