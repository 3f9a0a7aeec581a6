//! Values changed where they stand.

mod statements;
mod tree;

use super::alias;
use super::inline::Hand;
use super::meant::{Meant, place};
use super::statement::Document;
use super::{Change, Entry, Layout, Refusal, Step, first_right, put_group, read, reads};
use crate::syntax::{Format, Node};
use crate::value::Value;
use std::collections::HashMap;

/// The text with changes made one after another.
pub fn change(text: &str, format: Format, changes: &[Change]) -> Result<String, Refusal> {
    let (done, refused) = each(text, format, &by_entry(changes));
    refused.into_iter().flatten().next().map_or(Ok(done), Err)
}

/// Changes of each entry; all of them together if one is of more than an entry.
pub fn by_entry(changes: &[Change]) -> Vec<Vec<&Change>> {
    let mut jobs: Vec<Vec<&Change>> = vec![];
    let mut known: HashMap<&[Step], usize> = HashMap::new();
    for change in changes {
        let Some(entry) = path(change).get(..2) else { return vec![changes.iter().collect()] };
        let at = *known.entry(entry).or_insert(jobs.len());
        match jobs.get_mut(at) {
            Some(job) => job.push(change),
            None => jobs.push(vec![change]),
        }
    }
    jobs
}

/// The text with as many of these jobs made as can be, each of them whole, and why the others are refused. No job is to
/// touch what another does.
pub fn each(text: &str, format: Format, jobs: &[Vec<&Change>]) -> (String, Vec<Option<Refusal>>) {
    let (mut later, all) = (vec![], jobs.iter().enumerate().collect::<Vec<_>>());
    let mut text = at_once(text.to_owned(), format, &all, &mut later);
    let mut refused = vec![None; jobs.len()];
    later.sort_by_key(|(at, _)| *at);
    for (at, job) in later {
        match job.iter().try_fold(text.clone(), |text, change| one(&text, format, change)) {
            Ok(done) => text = done,
            Err(why) => refused.get_mut(at).into_iter().for_each(|one| *one = Some(why.clone())),
        }
    }
    (text, refused)
}

type Job<'c> = (usize, &'c Vec<&'c Change>);

/// The text with jobs made that do not meet, which saves reading it behind each; the others are for `later`.
fn at_once<'c>(text: String, format: Format, jobs: &[Job<'c>], later: &mut Vec<Job<'c>>) -> String {
    let spec = match (jobs, Spec::read(&text, format)) {
        ([] | [(_, _)], _) if jobs.iter().all(|(_, job)| job.len() < 2) => Err(()),
        (_, spec) => spec.map_err(drop),
    };
    let Ok(spec) = spec else {
        later.extend(jobs);
        return text;
    };
    let mut meant = Meant::from(&spec.root);
    let (mut layout, mut taken) = (vec![], vec![]);
    let drafts: Vec<_> = jobs.iter().map(|(_, job)| spec.draft(job)).collect();
    let apart = apart(&drafts);
    for ((job, draft), apart) in jobs.iter().zip(drafts).zip(apart) {
        match draft {
            Some(draft) if apart && meant.all(job.1).is_ok() => {
                layout.extend(draft);
                taken.push(*job);
            }
            _ => later.push(*job),
        }
    }
    if let Some(done) = first_right(&text, format, &[layout], &meant) {
        return done;
    }
    match taken.as_slice() {
        [] => text,
        [one] => {
            later.push(*one);
            text
        }
        many => {
            let (first, second) = many.split_at(many.len() / 2);
            let text = at_once(text, format, first, later);
            at_once(text, format, second, later)
        }
    }
}

/// Of each layout, whether no splice of it meets one before.
fn apart(drafts: &[Option<Layout>]) -> Vec<bool> {
    let of = |(at, draft): (usize, &'_ Option<Layout>)| {
        draft.iter().flatten().map(|splice| (at, splice.at.clone())).collect::<Vec<_>>()
    };
    let mut splices: Vec<_> = drafts.iter().enumerate().flat_map(of).collect();
    splices.sort_by_key(|(_, at)| at.start);
    let (mut apart, mut end) = (vec![true; drafts.len()], 0);
    for (draft, at) in splices {
        match apart.get_mut(draft) {
            Some(apart) if at.start < end => *apart = false,
            _ => end = at.end,
        }
    }
    apart
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

    /// What makes the changes of a job, as long as they do not build on one another; `None` if that takes more.
    fn draft(&self, job: &[&Change]) -> Option<Layout> {
        let mut draft = vec![];
        for change in job {
            let parts = match change {
                Change::Set(path, value) => match find(&self.root, path).map(Value::from) {
                    Some(old) if old == *value => continue,
                    Some(old) => parts(&old, value, path, false),
                    None if as_entry(&self.root, path, value).is_some() => return None,
                    None => None,
                },
                _ => None,
            };
            for part in parts.as_deref().unwrap_or(std::slice::from_ref(*change)) {
                draft.extend(self.layouts(part, self.hand).ok()?.into_iter().next()?);
            }
        }
        Some(draft)
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
    let path = path(change);
    alias::shared(text, root, path).unwrap_or_else(|| {
        format!("`{}` is written in a way that no change is sure to be right in: change it by hand", place(path))
    })
}

pub fn path(change: &Change) -> &[Step] {
    let (Change::Set(path, _) | Change::Append(path, _) | Change::Remove(path)) = change;
    path
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
