//! Values changed where they stand.

mod statements;
mod tree;

use super::inline::Hand;
use super::meant::{Meant, place};
use super::statement::Document;
use super::{Change, Entry, Layout, Refusal, Step, first_right, put_group, read, reads};
use crate::syntax::{Format, Node};
use crate::value::Value;

/// The text with changes made one after another.
pub fn change(text: &str, format: Format, changes: &[Change]) -> Result<String, Refusal> {
    let mut all = changes.iter();
    match changes {
        [_, _, ..] if let Some(done) = at_once(text, format, changes) => Ok(done),
        _ => all.try_fold(text.to_owned(), |text, one| self::one(&text, format, one)),
    }
}

/// The text with changes made that do not touch one another, which saves reading it behind each.
fn at_once(text: &str, format: Format, changes: &[Change]) -> Option<String> {
    let spec = Spec::read(text, format).ok()?;
    let mut meant = Meant::from(&spec.root);
    let mut layout = vec![];
    for change in changes {
        meant.change(change).ok()?;
        let parts = match change {
            Change::Set(path, value) => match find(&spec.root, path).map(Value::from) {
                Some(old) if old == *value => continue,
                Some(old) => parts(&old, value, path, false),
                None if as_entry(&spec.root, path, value).is_some() => return None,
                None => None,
            },
            _ => None,
        };
        for part in parts.as_deref().unwrap_or(std::slice::from_ref(change)) {
            layout.extend(spec.layouts(part, spec.hand).ok()?.into_iter().next()?);
        }
    }
    first_right(text, format, &[layout], &meant)
}

/// A text and what it says.
struct Spec<'s> {
    text: &'s str,
    root: Node<'s>,
    /// Of TOML alone.
    document: Document,
    hand: Hand,
}

impl<'s> Spec<'s> {
    fn read(text: &'s str, format: Format) -> Result<Spec<'s>, Refusal> {
        let root = read(text, format)?;
        let document = if format == Format::Toml { Document::of(text) } else { Document::default() };
        Ok(Spec { text, root, document, hand: Hand::like(text, format) })
    }

    /// Ways to make a change, the best first.
    fn layouts(&self, change: &Change, hand: Hand) -> Result<Vec<Layout>, Refusal> {
        match hand.format {
            Format::Toml => Ok(statements::change(self.text, &self.document, change, hand)),
            _ => tree::change(self.text, &self.root, change, hand),
        }
    }
}

/// The text with one change made.
fn one(text: &str, format: Format, change: &Change) -> Result<String, Refusal> {
    let spec = Spec::read(text, format)?;
    let mut meant = Meant::from(&spec.root);
    meant.change(change)?;
    let right = |done: &String| reads(done, format, &meant);
    let mended = |parts: Option<Vec<Change>>| Some(self::change(text, format, &parts?));
    let mut whole = None;
    if let Change::Set(path, value) = change {
        if let Some(entry) = as_entry(&spec.root, path, value) {
            return put_group(text, format, &entry.kind, &[&entry]);
        }
        if let Some(old) = find(&spec.root, path) {
            let before = Value::from(old);
            if before == *value {
                return Ok(text.to_owned());
            }
            match mended(parts(&before, value, path, false)) {
                Some(Ok(done)) if right(&done) => return Ok(done),
                // What aliases and merges bring would be written out.
                Some(Err(why)) if format == Format::Yaml && written(text, old).contains('*') => return Err(why),
                _ => whole = parts(&before, value, path, true),
            }
        }
    }
    for hand in [spec.hand, spec.hand.quoted()] {
        if let Some(done) = first_right(text, format, &spec.layouts(change, hand)?, &meant) {
            return Ok(done);
        }
    }
    match mended(whole) {
        Some(Ok(done)) if right(&done) => Ok(done),
        _ => Err(refused(text, &spec.root, change)),
    }
}

fn refused(text: &str, root: &Node, change: &Change) -> Refusal {
    let (Change::Set(path, _) | Change::Append(path, _) | Change::Remove(path)) = change;
    let shared = (0..=path.len()).any(|len| {
        let above = |node: &Node| text.get(..node.span.start as usize).unwrap_or_default().trim_end().to_owned();
        let anchored = |above: String| above.rsplit([' ', '\n']).next().is_some_and(|word| word.starts_with('&'));
        path.get(..len).and_then(|path| find(root, path)).is_some_and(|node| anchored(above(node)))
    });
    match shared {
        true => format!("`{}` stands behind an anchor that is used elsewhere: change it by hand", place(path)),
        false => {
            format!("`{}` is written in a way that no change is sure to be right in: change it by hand", place(path))
        }
    }
}

pub fn find<'n, 's>(root: &'n Node<'s>, path: &[Step]) -> Option<&'n Node<'s>> {
    path.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(at) => node.list()?.get(*at),
    })
}

fn written<'t>(text: &'t str, node: &Node) -> &'t str {
    text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default()
}

/// An entry that is not there yet is put among the others of its section.
fn as_entry(root: &Node, path: &[Step], value: &Value) -> Option<Entry> {
    let ([Step::Key(kind), Step::Key(name)], Value::Map(body)) = (path, value) else { return None };
    let section = root.get(kind)?;
    let new = section.map()?.iter().all(|(key, _)| key.text != *name);
    new.then(|| Entry { kind: kind.clone(), name: name.clone(), body: body.clone(), remarks: vec![] })
}

/// What makes one value of another, so that what they share stays as it is written; `None` where they share nothing, but
/// for maps if they are to become one another `anyhow`.
fn parts(old: &Value, new: &Value, path: &[Step], anyhow: bool) -> Option<Vec<Change>> {
    let to = |step: Step| path.iter().cloned().chain([step]).collect::<Vec<_>>();
    let set = |step: Step, old: &Value, new: &Value| {
        let path = to(step);
        parts(old, new, &path, false).unwrap_or_else(|| vec![Change::Set(path, new.clone())])
    };
    let mut changes = vec![];
    match (old, new) {
        (Value::Map(old), Value::Map(new)) => {
            let of = |map: &'_ [(String, Value)], key: &str| map.iter().position(|(other, _)| other == key);
            if !anyhow && !old.iter().any(|(key, _)| of(new, key).is_some()) {
                return None;
            }
            for (key, value) in new {
                match of(old, key).and_then(|at| old.get(at)) {
                    Some((_, same)) if same == value => {}
                    Some((_, other)) => changes.extend(set(Step::Key(key.clone()), other, value)),
                    None => changes.push(Change::Set(to(Step::Key(key.clone())), value.clone())),
                }
            }
            let gone = old.iter().filter(|(key, _)| of(new, key).is_none());
            changes.extend(gone.map(|(key, _)| Change::Remove(to(Step::Key(key.clone())))));
        }
        (Value::List(old), Value::List(new)) => {
            if old.len() == new.len() && old.iter().zip(new).any(|(a, b)| a == b) {
                let other = old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b);
                changes.extend(other.flat_map(|(at, (a, b))| set(Step::Index(at), a, b)));
                return Some(changes);
            }
            let (mut kept, mut gone) = (0, vec![]);
            for (at, one) in old.iter().enumerate() {
                match new.get(kept) == Some(one) {
                    true => kept += 1,
                    false => gone.push(at),
                }
            }
            if kept == 0 {
                return None;
            }
            changes.extend(gone.into_iter().rev().map(|at| Change::Remove(to(Step::Index(at)))));
            changes.extend(new.iter().skip(kept).map(|one| Change::Append(path.to_vec(), one.clone())));
        }
        _ => return None,
    }
    Some(changes)
}
