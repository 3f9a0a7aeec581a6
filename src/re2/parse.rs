//! Reads an expression from left to right, as Go does, so that the first thing wrong with it is the same.

use super::node::{Kind, MAX_HEIGHT, Node};
use super::{Refusal, Wrong, class, escape};

/// Go's bound on one repetition's count, and on nested ones multiplied.
const MAX_REPEAT: u32 = 1000;
/// What a count that is too large to read is read as.
const TOO_MANY: u32 = u32::MAX;

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`: case is ignored.
    fold: bool,
    /// `m`: `^` and `$` hold at lines, too.
    lines: bool,
    /// `s`: `.` is a newline, too.
    dot_all: bool,
    /// `U`: repetitions take little unless a `?` follows.
    lazy: bool,
}

/// A group whose end has not come.
#[derive(Default)]
struct Group {
    /// As they were before it.
    flags: Flags,
    capture: bool,
    name: Option<String>,
    choices: Vec<Node>,
    parts: Vec<Node>,
}

impl Group {
    fn end_choice(&mut self) {
        self.choices.push(Node::concat(std::mem::take(&mut self.parts)));
    }
}

struct Parser<'s> {
    whole: &'s str,
    flags: Flags,
    /// The innermost group.
    group: Group,
    outer: Vec<Group>,
    deepest: u32,
}

/// The tree of an expression, and how deep it is.
pub(super) fn parse(source: &str) -> Result<(Node, u32), Refusal<'_>> {
    let mut parser =
        Parser { whole: source, flags: Flags::default(), group: Group::default(), outer: vec![], deepest: 0 };
    parser.read()?;
    Ok((Node::alternate(parser.group.choices), parser.deepest + 2))
}

impl<'s> Parser<'s> {
    fn read(&mut self) -> Result<(), Refusal<'s>> {
        let mut rest = self.whole;
        // Where the repetition begins that ends here.
        let mut last = None;
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            let mut repetition = None;
            rest = match first {
                '(' if behind.starts_with('?') => self.perl_group(rest)?,
                '(' => {
                    self.open(true, None);
                    behind
                }
                '|' => {
                    self.group.end_choice();
                    behind
                }
                ')' => {
                    self.close()?;
                    behind
                }
                '^' => self.push(behind, Kind::Assertion(if self.flags.lines { "(?m:^)" } else { "\\A" }))?,
                '$' => self.push(behind, Kind::Assertion(if self.flags.lines { "(?m:$)" } else { "\\z" }))?,
                '.' => {
                    let written = if self.flags.dot_all { "(?s:.)" } else { "." }.to_owned();
                    self.push(behind, Kind::Class { written, fold: false })?
                }
                '[' => {
                    let (written, behind) = class::bracket(rest)?;
                    self.push(behind, Kind::Class { written, fold: self.flags.fold })?
                }
                '*' | '+' | '?' => {
                    repetition = Some(rest);
                    let (min, max) = match first {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, rest, behind, last)?
                }
                '{' => match counts(rest) {
                    Some((min, max, behind)) => {
                        repetition = Some(rest);
                        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
                            return Err((Wrong::RepeatSize, before(rest, behind)));
                        }
                        self.repeat(min, max, rest, behind, last)?
                    }
                    None => self.literal(behind, '{')?,
                },
                '\\' => self.escape(rest)?,
                char => self.literal(behind, char)?,
            };
            last = repetition;
        }
        if !self.outer.is_empty() {
            return Err((Wrong::MissingParen, self.whole));
        }
        self.group.end_choice();
        Ok(())
    }

    /// Adds a part and says what is to be read next.
    fn push(&mut self, behind: &'s str, kind: Kind) -> Result<&'s str, Refusal<'s>> {
        self.add(Node::leaf(kind))?;
        Ok(behind)
    }

    fn literal(&mut self, behind: &'s str, char: char) -> Result<&'s str, Refusal<'s>> {
        self.push(behind, Kind::Char { char, fold: self.flags.fold })
    }

    fn add(&mut self, node: Node) -> Result<(), Refusal<'s>> {
        self.bound(&node)?;
        self.group.parts.push(node);
        Ok(())
    }

    fn bound(&mut self, node: &Node) -> Result<(), Refusal<'s>> {
        self.deepest = self.deepest.max(node.height);
        if node.height > MAX_HEIGHT { Err((Wrong::Depth, self.whole)) } else { Ok(()) }
    }

    fn open(&mut self, capture: bool, name: Option<String>) {
        let group = Group { flags: self.flags, capture, name, ..Group::default() };
        self.outer.push(std::mem::replace(&mut self.group, group));
    }

    fn close(&mut self) -> Result<(), Refusal<'s>> {
        let Some(outer) = self.outer.pop() else {
            return Err((Wrong::UnexpectedParen, self.whole));
        };
        self.group.end_choice();
        let Group { flags, capture, name, choices, .. } = std::mem::replace(&mut self.group, outer);
        self.flags = flags;
        let inside = Node::alternate(choices);
        self.bound(&inside)?;
        self.add(if capture { Node::capture(name, inside) } else { inside })
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        from: &'s str,
        mut behind: &'s str,
        last: Option<&'s str>,
    ) -> Result<&'s str, Refusal<'s>> {
        let mut lazy = self.flags.lazy;
        if let Some(further) = behind.strip_prefix('?') {
            behind = further;
            lazy = !lazy;
        }
        if let Some(last) = last {
            return Err((Wrong::RepeatOp, before(last, behind)));
        }
        let Some(of) = self.group.parts.pop() else {
            return Err((Wrong::MissingArgument, before(from, behind)));
        };
        let node = Node::repeat(of, min, max, lazy);
        if node.copies > MAX_REPEAT {
            return Err((Wrong::RepeatSize, before(from, behind)));
        }
        self.add(node)?;
        Ok(behind)
    }

    /// What begins with `(?`: a named group, a group, flags, or both.
    fn perl_group(&mut self, from: &'s str) -> Result<&'s str, Refusal<'s>> {
        let named = ["(?P<", "(?<"].into_iter().find(|mark| from.len() > mark.len() && from.starts_with(mark));
        if let Some(mark) = named {
            let end = from.find('>').ok_or((Wrong::NamedCapture, from))?;
            let name = from.get(mark.len()..end).unwrap_or_default();
            let shown = &from[..=end];
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                return Err((Wrong::NamedCapture, shown));
            }
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err((Wrong::DigitName, shown));
            }
            self.open(true, Some(name.to_owned()));
            return Ok(&from[end + 1..]);
        }
        let mut flags = self.flags;
        let (mut to, mut any) = (true, false);
        let mut chars = from["(?".len()..].char_indices();
        for (at, char) in chars.by_ref() {
            let behind = &from["(?".len() + at + char.len_utf8()..];
            let refused = Err((Wrong::PerlOp, before(from, behind)));
            match char {
                'i' => flags.fold = to,
                'm' => flags.lines = to,
                's' => flags.dot_all = to,
                'U' => flags.lazy = to,
                '-' if to => (to, any) = (false, false),
                ':' | ')' if to || any => {
                    if char == ':' {
                        self.open(false, None);
                    }
                    self.flags = flags;
                    return Ok(behind);
                }
                _ => return refused,
            }
            any |= char != '-';
        }
        Err((Wrong::PerlOp, from))
    }

    fn escape(&mut self, from: &'s str) -> Result<&'s str, Refusal<'s>> {
        let mut chars = from.chars();
        let (_, second, behind) = (chars.next(), chars.next(), chars.as_str());
        match second {
            Some('A') => return self.push(behind, Kind::Assertion("\\A")),
            Some('b') => return self.push(behind, Kind::Assertion("(?-u:\\b)")),
            Some('B') => return self.push(behind, Kind::Assertion("(?-u:\\B)")),
            Some('z') => return self.push(behind, Kind::Assertion("\\z")),
            Some('C') => return Err((Wrong::Escape, before(from, behind))),
            Some('Q') => {
                let (text, behind) = behind.split_once("\\E").unwrap_or((behind, ""));
                for char in text.chars() {
                    self.literal(behind, char)?;
                }
                return Ok(behind);
            }
            _ => {}
        }
        if let Some((written, behind)) = class::escaped(from)? {
            return self.push(behind, Kind::Class { written: format!("[{written}]"), fold: self.flags.fold });
        }
        let (code, behind) = escape::character(from)?;
        match char::from_u32(code) {
            Some(char) => self.literal(behind, char),
            // A surrogate is in no text.
            None => self.push(behind, Kind::Class { written: class::NOTHING.to_owned(), fold: false }),
        }
    }
}

/// `{min}`, `{min,}` or `{min,max}`, and what is behind it. Anything else is text.
fn counts(from: &str) -> Option<(u32, Option<u32>, &str)> {
    let (min, rest) = count(from.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => count(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    Some((min, max, rest.strip_prefix('}')?))
}

fn count(from: &str) -> Option<(u32, &str)> {
    let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
    let (digits, rest) = from.split_at(end);
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().unwrap_or(TOO_MANY), rest))
}

/// What stands between two places, both given by what follows them.
pub(super) fn before<'s>(from: &'s str, behind: &str) -> &'s str {
    from.get(..from.len().saturating_sub(behind.len())).unwrap_or(from)
}
