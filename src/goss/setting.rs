//! Settings of goss's entries as the kinds' own.

use super::Entry;
use super::field::Section;
use super::target::absolute;
use crate::quantity;
use crate::syntax::{Data, Key, Node, Span};
use crate::value::Value;
use std::borrow::Cow;
use std::time::Duration;

/// What goss sends for a name where no header says another.
const USER_AGENT: &str = "User-Agent: goss/v0.4.10";

/// An entry as it could have stood in a spec. Each scalar has a place of its own, by which a secret is known again.
pub fn body(entry: &Entry) -> Node<'_> {
    let mut next = 0;
    let fields = entry.fields.iter().map(|said| {
        let key = Key { span: place(&mut next), text: Cow::Borrowed(said.field.name) };
        (key, node(&said.value, &mut next))
    });
    let fields = fields.collect();
    Node { span: entry.span, data: Data::Map(fields) }
}

/// A field as a setting; `None` where goss takes it as not said.
pub fn of<'e>(body: &Node<'e>, field: &str) -> Option<Node<'e>> {
    let node = body.get(field)?;
    let empty = match &node.data {
        // An address that is none is no address to Go, which then takes any.
        Data::Text(text) if field == "local-address" => text.parse::<std::net::IpAddr>().is_err(),
        Data::Text(text) => text.is_empty(),
        Data::List(list) => list.is_empty(),
        Data::Null => true,
        _ => false,
    };
    (!empty).then(|| node.clone())
}

/// What of a request's settings depends on others.
pub fn http<'e>(settings: &mut Vec<(&'static str, Node<'e>)>) {
    let has = |settings: &[(&str, Node)], name: &str| settings.iter().any(|(n, _)| *n == name);
    if !(has(settings, "cert-file") && has(settings, "key-file")) {
        settings.retain(|(name, _)| !matches!(*name, "cert-file" | "key-file"));
    }
    for (name, node) in settings.iter_mut() {
        if let ("ca-file" | "cert-file" | "key-file", Data::Text(path)) = (*name, &mut node.data) {
            *path = Cow::Owned(absolute(path).unwrap_or_else(|_| path.to_string()));
        }
    }
    let span = Span { file: u32::MAX, start: u32::MAX, end: u32::MAX };
    let agent = || Node { span, data: Data::Text(USER_AGENT.into()) };
    match settings.iter_mut().find(|(name, _)| *name == "request-headers") {
        Some((_, Node { data: Data::List(list), .. })) => {
            let is_agent = |one: &Node| one.text().is_some_and(|text| text.to_lowercase().starts_with("user-agent:"));
            if !list.iter().any(is_agent) {
                list.push(agent());
            }
        }
        _ => settings.push(("request-headers", Node { span, data: Data::List(vec![agent()]) })),
    }
}

/// Why an entry cannot be looked at as it is.
pub fn refused(section: &Section, entry: &Entry) -> Option<String> {
    if let (Some(_), Some(Value::Int(n @ ..0))) = (section.timeout, entry.get("timeout").map(|said| &said.value)) {
        return Some(format!("the timeout {n} is over before anything is looked at"));
    }
    // goss crashes. What has no `: ` may be all secret.
    let Some(Value::List(headers)) = entry.get("request-headers").map(|said| &said.value) else { return None };
    let bare = headers.iter().any(|one| !matches!(one, Value::Text(text) if text.contains(": ")));
    bare.then(|| "a request header has no `: `: write `Name: value`".to_owned())
}

/// A bare number is milliseconds; `None` where it says nothing.
pub fn delay(value: &Value) -> Option<Duration> {
    let milliseconds = |n: f64| Duration::try_from_secs_f64(n / 1_000.0).ok();
    let delay = match value {
        Value::Int(n) => u64::try_from(*n).ok().map(Duration::from_millis),
        Value::Number(n) => milliseconds(*n),
        Value::Text(text) => match text.trim().parse::<f64>() {
            Ok(n) => milliseconds(n),
            Err(_) => quantity::parse_wait(text.trim()),
        },
        _ => None,
    };
    delay.filter(|delay| !delay.is_zero()).map(|delay| delay.min(quantity::LONGEST))
}

/// Numbers are as they print.
fn node<'v>(value: &'v Value, next: &mut u32) -> Node<'v> {
    let span = place(next);
    let data = match value {
        Value::Null | Value::Absent => Data::Null,
        Value::Bool(b) => Data::Bool(*b),
        Value::Text(text) => Data::Text(Cow::Borrowed(text)),
        Value::List(list) => Data::List(list.iter().map(|one| node(one, next)).collect()),
        Value::Map(map) => {
            let pair = |(key, one): &'v (String, Value)| {
                (Key { span: place(next), text: Cow::Borrowed(key.as_str()) }, node(one, next))
            };
            Data::Map(map.iter().map(pair).collect())
        }
        other => Data::Text(Cow::Owned(other.to_string())),
    };
    // What is in it is in its place.
    Node { span: Span { end: *next, ..span }, data }
}

/// A place in no file.
fn place(next: &mut u32) -> Span {
    let start = *next;
    *next = start.saturating_add(1);
    Span { file: u32::MAX, start, end: *next }
}
