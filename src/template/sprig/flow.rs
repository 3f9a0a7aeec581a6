//! What stands in for what is empty, and giving up.

use super::{Made, any, many, of, text};
use crate::template::Param::{Any, Bool, Text};
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    many("default", &[Any], Any, |_, args| {
        Ok(args.get(1).filter(|given| !is_empty(given)).unwrap_or(any(args, 0)).clone())
    }),
    of("empty", &[Any], |_, args| Ok(Value::Bool(is_empty(any(args, 0))))),
    many("coalesce", &[], Any, |_, args| Ok(args.iter().find(|value| !is_empty(value)).cloned().unwrap_or(Value::Nil))),
    many("all", &[], Any, |_, args| Ok(Value::Bool(!args.iter().any(is_empty)))),
    many("any", &[], Any, |_, args| Ok(Value::Bool(!args.iter().all(is_empty)))),
    of("ternary", &[Any, Any, Bool], |_, args| {
        let holds = any(args, 2).as_bool().ok_or("the last argument is no bool")?;
        Ok(any(args, usize::from(!holds)).clone())
    }),
    of("fail", &[Text], fail),
];

fn fail(_: &Call, args: &[Value]) -> Made {
    Err(text(args, 0)?.to_owned())
}

/// The value of its type that it begins with. A struct is never empty.
pub fn is_empty(value: &Value) -> bool {
    !value.truth()
}
