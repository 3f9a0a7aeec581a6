//! What stands at a path inside a document: gjson's paths into JSON, XPath into XML.
//!
//! - JSON text: [`gjson()`], or [`Json::parse`] once and [`Json::get`] for every path.
//! - Data that came from YAML, TOML or INI: [`json_path`], with the data as a `serde_json::Value`.
//! - XML text: [`xpath`].
//!
//! `check_gjson` and `check_xpath` say what is wrong with a path before anything runs.

use crate::quantity::quoted;
use crate::value::{Fault, Value};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as J;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

mod xpath;

pub use xpath::{XPath, check_xpath, xpath};

/// Bytes that a path may have: paths are read by recursion.
const MAX_PATH: usize = 4096;
/// Pipes and brackets that a path may have, for the same reason.
const MAX_STEPS: usize = 256;

/// Modifiers that the `gjson` crate knows.
const NATIVE: &[&str] = &["this", "reverse", "ugly", "pretty", "valid", "flatten", "join"];
/// Modifiers of gjson that the crate has not, and what each makes of a value.
const OURS: &[(&str, Modifier)] = &[("keys", keys), ("values", values), ("tostr", to_str), ("fromstr", from_str)];

type Modifier = fn(J) -> Option<J>;

/// Stars with something behind them that one key of a path may have. The crate tries, for each, every place in a key or
/// text, and for each of those every place of the next.
const MAX_STARS: u32 = 3;
/// Places that may have to be tried in one text.
const MAX_TRIES: usize = 1 << 28;
const NOT_JSON: &str = "it is not JSON: ";
const TOO_MANY: &str = "too many `*` for ";

/// A JSON text that has been found to be one.
pub struct Json<'t>(Cow<'t, str>);

/// What stands at `path` in the JSON `text`. `None` if nothing does; an error if `text` is not JSON.
pub fn gjson(text: &str, path: &str) -> Result<Option<Value>, String> {
    Json::parse(text)?.get(path)
}

/// What an error of this module says of the document: that it is wrong, or only that it is beyond what is read of JSON.
pub fn fault(why: String) -> Fault {
    let beyond = ["recursion limit exceeded", "number out of range"];
    match why.strip_prefix(NOT_JSON) {
        Some(error) if beyond.iter().any(|b| error.starts_with(b)) => {
            Fault::Unsupported(format!("it is nested deeper, or has a larger number, than is read of JSON: {error}"))
        }
        None if why.starts_with(TOO_MANY) => Fault::Unsupported(why),
        _ => Fault::Unfit(why),
    }
}

/// What stands at gjson's `path` in `data`, whatever format it was read from.
pub fn json_path(data: &J, path: &str) -> Result<Option<Value>, String> {
    Json(Cow::Owned(data.to_string())).get(path)
}

/// Says in a lower-case fragment what is wrong with a gjson path.
pub fn check_gjson(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("the path is empty; `@this` is the whole document".into());
    }
    if path.len() > MAX_PATH {
        return Err(format!("the path is longer than {MAX_PATH} bytes"));
    }
    let mut open = Vec::new();
    let mut steps = 0;
    let mut bytes = path.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' => {
                bytes.next().ok_or("the path ends in `\\`")?;
            }
            b'"' if !open.is_empty() => loop {
                match bytes.next() {
                    None => return Err("a `\"` in the path is not closed".into()),
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(b'"') => break,
                    Some(_) => {}
                }
            },
            b'(' | b'[' | b'{' => {
                steps += 1;
                open.push(b);
            }
            b')' | b']' | b'}' => {
                let opener = match b {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                if open.pop() != Some(opener) {
                    return Err(format!("`{}` in the path closes nothing", b as char));
                }
            }
            b'|' => steps += 1,
            _ => {}
        }
    }
    if let Some(b) = open.pop() {
        return Err(format!("`{}` in the path is not closed", b as char));
    }
    if steps > MAX_STEPS {
        return Err(format!("the path has more than {MAX_STEPS} steps"));
    }
    if stars(path) > MAX_STARS {
        return Err(format!("a key in the path has more than {MAX_STARS} `*` with something behind them"));
    }
    match split_ours(path) {
        Some((before, name, _)) if in_each(before) => {
            Err(format!("`@{name}` cannot stand behind `#`: it applies to one value"))
        }
        _ => Ok(()),
    }
}

impl<'t> Json<'t> {
    pub fn parse(text: &'t str) -> Result<Json<'t>, String> {
        match serde_json::from_str::<Unique>(text) {
            Ok(Unique) => Ok(Json(Cow::Borrowed(text))),
            Err(_) if text.trim().is_empty() => Err("it is empty, not JSON".into()),
            Err(error) => Err(format!("{NOT_JSON}{error}")),
        }
    }

    /// Data that is not JSON text, as if it had been.
    pub fn of(value: &Value) -> Json<'static> {
        Json(Cow::Owned(to_json(value).to_string()))
    }

    /// As goss takes it: of a key that stands twice in a map the first counts.
    pub fn goss(text: &'t str) -> Result<Json<'t>, String> {
        match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Ok(Json(Cow::Borrowed(text))),
            Err(error) => Err(format!("{NOT_JSON}{error}")),
        }
    }

    /// What stands at `path`, every number as the `float64` that Go makes of it.
    pub fn get_as_go(&self, path: &str) -> Result<Option<Value>, String> {
        fn go(json: &J) -> Value {
            match json {
                J::Number(n) => Value::Number(n.as_f64().unwrap_or(f64::NAN)),
                J::Array(list) => Value::List(list.iter().map(go).collect()),
                J::Object(map) => Value::Map(map.iter().map(|(k, v)| (k.clone(), go(v))).collect()),
                other => from_json(other),
            }
        }
        check_gjson(path)?;
        Ok(find(&self.0, path)?.map(|found| go(&found)))
    }

    /// What stands at `path`.
    pub fn get(&self, path: &str) -> Result<Option<Value>, String> {
        check_gjson(path)?;
        Ok(find(&self.0, path)?.as_ref().map(from_json))
    }
}

/// JSON none of whose maps has a key twice. Programs disagree about which of two counts, so whatever stands there, it
/// is not known what they make of it.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Unique, D::Error> {
        from.deserialize_any(Unique)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("the key {} stands twice in one map", quoted(&key))));
            }
            keys.insert(key);
            map.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

/// The stars with something behind them in the key of `path` that has most.
fn stars(path: &str) -> u32 {
    let (mut most, mut stars, mut pending) = (0, 0, false);
    let mut bytes = path.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'*' => pending = true,
            b'.' | b'|' | b'"' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => (stars, pending) = (0, false),
            _ => {
                if b == b'\\' {
                    bytes.next();
                }
                stars += u32::from(std::mem::take(&mut pending));
                most = most.max(stars);
            }
        }
    }
    most
}

/// Says whether a path's stars would take too long on a text as long as the longest in `text`.
fn check_stars(text: &str, path: &str) -> Result<(), String> {
    let stars = stars(path);
    if stars < 2 {
        return Ok(());
    }
    let (mut longest, mut since) = (0, 0);
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'"', bytes) {
        let escaped = bytes[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
        if !escaped {
            longest = longest.max(at - since);
            since = at;
        }
    }
    match longest.checked_pow(stars) {
        Some(..=MAX_TRIES) => Ok(()),
        _ => Err(format!("{TOO_MANY}a text of {longest} bytes in it: `{path}`")),
    }
}

/// Hands the parts of the path between our own modifiers to the crate.
fn find(text: &str, path: &str) -> Result<Option<J>, String> {
    let Some((before, name, after)) = split_ours(path) else {
        check_stars(text, path)?;
        let path = escape_strangers(path);
        let found = gjson::get(text, &path);
        return match found.exists() {
            true if is_large(found.json()) => Ok(Some(J::from(found.json()))),
            true => serde_json::from_str(found.json()).map(Some).map_err(|e| format!("a number in it: {e}")),
            false => Ok(None),
        };
    };
    let before = if before.is_empty() { "@this" } else { before };
    let Some(value) = find(text, before)? else { return Ok(None) };
    let Some((_, apply)) = OURS.iter().find(|(n, _)| *n == name) else { return Ok(None) };
    match apply(value) {
        Some(made) if after.is_empty() => Ok(Some(made)),
        Some(made) => find(&made.to_string(), after),
        None => Ok(None),
    }
}

/// The path before the last-but-none of our modifiers, its name, and the path behind it.
fn split_ours(path: &str) -> Option<(&str, &str, &str)> {
    modifiers(path).into_iter().find_map(|(at, name)| {
        OURS.iter().any(|(n, _)| *n == name).then(|| {
            let after = path.get(at + 1 + name.len()..).unwrap_or("");
            let before = path.get(..at).unwrap_or("");
            (before.strip_suffix(['.', '|']).unwrap_or(before), name, after.strip_prefix(['.', '|']).unwrap_or(after))
        })
    })
}

/// A key such as `@type` is no modifier: gjson takes the unknown ones as keys, the crate only if they are escaped.
fn escape_strangers(path: &str) -> Cow<'_, str> {
    let strangers: Vec<usize> =
        modifiers(path).into_iter().filter(|(_, name)| !NATIVE.contains(name)).map(|(at, _)| at).collect();
    if strangers.is_empty() {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len() + strangers.len());
    let mut from = 0;
    for at in strangers {
        out.push_str(&path[from..at]);
        out.push('\\');
        from = at;
    }
    out.push_str(&path[from..]);
    Cow::Owned(out)
}

/// Where each component that begins with `@` stands, outside brackets, and its name.
fn modifiers(path: &str) -> Vec<(usize, &str)> {
    let bytes = path.as_bytes();
    let mut found = Vec::new();
    let (mut depth, mut at, mut quoted) = (0usize, 0, false);
    while let Some(&b) = bytes.get(at) {
        match b {
            b'\\' => at += 1,
            b'"' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'@' if depth == 0 && (at == 0 || matches!(bytes[at - 1], b'.' | b'|')) => {
                let rest = &path[at + 1..];
                let end = rest.find(['.', '|', ':']).unwrap_or(rest.len());
                found.push((at, &rest[..end]));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether what follows `before` would apply to each element of a list.
fn in_each(before: &str) -> bool {
    before.split(['.', '|']).any(|step| step == "#") || before.contains(")#")
}

fn keys(value: J) -> Option<J> {
    match value {
        J::Object(map) => Some(map.into_iter().map(|(k, _)| J::from(k)).collect()),
        _ => None,
    }
}

fn values(value: J) -> Option<J> {
    match value {
        J::Object(map) => Some(map.into_iter().map(|(_, v)| v).collect()),
        list @ J::Array(_) => Some(list),
        _ => None,
    }
}

fn to_str(value: J) -> Option<J> {
    Some(value.to_string().into())
}

fn from_str(value: J) -> Option<J> {
    value.as_str().and_then(|text| serde_json::from_str(text).ok())
}

/// Whether `text` is a whole number that no `i64` holds. As a float it would be equal to its neighbours, so it is kept
/// as the text that it is.
pub fn is_large(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && text.parse::<i64>().is_err()
}

/// JSON as a value. Whole numbers keep every digit within 64 bits, some as text.
pub fn from_json(json: &J) -> Value {
    match json {
        J::Null => Value::Null,
        J::Bool(b) => Value::Bool(*b),
        J::Number(n) if n.is_u64() && !n.is_i64() => Value::Text(n.to_string()),
        J::Number(n) => n.as_i64().map_or_else(|| Value::Number(n.as_f64().unwrap_or(f64::NAN)), Value::Int),
        J::String(s) => Value::Text(s.clone()),
        J::Array(list) => Value::List(list.iter().map(from_json).collect()),
        J::Object(map) => Value::Map(map.iter().map(|(k, v)| (k.clone(), from_json(v))).collect()),
    }
}

/// A value as JSON; what JSON has no word for, as text.
fn to_json(value: &Value) -> J {
    match value {
        Value::Absent | Value::Null => J::Null,
        Value::Bool(b) => J::Bool(*b),
        Value::Int(n) => J::from(*n),
        Value::Number(n) => J::from(*n),
        Value::Text(t) => J::from(t.as_str()),
        Value::Content(c) => J::from(c.text.as_str()),
        Value::Excerpt(e) => J::from(e.text.as_str()),
        Value::List(list) => list.iter().map(to_json).collect(),
        Value::Map(map) => J::Object(map.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
        Value::Version(v) => J::from(v.text.as_str()),
        quantity => J::from(quantity.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOC: &str = r#"{"name":{"first":"Tom"},"big":9007199254740993,"n":1.5,"none":null,
        "list":[{"a":1,"t":"x"},{"a":2}],"fav.movie":"Deer","@type":"Person","apps":{"b":1,"a":2},"s":"{\"k\":1}"}"#;

    fn at(path: &str) -> Option<Value> {
        gjson(DOC, path).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    #[test]
    fn a_number_too_large_for_a_float_is_not_its_neighbour() {
        let text = r#"{"a": 18446744073709551614, "b": [18446744073709551614], "c": -123456789012345678901234567890, "d": 1e20}"#;
        let at = |path: &str| gjson(text, path).unwrap().unwrap();
        let digits = |digits: &str| Value::Text(digits.into());
        assert_eq!(at("a"), digits("18446744073709551614"));
        assert_eq!(at("b"), Value::List(vec![digits("18446744073709551614")]));
        assert_eq!(at("c"), digits("-123456789012345678901234567890"));
        assert_eq!(at("d"), Value::Number(1e20));
    }

    #[test]
    fn a_key_that_stands_twice_has_no_one_value() {
        for text in [r#"{"a": 1, "a": 2}"#, r#"[{"b": {"\u0061": 1, "a": 1}}]"#] {
            let why = gjson(text, "a").unwrap_err();
            assert!(why.contains(r#"the key "a" stands twice"#), "{why}");
        }
        assert!(gjson(r#"{"a": {"a": 1}, "b": {"a": 1}}"#, "a.a").is_ok());
    }

    #[test]
    fn json_that_is_beyond_what_is_read_is_not_called_wrong() {
        for text in ["[".repeat(200) + &"]".repeat(200), "{\"a\": 1e400}".into()] {
            assert!(matches!(fault(gjson(&text, "a").unwrap_err()), Fault::Unsupported(_)), "{text}");
        }
        for text in ["", "x", r#"{"a": 1, "a": 2}"#] {
            assert!(matches!(fault(gjson(text, "a").unwrap_err()), Fault::Unfit(_)), "{text}");
        }
    }

    #[test]
    fn paths_read_as_gjson_reads_them() {
        assert_eq!(at("name.first"), Some(Value::Text("Tom".into())));
        assert_eq!(at("big"), Some(Value::Int(9_007_199_254_740_993)));
        assert_eq!(at("n"), Some(Value::Number(1.5)));
        assert_eq!(at("none"), Some(Value::Null));
        assert_eq!(at("nothing"), None);
        assert_eq!(at("list.#"), Some(Value::Int(2)));
        assert_eq!(at("list.#.a"), Some(Value::List(vec![Value::Int(1), Value::Int(2)])));
        assert_eq!(at("list.#(t==\"x\").a"), Some(Value::Int(1)));
        assert_eq!(at("fav\\.movie"), Some(Value::Text("Deer".into())));
        assert_eq!(at("name|@this|first"), Some(Value::Text("Tom".into())));
    }

    #[test]
    fn modifiers_that_real_specs_use_and_the_crate_has_not_are_there() {
        let text = |t: &str| Value::Text(t.into());
        assert_eq!(at("apps.@keys"), Some(Value::List(vec![text("b"), text("a")])));
        assert_eq!(at("apps|@keys|1"), Some(text("a")));
        assert_eq!(at("@keys.#"), Some(Value::Int(9)));
        assert_eq!(at("apps.@values"), Some(Value::List(vec![Value::Int(1), Value::Int(2)])));
        assert_eq!(at("s.@fromstr.k"), Some(Value::Int(1)));
        assert_eq!(at("n.@tostr"), Some(text("1.5")));
        assert_eq!(at("name.first.@keys"), None);
    }

    #[test]
    fn a_key_that_looks_like_a_modifier_is_a_key() {
        assert_eq!(at("@type"), Some(Value::Text("Person".into())));
    }

    #[test]
    fn text_that_is_not_json_is_an_error_and_never_nothing() {
        for text in ["", "nope", "{\"a\":1", "{\"a\":1}}", "{'a':1}"] {
            assert!(gjson(text, "a").is_err(), "{text}");
        }
        assert!(gjson(&"[".repeat(100_000), "a").is_err());
    }

    #[test]
    fn stars_that_would_take_for_ever_are_refused() {
        assert!(check_gjson("*a*b*c*").is_ok() && check_gjson("a*.b*.c*.d*.*e.*f").is_ok());
        assert!(check_gjson("*a*b*c*d").unwrap_err().contains("more than 3 `*`"));
        assert!(check_gjson("#(a%\"*a*b*c*d\")").is_err() && check_gjson("**?**?**?**?").is_err());
        let long = format!("{{\"{}\":1}}", "a".repeat(1 << 16));
        assert!(gjson(&long, "*a*b").unwrap_err().contains("too many `*`"));
        assert_eq!(gjson(&long, "*b"), Ok(None));
        let quotes = format!("{{\"{}\":1}}", "a\\\"".repeat(1 << 16));
        assert!(gjson(&quotes, "*a*b").unwrap_err().contains("too many `*`"));
        let short = format!("{{\"{}\":1}}", "a".repeat(200));
        assert_eq!(gjson(&short, "*a*a*b"), Ok(None));
    }

    #[test]
    fn paths_that_read_as_nothing_are_refused_with_a_reason() {
        for path in ["", "a.#(b", "a)", "{\"a", "a\\", "list.#.@keys"] {
            assert!(check_gjson(path).is_err(), "{path}");
        }
        assert!(check_gjson(&"a|".repeat(5000)).is_err());
        assert!(check_gjson(&"a|".repeat(1000)).is_err());
        for path in ["a.b", "a.#(b==\"(\").c", "{a,b}", "a\\.b", "@this", "@type"] {
            assert_eq!(check_gjson(path), Ok(()), "{path}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_path_and_no_text_panics(path in r#"([a-z@#.|*?\\"(){}\[\]:,=<>!%~0-9é]|list|apps|@this|@keys|@flatten|#\(a==1\)#?){0,10}"#,
            text in r#"[a{}\[\]",:0-9 tru.é\\-]{0,16}"#) {
            let _ = gjson(DOC, &path);
            let _ = gjson(&text, &path);
        }
    }
}
