//! Versions and what is asked of them, as Masterminds/semver v3 reads both.

mod constraint;
mod version;

use self::constraint::constraints;
use self::version::Version;
use super::{Made, of, text};
use crate::template::Param::{self, Text};
use crate::template::{Call, Function, Object, Value};
use std::cmp::Ordering;
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    of("semver", &[Text], |call, args| {
        let source = text(args, 0)?;
        call.charge(source.len().saturating_mul(8))?;
        Ok(Value::Object(Rc::new(object(&Version::parse(source)?, source))))
    }),
    of("semverCompare", &[Text, Text], compare),
];

const ANOTHER: &[Param] = &[Param::Object("*semver.Version")];

/// What is asked of one version about another.
pub static METHODS: &[Function] = &[
    of("Compare", ANOTHER, |_, args| Ok(Value::Int(order(args)? as i64))),
    of("Equal", ANOTHER, |_, args| Ok(Value::Bool(order(args)?.is_eq()))),
    of("LessThan", ANOTHER, |_, args| Ok(Value::Bool(order(args)?.is_lt()))),
    of("LessThanEqual", ANOTHER, |_, args| Ok(Value::Bool(order(args)?.is_le()))),
    of("GreaterThan", ANOTHER, |_, args| Ok(Value::Bool(order(args)?.is_gt()))),
    of("GreaterThanEqual", ANOTHER, |_, args| Ok(Value::Bool(order(args)?.is_ge()))),
];

fn order(args: &[Value]) -> Result<Ordering, String> {
    let version = |at: usize| match args.get(at) {
        Some(Value::Object(object)) => Version::parse(object.text.as_deref().unwrap_or_default()),
        _ => Err("the argument is no version".to_owned()),
    };
    Ok(version(0)?.order(&version(1)?))
}

fn compare(call: &Call, args: &[Value]) -> Made {
    let (constraint, version) = (text(args, 0)?, text(args, 1)?);
    // Time, rather than text: each is read with several patterns.
    call.charge((constraint.len() + version.len()).saturating_mul(64))?;
    let choices = constraints(constraint)?;
    let version = Version::parse(version)?;
    let holds = choices.iter().any(|all| {
        // A prerelease is taken by those alone that name one.
        let prereleases = all.iter().any(|one| !one.version.prerelease.is_empty());
        (version.prerelease.is_empty() || prereleases) && all.iter().all(|one| one.takes(&version))
    });
    Ok(Value::Bool(holds))
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
            (r#"(semver "1.2.3").Compare (semver "1.10.0")"#, Some("-1")),
            (r#"(semver "1.2.3").Equal (semver "v1.2.3+b")"#, Some("true")),
            (r#"(semver "1.2.3").LessThan (semver "1.2.3-a")"#, Some("false")),
            (r#"(semver "1.2.3").LessThan "1.3""#, None),
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
