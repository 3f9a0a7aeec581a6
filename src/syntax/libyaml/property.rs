//! Directives, anchors, aliases and tags: what begins with `%`, `&`, `*` and `!`.

use super::super::Diagnostic;
use super::scan::{Kind, Scanner, Token};
use std::borrow::Cow;

/// Digits that a number of YAML's version may have.
const MAX_DIGITS: usize = 2;

impl<'s> Scanner<'s> {
    pub(super) fn directive(&mut self) -> Result<Token<'s>, Box<Diagnostic>> {
        let start = self.mark.at;
        self.skip();
        let name = self.word();
        if name.is_empty() || !self.is_blankz(0) {
            return Err(self.bad_directive(start));
        }
        let kind = match name {
            "YAML" => {
                self.skip_blanks();
                let major = self.version(start)?;
                if self.byte(0) != b'.' {
                    return Err(self.bad_directive(start));
                }
                self.skip();
                Kind::Version(major, self.version(start)?)
            }
            "TAG" => {
                self.skip_blanks();
                let handle = self.handle(start, true)?;
                if !super::cursor::is_blank(self.byte(0)) {
                    return Err(self.bad_directive(start));
                }
                self.skip_blanks();
                let prefix = self.uri("", start)?;
                if !self.is_blankz(0) {
                    return Err(self.bad_directive(start));
                }
                Kind::TagDirective(handle, prefix)
            }
            _ => return Err(self.bad_directive(start)),
        };
        let end = self.mark.at;
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_to_break();
        }
        if !self.is_breakz(0) {
            return Err(self.bad_directive(start));
        }
        self.skip_line();
        Ok(Token { kind, start, end })
    }

    fn bad_directive(&self, start: usize) -> Box<Diagnostic> {
        let line = self.slice(start, self.text.len()).lines().next().unwrap_or_default().trim_end();
        let message = "this is no directive of YAML";
        Box::new(self.wrong_at(start, start + line.len(), message, "quote text that begins with `%`"))
    }

    fn version(&mut self, start: usize) -> Result<u8, Box<Diagnostic>> {
        let from = self.mark.at;
        while self.byte(0).is_ascii_digit() {
            self.skip();
        }
        let digits = self.slice(from, self.mark.at);
        match digits.parse() {
            Ok(number) if digits.len() <= MAX_DIGITS => Ok(number),
            _ => Err(self.bad_directive(start)),
        }
    }

    /// ASCII letters, digits, `_` and `-`.
    fn word(&mut self) -> &'s str {
        let start = self.mark.at;
        while self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'_' | b'-') {
            self.skip();
        }
        self.slice(start, self.mark.at)
    }

    pub(super) fn anchor(&mut self, alias: bool) -> Result<Token<'s>, Box<Diagnostic>> {
        let start = self.mark.at;
        self.skip();
        let name = self.word();
        let ends = self.is_blankz(0) || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let rest = self.slice(start, self.text.len());
            let len = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
            let (message, help) = match alias {
                true => ("`*` takes the name of an anchor", "put text that begins with `*` in quotes"),
                false => ("`&` takes a name", "put text that begins with `&` in quotes"),
            };
            return Err(Box::new(self.wrong_at(start, start + len, message, help)));
        }
        let kind = if alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        Ok(Token { kind, start, end: self.mark.at })
    }

    pub(super) fn tag(&mut self) -> Result<Token<'s>, Box<Diagnostic>> {
        let start = self.mark.at;
        let (handle, suffix) = if self.byte(1) == b'<' {
            self.skip();
            self.skip();
            let suffix = self.uri("", start)?;
            if self.byte(0) != b'>' {
                return Err(self.bad_tag(start));
            }
            self.skip();
            (Cow::Borrowed(""), suffix)
        } else {
            let handle = self.handle(start, false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (Cow::Borrowed(handle), self.uri("", start)?)
            } else {
                let suffix = self.uri(handle, start)?;
                // `!` alone.
                if suffix.is_empty() { (suffix, Cow::Borrowed("!")) } else { (Cow::Borrowed("!"), suffix) }
            }
        };
        if !self.is_blankz(0) {
            return Err(self.bad_tag(start));
        }
        Ok(Token { kind: Kind::Tag(handle, suffix), start, end: self.mark.at })
    }

    fn bad_tag(&self, start: usize) -> Box<Diagnostic> {
        let rest = self.slice(start, self.text.len());
        let len = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        let (message, help) = ("this does not read as a tag", "put text that begins with `!` in quotes");
        Box::new(self.wrong_at(start, start + len, message, help))
    }

    /// `!`, `!!` or `!word!`; of a tag without a second `!`, what of it comes first.
    fn handle(&mut self, start: usize, directive: bool) -> Result<&'s str, Box<Diagnostic>> {
        let from = self.mark.at;
        if self.byte(0) != b'!' {
            return Err(self.bad_tag(start));
        }
        self.skip();
        let word = self.word();
        if self.byte(0) == b'!' {
            self.skip();
        } else if directive && !word.is_empty() {
            return Err(self.bad_tag(start));
        }
        Ok(self.slice(from, self.mark.at))
    }

    /// A tag, or the rest of one whose beginning, `head`, has been read.
    fn uri(&mut self, head: &'s str, start: usize) -> Result<Cow<'s, str>, Box<Diagnostic>> {
        let (from, mut escaped) = (self.mark.at, false);
        while self.byte(0).is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]%".contains(&self.byte(0)) {
            escaped |= self.byte(0) == b'%';
            self.skip();
        }
        let read = self.slice(from, self.mark.at);
        if head.is_empty() && read.is_empty() {
            return Err(self.bad_tag(start));
        }
        let head = head.get(1..).unwrap_or_default();
        if !escaped {
            // What was read first stands right before it.
            return Ok(Cow::Borrowed(self.slice(from - head.len(), self.mark.at)));
        }
        match unescaped(read) {
            Some(read) => Ok(Cow::Owned(format!("{head}{read}"))),
            None => Err(self.bad_tag(start)),
        }
    }
}

/// With `%41` for `A`, as far as it is UTF-8.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let Some((c, after)) = rest.split_first() {
        rest = after;
        if *c != b'%' {
            bytes.push(*c);
            continue;
        }
        let hex = |c: u8| (c as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let [high, low, ..] = rest else { return None };
        bytes.push(hex(*high)? << 4 | hex(*low)?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}
