//! Judging by goss's rules: what the first test comes to decides whether the others are looked at.

use super::{Verdict, strict};
use crate::resource::Observed;
use crate::spec::Claim;

pub fn judge<'c>(claim: &'c Claim, seen: Observed) -> Vec<Verdict<'c>> {
    strict(claim, seen)
}
