//! Nothing is left without a case, and no case without a subject.

use crate::run::{is_part, outcomes};
use crate::{files, is_spec, trial};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeSet;
use verispec::load::load;
use verispec::matcher::OPERATORS;
use verispec::report::FORMATS;
use verispec::resource::KINDS;
use verispec::syntax::Code;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("every outcome of every key has a golden", every_outcome),
        trial("every spec to copy is accepted and names the schema", every_example),
        trial("every matcher has a golden", every_matcher),
        trial("every diagnostic code has a golden", every_code),
        trial("every expected output has a case", no_strays),
    ]
}

fn missing(what: &str, missing: Vec<String>) -> Result<(), Failed> {
    if missing.is_empty() { Ok(()) } else { Err(format!("{what} without a golden: {}", missing.join(", ")).into()) }
}

/// What a tree of files can tell nothing of, nor every live machine: its other outcomes have tests of their own.
#[rustfmt::skip] // a line each
const LIVE: &[&str] = &[
    "service",
    "addr",
    "http",
    "ping",
    "disk.inodes-free",
    "disk.inodes-used",
    "dns.rcode",
    "dns.ttl",
    "dns.latency",
];

/// Keys that only a live machine has, and each another value: a case that fails would say which.
const VARIES: &[&str] = &[
    "command.duration",
    "interface.addrs",
    "interface.static-addrs",
    "system.kernel",
    "system.arch",
    "system.hostname",
    "system.uptime",
    "system.load-1",
    "system.load-5",
    "system.load-15",
    "system.memory-available",
    "system.swap-used",
    "system.cpus",
];

/// What can always be looked at: it stands in the spec.
const KNOWN: &str = "matching.matches";

fn every_outcome() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for path in files("golden/resource").into_iter().filter(|p| is_spec(p)) {
        seen.extend(outcomes(&path)?);
    }
    let mut lacking = Vec::new();
    for kind in KINDS {
        let keys = (kind.keys)().into_iter().map(|key| key.name);
        for key in kind.presence.map(|p| p.name).into_iter().chain(keys) {
            let name = format!("{}.{key}", kind.name);
            let wanted: &[&str] = match name.as_str() {
                KNOWN => &["pass", "fail"],
                live if LIVE.contains(&kind.name) || LIVE.contains(&live) => &["unknown"],
                varies if VARIES.contains(&varies) => &["pass", "unknown"],
                _ => &["pass", "fail", "unknown"],
            };
            let unseen = wanted.iter().filter(|outcome| !seen.contains(&(kind.name, key, **outcome)));
            lacking.extend(unseen.map(|outcome| format!("{name}: {outcome}")));
        }
    }
    missing("outcomes", lacking)
}

fn every_example() -> Result<(), Failed> {
    for path in files("specs") {
        let name = path.display().to_string();
        load(std::slice::from_ref(&name)).map_err(|wrong| Failed::from(wrong.sources.render(&wrong.wrong, false)))?;
        let text = std::fs::read_to_string(&path)?;
        if !text
            .lines()
            .take(2)
            .any(|line| ["#:schema ", "$schema=", "\"$schema\":"].iter().any(|mark| line.contains(mark)))
        {
            return Err(format!("{name} does not say where its schema is").into());
        }
    }
    Ok(())
}

fn every_matcher() -> Result<(), Failed> {
    let there = |name: &str| std::path::Path::new(&format!("golden/matcher/{name}.toml")).exists();
    missing("matchers", OPERATORS.iter().map(|o| o.name).filter(|n| !there(n)).map(str::to_owned).collect())
}

fn every_code() -> Result<(), Failed> {
    let pages = ["golden/diagnostic", "golden/goss/refused"].into_iter().flat_map(files);
    let pages: String = pages.filter_map(|p| std::fs::read_to_string(p).ok()).collect();
    let unseen = |code: &&Code| !pages.contains(&format!("error[{}]", code.word()));
    missing("codes", Code::ALL.iter().filter(unseen).map(|c| c.word().to_owned()).collect())
}

fn no_strays() -> Result<(), Failed> {
    let of_goss = verispec::report::goss::FORMATS.iter().map(|f| f.name);
    let formats: Vec<_> = FORMATS.iter().map(|f| f.name).chain(of_goss).chain(["page"]).collect();
    let mut strays = Vec::new();
    let folders = ["golden/resource", "golden/matcher", "golden/report", "golden/goss", "golden/diagnostic"];
    for path in folders.into_iter().flat_map(files) {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let case = ["toml", "yaml", "yml", "json"].map(|e| path.with_extension(e));
        let has_case = case.iter().any(|p| is_spec(p) && p.exists());
        if formats.contains(&ending) && !is_spec(&path) && !has_case && !is_part(&path) {
            strays.push(path.display().to_string());
        }
    }
    if strays.is_empty() { Ok(()) } else { Err(format!("no case for {}", strays.join(", ")).into()) }
}
