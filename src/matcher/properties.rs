//! What must be so of every test and every value.

use super::written::{lowered, test};
use super::*;
use crate::syntax::{Code, Data, Key, Node, Span};
use crate::value::{Bytes, Content, Mode, Percent, Share, Version, VersionOrder};
use proptest::prelude::*;

const WORDS: &[&str] = &["file", "directory"];
const TYPES: &[Type] = &[
    Type::Bool,
    Type::Int,
    Type::Number,
    Type::Text,
    Type::Choice(WORDS),
    Type::Content,
    Type::List(&Type::Text),
    Type::List(&Type::Int),
    Type::List(&Type::Version),
    Type::Any,
    Type::Mode,
    Type::Size,
    Type::Share,
    Type::Portion,
    Type::Percent,
    Type::Duration,
    Type::Version,
    Type::Time,
];

/// A value of the type, and a greater one.
fn sample(ty: Type) -> (&'static str, &'static str) {
    match ty {
        Type::Bool => ("true", "true"),
        Type::Int => ("1", "2"),
        Type::Number => ("1.5", "2"),
        Type::Text | Type::Secret | Type::Content | Type::Any => ("a", "b"),
        Type::Choice(_) => ("file", "directory"),
        Type::List(of) => sample(*of),
        Type::Mode => ("\"0644\"", "\"0755\""),
        Type::Size | Type::Share => ("\"1 GiB\"", "\"2 GiB\""),
        Type::Portion => ("1", "2"),
        Type::Percent => ("\"5%\"", "\"10%\""),
        Type::Duration => ("\"1h\"", "\"2h\""),
        Type::Version => ("\"1.9\"", "\"1.10\""),
        Type::Time => ("\"2030-01-01\"", "\"2030-01-02\""),
    }
}

/// An operand that suits.
fn suitable(operand: &Operand, ty: Type) -> String {
    let ordered = match ty {
        Type::Text | Type::Content | Type::Any => ("1", "2"),
        ty => sample(ty),
    };
    match operand {
        Operand::Same(_) => match ty {
            Type::List(of) => format!("[{}]", sample(*of).0),
            ty => sample(ty).0.into(),
        },
        Operand::Bound(_) => ordered.0.into(),
        Operand::Pair => format!("[{}, {}]", ordered.0, ordered.1),
        Operand::Values => format!("[{}]", sample(ty).0),
        Operand::Text(_) | Operand::Regex => "x".into(),
        Operand::Count => "1".into(),
        Operand::Matcher(of, _) => sample(of.within(ty)).0.into(),
        Operand::Matchers(of, ..) => format!("[{0}, {{not: {0}}}]", sample(of.within(ty)).0),
        Operand::Patterns => "[x, \"!/y/\"]".into(),
        Operand::Paths => "{a.b: 1}".into(),
        Operand::Xpath => "{xpath: \"//a\", result: x}".into(),
        Operand::Semver => "\">=1.2.0\"".into(),
    }
}

#[test]
fn every_operator_takes_what_the_table_says_and_nothing_else() {
    for operator in OPERATORS {
        for &ty in TYPES {
            let spec = format!("{{{}: {}}}", operator.name, suitable(&operator.operand, ty));
            match (lowered(&spec, ty), (operator.fits)(ty)) {
                (Ok(test), true) => assert!(!test.expected().is_empty(), "{spec} on {ty:?}"),
                (Err(wrong), false) => {
                    assert_eq!(wrong[0].code, Code::MatcherType, "{spec} on {ty:?}");
                    assert!(wrong[0].help.is_some() && !wrong[0].label.is_empty(), "{spec} on {ty:?}");
                }
                (result, _) => panic!("{spec} on {ty:?}: {result:?}"),
            }
        }
        assert!(operator.about.ends_with('.') && !operator.subjects().is_empty(), "{}", operator.name);
    }
}

#[test]
fn what_is_written_plainly_holds_of_itself_and_not_of_another() {
    for &ty in TYPES.iter().filter(|ty| !matches!(ty, Type::Bool)) {
        let (one, other) = sample(ty);
        let [Test::Equal(seen), Test::Equal(strange)] = [one, other].map(|text| test(text, ty)) else { panic!() };
        for spec in [one.to_owned(), format!("{{equal: {one}}}"), format!("{{not: {other}}}")] {
            assert_eq!(test(&spec, ty).holds(&seen), Ok(true), "{spec}");
            assert_eq!(test(&spec, ty).holds(&strange), Ok(false), "{spec}");
        }
    }
}

#[test]
fn nothing_holds_of_what_is_absent() {
    for operator in OPERATORS {
        for &ty in TYPES.iter().filter(|ty| (operator.fits)(**ty)) {
            let spec = format!("{{{}: {}}}", operator.name, suitable(&operator.operand, ty));
            for spec in [spec.clone(), format!("{{not: {spec}}}")] {
                let test = test(&spec, ty);
                assert!(matches!(test.holds(&Value::Absent), Err(Doubt::Unfit(_))), "{spec}");
                assert_eq!(test.explain(&Value::Absent).found, "nothing", "{spec}");
            }
        }
    }
}

fn any_type() -> impl Strategy<Value = Type> {
    prop::sample::select(TYPES)
}

/// Trees with the keys and words that mean something to lowering, well formed or not.
fn any_node() -> impl Strategy<Value = Node<'static>> {
    let names: Vec<&'static str> =
        OPERATORS.iter().map(|o| o.name).chain(["xpath", "result", "foo", "", "a.b"]).collect();
    let words = vec![
        "",
        "a",
        ">= 5",
        "< 10 GiB",
        "80%",
        "0644",
        "yes",
        "1.22",
        "30d",
        "2030-01-01",
        "/a/",
        "!/b",
        "//",
        "(",
        "[",
        ">",
        "é",
        ">=é",
        ">\u{a0}=5",
        "<\u{2003}>",
        "=\u{a0}<é",
        "1.x",
        "//a",
        "=>1",
        "file",
        "/a/b/",
        "\\",
        "!",
        "-0%",
        "nan",
        "9999999999999999999",
        "{",
    ];
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        (prop_oneof![any::<i64>(), -2..200_i64]).prop_map(|n| Data::Int(n, "7")),
        any::<f64>().prop_map(|n| Data::Float(n, "7.5")),
        prop::sample::select(words).prop_map(|w| Data::Text(w.into())),
    ];
    let span = Span { file: 0, start: 3, end: 5 };
    let node = move |data| Node { span, data };
    leaf.prop_map(node).prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(move |l| node(Data::List(l))),
            prop::collection::vec((prop::sample::select(names.clone()), inner), 0..3).prop_map(move |m| {
                node(Data::Map(m.into_iter().map(|(k, v)| (Key { span, text: k.into() }, v)).collect()))
            }),
        ]
    })
}

/// Anything that might be seen, of any type.
fn any_value() -> impl Strategy<Value = Value> {
    let text = "[ab1.\n/ é-]{0,8}";
    let leaf = prop_oneof![
        Just(Value::Absent),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3..9_i64).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Number),
        text.prop_map(Value::Text),
        (text, any::<bool>()).prop_map(|(text, cut)| {
            let cut = cut.then_some(text.len() as u64);
            Value::Content(Box::new(Content { text, cut }))
        }),
        any::<u32>().prop_map(|m| Value::Mode(Mode(m & 0o7777))),
        any::<u64>().prop_map(|b| Value::Size(Bytes(b))),
        (any::<u64>(), any::<u64>()).prop_map(|(part, whole)| Value::Share(Share { part, whole })),
        (0.0..100.0).prop_map(|p| Value::Percent(Percent(p))),
        any::<i64>().prop_map(|s| Value::Duration(::time::Duration::seconds(s))),
        ("[0-9.a~-]{0,6}", any::<bool>()).prop_map(|(text, debian)| {
            let order = if debian { VersionOrder::Debian } else { VersionOrder::Dotted };
            Value::Version(Box::new(Version { text, order }))
        }),
        Just(Value::Time(::time::OffsetDateTime::UNIX_EPOCH)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[ab]", inner), 0..3).prop_map(Value::Map),
        ]
    })
}

/// Tests of text, of its lines and of its elements.
fn any_test() -> impl Strategy<Value = Test> {
    let text = "[ab]|[ab1\n\r]{0,4}";
    let regexes =
        ["a$", "^a", r"b\b", r"(?m)^a*$", r"a\z", "b|$", r"\Bb", "[^b]b*", "a.b", r"(?s)a.*b", "", r"(?R)a$", "é"];
    let patterns = ["a", "!a", "/^a$/", "!/^a$/", "/b*$/", "!/b$/", "/^$/", r"!/\bb\b/", "!1", r"/\r/"];
    let relation =
        prop::sample::select(vec![Relation::Greater, Relation::GreaterOrEqual, Relation::Less, Relation::LessOrEqual]);
    let leaf = prop_oneof![
        text.prop_map(|t| Test::Equal(Value::Text(t))),
        any::<bool>().prop_map(|b| Test::Equal(Value::Bool(b))),
        (0..12_i64).prop_map(|n| Test::Equal(Value::Int(n))),
        (relation.clone(), 0..12_i64).prop_map(|(r, n)| Test::Order(r, Value::Int(n))),
        (0..12_i64).prop_map(|n| Test::Between(Box::new((Value::Int(n), Value::Int(n + 2))))),
        text.prop_map(|t| Test::Prefix(t.into())),
        text.prop_map(|t| Test::Suffix(t.into())),
        text.prop_map(|t| Test::Substring(t.into())),
        prop::sample::select(regexes.to_vec()).prop_map(|r| Test::Regex(pattern::compile(r).unwrap())),
        prop::collection::vec(prop::sample::select(patterns.to_vec()), 1..3)
            .prop_map(|p| Test::Patterns(p.into_iter().map(|p| Pattern::parse(p).unwrap()).collect())),
        (relation, 0..12_i64).prop_map(|(r, n)| Test::Len(Box::new(Test::Order(r, Value::Int(n))))),
        (0..12_i64).prop_map(|n| Test::Len(Box::new(Test::Equal(Value::Int(n))))),
        Just(Test::Gjson(vec![("a".into(), Test::Equal(Value::Int(1)))])),
        Just(Test::Semver(Constraint::parse(">=1.0.0").unwrap())),
        Just(test("{xml: {xpath: \"//a\", result: \"\"}}", Type::Any)),
        Just(test("{have-key: a}", Type::Any)),
        Just(test("[a, \"/b$/\"]", Type::Any)),
        Just(test("[\"//\"]", Type::Any)),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        let some = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            one().prop_map(Test::Element),
            one().prop_map(Test::Each),
            one().prop_map(Test::Not),
            some().prop_map(Test::Elements),
            some().prop_map(Test::ConsistOf),
            some().prop_map(Test::And),
            some().prop_map(Test::Or),
        ]
    })
}

/// Tests of what single lines are.
fn any_test_of_lines() -> impl Strategy<Value = Test> {
    let patterns = ["a", "!a", "/^a$/", "!/^a$/", "ab", "!ba", "/^$/", "!/b$/", "1", "\u{fffd}", "é", "!b1", r"/\r/"];
    let some = || prop::collection::vec(any_test(), 1..4);
    let leaf = prop_oneof![
        prop::collection::vec(prop::sample::select(patterns.to_vec()), 1..4)
            .prop_map(|p| Test::Patterns(p.into_iter().map(|p| Pattern::parse(p).unwrap()).collect())),
        "[ab1]{1,3}|[a\r]{1,2}".prop_map(|t| Test::Substring(t.into())),
        any_test().prop_map(|t| Test::Element(Box::new(t))),
        any_test().prop_map(|t| Test::Each(Box::new(t))),
        some().prop_map(Test::Elements),
        some().prop_map(|t| Test::Elements(t.iter().map(|_| t[0].clone()).collect())),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let some = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            inner.clone().prop_map(|t| Test::Not(Box::new(t))),
            some().prop_map(Test::And),
            some().prop_map(Test::Or)
        ]
    })
}

fn not(test: &Test) -> Test {
    Test::Not(Box::new(test.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_tree_lowers_or_is_refused_with_words(node in any_node(), ty in any_type()) {
        let mut wrong = Vec::new();
        let test = lower(&node, ty, &mut wrong);
        prop_assert_eq!(test.is_none(), !wrong.is_empty(), "{:?}", wrong);
        for one in &wrong {
            prop_assert!(!one.message.is_empty() && !one.message.contains('\n'), "{:?}", one);
        }
        if let Some(test) = test {
            prop_assert!(!test.expected().is_empty());
        }
    }

    #[test]
    fn logic_holds_of_tests_of_anything(a in any_test(), b in any_test(), seen in any_value()) {
        prop_assert_eq!(not(&not(&a)).holds(&seen), a.holds(&seen));
        let kind = |held: Result<bool, Doubt>| held.map_err(|doubt| std::mem::discriminant(&doubt));
        let neither = Test::And(vec![not(&a), not(&b)]);
        prop_assert_eq!(kind(not(&Test::Or(vec![a.clone(), b.clone()])).holds(&seen)), kind(neither.holds(&seen)));
        let none = Test::Each(Box::new(not(&a)));
        prop_assert_eq!(kind(not(&Test::Element(Box::new(a.clone()))).holds(&seen)), kind(none.holds(&seen)));
        if Test::ConsistOf(vec![a.clone(), b.clone()]).holds(&seen) == Ok(true) {
            prop_assert_eq!(Test::Elements(vec![a, b]).holds(&seen), Ok(true));
        }
    }

    #[test]
    fn a_lowered_test_is_judged_and_explained_whatever_is_seen(node in any_node(), ty in any_type(), seen in any_value()) {
        let Some(test) = lower(&node, ty, &mut vec![]) else { return Ok(()) };
        let held = test.holds(&seen);
        let evidence = test.explain(&seen);
        prop_assert!(!evidence.found.is_empty());
        if matches!(held, Err(Doubt::Unfit(_))) {
            prop_assert!(evidence.note.is_some() || evidence.told || seen == Value::Absent);
        }
    }

    #[test]
    fn explaining_any_test_is_bounded(test in any_test(), seen in any_value()) {
        let evidence = test.explain(&seen);
        let words = [vec![evidence.expected, evidence.found], evidence.missing, evidence.extra].concat();
        prop_assert!(words.iter().all(|w| w.chars().count() < 2_000));
        prop_assert!(!words.iter().any(|w| w.chars().any(|c| c.is_control())));
    }

    #[test]
    fn between_is_ge_and_le(low in -5..5_i64, high in -5..5_i64, seen in any_value()) {
        let bound = |relation, n| Test::Order(relation, Value::Int(n));
        let both = Test::And(vec![bound(Relation::GreaterOrEqual, low), bound(Relation::LessOrEqual, high)]);
        prop_assert_eq!(Test::Between(Box::new((Value::Int(low), Value::Int(high)))).holds(&seen), both.holds(&seen));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_lines_that_a_sieve_keeps_have_the_verdict_of_the_whole(
        test in any_test_of_lines(),
        text in prop::collection::vec(prop::sample::select(b"aaabb1\n\n\n\r\xe9\xc3\xa9".to_vec()), 0..40),
        sizes in prop::collection::vec(1..9_usize, 1..5),
        longest in prop::sample::select(vec![2, 5, 1 << 20]),
    ) {
        let mut sieve = test.sieve().expect("a test of lines").with_lines_of(longest);
        let (mut rest, mut sizes) = (text.as_slice(), sizes.iter().cycle());
        while !rest.is_empty() {
            let (piece, next) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            rest = next;
            if !sieve.feed(piece) {
                break;
            }
        }
        let whole = String::from_utf8_lossy(&text).into_owned();
        let Some(excerpt) = sieve.finish(text.len() as u64) else {
            prop_assert!(text.split(|b| *b == b'\n').any(|line| line.len() + 1 > longest));
            return Ok(());
        };
        for (line, number) in excerpt.text.split_terminator('\n').zip(&excerpt.numbers) {
            let in_whole = whole.split('\n').nth(*number as usize - 1).unwrap();
            prop_assert!(in_whole.contains(line.trim_matches('\u{fffd}')), "{:?} is line {}", line, number);
        }
        let kind = |held: Result<bool, Doubt>| held.map_err(|doubt| std::mem::discriminant(&doubt));
        let told = test.holds(&Value::Excerpt(Box::new(excerpt.clone())));
        let held = test.holds(&Value::Content(Box::new(Content { text: whole, cut: None })));
        prop_assert_eq!(kind(told), kind(held), "{:?} of {:?}", test, excerpt);
    }

    /// The worst of mistakes: a verdict that more reading would have turned.
    #[test]
    fn what_is_told_of_cut_text_holds_of_the_whole(test in any_test(), text in "[ab\n]{1,5}|[ab1é\n\r]{1,10}", at in any::<prop::sample::Index>()) {
        let bound = text.floor_char_boundary(at.index(text.len()));
        let cut = Content { text: text[..bound].to_owned(), cut: Some(bound as u64) };
        let cut = test.holds(&Value::Content(Box::new(cut)));
        let whole = test.holds(&Value::Content(Box::new(Content { text: text.clone(), cut: None })));
        match cut {
            Err(Doubt::Cut(_)) => {}
            told => prop_assert_eq!(told, whole, "{:?} of the first {} bytes of {:?}", test, bound, text),
        }
    }
}

/// As above, of every short text and every test of a few kinds.
#[test]
fn what_is_told_of_a_short_cut_text_holds_of_the_whole() {
    let leaves = [
        "a",
        "\"\"",
        "\"a\\n\"",
        "1",
        "{gt: 1}",
        "{have-prefix: a}",
        "{have-prefix: ab}",
        "{have-suffix: a}",
        "{contain-substring: ab}",
        "{match-regexp: \"a$\"}",
        "{match-regexp: \"(?m)^a*$\"}",
        "{match-regexp: \"^b\"}",
        "[b]",
        "[\"!b\"]",
        "[\"/^a$/\"]",
        "[\"!/a$/\"]",
        "{have-len: 1}",
        "{have-len: \"> 1\"}",
        "{have-len: {not: 2}}",
        "{contain-elements: [a, a]}",
        "{contain-elements: [{not: a}, b]}",
    ];
    let leaves = leaves.map(|spec| test(spec, Type::Content));
    let mut tests = Vec::new();
    for leaf in &leaves {
        for inner in [leaf.clone(), not(leaf)] {
            let boxed = || Box::new(inner.clone());
            let each = Test::Each(boxed());
            tests.extend([
                inner.clone(),
                not(&each),
                each,
                Test::Element(boxed()),
                Test::ConsistOf(vec![inner.clone()]),
            ]);
            tests.extend([
                Test::And(vec![inner.clone(), leaves[0].clone()]),
                Test::Or(vec![inner.clone(), leaves[4].clone()]),
            ]);
        }
    }
    let mut texts = vec![String::new()];
    for length in 1..=4 {
        let longer = texts
            .iter()
            .filter(|t| t.len() == length - 1)
            .flat_map(|t| ["a", "b", "1", "\n"].map(|c| format!("{t}{c}")));
        texts.extend(longer.collect::<Vec<_>>());
    }
    for text in &texts {
        let whole = Value::Content(Box::new(Content { text: text.clone(), cut: None }));
        for bound in 0..text.len() {
            let cut = Content { text: text[..bound].to_owned(), cut: Some(bound as u64) };
            let cut = Value::Content(Box::new(cut));
            for test in &tests {
                match test.holds(&cut) {
                    Err(Doubt::Cut(_)) => {}
                    told => assert_eq!(told, test.holds(&whole), "{test:?} of {bound} bytes of {text:?}"),
                }
            }
        }
    }
}
