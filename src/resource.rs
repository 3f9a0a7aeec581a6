//! Kinds of things a spec can describe: one file each. A new one is a file here and its two lines below.

use crate::host::Host;
use crate::syntax::{Diagnostic, Node};
use crate::value::{Fact, Fault, Type, Value};

mod file;
mod service;

mod id;
mod setting;

pub use id::Id;
pub use setting::{Setting, Shape, setting};

/// Every kind, in the order that references list them.
pub static KINDS: &[Kind] = &[Kind::of::<file::File>(), Kind::of::<service::Service>()];

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
    /// Looks `id` up. `None` means that it is certainly not there; what could not be looked at is a [`Fault`].
    fn probe(host: &Host, id: &Self::Id, how: &Self::Settings) -> Result<Option<Self>, Fault>;
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
    Key { name, about, read }
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

pub struct Key<R, T> {
    name: &'static str,
    about: &'static str,
    read: fn(&R) -> T,
}

pub struct Lookup<R, T> {
    name: &'static str,
    about: &'static str,
    argument: Argument,
    read: fn(&R, &str) -> T,
}

/// What the keys of a [`lookup`] are.
#[derive(Clone, Copy)]
pub struct Argument {
    /// A noun for the reference: `path`, `property`.
    pub noun: &'static str,
    /// Says what is wrong with one, before anything runs.
    pub check: fn(&str) -> Result<(), String>,
}

/// A [`Key`] or [`Lookup`] of any type.
pub trait Column<R>: Sync {
    fn info(&self) -> KeyInfo;
    /// `argument` is empty for a plain key.
    fn read(&self, seen: &R, argument: &str) -> Result<Value, Fault>;
}

impl<R, T: Fact> Column<R> for Key<R, T> {
    fn info(&self) -> KeyInfo {
        KeyInfo { name: self.name, about: self.about, ty: T::TYPE, argument: None }
    }
    fn read(&self, seen: &R, _: &str) -> Result<Value, Fault> {
        (self.read)(seen).observe()
    }
}

impl<R, T: Fact> Column<R> for Lookup<R, T> {
    fn info(&self) -> KeyInfo {
        KeyInfo { name: self.name, about: self.about, ty: T::TYPE, argument: Some(self.argument) }
    }
    fn read(&self, seen: &R, argument: &str) -> Result<Value, Fault> {
        (self.read)(seen, argument).observe()
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
    pub settings: fn() -> Vec<SettingInfo>,
    /// Reads an entry's name and settings into a probe that needs nothing more than a host.
    pub bind: fn(&str, &[(&str, &Node)], &mut Vec<Diagnostic>) -> Result<Probe, String>,
}

/// Looks a thing up on a host and reads the keys asked for.
pub type Probe = Box<dyn Fn(&Host, &[Ask]) -> Observed + Send + Sync>;

/// `None` if it is not there, else the keys asked for, in order.
pub type Observed = Result<Option<Vec<Result<Value, Fault>>>, Fault>;

/// One key that a spec speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Index into the kind's keys.
    pub key: usize,
    /// The argument of a lookup, else empty.
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
            settings: || R::SETTINGS.iter().map(|s| s.info()).collect(),
            bind: bind::<R>,
        }
    }

    pub fn find(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|k| k.name == name)
    }
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
        let Some(seen) = R::probe(host, &id, &how)? else { return Ok(None) };
        let read = |ask: &Ask| match R::KEYS.get(ask.key) {
            Some(column) => column.read(&seen, &ask.argument),
            None => Err(Fault::Unsupported("no such key".into())),
        };
        Ok(Some(asked.iter().map(read).collect()))
    }))
}
