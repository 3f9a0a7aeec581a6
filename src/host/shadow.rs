//! Passwords' hashes and accounts' last days, from shadow(5), which root alone may read.

use super::Host;
use crate::value::{Fault, Secret};
use std::collections::HashMap;

pub struct Shadow {
    rows: HashMap<String, Entry>,
    unread: Option<Fault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub password: Secret,
    /// The first day, counted from 1970-01-01 UTC, on which the account is expired.
    pub expires: Option<i64>,
}

const PATH: &str = "/etc/shadow";

pub(super) fn load(host: &Host) -> Result<Shadow, Fault> {
    match host.text(PATH)? {
        Some(text) => Ok(Shadow::parse(&text)),
        None => Err(Fault::Unsupported(format!("{PATH} is missing"))),
    }
}

/// The nine fields of shadow(5). As the C library has it, the last may be left out, or all after the fifth; any other
/// line is cut.
fn entry(line: &str) -> Option<(String, Entry)> {
    let fields: Vec<&str> = line.split(':').collect();
    let (name, password, expires) = match fields[..] {
        [name, password, _, _, _] => (name, password, ""),
        [name, password, _, _, _, _, _, expires] => (name, password, expires),
        [name, password, _, _, _, _, _, expires, _] => (name, password, expires),
        _ => return None,
    };
    let expires = match expires.trim() {
        "" => None,
        days => Some(days.parse::<i64>().ok()?).filter(|d| *d >= 0),
    };
    (!name.is_empty()).then(|| (name.to_owned(), Entry { password: Secret::new(password), expires }))
}

impl Shadow {
    fn parse(text: &str) -> Shadow {
        let mut shadow = Shadow { rows: HashMap::new(), unread: None };
        for (at, line) in text.split('\n').enumerate() {
            if line.trim_start().is_empty() || line.starts_with(['#', '+', '-']) {
                continue;
            }
            match entry(line) {
                Some((name, entry)) => {
                    shadow.rows.entry(name).or_insert(entry);
                }
                None => {
                    let fault = || Fault::Malformed(format!("{PATH} line {} cannot be parsed", at + 1));
                    shadow.unread.get_or_insert_with(fault);
                }
            }
        }
        shadow
    }

    /// A fault where the file has no line for `name`: whatever a password is, it is not known.
    pub fn entry(&self, name: &str) -> Result<&Entry, Fault> {
        let none = || Fault::Malformed(format!("{PATH} has no line for `{name}`"));
        self.rows.get(name).ok_or_else(|| self.unread.clone().unwrap_or_else(none))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "root:$y$j9T$a/b$c:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\n\
                        old:!$6$x:19700:0:99999:7::19800:\nnever::19700::::::\nshort:!!:19700:0:99999\nminus:x::::::-1:\n";

    #[test]
    fn lines_read_as_the_manual_has_them() {
        let shadow = Shadow::parse(TEXT);
        let entry = |name: &str| shadow.entry(name).unwrap();
        assert_eq!(entry("root"), &Entry { password: Secret::new("$y$j9T$a/b$c"), expires: None });
        assert_eq!(entry("old").expires, Some(19800));
        assert_eq!(entry("never").password.reveal(), "");
        assert_eq!(entry("short").password.reveal(), "!!");
        assert_eq!(entry("minus").expires, None);
    }

    #[test]
    fn a_cut_or_broken_line_is_a_fault_for_whom_it_may_speak_of() {
        let shadow = Shadow::parse(&TEXT.replace("19800", "soon"));
        assert!(matches!(shadow.entry("old"), Err(Fault::Malformed(why)) if why.contains("line 3")));
        assert!(shadow.entry("root").is_ok());
        for cut in ["old:!$6$x", "old:!$6$x:19700:0", "old:!$6$x:19700:0:99999:7:"] {
            assert!(matches!(Shadow::parse(cut).entry("old"), Err(Fault::Malformed(_))), "{cut}");
        }
        assert!(matches!(Shadow::parse(TEXT).entry("alice"), Err(Fault::Malformed(why)) if why.contains("`alice`")));
    }
}
