//! Migrated entries without what a strict spec refuses.

use super::{Remark, Written};
use crate::resource::Kind;
use crate::spec;
use crate::syntax::{self, Format, Span};
use crate::value::Value;

/// The entry with what is refused of it taken away and told of: what is left is read without an error.
pub fn checked(entry: Written) -> Written {
    let Written { kind, name, mut body, mut remarks, .. } = entry;
    let presence = Kind::find(kind).and_then(|kind| kind.presence).map(|presence| presence.name);
    let lost = loop {
        let Some(Refused { key, element, why }) = refused(kind, &name, &body) else { break None };
        let Some(at) = key.and_then(|key| body.iter().position(|(name, _)| *name == key)) else { break Some(why) };
        if let (Some((key, Value::List(list))), Some(element)) = (body.get_mut(at), element)
            && list.len() > 1
            && element < list.len()
        {
            remarks.push(Remark::Lost(format!("`{}` of `{key}`: {why}", short(&list.remove(element)))));
            continue;
        }
        let (key, value) = body.remove(at);
        let what = format!("`{key}: {}`: {why}", short(&value));
        // Without it the entry would say that the thing is there.
        if presence == Some(key.as_str()) {
            body.insert(at, (key, value));
            break Some(what);
        }
        remarks.push(Remark::Lost(what));
    };
    remarks.sort();
    remarks.dedup();
    Written { kind, name, body, remarks, lost }
}

fn short(value: &Value) -> String {
    value.to_json_within(&mut 80).to_string()
}

/// What a strict spec has against an entry.
struct Refused {
    /// The key that it is about, and the element of its list.
    key: Option<String>,
    element: Option<usize>,
    why: String,
}

/// What is wrong with an entry first.
fn refused(kind: &str, name: &str, body: &[(String, Value)]) -> Option<Refused> {
    let text = Value::Map(vec![(kind.into(), Value::Map(vec![(name.into(), Value::Map(body.to_vec()))]))]);
    let text = text.to_json().to_string();
    let (tree, mut wrong) = syntax::parse(&text, 0, Format::Json);
    let tree = tree?;
    let map = tree.get(kind).and_then(|section| section.get(name)).and_then(|entry| entry.map());
    let place = |(key, value): &(syntax::Key, syntax::Node)| {
        let elements = value.list().unwrap_or_default().iter().map(|one| one.span).collect();
        (key.text.to_string(), Span { end: value.span.end, ..key.span }, elements)
    };
    let places: Vec<(String, Span, Vec<Span>)> = map.into_iter().flatten().map(place).collect();
    spec::lower(tree, &mut wrong);
    let one = wrong.into_iter().next()?;
    let within = |span: &Span| span.start <= one.span.start && one.span.start < span.end;
    let place = places.into_iter().find(|(_, span, _)| within(span));
    let element = place.as_ref().and_then(|(_, _, elements)| elements.iter().position(within));
    Some(Refused { key: place.map(|(key, ..)| key), element, why: one.message })
}
