//! What an expectation that failed must say to hold of what was found, in the shape that it has.

use crate::edit::{Change, Step};
use crate::matcher;
use crate::resource::Course;
use crate::secret::is_secret_name;
use crate::spec::Profile;
use crate::syntax::{Data, Format, Node, Span, parse};
use crate::value::{Type, Value};
use crate::verdict::{Outcome, Verdict};
use ::time::Duration;

mod bound;
mod compared;
mod data;
mod list;
mod settle;
mod shape;

#[cfg(test)]
mod tests;

pub use settle::{Settled, Wanted, settle};

/// A file of a spec as it is written.
pub struct Page<'s> {
    pub text: &'s str,
    pub format: Format,
    pub root: Node<'s>,
}

impl<'s> Page<'s> {
    /// `file` is what spans of its claims have. `None` of a text that does not read as what it should be.
    pub fn read(text: &'s str, file: u32, format: Format) -> Option<Page<'s>> {
        let (root, wrong) = parse(text, file, format);
        root.filter(|_| wrong.is_empty()).map(|root| Page { text, format, root })
    }

    /// Whether a comment stands in a node, or behind the last line of its block.
    fn has_comment(&self, node: &Node) -> bool {
        if self.format == Format::Json {
            return false;
        }
        let (start, end) = (node.span.start as usize, node.span.end as usize);
        let end = match self.text.as_bytes().get(start) {
            Some(b'[' | b'{') => end,
            _ => self.text.get(end..).and_then(|behind| behind.find('\n')).map_or(self.text.len(), |line| end + line),
        };
        let (mut words, mut from) = (vec![], start);
        said(node, &mut words);
        words.sort_unstable();
        words.push((end, end));
        words.into_iter().filter(|(first, _)| (start..=end).contains(first)).any(|(first, last)| {
            let gap = self.text.get(from..first).unwrap_or_default();
            from = from.max(last);
            gap.contains('#')
        })
    }

    fn at(&self, path: &[Step]) -> Option<&Node<'s>> {
        path.iter().try_fold(&self.root, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.list()?.get(*index),
        })
    }
}

/// Where keys and scalars in a node begin and end.
fn said(node: &Node, words: &mut Vec<(usize, usize)>) {
    let at = |span: Span| (span.start as usize, span.end as usize);
    match &node.data {
        Data::Map(map) => map.iter().for_each(|(key, value)| {
            words.push(at(key.span));
            said(value, words);
        }),
        Data::List(list) => list.iter().for_each(|one| said(one, words)),
        _ => words.push(at(node.span)),
    }
}

/// The changes to the spec that make `verdict` pass; the error is why it is left to a person. `page` is the file that the
/// verdict's expectation stands in.
pub fn changes(verdict: &Verdict, page: &Page) -> Result<Vec<Change>, String> {
    wanted(verdict, page).map_err(|why| match verdict.hide(&Value::Text(why)) {
        Value::Text(why) => why,
        _ => "it is a secret".into(),
    })
}

fn wanted(verdict: &Verdict, page: &Page) -> Result<Vec<Change>, String> {
    if let Outcome::Unknown(fault) = &verdict.outcome {
        return Err(format!("it could not be observed: {fault}"));
    }
    if verdict.claim.profile == Profile::Goss {
        return Err("it is a goss file's".into());
    }
    let found = match &verdict.found {
        _ if verdict.outcome != Outcome::Fail => return Ok(vec![]),
        Some(found) => found,
        None => return Err("nothing was found".into()),
    };
    let entry = entry(verdict, page)?;
    let changes = match place(verdict) {
        Place::Presence => presence(verdict, page, entry, found)?,
        Place::Key(_, Type::Secret, _) => {
            return Err("it is a secret, which is never written from what was found".into());
        }
        Place::Check => return Err("what is found cannot tell what to write: change it by hand".into()),
        Place::Key(path, ty, course) => {
            lasting(verdict, course)?;
            let announced = |step: &Step| matches!(step, Step::Key(key) if is_secret_name(key));
            if path.iter().skip(1).any(announced) {
                return Err("its name announces a secret, which is never written from what was found".into());
            }
            let path = [entry, path].concat();
            let node = page.at(&path).filter(|node| node.span == verdict.expectation.span);
            let node = node.ok_or("its place in the file was not found")?;
            readable(found)?;
            shape::fit(verdict, page, path, node, ty, found)?
        }
    };
    match changes.is_empty() {
        true => Err("what was found does not tell what to write: change it by hand".into()),
        false => Ok(changes),
    }
}

/// Where in its entry an expectation stands.
enum Place {
    Presence,
    /// The key, and the argument if it is a lookup.
    Key(Vec<Step>, Type, Course),
    /// Text that the thing must be good for.
    Check,
}

fn place(verdict: &Verdict) -> Place {
    let claim = verdict.claim;
    let index = claim.tests.iter().position(|test| std::ptr::eq(test, verdict.expectation));
    let Some(ask) = index.and_then(|index| claim.asks.get(index)) else { return Place::Presence };
    let keys = (claim.kind.keys)();
    let Some(key) = keys.get(ask.key) else { return Place::Presence };
    if key.input.is_some() {
        return Place::Check;
    }
    let mut path = vec![Step::Key(key.name.to_owned())];
    if key.argument.is_some() {
        path.push(Step::Key(ask.argument.to_string()));
    }
    Place::Key(path, key.ty, key.course)
}

/// The way to the entry's body.
fn entry(verdict: &Verdict, page: &Page) -> Result<Vec<Step>, String> {
    let claim = verdict.claim;
    let section = page.root.get(claim.kind.name).and_then(Node::map).unwrap_or_default();
    let key = section.iter().find(|(key, _)| key.span == claim.span).map(|(key, _)| key.text.clone().into_owned());
    let key = key.ok_or("its entry was not found in the file")?;
    Ok(vec![Step::Key(claim.kind.name.to_owned()), Step::Key(key)])
}

/// What says that the thing is there, or that it is not: said where nothing says it, and left unsaid where the entry has
/// more to say of it.
fn presence(verdict: &Verdict, page: &Page, entry: Vec<Step>, found: &Value) -> Result<Vec<Change>, String> {
    let there = match found {
        Value::Bool(there) => *there,
        Value::No(_) => false,
        other => return Err(format!("{other} does not say whether it is there")),
    };
    let Some(presence) = verdict.claim.kind.presence else { return Err("its kind is always there".into()) };
    let path = [entry, vec![Step::Key(presence.name.to_owned())]].concat();
    if verdict.expectation.implied {
        return Ok(vec![Change::Set(path, Value::Bool(there))]);
    }
    let node = page.at(&path).ok_or("its place in the file was not found")?;
    if there && !verdict.claim.tests.is_empty() && node.scalar().is_some() {
        return Ok(vec![Change::Remove(path)]);
    }
    shape::fit(verdict, page, path, node, Type::Bool, &Value::Bool(there))
}

/// Refuses what would fail again a moment later.
fn lasting(verdict: &Verdict, course: Course) -> Result<(), String> {
    let end = Value::Duration(Duration::MAX);
    match course {
        Course::Stays => Ok(()),
        // A bound from below holds ever after.
        Course::Grows if verdict.expectation.test.holds(&end) == Ok(true) => Ok(()),
        Course::Grows => Err("it grows by itself, so that what was found does not last: change it by hand".into()),
        Course::Wavers => Err("it is another at every look: write a bound with room to spare by hand".into()),
    }
}

/// What can be written down of what was found at all.
fn readable(found: &Value) -> Result<(), String> {
    match found {
        Value::Absent => Err("nothing was found under this key: take it away by hand".into()),
        Value::Unfit(why) => Err(format!("there is nothing to write down: {why}")),
        Value::Secret(_) => Err("it is a secret, which is never written from what was found".into()),
        Value::Partial(part) => Err(format!("not all of it was seen: {}", part.1)),
        Value::Excerpt(_) => Err("the text is too long to be kept: change it by hand".into()),
        Value::Content(content) => match content.cut {
            Some(bound) => Err(format!("only the first {} was read", crate::quantity::size(bound))),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether what `data` says under a key of type `ty` holds of all of `seen`.
fn holds(data: &Value, ty: Type, seen: &[Value]) -> bool {
    let text = data.to_json().to_string();
    let (Some(node), _) = parse(&text, 0, Format::Json) else { return false };
    let mut wrong = vec![];
    let test = matcher::lower(&node, ty, &mut wrong);
    wrong.is_empty() && test.is_some_and(|test| seen.iter().all(|one| test.holds(one) == Ok(true)))
}

/// A matcher with this name.
fn operator(name: &str, operand: Value) -> Value {
    Value::Map(vec![(name.to_owned(), operand)])
}
