//! sprig v3's functions (its `TxtFuncMap`), a family a file.

mod case;
mod cast;
mod certificate;
mod cut;
mod date;
mod decimal;
mod dict;
mod duration;
mod encoding;
mod equal;
mod flow;
mod hash;
mod json;
mod list;
mod math;
mod merge;
mod path;
mod random;
mod reflect;
pub mod regex;
mod semver;
mod split;
mod system;
mod text;
mod url;
mod wrap;

use super::{Call, Elem, Function, List, Map, Param, Value};
use std::rc::Rc;

/// Every function of sprig's.
pub static FAMILIES: &[&[Function]] = &[
    case::FUNCTIONS,
    cast::FUNCTIONS,
    certificate::FUNCTIONS,
    cut::FUNCTIONS,
    date::FUNCTIONS,
    dict::FUNCTIONS,
    duration::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    math::FUNCTIONS,
    merge::FUNCTIONS,
    path::FUNCTIONS,
    random::FUNCTIONS,
    reflect::FUNCTIONS,
    regex::FUNCTIONS,
    semver::FUNCTIONS,
    split::FUNCTIONS,
    system::FUNCTIONS,
    text::FUNCTIONS,
    url::FUNCTIONS,
    wrap::FUNCTIONS,
];

type Made = Result<Value, String>;

/// A function of so many parameters.
const fn of(name: &'static str, params: &'static [Param], call: fn(&Call, &[Value]) -> Made) -> Function {
    Function { name, params, rest: None, call }
}

/// A function that takes any number of further arguments.
const fn many(
    name: &'static str,
    params: &'static [Param],
    rest: Param,
    call: fn(&Call, &[Value]) -> Made,
) -> Function {
    Function { name, params, rest: Some(rest), call }
}

// The engine has checked what it passes; these only say where it had not.

fn any(args: &[Value], at: usize) -> &Value {
    args.get(at).unwrap_or(&Value::Nil)
}

fn text(args: &[Value], at: usize) -> Result<&str, String> {
    any(args, at).as_text().ok_or_else(|| mismatch("string", any(args, at)))
}

fn int(args: &[Value], at: usize) -> Result<i64, String> {
    match any(args, at) {
        Value::Int(int) => Ok(*int),
        other => Err(mismatch("int", other)),
    }
}

/// A map; none if it is Go's nil map.
fn map(args: &[Value], at: usize) -> Result<Option<&Rc<Map>>, String> {
    match any(args, at) {
        Value::Map(map) => Ok(Some(map)),
        Value::Nil => Ok(None),
        other => Err(mismatch("map[string]interface {}", other)),
    }
}

fn rest(args: &[Value], from: usize) -> &[Value] {
    args.get(from..).unwrap_or_default()
}

fn mismatch(expected: &str, got: &Value) -> String {
    format!("wrong type for value; expected {expected}; got {}", got.type_name())
}

/// Text that was made of what was there, and is not much more.
fn made(call: &Call, text: impl Into<Rc<str>>) -> Made {
    let text = text.into();
    call.charge(text.len())?;
    Ok(Value::Text(text))
}

/// Bytes that a list of so many values takes.
fn charge_items(call: &Call, count: usize) -> Result<(), String> {
    call.charge(count.saturating_mul(size_of::<Value>()))
}

/// `[]string`.
fn texts<T: Into<Rc<str>>>(call: &Call, items: impl IntoIterator<Item = T>) -> Made {
    let mut made = vec![];
    for item in items {
        let item = item.into();
        call.charge(item.len() + size_of::<Value>())?;
        made.push(Value::Text(item));
    }
    Ok(Value::List(Rc::new(List { of: Elem::Text, items: made })))
}

/// Text that is charged for piece by piece.
struct Output<'c, 'w> {
    call: &'c Call<'w>,
    bytes: Vec<u8>,
}

impl<'c, 'w> Output<'c, 'w> {
    fn new(call: &'c Call<'w>) -> Output<'c, 'w> {
        Output { call, bytes: vec![] }
    }

    fn push(&mut self, piece: impl AsRef<[u8]>) -> Result<(), String> {
        self.call.charge(piece.as_ref().len())?;
        self.bytes.extend_from_slice(piece.as_ref());
        Ok(())
    }

    fn done(self) -> Made {
        Ok(Value::text(lossy(self.bytes)))
    }
}

/// Go cuts text between any two bytes. What is left of a character that was cut is U+FFFD.
fn lossy(bytes: impl Into<Vec<u8>>) -> String {
    String::from_utf8(bytes.into()).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::template::{Limits, Template, World};
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
}
