//! What an entry says, key by key: what it means, and how a report may show it.

use super::{Said, Spec};
use crate::matcher::{Meaning, Test};
use crate::resource::{FromNode, Kind, Shape};
use crate::secret::{STARS, mask};
use crate::spec::{COMMON, Claim, Common, INCLUDE};
use crate::syntax::{self, Data, Node, Span};
use crate::value::{Secret, Type, Value};
use std::collections::HashMap;
use std::time::Duration;

/// An entry of a spec.
pub struct Entry<'s> {
    pub claim: &'s Claim,
    /// A key of it names the thing, and its name is only a name.
    pub names_thing: bool,
    pub points: Vec<Point<'s>>,
    /// What all of them mean together.
    pub whole: Meaning,
    /// What stands under the key that each test comes from.
    pub asked: Vec<&'s Node<'s>>,
    /// Where its body names the thing.
    target: Option<&'s Node<'s>>,
    /// The file that it stands in, as it is written and as reports show it.
    texts: (&'s str, &'s str),
}

/// One thing that an entry says.
pub struct Point<'s> {
    pub name: String,
    pub meaning: Meaning,
    /// What says it; `None` for a presence that goes without saying.
    node: Option<&'s Node<'s>>,
    /// What its key holds.
    ty: Type,
    /// No part of it may be shown.
    secret: bool,
}

/// The tree of each file.
pub fn trees<'s>(spec: &Spec<'s>) -> Vec<Option<Node<'s>>> {
    let files = spec.texts.iter().zip(0..);
    files.map(|((text, format), file)| syntax::parse(text, file, *format).0).collect()
}

/// Every entry of a spec, in the order of its claims.
pub fn entries<'s>(spec: &Spec<'s>, trees: &'s [Option<Node<'s>>]) -> Vec<Entry<'s>> {
    // A file's entries are read into claims one by one.
    let mut bodies: Vec<_> = trees.iter().map(|tree| bodies(tree.as_ref())).collect();
    let mut entries = Vec::with_capacity(spec.claims.len());
    for claim in spec.claims {
        let file = claim.span.file as usize;
        let body = bodies.get_mut(file).and_then(Iterator::next);
        let written = spec.texts.get(file).map_or("", |(text, _)| text);
        let shown = spec.sources.files.get(file).map_or("", |source| &source.text);
        entries.push(Reading { claim, body, cursor: 0 }.entry((written, shown)));
    }
    entries
}

/// The bodies of a file's entries, in the order in which they are lowered.
fn bodies<'s>(tree: Option<&'s Node<'s>>) -> impl Iterator<Item = &'s Node<'s>> + use<'s> {
    let sections = tree.and_then(Node::map).unwrap_or_default().iter();
    let sections = sections.filter(|(name, _)| !INCLUDE.contains(&&*name.text) && Kind::find(&name.text).is_some());
    sections.flat_map(|(_, entries)| entries.map().unwrap_or_default()).map(|(_, body)| body)
}

/// A claim beside the body that it was lowered from.
struct Reading<'s> {
    claim: &'s Claim,
    body: Option<&'s Node<'s>>,
    /// Tests whose keys have been met.
    cursor: usize,
}

impl<'s> Reading<'s> {
    fn entry(mut self, texts: (&'s str, &'s str)) -> Entry<'s> {
        let (claim, kind) = (self.claim, self.claim.kind);
        let (keys, settings) = ((kind.keys)(), (kind.settings)());
        let (mut points, mut asked, mut target) = (vec![], vec![], None);
        if let (Some(presence), Some(expectation)) = (kind.presence, &claim.presence) {
            let node = self.body.and_then(|body| body.get(presence.name)).filter(|_| !expectation.implied);
            let meaning = Meaning::of_test(&expectation.test);
            points.push(Point { name: presence.name.into(), meaning, node, ty: Type::Bool, secret: false });
        }
        for (key, node) in self.body.and_then(Node::map).unwrap_or_default() {
            let name = &*key.text;
            if kind.presence.is_some_and(|presence| presence.name == name) {
                continue;
            }
            if let Some(index) = keys.iter().position(|one| one.name == name) {
                let ty = keys.get(index).map_or(Type::Any, |key| key.ty);
                self.key(index, node, ty, &mut points, &mut asked);
            } else if let Some(setting) = settings.iter().find(|one| one.name == name) {
                let meaning = of_setting(setting.shape, node);
                points.push(Point {
                    name: name.into(),
                    meaning,
                    node: Some(node),
                    ty: type_of(setting.shape),
                    secret: false,
                });
            } else if kind.target.is_some_and(|(target, _)| target == name) {
                target = Some(node);
            } else if let Some(meaning) = claim.common.as_deref().and_then(|common| of_common(common, name)) {
                points.push(Point { name: name.into(), meaning, node: Some(node), ty: Type::Any, secret: false });
            }
        }
        let names_thing = target.is_some();
        let whole = Meaning::of_all(points.iter().map(|point| point.meaning.under(&point.name)));
        Entry { claim, names_thing, points, whole, asked, target, texts }
    }

    /// All that stands under a key of the thing.
    fn key(
        &mut self,
        index: usize,
        node: &'s Node<'s>,
        ty: Type,
        points: &mut Vec<Point<'s>>,
        asked: &mut Vec<&'s Node<'s>>,
    ) {
        let claim = self.claim;
        let from = self.cursor;
        let rest = claim.asks.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|ask| ask.key == index).count();
        self.cursor += count;
        let tests = claim.tests.get(from..self.cursor).unwrap_or_default();
        let point = |name: String, tests: &[crate::spec::Expectation], node| {
            let secret = tests.iter().any(|one| one.test.is_secret());
            let meaning = match tests {
                [one] => Meaning::of_test(&one.test),
                all => Meaning::of_all(all.iter().map(|one| Meaning::of_test(&one.test))),
            };
            Point { name, meaning, node: Some(node), ty, secret }
        };
        let is_lookup = rest.first().is_some_and(|ask| !ask.argument.is_empty()) && !(claim.kind.is_check)(index);
        match node.map().filter(|_| is_lookup) {
            // Each path into it is a key of its own.
            Some(map) => {
                for ((at, test), (_, node)) in (from..).zip(tests).zip(map) {
                    points.push(point(claim.key_name(at).into_owned(), std::slice::from_ref(test), node));
                    asked.push(node);
                }
            }
            None => {
                points.push(point(claim.key_name(from).into_owned(), tests, node));
                asked.extend(std::iter::repeat_n(node, count));
            }
        }
    }
}

/// What a setting means: what it is read as, where that can be told by its shape.
fn of_setting(shape: Shape, node: &Node) -> Meaning {
    let text = |node: &Node| Value::Text(node.scalar().unwrap_or_default().into_owned());
    let field = |name: &str, value: Value| Meaning::of_value(&value).under(name);
    let wait = |wait: Duration| Value::Duration(wait.try_into().unwrap_or(time::Duration::MAX));
    match (shape, &node.data) {
        (Shape::Duration, _) => match Duration::from_node(node) {
            Ok(span) => Meaning::of_value(&wait(span)),
            Err(_) => Meaning::of_value(&node.into()),
        },
        (Shape::TextMap, Data::Map(map)) => Meaning::of_all(map.iter().map(|(name, one)| field(&name.text, text(one)))),
        (Shape::Headers, Data::Map(map)) => {
            Meaning::of_all(map.iter().map(|(name, one)| header(&name.text, &one.scalar().unwrap_or_default())))
        }
        (Shape::Headers, Data::List(list)) => Meaning::of_all(list.iter().filter_map(|one| {
            let (name, value) = one.text()?.split_once(':')?;
            Some(header(name, value))
        })),
        _ => Meaning::of_value(&node.into()),
    }
}

/// A header's name is the same in capitals.
fn header(name: &str, value: &str) -> Meaning {
    let value = value.trim_matches([' ', '\t']);
    Meaning::of_value(&Value::Text(value.to_owned())).under(&name.to_ascii_lowercase())
}

/// A type whose values are written as this shape's are.
fn type_of(shape: Shape) -> Type {
    match shape {
        Shape::TextMap | Shape::Headers => Type::Text,
        _ => Type::Any,
    }
}

/// What an entry says of itself under a key; `None` where that is what goes without saying.
fn of_common(common: &Common, name: &str) -> Option<Meaning> {
    let text = |text: &String| Meaning::of_value(&Value::Text(text.clone()));
    let wait = |wait: Duration| Meaning::of_value(&Value::Duration(wait.try_into().unwrap_or(time::Duration::MAX)));
    COMMON.iter().find(|key| key.name == name)?;
    match name {
        "title" => common.title.as_ref().map(text),
        "meta" => common.meta.as_ref().map(Meaning::of_value),
        "skip" => common.skip.as_ref().map(text),
        "tags" => Some(&common.tags).filter(|tags| !tags.is_empty()).map(|tags| Meaning::of_all(tags.iter().map(text))),
        "timeout" => common.timeout.map(wait),
        "retry" => common
            .retry
            .map(|retry| Meaning::of_all([wait(retry.within).under("for"), wait(retry.every).under("every")])),
        _ => None,
    }
}

impl<'s> Entry<'s> {
    pub fn by_name(&self) -> HashMap<&str, &Point<'s>> {
        self.points.iter().map(|point| (point.name.as_str(), point)).collect()
    }

    pub fn point(&self, name: &str) -> Option<&Point<'s>> {
        self.points.iter().find(|point| point.name == name)
    }

    /// What it says under a key, as a report may show it, and where.
    pub fn said(&self, point: &Point) -> (Said, Span) {
        match point.node {
            None => (Said::Data(Value::Bool(true)), self.claim.span),
            Some(node) if point.secret => (Said::hidden(), node.span),
            Some(node) => (self.shown(node, point.ty), node.span),
        }
    }

    /// What the thing is called, as a report may show it, and where.
    pub fn thing(&self) -> (Said, Span) {
        match self.target {
            Some(node) => (self.shown(node, Type::Text), node.span),
            None if self.claim.target() == &*self.claim.id => {
                (Said::Data(Value::Text(self.claim.id.to_string())), self.claim.span)
            }
            None => (Said::Incomplete(Value::Text(self.claim.id.to_string())), self.claim.span),
        }
    }

    /// What is expected by the test at `index`, as a report may show it.
    pub fn expected(&self, index: usize, test: &Test) -> Said {
        let claim = self.claim;
        let one_of_many = claim.asks.get(index).is_some_and(|ask| (claim.kind.is_check)(ask.key));
        match self.asked.get(index) {
            Some(_) if test.is_secret() => Said::hidden(),
            // A check of several texts is judged text by text.
            Some(node) if one_of_many && node.list().is_some() => Said::Words(test.expected()),
            Some(node) => self.shown(node, self.type_of(index)),
            None => Said::Words(test.expected()),
        }
    }

    /// What the key holds that the test at `index` is about.
    pub fn type_of(&self, index: usize) -> Type {
        let keys = (self.claim.kind.keys)();
        self.claim.asks.get(index).and_then(|ask| keys.get(ask.key)).map_or(Type::Any, |key| key.ty)
    }

    pub fn shown(&self, node: &Node, ty: Type) -> Said {
        let mut starred = false;
        let value = self.value(node, ty, &mut starred);
        match (value, starred) {
            (Value::Secret(_), _) => Said::hidden(),
            (value, true) => Said::Incomplete(value),
            (value, false) => Said::Data(value),
        }
    }

    /// What stands there as data, without what may not be shown.
    fn value(&self, node: &Node, ty: Type, starred: &mut bool) -> Value {
        let hides = self.hides(node);
        let mut clean = |text: &str| {
            let scrubbed = self.claim.secrets.as_ref().map_or(text.into(), |secrets| secrets.scrub(text));
            let shown = mask(&scrubbed).into_owned();
            let all = shown == text && hides || shown == STARS;
            *starred |= all || shown != text;
            if all { Value::Secret(Secret::new("")) } else { Value::Text(shown) }
        };
        match &node.data {
            Data::List(list) => Value::List(list.iter().map(|one| self.value(one, element(ty), starred)).collect()),
            Data::Map(map) => {
                let field =
                    |(key, one): &(syntax::Key, Node)| (key.text.clone().into_owned(), self.value(one, ty, starred));
                Value::Map(map.iter().map(field).collect())
            }
            Data::Text(text) => clean(text),
            Data::Int(_, raw) | Data::Float(_, raw) => {
                let plain = Value::from(node);
                // What is read as text or a version is what was written: `1.10`.
                let as_written = matches!(ty, Type::Text | Type::Version) || crate::query::is_large(raw);
                match clean(raw) {
                    Value::Text(raw) if as_written && raw != plain.to_string() => Value::Text(raw),
                    Value::Text(shown) if shown == **raw => plain,
                    hidden => hidden,
                }
            }
            Data::Null | Data::Bool(_) => Value::from(node),
        }
    }

    /// Whether reports have stars where it stands.
    fn hides(&self, node: &Node) -> bool {
        let range = node.span.start as usize..node.span.end as usize;
        !matches!(node.data, Data::List(_) | Data::Map(_)) && self.texts.0.get(range.clone()) != self.texts.1.get(range)
    }
}

fn element(ty: Type) -> Type {
    match ty {
        Type::List(of) => *of,
        ty => ty,
    }
}
