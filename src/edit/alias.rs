//! What YAML says in one place and uses in others, by alias and by merge: it is changed where it stands, by a person.

use super::change::find;
use super::{Refusal, Step};
use crate::syntax::Node;

/// Refuses what is said elsewhere. What is not there yet would be added to what is.
pub fn check(text: &str, root: &Node, path: &[Step]) -> Result<(), Refusal> {
    reach(text, root, path)?.map_or(Ok(()), |node| own(text, node))
}

/// What is at `path`, if that is there; it may be an alias itself, but what it stands in is said here.
pub fn reach<'n, 's>(text: &str, root: &'n Node<'s>, path: &[Step]) -> Result<Option<&'n Node<'s>>, Refusal> {
    let mut node = root;
    for step in path {
        own(text, node)?;
        let inner = match step {
            Step::Key(key) => {
                node.map().and_then(|map| map.iter().find(|(k, _)| k.text == *key)).map(|(k, v)| (k.span, v))
            }
            Step::Index(at) => node.list().and_then(|list| list.get(*at)).map(|one| (one.span, one)),
        };
        let Some((span, inner)) = inner else {
            return Ok(None);
        };
        if span.start < node.span.start || node.span.end < span.end {
            let from = holder(text, root, inner).map_or("elsewhere".to_owned(), |name| format!("`&{name}`"));
            return Err(format!("it is taken over from {from}: change it there, or say it here"));
        }
        node = inner;
    }
    Ok(Some(node))
}

/// Why what is at `path` cannot be another: an alias names it, or what it is in.
pub fn shared(text: &str, root: &Node, path: &[Step]) -> Option<Refusal> {
    let nodes = (0..=path.len()).filter_map(|len| find(root, path.get(..len)?));
    let mut names = nodes.filter_map(|node| anchor(text, node).map(|name| (name, node.span.end as usize)));
    let (name, _) = names.find(|(name, end)| text.get(*end..).is_some_and(|behind| is_named(behind, name)))?;
    Some(format!("the alias `*{name}` takes it over elsewhere: change it by hand, for both"))
}

/// Refuses an alias.
fn own(text: &str, node: &Node) -> Result<(), Refusal> {
    let written = text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
    let Some(name) = written.strip_prefix('*') else { return Ok(()) };
    // No plain text begins with a star, but a text in a block may.
    if word(name) != name || node.text().is_some_and(|text| text.trim() == written) {
        return Ok(());
    }
    Err(format!("the alias `*{name}` stands there: change it where `&{name}` is, or say it here"))
}

/// The anchor of the innermost node that `inner` stands in.
fn holder<'t>(text: &'t str, node: &Node, inner: &Node) -> Option<&'t str> {
    let children = node.map().unwrap_or_default().iter().map(|(_, child)| child);
    let children = children.chain(node.list().unwrap_or_default());
    let holds = |child: &&Node| child.span.start <= inner.span.start && inner.span.end <= child.span.end;
    let mut below = children.filter(holds).filter_map(|child| holder(text, child, inner));
    below.next().or_else(|| anchor(text, node))
}

/// The anchor that stands right before a node, if one does.
fn anchor<'t>(text: &'t str, node: &Node) -> Option<&'t str> {
    let before = text.get(..node.span.start as usize)?.trim_end();
    let last = before.rsplit(|c: char| c.is_whitespace() || "[{,".contains(c)).next()?;
    last.strip_prefix('&').filter(|name| !name.is_empty())
}

/// The name at the beginning of `text`.
fn word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next().unwrap_or_default()
}

/// Whether an alias in `text` has this name.
fn is_named(text: &str, name: &str) -> bool {
    text.match_indices('*').any(|(at, _)| {
        text.get(at + 1..).is_some_and(|rest| word(rest).trim_end_matches(':') == name.trim_end_matches(':'))
    })
}
