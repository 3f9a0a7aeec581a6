//! `goss validate`: looks at this machine and reports by goss's rules.

use super::line::Line;
use super::log::Log;
use super::suite::{self, Suite};
use super::value::{span, written};
use super::{Common, GIVEN_UP, NOT_OK, refused, sorry};
use crate::cli::{BAD_SPEC, Colour, Paint};
use crate::host::Host;
use crate::report::printable::line as shown;
use crate::report::{self, Reporter, goss};
use crate::run::{self, Rounds};
use crate::spec::Claim;
use crate::syntax::Sources;
use crate::verdict::{Judged, Summary};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run(line: &Line, common: Common) -> io::Result<u8> {
    let Suite { sources, claims, warnings } = match Suite::read(&common) {
        Ok(suite) => suite,
        Err(rejected) => return refused(&rejected, BAD_SPEC),
    };
    warnings.iter().for_each(|warning| common.log.warn(warning));
    if claims.is_empty() {
        return sorry(&suite::no_tests(&common.request), BAD_SPEC);
    }
    let paint = Paint { choice: colour(line) };
    let format = line.text("format");
    let look = Look { sources: &sources, options: &line.list("format-options"), paint };
    let Some(reporter) = look.reporter(&format) else {
        return sorry(&format!("bad output format: {}", shown(&format)), NOT_OK);
    };
    let limits = match suite::limits(line) {
        Ok(limits) => limits,
        Err(why) => return sorry(why, NOT_OK),
    };
    let (timeout, sleep) = (line.wait("retry-timeout"), line.wait("sleep"));
    // goss takes a time before now for one that is over as soon as it has looked once.
    let rounds =
        Rounds { timeout: if timeout < 0 { Duration::from_nanos(1) } else { span(timeout) }, sleep: span(sleep) };
    let mut reporter = Telling { reporter, log: common.log, attempt: 1, timeout, sleep };
    let claims: Arc<Vec<Claim>> = claims.into();
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let summary = run::run(&claims, &Host::local(), limits, rounds, &mut reporter, &mut out, &mut |_| {})?;
    // Threads may still hang in the kernel, and there is nothing left to tidy up: the process ends with its report.
    std::mem::forget(claims);
    let status = reporter.exit_status(&summary);
    if timeout == 0 || status == 0 {
        return Ok(status);
    }
    super::say(format_args!("timeout of {} reached before tests entered a passing state", written(timeout)));
    Ok(GIVEN_UP)
}

/// As the flags have it; goss heeds NO_COLOR whatever they say, and `--color` before `--no-color`.
fn colour(line: &Line) -> Colour {
    let never = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match (line.is_on("color"), line.is_on("no-color")) {
        _ if never => Colour::Never,
        (true, _) => Colour::Always,
        (false, true) => Colour::Never,
        (false, false) => Colour::Auto,
    }
}

/// What a report is made from.
pub(super) struct Look<'a> {
    pub sources: &'a Sources,
    pub options: &'a [String],
    pub paint: Paint,
}

impl<'a> Look<'a> {
    /// One of goss's formats, or of ours where goss has none of this name.
    pub(super) fn reporter(&self, format: &str) -> Option<Box<dyn Reporter + 'a>> {
        let colour = self.paint.on(&io::stdout());
        if let Some(format) = goss::Format::find(format) {
            return Some((format.make)(goss::Context { options: self.options, colour }));
        }
        let verbose = self.options.iter().any(|option| option == "verbose");
        let context = report::Context { sources: self.sources, host: "", colour, verbose };
        report::Format::find(format).map(|format| (format.make)(context))
    }
}

/// Tells of each attempt on standard error, where goss prints a whole report each time.
struct Telling<'a> {
    reporter: Box<dyn Reporter + 'a>,
    log: Log,
    attempt: u32,
    /// Nanoseconds, both.
    timeout: i64,
    sleep: i64,
}

impl Reporter for Telling<'_> {
    fn begin(&mut self, entries: usize, out: &mut dyn Write) -> io::Result<()> {
        self.reporter.begin(entries, out)
    }

    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        self.reporter.entry(judged, out)
    }

    fn again(&mut self, elapsed: Duration) {
        self.attempt += 1;
        let (sleep, elapsed, timeout) = (written(self.sleep), elapsed.as_secs_f64(), written(self.timeout));
        self.log.info(&format!(
            "Retrying in {sleep} (elapsed/timeout time: {elapsed:.3}s/{timeout}): attempt #{}",
            self.attempt
        ));
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.reporter.finish(summary, out)
    }

    fn exit_status(&self, summary: &Summary) -> u8 {
        self.reporter.exit_status(summary)
    }

    fn unordered(&self) -> bool {
        self.reporter.unordered()
    }
}
