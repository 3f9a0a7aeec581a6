//! What is known of the host between two runs.

use super::book::{Book, Refused};
use super::moment::Moment;
use super::standing::Standing;
use super::tally::Tally;
use crate::gather::Hanging;
use crate::verdict::{Judged, Kept, Summary, skipped};
use std::sync::Arc;
use std::time::Duration;

/// Of one entry, since it was last looked at.
pub struct Entry {
    pub(super) verdicts: Vec<Kept>,
    pub(super) elapsed: Duration,
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
    /// The spec that was to take the place of this one.
    pub refused: Option<Arc<Refused>>,
}

/// What some entries come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Whether all of them are up.
    pub up: bool,
    pub pass: usize,
    pub fail: usize,
    pub unknown: usize,
    pub skip: usize,
    /// Entries that are up though they failed last, or down though they passed: they have not done so often enough.
    pub held: usize,
    /// When it is too old to be believed.
    pub expires: Option<Moment>,
}

impl State {
    /// What the entries of `which` come to; all of them without it.
    pub fn health(&self, which: Option<&[usize]>) -> Health {
        let mut summary = Summary::new(self.summary.started);
        let (mut up, mut held, mut expires) = (true, 0, None::<Moment>);
        for index in self.indices(which) {
            match self.entries.get(index) {
                Some(Some(entry)) => {
                    entry.verdicts.iter().for_each(|verdict| summary.count(&verdict.outcome));
                    up &= entry.standing.up;
                    held += usize::from(entry.ok() != entry.standing.up);
                    expires = expires.into_iter().chain(entry.expires).min();
                }
                _ => summary.skip += self.book.claims.get(index).map_or(0, |claim| skipped(claim).len()),
            }
        }
        let Summary { pass, fail, unknown, skip, .. } = summary;
        Health { up, pass, fail, unknown, skip, held, expires }
    }

    /// The verdicts over the entries of `which` in spec order; over all of them without it.
    pub fn judged(&self, which: Option<&[usize]>) -> impl Iterator<Item = Judged<'_>> {
        self.indices(which).filter_map(|index| {
            let claim = self.book.claims.get(index)?;
            Some(match self.entries.get(index)? {
                Some(entry) => {
                    let verdicts = entry.verdicts.iter().filter_map(|kept| kept.verdict(claim)).collect();
                    Judged { claim, verdicts, elapsed: entry.elapsed }
                }
                None => Judged { claim, verdicts: skipped(claim), elapsed: Duration::ZERO },
            })
        })
    }

    fn indices<'w>(&self, which: Option<&'w [usize]>) -> Box<dyn Iterator<Item = usize> + 'w> {
        match which {
            Some(which) => Box::new(which.iter().copied()),
            None => Box::new(0..self.book.claims.len()),
        }
    }
}
