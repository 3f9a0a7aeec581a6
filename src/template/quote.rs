//! Text in quotes as Go's `%q` writes it.

use std::fmt::Write;

/// In double quotes, with what cannot be printed escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        escaped(&mut out, char, '"', false);
    }
    out.push('"');
    out
}

/// As [`quoted`], with all but ASCII escaped.
pub fn quoted_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        escaped(&mut out, char, '"', true);
    }
    out.push('"');
    out
}

/// A character in single quotes.
pub fn quoted_char(char: char, ascii: bool) -> String {
    let mut out = String::from('\'');
    escaped(&mut out, char, '\'', ascii);
    out.push('\'');
    out
}

fn escaped(out: &mut String, char: char, quote: char, ascii: bool) {
    match char {
        _ if char == quote || char == '\\' => out.extend(['\\', char]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(char),
        '\0'..='\x7f' => _ = write!(out, "\\x{:02x}", u32::from(char)),
        _ if is_print(char) && !ascii => out.push(char),
        _ if u32::from(char) < 0x1_0000 => _ = write!(out, "\\u{:04x}", u32::from(char)),
        _ => _ = write!(out, "\\U{:08x}", u32::from(char)),
    }
}

/// Whether Go prints it as it is: letters, marks, numbers, signs, and of the spaces the plain one alone.
pub fn is_print(char: char) -> bool {
    let code = u32::from(char);
    let hidden = matches!(code,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xd800..=0xf8ff | 0xfeff | 0xfff0..=0xfffb | 0xe0000..=0xe00ff | 0xe01f0..=0x10_ffff)
        || code & 0xfffe == 0xfffe;
    char == ' ' || !(char.is_control() || char.is_whitespace() || hidden)
}
