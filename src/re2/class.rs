//! Classes of characters: Perl's, POSIX's, Unicode's, and those in brackets.

use super::escape::character;
use super::node::write_char;
use super::parse::before;
use super::{Refusal, Wrong, property};
use std::fmt::Write as _;

/// A class that nothing is in.
pub(super) const NOTHING: &str = "[^\\x00-\\x{10FFFF}]";
const ANYTHING: &str = "[\\x00-\\x{10FFFF}]";

/// What stands in the brackets of a class for a class's name. They are ASCII's, whatever the text.
const POSIX: &[(&str, &str)] = &[
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", "\\x00-\\x7F"),
    ("blank", "\\x09\\x20"),
    ("cntrl", "\\x00-\\x1F\\x7F"),
    ("digit", "0-9"),
    ("graph", "\\x21-\\x7E"),
    ("lower", "a-z"),
    ("print", "\\x20-\\x7E"),
    ("punct", "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E"),
    ("space", "\\x09-\\x0D\\x20"),
    ("upper", "A-Z"),
    ("word", "0-9A-Z_a-z"),
    ("xdigit", "0-9A-Fa-f"),
];

/// An escape that stands for several characters, as it is written in brackets, and what is behind it.
pub(super) fn escaped(from: &str) -> Result<Option<(String, &str)>, Refusal<'_>> {
    let mut chars = from.chars();
    let (first, second) = (chars.next(), chars.next());
    let (Some('\\'), Some(letter)) = (first, second) else {
        return Ok(None);
    };
    let written = match letter {
        'd' => "0-9",
        'D' => "[^0-9]",
        's' => "\\x09\\x0A\\x0C\\x0D\\x20",
        'S' => "[^\\x09\\x0A\\x0C\\x0D\\x20]",
        'w' => "0-9A-Z_a-z",
        'W' => "[^0-9A-Z_a-z]",
        'p' | 'P' => return unicode(from, chars.as_str(), letter == 'P').map(Some),
        _ => return Ok(None),
    };
    Ok(Some((written.to_owned(), chars.as_str())))
}

/// `\pN` and `\p{Name}`: `rest` is what is behind the `p`.
fn unicode<'s>(from: &'s str, rest: &'s str, mut not: bool) -> Result<(String, &'s str), Refusal<'s>> {
    let (mut name, behind) = match rest.strip_prefix('{') {
        Some(inside) => inside.split_once('}').ok_or((Wrong::CharRange, from))?,
        None => rest.split_at(rest.chars().next().map_or(0, char::len_utf8)),
    };
    let shown = before(from, behind);
    if let Some(bare) = name.strip_prefix('^') {
        (name, not) = (bare, !not);
    }
    let written = property::written(name, not).ok_or((Wrong::CharRange, shown))?;
    Ok((written, behind))
}

/// A class in brackets, and what is behind it.
pub(super) fn bracket(from: &str) -> Result<(String, &str), Refusal<'_>> {
    let inside = from.strip_prefix('[').unwrap_or(from);
    let (not, mut rest) = inside.strip_prefix('^').map_or((false, inside), |rest| (true, rest));
    let mut written = String::new();
    let mut first = true;
    while first || !rest.starts_with(']') {
        first = false;
        if let Some((name, behind)) = rest.strip_prefix("[:").and_then(|name| name.split_once(":]")) {
            let shown = before(rest, behind);
            let (bare, not) = name.strip_prefix('^').map_or((name, false), |bare| (bare, true));
            let (_, class) = POSIX.iter().find(|(known, _)| *known == bare).ok_or((Wrong::CharRange, shown))?;
            _ = if not { write!(written, "[^{class}]") } else { write!(written, "{class}") };
            rest = behind;
            continue;
        }
        if let Some((class, behind)) = escaped(rest)? {
            written.push_str(&class);
            rest = behind;
            continue;
        }
        let start = rest;
        let (low, behind) = member(rest, from)?;
        rest = behind;
        let mut high = low;
        if let Some(end) = rest.strip_prefix('-').filter(|end| !end.is_empty() && !end.starts_with(']')) {
            (high, rest) = member(end, from)?;
            if high < low {
                return Err((Wrong::CharRange, before(start, rest)));
            }
        }
        write_range(low, high, &mut written);
    }
    let behind = rest.strip_prefix(']').unwrap_or(rest);
    let class = match (written.is_empty(), not) {
        (true, true) => ANYTHING.to_owned(),
        (true, false) => NOTHING.to_owned(),
        (false, true) => format!("[^{written}]"),
        (false, false) => format!("[{written}]"),
    };
    Ok((class, behind))
}

/// One character of a class that began at `class`.
fn member<'s>(from: &'s str, class: &'s str) -> Result<(u32, &'s str), Refusal<'s>> {
    match from.chars().next() {
        None => Err((Wrong::MissingBracket, class)),
        Some('\\') => character(from),
        Some(char) => Ok((char.into(), &from[char.len_utf8()..])),
    }
}

/// Surrogates, which Go lets a range hold, are in no text.
fn write_range(low: u32, high: u32, out: &mut String) {
    let low = char::from_u32(low).unwrap_or('\u{e000}');
    let high = char::from_u32(high).unwrap_or('\u{d7ff}');
    if low <= high {
        write_char(low, out);
    }
    if low < high {
        out.push('-');
        write_char(high, out);
    }
}
