//! The same entries through goss and through this library, and where the two differ.

use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use verispec::goss::{Config, Entry, SECTIONS, Said, Section, lower};
use verispec::host::Host;
use verispec::syntax::Span;
use verispec::value::Value;
use verispec::verdict::{Outcome, judge, skipped};

/// An entry of some section.
#[derive(Clone, Debug)]
pub struct Case {
    pub section: &'static str,
    pub name: String,
    pub fields: Map<String, Json>,
}

/// Type, id, property and result: what a result is told apart by.
type Results = BTreeMap<(String, String, String), Vec<&'static str>>;

/// What differs, a line each. An entry on which goss crashes must not pass.
pub fn compare(goss: &str, cases: &[Case], json: bool) -> Vec<String> {
    let mut differences = Vec::new();
    let ours = ours(cases, json);
    let count = |results: &Results| results.values().map(Vec::len).sum::<usize>();
    match theirs(goss, cases, json).filter(|theirs| cases.len() == 1 || count(theirs) == count(&ours)) {
        Some(theirs) => {
            for key in ours.keys().chain(theirs.keys()).collect::<std::collections::BTreeSet<_>>() {
                let (own, other) = (ours.get(key), theirs.get(key));
                if own != other {
                    let case = cases.iter().find(|case| key.1.starts_with(&case.name) && key.0 == type_name(case));
                    // What goss decides by the order of a map's keys is another time another.
                    let alone = case.map(std::slice::from_ref).unwrap_or_default();
                    if (0..100).any(|_| self::theirs(goss, alone, json).is_some_and(|theirs| theirs.get(key) == own)) {
                        continue;
                    }
                    let case = case.map(|case| Json::Object(case.fields.clone()).to_string());
                    differences.push(format!("{key:?}: ours {own:?}, goss {other:?}: {}", case.unwrap_or_default()));
                }
            }
        }
        // One of them brings goss down.
        None if cases.len() > 1 => {
            let (first, second) = cases.split_at(cases.len() / 2);
            differences.extend(compare(goss, first, json));
            differences.extend(compare(goss, second, json));
        }
        None => {
            if ours.values().flatten().all(|word| *word == "pass") {
                differences.push(format!("goss crashes and we pass: {:?}", cases.first()));
            }
        }
    }
    differences
}

fn type_name(case: &Case) -> &'static str {
    Section::find(case.section).unwrap().type_name
}

/// `None` if goss crashed.
fn theirs(goss: &str, cases: &[Case], json: bool) -> Option<Results> {
    let mut file: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for case in cases {
        let fields = Json::Object(case.fields.clone());
        file.entry(case.section).or_default().insert(case.name.clone(), fields);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(if json { "goss.json" } else { "goss.yaml" });
    // JSON is YAML, too, in which its whole numbers are whole.
    std::fs::write(&path, json!(file).to_string()).unwrap();
    let output = Command::new(goss)
        .arg("-g")
        .arg(&path)
        .args(["validate", "-f", "json"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    // Results may have been written before it went down.
    if said.contains("\ngoroutine ") {
        return None;
    }
    let report: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("goss said: {text}{said}"));
    let mut results = Results::new();
    // It may also end well, with whatever results there were, before it has told that it goes down.
    for one in report["results"].as_array()? {
        let word = |key: &str| one[key].as_str().map(str::to_owned);
        let key = word("resource-type").zip(word("resource-id")).zip(word("property"));
        let (key, result) = match key {
            Some(((section, id), property)) => ((section, id, property), one["result"].as_u64()),
            // What no JSON can say (an infinity) leaves goss without words but these.
            None => {
                let line = word("summary-line-compact").unwrap();
                let mut parts = line.splitn(4, ": ").map(str::to_owned);
                let mut part = || parts.next().unwrap();
                ((part(), part(), part()), one["successful"].as_bool().map(|passed| u64::from(!passed)))
            }
        };
        results.entry(key).or_default().push(["pass", "fail", "skip"][usize::try_from(result.unwrap()).unwrap()]);
    }
    Some(results)
}

fn ours(cases: &[Case], json: bool) -> Results {
    let mut results = Results::new();
    for ((section, id, property), outcome, _) in observed(&Host::local(), cases, json) {
        let word = match outcome {
            // goss's reports have no other word for it.
            Outcome::Unknown(_) => "fail",
            other => other.word(),
        };
        results.entry((section, id, property)).or_default().push(word);
    }
    results
}

/// What a verdict of ours is of (section, entry, property), what it is, and what was seen.
type Observed = ((String, String, String), Outcome, Option<Value>);

/// Every verdict of ours.
pub fn observed(host: &Host, cases: &[Case], json: bool) -> Vec<Observed> {
    let mut all = Vec::new();
    for claim in lower(&config(cases, json)) {
        let verdicts = match claim.skip() {
            Some(_) => skipped(&claim),
            None => {
                let timeout = claim.common.as_ref().and_then(|c| c.timeout).unwrap_or(Duration::from_secs(10));
                judge(&claim, (claim.probe)(&host.until(Instant::now() + timeout), &claim))
            }
        };
        let section = Section::find(claim.kind.name).unwrap().type_name;
        all.extend(verdicts.into_iter().map(|verdict| {
            let key = (section.to_owned(), claim.id.to_string(), verdict.key.to_string());
            (key, verdict.outcome, verdict.found)
        }));
    }
    all
}

fn config(cases: &[Case], json: bool) -> Config {
    let span = Span { file: 0, start: 0, end: 0 };
    let mut config = Config::default();
    for case in cases {
        let index = Section::index(case.section).unwrap();
        let said = |(name, data): (&String, &Json)| {
            let field = SECTIONS[index].field(name).unwrap();
            Said { field, value: value(data, json), span }
        };
        let entry = Entry { span, fields: case.fields.iter().map(said).collect() };
        config.sections.entry(index).or_default().insert(case.name.clone(), entry);
    }
    config
}

/// Go reads every number of JSON as a float, and YAML's whole ones as whole.
fn value(data: &Json, json: bool) -> Value {
    match data {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) if !json => Value::Int(n),
            _ => Value::Number(n.as_f64().unwrap()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(|one| value(one, json)).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, one)| (key.clone(), value(one, json))).collect()),
    }
}
