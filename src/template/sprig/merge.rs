//! Maps merged into one another, as mergo merges them. The first is changed.

use super::{Made, any, charge_items, many, map};
use crate::template::Param::Map as Dict;
use crate::template::print::{DEEPEST, TOO_DEEP};
use crate::template::{Call, Function, Map, Value};
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    many("merge", &[Dict], Dict, |call, args| all(call, args, false)),
    many("mustMerge", &[Dict], Dict, |call, args| all(call, args, false)),
    many("mergeOverwrite", &[Dict], Dict, |call, args| all(call, args, true)),
    many("mustMergeOverwrite", &[Dict], Dict, |call, args| all(call, args, true)),
];

fn all(call: &Call, args: &[Value], overwrite: bool) -> Made {
    let made = match any(args, 0) {
        Value::Nil => Value::map::<&str>([]),
        first => first.clone(),
    };
    if let Value::Map(into) = &made {
        for at in 1..args.len() {
            if let Some(from) = map(args, at)? {
                merge(call, into, from, overwrite, DEEPEST)?;
            }
        }
    }
    Ok(made)
}

/// What `into` has not, or has empty, it gets of `from`; with `overwrite`, whatever `from` has.
fn merge(call: &Call, into: &Rc<Map>, from: &Rc<Map>, overwrite: bool, depth: usize) -> Result<(), String> {
    if Rc::ptr_eq(into, from) {
        return Ok(());
    }
    let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
    let given = from.entries.borrow().clone();
    charge_items(call, given.len().saturating_mul(2))?;
    for (key, new) in given {
        let old = into.entries.borrow().get(&key).cloned();
        if let (Some(Value::Map(old)), Value::Map(new)) = (&old, &new) {
            merge(call, old, new, overwrite, depth)?;
        }
        let keep = match (&old, &new) {
            (_, Value::Nil) => !overwrite,
            (Some(old), _) if is_empty(old) => false,
            (Some(Value::Map(_)), Value::Map(_)) => true,
            (Some(_), _) => !overwrite,
            (None, _) => false,
        };
        if !keep {
            into.entries.borrow_mut().insert(key, new);
        }
    }
    Ok(())
}

/// What a merge may fill.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        other => super::flow::is_empty(other),
    }
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn maps_merge_as_in_goss() {
        agrees(&[
            (r#"merge (dict "a" 1 "b" 0 "d" "") (dict "a" 2 "b" 3 "c" 4 "d" "e")"#, Some("map[a:1 b:3 c:4 d:e]")),
            (r#"merge (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3))"#, Some("map[a:map[x:1 y:3]]")),
            (r#"merge (dict "a" (list)) (dict "a" (list 1))"#, Some("map[a:[1]]")),
            (r#"merge (dict "a" (list 2)) (dict "a" (list 1))"#, Some("map[a:[2]]")),
            (r#"merge (dict "a" 1) (dict "a" nil "b" nil)"#, Some("map[a:1]")),
            (r#"merge (dict "a" (dict)) (dict "a" (dict "x" 1))"#, Some("map[a:map[x:1]]")),
            (r#"merge (dict "a" "s") (dict "a" (dict "x" 1))"#, Some("map[a:s]")),
            (r#"merge (dict) (dict "a" 1) (dict "a" 2 "b" 3)"#, Some("map[a:1 b:3]")),
            (r#"mergeOverwrite (dict "a" 1 "b" 2) (dict "a" 3)"#, Some("map[a:3 b:2]")),
            (r#"mergeOverwrite (dict "a" 1) (dict "a" "")"#, Some("map[a:]")),
            (r#"mergeOverwrite (dict "a" 1) (dict "a" nil)"#, Some("map[a:<nil>]")),
            (
                r#"mergeOverwrite (dict "a" (dict "x" 1 "z" 1)) (dict "a" (dict "x" 2 "y" 3))"#,
                Some("map[a:map[x:2 y:3 z:1]]"),
            ),
            (r#"mergeOverwrite (dict "a" (list 1)) (dict "a" (list))"#, Some("map[a:[]]")),
            (r#"merge nil (dict "a" 1)"#, Some("map[a:1]")),
            (r#"merge (dict "a" 1) "b""#, None),
        ]);
    }
}
