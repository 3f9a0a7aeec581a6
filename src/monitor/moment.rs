//! Time that nobody sets.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// A point on a clock that neither jumps nor stands while the machine sleeps: CLOCK_BOOTTIME of clock_gettime(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    pub fn now() -> Moment {
        let now = clock_gettime(ClockId::Boottime);
        Moment(Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0)))
    }

    /// How long it is since `earlier`; nothing if that is later.
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The first after `now` of those that follow this one by `span` and `span` again.
    pub fn next(self, span: Duration, now: Moment) -> Moment {
        let span = span.max(Duration::from_nanos(1));
        let over = now.since(self).as_nanos() % span.as_nanos();
        let over = u64::try_from(over).map_or(Duration::MAX, Duration::from_nanos);
        self.max(now).plus(span.saturating_sub(over))
    }

    pub fn plus(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_keeps_step_and_is_later_than_now() {
        let at = |seconds| Moment(Duration::from_secs(seconds));
        let ten = Duration::from_secs(10);
        for (first, now, next) in [(100, 100, 110), (100, 101, 110), (100, 109, 110), (100, 110, 120), (100, 135, 140)]
        {
            assert_eq!(at(first).next(ten, at(now)), at(next), "{first} {now}");
        }
        assert!(at(1).next(Duration::ZERO, at(5)) > at(5));
    }
}
