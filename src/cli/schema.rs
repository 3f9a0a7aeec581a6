//! `verispec schema`: the JSON Schema of specs, for editors.

use super::print;
use crate::{report, schema};
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The schema of what `-f json` or `-f jsonl` writes instead
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "jsonl"])]
    report: Option<String>,
}

pub(super) fn run(args: &Args) -> io::Result<u8> {
    match args.report.as_deref() {
        Some("json") => print(&format!("{:#}\n", report::json::schema())),
        Some(_) => print(&format!("{:#}\n", report::jsonl::schema())),
        None => print(&schema::text()),
    }
}
