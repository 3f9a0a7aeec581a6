//! Entries into JSON, and into brackets of YAML.

use super::block::Indent;
use super::bracket::{Bracket, Place};
use super::inline::Hand;
use super::splice::{Splice, indent, line};
use super::{Entry, Layout, Refusal, print};
use crate::syntax::{Data, Format, Node};
use crate::value::Value;

/// Ways to put entries into one section, the best first.
pub fn put(text: &str, root: &Node, kind: &str, entries: &[&Entry], hand: Hand) -> Result<Vec<Layout>, Refusal> {
    if let Data::Null = root.data {
        return Ok(vec![vec![Splice::insert(text.len(), print::section(hand, kind, entries, "  "))]]);
    }
    let bracket = Bracket::of(text, root).ok_or("the spec is not a map of sections")?;
    let step = step(text, &bracket);
    match root.get(kind) {
        Some(section) => {
            let bracket = Bracket::of(text, section).ok_or_else(|| format!("`{kind}` is not a section"))?;
            Ok(into(text, section, &bracket, entries, &step, hand))
        }
        None => Ok(section(text, &bracket, kind, entries, &step, hand)),
    }
}

/// Ways to put entries into a section in brackets.
pub fn into(text: &str, node: &Node, bracket: &Bracket, entries: &[&Entry], step: &str, hand: Hand) -> Vec<Layout> {
    let flat = |entry: &&Entry| hand.inside().pair(&entry.name, &Value::Map(entry.body.clone()));
    let flats = || entries.iter().map(flat).collect::<Vec<_>>();
    let place = match bracket.place(text) {
        Some(place) => place,
        None if hand.format == Format::Json && !hand.tight => {
            Place::Line(format!("{}{step}", indent(line(text, bracket.at.start))))
        }
        None => Place::Row,
    };
    let written = |one: &Node| text.get(one.span.start as usize..one.span.end as usize).unwrap_or_default();
    let in_lines = node.map().and_then(|map| map.last()).is_none_or(|(_, last)| written(last).contains('\n'));
    let members = match &place {
        Place::Line(at) if in_lines && hand.format == Format::Json => {
            let indent = Indent { at: at.clone(), step: step.to_owned() };
            entries.iter().map(|entry| print::json_entry(hand.inside(), &indent, entry)).collect()
        }
        Place::Line(at) if hand.format == Format::Yaml => {
            let member = |entry: &&Entry| {
                let all = format!("{}{at}{}", print::comment(at, &entry.remarks), flat(entry));
                all.strip_prefix(at.as_str()).unwrap_or(&all).to_owned()
            };
            entries.iter().map(member).collect()
        }
        _ => flats(),
    };
    vec![
        bracket.insert(text, &place, &members),
        bracket.insert(text, &Place::Row, &flats()),
        bracket.insert_at_end(text, &flats()),
    ]
}

pub fn section(text: &str, bracket: &Bracket, kind: &str, entries: &[&Entry], step: &str, hand: Hand) -> Vec<Layout> {
    let body = Value::Map(entries.iter().map(|one| (one.name.clone(), Value::Map(one.body.clone()))).collect());
    let flat = hand.inside().pair(kind, &body);
    let json = hand.format == Format::Json;
    let place = match bracket.place(text) {
        Some(place) => place,
        None if json && !hand.tight => Place::Line(format!("{}{step}", indent(line(text, bracket.at.start)))),
        None => Place::Row,
    };
    let member = match &place {
        Place::Line(at) if json => {
            let inner = Indent { at: format!("{at}{step}"), step: step.to_owned() };
            let entries: Vec<String> =
                entries.iter().map(|one| print::json_entry(hand.inside(), &inner, one)).collect();
            let lines = entries.join(&format!(",\n{}", inner.at));
            format!("{}: {{\n{}{lines}\n{at}}}", hand.key(kind), inner.at)
        }
        _ => flat.clone(),
    };
    vec![
        bracket.insert(text, &place, std::slice::from_ref(&member)),
        bracket.insert(text, &Place::Row, std::slice::from_ref(&flat)),
        bracket.insert_at_end(text, &[flat]),
    ]
}

/// What another level is indented by.
fn step(text: &str, root: &Bracket) -> String {
    match root.place(text) {
        Some(Place::Line(at)) if !at.is_empty() => at,
        _ => "  ".into(),
    }
}
