//! What the command line says of how things are looked at and where they are written.

use crate::cli::{USAGE, say, validate};
use crate::resource::{KINDS, Kind};
use crate::snapshot::How;
use crate::syntax::nearest;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use std::time::Duration;

/// Where entries are written, and how the things are looked at.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Writing {
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
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "samples", value_parser = validate::duration)]
    every: Duration,
    /// How long one look may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = validate::duration)]
    timeout: Duration,
}

impl Writing {
    /// The spec that is named.
    pub fn spec(&self) -> Option<&str> {
        self.spec.as_deref()
    }

    /// Of a glob that is none, or of no key, is told; the error is the exit status.
    pub fn how(&self) -> Result<How, u8> {
        let exclude = globs(&self.exclude_key).map_err(|why| {
            say(why);
            USAGE
        })?;
        let (samples, every, timeout) = (usize::from(self.samples), self.every, self.timeout);
        Ok(How { exclude, digests: self.hashes, samples, every, timeout })
    }
}

fn globs(texts: &[String]) -> Result<GlobSet, String> {
    let mut globs = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text).build().map_err(|e| format!("`{text}` is not a glob: {}", e.kind()))?;
        if !excludes_something(&glob) {
            return Err(no_key(text));
        }
        globs.add(glob);
    }
    globs.build().map_err(|e| e.to_string())
}

/// Every key, as it is and with its kind.
fn keys() -> impl Iterator<Item = (&'static str, String)> {
    let of =
        |kind: &'static Kind| (kind.keys)().into_iter().map(|key| (key.name, format!("{}.{}", kind.name, key.name)));
    KINDS.iter().flat_map(of)
}

fn excludes_something(glob: &Glob) -> bool {
    let glob = glob.compile_matcher();
    keys().any(|(key, full)| glob.is_match(key) || glob.is_match(full))
}

/// What is said of a glob that leaves out nothing.
fn no_key(text: &str) -> String {
    let presences = || KINDS.iter().filter_map(|kind| Some((kind.name, kind.presence?.name)));
    if presences().any(|(kind, name)| text == name || text == format!("{kind}.{name}")) {
        return format!("`{text}` says whether a thing is there, which is never left out");
    }
    let all: Vec<(&str, String)> = keys().collect();
    let names = all.iter().flat_map(|(key, full)| [*key, full.as_str()]);
    match nearest(text, names) {
        Some(near) => format!("`{text}` is no key of any kind: did you mean `{near}`?"),
        None => format!("`{text}` is no key of any kind: `verispec kinds KIND` lists them"),
    }
}
