//! A [`Config`] to claims that are judged by goss's rules.

use super::field::{Section, Tested};
use super::matcher::{MISSING, Seen, test};
use super::{Config, Entry, service, setting, target};
use crate::host::packages::Manager;
use crate::matcher::Test;
use crate::matcher::goss::printed;
use crate::quantity::LONGEST;
use crate::resource::{Ask, Kind, Probe};
use crate::spec::{Asks, Claim, Common, Expectation, Kept, Profile, Retry, Tests};
use crate::syntax::{Data, Diagnostic, Key, Node, Span};
use crate::value::{Fault, Value};
use std::borrow::Cow;
use std::time::Duration;

/// The order in which goss hands out its sections.
const ORDER: [&str; 15] = [
    "command",
    "http",
    "addr",
    "dns",
    "package",
    "service",
    "file",
    "process",
    "user",
    "group",
    "port",
    "kernel-param",
    "mount",
    "interface",
    "matching",
];

/// Fields of text that is read line by line; an empty list of patterns is no test of it.
const READERS: [&str; 6] = ["stdout", "stderr", "contents", "contains", "headers", "body"];
/// Fields whose text goss reads as a whole number.
const NUMBERS: [(&str, &[&str]); 3] = [("command", &["exit-status"]), ("user", &["uid", "gid"]), ("group", &["gid"])];

/// Every entry as a claim, in goss's order of sections, names sorted. What goss refuses only when it looks becomes a test
/// that fails ([`crate::matcher::Test::Refused`]), and what no probe can be made of is unknown.
pub fn lower(config: &Config) -> Vec<Claim> {
    lower_of(config, None)
}

/// The same, where packages are those of one manager.
pub fn lower_of(config: &Config, packages: Option<Manager>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (section, kind) in ORDER.iter().filter_map(|name| Some((Section::find(name)?, Kind::find(name)?))) {
        let entries = Section::index(section.name).and_then(|index| config.sections.get(&index));
        for (name, entry) in entries.into_iter().flatten() {
            claims.push(claim(section, kind, name, entry, packages));
        }
    }
    claims
}

fn claim(
    section: &'static Section,
    kind: &'static Kind,
    name: &str,
    entry: &Entry,
    packages: Option<Manager>,
) -> Claim {
    let said = section.target.and_then(|field| text(entry, field)).filter(|target| !target.is_empty());
    let target = said.unwrap_or(name);
    // goss says of a command only the entry's name.
    let id = match said {
        Some(target) if target != name && section.name != "command" => Cow::Owned(format!("{name}: {target}")),
        _ => Cow::Borrowed(name),
    };
    let body = setting::body(entry);
    let settings = settings(section, &body, target);
    let settings: Vec<(&str, &Node)> = settings.iter().map(|(name, node)| (*name, node)).collect();
    let probe = match section.name {
        "matching" => Ok(matching(entry)),
        "service" => service::probe(kind, target, probe(kind, section, entry, target, &settings)),
        "package" => probe(kind, section, entry, &target::package(target, packages), &settings),
        _ => probe(kind, section, entry, target, &settings),
    };
    let key = Key { span: entry.span, text: Cow::Borrowed(name) };
    let kept = Kept::of(kind, target, (&key, &body), &settings, Vec::new());
    let mut common = common(section, entry);
    if let Some(common) = &mut common
        && !kept.secrets.is_empty()
    {
        kept.scrub(common);
    }
    let (presence, asks, tests) = tests(section, kind, entry);
    Claim {
        kind,
        profile: Profile::Goss,
        id: kept.show(&id),
        target: None,
        span: entry.span,
        probe: probe.unwrap_or_else(unlooked),
        presence,
        asks,
        tests,
        common,
        secrets: (!kept.secrets.is_empty()).then(|| Box::new(kept.secrets)),
    }
}

fn text<'e>(entry: &'e Entry, field: &str) -> Option<&'e str> {
    match &entry.get(field)?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Nobody has looked, and why.
fn unlooked(why: String) -> Probe {
    let fault = Fault::Unsupported(why);
    Box::new(move |_, _| Err(fault.clone()))
}

fn settings<'e>(section: &Section, body: &Node<'e>, target: &str) -> Vec<(&'static str, Node<'e>)> {
    let of = |(field, name): &(&'static str, &'static str)| setting::of(body, field).map(|node| (*name, node));
    let mut settings: Vec<_> = section.settings.iter().filter_map(of).collect();
    match section.name {
        "command" => {
            // goss's shell is called so in what it says of an error.
            let word = |word: &str| Node { span: body.span, data: Data::Text(Cow::Owned(word.to_owned())) };
            let shell = ["sh", "-c", target].map(word).into();
            settings.push(("exec", Node { span: body.span, data: Data::List(shell) }));
        }
        "http" => setting::http(&mut settings),
        _ => {}
    }
    settings
}

fn probe(
    kind: &Kind,
    section: &Section,
    entry: &Entry,
    target: &str,
    settings: &[(&str, &Node)],
) -> Result<Probe, String> {
    if let Some(why) = setting::refused(section, entry) {
        return Err(why);
    }
    let mut wrong: Vec<Diagnostic> = Vec::new();
    let target = target::of(section, entry, target)?;
    let probe = (kind.bind)(&target, settings, &mut wrong)?;
    match wrong.into_iter().next() {
        None => Ok(probe),
        Some(one) => Err(one.message),
    }
}

/// What is matched stands in the entry.
fn matching(entry: &Entry) -> Probe {
    let content = entry.get("content").map_or(Value::Null, |said| said.value.clone());
    let content = match is_reader(entry) {
        true => Value::Text(printed(&content).into_owned()),
        false => content,
    };
    Box::new(move |_, asked| {
        let values: Vec<_> = asked.asks().iter().map(|_| Ok(content.clone())).collect();
        Ok(Some(values.into()))
    })
}

fn is_reader(entry: &Entry) -> bool {
    entry.get("as-reader").is_some_and(|said| said.value == Value::Bool(true))
}

fn common(section: &Section, entry: &Entry) -> Option<Box<Common>> {
    let whole = |field: &str| match entry.get(field).map(|said| &said.value) {
        Some(Value::Int(n)) => u32::try_from(*n).ok().filter(|n| *n > 0),
        _ => None,
    };
    let timeout = section.timeout.map(|default| {
        // goss asks DNS three times.
        let times = if section.name == "dns" { 3 } else { 1 };
        Duration::from_millis(u64::from(whole("timeout").unwrap_or(default))) * times
    });
    let retry = whole("retry_count").map(|count| {
        let every = entry.get("retry_delay").and_then(|said| setting::delay(&said.value));
        let every = every.unwrap_or(Duration::from_secs(1));
        // Half a wait more, for what the looks themselves take.
        let within = every.saturating_mul(count).saturating_add(every / 2).min(LONGEST);
        Retry { within, every: every.min(LONGEST) }
    });
    let common = Common {
        title: text(entry, "title").filter(|title| !title.is_empty()).map(str::to_owned),
        meta: entry.get("meta").map(|said| said.value.clone()).filter(|meta| *meta != Value::Null),
        skip: entry.get("skip").filter(|said| said.value == Value::Bool(true)).map(|_| String::new()),
        tags: Vec::new(),
        timeout,
        retry,
        every: None,
    };
    (common != Common::default()).then(|| Box::new(common))
}

/// The tests of an entry in goss's order: the kind's presence, and the rest.
fn tests(section: &'static Section, kind: &Kind, entry: &Entry) -> (Option<Expectation>, Asks, Tests) {
    let (mut presence, mut asks, mut tests) = (None, Asks::new(), Tests::new());
    let keys = (kind.keys)();
    for (index, tested) in section.tests.iter().enumerate() {
        let required = index == 0 && section.name != "service";
        let Some((test, span)) = expectation(section, tested, entry, required) else { continue };
        let expectation = Expectation { test, span, implied: false };
        if kind.presence.is_some_and(|presence| presence.name == tested.key) {
            presence = Some(expectation);
        } else if let Some(key) = keys.iter().position(|key| key.name == tested.key) {
            // What goss calls the property, where the kind calls it otherwise: no key of a goss file reads an argument.
            let argument = if tested.property == tested.key { "" } else { tested.property };
            asks.push(Ask { key, argument: argument.into() });
            tests.push(expectation);
        }
    }
    (presence, asks, tests)
}

/// `None` where goss tests nothing.
fn expectation(section: &Section, tested: &Tested, entry: &Entry, required: bool) -> Option<(Test, Span)> {
    let set = |field: &str| entry.get(field).filter(|said| said.value != Value::Null);
    // goss's older spelling.
    let older = if tested.field == "resolvable" { "resolveable" } else { tested.field };
    let reader = READERS.contains(&tested.field);
    let Some(said) = set(tested.field).or_else(|| set(older)) else {
        return required.then(|| (Test::Refused(MISSING.into()), entry.span));
    };
    let seen = match section.name {
        "matching" if is_reader(entry) => Seen::Reader,
        "matching" => Seen::Any,
        _ if reader => Seen::Reader,
        _ => Seen::Typed,
    };
    let number = NUMBERS.iter().any(|(name, fields)| *name == section.name && fields.contains(&tested.field));
    Some(match &said.value {
        Value::List(list) if reader && list.is_empty() => return None,
        Value::Text(text) if number => (whole(text, seen), said.span),
        value => (test(value, seen), said.span),
    })
}

/// Go's strconv.Atoi.
fn whole(text: &str, seen: Seen) -> Test {
    match text.parse::<i64>() {
        Ok(n) => test(&Value::Number(n as f64), seen),
        Err(_) => Test::Refused(format!("strconv.Atoi: parsing {text:?}: invalid syntax").into()),
    }
}
