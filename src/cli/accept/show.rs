//! What would change in a file, for a person who is to agree to it.

use crate::report::printable::line;
use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;

const CONTEXT: usize = 3;

/// A unified diff of two texts in which nothing is secret.
pub fn diff(name: &str, old: &str, new: &str, colour: bool) -> String {
    let paint = |style: Style, text: &str| match colour {
        true => format!("{style}{text}{style:#}\n"),
        false => format!("{text}\n"),
    };
    let bold = Style::new().bold();
    let name = line(name);
    let mut out = paint(bold, &format!("--- {name}")) + &paint(bold, &format!("+++ {name}"));
    let [old, new] = [old, new].map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        out.push_str(&paint(AnsiColor::Cyan.on_default(), hunk.header().to_string().trim_end()));
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', AnsiColor::Red.on_default()),
                ChangeTag::Insert => ('+', AnsiColor::Green.on_default()),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let text = change.value();
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = line(text.strip_suffix('\r').unwrap_or(text));
            out.push_str(&match change.tag() {
                ChangeTag::Equal => format!("{sign}{text}\n"),
                _ => paint(style, &format!("{sign}{text}")),
            });
            if change.missing_newline() {
                let _ = writeln!(out, "\\ no newline at the end");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_does_not_reach_it() {
        let shown = diff("a\u{1b}b", "x = \"a\"\r\ny\n", "x = \"\u{1b}[2J\"\r\ny", false);
        assert_eq!(
            shown,
            "--- a\\u{1b}b\n+++ a\\u{1b}b\n@@ -1,2 +1,2 @@\n-x = \"a\"\n-y\n+x = \"\\u{1b}[2J\"\n+y\n\\ no newline at the end\n"
        );
    }
}
