//! Text of any length, piece by piece, down to the lines that decide a test.
//!
//! Some tests ask only what single lines are: line patterns, a substring that has no end of a line in it, `contain-element`
//! and `contain-elements`, `each`, and `and`, `or`, `not` of such. A sieve keeps, of each leaf of such a test, the lines
//! that it turns on, and the text of these lines, in order, has the same verdict as all of the text:
//!
//! - Every line kept is one of the text, so a leaf that holds of some line kept holds of some line of the text.
//! - A pattern, a substring or an element that some line has: the first such line is kept. Where none has it, none is kept
//!   that has. The first line that the leaf cannot be asked of (text that is no number) is kept too: it makes the same doubt.
//! - `each` is no line of which the opposite holds.
//! - Of `n` elements that shall be told apart, each has its first `n` lines kept. One with `n` lines to choose from is never
//!   in another's way, so these choose among the lines kept if they can among all.
//! - `and`, `or` and `not` are made of the verdicts of their leaves alone.
//!
//! Memory is bounded by [`LINE`] and [`KEPT`]. Where every leaf is plain text, lines may be of any length: what is kept of
//! one is what stands around the text, which has no other plain text that the line has not. Other leaves must see whole
//! lines, and a sieve that meets a line longer than it may keep gives up.

use super::goss::Matcher;
use super::text::{Held, Text, View};
use super::{Pattern, Test, holds::holds};
use crate::value::Excerpt;
use memchr::memmem::Finder;
use std::collections::BTreeMap;

/// Bytes that a line may have.
const LINE: usize = 1 << 20;
/// Bytes of lines that may be kept.
const KEPT: usize = 8 << 20;
/// What a line that is kept takes besides its text.
const ENTRY: usize = 64;
/// Bytes that are kept on each side of plain text in a line.
const AROUND: usize = 100;

pub struct Sieve<'t> {
    plain: Vec<Plain<'t>>,
    lines: Vec<Lines<'t>>,
    /// The beginning of a line, or, where lines do not matter, what the next piece continues.
    carry: Vec<u8>,
    /// Of the line that begins, or that the next piece continues; from 1.
    number: u64,
    /// By number and, where there is more of one line, by leaf.
    kept: BTreeMap<(u64, usize), String>,
    /// Bytes that may still be kept.
    room: usize,
    longest: usize,
    gave_up: bool,
}

/// A leaf that is plain text, until it is found.
struct Plain<'t> {
    finder: Finder<'t>,
    found: bool,
}

/// A leaf that must see a line.
struct Lines<'t> {
    leaf: Leaf<'t>,
    /// Lines that are asked for.
    need: usize,
    sure: usize,
    /// With those in doubt.
    perhaps: usize,
}

enum Leaf<'t> {
    Pattern(&'t Pattern),
    Element(&'t Test),
    /// No line may fail it.
    Each(&'t Test),
}

impl Test {
    /// `None` if it asks more of text than single lines can tell.
    pub fn sieve(&self) -> Option<Sieve<'_>> {
        let mut sieve = Sieve {
            plain: Vec::new(),
            lines: Vec::new(),
            carry: Vec::new(),
            number: 1,
            kept: BTreeMap::new(),
            room: KEPT,
            longest: LINE,
            gave_up: false,
        };
        sieve.add(self).then_some(sieve)
    }
}

impl<'t> Sieve<'t> {
    /// Takes in the leaves of a test; false if one is none.
    fn add(&mut self, test: &'t Test) -> bool {
        let mut line = |leaf, need| {
            self.lines.push(Lines { leaf, need, sure: 0, perhaps: 0 });
            true
        };
        match test {
            Test::Patterns(patterns) => self.patterns(patterns),
            Test::Goss(expected) => self.goss(&expected.matcher),
            Test::Substring(text) if is_plain(text) => {
                self.text(text);
                true
            }
            Test::Element(test) => line(Leaf::Element(test), 1),
            Test::Each(test) => line(Leaf::Each(test), 1),
            Test::Elements(tests) => tests.iter().all(|test| line(Leaf::Element(test), tests.len())),
            Test::Not(test) => self.add(test),
            Test::And(tests) | Test::Or(tests) => tests.iter().all(|test| self.add(test)),
            _ => false,
        }
    }

    fn patterns(&mut self, patterns: &'t [Pattern]) -> bool {
        for pattern in patterns {
            match pattern.plain() {
                Some(plain) if is_plain(plain) => self.text(plain),
                _ => self.lines.push(Lines { leaf: Leaf::Pattern(pattern), need: 1, sure: 0, perhaps: 0 }),
            }
        }
        true
    }

    /// Like [`Sieve::add`]. goss's elements of text are no lines: a `\r` at an end is part of them.
    fn goss(&mut self, matcher: &'t Matcher) -> bool {
        match matcher {
            Matcher::Patterns(patterns) => self.patterns(patterns),
            Matcher::Substring(text) if is_plain(text) => {
                self.text(text);
                true
            }
            Matcher::Not(matcher) => self.goss(matcher),
            Matcher::And(matchers) | Matcher::Or(matchers) => matchers.iter().all(|matcher| self.goss(matcher)),
            _ => false,
        }
    }

    #[cfg(test)]
    pub fn with_lines_of(self, longest: usize) -> Self {
        Sieve { longest, ..self }
    }

    fn text(&mut self, text: &'t str) {
        self.plain.push(Plain { finder: Finder::new(text), found: false });
    }

    /// Takes in what comes next; false once nothing that may follow matters.
    pub fn feed(&mut self, piece: &[u8]) -> bool {
        if self.lines.is_empty() {
            self.feed_plain(piece);
        } else {
            self.feed_lines(piece);
        }
        !(self.gave_up || self.plain.iter().all(|p| p.found) && self.lines.iter().all(Lines::is_settled))
    }

    /// What was kept of a text of `size` bytes. `None` if it could not be told with bounded memory.
    pub fn finish(mut self, size: u64) -> Option<Excerpt> {
        let rest = std::mem::take(&mut self.carry);
        if !self.lines.is_empty() && !rest.is_empty() {
            self.block(&rest);
        }
        if self.gave_up {
            return None;
        }
        let mut excerpt = Excerpt { text: String::new(), numbers: Vec::new(), size };
        for ((number, _), line) in self.kept {
            excerpt.numbers.push(number);
            excerpt.text.push_str(&line);
            excerpt.text.push('\n');
        }
        Some(excerpt)
    }

    /// Where lines do not matter: what the last piece and this one have together, then this one.
    fn feed_plain(&mut self, piece: &[u8]) {
        let reach = self.plain.iter().map(|p| p.finder.needle().len()).max().unwrap_or(0) + AROUND;
        let mut seam = std::mem::take(&mut self.carry);
        let begin = seam.len();
        // Its lines have been counted with the pieces they were in.
        let before = self.number - lines_in(&seam);
        seam.extend_from_slice(piece.get(..reach).unwrap_or(piece));
        for (block, number) in [(seam.as_slice(), before), (piece, self.number)] {
            for index in 0..self.plain.len() {
                self.find(index, block, number);
            }
        }
        self.number += lines_in(piece);
        if piece.len() < reach {
            seam.truncate(begin);
            seam.extend_from_slice(piece);
            self.carry = seam.split_off(seam.len().saturating_sub(reach));
        } else {
            seam.clear();
            seam.extend_from_slice(&piece[piece.len() - reach..]);
            self.carry = seam;
        }
    }

    /// Splits what comes into blocks of whole lines.
    fn feed_lines(&mut self, piece: &[u8]) {
        let Some(first) = memchr::memchr(b'\n', piece) else { return self.continue_line(piece) };
        let (begun, rest) = piece.split_at(first + 1);
        let last = memchr::memrchr(b'\n', rest).map_or(0, |at| at + 1);
        if self.carry.is_empty() {
            self.block(&piece[..first + 1 + last]);
        } else {
            self.continue_line(begun);
            let line = std::mem::take(&mut self.carry);
            self.block(&line);
            self.block(&rest[..last]);
            self.carry = line;
            self.carry.clear();
        }
        self.continue_line(&rest[last..]);
    }

    fn continue_line(&mut self, part: &[u8]) {
        if self.carry.len() + part.len() > self.longest {
            self.gave_up = true;
        } else {
            self.carry.extend_from_slice(part);
        }
    }

    /// Looks at whole lines, the last of which may be without its end.
    fn block(&mut self, block: &[u8]) {
        for index in 0..self.plain.len() {
            self.find(index, block, self.number);
        }
        if self.lines.iter().all(Lines::is_settled) {
            self.number += lines_in(block);
            return;
        }
        let mut rest = block;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (line, next) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 1..]));
            if line.len() > self.longest {
                self.gave_up = true;
            }
            self.line(line);
            self.number += u64::from(end.is_some());
            rest = next;
        }
    }

    fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let seen = Text::whole(text.strip_suffix('\r').unwrap_or(&text));
        let mut keep = false;
        for leaf in self.lines.iter_mut().filter(|leaf| !leaf.is_settled()) {
            keep |= leaf.turns_on(seen);
        }
        if keep {
            self.keep(0, self.number, line);
        }
    }

    /// Looks for a plain leaf in a block whose first line has this number.
    fn find(&mut self, index: usize, block: &[u8], number: u64) {
        let Some(plain) = self.plain.get_mut(index).filter(|plain| !plain.found) else { return };
        let Some(at) = plain.finder.find(block) else { return };
        plain.found = true;
        let end = at + plain.finder.needle().len();
        let number = number + lines_in(&block[..at]);
        let from = memchr::memrchr(b'\n', &block[..at]).map_or(0, |newline| newline + 1);
        let to = memchr::memchr(b'\n', &block[end..]).map_or(block.len(), |newline| end + newline);
        // Whole lines are kept where other leaves see them too: a part may be what the whole is not.
        let (from, to) = if self.lines.is_empty() {
            (from.max(at.saturating_sub(AROUND)), to.min(end + AROUND))
        } else {
            (from, to)
        };
        self.keep(if self.lines.is_empty() { index } else { 0 }, number, &block[from..to]);
    }

    fn keep(&mut self, index: usize, number: u64, line: &[u8]) {
        let takes = line.len() + ENTRY;
        if self.kept.contains_key(&(number, index)) {
            return;
        }
        if takes > self.room {
            self.gave_up = true;
            return;
        }
        self.room -= takes;
        self.kept.insert((number, index), String::from_utf8_lossy(line).into_owned());
    }
}

impl Lines<'_> {
    /// Whether no further line can matter to it.
    fn is_settled(&self) -> bool {
        self.sure >= self.need
    }

    /// Whether a line matters to it.
    fn turns_on(&mut self, line: Text<'_>) -> bool {
        let held: Held = match self.leaf {
            Leaf::Pattern(pattern) => pattern.found(line),
            Leaf::Element(test) => holds(test, View::Text(line)),
            Leaf::Each(test) => holds(test, View::Text(line)).map(|held| !held),
        };
        if held == Ok(false) {
            return false;
        }
        let room = self.perhaps < self.need;
        self.perhaps += 1;
        self.sure += usize::from(held.is_ok());
        room || held.is_ok()
    }
}

/// Whether text is found in the bytes of a line just where it is found in what they read as.
fn is_plain(text: &str) -> bool {
    !text.contains(['\n', '\u{fffd}']) && !text.is_empty()
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
