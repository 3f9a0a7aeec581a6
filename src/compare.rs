//! What differs between two specs, or between a spec and a host, key by key.

use crate::report::place::Places;
use crate::spec::Claim;
use crate::syntax::{Format, Sources, Span};
use crate::value::{Fault, Value};
use pair::pairs;
use said::Entry;

mod host;
pub mod json;
mod notation;
mod pair;
mod said;
#[cfg(test)]
mod tests;
mod text;

pub use host::with_host;
pub use text::text;

/// A spec that is compared.
#[derive(Clone, Copy)]
pub struct Spec<'s> {
    /// What the command line calls it.
    pub name: &'s str,
    pub sources: &'s Sources,
    pub claims: &'s [Claim],
    /// The sources as they are written, with their secrets.
    pub texts: &'s [(String, Format)],
}

/// Everything that differs, in the order of the first spec; what only the second has comes last.
pub struct Comparison {
    pub a: Party,
    pub b: Party,
    /// The language that values are shown in: the first spec's.
    pub notation: Format,
    pub entries: Vec<Difference>,
    /// Entries of which nothing differs.
    pub same: usize,
    /// Entries that were not looked at, because their spec says so or only a running machine has them.
    pub skipped: usize,
}

/// Whom a side of a comparison stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    Spec(String),
    Host(String),
}

/// An entry that differs.
pub struct Difference {
    pub kind: &'static str,
    pub name: String,
    /// What the second spec calls the entry, where that is something else.
    pub other_name: Option<String>,
    pub side: Side,
    /// Where it stands in each of them.
    pub places: [Option<Place>; 2],
    /// Empty where only one of them has the entry.
    pub keys: Vec<Key>,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    OnlyA,
    OnlyB,
    Both,
}

/// A key of an entry that differs, with a lookup's argument: `mode`, `json.server.port`.
pub struct Key {
    pub name: String,
    pub a: Option<Part>,
    pub b: Option<Part>,
    /// Why it is not known what the host has.
    pub unknown: Option<Fault>,
    /// What else helps.
    pub note: Option<String>,
}

/// What one of them says of a key.
pub struct Part {
    pub said: Said,
    pub place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// As a spec says it.
    Data(Value),
    /// As a spec says it, but for what may not be shown or could not be seen.
    Incomplete(Value),
    /// What a spec cannot say, in words: `nothing`, why it does not read.
    Words(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub differ: usize,
    pub keys: usize,
    pub unknown: usize,
    pub only_a: usize,
    pub only_b: usize,
}

impl Key {
    fn side(&self) -> Side {
        match (&self.a, &self.b) {
            (Some(_), None) if self.unknown.is_none() => Side::OnlyA,
            (None, Some(_)) => Side::OnlyB,
            _ => Side::Both,
        }
    }
}

impl Comparison {
    /// Nothing differs and nothing is unknown.
    pub fn is_same(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn counts(&self) -> Counts {
        let of = |side| self.entries.iter().filter(move |entry| entry.side == side);
        let keys = || of(Side::Both).flat_map(|entry| &entry.keys);
        let is_unknown = |key: &&Key| key.unknown.is_some();
        let known = |entry: &&Difference| entry.other_name.is_some() || entry.keys.iter().any(|key| !is_unknown(&key));
        let unknown = keys().filter(is_unknown).count();
        Counts {
            differ: of(Side::Both).filter(known).count(),
            keys: keys().count() - unknown,
            unknown,
            only_a: of(Side::OnlyA).count(),
            only_b: of(Side::OnlyB).count(),
        }
    }
}

/// Compares two specs, each with all that it includes: what they say, however they spell it, in whatever order.
pub fn specs(a: &Spec, b: &Spec) -> Comparison {
    let (trees_a, trees_b) = (said::trees(a), said::trees(b));
    let (entries_a, entries_b) = (said::entries(a, &trees_a), said::entries(b, &trees_b));
    let (places_a, places_b) = (Places::new(a.sources), Places::new(b.sources));
    let (mut entries, mut same) = (vec![], 0);
    let matched = pairs(&entries_a, &entries_b);
    for (entry, other) in entries_a.iter().zip(&matched.of_a) {
        match other.and_then(|at| entries_b.get(at)) {
            None => entries.push(alone(entry, Side::OnlyA, &places_a)),
            Some(other) => match both((entry, &places_a), (other, &places_b)) {
                Some(difference) => entries.push(difference),
                None => same += 1,
            },
        }
    }
    let left = matched.left_of_b.iter().filter_map(|at| entries_b.get(*at));
    entries.extend(left.map(|entry| alone(entry, Side::OnlyB, &places_b)));
    let party = |spec: &Spec| Party::Spec(spec.name.to_owned());
    Comparison { a: party(a), b: party(b), notation: notation(a), entries, same, skipped: 0 }
}

/// The language of a spec's first file.
fn notation(spec: &Spec) -> Format {
    spec.texts.first().map_or(Format::Toml, |(_, format)| *format)
}

fn alone(entry: &Entry, side: Side, places: &Places) -> Difference {
    let place = Place::of(places, entry.claim.span);
    let places = if side == Side::OnlyB { [None, place] } else { [place, None] };
    let (kind, name) = (entry.claim.kind.name, entry.claim.id.to_string());
    Difference { kind, name, other_name: None, side, places, keys: vec![] }
}

/// What differs between two entries about the same thing.
fn both((a, in_a): (&Entry, &Places), (b, in_b): (&Entry, &Places)) -> Option<Difference> {
    let mut keys = vec![];
    if !pair::same_thing(a, b) {
        let target = a.claim.kind.target.map_or("name", |(name, _)| name);
        keys.push(key(target, Some((a.thing(), in_a)), Some((b.thing(), in_b))));
    }
    if a.whole != b.whole {
        let (in_b_by_name, in_a_by_name) = (b.by_name(), a.by_name());
        for point in &a.points {
            let other = in_b_by_name.get(point.name.as_str());
            if other.is_none_or(|other| other.meaning != point.meaning) {
                keys.push(key(&point.name, Some((a.said(point), in_a)), other.map(|other| (b.said(other), in_b))));
            }
        }
        for point in b.points.iter().filter(|point| !in_a_by_name.contains_key(point.name.as_str())) {
            keys.push(key(&point.name, None, Some((b.said(point), in_b))));
        }
    }
    // Where the name is the thing, another spelling of it says nothing else.
    let names = (a.names_thing || b.names_thing) && a.claim.id != b.claim.id;
    (names || !keys.is_empty()).then(|| Difference {
        kind: a.claim.kind.name,
        name: a.claim.id.to_string(),
        other_name: names.then(|| b.claim.id.to_string()),
        side: Side::Both,
        places: [Place::of(in_a, a.claim.span), Place::of(in_b, b.claim.span)],
        keys,
    })
}

type Shown<'p, 's> = ((Said, Span), &'p Places<'s>);

fn key(name: &str, a: Option<Shown>, b: Option<Shown>) -> Key {
    let part = |one: Option<Shown>| one.map(|((said, span), places)| Part { said, place: Place::of(places, span) });
    let (mut a, mut b) = (part(a), part(b));
    hide_alike(&mut a, &mut b);
    Key { name: name.to_owned(), a, b, unknown: None, note: None }
}

/// Two secrets with the same words around them would look the same.
fn hide_alike(a: &mut Option<Part>, b: &mut Option<Part>) {
    if let (Some(a), Some(b)) = (a, b)
        && (a.said.is_incomplete() || b.said.is_incomplete())
        && a.said.data() == b.said.data()
    {
        a.said = Said::hidden();
        b.said = Said::hidden();
    }
}

impl Said {
    /// A secret.
    pub fn hidden() -> Said {
        Said::Words("(hidden)".into())
    }

    fn is_incomplete(&self) -> bool {
        matches!(self, Said::Incomplete(_))
    }

    /// The same where there may be more of it.
    fn incomplete(self) -> Said {
        match self {
            Said::Data(value) => Said::Incomplete(value),
            other => other,
        }
    }

    /// The value, where it is one.
    fn data(&self) -> Option<&Value> {
        match self {
            Said::Data(value) | Said::Incomplete(value) => Some(value),
            Said::Words(_) => None,
        }
    }
}

impl Place {
    fn of(places: &Places, span: Span) -> Option<Place> {
        places.of(span).map(|place| Place { file: place.file.to_owned(), line: place.line })
    }
}
