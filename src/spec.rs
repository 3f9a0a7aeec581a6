//! From trees to claims whose types are right, beside everything that is wrong.

use crate::matcher::Test;
use crate::resource::{Ask, Asked, Kind, Probe, address};
use crate::secret::Secrets;
use crate::syntax::Span;
use crate::value::Value;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::time::Duration;

mod common;
mod lower;
mod secrets;

pub use common::{COMMON, CommonKey, CommonShape};
pub use lower::lower;
pub use secrets::{Kept, censor};

/// Names of the section that reads other specs in; the second is goss's.
pub const INCLUDE: [&str; 2] = ["include", "gossfile"];

/// What one file says, in the order written.
#[derive(Default)]
pub struct Parts {
    pub claims: Vec<Claim>,
    /// Each with the number of claims that stand before it.
    pub includes: Vec<(usize, Include)>,
    /// Places that no report may show.
    pub secrets: Vec<Span>,
}

/// Other specs to read in at this place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// A path or a glob, relative to the file that says it.
    pub pattern: String,
    pub span: Span,
}

/// Whose rules an entry is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Ours.
    #[default]
    Strict,
    /// goss's: what a failed presence means for the other keys, and how values convert.
    Goss,
}

/// One entry of a spec: this thing, what is expected of it, and how to look.
pub struct Claim {
    pub kind: &'static Kind,
    pub profile: Profile,
    /// The entry's name as reports show it, without the password in a URL. It need not be the thing's.
    pub id: Box<str>,
    /// What the thing is called, where that is not what the entry is; it may hold a secret.
    pub target: Option<Box<str>>,
    /// Where the entry's name stands.
    pub span: Span,
    pub probe: Probe,
    /// `None` for kinds that have no presence.
    pub presence: Option<Expectation>,
    /// What to read of the thing, in spec order; `tests` says what is expected of each.
    pub asks: Asks,
    pub tests: Tests,
    /// `None` where the entry says none of it.
    pub common: Option<Box<Common>>,
    /// What the entry's settings keep to themselves; `None` where they keep nothing.
    pub secrets: Option<Box<Secrets>>,
}

/// Most entries say a few keys, and ten thousand entries should not mean twenty thousand lists beside them.
pub type Asks = SmallVec<[Ask; 3]>;
pub type Tests = SmallVec<[Expectation; 3]>;

/// A test and the place in the spec that it comes from.
#[derive(Debug)]
pub struct Expectation {
    pub test: Test,
    pub span: Span,
    /// The spec does not say it: an entry claims that the thing is there unless it says otherwise.
    pub implied: bool,
}

/// What every entry may say, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    pub title: Option<String>,
    pub meta: Option<Value>,
    /// Why it is skipped; empty where the spec says only `skip = true`.
    pub skip: Option<String>,
    pub tags: Vec<String>,
    pub timeout: Option<Duration>,
    pub retry: Option<Retry>,
    /// How often a server that looks again and again looks at this entry.
    pub every: Option<Duration>,
}

/// Ask again until it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How long to go on.
    pub within: Duration,
    /// How long to wait between two looks.
    pub every: Duration,
}

impl Asked for Claim {
    fn asks(&self) -> &[Ask] {
        &self.asks
    }

    fn test(&self, index: usize) -> Option<&Test> {
        self.tests.get(index).map(|expectation| &expectation.test)
    }
}

impl Claim {
    /// The name of the key that `asks[index]` reads, with a lookup's argument: `mode`, `json.server.port`. Of a goss file
    /// what goss calls it: `linkedto`.
    pub fn key_name(&self, index: usize) -> Cow<'static, str> {
        let Some(ask) = self.asks.get(index) else { return Cow::Borrowed("") };
        let name = (self.kind.key_name)(ask.key);
        if self.profile == Profile::Goss && !ask.argument.is_empty() {
            return Cow::Owned(ask.argument.to_string());
        }
        if ask.argument.is_empty() || (self.kind.is_check)(ask.key) {
            Cow::Borrowed(name)
        } else {
            Cow::Owned(format!("{name}.{}", ask.argument))
        }
    }

    pub fn tags(&self) -> &[String] {
        self.common.as_ref().map_or(&[], |c| &c.tags)
    }

    /// What the thing is called.
    pub fn target(&self) -> &str {
        self.target.as_deref().unwrap_or(&self.id)
    }

    /// How often it is looked at where that is done again and again.
    pub fn every(&self) -> Option<Duration> {
        self.common.as_ref()?.every
    }

    /// How long looking may take, all retries together, where a look takes `timeout` unless the entry says otherwise.
    pub fn longest(&self, timeout: Duration) -> Duration {
        let common = self.common.as_deref();
        let retry = common.and_then(|c| c.retry).map_or(Duration::ZERO, |retry| retry.within);
        common.and_then(|c| c.timeout).unwrap_or(timeout).saturating_add(retry)
    }

    /// What it is called among all entries.
    pub fn address(&self) -> String {
        address(self.kind.name, &self.id)
    }

    /// Why the spec says to skip it.
    pub fn skip(&self) -> Option<&str> {
        self.common.as_ref()?.skip.as_deref()
    }
}
