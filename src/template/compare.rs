//! `eq`, `ne`, `lt`, `le`, `gt`, `ge` by Go's rules of which types may be compared.

use super::printf::printf;
use super::{Call, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// Values by what they are compared as. Numbers of different signs meet as `i128`.
enum Basic<'v> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'v str),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value {
        Value::Bool(bool) => Basic::Bool(*bool),
        Value::Int(int) | Value::Int64(int) | Value::Duration(int) => Basic::Int((*int).into()),
        Value::Uint64(int) => Basic::Int((*int).into()),
        Value::Byte(int) => Basic::Int((*int).into()),
        Value::Float(float) => Basic::Float(*float),
        Value::Text(text) => Basic::Text(text),
        Value::Object(object) => Basic::Int(object.number?.into()),
        _ => return None,
    })
}

pub fn eq(call: &Call, args: &[Value]) -> Result<Value, String> {
    let Some((first, [second, more @ ..])) = args.split_first() else {
        return Err("missing argument for comparison".to_owned());
    };
    for other in std::iter::once(second).chain(more) {
        if equal(call, first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub fn ne(call: &Call, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(!eq(call, args)?.truth()))
}

pub fn lt(_: &Call, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(order(args)? == Some(Ordering::Less)))
}

pub fn le(call: &Call, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(order(args)? == Some(Ordering::Less) || eq(call, args)?.truth()))
}

/// Go says it is what is not less or equal, which NaN is.
pub fn gt(call: &Call, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(!le(call, args)?.truth()))
}

pub fn ge(call: &Call, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(!lt(call, args)?.truth()))
}

fn incompatible(one: &Value, other: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", one.type_name(), other.type_name())
}

fn order(args: &[Value]) -> Result<Option<Ordering>, String> {
    let [one, other] = args else { return Err("missing argument for comparison".to_owned()) };
    let invalid = || "invalid type for comparison".to_owned();
    match (basic(one).ok_or_else(invalid)?, basic(other).ok_or_else(invalid)?) {
        (Basic::Int(one), Basic::Int(other)) => Ok(Some(one.cmp(&other))),
        (Basic::Float(one), Basic::Float(other)) => Ok(one.partial_cmp(&other)),
        (Basic::Text(one), Basic::Text(other)) => Ok(Some(one.cmp(other))),
        (Basic::Bool(_), Basic::Bool(_)) => Err(invalid()),
        _ => Err(incompatible(one, other)),
    }
}

fn equal(call: &Call, one: &Value, other: &Value) -> Result<bool, String> {
    match (basic(one), basic(other)) {
        (Some(Basic::Bool(one)), Some(Basic::Bool(other))) => return Ok(one == other),
        (Some(Basic::Int(one)), Some(Basic::Int(other))) => return Ok(one == other),
        (Some(Basic::Float(one)), Some(Basic::Float(other))) => return Ok(one == other),
        (Some(Basic::Text(one)), Some(Basic::Text(other))) => return Ok(one == other),
        (None, None) => {}
        _ if matches!(one, Value::Nil) || matches!(other, Value::Nil) => return Ok(false),
        _ => return Err(incompatible(one, other)),
    }
    // Go's own messages go through its `%s`.
    let shown = |value: &Value| printf(call, "%s", std::slice::from_ref(value));
    match (one, other) {
        (Value::Nil, _) | (_, Value::Nil) => Ok(matches!((one, other), (Value::Nil, Value::Nil))),
        (Value::Time(one), Value::Time(other)) => Ok(one == other && one.offset() == other.offset()),
        (Value::Object(one), Value::Object(other)) => Ok(Rc::ptr_eq(one, other)),
        (Value::Time(_) | Value::Object(_), _) if one.kind() == other.kind() => Ok(false),
        _ if one.kind() != other.kind() => Err(format!(
            "non-comparable types {}: {}, {}: {}",
            shown(one)?,
            one.type_name(),
            other.type_name(),
            call.print(other)?
        )),
        _ => Err(format!("non-comparable type {}: {}", shown(other)?, other.type_name())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, wrong};

    #[test]
    fn each_answers_what_go_answers() {
        for (text, expected) in [
            ("eq 1 1", "true"),
            ("eq wide 7", "true"),
            ("eq 1 2 1", "true"),
            ("eq 1 1 \"a\"", "true"),
            ("eq (index \"a\" 0) 97", "true"),
            ("eq .Vars.n nil", "true"),
            ("eq .Vars.n 1", "false"),
            ("eq .Vars.l nil", "false"),
            ("eq . .", "true"),
            ("eq moment moment", "true"),
            ("ne nil nil", "false"),
            ("lt -1 .Vars.u", "true"),
            ("lt .Vars.u 1", "false"),
            ("le \"a\" \"b\"", "true"),
            ("gt 2.5 1.5", "true"),
            ("ge 1.5 1.5", "true"),
        ] {
            assert_eq!(render(&format!("{{{{{text}}}}}")), expected, "{text}");
        }
    }

    #[test]
    fn types_that_go_does_not_compare_are_refused() {
        for (text, expected) in [
            ("eq 1 1.0", "incompatible types for comparison: int and float64"),
            ("eq true \"true\"", "incompatible types for comparison: bool and string"),
            ("eq 1 \"a\" 1", "incompatible types for comparison: int and string"),
            ("eq 1", "missing argument for comparison"),
            ("eq .Vars.l 1", "incompatible types for comparison: []interface {} and int"),
            ("eq .Vars.e .Vars.e", "non-comparable type []: []interface {}"),
            (
                "eq .Vars.m .Vars.e",
                "non-comparable types map[x:%!s(int=1) y:map[z:w]]: map[string]interface {}, []interface {}: []",
            ),
            ("lt moment moment", "invalid type for comparison"),
            ("lt true false", "invalid type for comparison"),
            ("lt nil 1", "invalid type for comparison"),
            ("gt \"b\" 1", "incompatible types for comparison: string and int"),
        ] {
            let said = wrong(&format!("{{{{{text}}}}}"));
            assert!(said.ends_with(&format!(": {expected}")), "{text}: {said}");
        }
    }
}
