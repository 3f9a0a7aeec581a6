//! Every matcher: its name, what it means, what it applies to and what it takes.

use super::{Relation, Test};
use crate::value::{Type, Value};

/// A matcher that a spec may name. Lowering and the schema both loop over [`OPERATORS`].
pub struct Operator {
    pub name: &'static str,
    /// One sentence for the reference.
    pub about: &'static str,
    /// Whether it applies to a key of this type.
    pub fits: fn(Type) -> bool,
    pub operand: Operand,
}

/// What stands behind a matcher's name.
pub enum Operand {
    /// A value of the key's own type; of a list, the whole list.
    Same(fn(Value) -> Test),
    /// A value that the key's type is ordered against: its own, or a number where the key holds text or anything.
    Bound(Relation),
    /// A list of two such values, the lower first.
    Pair,
    /// A list of values of the key's own type, not empty.
    Values,
    /// Text, not empty.
    Text(fn(Box<str>) -> Test),
    Regex,
    /// A whole number, 0 or more, or a matcher of one.
    Count,
    Matcher(Of, fn(Box<Test>) -> Test),
    /// A list of matchers, and what an empty one means.
    Matchers(Of, Empty, fn(Vec<Test>) -> Test),
    /// A list of line patterns, not empty.
    Patterns,
    /// A map of gjson paths to matchers of anything, not empty.
    Paths,
    /// A map of `xpath` and `result`.
    Xpath,
    /// A semver range.
    Semver,
}

/// What the matchers inside a matcher apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The value itself.
    Itself,
    /// An element of a list, a line of text.
    Element,
    /// A key of a map.
    Key,
}

/// What a list of matchers without any says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// What can be meant.
    Fine,
    /// Nothing, so it is refused.
    AssertsNothing,
    /// What can never hold, so it is refused.
    NeverHolds,
}

pub static OPERATORS: &[Operator] = &[
    Operator {
        name: "equal",
        about: "It is this; of a list, these elements in this order.",
        fits: |_| true,
        operand: Operand::Same(Test::Equal),
    },
    bound("gt", "It is greater than this.", Relation::Greater),
    bound("ge", "It is this or greater.", Relation::GreaterOrEqual),
    bound("lt", "It is less than this.", Relation::Less),
    bound("le", "It is this or less.", Relation::LessOrEqual),
    Operator {
        name: "between",
        about: "It lies between these two, both included.",
        fits: is_ordered,
        operand: Operand::Pair,
    },
    Operator {
        name: "one-of",
        about: "It is one of these.",
        fits: |ty| !matches!(ty, Type::List(_) | Type::Bool),
        operand: Operand::Values,
    },
    text("have-prefix", "Its text begins with this.", Test::Prefix),
    text("have-suffix", "Its text ends with this; the final newline belongs to the text.", Test::Suffix),
    text("contain-substring", "Its text has this somewhere.", Test::Substring),
    Operator {
        name: "match-regexp",
        about: "Its text has a match of this regular expression somewhere.",
        fits: is_written,
        operand: Operand::Regex,
    },
    Operator {
        name: "have-patterns",
        about: "Every pattern holds of its lines: `text` is on some line, `!text` on none, `/regex/` matches some, `!/regex/` none.",
        fits: is_text_or_any,
        operand: Operand::Patterns,
    },
    Operator {
        name: "contain-element",
        about: "Some element is this; of text, some line.",
        fits: |ty| has_elements(ty) || ty == Type::Text,
        operand: Operand::Matcher(Of::Element, Test::Element),
    },
    Operator {
        name: "contain-elements",
        about: "Each of these is an element of its own, in any order; of text, a line.",
        fits: |ty| has_elements(ty) || ty == Type::Text,
        operand: Operand::Matchers(Of::Element, Empty::AssertsNothing, Test::Elements),
    },
    Operator {
        name: "consist-of",
        about: "These are its elements and there are no others, in any order.",
        fits: |ty| matches!(ty, Type::List(_) | Type::Any),
        operand: Operand::Matchers(Of::Element, Empty::Fine, Test::ConsistOf),
    },
    Operator {
        name: "each",
        about: "Every element is this; of text, every line. Holds where there is none.",
        fits: has_elements,
        operand: Operand::Matcher(Of::Element, Test::Each),
    },
    Operator {
        name: "have-len",
        about: "It has this many elements; of text, bytes.",
        fits: |ty| has_elements(ty) || ty == Type::Text,
        operand: Operand::Count,
    },
    Operator {
        name: "have-key",
        about: "It is a map that has this key.",
        fits: |ty| ty == Type::Any,
        operand: Operand::Matcher(Of::Key, Test::Key),
    },
    Operator {
        name: "not",
        about: "It is not this. What cannot be compared fails either way.",
        fits: |_| true,
        operand: Operand::Matcher(Of::Itself, Test::Not),
    },
    Operator {
        name: "and",
        about: "It is all of these.",
        fits: |_| true,
        operand: Operand::Matchers(Of::Itself, Empty::AssertsNothing, Test::And),
    },
    Operator {
        name: "or",
        about: "It is at least one of these.",
        fits: |_| true,
        operand: Operand::Matchers(Of::Itself, Empty::NeverHolds, Test::Or),
    },
    Operator {
        name: "semver-constraint",
        about: "It is a semantic version in this range, such as `>=1.2.0 <2.0.0 || 3.x`; of a list, all of them.",
        fits: |ty| match ty {
            Type::List(of) => matches!(of, Type::Text | Type::Version),
            _ => matches!(ty, Type::Text | Type::Version | Type::Any),
        },
        operand: Operand::Semver,
    },
    Operator {
        name: "gjson",
        about: "It is JSON, and each of these gjson paths leads to what stands behind it.",
        fits: is_text_or_any,
        operand: Operand::Paths,
    },
    Operator {
        name: "xml",
        about: "It is XML, and `xpath` leads to `result`: text, a matcher, or `\"\"` for anything at all.",
        fits: is_text_or_any,
        operand: Operand::Xpath,
    },
];

const fn bound(name: &'static str, about: &'static str, relation: Relation) -> Operator {
    Operator { name, about, fits: is_ordered, operand: Operand::Bound(relation) }
}

const fn text(name: &'static str, about: &'static str, make: fn(Box<str>) -> Test) -> Operator {
    Operator { name, about, fits: is_written, operand: Operand::Text(make) }
}

/// Types that have an order, or whose text may be a number.
fn is_ordered(ty: Type) -> bool {
    is_quantity(ty) || is_text_or_any(ty)
}

/// Types that a comparison may be written for in a string: `">= 30d"`.
pub fn is_quantity(ty: Type) -> bool {
    use Type::{Duration, Int, Number, Percent, Portion, Share, Size, Time, Version};
    matches!(ty, Int | Number | Size | Share | Portion | Percent | Duration | Version | Time)
}

fn is_text_or_any(ty: Type) -> bool {
    matches!(ty, Type::Text | Type::Content | Type::Any)
}

/// Types that are written in one way only, so that their text can be asked about.
fn is_written(ty: Type) -> bool {
    is_text_or_any(ty) || matches!(ty, Type::Choice(_) | Type::Mode | Type::Version | Type::Int)
}

fn has_elements(ty: Type) -> bool {
    matches!(ty, Type::List(_) | Type::Content | Type::Any)
}

impl Operator {
    pub fn find(name: &str) -> Option<&'static Operator> {
        OPERATORS.iter().find(|o| o.name == name)
    }

    /// What it applies to, in words: `numbers, sizes and text`. Where a key holds anything, each applies.
    pub fn subjects(&self) -> String {
        const NOUNS: &[(Type, &str)] = &[
            (Type::Int, "numbers"),
            (Type::Mode, "modes"),
            (Type::Size, "sizes"),
            (Type::Percent, "per cent"),
            (Type::Duration, "durations"),
            (Type::Version, "versions"),
            (Type::Time, "times"),
            (Type::Text, "text"),
            (Type::List(&Type::Text), "lists"),
        ];
        if (self.fits)(Type::Bool) {
            return "everything".into();
        }
        let mut nouns: Vec<&str> = NOUNS.iter().filter(|(ty, _)| (self.fits)(*ty)).map(|(_, noun)| *noun).collect();
        if (self.fits)(Type::Content) && !(self.fits)(Type::Text) {
            nouns.insert(0, "text of many lines");
        }
        match nouns.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => "maps".into(),
        }
    }
}

impl Operand {
    /// How it is written, for a person.
    pub fn takes(&self) -> &'static str {
        match self {
            Operand::Same(_) | Operand::Bound(_) => "VALUE",
            Operand::Pair => "[LOW, HIGH]",
            Operand::Values => "[VALUE, …]",
            Operand::Text(_) => "TEXT",
            Operand::Regex => "REGEX",
            Operand::Count => "COUNT",
            Operand::Matcher(..) => "MATCHER",
            Operand::Matchers(..) => "[MATCHER, …]",
            Operand::Patterns => "[PATTERN, …]",
            Operand::Paths => "{ PATH = MATCHER }",
            Operand::Xpath => "{ xpath = …, result = … }",
            Operand::Semver => "RANGE",
        }
    }
}

impl Of {
    /// The type of what the inner matchers apply to, within a value of type `ty`.
    pub fn within(self, ty: Type) -> Type {
        match (self, ty) {
            (Of::Itself, ty) => ty,
            (Of::Key, _) => Type::Text,
            (Of::Element, Type::List(of)) => *of,
            (Of::Element, Type::Any) => Type::Any,
            (Of::Element, _) => Type::Text,
        }
    }
}

/// What was probably meant by an operator that does not apply to `ty`.
pub fn instead(name: &str, ty: Type) -> Option<String> {
    Some(match (name, ty) {
        ("gt" | "ge" | "lt" | "le" | "between", Type::Mode) => {
            "modes have no order; write `one-of`, or the key `mode-at-most` of a file".into()
        }
        ("gt" | "ge" | "lt" | "le" | "between", Type::Choice(_)) => "these words have no order; write `one-of`".into(),
        ("gt" | "ge" | "lt" | "le" | "between", Type::List(of)) if is_quantity(*of) => {
            format!("write `each = {{ {name} = … }}` for every element, or `have-len` for how many there are")
        }
        ("gt" | "ge" | "lt" | "le" | "between", Type::List(_)) => "write `have-len` for how many there are".into(),
        ("one-of", Type::List(_)) => {
            "write `each = { one-of = […] }` for every element, `contain-element` for some".into()
        }
        (_, Type::Bool) => "write `true` or `false`".into(),
        ("contain-substring" | "have-prefix" | "have-suffix" | "match-regexp" | "have-patterns", Type::List(_)) => {
            let inner = if name == "have-patterns" { "contain-substring" } else { name };
            format!(
                "write `contain-element = {{ {inner} = … }}` for some element, `each = {{ {inner} = … }}` for every one"
            )
        }
        ("contain-element" | "contain-elements", Type::Version | Type::Int | Type::Mode | Type::Choice(_)) => {
            "this key holds one value, not a list; write `contain-substring`, `one-of` or the value".into()
        }
        ("consist-of", Type::Content | Type::Text) => "write `contain-elements` for lines, or the whole text".into(),
        ("consist-of" | "each" | "contain-element" | "contain-elements", _) => {
            "this key holds one value, not a list; write the value, or `one-of` for several that would do".into()
        }
        ("have-key", Type::List(_)) => "write `contain-element`".into(),
        ("have-patterns", Type::Version | Type::Mode | Type::Choice(_) | Type::Int) => {
            "write `contain-substring` or `match-regexp`".into()
        }
        ("semver-constraint", ty) if is_quantity(ty) => "write a comparison, such as `\">= …\"`".into(),
        _ => return None,
    })
}

/// Names that other tools have for a matcher.
pub fn alias(name: &str, ty: Type) -> Option<&'static str> {
    let many = matches!(ty, Type::List(_));
    Some(match name.replace('_', "-").to_ascii_lowercase().as_str() {
        "eq" | "==" | "=" | "is" | "equals" | "be" => "equal",
        "ne" | "!=" | "neq" | "not-equal" => "not",
        "gte" | ">=" | "min" | "at-least" => "ge",
        "lte" | "<=" | "max" | "at-most" => "le",
        ">" | "greater" | "more-than" => "gt",
        "<" | "less" | "less-than" => "lt",
        "in" | "enum" | "any-of" => "one-of",
        "range" => "between",
        "regex" | "regexp" | "match" | "matches" | "pattern" | "match-regex" => "match-regexp",
        "contain" | "contains" | "include" | "includes" | "has" => {
            if many {
                "contain-element"
            } else {
                "contain-substring"
            }
        }
        "substring" => "contain-substring",
        "contains-all" | "superset" => "contain-elements",
        "starts-with" | "startswith" | "prefix" => "have-prefix",
        "ends-with" | "endswith" | "suffix" => "have-suffix",
        "len" | "length" | "size" | "count" => "have-len",
        "key" | "has-key" => "have-key",
        "all" | "every" => "each",
        "all-of" => "and",
        "any" => "or",
        "patterns" => "have-patterns",
        "json" => "gjson",
        "xpath" => "xml",
        "semver" => "semver-constraint",
        _ => return None,
    })
}
