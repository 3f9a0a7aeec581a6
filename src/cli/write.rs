//! Entries for what was seen, into a spec: what `add`, `autoadd` and `coverage --add` end with.

use super::{Paint, say};
use crate::quantity;
use crate::snapshot::{How, Subject};
use globset::{GlobBuilder, GlobSetBuilder};
use std::io;
use std::time::Duration;

/// Where entries are written, and how the things are looked at.
#[derive(Debug, clap::Args)]
pub(super) struct Writing {
    /// The spec to write into, by its ending TOML, YAML or JSON; `-` prints TOML [default: the verispec.toml, .yaml, .yml or .json
    /// that is here, else a new verispec.toml]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    spec: Option<String>,
    /// Keys to leave out, such as `mode` or `file.*` (again for more)
    #[arg(long, value_name = "GLOB")]
    exclude_key: Vec<String>,
    /// Writes the SHA-256 of files, too
    #[arg(long)]
    hashes: bool,
    /// Looks so often: what stayed is written as it is, what moved as a range
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    samples: u16,
    /// How long to wait between two looks
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = wait)]
    every: Duration,
    /// How long one look may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = wait)]
    timeout: Duration,
}

fn wait(text: &str) -> Result<Duration, String> {
    let wrong = "a time has a number and a unit, such as `30s`, `500ms` or `5m`";
    quantity::parse_wait(text).ok_or_else(|| wrong.into())
}

impl Writing {
    /// The error is why a glob is none.
    pub fn how(&self) -> Result<How, String> {
        let mut globs = GlobSetBuilder::new();
        for text in &self.exclude_key {
            let glob = GlobBuilder::new(text).build().map_err(|e| format!("`{text}` is not a glob: {}", e.kind()))?;
            globs.add(glob);
        }
        let exclude = globs.build().map_err(|e| e.to_string())?;
        let (samples, every, timeout) = (usize::from(self.samples), self.every, self.timeout);
        Ok(How { exclude, digests: self.hashes, samples, every, timeout })
    }
}

/// Looks at the subjects and writes those that the spec does not speak of yet; of one that is not there, that it is not if
/// `absent` says so, else nothing. Prints what it wrote and says on standard error what it left out.
pub(super) fn write(writing: &Writing, subjects: &[Subject], absent: bool, paint: Paint) -> io::Result<u8> {
    let _ = (writing, subjects, absent, paint);
    say("not written yet");
    Ok(super::NOT_OK)
}
