//! Text looked into, put together and quoted.

use super::{Made, Output, any, cast, int, of, text};
use crate::template::Param::{Any, Int, Text};
use crate::template::sprig::many;
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("hello", &[], |_, _| Ok(Value::text("Hello!"))),
    of("contains", &[Text, Text], |_, args| Ok(Value::Bool(text(args, 1)?.contains(text(args, 0)?)))),
    of("hasPrefix", &[Text, Text], |_, args| Ok(Value::Bool(text(args, 1)?.starts_with(text(args, 0)?)))),
    of("hasSuffix", &[Text, Text], |_, args| Ok(Value::Bool(text(args, 1)?.ends_with(text(args, 0)?)))),
    of("repeat", &[Int, Text], |call, args| repeated(call, int(args, 0)?, text(args, 1)?)),
    of("replace", &[Text, Text, Text], |call, args| replaced(call, text(args, 0)?, text(args, 1)?, text(args, 2)?)),
    of("plural", &[Text, Text, Int], |_, args| Ok(any(args, usize::from(int(args, 2)? != 1)).clone())),
    many("cat", &[], Any, |call, args| spaced(call, args, |output, value| output.push(output.call.print(value)?))),
    many("quote", &[], Any, |call, args| {
        spaced(call, args, |output, value| {
            output.push(crate::template::quote::quoted(&cast::string(output.call, value)?))
        })
    }),
    many("squote", &[], Any, |call, args| {
        spaced(call, args, |output, value| output.push(format!("'{}'", output.call.print(value)?)))
    }),
];

fn repeated(call: &Call, count: i64, text: &str) -> Made {
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count")?;
    call.charge(text.len().saturating_mul(count))?;
    // Nothing, ever so often, is free and takes no time.
    Ok(Value::text(if text.is_empty() { String::new() } else { text.repeat(count) }))
}

fn replaced(call: &Call, old: &str, new: &str, text: &str) -> Made {
    let places = text.matches(old).count();
    call.charge(text.len().saturating_add(places.saturating_mul(new.len())))?;
    Ok(Value::text(text.replace(old, new)))
}

/// The values but nil, spaces between them.
fn spaced(call: &Call, values: &[Value], write: fn(&mut Output, &Value) -> Result<(), String>) -> Made {
    let mut output = Output::new(call);
    for (at, value) in values.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if at > 0 {
            output.push(" ")?;
        }
        write(&mut output, value)?;
    }
    output.done()
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn text_is_put_together_and_quoted_as_in_goss() {
        agrees(&[
            (r#"contains "ell" "hello""#, Some("true")),
            (r#"hasPrefix "he" "hello""#, Some("true")),
            (r#"hasSuffix "lo" "hello""#, Some("true")),
            (r#"repeat 3 "ab""#, Some("ababab")),
            (r#"repeat -1 "x""#, None),
            (r#"replace " " "-" "a b c""#, Some("a-b-c")),
            (r#"replace "" "-" "ab""#, Some("-a-b-")),
            (r#"plural "one" "many" 1"#, Some("one")),
            (r#"plural "one" "many" 0"#, Some("many")),
            (r#"cat "a" 1 nil true 2.5"#, Some("a 1 true 2.5")),
            (r#"cat "" "a""#, Some(" a")),
            ("cat", Some("")),
            (r#"quote "a\"b" 1 nil"#, Some(r#""a\"b" "1""#)),
            (r#"quote "é\t\x01""#, Some(r#""é\t\x01""#)),
            (r#"squote "a" nil 1.5"#, Some("'a' '1.5'")),
            (r#"squote (list 1 "a")"#, Some("'[1 a]'")),
            ("hello", Some("Hello!")),
        ]);
    }
}
