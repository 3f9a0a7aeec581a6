//! What would change in a file, for a person who is to agree to it.

use crate::lines::hunks;
use crate::report::printable::line;
use anstyle::{AnsiColor, Style};
use std::time::Duration;

const CONTEXT: usize = 3;
const PATIENCE: Duration = Duration::from_secs(1);

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
    let [old, new] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    for hunk in hunks(&old, &new, CONTEXT, PATIENCE) {
        out.push_str(&paint(AnsiColor::Cyan.on_default(), &hunk.head()));
        for (sign, text) in hunk.lines {
            let style = match sign {
                '-' => AnsiColor::Red.on_default(),
                '+' => AnsiColor::Green.on_default(),
                _ => Style::new(),
            };
            let bare = text.strip_suffix('\n');
            let shown = bare.unwrap_or(text);
            let shown = line(shown.strip_suffix('\r').unwrap_or(shown));
            out.push_str(&match sign {
                ' ' => format!("{sign}{shown}\n"),
                _ => paint(style, &format!("{sign}{shown}")),
            });
            if bare.is_none() {
                out.push_str("\\ no newline at the end\n");
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
