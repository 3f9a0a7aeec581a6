//! Numbers, whole or not, and text that reads as one: how goss compares them.

use super::Doubt;
use super::text::View;
use crate::value::Value;
use std::cmp::Ordering;

/// Whole numbers keep every digit.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// A number in a value; not text.
    pub fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Int(n) => Some(Number::Int(*n)),
            Value::Number(n) if !n.is_nan() => Some(Number::Float(*n)),
            _ => None,
        }
    }

    /// White space around it does not matter.
    pub fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        text.parse().map(Number::Int).ok().or_else(|| {
            let float: f64 = text.parse().ok()?;
            (!float.is_nan()).then_some(Number::Float(float))
        })
    }

    /// The number seen, or read from the text seen.
    pub fn seen(seen: View<'_>) -> Result<Number, Doubt> {
        match seen {
            View::Text(text) => match text.cut {
                // What follows may be white space, further digits, or something else altogether.
                Some(cut) => Err(Doubt::Cut(cut.bound)),
                None => Number::parse(text.text)
                    .ok_or_else(|| Doubt::Unfit(format!("{} is not a number", super::words::short(text.text)))),
            },
            View::Value(Value::List(list)) => match list.as_slice() {
                [only] => Number::seen(View::of(only)),
                _ => Err(Doubt::Unfit(format!("a list of {} is not a number", list.len()))),
            },
            View::Value(value) => {
                Number::of(value).ok_or_else(|| Doubt::Unfit(format!("{} is not a number", seen.noun())))
            }
        }
    }

    pub fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Number::Int(a), Number::Float(b)) => int_with_float(a, b),
            (Number::Float(a), Number::Int(b)) => int_with_float(b, a).reverse(),
        }
    }
}

/// Without rounding the whole number to a float's 53 bits.
fn int_with_float(a: i64, b: f64) -> Ordering {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if b >= LIMIT {
        Ordering::Less
    } else if b < -LIMIT {
        Ordering::Greater
    } else {
        // Within the limits, so that the whole part is exact.
        a.cmp(&(b.trunc() as i64)).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal))
    }
}

/// A number as Go prints it: plain up to 10²¹, else with an exponent.
pub fn printed(n: f64) -> String {
    let size = n.abs();
    if n.is_infinite() {
        return if n > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    if n != 0.0 && !(1e-4..1e21).contains(&size) && !n.is_nan() {
        let text = format!("{n:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    n.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_beyond_a_floats_precision_stay_apart() {
        let int = |n| Number::Int(n);
        assert_eq!(int(9_007_199_254_740_993).compare(Number::Float(9_007_199_254_740_992.0)), Ordering::Greater);
        assert_eq!(int(i64::MAX).compare(Number::Float(i64::MAX as f64)), Ordering::Less);
        assert_eq!(int(5).compare(Number::Float(5.5)), Ordering::Less);
        assert_eq!(int(-5).compare(Number::Float(-5.5)), Ordering::Greater);
        assert_eq!(Number::Float(f64::INFINITY).compare(int(i64::MAX)), Ordering::Greater);
        assert_eq!(int(i64::MIN).compare(Number::Float(i64::MIN as f64)), Ordering::Equal);
    }

    #[test]
    fn text_is_a_number_only_if_all_of_it_is() {
        for text in ["5", " 5\n", "-5", "+5", "5.0", "5e3", ".5"] {
            assert!(Number::parse(text).is_some(), "{text}");
        }
        for text in ["", "5 6", "5px", "nan", "0x10", "1_000", "five"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn numbers_print_as_go_prints_them() {
        for (n, text) in [(5.0, "5"), (1.5, "1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-7, "1e-07")] {
            assert_eq!(printed(n), text);
        }
    }
}
