//! A [`Config`] to claims that are judged by goss's rules.

use super::Config;
use crate::spec::Claim;
use crate::syntax::Diagnostic;

/// Every entry as a claim, in goss's order of sections, names sorted. What goss refuses only when it looks becomes a test
/// that fails ([`crate::matcher::Test::Refused`]); `wrong` is for what it refuses before.
pub fn lower(_config: &Config, _wrong: &mut Vec<Diagnostic>) -> Vec<Claim> {
    vec![]
}
