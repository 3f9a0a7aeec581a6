//! The order of versions of Alpine's packages: `1.2.3b_rc1~1a2b-r4` (apk-package(5), "Version").

use super::{number, split};
use std::cmp::Ordering;

/// What a version is made of, in the order in which it may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'v> {
    First(&'v str),
    Number(&'v str),
    Letter(char),
    /// Its place among [`SUFFIXES`].
    Suffix(usize),
    SuffixNumber(&'v str),
    Commit(&'v str),
    Revision(&'v str),
    End,
    /// What is none of these; nothing behind it is looked at.
    Odd,
}

/// Suffixes in their order; those of a release yet to come are before the empty one.
const SUFFIXES: &[&str] = &["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];
const RELEASE: usize = 4;

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Parts::new(a), Parts::new(b));
    loop {
        let (x, y) = (a.part, b.part);
        if x.rank() != y.rank() {
            return match (x, y) {
                (Part::Suffix(suffix), _) if suffix < RELEASE => Ordering::Less,
                (_, Part::Suffix(suffix)) if suffix < RELEASE => Ordering::Greater,
                // The one that goes on where the other is further on, or at its end, is the later.
                _ => y.rank().cmp(&x.rank()),
            };
        }
        let order = match (x, y) {
            (Part::Number(a), Part::Number(b)) if a.starts_with('0') || b.starts_with('0') => a.cmp(b),
            (Part::First(a), Part::First(b))
            | (Part::Number(a), Part::Number(b))
            | (Part::SuffixNumber(a), Part::SuffixNumber(b))
            | (Part::Revision(a), Part::Revision(b)) => number(a, b),
            (Part::Letter(a), Part::Letter(b)) => a.cmp(&b),
            (Part::Suffix(a), Part::Suffix(b)) => a.cmp(&b),
            (Part::Commit(a), Part::Commit(b)) => a.cmp(b),
            _ => return Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
        a.next();
        b.next();
    }
}

impl Part<'_> {
    fn rank(self) -> u8 {
        match self {
            Part::First(_) => 0,
            Part::Number(_) => 1,
            Part::Letter(_) => 2,
            Part::Suffix(_) => 3,
            Part::SuffixNumber(_) => 4,
            Part::Commit(_) => 5,
            Part::Revision(_) => 6,
            Part::End => 7,
            Part::Odd => 8,
        }
    }
}

struct Parts<'v> {
    part: Part<'v>,
    rest: &'v str,
}

impl<'v> Parts<'v> {
    fn new(version: &'v str) -> Parts<'v> {
        let mut parts = Parts { part: Part::Odd, rest: version.trim() };
        parts.part = parts.digits(Part::First);
        parts
    }

    fn next(&mut self) {
        let rank = self.part.rank();
        let mut letters = self.rest.chars();
        self.part = match letters.next() {
            None => Part::End,
            Some(letter @ 'a'..='z') if rank <= 1 => {
                self.rest = letters.as_str();
                Part::Letter(letter)
            }
            Some('.') if rank <= 1 => {
                self.rest = letters.as_str();
                self.digits(Part::Number)
            }
            Some('0'..='9') if rank <= 1 => self.digits(Part::Number),
            Some('0'..='9') if rank == 3 => self.digits(Part::SuffixNumber),
            Some('_') if rank <= 4 => {
                let (word, rest) = split(letters.as_str(), |c| c.is_ascii_lowercase());
                self.rest = rest;
                let suffix = SUFFIXES.iter().position(|suffix| *suffix == word && !word.is_empty());
                suffix.map_or(Part::Odd, Part::Suffix)
            }
            Some('~') if rank < 5 => {
                let (commit, rest) = split(letters.as_str(), |c| matches!(c, '0'..='9' | 'a'..='f'));
                self.rest = rest;
                if commit.is_empty() { Part::Odd } else { Part::Commit(commit) }
            }
            Some('-') if rank < 6 => match letters.as_str().strip_prefix('r') {
                None => Part::Odd,
                Some(rest) => {
                    self.rest = rest;
                    self.digits(Part::Revision)
                }
            },
            Some(_) => Part::Odd,
        };
    }

    fn digits(&mut self, part: fn(&'v str) -> Part<'v>) -> Part<'v> {
        let (digits, rest) = split(self.rest, |c| c.is_ascii_digit());
        self.rest = rest;
        if digits.is_empty() { Part::Odd } else { part(digits) }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::VersionOrder::Apk;
    use crate::version::tests::check;

    #[test]
    fn apk_versions_order_as_the_manual_says() {
        for (a, sign, b) in [
            ("1.2.3-r0", '=', "1.2.3-r0"),
            ("1.2.3", '<', "1.2.3-r0"),
            ("1.2.3-r9", '<', "1.2.3-r10"),
            ("1.10", '>', "1.9"),
            ("1.3-r0", '<', "1.3.1-r0"),
            ("2.3.0b-r1", '<', "2.3.0b-r2"),
            ("2.3.0", '<', "2.3.0b"),
            ("1.0a", '<', "1.0.1"),
            ("006", '>', "1.0.0"),
            ("8.2.0", '<', "8.2.001"),
            ("8.2.0015", '<', "8.2.002"),
            ("20240101-r0", '>', "9.9-r9"),
        ] {
            check(Apk, a, sign, b);
        }
    }

    #[test]
    fn suffixes_stand_before_or_behind_the_release() {
        for (a, sign, b) in [
            ("1.0_alpha", '<', "1.0_beta"),
            ("1.0_beta2", '<', "1.0_beta10"),
            ("1.0_beta", '<', "1.0_pre"),
            ("1.0_pre", '<', "1.0_rc1"),
            ("1.0_rc1", '<', "1.0"),
            ("1.0_rc1-r5", '<', "1.0-r0"),
            ("1.0", '<', "1.0_git20240101"),
            ("1.0_cvs", '<', "1.0_svn"),
            ("1.0_hg", '<', "1.0_p1"),
            ("1.0_p9-r0", '<', "1.0_p10-r0"),
            ("0.1.0_alpha_pre2", '<', "0.1.0_alpha"),
            ("1.0.0_pre20191002222144-r0", '<', "1.0.0_pre20210530193627-r0"),
            ("1.0~1234-r1", '<', "1.0~2345-r0"),
            ("1.0~1234-r1", '>', "1.0~1234-r0"),
        ] {
            check(Apk, a, sign, b);
        }
    }

    #[test]
    fn what_is_no_version_comes_before_what_goes_on() {
        for (a, sign, b) in [("1.0", '<', "1.0bc"), ("23_foo", '>', "4_beta"), ("1.0_foo", '<', "1.0")] {
            check(Apk, a, sign, b);
        }
    }
}
