//! Values of TOML.

use crate::edit::block::{self, Indent};
use crate::edit::bracket::{Bracket, Place, step};
use crate::edit::inline::Hand;
use crate::edit::splice::{Splice, before, indent, line_start, next_line, own_line};
use crate::edit::statement::{Document, Shape, Statement, What};
use crate::edit::toml::start_of;
use crate::edit::{Change, Layout, Step};
use crate::value::Value;

/// Ways to make a change, the best first.
pub fn change(text: &str, document: &Document, change: &Change, hand: Hand) -> Vec<Layout> {
    match change {
        Change::Set(path, value) => match find(document, path) {
            Some(found) => set(text, &found, value, hand),
            None => add(text, document, path, value, hand),
        },
        Change::Append(path, value) => match find(document, path).and_then(|found| found.shape.bracket()) {
            Some(bracket) => member(text, &bracket, &hand.inside().value(value)),
            None => vec![],
        },
        Change::Remove(path) => match find(document, path) {
            Some(Found { member: Some((bracket, at)), .. }) => bracket.remove(text, at),
            Some(Found { statement, .. }) => gone(text, &[statement], hand),
            None => {
                let below: Vec<&Statement> = document.about(path).filter(|one| one.at.starts_with(path)).collect();
                gone(text, &below, hand)
            }
        },
    }
}

/// A value that stands in one piece.
struct Found<'d> {
    shape: &'d Shape,
    statement: &'d Statement,
    /// Where it is in the brackets around it.
    member: Option<(Bracket, usize)>,
}

fn find<'d>(document: &'d Document, path: &[Step]) -> Option<Found<'d>> {
    document.holding(path).find_map(|statement| {
        let What::Pair(shape) = &statement.what else { return None };
        let rest = path.strip_prefix(&*statement.at)?;
        let (shape, member) = inside(shape, rest, None)?;
        Some(Found { shape, statement, member })
    })
}

type Member = Option<(Bracket, usize)>;

fn inside<'d>(shape: &'d Shape, rest: &[Step], member: Member) -> Option<(&'d Shape, Member)> {
    let Some(first) = rest.first() else { return Some((shape, member)) };
    let bracket = shape.bracket()?;
    match shape {
        Shape::Table(_, members) => members.iter().enumerate().find_map(|(at, member)| {
            let keys: Vec<Step> = member.keys.iter().map(|key| Step::Key(key.text.clone())).collect();
            inside(&member.value, rest.strip_prefix(&*keys)?, Some((bracket.clone(), at)))
        }),
        Shape::List(_, items) => match first {
            Step::Index(at) => inside(items.get(*at)?, rest.get(1..)?, Some((bracket, *at))),
            Step::Key(_) => None,
        },
        Shape::Scalar(_) => None,
    }
}

fn set(text: &str, found: &Found, value: &Value, hand: Hand) -> Vec<Layout> {
    let at = found.shape.at();
    let old = text.get(at.clone()).unwrap_or_default();
    let statement = before(text, found.statement.start);
    let lines = Indent { at: indent(statement).to_owned(), step: step(hand.format).into() };
    let put = |value: String| vec![Splice::replace(at.clone(), value)];
    let mut layouts = vec![];
    if let (Value::Text(new), false) = (value, hand.quoted) {
        layouts.extend(hand.quoted_as(old, new).map(put));
    }
    if found.member.is_none() {
        layouts.push(put(block::value(hand, &lines, before(text, at.start).len(), value)));
    }
    layouts.push(put(hand.inside().value(value)));
    layouts
}

fn member(text: &str, bracket: &Bracket, member: &str) -> Vec<Layout> {
    let place = bracket.place(text).unwrap_or(Place::Row);
    let members = [member.to_owned()];
    vec![
        bracket.insert(text, &place, &members),
        bracket.insert(text, &Place::Row, &members),
        bracket.insert_at_end(text, &members),
    ]
}

/// A key that its table does not have yet, written as the others are.
fn add(text: &str, document: &Document, path: &[Step], value: &Value, hand: Hand) -> Vec<Layout> {
    let Some((Step::Key(key), table)) = path.split_last() else { return vec![] };
    for len in (0..=table.len()).rev() {
        let Some((above, rest)) = table.split_at_checked(len) else { continue };
        let Some(bracket) = find(document, above).and_then(|found| found.shape.bracket()) else { continue };
        let Some(name) = dotted(hand.inside(), rest, key) else { return vec![] };
        let pair = format!("{name}{}{}", hand.sign(), hand.inside().value(value));
        return member(text, &bracket, &pair);
    }
    let line = |at: usize, like: Option<&Statement>, rest: &[Step]| {
        let indent = Indent {
            at: like.map(|one| indent(before(text, one.start))).unwrap_or_default().to_owned(),
            step: step(hand.format).into(),
        };
        let name = dotted(hand, rest, key)?;
        let value = block::value(hand, &indent, name.len() + 3, value);
        let line = format!("{}{name}{}{value}\n", indent.at, hand.sign());
        Some(vec![Splice::insert(at, own_line(text, at, &line))])
    };
    let behind = |one: &Statement| next_line(text, one.end);
    let mut layouts = vec![];
    if let Some(header) = document.about(table).find(|one| one.is_header() && one.at == table) {
        let last = document.pairs_of(header).last();
        layouts.push(line(behind(last.unwrap_or(header)), Some(last.unwrap_or(header)), &[]));
    }
    let beside = |one: &&Statement| !one.is_header() && one.above <= table.len() && one.at.starts_with(table);
    if let Some(last) = document.about(table).rfind(beside) {
        layouts.push(line(behind(last), Some(last), table.get(last.above..).unwrap_or_default()));
    }
    let below = |one: &&Statement| one.is_header() && one.at.starts_with(table);
    if let Some(first) = document.about(table).find(below) {
        let at = start_of(text, first.start);
        if table.is_empty() {
            layouts.push(line(at, None, &[]));
        } else if let (Some(name), Some(pair)) = (dotted_path(hand, table), line(at, Some(first), &[])) {
            let indent = indent(before(text, first.start));
            let pair: String = pair.into_iter().map(|splice| splice.with).collect();
            layouts.push(Some(vec![Splice::insert(at, format!("{indent}[{name}]\n{pair}\n"))]));
        }
    }
    if table.is_empty() {
        layouts.push(line(text.len(), None, &[]));
    }
    layouts.into_iter().flatten().collect()
}

fn dotted(hand: Hand, steps: &[Step], key: &str) -> Option<String> {
    match steps {
        [] => Some(hand.key(key)),
        steps => Some(format!("{}.{}", dotted_path(hand, steps)?, hand.key(key))),
    }
}

fn dotted_path(hand: Hand, steps: &[Step]) -> Option<String> {
    let key = |step: &Step| match step {
        Step::Key(key) => Some(hand.key(key)),
        Step::Index(_) => None,
    };
    Some(steps.iter().map(key).collect::<Option<Vec<_>>>()?.join("."))
}

/// Statements taken out; what they stood in stays, if only as an empty table.
fn gone(text: &str, statements: &[&Statement], hand: Hand) -> Vec<Layout> {
    let lines = |one: &&Statement| {
        let (start, mut end) = (line_start(text, one.start), next_line(text, one.end));
        // A table leaves one gap, not two.
        let blank = |at: usize| crate::edit::splice::is_blank(crate::edit::splice::line(text, at));
        if one.is_header() && (start == 0 || blank(start - 1)) && end < text.len() && blank(end) {
            end = next_line(text, end);
        }
        Splice::replace(start..end, "")
    };
    let all: Layout = statements.iter().map(lines).collect();
    let mut layouts = vec![all.clone()];
    if let Some((first, above)) = statements.first().and_then(|one| Some((one, one.keys.split_last()?.1)))
        && !above.is_empty()
    {
        let name = above.iter().map(|key| hand.key(&key.text)).collect::<Vec<_>>().join(".");
        let kept = if first.is_header() { format!("[{name}]") } else { format!("{name}{}{{}}", hand.sign()) };
        let mut layout = all;
        if let Some(splice) = layout.first_mut() {
            *splice = Splice::replace(first.start..first.end, kept);
        }
        layouts.push(layout);
    }
    layouts
}
