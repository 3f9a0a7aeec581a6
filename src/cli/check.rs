//! `verispec check`: only reads specs.

use super::validate::named;
use super::{Paint, print, refuse};
use crate::load::load;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let specs = match named(&args.specs) {
        Ok(specs) => specs,
        Err(status) => return Ok(status),
    };
    match load(&specs) {
        Err(rejected) => Ok(refuse(&rejected, "", paint)),
        Ok(spec) => {
            let keys: usize = spec.claims.iter().map(|c| c.tests.len() + usize::from(c.presence.is_some())).sum();
            let (files, entries) = (spec.sources.files.len(), spec.claims.len());
            let s = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
            print(&format!(
                "ok: {} with {} in {}\n",
                s(entries, "entry", "entries"),
                s(keys, "expectation", "expectations"),
                s(files, "file", "files")
            ))
        }
    }
}
