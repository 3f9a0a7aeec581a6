//! What is wrong with YAML, in words for whoever wrote it: the parser speaks of scanners and contexts.

use super::build::brief;
use granit_parser::ErrorKind;
use std::ops::Range;

/// One mistake: the bytes that are wrong, what about them, and what would mend it.
pub(super) struct Wrong {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<&'static str>,
}

/// `at` is where in `text` the parser says the mistake is.
pub(super) fn explain(text: &str, at: usize, kind: &ErrorKind) -> Wrong {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().trim_end();
    let one = rest.chars().next().filter(|c| !matches!(c, '\n' | '\r'));
    let char = at..at + one.map_or(0, char::len_utf8);
    let line = at..at + line.len();
    let begun = text.get(..at).unwrap_or_default();
    let begun = begun.len() - begun.rsplit('\n').next().unwrap_or_default().trim_start().len();
    let whole = begun..line.end;
    let say = |at: Range<usize>, message: &str, help: Option<&'static str>| Wrong { at, message: message.into(), help };
    match kind {
        ErrorKind::UnclosedFlowCollection { open } => say(char, &format!("this `{open}` is never closed"), None),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            say(char, &format!("this `{open}` is closed by `{close}`"), None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => say(
            char,
            &format!("`{}` closes nothing", one.unwrap_or(']')),
            Some("quote text that begins with a bracket"),
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            say(line, "this text has no closing quote", None)
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            let at = bad_escape(text, at).unwrap_or(char);
            let message = format!("`{}` is no escape in double quotes", text.get(at.clone()).unwrap_or_default());
            say(at, &message, Some("write `\\\\` for a backslash, or put the text in single quotes"))
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => say(
            char,
            "a key and its value cannot stand here",
            Some("indent the line like its neighbours, or quote text that holds a `:`"),
        ),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => say(
            indent_tab(text, at).unwrap_or(char),
            "a tab stands where YAML wants spaces",
            Some("indent with spaces"),
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            say(char, &format!("text cannot begin with `{}`", brief(&character.to_string())), Some("put it in quotes"))
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            say(line, "this is neither `key: value` nor an element of a list", Some("is a `:` and a space missing?"))
        }
        ErrorKind::ExpectedBlockMappingKey => say(
            whole,
            "this line belongs to nothing above it",
            Some("indent it like the keys of the map that it belongs to"),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => {
            say(whole, "this line belongs to nothing above it", Some("begin each element of a list with `- `"))
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidBlockScalarIndent => {
            say(whole, "this line's indent fits nothing above it", None)
        }
        ErrorKind::InvalidFlowScalarIndent | ErrorKind::InvalidQuotedScalarIndent => {
            say(whole, "this line is indented less than what it continues", None)
        }
        ErrorKind::ExpectedFlowMappingSeparator => say(char, "`,` or `}` should stand before this", None),
        ErrorKind::ExpectedFlowSequenceSeparator => say(char, "`,` or `]` should stand before this", None),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => say(
            char,
            "a list with `-` cannot begin here",
            Some("begin it on a line of its own, write `[a, b]`, or quote a `-` that is text"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            say(line, "text stands behind the closing quote", Some("put the whole value in quotes"))
        }
        ErrorKind::MissingAnchorOrAliasName => say(
            char,
            &format!("`{}` takes a name", one.unwrap_or('*')),
            Some("put text that begins with `*` or `&` in quotes"),
        ),
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::ZeroBlockScalarIndent => say(
            line,
            "text in a block begins on the line after `|` or `>`",
            Some("put text that begins with `|` or `>` in quotes"),
        ),
        ErrorKind::CommentNotSeparated => say(char, "a space should stand before this comment", None),
        ErrorKind::BomInsideDocument => say(char, "a byte order mark stands inside the file", Some("remove it")),
        ErrorKind::UndeclaredTagHandle => {
            say(char, "this tag's prefix was never declared", Some("quote the whole if the `!` belongs to the text"))
        }
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => {
            say(line, "this stands behind the end of the document", None)
        }
        ErrorKind::ExpectedNodeContent => say(char, "a value should stand here", None),
        other => {
            let told = other.to_string();
            // "while parsing a tag, found an invalid escape sequence"
            let told = match told.split_once(", ") {
                Some((context, told)) if context.starts_with("while ") => told,
                _ => &told,
            };
            say(char, told, None)
        }
    }
}

/// The first escape in the double quotes at `at` that YAML does not know.
fn bad_escape(text: &str, at: usize) -> Option<Range<usize>> {
    let mut chars = text.get(at..)?.char_indices();
    while let Some((back, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let (_, escaped) = chars.next()?;
        if !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(escaped) {
            let start = at + back;
            return Some(start..start + 1 + escaped.len_utf8());
        }
    }
    None
}

/// The tabs that indent the line of `at`.
fn indent_tab(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
    let line = text.get(start..)?;
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tab = line.get(..indent)?.find('\t')?;
    let tabs = line.get(tab..indent)?;
    Some(start + tab..start + tab + tabs.len() - tabs.trim_start_matches('\t').len())
}
