//! The command line: one file a command. The library computes; only what is here prints and chooses exit statuses.

use crate::container::FOLDER;
use crate::gather;
use crate::host::front::{self, Place};
use crate::host::guest;
use crate::syntax::Sources;
use crate::value::Fault;
use anstream::{AutoStream, ColorChoice};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

mod accept;
mod add;
mod autoadd;
mod check;
mod chosen;
mod container;
mod coverage;
mod diff;
mod generate;
mod goss;
mod kinds;
mod migrate;
mod probe;
mod progress;
mod reasons;
mod schema;
mod serve;
mod site;
mod validate;
mod write;

/// Nothing failed and nothing is unknown.
pub const OK: u8 = 0;
/// Something failed or is unknown.
pub const NOT_OK: u8 = 1;
/// The command line is wrong: EX_USAGE of sysexits(3).
pub const USAGE: u8 = 64;
/// The spec is wrong and nothing was run: EX_CONFIG of sysexits(3).
pub const BAD_SPEC: u8 = 78;

const EXIT_STATUS: &str = "Exit status: 0 nothing failed and nothing is unknown; 1 something failed or could not be \
    observed; 64 wrong usage; 78 the spec is wrong and nothing was run.";

/// Checks that this host is what a spec says it should be.
#[derive(Debug, Parser)]
#[command(
    name = "verispec",
    version,
    disable_help_subcommand = true,
    after_help = EXIT_STATUS
)]
pub struct Cli {
    /// When to use colour: on a terminal unless NO_COLOR is set, or as said here
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = Colour::Auto,
        display_order = 90
    )]
    color: Colour,
    /// `goss` reads goss's files and speaks goss's command line; then it has to come first
    #[arg(long, global = true, value_enum, value_name = "PROFILE", default_value_t = Profile::Strict, display_order = 91)]
    profile: Profile,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    Strict,
    Goss,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Looks at the host and reports every key of every entry
    #[command(visible_alias = "v")]
    Validate(validate::Args),
    /// Reads specs and says what is wrong with them; looks at nothing else
    Check(check::Args),
    /// Writes what things are now into a spec
    Add(add::Args),
    /// Writes what a word stands for into a spec: package, units, processes, ports, accounts, files, certificates
    Autoadd(autoadd::Args),
    /// Takes over what was found into expectations that failed
    Accept(accept::Args),
    /// Says what differs between two specs, or between a spec and this host
    Diff(diff::Args),
    /// Says what this host has that no entry of a spec speaks of
    Coverage(coverage::Args),
    /// Answers to HTTP with the host's health, looked at again and again
    Serve(serve::Args),
    /// Looks at a container from inside it, through Docker or Podman
    Container(container::Args),
    /// Asks a server whether it is well, for HEALTHCHECK lines: exit status 0 or 1
    Probe(probe::Args),
    /// Writes a goss file anew as a spec, and says what reads otherwise
    Migrate(migrate::Args),
    /// Shows what a spec can be about: all kinds, or the keys of one
    Kinds(kinds::Args),
    /// Shows what a spec can expect of a key: matchers, comparisons, quantities
    Matchers,
    /// Prints the JSON Schema of specs, for editors
    Schema(schema::Args),
    /// Prints shell completions
    Completions(generate::Completions),
    /// Prints the manual page
    Man,
}

/// Runs one command line.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    quiet_panics();
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(args) = as_goss(&args) {
        guest::follow(FOLDER);
        return goss::main(&args);
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let status = match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => OK,
                _ => USAGE,
            };
            return ExitCode::from(finished(until_closed(error.print()).map(|()| status)));
        }
    };
    if let Profile::Goss = cli.profile {
        say("`--profile goss` has to come first: what follows it is goss's command line");
        return ExitCode::from(USAGE);
    }
    // What takes verispec out of a container has to see that to its end.
    if !matches!(cli.command, Command::Container(_)) {
        guest::follow(FOLDER);
    }
    let paint = Paint { choice: cli.color };
    let done = match cli.command {
        Command::Validate(args) => return ExitCode::from(in_place(|| finished(validate::run(args, paint)))),
        Command::Check(args) => check::run(&args, paint),
        Command::Add(args) => return ExitCode::from(in_place(|| finished(add::run(&args, paint)))),
        Command::Autoadd(args) => return ExitCode::from(in_place(|| finished(autoadd::run(&args, paint)))),
        Command::Accept(args) => return ExitCode::from(in_place(|| finished(accept::run(&args, paint)))),
        Command::Diff(args) => return ExitCode::from(in_place(|| finished(diff::run(&args, paint)))),
        Command::Coverage(args) => return ExitCode::from(in_place(|| finished(coverage::run(&args, paint)))),
        Command::Serve(args) => serve::run(args, paint),
        Command::Container(args) => container::run(args, paint),
        Command::Probe(args) => probe::run(&args),
        Command::Migrate(args) => migrate::run(&args, paint),
        Command::Kinds(args) => kinds::run(&args),
        Command::Matchers => kinds::matchers(),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man => generate::man(),
    };
    ExitCode::from(finished(done))
}

/// The arguments for goss if it is to be goss: by the name that it is called by (`goss`, or one of its releases' names
/// such as `goss-linux-amd64`), or by `--profile goss` before all else.
fn as_goss(args: &[OsString]) -> Option<Vec<OsString>> {
    let (name, rest) = args.split_first()?;
    let called = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if called == "goss" || called.starts_with("goss-") {
        return Some(rest.to_vec());
    }
    match rest {
        [flag, rest @ ..] if flag == "--profile=goss" => Some(rest.to_vec()),
        [flag, profile, rest @ ..] if flag == "--profile" && profile == "goss" => Some(rest.to_vec()),
        _ => None,
    }
}

/// Runs what may leave threads hanging in the kernel; ends on time all the same.
fn in_place(run: impl FnOnce() -> u8) -> u8 {
    match front::place() {
        Place::Front(status) => status,
        Place::Alone => run(),
        Place::Behind(line) => {
            let status = run();
            line.end(status);
            status
        }
    }
}

/// The status; of a report that could not be written, that of a host which is not known to be right.
fn finished(done: io::Result<u8>) -> u8 {
    done.unwrap_or_else(|error| {
        say(Fault::from_io("cannot write to standard output", &error));
        NOT_OK
    })
}

/// The whole command line, for completions and the manual.
fn command() -> clap::Command {
    Cli::command()
}

/// Whether to write escape sequences, stream by stream.
#[derive(Clone, Copy)]
struct Paint {
    choice: Colour,
}

impl Paint {
    fn on(self, stream: &(impl anstream::stream::RawStream + IsTerminal)) -> bool {
        match self.choice {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        }
    }
}

/// A line for the person, on standard error.
fn say(what: impl std::fmt::Display) {
    // At once, so that what others write does not come in between. Without a standard error there is nobody to tell.
    let _ = io::stderr().write_all(format!("verispec: {what}\n").as_bytes());
}

/// Mistakes that are shown at most.
const SHOWN: usize = 50;

/// The page of what is wrong with a spec, on standard error; `so` says what that means for the run.
fn refuse(rejected: &crate::load::Rejected, so: &str, paint: Paint) -> u8 {
    let crate::load::Rejected { sources, wrong } = rejected;
    let shown = wrong.get(..SHOWN).unwrap_or(wrong);
    let page = Sources::render(sources, shown, paint.on(&io::stderr()));
    let count = match wrong.len() {
        1 => "1 error".to_owned(),
        n if n > SHOWN => format!("{n} errors, of which the first {SHOWN} are shown"),
        n => format!("{n} errors"),
    };
    let _ = write!(io::stderr(), "{page}");
    say(format_args!("{count}{so}"));
    BAD_SPEC
}

/// A reader that went away early (`verispec … | head`) is an end, not an error.
fn until_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a whole text.
fn print(text: &str) -> io::Result<u8> {
    let mut out = io::stdout().lock();
    until_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?;
    Ok(OK)
}

/// A panic in a probe becomes an unknown that tells of it. Any other is told here, without what the program held.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if gather::panicked(panic) {
            return;
        }
        say(format_args!("a bug: it panicked{}", gather::of_panic(panic)));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            say(trace);
        }
    }));
}
