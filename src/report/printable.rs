//! Text of a host or a spec made fit to print: bounded, and with nothing in it that drives a terminal or forges a line.

use crate::quantity::drives;
use std::borrow::Cow;
use std::fmt::Write;

/// Bytes of one piece of text that are shown.
const LINE_BOUND: usize = 2_000;
/// Lines of a block, such as a diff, that are shown.
const BLOCK_BOUND: usize = 60;

/// One line, at most `LINE_BOUND` bytes of `text`; control characters are written as Rust and most languages escape them.
pub fn line(text: &str) -> Cow<'_, str> {
    bounded(text, LINE_BOUND)
}

/// Like [`line()`], but at most `bound` bytes of `text`.
pub fn bounded(text: &str, bound: usize) -> Cow<'_, str> {
    let shown = &text[..text.floor_char_boundary(bound)];
    let cut = text.len() - shown.len();
    if cut == 0 && shown.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(shown.len() + 24);
    for c in shown.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || drives(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    if cut > 0 {
        let _ = write!(out, "… and {cut} more bytes");
    }
    Cow::Owned(out)
}

/// The lines of a block, each fit to print, at most `BLOCK_BOUND` of them.
pub fn block(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    // Not `lines`, which hides the carriage return that may be all the difference.
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let more = lines.clone().count().saturating_sub(BLOCK_BOUND);
    let rest = (more > 0).then(|| Cow::Owned(format!("… and {more} more lines")));
    lines.take(BLOCK_BOUND).map(|l| bounded(l, 400)).chain(rest)
}

/// A few items as one line: `a, b, c and 7 more`.
pub fn some_of<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().take(most).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(&bounded(item.as_ref(), 400));
    }
    if items.len() > most {
        let _ = write!(out, " and {} more", items.len() - most);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_touched() {
        assert!(matches!(line("/etc/passwd \"0644\""), Cow::Borrowed(_)));
        assert_eq!(line("größe ≥ 30d"), "größe ≥ 30d");
    }

    #[test]
    fn what_drives_a_terminal_is_escaped() {
        assert_eq!(line("a\u{1b}[31m\nb\u{9b}\u{202e}c\u{2066}\0"), "a\\u{1b}[31m\\nb\\u{9b}\\u{202e}c\\u{2066}\\u{0}");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_says_so() {
        assert_eq!(bounded("äääää", 5), "ää… and 6 more bytes");
        assert_eq!(block(&"x\n".repeat(100)).last().unwrap(), "… and 40 more lines");
        assert_eq!(block("-a\n+a\r\n").collect::<Vec<_>>(), ["-a", "+a\\r"]);
        assert_eq!(some_of(&["a", "b", "c"], 2), "a, b and 1 more");
    }

    proptest::proptest! {
        #[test]
        fn nothing_gets_through(text: String, bound in 0usize..50) {
            let safe = bounded(&text, bound);
            proptest::prop_assert!(!safe.chars().any(|c| c.is_control() || drives(c)));
        }
    }
}
