//! The order of versions of RPM packages: `[epoch:]version[-release]` (rpm-version(7)).

use super::{epoch, number};
use std::cmp::Ordering;

/// A version without a release comes before the same with one.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a) = epoch(a.trim());
    let (b_epoch, b) = epoch(b.trim());
    let (a, a_release) = release(a);
    let (b, b_release) = release(b);
    let releases = || match (a_release, b_release) {
        (Some(a), Some(b)) => part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    number(a_epoch, b_epoch).then_with(|| part(a, b)).then_with(releases)
}

fn release(version: &str) -> (&str, Option<&str>) {
    version.rsplit_once('-').map_or((version, None), |(version, release)| (version, Some(release)))
}

/// Runs of digits and runs of letters one by one; what stands between them only separates. `~` comes before the end, and
/// `^` between the end and all else.
fn part(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        (a, b) = (trim_separators(a), trim_separators(b));
        let weight = |rest: &[u8]| match rest.first() {
            Some(b'~') => 0,
            None => 1,
            Some(b'^') => 2,
            Some(byte) if byte.is_ascii_digit() => 4,
            Some(_) => 3,
        };
        let kind = weight(a);
        let order = kind.cmp(&weight(b));
        if order.is_ne() || kind == 1 {
            return order;
        }
        let length = |rest: &[u8]| match kind {
            4 => rest.iter().take_while(|b| b.is_ascii_digit()).count(),
            3 => rest.iter().take_while(|b| b.is_ascii_alphabetic()).count(),
            _ => 1,
        };
        let (segment_a, rest_a) = a.split_at(length(a));
        let (segment_b, rest_b) = b.split_at(length(b));
        let order = match kind {
            4 => number(text(segment_a), text(segment_b)),
            _ => segment_a.cmp(segment_b),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

fn trim_separators(rest: &[u8]) -> &[u8] {
    let stays = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'~' | b'^');
    let (_, rest) = rest.split_at(rest.iter().position(stays).unwrap_or(rest.len()));
    rest
}

fn text(digits: &[u8]) -> &str {
    str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::value::VersionOrder::Rpm;
    use crate::version::tests::check;

    #[test]
    fn rpm_versions_order_as_the_manual_says() {
        for (a, sign, b) in [
            ("1.0", '=', "1.0"),
            ("2.0", '<', "2.0.1"),
            ("2.0.1a", '>', "2.0.1"),
            ("5.5p1", '<', "5.5p10"),
            ("10xyz", '<', "10.1xyz"),
            ("xyz.4", '<', "8"),
            ("6.0.rc1", '>', "6.0"),
            ("10b2", '>', "10a1"),
            ("1.0a", '<', "1.0aa"),
            ("10.0001", '=', "10.1"),
            ("10.0001", '<', "10.0039"),
            ("4.999.9", '<', "5.0"),
            ("2_0", '=', "2.0"),
            ("a+", '=', "a_"),
            ("_", '=', "+"),
            ("1.0.", '=', "1.0"),
            ("99999999999999999999", '<', "100000000000000000000"),
        ] {
            check(Rpm, a, sign, b);
        }
    }

    #[test]
    fn a_tilde_comes_before_the_release_and_a_caret_behind_it() {
        for (a, sign, b) in [
            ("1.0~rc1", '<', "1.0"),
            ("1.0~rc1", '<', "1.0~rc2"),
            ("1.0~rc1~git123", '<', "1.0~rc1"),
            ("1.0^", '>', "1.0"),
            ("1.0^git1", '<', "1.0^git2"),
            ("1.0^git1", '<', "1.01"),
            ("1.0^20240101", '<', "1.0.1"),
            ("1.0^20240102", '>', "1.0^20240101^git1"),
            ("1.0~rc1^git1", '>', "1.0~rc1"),
            ("1.0^git1~pre", '<', "1.0^git1"),
        ] {
            check(Rpm, a, sign, b);
        }
    }

    #[test]
    fn the_epoch_goes_first_and_the_release_last() {
        for (a, sign, b) in [
            ("1:1.0-1", '>', "2.0-9"),
            ("0:1.0-1", '=', "1.0-1"),
            ("32:9.11.36-16.el8", '>', "9.99-1"),
            ("1.0-1.el8", '<', "1.0-1.el8_2"),
            ("1.0-1.el8", '<', "1.0-1.el9"),
            ("1.0-9.el8", '<', "1.0-10.el8"),
            ("1.0", '<', "1.0-1"),
            ("1.0~rc1-1", '<', "1.0-1"),
            ("1.0-2", '<', "1.1-1"),
        ] {
            check(Rpm, a, sign, b);
        }
    }
}
