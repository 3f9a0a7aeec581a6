//! Values of YAML and JSON.

use super::{find, written};
use crate::edit::block::{self, Indent};
use crate::edit::bracket::{Bracket, Place};
use crate::edit::inline::Hand;
use crate::edit::splice::{
    Splice, before, behind, indent, is_blank, line, line_end, line_start, lines, next_line, own_line,
};
use crate::edit::yaml::{Style, behind_block, column, end_of_document};
use crate::edit::{Change, Layout, Refusal, Step, alias};
use crate::syntax::{Data, Format, Node};
use crate::value::Value;

/// Ways to make a change, the best first; refused where it is no change of what stands at the path.
pub fn change(text: &str, root: &Node, change: &Change, hand: Hand) -> Result<Vec<Layout>, Refusal> {
    if hand.format == Format::Yaml {
        match change {
            Change::Set(path, _) | Change::Append(path, _) => alias::check(text, root, path)?,
            Change::Remove(path) => _ = alias::reach(text, root, path)?,
        }
    }
    let editor = Editor { text, root, hand };
    Ok(match change {
        Change::Set(path, value) => match find(root, path) {
            Some(_) => {
                let place = editor.place(path)?;
                editor.set(&place, value)
            }
            None => {
                let (last, above) = path.split_last().ok_or("the whole spec cannot be added")?;
                let place = editor.place(above)?;
                match last {
                    Step::Key(key) => editor.add(&place, key, value),
                    Step::Index(_) => vec![],
                }
            }
        },
        Change::Append(path, value) => {
            let place = editor.place(path)?;
            editor.append(place.node, value)
        }
        Change::Remove(path) => {
            let (last, above) = path.split_last().ok_or("the whole spec cannot be removed")?;
            editor.place(path)?;
            let place = editor.place(above)?;
            editor.remove(&place, last)
        }
    })
}

struct Editor<'e, 's> {
    text: &'e str,
    root: &'e Node<'s>,
    hand: Hand,
}

/// A node and what it stands behind.
struct At<'e, 's> {
    node: &'e Node<'s>,
    /// Where the key or dash before it begins, and where its colon or the dash ends.
    hook: Option<(usize, usize)>,
    /// Whether brackets are around it.
    flow: bool,
}

impl<'e, 's> Editor<'e, 's> {
    fn place(&self, path: &[Step]) -> Result<At<'e, 's>, Refusal> {
        let mut at = At { node: self.root, hook: None, flow: false };
        for step in path {
            let flow = at.flow || Bracket::of(self.text, at.node).is_some();
            let parent = at.node;
            let missing = || "it does not stand there".to_owned();
            let (node, hook) = match step {
                Step::Key(name) => {
                    let found = parent.map().and_then(|map| map.iter().find(|(key, _)| key.text == *name));
                    let (key, node) = found.ok_or_else(missing)?;
                    let end = key.span.end as usize;
                    let gap = self.text.get(end..node.span.start as usize).unwrap_or_default();
                    (node, gap.find(':').map(|colon| (key.span.start as usize, end + colon + 1)))
                }
                Step::Index(at) => {
                    let node = parent.list().and_then(|list| list.get(*at)).ok_or_else(missing)?;
                    (node, self.dash(parent, *at).filter(|_| !flow).map(|dash| (dash, dash + 1)))
                }
            };
            at = At { node, hook, flow };
        }
        Ok(at)
    }

    /// Where the `-` of an element stands.
    fn dash(&self, list: &Node, at: usize) -> Option<usize> {
        let Some(before) = at.checked_sub(1).and_then(|at| list.list()?.get(at)) else {
            return Some(list.span.start as usize);
        };
        let from = next_line(self.text, before.span.end as usize);
        let until = list.list()?.get(at)?.span.start as usize;
        let dash = |at: usize| {
            let line = line(self.text, at);
            let dash = line.trim_start_matches(' ');
            dash.starts_with('-').then(|| at + line.len() - dash.len())
        };
        lines(self.text, from, until.max(from + 1)).find_map(dash)
    }

    fn step(&self) -> String {
        match self.hand.format {
            Format::Yaml => Style::of(self.text, self.root).field,
            _ => match Bracket::of(self.text, self.root).and_then(|root| root.place(self.text)) {
                Some(Place::Line(at)) if !at.is_empty() => at,
                _ => "  ".into(),
            },
        }
    }

    fn set(&self, at: &At, value: &Value) -> Vec<Layout> {
        let (text, hand) = (self.text, if at.flow { self.hand.inside() } else { self.hand });
        let old = at.node.span.start as usize..at.node.span.end as usize;
        let gap = at.hook.and_then(|(_, end)| Some((end, text.get(end..old.start)?)));
        // A text in a block begins with `|` or `>`, before its first line.
        let mark = gap.filter(|(_, gap)| gap.contains('\n')).and_then(|(end, gap)| {
            let head = gap.lines().next().unwrap_or_default();
            let head = head.split('#').next().unwrap_or_default();
            head.find(['|', '>']).filter(|_| at.node.text().is_some()).map(|mark| end + mark)
        });
        let scalar = mark.unwrap_or(old.start)..old.end;
        let nothing = scalar.is_empty();
        let put = |value: String| {
            let space = if nothing && !before(text, scalar.start).ends_with(' ') { " " } else { "" };
            vec![Splice::replace(scalar.clone(), format!("{space}{value}"))]
        };
        let mut layouts = vec![];
        if let (Value::Text(new), Data::Text(_), None, false) = (value, &at.node.data, mark, hand.quoted) {
            layouts.extend(hand.quoted_as(written(text, at.node), new).map(put));
        }
        let json = hand.format == Format::Json;
        if json && self.text.trim_end().contains('\n') {
            let indent = Indent { at: indent(line(text, old.start)).to_owned(), step: self.step() };
            layouts.push(put(block::value(hand, &indent, before(text, old.start).len() - indent.at.len(), value)));
        }
        let block = !json && !at.flow && Bracket::of(text, at.node).is_none();
        let collection = at.node.map().is_some() || at.node.list().is_some();
        if block && collection {
            let indent = Indent { at: " ".repeat(column(text, at.node)), step: self.step() };
            let printed = match (value, &at.node.data) {
                (Value::Map(map), Data::Map(_)) if !map.is_empty() => Some(block::fields(hand, &indent, map)),
                (Value::List(list), Data::List(_)) if !list.is_empty() => Some(block::items(hand, &indent, list)),
                _ => None,
            };
            layouts.extend(printed.map(put));
            if let Some((_, end)) = at.hook.filter(|(_, end)| line_end(text, *end) < old.start) {
                // Behind an anchor or tag, before a comment.
                let head = behind(text, end).split(" #").next().unwrap_or_default();
                let value = format!(" {}", hand.inside().value(value));
                let gone = Splice::replace(line_end(text, end)..old.end, "");
                layouts.push(vec![Splice::insert(end + head.trim_end().len(), value), gone]);
            }
        } else if let (true, Some((start, end))) = (!json && !at.flow, at.hook) {
            let indent = Indent { at: " ".repeat(before(text, start).chars().count()), step: self.step() };
            if let Some(printed) = block::behind(hand, &indent, end - start + 1, value) {
                let (head, lines) = printed.split_once('\n').unwrap_or((&printed, ""));
                let old = Splice::replace(unspaced(text, scalar.start)..scalar.end, head);
                layouts.push(vec![old, Splice::insert(line_end(text, scalar.end), format!("\n{lines}"))]);
            }
        }
        layouts.push(put(hand.inside().value(value)));
        layouts
    }

    fn add(&self, at: &At, key: &str, value: &Value) -> Vec<Layout> {
        let (text, hand, node) = (self.text, self.hand, at.node);
        if let Some(bracket) = Bracket::of(text, node) {
            let flat = hand.inside().pair(key, value);
            return self.member(&bracket, &flat, |indent| block::pair(hand.inside(), indent, key, value));
        }
        if self.hand.format == Format::Json {
            return vec![vec![Splice::replace(0..text.len(), format!("{{\n  {}\n}}\n", hand.pair(key, value)))]];
        }
        let line = |at: String| {
            let indent = Indent { at, step: self.step() };
            format!("{}{}\n", indent.at, block::pair(hand, &indent, key, value))
        };
        match (&node.data, at.hook) {
            (Data::Null, None) => {
                let at = end_of_document(text, 0);
                vec![vec![Splice::insert(at, own_line(text, at, &line(String::new())))]]
            }
            (Data::Null, Some((start, _))) if !at.flow => {
                let indent = format!("{}{}", " ".repeat(before(text, start).chars().count()), self.step());
                let at = next_line(text, node.span.end as usize);
                let gone = Splice::replace(unspaced(text, node.span.start as usize)..node.span.end as usize, "");
                vec![vec![gone, Splice::insert(at, own_line(text, at, &line(indent)))]]
            }
            (Data::Null, _) => self.set(at, &Value::Map(vec![(key.to_owned(), value.clone())])),
            _ => {
                let indent = " ".repeat(column(text, node));
                behind_block(text, node, &indent, &line(indent.clone()), "")
            }
        }
    }

    fn append(&self, list: &Node, value: &Value) -> Vec<Layout> {
        let (text, hand) = (self.text, self.hand);
        if let Some(bracket) = Bracket::of(text, list) {
            let flat = hand.inside().value(value);
            return self.member(&bracket, &flat, |indent| block::value(hand.inside(), indent, 0, value));
        }
        let indent = Indent { at: " ".repeat(column(text, list)), step: self.step() };
        let line = format!("{}{}\n", indent.at, block::item(hand, &indent, value));
        behind_block(text, list, &indent.at, &line, "")
    }

    fn member(&self, bracket: &Bracket, flat: &str, in_lines: impl Fn(&Indent) -> String) -> Vec<Layout> {
        let text = self.text;
        let place = bracket.place(text).unwrap_or(Place::Row);
        let member = match &place {
            Place::Line(at) if self.hand.format == Format::Json => {
                in_lines(&Indent { at: at.clone(), step: self.step() })
            }
            _ => flat.to_owned(),
        };
        let flat = [flat.to_owned()];
        vec![
            bracket.insert(text, &place, &[member]),
            bracket.insert(text, &Place::Row, &flat),
            bracket.insert_at_end(text, &flat),
        ]
    }

    fn remove(&self, at: &At, step: &Step) -> Vec<Layout> {
        let (text, node) = (self.text, at.node);
        // The pieces that the node is made of: where each begins, and where its value ends.
        let pieces: Vec<(usize, usize)> = match (node.map(), node.list()) {
            (Some(map), _) => map.iter().map(|(key, one)| (key.span.start as usize, one.span.end as usize)).collect(),
            (_, Some(list)) => {
                let start = |n: usize, one: &Node| self.dash(node, n).unwrap_or(one.span.start as usize);
                list.iter().enumerate().map(|(n, one)| (start(n, one), one.span.end as usize)).collect()
            }
            _ => vec![],
        };
        let index = match step {
            Step::Key(name) => node.map().and_then(|map| map.iter().position(|(key, _)| key.text == *name)),
            Step::Index(index) => Some(*index),
        };
        let Some((start, end)) = index.and_then(|index| pieces.get(index)).copied() else { return vec![] };
        if let Some(bracket) = Bracket::of(text, node) {
            let member = bracket.members.iter().position(|member| match step {
                Step::Key(_) => member.start == start,
                Step::Index(_) => member.end == end,
            });
            return member.map(|member| bracket.remove(text, member)).unwrap_or_default();
        }
        let mut layouts = vec![];
        if is_blank(before(text, start)) && (is_blank(behind(text, end)) || behind(text, end).trim().starts_with('#')) {
            layouts.push(vec![Splice::replace(line_start(text, start)..next_line(text, end), "")]);
        }
        let next = pieces.iter().map(|(start, _)| *start).filter(|other| *other > start).min();
        layouts.extend(next.map(|next| vec![Splice::replace(start..next, "")]));
        if pieces.len() == 1 {
            let empty = if node.map().is_some() { Value::Map(vec![]) } else { Value::List(vec![]) };
            layouts.extend(self.set(at, &empty));
        }
        layouts
    }
}

/// Where the blanks before a place begin.
fn unspaced(text: &str, at: usize) -> usize {
    text.get(..at).map_or(at, |above| above.trim_end_matches(' ').len())
}
