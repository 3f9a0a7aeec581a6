//! Tests over values: lowered from a spec with their types checked, then asked of what was seen.

use crate::syntax::{Diagnostic, Node};
use crate::value::{Type, Value};
use regex::Regex;

mod bounds;
mod contains;
mod diff;
mod explain;
pub mod goss;
mod holds;
mod lower;
mod meaning;
mod mistake;
mod number;
mod operator;
mod pattern;
mod scalar;
mod semver;
mod sieve;
mod text;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod table;
#[cfg(test)]
mod written;

pub use contains::Unmet;
pub use diff::unified;
pub use meaning::Meaning;
pub use operator::{Empty, OPERATORS, Of, Operand, Operator, is_quantity};
pub use pattern::Pattern;
pub use scalar::{Sign, sign};
pub use semver::Constraint;
pub use sieve::Sieve;

/// What a spec expects of a value. Its operands have been checked against the type of the key it stands under.
#[derive(Clone, Debug)]
pub enum Test {
    /// Equal as goss has it: text equals what prints as it, a number equals text that reads as it, a scalar a list of only it.
    Equal(Value),
    Order(Relation, Value),
    /// From the first to the second, both included.
    Between(Box<(Value, Value)>),
    OneOf(Vec<Test>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Substring(Box<str>),
    Regex(Regex),
    /// Some element of a list, value of a map or line of text.
    Element(Box<Test>),
    /// Each test has an element of its own.
    Elements(Vec<Test>),
    /// Each test has an element of its own, and none is left over.
    ConsistOf(Vec<Test>),
    /// Every element. Holds of an empty list.
    Each(Box<Test>),
    /// Elements of a list or a map, bytes of text.
    Len(Box<Test>),
    /// Some key of a map.
    Key(Box<Test>),
    Patterns(Vec<Pattern>),
    /// A list where only what is seen tells what it means: patterns on text, else elements.
    Listed(Box<Listed>),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
    Semver(Constraint),
    /// Each path into JSON leads to what its test says.
    Gjson(Vec<(Box<str>, Test)>),
    Xml(Box<Xml>),
    /// Of text that no report may show, nor what it was expected to be.
    Secret(Box<Test>),
    /// As goss has it, by the types that Go gives to what is seen and what is expected.
    Goss(Box<goss::Expected>),
    /// What a goss file says and no test can be made of, and why: it fails whatever is seen, as goss has it.
    Refused(Box<str>),
}

/// See [`Test::Listed`].
#[derive(Clone, Debug)]
pub struct Listed {
    elements: Vec<Test>,
    /// Why the list does not read as patterns, where it does not.
    patterns: Result<Vec<Pattern>, String>,
}

/// goss's `xml`: an XPath and what it leads to.
#[derive(Clone, Debug)]
pub struct Xml {
    path: Box<str>,
    xpath: crate::query::XPath,
    /// `None`: anything at all.
    result: Option<Test>,
}

/// How one value is ordered against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Why a test neither holds nor fails to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The text was cut at this many bytes, and what lies behind might decide.
    Cut(u64),
    /// The value cannot be read as what the test compares: text that is no number, a path that leads nowhere.
    /// It fails, whichever way round the expectation is written.
    Unfit(String),
}

/// Why a test failed, for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The expectation in words: `"0644"`, `≥ 30d`, `a line matching /foo/`.
    pub expected: String,
    /// What was found, shortened where it is long.
    pub found: String,
    /// Whether `found` is no value but a sentence: why there is nothing to compare, or why it is false.
    pub told: bool,
    /// Expected elements that were not found.
    pub missing: Vec<String>,
    /// Elements found that were not expected.
    pub extra: Vec<String>,
    /// A unified diff, for text of several lines that was to be equal.
    pub diff: Option<String>,
    /// What else helps: that the value was cut, that text is no number.
    pub note: Option<String>,
}

/// Reads what stands under a key of type `ty`. Where it says nothing right, `wrong` says why.
pub fn lower(node: &Node, ty: Type, wrong: &mut Vec<Diagnostic>) -> Option<Test> {
    let mut lower = lower::Lower { wrong };
    match ty {
        Type::Secret => lower.expectation(node, Type::Text).map(|test| Test::Secret(Box::new(test))),
        ty => lower.expectation(node, ty),
    }
}

impl Test {
    /// Exactly this value.
    pub fn equal(value: Value) -> Test {
        Test::Equal(value)
    }

    /// Whether it holds of `seen`. A definite answer wins over a doubt wherever tests are combined.
    pub fn holds(&self, seen: &Value) -> Result<bool, Doubt> {
        holds::holds(self, text::View::of(seen))
    }

    /// Whether it holds of a list that begins so, whatever else is in it; `None` if that depends.
    pub fn holds_of_part(&self, known: &Value) -> Option<bool> {
        holds::holds_of_part(self, text::View::of(known))
    }

    /// Of tests that want an element each: which have none in `seen`, and which elements are nobody's. `None` of other
    /// tests, and where there are no elements.
    pub fn unmet(&self, seen: &Value) -> Option<Unmet> {
        let seen = text::View::of(seen);
        let tests = match self {
            Test::Elements(tests) | Test::ConsistOf(tests) => tests,
            Test::Listed(listed) if seen.text().is_none() => &listed.elements,
            _ => return None,
        };
        // Of text nobody asks for the other lines.
        text::Elements::of(seen).map(|elements| Unmet::of(tests, elements, seen.text().is_none()))
    }

    /// Whether neither what was found nor what the spec says may be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self, Test::Secret(_))
    }

    /// The expectation in words.
    pub fn expected(&self) -> String {
        words::expected(self)
    }

    /// Why it does not hold of `seen`.
    pub fn explain(&self, seen: &Value) -> Evidence {
        explain::explain(self, text::View::of(seen))
    }
}

impl Relation {
    pub fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Relation::Greater => order.is_gt(),
            Relation::GreaterOrEqual => order.is_ge(),
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
        }
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Greater => ">",
            Relation::GreaterOrEqual => "≥",
            Relation::Less => "<",
            Relation::LessOrEqual => "≤",
        }
    }
}
