//! `verispec schema`: the JSON Schema of specs, for editors.

use super::print;
use crate::{compare, report, schema};
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The schema of what `-f json` or `-f jsonl` writes instead, or of what `diff -f json` does
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "jsonl", "diff"])]
    report: Option<String>,
}

pub(super) fn run(args: &Args) -> io::Result<u8> {
    match args.report.as_deref() {
        Some("json") => print(&format!("{:#}\n", report::json::schema())),
        Some("diff") => print(&format!("{:#}\n", compare::json::schema())),
        Some(_) => print(&format!("{:#}\n", report::jsonl::schema())),
        None => print(&schema::text()),
    }
}
