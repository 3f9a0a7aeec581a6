//! What things are now, as entries of a spec: what `add` and `autoadd` write.

use crate::edit::Entry;
use crate::host::Host;
use crate::resource::Kind;
use crate::value::{Fault, Value};
use globset::GlobSet;
use std::time::Duration;

/// A thing that is to be looked at.
#[derive(Clone)]
pub struct Subject {
    pub kind: &'static Kind,
    /// What it is called: a path, a package's name.
    pub name: String,
    /// What its entry says of how to look, as data of a spec.
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
}

/// Looks at all of them, each as often as `how` says. In the order given; a thing that could not be looked at is a fault,
/// and a name that can name nothing is [`Fault::Unfit`].
pub fn snapshot(host: &Host, subjects: &[Subject], how: &How) -> Vec<Result<Snapshot, Fault>> {
    let _ = (host, how);
    subjects.iter().map(|_| Err(Fault::Unsupported("not written yet".into()))).collect()
}
