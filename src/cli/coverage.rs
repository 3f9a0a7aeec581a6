//! `verispec coverage`: what this host has that no entry speaks of.

use super::write::{self, Writing};
use super::{NOT_OK, OK, Paint, USAGE, print, refuse, say, validate};
use crate::coverage::{self, Coverage};
use crate::host::Host;
use crate::load::{Rejected, load};
use crate::report::printable::line;
use crate::snapshot::Subject;
use crate::spec::Claim;
use clap::ValueEnum;
use std::io;
use std::path::Path;

const EXAMPLES: &str = "\
Counted are listening ports, enabled units, manually installed packages, accounts with a login shell, mounts, and \
certificates under /etc. An entry speaks of a thing whatever it says of it, unless it is skipped.

Examples:
  verispec coverage                           what verispec.toml of this directory leaves out
  verispec coverage --fail-under 80 web.toml  exit status 1 under 80 %, and where not all could be listed
  verispec coverage --add                     appends entries for what is left out

Exit status: 0 it is told; 1 under the bound, or not all could be listed or added; 64 wrong usage; 78 the spec is wrong and \
nothing was looked at.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
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

pub(super) fn run(mut args: Args, paint: Paint) -> io::Result<u8> {
    let claims = match claims(&mut args, paint) {
        Ok(claims) => claims,
        Err(status) => return Ok(status),
    };
    let how = match args.writing.how() {
        Ok(how) => how,
        Err(why) => {
            say(why);
            return Ok(USAGE);
        }
    };
    let coverage = coverage::coverage(&claims, coverage::list(&Host::local(), how.timeout));
    if args.add {
        return add(&coverage, &args.writing, paint);
    }
    match args.format {
        Format::Text => print(&coverage::page(&coverage, paint.on(&io::stdout())))?,
        Format::Json => print(&String::from_utf8_lossy(&coverage::json(&coverage)?))?,
    };
    Ok(match args.fail_under {
        Some(percent) if !coverage.reaches(percent) => {
            under(&coverage, percent);
            NOT_OK
        }
        _ => OK,
    })
}

/// What the specs say that are named, or that stand here; nothing where there is none yet. The error is the exit status.
fn claims(args: &mut Args, paint: Paint) -> Result<Vec<Claim>, u8> {
    let standing = validate::standing();
    let named = match (args.writing.named(), args.specs.as_slice(), standing.as_slice()) {
        (Some(write::STDOUT) | None, [], []) => {
            say("no spec is here: nothing is spoken of");
            return Ok(Vec::new());
        }
        (Some(name), [], _) if name != write::STDOUT => vec![name.to_owned()],
        (_, [], _) => validate::named(&[])?,
        (_, specs, _) => specs.to_vec(),
    };
    if args.add && args.writing.named().is_none() {
        match named.as_slice() {
            [name] if name != "-" => args.writing.name(name),
            _ => {
                say("name the spec to add to with `--spec`");
                return Err(USAGE);
            }
        }
    }
    // One that is to be written need not be there yet.
    let is_new = |name: &String| args.writing.named() == Some(name) && Path::new(name).symlink_metadata().is_err();
    if args.add && named.iter().all(is_new) {
        return Ok(Vec::new());
    }
    match load(&named) {
        Ok(spec) => Ok(spec.claims),
        Err(rejected) if Rejected::is_empty(&rejected) => Ok(Vec::new()),
        Err(rejected) => Err(refuse(&rejected, "; nothing was looked at", paint)),
    }
}

fn add(coverage: &Coverage, writing: &Writing, paint: Paint) -> io::Result<u8> {
    let subject = |kind, name: &str| Subject { kind, name: name.to_owned(), settings: vec![], remarks: vec![] };
    unlisted(coverage);
    let (mut subjects, mut least) = (Vec::new(), if coverage.is_known() { OK } else { NOT_OK });
    for kind in &coverage.kinds {
        for thing in &kind.missing {
            let (kind, name) = (kind.kind, &thing.name);
            match &thing.passing {
                None => subjects.push(subject(kind, name)),
                Some(why) => {
                    let (of, name) = (kind.name, line(name));
                    say(format_args!("{of} `{name}`: {why}; if it stays, write it with `verispec add {of} {name}`"));
                    least = NOT_OK;
                }
            }
        }
    }
    if subjects.is_empty() {
        match coverage.kinds.iter().all(|kind| kind.missing.is_empty()) {
            true => say("nothing is added: what could be listed is spoken of"),
            false => say("nothing is added"),
        }
        return Ok(least);
    }
    Ok(write::write(writing, &subjects, false, paint)?.max(least))
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
