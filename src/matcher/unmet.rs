//! Which parts of a test do not hold, for reports that show an expectation as the spec has it.

use super::contains::Pairs;
use super::holds::{at, json};
use super::text::{Elements, View};
use super::{Doubt, Test};
use crate::value::Value;
use std::collections::HashSet;

/// What of a list of tests nothing meets, and what of the elements that were seen none of them asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Indices into the test's list.
    pub missing: Vec<usize>,
    /// Indices into the list that was seen.
    pub extra: Vec<usize>,
}

impl Test {
    /// Of a test that is a list of others with an element each, or of patterns; `None` for any other.
    pub fn unmet(&self, seen: &Value) -> Option<Unmet> {
        let seen = View::of(seen);
        match (self, seen.text()) {
            (Test::Patterns(patterns), Some(text)) => {
                let holds = patterns.iter().map(|pattern| pattern.holds(text) == Ok(true));
                let missing = holds.enumerate().filter(|(_, holds)| !holds).map(|(index, _)| index).collect();
                Some(Unmet { missing, extra: vec![] })
            }
            (Test::Listed(listed), None) => of(&listed.elements, seen),
            (Test::Listed(listed), Some(text)) => {
                let holds = listed.patterns.as_ref().ok()?.iter().map(|pattern| pattern.holds(text) == Ok(true));
                let missing = holds.enumerate().filter(|(_, holds)| !holds).map(|(index, _)| index).collect();
                Some(Unmet { missing, extra: vec![] })
            }
            (Test::Elements(tests) | Test::ConsistOf(tests), _) => of(tests, seen),
            _ => None,
        }
    }

    /// Of a test of paths into JSON the first path that does not lead to what its test says, and where it leads if
    /// anywhere.
    pub fn astray(&self, seen: &Value) -> Option<(&str, &Test, Result<Value, String>)> {
        let Test::Gjson(paths) = self else { return None };
        let why = |doubt| match doubt {
            Doubt::Unfit(why) => why,
            Doubt::Cut(bound) => format!("only the first {} was read", crate::quantity::size(bound)),
        };
        let json = json(View::of(seen));
        paths.iter().find_map(|(path, test)| {
            let led = json.as_ref().map_err(|doubt| doubt.clone()).and_then(|json| at(json, path));
            match led {
                Ok(value) if test.holds(&value) == Ok(true) => None,
                led => Some((&**path, test, led.map_err(why))),
            }
        })
    }
}

fn of(tests: &[Test], seen: View<'_>) -> Option<Unmet> {
    let elements = Elements::of(seen)?;
    let own = Pairs::new(tests, &elements).matched();
    let taken: HashSet<usize> = own.iter().flatten().copied().collect();
    let missing = own.iter().enumerate().filter(|(_, own)| own.is_none()).map(|(index, _)| index).collect();
    let extra = (0..elements.count()).filter(|index| !taken.contains(index)).collect();
    Some(Unmet { missing, extra })
}

#[cfg(test)]
mod tests {
    use super::super::written::test;
    use super::*;
    use crate::value::Type;

    #[test]
    fn parts_that_do_not_hold_are_told_by_their_place() {
        let list = Value::List(["b", "c"].into_iter().map(|t| Value::Text(t.into())).collect());
        let of = |spec, seen: &Value| test(spec, Type::Any).unmet(seen);
        let unmet = |missing: &[usize], extra: &[usize]| Some(Unmet { missing: missing.into(), extra: extra.into() });
        assert_eq!(of("{consist-of: [a, b]}", &list), unmet(&[0], &[1]));
        assert_eq!(of("{contain-elements: [b, c]}", &list), unmet(&[], &[]));
        assert_eq!(of("{have-patterns: [a, b, \"!b\"]}", &Value::Text("b\n".into())), unmet(&[0, 2], &[]));
        assert_eq!(of("{have-len: 4}", &list), None);
        let json = Value::Text("{\"a\": 5, \"b\": 1}".into());
        let astray = test("{gjson: {b: 1, a: 6}}", Type::Any);
        let (path, _, led) = astray.astray(&json).unwrap();
        assert_eq!((path, led), ("a", Ok(Value::Int(5))));
        assert!(test("{gjson: {c: 1}}", Type::Any).astray(&json).unwrap().2.is_err());
    }
}
