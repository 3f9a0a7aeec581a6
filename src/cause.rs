//! What a word stands for on a host, and what belongs to that: package, units, processes, ports, accounts, certificates.
//!
//! Breadth first, each thing once. What a word names may also be led back to: from a port to the process that holds it, to
//! its unit, to the package that brought the unit. Everything else is followed only forwards, or one daemon that holds
//! sockets for others would make the whole host belong to each of them.

use crate::host::Host;
use crate::quantity::drives;
use crate::resource::Kind;
use crate::syntax::nearest;
use crate::value::Fault;
use std::collections::{HashMap, VecDeque};

mod account;
mod certificate;
mod configuration;
mod package;
mod port;
mod process;
mod unit;
mod word;
mod words;

/// Things that one word leads to at most.
const MOST: usize = 1_000;

/// A thing, and how it was come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its kind's name.
    pub kind: &'static str,
    /// What it is called, as an entry of that kind names it.
    pub name: String,
    /// Why it belongs to what led to it: `its unit file /lib/systemd/system/nginx.service`; of what the word itself names,
    /// why that is.
    pub because: String,
    /// What led to it, by index; `None` for what the word itself names.
    pub from: Option<usize>,
}

/// Everything that a word leads to, causes before what they lead to, each thing once.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    pub found: Vec<Found>,
    /// What could not be followed, and why.
    pub faults: Vec<(String, Fault)>,
}

/// Follows `word` for at most `depth` steps; 0 finds only what the word itself names.
pub fn follow(host: &Host, word: &str, depth: usize) -> Trail {
    let mut walk = Walk {
        host,
        word,
        trail: Trail::default(),
        steps: Vec::new(),
        seen: HashMap::new(),
        queue: VecDeque::new(),
        read: 0,
    };
    word::follow(&mut walk, word);
    while let Some(at) = walk.queue.pop_front() {
        let Some(step) = walk.steps.get(at).filter(|step| step.depth < depth) else { continue };
        match step.thing.clone() {
            Thing::Package(name) => package::follow(&mut walk, at, &name),
            Thing::Unit(name) => unit::follow(&mut walk, at, &name),
            Thing::Process(process) => process::follow(&mut walk, at, &process),
            Thing::Port(name) => port::follow(&mut walk, at, &name),
            Thing::User(name) => account::follow(&mut walk, at, &name),
            Thing::Configuration(path) => configuration::follow(&mut walk, at, &path),
            Thing::Group(_) | Thing::File(_) | Thing::Certificate(_) => {}
        }
    }
    walk.trail
}

/// The name of something on this host that `word` may be a slip for.
pub fn near(host: &Host, word: &str) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    if let Ok(packages) = host.packages() {
        names.extend(packages.all().iter().map(|package| package.name.to_string()));
    }
    let units = host.unit_names().unwrap_or_default();
    names.extend(units.iter().map(|name| name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned()));
    if let Ok(processes) = host.processes() {
        names.extend(processes.names().map(str::to_owned));
    }
    if let Ok(users) = host.accounts().and_then(|accounts| accounts.users()) {
        names.extend(users.iter().map(|user| user.name.clone()));
    }
    nearest(word, names.iter().map(String::as_str).filter(|name| *name != word)).map(str::to_owned)
}

/// What was found, with what is needed to follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thing {
    Package(String),
    /// With its ending.
    Unit(String),
    Process(Process),
    Port(String),
    User(String),
    Group(String),
    /// A file that says what a service is to do.
    Configuration(String),
    /// Any other file.
    File(String),
    Certificate(String),
}

/// Processes of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    name: String,
    /// Those of them that are meant.
    pids: Vec<u32>,
}

struct Step {
    thing: Thing,
    depth: usize,
    /// Whether what it belongs to is asked for, too.
    up: bool,
}

struct Walk<'h> {
    host: &'h Host,
    word: &'h str,
    trail: Trail,
    /// One for each that was found.
    steps: Vec<Step>,
    /// Which of them an entry would be about.
    seen: HashMap<(&'static str, String), usize>,
    /// What is yet to be followed.
    queue: VecDeque<usize>,
    /// Configuration files that were read.
    read: usize,
}

impl Thing {
    /// The kind, and the name that an entry of it has.
    fn entry(&self) -> (&'static str, &str) {
        match self {
            Thing::Package(name) => ("package", name),
            Thing::Unit(name) => ("service", name.strip_suffix(".service").unwrap_or(name)),
            Thing::Process(process) => ("process", &process.name),
            Thing::Port(name) => ("port", name),
            Thing::User(name) => ("user", name),
            Thing::Group(name) => ("group", name),
            Thing::Configuration(path) | Thing::File(path) => ("file", path),
            Thing::Certificate(path) => ("certificate", path),
        }
    }
}

impl Walk<'_> {
    /// What the word itself names.
    fn name(&mut self, thing: Thing, because: impl Into<String>) {
        self.add(thing, because.into(), None, true);
    }

    /// What belongs to the thing at `from`.
    fn lead(&mut self, from: usize, thing: Thing, because: impl Into<String>) {
        self.add(thing, because.into(), Some(from), false);
    }

    /// What the thing at `from` belongs to.
    fn climb(&mut self, from: usize, thing: Thing, because: impl Into<String>) {
        self.add(thing, because.into(), Some(from), true);
    }

    fn add(&mut self, thing: Thing, because: String, from: Option<usize>, up: bool) {
        let (kind, name) = thing.entry();
        let name = name.to_owned();
        if let Some(at) = self.seen.get(&(kind, name.clone())) {
            // A file that nothing seemed to read, until now.
            if let Some(step) = self.steps.get_mut(*at)
                && matches!((&step.thing, &thing), (Thing::File(_), Thing::Configuration(_)))
            {
                step.thing = thing;
                self.queue.push_back(*at);
            }
            return;
        }
        let at = self.steps.len();
        if let Err(why) = fits(kind, &name) {
            return self.miss(format!("{kind} `{name}`"), Fault::Unsupported(why));
        }
        if at >= MOST {
            let why = format!("it leads to more than {MOST} things: what comes after those is left out");
            return self.miss(format!("`{}`", self.word), Fault::Unsupported(why));
        }
        let depth = from.and_then(|from| self.steps.get(from)).map_or(0, |step| step.depth + 1);
        self.seen.insert((kind, name.clone()), at);
        self.queue.push_back(at);
        self.steps.push(Step { thing, depth, up });
        self.trail.found.push(Found { kind, name, because, from });
    }

    /// Whether what the thing at `at` belongs to is asked for.
    fn climbs(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|step| step.up)
    }

    /// Whether the word itself names the thing at `at`.
    fn is_named(&self, at: usize) -> bool {
        self.trail.found.get(at).is_some_and(|found| found.from.is_none())
    }

    /// Whether the word itself names something of this kind.
    fn names_a(&self, kind: &str) -> bool {
        self.trail.found.iter().any(|found| found.kind == kind && found.from.is_none())
    }

    /// What could not be followed, said once.
    fn miss(&mut self, what: impl Into<String>, why: Fault) {
        let miss = (what.into(), why);
        if !self.trail.faults.contains(&miss) {
            self.trail.faults.push(miss);
        }
    }

    /// What was asked for; a fault is said and gone on without.
    fn ask<T: Default>(&mut self, what: impl Into<String>, answer: Result<T, Fault>) -> T {
        answer.unwrap_or_else(|fault| {
            self.miss(what, fault);
            T::default()
        })
    }
}

/// Whether a spec can name a thing of the kind so. The error says what speaks against it.
fn fits(kind: &str, name: &str) -> Result<(), String> {
    if let Some(odd) = name.chars().find(|c| c.is_control() || drives(*c) || *c == char::REPLACEMENT_CHARACTER) {
        return Err(format!("its name has {odd:?} in it, which no entry can be read with"));
    }
    match Kind::find(kind) {
        Some(kind) => (kind.bind)(name, &[], &mut Vec::new()).map(|_| ()),
        None => Err(format!("there is no kind `{kind}`")),
    }
}

/// Whether what is at `path` comes and goes, or grows by itself.
fn is_passing(path: &str) -> bool {
    const PLACES: [&str; 9] =
        ["/tmp/", "/var/tmp/", "/run/", "/var/run/", "/dev/", "/proc/", "/sys/", "/var/log/", "/var/cache/"];
    PLACES.iter().any(|place| path.starts_with(place))
}

/// `path` as it is named below `folder`, with `.` and `..` taken out; `None` if it leads above everything.
fn joined(folder: &str, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// The folder that `path` is in.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests;
