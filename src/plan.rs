//! Which entries of a spec are looked at, and how.

use crate::secret::mask;
use crate::spec::Claim;
use crate::syntax::nearest;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

/// How entries are looked at where they do not say it themselves.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Probes at work at once.
    pub concurrent: usize,
    /// Probes beside them, one for each that has been at work for long: a dead file server holds up nobody else.
    pub spare: usize,
    /// How long one probe may take.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { concurrent: 128, spare: 384, timeout: Duration::from_secs(10) }
    }
}

/// What was asked for on the command line; empty lists select everything.
#[derive(Debug, Default)]
pub struct Selection {
    pub tags: Vec<String>,
    pub kinds: Vec<String>,
    /// Globs over `kind:name` as reports show it, in which `*` matches slashes too.
    pub only: Vec<String>,
}

/// Keeps the claims that are selected. Says what is wrong with a selection that leaves nothing, or a part of which
/// names nothing that stands in the spec.
pub fn select(claims: Vec<Claim>, selection: &Selection) -> Result<Vec<Claim>, String> {
    let globs = selection.only.iter().map(|text| glob(&mask(text))).collect::<Result<Vec<_>, _>>()?;
    known(&selection.kinds, "kind", claims.iter().map(|c| c.kind.name))?;
    known(&selection.tags, "tag", claims.iter().flat_map(Claim::tags).map(String::as_str))?;
    for (text, glob) in selection.only.iter().zip(&globs) {
        if !claims.iter().any(|claim| glob.is_match(name(claim))) {
            return Err(format!("no entry of the spec is called `{text}`{}", meant(text, &claims)));
        }
    }
    let wanted = |claim: &Claim| {
        (selection.kinds.is_empty() || selection.kinds.iter().any(|k| k == claim.kind.name))
            && (selection.tags.is_empty() || selection.tags.iter().any(|t| claim.tags().contains(t)))
            && (globs.is_empty() || globs.iter().any(|g| g.is_match(name(claim))))
    };
    let kept: Vec<_> = claims.into_iter().filter(wanted).collect();
    if kept.is_empty() {
        return Err(format!("no entry of the spec is all of this: {}", selection.words()));
    }
    Ok(kept)
}

impl Selection {
    /// The options that were given, without those that no entry can miss.
    fn words(&self) -> String {
        let options = [("--kind", &self.kinds), ("--tag", &self.tags), ("--only", &self.only)];
        let said = options.iter().filter(|(_, words)| !words.is_empty());
        let words = said.map(|(option, words)| format!("`{option} {}`", words.join(&format!("` or `{option} "))));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What `--only` calls an entry.
fn name(claim: &Claim) -> String {
    format!("{}:{}", claim.kind.name, claim.id)
}

/// Names that are listed where none is near.
const LISTED: usize = 10;

/// Whether every word asked for stands somewhere in the spec.
fn known<'c>(asked: &[String], what: &str, there: impl Iterator<Item = &'c str> + Clone) -> Result<(), String> {
    for word in asked {
        if there.clone().any(|t| t == word) {
            continue;
        }
        let hint = match nearest(word, there.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => match there.collect::<BTreeSet<_>>() {
                all if all.is_empty() => format!("none has any {what}"),
                all => listed(&format!("its {what}s are"), all.iter()),
            },
        };
        return Err(format!("no entry of the spec has the {what} `{word}`; {hint}"));
    }
    Ok(())
}

/// What a glob that matches nothing was probably to be.
fn meant(text: &str, claims: &[Claim]) -> String {
    let names: Vec<String> = claims.iter().map(name).collect();
    let without_kind = claims.iter().find(|claim| *claim.id == *text).map(name);
    let near = without_kind.or_else(|| nearest(text, names.iter().map(String::as_str)).map(str::to_owned));
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; {}", listed("it has", names.iter())),
    }
}

fn listed(begin: &str, names: impl ExactSizeIterator<Item = impl Display>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let mut list: Vec<_> = names.take(LISTED).map(|name| format!("`{name}`")).collect();
    if more > 0 {
        list.push(format!("{more} more"));
    }
    format!("{begin} {}", list.join(", "))
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(false).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("`{text}` is not a glob: {}", e.kind()))
}
