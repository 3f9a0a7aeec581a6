//! What a server tells of a host that is looked at again and again: health, metrics, reports, events.
//!
//! How much is told is the operator's to say, and whoever has no token where one is needed gets counts. What a request
//! says of itself changes nothing about that.

mod events;
mod health;
mod metrics;
mod reports;

pub use events::tell;

use crate::monitor::{Health, Monitor, Refused, State};
use crate::report::Context;
use crate::serve::{Answer, Asked, Counters, Endpoint, Feed, Route, Token};
use crate::verdict::Judged;
use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Show {
    /// Whether it is well, and how many results are what.
    Counts,
    /// What failed or is unknown, too.
    Failures,
    All,
}

/// What all endpoints share.
pub struct Desk {
    pub monitor: Monitor,
    pub feed: Arc<Feed>,
    pub counters: Arc<Counters>,
    pub token: Option<Token>,
    pub show: Show,
    /// The path of the first endpoint: `/healthz`.
    pub endpoint: String,
    /// The name of the host that is looked at.
    pub host: String,
    pub started: OffsetDateTime,
    pub kept: Kept,
}

/// Answers to one state, which many will ask for.
#[derive(Default)]
pub struct Kept(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    of: Option<Arc<State>>,
    /// By endpoint, and how much is seen. Each is made once, however many wait for it.
    made: HashMap<(String, Show), Arc<OnceCell<Page>>>,
}

/// A body that is the same for all who may see as much.
#[derive(Clone)]
struct Page {
    content_type: &'static str,
    body: Bytes,
    /// What it tells of, where that decides more than the text.
    health: Option<Health>,
}

/// What each endpoint is asked with.
type At = fn(Arc<Desk>, Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The endpoints.
pub fn routes(desk: &Arc<Desk>) -> Vec<Route> {
    let under = format!("{}/", desk.endpoint.trim_end_matches('/'));
    let at = |path: &str, answers: At| {
        let desk = desk.clone();
        let endpoint: Endpoint = Arc::new(move |asked| answers(desk.clone(), asked));
        Route { path: path.to_owned(), endpoint }
    };
    vec![
        at(&desk.endpoint, |desk, asked| Box::pin(async move { health::answer(&desk, &asked, None).await })),
        at("/metrics", |desk, asked| Box::pin(async move { metrics::answer(&desk, &asked).await })),
        at("/report", |desk, asked| Box::pin(async move { reports::answer(&desk, &asked, reports::HTML).await })),
        at("/report.json", |desk, asked| Box::pin(async move { reports::answer(&desk, &asked, reports::JSON).await })),
        at("/events", |desk, asked| Box::pin(async move { events::answer(&desk, &asked).await })),
        at(&under, |desk, asked| {
            Box::pin(async move {
                let rest = asked.path.get(desk.endpoint.trim_end_matches('/').len() + 1..).unwrap_or_default();
                match percent_decode_str(rest).decode_utf8() {
                    Ok(tag) if !tag.is_empty() => health::answer(&desk, &asked, Some(&tag)).await,
                    _ => Answer::text(404, "404 page not found"),
                }
            })
        }),
    ]
}

impl Desk {
    /// How much whoever asks may see; the answer to one who shows a token that does not fit.
    async fn sees(&self, asked: &Asked) -> Result<Show, Answer> {
        match &self.token {
            Some(_) if asked.authorization.is_none() => Ok(Show::Counts),
            Some(token) if !token.admits(asked).await => {
                Err(unauthorized("401 the token does not fit", "Bearer realm=\"verispec\", error=\"invalid_token\""))
            }
            _ => Ok(self.show),
        }
    }

    /// The same for endpoints that have nothing to say in counts.
    async fn sees_details(&self, asked: &Asked) -> Result<Show, Answer> {
        match self.sees(asked).await? {
            Show::Counts if self.show > Show::Counts => {
                Err(unauthorized("401 a bearer token is needed", "Bearer realm=\"verispec\""))
            }
            Show::Counts => Err(Answer::text(403, "403 this server shows counts only")),
            show => Ok(show),
        }
    }

    async fn state(&self) -> Result<Arc<State>, Answer> {
        let known = self.monitor.state().await;
        known.ok_or_else(|| Answer::text(503, "unknown\nthe server has stopped looking, by a bug"))
    }

    /// A page of `state` that is made once for all who ask for it, not in the way of other answers.
    async fn page(
        self: &Arc<Self>,
        state: &Arc<State>,
        name: &str,
        show: Show,
        make: impl FnOnce(&Desk, &State) -> Page + Send + 'static,
    ) -> Option<Page> {
        let page = self.kept.page(state, name, show);
        let (desk, of) = (self.clone(), state.clone());
        let made = async move { tokio::task::spawn_blocking(move || make(&desk, &of)).await };
        page.get_or_try_init(|| made).await.ok().cloned()
    }

    fn context<'s>(&'s self, state: &'s State) -> Context<'s> {
        Context { sources: &state.book.sources, host: &self.host, colour: false, verbose: false }
    }
}

impl Kept {
    fn page(&self, state: &Arc<State>, name: &str, show: Show) -> Arc<OnceCell<Page>> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !pages.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, state)) {
            *pages = Pages { of: Some(state.clone()), made: HashMap::new() };
        }
        pages.made.entry((name.to_owned(), show)).or_default().clone()
    }
}

impl Page {
    fn answer(self, status: u16) -> Answer {
        Answer::new(status, self.content_type, self.body).with("Cache-Control", "no-store")
    }
}

/// The verdicts over `which` that may be seen.
fn seen<'s>(state: &'s State, which: Option<&'s [usize]>, show: Show) -> impl Iterator<Item = Judged<'s>> {
    state.judged(which).filter_map(move |mut judged| {
        if show < Show::All {
            judged.verdicts.retain(|verdict| !verdict.outcome.ok());
        }
        (show > Show::Counts && !judged.verdicts.is_empty()).then_some(judged)
    })
}

/// That another spec was refused.
fn refused(refused: &Refused, show: Show) -> String {
    let at = crate::quantity::time(refused.at);
    match show {
        Show::Counts => format!("spec: a new one was refused at {at}, the one before it is in use"),
        _ => format!("spec: a new one was refused at {at}, the one before it is in use: {}", refused.why),
    }
}

fn unauthorized(line: &str, challenge: &str) -> Answer {
    Answer::text(401, line).with("WWW-Authenticate", challenge)
}
