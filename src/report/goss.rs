//! Verdicts as goss reports them: one file a format.

mod documentation;
mod human;
mod json;
mod json_text;
mod junit;
mod matched;
mod nagios;
mod plain;
mod prometheus;
mod result;
mod rspecish;
mod silent;
mod structured;
mod tap;
mod unified;

use super::Reporter;
use crate::verdict::{Judged, Summary};
use human::{Paint, Words};
use result::{Group, group};
use std::io::{self, Write};

/// What a format may want to know of the run.
pub struct Context<'a> {
    /// As `--format-options` has them.
    pub options: &'a [String],
    /// Whether escape sequences may be written.
    pub colour: bool,
}

/// A format by name.
pub struct Format {
    pub name: &'static str,
    pub about: &'static str,
    pub make: for<'a> fn(Context<'a>) -> Box<dyn Reporter + 'a>,
}

/// The options that formats take.
pub const OPTIONS: [&str; 6] = ["exclude_raw", "include_raw", "perfdata", "pretty", "sort", "verbose"];

pub static FORMATS: &[Format] = &[
    Format {
        name: "documentation",
        about: "A line a result, then what failed or was skipped again.",
        make: |c| arranged(c, documentation::Documentation::default()),
    },
    Format { name: "json", about: "One JSON document.", make: |c| arranged(c, json::Json::default()) },
    Format { name: "junit", about: "JUnit XML, one suite.", make: |c| arranged(c, junit::Junit::default()) },
    Format {
        name: "nagios",
        about: "A plugin's status line; exit status 2 if something failed.",
        make: |c| arranged(c, nagios::Nagios::default()),
    },
    Format {
        name: "prometheus",
        about: "Metrics in the text exposition format; the exit status is always 0.",
        make: |c| arranged(c, prometheus::Prometheus::default()),
    },
    Format {
        name: "rspecish",
        about: "A character a result, then what failed or was skipped.",
        make: |c| arranged(c, rspecish::Rspecish::default()),
    },
    Format { name: "silent", about: "Nothing but the exit status.", make: |c| arranged(c, silent::Silent) },
    Format {
        name: "structured",
        about: "JSON as goss gives it to programs; the exit status is always 0.",
        make: |c| arranged(c, structured::Structured::default()),
    },
    Format { name: "tap", about: "Test Anything Protocol.", make: |c| arranged(c, tap::Tap::default()) },
];

impl Format {
    pub fn find(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|f| f.name == name)
    }
}

/// What the options say.
#[derive(Clone, Copy)]
struct Options {
    paint: Paint,
    perfdata: bool,
    pretty: bool,
    /// Whether a value is shown as it was before it was made comparable, too.
    raw: bool,
    verbose: bool,
}

impl Options {
    fn words(self, compact: bool) -> Words {
        Words { compact, raw: self.raw, paint: self.paint }
    }

    fn uncoloured(self) -> Options {
        Options { paint: Paint { colour: false }, ..self }
    }
}

/// Writes one format of goss's.
trait Output {
    /// One entry, in the order that is asked for.
    fn group(&mut self, group: Group, options: Options, out: &mut dyn Write) -> io::Result<()>;
    /// After the last.
    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()>;
    /// The process's exit status.
    fn status(&self, failed: bool) -> u8 {
        failed.into()
    }
}

fn arranged<'a>(context: Context<'a>, output: impl Output + 'a) -> Box<dyn Reporter + 'a> {
    let on = |name: &str| context.options.iter().any(|option| option.eq_ignore_ascii_case(name));
    let options = Options {
        paint: Paint { colour: context.colour },
        perfdata: on("perfdata"),
        pretty: on("pretty"),
        raw: !on("exclude_raw"),
        verbose: on("verbose"),
    };
    let held = on("sort").then(Vec::new);
    Box::new(Arranged { options, held, output })
}

/// Hands a format its entries in the order of the file or, if that is asked for, by name.
struct Arranged<O> {
    options: Options,
    /// Those that wait to be sorted.
    held: Option<Vec<Group>>,
    output: O,
}

impl<O: Output> Reporter for Arranged<O> {
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        let group = group(judged);
        match &mut self.held {
            _ if group.results.is_empty() => Ok(()),
            Some(held) => {
                held.push(group);
                Ok(())
            }
            None => self.output.group(group, self.options, out),
        }
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        if let Some(mut held) = self.held.take() {
            held.sort_by_cached_key(human::key);
            held.into_iter().try_for_each(|group| self.output.group(group, self.options, out))?;
        }
        self.output.finish(summary, self.options, out)
    }

    fn exit_status(&self, summary: &Summary) -> u8 {
        self.output.status(!summary.ok())
    }
}

#[cfg(test)]
mod tests;
