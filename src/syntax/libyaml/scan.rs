//! Text to tokens, as yaml.v3's scannerc.go makes them.

use super::super::{Code, Diagnostic, Span};
use super::cursor::{Mark, is_blank};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Characters that a key may be away from its `:`.
const MAX_KEY: usize = 1024;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'s> {
    StreamStart,
    StreamEnd,
    Version(u8, u8),
    TagDirective(&'s str, Cow<'s, str>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'s str),
    Anchor(&'s str),
    Tag(Cow<'s, str>, Cow<'s, str>),
    Scalar(Cow<'s, str>, bool),
}

/// `start` and `end` are bytes of the text.
#[derive(Clone, Debug)]
pub(super) struct Token<'s> {
    pub kind: Kind<'s>,
    pub start: usize,
    pub end: usize,
}

/// What may turn out to be a key, once its `:` comes.
#[derive(Clone, Copy)]
struct SimpleKey {
    possible: bool,
    required: bool,
    /// No longer waited for: see `decrease_flow_level`.
    lost: bool,
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'s> {
    pub text: &'s str,
    pub file: u32,
    pub mark: Mark,
    /// Line breaks since the last character that is no blank.
    pub newlines: usize,
    queue: VecDeque<Token<'s>>,
    /// Tokens that the parser has taken.
    taken: usize,
    available: bool,
    started: bool,
    /// Column of the innermost block, −1 outside of all.
    pub indent: isize,
    indents: Vec<isize>,
    /// The last is that of the innermost flow level.
    keys: Vec<SimpleKey>,
    pub key_allowed: bool,
}

type Scan<T = ()> = Result<T, Box<Diagnostic>>;

impl<'s> Scanner<'s> {
    pub fn new(text: &'s str, file: u32) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mark = Mark { at, index: 0, column: 0, line: 0 };
        let key = SimpleKey { possible: false, required: false, lost: false, token: 0, mark };
        Scanner {
            text,
            file,
            mark,
            newlines: 0,
            queue: VecDeque::new(),
            taken: 0,
            available: false,
            started: false,
            indent: -1,
            indents: vec![],
            keys: vec![key],
            key_allowed: true,
        }
    }

    /// The next token, which stays where it is.
    pub fn peek(&mut self) -> Scan<&Token<'s>> {
        if !self.available {
            self.fetch_more()?;
        }
        // There is one now: the end of the stream is a token, too.
        self.queue.front().ok_or_else(|| Box::new(self.wrong(self.mark.at, "the text ends too early", "")))
    }

    pub fn take(&mut self) -> Scan<Token<'s>> {
        self.peek()?;
        self.available = false;
        self.taken += 1;
        let end = || Token { kind: Kind::StreamEnd, start: self.mark.at, end: self.mark.at };
        Ok(self.queue.pop_front().unwrap_or_else(end))
    }

    fn fetch_more(&mut self) -> Scan {
        loop {
            // Two more than are asked for: what is wrong with them is found although they may belong to another document.
            if self.queue.len() > 2 {
                let waits = self.keys.iter().position(|key| key.possible && !key.lost && key.token == self.taken);
                match waits {
                    Some(key) if self.is_valid(key)? => {}
                    _ => break,
                }
            }
            self.fetch_next()?;
        }
        self.available = true;
        Ok(())
    }

    fn fetch_next(&mut self) -> Scan {
        if !self.started {
            self.started = true;
            return self.push(Kind::StreamStart, self.mark.at);
        }
        self.skip_to_token();
        self.unroll(self.mark.column as isize);
        let c = self.byte(0);
        if self.at_end() {
            return self.stream_end();
        }
        if self.mark.column == 0 {
            if c == b'%' {
                self.no_key()?;
                let token = self.directive()?;
                self.queue.push_back(token);
                return Ok(());
            }
            if let Some(kind) = self.document_indicator() {
                self.no_key()?;
                let start = self.mark.at;
                (0..3).for_each(|_| self.skip());
                return self.push(kind, start);
            }
        }
        self.fetch_content(c)?;
        if !matches!(self.queue.back(), Some(Token { kind: Kind::BlockEntry, .. })) {
            self.line_comment();
        }
        Ok(())
    }

    fn fetch_content(&mut self, c: u8) -> Scan {
        let flow = self.in_flow();
        let ends = self.is_blankz(1);
        match c {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.indicator(Kind::FlowEntry)
            }
            b'-' if ends => self.block_entry(),
            b'?' if flow || ends => self.key(),
            b':' if flow || ends => self.value(),
            b'*' | b'&' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.anchor(c == b'*')?;
                self.queue.push_back(token);
                Ok(())
            }
            b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.tag()?;
                self.queue.push_back(token);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.remove_key()?;
                self.key_allowed = true;
                let token = self.block_scalar(c == b'|')?;
                self.queue.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.quoted_scalar(c == b'\'')?;
                self.queue.push_back(token);
                Ok(())
            }
            b'-' if !is_blank(self.byte(1)) => self.plain(),
            b'?' | b':' if !flow && !ends => self.plain(),
            b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.no_token(c)),
            _ => self.plain(),
        }
    }

    fn no_token(&self, c: u8) -> Box<Diagnostic> {
        let at = self.mark.at;
        Box::new(if c == b'\t' {
            self.wrong(at, "a tab stands where YAML wants spaces", "indent with spaces")
        } else {
            self.wrong(at, &format!("text cannot begin with `{}`", c as char), "put it in quotes")
        })
    }

    fn plain(&mut self) -> Scan {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.plain_scalar()?;
        self.queue.push_back(token);
        Ok(())
    }

    fn push(&mut self, kind: Kind<'s>, start: usize) -> Scan {
        self.queue.push_back(Token { kind, start, end: self.mark.at });
        Ok(())
    }

    fn indicator(&mut self, kind: Kind<'s>) -> Scan {
        let start = self.mark.at;
        self.skip();
        self.push(kind, start)
    }

    // Keys that are known by what follows them.

    fn is_valid(&mut self, at: usize) -> Scan<bool> {
        let (mark, index) = (self.mark, at);
        let Some(key) = self.keys.get_mut(index).filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line < mark.line || key.mark.index + MAX_KEY < mark.index {
            if key.required {
                let key = key.mark;
                return Err(self.not_a_key(key));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn not_a_key(&self, key: Mark) -> Box<Diagnostic> {
        let line = self.text.get(key.at..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim_end();
        let message = "this is neither `key: value` nor an element of a list";
        let wrong = Diagnostic::new(Code::Syntax, self.span(key.at, key.at + line.len()), message);
        Box::new(wrong.say("is a `:` and a space missing?"))
    }

    fn save_key(&mut self) -> Scan {
        if !self.key_allowed {
            return Ok(());
        }
        let required = !self.in_flow() && self.indent == self.mark.column as isize;
        let token = self.taken + self.queue.len();
        self.remove_key()?;
        let mark = self.mark;
        if let Some(last) = self.keys.last_mut() {
            *last = SimpleKey { possible: true, required, lost: false, token, mark };
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Scan {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => {
                let key = key.mark;
                Err(self.not_a_key(key))
            }
            Some(key) => {
                key.possible = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Ends every block and every key: what follows stands outside of the document.
    fn no_key(&mut self) -> Scan {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    // Blocks.

    /// Begins a block at `column` if it is further in. `number` is the token before which it begins, if not here.
    fn roll(&mut self, column: usize, number: Option<usize>, kind: Kind<'s>, at: usize) -> Scan {
        if self.in_flow() || self.indent >= column as isize {
            return Ok(());
        }
        if self.indents.len() >= super::MAX_DEPTH * 2 {
            return Err(Box::new(too_deep(self.span(at, at))));
        }
        self.indents.push(self.indent);
        self.indent = column as isize;
        let token = Token { kind, start: at, end: at };
        self.insert(number, token);
        Ok(())
    }

    fn insert(&mut self, number: Option<usize>, token: Token<'s>) {
        match number.and_then(|number| number.checked_sub(self.taken)) {
            Some(at) if at < self.queue.len() => self.queue.insert(at, token),
            _ => self.queue.push_back(token),
        }
    }

    fn unroll(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.queue.push_back(Token { kind: Kind::BlockEnd, start: self.mark.at, end: self.mark.at });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    // Tokens.

    fn stream_end(&mut self) -> Scan {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.no_key()?;
        self.push(Kind::StreamEnd, self.mark.at)
    }

    fn document_indicator(&self) -> Option<Kind<'s>> {
        let three = [self.byte(0), self.byte(1), self.byte(2)];
        match &three {
            b"---" if self.is_blankz(3) => Some(Kind::DocumentStart),
            b"..." if self.is_blankz(3) => Some(Kind::DocumentEnd),
            _ => None,
        }
    }

    /// Whether a scalar must stop because a document ends or begins here.
    pub fn at_document_indicator(&self) -> bool {
        self.mark.column == 0 && self.document_indicator().is_some()
    }

    fn flow_start(&mut self, kind: Kind<'s>) -> Scan {
        self.save_key()?;
        let token = self.taken + self.queue.len();
        if self.keys.len() > super::MAX_DEPTH {
            return Err(Box::new(too_deep(self.span(self.mark.at, self.mark.at + 1))));
        }
        self.keys.push(SimpleKey { possible: false, required: false, lost: false, token, mark: self.mark });
        self.key_allowed = true;
        self.indicator(kind)
    }

    fn flow_end(&mut self, kind: Kind<'s>) -> Scan {
        self.remove_key()?;
        self.decrease_flow_level();
        self.key_allowed = false;
        self.indicator(kind)
    }

    fn decrease_flow_level(&mut self) {
        if !self.in_flow() {
            return;
        }
        if let Some(key) = self.keys.pop() {
            // In a level without keys this is the token of its bracket: the bracket is waited for no longer.
            self.keys.iter_mut().filter(|outer| outer.token == key.token).for_each(|outer| outer.lost = true);
        }
    }

    fn block_entry(&mut self) -> Scan {
        if !self.in_flow() {
            if !self.key_allowed {
                let help = "begin it on a line of its own, write `[a, b]`, or quote a `-` that is text";
                return Err(Box::new(self.wrong(self.mark.at, "a list with `-` cannot begin here", help)));
            }
            self.roll(self.mark.column, None, Kind::BlockSequenceStart, self.mark.at)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(Kind::BlockEntry)
    }

    fn key(&mut self) -> Scan {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(Box::new(self.wrong(self.mark.at, "a key cannot stand here", "quote a `?` that is text")));
            }
            self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark.at)?;
        }
        self.remove_key()?;
        self.key_allowed = !self.in_flow();
        self.indicator(Kind::Key)
    }

    fn value(&mut self) -> Scan {
        let last = self.keys.len().saturating_sub(1);
        let valid = self.is_valid(last)?;
        if let (true, Some(key)) = (valid, self.keys.get_mut(last)) {
            key.possible = false;
            let (token, mark) = (key.token, key.mark);
            self.insert(Some(token), Token { kind: Kind::Key, start: mark.at, end: mark.at });
            self.roll(mark.column, Some(token), Kind::BlockMappingStart, mark.at)?;
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    let help = "indent the line like its neighbours, or quote text that holds a `:`";
                    return Err(Box::new(self.wrong(self.mark.at, "a key and its value cannot stand here", help)));
                }
                self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark.at)?;
            }
            self.key_allowed = !self.in_flow();
        }
        self.indicator(Kind::Value)
    }
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("lists and maps stand inside one another more than {} levels deep", super::MAX_DEPTH);
    Diagnostic::new(Code::TooDeep, span, message)
}
