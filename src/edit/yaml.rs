//! Entries into YAML.

use super::block::Indent;
use super::bracket::Bracket;
use super::inline::Hand;
use super::json;
use super::splice::{Splice, before, behind, is_blank, is_comment, line, line_start, lines, next_line, own_line};
use super::{Entry, Layout, Refusal, Step, alias, print};
use crate::syntax::{Data, Key, Node};

/// Ways to put entries into one section, the best first.
pub fn put(text: &str, root: &Node, kind: &str, entries: &[&Entry], hand: Hand) -> Result<Vec<Layout>, Refusal> {
    if let Data::Null = root.data {
        let section = print::section(hand, kind, entries, "  ");
        let at = end_of_document(text, 0);
        let gap =
            if text.get(..at).is_some_and(|all| all.lines().next_back().is_some_and(is_comment)) { "\n" } else { "" };
        let put = |gap: &str| vec![Splice::insert(at, own_line(text, at, &format!("{gap}{section}")))];
        return Ok(vec![put(gap), put("")]);
    }
    if let Some(bracket) = Bracket::of(text, root) {
        return match root.get(kind) {
            Some(section) => {
                let bracket = Bracket::of(text, section).ok_or_else(|| format!("`{kind}` is not a section"))?;
                Ok(json::into(text, section, &bracket, entries, "  ", hand))
            }
            None => Ok(json::section(text, &bracket, kind, entries, "  ", hand)),
        };
    }
    let map = root.map().ok_or("the spec is not a map of sections")?;
    let Some((key, section)) = map.iter().find(|(key, _)| key.text == kind) else {
        return Ok(new_section(text, root, map, kind, entries, hand));
    };
    alias::check(text, root, &[Step::Key(kind.to_owned())])?;
    let place = Style::of(text, root).entries(text, key, section);
    let printed: String = entries.iter().map(|entry| print::yaml_entry(hand, &place, entry)).collect();
    let line_behind = next_line(text, section.span.end as usize);
    if let Data::Null = section.data {
        let written = section.span.start as usize..section.span.end as usize;
        let mut layouts = vec![];
        for at in [end_of_comments(text, line_behind, &place.at), line_behind] {
            let put = Splice::insert(at, own_line(text, at, &printed));
            layouts.push(vec![Splice::replace(written.clone(), ""), put]);
        }
        return Ok(layouts);
    }
    let Some(bracket) = Bracket::of(text, section) else {
        if section.map().is_none() {
            return Err(format!("`{kind}` is not a section"));
        }
        let apart = if lies_apart(text, section) { "\n" } else { "" };
        return Ok(behind_block(text, section, &place.at, &printed, apart));
    };
    let mut layouts = vec![];
    let inner = text.get(bracket.at.start + 1..bracket.at.end - 1);
    if bracket.members.is_empty() && inner.is_some_and(is_blank) {
        let spaces = before(text, bracket.at.start).len() - before(text, bracket.at.start).trim_end().len();
        let gone = Splice::replace(bracket.at.start - spaces..bracket.at.end, "");
        let at = end_of_comments(text, line_behind, &place.at);
        layouts.push(vec![gone, Splice::insert(at, own_line(text, at, &printed))]);
    }
    layouts.extend(json::into(text, section, &bracket, entries, "  ", hand));
    Ok(layouts)
}

/// Ways to put lines behind those of a block.
pub fn behind_block(text: &str, block: &Node, indent: &str, printed: &str, gap: &str) -> Vec<Layout> {
    let end = block.span.end as usize;
    let put = |at: usize| vec![Splice::insert(at, own_line(text, at, &format!("{gap}{printed}")))];
    let own = next_line(text, end);
    let mut places = vec![];
    if is_blank(behind(text, end)) || is_comment(behind(text, end)) {
        places.push(end_of_comments(text, own, indent));
        places.push(own);
    }
    // What ends in lines that are kept blank goes on up to what follows.
    let text_follows =
        lines(text, own, text.len()).find(|at| !is_blank(line(text, *at)) && !is_comment(line(text, *at)));
    places.push(text_follows.unwrap_or(text.len()));
    places.into_iter().map(put).collect()
}

/// Behind the comments from a line on that stand at least as deep as this.
fn end_of_comments(text: &str, from: usize, indent: &str) -> usize {
    let mut end = from;
    for at in lines(text, from, text.len()) {
        let line = line(text, at);
        let deep = line.len() - line.trim_start_matches(' ').len() >= indent.len();
        if is_comment(line) && deep && !indent.is_empty() {
            end = next_line(text, at);
        } else if !is_blank(line) {
            break;
        }
    }
    end
}

/// Where the document ends that begins the text: before `...`.
pub fn end_of_document(text: &str, from: usize) -> usize {
    let ends = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with("..."));
    lines(text, line_start(text, from), text.len()).find(ends).unwrap_or(text.len())
}

fn new_section(
    text: &str,
    root: &Node,
    map: &[(Key, Node)],
    kind: &str,
    entries: &[&Entry],
    hand: Hand,
) -> Vec<Layout> {
    let style = Style::of(text, root);
    let outer = before(text, root.span.start as usize);
    let entry = Indent { at: format!("{outer}{}", style.entry), step: style.field };
    let printed: String = entries.iter().map(|one| print::yaml_entry(hand, &entry, one)).collect();
    let printed = format!("{outer}{}:\n{printed}", hand.key(kind));
    let apart = map.len() < 2 || lies_apart(text, root);
    let gap = |at: usize| {
        let above = text.get(..at).unwrap_or_default().lines().next_back().unwrap_or_default();
        if apart && !is_blank(above) { "\n" } else { "" }
    };
    let mut layouts = vec![];
    let end = end_of_document(text, root.span.end as usize);
    layouts.push(vec![Splice::insert(end, own_line(text, end, &format!("{}{printed}", gap(end))))]);
    layouts.extend(behind_block(text, root, outer, &printed, ""));
    layouts
}

/// Whether a blank line stands above a block's last key.
fn lies_apart(text: &str, block: &Node) -> bool {
    let inside = |key: &&Key| block.span.start < key.span.start && key.span.end <= block.span.end;
    let Some(map) = block.map() else { return false };
    let Some(last) = map.iter().map(|(key, _)| key).rfind(inside) else { return false };
    let mut at = line_start(text, last.span.start as usize);
    while at > 0 {
        let above = line_start(text, at - 1);
        if !is_comment(line(text, above)) {
            return is_blank(line(text, above));
        }
        at = above;
    }
    false
}

/// How far in a file's entries stand behind their sections, and their fields behind them.
pub struct Style {
    pub entry: String,
    pub field: String,
}

impl Style {
    pub fn of(text: &str, root: &Node) -> Style {
        let outer = column(text, root);
        let sections = || root.map().unwrap_or_default().iter().map(|(_, section)| section);
        let entry = sections().find_map(|one| deeper(text, one, outer));
        let field = sections().find_map(|section| {
            let entry = column(text, section);
            section.map()?.iter().find_map(|(_, one)| deeper(text, one, entry))
        });
        let step = entry.or(field).unwrap_or(2);
        Style { entry: " ".repeat(step), field: " ".repeat(field.unwrap_or(step)) }
    }

    /// Of the entries of this section.
    fn entries(&self, text: &str, key: &Key, section: &Node) -> Indent {
        let block = section.map().is_some_and(|map| !map.is_empty()) && Bracket::of(text, section).is_none();
        let at = match block {
            true => " ".repeat(column(text, section)),
            false => format!("{}{}", " ".repeat(width(before(text, key.span.start as usize))), self.entry),
        };
        let own = section.map().unwrap_or_default().iter().find_map(|(_, one)| deeper(text, one, at.len()));
        Indent { at, step: own.map_or_else(|| self.field.clone(), |step| " ".repeat(step)) }
    }
}

/// How much deeper than `outer` a block map stands.
fn deeper(text: &str, node: &Node, outer: usize) -> Option<usize> {
    let map = node.map().filter(|map| !map.is_empty())?;
    let key = map.iter().map(|(key, _)| key).find(|key| node.span.start <= key.span.start)?;
    let alone = is_blank(before(text, key.span.start as usize)) && Bracket::of(text, node).is_none();
    column(text, node).checked_sub(outer).filter(|step| alone && *step > 0)
}

/// Characters that stand on the line before a node.
pub fn column(text: &str, node: &Node) -> usize {
    width(before(text, node.span.start as usize))
}

fn width(before: &str) -> usize {
    before.chars().count()
}
