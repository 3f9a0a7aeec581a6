//! What a spec says beside what a host has, as the spec would say it.

use super::said::{self, Entry};
use super::{Comparison, Difference, Key, Part, Party, Place, Said, Side, Spec, hide_alike, notation};
use crate::report::place::Places;
use crate::report::printable::some_of;
use crate::resource::Observed;
use crate::value::{Fault, Type, Value};
use crate::verdict::{Outcome, Verdict, judge};

/// What a text lacks, of which so many are named.
const ELEMENTS: usize = 12;

/// Compares a spec with what was seen on a host: `seen` has what came of each of its claims, in their order, but for those
/// that were not looked at.
pub fn with_host(spec: &Spec, host: &str, seen: &[Option<Observed>]) -> Comparison {
    let trees = said::trees(spec);
    let places = Places::new(spec.sources);
    let (mut entries, mut same, mut skipped) = (vec![], 0, 0);
    for (entry, seen) in said::entries(spec, &trees).iter().zip(seen) {
        let Some(seen) = seen else {
            skipped += 1;
            continue;
        };
        let keys = keys(entry, seen, &places);
        match keys.is_empty() {
            // What only a running machine could tell was not compared.
            true if matches!(seen, Err(Fault::Offline(_))) => skipped += 1,
            true => same += 1,
            false => entries.push(Difference {
                kind: entry.claim.kind.name,
                name: entry.claim.id.to_string(),
                other_name: None,
                side: Side::Both,
                places: [Place::of(&places, entry.claim.span), None],
                keys,
            }),
        }
    }
    let (a, b) = (Party::Spec(spec.name.to_owned()), Party::Host(host.to_owned()));
    Comparison { a, b, notation: notation(spec), entries, same, skipped }
}

/// The keys that are not as the spec says, or of which it is not known.
fn keys(entry: &Entry, seen: &Observed, places: &Places) -> Vec<Key> {
    let presences = usize::from(entry.claim.kind.presence.is_some() && entry.claim.presence.is_some());
    let mut keys = vec![];
    for (at, verdict) in judge(entry.claim, seen.clone()).iter().enumerate() {
        if verdict.outcome.ok() {
            continue;
        }
        // Presence is judged first.
        let index = at.checked_sub(presences);
        let expected = match index {
            Some(index) => entry.expected(index, &verdict.expectation.test),
            None => entry.point(&verdict.key).map_or(Said::Data(Value::Bool(true)), |point| entry.said(point).0),
        };
        let a = Some(Part { said: expected, place: Place::of(places, verdict.expectation.span) });
        let name = verdict.key.to_string();
        keys.push(match &verdict.outcome {
            Outcome::Unknown(fault) => Key { name, a, b: None, unknown: Some(fault.clone()), note: None },
            _ => {
                let bare = index.and_then(|index| entry.asked.get(index)).is_some_and(|node| node.list().is_some());
                let ty = index.map_or(Type::Bool, |index| entry.type_of(index));
                let (mut said, mut note) = found(verdict, ty, bare);
                if let Some(more) = index.and_then(|index| unseen(seen, index)) {
                    said = said.incomplete();
                    note = Some(format!("there may be more: {more}"));
                }
                let (mut a, mut b) = (a, Some(Part { said, place: None }));
                hide_alike(&mut a, &mut b);
                Key { name, a, b, unknown: None, note }
            }
        });
    }
    keys
}

/// Why there may be more of what was seen under the key that the test at `index` is about.
fn unseen(seen: &Observed, index: usize) -> Option<&Fault> {
    match seen.as_ref().ok()?.as_ref()?.values.get(index)? {
        Ok(Value::Partial(part)) => Some(&part.1),
        _ => None,
    }
}

/// What was found, as a spec would say it under a key of type `ty`, and what else there is to say. Where the spec has a
/// `bare` list, so has this.
fn found(verdict: &Verdict, ty: Type, bare: bool) -> (Said, Option<String>) {
    if verdict.expectation.test.is_secret() {
        return (Said::hidden(), None);
    }
    let evidence = verdict.evidence();
    let Some((found, shown)) = verdict.found.as_ref().zip(verdict.shown()) else {
        return (Said::Words("nothing".into()), None);
    };
    let wanting =
        [("missing", &evidence.missing), ("extra", &evidence.extra)].into_iter().filter(|(_, all)| !all.is_empty());
    let note = match &shown {
        Value::No(why) => Some(why.clone()),
        // Of a long text, what it lacks tells more than how it begins; in a list it can be seen.
        Value::Text(_) | Value::Content(_) | Value::Excerpt(_) if evidence.note.is_none() => {
            let wanting: Vec<String> =
                wanting.map(|(name, all)| format!("{name}: {}", some_of(all, ELEMENTS))).collect();
            (!wanting.is_empty()).then(|| wanting.join("; "))
        }
        _ => evidence.note,
    };
    let is_empty = |data: &Value| matches!(data, Value::List(list) if list.is_empty());
    let as_bare = if bare { shown.as_data().filter(|data| !is_empty(data)) } else { None };
    let said = match as_bare.or_else(|| shown.exactly(ty)) {
        Some(data) if shown == *found => Said::Data(data),
        Some(data) => Said::Incomplete(data),
        None if evidence.found.is_empty() => Said::Words("nothing".into()),
        None => Said::Words(evidence.found),
    };
    (said, note)
}
