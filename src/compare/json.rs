//! A comparison as one JSON document.

use super::{Comparison, Difference, Key, Part, Party, Place, Said, Side};
use crate::quantity::cut;
use crate::report::json::{ROOM, object, write};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::io::{self, Write};

/// Of the document: it grows where its readers would have to know.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry<'c> {
    kind: &'static str,
    name: &'c str,
    name_b: Option<&'c str>,
    side: &'static str,
    place_a: Option<At<'c>>,
    place_b: Option<At<'c>>,
    keys: Vec<Differing<'c>>,
}

#[derive(Serialize)]
struct At<'c> {
    file: &'c str,
    line: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Differing<'c> {
    key: &'c str,
    side: &'static str,
    a: Option<One<'c>>,
    b: Option<One<'c>>,
    fault: Option<&'static str>,
    err: Option<String>,
    note: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct One<'c> {
    value: Json,
    exact: bool,
    words: Option<String>,
    place: Option<At<'c>>,
}

/// Writes the document, an entry a line.
pub fn json(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let Comparison { a, b, entries, same, skipped, .. } = comparison;
    write!(out, "{{\"version\":{VERSION},\n\"a\":")?;
    write(&party(a), out)?;
    out.write_all(b",\n\"b\":")?;
    write(&party(b), out)?;
    out.write_all(b",\n\"entries\":[")?;
    for (at, entry) in entries.iter().enumerate() {
        out.write_all(if at > 0 { b",\n" } else { b"\n" })?;
        write(&of_entry(entry), out)?;
    }
    let counts = comparison.counts();
    let summary = json!({
        "same": same,
        "differ": counts.differ,
        "keys": counts.keys,
        "unknown": counts.unknown,
        "only-a": counts.only_a,
        "only-b": counts.only_b,
        "skipped": skipped,
    });
    out.write_all(b"\n],\n\"summary\":")?;
    write(&summary, out)?;
    out.write_all(b"}\n")
}

fn party(party: &Party) -> Json {
    match party {
        Party::Spec(name) => json!({ "spec": name }),
        Party::Host(name) => json!({ "host": name }),
    }
}

fn of_entry(entry: &Difference) -> Entry<'_> {
    let [place_a, place_b] = &entry.places;
    Entry {
        kind: entry.kind,
        name: &entry.name,
        name_b: entry.other_name.as_deref(),
        side: entry.side.word(),
        place_a: place_a.as_ref().map(at),
        place_b: place_b.as_ref().map(at),
        keys: entry.keys.iter().map(of_key).collect(),
    }
}

fn of_key(key: &Key) -> Differing<'_> {
    let text = |text: &str| cut(text, &mut { ROOM });
    Differing {
        key: &key.name,
        side: key.side().word(),
        a: key.a.as_ref().map(of_part),
        b: key.b.as_ref().map(of_part),
        fault: key.unknown.as_ref().map(|fault| fault.code()),
        err: key.unknown.as_ref().map(|fault| text(&fault.to_string())),
        note: key.note.as_deref().map(text),
    }
}

fn of_part(part: &Part) -> One<'_> {
    let mut room = ROOM;
    let (value, whole, words) = match &part.said {
        Said::Data(value) => (value.to_json_within(&mut room), true, None),
        Said::Incomplete(value) => (value.to_json_within(&mut room), false, None),
        Said::Words(words) => (Json::Null, false, Some(cut(words, &mut { ROOM }))),
    };
    One { value, exact: whole && room > 0, words, place: part.place.as_ref().map(at) }
}

fn at(place: &Place) -> At<'_> {
    At { file: &place.file, line: place.line }
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::OnlyA => "a",
            Side::OnlyB => "b",
            Side::Both => "both",
        }
    }
}

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> Json {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let maybe = |ty: &str, about: &str| json!({ "type": [ty, "null"], "description": about });
    let count = |about: &str| json!({ "type": "integer", "minimum": 0, "description": about });
    let side = |about: &str| json!({ "enum": ["a", "b", "both"], "description": about });
    let reference = |name: &str, about: &str| json!({ "anyOf": [{ "$ref": format!("#/$defs/{name}") }, { "type": "null" }], "description": about });
    let spec = |about: &str| object(json!({ "spec": text(about) }));
    let mut whole = object(json!({
        "version": { "const": VERSION },
        "a": spec("The first spec."),
        "b": { "anyOf": [
            spec("The second spec."),
            object(json!({ "host": text("The name of the host; empty if it has none.") })),
        ] },
        "entries": {
            "description": "Entries that differ, in the order of the first spec; what only the second has comes last.",
            "type": "array",
            "items": { "$ref": "#/$defs/entry" }
        },
        "summary": { "$ref": "#/$defs/summary" },
    }));
    let entry = object(json!({
        "kind": text("The kind of thing: `file`."),
        "name": text("What the entry is called."),
        "name-b": maybe("string", "What the second spec calls it, where that is something else."),
        "side": side("Which of them has the entry."),
        "place-a": reference("place", "Where the first spec has it."),
        "place-b": reference("place", "Where the second spec has it."),
        "keys": {
            "description": "Keys that differ; none where only one has the entry.",
            "type": "array",
            "items": { "$ref": "#/$defs/key" }
        },
    }));
    let key = object(json!({
        "key": text("The key, with a lookup's argument: `mode`, `json.server.port`."),
        "side": side("Which of them says it."),
        "a": reference("part", "What the first spec says."),
        "b": reference("part", "What the second spec says, or the host has."),
        "fault": {
            "enum": ["denied", "timed-out", "unsupported", "malformed", "failed", null],
            "description": "What kept it from being observed on the host."
        },
        "err": maybe("string", "Why it could not be observed."),
        "note": maybe("string", "What else helps."),
    }));
    let part = object(json!({
        "value": { "description": "As a spec says it: a value, a list or a matcher; null where no spec can say it." },
        "exact": { "type": "boolean", "description": "Whether `value` is all of it: no secret is left out, nothing is cut, and nothing could not be seen." },
        "words": maybe("string", "What no spec can say: `nothing`, `(hidden)`, why it does not read."),
        "place": reference("place", "Where the spec says it."),
    }));
    let place = object(json!({ "file": text("The file."), "line": { "type": "integer", "minimum": 1 } }));
    let summary = object(json!({
        "same": count("Entries of which nothing differs."),
        "differ": count("Entries of both that differ."),
        "keys": count("Keys that differ in these."),
        "unknown": count("Keys that could not be observed."),
        "only-a": count("Entries that only the first has."),
        "only-b": count("Entries that only the second has."),
        "skipped": count("Entries that were not looked at because the spec says so."),
    }));
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        whole.insert("title".into(), json!("What `verispec diff --format json` writes"));
        whole.insert(
            "$defs".into(),
            json!({ "entry": entry, "key": key, "part": part, "place": place, "summary": summary }),
        );
    }
    whole
}
