//! goss's `json`: one document, its keys sorted.

use super::human::{count, failed, seconds};
use super::json_text::{Style, document};
use super::plain::json as value;
use super::result::{Group, TestResult, Word};
use super::{Options, Output};
use crate::verdict::Summary;
use serde_json::{Value, json};
use std::io::{self, Write};
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

#[derive(Default)]
pub struct Json {
    /// They wait for the time at which the run began.
    groups: Vec<Group>,
}

/// What a result is in both of goss's JSON formats, in the order of `structured`. When it came about is known as far as
/// that its run began, and that looking took so long.
fn fields(group: &Group, result: &TestResult, started: OffsetDateTime, options: Options) -> Value {
    let moment = |moment: OffsetDateTime| moment.to_offset(UtcOffset::UTC).format(&Rfc3339).ok();
    let matched = &result.matched;
    let chain = if matched.chain.is_empty() { Value::Null } else { matched.chain.clone().into() };
    let words = options.uncoloured();
    json!({
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
        "start-time": moment(started),
        "end-time": moment(started.saturating_add(result.duration.try_into().unwrap_or_default())),
        "duration": nanoseconds(result.duration),
        "summary-line": words.words(false).result(group, result),
        "summary-line-compact": words.words(true).result(group, result),
    })
}

pub fn nanoseconds(span: std::time::Duration) -> u64 {
    span.as_nanos().try_into().unwrap_or(u64::MAX)
}

impl Output for Json {
    fn group(&mut self, group: Group, _: Options, _: &mut dyn Write) -> io::Result<()> {
        self.groups.push(group);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let style = Style { html: true, indent: options.pretty.then_some("    ") };
        let whole = json!({
            "failed-count": failed(summary),
            "skipped-count": summary.skip,
            "summary-line": format!("{}, Duration: {}", count(summary), seconds(summary)),
            "test-count": summary.total(),
            "total-duration": nanoseconds(summary.elapsed),
        });
        let results = results(std::mem::take(&mut self.groups), summary.started, options);
        let sorted = results.map(|mut result| {
            sort(&mut result);
            result
        });
        document(("results", sorted), &[("summary", whole)], style, out)
    }
}

/// Every result in turn, so that there are never all of them as JSON.
pub fn results(groups: Vec<Group>, started: OffsetDateTime, options: Options) -> impl Iterator<Item = Value> {
    groups.into_iter().flat_map(move |group| {
        let results = group.results.iter().map(|result| fields(&group, result, started, options));
        results.collect::<Vec<_>>()
    })
}

fn sort(json: &mut Value) {
    if let Value::Object(fields) = json {
        fields.sort_keys();
        fields.values_mut().for_each(sort);
    }
}
