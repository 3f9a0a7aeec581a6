//! Which of two versions is the later, by the rules of whoever packaged them.

use crate::value::VersionOrder;
use std::cmp::Ordering;

mod apk;
mod gem;
mod pacman;
mod pep440;
mod rpm;

/// Compares versions by `order`'s rules. Versions that are spelt differently may be equal: `1.0` and `1.0-0` in Debian's.
pub fn compare(order: VersionOrder, a: &str, b: &str) -> Ordering {
    match order {
        VersionOrder::Debian => debian(a, b),
        VersionOrder::Rpm => rpm::compare(a, b),
        VersionOrder::Apk => apk::compare(a, b),
        VersionOrder::Pacman => pacman::compare(a, b),
        VersionOrder::Pep440 => pep440::compare(a, b),
        VersionOrder::Semver => semver(a, b),
        VersionOrder::Gem => gem::compare(a, b),
        VersionOrder::Dotted => dotted(a, b),
    }
}

/// deb-version(7): epoch, then upstream version, then revision.
fn debian(a: &str, b: &str) -> Ordering {
    let (a_epoch, a) = epoch(a.trim());
    let (b_epoch, b) = epoch(b.trim());
    let (a, a_revision) = a.rsplit_once('-').unwrap_or((a, ""));
    let (b, b_revision) = b.rsplit_once('-').unwrap_or((b, ""));
    number(a_epoch, b_epoch).then_with(|| debian_part(a, b)).then_with(|| debian_part(a_revision, b_revision))
}

fn epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    }
}

/// Text up to the next digit, by deb-version(7)'s alphabet, then the number, and so on.
fn debian_part(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (a_text, a_rest) = split(a, |c| !c.is_ascii_digit());
        let (b_text, b_rest) = split(b, |c| !c.is_ascii_digit());
        let (a_number, a_next) = split(a_rest, |c| c.is_ascii_digit());
        let (b_number, b_next) = split(b_rest, |c| c.is_ascii_digit());
        let order = debian_text(a_text, b_text).then_with(|| number(a_number, b_number));
        if order.is_ne() || (a_next.is_empty() && b_next.is_empty()) {
            return order;
        }
        (a, b) = (a_next, b_next);
    }
}

/// `~` sorts before the end, the end before letters, letters before everything else.
fn debian_text(a: &str, b: &str) -> Ordering {
    let weight = |byte: Option<u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(b) if b.is_ascii_alphabetic() => i32::from(b),
        Some(b) => i32::from(b) + 256,
    };
    let (mut a, mut b) = (a.bytes(), b.bytes());
    loop {
        let (x, y) = (a.next(), b.next());
        let order = weight(x).cmp(&weight(y));
        if order.is_ne() || (x.is_none() && y.is_none()) {
            return order;
        }
    }
}

/// Runs of digits and runs of letters, compared one by one; what stands between them only separates.
/// The shorter goes on with zeros, so `12` is `12.0`. Words of a release yet to come sort before them and other
/// words behind: `6.2-rc1`, `6.2`, `6.2-amd64`, `6.2.1`.
fn dotted(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (segments(a), segments(b));
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            return Ordering::Equal;
        }
        let order = segment(x.unwrap_or("0"), y.unwrap_or("0"));
        if order.is_ne() {
            return order;
        }
    }
}

fn segment(a: &str, b: &str) -> Ordering {
    let class = |segment: &str| match is_number(segment) {
        true if segment.bytes().all(|b| b == b'0') => 1,
        true => 3,
        false if EARLY.iter().any(|word| word.eq_ignore_ascii_case(segment)) => 0,
        false => 2,
    };
    class(a).cmp(&class(b)).then_with(|| if is_number(a) { number(a, b) } else { a.cmp(b) })
}

/// Words of a release yet to come.
const EARLY: &[&str] = &["alpha", "beta", "pre", "preview", "rc", "dev"];

/// semver.org, 11: what stands behind `-` comes before the release, what stands behind `+` says nothing.
fn semver(a: &str, b: &str) -> Ordering {
    let parts = |version: &'_ str| -> (String, Option<String>) {
        let version = version.trim().trim_start_matches('=').trim_start();
        let version = version.split_once('+').map_or(version, |(before, _)| before);
        let (core, pre) = version.split_once('-').map_or((version, None), |(core, pre)| (core, Some(pre.to_owned())));
        (core.to_owned(), pre)
    };
    let ((a, a_pre), (b, b_pre)) = (parts(a), parts(b));
    let early = || match (&a_pre, &b_pre) {
        (Some(a), Some(b)) => identifiers(a, b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    };
    dotted(&a, &b).then_with(early)
}

/// Numbers come before words, and fewer before more.
fn identifiers(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                (true, true) => number(a, b),
                (false, false) => a.cmp(b),
                (a, b) => b.cmp(&a),
            },
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn is_number(segment: &str) -> bool {
    segment.starts_with(|c: char| c.is_ascii_digit())
}

fn segments(version: &str) -> impl Iterator<Item = &str> {
    let version = version.trim();
    let version = version.strip_prefix('v').filter(|v| is_number(v)).unwrap_or(version);
    let mut rest = version;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = is_number(rest);
        let (segment, after) = split(rest, |c| c.is_ascii_alphanumeric() && c.is_ascii_digit() == digits);
        rest = after;
        (!segment.is_empty()).then_some(segment)
    })
}

fn split(text: &str, within: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !within(c)).unwrap_or(text.len()))
}

/// Digits of any length as numbers; nothing is 0.
fn number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    pub(crate) fn check(order: VersionOrder, a: &str, sign: char, b: &str) {
        let want = match sign {
            '<' => Ordering::Less,
            '>' => Ordering::Greater,
            _ => Ordering::Equal,
        };
        assert_eq!(compare(order, a, b), want, "{a} {sign} {b}");
        assert_eq!(compare(order, b, a), want.reverse(), "{b} against {a}");
    }

    #[test]
    fn debian_versions_order_as_the_manual_says() {
        for (a, sign, b) in [
            ("1.22.1-9", '<', "1.22.1-9+deb12u1"),
            ("1.22.1-9+deb12u1", '<', "1.22.1-10"),
            ("1.0~rc1", '<', "1.0"),
            ("1.0~~", '<', "1.0~"),
            ("1.0~rc1", '<', "1.0~rc2"),
            ("2:1.0", '>', "1:9.9"),
            ("0:1.0", '=', "1.0"),
            ("1.0", '=', "1.0-0"),
            ("1.0", '=', "1.0-"),
            ("1.0", '<', "1.0-1"),
            ("1.0-1", '<', "1.0-1.1"),
            ("1.0a", '<', "1.0+"),
            ("1.0", '<', "1.0a"),
            ("1.09", '=', "1.9"),
            ("1.10", '>', "1.9"),
            ("99999999999999999999", '<', "100000000000000000000"),
            ("1.2-3-4", '>', "1.2-3-3"),
            ("5.10.0-8", '<', "5.10.0-28"),
        ] {
            check(VersionOrder::Debian, a, sign, b);
        }
    }

    #[test]
    fn dotted_versions_order_by_their_numbers() {
        for (a, sign, b) in [
            ("6.1.0-28-amd64", '>', "6.1.0-9-amd64"),
            ("12", '<', "12.8"),
            ("12", '=', "12.0"),
            ("v1.2", '=', "1.2"),
            ("1.10", '>', "1.9"),
            ("1.0rc1", '<', "1.0"),
            ("1.0-rc1", '<', "1.0-rc2"),
            ("24.04", '>', "23.10"),
            ("1.0a", '<', "1.0.1"),
            ("5.15.0-microsoft-standard-WSL2", '>', "5.15.0"),
            ("6.1.0-9-amd64", '<', "6.1.0-9-cloud-amd64"),
        ] {
            check(VersionOrder::Dotted, a, sign, b);
        }
    }

    #[test]
    fn semantic_versions_order_as_semver_org_says() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.9.0",
            "1.10.0",
            "2.0.0-0",
            "2.0.0",
            "2.1.0",
        ];
        for pair in ordered.windows(2) {
            check(VersionOrder::Semver, pair[0], '<', pair[1]);
        }
        for (a, b) in
            [("1.0.0+build1", "1.0.0+build2"), ("1.2", "1.2.0"), ("v1.2.3", "=1.2.3"), ("1.0.0-a+b", "1.0.0-a")]
        {
            check(VersionOrder::Semver, a, '=', b);
        }
    }

    /// One `dpkg` for each pair, so few of them; skipped where there is none.
    #[test]
    fn debian_versions_order_as_dpkg_orders_them() {
        let dpkg = |a: &str, op: &str, b: &str| {
            Command::new("dpkg").args(["--compare-versions", "--", a, op, b]).status().map(|s| s.code())
        };
        if !matches!(dpkg("1", "lt", "2"), Ok(Some(0))) {
            return;
        }
        let versions = [
            "1",
            "1.0",
            "1.0-0",
            "1.0-1",
            "1.0-1~",
            "1.0-1~bpo12+1",
            "1.0~",
            "1.0~~a",
            "1.0+dfsg-1",
            "1.0+dfsg1-1",
            "1:1.0",
            "1:0.9-3",
            "1.0.0",
            "1.00",
            "1.0a",
            "1.0+a",
            "1.0-1+b1",
            "1.0-1.1",
            "01.0",
            "1.a",
            "1.10-2",
            "0~20240101",
            "2.36-9+deb12u8",
            "2.36-9+deb12u10",
            "5.2.15-2+b7",
            "1-2-3",
            "1.0.",
            "1.0-a~",
            "3.0pl1-162",
        ];
        for a in versions {
            for b in versions {
                let op = match compare(VersionOrder::Debian, a, b) {
                    Ordering::Less => "lt",
                    Ordering::Equal => "eq",
                    Ordering::Greater => "gt",
                };
                assert_eq!(dpkg(a, op, b).unwrap(), Some(0), "{a} {op} {b}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_order_is_an_order(versions in prop::collection::vec("[0-9a-z.:~^+_!é-]{0,9}", 3)) {
            let [a, b, c] = [&versions[0], &versions[1], &versions[2]];
            for order in VersionOrder::ALL {
                prop_assert_eq!(compare(order, a, b), compare(order, b, a).reverse());
                prop_assert_eq!(compare(order, a, a), Ordering::Equal);
                if order != VersionOrder::Pacman && compare(order, a, b).is_le() && compare(order, b, c).is_le() {
                    prop_assert!(compare(order, a, c).is_le(), "{} {} {}", a, b, c);
                }
            }
        }
    }
}
