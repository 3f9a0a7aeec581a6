//! Versions and what is asked of them, as Masterminds/semver v3 reads both.

use super::{Made, of, text};
use crate::template::Param::Text;
use crate::template::{Call, Function, Object, Value};
use regex::{Captures, Regex};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::LazyLock;

pub static FUNCTIONS: &[Function] = &[
    of("semver", &[Text], |call, args| {
        let source = text(args, 0)?;
        call.charge(source.len().saturating_mul(8))?;
        Ok(Value::Object(Rc::new(object(&Version::parse(source)?, source))))
    }),
    of("semverCompare", &[Text, Text], compare),
];

fn compare(call: &Call, args: &[Value]) -> Made {
    let (constraint, version) = (text(args, 0)?, text(args, 1)?);
    call.charge(constraint.len() + version.len())?;
    let choices = constraints(constraint)?;
    let version = Version::parse(version)?;
    let holds = choices.iter().any(|all| {
        // A prerelease is taken by those alone that name one.
        let prereleases = all.iter().any(|one| !one.version.prerelease.is_empty());
        (version.prerelease.is_empty() || prereleases) && all.iter().all(|one| one.takes(&version))
    });
    Ok(Value::Bool(holds))
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
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

type Pattern = LazyLock<Result<Regex, String>>;

static VERSION: Pattern = LazyLock::new(|| pattern(concat!("^", version!("[0-9]+"), "$")));
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

fn pattern(source: &str) -> Result<Regex, String> {
    Regex::new(source).map_err(|e| e.to_string())
}

fn regex(pattern: &'static Pattern) -> Result<&'static Regex, String> {
    pattern.as_ref().map_err(Clone::clone)
}

fn group<'t>(captures: &Captures<'t>, at: usize) -> &'t str {
    captures.get(at).map_or("", |group| group.as_str())
}

impl Version {
    fn parse(text: &str) -> Result<Version, String> {
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

    fn written(&self) -> String {
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
    fn order(&self, other: &Version) -> Ordering {
        let numbers = (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch));
        numbers.then_with(|| match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => order_prereleases(&self.prerelease, &other.prerelease),
        })
    }
}

fn order_prereleases(one: &str, other: &str) -> Ordering {
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

/// What templates see of a version.
fn object(version: &Version, original: &str) -> Object {
    let prerelease = !version.prerelease.is_empty();
    let plain = |major, minor, patch| Version { major, minor, patch, ..Version::default() };
    let next = |next: Version| {
        let text = next.written();
        let v = if original.starts_with('v') { "v" } else { "" };
        let methods = methods(&next, &format!("{v}{text}"));
        Value::Object(Rc::new(Object {
            type_name: "semver.Version",
            text: Some(text.into()),
            methods,
            ..Object::default()
        }))
    };
    let patch = if prerelease { version.patch } else { version.patch.wrapping_add(1) };
    let mut methods = methods(version, original);
    methods.extend([
        ("IncMajor", next(plain(version.major.wrapping_add(1), 0, 0))),
        ("IncMinor", next(plain(version.major, version.minor.wrapping_add(1), 0))),
        ("IncPatch", next(plain(version.major, version.minor, patch))),
    ]);
    let text = Some(version.written().into());
    Object { type_name: "*semver.Version", text, methods, ..Object::default() }
}

fn methods(version: &Version, original: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("Major", Value::Uint64(version.major)),
        ("Minor", Value::Uint64(version.minor)),
        ("Patch", Value::Uint64(version.patch)),
        ("Prerelease", Value::from(&*version.prerelease)),
        ("Metadata", Value::from(&*version.metadata)),
        ("Original", Value::from(original)),
        ("String", Value::from(version.written())),
    ]
}

/// One constraint: an operator and a version, of which the last parts may be left open.
struct Constraint {
    operator: String,
    version: Version,
    /// `1.x`, `1`.
    any_minor: bool,
    /// `1.2.x`, `1.2`.
    any_patch: bool,
    /// Any of these, or `*`.
    open: bool,
}

/// Choices, in each of which all must hold.
fn constraints(text: &str) -> Result<Vec<Vec<Constraint>>, String> {
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
    fn takes(&self, version: &Version) -> bool {
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

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn versions_and_constraints_are_read_as_in_goss() {
        agrees(&[
            (r#"semver "1.2.3-beta.1+meta""#, Some("1.2.3-beta.1+meta")),
            (r#"semver "v1.2""#, Some("1.2.0")),
            (r#"(semver "1.2.3-beta.1+meta").Prerelease"#, Some("beta.1")),
            (r#"(semver "v1.2.3").Original"#, Some("v1.2.3")),
            (r#"(semver "1.2.3").Major"#, Some("1")),
            (r#"(semver "1.2.3-a").IncPatch"#, Some("1.2.3")),
            (r#"(semver "v1.2.3").IncMinor"#, Some("1.3.0")),
            (r#"semver "x""#, None),
            (r#"semver "1.2.3-01""#, None),
            (r#"semver "01.2""#, Some("1.2.0")),
            (r#"semver """#, None),
            (r#"semverCompare "1.2.3" "1.2.3+build""#, Some("true")),
            (r#"semverCompare ">=1.2" "1.2.0""#, Some("true")),
            (r#"semverCompare "^1.2.0" "1.10.0""#, Some("true")),
            (r#"semverCompare "^1.2.0" "2.0.0""#, Some("false")),
            (r#"semverCompare "^0.2.3" "0.3.0""#, Some("false")),
            (r#"semverCompare "^0.0.3" "0.0.4""#, Some("false")),
            (r#"semverCompare "^0.0" "0.0.9""#, Some("true")),
            (r#"semverCompare "~1.2.3" "1.2.9""#, Some("true")),
            (r#"semverCompare "~1.2.3" "1.3.0""#, Some("false")),
            (r#"semverCompare "~1" "1.9.0""#, Some("true")),
            (r#"semverCompare "1.2.x" "1.2.7""#, Some("true")),
            (r#"semverCompare "*" "3.0.0""#, Some("true")),
            (r#"semverCompare "" "3.0.0""#, None),
            (r#"semverCompare "*" "3.0.0-rc1""#, Some("false")),
            (r#"semverCompare ">=1.0.0-0" "1.5.0-rc1""#, Some("true")),
            (r#"semverCompare ">1.2" "1.2.5""#, Some("false")),
            (r#"semverCompare "<=1.2" "1.2.5""#, Some("true")),
            (r#"semverCompare "!=1.2.x" "1.2.5""#, Some("false")),
            (r#"semverCompare "!=1.2.x" "1.3.5""#, Some("true")),
            (r#"semverCompare ">=1.0, <2.0" "1.5.0""#, Some("true")),
            (r#"semverCompare ">=1.0 <1.2" "1.5.0""#, Some("false")),
            (r#"semverCompare "1.0 - 1.4" "1.3.0""#, Some("true")),
            (r#"semverCompare "1.0 - 1.4" "1.5.0""#, Some("false")),
            (r#"semverCompare "<1.0 || >=2.0" "2.1.0""#, Some("true")),
            (r#"semverCompare "=>1.0 =<2.0" "2.0.0""#, Some("true")),
            (r#"semverCompare "~>1.2" "1.2.3""#, Some("true")),
            (r#"semverCompare "1.2.3-beta.2" "1.2.3-beta.2""#, Some("true")),
            (r#"semverCompare ">1.2.3-beta.2" "1.2.3-beta.11""#, Some("true")),
            (r#"semverCompare "foo" "1.0.0""#, None),
            (r#"semverCompare ">=1.0" "foo""#, None),
            (r#"semverCompare "&1" "1.0.0""#, None),
        ]);
    }
}
