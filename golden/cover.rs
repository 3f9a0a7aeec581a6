//! Nothing is left without a case, and no case without a subject.

use crate::run::is_part;
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
        trial("every key of every kind has a golden", every_key),
        trial("every outcome of every kind has a golden", every_outcome),
        trial("every matcher has a golden", every_matcher),
        trial("every diagnostic code has a golden", every_code),
        trial("every expected output has a case", no_strays),
    ]
}

fn missing(what: &str, missing: Vec<String>) -> Result<(), Failed> {
    if missing.is_empty() { Ok(()) } else { Err(format!("{what} without a golden: {}", missing.join(", ")).into()) }
}

fn every_key() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for path in files("golden/resource").into_iter().filter(|p| is_spec(p)) {
        let Ok(spec) = load(&[path.display().to_string()]) else { continue };
        for claim in &spec.claims {
            seen.extend(claim.asks.iter().map(|ask| (claim.kind.name, (claim.kind.key_name)(ask.key))));
        }
    }
    let all = KINDS.iter().flat_map(|k| (k.keys)().into_iter().map(move |key| (k.name, key.name)));
    missing("keys", all.filter(|key| !seen.contains(key)).map(|(kind, key)| format!("{kind}.{key}")).collect())
}

/// Kinds of which a tree of files can tell nothing: their other outcomes are tested on recorded replies.
const LIVE: &[&str] = &["service"];

fn every_outcome() -> Result<(), Failed> {
    let mut lacking = Vec::new();
    for kind in KINDS.iter().filter(|k| k.presence.is_some() && !LIVE.contains(&k.name)) {
        let folder = format!("golden/resource/{}", kind.name);
        let said: String = files(&folder)
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "documentation"))
            .filter_map(|p| std::fs::read_to_string(p).ok())
            .collect();
        for word in ["matches expectation", "Expected", "unknown:", "skipped"] {
            if !said.to_lowercase().contains(&word.to_lowercase()) {
                lacking.push(format!("{}: `{word}`", kind.name));
            }
        }
    }
    missing("outcomes", lacking)
}

fn every_matcher() -> Result<(), Failed> {
    let there = |name: &str| std::path::Path::new(&format!("golden/matcher/{name}.toml")).exists();
    missing("matchers", OPERATORS.iter().map(|o| o.name).filter(|n| !there(n)).map(str::to_owned).collect())
}

fn every_code() -> Result<(), Failed> {
    let pages: String = files("golden/diagnostic").iter().filter_map(|p| std::fs::read_to_string(p).ok()).collect();
    let unseen = |code: &&Code| !pages.contains(&format!("error[{}]", code.word()));
    missing("codes", Code::ALL.iter().filter(unseen).map(|c| c.word().to_owned()).collect())
}

fn no_strays() -> Result<(), Failed> {
    let formats: Vec<_> = FORMATS.iter().map(|f| f.name).chain(["page"]).collect();
    let mut strays = Vec::new();
    for path in ["golden/resource", "golden/matcher", "golden/report", "golden/diagnostic"].into_iter().flat_map(files)
    {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let case = ["toml", "yaml", "yml", "json"].map(|e| path.with_extension(e));
        let has_case = case.iter().any(|p| is_spec(p) && p.exists());
        if formats.contains(&ending) && !is_spec(&path) && !has_case && !is_part(&path) {
            strays.push(path.display().to_string());
        }
    }
    if strays.is_empty() { Ok(()) } else { Err(format!("no case for {}", strays.join(", ")).into()) }
}
