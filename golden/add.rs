//! What `add` writes of the things of written-down hosts: a case names the host and the things, a kind and names a line.

use crate::run::{host, not_passed};
use crate::{Bless, cases, expect, strays, trial};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use verispec::edit;
use verispec::resource::Kind;
use verispec::snapshot::{How, Subject, snapshot};
use verispec::syntax::Format;

pub fn trials(bless: Bless) -> Vec<Trial> {
    let cases = cases("golden/add", |path| path.extension().is_some_and(|e| e == "things"));
    let trials = cases.into_iter().map(|case| {
        let want = case.with_extension("toml");
        trial(want.display().to_string(), move || {
            let added = added(&case)?;
            expect(&want, &added, bless)?;
            // Where nothing could be seen there is no spec.
            if !added.lines().any(|line| line.starts_with('[')) {
                return Ok(());
            }
            match not_passed(&want)?.as_slice() {
                [] => Ok(()),
                failed => Err(format!("it does not pass at once: {}", failed.join(", ")).into()),
            }
        })
    });
    let strays = strays("golden/add", |path| {
        let of = |ending| path.extension().is_some_and(|e| e == ending);
        of("things") || of("toml") && path.with_extension("things").exists()
    });
    trials.chain([strays]).collect()
}

/// The spec that is written, headed by the host, and at its end what is said to be left out.
fn added(case: &Path) -> Result<String, Failed> {
    let text = std::fs::read_to_string(case)?;
    let mut subjects = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (kind, names) = line.split_once(' ').ok_or_else(|| format!("no kind and names in `{line}`"))?;
        let kind = Kind::find(kind).ok_or_else(|| format!("no kind `{kind}`"))?;
        let subject = |name: &str| Subject { kind, name: name.to_owned(), settings: Vec::new(), remarks: Vec::new() };
        subjects.extend(names.split(' ').map(subject));
    }
    let (mut entries, mut told) = (Vec::new(), String::new());
    for (subject, seen) in subjects.iter().zip(snapshot(&host(case)?, &subjects, &How::default())) {
        let name = subject.address();
        match seen {
            Ok(seen) => {
                seen.unseen.iter().for_each(|(key, why)| told += &format!("# {name}/{key} is left out: {why}\n"));
                entries.push(seen.entry);
            }
            Err(why) => told += &format!("# {name} is left out: {why}\n"),
        }
    }
    let spec = edit::put("", Format::Toml, &entries)?;
    let first = text.lines().next().unwrap_or_default();
    Ok(match told.as_str() {
        "" => format!("{first}\n\n{spec}"),
        told => format!("{first}\n\n{spec}\n{told}"),
    })
}
