//! One parsed file to claims and includes.

use super::secrets::Kept;
use super::{Asks, Claim, Common, Expectation, INCLUDE, Include, Parts, Profile, Tests, common};
use crate::matcher::{self, Test};
use crate::resource::{Argument, Ask, KINDS, KeyInfo, Kind, SettingInfo};
use crate::secret::is_secret_name;
use crate::syntax::{Code, Data, Diagnostic, Help, Key, Node, Span, nearest, related};
use crate::value::{Type, Value};
use std::borrow::Cow;

/// Keys that may stand beside the sections and say nothing of the host.
const IGNORED: [&str; 1] = ["$schema"];

/// Reads a whole tree; what is wrong with it comes back beside what is right.
///
/// Takes the tree apart on the way, so that the memory of an entry that has been read serves the next one's claim.
pub fn lower(root: Node, wrong: &mut Vec<Diagnostic>) -> Parts {
    let described = root.describe();
    let sections = match root.data {
        Data::Map(sections) => sections,
        Data::Null => return Parts::default(),
        _ => {
            let message = format!("a spec is a map of sections, and this is {described}");
            wrong.push(Diagnostic::new(Code::WrongType, root.span, message).say(section_help()));
            return Parts::default();
        }
    };
    let mut parts = Parts::default();
    for (section, entries) in sections {
        if INCLUDE.contains(&&*section.text) {
            includes(&entries, &mut parts, wrong);
        } else if let Some(kind) = Kind::find(&section.text) {
            Section::new(kind).read(&section, entries, &mut parts, wrong);
        } else if !IGNORED.contains(&&*section.text) {
            wrong.push(unknown_section(&section));
        }
    }
    parts
}

fn section_help() -> String {
    let names: Vec<_> = KINDS.iter().map(|k| k.name).collect();
    format!("the sections are {}, {}", names.join(", "), INCLUDE[0])
}

fn unknown_section(section: &Key) -> Diagnostic {
    let one = Diagnostic::new(Code::UnknownKind, section.span, format!("no kind is called `{}`", section.text));
    let names = KINDS.iter().map(|k| k.name).chain(INCLUDE);
    match nearest(&section.text, names) {
        Some(near) => one.replace(section.span, near),
        None => one.say(section_help()),
    }
}

/// `include = ["conf.d/*.toml"]`, or goss's map of entries with `file` and `skip`.
fn includes(node: &Node, parts: &mut Parts, wrong: &mut Vec<Diagnostic>) {
    let mut include = |pattern: &str, span| {
        parts.includes.push((parts.claims.len(), Include { pattern: pattern.to_owned(), span }));
    };
    let mut refuse = |node: &Node, what: &str| {
        let message = format!("expected {what}, found {}", node.describe());
        wrong.push(Diagnostic::new(Code::WrongType, node.span, message));
    };
    match &node.data {
        Data::Text(pattern) => include(pattern, node.span),
        Data::List(list) => {
            for item in list {
                match item.text() {
                    Some(pattern) => include(pattern, item.span),
                    None => refuse(item, "the path of a spec"),
                }
            }
        }
        Data::Map(map) => {
            for (name, body) in map {
                let (mut file, mut skip) = (None, false);
                let fields = match &body.data {
                    Data::Null => &[],
                    Data::Map(fields) => &fields[..],
                    _ => {
                        refuse(body, "a map with `file` or `skip`");
                        continue;
                    }
                };
                for (key, value) in fields {
                    match (&*key.text, &value.data) {
                        ("file", Data::Text(path)) => file = Some((path, value.span)),
                        ("skip", Data::Bool(b)) => skip = *b,
                        ("file", _) => refuse(value, "the path of a spec"),
                        ("skip", _) => refuse(value, "true or false"),
                        _ => refuse(value, "only `file` and `skip` here"),
                    }
                }
                match file {
                    _ if skip => {}
                    Some((path, span)) => include(path, span),
                    None => include(&name.text, name.span),
                }
            }
        }
        Data::Null => {}
        _ => refuse(node, "a list of paths"),
    }
}

/// What is looked up once for all entries of a section.
struct Section {
    kind: &'static Kind,
    keys: Vec<KeyInfo>,
    settings: Vec<SettingInfo>,
}

/// What an entry's body says, key by key.
#[derive(Default)]
struct Body<'n, 's> {
    presence: Option<Expectation>,
    target: Option<&'n Node<'s>>,
    settings: Vec<(&'n str, &'n Node<'s>)>,
    asks: Asks,
    tests: Tests,
    common: Option<Box<Common>>,
    /// Places that no report may show.
    secrets: Vec<Span>,
}

impl Section {
    fn new(kind: &'static Kind) -> Section {
        Section { kind, keys: (kind.keys)(), settings: (kind.settings)() }
    }

    fn read(&self, section: &Key, entries: Node, parts: &mut Parts, wrong: &mut Vec<Diagnostic>) {
        let described = entries.describe();
        match entries.data {
            Data::Map(entries) => {
                parts.claims.reserve(entries.len());
                for (id, body) in entries {
                    let claim = self.claim(&id, &body, &mut parts.secrets, wrong);
                    parts.claims.extend(claim);
                }
            }
            Data::Null => {}
            _ => {
                let message = format!("expected entries by name, found {described}");
                let help = format!("such as:\n{}", self.kind.example.trim_end());
                let one = Diagnostic::new(Code::WrongType, entries.span, message);
                wrong.push(one.also(section.span, "in this section").say(help));
            }
        }
    }

    fn claim(&self, id: &Key, body: &Node, secrets: &mut Vec<Span>, wrong: &mut Vec<Diagnostic>) -> Option<Claim> {
        let before = wrong.len();
        let mut said = Body::default();
        if let Some(missing) = self.kind.required.iter().find(|name| body.get(name).is_none()) {
            let message = format!("`{}` needs `{missing}`", self.kind.name);
            wrong.push(Diagnostic::new(Code::MissingKey, id.span, message));
        }
        match &body.data {
            Data::Map(map) => {
                said.asks.reserve_exact(map.len());
                said.tests.reserve_exact(map.len());
                for (key, value) in map {
                    self.said(&mut said, key, value, wrong);
                }
            }
            Data::Null => {}
            _ => {
                let message =
                    format!("expected what `{}` should be, as a map of keys, found {}", id.text, body.describe());
                wrong.push(Diagnostic::new(Code::WrongType, body.span, message));
                return None;
            }
        }
        let presence = self.kind.presence.map(|_| {
            let implied = || Expectation { test: Test::equal(Value::Bool(true)), span: id.span, implied: true };
            said.presence.take().unwrap_or_else(implied)
        });
        let (name, span) = match said.target {
            Some(node) => (node.scalar().unwrap_or_default(), node.span),
            None => (Cow::Borrowed(&*id.text), id.span),
        };
        let probe = (self.kind.bind)(&name, &said.settings, wrong)
            .map_err(|why| wrong.push(Diagnostic::new(Code::BadId, span, why)))
            .ok();
        if presence.is_none() && said.tests.is_empty() && wrong.len() == before {
            let message = format!("`{}` says nothing of what it expects", id.text);
            let help = format!("of `{}` it may say {}", self.kind.name, self.key_names().join(", "));
            wrong.push(Diagnostic::new(Code::AssertsNothing, id.span, message).say(help));
        }
        let Body { asks, tests, mut common, settings, secrets: hidden, .. } = said;
        let kept = Kept::of(self.kind, &name, (id, body), &settings, hidden);
        kept.censor(wrong.get_mut(before..).unwrap_or_default());
        secrets.extend(&kept.spans);
        if let Some(common) = &mut common
            && !kept.secrets.is_empty()
        {
            kept.scrub(common);
        }
        let id_shown = kept.show(&id.text);
        Some(Claim {
            kind: self.kind,
            profile: Profile::Strict,
            target: (*name != *id_shown).then(|| name.into()),
            id: id_shown,
            span: id.span,
            probe: probe?,
            presence,
            asks,
            tests,
            common,
            secrets: (!kept.secrets.is_empty()).then(|| Box::new(kept.secrets)),
        })
    }

    /// Takes in one key of an entry.
    fn said<'n, 's>(
        &self,
        body: &mut Body<'n, 's>,
        key: &'n Key<'s>,
        value: &'n Node<'s>,
        wrong: &mut Vec<Diagnostic>,
    ) {
        let name = &*key.text;
        if self.kind.presence.is_some_and(|p| p.name == name) {
            let test = matcher::lower(value, Type::Bool, wrong);
            body.presence = test.map(|test| Expectation { test, span: value.span, implied: false });
        } else if let Some(index) = self.keys.iter().position(|k| k.name == name) {
            self.expect(body, index, value, wrong);
        } else if self.settings.iter().any(|s| s.name == name) {
            body.settings.push((name, value));
        } else if self.kind.target.is_some_and(|(target, _)| target == name) {
            if value.scalar().is_none() {
                let message = format!("expected text, found {}", value.describe());
                wrong.push(Diagnostic::new(Code::WrongType, value.span, message));
            }
            body.target = Some(value);
        } else if !common::set(&mut body.common, name, value, wrong) {
            let one = self.unknown_key(key);
            // Where nothing tells what was meant, or a secret was, what stands behind the key may be one.
            let meant = one.help.as_ref().map_or(name, |help| match help {
                Help::Replace(_, meant) => meant,
                Help::Say(_) => "",
            });
            let takes_any = !self.settings.is_empty() || self.keys.iter().any(|key| key.ty == Type::Secret);
            let may_be_one = meant.is_empty() && takes_any && !matches!(value.data, Data::Bool(_));
            if may_be_one || is_secret_name(meant) || is_secret_name(name) {
                body.secrets.push(value.span);
            }
            wrong.push(one);
        }
    }

    /// Takes in what is expected of the key at `index`.
    fn expect(&self, body: &mut Body, index: usize, value: &Node, wrong: &mut Vec<Diagnostic>) {
        let info = &self.keys[index];
        if info.ty == Type::Secret {
            body.secrets.push(value.span);
        }
        let mut push = |argument: &str, value: &Node, wrong: &mut Vec<Diagnostic>| {
            // Of texts by name, such as variables of an environment, the name tells which is a secret.
            let hides = info.ty == Type::Text && is_secret_name(argument);
            if hides {
                body.secrets.push(value.span);
            }
            if let Some(test) = matcher::lower(value, if hides { Type::Secret } else { info.ty }, wrong) {
                body.asks.push(Ask { key: index, argument: argument.into() });
                body.tests.push(Expectation { test, span: value.span, implied: false });
            }
        };
        if let Some(input) = info.input {
            return Self::check(body, index, input, value, wrong);
        }
        let Some(argument) = info.argument else { return push("", value, wrong) };
        match &value.data {
            Data::Map(map) if !map.is_empty() => {
                for (path, value) in map {
                    if let Err(why) = (argument.check)(&path.text) {
                        wrong.push(Diagnostic::new(Code::BadPath, path.span, why));
                    }
                    push(&path.text, value, wrong);
                }
            }
            Data::Map(_) | Data::Null => {
                let message = format!("`{}` is empty and asserts nothing", info.name);
                wrong.push(Diagnostic::new(Code::AssertsNothing, value.span, message));
            }
            _ => {
                let message = format!(
                    "expected a map from {} to what is expected there, found {}",
                    argument.noun,
                    value.describe()
                );
                wrong.push(Diagnostic::new(Code::WrongType, value.span, message));
            }
        }
    }

    /// Takes in a key under which the spec has text, or several, that the thing must be good for. Data counts as JSON.
    fn check(body: &mut Body, index: usize, input: Argument, value: &Node, wrong: &mut Vec<Diagnostic>) {
        let text: Cow<str> = match &value.data {
            Data::Text(text) => Cow::Borrowed(text),
            Data::Map(_) => Cow::Owned(Value::from(value).to_json().to_string()),
            Data::List(list) if !list.is_empty() => {
                return list.iter().for_each(|one| Self::check(body, index, input, one, wrong));
            }
            _ => {
                let message = format!("expected {}, found {}", input.noun, value.describe());
                return wrong.push(Diagnostic::new(Code::WrongType, value.span, message));
            }
        };
        if let Err(why) = (input.check)(&text) {
            return wrong.push(Diagnostic::new(Code::WrongType, value.span, why));
        }
        body.asks.push(Ask { key: index, argument: (&*text).into() });
        let test = Test::equal(Value::Text(text.into_owned()));
        body.tests.push(Expectation { test, span: value.span, implied: false });
    }

    fn key_names(&self) -> Vec<&'static str> {
        self.kind.presence.iter().map(|p| p.name).chain(self.keys.iter().map(|k| k.name)).collect()
    }

    fn unknown_key(&self, key: &Key) -> Diagnostic {
        let message = format!("`{}` has no key `{}`", self.kind.name, key.text);
        let one = Diagnostic::new(Code::UnknownKey, key.span, message);
        let others = self.settings.iter().map(|s| s.name).chain(self.kind.target.map(|(name, _)| name));
        let own: Vec<_> = self.key_names().into_iter().chain(others).collect();
        let all = || own.iter().copied().chain(common::COMMON.iter().map(|k| k.name));
        let opposite = |name: &str| name.strip_prefix("no-").is_some_and(|yes| yes == key.text);
        match (all().find(|name| opposite(name)), nearest(&key.text, all()), related(&key.text, all())) {
            (Some(no), ..) => one.say(format!("`{no}` is its opposite")),
            (None, Some(near), _) => one.replace(key.span, near),
            (None, None, Some(akin)) => one.say(format!("did you mean `{akin}`?")),
            (None, None, None) => one.say(format!("it may say {}", own.join(", "))),
        }
    }
}
