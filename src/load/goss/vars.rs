//! Variables: several files as one, and what templates see of them.

use crate::template::{Elem, Float, Key, Map, Value as Seen};
use crate::value::{Bytes, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

type Vars = BTreeMap<String, Value>;

/// Adds `later` to `vars` as goss's mergo does with `WithOverride`: a map is merged into a map, and takes the place of
/// nothing else that is not empty; whatever else is later counts.
pub(super) fn merge(vars: &mut Vars, later: Vars) {
    for (key, value) in later {
        match (vars.get_mut(&key), value) {
            (Some(before), value @ (Value::Map(_) | Value::Pairs(_))) => merge_map(before, value),
            (_, value) => _ = vars.insert(key, value),
        }
    }
}

fn merge_map(before: &mut Value, later: Value) {
    match (before, later) {
        (Value::Map(before), Value::Map(later)) => {
            let mut map: Vars = std::mem::take(before).into_iter().collect();
            merge(&mut map, later.into_iter().collect());
            *before = map.into_iter().collect();
        }
        (Value::Pairs(before), later) => {
            let later = match later {
                Value::Pairs(later) => later,
                Value::Map(later) => later.into_iter().map(|(key, value)| (Value::Text(key), value)).collect(),
                _ => return,
            };
            for (key, value) in later {
                match before.iter_mut().find(|(other, _)| *other == key) {
                    None => before.push((key, value)),
                    Some((_, old)) if matches!(value, Value::Map(_) | Value::Pairs(_)) => merge_map(old, value),
                    Some((_, old)) => *old = value,
                }
            }
        }
        (before @ Value::Map(_), later @ Value::Pairs(_)) => {
            if let Value::Map(map) = std::mem::replace(before, Value::Null) {
                *before = Value::Pairs(map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect());
                merge_map(before, later);
            }
        }
        (before, later) if is_empty(before) => *before = later,
        _ => {}
    }
}

/// As mergo has it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::Number(n) => *n == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}

/// What `.Vars` is in a template.
pub(super) fn values(vars: Vars) -> Seen {
    Seen::map(vars.into_iter().map(|(key, value)| (key, seen(value))))
}

fn seen(value: Value) -> Seen {
    match value {
        Value::Bool(b) => Seen::Bool(b),
        Value::Int(n) => Seen::Int(n),
        Value::Size(Bytes(n)) => Seen::Uint64(n),
        Value::Number(n) => Seen::Float(n),
        Value::Text(text) => Seen::text(text),
        Value::Time(time) => Seen::Time(time),
        Value::List(list) => Seen::list(list.into_iter().map(seen).collect()),
        Value::Map(map) => Seen::map(map.into_iter().map(|(key, value)| (key, seen(value)))),
        Value::Pairs(pairs) => {
            let entries = pairs.into_iter().map(|(name, value)| (key(name), seen(value)));
            Seen::Map(Rc::new(Map { keys: Elem::Any, of: Elem::Any, entries: RefCell::new(entries.collect()) }))
        }
        _ => Seen::Nil,
    }
}

fn key(value: Value) -> Key {
    match value {
        Value::Bool(b) => Key::Bool(b),
        Value::Int(n) => Key::Int(n),
        Value::Size(Bytes(n)) => Key::Uint64(n),
        Value::Number(n) => Key::Float(Float(n)),
        Value::Text(text) => Key::Text(text.into()),
        Value::Time(time) => Key::Time(time),
        _ => Key::Nil,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goss::decode::decode_vars;

    fn merged(files: &[&str]) -> String {
        let mut vars = Vars::new();
        files.iter().for_each(|text| merge(&mut vars, decode_vars(text, 0).unwrap()));
        Value::Map(vars.into_iter().collect()).to_json().to_string()
    }

    #[test]
    fn later_variables_win_and_maps_become_one() {
        assert_eq!(
            merged(&["a: {x: 1, y: {p: 1}}\nl: [1, 2]\ns: t", "a: {y: {q: 2}, z: 3}\nl: [3]\nn: {}"]),
            r#"{"a":{"x":1,"y":{"p":1,"q":2},"z":3},"l":[3],"n":{},"s":"t"}"#
        );
    }

    #[test]
    fn what_is_empty_counts_too_but_a_map_gives_way_to_nothing_that_is_there() {
        assert_eq!(merged(&["a: 1\nb: t\nc: [1]\nd: {x: 1}", "a: 0\nb: ''\nc: []\nd: {}"]), {
            r#"{"a":0,"b":"","c":[],"d":{"x":1}}"#
        });
        assert_eq!(merged(&["a: 1\nb: {x: 1}\nc: 0", "a: {x: 1}\nb: 2\nc: {y: 1}\nb2: ~"]), {
            r#"{"a":1,"b":2,"b2":null,"c":{"y":1}}"#
        });
        assert_eq!(merged(&["a: {x: 1}", "a: {1: 2}", "a: {x: 3}"]), r#"{"a":{"x":3,"1":2}}"#);
    }

    #[test]
    fn numbers_are_floats_in_json_and_of_their_own_type_in_yaml() {
        let vars = |text: &str| values(decode_vars(text, 0).unwrap());
        let one = |text: &str| match vars(text) {
            Seen::Map(map) => map.entries.borrow().get(&Key::Text("a".into())).cloned().unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(matches!(one("a: 1"), Seen::Int(1)));
        assert!(matches!(one("{\"a\": 1}"), Seen::Float(n) if n == 1.0));
        assert!(matches!(one("{a: 1}"), Seen::Int(1)));
        assert!(matches!(one("a: 18446744073709551615"), Seen::Uint64(u64::MAX)));
        assert!(matches!(one("a: 2001-12-14"), Seen::Time(_)));
        assert!(matches!(one("a: {1: x}"), Seen::Map(map) if map.keys == Elem::Any));
        assert!(matches!(one("a: {x: x}"), Seen::Map(map) if map.keys == Elem::Text));
    }
}
