//! `github`: workflow commands, which GitHub Actions shows as annotations on the lines of the spec.

use super::place::Places;
use super::printable::{line, some_of};
use super::sentence::{count_and_duration, details, entry, heading, sentence};
use super::{Context, Reporter};
use crate::syntax::Span;
use crate::verdict::{Judged, Outcome, Summary};
use std::collections::HashMap;
use std::io::{self, Write};

/// Keys that a title names.
const KEYS: usize = 6;
/// Entries with the same reason that are annotated one by one; GitHub shows ten errors of a step.
const SAME: usize = 3;

pub struct Github<'a> {
    places: Places<'a>,
    verbose: bool,
    /// Why something is unknown, in the order met, and how many entries are for that reason.
    reasons: Vec<(String, usize)>,
    by_text: HashMap<String, usize>,
}

impl<'a> Github<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Github {
            places: Places::new(context.sources),
            verbose: context.verbose,
            reasons: vec![],
            by_text: HashMap::new(),
        }
    }

    fn command(&self, level: &str, span: Span, title: &str, message: &str, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "::{level} ")?;
        if let Some(place) = self.places.of(span) {
            write!(out, "file={},line={},col={},", property(&line(place.file)), place.line, place.column)?;
        }
        writeln!(out, "title={}::{}", property(title), data(message))
    }

    /// Counts an entry that is unknown for `reason`; how many there are with it.
    fn count(&mut self, reason: String) -> usize {
        let at = match self.by_text.get(&reason) {
            Some(at) => *at,
            None => {
                self.by_text.insert(reason.clone(), self.reasons.len());
                self.reasons.push((reason, 0));
                self.reasons.len() - 1
            }
        };
        self.reasons.get_mut(at).map_or(0, |(_, count)| {
            *count += 1;
            *count
        })
    }
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a `name=value` before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

impl Reporter for Github<'_> {
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        // Keys that are unknown for one reason are one annotation.
        for alike in judged.verdicts.chunk_by(|a, b| matches!(a.outcome, Outcome::Unknown(_)) && a.outcome == b.outcome)
        {
            let Some(verdict) = alike.first() else { continue };
            let told = |places: &Places| details(verdict, &verdict.evidence(), places).join("\n");
            let (level, title, message) = match &verdict.outcome {
                Outcome::Pass => continue,
                Outcome::Skip(_) if !self.verbose => continue,
                Outcome::Skip(_) => ("notice", heading(verdict), sentence(verdict, &verdict.evidence())),
                Outcome::Fail => ("error", heading(verdict), told(&self.places)),
                Outcome::Unknown(fault) => {
                    if self.count(fault.to_string()) > SAME {
                        continue;
                    }
                    let keys: Vec<_> = alike.iter().map(|v| v.key.as_ref()).collect();
                    let title = format!("{}: {}", entry(judged.claim), some_of(&keys, KEYS));
                    ("error", title, told(&self.places))
                }
            };
            self.command(level, verdict.expectation.span, &title, &message, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        for (reason, entries) in self.reasons.iter().filter(|(_, entries)| *entries > SAME) {
            let title = format!("{} more entries are unknown", entries - SAME);
            writeln!(out, "::error title={}::{}", property(&title), data(&line(reason)))?;
        }
        writeln!(out, "{}", count_and_duration(summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_failed_or_is_unknown_is_an_error_on_its_line() {
        let (sources, claims) = sample::plain();
        let text = sample::report("github", &sources, &sample::judged(&claims), false);
        assert!(
            text.starts_with("::error file=host.toml,line=4,col=8,title=File%3A /etc/passwd%3A mode::expected: \"0644\"%0Afound: \"seen\"\n"),
            "{text}"
        );
        assert!(
            text.contains(
                "title=File%3A /etc/shadow%3A exists%2C mode%2C owner::unknown: /etc/shadow: permission denied\n"
            ),
            "{text}"
        );
        assert!(text.ends_with("Count: 10, Failed: 4, Unknown: 3, Skipped: 1, Duration: 0.014s\n"), "{text}");
    }

    #[test]
    fn a_hostile_host_adds_no_command_and_no_property() {
        let (sources, claims) = sample::hostile();
        let text = sample::report("github", &sources, &sample::judged(&claims), true);
        let (last, commands) = text.trim_end().rsplit_once('\n').map(|(c, l)| (l, c)).unwrap_or(("", ""));
        assert!(last.starts_with("Count: "), "{text}");
        for command in commands.lines() {
            let (properties, _) = command.strip_prefix("::error ").unwrap().split_once("::").unwrap();
            let names: Vec<&str> = properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
            assert_eq!(names, ["file", "line", "col", "title"], "{command}");
        }
        assert_eq!((property("a:b,c%\n"), data("50%\r")), ("a%3Ab%2Cc%25%0A".into(), "50%25%0D".into()));
    }
}
