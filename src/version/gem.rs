//! The order of versions of Ruby's gems: `1.2.0.rc1` (`Gem::Version`).

use super::{is_number, number, split};
use std::cmp::Ordering;

/// Number by number and word by word; a word makes it a release yet to come, which comes before the release.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.replace('-', ".pre."), b.replace('-', ".pre."));
    let (a, b) = (segments(&a), segments(&b));
    for at in 0..a.len().max(b.len()) {
        let (x, y) = (a.get(at).copied().unwrap_or("0"), b.get(at).copied().unwrap_or("0"));
        let order = match (is_number(x), is_number(y)) {
            (true, true) => number(x, y),
            (false, false) => x.cmp(y),
            (x, y) => x.cmp(&y),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Without the zeros at the end, nor those before the first word.
fn segments(version: &str) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    let mut rest = version;
    loop {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = is_number(rest);
        let (segment, after) = split(rest, |c| c.is_ascii_alphanumeric() && c.is_ascii_digit() == digits);
        if segment.is_empty() {
            break;
        }
        if !digits && all.iter().all(|s| is_number(s)) {
            trim(&mut all);
        }
        all.push(segment);
        rest = after;
    }
    trim(&mut all);
    all
}

fn trim(all: &mut Vec<&str>) {
    while all.last().is_some_and(|s| s.bytes().all(|b| b == b'0')) {
        all.pop();
    }
}

#[cfg(test)]
mod tests {
    use crate::value::VersionOrder::Gem;
    use crate::version::tests::check;

    #[test]
    fn gems_order_as_their_manual_says() {
        for (a, sign, b) in [
            ("1", '=', "1.0"),
            ("1.0.0", '=', "1"),
            ("1.0.a", '<', "1.0"),
            ("1.0.a10", '>', "1.0.a9"),
            ("1.0.0.rc1", '<', "1.0.0.rc2"),
            ("1.0.b1", '=', "1.0.b.1"),
            ("1.8.2", '>', "1.8.2.a"),
            ("1.8.2.b", '>', "1.8.2.a"),
            ("1.8.2.a10", '>', "1.8.2.a9"),
            ("1.8.2.a", '>', "0.0.0"),
            ("", '=', "0"),
            ("1.9.3", '<', "1.9.3.1"),
            ("0.beta.1", '=', "0.0.beta.1"),
            ("0.0.beta", '<', "0.beta.1"),
            ("5.a", '<', "5.0.0.rc2"),
            ("5.x", '>', "5.0.0.rc2"),
            ("1.0.0-beta", '=', "1.0.0.pre.beta"),
            ("1.10", '>', "1.9"),
        ] {
            check(Gem, a, sign, b);
        }
    }
}
