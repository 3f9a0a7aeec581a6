//! What is asked of a version: `^1.2, !=1.4.x || 2.0 - 2.3`.

use super::version::{Pattern, Version, group, order_prereleases, pattern, regex, version};
use std::cmp::Ordering;
use std::sync::LazyLock;

macro_rules! constraint {
    () => {
        version!(r"[0-9|xX*]+")
    };
}

macro_rules! operator {
    () => {
        r"(?:=||!=|>|<|>=|=>|<=|=<|~|~>|\^)"
    };
}

macro_rules! space {
    () => {
        r"[\t\n\f\r ]"
    };
}

static RANGE: Pattern = LazyLock::new(|| {
    pattern(concat!(
        space!(),
        "*(",
        constraint!(),
        ")",
        space!(),
        "+-",
        space!(),
        "+(",
        constraint!(),
        ")",
        space!(),
        "*"
    ))
});
static ALL: Pattern = LazyLock::new(|| {
    pattern(concat!(
        "^",
        space!(),
        "*",
        operator!(),
        space!(),
        "*",
        constraint!(),
        space!(),
        "*",
        "(?:(?:",
        space!(),
        "+|,",
        space!(),
        "*)",
        operator!(),
        space!(),
        "*",
        constraint!(),
        space!(),
        "*)*$"
    ))
});
static EACH: Pattern = LazyLock::new(|| pattern(concat!(operator!(), space!(), "*", constraint!())));
static ONE: Pattern = LazyLock::new(|| {
    pattern(concat!("^", space!(), "*(", operator!(), ")", space!(), "*", constraint!(), space!(), "*$"))
});

/// One constraint: an operator and a version, of which the last parts may be left open.
pub struct Constraint {
    operator: String,
    pub version: Version,
    /// `1.x`, `1`.
    any_minor: bool,
    /// `1.2.x`, `1.2`.
    any_patch: bool,
    /// Any of these, or `*`.
    open: bool,
}

/// Choices, in each of which all must hold.
pub fn constraints(text: &str) -> Result<Vec<Vec<Constraint>>, String> {
    let mut rewritten = text.to_owned();
    for range in regex(&RANGE)?.captures_iter(text) {
        let bounds = format!(">= {}, <= {} ", group(&range, 1), group(&range, 9));
        rewritten = rewritten.replacen(group(&range, 0), &bounds, 1);
    }
    rewritten.split("||").map(all_of).collect()
}

fn all_of(text: &str) -> Result<Vec<Constraint>, String> {
    if !regex(&ALL)?.is_match(text) {
        return Err(format!("improper constraint: \"{text}\""));
    }
    regex(&EACH)?.find_iter(text).map(|one| Constraint::parse(one.as_str())).collect()
}

impl Constraint {
    fn parse(text: &str) -> Result<Constraint, String> {
        let captures = regex(&ONE)?.captures(text).ok_or_else(|| format!("improper constraint: \"{text}\""))?;
        let part = |at| group(&captures, at).trim_start_matches('.');
        let is_open = |at| matches!(part(at), "" | "x" | "X" | "*");
        let (major, minor, patch, prerelease) = (part(2), part(3), part(4), group(&captures, 5));
        let (written, any_minor, any_patch, open) = match () {
            () if is_open(2) => (format!("0.0.0{prerelease}"), false, false, true),
            () if is_open(3) => (format!("{major}.0.0{prerelease}"), true, false, true),
            () if is_open(4) => (format!("{major}.{minor}.0{prerelease}"), false, true, true),
            () => (format!("{major}.{minor}.{patch}{prerelease}{}", group(&captures, 7)), false, false, false),
        };
        let version = Version::parse(&written).map_err(|_| "constraint parser error")?;
        Ok(Constraint { operator: group(&captures, 1).to_owned(), version, any_minor, any_patch, open })
    }

    /// Whether it holds of a version whose being a prerelease is no objection.
    pub fn takes(&self, version: &Version) -> bool {
        let order = version.order(&self.version);
        match &*self.operator {
            "" | "=" if !self.open => order.is_eq(),
            "" | "=" | "~" | "~>" => self.takes_near(version),
            "!=" => self.differs(version),
            ">" if self.open => match version.major.cmp(&self.version.major) {
                Ordering::Equal if self.any_minor => false,
                Ordering::Equal if self.any_patch => version.minor > self.version.minor,
                Ordering::Equal => order.is_gt(),
                order => order.is_gt(),
            },
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" if self.open => match version.major.cmp(&self.version.major) {
                Ordering::Equal => self.any_minor || version.minor <= self.version.minor,
                order => order.is_lt(),
            },
            "<=" | "=<" => order.is_le(),
            "^" => self.takes_compatible(version),
            _ => false,
        }
    }

    fn differs(&self, version: &Version) -> bool {
        if self.open {
            if version.major != self.version.major {
                return true;
            }
            if self.any_minor {
                return false;
            }
            if version.minor != self.version.minor {
                return true;
            }
            if self.any_patch {
                return order_prereleases(&version.prerelease, &self.version.prerelease).is_ne();
            }
            if version.patch != self.version.patch {
                return true;
            }
        }
        version.order(&self.version).is_ne()
    }

    fn takes_near(&self, version: &Version) -> bool {
        if version.order(&self.version).is_lt() {
            return false;
        }
        let of = &self.version;
        if (of.major, of.minor, of.patch) == (0, 0, 0) && !self.any_minor && !self.any_patch {
            return true;
        }
        version.major == of.major && (self.any_minor || version.minor == of.minor)
    }

    fn takes_compatible(&self, version: &Version) -> bool {
        let of = &self.version;
        if version.order(of).is_lt() || version.major != of.major {
            return false;
        }
        if of.major > 0 || self.any_minor {
            return true;
        }
        if of.minor > 0 || self.any_patch {
            return version.minor == of.minor;
        }
        version.minor == 0 && version.patch == of.patch
    }
}
