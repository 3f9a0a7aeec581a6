//! goss's `json`: one document, its keys sorted.

use super::human::{count, failed, seconds};
use super::json_text::{Style, text};
use super::plain::json as value;
use super::result::{Group, TestResult, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

#[derive(Default)]
pub struct Json {
    /// They wait for the time at which the run began.
    results: Vec<Value>,
}

/// What a result is in both of goss's JSON formats. The order is that of `structured`.
pub fn fields(group: &Group, result: &TestResult, options: Options) -> Map<String, Value> {
    let matched = &result.matched;
    let chain = if matched.chain.is_empty() { Value::Null } else { matched.chain.clone().into() };
    let words = options.uncoloured();
    let fields = json!({
        "successful": result.result != Word::Fail,
        "skipped": result.result == Word::Skip,
        "resource-id": group.id,
        "resource-type": group.kind,
        "property": result.property,
        "title": group.title,
        "meta": value(&group.meta),
        "result": result.result as u8,
        "err": result.error,
        "matcher-result": {
            "actual": matched.actual,
            "message": matched.message,
            "expected": matched.expected,
            "missing-elements": matched.missing,
            "found-elements": matched.found,
            "extra-elements": matched.extra,
            "transform-chain": chain,
            "untransformed-value": matched.raw,
        },
        "start-time": null,
        "end-time": null,
        "duration": nanoseconds(result.duration),
        "summary-line": words.words(false).result(group, result),
        "summary-line-compact": words.words(true).result(group, result),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Fills in when a result came about, as far as that is known: its run began, and looking took so long.
pub fn stamp(fields: &mut Map<String, Value>, started: OffsetDateTime) {
    let elapsed = fields.get("duration").and_then(Value::as_u64).unwrap_or_default();
    let ended = started + std::time::Duration::from_nanos(elapsed);
    for (name, moment) in [("start-time", started), ("end-time", ended)] {
        let moment = moment.to_offset(UtcOffset::UTC).format(&Rfc3339).map_or(Value::Null, Value::String);
        fields.insert(name.to_owned(), moment);
    }
}

pub fn nanoseconds(span: std::time::Duration) -> u64 {
    span.as_nanos().try_into().unwrap_or(u64::MAX)
}

impl Output for Json {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        self.results.extend(group.results.iter().map(|result| Value::Object(fields(&group, result, options))));
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let style = Style { html: true, indent: options.pretty.then_some("    ") };
        let mut results = std::mem::take(&mut self.results);
        for result in &mut results {
            let Value::Object(fields) = result else { continue };
            stamp(fields, summary.started);
            sort(result);
        }
        let document = json!({
            "results": results,
            "summary": {
                "failed-count": failed(summary),
                "skipped-count": summary.skip,
                "summary-line": format!("{}, Duration: {}", count(summary), seconds(summary)),
                "test-count": summary.total(),
                "total-duration": nanoseconds(summary.elapsed),
            },
        });
        writeln!(out, "{}", text(&document, style))
    }
}

fn sort(json: &mut Value) {
    if let Value::Object(fields) = json {
        fields.sort_keys();
        fields.values_mut().for_each(sort);
    }
}
