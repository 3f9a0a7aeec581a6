//! What a word stands for on a host, and what belongs to that: package, units, processes, ports, accounts, certificates.

use crate::host::Host;
use crate::value::Fault;

/// A thing, and how it was come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its kind's name.
    pub kind: &'static str,
    /// What it is called, as an entry of that kind names it.
    pub name: String,
    /// Why it belongs to what led to it: `its unit file /lib/systemd/system/nginx.service`; of what the word itself names,
    /// why that is.
    pub because: String,
    /// What led to it, by index; `None` for what the word itself names.
    pub from: Option<usize>,
}

/// Everything that a word leads to, causes before what they lead to, each thing once.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    pub found: Vec<Found>,
    /// What could not be followed, and why.
    pub faults: Vec<(String, Fault)>,
}

/// Follows `word` for at most `depth` steps; 0 finds only what the word itself names.
pub fn follow(host: &Host, word: &str, depth: usize) -> Trail {
    let _ = (host, word, depth);
    Trail::default()
}
