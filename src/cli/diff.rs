//! `verispec diff`: what differs between two specs, or between a spec and this host.

use super::site::Site;
use super::{NOT_OK, OK, Paint, USAGE, print, refuse, say, until_closed, validate};
use crate::compare::{self, Comparison};
use crate::gather;
use crate::load::{Spec, Texts, load_with_texts};
use clap::ValueEnum;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  verispec diff old.toml new.yaml                what they say that is not the same, in whatever order or spelling
  verispec diff web.toml                         what this host has that is not as web.toml says
  verispec diff --root /mnt web.toml             what the root file system there has that is not so
  git show HEAD~1:web.toml | verispec diff - web.toml

Exit status: 0 no difference; 1 something differs or could not be observed; 64 wrong usage; 78 a spec is wrong.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A spec, `-` for standard input
    #[arg(value_name = "A", value_hint = clap::ValueHint::FilePath)]
    a: String,
    /// Another, `-` for standard input [default: this host]
    #[arg(value_name = "B", value_hint = clap::ValueHint::FilePath)]
    b: Option<String>,
    #[command(flatten)]
    site: Site,
    /// How to report
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// How long one probe may take where its entry does not say
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = validate::duration)]
    timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Entry by entry: `-` what A says, `+` what B says or this host has, `?` why that is not known
    Text,
    /// One JSON document
    Json,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    if args.a == "-" && args.b.as_deref() == Some("-") {
        say("standard input is named twice and can be read once");
        return Ok(USAGE);
    }
    if args.b.is_some() && args.site.is_named() {
        say("two specs are compared with each other: `--root` and `--image` go with one");
        return Ok(USAGE);
    }
    let so = if args.b.is_some() { "; nothing was compared" } else { "; nothing was run" };
    let read = |name: &str| load_with_texts(&[name.to_owned()]);
    let (a, b) = (read(&args.a), args.b.as_deref().map(read));
    // What is wrong with either is told.
    let wrong = [a.as_ref().err(), b.as_ref().and_then(|b| b.as_ref().err())];
    if let Some(status) = wrong.into_iter().flatten().fold(None, |_, rejected| Some(refuse(rejected, so, paint))) {
        return Ok(status);
    }
    match (a, b) {
        (Ok(a), Some(Ok(b))) => {
            report(args, &compare::specs(&whole(&args.a, &a), &whole(args.b.as_deref().unwrap_or_default(), &b)), paint)
        }
        (Ok((Spec { sources, claims }, texts)), _) => {
            let claims = Arc::new(claims);
            let host = match args.site.host() {
                Ok(host) => host,
                Err(status) => return Ok(status),
            };
            let seen = gather::all(&claims, |claim| claim.skip().is_none(), &host, args.timeout);
            let spec = compare::Spec { name: name(&args.a), sources: &sources, claims: &claims, texts: &texts };
            let status = report(args, &compare::with_host(&spec, &host.name(), &seen), paint);
            // Threads may still hang in the kernel, and there is nothing left to tidy up.
            std::mem::forget(claims);
            status
        }
        _ => Ok(NOT_OK),
    }
}

fn whole<'s>(path: &'s str, (spec, texts): &'s (Spec, Texts)) -> compare::Spec<'s> {
    compare::Spec { name: name(path), sources: &spec.sources, claims: &spec.claims, texts }
}

fn name(path: &str) -> &str {
    if path == "-" { "<standard input>" } else { path }
}

fn report(args: &Args, comparison: &Comparison, paint: Paint) -> io::Result<u8> {
    match args.format {
        Format::Text => _ = print(&compare::text(comparison, paint.on(&io::stdout())))?,
        Format::Json => {
            let mut out = Vec::new();
            compare::json::json(comparison, &mut out)?;
            until_closed(io::stdout().lock().write_all(&out))?;
        }
    }
    Ok(if comparison.is_same() { OK } else { NOT_OK })
}
