//! `verispec autoadd`: what words stand for on this host, and what belongs to that, into a spec.

use super::Paint;
use super::write::Writing;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Names of packages, units, programs, accounts; ports, paths
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Prints by which way each entry was reached
    #[arg(long)]
    explain: bool,
    /// Steps from what a word names to what is written; 0 writes only what it names
    #[arg(long, value_name = "N", default_value = "6")]
    depth: usize,
    #[command(flatten)]
    writing: Writing,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let _ = (args, paint);
    super::say("not written yet");
    Ok(super::NOT_OK)
}
