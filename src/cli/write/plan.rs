//! Which things get an entry, beside those that a spec has.

use crate::resource::Names;
use crate::snapshot::Subject;
use crate::spec::Claim;
use std::collections::{HashMap, HashSet};

/// What the entries of a spec are for and what they are called.
///
/// An entry that is skipped says nothing of its thing, and holds its place all the same: somebody has set it aside, and a
/// second one beside it would undo that.
#[derive(Default)]
pub struct Entries {
    /// What those that are looked at speak of, by kind.
    things: HashMap<&'static str, Names>,
    /// What those that are skipped would speak of.
    skipped: HashMap<&'static str, Names>,
    /// What they are called, by kind.
    names: HashMap<&'static str, HashSet<String>>,
}

/// What a spec has of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// An entry that speaks of it.
    Yes,
    /// An entry that would if it were not skipped.
    Skipped,
    /// An entry that is called so, and is about another thing.
    NameIsTaken,
    No,
}

/// What becomes of the things that are to be written.
#[derive(Default)]
pub struct Plan {
    /// No two of a name, and none that another one speaks of.
    pub wanted: Vec<Subject>,
    /// How many have an entry that speaks of them.
    pub known: usize,
    pub skipped: Vec<Subject>,
    pub name_is_taken: Vec<Subject>,
}

impl Entries {
    pub fn of(claims: Vec<Claim>) -> Entries {
        let mut entries = Entries::default();
        for claim in claims {
            let names = if claim.skip().is_some() { &mut entries.skipped } else { &mut entries.things };
            names.entry(claim.kind.name).or_insert_with(|| Names::new(claim.kind)).insert(claim.target());
            entries.names.entry(claim.kind.name).or_default().insert(claim.id.into());
        }
        entries
    }

    fn know(&self, subject: &Subject) -> Known {
        let kind = subject.kind.name;
        let speak = |names: &HashMap<_, Names>| names.get(kind).is_some_and(|names| names.speak_of(subject.target()));
        if speak(&self.things) {
            Known::Yes
        } else if speak(&self.skipped) {
            Known::Skipped
        } else if self.names.get(kind).is_some_and(|names| names.contains(&subject.name)) {
            Known::NameIsTaken
        } else {
            Known::No
        }
    }

    pub fn plan(&self, subjects: &[Subject]) -> Plan {
        let mut plan = Plan::default();
        let (mut things, mut names) = (HashMap::new(), HashSet::new());
        for subject in subjects {
            match self.know(subject) {
                Known::Yes => plan.known += 1,
                Known::Skipped => plan.skipped.push(subject.clone()),
                Known::NameIsTaken => plan.name_is_taken.push(subject.clone()),
                Known::No => {
                    let things = things.entry(subject.kind.name).or_insert_with(|| Names::new(subject.kind));
                    // Two of a name would be one entry, and one may speak of both.
                    if !things.speak_of(subject.target()) && names.insert((subject.kind.name, &subject.name)) {
                        things.insert(subject.target());
                        plan.wanted.push(subject.clone());
                    }
                }
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_text;
    use crate::resource::Kind;
    use crate::syntax::Format;
    use std::time::{Duration, Instant};

    fn entries(spec: &str) -> Entries {
        match load_text("x.toml", spec.to_owned(), Format::Toml) {
            Ok(spec) => Entries::of(spec.claims),
            Err(rejected) => panic!("{}", rejected.sources.render(&rejected.wrong, false)),
        }
    }

    fn subject(kind: &str, name: &str) -> Subject {
        let kind = Kind::find(kind).unwrap();
        Subject { kind, name: name.into(), settings: vec![], remarks: vec![] }
    }

    #[test]
    fn an_entry_that_is_skipped_holds_its_place_and_one_beside_it_speaks() {
        let entries = entries(
            "[port.80]\nskip = \"not yet\"\n[package.\"lib*\"]\nskip = \"not yet\"\n[package.libc6]\n\
             [user.boss]\nusername = \"root\"\nskip = \"not yet\"\n",
        );
        for (kind, name, expected) in [
            ("port", "tcp6:80", Known::Skipped),
            ("port", "udp:80", Known::No),
            ("package", "libssl3", Known::Skipped),
            ("package", "libc6:amd64", Known::Yes),
            ("user", "root", Known::Skipped),
            ("user", "boss", Known::NameIsTaken),
            ("group", "boss", Known::No),
        ] {
            assert_eq!(entries.know(&subject(kind, name)), expected, "{kind} {name}");
        }
    }

    #[test]
    fn of_two_that_would_be_one_entry_one_is_written() {
        let names = ["tcp:80", "80", "tcp6:80", "tcp4:81", "tcp:81"];
        let plan = Entries::default().plan(&names.map(|name| subject("port", name)));
        let wanted: Vec<_> = plan.wanted.iter().map(|subject| subject.name.as_str()).collect();
        assert_eq!(wanted, ["tcp:80", "tcp4:81", "tcp:81"]);
    }

    #[test]
    fn many_things_beside_many_entries_take_no_longer_than_both_together() {
        let spec: String = (0..20_000).map(|n| format!("[file.\"/a//{n}\"]\n")).collect();
        let entries = entries(&spec);
        let subjects: Vec<_> = (10_000..30_000).map(|n| subject("file", &format!("/a/{n}"))).collect();
        let begun = Instant::now();
        let plan = entries.plan(&subjects);
        assert_eq!((plan.known, plan.wanted.len()), (10_000, 10_000));
        // One by one these would be hundreds of millions of comparisons.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
