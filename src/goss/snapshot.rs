//! What a thing is now, as an entry of a goss file: what `add` and `autoadd` write.

use super::target::absolute;
use super::{Entry, Field, Said, Section};
use crate::host::packages::Manager;
use crate::resource::{Ask, Kind, Observed, Seen};
use crate::spec::{Asks, Claim, Common, Profile, Tests};
use crate::syntax::{Data, Node, Span};
use crate::value::{Fault, Value};
use globset::GlobBuilder;
use std::borrow::Cow;
use std::time::Duration;

/// Nothing of it stands in a file yet.
const NOWHERE: Span = Span { file: u32::MAX, start: 0, end: 0 };

/// How to look, and what of it to write down.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// Globs of attributes to leave out.
    pub exclude: Vec<String>,
    pub timeout: Option<Duration>,
    /// A DNS server.
    pub server: String,
    pub insecure: bool,
    pub no_follow_redirects: bool,
    pub username: String,
    pub password: String,
    pub proxy: String,
    /// Whose packages are meant.
    pub packages: Option<Manager>,
}

/// Something that is to be looked at.
pub struct Subject {
    pub section: &'static Section,
    /// What the entry is called.
    pub name: String,
    /// The attributes that are asked for, in the order of the answers.
    asked: Vec<&'static str>,
    how: How,
}

/// What looking came to.
pub struct Snapshot {
    pub entry: Entry,
    /// Whether it is there at all.
    pub present: bool,
    /// Attributes that are left out, and why.
    pub unseen: Vec<(&'static str, Fault)>,
}

/// The attributes of a section beside its presence that are written of what is there.
fn attributes(section: &Section) -> &'static [&'static str] {
    match section.name {
        "file" => &["mode", "owner", "group", "linked-to", "filetype"],
        "package" => &["versions"],
        "port" => &["ip"],
        "service" => &["enabled", "running"],
        "user" => &["uid", "gid", "groups", "home", "shell"],
        "group" => &["gid"],
        "command" => &["exit-status", "stdout", "stderr"],
        "dns" => &["addrs"],
        "kernel-param" => &["value"],
        "mount" => &["opts", "vfs-opts", "source", "filesystem"],
        "interface" => &["addrs", "mtu"],
        "http" => &["status"],
        _ => &[],
    }
}

/// Attributes without which an entry says nothing, so that they cannot be left out.
const REQUIRED: [&str; 5] = ["enabled", "running", "exit-status", "value", "status"];

/// What `name` is in a section, and the claim that looks at it where there is something to look at. The error is why
/// it names nothing.
pub fn subject(section: &'static Section, name: &str, how: &How) -> Result<(Subject, Option<Claim>), String> {
    let name = canonical(section, name)?;
    let Some(kind) = section.kind.and_then(Kind::find) else {
        return Ok((Subject { section, name, asked: Vec::new(), how: how.clone() }, None));
    };
    let settings = settings(section, how);
    let said: Vec<(&str, &Node)> = settings.iter().map(|(name, node)| (*name, node)).collect();
    let mut wrong = Vec::new();
    let probe = (kind.bind)(&target(section, &name, how)?, &said, &mut wrong)?;
    if let Some(one) = wrong.into_iter().next() {
        return Err(one.message);
    }
    let keys = (kind.keys)();
    let index = |name: &'static str| Some((name, keys.iter().position(|key| key.name == name)?));
    let wanted = attributes(section).iter().copied().filter(|name| how.wants(name)).filter_map(index);
    let (asked, asks): (Vec<_>, Asks) = wanted.map(|(name, key)| (name, Ask { key, argument: "".into() })).unzip();
    let common = Common { timeout: how.timeout.filter(|wait| !wait.is_zero()), ..Common::default() };
    let claim = Claim {
        kind,
        profile: Profile::Goss,
        id: name.as_str().into(),
        target: None,
        span: NOWHERE,
        probe,
        presence: None,
        asks,
        tests: Tests::default(),
        common: Some(Box::new(common)),
        secrets: None,
    };
    Ok((Subject { section, name, asked, how: how.clone() }, Some(claim)))
}

/// The name under which goss writes it.
fn canonical(section: &Section, name: &str) -> Result<String, String> {
    Ok(match section.name {
        "file" if !name.starts_with('~') => absolute(name)?,
        "port" if !name.contains(':') => format!("tcp:{name}"),
        "addr" if !name.contains("://") => format!("tcp://{name}"),
        _ => name.to_owned(),
    })
}

/// What our probe calls it.
fn target<'n>(section: &'static Section, name: &'n str, how: &How) -> Result<Cow<'n, str>, String> {
    if section.name == "package" {
        return Ok(super::target::package(name, how.packages));
    }
    let mut said = Fields { section, said: Vec::new() };
    said.say("server", Value::Text(how.server.clone()));
    super::target::of(section, &said.finish(), name)
}

fn settings(section: &Section, how: &How) -> Vec<(&'static str, Node<'static>)> {
    let node = |data| Node { span: NOWHERE, data };
    let text = |text: &str| node(Data::Text(Cow::Owned(text.to_owned())));
    let mut said = Vec::new();
    match section.name {
        "dns" if !how.server.is_empty() => said.push(("server", text(&how.server))),
        "http" => {
            let texts = [("username", &how.username), ("password", &how.password), ("proxy", &how.proxy)];
            said.extend(
                texts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, text(value))),
            );
            said.push(("allow-insecure", node(Data::Bool(how.insecure))));
            said.push(("no-follow-redirects", node(Data::Bool(how.no_follow_redirects))));
        }
        _ => {}
    }
    said
}

impl How {
    fn wants(&self, attribute: &str) -> bool {
        let glob = |glob: &String| GlobBuilder::new(glob).literal_separator(true).build();
        let excluded = |one: &String| glob(one).is_ok_and(|glob| glob.compile_matcher().is_match(attribute));
        REQUIRED.contains(&attribute) || !self.exclude.iter().any(excluded)
    }
}

impl Subject {
    /// What was observed, as goss would write it down. The error is why nothing can be said of it.
    pub fn snapshot(&self, observed: Observed) -> Result<Snapshot, Fault> {
        let mut entry = Fields { section: self.section, said: Vec::new() };
        let mut unseen = Vec::new();
        let seen = observed?;
        let present = match &seen {
            None => false,
            Some(Seen { present, .. }) => present.clone()? == Value::Bool(true),
        };
        let kind = self.section.kind.and_then(Kind::find);
        if let (Some(_), Some(first)) = (kind.and_then(|kind| kind.presence), self.section.tests.first())
            && self.section.name != "service"
        {
            entry.say(first.field, Value::Bool(present));
        }
        let values = seen.into_iter().flat_map(|seen| seen.values);
        for (name, value) in self.asked.iter().copied().zip(values) {
            match value {
                Ok(value) => match self.plain(name, &value) {
                    Some(plain) => entry.say(name, plain),
                    None if REQUIRED.contains(&name) => return Err(Fault::Failed("there is no such thing".into())),
                    None => {}
                },
                Err(fault) if REQUIRED.contains(&name) => return Err(fault),
                Err(fault) => unseen.push((name, fault)),
            }
        }
        self.rest(&mut entry);
        Ok(Snapshot { entry: entry.finish(), present, unseen })
    }

    /// A value as goss writes it; `None` where it writes none.
    fn plain(&self, name: &str, value: &Value) -> Option<Value> {
        match (self.section.name, value) {
            (_, Value::Absent | Value::Null) => None,
            // It would assert nothing.
            (_, Value::List(list)) if list.is_empty() => None,
            ("command", Value::Content(content)) => Some(patterns(&content.text)),
            ("kernel-param", value) => Some(Value::Text(written(value))),
            ("service", value) => Some(Value::Bool(*value == Value::Bool(true))),
            (_, Value::Bool(b)) => Some(Value::Bool(*b)),
            (_, Value::Int(n)) => Some(Value::Int(*n)),
            (_, Value::List(list)) => {
                let texts = list.iter().map(|one| Value::Text(written(one)));
                let mut seen: Vec<Value> = Vec::new();
                // A mount's options are each told once.
                texts.for_each(|one| {
                    if name != "opts" || !seen.contains(&one) {
                        seen.push(one)
                    }
                });
                Some(Value::List(seen))
            }
            (_, other) => Some(Value::Text(written(other))),
        }
    }

    /// What goss writes of every entry of a section.
    fn rest(&self, entry: &mut Fields) {
        let how = &self.how;
        let none = || Value::List(Vec::new());
        match self.section.name {
            "file" => entry.say("contents", none()),
            "service" => ["enabled", "running"].into_iter().for_each(|key| entry.default(key, Value::Bool(false))),
            "command" => {
                ["stdout", "stderr"].into_iter().for_each(|key| entry.default(key, Value::Text(String::new())))
            }
            "http" => {
                entry.say("allow-insecure", Value::Bool(how.insecure));
                entry.say("no-follow-redirects", Value::Bool(how.no_follow_redirects));
                entry.say("body", none());
                for (name, text) in [("username", &how.username), ("password", &how.password), ("proxy", &how.proxy)] {
                    if !text.is_empty() {
                        entry.say(name, Value::Text(text.clone()));
                    }
                }
            }
            _ => {}
        }
        if self.section.name == "dns" && !how.server.is_empty() {
            entry.say("server", Value::Text(how.server.clone()));
        }
        if self.section.timeout.is_some() {
            let wait = how.timeout.unwrap_or_default().as_millis();
            entry.say("timeout", Value::Int(i64::try_from(wait).unwrap_or(i64::MAX)));
        }
    }
}

/// The fields of an entry while it is made.
struct Fields {
    section: &'static Section,
    said: Vec<Said>,
}

impl Fields {
    fn say(&mut self, name: &str, value: Value) {
        if let Some(field) = self.section.field(name) {
            self.said.push(Said { field, value, span: NOWHERE });
        }
    }

    fn default(&mut self, name: &str, value: Value) {
        if !self.said.iter().any(|said| said.field.name == name) {
            self.say(name, value);
        }
    }

    fn finish(mut self) -> Entry {
        let rank = |field: &Field| self.section.fields.iter().position(|one| one.name == field.name);
        self.said.sort_by_key(|said| rank(said.field));
        Entry { span: NOWHERE, fields: self.said }
    }
}

/// A scalar as text.
fn written(value: &Value) -> String {
    match value.to_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Output as patterns of its lines; the empty text where there is none.
fn patterns(output: &str) -> Value {
    let escaped = |line: &str| match line.starts_with(['!', '/']) {
        true => format!("\\{line}"),
        false => line.to_owned(),
    };
    let lines: Vec<Value> =
        output.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Value::Text(escaped(line))).collect();
    if lines.is_empty() { Value::Text(String::new()) } else { Value::List(lines) }
}
