//! Text over several lines: wrapped and indented.

use super::{Made, Output, int, of, text};
use crate::template::Param::{Int, Text};
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("wrap", &[Int, Text], |call, args| wrapped(call, int(args, 0)?, "", false, text(args, 1)?)),
    of("wrapWith", &[Int, Text, Text], |call, args| wrapped(call, int(args, 0)?, text(args, 1)?, true, text(args, 2)?)),
    of("indent", &[Int, Text], |call, args| indented(call, "", int(args, 0)?, text(args, 1)?)),
    of("nindent", &[Int, Text], |call, args| indented(call, "\n", int(args, 0)?, text(args, 1)?)),
];

fn indented(call: &Call, before: &str, spaces: i64, text: &str) -> Made {
    let spaces = usize::try_from(spaces).map_err(|_| "strings: negative Repeat count")?;
    let lines = 1 + text.bytes().filter(|b| *b == b'\n').count();
    call.charge(lines.saturating_mul(spaces).saturating_add(before.len() + text.len()))?;
    let pad = " ".repeat(spaces);
    Ok(Value::text(format!("{before}{pad}{}", text.replace('\n', &format!("\n{pad}")))))
}

/// Lines of `width` bytes and what of a word stands over; words longer than that are cut if `cut`.
fn wrapped(call: &Call, width: i64, line_end: &str, cut: bool, text: &str) -> Made {
    let line_end = if line_end.is_empty() { "\n" } else { line_end };
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut output = Output::new(call);
    let mut rest = text.as_bytes();
    while rest.len() > width {
        if let [b' ', behind @ ..] = rest {
            rest = behind;
            continue;
        }
        let is_space = |b: &u8| *b == b' ';
        let (line, behind) = match rest.iter().take(width + 1).rposition(is_space) {
            Some(space) => (space, space + 1),
            None if cut => (width, width),
            None => match rest.iter().skip(width).position(is_space) {
                Some(space) => (width + space, width + space + 1),
                None => break,
            },
        };
        output.push(rest.get(..line).unwrap_or_default())?;
        output.push(line_end)?;
        rest = rest.get(behind..).unwrap_or_default();
    }
    output.push(rest)?;
    output.done()
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn lines_are_wrapped_and_indented_as_in_goss() {
        agrees(&[
            (r#"wrap 5 "hello world foo""#, Some("hello\nworld\nfoo")),
            (r#"wrap 3 "a verylongword b""#, Some("a\nverylongword\nb")),
            (r#"wrap 0 "a b""#, Some("a\nb")),
            (r#"wrap 4 "   x   yyyy z""#, Some("x  \nyyyy\nz")),
            (r#"wrapWith 5 "|" "verylongword b c""#, Some("veryl|ongwo|rd b|c")),
            (r#"wrapWith 2 "" "abc""#, Some("ab\nc")),
            (r#"indent 2 "a\nb""#, Some("  a\n  b")),
            (r#"nindent 2 "a\nb""#, Some("\n  a\n  b")),
            (r#"indent 0 """#, Some("")),
            (r#"indent -1 "a""#, None),
        ]);
    }
}
