//! Words followed on written-down hosts: what they lead to, and why.

use crate::run::host;
use crate::{Bless, cases, expect, strays, trial};
use libtest_mimic::{Failed, Trial};
use std::fmt::Write;
use std::path::Path;
use verispec::cause::follow;

/// A case is a file `*.words`: its first line names the host, each other line a word. What comes out stands beside it.
pub fn trials(bless: Bless) -> Vec<Trial> {
    let words = cases("golden/trail", |path| path.extension().is_some_and(|e| e == "words"));
    let case = |path: std::path::PathBuf| {
        let want = path.with_extension("trail");
        trial(want.display().to_string(), move || expect(&want, &page(&path)?, bless))
    };
    let strays = strays("golden/trail", |path| {
        let of = |ending| path.extension().is_some_and(|e| e == ending);
        of("words") || of("trail") && path.with_extension("words").exists()
    });
    words.into_iter().map(case).chain([strays]).collect()
}

fn page(path: &Path) -> Result<String, Failed> {
    let text = std::fs::read_to_string(path)?;
    let mut page = String::new();
    for word in text.lines().skip(1) {
        // Each has the host to itself, as each run has.
        let trail = follow(&host(path)?, word, 6);
        writeln!(page, "{word}")?;
        for (at, found) in trail.found.iter().enumerate() {
            let from = found.from.map_or("-".to_owned(), |from| from.to_string());
            writeln!(page, "  {at} <- {from}: {} {}: {}", found.kind, found.name, found.because)?;
        }
        for (what, fault) in &trail.faults {
            writeln!(page, "  ! {what}: {fault}")?;
        }
    }
    if page.is_empty() { Err("no words".into()) } else { Ok(page) }
}
