//! `verispec add`: things as they are now, into a spec.

use super::Paint;
use super::write::Writing;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of thing
    #[arg(value_name = "KIND", value_parser = super::kinds::Named, hide_possible_values = true)]
    kind: String,
    /// What they are called
    #[arg(value_name = "ID", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    writing: Writing,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let _ = (args, paint);
    super::say("not written yet");
    Ok(super::NOT_OK)
}
