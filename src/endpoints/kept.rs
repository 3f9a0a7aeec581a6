//! Answers to one state, which many will ask for.
//!
//! A page is made once, by a task of its own: those who ask and leave again neither stop it nor begin another one.

use super::{Page, Show};
use crate::monitor::{Health, State};
use hyper::body::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};

/// What takes long to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sort {
    Metrics,
    Html,
    /// The same of a state that is too old to be believed.
    StaleHtml,
    Json,
}

/// What is made soon.
#[derive(Clone)]
pub(super) struct Word {
    pub(super) health: Health,
    pub(super) body: Bytes,
}

#[derive(Clone, Default)]
pub struct Kept(Arc<Shelf>);

struct Shelf {
    pages: Mutex<Pages>,
    /// One page at a time, so that threads are left for the token's file; a report is not in the way of metrics.
    metrics: Semaphore,
    reports: Semaphore,
}

#[derive(Default)]
struct Pages {
    of: Option<Arc<State>>,
    /// By tag; the first endpoint's is empty.
    words: HashMap<String, [Option<Word>; 3]>,
    made: HashMap<(Sort, Show), watch::Receiver<Option<Page>>>,
}

impl Default for Shelf {
    fn default() -> Shelf {
        Shelf { pages: Mutex::default(), metrics: Semaphore::new(1), reports: Semaphore::new(1) }
    }
}

impl Shelf {
    /// What is kept of `state`. What is older than that is dropped.
    fn pages(&self, state: &Arc<State>) -> MutexGuard<'_, Pages> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if !pages.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, state)) {
            *pages = Pages { of: Some(state.clone()), ..Pages::default() };
        }
        pages
    }

    fn is_of(&self, state: &Arc<State>) -> bool {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, state))
    }

    async fn fill(
        self: Arc<Shelf>,
        state: Arc<State>,
        sort: Sort,
        make: impl FnOnce() -> Page + Send + 'static,
        tell: watch::Sender<Option<Page>>,
    ) {
        let turns = if sort == Sort::Metrics { &self.metrics } else { &self.reports };
        let Ok(_turn) = turns.acquire().await else { return };
        // Nobody asks for an old one any more, and those who did are told to ask for the new one.
        if self.is_of(&state)
            && let Ok(page) = tokio::task::spawn_blocking(make).await
        {
            tell.send_replace(Some(page));
        }
    }
}

impl Kept {
    /// What is said of the entries with a tag, or of all.
    pub(super) fn word(&self, state: &Arc<State>, tag: Option<&str>, show: Show, make: impl FnOnce() -> Word) -> Word {
        let mut pages = self.0.pages(state);
        let slots = pages.words.entry(tag.unwrap_or_default().to_owned()).or_default();
        match slots.get_mut(show as usize) {
            Some(slot) => slot.get_or_insert_with(make).clone(),
            None => make(),
        }
    }

    /// A page of `state`, from `make` if nobody has asked for it before. `None` if it cannot be made, or another state was
    /// asked for before its turn came.
    pub(super) async fn page(
        &self,
        state: &Arc<State>,
        sort: Sort,
        show: Show,
        make: impl FnOnce() -> Page + Send + 'static,
    ) -> Option<Page> {
        let mut made = {
            let mut pages = self.0.pages(state);
            let begun = pages.made.get(&(sort, show)).cloned();
            begun.unwrap_or_else(|| {
                let (tell, made) = watch::channel(None);
                pages.made.insert((sort, show), made.clone());
                tokio::spawn(self.0.clone().fill(state.clone(), sort, make, tell));
                made
            })
        };
        made.wait_for(Option::is_some).await.ok().and_then(|page| page.clone())
    }
}
