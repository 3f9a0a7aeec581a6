//! What of written-down hosts no entry speaks of, as text and as JSON.

use crate::run::{claims, host, is_part};
use crate::{Bless, cases, expect, is_spec, strays, trial};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::time::Duration;
use verispec::coverage::{self, Coverage};

pub fn trials(bless: Bless) -> Vec<Trial> {
    let mut trials = Vec::new();
    for spec in cases("golden/coverage", |p| is_spec(p) && !is_part(p)) {
        for ending in ["text", "json"] {
            let (spec, want) = (spec.clone(), spec.with_extension(ending));
            let name = want.display().to_string();
            trials.push(trial(name, move || expect(&want, &written(&spec, ending)?, bless)));
        }
    }
    trials.push(strays("golden/coverage", |path| {
        let is_wanted = path.extension().is_some_and(|ending| ["text", "json"].iter().any(|of| ending == *of));
        let has_case = ["toml", "yaml", "yml"].iter().any(|ending| path.with_extension(ending).exists());
        is_spec(path) || is_wanted && has_case && !is_part(path)
    }));
    trials
}

fn written(spec: &Path, ending: &str) -> Result<String, Failed> {
    let coverage = covered(spec)?;
    match ending {
        "text" => Ok(coverage::page(&coverage, false)),
        _ => {
            let document: serde_json::Value = serde_json::from_slice(&coverage::json(&coverage)?)?;
            Ok(serde_json::to_string_pretty(&document)? + "\n")
        }
    }
}

fn covered(spec: &Path) -> Result<Coverage, Failed> {
    let (_, claims) = claims(spec)?;
    Ok(coverage::coverage(&claims, coverage::list(&host(spec)?, Duration::from_secs(30))))
}
