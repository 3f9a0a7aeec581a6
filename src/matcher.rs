//! Tests over values: lowered from a spec with their types checked, then asked of what was seen.

use crate::syntax::{Diagnostic, Node};
use crate::value::{Type, Value};

/// What a spec expects of a value. Its operands have been checked against the type of the key it stands under.
#[derive(Clone, Debug)]
pub enum Test {
    Equal(Value),
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
    /// Expected elements that were not found.
    pub missing: Vec<String>,
    /// Elements found that were not expected.
    pub extra: Vec<String>,
    /// A unified diff, for text of several lines that was to be equal.
    pub diff: Option<String>,
    /// What else helps: that the value was cut, that text is no number.
    pub note: Option<String>,
}

/// Reads what stands under a key of type `ty`.
pub fn lower(node: &Node, ty: Type, wrong: &mut Vec<Diagnostic>) -> Option<Test> {
    let _ = (ty, wrong);
    Some(Test::Equal(node.into()))
}

impl Test {
    /// Exactly this value.
    pub fn equal(value: Value) -> Test {
        Test::Equal(value)
    }

    pub fn holds(&self, seen: &Value) -> Result<bool, Doubt> {
        let Test::Equal(want) = self;
        Ok(want == seen)
    }

    /// The expectation in words.
    pub fn expected(&self) -> String {
        let Test::Equal(want) = self;
        want.to_string()
    }

    /// Why it does not hold of `seen`.
    pub fn explain(&self, seen: &Value) -> Evidence {
        Evidence { expected: self.expected(), found: seen.to_string(), ..Evidence::default() }
    }
}
