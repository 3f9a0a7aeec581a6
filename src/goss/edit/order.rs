//! The order that goss prints the keys of YAML in: numbers within them count as such.

use std::cmp::Ordering;

/// A key among others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ordered<'k>(pub &'k str);

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0, other.0);
        let (mut digits, mut leading) = (false, false);
        loop {
            let (x, y) = match (a.chars().next(), b.chars().next()) {
                (Some(x), Some(y)) => (x, y),
                (x, y) => return x.is_some().cmp(&y.is_some()),
            };
            if x != y {
                return match (x.is_alphabetic(), y.is_alphabetic()) {
                    (true, true) => x.cmp(&y),
                    (true, false) => {
                        if digits {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                    (false, true) => {
                        if digits {
                            Ordering::Greater
                        } else {
                            Ordering::Less
                        }
                    }
                    (false, false) => number(a, leading).cmp(&number(b, leading)).then(x.cmp(&y)),
                };
            }
            digits = x.is_numeric();
            // Whether a digit other than 0 stands before: a number goes on.
            leading = digits && (leading || x != '0');
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
        }
    }
}

/// The number that a text begins with, and how many digits it has; one that goes on is longer than it looks.
fn number(text: &str, goes_on: bool) -> (u64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    let first = u64::from(goes_on);
    digits.fold((first, 0), |(n, len), digit| (n.saturating_mul(10).saturating_add(u64::from(digit - b'0')), len + 1))
}
