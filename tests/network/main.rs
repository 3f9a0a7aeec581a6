//! Kinds that look beyond the host, against peers of the tests' own on loopback.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod addr;
mod certificate;
mod dns;
mod http;
mod peer;
mod ping;
mod thousand;

use std::sync::Arc;
use std::time::Duration;
use verispec::gather;
use verispec::host::Host;
use verispec::load::{Rejected, Spec, load_text};
use verispec::spec::Claim;
use verispec::syntax::Format;
use verispec::verdict::{Outcome, judge};

/// What every key of a spec in TOML comes to on this machine, each as `entry.key`, in the order judged.
pub fn outcomes(spec: &str) -> Vec<(String, Outcome)> {
    outcomes_within(spec, Duration::from_secs(5))
}

/// The same, where each entry has this long unless it says otherwise.
pub fn outcomes_within(spec: &str, timeout: Duration) -> Vec<(String, Outcome)> {
    let claims: Arc<Vec<Claim>> = match load_text("spec.toml", spec.to_owned(), Format::Toml) {
        Ok(Spec { claims, .. }) => claims.into(),
        Err(Rejected { sources, wrong }) => panic!("{}", sources.render(&wrong, false)),
    };
    let seen = gather::all(&claims, |_| true, &Host::local(), timeout);
    let judged = claims.iter().zip(seen).flat_map(|(claim, seen)| judge(claim, seen.expect("answered")));
    judged.map(|v| (format!("{}.{}", v.claim.id, v.key), v.outcome)).collect()
}

/// What one key comes to, of a spec with one entry.
pub fn outcome(spec: &str, key: &str) -> Outcome {
    let all = outcomes(spec);
    let found = all.iter().find(|(name, _)| name.ends_with(&format!(".{key}")));
    found.unwrap_or_else(|| panic!("no verdict on {key}: {all:?}")).1.clone()
}

#[test]
fn a_spec_is_judged_key_by_key() {
    let all = outcomes("[matching.a]\ncontent = 1\nmatches = 1\n");
    assert_eq!(all, [("a.matches".to_owned(), Outcome::Pass)]);
    assert!(matches!(outcome("[matching.a]\ncontent = 1\nmatches = 2\n", "matches"), Outcome::Fail));
}
