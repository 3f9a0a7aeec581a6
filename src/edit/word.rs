//! Text in YAML: as it is where no reader takes it for anything else, in quotes else.

use crate::syntax::libyaml::{Meaning, resolve};

/// `flow`: within brackets.
pub fn text(text: &str, flow: bool) -> String {
    if is_plain(text, flow) {
        return text.to_owned();
    }
    let escapes = text.contains(['\\', '"']) && !text.contains('\'');
    if escapes && text.chars().all(is_printable) {
        return format!("'{text}'");
    }
    double(text)
}

/// In double quotes, on one line.
pub fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => match u32::from(c) {
                code @ 0..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push('"');
    out
}

/// On lines of its own behind `|`, where nothing in it gets lost there.
pub fn suits_block(text: &str) -> bool {
    let lines = || text.split('\n');
    text.contains('\n')
        && text.trim_matches('\n').len() + 1 >= text.len()
        && !text.starts_with([' ', '\t', '\n'])
        && lines().all(|line| !line.ends_with([' ', '\t']) && line.chars().all(|c| c == '\t' || is_printable(c)))
}

fn is_plain(text: &str, flow: bool) -> bool {
    let first = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.'));
    let brackets = flow && text.contains([',', '[', ']', '{', '}']);
    first
        && !brackets
        && !text.ends_with([' ', ':'])
        && text.chars().all(is_printable)
        && ![": ", " #", ":\t"].iter().any(|mark| text.contains(mark))
        && !(flow && (text.contains("://") || text.contains("::")) && text.contains(['"', '\'']))
        && !reads_as_other(text)
}

/// Whether a reader of YAML 1.1 or 1.2 might take it for something else than text: a truth value, a number of any base,
/// a date. What begins like a number and has nothing but what numbers are made of is quoted anyway.
fn reads_as_other(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = matches!(&*lower, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let numeric =
        |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | '_' | ':' | '+' | '-' | 'x' | 'o' | 't' | 'z' | ' ');
    let dots = text.starts_with("...");
    word || dots || begins && lower.chars().all(numeric) || !matches!(resolve(text), Meaning::Text)
}

/// Written as it is: neither a control character, nor what breaks a line, nor a mark of the byte order.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_old_reader_misreads_is_quoted() {
        for misread in [
            "",
            "y",
            "No",
            "ON",
            "true",
            "null",
            "Null",
            "~",
            "0644",
            "12:30",
            "1_000",
            "0x1f",
            "1e3",
            ".5",
            ".inf",
            "<<",
            "=",
            "2001-12-14",
            "190:20:30",
            "1.10",
            "+1",
            "-1",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">= 1",
            "%a",
            "@a",
            "`a",
            "'a",
            "\"a",
            "[a",
            "{a",
            "a:",
            " a",
            "a ",
            "---",
            "...",
            "?",
            "a\tb",
            "a\u{85}b",
            "9e2f",
        ] {
            let said = text(misread, false);
            assert!(said.starts_with(['"', '\'']), "{misread:?}: {said}");
        }
        for plain in ["root", "/etc/passwd", "tcp:22", "10 GiB", "nginx@1", "user www-data;", "yesterday", "a[0]"] {
            assert_eq!(text(plain, false), plain);
        }
        assert_eq!(text("a[0]", true), "\"a[0]\"");
        assert_eq!(text(r"!/TLSv1(\.1)?/", false), r"'!/TLSv1(\.1)?/'");
    }
}
