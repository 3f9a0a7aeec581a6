//! Whether a value stands in a spec where it is used, and nowhere else: YAML takes values over by alias and by merge.

use super::Page;
use crate::edit::Step;
use crate::syntax::{Data, Format, Node, Span};

/// The error says where to change what is at `path` instead. What is not there yet is added to what is.
pub fn check(page: &Page, path: &[Step]) -> Result<(), String> {
    // Neither TOML nor JSON can say a value anywhere but in its place.
    if page.format != Format::Yaml {
        return Ok(());
    }
    let mut node = &page.root;
    own(page, node)?;
    for step in path {
        let inner = match step {
            Step::Key(key) => {
                node.map().and_then(|map| map.iter().find(|(k, _)| k.text == *key)).map(|(k, v)| (k.span, v))
            }
            Step::Index(at) => node.list().and_then(|list| list.get(*at)).map(|one| (one.span, one)),
        };
        let Some((span, inner)) = inner else { return Ok(()) };
        if span.start < node.span.start || node.span.end < span.end {
            let line = page.line(inner.span.start);
            return Err(format!("it is taken over from line {line} by an alias: change it there, or say it here"));
        }
        node = inner;
        own(page, node)?;
    }
    Ok(())
}

/// Refuses an alias, and what aliases name.
fn own(page: &Page, node: &Node) -> Result<(), String> {
    let at = node.span.start as usize;
    if let Some(name) = page.text.get(at..).and_then(|rest| rest.strip_prefix('*')).map(word)
        && !is_quoted(node, page)
    {
        let before = page.text.get(..at).unwrap_or_default();
        let anchor = places(before, '&', name).last();
        let line = anchor.map_or(String::new(), |at| format!(" on line {}", page.line(u32::try_from(at).unwrap_or(0))));
        return Err(format!("the alias `*{name}` stands there: change it where `&{name}` is{line}, or say it here"));
    }
    let Some(name) = anchor(page, node) else { return Ok(()) };
    let end = page.text.get(node.span.end as usize..).unwrap_or_default();
    match places(end, '*', name).next() {
        Some(after) => {
            let line = page.line(node.span.end + u32::try_from(after).unwrap_or(0));
            Err(format!("line {line} takes it over by the alias `*{name}`: change it by hand, for both"))
        }
        None => Ok(()),
    }
}

/// A plain scalar, a map or a list never begins with a star, so that what does is an alias. Block text may.
fn is_quoted(node: &Node, page: &Page) -> bool {
    let Span { start, end, .. } = node.span;
    let written = page.text.get(start as usize..end as usize).unwrap_or_default();
    match &node.data {
        Data::Text(text) => written.lines().count() > 1 || **text == *written,
        _ => false,
    }
}

/// The anchor that a node has, if it stands right before it.
fn anchor<'s>(page: &Page<'s>, node: &Node) -> Option<&'s str> {
    let before = page.text.get(..node.span.start as usize)?.trim_end();
    let last = before.rsplit(char::is_whitespace).next()?;
    let last = last.rsplit(['[', '{', ',']).next()?;
    last.strip_prefix('&').filter(|name| !name.is_empty())
}

/// The name at the beginning of `text`.
fn word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next().unwrap_or_default()
}

/// Where `sign` and `name` stand in `text` as a word.
fn places<'t>(text: &'t str, sign: char, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let marks = text.match_indices(sign).map(|(at, _)| at);
    marks.filter(move |at| {
        text.get(at + 1..).is_some_and(|rest| word(rest).trim_end_matches(':') == name.trim_end_matches(':'))
    })
}
