//! A coverage as JSON.

use super::{Coverage, Covered, Ratio};
use crate::report::json::{object, write};
use serde::Serialize;
use serde_json::json;
use std::io;

/// Grows where a field changes its meaning; others may come to it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'c> {
    version: u32,
    total: Part,
    kinds: Vec<Row<'c>>,
}

#[derive(Serialize)]
struct Part {
    covered: usize,
    all: usize,
    percent: Option<f64>,
    known: bool,
}

#[derive(Serialize)]
struct Row<'c> {
    kind: &'static str,
    noun: &'static str,
    #[serde(flatten)]
    part: Part,
    /// Why there may be more.
    err: Option<String>,
    /// The word for the fault.
    fault: Option<&'static str>,
    missing: Vec<Missing<'c>>,
}

#[derive(Serialize)]
struct Missing<'c> {
    name: &'c str,
    what: &'c str,
}

/// One document, and a line's end.
pub fn json(coverage: &Coverage) -> io::Result<Vec<u8>> {
    let kinds = coverage.kinds.iter().map(Row::of).collect();
    let document = Document { version: VERSION, total: Part::of(coverage.total(), coverage.is_known()), kinds };
    let mut out = Vec::new();
    write(&document, &mut out)?;
    out.push(b'\n');
    Ok(out)
}

impl Part {
    fn of(ratio: Ratio, known: bool) -> Part {
        Part { covered: ratio.part, all: ratio.all, percent: ratio.percent().filter(|_| known), known }
    }
}

impl<'c> Row<'c> {
    fn of(covered: &'c Covered) -> Row<'c> {
        Row {
            kind: covered.kind.name,
            noun: covered.noun,
            part: Part::of(covered.ratio, covered.more.is_none()),
            err: covered.more.as_ref().map(ToString::to_string),
            fault: covered.more.as_ref().map(|fault| fault.code()),
            missing: covered.missing.iter().map(|thing| Missing { name: &thing.name, what: &thing.what }).collect(),
        }
    }
}

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> serde_json::Value {
    let count = |about: &str| json!({ "type": "integer", "minimum": 0, "description": about });
    let text = |about: &str| json!({ "type": "string", "description": about });
    let maybe = |ty: &str, about: &str| json!({ "type": [ty, "null"], "description": about });
    let part = json!({
        "covered": count("Things that an entry speaks of."),
        "all": count("Things that are known to be there."),
        "percent": maybe("number", "Per cent of these, rounded down to a tenth; null where there are none, or where not all could be listed."),
        "known": { "type": "boolean", "description": "Whether all could be listed." },
    });
    let with_part = |more: serde_json::Value| {
        let maps = [&part, &more].into_iter().filter_map(serde_json::Value::as_object);
        object(maps.flat_map(Clone::clone).collect::<serde_json::Map<_, _>>().into())
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What `verispec coverage --format json` writes",
        "type": "object",
        "required": ["version", "total", "kinds"],
        "properties": {
            "version": { "const": VERSION },
            "total": with_part(json!({})),
            "kinds": {
                "type": "array",
                "items": with_part(json!({
                    "kind": text("The section of a spec that speaks of them."),
                    "noun": text("What they are, in the plural."),
                    "err": maybe("string", "Why there may be more."),
                    "fault": {
                        "enum": ["denied", "timed-out", "unsupported", "malformed", "failed", null],
                        "description": "What kept them from being listed."
                    },
                    "missing": {
                        "description": "Those that no entry speaks of.",
                        "type": "array",
                        "items": object(json!({
                            "name": text("What an entry would call it."),
                            "what": text("What it is, in a few words; may be empty."),
                        }))
                    },
                }))
            }
        }
    })
}
