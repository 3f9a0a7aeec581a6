//! The lines of a YAML file as far as an editor must know them: how deep they stand, and what templates do there.

/// A line and what is known of it without reading the YAML.
#[derive(Clone, Copy, Debug)]
pub struct Line<'t> {
    /// Where it begins in the text.
    pub start: usize,
    /// Where the next one begins.
    pub end: usize,
    /// Without white space at its ends.
    pub text: &'t str,
    /// Spaces before it.
    pub indent: usize,
    pub what: What,
    /// Blocks of a template that are open before it, and after.
    pub open: usize,
    pub opens: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Blank,
    Comment,
    /// Nothing but actions of a template.
    Control,
    /// `---`, `...` or `%YAML`.
    Mark,
    Text,
}

impl Line<'_> {
    pub fn has_template(&self) -> bool {
        self.text.contains("{{") || self.what == What::Control
    }

    /// Whether a template takes away the white space that follows.
    pub fn trims_next(&self) -> bool {
        self.text.ends_with("-}}")
    }
}

/// The lines of the first document.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut lines, mut start, mut open, mut inside, mut began) = (Vec::new(), 0, 0_usize, false, false);
    for whole in text.split_inclusive('\n') {
        let end = start + whole.len();
        let body = if start == 0 { whole.trim_start_matches('\u{feff}') } else { whole };
        let trimmed = body.trim();
        let (opens, continues, rest) = actions(trimmed, open, inside);
        let control = inside || trimmed.starts_with("{{") && rest.trim().is_empty();
        let what = match trimmed {
            "" => What::Blank,
            _ if control => What::Control,
            _ if trimmed.starts_with('#') => What::Comment,
            _ if body.starts_with("---") || body.starts_with("...") || body.starts_with('%') => What::Mark,
            _ => What::Text,
        };
        if what == What::Mark && (began || trimmed.starts_with("...")) {
            break;
        }
        began |= what == What::Text;
        let indent = body.len() - body.trim_start_matches(' ').len();
        lines.push(Line { start, end, text: trimmed, indent, what, open, opens });
        (start, open, inside) = (end, opens, continues);
    }
    lines
}

/// How many blocks are open behind a line, whether an action goes on on the next one, and what of it is no action.
fn actions(line: &str, open: usize, inside: bool) -> (usize, bool, String) {
    let (mut open, mut rest, mut plain) = (open, line, String::new());
    if inside {
        match rest.find("}}") {
            Some(end) => rest = &rest[end + 2..],
            None => return (open, true, plain),
        }
    }
    while let Some(begin) = rest.find("{{") {
        plain.push_str(&rest[..begin]);
        let body = &rest[begin + 2..];
        let word: String =
            body.trim_start_matches(['-', ' ', '\t']).chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        match word.as_str() {
            "if" | "range" | "with" | "define" | "block" => open += 1,
            "end" => open = open.saturating_sub(1),
            _ => {}
        }
        match body.find("}}") {
            Some(end) => rest = &body[end + 2..],
            None => return (open, true, plain),
        }
    }
    plain.push_str(rest);
    (open, false, plain)
}

/// The key that a line of a map begins with, unquoted, and what stands behind its colon.
pub fn key(line: &str) -> Option<(String, &str)> {
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => closing(line, quote)?,
        None => line.match_indices(':').map(|(at, _)| at).find(|at| ends_key(&line[at + 1..]))?,
    };
    let rest = line[end..].trim_start().strip_prefix(':').filter(|rest| ends_key(rest))?;
    let raw = &line[..end];
    let name = match quote {
        Some('"') => serde_json::from_str(raw).ok()?,
        Some(_) => raw.get(1..raw.len() - 1)?.replace("''", "'"),
        None => raw.trim_end().to_owned(),
    };
    let special = quote.is_none() && name.starts_with(['?', '-', '[', '{', '&', '*', '!', '|', '>', '%', '@', '`']);
    let special = special
        && !name.starts_with("{{")
        && (name.len() == 1 || !name.starts_with(['-', '?']) || name[1..].starts_with(' '));
    (!special).then(|| (name, rest.trim()))
}

fn ends_key(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '\t'])
}

/// Where a quoted text ends, the quote included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if quote == '\'' && *next == '\'' => _ = chars.next(),
                _ => return Some(at + 1),
            }
        }
    }
    None
}

/// Whether what stands behind a key is nothing, so that a map may follow on the next lines.
pub fn is_nothing(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('#')
}
