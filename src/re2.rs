//! Regular expressions in the syntax of RE2, as Go compiles them.
//!
//! They are read as Go's `regexp/syntax` reads them with its flags for Perl's syntax, and written anew for the `regex`
//! crate, which then finds what Go finds: both prefer the leftmost match and, of those, the first alternative.

mod class;
mod escape;
mod node;
mod parse;
mod property;

use regex::{Regex, RegexBuilder};

/// Bytes that one compiled regular expression may take.
const COMPILED_BYTES: usize = 10 << 20;
/// Bytes of a regular expression's source, and four times that of what it is written as for the `regex` crate: both are
/// taken apart into trees many times their size.
const SOURCE_BYTES: usize = 256 << 10;
/// What the `regex` crate may nest: more than [`node::MAX_HEIGHT`] comes to with the groups that writing adds.
const NEST_LIMIT: u32 = 4 * node::MAX_HEIGHT + 16;
/// Nested deeper than this, it is compiled on a thread whose stack has room for it.
const SHALLOW: u32 = 64;
const DEEP_STACK: usize = 64 << 20;

/// Characters of an expression that an error shows. Go shows all.
const SHOWN_CHARS: usize = 1000;

/// Why Go does not compile an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    CharRange,
    Escape,
    NamedCapture,
    PerlOp,
    RepeatOp,
    RepeatSize,
    MissingBracket,
    MissingParen,
    MissingArgument,
    TrailingBackslash,
    UnexpectedParen,
    Depth,
    Large,
    /// Go takes it and we do not: a name that no group of the `regex` crate may have.
    DigitName,
}

impl Wrong {
    fn words(self) -> &'static str {
        match self {
            Wrong::CharRange => "invalid character class range",
            Wrong::Escape => "invalid escape sequence",
            Wrong::NamedCapture => "invalid named capture",
            Wrong::PerlOp => "invalid or unsupported Perl syntax",
            Wrong::RepeatOp => "invalid nested repetition operator",
            Wrong::RepeatSize => "invalid repeat count",
            Wrong::MissingBracket => "missing closing ]",
            Wrong::MissingParen => "missing closing )",
            Wrong::MissingArgument => "missing argument to repetition operator",
            Wrong::TrailingBackslash => "trailing backslash at end of expression",
            Wrong::UnexpectedParen => "unexpected )",
            Wrong::Depth => "expression nests too deeply",
            Wrong::Large => "expression too large",
            Wrong::DigitName => "a group's name may not begin with a digit",
        }
    }
}

/// What is wrong and the part of the expression that shows it.
type Refusal<'s> = (Wrong, &'s str);

/// Compiles what Go compiles, to the same meaning. The error is in Go's words: ``error parsing regexp: missing closing ): `(` ``.
pub fn compile(source: &str) -> Result<Regex, String> {
    translate(source).map_err(|(wrong, at)| {
        let (shown, cut) = match at.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => (at.get(..end).unwrap_or_default(), "…"),
            None => (at, ""),
        };
        format!("error parsing regexp: {}: `{shown}{cut}`", wrong.words())
    })
}

fn translate(source: &str) -> Result<Regex, Refusal<'_>> {
    let large = (Wrong::Large, source);
    if source.len() > SOURCE_BYTES {
        return Err(large);
    }
    let (tree, depth) = parse::parse(source)?;
    let written = tree.written();
    drop(tree);
    if written.len() > 4 * SOURCE_BYTES {
        return Err(large);
    }
    if depth <= SHALLOW {
        return build(&written).ok_or(large);
    }
    let deep = std::thread::Builder::new().stack_size(DEEP_STACK).spawn(move || build(&written));
    deep.ok().and_then(|thread| thread.join().ok()).flatten().ok_or(large)
}

/// Nothing that is written here is refused for anything but its size.
fn build(written: &str) -> Option<Regex> {
    RegexBuilder::new(written).size_limit(COMPILED_BYTES).nest_limit(NEST_LIMIT).build().ok()
}

#[cfg(test)]
mod tests;
