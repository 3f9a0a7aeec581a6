//! Which entries of two specs are about the same thing.

use super::said::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Each entry of the first spec beside one of the second, by index.
pub struct Pairs {
    pub of_a: Vec<Option<usize>>,
    /// In their order.
    pub left_of_b: Vec<usize>,
}

/// Pairs what says all the same first, then what has the same thing and name, the same thing, only the same name. Where
/// several would do, in their order.
pub fn pairs(a: &[Entry], b: &[Entry]) -> Pairs {
    let mut open = Open { of_a: vec![None; a.len()], taken: vec![false; b.len()] };
    let all = |entry: &Entry| (thing(entry), entry.claim.id.to_string(), entry.whole.clone());
    open.pair(a.iter().map(all), b.iter().map(all));
    let named = |entry: &Entry| (thing(entry), entry.claim.id.to_string());
    open.pair(a.iter().map(named), b.iter().map(named));
    open.pair(a.iter().map(thing), b.iter().map(thing));
    let spelled = |entry: &Entry| (entry.claim.kind.name, entry.claim.kind.spelled(entry.claim.target()));
    let alike = |entry: &Entry| (spelled(entry), entry.whole.clone());
    open.pair(a.iter().map(alike), b.iter().map(alike));
    open.pair(a.iter().map(spelled), b.iter().map(spelled));
    let name = |entry: &Entry| (entry.claim.kind.name, entry.claim.id.to_string());
    open.pair(a.iter().map(name), b.iter().map(name));
    let left_of_b = open.taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(at, _)| at).collect();
    Pairs { of_a: open.of_a, left_of_b }
}

fn thing(entry: &Entry) -> (&'static str, String) {
    (entry.claim.kind.name, entry.claim.target().to_owned())
}

/// Whether two entries are about the same thing, however it is spelled: `80` and `tcp:80`.
pub fn same_thing(a: &Entry, b: &Entry) -> bool {
    let (kind, one, other) = (a.claim.kind, a.claim.target(), b.claim.target());
    kind.name == b.claim.kind.name && (one == other || kind.spelled(one) == kind.spelled(other))
}

/// What has not found another yet.
struct Open {
    of_a: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Open {
    fn left_of_a(&self, at: usize) -> bool {
        self.of_a.get(at).is_some_and(Option::is_none)
    }

    fn left_of_b(&self, at: usize) -> bool {
        self.taken.get(at).is_some_and(|taken| !taken)
    }

    fn take(&mut self, a: usize, b: usize) {
        if let (Some(a), Some(taken)) = (self.of_a.get_mut(a), self.taken.get_mut(b)) {
            (*a, *taken) = (Some(b), true);
        }
    }

    /// Pairs those whose keys are equal.
    fn pair<K: Hash + Eq>(&mut self, a: impl Iterator<Item = K>, b: impl Iterator<Item = K>) {
        let mut by_key: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (at, key) in b.enumerate() {
            if self.left_of_b(at) {
                by_key.entry(key).or_default().push_back(at);
            }
        }
        for (at, key) in a.enumerate() {
            if self.left_of_a(at)
                && let Some(other) = by_key.get_mut(&key).and_then(VecDeque::pop_front)
            {
                self.take(at, other);
            }
        }
    }
}
