//! `verispec validate`: looks at the host and reports.

use super::chosen::Chosen;
use super::progress::Progress;
use super::site::Site;
use super::{Paint, USAGE, refuse, say};
use crate::load::{Spec, load};
use crate::plan::select;
use crate::quantity;
use crate::report::{self, Context, FORMATS, Format};
use crate::run::{self, Rounds};
use crate::secret::mask;
use crate::spec::Claim;
use clap::builder::PossibleValuesParser;
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "Examples:
  verispec validate                               the spec verispec.toml of this directory
  verispec validate web.toml roles/*.yaml         several specs as one
  verispec validate --tag smoke -r 1m web.toml    what is tagged smoke, for up to a minute
  verispec validate -f junit web.toml > web.xml   for a build server
  verispec validate -f nagios web.toml            as a monitoring plugin
  verispec validate --image app.tar app.toml      an image that `docker save` wrote

In a Dockerfile: HEALTHCHECK CMD verispec validate -f silent /etc/verispec.toml";

/// The specs that are looked for where none is named.
const STANDARD: [&str; 4] = ["verispec.toml", "verispec.yaml", "verispec.yml", "verispec.json"];

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
    #[command(flatten)]
    site: Site,
    /// How to report
    #[arg(short, long, value_name = "FORMAT", default_value = report::DEFAULT, value_parser = formats(), hide_possible_values = false)]
    format: String,
    /// Shows what passed too, where the format leaves it out
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    chosen: Chosen,
    /// Looks again at what has not passed until everything has, or until this time is over
    #[arg(short, long, value_name = "TIME", default_value = "0", value_parser = duration)]
    retry_timeout: Duration,
    /// How long to wait before looking again
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    sleep: Duration,
}

pub(super) fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name).help(f.about)))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = "a time has a number and a unit, such as `30s`, `500ms` or `5m`";
    quantity::parse_wait(text).ok_or_else(|| wrong.into())
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a number, 1 or more".into())
}

pub(super) fn named(specs: &[String]) -> Result<Vec<String>, u8> {
    if !specs.is_empty() {
        return Ok(specs.to_vec());
    }
    match standing()[..] {
        [name] => Ok(vec![name.to_owned()]),
        [] => {
            say("no spec is named, and neither verispec.toml nor verispec.yaml, .yml or .json is here");
            Err(USAGE)
        }
        [first, second, ..] => {
            say(format_args!("no spec is named, and both {first} and {second} are here: name one, or both"));
            Err(USAGE)
        }
    }
}

/// Those of the standard names that stand here.
pub(super) fn standing() -> Vec<&'static str> {
    // Of what is there and cannot be read, reading says so.
    let is_there = |name: &&str| Path::new(name).symlink_metadata().is_ok_and(|meta| !meta.is_dir());
    STANDARD.into_iter().filter(is_there).collect()
}

pub(super) fn run(args: Args, paint: Paint) -> io::Result<u8> {
    let specs = match named(&args.specs) {
        Ok(specs) => specs,
        Err(status) => return Ok(status),
    };
    let Spec { sources, claims } = match load(&specs) {
        Ok(spec) => spec,
        Err(rejected) => return Ok(refuse(&rejected, "; nothing was run", paint)),
    };
    let selection = args.chosen.selection();
    let claims: Arc<Vec<Claim>> = match select(claims, &selection) {
        Ok(claims) => claims.into(),
        Err(why) => {
            say(mask(&why));
            return Ok(USAGE);
        }
    };
    let Some(format) = Format::find(&args.format) else { return Ok(USAGE) };
    let host = match args.site.host() {
        Ok(host) => host,
        Err(status) => return Ok(status),
    };
    let name = host.name();
    let context = Context { sources: &sources, host: &name, colour: paint.on(&io::stdout()), verbose: args.verbose };
    let mut reporter = (format.make)(context);
    // While the progress line is on the terminal, the report waits: they would write over each other.
    let held = Cell::new(io::stderr().is_terminal() && io::stdout().is_terminal() && !reporter.unordered());
    let mut out = Held { held: &held, waiting: Vec::new(), out: io::stdout().lock() };
    let mut progress = Progress::new(claims.len());
    let mut open = claims.iter().filter(|c| c.skip().is_none()).count();
    let mut known = |more: usize| {
        progress.done(more);
        open = open.saturating_sub(more);
        if open == 0 {
            progress.finish();
            held.set(false);
        }
    };
    known(0);
    let limits = args.chosen.limits();
    let rounds = Rounds { timeout: args.retry_timeout, sleep: args.sleep };
    let summary = run::run(&claims, &host, limits, rounds, &mut *reporter, &mut out, &mut known)?;
    // Threads may still hang in the kernel, and there is nothing left to tidy up: the process ends with its report.
    std::mem::forget(claims);
    Ok(reporter.exit_status(&summary))
}

/// A buffer that keeps everything for as long as it is held.
struct Held<'h, W> {
    held: &'h Cell<bool>,
    waiting: Vec<u8>,
    out: W,
}

/// Bytes that wait at most once nothing holds them.
const BUFFER: usize = 1 << 16;

impl<W: Write> Write for Held<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= BUFFER {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.get() {
            return Ok(());
        }
        let written = self.out.write_all(&self.waiting).and_then(|()| self.out.flush());
        self.waiting.clear();
        written
    }
}
