//! Lists: made, taken apart, searched.

use super::equal::equal;
use super::{Made, any, cast, charge_items, int, many, of, rest};
use crate::template::Param::{Any, Int};
use crate::template::{Call, Elem, Function, List, Value};
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    many("list", &[], Any, |call, args| list(call, args.to_vec())),
    many("tuple", &[], Any, |call, args| list(call, args.to_vec())),
    of("append", &[Any, Any], append),
    of("push", &[Any, Any], append),
    of("mustAppend", &[Any, Any], append),
    of("mustPush", &[Any, Any], append),
    of("prepend", &[Any, Any], prepend),
    of("mustPrepend", &[Any, Any], prepend),
    of("first", &[Any], first),
    of("mustFirst", &[Any], first),
    of("rest", &[Any], all_but_first),
    of("mustRest", &[Any], all_but_first),
    of("last", &[Any], last),
    of("mustLast", &[Any], last),
    of("initial", &[Any], all_but_last),
    of("mustInitial", &[Any], all_but_last),
    of("reverse", &[Any], reverse),
    of("mustReverse", &[Any], reverse),
    of("uniq", &[Any], unique),
    of("mustUniq", &[Any], unique),
    of("compact", &[Any], compact),
    of("mustCompact", &[Any], compact),
    many("without", &[Any], Any, without),
    many("mustWithout", &[Any], Any, without),
    of("has", &[Any, Any], has),
    of("mustHas", &[Any, Any], has),
    many("slice", &[Any], Any, slice),
    many("mustSlice", &[Any], Any, slice),
    many("concat", &[], Any, concat),
    of("chunk", &[Int, Any], chunk),
    of("mustChunk", &[Int, Any], chunk),
];

/// `[]interface{}`.
fn list(call: &Call, items: Vec<Value>) -> Made {
    charge_items(call, items.len())?;
    Ok(Value::list(items))
}

/// The list's items. `does` is what cannot be done with anything else.
fn items<'v>(value: &'v Value, does: &str) -> Result<&'v [Value], String> {
    match value {
        Value::List(list) => Ok(&list.items),
        Value::Nil => Err(format!("{does} nil")),
        other => Err(format!("{does} type {}", other.kind())),
    }
}

fn append(call: &Call, args: &[Value]) -> Made {
    let items = items(any(args, 0), "Cannot push on")?;
    charge_items(call, items.len())?;
    list(call, items.iter().chain([any(args, 1)]).cloned().collect())
}

fn prepend(call: &Call, args: &[Value]) -> Made {
    let items = items(any(args, 0), "Cannot prepend on")?;
    charge_items(call, items.len())?;
    list(call, [any(args, 1)].into_iter().chain(items).cloned().collect())
}

fn first(_: &Call, args: &[Value]) -> Made {
    Ok(items(any(args, 0), "Cannot find first on")?.first().cloned().unwrap_or(Value::Nil))
}

fn last(_: &Call, args: &[Value]) -> Made {
    Ok(items(any(args, 0), "Cannot find last on")?.last().cloned().unwrap_or(Value::Nil))
}

fn all_but_first(call: &Call, args: &[Value]) -> Made {
    let items = items(any(args, 0), "Cannot find rest on")?;
    list(call, items.split_first().map(|(_, rest)| rest.to_vec()).unwrap_or_default())
}

fn all_but_last(call: &Call, args: &[Value]) -> Made {
    let items = items(any(args, 0), "Cannot find initial on")?;
    list(call, items.split_last().map(|(_, initial)| initial.to_vec()).unwrap_or_default())
}

fn reverse(call: &Call, args: &[Value]) -> Made {
    list(call, items(any(args, 0), "Cannot find reverse on")?.iter().rev().cloned().collect())
}

fn holds(call: &Call, list: &[Value], value: &Value) -> Result<bool, String> {
    for item in list {
        if equal(call, item, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unique(call: &Call, args: &[Value]) -> Made {
    let mut kept = vec![];
    for item in items(any(args, 0), "Cannot find uniq on")? {
        if !holds(call, &kept, item)? {
            kept.push(item.clone());
        }
    }
    list(call, kept)
}

fn compact(call: &Call, args: &[Value]) -> Made {
    let items = items(any(args, 0), "Cannot compact on")?;
    list(call, items.iter().filter(|item| !super::flow::is_empty(item)).cloned().collect())
}

fn without(call: &Call, args: &[Value]) -> Made {
    let mut kept = vec![];
    for item in items(any(args, 0), "Cannot find without on")? {
        if !holds(call, rest(args, 1), item)? {
            kept.push(item.clone());
        }
    }
    list(call, kept)
}

fn has(call: &Call, args: &[Value]) -> Made {
    if matches!(any(args, 1), Value::Nil) {
        return Ok(Value::Bool(false));
    }
    Ok(Value::Bool(holds(call, items(any(args, 1), "Cannot find has on")?, any(args, 0))?))
}

/// The items from one index to before another: a list of the same type, or nil if there are none to choose from.
fn slice(call: &Call, args: &[Value]) -> Made {
    let Value::List(all) = any(args, 0) else {
        return Err(format!("list should be type of slice or array but {}", any(args, 0).kind()));
    };
    if all.items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = usize::try_from(args.get(1).map_or(0, cast::int64)).ok();
    let end = args.get(2).map_or(Some(all.items.len()), |end| usize::try_from(cast::int64(end)).ok());
    let part = start.zip(end).and_then(|(start, end)| all.items.get(start..end));
    let items = part.ok_or("reflect.Value.Slice: slice index out of bounds")?.to_vec();
    charge_items(call, items.len())?;
    Ok(Value::List(Rc::new(List { of: all.of, items })))
}

fn concat(call: &Call, args: &[Value]) -> Made {
    let mut all = vec![];
    for value in args {
        let items = items(value, "Cannot concat")?;
        charge_items(call, items.len())?;
        all.extend_from_slice(items);
    }
    Ok(Value::list(all))
}

/// `[][]interface{}` of so many items each, the last of what is left.
fn chunk(call: &Call, args: &[Value]) -> Made {
    let size = int(args, 0)?;
    let items = items(any(args, 1), "Cannot chunk")?;
    let chunks = match usize::try_from(size) {
        Ok(1..) if items.is_empty() => vec![],
        Ok(size @ 1..) => {
            charge_items(call, items.len().saturating_mul(2))?;
            items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()
        }
        // Go's arithmetic, which finds a place for these.
        _ if size < -1 && items.len() == 1 => vec![Value::list(items.to_vec())],
        _ if size < 0 && items.len() > 1 && size.unsigned_abs() >= items.len() as u64 - 1 => vec![],
        _ => return Err("runtime error: makeslice: len out of range".to_owned()),
    };
    Ok(Value::List(Rc::new(List { of: Elem::List, items: chunks })))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn lists_are_made_and_taken_apart_as_in_goss() {
        agrees(&[
            (r#"list 1 "a" nil"#, Some("[1 a <nil>]")),
            ("append (list 1) 2", Some("[1 2]")),
            (r#"push (until 2) "x""#, Some("[0 1 x]")),
            ("prepend (list 1 2) 0", Some("[0 1 2]")),
            ("first (list 1 2)", Some("1")),
            ("first (list)", Some("<no value>")),
            (r#"first "abc""#, None),
            ("first nil", None),
            ("rest (list 1 2 3)", Some("[2 3]")),
            ("last (list 1 2)", Some("2")),
            ("initial (list 1 2 3)", Some("[1 2]")),
            ("reverse (list 1 2 3)", Some("[3 2 1]")),
            (r#"uniq (list 1 1 "1" 2 (int64 1))"#, Some("[1 1 2 1]")),
            (r#"compact (list 0 "" nil "a" false 1 (list))"#, Some("[a 1]")),
            ("without (list 1 2 3 2) 2", Some("[1 3]")),
            ("has 2 (list 1 2)", Some("true")),
            (r#"has 2 (list "2")"#, Some("false")),
            ("has 2 (list (add 1 1))", Some("false")),
            (r#"has "a" nil"#, Some("false")),
            (r#"has "a" "abc""#, None),
            ("slice (list 1 2 3 4) 1 3", Some("[2 3]")),
            ("slice (list 1 2 3 4) 2", Some("[3 4]")),
            ("slice (list 1 2) 1 5", None),
            ("slice (list) 0 1", Some("<no value>")),
            (r#"concat (list 1) (until 2) (list "a")"#, Some("[1 0 1 a]")),
            (r#"concat (list 1) "a""#, None),
            ("chunk 2 (list 1 2 3)", Some("[[1 2] [3]]")),
            ("chunk 0 (list 1)", None),
            ("chunk -1 (list 1)", None),
            ("chunk -2 (list 1)", Some("[[1]]")),
            ("chunk -3 (list 1 2)", Some("[]")),
            ("kindOf (chunk 2 (list 1))", Some("slice")),
            ("typeOf (chunk 2 (list 1))", Some("[][]interface {}")),
            (r#"mustAppend "a" 1"#, None),
            (r#"mustSlice "a" 1"#, None),
        ]);
    }
}
