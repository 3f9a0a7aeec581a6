//! Everything a user sees, held against what is expected: one named test a file.
//!
//! A spec and its expected output share a stem, and the extension of the output is its format. `cargo bless` writes the
//! expected outputs anew.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod add;
mod agree;
mod cover;
mod coverage;
mod diff;
mod generated;
mod run;
mod trail;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

/// Whether to write what is expected instead of comparing with it.
#[derive(Clone, Copy)]
pub struct Bless(bool);

fn main() {
    let mut args: Vec<String> = std::env::args().collect();
    let bless = Bless(args.iter().any(|a| a == "--bless"));
    args.retain(|a| a != "--bless");
    let mut trials = Vec::new();
    trials.extend(run::trials(bless));
    trials.extend(coverage::trials(bless));
    trials.extend(generated::trials(bless));
    trials.extend(add::trials(bless));
    trials.extend(trail::trials(bless));
    trials.extend(diff::trials(bless));
    trials.extend(agree::trials());
    trials.extend(cover::trials());
    libtest_mimic::run(&Arguments::from_iter(args), trials).exit();
}

/// Files below `folder`, sorted, as paths from the top of the project.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("readable").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// The cases below `folder`. Where there is none, nothing would be held against anything.
pub fn cases(folder: &str, is_case: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let cases: Vec<_> = files(folder).into_iter().filter(|path| is_case(path)).collect();
    assert!(!cases.is_empty(), "no case in {folder}");
    cases
}

/// A trial that fails if `folder` has a file that is of no case.
pub fn strays(folder: &'static str, is_of_a_case: impl Fn(&Path) -> bool + Send + 'static) -> Trial {
    trial(format!("every file of {folder} is of a case"), move || {
        let strays = files(folder).into_iter().filter(|path| !is_of_a_case(path));
        let strays: Vec<_> = strays.map(|path| path.display().to_string()).collect();
        if strays.is_empty() { Ok(()) } else { Err(format!("no case for {}", strays.join(", ")).into()) }
    })
}

/// Specs by their ending; below golden/report, golden/goss and golden/coverage, JSON is what a report says.
pub fn is_spec(path: &Path) -> bool {
    match path.extension().and_then(|e| e.to_str()) {
        Some("toml" | "yaml" | "yml") => true,
        Some("json") => !["report", "goss", "coverage"].iter().any(|of| path.starts_with(format!("golden/{of}"))),
        _ => false,
    }
}

/// Compares `got` with what stands at `path`, or writes it there.
pub fn expect(path: &Path, got: &str, bless: Bless) -> Result<(), Failed> {
    let want = std::fs::read_to_string(path).unwrap_or_default();
    if want == got {
        return Ok(());
    }
    if bless.0 {
        std::fs::write(path, got)?;
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(want.as_str(), got);
    let diff = diff.unified_diff().context_radius(3).header("expected", "found").to_string();
    Err(format!("{} is not what is found now (`cargo bless` writes it anew):\n{diff}", path.display()).into())
}

/// A trial that runs `check`.
pub fn trial(name: impl Into<String>, check: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(name, check)
}
