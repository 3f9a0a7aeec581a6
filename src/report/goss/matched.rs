//! What goss says of a test that failed: what it compared, how, and what of the expectation is missing.

use super::plain::{json, plain, printed};
use crate::matcher::Test;
use crate::value::Value;
use serde_json::{Map, Value as Json, json};

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
    /// Why it could not be compared at all.
    pub error: Option<String>,
}

/// An expectation and what was seen, on their way to a [`Matched`].
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    /// As the goss file has it.
    pub said: &'a Value,
    /// The test that was made of it; `None` where it is not known.
    pub test: Option<&'a Test>,
    pub found: &'a Value,
    /// What Go calls what the text is read from, where the file expects lines of it.
    pub reader: Option<&'static str>,
    /// Of a value what may be shown.
    pub hide: &'a dyn Fn(&Value) -> Value,
}

impl<'a> Compared<'a> {
    /// What goss says if it passed.
    pub fn passed(&self) -> Matched {
        Matched {
            actual: self.actual(),
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
        let inner = match self.test {
            Some(Test::Not(inner) | Test::Key(inner) | Test::Element(inner)) => Some(&**inner),
            _ => None,
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
            "not" => Compared { said: argument, test: inner, ..self }.tell(!not),
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
            other => (Value::Text(printed(other)), true),
        };
        let matched = Compared { found: &text, reader: None, ..self }.message(not, message, self.show(expected));
        Matched { chain: changed.then(|| json!({"to-string": {}})).into_iter().collect(), raw, ..matched }
    }

    /// Compared as a number: goss reads text as one.
    fn numerically(self, not: bool, relation: &str, expected: &Value) -> Matched {
        let (found, raw) = (plain(self.found), self.actual());
        let read = match &found {
            Value::Int(_) | Value::Number(_) => None,
            Value::Text(text) => Some(text.trim().parse().ok().map(Value::Number)),
            Value::List(list) => {
                let text = list.iter().map(printed).collect::<Vec<_>>().join("\n");
                Some(text.trim().parse().ok().map(Value::Number))
            }
            _ => Some(None),
        };
        let chain = read.is_some().then(|| json!({"to-numeric": {}})).into_iter().collect();
        let error = (read == Some(None)).then(|| {
            let shown = plain(&(self.hide)(self.found));
            format!("it is compared as a number and is none: {}", super::json_text::shown(&json(&shown)))
        });
        let found = read.flatten().unwrap_or(found);
        let message = format!("to be numerically {relation}");
        let matched = Compared { found: &found, reader: None, ..self }.message(not, &message, self.show(expected));
        Matched { chain, raw, error, ..matched }
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
        let unmet = self.test?.unmet(self.found)?;
        let (mut missing, mut found) = (vec![], vec![]);
        for (at, one) in list.iter().enumerate() {
            if unmet.missing.contains(&at) { &mut missing } else { &mut found }.push(write(one));
        }
        Some((missing, found, unmet.extra))
    }

    /// `and`, of which goss tells the first that fails, and `or`, of which it tells the first that should not hold.
    fn several(self, not: bool, list: &'a [Value], all: bool) -> Matched {
        let tests = match self.test {
            Some(Test::And(tests)) if all && tests.len() == list.len() => Some(tests),
            Some(Test::Or(tests)) if !all && tests.len() == list.len() => Some(tests),
            _ => None,
        };
        let one = tests.filter(|_| all != not).into_iter().flatten().zip(list);
        let one = one.into_iter().find(|(test, _)| (test.holds(self.found) == Ok(true)) != all);
        if let Some((test, said)) = one {
            return Compared { said, test: Some(test), ..self }.tell(not);
        }
        let message =
            if all { "to satisfy all of these matchers" } else { "to satisfy at least one of these matchers" };
        self.message(not, message, Json::Array(list.iter().map(|one| self.written(one)).collect()))
    }

    fn gjson(self, not: bool, paths: &'a Value) -> Matched {
        let Value::Map(paths) = paths else { return Matched::default() };
        let led = self.test.and_then(|test| test.astray(self.found));
        let told = led.and_then(|(path, test, led)| Some((paths.iter().find(|(name, _)| name == path)?, test, led)));
        let raw = self.actual();
        match told {
            Some(((path, said), test, Ok(found))) => {
                let below = Compared { said, test: Some(test), found: &found, reader: None, hide: self.hide };
                let mut matched = below.tell(not);
                matched.chain.insert(0, json!({"gjson": {"Path": path}}));
                Matched { raw, ..matched }
            }
            Some(((path, said), _, Err(why))) => Matched {
                expected: self.written(said),
                chain: vec![json!({"gjson": {"Path": path}})],
                raw,
                error: Some(why),
                ..Matched::default()
            },
            None => {
                let expected = Json::Array(paths.iter().map(|(_, said)| self.written(said)).collect());
                self.message(not, "to satisfy all of these matchers", expected)
            }
        }
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
