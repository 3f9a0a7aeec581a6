//! Where the scanner stands: characters, lines, white space and comments. What yaml.v3 does for comments alone is left
//! out, but for where it leaves the scanner: a comment lets some tabs pass that are refused elsewhere.

use super::super::{Code, Diagnostic, Span};
use super::scan::Scanner;

/// Bytes behind a token in which a comment is looked for.
const MAX_PEEK: usize = 512;

#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// In bytes.
    pub at: usize,
    /// In characters, from the beginning of the text and of the line.
    pub index: usize,
    pub column: usize,
    pub line: usize,
}

impl<'s> Scanner<'s> {
    pub fn span(&self, start: usize, end: usize) -> Span {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: at(start), end: at(end.max(start)) }
    }

    pub fn skip_to_token(&mut self) {
        loop {
            while self.byte(0) == b' ' || ((self.in_flow() || !self.key_allowed) && self.byte(0) == b'\t') {
                self.skip();
            }
            if self.byte(0) == b'#' {
                self.comments();
            }
            if !self.is_break(0) {
                return;
            }
            self.skip_line();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    /// Comments, line after line, with whatever blanks stand between and before them.
    fn comments(&mut self) {
        let mut peek = 0;
        while peek < MAX_PEEK {
            let c = self.byte(peek);
            if is_blank(c) || self.is_break(peek) {
                peek += 1;
                continue;
            }
            if c != b'#' {
                return;
            }
            self.skip_to_comment(peek);
            peek = 1;
        }
    }

    /// A comment on the line of the token before.
    pub fn line_comment(&mut self) {
        if self.newlines > 0 {
            return;
        }
        let peek = (0..MAX_PEEK).find(|n| !is_blank(self.byte(*n)));
        if let Some(peek) = peek.filter(|n| self.byte(*n) == b'#') {
            self.skip_to_comment(peek);
        }
    }

    fn skip_to_comment(&mut self, ahead: usize) {
        let seen = self.mark.at + ahead;
        while self.mark.at < seen {
            if self.is_break(0) {
                self.skip_line();
            } else {
                self.skip();
            }
        }
        self.skip_to_break();
    }

    pub fn skip_to_break(&mut self) {
        while !self.is_breakz(0) {
            self.skip();
        }
    }

    pub fn skip_blanks(&mut self) {
        while is_blank(self.byte(0)) {
            self.skip();
        }
    }

    // Characters.

    /// The byte so far ahead; zero behind the end, which no text has inside.
    pub fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.at + ahead).copied().unwrap_or_default()
    }

    pub fn at_end(&self) -> bool {
        self.mark.at >= self.text.len()
    }

    pub fn is_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xc2 => self.byte(ahead + 1) == 0x85,
            0xe2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub fn is_breakz(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    pub fn is_blankz(&self, ahead: usize) -> bool {
        is_blank(self.byte(ahead)) || self.is_breakz(ahead)
    }

    pub fn skip(&mut self) {
        if self.at_end() {
            return;
        }
        let c = self.byte(0);
        if !is_blank(c) {
            self.newlines = 0;
        }
        self.mark.at += width(c);
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Passes over one line break, and tells what it is in a scalar.
    pub fn skip_line(&mut self) -> &'static str {
        let (bytes, chars, read) = match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'\r', b'\n', _) => (2, 2, "\n"),
            (b'\r' | b'\n', ..) => (1, 1, "\n"),
            (0xc2, ..) => (2, 1, "\n"),
            (0xe2, _, 0xa8) => (3, 1, "\u{2028}"),
            (0xe2, ..) => (3, 1, "\u{2029}"),
            _ => return "",
        };
        self.mark.at += bytes;
        self.mark.index += chars;
        self.mark.column = 0;
        self.mark.line += 1;
        self.newlines += 1;
        read
    }

    pub fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Something wrong with the character at `at`.
    pub fn wrong(&self, at: usize, message: &str, help: &str) -> Diagnostic {
        let len = self.text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| !matches!(c, '\n' | '\r'));
        self.wrong_at(at, at + len.map_or(0, char::len_utf8), message, help)
    }

    pub fn wrong_at(&self, start: usize, end: usize, message: &str, help: &str) -> Diagnostic {
        let wrong = Diagnostic::new(Code::Syntax, self.span(start, end), message);
        if help.is_empty() { wrong } else { wrong.say(help) }
    }
}

pub(super) fn is_blank(c: u8) -> bool {
    c == b' ' || c == b'\t'
}

/// Bytes of the character that begins so.
fn width(c: u8) -> usize {
    match c {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}
