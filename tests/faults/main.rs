//! The promise: what could not be observed is unknown, whichever way round the expectation is written.
//!
//! Each row breaks the very thing that is read, on a host that answers the same questions while it is whole.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod accounts;
mod bus;
mod files;
mod kernel;
mod live;
mod machine;
mod names;
mod packages;
mod processes;
mod services;
mod tree;

use std::sync::Arc;
use std::time::{Duration, Instant};
use time::macros::datetime;
use tree::Tree;
use verispec::gather;
use verispec::host::{Host, TreeFiles};
use verispec::load::{Rejected, Spec, load_text};
use verispec::spec::Claim;
use verispec::syntax::Format;
use verispec::verdict::{Outcome, judge};

/// What is done to a host: a path, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub enum Break {
    /// With everything below it.
    Gone(&'static str),
    Denied(&'static str),
    /// Its text ends in the middle of a line.
    Cut(&'static str),
    /// Its text ends just before this.
    Before(&'static str, &'static str),
    Empty(&'static str),
    /// Bytes that are no text.
    Garbage(&'static str),
    /// It is written, or written over.
    Is(&'static str, &'static str),
}

/// One thing that is broken, and what is asked then.
pub struct Row {
    /// The name of a host under golden/hosts.
    pub host: &'static str,
    pub broken: &'static [Break],
    /// `kind.name`, as it stands in a table's header.
    pub entry: &'static str,
    /// Keys and values, in TOML: each is asked as it stands, and the other way round.
    pub asked: &'static [(&'static str, &'static str)],
    /// What the reason names, so that a person knows what to mend.
    pub names: &'static str,
}

/// Asserts of every row that the whole host answers, and that the broken one does not.
pub fn check(rows: &[Row]) {
    let mut wrong = String::new();
    for row in rows {
        for asked in row.asked {
            let whole = answers(&Tree::named(row.host), row.entry, *asked);
            let words: Vec<_> = whole.iter().map(Outcome::word).collect();
            if !matches!(words[..], ["pass", "fail"] | ["fail", "pass"] | ["pass"] | ["fail"]) {
                wrong.push_str(&format!("whole {}: {} {asked:?}: {whole:?}\n", row.host, row.entry));
            }
            let broken = answers(&Tree::named(row.host).broken(row.broken), row.entry, *asked);
            for outcome in broken {
                if !matches!(&outcome, Outcome::Unknown(why) if why.to_string().contains(row.names)) {
                    let Row { host, entry, broken, .. } = row;
                    wrong.push_str(&format!("{host} {broken:?}: {entry} {asked:?}: {outcome:?}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Asserts that a tree of files answers none of `asked`, since only a running machine could.
pub fn only_a_machine_tells(host: &str, entry: &str, asked: &[(&str, &str)]) {
    for asked in asked {
        for outcome in answers(&Tree::named(host), entry, *asked) {
            let why = "only a running machine can tell";
            assert!(
                matches!(&outcome, Outcome::Unknown(fault) if fault.to_string().contains(why)),
                "{entry} {asked:?}: {outcome:?}"
            );
        }
    }
}

/// What comes of asking a key as it stands and, where there is such a thing, the other way round.
fn answers(tree: &Tree, entry: &str, (key, value): (&str, &str)) -> Vec<Outcome> {
    both(entry, key, value).iter().map(|spec| answer(tree, spec, key)).collect()
}

/// The spec as it stands, and the opposite one.
pub fn both(entry: &str, key: &str, value: &str) -> Vec<String> {
    const CHECKS: [&str; 4] = ["hostname", "matches-key", "mode-at-most", "json-schema"];
    const PRESENCE: [&str; 5] = ["exists", "installed", "running", "listening", "loaded"];
    let kind = entry.split('.').next().unwrap_or_default();
    // Settings stand behind the value.
    let (value, settings) = value.split_once(';').unwrap_or((value, ""));
    let opposite = match value {
        _ if CHECKS.contains(&key) => None,
        "true" if PRESENCE.contains(&key) && !(kind == "service" && key == "running") => Some("false".to_owned()),
        _ => Some(format!("{{ not = {value} }}")),
    };
    let spec = |value: &str| format!("[{entry}]\n{settings}\n{key} = {value}\n");
    std::iter::once(value.to_owned()).chain(opposite).map(|value| spec(&value)).collect()
}

/// The outcome of one key, through the whole pipeline.
fn answer(tree: &Tree, spec: &str, key: &str) -> Outcome {
    let files = TreeFiles::parse(&tree.to_string()).unwrap();
    outcome(&Host::offline(Arc::new(files), datetime!(2026-01-01 00:00 UTC)), spec, key)
}

fn outcome(host: &Host, spec: &str, key: &str) -> Outcome {
    let claims: Arc<Vec<Claim>> = match load_text("spec.toml", spec.to_owned(), Format::Toml) {
        Ok(Spec { claims, .. }) => claims.into(),
        Err(Rejected { sources, wrong }) => panic!("{}", sources.render(&wrong, false)),
    };
    let began = Instant::now();
    let mut seen = gather::all(&claims, |_| true, host, Duration::from_secs(5));
    assert!(began.elapsed() < Duration::from_secs(10));
    let verdicts = judge(&claims[0], seen.swap_remove(0).expect("answered"));
    let plain = key.replace('"', "");
    verdicts.into_iter().find(|v| v.key == plain).unwrap_or_else(|| panic!("no verdict on {key}")).outcome
}
