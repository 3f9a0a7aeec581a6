//! Maps: made, read and changed. What changes one changes it for everyone who holds it.

use super::{Made, any, cast, charge_items, many, map, of, rest, text, texts};
use crate::template::Param::{Any, Map as Dict, Text};
use crate::template::print::{DEEPEST, TOO_DEEP};
use crate::template::{Call, Elem, Function, Key, List, Map, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    many("dict", &[], Any, dict),
    of("get", &[Dict, Text], |_, args| {
        Ok(map(args, 0)?.and_then(|map| map.get(text(args, 1).ok()?)).unwrap_or_else(|| Value::text("")))
    }),
    of("set", &[Dict, Text, Any], |call, args| {
        let map = map(args, 0)?.ok_or("assignment to entry in nil map")?;
        charge_items(call, 2)?;
        map.entries.borrow_mut().insert(Key::Text(text(args, 1)?.into()), any(args, 2).clone());
        Ok(any(args, 0).clone())
    }),
    of("unset", &[Dict, Text], |call, args| {
        if let Some(map) = map(args, 0)? {
            map.entries.borrow_mut().remove(&Key::Text(text(args, 1)?.into()));
            return Ok(any(args, 0).clone());
        }
        made(call, BTreeMap::new())
    }),
    of("hasKey", &[Dict, Text], |_, args| {
        let key = text(args, 1)?;
        Ok(Value::Bool(map(args, 0)?.is_some_and(|map| map.get(key).is_some())))
    }),
    many("pluck", &[Text], Dict, |call, args| {
        let mut found = vec![];
        for at in 1..args.len() {
            found.extend(map(args, at)?.and_then(|map| map.get(text(args, 0).ok()?)));
        }
        charge_items(call, found.len())?;
        Ok(Value::list(found))
    }),
    many("keys", &[], Dict, |call, args| {
        let mut keys = vec![];
        for at in 0..args.len() {
            let Some(map) = map(args, at)? else { continue };
            charge_items(call, map.entries.borrow().len())?;
            keys.extend(map.entries.borrow().keys().filter_map(|key| match key {
                Key::Text(key) => Some(key.clone()),
                _ => None,
            }));
        }
        texts(call, keys)
    }),
    of("values", &[Dict], |call, args| {
        let values: Vec<Value> =
            map(args, 0)?.map(|map| map.entries.borrow().values().cloned().collect()).unwrap_or_default();
        charge_items(call, values.len())?;
        Ok(Value::list(values))
    }),
    many("pick", &[Dict], Text, |call, args| chosen(call, args, true)),
    many("omit", &[Dict], Text, |call, args| chosen(call, args, false)),
    of("deepCopy", &[Any], |call, args| copy(call, any(args, 0), DEEPEST)),
    of("mustDeepCopy", &[Any], |call, args| copy(call, any(args, 0), DEEPEST)),
    many("dig", &[], Any, dig),
];

fn made(call: &Call, entries: BTreeMap<Key, Value>) -> Made {
    charge_items(call, entries.len().saturating_mul(2))?;
    Ok(Value::Map(Rc::new(Map { keys: Elem::Text, of: Elem::Any, entries: RefCell::new(entries) })))
}

fn dict(call: &Call, args: &[Value]) -> Made {
    let mut entries = BTreeMap::new();
    for pair in args.chunks(2) {
        let key = cast::string(call, any(pair, 0))?;
        call.charge(key.len())?;
        entries.insert(Key::Text(key.into()), pair.get(1).cloned().unwrap_or_else(|| Value::text("")));
    }
    made(call, entries)
}

/// The map with these keys alone, or without them.
fn chosen(call: &Call, args: &[Value], with: bool) -> Made {
    let keys: Vec<&str> = rest(args, 1).iter().filter_map(Value::as_text).collect();
    let Some(map) = map(args, 0)? else { return made(call, BTreeMap::new()) };
    call.charge(map.entries.borrow().len().saturating_mul(keys.len()))?;
    let is_named = |key: &Key| matches!(key, Key::Text(key) if keys.contains(&&**key));
    let chosen = map
        .entries
        .borrow()
        .iter()
        .filter(|(key, _)| is_named(key) == with)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    made(call, chosen)
}

/// As copystructure: lists and maps are new all the way down.
fn copy(call: &Call, value: &Value, depth: usize) -> Made {
    let inner = || depth.checked_sub(1).ok_or_else(|| TOO_DEEP.to_owned());
    Ok(match value {
        Value::Nil if depth == DEEPEST => return Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        Value::List(list) => {
            charge_items(call, list.items.len())?;
            let items: Result<_, String> = list.items.iter().map(|item| copy(call, item, inner()?)).collect();
            Value::List(Rc::new(List { of: list.of, items: items? }))
        }
        Value::Map(map) => {
            charge_items(call, map.entries.borrow().len().saturating_mul(2))?;
            let entries: Result<_, String> = map
                .entries
                .borrow()
                .iter()
                .map(|(key, value)| Ok((key.clone(), copy(call, value, inner()?)?)))
                .collect();
            Value::Map(Rc::new(Map { keys: map.keys, of: map.of, entries: RefCell::new(entries?) }))
        }
        other => other.clone(),
    })
}

/// What is at the end of a path of keys, or what is given for when there is no such path.
fn dig(_: &Call, args: &[Value]) -> Made {
    let [path @ .., default, start] = args else { return Err("dig needs at least three arguments".to_owned()) };
    if path.is_empty() {
        return Err("dig needs at least three arguments".to_owned());
    }
    let is_dict = |value: &Value| matches!(value, Value::Map(map) if map.keys == Elem::Text && map.of == Elem::Any);
    let no_map = |value: &Value| {
        format!("interface conversion: interface {{}} is {}, not map[string]interface {{}}", value.type_name())
    };
    if !is_dict(start) {
        return Err(no_map(start));
    }
    if let Some(wrong) = path.iter().find(|key| key.as_text().is_none()) {
        return Err(format!("interface conversion: interface {{}} is {}, not string", wrong.type_name()));
    }
    let mut here = start.clone();
    for key in path.iter().filter_map(Value::as_text) {
        if !is_dict(&here) {
            return Err(no_map(&here));
        }
        match here.as_map().and_then(|map| map.get(key)) {
            Some(next) => here = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(here)
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn maps_are_made_and_read_as_in_goss() {
        agrees(&[
            (r#"dict "a" 1 "b""#, Some("map[a:1 b:]")),
            ("dict 1 2", Some("map[1:2]")),
            (r#"get (dict "a" 1) "a""#, Some("1")),
            (r#"get (dict "a" 1) "b" | quote"#, Some(r#""""#)),
            (r#"get nil "b" | quote"#, Some(r#""""#)),
            (r#"set (dict "a" 1) "b" 2"#, Some("map[a:1 b:2]")),
            (r#"set nil "a" 1"#, None),
            (r#"unset (dict "a" 1 "b" 2) "a""#, Some("map[b:2]")),
            (r#"hasKey (dict "a" nil) "a""#, Some("true")),
            (r#"hasKey (split "," "a") "_0""#, None),
            (r#"pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3)"#, Some("[1 3]")),
            (r#"keys (dict "a" 1)"#, Some("[a]")),
            (r#"values (dict "a" 1)"#, Some("[1]")),
            (r#"pick (dict "a" 1 "b" 2 "c" 3) "a" "c" "z""#, Some("map[a:1 c:3]")),
            (r#"omit (dict "a" 1 "b" 2 "c" 3) "a" "c" "z""#, Some("map[b:2]")),
            (r#"deepCopy (dict "a" (list 1))"#, Some("map[a:[1]]")),
            ("deepCopy nil", None),
            (r#"dig "a" "b" "none" (dict "a" (dict "b" 1))"#, Some("1")),
            (r#"dig "a" "c" "none" (dict "a" (dict "b" 1))"#, Some("none")),
            (r#"dig "x" "c" "none" (dict "a" 1)"#, Some("none")),
            (r#"dig "a" "b" "none" (dict "a" 1)"#, None),
            (r#"dig "a" (dict "a" 1)"#, None),
            (r#"dig 1 "none" (dict "a" 1)"#, None),
        ]);
    }
}
