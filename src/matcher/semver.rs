//! Ranges of semantic versions, in the syntax that goss's library and npm share.

use super::Doubt;
use super::text::{Held, View};
use crate::value::{Value, VersionOrder};
use semver::Version;
use std::cmp::Ordering;

/// A range such as `>=1.2.0 <2.0.0 !=1.5.0 || 3.x`.
#[derive(Clone, Debug)]
pub struct Constraint {
    pub written: Box<str>,
    /// Any of these, each all of its bounds.
    ranges: Vec<Vec<Bound>>,
}

#[derive(Clone, Debug)]
enum Bound {
    AtLeast(Version),
    Above(Version),
    Below(Version),
    AtMost(Version),
    Is(Version),
    IsNot(Version),
    /// Outside of the first, included, to the second, excluded.
    Outside(Version, Version),
}

impl Constraint {
    /// Says in a lower-case fragment what is wrong with it.
    pub fn parse(written: &str) -> Result<Constraint, String> {
        let ranges = written.split("||").map(range).collect::<Result<Vec<_>, _>>()?;
        Ok(Constraint { written: written.trim().into(), ranges })
    }

    pub(super) fn holds(&self, seen: View<'_>) -> Held {
        match seen {
            View::Value(Value::List(list)) if list.is_empty() => Err(Doubt::Unfit("the list has no version".into())),
            View::Value(Value::List(list)) => {
                // As goss: a list with one that is no version is compared with nothing.
                list.iter().map(|one| self.holds_of_one(View::of(one))).try_fold(true, |all, one| Ok(one? && all))
            }
            one => self.holds_of_one(one),
        }
    }

    fn holds_of_one(&self, seen: View<'_>) -> Held {
        let version = version_of(seen)?;
        Ok(self.ranges.iter().any(|bounds| bounds.iter().all(|bound| bound.holds(&version))))
    }
}

fn version_of(seen: View<'_>) -> Result<Version, Doubt> {
    let text = match (seen, seen.text()) {
        (_, Some(text)) => match text.cut {
            Some(cut) => return Err(Doubt::Cut(cut.bound)),
            None => text.text.trim(),
        },
        _ => return Err(Doubt::Unfit(format!("{} is not a semantic version", seen.noun()))),
    };
    // Of a package of a distribution or a kernel `1.2.3-1` comes after 1.2.3, of semantic versions before it.
    if matches!(seen, View::Value(Value::Version(v)) if v.order != VersionOrder::Semver)
        && text.contains(['-', '~', ':', '+'])
    {
        return Err(Doubt::Unfit(format!(
            "{} has more than a semantic version's numbers; compare it with `\">= …\"`",
            super::words::short(text)
        )));
    }
    let bare = text.strip_prefix('v').unwrap_or(text);
    Version::parse(bare).map_err(|_| Doubt::Unfit(format!("{} is not a semantic version", super::words::short(text))))
}

impl Bound {
    fn holds(&self, version: &Version) -> bool {
        let order = |other: &Version| version.cmp_precedence(other);
        match self {
            Bound::AtLeast(v) => order(v).is_ge(),
            Bound::Above(v) => order(v).is_gt(),
            Bound::Below(v) => order(v).is_lt(),
            Bound::AtMost(v) => order(v).is_le(),
            Bound::Is(v) => order(v) == Ordering::Equal,
            Bound::IsNot(v) => order(v) != Ordering::Equal,
            Bound::Outside(from, to) => order(from).is_lt() || order(to).is_ge(),
        }
    }
}

fn range(text: &str) -> Result<Vec<Bound>, String> {
    let mut bounds = Vec::new();
    let mut words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let end = word.find(|c: char| !matches!(c, '<' | '>' | '=' | '!' | '~' | '^')).unwrap_or(word.len());
        let (sign, rest) = word.split_at(end);
        let version = match rest {
            "" => words.next().ok_or_else(|| format!("a version is missing behind `{sign}`"))?,
            rest => rest,
        };
        if sign.is_empty() && words.peek() == Some(&"-") {
            words.next();
            let last = words.next().ok_or("a version is missing behind `-`")?;
            bounds.push(Bound::AtLeast(Wild::parse(version)?.version));
            bounds.push(Wild::parse(last)?.at_most());
            continue;
        }
        let wild = Wild::parse(version)?;
        if wild.parts == 0 && !matches!(sign, "" | "=" | "==") {
            return Err(format!("`{word}` compares with no version"));
        }
        match sign {
            "" | "=" | "==" => wild.is(&mut bounds),
            "!=" | "!" => bounds.push(match wild.next() {
                None => Bound::IsNot(wild.version),
                Some(next) => Bound::Outside(wild.version, next),
            }),
            ">=" => bounds.push(Bound::AtLeast(wild.version)),
            ">" => bounds.push(wild.next().map_or_else(|| Bound::Above(wild.low()), Bound::AtLeast)),
            "<" => bounds.push(Bound::Below(wild.version)),
            "<=" => bounds.push(wild.at_most()),
            "~" | "^" => {
                bounds.push(Bound::AtLeast(wild.low()));
                bounds.push(Bound::Below(wild.successor(sign == "^")));
            }
            sign => return Err(format!("`{sign}` is no comparison")),
        }
    }
    if bounds.is_empty() && !text.contains(['*', 'x', 'X']) {
        return Err("a range is empty".into());
    }
    Ok(bounds)
}

/// A version of which the last parts may be left open: `1.2`, `1.2.x`, `1.*`.
struct Wild {
    version: Version,
    /// How many of its three numbers are given.
    parts: usize,
}

impl Wild {
    fn parse(text: &str) -> Result<Wild, String> {
        let bad = || format!("`{text}` is not a semantic version, such as `1.2.3` or `1.2.x`");
        let bare = text.strip_prefix('v').unwrap_or(text);
        if let Ok(version) = Version::parse(bare) {
            return Ok(Wild { version, parts: 3 });
        }
        let mut numbers = [0; 3];
        let mut parts = 0;
        let mut open = false;
        for (index, part) in bare.split('.').enumerate() {
            let number = numbers.get_mut(index).ok_or_else(bad)?;
            match part {
                "x" | "X" | "*" => open = true,
                digits if !open && digits.bytes().all(|b| b.is_ascii_digit()) => {
                    *number = digits.parse().map_err(|_| bad())?;
                    parts = index + 1;
                }
                _ => return Err(bad()),
            }
        }
        if parts == 3 {
            return Err(bad());
        }
        let [major, minor, patch] = numbers;
        Ok(Wild { version: Version::new(major, minor, patch), parts })
    }

    fn low(&self) -> Version {
        self.version.clone()
    }

    /// The first version behind all that it may be; `None` if it is one version or any.
    fn next(&self) -> Option<Version> {
        let v = &self.version;
        match self.parts {
            1 => Some(Version::new(v.major.saturating_add(1), 0, 0)),
            2 => Some(Version::new(v.major, v.minor.saturating_add(1), 0)),
            _ => None,
        }
    }

    fn at_most(&self) -> Bound {
        self.next().map_or_else(|| Bound::AtMost(self.low()), Bound::Below)
    }

    fn is(&self, bounds: &mut Vec<Bound>) {
        match self.next() {
            Some(next) => bounds.extend([Bound::AtLeast(self.low()), Bound::Below(next)]),
            None if self.parts == 0 => {}
            None => bounds.push(Bound::Is(self.low())),
        }
    }

    /// Where `~1.2.3` ends, or `^1.2.3`, which keeps only the first number that is not 0.
    fn successor(&self, caret: bool) -> Version {
        let v = &self.version;
        let keep = match caret {
            true if v.major > 0 || self.parts == 1 => 1,
            true if v.minor > 0 || self.parts == 2 => 2,
            true => return Version::new(0, 0, v.patch.saturating_add(1)),
            false => self.parts.min(2),
        };
        match keep {
            1 => Version::new(v.major.saturating_add(1), 0, 0),
            _ => Version::new(v.major, v.minor.saturating_add(1), 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Version as Seen;

    fn holds(constraint: &str, version: &str) -> bool {
        let seen = Value::Text(version.into());
        Constraint::parse(constraint).unwrap().holds(View::of(&seen)).unwrap()
    }

    #[test]
    fn ranges_hold_as_goss_has_them() {
        for (constraint, yes, no) in [
            (">1.0.0 <2.0.0 !=1.5.0", "1.0.1", "1.5.0"),
            ("> 1.0.0 < 2.0.0 || > 4.0.0", "4.0.1", "3.0.0"),
            ("=1.2.3", "1.2.3+build", "1.2.4"),
            ("1.2.3", "v1.2.3", "1.2.3-rc1"),
            ("1.2.x", "1.2.9", "1.3.0"),
            ("1.x", "1.9.9", "2.0.0"),
            ("!=1.2.x", "1.3.0", "1.2.5"),
            (">1.2.x", "1.3.0", "1.2.9"),
            ("<=1.2.x", "1.2.9", "1.3.0"),
            (">=1.2", "1.2.0", "1.1.9"),
            ("1.2.3 - 2.3.4", "2.3.4", "2.3.5"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("^1.2.3", "1.9.0", "2.0.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            (">=1.0.0, <2.0.0", "1.9.9", "2.0.0"),
            ("< 4.0.0", "4.0.0-rc1", "4.0.0"),
            (">= 4.0.0", "4.0.0", "4.0.0-rc1"),
        ] {
            assert!(holds(constraint, yes), "{constraint} of {yes}");
            assert!(!holds(constraint, no), "{constraint} of {no}");
        }
        assert!(holds("*", "0.0.1"));
    }

    #[test]
    fn what_is_no_range_is_refused_with_a_reason() {
        for text in ["", "invalid", "> ", ">=1.2.3.4", "=>1.0.0", "1.0.0 || ", "1.x.3", "!=*", ">x"] {
            assert!(Constraint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_semantic_version_fails_either_way() {
        let constraint = Constraint::parse(">=0.0.0").unwrap();
        let debian = Seen { text: "1.22.1-9".into(), order: VersionOrder::Debian };
        let kernel = Seen { text: "6.1.0-9".into(), order: VersionOrder::Dotted };
        let texts = ["4.4.019-1", "1.2", "", "1.0.0+a+b"].map(|t| Value::Text(t.into()));
        let lists = [Value::List(vec![]), Value::List(vec![Value::Text("1.0.0".into()), Value::Text("x".into())])];
        for seen in texts
            .into_iter()
            .chain(lists)
            .chain([debian, kernel].map(|v| Value::Version(Box::new(v))))
            .chain([Value::Int(1)])
        {
            assert!(matches!(constraint.holds(View::of(&seen)), Err(Doubt::Unfit(_))), "{seen}");
        }
    }
}
