//! `verispec coverage`: what this host has that no entry speaks of.

use super::site::Site;
use super::write::{self, Writing};
use super::{NOT_OK, OK, Paint, USAGE, print, refuse, say, validate};
use crate::coverage::{self, Coverage, Covered};
use crate::load::{Rejected, load};
use crate::report::printable::line;
use crate::resource::Thing;
use crate::snapshot::{How, Subject};
use crate::spec::Claim;
use clap::ValueEnum;
use std::io;
use std::path::Path;

const EXAMPLES: &str = "\
Counted are listening ports, enabled units, manually installed packages, accounts with a login shell, mounts, and \
certificates under /etc. An entry speaks of a thing whatever it says of it, unless it is skipped; then it still holds its \
place, and nothing is added beside it.

Examples:
  verispec coverage                           what verispec.toml of this directory leaves out
  verispec coverage --fail-under 80 web.toml  exit status 1 under 80 %, and where not all could be listed
  verispec coverage --image app.tar app.toml  what the spec leaves out of an image
  verispec coverage --add                     appends entries for what is left out

Exit status: 0 it is told; 1 under the bound, or not all could be listed or added; 64 wrong usage; 78 the spec is wrong and \
nothing was looked at.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
    #[command(flatten)]
    site: Site,
    /// How to report
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Fails where fewer per cent of all are spoken of, or where not all could be listed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    fail_under: Option<u8>,
    /// Appends entries for what no entry speaks of, as `add` writes them, to the spec that is named
    #[arg(long, conflicts_with_all = ["format", "fail_under"])]
    add: bool,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    done(args, paint).unwrap_or_else(Ok)
}

/// The error is the exit status of what could not begin.
fn done(args: &Args, paint: Paint) -> Result<io::Result<u8>, u8> {
    if args.add && args.site.is_named() {
        say("`--add` writes what this machine has: `--root` and `--image` do not go with it");
        return Err(USAGE);
    }
    let named = named(args)?;
    let into = if args.add { into(args, &named)? } else { None };
    let claims = claims(&named, into, paint)?;
    let how = args.writing.how()?;
    let coverage = coverage::coverage(&claims, coverage::list(&args.site.host()?, how.timeout));
    Ok(match args.add {
        true => add(&coverage, &how, into, paint),
        false => report(args, &coverage, paint),
    })
}

fn report(args: &Args, coverage: &Coverage, paint: Paint) -> io::Result<u8> {
    match args.format {
        Format::Text => print(&coverage::page(coverage, paint.on(&io::stdout())))?,
        Format::Json => print(&String::from_utf8_lossy(&coverage::json(coverage)?))?,
    };
    Ok(match args.fail_under {
        Some(percent) if !coverage.reaches(percent) => {
            under(coverage, percent);
            NOT_OK
        }
        _ => OK,
    })
}

/// The specs that are named, or the one that stands here; none where there is none yet. The error is the exit status.
fn named(args: &Args) -> Result<Vec<String>, u8> {
    match (args.writing.spec(), args.specs.as_slice(), validate::standing().as_slice()) {
        (Some(write::STDOUT) | None, [], []) => {
            say("no spec is here: nothing is spoken of");
            Ok(Vec::new())
        }
        (Some(name), [], _) if name != write::STDOUT => Ok(vec![name.to_owned()]),
        (_, specs, _) => validate::named(specs),
    }
}

/// The spec to add to; none where `add` knows itself. The error is the exit status.
fn into<'a>(args: &'a Args, named: &'a [String]) -> Result<Option<&'a str>, u8> {
    match (args.writing.spec(), named) {
        (Some(name), _) => Ok(Some(name)),
        (None, []) => Ok(None),
        (None, [name]) if name != "-" => Ok(Some(name)),
        _ => {
            say("name the spec to add to with `--spec`");
            Err(USAGE)
        }
    }
}

/// What the specs say. The error is the exit status.
fn claims(named: &[String], into: Option<&str>, paint: Paint) -> Result<Vec<Claim>, u8> {
    // One that is to be written need not be there yet.
    let is_new = |name: &String| into == Some(name) && Path::new(name).symlink_metadata().is_err();
    if named.iter().all(is_new) {
        return Ok(Vec::new());
    }
    match load(named) {
        Ok(spec) => Ok(spec.claims),
        Err(rejected) if Rejected::is_empty(&rejected) => Ok(Vec::new()),
        Err(rejected) => Err(refuse(&rejected, "; nothing was looked at", paint)),
    }
}

fn add(coverage: &Coverage, how: &How, into: Option<&str>, paint: Paint) -> io::Result<u8> {
    unlisted(coverage);
    let (mut subjects, mut skipped) = (Vec::new(), Vec::new());
    let (mut least, mut passing) = (if coverage.is_known() { OK } else { NOT_OK }, false);
    for Covered { kind, free, held, .. } in &coverage.kinds {
        let subject = |thing: &Thing| Subject { kind, name: thing.name.clone(), settings: vec![], remarks: vec![] };
        for thing in free {
            let Some(why) = &thing.passing else {
                subjects.push(subject(thing));
                continue;
            };
            let (address, of, name) = (subject(thing).address(), kind.name, line(&thing.name));
            say(format_args!("{address} is left out: {why}; if it stays, write it with `verispec add {of} {name}`"));
            (least, passing) = (NOT_OK, true);
        }
        skipped.extend(held.iter().map(|thing| subject(thing).address()));
    }
    let or_skipped = if skipped.is_empty() { "" } else { " or skipped" };
    write::left_to_skipped(skipped);
    if subjects.is_empty() {
        match passing {
            true => say("nothing is added"),
            false => say(format_args!("nothing is added: what could be listed is spoken of{or_skipped}")),
        }
        return Ok(least);
    }
    Ok(write::write(how, into, &subjects, false, paint)?.max(least))
}

/// What could not be listed.
fn unlisted(coverage: &Coverage) {
    for kind in &coverage.kinds {
        if let Some(fault) = &kind.more {
            say(format_args!("{}: not all could be listed: {}", kind.noun, line(&fault.to_string())));
        }
    }
}

fn under(coverage: &Coverage, percent: u8) {
    match coverage.is_known() {
        true => say(format_args!("{} of what this host has is spoken of: under {percent} %", coverage.total())),
        false => {
            unlisted(coverage);
            say(format_args!("how much is spoken of is unknown: that is not {percent} %"));
        }
    }
}
