//! `/report` and `/report.json`: everything, for people and for programs.

use super::health::word;
use super::kept::Sort;
use super::{Desk, Page, Show, refused, seen};
use crate::monitor::{Moment, State};
use crate::quantity::time;
use crate::report::Reporter;
use crate::report::html::{Html, Served, policy};
use crate::report::json::Json;
use crate::serve::{Answer, Asked};
use crate::verdict::Summary;
use hyper::header::{AGE, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use std::sync::Arc;

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked, form: Sort) -> Answer {
    let show = match desk.sees_details(asked).await {
        Ok(show) => show,
        Err(answer) => return answer,
    };
    let sort = |state: &Arc<State>| match form {
        Sort::Html if word(desk, state, None, show).vital.is_stale(Moment::now()) => Sort::StaleHtml,
        form => form,
    };
    let (state, page) = match desk.page(show, sort).await {
        Ok(made) => made,
        Err(answer) => return answer,
    };
    let age = Moment::now().since(state.ended).as_secs();
    let answer = Answer::new(200, page.content_type, page.body).with(AGE, age);
    match form {
        Sort::Html | Sort::StaleHtml => {
            let policy = HeaderValue::try_from(policy());
            let answer = answer.with(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            match policy {
                Ok(policy) => answer.with(CONTENT_SECURITY_POLICY, policy),
                Err(_) => Answer::text(503, "no report could be made, by a bug"),
            }
        }
        _ => answer,
    }
}

pub(super) fn page(desk: &Desk, state: &State, sort: Sort, show: Show) -> Page {
    let content_type = if sort == Sort::Json { "application/json" } else { "text/html; charset=utf-8" };
    Page { content_type, body: written(desk, state, sort, show).into(), vitals: Arc::new([]) }
}

fn written(desk: &Desk, state: &State, sort: Sort, show: Show) -> Vec<u8> {
    let mut notices: Vec<String> = vec![];
    if sort == Sort::StaleHtml {
        let Summary { started, elapsed, .. } = state.summary;
        // The page is kept, so it says when and not how long ago.
        let ended = time(started.saturating_add(elapsed.try_into().unwrap_or_default()));
        notices.push(format!("What is shown is too old to be believed: the last run ended at {ended}"));
    }
    notices.extend(state.refused.iter().map(|why| refused(why, show)));
    let served = Served { history: &state.history, notices: &notices, live: true };
    let context = desk.context(state);
    let mut reporter: Box<dyn Reporter + '_> = match sort {
        Sort::Json => Box::new(Json::new(&context)),
        _ => Box::new(Html::of_server(&context, served)),
    };
    let mut out = vec![];
    let entries: Vec<_> = seen(state, None, show).collect();
    let written = reporter.begin(entries.len(), &mut out);
    let written = written.and_then(|()| entries.iter().try_for_each(|judged| reporter.entry(judged, &mut out)));
    // Memory takes whatever it is given.
    _ = written.and_then(|()| reporter.finish(&state.summary, &mut out));
    out
}
