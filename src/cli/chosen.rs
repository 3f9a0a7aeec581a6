//! Which entries the command line chooses, and how hard they are looked at.

use super::validate::{at_least_one, duration};
use crate::plan::{Limits, Selection};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Chosen {
    /// Only entries with this tag (again for more)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only entries of this kind (again for more)
    #[arg(long, value_name = "KIND", value_parser = super::kinds::Named, hide_possible_values = true)]
    pub kind: Vec<String>,
    /// Only entries whose `kind:name` this glob matches, such as 'file:/etc/*' (again for more)
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Probes at work at once [default: 128, and more beside those that hang]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_concurrent: Option<usize>,
    /// How long one probe may take where its entry does not say
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,
}

impl Chosen {
    pub fn selection(&self) -> Selection {
        Selection { tags: self.tag.clone(), kinds: self.kind.clone(), only: self.only.clone() }
    }

    pub fn limits(&self) -> Limits {
        match self.max_concurrent {
            Some(concurrent) => Limits { concurrent, spare: 0, timeout: self.timeout },
            None => Limits { timeout: self.timeout, ..Limits::default() },
        }
    }
}
