//! Scalars: plain, in quotes, and in blocks, their lines folded as libyaml folds them.

use super::super::Diagnostic;
use super::cursor::is_blank;
use super::scan::{Kind, Scanner, Token};
use std::borrow::Cow;

type Scalar<'s> = Result<Token<'s>, Box<Diagnostic>>;

/// Line breaks between two lines of a scalar: the first, and those of the empty lines after it.
#[derive(Default)]
struct Breaks {
    first: &'static str,
    rest: String,
}

impl Breaks {
    /// One break is a space, several are one fewer.
    fn fold(&mut self, into: &mut String) {
        if self.first != "\n" {
            into.push_str(self.first);
            into.push_str(&self.rest);
        } else if self.rest.is_empty() {
            into.push(' ');
        } else {
            into.push_str(&self.rest);
        }
        self.first = "";
        self.rest.clear();
    }
}

impl<'s> Scanner<'s> {
    pub(super) fn plain_scalar(&mut self) -> Scalar<'s> {
        let start = self.mark.at;
        let indent = self.indent + 1;
        let (mut end, mut line) = (start, start);
        let mut folded: Option<String> = None;
        let mut breaks = Breaks::default();
        let mut leading = false;
        loop {
            if self.at_document_indicator() || self.byte(0) == b'#' {
                break;
            }
            let from = self.mark.at;
            self.plain_word();
            if self.mark.at > from {
                if leading {
                    let text = folded.get_or_insert_with(String::new);
                    text.push_str(self.slice(line, end));
                    breaks.fold(text);
                    line = from;
                    leading = false;
                }
                end = self.mark.at;
            }
            if !is_blank(self.byte(0)) && !self.is_break(0) {
                break;
            }
            loop {
                if is_blank(self.byte(0)) {
                    if leading && (self.mark.column as isize) < indent && self.byte(0) == b'\t' {
                        let message = "a tab stands where YAML wants spaces";
                        return Err(Box::new(self.wrong(self.mark.at, message, "indent with spaces")));
                    }
                    self.skip();
                } else if self.is_break(0) {
                    let read = self.skip_line();
                    if leading {
                        breaks.rest.push_str(read);
                    } else {
                        breaks.first = read;
                        leading = true;
                    }
                } else {
                    break;
                }
            }
            if !self.in_flow() && (self.mark.column as isize) < indent {
                break;
            }
        }
        if leading {
            self.key_allowed = true;
        }
        let last = self.slice(line, end);
        let text = match folded {
            Some(text) => Cow::Owned(text + last),
            None => Cow::Borrowed(last),
        };
        Ok(Token { kind: Kind::Scalar(text, false), start, end })
    }

    /// Characters up to a blank, or to what ends a plain scalar.
    fn plain_word(&mut self) {
        let flow = self.in_flow();
        loop {
            match self.byte(0) {
                b':' if self.is_blankz(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if flow => return,
                _ if self.is_blankz(0) => return,
                _ => self.skip(),
            }
        }
    }

    pub(super) fn quoted_scalar(&mut self, single: bool) -> Scalar<'s> {
        let start = self.mark.at;
        let quote = self.byte(0);
        self.skip();
        let mut text = String::new();
        // From here on the text is what is written.
        let mut from = self.mark.at;
        let end = loop {
            if self.at_document_indicator() || self.at_end() {
                let line = self.slice(start, self.text.len()).lines().next().unwrap_or_default().trim_end();
                return Err(Box::new(self.wrong_at(start, start + line.len(), "this text has no closing quote", "")));
            }
            let mut joined = false;
            while !self.is_blankz(0) && self.byte(0) != quote || (single && self.starts_with(b"''")) {
                if single && self.starts_with(b"''") {
                    text.push_str(self.slice(from, self.mark.at + 1));
                    self.skip();
                    self.skip();
                    from = self.mark.at;
                } else if !single && self.byte(0) == b'\\' {
                    text.push_str(self.slice(from, self.mark.at));
                    if self.is_break(1) {
                        self.skip();
                        self.skip_line();
                        from = self.mark.at;
                        joined = true;
                        break;
                    }
                    self.escape(&mut text)?;
                    from = self.mark.at;
                } else {
                    self.skip();
                }
            }
            if self.byte(0) == quote {
                break self.mark.at;
            }
            let blanks = self.mark.at;
            let (mut leading, mut breaks) = (joined, Breaks::default());
            loop {
                if is_blank(self.byte(0)) {
                    self.skip();
                } else if self.is_break(0) {
                    if leading {
                        let read = self.skip_line();
                        breaks.rest.push_str(read);
                    } else {
                        text.push_str(self.slice(from, blanks));
                        breaks.first = self.skip_line();
                        leading = true;
                    }
                } else {
                    break;
                }
            }
            if leading {
                breaks.fold(&mut text);
                from = self.mark.at;
            }
        };
        let rest = self.slice(from, end);
        self.skip();
        let text = if text.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(text + rest) };
        Ok(Token { kind: Kind::Scalar(text, true), start, end: self.mark.at })
    }

    fn starts_with(&self, what: &[u8]) -> bool {
        what.iter().enumerate().all(|(at, c)| self.byte(at) == *c)
    }

    /// What stands behind a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Box<Diagnostic>> {
        let start = self.mark.at;
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let c = match self.byte(1) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            b' ' => ' ',
            c @ (b'"' | b'\'' | b'\\') => c as char,
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => {
                let hex = self.slice(start + 2, start + 2 + digits);
                let read = hex.bytes().all(|c| c.is_ascii_hexdigit()).then(|| u32::from_str_radix(hex, 16).ok());
                match read.flatten().and_then(char::from_u32) {
                    Some(c) => c,
                    None => {
                        let end = (start..=start + 2 + digits).rev().find(|at| self.text.is_char_boundary(*at));
                        let message = "this escape names no character";
                        return Err(Box::new(self.wrong_at(start, end.unwrap_or(start), message, "")));
                    }
                }
            }
            _ => {
                let rest = self.slice(start, self.text.len());
                let len = rest.chars().take(2).map(char::len_utf8).sum::<usize>();
                let message = format!("`{}` is no escape in double quotes", self.slice(start, start + len));
                let help = "write `\\\\` for a backslash, or put the text in single quotes";
                return Err(Box::new(self.wrong_at(start, start + len, &message, help)));
            }
        };
        text.push(c);
        (0..2 + digits).for_each(|_| self.skip());
        Ok(())
    }

    pub(super) fn block_scalar(&mut self, literal: bool) -> Scalar<'s> {
        let start = self.mark.at;
        self.skip();
        let (mut chomping, mut increment) = (None, 0);
        // In either order, one of each.
        for _ in 0..2 {
            match self.byte(0) {
                c @ (b'+' | b'-') if chomping.is_none() => chomping = Some(c),
                b'0' if increment == 0 => {
                    let help = "put text that begins with `|` or `>` in quotes";
                    return Err(Box::new(self.wrong(self.mark.at, "a block is indented by 1 to 9", help)));
                }
                c @ b'1'..=b'9' if increment == 0 => increment = isize::from(c - b'0'),
                _ => break,
            }
            self.skip();
        }
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_to_break();
        }
        if !self.is_breakz(0) {
            let line = self.slice(start, self.text.len()).lines().next().unwrap_or_default().trim_end();
            let message = "text in a block begins on the line after `|` or `>`";
            let help = "put text that begins with `|` or `>` in quotes";
            return Err(Box::new(self.wrong_at(start, start + line.len(), message, help)));
        }
        self.skip_line();
        let mut end = self.mark.at;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let mut text = String::new();
        let mut breaks = Breaks::default();
        self.block_breaks(&mut indent, &mut breaks.rest)?;
        let mut leading_blank = false;
        while self.mark.column as isize == indent && !self.at_end() {
            let trailing_blank = is_blank(self.byte(0));
            if !literal && !leading_blank && !trailing_blank && breaks.first == "\n" {
                if breaks.rest.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(breaks.first);
            }
            text.push_str(&breaks.rest);
            breaks.rest.clear();
            leading_blank = trailing_blank;
            let from = self.mark.at;
            self.skip_to_break();
            end = self.mark.at;
            text.push_str(self.slice(from, end));
            breaks.first = self.skip_line();
            self.block_breaks(&mut indent, &mut breaks.rest)?;
        }
        if chomping != Some(b'-') {
            text.push_str(breaks.first);
        }
        if chomping == Some(b'+') {
            text.push_str(&breaks.rest);
        }
        Ok(Token { kind: Kind::Scalar(Cow::Owned(text), true), start, end })
    }

    /// Passes over indentation and empty lines. An `indent` of zero is not known yet, and is then.
    fn block_breaks(&mut self, indent: &mut isize, breaks: &mut String) -> Result<(), Box<Diagnostic>> {
        let mut most = 0;
        loop {
            while (*indent == 0 || (self.mark.column as isize) < *indent) && self.byte(0) == b' ' {
                self.skip();
            }
            most = most.max(self.mark.column as isize);
            if (*indent == 0 || (self.mark.column as isize) < *indent) && self.byte(0) == b'\t' {
                let message = "a tab stands where YAML wants spaces";
                return Err(Box::new(self.wrong(self.mark.at, message, "indent with spaces")));
            }
            if !self.is_break(0) {
                break;
            }
            breaks.push_str(self.skip_line());
        }
        if *indent == 0 {
            *indent = most.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
