//! Ranges of versions as goss's library reads them (github.com/blang/semver), with all that is peculiar to it.

use super::Answer;
use crate::matcher::Relation;
use crate::matcher::text::{Text, View};
use crate::value::Value;
use semver::Version;

/// A range such as `>=1.2.0 <2.0.0 !=1.5.0 || 3.x`.
#[derive(Clone, Debug)]
pub struct Range {
    pub written: Box<str>,
    /// Any of these, each all of its bounds.
    any: Vec<Vec<(Comparison, Version)>>,
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Equal,
    NotEqual,
    Order(Relation),
}

impl Range {
    pub fn parse(written: &str) -> Option<Range> {
        let parts = split(written);
        let any: Vec<&[String]> = parts.split(|part| part == "||").collect();
        // Between two `||` there must be something, too: goss would crash.
        if any.iter().any(|all| all.is_empty()) {
            return None;
        }
        let read = |all: &[String]| {
            let bounds: Option<Vec<_>> = all.iter().map(|part| expand(part)).collect();
            bounds?.into_iter().flatten().map(|bound| comparison(&bound)).collect()
        };
        let any: Option<Vec<_>> = any.into_iter().map(read).collect();
        Some(Range { written: written.into(), any: any? })
    }

    fn has(&self, version: &Version) -> bool {
        let holds = |(comparison, bound): &(Comparison, Version)| {
            let order = version.cmp_precedence(bound);
            match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
                Comparison::Order(relation) => relation.accepts(order),
            }
        };
        self.any.iter().any(|all| all.iter().all(holds))
    }
}

/// Whether a version, or each of a list of at least one, is in the range.
pub(super) fn ask(range: &Range, seen: View<'_>) -> Answer {
    let none = || Answer::error("expected a semantic version, such as `1.2.3`, or a list of them");
    let version = |text: &str| Version::parse(text).ok();
    let versions = match seen {
        View::Text(Text { cut: Some(cut), .. }) => return Answer::any(cut.bound),
        View::Text(text) => version(text.text).map(|one| vec![one]),
        View::Value(Value::List(list)) if !list.is_empty() => list
            .iter()
            .map(|one| match one {
                Value::Text(text) => version(text),
                _ => None,
            })
            .collect(),
        View::Value(_) => None,
    };
    match versions {
        Some(versions) => Ok(versions.iter().all(|version| range.has(version))).into(),
        None => none(),
    }
}

/// Splits at spaces that stand behind no sign; what is one character long, and not the end of another, is lost.
fn split(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let (mut parts, mut from, mut last) = (Vec::new(), 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b' ' {
            last = *byte;
        } else if !matches!(last, b'>' | b'<' | b'=') {
            if from + 1 < at {
                parts.push(text.get(from..at).unwrap_or_default());
            }
            from = at + 1;
        }
    }
    if from + 1 < bytes.len() {
        parts.push(text.get(from..).unwrap_or_default());
    }
    parts.into_iter().map(|part| part.replace(' ', "")).collect()
}

/// The sign, and the version from its first digit on.
fn divide(part: &str) -> Option<(&str, &str)> {
    let at = part.find(|c: char| c.is_ascii_digit())?;
    let (sign, version) = part.split_at(at);
    Some((sign.trim(), version))
}

/// A version whose last numbers are `x` as the bounds that it stands for.
fn expand(part: &str) -> Option<Vec<String>> {
    if !part.contains('x') {
        return Some(vec![part.to_owned()]);
    }
    let (sign, version) = divide(part)?;
    let numbers = version.split('.').count();
    let wild = if version.rsplit('.').next() == Some("x") { numbers } else { 0 };
    let flat = version.replacen(".x.x", ".x", 1).replacen(".x", ".0", 1);
    let flat = if flat.split('.').count() == 2 { format!("{flat}.0") } else { flat };
    let next = || match wild {
        3 => next(&flat, 1),
        2 => next(&flat, 0),
        _ => String::new(),
    };
    Some(match sign {
        ">" => vec![format!(">={}", next())],
        ">=" => vec![format!(">={flat}")],
        "<" => vec![format!("<{flat}")],
        "<=" => vec![format!("<{}", next())],
        "" | "=" | "==" => vec![format!(">={flat}"), format!("<{}", next())],
        "!=" | "!" => vec![format!("<{flat}"), format!(">={}", next())],
        _ => vec![flat],
    })
}

/// With the number at `index` one higher; nothing if it is none.
fn next(version: &str, index: usize) -> String {
    let mut parts: Vec<String> = version.split('.').map(str::to_owned).collect();
    let Some(part) = parts.get_mut(index) else { return String::new() };
    let Some(next) = part.parse::<i64>().ok().and_then(|n| n.checked_add(1)) else { return String::new() };
    *part = next.to_string();
    parts.join(".")
}

fn comparison(bound: &str) -> Option<(Comparison, Version)> {
    let (sign, version) = divide(bound)?;
    let comparison = match sign {
        "" | "=" | "==" => Comparison::Equal,
        "!" | "!=" => Comparison::NotEqual,
        ">" => Comparison::Order(Relation::Greater),
        ">=" => Comparison::Order(Relation::GreaterOrEqual),
        "<" => Comparison::Order(Relation::Less),
        "<=" => Comparison::Order(Relation::LessOrEqual),
        _ => return None,
    };
    Some((comparison, Version::parse(version).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_as_goss_reads_them() {
        let has = |range: &str, version: &str| Range::parse(range).unwrap().has(&Version::parse(version).unwrap());
        for (range, version) in [
            ("1.2.3", "1.2.3"),
            ("> 1.0.0 < 2.0.0", "1.5.0"),
            (">1.0.0 !1.2.0 || 3.0.0", "3.0.0"),
            ("1.2.x", "1.2.9"),
            ("1.x", "1.9.0"),
            ("1.x.x", "1.0.5"),
            ("!=1.x", "2.0.0-a"),
            ("!=2.x", "1.0.0"),
            ("<=1.2.x", "1.2.7"),
            (">=1.0.0", "1.0.1-rc.1"),
        ] {
            // A range of `!=` with a wildcard is both below and above, which nothing is.
            assert_eq!(has(range, version), !range.starts_with("!="), "{range} {version}");
        }
        for range in ["", "x", "1", "1.2", "|| 1.0.0", "1.0.0 ||", "1.0.0 || || 2.0.0", "~1.2.3", "^1.2.3"] {
            assert!(Range::parse(range).is_none(), "{range}");
        }
    }
}
