//! The functions that every template knows.

use super::escape::{html, js, urlquery};
use super::printf::printf;
use super::value::Elem;
use super::{Call, Function, Key, Param, Value, compare};

macro_rules! builtins {
    ($($name:literal ($($param:ident),* $(; $rest:ident)?) $call:expr,)*) => {
        /// By name. `and` and `or` are the executor's, which evaluates no more of their arguments than it must.
        pub static BUILTINS: &[Function] = &[$(Function {
            name: $name,
            params: &[$(Param::$param),*],
            rest: builtins!(@rest $($rest)?),
            call: $call,
        }),*];
    };
    (@rest $rest:ident) => { Some(Param::$rest) };
    (@rest) => { None };
}

builtins! {
    "eq" (Any; Any) compare::eq,
    "ne" (Any, Any) compare::ne,
    "lt" (Any, Any) compare::lt,
    "le" (Any, Any) compare::le,
    "gt" (Any, Any) compare::gt,
    "ge" (Any, Any) compare::ge,
    "not" (Any) |_, args| Ok(Value::Bool(!args.first().is_some_and(Value::truth))),
    "len" (Any) len,
    "index" (Any; Any) index,
    "slice" (Any; Any) slice,
    "print" (; Any) print,
    "println" (; Any) println,
    "printf" (Text; Any) |call, args| match args.split_first() {
        Some((Value::Text(format), args)) => Ok(Value::text(printf(call, format, args)?)),
        _ => Err("no format".to_owned()),
    },
    "html" (; Any) |call, args| escaped(call, args, html),
    "js" (; Any) |call, args| escaped(call, args, js),
    "urlquery" (; Any) |call, args| escaped(call, args, urlquery),
    "call" (Any; Any) uncallable,
}

/// What is said of a name that no function has.
pub fn unknown(name: &str) -> String {
    format!("function {name:?} not defined")
}

/// No value of a template is a function.
fn uncallable(call: &Call, args: &[Value]) -> Result<Value, String> {
    match args.first() {
        None | Some(Value::Nil) => Err("call of nil".to_owned()),
        Some(value) => Err(format!("non-function {} of type {}", call.print(value)?, value.type_name())),
    }
}

fn len(_: &Call, args: &[Value]) -> Result<Value, String> {
    let len = match args.first() {
        Some(Value::Text(text)) => text.len(),
        Some(Value::List(list)) => list.items.len(),
        Some(Value::Map(map)) => map.entries.borrow().len(),
        None | Some(Value::Nil) => return Err("len of nil pointer".to_owned()),
        Some(value) => return Err(format!("len of type {}", pointed(value))),
    };
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}

/// The type that a pointer points to.
fn pointed(value: &Value) -> &'static str {
    value.type_name().trim_start_matches('*')
}

fn position(index: &Value, len: usize) -> Result<usize, String> {
    let int = match index {
        Value::Nil => return Err("cannot index slice/array with nil".to_owned()),
        Value::Uint64(int) => *int as i64,
        _ => index.as_int().ok_or_else(|| format!("cannot index slice/array with type {}", index.type_name()))?,
    };
    usize::try_from(int).ok().filter(|at| *at <= len).ok_or_else(|| format!("index out of range: {int}"))
}

fn index(_: &Call, args: &[Value]) -> Result<Value, String> {
    let Some((item, indices)) = args.split_first() else { return Ok(Value::Nil) };
    if matches!(item, Value::Nil) {
        return Err("index of untyped nil".to_owned());
    }
    let mut item = item.clone();
    for index in indices {
        // One behind the last passes Go's check and fails where it looks.
        let beyond = |of| format!("reflect: {of} index out of range");
        item = match &item {
            Value::Text(text) => {
                let at = position(index, text.len())?;
                Value::Byte(text.as_bytes().get(at).copied().ok_or_else(|| beyond("string"))?)
            }
            Value::List(list) => {
                let at = position(index, list.items.len())?;
                list.items.get(at).cloned().ok_or_else(|| beyond("slice"))?
            }
            Value::Map(map) => {
                let key = key(index, map.keys)?;
                let found = key.and_then(|key| map.entries.borrow().get(&key).cloned());
                found.unwrap_or_else(|| map.of.zero())
            }
            Value::Nil => return Err("index of nil pointer".to_owned()),
            value => return Err(format!("can't index item of type {}", pointed(value))),
        };
    }
    Ok(item)
}

/// A map's key of this type; None if no map holds such a one.
fn key(index: &Value, keys: Elem) -> Result<Option<Key>, String> {
    if let (Elem::Text, value) = (keys, index) {
        return match value {
            Value::Text(text) => Ok(Some(Key::Text(text.clone()))),
            Value::Nil => Err("value is nil; should be of type string".to_owned()),
            _ => Err(format!("value has type {}; should be string", value.type_name())),
        };
    }
    Ok(match index {
        Value::Nil => Some(Key::Nil),
        Value::Text(text) => Some(Key::Text(text.clone())),
        Value::Int(int) => Some(Key::Int(*int)),
        Value::Uint64(int) => Some(Key::Uint64(*int)),
        Value::Float(float) => Some(Key::Float(super::Float(*float))),
        Value::Bool(bool) => Some(Key::Bool(*bool)),
        Value::Time(time) => Some(Key::Time(*time)),
        // Go panics when it hashes one.
        Value::List(_) | Value::Map(_) => {
            return Err(format!("runtime error: hash of unhashable type {}", index.type_name()));
        }
        _ => None,
    })
}

fn slice(call: &Call, args: &[Value]) -> Result<Value, String> {
    let Some((item, indices)) = args.split_first() else { return Ok(Value::Nil) };
    if indices.len() > 3 {
        return Err(format!("too many slice indexes: {}", indices.len()));
    }
    let len = match item {
        Value::Text(_) if indices.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Text(text) => text.len(),
        Value::List(list) => list.items.len(),
        Value::Nil => return Err("slice of untyped nil".to_owned()),
        value => return Err(format!("can't slice item of type {}", pointed(value))),
    };
    let mut bounds = [0, len, len];
    for (bound, index) in bounds.iter_mut().zip(indices) {
        *bound = position(index, len)?;
    }
    let [start, end, most] = bounds;
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    if indices.len() == 3 && end > most {
        return Err(format!("invalid slice index: {end} > {most}"));
    }
    match item {
        Value::Text(text) => {
            call.charge(end - start)?;
            let bytes = text.as_bytes().get(start..end).unwrap_or_default();
            Ok(Value::text(String::from_utf8_lossy(bytes)))
        }
        Value::List(list) => {
            call.charge((end - start).saturating_mul(size_of::<Value>()))?;
            let items = list.items.get(start..end).unwrap_or_default().to_vec();
            Ok(Value::List(std::rc::Rc::new(super::List { of: list.of, items })))
        }
        _ => Ok(Value::Nil),
    }
}

/// `fmt.Sprint`: a space between two of which neither is text.
fn print(call: &Call, args: &[Value]) -> Result<Value, String> {
    if let [Value::Text(text)] = args {
        return Ok(Value::Text(text.clone()));
    }
    Ok(Value::text(sprint(call, args)?))
}

fn sprint(call: &Call, args: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut text_before = true;
    for (at, arg) in args.iter().enumerate() {
        let text = matches!(arg, Value::Text(_));
        if at > 0 && !text && !text_before {
            out.push(' ');
        }
        text_before = text;
        super::print::value(&mut out, arg, call)?;
    }
    Ok(out)
}

fn println(call: &Call, args: &[Value]) -> Result<Value, String> {
    let mut out = String::new();
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        super::print::value(&mut out, arg, call)?;
    }
    out.push('\n');
    Ok(Value::text(out))
}

/// What the escaping functions make of their arguments, printed as an action prints them.
fn escaped(call: &Call, args: &[Value], escape: fn(&str, &mut String)) -> Result<Value, String> {
    let printable = args.iter().map(|arg| match arg {
        Value::Nil => Ok(Value::from("<no value>")),
        Value::Object(_) => {
            let mut out = String::new();
            super::print::action(&mut out, arg, call)?;
            Ok(Value::from(out))
        }
        _ => Ok(arg.clone()),
    });
    let text = sprint(call, &printable.collect::<Result<Vec<_>, String>>()?)?;
    // The longest of what one byte becomes.
    call.charge(text.len().saturating_mul(6))?;
    let mut out = String::with_capacity(text.len());
    escape(&text, &mut out);
    Ok(Value::text(out))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, wrong};

    #[test]
    fn each_answers_what_go_answers() {
        for (text, expected) in [
            ("len \"é\"", "2"),
            ("len .Vars.l", "3"),
            ("index \"abc\" 1", "98"),
            ("index .Vars.m \"y\" \"z\"", "w"),
            ("index .Vars.m \"q\"", "<no value>"),
            ("index .Env \"NOPE\"", ""),
            ("index .Vars.m", "map[x:1 y:map[z:w]]"),
            ("slice \"abcdef\" 1 3", "bc"),
            ("slice (list 1 2 3) 1", "[2 3]"),
            ("slice (list 1 2 3) 1 2 3", "[2]"),
            ("not .Vars.n", "true"),
            ("not 1", "false"),
            ("print 1 2 \"a\" 3 nil nil", "1 2a3 <nil> <nil>"),
            ("println 1 \"a\"", "1 a\n"),
            ("html nil", "&lt;no value&gt;"),
            ("html \"<a>&\\\"\" 1 2", "&lt;a&gt;&amp;&#34;1 2"),
            ("urlquery \"a b&\" 1", "a+b%261"),
            ("print .Vars.words", "[a b]"),
        ] {
            assert_eq!(render(&format!("{{{{{text}}}}}")), expected, "{text}");
        }
    }

    #[test]
    fn each_refuses_what_go_refuses() {
        for (text, expected) in [
            ("len 1", "len of type int"),
            ("len .", "len of type goss.TmplVars"),
            ("len .Vars.n", "len of nil pointer"),
            ("index nil 1", "index of untyped nil"),
            ("index \"abc\" 5", "index out of range: 5"),
            ("index \"abc\" 3", "reflect: string index out of range"),
            ("index .Vars.l -1", "index out of range: -1"),
            ("index .Vars.l wide", "index out of range: 7"),
            ("index \"abc\" \"a\"", "cannot index slice/array with type string"),
            ("index .Vars.l nil", "cannot index slice/array with nil"),
            ("index .Vars.m 1", "value has type int; should be string"),
            ("index .Vars.m nil", "value is nil; should be of type string"),
            ("index .Vars.m \"q\" 1", "index of nil pointer"),
            ("index .Vars.m \"x\" 1", "can't index item of type int"),
            ("index . 1", "can't index item of type goss.TmplVars"),
            ("slice \"abc\" 2 1", "invalid slice index: 2 > 1"),
            ("slice \"abc\" 1 2 3", "cannot 3-index slice a string"),
            ("call nil", "call of nil"),
            ("call 1", "non-function 1 of type int"),
        ] {
            let said = wrong(&format!("{{{{{text}}}}}"));
            assert!(
                said.ends_with(&format!("error calling {}: {expected}", text.split(' ').next().unwrap())),
                "{said}"
            );
        }
    }
}
