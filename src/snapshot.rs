//! What things are now, as entries of a spec: what `add` and `autoadd` write.

use crate::edit::Entry;
use crate::gather;
use crate::host::Host;
use crate::resource::{Kind, Observed, address};
use crate::value::{Fault, Value};
use globset::GlobSet;
use std::sync::Arc;
use std::time::Duration;

mod entry;
mod look;
mod range;

use look::Question;

/// A thing that is to be looked at.
#[derive(Clone)]
pub struct Subject {
    pub kind: &'static Kind,
    /// What its entry is called: a path, a package's name.
    pub name: String,
    /// What its entry says beside what is found, as data of a spec: how to look, and what every entry may say. What the
    /// thing is called may be among it, where the entry is called otherwise.
    pub settings: Vec<(String, Value)>,
    /// Lines that are to stand above its entry.
    pub remarks: Vec<String>,
}

/// How to look, and what of it to write down.
#[derive(Clone, Debug)]
pub struct How {
    /// Keys to leave out: globs over `mode` and over `file.mode`.
    pub exclude: GlobSet,
    /// Whether digests of files are written.
    pub digests: bool,
    /// How often to look.
    pub samples: usize,
    /// How long to wait between two looks.
    pub every: Duration,
    /// How long one look may take.
    pub timeout: Duration,
}

impl Default for How {
    fn default() -> How {
        let (samples, every, timeout) = (1, Duration::from_secs(5), Duration::from_secs(10));
        How { exclude: GlobSet::empty(), digests: false, samples, every, timeout }
    }
}

/// What looking came to.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What to write; of a thing that is not there, that it is not.
    pub entry: Entry,
    /// Whether it is there; kinds that have no such claim are.
    pub there: bool,
    /// Keys that are left out, and why.
    pub unseen: Vec<(&'static str, Fault)>,
    /// Keys that are written, and what is odd about what was seen.
    pub doubts: Vec<(&'static str, &'static str)>,
}

impl Subject {
    /// What the thing itself is called.
    pub fn target(&self) -> &str {
        let said = self.kind.target.and_then(|(key, _)| self.settings.iter().find(|(name, _)| name == key));
        match said {
            Some((_, Value::Text(name))) => name,
            _ => &self.name,
        }
    }

    /// What its entry is called among all of them.
    pub fn address(&self) -> String {
        address(self.kind.name, &self.name)
    }

    /// Why it cannot be looked at at all: its name can name nothing, a setting is wrong.
    pub fn check(&self) -> Result<(), String> {
        Question::of(self, &How::default()).map(|_| ())
    }
}

/// Looks at all of them, each as often as `how` says. In the order given; a thing that could not be looked at is a fault,
/// and a name that can name nothing is [`Fault::Unfit`].
pub fn snapshot(host: &Host, subjects: &[Subject], how: &How) -> Vec<Result<Snapshot, Fault>> {
    let (mut claims, mut asked) = (Vec::new(), Vec::new());
    for subject in subjects {
        let question = Question::of(subject, how).map_err(Fault::Unfit);
        asked.push(question.map(|Question { claim, pins }| {
            claims.push(claim);
            pins
        }));
    }
    let claims = Arc::new(claims);
    // What one look saw after the other, of all claims.
    let mut looks = Vec::new();
    for nth in 0..how.samples.max(1) {
        let host = if nth == 0 { host.clone() } else { host.fresh() };
        if nth > 0 {
            std::thread::sleep(how.every);
        }
        looks.push(gather::all(&claims, |_| true, &host, how.timeout).into_iter());
    }
    let mut answered = claims.iter();
    let mut snapshots = Vec::new();
    for (subject, pins) in subjects.iter().zip(asked) {
        snapshots.push(pins.and_then(|pins| {
            let claim = answered.next().ok_or_else(|| Fault::Failed("it was not answered".into()))?;
            let seen: Vec<Observed> = looks.iter_mut().filter_map(|look| look.next().flatten()).collect();
            entry::write(subject, claim, &pins, &seen, host, how)
        }));
    }
    snapshots
}

#[cfg(test)]
mod tests;
