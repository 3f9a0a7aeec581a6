//! The order of versions of pacman's packages: `[epoch:]version[-release]` (vercmp(8)).

use super::{epoch, number};
use std::cmp::Ordering;

/// Where one of them has no release, that of the other says nothing: `1.5` is `1.5-1`.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a) = epoch(a.trim());
    let (b_epoch, b) = epoch(b.trim());
    let parts = match (a.rsplit_once('-'), b.rsplit_once('-')) {
        (Some((a, a_release)), Some((b, b_release))) => part(a, b).then_with(|| part(a_release, b_release)),
        (a_parts, b_parts) => part(a_parts.map_or(a, |p| p.0), b_parts.map_or(b, |p| p.0)),
    };
    number(a_epoch, b_epoch).then(parts)
}

/// Runs of digits and runs of letters one by one, each behind as many separators. What ends with letters more than the
/// other comes before it: `1.0rc`, `1.0`, `1.0.rc`, `1.0.1`.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() && !b.is_empty() {
        let (a_gap, a_rest) = super::split(a, |c| !c.is_ascii_alphanumeric());
        let (b_gap, b_rest) = super::split(b, |c| !c.is_ascii_alphanumeric());
        if a_rest.is_empty() || b_rest.is_empty() {
            (a, b) = (a_rest, b_rest);
            break;
        }
        let is_number = a_rest.starts_with(|c: char| c.is_ascii_digit());
        let within = |c: char| c.is_ascii_alphanumeric() && c.is_ascii_digit() == is_number;
        let (a_segment, a_next) = super::split(a_rest, within);
        let (b_segment, b_next) = super::split(b_rest, within);
        let order = match () {
            () if a_gap.len() != b_gap.len() => a_gap.len().cmp(&b_gap.len()),
            // A number comes behind letters.
            () if b_segment.is_empty() => is_number.cmp(&false).then(Ordering::Less),
            () if is_number => number(a_segment, b_segment),
            () => a_segment.cmp(b_segment),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_next, b_next);
    }
    let is_letter = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) if !is_letter(b) => Ordering::Less,
        _ if is_letter(a) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use crate::value::VersionOrder::Pacman;
    use crate::version::tests::check;

    #[test]
    fn pacman_versions_order_as_the_manual_says() {
        for (a, sign, b) in [
            ("1.0a", '<', "1.0b"),
            ("1.0b", '<', "1.0beta"),
            ("1.0beta", '<', "1.0p"),
            ("1.0p", '<', "1.0pre"),
            ("1.0pre", '<', "1.0rc"),
            ("1.0rc", '<', "1.0"),
            ("1.0", '<', "1.0.a"),
            ("1.0.a", '<', "1.0.1"),
            ("1", '<', "1.0"),
            ("1.0", '<', "1.1"),
            ("1.1", '<', "1.1.1"),
            ("1.1.1", '<', "1.2"),
            ("1.2", '<', "2.0"),
            ("2.0", '<', "3.0.0"),
        ] {
            check(Pacman, a, sign, b);
        }
    }

    #[test]
    fn a_release_counts_where_both_have_one() {
        for (a, sign, b) in [
            ("1.5.0-1", '<', "1.5.0-2"),
            ("1.5-1", '=', "1.5"),
            ("1.5-1", '=', "1.5-1"),
            ("1.5-2", '<', "1.6"),
            ("1.5", '<', "1.6-1"),
            ("1.5-1", '<', "1.5-1.1"),
            ("1.0-3", '<', "1.0.1-1"),
        ] {
            check(Pacman, a, sign, b);
        }
    }

    #[test]
    fn the_epoch_goes_first_and_separators_count() {
        for (a, sign, b) in [
            ("0:1.0", '=', "1.0"),
            ("1:1.0", '>', "2.0-1"),
            ("2:1.0", '>', "1:3.6"),
            ("1.0.", '<', "1.0.1"),
            ("1..0", '>', "1.0"),
            ("1.001", '=', "1.1"),
            ("1.5.b", '<', "1.5.1"),
            ("5.a", '<', "5.1"),
            ("1_0", '=', "1.0"),
        ] {
            check(Pacman, a, sign, b);
        }
    }
}
