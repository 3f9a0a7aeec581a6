//! goss's words for people: a result in full or on one line, an entry's heading, the count at the end.

use super::json_text::shown;
use super::result::{Group, TestResult, Word};
use super::unified::unified;
use crate::matcher::goss::printed;
use crate::quantity::drives;
use crate::report::printable::line;
use crate::value::Value;
use crate::verdict::Summary;
use serde_json::Value as Json;
use std::borrow::Cow;

/// Whether to write escape sequences, and which.
#[derive(Clone, Copy)]
pub struct Paint {
    pub colour: bool,
}

impl Paint {
    pub fn of(self, word: Word, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match word {
            Word::Pass => 32,
            Word::Fail => 31,
            Word::Skip => 33,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// How much a result says.
#[derive(Clone, Copy)]
pub struct Words {
    /// On one line.
    pub compact: bool,
    /// With the value as it was before it was made comparable.
    pub raw: bool,
    pub paint: Paint,
}

impl Words {
    pub fn result(self, group: &Group, result: &TestResult) -> String {
        let name = if self.compact { line(&group.id) } else { lines(&group.id) };
        let head = format!("{}: {name}: {}", group.kind, result.property);
        let matched = &result.matched;
        let text = match result.result {
            Word::Pass => format!("{head}: {}: {}", matched.message, shown(&matched.expected)),
            Word::Skip => format!("{head}: skipped"),
            Word::Fail => format!("{head}:{}{}", if self.compact { " " } else { "\n" }, self.why(result)),
        };
        self.paint.of(result.result, &text)
    }

    fn why(self, result: &TestResult) -> String {
        let matched = &result.matched;
        let mut parts: Vec<String> = vec![];
        let mut say = |heading: &str, text: String| parts.extend([heading.to_owned(), text]);
        match &result.error {
            Some(error) if self.compact => say("Error", line(&words(error)).into_owned()),
            Some(error) => say("Error", indented(&lines(error))),
            None => {
                say("Expected", self.shown(&matched.actual));
                say(&matched.message, self.shown(&matched.expected));
                if let (Json::String(want), Json::String(got), false) =
                    (&matched.expected, &matched.actual, self.compact)
                    && want != got
                {
                    say("diff", indented(&unified(want, got)));
                }
            }
        }
        for (heading, list) in
            [("the missing elements were", &matched.missing), ("the extra elements were", &matched.extra)]
        {
            if !list.is_null() {
                say(heading, self.shown(list));
            }
        }
        if !matched.chain.is_empty() {
            say("the transform chain was", self.shown(&Json::Array(matched.chain.clone())));
            if self.raw {
                say("the raw value was", self.shown(&matched.raw));
            }
        }
        if let Some(why) = &result.because {
            say("the reason was", if self.compact { line(why).into_owned() } else { indented(&line(why)) });
        }
        parts.join(if self.compact { " " } else { "\n" })
    }

    fn shown(self, json: &Json) -> String {
        if self.compact { shown(json) } else { indented(&shown(json)) }
    }
}

fn indented(text: &str) -> String {
    text.trim_end_matches('\n').split('\n').map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// One space where there are several, and for ends of lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text whose ends of lines stay and in which nothing drives a terminal.
pub fn lines(text: &str) -> Cow<'_, str> {
    let loud = |c: char| (c.is_control() && c != '\n') || drives(c);
    if text.len() < 2_000 && !text.contains(loud) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(line).collect::<Vec<_>>().join("\n"))
}

/// An entry's title and what is said about it beside its tests.
pub fn header(group: &Group) -> String {
    let mut out = String::new();
    if !group.title.is_empty() {
        out += &format!("Title: {}\n", lines(&group.title));
    }
    if let Value::Map(meta) = &group.meta {
        out += "Meta:\n";
        for (key, value) in meta {
            out += &format!("    {}: {}\n", line(key), lines(&printed(value)));
        }
    }
    out
}

/// What failed and what was skipped, by name.
pub fn failed_or_skipped(mut groups: Vec<Group>, words: Words) -> String {
    if groups.is_empty() {
        return String::new();
    }
    groups.sort_by_cached_key(key);
    let mut out = "Failures/Skipped:\n\n".to_owned();
    for group in &groups {
        out += &header(group);
        for result in group.results.iter().filter(|result| result.result != Word::Pass) {
            out += &words.result(group, result);
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

/// What goss sorts by.
pub fn key(group: &Group) -> String {
    format!("{}:{}", group.kind, group.id)
}

/// `Count: 3, Failed: 1, Skipped: 0`
pub fn count(summary: &Summary) -> String {
    format!("Count: {}, Failed: {}, Skipped: {}", summary.total(), failed(summary), summary.skip)
}

/// What could not be observed is among it.
pub fn failed(summary: &Summary) -> usize {
    summary.fail + summary.unknown
}

/// `0.014s`
pub fn seconds(summary: &Summary) -> String {
    format!("{:.3}s", summary.elapsed.as_secs_f64())
}

/// The end of the formats for people.
pub fn end(summary: &Summary, paint: Paint) -> String {
    let word = if failed(summary) > 0 { Word::Fail } else { Word::Pass };
    format!("Total Duration: {}\n{}", seconds(summary), paint.of(word, &format!("{}\n", count(summary))))
}
