//! Text into lists and back.

use super::{Made, Output, any, cast, int, of, text, texts};
use crate::template::Param::{Any, Int, Text};
use crate::template::{Call, Elem, Function, Key, Map, Value};
use std::cell::RefCell;
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    of("split", &[Text, Text], |call, args| numbered(call, parts(text(args, 1)?, text(args, 0)?, usize::MAX))),
    of("splitn", &[Text, Int, Text], |call, args| {
        // None is nothing at all; fewer than none is all.
        let most = usize::try_from(int(args, 1)?).unwrap_or(usize::MAX);
        numbered(call, parts(text(args, 2)?, text(args, 0)?, most))
    }),
    of("splitList", &[Text, Text], |call, args| texts(call, parts(text(args, 1)?, text(args, 0)?, usize::MAX))),
    of("join", &[Text, Any], |call, args| {
        let separator = text(args, 0)?;
        let mut output = Output::new(call);
        for (at, item) in cast::strings(call, any(args, 1))?.into_iter().enumerate() {
            if at > 0 {
                output.push(separator)?;
            }
            output.push(item)?;
        }
        output.done()
    }),
    of("sortAlpha", &[Any], |call, args| {
        let mut items = match any(args, 0) {
            Value::Nil => vec!["<nil>".to_owned()],
            value => cast::strings(call, value)?,
        };
        items.sort();
        texts(call, items)
    }),
];

/// `strings.SplitN`: by nothing, it splits between any two characters.
fn parts<'t>(text: &'t str, separator: &'t str, most: usize) -> Box<dyn Iterator<Item = &'t str> + 't> {
    if !separator.is_empty() {
        return Box::new(text.splitn(most, separator));
    }
    let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let mut start = 0;
    let mut left = most;
    Box::new(std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let end = ends.next()?;
        let end = if left == 0 { text.len() } else { end };
        text.get(std::mem::replace(&mut start, end)..end)
    }))
}

/// `map[string]string` of `_0`, `_1` and so on.
fn numbered<'t>(call: &Call, parts: impl Iterator<Item = &'t str>) -> Made {
    let mut entries = std::collections::BTreeMap::new();
    for (at, part) in parts.enumerate() {
        call.charge(part.len() + 2 * size_of::<Value>())?;
        entries.insert(Key::Text(format!("_{at}").into()), Value::text(part));
    }
    Ok(Value::Map(Rc::new(Map { keys: Elem::Text, of: Elem::Text, entries: RefCell::new(entries) })))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn lists_are_split_and_joined_as_in_goss() {
        agrees(&[
            (r#"split "$" "foo$bar""#, Some("map[_0:foo _1:bar]")),
            (r#"(split "$" "foo$bar")._1"#, Some("bar")),
            (r#"splitn "$" 2 "a$b$c""#, Some("map[_0:a _1:b$c]")),
            (r#"splitn "$" 0 "a$b""#, Some("map[]")),
            (r#"splitn "$" -1 "a$b""#, Some("map[_0:a _1:b]")),
            (r#"splitn "" 2 "abc""#, Some("map[_0:a _1:bc]")),
            (r#"splitList "," "a,b,,c""#, Some("[a b  c]")),
            (r#"splitList "" "abc""#, Some("[a b c]")),
            (r#"splitList "," """#, Some("[]")),
            (r#"join "-" (list 1 "b" nil true)"#, Some("1-b-true")),
            (r#"join "-" "abc""#, Some("abc")),
            (r#"join "-" nil"#, Some("")),
            (r#"join "," (until 3)"#, Some("0,1,2")),
            (r#"sortAlpha (list "b" "a" 10 9)"#, Some("[10 9 a b]")),
            (r#"sortAlpha "x""#, Some("[x]")),
            ("sortAlpha nil", Some("[<nil>]")),
            (r#"toStrings (list 1 nil "a" 2.0)"#, Some("[1 a 2]")),
        ]);
    }
}
