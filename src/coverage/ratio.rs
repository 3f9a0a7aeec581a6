//! How many of how many.

use std::fmt;
use std::ops::Add;

/// `part` of `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub part: usize,
    pub all: usize,
}

impl Ratio {
    /// In per cent, rounded down to a tenth: 100 is all. `None` where there is nothing.
    pub fn percent(self) -> Option<f64> {
        let tenths = (self.part as u128 * 1000).checked_div(self.all as u128)?;
        Some(tenths as f64 / 10.0)
    }

    /// Of nothing there is enough.
    pub fn reaches(self, percent: u8) -> bool {
        self.part as u128 * 100 >= self.all as u128 * u128::from(percent)
    }
}

impl Add for Ratio {
    type Output = Ratio;

    fn add(self, other: Ratio) -> Ratio {
        Ratio { part: self.part + other.part, all: self.all + other.all }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.percent() {
            Some(percent) => write!(f, "{percent:.1} %"),
            None => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_per_cent() {
        assert_eq!(Ratio { part: 9_999, all: 10_000 }.to_string(), "99.9 %");
        assert_eq!(Ratio { part: 3, all: 3 }.to_string(), "100.0 %");
        assert_eq!(Ratio { part: 0, all: 0 }.to_string(), "-");
        assert_eq!(Ratio { part: 2, all: 3 }.percent(), Some(66.6));
    }

    #[test]
    fn a_bound_is_not_reached_by_rounding() {
        assert!(!Ratio { part: 999, all: 1000 }.reaches(100));
        assert!(Ratio { part: 1, all: 2 }.reaches(50) && !Ratio { part: 49, all: 100 }.reaches(50));
        assert!(Ratio { part: 0, all: 0 }.reaches(100) && Ratio { part: 0, all: 5 }.reaches(0));
    }
}
