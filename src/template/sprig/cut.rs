//! Less of a text: trimmed, cut off, abbreviated. Widths are bytes, as in sprig.

use super::{int, lossy, made, of, text};
use crate::template::Function;
use crate::template::Param::{Int, Text};

pub static FUNCTIONS: &[Function] = &[
    of("trim", &[Text], |call, args| made(call, text(args, 0)?.trim())),
    of("trimAll", &[Text, Text], |call, args| made(call, trim_all(text(args, 0)?, text(args, 1)?))),
    of("trimall", &[Text, Text], |call, args| made(call, trim_all(text(args, 0)?, text(args, 1)?))),
    of("trimPrefix", &[Text, Text], |call, args| {
        let whole = text(args, 1)?;
        made(call, whole.strip_prefix(text(args, 0)?).unwrap_or(whole))
    }),
    of("trimSuffix", &[Text, Text], |call, args| {
        let whole = text(args, 1)?;
        made(call, whole.strip_suffix(text(args, 0)?).unwrap_or(whole))
    }),
    of("nospace", &[Text], |call, args| made(call, without_space(text(args, 0)?))),
    of("trunc", &[Int, Text], |call, args| made(call, truncated(int(args, 0)?, text(args, 1)?))),
    of("substr", &[Int, Int, Text], |call, args| made(call, part(int(args, 0)?, int(args, 1)?, text(args, 2)?)?)),
    of("abbrev", &[Int, Text], |call, args| made(call, abbreviated(0, int(args, 0)?, text(args, 1)?))),
    of("abbrevboth", &[Int, Int, Text], |call, args| {
        made(call, abbreviated(int(args, 0)?, int(args, 1)?, text(args, 2)?))
    }),
];

fn trim_all<'t>(set: &str, text: &'t str) -> &'t str {
    text.trim_matches(|c| set.contains(c))
}

/// As goutils: text with a space in it is taken apart into bytes, each of which then is a character.
fn without_space(text: &str) -> String {
    let kept: Vec<char> = text.bytes().map(char::from).filter(|c| !c.is_whitespace()).collect();
    if kept.len() == text.len() { text.to_owned() } else { kept.into_iter().collect() }
}

fn size(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The bytes from `start` to before `end`, or Go's words for why there are none.
fn slice(text: &str, start: i64, end: i64) -> Result<String, String> {
    let at = |at: i64| usize::try_from(at).ok();
    let bytes = at(start).zip(at(end)).and_then(|(start, end)| text.as_bytes().get(start..end));
    bytes.map(lossy).ok_or_else(|| format!("slice bounds out of range [{start}:{end}] with length {}", text.len()))
}

fn truncated(width: i64, text: &str) -> String {
    let size = size(text);
    let kept = match width {
        _ if width < 0 && size.saturating_add(width) > 0 => slice(text, size.saturating_add(width), size),
        _ if width >= 0 && size > width => slice(text, 0, width),
        _ => return text.to_owned(),
    };
    kept.unwrap_or_default()
}

fn part(start: i64, end: i64, text: &str) -> Result<String, String> {
    match () {
        () if start < 0 => slice(text, 0, end),
        () if end < 0 || end > size(text) => slice(text, start, size(text)),
        () => slice(text, start, end),
    }
}

/// At most `width` bytes of the text, from about `left` on, dots where there is more.
fn abbreviated(left: i64, width: i64, text: &str) -> String {
    if width < 4 || left > 0 && width < 7 {
        return text.to_owned();
    }
    let all = size(text);
    if all <= width {
        return text.to_owned();
    }
    let left = left.min(all - (width - 3));
    let cut = |start, end| slice(text, start, end).unwrap_or_default();
    if left <= 4 {
        return cut(0, width - 3) + "...";
    }
    if left + width - 3 < all {
        return format!("...{}...", cut(left, left + width - 6));
    }
    format!("...{}", cut(all - (width - 3), all))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn text_is_cut_at_the_same_byte_as_in_goss() {
        agrees(&[
            (r#"trim "  a b \n""#, Some("a b")),
            (r#"trimAll "$" "$5.00$""#, Some("5.00")),
            (r#"trimPrefix "-" "-hello""#, Some("hello")),
            (r#"trimSuffix "-" "hello-""#, Some("hello")),
            (r#"nospace " h e\tl lo ""#, Some("hello")),
            (r#"nospace "é a""#, Some("Ã©a")),
            (r#"trunc 5 "hello world""#, Some("hello")),
            (r#"trunc -5 "hello world""#, Some("world")),
            (r#"trunc -50 "hello""#, Some("hello")),
            (r#"trunc 0 "hello""#, Some("")),
            (r#"substr 0 5 "hello world""#, Some("hello")),
            (r#"substr 3 -1 "hello""#, Some("lo")),
            (r#"substr -1 3 "hello""#, Some("hel")),
            (r#"substr 2 100 "hello""#, Some("llo")),
            (r#"substr 4 2 "hello""#, None),
            (r#"substr 9 100 "hello""#, None),
            (r#"substr -1 9 "hello""#, None),
            (r#"abbrev 5 "hello world""#, Some("he...")),
            (r#"abbrev 3 "hello world""#, Some("hello world")),
            (r#"abbrev 11 "hello world""#, Some("hello world")),
            (r#"abbrevboth 5 10 "1234 5678 9123""#, Some("...5678...")),
            (r#"abbrevboth 2 10 "1234 5678 9123""#, Some("1234 56...")),
            (r#"abbrevboth 5 8 "1234 5678 9123 4567""#, Some("...56...")),
            (r#"abbrevboth -3 8 "1234 5678 9123""#, Some("1234 ...")),
        ]);
    }
}
