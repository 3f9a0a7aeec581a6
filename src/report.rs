//! Verdicts to bytes: one file a format.

use crate::syntax::Sources;
use crate::verdict::{Judged, Summary};
use std::io::{self, Write};
use std::time::Duration;

mod documentation;
mod findings;
mod github;
pub mod goss;
pub mod html;
pub mod json;
pub mod jsonl;
mod junit;
mod nagios;
pub mod place;
pub mod printable;
pub mod prometheus;
mod rspecish;
#[cfg(test)]
mod sample;
pub mod sentence;
mod silent;
mod tap;

/// Writes one format.
///
/// `out` is buffered. The caller flushes it after each call if the reporter is [`unordered`](Reporter::unordered), else
/// when it likes and at the end: a flush for each of 10,000 entries would be 10,000 system calls.
pub trait Reporter {
    /// Before anything is known; `entries` is how many [`Judged`] will follow.
    fn begin(&mut self, _entries: usize, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    /// One entry, in spec order.
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()>;
    /// Not everything passed, and after a while it is looked again: how long it has been so far.
    fn again(&mut self, _elapsed: Duration) {}
    /// After the last.
    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
    /// The process's exit status, where the format has its own.
    fn exit_status(&self, summary: &Summary) -> u8 {
        if summary.ok() { 0 } else { 1 }
    }
    /// Whether it is handed each entry as it is known, in no order.
    fn unordered(&self) -> bool {
        false
    }
}

/// All of a report on what is known already, in one piece.
pub fn whole(reporter: &mut dyn Reporter, entries: &[Judged], summary: &Summary) -> io::Result<Vec<u8>> {
    let mut out = vec![];
    reporter.begin(entries.len(), &mut out)?;
    entries.iter().try_for_each(|judged| reporter.entry(judged, &mut out))?;
    reporter.finish(summary, &mut out)?;
    Ok(out)
}

/// What a reporter may want to know of the run.
pub struct Context<'a> {
    /// Every spec that was read; verdicts' spans point into them. The first is the one named on the command line.
    pub sources: &'a Sources,
    /// The name of the host that was looked at; empty if it has none.
    pub host: &'a str,
    /// Whether escape sequences may be written.
    pub colour: bool,
    /// Whether what passed is shown too where the format leaves it out.
    pub verbose: bool,
}

/// A format by name.
pub struct Format {
    pub name: &'static str,
    pub about: &'static str,
    pub make: for<'a> fn(Context<'a>) -> Box<dyn Reporter + 'a>,
}

/// The format for when none is asked for.
pub const DEFAULT: &str = "rspecish";

pub static FORMATS: &[Format] = &[
    Format {
        name: "rspecish",
        about: "A character a result, then what failed or is unknown in full.",
        make: |c| Box::new(rspecish::Rspecish::new(&c)),
    },
    Format {
        name: "documentation",
        about: "A line a result, then what failed or is unknown in full.",
        make: |c| Box::new(documentation::Documentation::new(&c)),
    },
    Format { name: "json", about: "One JSON document.", make: |c| Box::new(json::Json::new(&c)) },
    Format {
        name: "jsonl",
        about: "A JSON object a line, each result as soon as it is known.",
        make: |c| Box::new(jsonl::Jsonl::new(&c)),
    },
    Format { name: "junit", about: "JUnit XML; unknown is an error.", make: |c| Box::new(junit::Junit::new(&c)) },
    Format { name: "tap", about: "Test Anything Protocol, version 14.", make: |c| Box::new(tap::Tap::new(&c)) },
    Format {
        name: "nagios",
        about: "A plugin's status line, performance data and exit status.",
        make: |c| Box::new(nagios::Nagios::new(&c)),
    },
    Format {
        name: "prometheus",
        about: "Metrics in the text exposition format.",
        make: |c| Box::new(prometheus::Prometheus::new(&c)),
    },
    Format {
        name: "github",
        about: "Annotations on the lines of the spec in GitHub Actions.",
        make: |c| Box::new(github::Github::new(&c)),
    },
    Format {
        name: "html",
        about: "A page of its own for a browser: search, filters, what failed on top.",
        make: |c| Box::new(html::Html::new(&c)),
    },
    Format { name: "silent", about: "Nothing but the exit status.", make: |_| Box::new(silent::Silent) },
];

impl Format {
    pub fn find(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|f| f.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, HOSTILE};
    use crate::verdict::{Judged, Outcome};

    #[test]
    fn the_default_is_a_format_and_names_are_told_apart() {
        assert!(Format::find(DEFAULT).is_some());
        for (at, format) in FORMATS.iter().enumerate() {
            assert!(!FORMATS[..at].iter().any(|f| f.name == format.name), "{}", format.name);
        }
    }

    #[test]
    fn a_hostile_host_writes_no_control_character_in_any_format() {
        let (sources, claims) = sample::hostile();
        let judged = [Judged {
            verdicts: claims
                .iter()
                .flat_map(|c| {
                    [
                        sample::verdict(c, 0, Outcome::Fail, Some(HOSTILE)),
                        sample::verdict(c, 0, sample::denied(HOSTILE), None),
                        sample::verdict(c, 0, Outcome::Skip(HOSTILE.into()), None),
                        sample::verdict(c, 0, Outcome::Pass, Some(HOSTILE)),
                    ]
                })
                .collect(),
            claim: &claims[0],
            elapsed: std::time::Duration::ZERO,
        }];
        for format in FORMATS {
            for verbose in [false, true] {
                let text = sample::report(format.name, &sources, &judged, verbose);
                let bad: Vec<char> =
                    text.chars().filter(|c| *c != '\n' && (c.is_control() || crate::quantity::drives(*c))).collect();
                assert!(bad.is_empty(), "{}: {bad:?}\n{text}", format.name);
            }
        }
    }

    #[test]
    fn a_long_value_is_cut_in_every_format() {
        let (sources, claims) = sample::hostile();
        let long = "x".repeat(1 << 20);
        let judged = [Judged {
            verdicts: vec![sample::verdict(&claims[0], 0, Outcome::Fail, Some(&long))],
            claim: &claims[0],
            elapsed: std::time::Duration::ZERO,
        }];
        for format in FORMATS {
            let text = sample::report(format.name, &sources, &judged, false);
            assert!(text.len() < 40_000, "{}: {}", format.name, text.len());
        }
    }

    #[test]
    fn only_what_failed_or_is_unknown_makes_the_status() {
        let (sources, claims) = sample::hostile();
        for (outcome, plain, nagios) in [
            (Outcome::Pass, 0, 0),
            (Outcome::Skip(String::new()), 0, 0),
            (sample::denied("no"), 1, 3),
            (Outcome::Fail, 1, 2),
        ] {
            let verdict = sample::verdict(&claims[0], 0, outcome, None);
            let mut summary = sample::summary();
            summary.count(&verdict.outcome);
            for format in FORMATS {
                let reporter = (format.make)(sample::context(&sources, false));
                let want = if format.name == "nagios" { nagios } else { plain };
                assert_eq!(reporter.exit_status(&summary), want, "{} {:?}", format.name, verdict.outcome);
            }
        }
    }
}
