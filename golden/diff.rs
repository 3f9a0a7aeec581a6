//! What `verispec diff` says: `a` and `b` of a folder, or `a` and the host that its first line names.

use crate::run::{claims, host, is_part, observed};
use crate::{Bless, expect, is_spec, strays, trial};
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};
use verispec::compare::{self, Comparison};
use verispec::load::{Rejected, load_with_texts};

const FOLDER: &str = "golden/diff";

pub fn trials(bless: Bless) -> Vec<Trial> {
    let folders = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case in {FOLDER}");
    let case = |folder: PathBuf| trial(folder.display().to_string(), move || case(&folder, bless));
    folders.into_iter().map(case).chain([strays(FOLDER, is_of_a_case)]).collect()
}

/// Whether a file is one of a case's: `a`, `b`, what they include, what is expected.
fn is_of_a_case(path: &Path) -> bool {
    let Ok(Some((folder, rest))) = path.strip_prefix(FOLDER).map(|rest| rest.to_str()?.split_once('/')) else {
        return false;
    };
    let is = |name| named(&Path::new(FOLDER).join(folder), name).is_some_and(|spec| Path::new(&spec) == path);
    is("a") || is("b") || matches!(rest, "diff.text" | "diff.json") || rest.starts_with("part/") && is_part(path)
}

fn case(folder: &Path, bless: Bless) -> Result<(), Failed> {
    let a = named(folder, "a").ok_or("no `a` is here")?;
    let comparison = match named(folder, "b") {
        Some(b) => {
            mirrored(&a, &b)?;
            two(&a, &b)?
        }
        None => with_host(&a)?,
    };
    let mut json = Vec::new();
    compare::json::json(&comparison, &mut json)?;
    let json = String::from_utf8(json)?;
    let text = compare::text(&comparison, false);
    for (what, text) in [("diff.text", &text), ("diff.json", &json)] {
        if text.chars().any(|c| c != '\n' && (c.is_control() || verispec::quantity::drives(c))) {
            return Err(format!("{what} drives a terminal: {text:?}").into());
        }
        if text.contains("canary") {
            return Err(format!("{what} tells a secret: {text}").into());
        }
    }
    valid(&json)?;
    expect(&folder.join("diff.text"), &text, bless)?;
    expect(&folder.join("diff.json"), &json, bless)
}

/// A spec of the folder by its stem.
fn named(folder: &Path, stem: &str) -> Option<String> {
    let names = ["toml", "yaml", "yml", "json"].map(|ending| folder.join(stem).with_extension(ending));
    names.into_iter().find(|path| is_spec(path) && path.exists()).map(|path| path.display().to_string())
}

fn two(a: &str, b: &str) -> Result<Comparison, Failed> {
    let refused = |Rejected { sources, wrong }| Failed::from(sources.render(&wrong, false));
    let read = |name: &str| load_with_texts(&[name.to_owned()]).map_err(refused);
    let ((first, first_texts), (second, second_texts)) = (read(a)?, read(b)?);
    Ok(compare::specs(
        &compare::Spec { name: a, sources: &first.sources, claims: &first.claims, texts: &first_texts },
        &compare::Spec { name: b, sources: &second.sources, claims: &second.claims, texts: &second_texts },
    ))
}

/// The other way round there is as much to tell.
fn mirrored(a: &str, b: &str) -> Result<(), Failed> {
    let (there, back) = (two(a, b)?.counts(), two(b, a)?.counts());
    let turned = compare::Counts { only_a: back.only_b, only_b: back.only_a, ..back };
    if there == turned { Ok(()) } else { Err(format!("{there:?} and back {back:?}").into()) }
}

fn with_host(a: &str) -> Result<Comparison, Failed> {
    let refused = |Rejected { sources, wrong }| Failed::from(sources.render(&wrong, false));
    let (spec, texts) = load_with_texts(&[a.to_owned()]).map_err(refused)?;
    let (_, claims) = claims(Path::new(a))?;
    let seen = observed(&claims, &host(Path::new(a))?);
    let spec = compare::Spec { name: a, sources: &spec.sources, claims: &spec.claims, texts: &texts };
    Ok(compare::with_host(&spec, "host.example", &seen))
}

fn valid(json: &str) -> Result<(), Failed> {
    let validator = jsonschema::draft202012::new(&compare::json::schema())?;
    let document = serde_json::from_str(json)?;
    let wrong: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?}\n{json}").into()) }
}
