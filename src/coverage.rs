//! What a host has that no entry of a spec speaks of.

use crate::host::Host;
use crate::resource::{KINDS, Kind, Names, Thing};
use crate::spec::Claim;
use crate::value::{Fault, Known};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

pub mod json;
mod page;
mod ratio;

pub use json::json;
pub use page::page;
pub use ratio::Ratio;

/// All that was listed, and how much of it a spec speaks of.
pub struct Coverage {
    /// Of each kind that is counted, in the order of [`KINDS`].
    pub kinds: Vec<Covered>,
}

/// What a host has of one kind.
pub struct Covered {
    pub kind: &'static Kind,
    pub noun: &'static str,
    /// Of the things that are known.
    pub ratio: Ratio,
    /// Why there may be more of them.
    pub more: Option<Fault>,
    /// The things that no entry speaks of; where one speaks of a part, the other parts.
    pub missing: Vec<Thing>,
    /// What of these is to get an entry: no entry that is skipped holds its place.
    pub free: Vec<Thing>,
    /// The others of these.
    pub held: Vec<Thing>,
}

/// What a host has of a kind.
pub type Listed = (&'static Kind, Result<Known<Thing>, Fault>);

/// Lists whatever is counted, each kind for at most `timeout`.
pub fn list(host: &Host, timeout: Duration) -> Vec<Listed> {
    let until = Instant::now() + timeout;
    let begin = |kind: &'static Kind| {
        let list = kind.inventory?.list;
        let (host, (send, receive)) = (host.until(until), mpsc::channel());
        // A listing that hangs in the kernel keeps its thread.
        let begun = thread::Builder::new().name("inventory".into()).spawn(move || send.send(list(&host)));
        Some((kind, begun.map(|_| receive)))
    };
    let begun: Vec<_> = KINDS.iter().filter_map(begin).collect();
    let wait = |(kind, begun): (&'static Kind, std::io::Result<mpsc::Receiver<_>>)| {
        let listed = begun.map_err(|e| Fault::from_io("no thread to look on", &e)).and_then(|receive| {
            let left = until.saturating_duration_since(Instant::now()) + GRACE;
            receive.recv_timeout(left).unwrap_or_else(|error| match error {
                mpsc::RecvTimeoutError::Timeout => Err(Fault::TimedOut("listing them".into(), timeout)),
                mpsc::RecvTimeoutError::Disconnected => Err(Fault::Failed("a bug: listing them panicked".into())),
            })
        });
        (kind, listed)
    };
    begun.into_iter().map(wait).collect()
}

/// Listings are to end by their deadline themselves.
const GRACE: Duration = Duration::from_millis(400);

/// Holds what was listed against the entries of a spec. An entry that is skipped speaks of nothing, and holds its thing's
/// place; one that says that a thing is not there speaks of it.
pub fn coverage(claims: &[Claim], listed: Vec<Listed>) -> Coverage {
    // What only a running machine has, what does not run is not to have.
    let is_asked = |(_, listed): &Listed| match listed {
        Ok(Known { all, more: Some(Fault::Offline(_)) }) => !all.is_empty(),
        listed => !matches!(listed, Err(Fault::Offline(_))),
    };
    let covered = |(kind, listed): Listed| {
        let [spoken, skipped] = [false, true].map(|skipped| names(claims, kind, skipped));
        let Known { all: things, more } = listed.unwrap_or_else(|fault| Known { all: Vec::new(), more: Some(fault) });
        let more = more.filter(|fault| !matches!(fault, Fault::Offline(_)));
        let all = things.len();
        let missing: Vec<Thing> = things.into_iter().filter_map(|thing| rest(thing, &spoken)).collect();
        let (mut free, mut held) = (Vec::new(), Vec::new());
        for thing in &missing {
            match rest(thing.clone(), &skipped) {
                Some(rest) => free.push(rest),
                None => held.push(thing.clone()),
            }
        }
        let noun = kind.inventory.map_or("", |inventory| inventory.noun);
        Covered { kind, noun, ratio: Ratio { part: all - missing.len(), all }, more, missing, free, held }
    };
    Coverage { kinds: listed.into_iter().filter(is_asked).map(covered).collect() }
}

impl Coverage {
    /// Of the things that are known, of all kinds.
    pub fn total(&self) -> Ratio {
        self.kinds.iter().fold(Ratio { part: 0, all: 0 }, |sum, kind| sum + kind.ratio)
    }

    /// Whether nothing was left unseen.
    pub fn is_known(&self) -> bool {
        self.kinds.iter().all(|kind| kind.more.is_none())
    }

    /// Whether certainly so many per cent are covered.
    pub fn reaches(&self, percent: u8) -> bool {
        self.is_known() && self.total().reaches(percent)
    }
}

/// What the entries for one kind are for, of those that are skipped or of the others.
fn names(claims: &[Claim], kind: &'static Kind, skipped: bool) -> Names {
    let mut names = Names::new(kind);
    let of_these = claims.iter().filter(|claim| claim.kind.name == kind.name && claim.skip().is_some() == skipped);
    of_these.for_each(|claim| names.insert(claim.target()));
    names
}

/// What of a thing no entry speaks of.
fn rest(thing: Thing, spoken: &Names) -> Option<Thing> {
    let mut names = std::iter::once(&thing.name).chain(&thing.aliases);
    if names.any(|name| spoken.speak_of(name)) {
        return None;
    }
    let mut parts = thing.parts.iter().filter(|part| !spoken.speak_of(part)).cloned();
    match (parts.next(), parts.next()) {
        (None, _) if !thing.parts.is_empty() => None,
        (Some(only), None) => Some(Thing { name: only, parts: vec![], ..thing }),
        _ => Some(thing),
    }
}

#[cfg(test)]
mod tests;
