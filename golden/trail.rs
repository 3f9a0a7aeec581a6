//! Words followed on written-down hosts: what they lead to, and why.

use crate::{Bless, expect, files, trial};
use libtest_mimic::{Failed, Trial};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use time::macros::datetime;
use verispec::cause::follow;
use verispec::host::{Host, TreeFiles};

/// A case is a file `*.words`: its first line names the host, each other line a word. What comes out stands beside it.
pub fn trials(bless: Bless) -> Vec<Trial> {
    let words = files("golden/trail").into_iter().filter(|path| path.extension().is_some_and(|e| e == "words"));
    let case = |path: std::path::PathBuf| {
        let want = path.with_extension("trail");
        trial(want.display().to_string(), move || expect(&want, &page(&path)?, bless))
    };
    words.map(case).collect()
}

fn page(path: &Path) -> Result<String, Failed> {
    let text = std::fs::read_to_string(path)?;
    let (first, words) = text.split_once('\n').ok_or("no words")?;
    let name = first.strip_prefix("# host: ").ok_or("the first line is not `# host: NAME`")?;
    let tree = TreeFiles::parse(&std::fs::read_to_string(format!("golden/hosts/{name}.host"))?)?;
    let mut page = String::new();
    for word in words.lines() {
        // Each has the host to itself, as each run has.
        let host = Host::offline(Arc::new(tree.clone()), datetime!(2026-01-01 00:00 UTC));
        let trail = follow(&host, word, 6);
        writeln!(page, "{word}")?;
        for (at, found) in trail.found.iter().enumerate() {
            let from = found.from.map_or("-".to_owned(), |from| from.to_string());
            writeln!(page, "  {at} <- {from}: {} {}: {}", found.kind, found.name, found.because)?;
        }
        for (what, fault) in &trail.faults {
            writeln!(page, "  ! {what}: {fault}")?;
        }
    }
    Ok(page)
}
