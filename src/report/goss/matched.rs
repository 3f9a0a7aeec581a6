//! What goss says of a test that failed: what it compared, how, and what of the expectation is missing.

use super::plain::{json, plain};
use crate::matcher::goss::{Matcher, Number, printed};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// goss's `matcher-result`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    pub actual: Json,
    pub message: String,
    pub expected: Json,
    pub missing: Json,
    pub found: Json,
    pub extra: Json,
    /// What the value went through before it was compared.
    pub chain: Vec<Json>,
    /// The value before that.
    pub raw: Json,
}

/// An expectation and what was seen, on their way to a [`Matched`].
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    /// As the goss file has it.
    pub said: &'a Value,
    pub matcher: &'a Matcher,
    pub found: &'a Value,
    /// A list that was seen is one of texts, which goss joins where it wants a number.
    pub strings: bool,
    /// What Go calls what the text is read from, where the file expects lines of it.
    pub reader: Option<&'static str>,
    /// Of a value what may be shown.
    pub hide: &'a dyn Fn(&Value) -> Value,
}

impl<'a> Compared<'a> {
    /// What goss says if it passed.
    pub fn passed(&self) -> Matched {
        // What is read from has nothing that Go would write.
        let actual = if self.reader.is_some() { json!({}) } else { self.show(self.found) };
        Matched {
            actual,
            message: "matches expectation".to_owned(),
            expected: self.show(self.said),
            ..Matched::default()
        }
    }

    /// What goss says if it failed.
    pub fn failed(&self) -> Matched {
        self.tell(false)
    }

    fn show(&self, value: &Value) -> Json {
        json(&(self.hide)(value))
    }

    fn actual(&self) -> Json {
        match self.reader {
            Some(reader) => Json::String(format!("object: {reader}")),
            None => self.show(self.found),
        }
    }

    /// With `not`, of a test that holds and should not.
    fn tell(self, not: bool) -> Matched {
        match self.said {
            Value::Text(_) => self.stringly(not, "to equal", self.said),
            Value::Int(_) | Value::Number(_) => self.numerically(not, "eq", self.said),
            Value::List(list) if self.reader.is_some() => self.patterns(not, list),
            Value::List(list) => self.elements(not, "to contain elements matching", list, false),
            Value::Map(map) => match map.as_slice() {
                [(name, argument)] => self.named(not, name, argument),
                _ => self.message(not, "to equal", self.show(self.said)),
            },
            said => self.message(not, "to equal", self.show(said)),
        }
    }

    fn named(self, not: bool, name: &str, argument: &'a Value) -> Matched {
        let list = || match argument {
            Value::List(list) => list.as_slice(),
            _ => &[],
        };
        match name {
            "have-prefix" => self.stringly(not, "to have prefix", argument),
            "have-suffix" => self.stringly(not, "to have suffix", argument),
            "match-regexp" => self.stringly(not, "to match regular expression", argument),
            "contain-substring" => self.stringly(not, "to contain substring", argument),
            "have-patterns" => Compared { reader: None, ..self }.patterns(not, list()),
            "gt" | "ge" | "lt" | "le" => self.numerically(not, name, argument),
            "have-len" => self.message(not, "to have length", self.show(argument)),
            "semver-constraint" => self.message(not, "to satisfy semver constraint", self.show(argument)),
            "have-key" => self.message(not, "to have key matching", self.written(argument)),
            "contain-element" => self.listed(self.message(not, "to contain element matching", self.written(argument))),
            "contain-elements" => self.listed(self.elements(not, "to contain elements matching", list(), false)),
            "consist-of" => self.elements(not, "to consist of", list(), true),
            "not" => match self.matcher {
                Matcher::Not(inner) => Compared { said: argument, matcher: inner, ..self }.tell(!not),
                _ => self.message(!not, "to equal", self.written(argument)),
            },
            "and" => self.several(not, list(), true),
            "or" => self.several(not, list(), false),
            "gjson" => self.gjson(not, argument),
            _ => self.message(not, "to equal", self.show(argument)),
        }
    }

    fn message(&self, not: bool, message: &str, expected: Json) -> Matched {
        let message = if not { format!("not {message}") } else { message.to_owned() };
        Matched { actual: self.actual(), message, expected, ..Matched::default() }
    }

    /// Compared as text: goss prints what is none.
    fn stringly(self, not: bool, message: &str, expected: &Value) -> Matched {
        let (found, raw) = (plain(self.found), self.actual());
        let (text, changed) = match &found {
            Value::Text(_) => (found, false),
            Value::List(list) => (Value::Text(list.iter().map(printed).collect::<Vec<_>>().join("\n")), true),
            other => (Value::Text(printed(other).into_owned()), true),
        };
        let matched = Compared { found: &text, reader: None, ..self }.message(not, message, self.show(expected));
        Matched { chain: changed.then(|| json!({"to-string": {}})).into_iter().collect(), raw, ..matched }
    }

    /// Compared as a number: goss reads text as one.
    fn numerically(self, not: bool, relation: &str, expected: &Value) -> Matched {
        let (found, raw) = (plain(self.found), self.actual());
        let parse = |text: &str| Some(Value::Number(Number::parse(text)?.float()));
        let read = match &found {
            Value::Int(_) | Value::Number(_) => None,
            Value::Text(text) => Some(parse(text)),
            Value::List(list) if self.strings => Some(parse(&list.iter().map(printed).collect::<Vec<_>>().join("\n"))),
            _ => Some(None),
        };
        let chain = read.is_some().then(|| json!({"to-numeric": {}})).into_iter().collect();
        let found = read.flatten().unwrap_or(found);
        let message = format!("to be numerically {relation}");
        let matched = Compared { found: &found, reader: None, ..self }.message(not, &message, self.show(expected));
        Matched { chain, raw, ..matched }
    }

    /// goss makes a list of lines of text before it looks for elements.
    fn listed(&self, matched: Matched) -> Matched {
        let raw = self.actual();
        match plain(&(self.hide)(self.found)) {
            Value::Text(text) => {
                let lines: Vec<Json> = text.split('\n').map(|line| Json::String(line.to_owned())).collect();
                Matched { actual: Json::Array(lines), chain: vec![json!({"to-array": {}})], raw, ..matched }
            }
            _ => Matched { raw, ..matched },
        }
    }

    fn elements(&self, not: bool, message: &str, list: &[Value], exact: bool) -> Matched {
        let expected = Json::Array(list.iter().map(|one| self.written(one)).collect());
        let matched = self.message(not, message, expected);
        if not {
            return matched;
        }
        let parted = self.parted(list, |one| self.written(one));
        let extra = match (&parted, plain(&(self.hide)(self.found))) {
            (Some((.., extra)), Value::List(found)) if exact => {
                some(extra.iter().filter_map(|at| found.get(*at)).map(json).collect())
            }
            _ => Json::Null,
        };
        let (missing, found) =
            parted.map_or((Json::Null, Json::Null), |(missing, found, _)| (some(missing), found.into()));
        Matched { missing, found, extra, ..matched }
    }

    fn patterns(&self, not: bool, list: &[Value]) -> Matched {
        let expected = Json::Array(list.iter().map(|one| self.show(one)).collect());
        let matched = self.message(not, "to have patterns", expected);
        if not {
            return matched;
        }
        let parted = self.parted(list, |one| self.show(one));
        let (missing, found) =
            parted.map_or((Json::Null, Json::Null), |(missing, found, _)| (some(missing), some(found)));
        let raw = if self.reader.is_some() { Json::Null } else { self.actual() };
        Matched { missing, found, raw, ..matched }
    }

    /// What of a list is missing, what of it is there, and which elements nobody asked for.
    fn parted(&self, list: &[Value], write: impl Fn(&Value) -> Json) -> Option<(Vec<Json>, Vec<Json>, Vec<usize>)> {
        let unmet = self.matcher.unmet(self.found)?;
        let gone: HashSet<usize> = unmet.missing.into_iter().collect();
        let (mut missing, mut found) = (vec![], vec![]);
        for (at, one) in list.iter().enumerate() {
            if gone.contains(&at) { &mut missing } else { &mut found }.push(write(one));
        }
        Some((missing, found, unmet.extra))
    }

    /// `and`, of which goss tells the first that fails, and `or`, of which it tells the first that should not hold.
    fn several(self, not: bool, list: &'a [Value], all: bool) -> Matched {
        let matchers = match self.matcher {
            Matcher::And(matchers) if all => matchers.as_slice(),
            Matcher::Or(matchers) if !all => matchers.as_slice(),
            _ => &[],
        };
        let mut each = matchers.iter().zip(list).filter(|_| all != not);
        if let Some((matcher, said)) = each.find(|(matcher, _)| matcher.holds(self.found, self.strings) != all) {
            return Compared { said, matcher, ..self }.tell(not);
        }
        let message =
            if all { "to satisfy all of these matchers" } else { "to satisfy at least one of these matchers" };
        self.message(not, message, Json::Array(list.iter().map(|one| self.written(one)).collect()))
    }

    fn gjson(self, not: bool, paths: &'a Value) -> Matched {
        let Value::Map(paths) = paths else { return Matched::default() };
        let raw = self.actual();
        let led = self.matcher.astray(self.found, not).filter(|_| !not || paths.len() == 1);
        let told =
            led.and_then(|(path, matcher, led)| Some((paths.iter().find(|(name, _)| name == path)?, matcher, led)));
        let Some(((path, said), matcher, led)) = told else {
            let expected = Json::Array(paths.iter().map(|(_, said)| self.written(said)).collect());
            return self.message(not, "to satisfy all of these matchers", expected);
        };
        let step = json!({"gjson": {"Path": path}});
        let Some(found) = led else {
            return Matched { expected: self.written(said), chain: vec![step], raw, ..Matched::default() };
        };
        let below = Compared { said, matcher, found: &found, strings: false, reader: None, hide: self.hide };
        let mut matched = below.tell(not);
        matched.chain.insert(0, step);
        Matched { raw, ..matched }
    }

    /// An expectation inside another, as goss writes its matchers.
    fn written(&self, said: &Value) -> Json {
        let all = |list: &[Value]| Json::Array(list.iter().map(|one| self.written(one)).collect());
        let one = |name: &str, json: Json| Json::Object(Map::from_iter([(name.to_owned(), json)]));
        match said {
            Value::Int(_) | Value::Number(_) => one("eq", self.show(said)),
            Value::List(list) => one("contain-elements", all(list)),
            Value::Map(map) => match map.as_slice() {
                [(name, argument)] => match (name.as_str(), argument) {
                    ("equal", argument) => self.show(argument),
                    ("gjson", Value::Map(paths)) => match paths.as_slice() {
                        [(_, said)] => self.written(said),
                        paths => one("and", Json::Array(paths.iter().map(|(_, said)| self.written(said)).collect())),
                    },
                    ("and", Value::List(list)) => match list.as_slice() {
                        [said] => self.written(said),
                        list => one("and", all(list)),
                    },
                    ("or" | "contain-elements" | "consist-of", Value::List(list)) => one(name, all(list)),
                    ("not" | "have-key" | "contain-element", argument) => one(name, self.written(argument)),
                    _ => self.show(said),
                },
                _ => self.show(said),
            },
            _ => self.show(said),
        }
    }
}

/// Go's list that nothing was ever put into is null.
fn some(list: Vec<Json>) -> Json {
    if list.is_empty() { Json::Null } else { Json::Array(list) }
}
