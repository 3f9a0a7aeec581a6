//! Pieces of a text that others take the place of, and its lines.

use std::ops::Range;

/// What comes in place of a piece of the text.
#[derive(Clone, Debug)]
pub struct Splice {
    pub at: Range<usize>,
    pub with: String,
}

impl Splice {
    pub fn insert(at: usize, with: impl Into<String>) -> Splice {
        Splice { at: at..at, with: with.into() }
    }

    pub fn replace(at: Range<usize>, with: impl Into<String>) -> Splice {
        Splice { at, with: with.into() }
    }
}

/// The text with the splices made, lines in them ended as the text's own; `None` where they meet or leave the text.
pub fn apply(text: &str, splices: &[Splice]) -> Option<String> {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    sorted.sort_by_key(|splice| splice.at.start);
    let (mut out, mut from) = (String::with_capacity(text.len() + 64), 0);
    for splice in sorted {
        out.push_str(text.get(from..splice.at.start)?);
        match line_break(text, splice.at.start) {
            "\r\n" => out.push_str(&splice.with.replace('\n', "\r\n")),
            _ => out.push_str(&splice.with),
        }
        from = splice.at.end.max(splice.at.start);
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

/// How lines end about here: as the last one before, else the next one.
fn line_break(text: &str, at: usize) -> &'static str {
    let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
    let windows = match (before.rfind('\n'), behind.find('\n')) {
        (Some(end), _) => before[..end].ends_with('\r'),
        (None, Some(end)) => behind[..end].ends_with('\r'),
        (None, None) => false,
    };
    if windows { "\r\n" } else { "\n" }
}

/// Where the line that `at` is on begins, behind a mark of the byte order.
pub fn line_start(text: &str, at: usize) -> usize {
    match text.get(..at).and_then(|before| before.rfind('\n')) {
        Some(end) => end + 1,
        None if text.starts_with('\u{feff}') => '\u{feff}'.len_utf8().min(at),
        None => 0,
    }
}

/// Where the line that `at` is on ends, before what breaks it.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
    at + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the line behind the one that `at` is on begins, or the end of the text.
pub fn next_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |end| at + end + 1)
}

/// The line that `at` is on, without what breaks it.
pub fn line(text: &str, at: usize) -> &str {
    text.get(line_start(text, at)..line_end(text, at)).unwrap_or_default()
}

/// What stands on the line before `at`.
pub fn before(text: &str, at: usize) -> &str {
    text.get(line_start(text, at)..at).unwrap_or_default()
}

/// What stands on the line behind `at`.
pub fn behind(text: &str, at: usize) -> &str {
    text.get(at..line_end(text, at)).unwrap_or_default()
}

pub fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

pub fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The white space that a line begins with.
pub fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The beginnings of the lines from `at`, which is one, to `until`.
pub fn lines(text: &str, at: usize, until: usize) -> impl Iterator<Item = usize> + '_ {
    std::iter::successors(Some(at), move |at| Some(next_line(text, *at)))
        .take_while(move |at| *at < until && *at < text.len())
}

/// A line to be put at `at`, where a line begins or the text ends.
pub fn own_line(text: &str, at: usize, lines: &str) -> String {
    let open = at > 0 && !text.get(..at).is_some_and(|before| before.ends_with('\n') || before == "\u{feff}");
    if open { format!("\n{lines}") } else { lines.to_owned() }
}
