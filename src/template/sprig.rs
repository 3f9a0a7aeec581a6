//! sprig v3's functions (its `TxtFuncMap`), a family a file.

mod case;
mod cast;
mod certificate;
mod cut;
mod date;
mod decimal;
mod dict;
mod duration;
mod encoding;
mod equal;
mod flow;
mod hash;
mod json;
mod list;
mod math;
mod merge;
mod path;
mod random;
mod reflect;
pub mod regex;
pub mod semver;
mod split;
mod system;
#[cfg(test)]
pub mod tests;
mod text;
mod url;
mod wrap;

use super::{Call, Elem, Function, List, Map, Param, Value};
use std::rc::Rc;

/// Every function of sprig's.
pub static FAMILIES: &[&[Function]] = &[
    case::FUNCTIONS,
    cast::FUNCTIONS,
    certificate::FUNCTIONS,
    cut::FUNCTIONS,
    date::FUNCTIONS,
    dict::FUNCTIONS,
    duration::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    math::FUNCTIONS,
    merge::FUNCTIONS,
    path::FUNCTIONS,
    random::FUNCTIONS,
    reflect::FUNCTIONS,
    regex::FUNCTIONS,
    semver::FUNCTIONS,
    split::FUNCTIONS,
    system::FUNCTIONS,
    text::FUNCTIONS,
    url::FUNCTIONS,
    wrap::FUNCTIONS,
];

type Made = Result<Value, String>;

/// A function of so many parameters.
const fn of(name: &'static str, params: &'static [Param], call: fn(&Call, &[Value]) -> Made) -> Function {
    Function { name, params, rest: None, call }
}

/// A function that takes any number of further arguments.
const fn many(
    name: &'static str,
    params: &'static [Param],
    rest: Param,
    call: fn(&Call, &[Value]) -> Made,
) -> Function {
    Function { name, params, rest: Some(rest), call }
}

// The engine has checked what it passes; these only say where it had not.

fn any(args: &[Value], at: usize) -> &Value {
    args.get(at).unwrap_or(&Value::Nil)
}

fn text(args: &[Value], at: usize) -> Result<&str, String> {
    any(args, at).as_text().ok_or_else(|| mismatch("string", any(args, at)))
}

fn int(args: &[Value], at: usize) -> Result<i64, String> {
    match any(args, at) {
        Value::Int(int) => Ok(*int),
        other => Err(mismatch("int", other)),
    }
}

/// A map; none if it is Go's nil map.
fn map(args: &[Value], at: usize) -> Result<Option<&Rc<Map>>, String> {
    match any(args, at) {
        Value::Map(map) => Ok(Some(map)),
        Value::Nil => Ok(None),
        other => Err(mismatch("map[string]interface {}", other)),
    }
}

fn rest(args: &[Value], from: usize) -> &[Value] {
    args.get(from..).unwrap_or_default()
}

fn mismatch(expected: &str, got: &Value) -> String {
    format!("wrong type for value; expected {expected}; got {}", got.type_name())
}

/// Text that was made of what was there, and is not much more.
fn made(call: &Call, text: impl Into<Rc<str>>) -> Made {
    let text = text.into();
    call.charge(text.len())?;
    Ok(Value::Text(text))
}

/// Bytes that a list of so many values takes.
fn charge_items(call: &Call, count: usize) -> Result<(), String> {
    call.charge(count.saturating_mul(size_of::<Value>()))
}

/// `[]string`.
fn texts<T: Into<Rc<str>>>(call: &Call, items: impl IntoIterator<Item = T>) -> Made {
    let mut made = vec![];
    for item in items {
        let item = item.into();
        call.charge(item.len() + size_of::<Value>())?;
        made.push(Value::Text(item));
    }
    Ok(Value::List(Rc::new(List { of: Elem::Text, items: made })))
}

/// Text that is charged for piece by piece.
struct Output<'c, 'w> {
    call: &'c Call<'w>,
    bytes: Vec<u8>,
}

impl<'c, 'w> Output<'c, 'w> {
    fn new(call: &'c Call<'w>) -> Output<'c, 'w> {
        Output { call, bytes: vec![] }
    }

    fn push(&mut self, piece: impl AsRef<[u8]>) -> Result<(), String> {
        self.call.charge(piece.as_ref().len())?;
        self.bytes.extend_from_slice(piece.as_ref());
        Ok(())
    }

    fn done(self) -> Made {
        Ok(Value::text(lossy(self.bytes)))
    }
}

/// Go cuts text between any two bytes. What is left of a character that was cut is U+FFFD.
fn lossy(bytes: impl Into<Vec<u8>>) -> String {
    String::from_utf8(bytes.into()).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
