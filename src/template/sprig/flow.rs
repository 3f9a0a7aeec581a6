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

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn what_is_empty_is_what_is_empty_in_goss() {
        agrees(&[
            (r#"default "d" """#, Some("d")),
            (r#"default "d" 0"#, Some("d")),
            (r#"default "d" (list)"#, Some("d")),
            (r#"default "d" false"#, Some("d")),
            (r#"default "d" nil"#, Some("d")),
            (r#"default "d" "x""#, Some("x")),
            (r#"default "d" 0.0"#, Some("d")),
            (r#"default "d""#, Some("d")),
            ("empty (dict)", Some("true")),
            ("empty (list nil)", Some("false")),
            (r#"empty (toDate "x" "y")"#, Some("false")),
            (r#"coalesce 0 "" nil "x" "y""#, Some("x")),
            ("coalesce 0", Some("<no value>")),
            (r#"all 1 "" "#, Some("false")),
            ("all", Some("true")),
            (r#"any 0 "x""#, Some("true")),
            ("any", Some("false")),
            (r#"ternary "a" "b" true"#, Some("a")),
            (r#"ternary "a" "b" false"#, Some("b")),
            (r#"ternary "a" "b" 1"#, None),
            (r#"fail "no""#, None),
        ]);
    }
}
