//! What a server has done so far, in numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counted by the server, read by whoever tells of it.
#[derive(Debug, Default)]
pub struct Counters {
    answers: Mutex<BTreeMap<u16, u64>>,
    pub(super) accepted: AtomicU64,
    pub(super) turned_away: AtomicU64,
    pub(super) failed_handshakes: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) streams: AtomicU64,
}

impl Counters {
    /// Answers by status code, those to what was no request included.
    pub fn answers(&self) -> BTreeMap<u16, u64> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connections that were taken.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections that there was no place for, and those that lost theirs to another.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// Connections by which something came that did not lead to TLS.
    pub fn failed_handshakes(&self) -> u64 {
        self.failed_handshakes.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Those of them that get events.
    pub fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self, status: u16) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    /// One more stream, if that is not more than `most`.
    pub(super) fn takes_stream(&self, most: u64) -> bool {
        let more = |now: u64| (now < most).then_some(now + 1);
        self.streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn leave(counter: &AtomicU64) {
    counter.fetch_sub(1, Ordering::Relaxed);
}
