//! Kinds of things a spec can describe: one file each. A new one is a file here and its two lines below.

use crate::host::Host;
use crate::matcher::Test;
use crate::syntax::{Diagnostic, Node, Span};
use crate::value::{Fact, Fault, Type, Value};
use smallvec::SmallVec;

mod addr;
mod certificate;
mod command;
mod disk;
mod dns;
mod file;
mod group;
mod http;
mod image;
mod interface;
mod kernel_module;
mod kernel_param;
mod matching;
mod mount;
mod package;
mod ping;
mod port;
mod process;
mod service;
mod system;
mod user;

mod id;
mod inventory;
mod json_schema;
mod names;
mod path;
mod pin;
mod setting;

pub use http::distrust;
pub use id::Id;
pub use inventory::{Inventory, Thing};
pub use names::{Names, Pattern};
pub use path::Path;
pub use pin::{Hold, Pin};
pub use port::Place as PortPlace;
pub use setting::{Exec, FromNode, Setting, Shape, choice, setting};

/// Every kind, in the order that references list them.
#[rustfmt::skip] // a line each
pub static KINDS: &[Kind] = &[
    Kind::of::<file::File>(),
    Kind::of::<package::Package>(),
    Kind::of::<service::Service>(),
    Kind::of::<port::Port>(),
    Kind::of::<process::Running>(),
    Kind::of::<user::User>(),
    Kind::of::<group::Group>(),
    Kind::of::<command::Command>(),
    Kind::of::<certificate::Certificate>(),
    Kind::of::<disk::Disk>(),
    Kind::of::<mount::Mount>(),
    Kind::of::<interface::Interface>(),
    Kind::of::<addr::Addr>(),
    Kind::of::<dns::Dns>(),
    Kind::of::<http::Http>(),
    Kind::of::<ping::Ping>(),
    Kind::of::<image::Image>(),
    Kind::of::<kernel_param::KernelParam>(),
    Kind::of::<kernel_module::KernelModule>(),
    Kind::of::<system::System>(),
    Kind::of::<matching::Matching>(),
];

/// A kind of thing a spec can describe. `Self` is what its probe saw.
pub trait Resource: Sized + 'static {
    /// The section it answers to.
    const NAME: &'static str;
    /// One sentence: what it is and where the facts come from.
    const ABOUT: &'static str;
    /// A spec in TOML, shown in the reference and parsed by a test.
    const EXAMPLE: &'static str;
    /// How this kind says "it is there"; `None` for kinds that have no such claim.
    const PRESENCE: Option<Presence> = Some(Presence { name: "exists", about: "Whether it is there." });
    /// The setting that names the thing where the entry's own name does not, and what such a name is.
    const TARGET: Option<(&'static str, &'static str)>;
    /// What a spec may say of it.
    const KEYS: Keys<Self>;
    /// What its name parses into, so that a name that cannot name one is a spec error.
    type Id: Id;
    /// How to look, where that can be tuned.
    type Settings: Default + Send + Sync;
    const SETTINGS: Settings<Self::Settings> = &[];
    /// Settings without which there is nothing to look at.
    const REQUIRED: &[&str] = &[];
    /// What `add` writes of it, in this order; what is not here is never written.
    const PINS: &[Pin] = &[];
    /// How to list what a host has of it, where `coverage` counts that.
    const INVENTORY: Option<Inventory> = None;
    /// Those of them that suit the thing of this name.
    fn pins_of(_name: &str) -> &'static [Pin] {
        Self::PINS
    }
    /// What entries that speak of the thing of this name may be called, each in the one spelling that all of its
    /// spellings share, and the first of them this very name: `tcp6:80` and `tcp:80` of `tcp6:080`.
    fn spellings(name: &str) -> Vec<String> {
        vec![name.to_owned()]
    }
    /// For an entry whose name is a pattern, what it matches.
    fn pattern(_entry: &str) -> Option<Pattern> {
        None
    }
    /// Why `add` never writes a key of the thing of this name, though it does of others.
    fn unlasting(_name: &str, _key: &str) -> Option<&'static str> {
        None
    }
    /// What a person should know before relying on what was seen under a key.
    fn doubt(_key: &str, _seen: &Value) -> Option<&'static str> {
        None
    }
    /// Looks `id` up. `None` means that it is certainly not there; what could not be looked at is a [`Fault`].
    fn probe(host: &Host, id: &Self::Id, how: &Self::Settings) -> Result<Option<Self>, Fault>;
    /// For kinds some of whose keys have an answer whether or not the thing is there: their `probe` always finds
    /// something, and this says whether it is the thing itself.
    fn present(&self) -> Result<bool, Fault> {
        Ok(true)
    }
    /// Why it is not there, for kinds that learn it: reports say it where the thing was to be there.
    fn absence(&self) -> Option<String> {
        None
    }
    /// Hears of the keys that are about to be read, where it is better to know them together.
    fn prepare(&mut self, _keys: &mut dyn Iterator<Item = &'static str>) {}
}

/// The key that says whether a thing is there.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    pub name: &'static str,
    pub about: &'static str,
}

pub type Keys<R> = &'static [&'static dyn Column<R>];
pub type Settings<S> = &'static [&'static dyn setting::Knob<S>];

/// Declares a key. `read` runs only if a spec asks for it.
pub const fn key<R, T: Fact>(name: &'static str, about: &'static str, read: fn(&R) -> T) -> Key<R, T> {
    Key { name, about, read, course: Course::Stays }
}

/// Declares a key that holds a map: each of its keys is handed to `read` and has a value, and a verdict, of its own.
pub const fn lookup<R, T: Fact>(
    name: &'static str,
    about: &'static str,
    argument: Argument,
    read: fn(&R, &str) -> T,
) -> Lookup<R, T> {
    Lookup { name, about, argument, read }
}

/// Declares a key under which a spec writes text that the thing must be good for (a host name, a schema): `read` is
/// handed the text and says what speaks against it; an empty list is a pass, and `None` is nothing to hold it against.
pub const fn check<R, P: Into<Option<Vec<String>>>>(
    name: &'static str,
    about: &'static str,
    input: Argument,
    read: fn(&R, &str) -> Result<P, Fault>,
) -> Check<R, P> {
    Check { name, about, input, read }
}

/// Declares a key that holds text of any length: `read` is handed what is expected of it, for text that is too long to
/// be kept may still tell whether that holds ([`Test::sieve`]).
pub const fn text<R>(name: &'static str, about: &'static str, read: Reader<R>) -> Text<R> {
    Text { name, about, read }
}

type Reader<R> = fn(&R, Option<&Test>) -> Result<Value, Fault>;

pub struct Text<R> {
    name: &'static str,
    about: &'static str,
    read: Reader<R>,
}

pub struct Key<R, T> {
    name: &'static str,
    about: &'static str,
    read: fn(&R) -> T,
    course: Course,
}

impl<R, T> Key<R, T> {
    /// It only grows, as time passes.
    pub const fn growing(self) -> Self {
        Key { course: Course::Grows, ..self }
    }

    /// It is another at every look.
    pub const fn wavering(self) -> Self {
        Key { course: Course::Wavers, ..self }
    }
}

/// What becomes of a key's value where nothing is done to the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Stays,
    /// What was found is its least from then on.
    Grows,
    Wavers,
}

pub struct Lookup<R, T> {
    name: &'static str,
    about: &'static str,
    argument: Argument,
    read: fn(&R, &str) -> T,
}

pub struct Check<R, P> {
    name: &'static str,
    about: &'static str,
    input: Argument,
    read: fn(&R, &str) -> Result<P, Fault>,
}

/// Problems that one check tells of at most.
const MAX_PROBLEMS: usize = 5;

/// What the keys of a [`lookup`] are, or the text under a [`check`].
#[derive(Clone, Copy)]
pub struct Argument {
    /// A noun for the reference: `path`, `property`.
    pub noun: &'static str,
    /// Says what is wrong with one, before anything runs.
    pub check: fn(&str) -> Result<(), String>,
}

/// A [`Key`], [`Text`], [`Lookup`] or [`Check`] of any type.
pub trait Column<R>: Sync {
    fn info(&self) -> KeyInfo;
    /// `argument` is empty for a plain key, and the text that the spec has under a [`check`].
    fn read(&self, seen: &R, argument: &str) -> Result<Value, Fault>;
    /// Like [`Column::read`], where it is known what is expected.
    fn read_for(&self, seen: &R, argument: &str, _: Option<&Test>) -> Result<Value, Fault> {
        self.read(seen, argument)
    }
}

impl<R> Column<R> for Text<R> {
    fn info(&self) -> KeyInfo {
        KeyInfo {
            name: self.name,
            about: self.about,
            ty: Type::Content,
            argument: None,
            input: None,
            course: Course::Stays,
        }
    }
    fn read(&self, seen: &R, _: &str) -> Result<Value, Fault> {
        (self.read)(seen, None)
    }
    fn read_for(&self, seen: &R, _: &str, test: Option<&Test>) -> Result<Value, Fault> {
        (self.read)(seen, test)
    }
}

impl<R, T: Fact> Column<R> for Key<R, T> {
    fn info(&self) -> KeyInfo {
        KeyInfo { name: self.name, about: self.about, ty: T::TYPE, argument: None, input: None, course: self.course }
    }
    fn read(&self, seen: &R, _: &str) -> Result<Value, Fault> {
        (self.read)(seen).observe()
    }
}

impl<R, T: Fact> Column<R> for Lookup<R, T> {
    fn info(&self) -> KeyInfo {
        KeyInfo {
            name: self.name,
            about: self.about,
            ty: T::TYPE,
            argument: Some(self.argument),
            input: None,
            course: Course::Stays,
        }
    }
    fn read(&self, seen: &R, argument: &str) -> Result<Value, Fault> {
        (self.read)(seen, argument).observe()
    }
}

/// What passes reads as the text it was checked against, so that its test is equality with that text.
impl<R, P: Into<Option<Vec<String>>>> Column<R> for Check<R, P> {
    fn info(&self) -> KeyInfo {
        KeyInfo {
            name: self.name,
            about: self.about,
            ty: Type::Text,
            argument: None,
            input: Some(self.input),
            course: Course::Stays,
        }
    }
    fn read(&self, seen: &R, argument: &str) -> Result<Value, Fault> {
        let Some(mut problems) = (self.read)(seen, argument)?.into() else { return Ok(Value::Absent) };
        if problems.is_empty() {
            return Ok(Value::Text(argument.to_owned()));
        }
        let more = problems.len().saturating_sub(MAX_PROBLEMS);
        problems.truncate(MAX_PROBLEMS);
        if more > 0 {
            problems.push(format!("{more} more"));
        }
        Err(Fault::Unfit(problems.join("; ")))
    }
}

/// A key as references, schema and lowering see it.
#[derive(Clone, Copy)]
pub struct KeyInfo {
    pub name: &'static str,
    pub about: &'static str,
    /// What it holds; of a lookup, what each of its keys holds.
    pub ty: Type,
    pub argument: Option<Argument>,
    /// Of a [`check`], what its text is. Such a key takes no matcher: its text (a map is taken as JSON text, a list as
    /// several texts) is the [`Ask::argument`], and the test is equality with it.
    pub input: Option<Argument>,
    pub course: Course,
}

/// A setting as references, schema and lowering see it.
#[derive(Clone, Copy)]
pub struct SettingInfo {
    pub name: &'static str,
    pub about: &'static str,
    pub shape: Shape,
}

/// A [`Resource`] of any kind: a row of [`KINDS`].
pub struct Kind {
    pub name: &'static str,
    pub about: &'static str,
    pub example: &'static str,
    pub presence: Option<Presence>,
    pub target: Option<(&'static str, &'static str)>,
    pub keys: fn() -> Vec<KeyInfo>,
    /// The name of a key by its index, without listing them all.
    pub key_name: fn(usize) -> &'static str,
    /// Whether the key with this index is a [`check`].
    pub is_check: fn(usize) -> bool,
    pub settings: fn() -> Vec<SettingInfo>,
    /// Settings that every entry needs.
    pub required: &'static [&'static str],
    /// What `add` writes of it.
    pub pins: &'static [Pin],
    /// How to list what a host has of it.
    pub inventory: Option<Inventory>,
    /// What `add` writes of the thing of this name.
    pub pins_of: fn(&str) -> &'static [Pin],
    /// [`Resource::spellings`].
    pub spellings: fn(&str) -> Vec<String>,
    /// [`Resource::pattern`].
    pub pattern: fn(&str) -> Option<Pattern>,
    /// Why `add` does not write a key of the thing of this name.
    pub unlasting: fn(&str, &str) -> Option<&'static str>,
    /// What is to be told of what was seen under a key.
    pub doubt: fn(&str, &Value) -> Option<&'static str>,
    /// The places in an entry's settings that no report may show.
    pub secrets: fn(&[(&str, &Node)]) -> Vec<Span>,
    /// Reads an entry's name and settings into a probe that needs nothing more than a host.
    pub bind: Bind,
}

/// The entry's name and the settings it says, to a probe, or to why the name cannot name one.
pub type Bind = fn(&str, &[(&str, &Node)], &mut Vec<Diagnostic>) -> Result<Probe, String>;

/// Looks a thing up on a host and reads the keys asked for.
pub type Probe = Box<dyn Fn(&Host, &dyn Asked) -> Observed + Send + Sync>;

/// What a spec wants to know of a thing.
pub trait Asked {
    fn asks(&self) -> &[Ask];
    /// What is expected of the key that `asks()[index]` is, where that is known.
    fn test(&self, index: usize) -> Option<&Test>;
}

/// Keys of which nothing is expected.
impl<const N: usize> Asked for [Ask; N] {
    fn asks(&self) -> &[Ask] {
        self
    }
    fn test(&self, _: usize) -> Option<&Test> {
        None
    }
}

impl Asked for Vec<Ask> {
    fn asks(&self) -> &[Ask] {
        self
    }
    fn test(&self, _: usize) -> Option<&Test> {
        None
    }
}

/// `None` if it is not there and nothing more can be said of it.
pub type Observed = Result<Option<Seen>, Fault>;

/// What a probe that found something has to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Whether the thing itself is there: [`Value::Bool`], or [`Value::No`] and why.
    pub present: Result<Value, Fault>,
    /// The keys asked for, in order. Where the thing is not there, [`Value::Absent`] is a key that only it could have.
    pub values: Values,
}

/// Most entries ask for a few keys, and what is made by one thread and dropped by another is dear.
pub type Values = SmallVec<[Result<Value, Fault>; 3]>;

impl From<Vec<Result<Value, Fault>>> for Seen {
    /// The keys of a thing that is there.
    fn from(values: Vec<Result<Value, Fault>>) -> Seen {
        Seen { present: Ok(Value::Bool(true)), values: values.into() }
    }
}

/// One key that a spec speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Index into the kind's keys.
    pub key: usize,
    /// The argument of a lookup, the text of a check, else empty.
    pub argument: Box<str>,
}

impl Kind {
    const fn of<R: Resource>() -> Kind {
        Kind {
            name: R::NAME,
            about: R::ABOUT,
            example: R::EXAMPLE,
            presence: R::PRESENCE,
            target: R::TARGET,
            keys: || R::KEYS.iter().map(|k| k.info()).collect(),
            key_name: |index| R::KEYS.get(index).map_or("", |k| k.info().name),
            is_check: |index| R::KEYS.get(index).is_some_and(|k| k.info().input.is_some()),
            settings: || R::SETTINGS.iter().map(|s| s.info()).collect(),
            required: R::REQUIRED,
            pins: R::PINS,
            inventory: R::INVENTORY,
            pins_of: R::pins_of,
            spellings: R::spellings,
            pattern: R::pattern,
            unlasting: R::unlasting,
            doubt: R::doubt,
            secrets: secrets::<R>,
            bind: bind::<R>,
        }
    }

    pub fn find(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|k| k.name == name)
    }

    /// A thing's name in the one spelling that all of its spellings share.
    pub fn spelled(&self, name: &str) -> String {
        (self.spellings)(name).into_iter().next().unwrap_or_default()
    }

    /// Whether an entry whose thing is called `entry` speaks of what is called `thing`: `80` does of `tcp6:80`.
    pub fn speaks_of(&self, entry: &str, thing: &str) -> bool {
        entry == thing
            || (self.spellings)(thing).contains(&self.spelled(entry))
            || (self.pattern)(entry).is_some_and(|matches| matches(thing))
    }
}

/// What a thing's entry is called among all of them: `file//etc/passwd`, as `accept` takes it.
pub fn address(kind: &str, name: &str) -> String {
    format!("{kind}/{name}")
}

fn secrets<R: Resource>(said: &[(&str, &Node)]) -> Vec<Span> {
    let knob = |name: &str| R::SETTINGS.iter().find(|knob| knob.info().name == name);
    said.iter().filter_map(|(name, node)| Some(knob(name)?.secrets(node))).flatten().collect()
}

fn bind<R: Resource>(name: &str, said: &[(&str, &Node)], wrong: &mut Vec<Diagnostic>) -> Result<Probe, String> {
    let id = R::Id::parse(name)?;
    let mut how = R::Settings::default();
    for (name, node) in said {
        if let Some(knob) = R::SETTINGS.iter().find(|k| k.info().name == *name) {
            knob.set(&mut how, node, wrong);
        }
    }
    Ok(Box::new(move |host, asked| {
        let Some(mut seen) = R::probe(host, &id, &how)? else { return Ok(None) };
        let asks = asked.asks();
        seen.prepare(&mut asks.iter().filter_map(|ask| Some(R::KEYS.get(ask.key)?.info().name)));
        let read = |(index, ask): (usize, &Ask)| match R::KEYS.get(ask.key) {
            Some(column) => column.read_for(&seen, &ask.argument, asked.test(index)),
            None => Err(Fault::Unsupported("no such key".into())),
        };
        let present = seen.present().map(|there| match seen.absence() {
            Some(why) if !there => Value::No(why),
            _ => Value::Bool(there),
        });
        Ok(Some(Seen { present, values: asks.iter().enumerate().map(read).collect() }))
    }))
}
