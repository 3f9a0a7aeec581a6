//! A coverage for people.

use super::{Coverage, Covered, Ratio};
use crate::report::printable::{bounded, line};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// Bytes of a name, and of what it is, that are shown.
const NAME: usize = 200;
/// Columns that names are filled up to at most.
const WIDEST: usize = 48;

/// A line for each kind and one for all; then what is missing.
pub fn page(coverage: &Coverage, colour: bool) -> String {
    let mut page = String::new();
    let total = (coverage.total(), coverage.is_known());
    let kinds = coverage.kinds.iter().map(|kind| (kind.noun, (kind.ratio, kind.more.is_none()), kind.more.as_ref()));
    let rows: Vec<_> = kinds.chain([("total", total, None)]).collect();
    let count = |ratio: Ratio| format!("{} of {}", ratio.part, ratio.all);
    let nouns = rows.iter().map(|(noun, ..)| noun.len()).max().unwrap_or(0);
    let counts = rows.iter().map(|(_, (ratio, _), _)| count(*ratio).len()).max().unwrap_or(0);
    for (noun, (ratio, known), more) in rows {
        let said = if known { ratio.to_string() } else { "unknown".to_owned() };
        let style = match (known, ratio.part == ratio.all) {
            _ if !colour => Style::new(),
            (false, _) => AnsiColor::Yellow.on_default(),
            (true, true) => AnsiColor::Green.on_default(),
            (true, false) => Style::new(),
        };
        let why = more.map(|fault| format!("  {}", line(&fault.to_string()))).unwrap_or_default();
        let _ = writeln!(page, "{noun:nouns$}  {:>counts$}  {style}{said:>8}{style:#}{why}", count(ratio));
    }
    for kind in coverage.kinds.iter().filter(|kind| !kind.missing.is_empty()) {
        missing(kind, &mut page);
    }
    page
}

fn missing(kind: &Covered, page: &mut String) {
    let things = kind.missing.iter().map(|thing| (bounded(&thing.name, NAME), bounded(&thing.what, NAME)));
    let things: Vec<_> = things.collect();
    let wide = things.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(WIDEST);
    let _ = writeln!(page, "\n{} that no entry speaks of:", kind.noun);
    for (name, what) in things {
        let _ = match what.is_empty() {
            true => writeln!(page, "  {name}"),
            false => writeln!(page, "  {name:wide$}  {what}"),
        };
    }
}
