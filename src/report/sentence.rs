//! A verdict in words, as goss's users know them: `File: /etc/passwd: mode: expected "0644", found "0600"`.

use super::place::Places;
use super::printable::{block, line, some_of};
use crate::matcher::Evidence;
use crate::spec::Claim;
use crate::syntax::Format;
use crate::value::Value;
use crate::verdict::{Outcome, Summary, Verdict};
use std::fmt::Write;

/// Elements of a list that a line names.
const ELEMENTS: usize = 12;

/// Bytes of text that a line shows whole.
const LONG: usize = 100;

/// A kind by the name that goss prints: `File`, `KernelParam`, `DNS`.
pub fn kind_word(kind: &str) -> String {
    match kind {
        "dns" => "DNS".into(),
        "http" => "HTTP".into(),
        _ => kind
            .split('-')
            .flat_map(|part| {
                let mut rest = part.chars();
                rest.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(rest)
            })
            .collect(),
    }
}

/// `File: /etc/passwd`.
pub fn entry(claim: &Claim) -> String {
    let mut out = kind_word(claim.kind.name);
    out.push_str(": ");
    out.push_str(&line(&claim.id));
    out
}

/// `File: /etc/passwd: mode`.
pub fn heading(verdict: &Verdict) -> String {
    let mut out = entry(verdict.claim);
    out.push_str(": ");
    out.push_str(&line(&verdict.key));
    out
}

/// One line: the heading and what it came to.
pub fn sentence(verdict: &Verdict, evidence: &Evidence) -> String {
    let mut out = heading(verdict);
    out.push_str(": ");
    match &verdict.outcome {
        Outcome::Pass => {
            out.push_str("matches expectation: ");
            out.push_str(&line(&evidence.expected));
            // That nobody answers may have a reason that was not meant, such as a name with a slip in it.
            if matches!(verdict.found, Some(Value::No(_)))
                && let Some(Value::No(why)) = verdict.shown()
            {
                let _ = write!(out, ", since {}", line(&why));
            }
        }
        Outcome::Fail => {
            if listed(verdict, evidence) {
                let _ = write!(out, "expected {}", line(&evidence.expected));
            } else {
                out.push_str(&gap(evidence));
            }
            for (name, text) in extras(evidence) {
                let _ = write!(out, "; {name}: {text}");
            }
        }
        Outcome::Unknown(fault) => {
            out.push_str("unknown: ");
            out.push_str(&line(&fault.to_string()));
        }
        Outcome::Skip(reason) => {
            out.push_str("skipped");
            if !reason.is_empty() {
                out.push_str(": ");
                out.push_str(&line(reason));
            }
        }
    }
    out
}

/// Whether what is missing and what is too much says it better than the beginning of a file.
pub fn listed(verdict: &Verdict, evidence: &Evidence) -> bool {
    let listed = !evidence.missing.is_empty() || !evidence.extra.is_empty();
    let text = matches!(verdict.found, Some(Value::Content(_) | Value::Excerpt(_) | Value::Text(_)));
    listed && text && evidence.found.len() > LONG
}

/// `expected "0644", found "0600"`, or `expected true, but it expired on 2026-01-01T00:00:00Z`.
pub fn gap(evidence: &Evidence) -> String {
    let mut out = format!("expected {}", line(&evidence.expected));
    if !evidence.found.is_empty() {
        out.push_str(if evidence.told { ", but " } else { ", found " });
        out.push_str(&line(&evidence.found));
    }
    out
}

/// What stands before what was found where that has a line of its own.
pub fn gap_word(evidence: &Evidence) -> &'static str {
    if evidence.told { "reason" } else { "found" }
}

/// What evidence adds to the gap, but for the diff: a name and a line each.
pub fn extras(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let lists = [("missing", &evidence.missing), ("extra", &evidence.extra)];
    let lists = lists.into_iter().filter(|(_, l)| !l.is_empty()).map(|(n, l)| (n, some_of(l, ELEMENTS)));
    let note = evidence.note.as_ref().map(|n| ("note", line(n).into_owned()));
    lists.chain(note).collect()
}

/// What a failing or unknown verdict rests on, a line each, the diff's last.
pub fn details(verdict: &Verdict, evidence: &Evidence, places: &Places) -> Vec<String> {
    let mut out = vec![];
    match &verdict.outcome {
        Outcome::Fail => {
            out.push(format!("expected: {}", line(&evidence.expected)));
            if !evidence.found.is_empty() {
                out.push(format!("{}: {}", gap_word(evidence), line(&evidence.found)));
            }
            out.extend(extras(evidence).into_iter().map(|(name, text)| format!("{name}: {text}")));
            out.extend(advice(verdict, places).map(|text| format!("help: {text}")));
            if let Some(diff) = &evidence.diff {
                out.push("diff:".into());
                out.extend(block(diff).map(|l| format!("  {l}")));
            }
        }
        Outcome::Unknown(fault) => out.push(format!("unknown: {}", line(&fault.to_string()))),
        Outcome::Pass | Outcome::Skip(_) => {}
    }
    out
}

/// What to write if the spec did not mean what it was taken to say.
pub fn advice(verdict: &Verdict, places: &Places) -> Option<String> {
    let absent = verdict.outcome == Outcome::Fail && verdict.found == Some(Value::Bool(false));
    (absent && verdict.expectation.implied).then(|| {
        let key = &verdict.key;
        let file = places.of(verdict.expectation.span).map_or("", |p| p.file);
        let mend = match Format::of(file) {
            Some(Format::Toml) => format!("write `{key} = false`"),
            Some(Format::Yaml) => format!("write `{key}: false`"),
            Some(Format::Json) => format!("write `\"{key}\": false`"),
            None => format!("say that `{key}` is false"),
        };
        format!("if it should not be there, {mend}")
    })
}

/// `Count: 30, Failed: 2, Unknown: 1, Skipped: 3`.
pub fn count(summary: &Summary) -> String {
    let Summary { fail, unknown, skip, .. } = summary;
    format!("Count: {}, Failed: {fail}, Unknown: {unknown}, Skipped: {skip}", summary.total())
}

/// [`count`] and how long it took, on one line.
pub fn count_and_duration(summary: &Summary) -> String {
    format!("{}, Duration: {:.3}s", count(summary), summary.elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn kinds_have_the_names_that_goss_prints() {
        for (kind, word) in [
            ("file", "File"),
            ("kernel-param", "KernelParam"),
            ("dns", "DNS"),
            ("http", "HTTP"),
            ("addr", "Addr"),
            ("", ""),
        ] {
            assert_eq!(kind_word(kind), word);
        }
    }

    #[test]
    fn why_nobody_answers_is_told_also_where_nobody_should() {
        let (_, claims) = sample::plain();
        let found = Some(Value::No("no such name".into()));
        let verdict = Verdict { found, ..sample::verdict(&claims[0], 0, Outcome::Pass, None) };
        let told = sentence(&verdict, &verdict.evidence());
        assert!(told.ends_with("matches expectation: \"0644\", since no such name"), "{told}");
    }

    #[test]
    fn evidence_is_told_whole_on_one_line() {
        let (sources, claims) = sample::plain();
        let verdict = sample::verdict(&claims[0], 0, Outcome::Fail, Some("x"));
        let evidence = sample::evidence();
        assert_eq!(
            sentence(&verdict, &evidence),
            "File: /etc/passwd: mode: expected [\"a\", \"b\"], found [\"b\", \"c\"]; missing: \"a\"; extra: \"c\"; note: the text was cut at 1 KiB"
        );
        let lines = details(&verdict, &evidence, &Places::new(&sources));
        assert_eq!(lines.first().unwrap(), "expected: [\"a\", \"b\"]");
        assert_eq!(lines.last().unwrap(), "  +c");
    }
}
