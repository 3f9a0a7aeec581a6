//! A version, and which of two comes first.

use regex::{Captures, Regex};
use std::cmp::Ordering;
use std::sync::LazyLock;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub prerelease: String,
    pub metadata: String,
}

/// Tells versions, and with `x` for digits what constraints are made of.
macro_rules! version {
    ($digits:literal) => {
        concat!(
            r"v?(",
            $digits,
            r")(\.",
            $digits,
            r")?(\.",
            $digits,
            r")?",
            r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?",
            r"(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
        )
    };
}

pub(super) use version;

pub type Pattern = LazyLock<Result<Regex, String>>;

static VERSION: Pattern = LazyLock::new(|| pattern(concat!("^", version!("[0-9]+"), "$")));
pub fn pattern(source: &str) -> Result<Regex, String> {
    Regex::new(source).map_err(|e| e.to_string())
}

pub fn regex(pattern: &'static Pattern) -> Result<&'static Regex, String> {
    pattern.as_ref().map_err(Clone::clone)
}

pub fn group<'t>(captures: &Captures<'t>, at: usize) -> &'t str {
    captures.get(at).map_or("", |group| group.as_str())
}

impl Version {
    pub fn parse(text: &str) -> Result<Version, String> {
        let captures = regex(&VERSION)?.captures(text).ok_or("invalid semantic version")?;
        let number = |at| match group(&captures, at).trim_start_matches('.') {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| {
                format!("error parsing version segment: strconv.ParseUint: parsing \"{digits}\": value out of range")
            }),
        };
        let prerelease = group(&captures, 5).to_owned();
        let is_padded =
            |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
        let version = Version {
            major: number(1)?,
            minor: number(2)?,
            patch: number(3)?,
            prerelease,
            metadata: group(&captures, 7).to_owned(),
        };
        match version.prerelease.split('.').any(is_padded) {
            true => Err("version segment starts with 0".to_owned()),
            false => Ok(version),
        }
    }

    pub fn written(&self) -> String {
        let mut text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        if !self.prerelease.is_empty() {
            text += &format!("-{}", self.prerelease);
        }
        if !self.metadata.is_empty() {
            text += &format!("+{}", self.metadata);
        }
        text
    }

    /// Precedence (semver.org, 11): metadata does not count.
    pub fn order(&self, other: &Version) -> Ordering {
        let numbers = (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch));
        numbers.then_with(|| match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => order_prereleases(&self.prerelease, &other.prerelease),
        })
    }
}

pub fn order_prereleases(one: &str, other: &str) -> Ordering {
    let (mut ours, mut theirs) = (one.split('.'), other.split('.'));
    loop {
        let order = match (ours.next(), theirs.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(our), Some(their)) => match (our.parse::<u64>(), their.parse::<u64>()) {
                _ if our == their => Ordering::Equal,
                (Ok(our), Ok(their)) => our.cmp(&their),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => our.cmp(their),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}
