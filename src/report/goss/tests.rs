//! Every format of goss's on results of every sort.

use super::{Context, FORMATS, Format};
use crate::goss::{decode, lower};
use crate::report::sample::{self, HOSTILE};
use crate::resource::Observed;
use crate::spec::Claim;
use crate::syntax;
use crate::value::{Content, Fault, Value};
use crate::verdict::{Judged, judge, skipped};
use std::time::Duration;

const SPEC: &str = r#"
file:
  /etc/a: {exists: true, mode: "0755", owner: root}
  /etc/b: {exists: true, mode: "0644"}
  /etc/c: {exists: true, contents: [x, "!y", "!z"]}
  /etc/d: {skip: true, exists: true}
"#;

fn claims(text: &str) -> Vec<Claim> {
    lower(&decode(text, 0, syntax::Format::Yaml).unwrap().config)
}

fn text(text: &str) -> Result<Value, Fault> {
    Ok(Value::Text(text.into()))
}

/// What was seen of each entry of [`SPEC`].
fn seen() -> Vec<Observed> {
    let content = Value::Content(Box::new(Content { text: "y\n".into(), cut: None }));
    vec![
        Ok(Some(vec![text("0644"), text("root")].into())),
        Err(Fault::Denied("/etc/b: permission denied".into())),
        Ok(Some(vec![Ok(content)].into())),
    ]
}

fn report(format: &str, options: &[&str], claims: &[Claim], seen: Vec<Observed>) -> String {
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let mut reporter = (Format::find(format).unwrap().make)(Context { options: &options, colour: false });
    let (mut out, mut summary) = (vec![], sample::summary());
    let mut seen = seen.into_iter();
    for claim in claims {
        let verdicts = match claim.skip() {
            Some(_) => skipped(claim),
            None => judge(claim, seen.next().unwrap()),
        };
        verdicts.iter().for_each(|v| summary.count(&v.outcome));
        reporter.entry(&Judged { claim, verdicts, elapsed: Duration::from_millis(3) }, &mut out).unwrap();
    }
    reporter.finish(&summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn whole(format: &str, options: &[&str]) -> String {
    report(format, options, &claims(SPEC), seen())
}

#[test]
fn what_could_not_be_observed_has_failed_and_says_why() {
    let text = whole("rspecish", &[]);
    assert!(text.starts_with(".F.FS.FS\n\nFailures/Skipped:\n\n"), "{text}");
    assert!(text.contains("File: /etc/b: exists:\nError\n    /etc/b: permission denied\n"), "{text}");
    assert!(text.ends_with("\nTotal Duration: 0.014s\nCount: 8, Failed: 3, Skipped: 2\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&whole("json", &[])).unwrap();
    assert_eq!(json["results"][3]["err"], "/etc/b: permission denied");
    assert_eq!((&json["results"][3]["successful"], &json["results"][3]["result"]), (&false.into(), &1.into()));
    assert_eq!(json["summary"]["failed-count"], 3);
    assert_eq!(json["summary"]["summary-line"], "Count: 8, Failed: 3, Skipped: 2, Duration: 0.014s");
}

#[test]
fn lines_that_are_missing_are_told_and_none_that_was_read() {
    let text = whole("documentation", &[]);
    let told = "to have patterns\n    [\"x\",\"!y\",\"!z\"]\nthe missing elements were\n    [\"x\",\"!y\"]\n";
    assert!(text.contains(&format!("File: /etc/c: contents:\nExpected\n    \"object: *os.File\"\n{told}")), "{text}");
}

#[test]
fn a_json_document_has_goss_keys_in_goss_order() {
    let pretty = whole("json", &["pretty"]);
    let lines: Vec<&str> = pretty.lines().take(15).map(str::trim).collect();
    let keys: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix('"')?.split('"').next()).collect();
    assert_eq!(keys[..4], ["results", "duration", "end-time", "err"], "{pretty}");
    assert!(pretty.contains("\n    \"summary\": {\n        \"failed-count\": 3,\n"), "{pretty}");
    assert!(pretty.contains("\"start-time\": \"2026-11-22T10:00:00Z\""), "{pretty}");
    let structured = whole("structured", &[]);
    assert!(structured.starts_with("{\"results\":[{\"successful\":true,\"skipped\":false,\"resource-id\":\"/etc/a\","));
    assert!(structured.trim_end().ends_with("\"summary-line\":\"Count: 8, Failed: 3, Duration: 0.014s\"}"));
}

#[test]
fn sorting_is_by_kind_and_name() {
    let spec = "matching:\n  b: {content: 1, matches: 1}\nfile:\n  z: {skip: true, exists: true}\n";
    let looked = || vec![Ok(Some(vec![Ok(Value::Int(1))].into()))];
    let tap = |options: &[&str]| {
        let claims = claims(&format!("{spec}group:\n  a: {{skip: true, exists: true}}\n"));
        let text = report("tap", options, &claims, looked());
        text.lines()
            .filter_map(|line| Some(line.split(": ").next()?.rsplit(' ').next()?.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(tap(&["SORT"]), ["1..3", "File", "Group", "Matching"]);
}

#[test]
fn nagios_and_the_formats_for_programs_have_statuses_of_their_own() {
    let mut summary = sample::summary();
    for failed in [false, true] {
        if failed {
            summary.count(&sample::denied("no"));
        }
        for format in FORMATS {
            let reporter = (format.make)(Context { options: &[], colour: false });
            let want = match (format.name, failed) {
                (_, false) | ("prometheus" | "structured", _) => 0,
                ("nagios", true) => 2,
                _ => 1,
            };
            assert_eq!(reporter.exit_status(&summary), want, "{}", format.name);
        }
    }
    let line = "GOSS CRITICAL - Count: 8, Failed: 3, Skipped: 2, Duration: 0.014s";
    assert_eq!(whole("nagios", &[]), format!("{line}\n"));
    let text = whole("nagios", &["perfdata", "verbose"]);
    assert!(
        text.starts_with(&format!("{line}|total=8 failed=3 skipped=2 duration=0.014s\nFail 1 - File: /etc/a: mode: "))
    );
}

#[test]
fn a_run_with_a_failure_in_it_has_failed_whatever_comes_last() {
    let text = whole("prometheus", &[]);
    assert!(text.contains("\ngoss_tests_outcomes_total{outcome=\"fail\",type=\"file\"} 3\n"), "{text}");
    assert!(text.ends_with("\ngoss_tests_run_outcomes_total{outcome=\"fail\"} 1\n"), "{text}");
}

#[test]
fn xml_is_well_formed_and_counts_agree() {
    let text = whole("junit", &[]);
    let document = roxmltree::Document::parse(&text).unwrap();
    let count = |tag: &str| document.descendants().filter(|n| n.has_tag_name(tag)).count().to_string();
    for (attribute, tag) in [("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")] {
        assert_eq!(document.root_element().attribute(attribute), Some(count(tag).as_str()), "{attribute}");
    }
    assert!(
        text.contains("<testcase name=\"File /etc/a mode\" time=\"0.000\">\n<system-err>File: /etc/a: mode: "),
        "{text}"
    );
}

#[test]
fn a_hostile_host_writes_no_control_character_in_any_format() {
    let spec = format!(
        "matching:\n  {id}: {{content: 1, matches: {id}, title: {id}, meta: {{{id}: {id}}}}}\n  b: {{content: 1, matches: x}}\n",
        id = serde_json::to_string(HOSTILE)
            .unwrap()
            .replace("\u{202e}", "\\u202e")
            .replace("\u{2066}", "\\u2066")
            .replace("\u{9b}", "\\u009b")
            .replace("\u{fffe}", "\\ufffe")
    );
    let seen = || vec![Ok(Some(vec![text(HOSTILE)].into())), Err(Fault::Failed(HOSTILE.into()))];
    let other =
        || vec![Ok(Some(vec![text("a\u{1b}b")].into())), Ok(Some(vec![Ok(Value::Unfit(HOSTILE.into()))].into()))];
    for format in FORMATS {
        for seen in [seen(), other()] {
            let text = report(format.name, &["verbose", "pretty"], &claims(&spec), seen);
            let bad = |c: &char| *c != '\n' && (c.is_control() || crate::quantity::drives(*c));
            assert_eq!(text.chars().filter(bad).collect::<Vec<_>>(), [], "{}: {text}", format.name);
            if matches!(format.name, "tap" | "nagios") {
                let begin = ["1..", "ok ", "not ok ", "GOSS ", "Fail "];
                assert!(text.lines().all(|line| begin.iter().any(|b| line.starts_with(b))), "{text}");
                assert!(!text.contains("\nok 2 -") || format.name == "nagios", "{text}");
            }
        }
    }
}

#[test]
fn a_long_value_is_cut_in_every_format() {
    let spec = "matching:\n  a: {content: 1, matches: x}\n";
    for format in FORMATS {
        let long = "x\n".repeat(1 << 20);
        let text = report(format.name, &["verbose"], &claims(spec), vec![Ok(Some(vec![text(&long)].into()))]);
        assert!(text.len() < 400_000, "{}: {}", format.name, text.len());
    }
}

#[test]
fn a_secret_of_the_entry_is_shown_in_no_format() {
    let spec = "http:\n  http://h/: {status: 200, username: u, password: canary-1, body: canary-1, headers: {have-prefix: canary-1}}\n";
    let body = || Ok(Value::Content(Box::new(Content { text: "it is canary-1".into(), cut: None })));
    for format in FORMATS {
        let text = report(
            format.name,
            &["verbose"],
            &claims(spec),
            vec![Ok(Some(vec![Ok(Value::Int(200)), body(), body()].into()))],
        );
        assert!(!text.contains("canary"), "{}: {text}", format.name);
    }
}

#[test]
fn colour_is_gosss() {
    let claims = claims("matching:\n  a: {content: 1, matches: 1}\n");
    let mut reporter = (Format::find("rspecish").unwrap().make)(Context { options: &[], colour: true });
    let (mut out, mut summary) = (vec![], sample::summary());
    let verdicts = judge(&claims[0], Ok(Some(vec![Ok(Value::Int(1))].into())));
    verdicts.iter().for_each(|v| summary.count(&v.outcome));
    reporter.entry(&Judged { claim: &claims[0], verdicts, elapsed: Duration::ZERO }, &mut out).unwrap();
    reporter.finish(&summary, &mut out).unwrap();
    let end = "\n\nTotal Duration: 0.014s\n\u{1b}[32mCount: 1, Failed: 0, Skipped: 0\n\u{1b}[0m";
    assert_eq!(String::from_utf8(out).unwrap(), format!("\u{1b}[32m.\u{1b}[0m{end}"));
}
