//! Whether two values are the same, as `reflect.DeepEqual` sees it: of one type, and equal all the way down.

use crate::template::print::{DEEPEST, TOO_DEEP};
use crate::template::{Call, Value};
use std::rc::Rc;

pub fn equal(call: &Call, one: &Value, other: &Value) -> Result<bool, String> {
    deep(call, one, other, DEEPEST)
}

fn deep(call: &Call, one: &Value, other: &Value, depth: usize) -> Result<bool, String> {
    call.charge(1)?;
    let inner = || depth.checked_sub(1).ok_or(TOO_DEEP);
    Ok(match (one, other) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Int(one), Value::Int(other))
        | (Value::Int64(one), Value::Int64(other))
        | (Value::Duration(one), Value::Duration(other)) => one == other,
        (Value::Uint64(one), Value::Uint64(other)) => one == other,
        (Value::Byte(one), Value::Byte(other)) => one == other,
        (Value::Float(one), Value::Float(other)) => one == other,
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Time(one), Value::Time(other)) => one == other && one.offset() == other.offset(),
        (Value::List(one), Value::List(other)) => {
            if Rc::ptr_eq(one, other) {
                return Ok(one.of == other.of);
            }
            if one.of != other.of || one.items.len() != other.items.len() {
                return Ok(false);
            }
            for (one, other) in one.items.iter().zip(&other.items) {
                if !deep(call, one, other, inner()?)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(one), Value::Map(other)) => {
            if Rc::ptr_eq(one, other) {
                return Ok(true);
            }
            let (ours, theirs) = (one.entries.borrow(), other.entries.borrow());
            if one.of != other.of || one.keys != other.keys || ours.len() != theirs.len() {
                return Ok(false);
            }
            for ((our_key, our), (their_key, their)) in ours.iter().zip(theirs.iter()) {
                if our_key != their_key || !deep(call, our, their, inner()?)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Object(one), Value::Object(other)) => {
            if one.type_name != other.type_name || one.text != other.text || one.fields.len() != other.fields.len() {
                return Ok(false);
            }
            for ((_, one), (_, other)) in one.fields.iter().zip(&other.fields) {
                if !deep(call, one, other, inner()?)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}
