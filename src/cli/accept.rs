//! `verispec accept`: what was found, into the expectations that failed.

use super::Paint;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The spec, and `kind/name/key` of the expectations to move [default: all that failed]
    #[arg(value_name = "SPEC|KIND/ID/KEY")]
    what: Vec<String>,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let _ = (args, paint);
    super::say("not written yet");
    Ok(super::NOT_OK)
}
