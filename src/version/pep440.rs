//! The order of versions of Python's packages: `1!2.3rc1.post2.dev3+local.4` (PEP 440).

use super::{dotted, number};
use std::cmp::Ordering;

/// What is no such version comes before all that are.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_text, b_text) = (a.trim().to_ascii_lowercase(), b.trim().to_ascii_lowercase());
    match (Version::parse(&a_text), Version::parse(&b_text)) {
        (Some(a), Some(b)) => a.compare(&b),
        (None, None) => dotted(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Numbers are digits of any length; none is 0.
struct Version<'v> {
    epoch: &'v str,
    release: Vec<&'v str>,
    /// `a`, `b` or `r`, and its number.
    pre: Option<(char, &'v str)>,
    post: Option<&'v str>,
    dev: Option<&'v str>,
    local: Vec<&'v str>,
}

impl<'v> Version<'v> {
    fn parse(text: &'v str) -> Option<Version<'v>> {
        let mut rest = text.strip_prefix('v').unwrap_or(text);
        let mut epoch = "";
        if let Some((before, after)) = rest.split_once('!') {
            (epoch, rest) = (before, after);
            if epoch.is_empty() || !epoch.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
        }
        let mut release = vec![digits(&mut rest)?];
        while let Some(mut after) = rest.strip_prefix('.') {
            let Some(part) = digits(&mut after) else { break };
            release.push(part);
            rest = after;
        }
        while release.last().is_some_and(|part| part.bytes().all(|b| b == b'0')) {
            release.pop();
        }
        let words =
            [("alpha", 'a'), ("a", 'a'), ("beta", 'b'), ("b", 'b'), ("preview", 'r'), ("pre", 'r'), ("rc", 'r')];
        let pre = words.iter().chain(&[("c", 'r')]).find_map(|(word, phase)| Some((*phase, word_of(&mut rest, word)?)));
        let post =
            implicit_post(&mut rest).or_else(|| ["post", "rev", "r"].iter().find_map(|word| word_of(&mut rest, word)));
        let dev = word_of(&mut rest, "dev");
        let mut local = Vec::new();
        if let Some(after) = rest.strip_prefix('+') {
            local.extend(after.split(['.', '-', '_']));
            rest = "";
        }
        let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        (rest.is_empty() && local.iter().all(is_word)).then_some(Version { epoch, release, pre, post, dev, local })
    }

    fn compare(&self, other: &Version<'_>) -> Ordering {
        number(self.epoch, other.epoch)
            .then_with(|| each(&self.release, &other.release, number))
            .then_with(|| self.phase().cmp(&other.phase()))
            .then_with(|| either(self.pre.map(|p| p.1), other.pre.map(|p| p.1)))
            .then_with(|| either(self.post, other.post))
            // Without one it is behind those that have one.
            .then_with(|| other.dev.is_some().cmp(&self.dev.is_some()).then_with(|| either(self.dev, other.dev)))
            .then_with(|| each(&self.local, &other.local, local))
    }

    /// Development of a release comes before its first alpha, and the release behind its candidates.
    fn phase(&self) -> char {
        match self.pre {
            Some((phase, _)) => phase,
            None if self.post.is_none() && self.dev.is_some() => ' ',
            None => 'z',
        }
    }
}

/// Part by part; the shorter comes first.
fn each(a: &[&str], b: &[&str], order: impl Fn(&str, &str) -> Ordering) -> Ordering {
    let differ = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne());
    differ.unwrap_or(a.len().cmp(&b.len()))
}

/// None comes first.
fn either(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => number(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Numbers come behind words.
fn local(a: &str, b: &str) -> Ordering {
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    match (is_number(a), is_number(b)) {
        (true, true) => number(a, b),
        (false, false) => a.cmp(b),
        (a, b) => a.cmp(&b),
    }
}

fn digits<'v>(rest: &mut &'v str) -> Option<&'v str> {
    let (digits, after) = super::split(rest, |c| c.is_ascii_digit());
    *rest = after;
    (!digits.is_empty()).then_some(digits)
}

/// `word` with its number, each of which may stand behind one of `.`, `-` and `_`.
fn word_of<'v>(rest: &mut &'v str, word: &str) -> Option<&'v str> {
    let separated = |text: &'v str| text.strip_prefix(['.', '-', '_']);
    let after = separated(rest).unwrap_or(rest).strip_prefix(word)?;
    *rest = separated(after).unwrap_or(after);
    Some(digits(rest).unwrap_or_default())
}

/// `1.0-1` is `1.0.post1`.
fn implicit_post<'v>(rest: &mut &'v str) -> Option<&'v str> {
    let mut after = rest.strip_prefix('-')?;
    let number = digits(&mut after)?;
    *rest = after;
    Some(number)
}

#[cfg(test)]
mod tests {
    use crate::value::VersionOrder::Pep440;
    use crate::version::tests::check;

    #[test]
    fn python_versions_order_as_the_proposal_says() {
        let ordered = [
            "nonsense",
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "2012.4",
            "1!0.1",
        ];
        for pair in ordered.windows(2) {
            check(Pep440, pair[0], '<', pair[1]);
        }
        check(Pep440, ordered[0], '<', ordered[ordered.len() - 1]);
    }

    #[test]
    fn spellings_of_one_version_are_equal() {
        for (a, b) in [
            ("1.0", "1"),
            ("1.0.0", "v1.0"),
            ("1.0-1", "1.0.post1"),
            ("1.0-r1", "1.0.post1"),
            ("1.0ALPHA1", "1.0a1"),
            ("1.0-preview_2", "1.0rc2"),
            ("1.0c3", "1.0rc3"),
            ("1.0.a.1", "1.0a1"),
            ("1.0a", "1.0a0"),
            ("1.0.post.", "1.0.post0"),
            ("1.0dev", "1.0.dev0"),
            ("1.0+ubuntu-1", "1.0+ubuntu.1"),
            ("01.09", "1.9"),
            ("0!1.0", "1.0"),
        ] {
            check(Pep440, a, '=', b);
        }
    }
}
