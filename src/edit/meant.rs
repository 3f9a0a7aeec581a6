//! What a text must say once it is edited, and whether it does.

use super::change::path;
use super::{Change, Entry, Refusal, Step};
use crate::syntax::{Data, Node, brief};
use crate::value::Value;
use std::collections::{HashSet, VecDeque};

/// Data that a spec is to say. What stood there already is told to the letter: `1.10` is no `1.1`.
#[derive(Clone, Debug)]
pub enum Meant {
    Null,
    Bool(bool),
    Int(i64, Option<String>),
    Float(f64, Option<String>),
    Text(String),
    List(Vec<Meant>),
    Map(Vec<Field>),
}

#[derive(Clone, Debug)]
pub struct Field {
    key: String,
    value: Meant,
    /// It came to the map: where among the others it stands does not matter.
    new: bool,
}

impl From<&Node<'_>> for Meant {
    fn from(node: &Node) -> Meant {
        match &node.data {
            Data::Null => Meant::Null,
            Data::Bool(b) => Meant::Bool(*b),
            Data::Int(n, written) => Meant::Int(*n, Some((*written).to_owned())),
            Data::Float(n, written) => Meant::Float(*n, Some((*written).to_owned())),
            Data::Text(text) => Meant::Text(text.clone().into_owned()),
            Data::List(list) => Meant::List(list.iter().map(Meant::from).collect()),
            Data::Map(map) => Meant::Map(
                map.iter()
                    .map(|(key, value)| Field { key: key.text.clone().into_owned(), value: value.into(), new: false })
                    .collect(),
            ),
        }
    }
}

impl Meant {
    /// The error says what is no data that a spec could say.
    pub fn of(value: &Value) -> Result<Meant, Refusal> {
        Ok(match value {
            Value::Null => Meant::Null,
            Value::Bool(b) => Meant::Bool(*b),
            Value::Int(n) => Meant::Int(*n, None),
            Value::Number(n) => Meant::Float(*n, None),
            Value::Text(text) => Meant::Text(text.clone()),
            Value::List(list) => Meant::List(list.iter().map(Meant::of).collect::<Result<_, _>>()?),
            Value::Map(map) => Meant::Map(fields(map)?),
            other => return Err(format!("`{}` is no data that a spec could say", brief(&other.to_string()))),
        })
    }

    pub fn says(&self, node: &Node) -> bool {
        let same = |told: &Option<String>, written: &str| told.as_ref().is_none_or(|told| told == written);
        match (self, &node.data) {
            (Meant::Null, Data::Null) => true,
            (Meant::Bool(a), Data::Bool(b)) => a == b,
            (Meant::Int(a, told), Data::Int(b, written)) => a == b && same(told, written),
            (Meant::Float(a, told), Data::Float(b, written)) => {
                (a == b || a.is_nan() && b.is_nan()) && same(told, written)
            }
            (Meant::Text(a), Data::Text(b)) => a == b,
            (Meant::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says(b)),
            (Meant::Map(fields), Data::Map(map)) => {
                // New fields mostly stand in the order that they came in, so that the first of them is the one.
                let mut left: VecDeque<&Field> = fields.iter().filter(|field| field.new).collect();
                let mut old = fields.iter().filter(|field| !field.new).peekable();
                fields.len() == map.len()
                    && map.iter().all(|(key, node)| {
                        let field = match old.next_if(|field| field.key == key.text) {
                            Some(field) => Some(field),
                            None => left.iter().position(|f| f.key == key.text).and_then(|at| left.remove(at)),
                        };
                        field.is_some_and(|field| field.value.says(node))
                    })
            }
            _ => false,
        }
    }

    /// With these entries of one section, none of which may stand there.
    pub fn put(&mut self, kind: &str, entries: &[&Entry]) -> Result<(), Refusal> {
        let names = self.inside().map_err(|what| format!("the spec is {what}, not a map of sections"))?;
        let section = names.child(kind);
        let names = section.inside().map_err(|what| format!("`{}` is {what}, not a section", brief(kind)))?;
        let mut seen: HashSet<String> = names.0.iter().map(|field| field.key.clone()).collect();
        for entry in entries {
            if !seen.insert(entry.name.clone()) {
                return Err(format!("`{}` of `{}` stands there already", brief(&entry.name), brief(kind)));
            }
            names.0.push(Field { key: entry.name.clone(), value: Meant::Map(fields(&entry.body)?), new: true });
        }
        Ok(())
    }

    pub fn change(&mut self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Set(path, value) => {
                let value = Meant::of(value)?;
                match path.split_last() {
                    None => *self = value,
                    Some((last, parents)) => self.find(parents, path)?.set(last, value).ok_or_else(|| lost(path))?,
                }
            }
            Change::Append(path, value) => match self.find(path, path)? {
                Meant::List(list) => list.push(Meant::of(value)?),
                other => return Err(format!("`{}` is {}, which gains no elements", place(path), other.describe())),
            },
            Change::Remove(path) => {
                let (last, parents) = path.split_last().ok_or("the whole spec cannot be removed")?;
                self.find(parents, path)?.remove(last).ok_or_else(|| lost(path))?;
            }
        }
        Ok(())
    }

    /// With all of these changes of one entry, or none of them.
    pub fn all(&mut self, changes: &[&Change]) -> Result<(), Refusal> {
        let Some(first) = changes.first().map(|change| path(change)) else { return Ok(()) };
        let of_entry = |entry: &&[Step]| changes.iter().all(|change| path(change).starts_with(entry));
        let entry = first.get(..2).filter(of_entry).unwrap_or_default();
        let before = self.find(entry, first)?.clone();
        let done = changes.iter().try_for_each(|change| self.change(change));
        if done.is_err() {
            *self.find(entry, first)? = before;
        }
        done
    }

    pub fn find(&mut self, steps: &[Step], path: &[Step]) -> Result<&mut Meant, Refusal> {
        steps.iter().try_fold(self, |at, step| at.step(step)).ok_or_else(|| lost(path))
    }

    fn step(&mut self, step: &Step) -> Option<&mut Meant> {
        match (self, step) {
            (Meant::Map(fields), Step::Key(key)) => {
                fields.iter_mut().find(|field| field.key == *key).map(|field| &mut field.value)
            }
            (Meant::List(list), Step::Index(at)) => list.get_mut(*at),
            _ => None,
        }
    }

    fn set(&mut self, step: &Step, value: Meant) -> Option<()> {
        if let Some(old) = self.step(step) {
            *old = value;
            return Some(());
        }
        let (Ok(fields), Step::Key(key)) = (self.inside(), step) else { return None };
        fields.0.push(Field { key: key.clone(), value, new: true });
        Some(())
    }

    fn remove(&mut self, step: &Step) -> Option<()> {
        match (self, step) {
            (Meant::Map(fields), Step::Key(key)) => {
                let at = fields.iter().position(|field| field.key == *key)?;
                fields.remove(at);
            }
            (Meant::List(list), Step::Index(at)) if *at < list.len() => _ = list.remove(*at),
            _ => return None,
        }
        Some(())
    }

    /// The fields of a map; nothing becomes one.
    fn inside(&mut self) -> Result<Fields<'_>, &'static str> {
        if let Meant::Null = self {
            *self = Meant::Map(vec![]);
        }
        let what = self.describe();
        match self {
            Meant::Map(fields) => Ok(Fields(fields)),
            _ => Err(what),
        }
    }

    fn describe(&self) -> &'static str {
        match self {
            Meant::Null => "nothing",
            Meant::Bool(_) => "true or false",
            Meant::Int(..) => "a whole number",
            Meant::Float(..) => "a number",
            Meant::Text(_) => "text",
            Meant::List(_) => "a list",
            Meant::Map(_) => "a map",
        }
    }
}

struct Fields<'m>(&'m mut Vec<Field>);

impl<'m> Fields<'m> {
    fn child(self, key: &str) -> &'m mut Meant {
        let at = self.0.iter().position(|field| field.key == key).unwrap_or_else(|| {
            self.0.push(Field { key: key.to_owned(), value: Meant::Null, new: true });
            self.0.len() - 1
        });
        // It was found or pushed.
        &mut self.0[at].value
    }
}

fn fields(map: &[(String, Value)]) -> Result<Vec<Field>, Refusal> {
    let mut fields: Vec<Field> = Vec::with_capacity(map.len());
    for (key, value) in map {
        if fields.iter().any(|field| field.key == *key) {
            return Err(format!("the key `{}` would stand twice", brief(key)));
        }
        fields.push(Field { key: key.clone(), value: Meant::of(value)?, new: true });
    }
    Ok(fields)
}

/// A path as a person reads it.
pub fn place(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Key(key) => brief(key).into_owned(),
        Step::Index(at) => at.to_string(),
    };
    path.iter().map(step).collect::<Vec<_>>().join("/")
}

fn lost(path: &[Step]) -> Refusal {
    format!("`{}` does not stand there", place(path))
}
