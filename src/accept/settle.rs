//! Changes into a spec's text, each only if what it says then holds of what was found and nothing else reads otherwise.

use crate::edit::{self, Change};
use crate::resource::Observed;
use crate::spec::{self, Claim};
use crate::syntax::{Format, parse};
use crate::verdict::{Outcome, judge};

/// An expectation that is to move.
pub struct Wanted<'o> {
    /// Its entry, counted through the file from 0.
    pub entry: usize,
    /// Its verdict, counted through the entry's.
    pub verdict: usize,
    pub changes: Vec<Change>,
    /// What was seen of the entry.
    pub seen: &'o Observed,
}

/// What became of it.
pub struct Settled {
    pub text: String,
    /// For each that was wanted, why it is left as it was.
    pub left: Vec<Option<String>>,
}

/// The text with as many of the changes made as can be.
pub fn settle(text: &str, format: Format, wanted: &[Wanted]) -> Settled {
    let mut settled = Settled { text: text.to_owned(), left: wanted.iter().map(|_| None).collect() };
    let before = claims(text, format).unwrap_or_default();
    let all: Vec<usize> = (0..wanted.len()).collect();
    settled.take(&before, format, wanted, &all);
    settled
}

impl Settled {
    /// Makes these changes, all at once or else by halves.
    fn take(&mut self, before: &[Claim], format: Format, wanted: &[Wanted], these: &[usize]) {
        if these.is_empty() {
            return;
        }
        match self.tried(before, format, wanted, these) {
            Ok(text) => self.text = text,
            Err(why) => match these {
                [one] => {
                    if let Some(left) = self.left.get_mut(*one) {
                        *left = Some(why);
                    }
                }
                _ => {
                    let (first, second) = these.split_at(these.len() / 2);
                    self.take(before, format, wanted, first);
                    self.take(before, format, wanted, second);
                }
            },
        }
    }

    fn tried(&self, before: &[Claim], format: Format, wanted: &[Wanted], these: &[usize]) -> Result<String, String> {
        let these: Vec<&Wanted> = these.iter().filter_map(|at| wanted.get(*at)).collect();
        let changes: Vec<Change> = these.iter().flat_map(|one| one.changes.iter().cloned()).collect();
        let text = edit::change(&self.text, format, &changes)?;
        let after = claims(&text, format)?;
        if after.len() != before.len() {
            return Err("other entries would not read as they do".into());
        }
        for one in &these {
            let (Some(old), Some(new)) = (before.get(one.entry), after.get(one.entry)) else {
                return Err("its entry was not found in the file".into());
            };
            let (old, new) = (judge(old, one.seen.clone()), judge(new, one.seen.clone()));
            if old.len() != new.len() || old.iter().zip(&new).any(|(old, new)| old.key != new.key) {
                return Err("the entry would not read as it does".into());
            }
            match new.get(one.verdict).map(|verdict| &verdict.outcome) {
                Some(Outcome::Pass) => {}
                Some(Outcome::Unknown(fault)) => return Err(format!("whether it would hold is not known: {fault}")),
                _ => return Err("what it would say does not hold of what was found either: change it by hand".into()),
            }
            let mended = |at: usize| these.iter().any(|other| (other.entry, other.verdict) == (one.entry, at));
            let worse = old
                .iter()
                .zip(&new)
                .enumerate()
                .any(|(at, (old, new))| !mended(at) && old.outcome.ok() && !new.outcome.ok());
            if worse {
                return Err("something else in the entry would fail: change it by hand".into());
            }
        }
        Ok(text)
    }
}

/// The entries of a text; the error is what is wrong with it.
fn claims(text: &str, format: Format) -> Result<Vec<Claim>, String> {
    let (root, mut wrong) = parse(text, 0, format);
    let parts = root.map(|root| spec::lower(root, &mut wrong)).unwrap_or_default();
    match wrong.first() {
        None => Ok(parts.claims),
        Some(first) => Err(format!("what it would say is refused: {}", first.message)),
    }
}
