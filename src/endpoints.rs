//! What a server tells of a host that is looked at again and again: health, metrics, reports, events.
//!
//! How much is told is the operator's to say, and whoever has no token where one is needed gets counts. What a request
//! says of itself changes nothing about that.

mod events;
mod health;
mod kept;
mod metrics;
mod reports;

pub use events::{tell, tell_stale};
pub use kept::Kept;

use crate::monitor::{Health, Monitor, Refused, State};
use crate::quantity::time;
use crate::report::Context;
use crate::serve::{Answer, Asked, Counters, Endpoint, Feed, Route, Token};
use crate::verdict::{Judged, Summary};
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use kept::Sort;
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use time::OffsetDateTime;

/// What no other endpoint may be called.
pub const PATHS: [&str; 4] = [METRICS, REPORT, REPORT_JSON, EVENTS];
const METRICS: &str = "/metrics";
const REPORT: &str = "/report";
const REPORT_JSON: &str = "/report.json";
const EVENTS: &str = "/events";

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
    /// The path of the first endpoint, which does not end with `/`: `/healthz`.
    pub endpoint: String,
    /// The name of the host that is looked at.
    pub host: String,
    pub started: OffsetDateTime,
    pub kept: Kept,
}

/// A body that is the same for all who may see as much.
#[derive(Clone)]
struct Page {
    content_type: &'static str,
    body: Bytes,
    /// What of it changes as time goes by: the beginnings of lines, and what decides over the rest.
    vitals: Arc<[(String, Health)]>,
}

/// What stands at a path.
#[derive(Clone, Copy)]
enum Place {
    Health,
    /// Below the first one.
    Tag,
    Metrics,
    Report,
    ReportJson,
    Events,
}

/// The endpoints.
pub fn routes(desk: &Arc<Desk>) -> Vec<Route> {
    let at = |path: &str, place: Place| {
        let desk = desk.clone();
        let endpoint: Endpoint = Arc::new(move |asked| {
            let desk = desk.clone();
            // What was true a moment ago is nothing to keep: a proxy in between would tell it of a host that has failed
            // since.
            let stored = HeaderValue::from_static("no-store");
            Box::pin(async move { place.answer(&desk, &asked).await.with(CACHE_CONTROL, stored) })
        });
        Route { path: path.to_owned(), endpoint }
    };
    vec![
        at(&desk.endpoint, Place::Health),
        at(METRICS, Place::Metrics),
        at(REPORT, Place::Report),
        at(REPORT_JSON, Place::ReportJson),
        at(EVENTS, Place::Events),
        at(&format!("{}/", desk.endpoint), Place::Tag),
    ]
}

impl Place {
    async fn answer(self, desk: &Arc<Desk>, asked: &Asked) -> Answer {
        match self {
            Place::Health => health::answer(desk, asked, None).await,
            Place::Tag => {
                let rest = asked.path.get(desk.endpoint.len() + 1..).unwrap_or_default();
                match percent_decode_str(rest).decode_utf8() {
                    Ok(tag) if !tag.is_empty() => health::answer(desk, asked, Some(&tag)).await,
                    _ => Answer::text(404, "404 page not found"),
                }
            }
            Place::Metrics => metrics::answer(desk, asked).await,
            Place::Report => reports::answer(desk, asked, Sort::Html).await,
            Place::ReportJson => reports::answer(desk, asked, Sort::Json).await,
            Place::Events => events::answer(desk, asked).await,
        }
    }
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
        known.ok_or_else(|| Answer::text(503, "unknown\nthe last run did not come to an end; the log says why"))
    }

    /// A page that is made once for all who ask for it, not in the way of other answers, and the state that it is of.
    async fn page(
        self: &Arc<Self>,
        show: Show,
        sort: impl Fn(&Arc<State>) -> Sort,
    ) -> Result<(Arc<State>, Page), Answer> {
        let mut state = self.state().await?;
        loop {
            let (desk, of, sort) = (self.clone(), state.clone(), sort(&state));
            let make = move || match sort {
                Sort::Metrics => metrics::page(&desk, &of, show),
                Sort::Html | Sort::StaleHtml | Sort::Json => reports::page(&desk, &of, sort, show),
            };
            if let Some(page) = self.kept.page(&state, sort, show, make).await {
                return Ok((state, page));
            }
            match self.monitor.last() {
                // While it waited for its turn, the state has become an old one.
                Some(newer) if !Arc::ptr_eq(&newer, &state) => state = newer,
                _ => return Err(Answer::text(503, "503 no page could be made, by a bug")),
            }
        }
    }

    fn context<'s>(&'s self, state: &'s State) -> Context<'s> {
        Context { sources: &state.book.sources, host: &self.host, colour: false, verbose: false }
    }
}

/// The verdicts over `which` that may be seen.
fn seen<'s>(state: &'s State, which: Option<&'s [usize]>, show: Show) -> impl Iterator<Item = Judged<'s>> {
    let judged = (show > Show::Counts).then(|| state.judged(which));
    judged.into_iter().flatten().filter_map(move |mut judged| {
        if show < Show::All {
            judged.verdicts.retain(|verdict| !verdict.outcome.ok());
        }
        (!judged.verdicts.is_empty()).then_some(judged)
    })
}

/// What is to be known of a report before one reads it.
fn notices(state: &State, is_stale: bool, show: Show) -> Vec<String> {
    let Summary { started, elapsed, .. } = state.summary;
    // Reports are kept, so it says when and not how long ago.
    let ended = time(started.saturating_add(elapsed.try_into().unwrap_or_default()));
    let stale = is_stale.then(|| format!("What is shown is too old to be believed: the last run ended at {ended}"));
    stale.into_iter().chain(state.refused.iter().map(|why| refused(why, show))).collect()
}

/// That another spec was refused.
fn refused(refused: &Refused, show: Show) -> String {
    let at = time(refused.at);
    match show {
        Show::Counts => format!("spec: a new one was refused at {at}, the one before it is in use"),
        _ => format!("spec: a new one was refused at {at}, the one before it is in use: {}", refused.why),
    }
}

fn unauthorized(line: &str, challenge: &'static str) -> Answer {
    Answer::text(401, line).with(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

#[cfg(test)]
mod tests;
