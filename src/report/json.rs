//! `json`: one document, by goss's field names where goss has the idea, written as results come.

use super::place::Places;
use super::printable::block;
use super::sentence::{count_and_duration, details, heading, kind_word, sentence};
use super::{Context, Reporter};
use crate::matcher::Evidence;
use crate::quantity;
use crate::quantity::drives;
use crate::value::Value;
use crate::verdict::{Judged, Outcome, Summary, Verdict};
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};
use std::time::Duration;

/// Bytes of a value, all its texts together, that a report carries.
pub const ROOM: usize = 16_384;

pub struct Json<'a> {
    places: Places<'a>,
    some: bool,
}

impl<'a> Json<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Json { places: Places::new(context.sources), some: false }
    }
}

impl Reporter for Json<'_> {
    fn begin(&mut self, _: usize, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"results\":[")
    }

    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        for verdict in &judged.verdicts {
            out.write_all(if self.some { b",\n" } else { b"\n" })?;
            self.some = true;
            write(&Record::new(judged, verdict, &self.places), out)?;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n],\n\"summary\":")?;
        write(&Totals::new(summary), out)?;
        out.write_all(b"}\n")
    }
}

/// One result.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Record<'a> {
    resource_type: String,
    resource_id: &'a str,
    property: &'a str,
    outcome: &'static str,
    /// goss's numbers, and 3 for unknown.
    result: u8,
    successful: bool,
    skipped: bool,
    title: &'a str,
    meta: serde_json::Value,
    /// Why it is unknown or skipped.
    err: Option<String>,
    /// The word for the fault that made it unknown.
    fault: Option<&'static str>,
    matcher_result: MatcherResult,
    /// Nanoseconds that the entry's probe took.
    duration: u64,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    summary_line: String,
    summary_line_compact: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct MatcherResult {
    message: &'static str,
    expected: String,
    actual: serde_json::Value,
    /// Whether `actual` is shorter than what was found.
    truncated: bool,
    missing_elements: Vec<String>,
    extra_elements: Vec<String>,
    diff: Option<String>,
    note: Option<String>,
}

/// What a run came to.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Totals {
    test_count: usize,
    passed_count: usize,
    failed_count: usize,
    unknown_count: usize,
    skipped_count: usize,
    start_time: String,
    total_duration: u64,
    summary_line: String,
}

impl<'a> Record<'a> {
    pub(super) fn new(judged: &Judged, verdict: &'a Verdict, places: &Places<'a>) -> Self {
        let evidence = verdict.evidence();
        let place = places.of(verdict.expectation.span);
        let common = verdict.claim.common.as_deref();
        let (result, err, fault) = match &verdict.outcome {
            Outcome::Pass => (0, None, None),
            Outcome::Fail => (1, None, None),
            Outcome::Skip(reason) => (2, Some(reason.clone()).filter(|r| !r.is_empty()), None),
            Outcome::Unknown(fault) => (3, Some(fault.to_string()), Some(fault.code())),
        };
        let compact = sentence(verdict, &evidence);
        let full = match verdict.outcome {
            Outcome::Fail => format!("{}:\n{}", heading(verdict), details(verdict, &evidence, places).join("\n")),
            _ => compact.clone(),
        };
        Record {
            resource_type: kind_word(verdict.claim.kind.name),
            resource_id: &verdict.claim.id,
            property: &verdict.key,
            outcome: verdict.outcome.word(),
            result,
            successful: verdict.outcome.ok(),
            skipped: result == 2,
            title: common.and_then(|c| c.title.as_deref()).unwrap_or(""),
            meta: common
                .and_then(|c| c.meta.as_ref())
                .map_or(serde_json::Value::Null, |m| m.to_json_within(&mut { ROOM })),
            err: err.map(|text| quantity::cut(&text, &mut { ROOM })),
            fault,
            matcher_result: MatcherResult::new(verdict, evidence),
            duration: nanoseconds(judged.elapsed),
            file: place.map(|p| p.file),
            line: place.map(|p| p.line),
            column: place.map(|p| p.column),
            summary_line: full,
            summary_line_compact: compact,
        }
    }
}

impl MatcherResult {
    fn new(verdict: &Verdict, evidence: Evidence) -> Self {
        let mut room = ROOM;
        let unfit = matches!(verdict.found, Some(Value::Unfit(_)));
        let seen = verdict.shown().filter(|_| !unfit);
        let note = if evidence.told { Some(evidence.found) } else { evidence.note };
        let cut_when_read = match &seen {
            Some(Value::Content(content)) => content.cut.is_some(),
            seen => matches!(seen, Some(Value::Excerpt(_))),
        };
        let actual = seen.map_or(serde_json::Value::Null, |v| v.to_json_within(&mut room));
        let mut left = ROOM;
        let mut some =
            |list: Vec<String>| list.iter().map(|e| quantity::cut(e, &mut left)).filter(|e| !e.is_empty()).collect();
        MatcherResult {
            message: match verdict.outcome {
                Outcome::Pass => "matches expectation",
                Outcome::Fail => "does not match expectation",
                Outcome::Unknown(_) => "could not be observed",
                Outcome::Skip(_) => "",
            },
            truncated: room == 0 || cut_when_read,
            actual,
            missing_elements: some(evidence.missing),
            extra_elements: some(evidence.extra),
            expected: quantity::cut(&evidence.expected, &mut { ROOM }),
            diff: evidence.diff.map(|d| block(&d).collect::<Vec<_>>().join("\n")),
            note: note.map(|n| quantity::cut(&n, &mut { ROOM })),
        }
    }
}

impl Totals {
    pub(super) fn new(summary: &Summary) -> Self {
        Totals {
            test_count: summary.total(),
            passed_count: summary.pass,
            failed_count: summary.fail,
            unknown_count: summary.unknown,
            skipped_count: summary.skip,
            start_time: quantity::time(summary.started),
            total_duration: nanoseconds(summary.elapsed),
            summary_line: count_and_duration(summary),
        }
    }
}

fn nanoseconds(span: Duration) -> u64 {
    span.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// Writes on one line, with every character escaped that might drive a terminal.
pub fn write<T: Serialize>(record: &T, out: &mut dyn Write) -> io::Result<()> {
    record.serialize(&mut serde_json::Serializer::with_formatter(out, Quiet))?;
    Ok(())
}

struct Quiet;

impl serde_json::ser::Formatter for Quiet {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let loud = |c: char| c.is_control() || drives(c);
        if fragment.bytes().all(|b| b < 0x7f) || !fragment.contains(loud) {
            return out.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        let mut rest = fragment;
        while let Some(at) = rest.find(loud) {
            let (before, after) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            let mut chars = after.chars();
            if let Some(c) = chars.next() {
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> serde_json::Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A verispec report, as `--format json` writes it",
        "type": "object",
        "required": ["results", "summary"],
        "additionalProperties": false,
        "properties": {
            "results": {
                "description": "One object a key of an entry, in the order of the spec.",
                "type": "array",
                "items": { "$ref": "#/$defs/result" }
            },
            "summary": { "$ref": "#/$defs/summary" }
        },
        "$defs": { "result": result_schema(), "summary": summary_schema() }
    })
}

pub(super) fn result_schema() -> serde_json::Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let maybe = |ty: &str, about: &str| json!({ "type": [ty, "null"], "description": about });
    let texts = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "description": about });
    let place = |about: &str| json!({ "type": ["integer", "null"], "minimum": 1, "description": about });
    object(json!({
        "resource-type": text("The kind of thing: `File`, `KernelParam`."),
        "resource-id": text("The entry's name."),
        "property": text("The key, with a lookup's argument: `mode`, `json.server.port`."),
        "outcome": { "enum": Outcome::WORDS, "description": "`unknown` is what could not be observed; it never counts as a pass." },
        "result": { "enum": [0, 1, 2, 3], "description": "0 pass, 1 fail, 2 skip, 3 unknown." },
        "successful": { "type": "boolean", "description": "Passed or skipped." },
        "skipped": { "type": "boolean" },
        "title": text("The entry's title; empty if it has none."),
        "meta": { "description": "The entry's meta, or null." },
        "err": maybe("string", "Why it is unknown or skipped."),
        "fault": {
            "enum": ["denied", "timed-out", "unsupported", "malformed", "failed", null],
            "description": "What kept it from being observed."
        },
        "matcher-result": object(json!({
            "message": text("What came of the comparison, in words."),
            "expected": text("The expectation in words."),
            "actual": { "description": "What was found: sizes in bytes, durations in seconds, modes as octal text, times as RFC 3339, shares as `bytes` and `percent`; null if nothing was." },
            "truncated": { "type": "boolean", "description": "`actual` is only a part of what was found: its beginning or, of a long file, the lines that decide." },
            "missing-elements": texts("Expected and not found."),
            "extra-elements": texts("Found and not expected."),
            "diff": maybe("string", "A unified diff of expected and found text."),
            "note": maybe("string", "What else helps."),
        })),
        "duration": { "type": "integer", "minimum": 0, "description": "Nanoseconds that the entry's probe took, all its keys together." },
        "file": maybe("string", "The spec that says it."),
        "line": place("Where in the file, from 1."),
        "column": place("Where in the line, in characters from 1."),
        "summary-line": text("All of it in words, on several lines if it failed."),
        "summary-line-compact": text("All of it in words, on one line."),
    }))
}

pub(super) fn summary_schema() -> serde_json::Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    object(json!({
        "test-count": count,
        "passed-count": count,
        "failed-count": count,
        "unknown-count": count,
        "skipped-count": count,
        "start-time": { "type": "string", "format": "date-time" },
        "total-duration": { "type": "integer", "minimum": 0, "description": "Nanoseconds." },
        "summary-line": { "type": "string" },
    }))
}

/// An object that has exactly these properties.
pub fn object(properties: serde_json::Value) -> serde_json::Value {
    let names: Vec<String> = properties.as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default();
    json!({ "type": "object", "required": names, "additionalProperties": false, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::value::Bytes;
    use crate::value::{Mode, Percent, Share};

    #[test]
    fn what_is_written_is_what_the_schema_says() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            let judged = sample::judged(&claims);
            let text = sample::report("json", &sources, &judged, false);
            let document: serde_json::Value = serde_json::from_str(&text).unwrap();
            let wrong: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}\n{text}");
            let results: usize = judged.iter().map(|j| j.verdicts.len()).sum();
            assert_eq!(document["results"].as_array().unwrap().len(), results);
        }
        assert!(jsonschema::meta::is_valid(&schema()));
    }

    #[test]
    fn a_run_without_results_is_a_document_too() {
        let (sources, _) = sample::plain();
        let document: serde_json::Value = serde_json::from_str(&sample::report("json", &sources, &[], false)).unwrap();
        assert_eq!(document["results"], json!([]));
        assert_eq!(document["summary"]["test-count"], 0);
    }

    #[test]
    fn unknown_is_neither_successful_nor_skipped() {
        let (sources, claims) = sample::plain();
        let text = sample::report("json", &sources, &sample::judged(&claims), false);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let unknown = document["results"].as_array().unwrap().iter().find(|r| r["outcome"] == "unknown").unwrap();
        assert_eq!(
            (&unknown["result"], &unknown["successful"], &unknown["skipped"]),
            (&json!(3), &json!(false), &json!(false))
        );
        assert_eq!(unknown["fault"], "denied");
    }

    #[test]
    fn values_are_the_data_that_programs_expect() {
        let of = |v: Value| v.to_json_within(&mut { ROOM });
        assert_eq!(of(Value::Size(Bytes(1536))), json!(1536));
        assert_eq!(of(Value::Mode(Mode(0o644))), json!("0644"));
        assert_eq!(of(Value::Duration(time::Duration::minutes(2))), json!(120));
        assert_eq!(of(Value::Duration(time::Duration::milliseconds(-1500))), json!(-1.5));
        assert_eq!(of(Value::Share(Share { part: 1, whole: 4 })), json!({ "bytes": 1, "percent": 25.0 }));
        assert_eq!(of(Value::Percent(Percent(12.5))), json!(12.5));
        assert_eq!(of(Value::Time(quantity::parse_time("2030-01-31").unwrap())), json!("2030-01-31T00:00:00Z"));
        assert_eq!(of(Value::Number(f64::NAN)), json!("NaN"));
    }

    #[test]
    fn a_huge_value_is_bounded_and_says_so() {
        let mut room = 10;
        let list = Value::List(vec![Value::Text("abcdef".into()); 1_000]);
        assert_eq!(list.to_json_within(&mut room), json!(["abcdef"]));
        assert_eq!(room, 0);
    }

    #[test]
    fn text_comes_back_as_it_was() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}\"\\\u{7f}ß\n";
        let mut out = vec![];
        write(&text, &mut out).unwrap();
        assert!(!String::from_utf8_lossy(&out).chars().any(|c| c.is_control() || drives(c)));
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}
