//! Each operator on each kind of value: what passes, what fails, what is in doubt.

use super::written::test;
use super::*;
use crate::quantity::{parse_duration, parse_time};
use crate::value::{Bytes, Content, Mode, Percent, Share, VersionOrder};

fn text(t: &str) -> Value {
    Value::Text(t.into())
}

fn content(t: &str) -> Value {
    Value::Content(Box::new(Content { text: t.into(), cut: None }))
}

fn cut(t: &str) -> Value {
    Value::Content(Box::new(Content { text: t.into(), cut: Some(t.len() as u64) }))
}

fn int(n: i64) -> Value {
    Value::Int(n)
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn texts(items: &[&str]) -> Value {
    list(items.iter().map(|t| text(t)))
}

fn map(items: &[(&str, Value)]) -> Value {
    Value::Map(items.iter().map(|(k, v)| ((*k).into(), v.clone())).collect())
}

fn version(t: &str) -> Value {
    Value::Version(Box::new(crate::value::Version { text: t.into(), order: VersionOrder::Debian }))
}

fn share(part: u64, whole: u64) -> Value {
    Value::Share(Share { part, whole })
}

fn span(t: &str) -> Value {
    Value::Duration(parse_duration(t).unwrap())
}

fn time(t: &str) -> Value {
    Value::Time(parse_time(t).unwrap())
}

fn size(b: u64) -> Value {
    Value::Size(Bytes(b))
}

fn percent(p: f64) -> Value {
    Value::Percent(Percent(p))
}

#[track_caller]
fn check(ty: Type, spec: &str, passes: &[Value], fails: &[Value]) {
    let test = test(spec, ty);
    for seen in passes {
        assert_eq!(test.holds(seen), Ok(true), "{spec} of {seen}");
    }
    for seen in fails {
        assert_eq!(test.holds(seen), Ok(false), "{spec} of {seen}");
        let evidence = test.explain(seen);
        assert!(!evidence.expected.is_empty() && !evidence.found.is_empty(), "{spec} of {seen}");
    }
}

/// Fails whichever way round it is written.
#[track_caller]
fn unfit(ty: Type, spec: &str, seen: &[Value]) {
    for seen in seen {
        for spec in [spec.to_owned(), format!("{{not: {spec}}}")] {
            let held = test(&spec, ty).holds(seen);
            assert!(matches!(held, Err(Doubt::Unfit(_))), "{spec} of {seen}: {held:?}");
        }
    }
}

#[track_caller]
fn in_doubt(spec: &str, seen: &[Value]) {
    for seen in seen {
        let held = test(spec, Type::Content).holds(seen);
        assert!(matches!(held, Err(Doubt::Cut(_))), "{spec} of {seen}: {held:?}");
    }
}

#[test]
fn equality_of_every_type() {
    const WORDS: &[&str] = &["file", "directory"];
    check(Type::Bool, "true", &[Value::Bool(true)], &[Value::Bool(false)]);
    check(Type::Int, "80", &[int(80)], &[int(81)]);
    check(Type::Int, "\"!= 80\"", &[int(81)], &[int(80)]);
    check(Type::Number, "1.5", &[Value::Number(1.5)], &[Value::Number(1.4), int(1)]);
    check(Type::Number, "2", &[Value::Number(2.0), int(2)], &[Value::Number(2.1)]);
    check(Type::Text, "root", &[text("root")], &[text("roots"), text("")]);
    check(Type::Text, "1.10", &[text("1.10")], &[text("1.1")]);
    check(Type::Choice(WORDS), "file", &[text("file")], &[text("directory")]);
    check(Type::Mode, "\"0644\"", &[Value::Mode(Mode(0o644))], &[Value::Mode(Mode(0o4644))]);
    check(Type::Mode, "{one-of: [\"0640\", \"600\"]}", &[Value::Mode(Mode(0o600))], &[Value::Mode(Mode(0o644))]);
    check(Type::Size, "\"1 KiB\"", &[size(1024)], &[size(1000)]);
    check(Type::Size, "1024", &[size(1024)], &[size(1000)]);
    check(Type::Share, "\"50%\"", &[share(1, 2)], &[share(1, 3)]);
    check(Type::Share, "\"1 KiB\"", &[share(1024, 9999)], &[share(1, 2)]);
    check(Type::Percent, "50", &[percent(50.0)], &[percent(50.1)]);
    check(Type::Duration, "\"1h\"", &[span("60m")], &[span("61m")]);
    check(Type::Duration, "0", &[span("0")], &[span("1s")]);
    check(Type::Version, "\"1.0\"", &[version("1.0"), version("1.0-0")], &[version("1.0-1")]);
    check(Type::Version, "1.10", &[version("1.10")], &[version("1.1")]);
    check(Type::Time, "\"2030-01-31\"", &[time("2030-01-31T01:00:00+01:00")], &[time("2030-01-31T00:00:01Z")]);
    check(Type::Content, "\"a\\n\"", &[content("a\n")], &[content("a"), content("a\n\n"), cut("a\n"), cut("b")]);
    check(Type::Content, "5", &[content("5\n"), content("5.0")], &[content("6")]);
    unfit(Type::Content, "5", &[content("five"), content("")]);
    in_doubt("\"a\\nb\"", &[cut("a\n"), cut("")]);
    in_doubt("5", &[cut("5"), cut("x")]);
}

#[test]
fn equality_of_anything_is_gosss() {
    check(
        Type::Any,
        "\"5\"",
        &[text("5"), int(5), Value::Number(5.0), list([int(5)])],
        &[text("5.0"), text("5\n"), int(6), Value::Null, Value::Bool(true), map(&[]), texts(&["5", "6"])],
    );
    check(
        Type::Any,
        "5",
        &[int(5), Value::Number(5.0), text(" 5\n"), text("5.0"), list([text("5")])],
        &[int(6), text("6")],
    );
    check(Type::Any, "5", &[], &[list([int(5), int(5)]), list([])]);
    unfit(Type::Any, "5", &[text("five"), Value::Null, Value::Bool(true), map(&[])]);
    check(Type::Any, "true", &[Value::Bool(true)], &[Value::Bool(false), text("true"), int(1), Value::Null]);
    check(Type::Any, "\"true\"", &[Value::Bool(true), text("true")], &[text("yes")]);
    check(Type::Any, "\"a\\nb\"", &[texts(&["a", "b"]), text("a\nb")], &[texts(&["b", "a"])]);
    check(
        Type::Any,
        "{equal: [a, 1]}",
        &[list([text("a"), int(1)])],
        &[list([int(1), text("a")]), list([text("a")]), text("a")],
    );
    check(
        Type::Any,
        "{equal: {a: 1, b: x}}",
        &[map(&[("b", text("x")), ("a", int(1))])],
        &[map(&[("a", int(1))]), Value::Null],
    );
    check(Type::Any, "{equal: []}", &[list([])], &[list([int(1)]), map(&[])]);
    check(Type::Any, "9007199254740993", &[int(9_007_199_254_740_993)], &[int(9_007_199_254_740_992)]);
}

#[test]
fn whole_numbers_beyond_64_bits_are_compared_digit_by_digit() {
    let (shmmax, next) = ("18446744073692774399", "18446744073692774398");
    check(Type::Any, shmmax, &[text(shmmax)], &[text(next), int(1)]);
    check(Type::Any, "{not: 18446744073692774399}", &[text(next)], &[text(shmmax)]);
    check(Type::Any, "{gt: 5}", &[text(shmmax)], &[int(5)]);
}

#[test]
fn order_of_every_type_that_has_one() {
    check(Type::Int, "{gt: 5}", &[int(6)], &[int(5)]);
    check(Type::Int, "\">= 5\"", &[int(5)], &[int(4)]);
    check(Type::Int, "{lt: 5.5}", &[int(5)], &[int(6)]);
    check(Type::Number, "\"<= 0.5\"", &[Value::Number(0.5)], &[Value::Number(0.6)]);
    check(Type::Size, "\">= 1 KiB\"", &[size(1024)], &[size(1023)]);
    check(Type::Share, "\">= 5%\"", &[share(5, 100)], &[share(4, 100), share(0, 0)]);
    check(Type::Share, "{lt: \"1 KiB\"}", &[share(1023, 1024)], &[share(1024, 1024)]);
    check(Type::Percent, "\"< 80%\"", &[percent(79.9)], &[percent(80.0)]);
    check(Type::Percent, "{lt: 80}", &[percent(79.9)], &[percent(80.0)]);
    check(Type::Duration, "\">= 30d\"", &[span("31d")], &[span("29d"), span("-1d")]);
    check(Type::Version, "\">= 1.9\"", &[version("1.10-1"), version("1:0.1")], &[version("1.9~rc1"), version("1.8")]);
    check(Type::Version, "{between: [\"1.0\", \"2.0\"]}", &[version("2.0"), version("1.5")], &[version("2.0-1")]);
    check(Type::Time, "{gt: \"2030-01-01\"}", &[time("2030-01-02")], &[time("2030-01-01")]);
    check(Type::Text, "{gt: 200}", &[text("201"), text("200.5\n")], &[text("128")]);
    unfit(Type::Text, "{gt: 200}", &[text("many"), text("")]);
    check(Type::Content, "{between: [1, 2]}", &[content("1\n"), content("2")], &[content("3")]);
    check(Type::Any, "{le: 25}", &[int(25), text("15"), Value::Number(24.9)], &[int(26), text("26")]);
    unfit(Type::Any, "{le: 25}", &[Value::Null, Value::Bool(true), list([]), map(&[]), text("x")]);
    in_doubt("{gt: 5}", &[cut("1"), cut("9")]);
    in_doubt("{between: [1, 5]}", &[cut("1")]);
}

#[test]
fn text_of_every_type_that_is_written() {
    check(Type::Text, "{have-prefix: ab}", &[text("abc")], &[text("ba"), text("a")]);
    check(Type::Text, "{have-suffix: ab}", &[text("cab")], &[text("ab\n")]);
    check(Type::Content, "{contain-substring: \"b\\nc\"}", &[content("ab\ncd")], &[content("ab\r\ncd")]);
    check(Type::Version, "{have-prefix: \"1.22.\"}", &[version("1.22.1")], &[version("1.221")]);
    check(Type::Mode, "{match-regexp: \"^06\"}", &[Value::Mode(Mode(0o640))], &[Value::Mode(Mode(0o755))]);
    check(Type::Int, "{match-regexp: \"^(0|2)$\"}", &[int(0), int(2)], &[int(1), int(20)]);
    check(
        Type::Any,
        "{contain-substring: 2}".replace("2}", "\"2\"}").as_str(),
        &[int(42), text("2")],
        &[Value::Bool(true)],
    );
    check(Type::Any, "{have-prefix: a}", &[texts(&["a", "b"])], &[texts(&["b", "a"])]);
    unfit(Type::Any, "{have-prefix: a}", &[Value::Null, map(&[]), list([Value::Null])]);
    in_doubt("{have-suffix: a}", &[cut("a"), cut("b")]);
    in_doubt("{have-prefix: abc}", &[cut("ab")]);
    in_doubt("{match-regexp: \"b$\"}", &[cut("ab"), cut("a")]);
    in_doubt("{not: {contain-substring: x}}", &[cut("ab")]);
    check(Type::Content, "{have-prefix: ab}", &[cut("abc")], &[cut("ba")]);
    check(Type::Content, "{contain-substring: b}", &[cut("ab")], &[]);
}

#[test]
fn patterns_of_lines() {
    check(Type::Content, "[foo, \"!bar\"]", &[content("a foo\n")], &[content("foo\nbar"), content("")]);
    check(Type::Text, "{have-patterns: [\"/^a$/\"]}", &[text("a"), text("b\na\r\n")], &[text("ab")]);
    check(Type::Any, "{have-patterns: [a]}", &[text("a"), texts(&["b", "a"])], &[int(5)]);
    unfit(Type::Any, "{have-patterns: [a]}", &[map(&[]), Value::Null]);
    check(Type::Content, "[foo]", &[cut("foo\nx")], &[]);
    check(Type::Content, "[\"!foo\"]", &[], &[cut("foo\nx")]);
    check(Type::Content, "[\"/^foo$/\"]", &[cut("foo\n")], &[]);
    in_doubt("[\"!foo\"]", &[cut("bar\n")]);
    in_doubt("[\"/^foo$/\"]", &[cut("foo"), cut("foo\r")]);
    in_doubt("[\"!/^foo$/\"]", &[cut("foo")]);
    // A list on anything is patterns where it meets text, else elements.
    check(Type::Any, "[a, \"!b\"]", &[text("xa")], &[text("ab")]);
    check(Type::Any, "[a, \"/b/\"]", &[texts(&["/b/", "a"])], &[texts(&["a", "b"])]);
    unfit(Type::Any, "[\"/var/log/\"]", &[text("/var/log/")]);
}

#[test]
fn elements_of_lists_maps_and_lines() {
    const TEXTS: Type = Type::List(&Type::Text);
    const VERSIONS: Type = Type::List(&Type::Version);
    check(TEXTS, "[a, b]", &[texts(&["b", "c", "a"])], &[texts(&["a"]), texts(&[])]);
    check(TEXTS, "[a, a]", &[texts(&["a", "a"])], &[texts(&["a", "b"])]);
    check(TEXTS, "a", &[texts(&["a"])], &[texts(&["a", "b"]), texts(&[])]);
    check(TEXTS, "{equal: [a, b]}", &[texts(&["a", "b"])], &[texts(&["b", "a"])]);
    check(
        TEXTS,
        "{consist-of: [b, {have-prefix: a}]}",
        &[texts(&["ab", "b"])],
        &[texts(&["ab", "b", "c"]), texts(&["b"])],
    );
    check(TEXTS, "{consist-of: []}", &[texts(&[])], &[texts(&["a"])]);
    check(TEXTS, "{contain-element: {match-regexp: \"^a\"}}", &[texts(&["b", "ab"])], &[texts(&["b"]), texts(&[])]);
    check(TEXTS, "{each: {one-of: [a, b]}}", &[texts(&["a", "b", "a"]), texts(&[])], &[texts(&["a", "c"])]);
    check(TEXTS, "{have-len: 2}", &[texts(&["a", "b"])], &[texts(&[])]);
    check(TEXTS, "{have-len: \">= 1\"}", &[texts(&["a", "b"])], &[texts(&[])]);
    check(VERSIONS, "[\"1.0\"]", &[list([version("2.0"), version("1.0-0")])], &[list([version("2.0")])]);
    check(
        VERSIONS,
        "{each: \">= 1.0\"}",
        &[list([version("2.0"), version("1.0")])],
        &[list([version("0.9"), version("1.0")])],
    );
    check(Type::List(&Type::Int), "[1, \"> 5\"]", &[list([int(9), int(1)])], &[list([int(1), int(2)])]);
    check(Type::Content, "{contain-element: a}", &[content("b\na\r\n")], &[content("ab\n"), content("")]);
    check(Type::Content, "{contain-elements: [a, a]}", &[content("a\nb\na\n")], &[content("a\nb\n")]);
    check(Type::Content, "{each: {have-len: 1}}", &[content("a\nb\n")], &[content("a\nbb\n")]);
    check(Type::Any, "{contain-element: 1}", &[list([int(1)]), map(&[("x", int(1))]), text("1\n2")], &[list([])]);
    unfit(Type::Any, "{contain-element: 1}", &[int(1), Value::Null, list([text("x")])]);
    check(Type::Any, "{contain-element: {gt: 5}}", &[list([text("x"), int(7)])], &[]);
    unfit(Type::Any, "{consist-of: [a]}", &[text("a"), Value::Null]);
    unfit(Type::Any, "{have-len: 1}", &[int(1), Value::Null, Value::Bool(true)]);
    check(Type::Any, "{have-len: 1}", &[text("a"), list([int(1)]), map(&[("a", int(1))])], &[text("é")]);
    check(Type::Any, "{have-key: a}", &[map(&[("a", Value::Null)])], &[map(&[("b", Value::Null)]), map(&[])]);
    unfit(Type::Any, "{have-key: a}", &[texts(&["a"]), text("a")]);
    in_doubt("{contain-element: a}", &[cut("b\n"), cut("a")]);
    in_doubt("{each: {have-len: 1}}", &[cut("a\nb\n")]);
    in_doubt("{contain-elements: [a, a]}", &[cut("a\nb\n")]);
    check(Type::Content, "{each: {have-len: 1}}", &[], &[cut("aa\nb\n")]);
    check(Type::Content, "{have-len: 3}", &[content("abc")], &[cut("abc")]);
    in_doubt("{have-len: 4}", &[cut("abc")]);
    check(Type::Content, "{have-len: \"> 2\"}", &[cut("abc")], &[]);
}

#[test]
fn logic_lets_a_definite_answer_win_over_a_doubt() {
    check(Type::Any, "{or: [{gt: 5}, a]}", &[text("a"), int(6)], &[int(5)]);
    unfit(Type::Any, "{or: [{gt: 5}, a]}", &[text("b")]);
    check(Type::Any, "{and: [{gt: 5}, a]}", &[], &[text("b"), int(6)]);
    check(Type::Any, "{not: {and: [{gt: 5}, a]}}", &[text("b")], &[]);
    check(Type::Any, "{one-of: [1, 2]}", &[int(2), text("2")], &[int(3)]);
    unfit(Type::Any, "{one-of: [1, 2]}", &[text("x")]);
    // What was cut off might have let it pass, so it does not fail.
    in_doubt("{or: [{equal: 5}, {contain-substring: z}]}", &[cut("ab")]);
}

#[test]
fn documents_are_looked_into() {
    let json = r#"{"foo": "bar", "moo": {"nested": "cow"}, "count": "15", "n": 3, "l": [1, 2]}"#;
    check(
        Type::Content,
        "{gjson: {moo.nested: cow, foo: {have-prefix: b}, count: {le: 25}, \"@this\": {have-key: foo}, moo: {not: {have-key: x}}, l: [1], l.#: 2}}",
        &[content(json)],
        &[],
    );
    check(Type::Any, "{gjson: {n: 4}}", &[], &[text(json), map(&[("n", int(3))])]);
    check(Type::Any, "{gjson: {n: 3}}", &[text(json), map(&[("n", int(3))])], &[]);
    unfit(Type::Any, "{gjson: {none: 4}}", &[text(json), text("not json"), int(5), map(&[])]);
    in_doubt("{gjson: {n: 3}}", &[cut(json)]);
    let xml = "<a><b c='d'>e</b><b>f</b></a>";
    check(Type::Content, "{xml: {xpath: \"/a/b/@c\", result: d}}", &[content(xml)], &[content("<a><b c='x'/></a>")]);
    check(Type::Content, "{xml: {xpath: \"//b[2]\", result: \"<b>f</b>\"}}", &[content(xml)], &[]);
    check(Type::Content, "{xml: {xpath: \"count(//b)\", result: 2}}", &[content(xml)], &[content("<a/>")]);
    check(Type::Content, "{xml: {xpath: \"count(//b)\", result: {gt: 1}}}", &[content(xml)], &[content("<a/>")]);
    check(Type::Content, "{xml: {xpath: \"//b\", result: \"\"}}", &[content(xml)], &[content("<a/>")]);
    check(Type::Content, "{xml: {xpath: \"boolean(//b='f')\", result: true}}", &[content(xml)], &[content("<a/>")]);
    unfit(Type::Content, "{xml: {xpath: \"//x\", result: d}}", &[content(xml), content("<a>")]);
    in_doubt("{xml: {xpath: \"//b\", result: e}}", &[cut(xml)]);
    check(
        Type::Any,
        "{semver-constraint: \">1.0.0 <2.0.0\"}",
        &[text("1.0.1"), texts(&["1.0.1", "1.9.9"])],
        &[text("2.0.0")],
    );
    unfit(Type::Any, "{semver-constraint: \">1.0.0\"}", &[text("1.0"), int(1), texts(&[]), Value::Null]);
}

#[test]
fn ten_thousand_files_cost_next_to_nothing() {
    let tests = [test("\"0644\"", Type::Mode), test("root", Type::Text), test("\">= 1 KiB\"", Type::Size)];
    let seen = [Value::Mode(Mode(0o644)), text("root"), size(4096)];
    let before = std::time::Instant::now();
    for _ in 0..10_000 {
        for (test, seen) in tests.iter().zip(&seen) {
            assert_eq!(test.holds(seen), Ok(true));
        }
    }
    assert!(before.elapsed().as_millis() < 500, "{:?}", before.elapsed());
}

#[test]
fn ten_megabytes_are_judged_and_explained_soon() {
    let line = "the quick brown fox jumps over the lazy dog\n";
    let long = content(&line.repeat(10_000_000 / line.len()));
    let other = "a\n".repeat(1000);
    for spec in [
        "[fox, \"!/^cat$/\", missing]".to_owned(),
        format!("\"{}\"", other.replace('\n', "\\n")),
        "{each: {have-len: 43}}".into(),
        "{contain-elements: [cat, dog, {match-regexp: \"x$\"}]}".into(),
        "{not: {contain-substring: fox}}".into(),
        "{gjson: {a: 1}}".into(),
        "{xml: {xpath: \"//a\", result: \"\"}}".into(),
        "5".into(),
    ] {
        let test = test(&spec, Type::Content);
        let before = std::time::Instant::now();
        let held = test.holds(&long);
        let evidence = test.explain(&long);
        assert!(before.elapsed().as_secs() < 20, "{spec}: {:?}", before.elapsed());
        assert!(evidence.found.len() < 2_000 && evidence.note.is_none_or(|n| n.len() < 1_000), "{spec}: {held:?}");
    }
}
