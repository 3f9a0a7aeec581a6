//! What a server counts for as long as it lives.

use std::collections::BTreeMap;
use std::time::Duration;

/// Upper bounds of a histogram's buckets in seconds; the last has none.
pub const BUCKETS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];

/// How many took how long.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Those up to each bound and above the one before it.
    counts: [u64; BUCKETS.len()],
    pub count: u64,
    pub sum: Duration,
}

impl Histogram {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some((count, _)) = self.counts.iter_mut().zip(BUCKETS).find(|(_, bound)| seconds <= *bound) {
            *count += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(took);
    }

    /// How many took at most each bound: Prometheus's `le`.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let sums = self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        BUCKETS.into_iter().zip(sums)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How long runs took.
    pub runs: Histogram,
    /// How long looking at an entry took, by kind.
    pub probes: BTreeMap<&'static str, Histogram>,
    /// Specs that were read anew, and those that were refused.
    pub loaded: u64,
    pub refused: u64,
}

impl Tally {
    pub fn ran(&mut self, took: Duration) {
        self.runs.add(took);
    }

    pub fn looked(&mut self, kind: &'static str, took: Duration) {
        self.probes.entry(kind).or_default().add(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_took_at_most_its_bound() {
        let mut histogram = Histogram::default();
        for millis in [0, 1, 2, 5, 70_000] {
            histogram.add(Duration::from_millis(millis));
        }
        let counts: Vec<u64> = histogram.cumulated().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
        assert_eq!((histogram.count, histogram.sum), (5, Duration::from_millis(70_008)));
    }
}
