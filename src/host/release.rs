//! Which system this is, by os-release(5).

use super::Host;
use crate::value::Fault;
use std::collections::HashMap;

/// The assignments of os-release(5).
#[derive(Debug, PartialEq, Eq)]
pub struct Release(HashMap<String, String>);

/// The first of these that is there counts.
const PATHS: &[&str] = &["/etc/os-release", "/usr/lib/os-release"];

pub(super) fn load(host: &Host) -> Result<Release, Fault> {
    for path in PATHS {
        if let Some(text) = host.text(path)? {
            return parse(&text).map_err(|line| Fault::Malformed(format!("{path} line {line} cannot be parsed")));
        }
    }
    Err(Fault::Unsupported("neither /etc/os-release nor /usr/lib/os-release is there".into()))
}

/// Assignments as a shell reads them, without expansion; says which line is none.
fn parse(text: &str) -> Result<Release, usize> {
    let mut fields = HashMap::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.split_once('=').filter(|(name, _)| is_name(name));
        let (name, value) = assignment.and_then(|(name, v)| Some((name, unquote(v)?))).ok_or(at + 1)?;
        fields.insert(name.to_owned(), value);
    }
    // Every field may be left out, but not all of them.
    if fields.is_empty() { Err(1) } else { Ok(Release(fields)) }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One word of shell; `None` where a quote is left open or another word follows.
fn unquote(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('\''), c) => out.push(c),
            (Some(_), '\\') => match chars.next()? {
                c @ ('$' | '"' | '\\' | '`') => out.push(c),
                c => out.extend(['\\', c]),
            },
            (None, '\\') => out.push(chars.next()?),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => match chars.as_str().trim_start() {
                "" => break,
                rest if rest.starts_with('#') => break,
                _ => return None,
            },
            (_, c) => out.push(c),
        }
    }
    quote.is_none().then_some(out)
}

impl Release {
    /// The distribution's name for machines: `debian`, `rhel`.
    pub fn id(&self) -> &str {
        self.0.get("ID").map_or("linux", String::as_str)
    }

    /// Its version, such as `12` or `9.4`; rolling distributions have none.
    pub fn version(&self) -> Option<&str> {
        self.0.get("VERSION_ID").map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Whether it is `id` or says that it is like it.
    pub fn is_like(&self, id: &str) -> bool {
        self.id() == id || self.0.get("ID_LIKE").is_some_and(|like| like.split_whitespace().any(|l| l == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_reads_as_in_a_shell() {
        let text = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n\n# note\nHOME_URL='https://x/?a=b'\nODD=\"a \\\"b\\\" \\$c \\d\"\n";
        let release = parse(text).unwrap();
        assert_eq!((release.id(), release.version()), ("debian", Some("12")));
        assert_eq!(release.0["HOME_URL"], "https://x/?a=b");
        assert_eq!(release.0["ODD"], "a \"b\" $c \\d");
        assert_eq!(parse("ID=a # why\n").unwrap().id(), "a");
    }

    #[test]
    fn likeness_and_rolling_releases() {
        let ubuntu = parse("ID=ubuntu\nID_LIKE=\"debian x\"\nVERSION_ID=\"24.04\"\n").unwrap();
        assert!(ubuntu.is_like("debian") && ubuntu.is_like("ubuntu") && !ubuntu.is_like("deb"));
        assert_eq!(parse("ID=arch\nBUILD_ID=rolling\n").unwrap().version(), None);
        assert_eq!(parse("NAME=x\n").unwrap().id(), "linux");
    }

    #[test]
    fn a_cut_file_is_a_fault_and_not_a_rolling_release() {
        for (text, line) in [("", 1), ("ID=debian\nVERS", 2), ("ID=\"debi", 1), ("ID=debian x\n", 1), ("=x\n", 1)] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
