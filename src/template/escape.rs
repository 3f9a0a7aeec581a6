//! Text as HTML, JavaScript and URL queries hold it.

use super::quote::is_print;
use std::fmt::Write;

pub fn html(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(char),
        }
    }
}

pub fn js(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '\\' | '\'' | '"' => out.extend(['\\', char]),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => _ = write!(out, "\\u{:04X}", u32::from(char)),
            ' '..='\x7f' => out.push(char),
            _ if is_print(char) => out.push(char),
            _ => _ = write!(out, "\\u{:04X}", u32::from(char)),
        }
    }
}

pub fn urlquery(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte.into()),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_is_escaped_as_go_escapes_it() {
        let run = |escape: fn(&str, &mut String), text| {
            let mut out = String::new();
            escape(text, &mut out);
            out
        };
        assert_eq!(run(html, "<a>&\"'"), "&lt;a&gt;&amp;&#34;&#39;");
        assert_eq!(run(js, "a<é\n\u{2028}\"="), "a\\u003Cé\\u000A\\u2028\\\"\\u003D");
        assert_eq!(run(urlquery, "a b&é/~-_.*"), "a+b%26%C3%A9%2F~-_.%2A");
    }
}
