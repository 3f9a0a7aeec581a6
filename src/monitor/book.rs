//! The spec that is in use, and whether another one stands in its files by now.

use crate::load::{Rejected, Spec, Stamp, load_stamped};
use crate::plan::{Selection, select};
use crate::secret::mask;
use crate::spec::Claim;
use crate::syntax::Sources;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// Entries that are looked at, and where they stand.
pub struct Book {
    pub sources: Sources,
    pub claims: Arc<Vec<Claim>>,
    /// Which of them have a tag.
    tags: BTreeMap<String, Vec<usize>>,
}

impl Book {
    pub(super) fn new(sources: Sources, claims: Vec<Claim>) -> Book {
        let mut tags: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, claim) in claims.iter().enumerate() {
            for tag in claim.tags() {
                let tagged = tags.entry(tag.clone()).or_default();
                if tagged.last() != Some(&index) {
                    tagged.push(index);
                }
            }
        }
        Book { sources, claims: Arc::new(claims), tags }
    }

    /// The entries with a tag; `None` for one that no entry has.
    pub fn tagged(&self, tag: &str) -> Option<&[usize]> {
        self.tags.get(tag).map(Vec::as_slice)
    }

    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str)
    }
}

/// What is read to have one.
pub struct Request {
    pub specs: Vec<String>,
    pub selection: Selection,
}

/// Why there is none.
pub enum Refusal {
    Spec(Rejected),
    /// Nothing that the command line chooses stands in it.
    Selection(String),
}

/// A spec that was refused while another one went on.
#[derive(Debug)]
pub struct Refused {
    pub at: OffsetDateTime,
    /// One line: the first mistake, its place, and how many more there are.
    pub why: String,
}

impl Request {
    /// Reads it for the first time, or `again` while another one is in use.
    pub fn read(&self, again: bool) -> (Result<Book, Refusal>, Stamp) {
        let (read, stamp) = load_stamped(&self.specs, again);
        let book = read.map_err(Refusal::Spec).and_then(|Spec { sources, claims }| {
            let claims = select(claims, &self.selection).map_err(|why| Refusal::Selection(mask(&why).into_owned()))?;
            Ok(Book::new(sources, claims))
        });
        (book, stamp)
    }

    /// Whether its files can be read a second time.
    pub fn lasts(&self) -> bool {
        !self.specs.iter().any(|spec| spec == "-")
    }
}

impl Refusal {
    pub fn line(&self) -> String {
        let (sources, wrong) = match self {
            Refusal::Selection(why) => return why.clone(),
            Refusal::Spec(Rejected { sources, wrong }) => (sources, wrong),
        };
        let Some(first) = wrong.first() else { return "it is refused".to_owned() };
        let place = match sources.name(first.span) {
            "" => String::new(),
            name => {
                let place = sources.place(first.span);
                format!("{name}:{}:{}: ", place.line, place.column)
            }
        };
        let more = match wrong.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        format!("{place}{}{more}", first.message)
    }
}
