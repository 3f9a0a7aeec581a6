//! What holds of every function.

use super::{Call, FAMILIES, Function, Param, Value};
use crate::template::{Limits, Template, World};
use proptest::prelude::*;
use time::OffsetDateTime;

struct Written;

impl World for Written {
    fn env(&self) -> Vec<(String, String)> {
        vec![("HOME".to_owned(), "/root".to_owned())]
    }
    fn read_file(&self, path: &str) -> Result<String, String> {
        Err(format!("open {path}: no such file or directory"))
    }
    /// 5 March 2024, 13:04:05.25.
    fn now(&self) -> OffsetDateTime {
        time::macros::datetime!(2024-03-05 13:04:05.25 UTC)
    }
    /// 0, 1, 2 and so on.
    fn random(&self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(0..).for_each(|(byte, count)| *byte = count);
    }
}

pub fn rendered(text: &str) -> Result<String, String> {
    let template = Template::parse("test", text, FAMILIES).map_err(|e| e.to_string())?;
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    template.execute(&Value::map::<&str>([]), &Written, limits).map_err(|e| e.to_string())
}

/// What goss answers to each call; none where it is an error.
pub fn agrees(calls: &[(&str, Option<&str>)]) {
    for (call, expected) in calls {
        let rendered = rendered(&format!("{{{{ {call} }}}}"));
        assert_eq!(rendered.as_deref().ok(), *expected, "{call}: {rendered:?}");
    }
}

#[test]
fn every_function_of_sprig_is_known_once() {
    let mut names: Vec<&str> = FAMILIES.iter().flat_map(|family| family.iter().map(|f| f.name)).collect();
    names.sort();
    assert_eq!(names.join(" "), NAMES);
}

#[test]
fn what_grows_with_a_number_ends_before_it_is_made() {
    for bomb in [
        r#"repeat 1000000000 "x""#,
        "until 1000000000",
        "untilStep 0 -9223372036854775808 -1",
        "seq 1000000000",
        "seq 0 -1 -1000000000",
        r#"indent 1000000000 "x""#,
        r#"nindent 1000000000 "x""#,
        "randAlpha 1000000000",
        "randBytes 1000000000",
        r#"wrapWith 1 (repeat 10000 "y") (repeat 10000 "x")"#,
        r#"replace "" (repeat 10000 "y") (repeat 10000 "x")"#,
        r#"regexReplaceAll "" (repeat 10000 "x") (repeat 10000 "y")"#,
        r#"join (repeat 10000 "y") (until 10000)"#,
        "uniq (until 20000)",
        "list | set (dict) \"a\" | toJson | repeat 1000000",
    ] {
        assert!(rendered(&format!("{{{{ $_ := {bomb} }}}}")).is_err(), "{bomb}");
    }
    let doubled = r#"{{ $x := "x" }}{{ range until 64 }}{{ $x = cat $x $x }}{{ end }}"#;
    assert!(rendered(doubled).is_err());
}

#[test]
fn what_holds_itself_is_an_error() {
    for walk in [
        "toJson $d",
        "deepCopy $d",
        "toString $d",
        "deepEqual $d (deepCopy $d)",
        "merge (dict \"a\" $d) (dict \"a\" $d)",
    ] {
        let text = format!(r#"{{{{ $d := dict }}}}{{{{ $_ := set $d "a" $d }}}}{{{{ $_ = {walk} }}}}"#);
        assert!(rendered(&text).is_err() || walk.starts_with("merge"), "{walk}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[a-z0-9 _.:/@%$#?{}()\\[\\]*+-]{0,16}",
        "[0-9]{1,4}(\\.[0-9x*]{1,3}){0,3}(-[a-z.0-9]{0,4})?",
        "[<>=!~^ ]{0,2}[0-9x*]{1,2}(\\.[0-9x]){0,2}( - |,|\\|\\|)?[0-9]?",
        "[0-9.hmsnuµ-]{0,10}",
        "(2006|Jan|Mon|01|_2|15|03|04|05|PM|Z07:00|-0700|MST|\\.000|[ :/-]){0,8}",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9:.,+Zz-]{0,14})?",
    ]
}

fn any_int() -> impl Strategy<Value = i64> {
    prop_oneof![-4..12_i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(i64::MAX - 2)]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any_int().prop_map(Value::Int),
        any_int().prop_map(Value::Int64),
        any::<u64>().prop_map(Value::Uint64),
        any::<f64>().prop_map(Value::Float),
        any_text().prop_map(Value::text),
        (-62_135_596_800..253_402_300_799_i64)
            .prop_map(|at| Value::Time(OffsetDateTime::from_unix_timestamp(at).unwrap())),
        any_int().prop_map(Value::Duration),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            proptest::collection::vec(any_text(), 0..4).prop_map(Value::texts),
            proptest::collection::vec(("[abc]", inner), 0..4).prop_map(Value::map),
        ]
    })
}

/// An argument that the engine would let pass.
fn any_argument(param: Param) -> BoxedStrategy<Value> {
    match param {
        Param::Any | Param::Object(_) => any_value().boxed(),
        Param::Text => any_text().prop_map(Value::text).boxed(),
        Param::Int => any_int().prop_map(Value::Int).boxed(),
        Param::Int64 => any_int().prop_map(Value::Int64).boxed(),
        Param::Float => any::<f64>().prop_map(Value::Float).boxed(),
        Param::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Param::List => proptest::collection::vec(any_value(), 0..4).prop_map(Value::list).boxed(),
        Param::Map => {
            let entries = proptest::collection::vec(("[abc]", any_value()), 0..4);
            prop_oneof![Just(Value::Nil), entries.prop_map(Value::map)].boxed()
        }
        Param::Time => any_value().prop_filter("a time", |value| matches!(value, Value::Time(_))).boxed(),
    }
}

fn any_call() -> impl Strategy<Value = (usize, Vec<Value>)> {
    let functions: Vec<&Function> = FAMILIES.iter().copied().flatten().collect();
    (0..functions.len(), 0..4_usize).prop_flat_map(move |(at, more)| {
        let function = functions[at];
        let rest = function.rest.into_iter().flat_map(|param| std::iter::repeat_n(param, more));
        let args: Vec<_> = function.params.iter().copied().chain(rest).map(any_argument).collect();
        (Just(at), args)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn no_arguments_make_a_function_panic((at, args) in any_call()) {
        let function: &Function = FAMILIES.iter().copied().flatten().nth(at).unwrap();
        let left = std::cell::Cell::new(1 << 20);
        let call = Call { world: &Written, left: &left };
        if let Ok(value) = (function.call)(&call, &args) {
            prop_assert!(call.print(&value).is_ok() || left.get() < 1 << 16, "{}", function.name);
        }
    }
}

const NAMES: &str = "abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc \
    base bcrypt biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains \
    date dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default \
    derivePassword dict dig dir div divf duration durationRound empty encryptAES env expandenv ext fail \
    first float64 floor fromJson genCA genCAWithKey genPrivateKey genSelfSignedCert \
    genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has hasKey hasPrefix \
    hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join \
    kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf \
    mustAppend mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas \
    mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustPush mustRegexFind \
    mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit \
    mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq \
    mustWithout must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs pick pluck \
    plural prepend push quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind \
    regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat \
    replace rest reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice \
    snakecase sortAlpha split splitList splitn squote sub subf substr swapcase ternary title toDate \
    toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix trimSuffix \
    trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper \
    urlJoin urlParse uuidv4 values without wrap wrapWith";
