//! What of a kind a host has, whether or not a spec speaks of it.

use crate::host::Host;
use crate::value::{Fault, Known};

/// How to list what of a kind a host has.
#[derive(Clone, Copy)]
pub struct Inventory {
    /// What they are, in the plural: `listening ports`.
    pub noun: &'static str,
    /// In the order in which they are told. What cannot be told whole says why in [`Known::more`].
    pub list: fn(&Host) -> Result<Known<Thing>, Fault>,
}

/// One thing that a host has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thing {
    /// What `add` calls it.
    pub name: String,
    /// Other names of it: an entry for one of them is for it, too.
    pub aliases: Vec<String>,
    /// Entries for each of these are together for it; none where it has no parts.
    pub parts: Vec<String>,
    /// What it is, in a few words; empty where that is not known.
    pub what: String,
    /// Why it may be another after the next start, so that an entry for it would fail then.
    pub passing: Option<String>,
}

impl Thing {
    pub fn new(name: impl Into<String>, what: impl Into<String>) -> Thing {
        Thing { name: name.into(), what: what.into(), ..Thing::default() }
    }
}
