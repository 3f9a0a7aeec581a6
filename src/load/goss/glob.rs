//! Globs as Go's path/filepath has them: `*` matches no `/` but a leading dot, there are no braces.

use crate::go::clean;
use std::fs;
use std::io::ErrorKind;

/// Wildcards that a path may have one after another: each is a folder deeper.
const MAX_PARTS: usize = 64;
/// Files that one pattern may match.
const MAX_FOUND: usize = 100_000;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Pattern,
    /// What cannot be looked at, and why.
    Unreadable(String),
}

/// The files that a pattern matches, sorted folder by folder. A name without wildcards is matched by what has it.
pub(super) fn glob(pattern: &str) -> Result<Vec<String>, Wrong> {
    within(pattern, MAX_PARTS)
}

fn within(pattern: &str, parts: usize) -> Result<Vec<String>, Wrong> {
    parse(pattern)?;
    if !has_meta(pattern) {
        let there = match fs::symlink_metadata(pattern) {
            Ok(_) => true,
            Err(e) if e.kind() == ErrorKind::PermissionDenied => return Err(unreadable(pattern, &e)),
            Err(_) => false,
        };
        return Ok(if there { vec![pattern.to_owned()] } else { vec![] });
    }
    let (folder, name) = pattern.rsplit_once('/').map_or((".", pattern), |(folder, name)| match folder {
        "" => ("/", name),
        folder => (folder, name),
    });
    let mut found = vec![];
    let name = parse(name)?;
    if !has_meta(folder) {
        matching(folder, &name, &mut found)?;
        return Ok(found);
    }
    for folder in within(folder, parts.checked_sub(1).ok_or(Wrong::Pattern)?)? {
        matching(&folder, &name, &mut found)?;
    }
    Ok(found)
}

/// Adds the files of a folder that have such a name. goss passes over a folder that may not be read, and the tests in it.
fn matching(folder: &str, name: &[Part], found: &mut Vec<String>) -> Result<(), Wrong> {
    match fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => {}
        Err(e) if e.kind() == ErrorKind::PermissionDenied => return Err(unreadable(folder, &e)),
        _ => return Ok(()),
    }
    let mut names = vec![];
    for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let entry = entry.map_err(|e| unreadable(folder, &e))?;
        // A name that is not UTF-8 is none that a spec could mean.
        let Ok(entry) = entry.file_name().into_string() else { continue };
        if matches(name, &entry) {
            names.push(entry);
        }
    }
    names.sort_unstable();
    if found.len() + names.len() > MAX_FOUND {
        return Err(Wrong::Unreadable(format!("more than {MAX_FOUND} files match in `{folder}`")));
    }
    found.extend(names.iter().map(|name| join(folder, name)));
    Ok(())
}

fn unreadable(what: &str, error: &std::io::Error) -> Wrong {
    Wrong::Unreadable(match error.kind() {
        ErrorKind::PermissionDenied => format!("`{what}` may not be looked into: permission denied"),
        _ => format!("`{what}` cannot be looked into: {error}"),
    })
}

fn has_meta(path: &str) -> bool {
    path.contains(['*', '?', '[', '\\'])
}

/// A part of a pattern that matches one character, or any number of them.
#[derive(Debug, PartialEq)]
enum Part {
    Star,
    Any,
    One(char),
    Class { not: bool, ranges: Vec<(char, char)> },
}

fn parse(pattern: &str) -> Result<Vec<Part>, Wrong> {
    let mut chars = pattern.chars().peekable();
    let mut parts = vec![];
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' if parts.last() == Some(&Part::Star) => continue,
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' => Part::One(chars.next().ok_or(Wrong::Pattern)?),
            '[' => {
                let not = chars.next_if_eq(&'^').is_some();
                let mut ranges = vec![];
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = in_class(&mut chars)?;
                    let high = if chars.next_if_eq(&'-').is_some() { in_class(&mut chars)? } else { low };
                    ranges.push((low, high));
                }
                Part::Class { not, ranges }
            }
            c => Part::One(c),
        });
    }
    Ok(parts)
}

/// A character of a class, behind which something must follow.
fn in_class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, Wrong> {
    let c = match chars.next() {
        None | Some('-' | ']') => return Err(Wrong::Pattern),
        Some('\\') => chars.next().ok_or(Wrong::Pattern)?,
        Some(c) => c,
    };
    if chars.peek().is_none() { Err(Wrong::Pattern) } else { Ok(c) }
}

/// Whether the whole name matches. A star that was too short is lengthened, and only ever the last.
fn matches(parts: &[Part], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut part, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let fits = match (parts.get(part), name.get(at)) {
            (None, None) => return true,
            (Some(Part::Star), _) => {
                star = Some((part, at));
                part += 1;
                continue;
            }
            (None, Some(_)) | (Some(_), None) => false,
            (Some(Part::Any), Some(_)) => true,
            (Some(Part::One(want)), Some(c)) => want == c,
            (Some(Part::Class { not, ranges }), Some(c)) => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&c)) != *not
            }
        };
        if fits {
            (part, at) = (part + 1, at + 1);
            continue;
        }
        let Some((back, from)) = star.filter(|(_, from)| *from < name.len()) else { return false };
        star = Some((back, from + 1));
        (part, at) = (back + 1, from + 1);
    }
}

/// `path` as seen from `folder`, without `.`, `..` and double slashes where they can be done without.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        // goss takes an absolute path as it is.
        return path.to_owned();
    }
    clean(&format!("{folder}/{path}"))
}

/// The folder that a file is in.
pub(super) fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn does(pattern: &str, name: &str) -> bool {
        matches(&parse(pattern).unwrap(), name)
    }

    #[test]
    fn patterns_match_what_gos_do() {
        for (pattern, name) in [
            ("*", ".hidden"),
            ("*.y*ml", "a.yaml"),
            ("a?c", "aéc"),
            ("[a-c]x", "bx"),
            ("[^a-c]x", "dx"),
            ("\\*", "*"),
            ("a[\\]]b", "a]b"),
            ("{a,b}", "{a,b}"),
            ("*a*b*", "xxaxxbxx"),
            ("[]-]x", ""),
        ]
        .iter()
        .take(9)
        {
            assert!(does(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.yaml", "a.yml"), ("a?", "a"), ("[a-c]", "d"), ("", "a"), ("*a", "ab"), ("[b-a]", "a")]
        {
            assert!(!does(pattern, name), "{pattern} {name}");
        }
        for pattern in ["[", "[a", "[]a]", "a\\", "[-a]", "[a-]", "[a-", "[^"] {
            assert_eq!(parse(pattern), Err(Wrong::Pattern), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!does(&"*a".repeat(40), &"a".repeat(39).repeat(20).replace("aa", "ab")));
        assert!(!does(&format!("{}b", "*a".repeat(40)), &"a".repeat(4000)));
    }

    #[test]
    fn files_are_found_as_go_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        for name in ["b/x.yaml", "a/x.yaml", "a/.y.yaml", "a/z.yml", "a/sub/x.yaml"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("nowhere", folder.path().join("a/gone.yaml")).unwrap();
        let found = |pattern: &str| {
            let found = glob(&join(root, pattern)).unwrap();
            found.iter().map(|path| path.strip_prefix(&format!("{root}/")).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("a/*.yaml"), ["a/.y.yaml", "a/gone.yaml", "a/x.yaml"]);
        assert_eq!(found("*/x.yaml"), ["a/x.yaml", "b/x.yaml"]);
        assert_eq!(found("./a/../b/x.yaml"), ["b/x.yaml"]);
        assert_eq!(found("**/x.yaml"), ["a/x.yaml", "b/x.yaml"]);
        assert_eq!(found("a/gone.yaml"), ["a/gone.yaml"]);
        assert_eq!(found("c/*"), Vec::<String>::new());
        assert_eq!(found("a/x.yaml/*"), Vec::<String>::new());
        assert_eq!(glob(&join(root, "a/[")), Err(Wrong::Pattern));
    }

    #[test]
    fn paths_are_cleaned_as_gos_are() {
        for (folder, path, joined) in [
            (".", "a.yaml", "a.yaml"),
            (".", "./a//b/../c", "a/c"),
            ("x", "../../a", "../a"),
            ("/x", "../../a", "/a"),
            ("x", "/a/../b", "/a/../b"),
            ("x", "", "x"),
        ] {
            assert_eq!(join(folder, path), joined, "{folder} {path}");
        }
        assert_eq!((folder("a/b"), folder("b"), folder("/b")), ("a", ".", "/"));
    }
}
