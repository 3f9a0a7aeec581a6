//! Whatever is expected and whatever is found: what is accepted holds then, and what is not is left as it was.

use super::table::{accepted, claims, there, written};
use super::*;
use crate::matcher::{OPERATORS, Of, Operand, Operator};
use crate::spec;
use crate::value::{Bytes, Content, Mode, Percent, Portion, Share, Version, VersionOrder};
use crate::verdict::judge;
use ::time::{Duration, OffsetDateTime};
use proptest::prelude::*;
use serde_json::{Value as J, json};

/// A key of each type.
const KEYS: &[(&str, &str, &str)] = &[
    ("file", "/x", "mode"),
    ("file", "/x", "owner"),
    ("file", "/x", "size"),
    ("file", "/x", "filetype"),
    ("file", "/x", "contents"),
    ("file", "/x", "links"),
    ("file", "/x", "age"),
    ("file", "/x", "json"),
    ("user", "x", "groups"),
    ("process", "x", "pids"),
    ("package", "x", "version"),
    ("package", "x", "held"),
    ("disk", "/x", "used"),
    ("disk", "/x", "inodes-used"),
    ("ping", "x", "loss"),
    ("system", "x", "load-1"),
    ("certificate", "/x", "not-after"),
];

fn type_of((kind, _, key): (&str, &str, &str)) -> Type {
    let kind = crate::resource::Kind::find(kind).unwrap();
    (kind.keys)().iter().find(|info| info.name == key).unwrap().ty
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,2}", "[0-9]{1,2}", "[ab\n#'\"\\\\: ]{0,4}", Just("true".to_owned())]
}

fn scalar(ty: Type) -> BoxedStrategy<J> {
    let of = |all: &'static [&str]| prop::sample::select(all).prop_map(J::from).boxed();
    match ty {
        Type::Bool => any::<bool>().prop_map(J::from).boxed(),
        Type::Int | Type::Portion => {
            prop_oneof![(0..20i64).prop_map(J::from), of(&["> 3", ">= 7", "< 12", "<=3", "!= 5", "= 4"])].boxed()
        }
        Type::Number => prop_oneof![(0..20i64).prop_map(J::from), of(&["> 0.5", "< 2", "<= 1.25"])].boxed(),
        Type::Text | Type::Secret | Type::Content => word().prop_map(J::from).boxed(),
        Type::Choice(words) => prop::sample::select(words).prop_map(J::from).boxed(),
        Type::List(of) => scalar(*of),
        Type::Any => {
            prop_oneof![word().prop_map(J::from), (0..20i64).prop_map(J::from), any::<bool>().prop_map(J::from)].boxed()
        }
        Type::Mode => of(&["0644", "0755", "4755"]),
        Type::Size => {
            prop_oneof![of(&["1 KiB", "> 2K", "<= 1.5 MiB", "< 3GB", ">= 10 GiB"]), (0..9000u64).prop_map(J::from)]
                .boxed()
        }
        Type::Share => of(&["< 80%", ">= 5.5 %", "> 10 GiB", "1 GiB", "<= 99%", "< 1K"]),
        Type::Percent => of(&["< 5%", "> 20%", "= 0%", "<= 99.9%"]),
        Type::Duration => of(&["> 30d", ">= 1h30m", "< 500ms", "<= 1d 2h", "5s", "> -2d", "<= 0"]),
        Type::Version => of(&["1.2", ">= 1.2", "< 2.0-1", "> 3"]),
        Type::Time => of(&["> 2030-01-31", "<= 2020-01-31T00:00:00Z", "< 2020-01-01"]),
    }
}

fn expression(ty: Type, depth: u32) -> BoxedStrategy<J> {
    if depth == 0 {
        return scalar(ty);
    }
    let inner = move |of: Of| expression(of.within(ty), depth - 1);
    let several = move |of: Of| prop::collection::vec(inner(of), 1..4).prop_map(J::from).boxed();
    let fitting: Vec<_> =
        OPERATORS.iter().filter(|operator| (operator.fits)(ty)).map(|operator| operator.name).collect();
    let matcher = prop::sample::select(fitting).prop_flat_map(move |name| {
        let operator = Operator::find(name).unwrap();
        let plain = || prop::collection::vec(scalar(ty), 1..4).prop_map(J::from).boxed();
        let bare = || {
            let unsigned = |j: J| match j {
                J::String(text) => J::from(text.trim_start_matches(['<', '>', '=', '!', ' '])),
                other => other,
            };
            scalar(ty).prop_map(unsigned)
        };
        let operand: BoxedStrategy<J> = match &operator.operand {
            Operand::Same(_) => prop_oneof![bare(), plain()].boxed(),
            Operand::Bound(_) => bare().boxed(),
            Operand::Pair => prop::collection::vec(bare(), 2).prop_map(J::from).boxed(),
            Operand::Values => prop::collection::vec(bare(), 1..4).prop_map(J::from).boxed(),
            Operand::Text(_) | Operand::Regex => word().prop_map(J::from).boxed(),
            Operand::Count => expression(Type::Int, depth - 1),
            Operand::Matcher(of, _) => inner(*of),
            Operand::Matchers(of, ..) => several(*of),
            Operand::Patterns => Just(json!(["a", "!b"])).boxed(),
            Operand::Paths => expression(Type::Any, depth - 1).prop_map(|j| json!({ "a": j })).boxed(),
            Operand::Xpath => {
                expression(Type::Any, depth - 1).prop_map(|j| json!({"xpath": "//a", "result": j})).boxed()
            }
            Operand::Semver => Just(json!(">=1.2.0")).boxed(),
        };
        operand.prop_map(|operand| json!({ name: operand }))
    });
    let list = prop::collection::vec(expression(Of::Element.within(ty), depth - 1), 1..4).prop_map(J::from);
    prop_oneof![1 => scalar(ty), 3 => matcher, 1 => list].boxed()
}

fn found(ty: Type) -> BoxedStrategy<Value> {
    let share = (0..1500u64).prop_map(|part| Share { part: part * part * part, whole: 4_000_000_000 });
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int => (-3..30i64).prop_map(Value::Int).boxed(),
        Type::Number => prop_oneof![0.0..3.0, any::<f64>()].prop_map(Value::Number).boxed(),
        Type::Text | Type::Secret => word().prop_map(Value::Text).boxed(),
        Type::Choice(words) => prop::sample::select(words).prop_map(|word: &str| Value::Text(word.into())).boxed(),
        Type::Content => {
            let json = Just("{\"a\": 1}".to_owned());
            let text = prop_oneof![word(), "([ab0-9]{0,2}\n){0,4}", json, Just("<a>b</a>".to_owned())];
            (text, prop::option::weighted(0.1, Just(1)))
                .prop_map(|(text, cut)| Value::Content(Box::new(Content { text, cut })))
                .boxed()
        }
        Type::List(of) => prop::collection::vec(found(*of), 0..5).prop_map(Value::List).boxed(),
        Type::Any => {
            let leaf = prop_oneof![
                Just(Value::Null),
                Just(Value::Absent),
                any::<bool>().prop_map(Value::Bool),
                (-3..30i64).prop_map(Value::Int),
                (0.0..3.0).prop_map(Value::Number),
                word().prop_map(Value::Text),
            ];
            leaf.prop_recursive(2, 12, 4, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                    prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|m| Value::Map(m.into_iter().collect())),
                ]
            })
            .boxed()
        }
        Type::Mode => (0..0o7777u32).prop_map(|mode| Value::Mode(Mode(mode))).boxed(),
        Type::Size => prop_oneof![0..5000u64, any::<u64>()].prop_map(|n| Value::Size(Bytes(n))).boxed(),
        Type::Share => share.prop_map(Value::Share).boxed(),
        Type::Portion => share.prop_map(|share| Value::Portion(Portion(share))).boxed(),
        Type::Percent => (0.0..=100.0).prop_map(|n| Value::Percent(Percent(n))).boxed(),
        Type::Duration => prop_oneof![-100_000..9_000_000_000i64, any::<i64>()]
            .prop_map(|n| Value::Duration(Duration::nanoseconds(n) * 1000))
            .boxed(),
        Type::Version => "[0-9]{1,2}(\\.[0-9]){0,2}(-[0-9~])?"
            .prop_map(|text| Value::Version(Box::new(Version { text, order: VersionOrder::Debian })))
            .boxed(),
        Type::Time => {
            (0..4_000_000_000i64).prop_map(|n| Value::Time(OffsetDateTime::from_unix_timestamp(n).unwrap())).boxed()
        }
    }
}

fn case() -> impl Strategy<Value = ((&'static str, &'static str, &'static str), J, Value)> {
    prop::sample::select(KEYS).prop_flat_map(|key| {
        let ty = type_of(key);
        (Just(key), (0..4u32).prop_flat_map(move |depth| expression(ty, depth)), found(ty))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_holds_and_what_is_not_is_left_as_it_was(
        ((kind, name, key), expression, found) in case(),
        format in prop::sample::select(vec![Format::Toml, Format::Yaml, Format::Json]),
    ) {
        let expression = if key == "json" { json!({ "a.b": expression }) } else { expression };
        let old = written(kind, name, key, &expression.to_string(), format);
        let (root, mut wrong) = parse(&old, 0, format);
        let Some(root) = root else { return Ok(()) };
        spec::lower(root, &mut wrong);
        if !wrong.is_empty() {
            return Ok(());
        }
        let seen = there(vec![found]);
        let (new, left) = accepted(&old, format, &seen);
        if !left.is_empty() {
            prop_assert_eq!(left.len(), 1);
            prop_assert_eq!(&new, &old);
            return Ok(());
        }
        let outcomes = |text: &str| judge(&claims(text, format)[0], seen.clone()).iter().map(|v| v.outcome.ok()).collect::<Vec<_>>();
        prop_assert!(outcomes(&new).iter().all(|ok| *ok), "{new}");
        prop_assert_eq!(outcomes(&old).iter().all(|ok| *ok), new == old, "{}", new);
        if format != Format::Json {
            for comment in ["# head\n", "# entry\n", "# why\n", "# tail\n"] {
                prop_assert!(new.contains(comment), "{new}");
            }
        }
        let (again, left) = accepted(&new, format, &seen);
        prop_assert_eq!((again, left), (new, vec![]));
    }
}
