//! `verispec schema`: the JSON Schema of specs, for editors.

use super::print;
use crate::schema;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> io::Result<u8> {
    print(&schema::text())
}
