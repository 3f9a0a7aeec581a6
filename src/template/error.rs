//! What is wrong with a template, in Go's words, and where.

use std::fmt;

/// Shown, it is the line that Go says: `template: NAME:1:2: executing "NAME" at <.x>: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, without the place.
    pub message: String,
    /// Bytes before the place.
    pub at: usize,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
    /// The template's name, as it was given when it was parsed.
    pub name: String,
    /// What was being executed: the (defined) template's name, and the part of it as Go writes it. None if it could not be parsed.
    pub executing: Option<(String, String)>,
}

impl Error {
    pub fn new(name: &str, text: &str, at: usize, message: String) -> Error {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = 1 + before.len() - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Error { message, at, line, column, name: name.to_owned(), executing: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error { message, line, column, name, .. } = self;
        match &self.executing {
            None => write!(f, "template: {name}:{line}: {message}"),
            Some((template, part)) => {
                write!(f, "template: {name}:{line}:{}: executing {template:?} at <{part}>: {message}", column - 1)
            }
        }
    }
}

impl std::error::Error for Error {}
