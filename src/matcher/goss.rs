//! goss's matchers: what each says of a value, by the types that Go gives to what is seen and what is expected.
//!
//! In goss an error is a failure that `not` does not turn round, and where it ends `and`, `or` and a search of elements
//! depends on the order. So an answer is the set of the ways in which a matcher may come out, which is one way unless
//! what is seen was cut: then each way stands for some text that begins so.

use super::contains::Pairs;
use super::pattern::Pattern;
use super::text::{Held, Text, View};
use super::{Doubt, Relation};
use crate::query::{Json, XPath};
use crate::value::Value;
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;

mod number;
mod printed;
mod semver;
mod told;
mod unmet;

pub use number::Number;
pub use printed::printed;
pub use semver::Range;

/// What a goss file expects of a property.
#[derive(Clone, Debug)]
pub struct Expected {
    /// As the file has it.
    pub written: Value,
    /// A list that is seen is Go's `[]string` rather than `[]any`, which no list of a file is equal to.
    pub strings: bool,
    pub matcher: Matcher,
}

#[derive(Clone, Debug)]
pub enum Matcher {
    /// What it prints as.
    Text(Box<str>),
    /// As a number, or read as one.
    Number(Number),
    /// `equal`, and the bare `true` and `false`: the type counts.
    Equal(Value),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Substring(Box<str>),
    Regexp(Regex),
    /// A list of a file where text is read line by line, and `have-patterns`.
    Patterns(Vec<Pattern>),
    Len(i64),
    Key(Box<Matcher>),
    /// Of text, its lines are the elements.
    Element(Box<Matcher>),
    /// Of text, its lines are the elements if `lines`: a bare list wants a list.
    Elements {
        each: Vec<Matcher>,
        lines: bool,
    },
    ConsistOf(Vec<Matcher>),
    Not(Box<Matcher>),
    And(Vec<Matcher>),
    Or(Vec<Matcher>),
    Order(Relation, Number),
    Semver(Range),
    Gjson(Vec<(Box<str>, Matcher)>),
    Xml(Box<Xml>),
    /// An error whatever is seen: a regular expression that does not compile, an order against no number.
    Wrong(Box<str>),
}

/// A newer goss's `xml`.
#[derive(Clone, Debug)]
pub struct Xml {
    pub path: Box<str>,
    pub xpath: XPath,
    /// Blank: any node.
    pub result: Box<str>,
}

/// The ways in which a matcher may come out.
#[derive(Clone, Debug, Default)]
struct Answer {
    holds: bool,
    fails: bool,
    /// The error it may end in.
    error: Option<String>,
    /// Where what was read ends, if there is more than one way.
    cut: Option<u64>,
}

impl Expected {
    /// Whether it holds; an error that is certain is [`Doubt::Unfit`].
    pub(super) fn holds(&self, seen: View<'_>) -> Held {
        let seen = match seen {
            View::Value(Value::No(_)) => View::Value(&Value::Bool(false)),
            seen => seen,
        };
        match ask(&self.matcher, seen, self.strings) {
            Answer { holds: true, fails: false, error: None, .. } => Ok(true),
            Answer { holds: false, fails: false, error: Some(why), .. } => Err(Doubt::Unfit(why)),
            Answer { holds: false, .. } => Ok(false),
            Answer { cut, .. } => Err(Doubt::Cut(cut.unwrap_or(0))),
        }
    }

    /// See [`super::Test::holds_of_part`].
    pub(super) fn holds_of_part(&self, known: View<'_>) -> Option<bool> {
        match &self.matcher {
            Matcher::Element(_) | Matcher::Elements { .. } => self.holds(known).ok().filter(|held| *held),
            _ => None,
        }
    }
}

impl Answer {
    fn error(why: impl Into<String>) -> Answer {
        Answer { error: Some(why.into()), ..Answer::default() }
    }

    /// It may come out in any way.
    fn any(cut: u64) -> Answer {
        Answer {
            holds: true,
            fails: true,
            error: Some(format!("only the first {cut} bytes were read")),
            cut: Some(cut),
        }
    }

    fn is_certain(&self) -> bool {
        u8::from(self.holds) + u8::from(self.fails) + u8::from(self.error.is_some()) == 1
    }

    /// Takes in the ways in which `other` is not to be gone on from.
    fn add(&mut self, other: Answer) {
        self.holds |= other.holds;
        self.fails |= other.fails;
        self.error = self.error.take().or(other.error);
        self.cut = self.cut.or(other.cut);
    }

    fn not(self) -> Answer {
        Answer { holds: self.fails, fails: self.holds, ..self }
    }

    /// As an edge between an expectation and an element, where an error is as good as a failure.
    fn held(self) -> Held {
        match (self.holds, self.fails || self.error.is_some()) {
            (true, true) => Err(Doubt::Cut(self.cut.unwrap_or(0))),
            (holds, _) => Ok(holds),
        }
    }
}

impl From<Held> for Answer {
    fn from(held: Held) -> Answer {
        match held {
            Ok(true) => Answer { holds: true, ..Answer::default() },
            Ok(false) => Answer { fails: true, ..Answer::default() },
            Err(Doubt::Unfit(why)) => Answer::error(why),
            Err(Doubt::Cut(cut)) => Answer { holds: true, fails: true, error: None, cut: Some(cut) },
        }
    }
}

fn ask(matcher: &Matcher, seen: View<'_>, strings: bool) -> Answer {
    match matcher {
        Matcher::Text(want) => text(seen, |text| text.equals(want)),
        Matcher::Prefix(want) => text(seen, |text| text.has_prefix(want)),
        Matcher::Suffix(want) => text(seen, |text| text.has_suffix(want)),
        Matcher::Substring(want) => text(seen, |text| text.contains(want)),
        Matcher::Regexp(regex) => text(seen, |text| text.matches(regex)),
        Matcher::Patterns(patterns) => text(seen, |text| all_hold(patterns, text)),
        Matcher::Number(want) => number(seen, strings, |seen| seen.compare(*want).is_some_and(|o| o.is_eq())),
        Matcher::Order(relation, want) => {
            number(seen, strings, |seen| seen.compare(*want).is_some_and(|order| relation.accepts(order)))
        }
        Matcher::Equal(want) => equal(want, seen, strings),
        Matcher::Len(want) => len(*want, seen),
        Matcher::Key(key) => keys(key, seen),
        Matcher::Element(one) => match elements(seen, true) {
            Ok(elements) => element(one, &elements),
            Err(why) => Answer::error(why),
        },
        Matcher::Elements { each, lines } => contain(each, seen, *lines, false),
        Matcher::ConsistOf(each) => contain(each, seen, false, true),
        Matcher::Not(matcher) => ask(matcher, seen, strings).not(),
        Matcher::And(all) => in_turn(all.iter().map(|one| ask(one, seen, strings))),
        // `or` is `and` upside down, but that an error ends both.
        Matcher::Or(any) => in_turn(any.iter().map(|one| ask(one, seen, strings).not())).not(),
        Matcher::Semver(range) => semver::ask(range, seen),
        Matcher::Gjson(paths) => gjson(paths, seen),
        Matcher::Xml(xml) => at_xpath(xml, seen),
        Matcher::Wrong(why) => Answer::error(&**why),
    }
}

fn all_hold(patterns: &[Pattern], text: Text<'_>) -> Held {
    let mut doubt = None;
    for pattern in patterns {
        match pattern.holds(text) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(more) => doubt = Some(more),
        }
    }
    doubt.map_or(Ok(true), Err)
}

/// Asks of what is printed of it, of which there is something of everything.
fn text(seen: View<'_>, ask: impl FnOnce(Text<'_>) -> Held) -> Answer {
    match seen {
        View::Text(text) => ask(text).into(),
        View::Value(Value::List(list)) => {
            let lines: Vec<Cow<str>> = list.iter().map(printed).collect();
            ask(Text::whole(&lines.join("\n"))).into()
        }
        View::Value(value) => ask(Text::whole(&printed(value))).into(),
    }
}

fn number(seen: View<'_>, strings: bool, ask: impl FnOnce(Number) -> bool) -> Answer {
    let read = |text: &str| Number::parse(text).ok_or_else(|| format!("{} is not a number", super::words::short(text)));
    let number = match seen {
        View::Text(Text { cut: Some(cut), .. }) => return Answer::any(cut.bound),
        View::Text(text) => read(text.text),
        View::Value(Value::List(list)) if strings => {
            let lines: Vec<Cow<str>> = list.iter().map(printed).collect();
            read(&lines.join("\n"))
        }
        View::Value(value) => Number::of(value).ok_or_else(|| format!("expected a number, got {}", seen.noun())),
    };
    match number {
        Ok(number) => Ok(ask(number)).into(),
        Err(why) => Answer::error(why),
    }
}

fn equal(want: &Value, seen: View<'_>, strings: bool) -> Answer {
    match (want, seen) {
        (Value::Text(want), View::Text(text)) => text.equals(want).into(),
        (Value::Null, View::Value(Value::Null)) => Answer::error("refusing to compare null with null"),
        (_, View::Text(_)) => Ok(false).into(),
        (_, View::Value(Value::List(_))) if strings => Ok(false).into(),
        (want, View::Value(value)) => Ok(same(want, value)).into(),
    }
}

/// Go's reflect.DeepEqual.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) if a.len() == b.len() => {
            let b: BTreeMap<&str, &Value> = b.iter().map(|(key, value)| (key.as_str(), value)).collect();
            a.iter().all(|(key, value)| b.get(key.as_str()).is_some_and(|other| same(value, other)))
        }
        (Value::Pairs(a), Value::Pairs(b)) if a.len() == b.len() => {
            // A key is a scalar, which `{:?}` tells from those of other types.
            let b: BTreeMap<String, &Value> = b.iter().map(|(key, value)| (format!("{key:?}"), value)).collect();
            a.iter().all(|(key, value)| b.get(&format!("{key:?}")).is_some_and(|other| same(value, other)))
        }
        (Value::Map(_), Value::Map(_)) | (Value::Pairs(_), Value::Pairs(_)) => false,
        (a, b) => a == b,
    }
}

fn len(want: i64, seen: View<'_>) -> Answer {
    let len = match seen {
        View::Text(Text { text, cut: Some(cut), .. }) => {
            let least = i64::try_from(text.len()).unwrap_or(i64::MAX).saturating_add(i64::from(cut.more));
            return if want < least { Ok(false) } else { Err(Doubt::Cut(cut.bound)) }.into();
        }
        View::Text(text) => text.text.len(),
        View::Value(Value::List(list)) => list.len(),
        View::Value(Value::Map(map)) => map.len(),
        View::Value(Value::Pairs(pairs)) => pairs.len(),
        View::Value(_) => return Answer::error(format!("{} has no length", seen.noun())),
    };
    Ok(i64::try_from(len) == Ok(want)).into()
}

/// goss asks of the keys in no order; what one of them ends in an error does not keep another from being found.
fn keys(key: &Matcher, seen: View<'_>) -> Answer {
    let keys: Vec<View> = match seen {
        View::Value(Value::Map(map)) => map.iter().map(|(key, _)| View::Text(Text::whole(key))).collect(),
        View::Value(Value::Pairs(pairs)) => pairs.iter().map(|(key, _)| View::of(key)).collect(),
        _ => return Answer::error(format!("{} has no keys", seen.noun())),
    };
    element(key, &Elements { all: keys, cut: None })
}

/// What a matcher of elements is asked of.
struct Elements<'v> {
    all: Vec<View<'v>>,
    /// There may be more of them.
    cut: Option<u64>,
}

fn elements(seen: View<'_>, lines: bool) -> Result<Elements<'_>, String> {
    let whole = |all| Ok(Elements { all, cut: None });
    match seen {
        View::Text(text) if lines => {
            let mut all: Vec<View> = text.text.split('\n').map(|line| View::Text(Text::whole(line))).collect();
            if let (Some(View::Text(last)), Some(cut)) = (all.last_mut(), text.cut) {
                last.cut = Some(super::text::Cut { more: false, ..cut });
            }
            Ok(Elements { all, cut: text.cut.map(|cut| cut.bound) })
        }
        View::Value(Value::List(list)) => whole(list.iter().map(View::of).collect()),
        View::Value(Value::Map(map)) => whole(map.iter().map(|(_, value)| View::of(value)).collect()),
        View::Value(Value::Pairs(pairs)) => whole(pairs.iter().map(|(_, value)| View::of(value)).collect()),
        _ => Err(format!("expected a list or a map, got {}", seen.noun())),
    }
}

/// Some element. An error of one is forgotten if another one holds.
fn element(matcher: &Matcher, elements: &Elements<'_>) -> Answer {
    let mut may = Answer { cut: elements.cut, ..Answer::default() };
    let (mut error, mut certain) = (None, false);
    for one in &elements.all {
        let answer = ask(matcher, *one, false);
        match answer.is_certain() {
            true if answer.holds => return Ok(true).into(),
            true => certain |= answer.error.is_some(),
            false => may.cut = may.cut.or(answer.cut),
        }
        may.holds |= answer.holds;
        error = error.or(answer.error);
    }
    if elements.cut.is_some() {
        may.holds = true;
        error = error.or(Some("there may be more elements".into()));
    }
    Answer { fails: !certain, error, ..may }
}

/// Every expectation has an element of its own; if `exact`, no element is left over.
fn contain(each: &[Matcher], seen: View<'_>, lines: bool, exact: bool) -> Answer {
    let Elements { all, cut } = match elements(seen, lines) {
        Ok(elements) => elements,
        Err(why) => return Answer::error(why),
    };
    if exact && all.len() != each.len() {
        return Ok(false).into();
    }
    let pairs = Pairs::by(each, &all.iter().copied(), &|matcher, element| ask(matcher, element, false).held());
    match (pairs.all_have_one(), cut) {
        (Ok(false), Some(bound)) => Err(Doubt::Cut(bound)),
        (held, _) => held,
    }
    .into()
}

/// One after the other, until one fails or ends in an error.
fn in_turn(answers: impl Iterator<Item = Answer>) -> Answer {
    let mut end = Answer::default();
    for answer in answers {
        let goes_on = answer.holds;
        end.add(Answer { holds: false, ..answer });
        if !goes_on {
            return end;
        }
    }
    Answer { holds: true, ..end }
}

/// goss follows the paths in no order, so the first of an error and a failure is either; an error it is here.
fn gjson(paths: &[(Box<str>, Matcher)], seen: View<'_>) -> Answer {
    let text = match seen {
        View::Text(Text { cut: Some(cut), .. }) => return Answer::any(cut.bound),
        View::Text(text) => text.text,
        View::Value(_) if paths.is_empty() => return Ok(true).into(),
        View::Value(_) => return Answer::error(format!("expected text, got {}", seen.noun())),
    };
    if paths.is_empty() {
        return Ok(true).into();
    }
    let json = match Json::goss(text) {
        Ok(json) => json,
        Err(why) => return Answer::error(why),
    };
    let mut fails = false;
    for (path, matcher) in paths {
        let found = match json.get_as_go(path) {
            Ok(Some(value)) => value,
            Ok(None) => return Answer::error(format!("path not found: `{path}`")),
            Err(why) => return Answer::error(why),
        };
        match ask(matcher, View::of(&found), false) {
            Answer { error: Some(why), .. } => return Answer::error(why),
            answer => fails |= answer.fails,
        }
    }
    Ok(!fails).into()
}

fn at_xpath(xml: &Xml, seen: View<'_>) -> Answer {
    let text = match seen {
        View::Text(Text { cut: Some(cut), .. }) => return Answer::any(cut.bound),
        View::Text(text) => text.text,
        View::Value(_) => return Answer::error(format!("{} is not XML", seen.noun())),
    };
    let found = match xml.xpath.find(text) {
        Ok(found) => found,
        Err(why) => return Answer::error(why),
    };
    if found.nodes && xml.result.trim().is_empty() {
        return Ok(found.value.is_some()).into();
    }
    let result = match &found.value {
        _ if found.nodes => found.markup,
        Some(value) => printed(value).into_owned(),
        None => String::new(),
    };
    match *result == *xml.result {
        true => Ok(true).into(),
        false => Answer::error(format!("`{}` leads to {}", xml.path, super::words::short(&result))),
    }
}
