//! `jsonl`: an event a line, each result as soon as it is known.

use super::json::{Record, Totals, object, result_schema, summary_schema, write};
use super::place::Places;
use super::{Context, Reporter};
use crate::verdict::{Judged, Summary};
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};

pub struct Jsonl<'a> {
    places: Places<'a>,
    host: &'a str,
}

/// What a line says. Its fields are those of `json`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event<'a> {
    Start { host: &'a str, entries: usize },
    Result(Box<Record<'a>>),
    Summary(Totals),
}

impl<'a> Jsonl<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Jsonl { places: Places::new(context.sources), host: context.host }
    }
}

fn line(event: &Event, out: &mut dyn Write) -> io::Result<()> {
    write(event, out)?;
    out.write_all(b"\n")
}

impl Reporter for Jsonl<'_> {
    fn begin(&mut self, entries: usize, out: &mut dyn Write) -> io::Result<()> {
        line(&Event::Start { host: self.host, entries }, out)
    }

    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        for verdict in &judged.verdicts {
            line(&Event::Result(Box::new(Record::new(judged, verdict, &self.places))), out)?;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        line(&Event::Summary(Totals::new(summary)), out)
    }

    fn unordered(&self) -> bool {
        true
    }
}

/// The JSON Schema (2020-12) of a line.
pub fn schema() -> serde_json::Value {
    let event = |name: &str, fields: serde_json::Value| {
        let mut properties = serde_json::Map::from_iter([("event".to_owned(), json!({ "const": name }))]);
        if let Some(serde_json::Value::Object(fields)) = fields.get("properties") {
            properties.extend(fields.clone());
        }
        object(serde_json::Value::Object(properties))
    };
    let start = object(json!({
        "host": { "type": "string", "description": "The name of the host that is looked at." },
        "entries": { "type": "integer", "minimum": 0, "description": "How many entries will be looked at." },
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a verispec report, as `--format jsonl` writes it",
        "oneOf": [event("start", start), event("result", result_schema()), event("summary", summary_schema())]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_line_is_what_the_schema_says() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let (sources, claims) = sample::plain();
        let text = sample::report("jsonl", &sources, &sample::judged(&claims), false);
        let events: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        for event in &events {
            assert!(validator.is_valid(event), "{event}");
        }
        assert_eq!(events.first().unwrap()["event"], "start");
        assert_eq!(events.last().unwrap()["event"], "summary");
        assert!(events[1..events.len() - 1].iter().all(|e| e["event"] == "result"));
    }
}
