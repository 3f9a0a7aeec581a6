//! A unified diff of two texts, bounded in lines and in time.

use crate::lines::{Hunk, hunks};
use crate::quantity::quoted;
use std::ops::Range;
use std::time::Duration;

/// Lines of each text that are compared, from the first that differs.
const COMPARED: usize = 2_000;
/// Lines of the diff that are shown.
const SHOWN: usize = 60;
const CONTEXT: usize = 3;
const PATIENCE: Duration = Duration::from_millis(200);

/// Headed by which is which; `None` where both are one line or less.
pub fn unified(expected: &str, found: &str) -> Option<String> {
    let two = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).nth(1).is_some();
    if !two(expected) && !two(found) {
        return None;
    }
    // What both begin with is skipped, so that a difference far down a long text is still shown.
    let same = expected.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let mut start = memchr::memrchr(b'\n', &expected.as_bytes()[..same]).map_or(0, |at| at + 1);
    for _ in 0..CONTEXT {
        start = memchr::memrchr(b'\n', &expected.as_bytes()[..start.saturating_sub(1)]).map_or(0, |at| at + 1);
    }
    let first = memchr::memchr_iter(b'\n', &expected.as_bytes()[..start]).count();
    let (old, old_more) = window(expected.get(start..)?);
    let (new, new_more) = window(found.get(start..)?);
    let [old, new] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut out = String::from("--- expected\n+++ found\n");
    let mut shown = 0;
    for Hunk { old, new, lines } in hunks(&old, &new, CONTEXT, PATIENCE) {
        let span = |lines: Range<usize>| format!("{},{}", first + lines.start + 1, lines.len());
        out.push_str(&format!("@@ -{} +{} @@\n", span(old), span(new)));
        for (sign, line) in lines {
            if shown == SHOWN {
                out.push_str("… and more\n");
                return Some(out);
            }
            shown += 1;
            out.push(sign);
            let bare = line.strip_suffix('\n');
            out.push_str(&clean(bare.unwrap_or(line)));
            out.push('\n');
            if bare.is_none() {
                out.push_str("\\ no newline at the end\n");
            }
        }
    }
    if old_more || new_more {
        out.push_str("… and more, not compared\n");
    }
    Some(out)
}

/// The first lines of a text, and whether there are more.
fn window(text: &str) -> (&str, bool) {
    match memchr::memchr_iter(b'\n', text.as_bytes()).nth(COMPARED - 1) {
        Some(at) if at + 1 < text.len() => (&text[..at + 1], true),
        _ => (text, false),
    }
}

/// A line as it may be shown: control characters escaped, its beginning if it is long.
fn clean(line: &str) -> String {
    const LONGEST: usize = 200;
    let part = super::words::clip(line, LONGEST);
    let quoted = quoted(part).replace("\\\"", "\"").replace("\\\\", "\\").replace("\\t", "\t");
    let bare = quoted.get(1..quoted.len() - 1).unwrap_or("");
    format!("{bare}{}", if part.len() < line.len() { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_differs_where_it_does() {
        let old: String = (1..=100).map(|n| format!("line {n}\n")).collect();
        let new = old.replace("line 50\n", "line fifty\n").replace("line 90\n", "");
        let diff = unified(&old, &new).unwrap();
        assert!(diff.starts_with(
            "--- expected\n+++ found\n@@ -47,7 +47,7 @@\n line 47\n line 48\n line 49\n-line 50\n+line fifty\n line 51"
        ));
        assert!(diff.contains("-line 90\n"));
        assert_eq!(unified("a\n", "b\n"), None);
    }

    #[test]
    fn a_diff_of_anything_is_short_and_soon_there() {
        let old = "a\n".repeat(1_000_000);
        let new: String = (0..1_000_000).map(|n| format!("{n}\u{1b}[31m\n")).collect();
        let before = std::time::Instant::now();
        let diff = unified(&old, &new).unwrap();
        assert!(before.elapsed() < Duration::from_secs(5));
        assert!(diff.lines().count() < SHOWN + 10 && !diff.contains('\u{1b}'));
        assert!(unified("é\nü\nx", "é\nö\nx").is_some());
        assert!(unified("", "a\nb\nc").is_some());
        assert!(unified("a\nb\nc", "a\nb\nc\n").unwrap().contains("no newline"));
    }
}
