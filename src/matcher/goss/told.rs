//! What is said of a goss expectation that failed.

use super::unmet::Unmet;
use super::{Elements, Expected, Matcher, all_hold, elements};
use crate::matcher::Evidence;
use crate::matcher::text::{Text, View};
use crate::matcher::words::{self, found};
use crate::value::Value;

/// Elements that are named.
const NAMED: usize = 20;

impl Expected {
    /// Adds what is known beyond the expectation and what was found.
    pub(in crate::matcher) fn explain(&self, seen: View<'_>, evidence: &mut Evidence) {
        let (each, lines, exact) = match &self.matcher {
            Matcher::Patterns(patterns) => {
                let Some(text) = seen.text() else { return };
                let unmet = patterns.iter().filter(|one| all_hold(std::slice::from_ref(one), text) == Ok(false));
                return evidence.missing.extend(unmet.take(NAMED).map(words::pattern));
            }
            Matcher::Elements { each, lines } => (each, *lines, false),
            Matcher::ConsistOf(each) => (each, false, true),
            _ => return,
        };
        let Ok(Elements { all, .. }) = elements(seen, lines) else { return };
        let written = match &self.written {
            Value::List(list) => list.as_slice(),
            Value::Map(map) => match map.first() {
                Some((_, Value::List(list))) => list.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        let unmet = Unmet::of(each, &all);
        let missing = unmet.missing.iter().filter_map(|index| written.get(*index));
        evidence.missing.extend(missing.take(NAMED).map(words::value));
        if exact {
            let extra = unmet.extra.iter().filter_map(|index| all.get(*index));
            evidence.extra.extend(extra.take(NAMED).map(|one| found(*one)));
        }
    }

    pub(in crate::matcher) fn write(&self, out: &mut words::Bounded) -> std::fmt::Result {
        match &self.written {
            Value::Text(text) => words::write_view(out, View::Text(Text::whole(text))),
            value => words::write_view(out, View::Value(value)),
        }
    }
}
