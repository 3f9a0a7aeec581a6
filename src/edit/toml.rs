//! Entries into TOML.

use super::block::{self, Indent};
use super::bracket::{Bracket, Place, step};
use super::inline::Hand;
use super::print;
use super::splice::{
    Splice, before, behind, indent, is_blank, is_comment, line, line_start, lines, next_line, own_line,
};
use super::statement::{Document, Shape, Statement, What};
use super::{Entry, Layout, Refusal};
use crate::value::Value;

/// Ways to put entries into one section, the best first.
pub fn put(text: &str, kind: &str, entries: &[&Entry], hand: Hand) -> Result<Vec<Layout>, Refusal> {
    let document = Document::of(text);
    let of_kind = |one: &&Statement| one.is_of(kind);
    let own: Vec<&Statement> = document.statements.iter().filter(of_kind).collect();
    let tables = |at: usize| {
        let hat = own.iter().rev().copied().chain(&document.statements);
        vec![tables(text, &document, hat, entries, at, hand)]
    };
    let Some(last) = own.last() else { return Ok(vec![tables(text.len())]) };
    let whole = |one: &&&Statement| one.keys.len() == 1 && one.at.len() == 1;
    if let Some(Statement { what: What::Pair(shape), .. }) = own.iter().find(whole) {
        let (Shape::Table(..), Some(bracket)) = (shape, shape.bracket()) else {
            return Err(format!("`{kind}` is no section"));
        };
        return Ok(inline(text, &bracket, entries, hand));
    }
    let mut layouts = vec![];
    let has_tables = own.iter().any(|one| one.is_header() && one.at.len() > 1);
    if let What::Pair(_) = last.what
        && !has_tables
    {
        layouts.push(vec![like(text, last, entries, hand)]);
    }
    layouts.push(tables(document.end_behind(text, last)));
    layouts.push(tables(text.len()));
    Ok(layouts)
}

/// Pairs like that of `last`: `"/a" = {…}`, `"/a".mode = …`, `file."/a".mode = …`.
fn like(text: &str, last: &Statement, entries: &[&Entry], hand: Hand) -> Splice {
    let at = indent(before(text, last.start)).to_owned();
    // The entry's name is the second step of the path.
    let above = last.keys.len() - (last.at.len() - 2).min(last.keys.len() - 1) - 1;
    let prefix: String = last.keys.iter().take(above).map(|key| format!("{}.", hand.key(&key.text))).collect();
    let dotted = last.at.len() > 2;
    let indent = Indent { at: at.clone(), step: step(hand.format).into() };
    let mut out = String::new();
    for entry in entries {
        let name = format!("{prefix}{}", hand.key(&entry.name));
        out.push_str(&print::comment(&at, &entry.remarks));
        if dotted && !entry.body.is_empty() {
            for (key, value) in &entry.body {
                let value = block::value(hand, &indent, name.len() + key.len() + 4, value);
                out.push_str(&format!("{at}{name}.{}{}{value}\n", hand.key(key), hand.sign()));
            }
        } else {
            out.push_str(&format!(
                "{at}{name}{}{}\n",
                hand.sign(),
                hand.inside().value(&Value::Map(entry.body.clone()))
            ));
        }
    }
    let end = next_line(text, last.end);
    Splice::insert(end, own_line(text, end, &out))
}

/// Members of an inline table. Remarks stand where there are lines for them.
pub fn inline(text: &str, bracket: &Bracket, entries: &[&Entry], hand: Hand) -> Vec<Layout> {
    let place = bracket.place(text).unwrap_or(Place::Row);
    let member = |entry: &&Entry| {
        let remarks = match &place {
            Place::Line(indent) => print::comment(indent, &entry.remarks),
            Place::Row => String::new(),
        };
        let pair = hand.inside().pair(&entry.name, &Value::Map(entry.body.clone()));
        match &place {
            Place::Line(indent) => format!("{remarks}{}{pair}", if remarks.is_empty() { "" } else { indent })
                .trim_start_matches(' ')
                .to_owned(),
            Place::Row => pair,
        }
    };
    let bare = |entry: &&Entry| hand.inside().pair(&entry.name, &Value::Map(entry.body.clone()));
    let members: Vec<String> = entries.iter().map(member).collect();
    let bare: Vec<String> = entries.iter().map(bare).collect();
    vec![
        bracket.insert(text, &place, &members),
        bracket.insert(text, &Place::Row, &bare),
        bracket.insert_at_end(text, &bare),
    ]
}

/// Tables at a place, as far apart and as far in as the others.
fn tables<'s>(
    text: &str,
    document: &Document,
    mut like: impl Iterator<Item = &'s Statement>,
    entries: &[&Entry],
    at: usize,
    hand: Hand,
) -> Splice {
    let sample = like.find(|one| one.is_header() && one.at.len() == 2);
    let hat = sample.map(|one| indent(before(text, one.start))).unwrap_or_default();
    let pair = sample.and_then(|one| document.pairs_of(one).next());
    let inner = pair.map_or(hat, |one| indent(before(text, one.start)));
    let apart = document.lie_apart(text);
    let gap = if apart { "\n" } else { "" };
    let made: Vec<String> = entries.iter().map(|entry| print::toml_table(hand, hat, inner, entry)).collect();
    let mut out = made.join(gap);
    let above = text.get(..at).unwrap_or_default().trim_start_matches('\u{feff}');
    let open = line_start(text, at) < at;
    let last = if open { line(text, at) } else { above.lines().next_back().unwrap_or_default() };
    let next = behind(text, at);
    let heads = is_comment(last) && !is_blank(next);
    if !above.trim().is_empty() && !is_blank(last) && !heads {
        out.insert_str(0, gap);
    }
    if apart && at < text.len() && !is_blank(next) {
        out.push_str(gap);
    }
    Splice::insert(at, own_line(text, at, &out))
}

/// Where what is said of a statement begins: with the comments right above it, unless the file begins with them.
pub fn start_of(text: &str, start: usize) -> usize {
    let own = line_start(text, start);
    let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = own;
    while at > first {
        let above = line_start(text, at - 1);
        if !is_comment(line(text, above)) {
            return at;
        }
        at = above;
    }
    own
}

impl Document {
    /// Where something new may follow on a statement: behind the comments that belong to it.
    pub fn end_behind(&self, text: &str, last: &Statement) -> usize {
        let next = self.statements.iter().find(|one| one.start >= last.end);
        let until = next.map_or(text.len(), |one| line_start(text, one.start));
        if next.is_none() {
            return text.len();
        }
        let own = next_line(text, last.end);
        let mut at = own;
        for start in lines(text, own, until) {
            if !is_comment(line(text, start)) {
                return at;
            }
            at = next_line(text, start);
        }
        // Comments without a gap belong to what follows.
        own
    }

    /// Whether tables lie apart from what is above them.
    fn lie_apart(&self, text: &str) -> bool {
        let above = |one: &Statement| {
            let start = start_of(text, one.start);
            start == 0 || is_blank(line(text, start - 1))
        };
        let mut headers = self.statements.iter().filter(|one| one.is_header()).skip(1).peekable();
        headers.peek().is_none() || headers.any(above)
    }
}
