//! Numbers as Go's `int` and `float64` compare.

use crate::go::parse_float;
use crate::value::Value;
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Int(n) => Some(Number::Int(*n)),
            Value::Number(n) => Some(Number::Float(*n)),
            _ => None,
        }
    }

    /// What strconv.ParseFloat makes of it without the white space around it: always a float, never one out of range.
    pub fn parse(text: &str) -> Option<Number> {
        parse_float(text.trim()).map(Number::Float)
    }

    /// Whole numbers to the digit; with a float, as floats.
    pub fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    pub fn float(self) -> f64 {
        match self {
            Number::Int(n) => n as f64,
            Number::Float(n) => n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_as_a_float_as_go_reads_it() {
        for text in ["5", " 5\n", "+5", "5.", ".5", "5e3", "Inf", "-infinity", "nan", "1_000", "0x1p4", "0x_1p4"] {
            assert!(matches!(Number::parse(text), Some(Number::Float(_))), "{text}");
        }
        for text in ["", "5 6", "5px", "+nan", "1e400", "five", "0x10", "1__0", "_1"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        let big = Number::Int(9_007_199_254_740_993);
        assert_eq!(Number::parse("9007199254740992").unwrap().compare(big), Some(Ordering::Equal));
        assert_eq!(Number::Int(9_007_199_254_740_992).compare(big), Some(Ordering::Less));
    }
}
