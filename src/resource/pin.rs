//! How `add` writes a key down.

use crate::value::Value;

/// A key that is worth writing down of a thing that is there, and how.
#[derive(Clone, Copy)]
pub struct Pin {
    pub key: &'static str,
    pub hold: Hold,
}

/// What a spec that is written from what was seen says of a key.
#[derive(Clone, Copy)]
pub enum Hold {
    /// What was seen: it changes only where somebody changes it.
    Exact,
    /// What was seen, where digests are asked for.
    Digest,
    /// It moves by itself. Written only where several looks tell how far.
    Moving,
    /// Whatever this makes of what was seen, as a spec has it (`">= 30d"`); `None` leaves the key out.
    As(fn(&Value) -> Option<Value>),
}

impl Pin {
    pub const fn exact(key: &'static str) -> Pin {
        Pin { key, hold: Hold::Exact }
    }

    pub const fn digest(key: &'static str) -> Pin {
        Pin { key, hold: Hold::Digest }
    }

    pub const fn moving(key: &'static str) -> Pin {
        Pin { key, hold: Hold::Moving }
    }

    pub const fn of(key: &'static str, write: fn(&Value) -> Option<Value>) -> Pin {
        Pin { key, hold: Hold::As(write) }
    }
}
