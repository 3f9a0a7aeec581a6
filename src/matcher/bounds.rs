//! Whether what `and` joins can hold of one and the same value.

use super::holds::compare_values;
use super::{Relation, Test};
use crate::value::{Type, Value};
use std::cmp::Ordering;

/// A limit, whether it is itself allowed, and its words.
type Limit = Option<(Value, bool, String)>;

#[derive(Default)]
struct Range {
    low: Limit,
    high: Limit,
    word: Option<Value>,
}

/// Words for why no value of type `ty` passes all of `tests`; `None` if one may.
pub fn contradiction(tests: &[Test], ty: Type) -> Option<String> {
    // Whose order a version follows is known only when it is seen.
    if ty == Type::Version {
        return None;
    }
    let mut range = Range::default();
    tests.iter().find_map(|test| range.narrow(test, ty))
}

impl Range {
    fn narrow(&mut self, test: &Test, ty: Type) -> Option<String> {
        match test {
            Test::And(tests) => return tests.iter().find_map(|test| self.narrow(test, ty)),
            Test::Order(relation, value) => self.limit(*relation, value, ty),
            Test::Between(ends) => {
                self.limit(Relation::GreaterOrEqual, &ends.0, ty);
                self.limit(Relation::LessOrEqual, &ends.1, ty);
            }
            Test::Equal(value @ (Value::Text(_) | Value::Bool(_) | Value::Mode(_))) => match &self.word {
                Some(word) if std::mem::discriminant(word) == std::mem::discriminant(value) && word != value => {
                    return Some(format!("nothing is both {word} and {value}"));
                }
                _ => self.word = Some(value.clone()),
            },
            Test::Equal(value) => {
                self.limit(Relation::GreaterOrEqual, value, ty);
                self.limit(Relation::LessOrEqual, value, ty);
            }
            _ => {}
        }
        let ((low, low_in, low_words), (high, high_in, high_words)) = (self.low.as_ref()?, self.high.as_ref()?);
        let empty = match compare_values(low, high)? {
            Ordering::Less => return None,
            Ordering::Equal => !(*low_in && *high_in),
            Ordering::Greater => true,
        };
        empty.then(|| format!("nothing is {low_words} and {high_words}"))
    }

    fn limit(&mut self, relation: Relation, value: &Value, ty: Type) {
        let (upper, mut inside) = match relation {
            Relation::Greater => (false, false),
            Relation::GreaterOrEqual => (false, true),
            Relation::Less => (true, false),
            Relation::LessOrEqual => (true, true),
        };
        let words = format!("{} {value}", relation.symbol());
        let mut value = value.clone();
        // Between two whole numbers that follow each other there is nothing.
        if let (Type::Int, Value::Int(n), false) = (ty, &value, inside)
            && let Some(next) = if upper { n.checked_sub(1) } else { n.checked_add(1) }
        {
            (value, inside) = (Value::Int(next), true);
        }
        let limit = if upper { &mut self.high } else { &mut self.low };
        let closer = match limit {
            None => true,
            Some((old, old_inside, _)) => match compare_values(&value, old) {
                Some(Ordering::Equal) => *old_inside && !inside,
                Some(order) => (order == Ordering::Less) == upper,
                None => false,
            },
        };
        if closer {
            *limit = Some((value, inside, words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(relation: Relation, n: i64) -> Test {
        Test::Order(relation, Value::Int(n))
    }

    #[test]
    fn limits_that_leave_nothing_are_told() {
        use Relation::*;
        let none = |tests: &[Test], ty| contradiction(tests, ty).is_some();
        assert!(none(&[order(Greater, 5), order(Less, 3)], Type::Int));
        assert!(none(&[order(Greater, 5), order(Less, 6)], Type::Int));
        assert!(!none(&[order(Greater, 5), order(Less, 6)], Type::Number));
        assert!(none(&[order(Greater, 5), order(LessOrEqual, 5)], Type::Number));
        assert!(!none(&[order(GreaterOrEqual, 5), order(LessOrEqual, 5)], Type::Int));
        assert!(none(&[Test::Equal(Value::Int(1)), Test::Equal(Value::Int(2))], Type::Int));
        assert!(none(&[Test::And(vec![order(Less, 3)]), order(Greater, 9)], Type::Any));
        let word = |w: &str| Test::Equal(Value::Text(w.into()));
        assert!(none(&[word("a"), word("b")], Type::Text));
        assert!(!none(&[word("a"), word("a")], Type::Text));
        assert!(!none(&[word("5"), Test::Equal(Value::Int(5))], Type::Any));
    }
}
