//! goss's entries as entries of a strict spec, and what could not be carried over.

mod check;
mod expect;
mod pattern;
mod regex;
mod write;

pub use write::{toml, yaml};

use super::{Config, Entry, SECTIONS, Section, target};
use crate::quantity;
use crate::resource::{Kind, Shape};
use crate::syntax::Span;
use crate::value::{Type, Value};
use check::checked;
use expect::Expect;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A whole spec, section by section.
#[derive(Debug, Default)]
pub struct Migrated {
    pub entries: Vec<Written>,
    /// What a person must know that stands at no entry.
    pub notes: Vec<String>,
}

/// An entry of the new spec.
#[derive(Clone, Debug)]
pub struct Written {
    pub kind: &'static str,
    pub name: String,
    pub body: Vec<(String, Value)>,
    /// What reads otherwise now, or is not there any more.
    pub remarks: Vec<Remark>,
    /// Why there is no such entry: it stands in the spec as a comment.
    pub lost: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// It means something else than it did, or is written otherwise for a reason that shows nowhere.
    Changed(String),
    /// An expectation that is not carried over.
    Lost(String),
    /// What a reader of the spec may wonder about.
    Plain(String),
}

impl Migrated {
    /// Whether every expectation is carried over.
    pub fn is_whole(&self) -> bool {
        let lost = |remark: &Remark| matches!(remark, Remark::Lost(_));
        self.entries.iter().all(|entry| entry.lost.is_none() && !entry.remarks.iter().any(lost))
    }
}

/// The text that a span stands for, where that is known.
pub type Source<'s> = &'s dyn Fn(Span) -> Option<&'s str>;

/// Every entry, in the order that they were written in within goss's order of sections.
pub fn migrate<'c>(config: &'c Config, source: Source<'c>) -> Migrated {
    let mut all = Migrated::default();
    let (mut empty, mut ipv4) = (0, false);
    for (at, section) in SECTIONS.iter().enumerate() {
        let Some(entries) = config.sections.get(&at) else { continue };
        let Some(kind) = section.kind.and_then(Kind::find) else {
            let skipped = entries.iter().filter(|(_, entry)| says(entry, "skip", &Value::Bool(true)));
            all.notes.extend(skipped.map(|(name, _)| format!("`{name}` was not read, for it says `skip`")));
            continue;
        };
        // No entry takes another's name.
        let mut names: BTreeSet<String> = entries.keys().cloned().collect();
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(_, entry)| (entry.span.file, entry.span.start));
        for (name, entry) in entries {
            let mut one = One { section, kind, source, name, entry, body: vec![], remarks: vec![], empty: 0 };
            one.read();
            let old = one.name;
            let name = one.named(&mut names);
            empty += one.empty;
            ipv4 |= section.name == "port" && (name != old || one.body.iter().any(|(key, _)| key == "port"));
            let One { body, remarks, .. } = one;
            all.entries.push(checked(Written { kind: kind.name, name, body, remarks, lost: None }));
        }
    }
    if ipv4 {
        let what = "goss's `80`, `tcp:80` and `udp:53` are sockets of IPv4 alone, here `tcp4:80` and `udp4:53`; `tcp:80` is one of \
                    either family";
        all.notes.push(what.into());
    }
    if empty > 0 {
        all.notes.push(format!("{empty} × `[]` asserts nothing and is left out"));
    }
    all
}

/// Makes whole numbers of floats that are: JSON has no others.
pub fn make_whole(config: &mut Config) {
    let said = config.sections.values_mut().flat_map(BTreeMap::values_mut).flat_map(|entry| &mut entry.fields);
    said.for_each(|said| whole(&mut said.value));
}

fn whole(value: &mut Value) {
    /// Up to here each whole number is a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(n) if n.fract() == 0.0 && n.abs() <= EXACT => *value = Value::Int(*n as i64),
        Value::List(list) => list.iter_mut().for_each(whole),
        Value::Map(map) => map.iter_mut().for_each(|(_, one)| whole(one)),
        _ => {}
    }
}

fn says(entry: &Entry, field: &str, value: &Value) -> bool {
    entry.get(field).is_some_and(|said| said.value == *value)
}

/// One entry on its way.
struct One<'e> {
    section: &'static Section,
    kind: &'static Kind,
    source: Source<'e>,
    name: &'e str,
    entry: &'e Entry,
    body: Vec<(String, Value)>,
    remarks: Vec<Remark>,
    /// Empty lists that were left out.
    empty: usize,
}

impl One<'_> {
    fn value(&self, field: &str) -> Option<&Value> {
        self.entry.get(field).map(|said| &said.value).filter(|value| **value != Value::Null)
    }

    fn text(&self, field: &str) -> Option<&str> {
        match self.value(field) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn changed(&mut self, what: impl Into<String>) {
        self.remarks.push(Remark::Changed(what.into()));
    }

    fn say(&mut self, key: &str, value: Value) {
        self.body.push((key.to_owned(), value));
    }

    fn read(&mut self) {
        if let Some(title) = self.text("title") {
            self.say("title", Value::Text(title.to_owned()));
        }
        if let Some(meta @ Value::Map(map)) = self.value("meta")
            && !map.is_empty()
        {
            self.say("meta", data(meta));
        }
        if self.value("skip") == Some(&Value::Bool(true)) {
            self.say("skip", Value::Bool(true));
        }
        self.presence();
        self.settings();
        self.waits();
        self.tests();
        if self.section.name == "service" {
            self.service();
        }
    }

    fn presence(&mut self) {
        let (Some(presence), Some(first)) = (self.kind.presence, self.section.tests.first()) else { return };
        if self.section.name == "service" {
            return;
        }
        // An older spelling of dns's.
        let said = self.entry.get(first.field).filter(|said| said.value != Value::Null);
        let said = said.or_else(|| self.entry.get("resolveable").filter(|said| said.value != Value::Null));
        match said {
            None => self
                .changed(format!("goss fails what does not say `{}`; a strict spec takes it as true", presence.name)),
            Some(said) => {
                let (value, remarks) = Expect::of(self.source, presence.name, said).value(&said.value, Type::Bool);
                self.remarks.extend(remarks);
                self.say(presence.name, value);
            }
        }
    }

    fn settings(&mut self) {
        let known = (self.kind.settings)();
        for (field, name) in self.section.settings {
            let Some(value) = self.value(field) else { continue };
            let none = match value {
                Value::Bool(false) => true,
                Value::Text(text) => text.is_empty(),
                Value::List(list) => list.is_empty(),
                _ => false,
            };
            let plain = known.iter().any(|setting| setting.name == *name && setting.shape == Shape::Any);
            if !none || plain {
                let value = data(value);
                self.say(name, value);
            }
        }
        if self.section.name == "matching" && self.value("as-reader") == Some(&Value::Bool(true)) {
            match self.value("content") {
                Some(Value::Text(_)) | None => {}
                Some(_) => {
                    self.changed("goss prints the content and reads that; here it is compared as the data it is")
                }
            }
        }
    }

    fn waits(&mut self) {
        if let Some(Value::Int(wait @ 1..)) = self.value("timeout") {
            let wait = wait.unsigned_abs();
            self.say("timeout", Value::Text(waits(wait)));
        }
        let Some(Value::Int(count @ 1..)) = self.value("retry_count") else { return };
        let every = match self.value("retry_delay") {
            Some(Value::Int(wait @ 1..)) => Some(wait.unsigned_abs()),
            Some(Value::Text(text)) => quantity::parse_wait(text)
                .and_then(|wait| u64::try_from(wait.as_millis()).ok())
                .filter(|wait| *wait > 0),
            _ => None,
        };
        let every = every.unwrap_or(1000);
        let within = every.saturating_mul(count.unsigned_abs());
        let retry = [("for", within), ("every", every)];
        let retry = retry.into_iter().map(|(key, wait)| (key.to_owned(), Value::Text(waits(wait)))).collect();
        self.say("retry", Value::Map(retry));
    }

    fn tests(&mut self) {
        let keys = (self.kind.keys)();
        for tested in self.section.tests {
            let Some(key) = keys.iter().find(|key| key.name == tested.key) else { continue };
            let Some(said) = self.entry.get(tested.field).filter(|said| said.value != Value::Null) else {
                if self.section.tests.first().is_some_and(|first| first.field == tested.field)
                    && self.kind.presence.is_none()
                {
                    self.changed(format!("goss fails what does not say `{}`", tested.field));
                }
                continue;
            };
            if said.value == Value::List(vec![]) {
                self.empty += 1;
                continue;
            }
            let (value, remarks) = Expect::of(self.source, tested.field, said).value(&said.value, key.ty);
            self.remarks.extend(remarks);
            if value == Value::List(vec![]) {
                continue;
            }
            match self.body.iter_mut().find(|(name, _)| name == key.name) {
                // `contains` is an older spelling of `contents`, and both may stand.
                Some((_, other)) => {
                    *other = Value::Map(vec![("and".into(), Value::List(vec![other.clone(), value]))]);
                }
                None => self.say(key.name, value),
            }
        }
    }

    /// goss asks whether a service runs, not whether there is one.
    fn service(&mut self) {
        let tests = self.section.tests.iter().filter_map(|tested| self.value(tested.field));
        if tests.clone().count() > 0 && tests.clone().all(|value| *value == Value::Bool(false)) {
            let either = Value::List(vec![Value::Bool(true), Value::Bool(false)]);
            let at = self.body.iter().position(|(key, _)| key == "enabled" || key == "running").unwrap_or_default();
            self.body.insert(at, ("exists".into(), Value::Map(vec![("or".into(), either)])));
            let why = "as in goss, it need not exist; where it must not, say so by `exists` alone";
            self.remarks.push(Remark::Plain(why.into()));
        }
    }

    /// The name that the entry has now, and what it is about where that is another.
    fn named(&mut self, taken: &mut BTreeSet<String>) -> String {
        let said = self.section.target.and_then(|field| self.text(field)).map(str::to_owned);
        let old = said.as_deref().unwrap_or(self.name);
        let new = self.target(old);
        let target = match self.section.name {
            "command" => Some("exec"),
            _ => self.kind.target.map(|(name, _)| name),
        };
        let renamed = said.is_none() && self.section.name == "port";
        let (name, target) = match target {
            Some(_) if renamed && !taken.contains(&*new) => (new.clone().into_owned(), None),
            Some(target) if new != self.name => {
                (self.name.to_owned(), Some((target.to_owned(), new.clone().into_owned())))
            }
            _ => (self.name.to_owned(), None),
        };
        if let Some((target, new)) = target {
            let first =
                self.body.iter().take_while(|(key, _)| matches!(key.as_str(), "title" | "meta" | "skip")).count();
            self.body.insert(first, (target, Value::Text(new)));
        }
        taken.insert(name.clone());
        name
    }

    /// goss's name for a thing in the words of the kinds.
    fn target<'n>(&mut self, name: &'n str) -> Cow<'n, str> {
        match (self.section.name, name.split_once(':')) {
            ("port", None) => Cow::Owned(format!("tcp4:{name}")),
            ("port", Some((transport @ ("tcp" | "udp"), port))) => Cow::Owned(format!("{transport}4:{port}")),
            ("dns", Some((kind, _))) => {
                let host = target::record(name, self.text("server").is_some());
                if host != name {
                    self.changed(format!("here goss asks for no `{kind}` but for addresses, and so does this"));
                }
                Cow::Borrowed(host)
            }
            ("addr", Some(("udp", _))) => {
                self.changed("goss takes any UDP address as reachable; here something has to answer, or not to refuse");
                Cow::Borrowed(name)
            }
            _ => Cow::Borrowed(name),
        }
    }
}

/// Milliseconds as a spec has them.
fn waits(milliseconds: u64) -> String {
    match Duration::from_millis(milliseconds) {
        wait if milliseconds.is_multiple_of(1000) => format!("{}s", wait.as_secs()),
        _ => format!("{milliseconds}ms"),
    }
}

/// Data as a spec may have it: keys of maps are text.
fn data(value: &Value) -> Value {
    match value {
        Value::List(list) => Value::List(list.iter().map(data).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(key, one)| (key.clone(), data(one))).collect()),
        Value::Pairs(pairs) => Value::Map(pairs.iter().map(|(key, one)| (written(key), data(one))).collect()),
        other => other.clone(),
    }
}

fn written(value: &Value) -> String {
    match value.to_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
