//! The diff that goss shows of two texts: unified, a line around each change.

use crate::lines::hunks;
use crate::report::printable::bounded;
use std::time::Duration;

/// Lines of each text that are compared.
const COMPARED: usize = 2_000;
/// Lines that are shown.
const SHOWN: usize = 200;
const PATIENCE: Duration = Duration::from_millis(200);

pub fn unified(want: &str, got: &str) -> String {
    let (want, got) = (split(want), split(got));
    let mut out = vec!["--- test".to_owned(), "+++ actual".to_owned()];
    for hunk in hunks(&want, &got, 1, PATIENCE) {
        out.push(hunk.head());
        out.extend(hunk.lines.iter().map(|(sign, line)| format!("{sign}{}", bounded(line, 400))));
    }
    if out.len() > SHOWN {
        let more = out.len() - SHOWN;
        out.truncate(SHOWN);
        out.push(format!("… and {more} more lines"));
    }
    out.join("\n")
}

/// As difflib splits: what stands behind the last end of line is a line too.
fn split(text: &str) -> Vec<&str> {
    text.split('\n').take(COMPARED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_reads_as_difflib_writes_it() {
        assert_eq!(unified("0755", "0644"), "--- test\n+++ actual\n@@ -1 +1 @@\n-0755\n+0644");
        assert_eq!(unified("wrong\nthing\n", "vm\n"), "--- test\n+++ actual\n@@ -1,3 +1,2 @@\n-wrong\n-thing\n+vm\n ");
        assert_eq!(unified("a\nb\nc\nd", "a\nb\nd"), "--- test\n+++ actual\n@@ -2,3 +2,2 @@\n b\n-c\n d");
    }

    #[test]
    fn a_diff_of_long_texts_is_short_and_soon_there() {
        let (old, new) = ("a\n".repeat(100_000), "b\u{1b}\nc\n".repeat(100_000));
        let diff = unified(&old, &new);
        assert!(diff.lines().count() < 300 && !diff.contains('\u{1b}'));
    }
}
