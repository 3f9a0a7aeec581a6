//! Changes into a spec's text, each only if what it says then holds of what was found and nothing else reads otherwise.

use crate::edit::{self, Change};
use crate::resource::Observed;
use crate::spec::{self, Claim};
use crate::syntax::{Format, parse};
use crate::verdict::{Outcome, Verdict, judge};
use std::collections::HashSet;

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
    if !wanted.is_empty() {
        settled.take(&before, format, wanted, &(0..wanted.len()).collect::<Vec<_>>());
    }
    settled
}

impl Settled {
    /// Makes these changes: what would not read right is tried behind the others, by halves.
    fn take(&mut self, before: &[Claim], format: Format, wanted: &[Wanted], these: &[usize]) {
        let of = |at: &usize| wanted.get(*at);
        let jobs: Vec<Vec<&Change>> = these.iter().filter_map(of).map(|one| one.changes.iter().collect()).collect();
        let (text, refused) = edit::change_each(&self.text, format, &jobs);
        let mut made = vec![];
        for (at, refused) in these.iter().zip(refused) {
            match refused {
                Some(why) => self.leave(*at, why),
                None => made.push(*at),
            }
        }
        let wrong = match claims(&text, format) {
            Ok(after) => wrong(before, &after, wanted, &made),
            Err(why) => made.iter().map(|at| (*at, why.clone())).collect(),
        };
        match wrong.as_slice() {
            [] => self.text = text,
            [(one, why)] if made.len() == 1 => self.leave(*one, why.clone()),
            _ => {
                let bad: HashSet<usize> = wrong.iter().map(|(at, _)| *at).collect();
                let (mut first, mut second): (Vec<usize>, Vec<usize>) = made.iter().partition(|at| !bad.contains(at));
                if first.is_empty() {
                    first = second.drain(..second.len() / 2).collect();
                }
                self.take(before, format, wanted, &first);
                self.take(before, format, wanted, &second);
            }
        }
    }

    fn leave(&mut self, at: usize, why: String) {
        if let Some(left) = self.left.get_mut(at) {
            *left = Some(why);
        }
    }
}

/// Which of these changes made the entries say what they should not, and why that is.
fn wrong(before: &[Claim], after: &[Claim], wanted: &[Wanted], made: &[usize]) -> Vec<(usize, String)> {
    let all: HashSet<(usize, usize)> =
        made.iter().filter_map(|at| wanted.get(*at)).map(|one| (one.entry, one.verdict)).collect();
    let wrong = |at: &usize| {
        let one = wanted.get(*at)?;
        let why = match (before.get(one.entry), after.get(one.entry)) {
            (Some(old), Some(new)) if before.len() == after.len() => wrong_of(one, old, new, &all)?,
            _ => "other entries would not read as they do".into(),
        };
        Some((*at, why))
    };
    made.iter().filter_map(wrong).collect()
}

/// `all` are the verdicts that are to change.
fn wrong_of(one: &Wanted, old: &Claim, new: &Claim, all: &HashSet<(usize, usize)>) -> Option<String> {
    let (old, new) = (judge(old, one.seen.clone()), judge(new, one.seen.clone()));
    if old.len() != new.len() || old.iter().zip(&new).any(|(old, new)| old.key != new.key) {
        return Some("the entry would not read as it does".into());
    }
    match new.get(one.verdict).map(|verdict| &verdict.outcome) {
        Some(Outcome::Pass) => {}
        Some(Outcome::Unknown(fault)) => return Some(format!("whether it would hold is not known: {fault}")),
        _ => return Some("what it would say does not hold of what was found either: change it by hand".into()),
    }
    let worse = |(at, (old, new)): (usize, (&Verdict, &Verdict))| {
        old.outcome.ok() && !new.outcome.ok() && !all.contains(&(one.entry, at))
    };
    let worse = old.iter().zip(&new).enumerate().any(worse);
    worse.then(|| "something else in the entry would fail: change it by hand".into())
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
