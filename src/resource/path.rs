//! Names that are paths.

use super::{FromNode, Id, Shape};
use crate::syntax::{Code, Diagnostic, Node};
use std::sync::Arc;

/// An absolute path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Arc<str>);

impl Path {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for all paths that name one file whatever lies there: slashes may stand double, and `.` is no step.
    pub fn spelled(&self) -> String {
        let steps: Vec<&str> = self.steps().collect();
        format!("/{}", steps.join("/"))
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|step| !matches!(*step, "" | "."))
    }

    /// The same text, not a copy of it.
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl Id for Path {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the path is empty".into());
        }
        if text.contains('\0') {
            return Err("a path cannot have a NUL in it".into());
        }
        if !text.starts_with('/') {
            return Err(format!("`{text}` is a relative path: write it from `/` on"));
        }
        match text.trim_end_matches('/') {
            "" => Ok(Path("/".into())),
            path => Ok(Path(path.into())),
        }
    }
}

/// [`Path::spelled`] of what is a path, anything else as it is.
pub(super) fn spelled(name: &str) -> String {
    Path::parse(name).map_or_else(|_| name.to_owned(), |path| path.spelled())
}

/// Whether `path` is of something in `directory`, or of that itself.
pub(super) fn is_within(path: &str, directory: &str) -> bool {
    match (Path::parse(path), Path::parse(directory)) {
        (Ok(path), Ok(directory)) => {
            let mut steps = path.steps();
            directory.steps().all(|step| steps.next() == Some(step))
        }
        _ => false,
    }
}

impl FromNode for Path {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let text = String::from_node(node)?;
        Path::parse(&text).map_err(|why| Diagnostic::new(Code::BadSetting, node.span, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_however_its_slashes_stand() {
        for (a, b, expected) in [
            ("/etc", "/etc/", true),
            ("/etc//ssl/./x", "/etc/ssl/x/", true),
            ("/", "//", true),
            ("/", "/.", true),
            ("/etc", "/etc/x", false),
            ("/etc/x", "/etc", false),
            // What `..` leads to, the host's links decide.
            ("/etc/../x", "/x", false),
            ("etc", "/etc", false),
            ("", "/", false),
        ] {
            assert_eq!(spelled(a) == spelled(b), expected, "{a} {b}");
        }
    }

    #[test]
    fn relative_paths_are_refused_and_slashes_at_the_end_dropped() {
        assert_eq!(Path::parse("/etc//").unwrap().as_str(), "/etc");
        assert_eq!(Path::parse("//").unwrap().as_str(), "/");
        for wrong in ["", "etc/passwd", "~root/x", "/a\0b"] {
            assert!(Path::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
