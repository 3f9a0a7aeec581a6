//! What the entries of one kind are called, asked for what speaks of a thing.

use super::Kind;
use std::collections::HashSet;

/// An entry's name that stands for many: says of a thing's name whether it is one of them.
pub type Pattern = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// Names of entries of one kind. To ask is no dearer the more there are, but for patterns.
pub struct Names {
    kind: &'static Kind,
    /// As they are written, for most are written as things are called.
    written: HashSet<String>,
    /// Each in the one spelling that all of its spellings share.
    spelled: HashSet<String>,
    patterns: Vec<Pattern>,
}

impl Names {
    pub fn new(kind: &'static Kind) -> Names {
        Names { kind, written: HashSet::new(), spelled: HashSet::new(), patterns: Vec::new() }
    }

    pub fn insert(&mut self, entry: &str) {
        if self.written.insert(entry.to_owned()) {
            self.spelled.insert(self.kind.spelled(entry));
            self.patterns.extend((self.kind.pattern)(entry));
        }
    }

    /// Whether one of them speaks of the thing: what [`Kind::speaks_of`] says of any.
    pub fn speak_of(&self, thing: &str) -> bool {
        self.written.contains(thing)
            || (self.kind.spellings)(thing).iter().any(|name| self.spelled.contains(name))
            || self.patterns.iter().any(|matches| matches(thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::KINDS;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Names that are likely to be of one thing, in several spellings, and names that are none.
    fn names() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "/", "//", "/.", ".", "a", "b", "lib", "*", "?", "[", "]", "[a", ":", "amd64", "tcp", "tcp4", "tcp6",
            "udp", "unix", "80", "080", "@", "-", "_", ".service", ".socket", "tls", "://", "::1", "net", "\\x2d", " ",
            "ß",
        ]);
        let whole = prop::sample::select(vec![
            "80",
            "tcp:80",
            "tcp4:80",
            "tcp6:080",
            "udp:80",
            "unix:/a",
            "unix://a/",
            "unix:@a",
            "lib*",
            "liba",
            "liba:amd64",
            "lib*:amd64",
            "[a",
            "/a",
            "//a/.",
            "/a/",
            "a",
            "a.service",
            "tls://a",
            "tls://[a]",
            "tls://[::1]:1",
            "a-b",
            "a_b",
            "net.a/b",
            "net/a.b",
            "net.a.b",
        ]);
        prop_oneof![whole.prop_map(str::to_owned), vec(part, 0..6).prop_map(|parts| parts.concat())]
    }

    proptest! {
        #[test]
        fn names_speak_of_what_any_of_them_does(entries in vec(names(), 0..6), things in vec(names(), 1..6)) {
            for kind in KINDS {
                let mut all = Names::new(kind);
                entries.iter().for_each(|entry| all.insert(entry));
                for thing in &things {
                    let any = entries.iter().any(|entry| kind.speaks_of(entry, thing));
                    prop_assert_eq!(all.speak_of(thing), any, "{}: {:?} of {}", kind.name, entries, thing);
                    prop_assert!(kind.speaks_of(thing, thing));
                    prop_assert!((kind.spellings)(thing).contains(&kind.spelled(thing)));
                }
            }
        }
    }
}
