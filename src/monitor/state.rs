//! What is known of the host between two runs.

use super::book::{Book, Refused};
use super::moment::Moment;
use super::standing::Standing;
use super::tally::Tally;
use crate::gather::Hanging;
use crate::spec::Claim;
use crate::value::Fault;
use crate::verdict::{Judged, Kept, Summary, Verdict, judge, skipped};
use std::sync::Arc;
use std::time::Duration;

/// Of one entry, since it was last looked at.
pub struct Entry {
    pub(super) verdicts: Vec<Kept>,
    pub(super) elapsed: Duration,
    /// When its probe had answered.
    pub(super) looked: Moment,
    pub(super) standing: Standing,
    /// When it is too old to be believed; never where nobody is to look again by himself.
    pub(super) expires: Option<Moment>,
    /// The probe that was given up, if it was.
    pub(super) hanging: Option<Hanging>,
}

impl Entry {
    /// Whether nothing of it failed or is unknown.
    pub(super) fn ok(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.outcome.ok())
    }
}

/// Of all entries.
#[derive(Clone)]
pub struct State {
    pub book: Arc<Book>,
    /// By the claim's index; `None` of what the spec says to skip.
    pub(super) entries: Vec<Option<Arc<Entry>>>,
    /// All entries as they were last looked at; when the last run began and how long it took.
    pub summary: Summary,
    /// The same after each of the last runs, the oldest first.
    pub history: Vec<Summary>,
    pub tally: Tally,
    /// When the last run ended.
    pub ended: Moment,
    /// What all entries come to.
    pub health: Health,
    /// The spec that was to take the place of this one.
    pub refused: Option<Arc<Refused>>,
}

/// What some entries come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Health {
    /// Whether all of them are up.
    pub up: bool,
    pub pass: usize,
    pub fail: usize,
    pub unknown: usize,
    pub skip: usize,
    /// Entries that are up though they failed last, or down though they passed: they have not done so often enough.
    pub held: usize,
    /// When the oldest look was that it comes of.
    pub looked: Option<Moment>,
    /// When it is too old to be believed.
    pub expires: Option<Moment>,
}

impl Health {
    /// Whether it is too old to be believed, whatever it says.
    pub fn is_stale(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| expires < now)
    }
}

impl State {
    /// What the entries of `which` come to; without it, all of them: [`State::health`].
    pub(super) fn sum(&self, which: Option<&[usize]>) -> Health {
        let mut summary = Summary::new(self.summary.started);
        let (mut up, mut held) = (true, 0);
        let (mut looked, mut expires) = (None::<Moment>, None::<Moment>);
        for (index, claim) in self.claims(which) {
            match self.entries.get(index) {
                Some(Some(entry)) => {
                    entry.verdicts.iter().for_each(|verdict| summary.count(&verdict.outcome));
                    up &= entry.standing.up;
                    held += usize::from(entry.ok() != entry.standing.up);
                    looked = looked.into_iter().chain([entry.looked]).min();
                    expires = expires.into_iter().chain(entry.expires).min();
                }
                _ => {
                    let verdicts = unseen(claim);
                    verdicts.iter().for_each(|verdict| summary.count(&verdict.outcome));
                    up &= claim.skip().is_some();
                }
            }
        }
        let Summary { pass, fail, unknown, skip, .. } = summary;
        Health { up, pass, fail, unknown, skip, held, looked, expires }
    }

    /// What the entries of `which` come to; all of them without it.
    pub fn health_of(&self, which: Option<&[usize]>) -> Health {
        which.map_or(self.health, |which| self.sum(Some(which)))
    }

    /// The verdicts over the entries of `which` in spec order; over all of them without it.
    pub fn judged<'s>(&'s self, which: Option<&'s [usize]>) -> impl Iterator<Item = Judged<'s>> {
        self.claims(which).map(|(index, claim)| match self.entries.get(index) {
            Some(Some(entry)) => {
                let verdicts = entry.verdicts.iter().filter_map(|kept| kept.verdict(claim)).collect();
                Judged { claim, verdicts, elapsed: entry.elapsed }
            }
            _ => Judged { claim, verdicts: unseen(claim), elapsed: Duration::ZERO },
        })
    }

    fn claims<'s>(&'s self, which: Option<&'s [usize]>) -> impl Iterator<Item = (usize, &'s Claim)> {
        let all = which.is_none().then(|| self.book.claims.iter().enumerate());
        let some = which.into_iter().flatten().filter_map(|index| Some((*index, self.book.claims.get(*index)?)));
        all.into_iter().flatten().chain(some)
    }
}

/// The verdicts over what was not looked at: skipped if the spec says so, else unknown.
fn unseen(claim: &Claim) -> Vec<Verdict<'_>> {
    match claim.skip() {
        Some(_) => skipped(claim),
        None => judge(claim, Err(Fault::Failed("nobody has looked at it yet".into()))),
    }
}
