//! Which entries of a spec are looked at, and how.

use crate::spec::Claim;
use crate::syntax::nearest;
use globset::{GlobBuilder, GlobMatcher};
use std::time::Duration;

/// How entries are looked at where they do not say it themselves.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Probes at work at once.
    pub concurrent: usize,
    /// How long one probe may take.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { concurrent: 50, timeout: Duration::from_secs(10) }
    }
}

/// What was asked for on the command line; empty lists select everything.
#[derive(Debug, Default)]
pub struct Selection {
    pub tags: Vec<String>,
    pub kinds: Vec<String>,
    /// Globs over `kind:name`, in which `*` matches slashes too.
    pub only: Vec<String>,
}

/// Keeps the claims that are selected. Says what is wrong with a selection that leaves nothing.
pub fn select(claims: Vec<Claim>, selection: &Selection) -> Result<Vec<Claim>, String> {
    let globs = selection.only.iter().map(|text| glob(text)).collect::<Result<Vec<_>, _>>()?;
    known(&selection.kinds, "kind", claims.iter().map(|c| c.kind.name))?;
    known(&selection.tags, "tag", claims.iter().flat_map(Claim::tags).map(String::as_str))?;
    let wanted = |claim: &Claim| {
        (selection.kinds.is_empty() || selection.kinds.iter().any(|k| k == claim.kind.name))
            && (selection.tags.is_empty() || selection.tags.iter().any(|t| claim.tags().contains(t)))
            && (globs.is_empty() || globs.iter().any(|g| g.is_match(format!("{}:{}", claim.kind.name, claim.id))))
    };
    let kept: Vec<_> = claims.into_iter().filter(wanted).collect();
    if kept.is_empty() {
        return Err("no entry of the spec is selected, so nothing would be checked".into());
    }
    Ok(kept)
}

/// Whether every word asked for stands somewhere in the spec.
fn known<'c>(asked: &[String], what: &str, there: impl Iterator<Item = &'c str> + Clone) -> Result<(), String> {
    for word in asked {
        if !there.clone().any(|t| t == word) {
            let hint = nearest(word, there.clone()).map(|near| format!("; there is `{near}`")).unwrap_or_default();
            return Err(format!("no entry of the spec has the {what} `{word}`{hint}"));
        }
    }
    Ok(())
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(false).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("`{text}` is not a glob: {}", e.kind()))
}
