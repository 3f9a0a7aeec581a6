//! The tokens of a template: text, and what stands between `{{` and `}}`.

use memchr::memmem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Kind {
    /// What is wrong is in [`Lexer::wrong`].
    Error,
    Eof,
    Text,
    LeftDelim,
    RightDelim,
    LeftParen,
    RightParen,
    Space,
    Pipe,
    Assign,
    Declare,
    /// Any other sign, such as a comma.
    Char,
    Bool,
    CharConstant,
    Complex,
    Number,
    String,
    RawString,
    /// `.name`.
    Field,
    Identifier,
    /// `$name`.
    Variable,
    // Keywords, of which the dot is one.
    Dot,
    Nil,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

impl Kind {
    /// Whether messages write it in angle brackets.
    pub fn is_keyword(self) -> bool {
        self >= Kind::Dot
    }
}

const KEYWORDS: &[(&str, Kind)] = &[
    ("if", Kind::If),
    ("end", Kind::End),
    ("else", Kind::Else),
    ("range", Kind::Range),
    ("with", Kind::With),
    ("nil", Kind::Nil),
    ("define", Kind::Define),
    ("template", Kind::Template),
    ("block", Kind::Block),
    ("break", Kind::Break),
    ("continue", Kind::Continue),
    ("true", Kind::Bool),
    ("false", Kind::Bool),
];

#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    pub kind: Kind,
    /// Bytes before it in the template.
    pub at: usize,
    pub text: &'t str,
}

pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
    in_action: bool,
    parens: usize,
    pub wrong: String,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0, in_action: false, parens: 0, wrong: String::new() }
    }

    pub fn next(&mut self) -> Token<'t> {
        if self.in_action { self.action() } else { self.outside() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, kind: Kind, bytes: usize) -> Token<'t> {
        let at = self.at;
        self.at = (at + bytes).min(self.text.len());
        Token { kind, at, text: self.text.get(at..self.at).unwrap_or_default() }
    }

    fn error(&mut self, at: usize, wrong: impl Into<String>) -> Token<'t> {
        self.wrong = wrong.into();
        self.at = self.text.len();
        self.in_action = false;
        Token { kind: Kind::Error, at, text: "" }
    }

    fn outside(&mut self) -> Token<'t> {
        loop {
            let rest = self.rest();
            let Some(found) = memmem::find(rest.as_bytes(), b"{{") else {
                return self.take(if rest.is_empty() { Kind::Eof } else { Kind::Text }, rest.len());
            };
            let (before, after) = rest.split_at(found);
            let trims = trims_left(after.get(2..).unwrap_or_default());
            let kept = if trims { before.trim_end_matches(SPACES).len() } else { found };
            if kept > 0 {
                let token = self.take(Kind::Text, kept);
                self.at += found - kept;
                return token;
            }
            self.at += found;
            let marker = if trims { 2 } else { 0 };
            let inside = after.get(2 + marker..).unwrap_or_default();
            if inside.starts_with("/*") {
                if let Err(token) = self.comment(2 + marker) {
                    return token;
                }
                continue;
            }
            let token = self.take(Kind::LeftDelim, 2);
            self.at += marker;
            self.in_action = true;
            self.parens = 0;
            return token;
        }
    }

    /// Passes over `{{/* … */}}`, whose `/*` stands so many bytes ahead.
    fn comment(&mut self, ahead: usize) -> Result<(), Token<'t>> {
        let at = self.at + ahead;
        let inside = self.text.get(at + 2..).unwrap_or_default();
        let Some(end) = memmem::find(inside.as_bytes(), b"*/") else {
            return Err(self.error(at, "unclosed comment"));
        };
        let rest = inside.get(end + 2..).unwrap_or_default();
        let Some(delim) = right_delim(rest) else {
            return Err(self.error(at, "comment ends before closing delimiter"));
        };
        let rest = rest.get(delim..).unwrap_or_default();
        let rest = if delim > 2 { rest.trim_start_matches(SPACES) } else { rest };
        self.at = self.text.len() - rest.len();
        Ok(())
    }

    fn action(&mut self) -> Token<'t> {
        let rest = self.rest();
        let at = self.at;
        if let Some(delim) = right_delim(rest) {
            if self.parens > 0 {
                return self.error(at, "unclosed left paren");
            }
            return self.close(delim);
        }
        let Some(first) = rest.chars().next() else { return self.error(at, "unclosed action") };
        match first {
            ' ' | '\t' | '\r' | '\n' => {
                let spaces = rest.len() - rest.trim_start_matches(SPACES).len();
                // The last of them may belong to a ` -}}`.
                match right_delim(rest.get(spaces - 1..).unwrap_or_default()) {
                    Some(delim) if delim > 2 && spaces == 1 => self.close(delim),
                    Some(delim) if delim > 2 => self.take(Kind::Space, spaces - 1),
                    _ => self.take(Kind::Space, spaces),
                }
            }
            '=' => self.take(Kind::Assign, 1),
            ':' if rest.starts_with(":=") => self.take(Kind::Declare, 2),
            ':' => self.error(at, "expected :="),
            '|' => self.take(Kind::Pipe, 1),
            '"' => match quoted(rest, '"') {
                Some(bytes) => self.take(Kind::String, bytes),
                None => self.error(at, "unterminated quoted string"),
            },
            '\'' => match quoted(rest, '\'') {
                Some(bytes) => self.take(Kind::CharConstant, bytes),
                None => self.error(at, "unterminated character constant"),
            },
            '`' => match memchr::memchr(b'`', rest.as_bytes().get(1..).unwrap_or_default()) {
                Some(found) => self.take(Kind::RawString, found + 2),
                None => self.error(at, "unterminated raw quoted string"),
            },
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if !rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) && rest.len() > 1 => {
                self.name(Kind::Field, Kind::Dot)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parens += 1;
                self.take(Kind::LeftParen, 1)
            }
            ')' if self.parens == 0 => self.error(at, "unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.take(Kind::RightParen, 1)
            }
            first if is_alphanumeric(first) => self.identifier(),
            '!'..='~' => self.take(Kind::Char, 1),
            first => self.error(at, format!("unrecognized character in action: {}", unicode(first))),
        }
    }

    fn close(&mut self, delim: usize) -> Token<'t> {
        self.in_action = false;
        self.at += delim - 2;
        let token = self.take(Kind::RightDelim, 2);
        if delim > 2 {
            self.at = self.text.len() - self.rest().trim_start_matches(SPACES).len();
        }
        token
    }

    /// A sign and a name behind it, or the sign alone.
    fn name(&mut self, named: Kind, alone: Kind) -> Token<'t> {
        let rest = self.rest();
        let after = rest.get(1..).unwrap_or_default();
        if ends_word(after) {
            return self.take(alone, 1);
        }
        let bytes = 1 + word(after);
        match bad_end(rest, bytes) {
            Some(wrong) => self.error(self.at, wrong),
            None => self.take(named, bytes),
        }
    }

    fn identifier(&mut self) -> Token<'t> {
        let rest = self.rest();
        let bytes = word(rest);
        if let Some(wrong) = bad_end(rest, bytes) {
            return self.error(self.at, wrong);
        }
        let name = rest.get(..bytes).unwrap_or_default();
        let keyword = KEYWORDS.iter().find(|(keyword, _)| *keyword == name);
        self.take(keyword.map_or(Kind::Identifier, |(_, kind)| *kind), bytes)
    }

    fn number(&mut self) -> Token<'t> {
        let rest = self.rest();
        let bad = |bytes| format!("bad number syntax: {:?}", rest.get(..bytes).unwrap_or(rest));
        let (bytes, good) = number(rest);
        if !good {
            return self.error(self.at, bad(bytes));
        }
        let after = rest.get(bytes..).unwrap_or_default();
        if !after.starts_with(['+', '-']) {
            return self.take(Kind::Number, bytes);
        }
        let (more, good) = number(after);
        if !good || !after.get(..more).unwrap_or_default().ends_with('i') {
            return self.error(self.at, bad(bytes + more));
        }
        self.take(Kind::Complex, bytes + more)
    }
}

/// What Go calls space.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn trims_left(after: &str) -> bool {
    matches!(after.as_bytes(), [b'-', space, ..] if is_space(*space))
}

/// How many bytes the closing delimiter has that stands here: two, or four if it trims.
fn right_delim(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'}', b'}', ..] => Some(2),
        [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(4),
        _ => None,
    }
}

fn is_alphanumeric(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

/// Bytes of the word that stands here.
fn word(text: &str) -> usize {
    text.find(|char| !is_alphanumeric(char)).unwrap_or(text.len())
}

/// Whether a word may end before this.
fn ends_word(text: &str) -> bool {
    matches!(text.as_bytes(), [] | [b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(', ..])
        || text.starts_with("}}")
}

fn bad_end(text: &str, bytes: usize) -> Option<String> {
    let after = text.get(bytes..).unwrap_or_default();
    let bad = after.chars().next()?;
    (!ends_word(after)).then(|| format!("bad character {}", unicode(bad)))
}

/// As Go's `%#U`.
fn unicode(char: char) -> String {
    let number = format!("U+{:04X}", u32::from(char));
    if char.is_control() { number } else { format!("{number} '{char}'") }
}

/// Bytes up to the quote that ends what begins with one, escapes passed over.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => match chars.next() {
                None | Some((_, '\n')) => return None,
                Some(_) => {}
            },
            '\n' => return None,
            _ if char == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Bytes of the number that stands here, and whether nothing is stuck to it.
fn number(text: &str) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let accept = |at: &mut usize, set: &[u8]| {
        let found = bytes.get(*at).is_some_and(|byte| set.contains(byte));
        *at += usize::from(found);
        found
    };
    let run = |at: &mut usize, set: &[u8]| while accept(at, set) {};
    accept(&mut at, b"+-");
    let decimal: &[u8] = b"0123456789_";
    let hex: &[u8] = b"0123456789abcdefABCDEF_";
    let mut digits = decimal;
    if accept(&mut at, b"0") {
        if accept(&mut at, b"xX") {
            digits = hex;
        } else if accept(&mut at, b"oO") {
            digits = b"01234567_";
        } else if accept(&mut at, b"bB") {
            digits = b"01_";
        }
    }
    run(&mut at, digits);
    if accept(&mut at, b".") {
        run(&mut at, digits);
    }
    let powers: &[u8] = if digits == hex { b"pP" } else { b"eE" };
    if (digits == decimal || digits == hex) && accept(&mut at, powers) {
        accept(&mut at, b"+-");
        run(&mut at, decimal);
    }
    accept(&mut at, b"i");
    match text.get(at..).unwrap_or_default().chars().next() {
        Some(stuck) if is_alphanumeric(stuck) => (at + stuck.len_utf8(), false),
        _ => (at, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Vec<(Kind, &str)> {
        let mut lexer = Lexer::new(text);
        let mut tokens = vec![];
        loop {
            let token = lexer.next();
            tokens.push((token.kind, token.text));
            if matches!(token.kind, Kind::Eof | Kind::Error) {
                return tokens;
            }
        }
    }

    fn wrong(text: &str) -> String {
        let mut lexer = Lexer::new(text);
        loop {
            match lexer.next().kind {
                Kind::Error => return lexer.wrong,
                Kind::Eof => return String::new(),
                _ => {}
            }
        }
    }

    #[test]
    fn text_loses_the_spaces_that_a_delimiter_trims() {
        use Kind::*;
        assert_eq!(
            tokens("a \n{{- 1 -}} \n b"),
            [(Text, "a"), (LeftDelim, "{{"), (Number, "1"), (RightDelim, "}}"), (Text, "b"), (Eof, "")]
        );
        assert_eq!(tokens("{{-1}}")[1], (Number, "-1"));
        assert_eq!(tokens("a {{- /* c */ -}} b"), [(Text, "a"), (Text, "b"), (Eof, "")]);
        assert_eq!(tokens("a{{/* c */}} b"), [(Text, "a"), (Text, " b"), (Eof, "")]);
    }

    #[test]
    fn names_and_numbers_are_told_apart() {
        use Kind::*;
        let kinds = |text| tokens(text).iter().map(|token| token.0).filter(|kind| *kind != Space).collect::<Vec<_>>();
        assert_eq!(
            kinds("{{$x := .a.b | f 0x1F 'a' `r` \"q\\\"\" . $ true nil}}"),
            [
                LeftDelim,
                Variable,
                Declare,
                Field,
                Field,
                Pipe,
                Identifier,
                Number,
                CharConstant,
                RawString,
                String,
                Dot,
                Variable,
                Bool,
                Nil,
                RightDelim,
                Eof
            ]
        );
    }

    #[test]
    fn what_is_no_token_is_said_in_gos_words() {
        for (text, expected) in [
            ("{{", "unclosed action"),
            ("{{/* x", "unclosed comment"),
            ("{{/* x */ }}", "comment ends before closing delimiter"),
            ("{{(1}}", "unclosed left paren"),
            ("{{1)}}", "unexpected right paren"),
            ("{{\"a}}", "unterminated quoted string"),
            ("{{\"a\n\"}}", "unterminated quoted string"),
            ("{{`a}}", "unterminated raw quoted string"),
            ("{{'a}}", "unterminated character constant"),
            ("{{3k}}", "bad number syntax: \"3k\""),
            ("{{a+b}}", "bad character U+002B '+'"),
            ("{{.a-b}}", "bad character U+002D '-'"),
            ("{{$x :y}}", "expected :="),
            ("{{\u{1}}}", "unrecognized character in action: U+0001"),
        ] {
            assert_eq!(wrong(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_end(text in "([{}$.|()a-z0-9 \n\"'`/*:=é-]|\\{\\{|\\}\\}|\\{\\{- )*") {
            let mut lexer = Lexer::new(&text);
            let mut last = 0;
            loop {
                let token = lexer.next();
                if matches!(token.kind, Kind::Eof | Kind::Error) {
                    break;
                }
                prop_assert!(token.at >= last && token.text.len() + token.at <= text.len() && !token.text.is_empty());
                last = token.at + token.text.len();
            }
        }
    }
}
