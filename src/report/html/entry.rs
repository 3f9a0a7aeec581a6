//! One entry on the page: a card if it failed or is unknown, a line if not.

use super::text::{Text, printed, short, text};
use crate::matcher::Evidence;
use crate::quantity::duration;
use crate::report::place::Places;
use crate::report::printable::{block, some_of};
use crate::report::sentence::{advice, extras, gap_word, kind_word, listed};
use crate::value::Value;
use crate::verdict::{Judged, Outcome, Verdict};
use std::fmt::{self, Write};
use std::time::Duration;

/// Bytes that a line shows of what was expected of a key.
const BRIEF: usize = 80;
/// Keys of an entry that a line names.
const KEYS: usize = 40;
/// Keys that are named where many are unknown for one reason.
const ALIKE: usize = 12;
/// Tags and notes that are shown of an entry, and bytes of a note or its name.
const TAGS: usize = 20;
const NOTE: usize = 400;
/// Bytes of text that are not shown twice.
const LONG: usize = 100;
/// What took less is not told.
const SLOW: Duration = Duration::from_millis(100);

/// Results of an entry by outcome, as `WORDS` has them.
pub type Counts = [usize; 4];

/// Outcomes in the order of the page, what needs somebody first.
pub const WORDS: [&str; 4] = ["fail", "unknown", "pass", "skip"];

/// Where an outcome stands in [`WORDS`].
pub fn rank(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Unknown(_) => 1,
        Outcome::Pass => 2,
        Outcome::Skip(_) => 3,
    }
}

/// An entry's markup; the script finds it by what `marks` says beside its counts.
pub fn entry(judged: &Judged, counts: Counts, marks: &str, places: &Places) -> Result<String, fmt::Error> {
    let mut out = String::with_capacity(256);
    let [fail, unknown, pass, skip] = counts;
    let tag = if fail + unknown > 0 { "article" } else { "li" };
    write!(
        out,
        "<{tag} data-n=\"{fail} {unknown} {pass} {skip}\" data-kind=\"{}\"{marks}>",
        text(judged.claim.kind.name)
    )?;
    match tag {
        "article" => card(judged, places, &mut out)?,
        _ => row(judged, &mut out)?,
    }
    writeln!(out, "</{tag}>")?;
    Ok(out)
}

fn name(judged: &Judged, out: &mut String) -> fmt::Result {
    let kind = kind_word(judged.claim.kind.name);
    write!(out, "<span class=\"kind\">{}</span> <bdi>{}</bdi>", text(&kind), text(&judged.claim.id))
}

fn card(judged: &Judged, places: &Places, out: &mut String) -> fmt::Result {
    out.push_str("<h3>");
    name(judged, out)?;
    out.push_str("</h3>\n");
    about(judged, out)?;
    for alike in judged.verdicts.chunk_by(|a, b| matches!(a.outcome, Outcome::Unknown(_)) && a.outcome == b.outcome) {
        let Some(verdict) = alike.first() else { continue };
        match &verdict.outcome {
            Outcome::Fail => failed(verdict, places, out)?,
            Outcome::Unknown(fault) => {
                let keys: Vec<&str> = alike.iter().map(|v| v.key.as_ref()).collect();
                head(verdict, printed(some_of(&keys, ALIKE)), places, out)?;
                out.push_str("<dl>");
                pair("reason", text(&fault.to_string()), out)?;
                out.push_str("</dl></div>\n");
            }
            Outcome::Pass | Outcome::Skip(_) => {}
        }
    }
    rest(&judged.verdicts, "p", out)
}

/// What the entry says of itself.
fn about(judged: &Judged, out: &mut String) -> fmt::Result {
    let mut parts = vec![];
    let common = judged.claim.common.as_deref();
    if let Some(title) = common.and_then(|c| c.title.as_ref()) {
        parts.push(format!("<b>{}</b>", text(title)));
    }
    match common.and_then(|c| c.meta.as_ref()) {
        None => {}
        Some(Value::Map(map)) => {
            let said = |(key, value): &(String, Value)| format!("{}: {}", short(key, NOTE), short(&plain(value), NOTE));
            parts.extend(map.iter().take(TAGS).map(said));
            if map.len() > TAGS {
                parts.push(format!("and {} more", map.len() - TAGS));
            }
        }
        Some(value) => parts.push(short(&plain(value), NOTE).to_string()),
    }
    parts.extend(slow(judged));
    let tags = tags(judged)?;
    if parts.is_empty() && tags.is_empty() {
        return Ok(());
    }
    writeln!(out, "<p class=\"about\">{}{tags}</p>", parts.join(" · "))
}

/// How long it took, where that is anybody's concern.
fn slow(judged: &Judged) -> Option<String> {
    (judged.elapsed >= SLOW).then(|| format!("took {}", duration(judged.elapsed)))
}

/// Text without its quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        value => value.to_string(),
    }
}

fn tags(judged: &Judged) -> Result<String, fmt::Error> {
    let (tags, mut out) = (judged.claim.tags(), String::new());
    for tag in tags.iter().take(TAGS) {
        write!(out, " <span class=\"tag\">{}</span>", short(tag, super::TAG))?;
    }
    if tags.len() > TAGS {
        write!(out, " and {} more tags", tags.len() - TAGS)?;
    }
    Ok(out)
}

/// The beginning of a row of its own: what it came to, which key, and where the spec says it.
fn head(verdict: &Verdict, keys: Text, places: &Places, out: &mut String) -> fmt::Result {
    let word = verdict.outcome.word();
    write!(out, "<div class=\"row {word}\"><b class=\"word\">{word}</b> <span class=\"key\">{keys}</span>")?;
    if let Some(place) = places.of(verdict.expectation.span) {
        write!(out, " <span class=\"at\">{}:{}:{}</span>", text(place.file), place.line, place.column)?;
    }
    Ok(())
}

fn failed(verdict: &Verdict, places: &Places, out: &mut String) -> fmt::Result {
    let evidence = verdict.evidence();
    head(verdict, text(&verdict.key), places, out)?;
    out.push_str("<dl>");
    // A diff has both in it.
    let (long, diff) = (evidence.expected.len().max(evidence.found.len()) > LONG, evidence.diff.as_ref());
    if !(long && diff.is_some()) {
        pair("expected", text(&evidence.expected), out)?;
    }
    if !(evidence.found.is_empty() || long && diff.is_some() || listed(verdict, &evidence)) {
        write!(out, "<dt>{}</dt><dd class=\"found\">{}</dd>", gap_word(&evidence), text(&evidence.found))?;
    }
    for (name, said) in extras(&evidence) {
        pair(name, printed(said), out)?;
    }
    if let Some(said) = advice(verdict, places) {
        pair("help", text(&said), out)?;
    }
    out.push_str("</dl>");
    if let Some(diff) = diff {
        out.push_str("<pre>");
        for shown in block(diff) {
            let mark = match shown.as_bytes().first() {
                Some(b'-') => "del",
                Some(b'+') => "ins",
                _ => "span",
            };
            writeln!(out, "<{mark}>{}</{mark}>", printed(shown))?;
        }
        out.push_str("</pre>");
    }
    out.push_str("</div>\n");
    Ok(())
}

fn pair(name: &str, said: Text, out: &mut String) -> fmt::Result {
    write!(out, "<dt>{name}</dt><dd>{said}</dd>")
}

fn row(judged: &Judged, out: &mut String) -> fmt::Result {
    name(judged, out)?;
    out.push_str(" <span class=\"about\">");
    if let Some(title) = judged.claim.common.as_ref().and_then(|c| c.title.as_ref()) {
        write!(out, "{} · ", text(title))?;
    }
    rest(&judged.verdicts, "span", out)?;
    if let Some(took) = slow(judged) {
        write!(out, " · {took}")?;
    }
    write!(out, "{}</span>", tags(judged)?)
}

/// What passed and what was skipped, in few words.
fn rest(verdicts: &[Verdict], tag: &str, out: &mut String) -> fmt::Result {
    let passed = verdicts.iter().filter(|v| v.outcome == Outcome::Pass);
    few(
        "pass",
        tag,
        passed,
        |v, out| {
            let Evidence { expected, .. } = v.evidence();
            out.push_str(&short(&v.key, BRIEF).to_string());
            // Of what is there or runs, as is expected of nearly all, the key says it.
            if expected != "true" {
                write!(out, " {}", short(&expected, BRIEF))?;
            }
            // That nobody answers may have a reason that was not meant, such as a name with a slip in it.
            match (&v.found, v.shown()) {
                (Some(Value::No(_)), Some(Value::No(why))) => write!(out, ", since {}", text(&why)),
                _ => Ok(()),
            }
        },
        out,
    )?;
    let skipped: Vec<(&Verdict, &str)> = verdicts
        .iter()
        .filter_map(|v| match &v.outcome {
            Outcome::Skip(why) => Some((v, why.as_str())),
            _ => None,
        })
        .collect();
    few(
        "skip",
        tag,
        skipped.chunk_by(|(_, a), (_, b)| a == b),
        |alike, out| {
            let keys: Vec<&str> = alike.iter().map(|(v, _)| v.key.as_ref()).collect();
            write!(out, "{}", printed(some_of(&keys, KEYS)))?;
            match alike.first() {
                Some((_, why)) if !why.is_empty() => write!(out, ": {}", text(why)),
                _ => Ok(()),
            }
        },
        out,
    )
}

/// A few words on each, if there is any.
fn few<T>(
    word: &str,
    tag: &str,
    mut items: impl Iterator<Item = T>,
    mut say: impl FnMut(T, &mut String) -> fmt::Result,
    out: &mut String,
) -> fmt::Result {
    let Some(first) = items.next() else { return Ok(()) };
    write!(out, "<{tag} class=\"row {word}\"><b>{word}</b> ")?;
    say(first, out)?;
    for item in items.by_ref().take(KEYS - 1) {
        out.push_str(" · ");
        say(item, out)?;
    }
    match items.count() {
        0 => {}
        more => write!(out, " and {more} more")?,
    }
    write!(out, "</{tag}>")
}

/// `3 entries`.
pub fn plural(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
