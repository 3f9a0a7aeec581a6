//! How `add` writes a key down.

use crate::host::Host;
use crate::value::{Portion, Share, Value};
use time::Duration;

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
    /// It moves by itself. Written only where several looks tell how far, or that it stayed.
    Moving,
    /// It is never the same for long. Written only where several looks tell how far it moves.
    Drifting,
    /// Whatever this makes of what was seen on the host, as a spec has it (`">= 30d"`); `None` leaves the key out.
    As(fn(&Host, &Value) -> Option<Value>),
    /// Likewise, of what should always have a bound: where there is none, a person is told.
    Bound(fn(&Host, &Value) -> Option<Value>),
    /// It may be another each time. Written only where several looks tell what of the list that this makes of it stayed.
    Stayed(fn(&Host, &Value) -> Option<Value>),
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

    pub const fn drifting(key: &'static str) -> Pin {
        Pin { key, hold: Hold::Drifting }
    }

    pub const fn of(key: &'static str, write: fn(&Host, &Value) -> Option<Value>) -> Pin {
        Pin { key, hold: Hold::As(write) }
    }

    const fn bound(key: &'static str, write: fn(&Host, &Value) -> Option<Value>) -> Pin {
        Pin { key, hold: Hold::Bound(write) }
    }

    /// A list of which only what two looks or more agree on is written.
    pub const fn stayed(key: &'static str, write: fn(&Host, &Value) -> Option<Value>) -> Pin {
        Pin { key, hold: Hold::Stayed(write) }
    }

    /// A list to which others may come: it has at least these elements.
    pub const fn holding(key: &'static str) -> Pin {
        Pin::of(key, |_, seen| at_least_these(seen, |_| true))
    }

    /// Worth saying only where it is so.
    pub const fn if_true(key: &'static str) -> Pin {
        Pin::of(key, |_, seen| (*seen == Value::Bool(true)).then_some(Value::Bool(true)))
    }

    /// Of what shrinks day by day, the longest of the usual times of warning that is left.
    pub const fn time_left(key: &'static str) -> Pin {
        Pin::bound(key, |_, seen| {
            let Value::Duration(left) = seen else { return None };
            let days = [30, 14, 7, 1].into_iter().find(|days| *left >= Duration::days(*days))?;
            Some(Value::Text(format!(">= {days}d")))
        })
    }

    /// Of what is used up, a share that is left with room to spare.
    pub const fn room_left(key: &'static str) -> Pin {
        Pin::bound(key, |_, seen| {
            let (Value::Share(share) | Value::Portion(Portion(share))) = seen else { return None };
            let floor = [10, 5].into_iter().find(|floor| Share::percent(*share) >= f64::from(2 * floor))?;
            Some(Value::Text(format!(">= {floor}%")))
        })
    }

    /// Text that may be a number, as the kernel's parameters are, as a person would write it.
    pub const fn plain(key: &'static str) -> Pin {
        Pin::of(key, |_, seen| {
            let number = |text: &str| text.parse::<i64>().ok().filter(|n| n.to_string() == text);
            match seen {
                Value::Text(text) => Some(number(text).map_or_else(|| Value::Text(text.clone()), Value::Int)),
                _ => None,
            }
        })
    }

    /// What rises with upgrades and should not fall behind: a version, a speed.
    pub const fn not_below(key: &'static str) -> Pin {
        Pin::of(key, |_, seen| match seen.as_data()? {
            Value::Text(text) => Some(Value::Text(format!(">= {text}"))),
            Value::Int(n) => Some(Value::Text(format!(">= {n}"))),
            _ => None,
        })
    }
}

/// The elements of a list that `wanted` picks, each once, as a list that others may stand beside; `None` if there are none.
pub fn at_least_these(seen: &Value, wanted: impl Fn(&str) -> bool) -> Option<Value> {
    let list = match seen {
        Value::List(list) => list,
        // More of it would change nothing.
        Value::Partial(part) => &part.0,
        _ => return None,
    };
    let mut kept: Vec<Value> = Vec::new();
    for one in list {
        let one = one.as_data()?;
        let is_wanted = !matches!(&one, Value::Text(text) if !wanted(text));
        if is_wanted && !kept.contains(&one) {
            kept.push(one);
        }
    }
    (!kept.is_empty()).then_some(Value::List(kept))
}
