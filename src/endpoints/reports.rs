//! `/report` and `/report.json`: everything, for people and for programs.

use super::kept::Sort;
use super::{Desk, Page, Show, notices, seen};
use crate::monitor::{Moment, State};
use crate::report::html::{Html, Served, policy};
use crate::report::json::Json;
use crate::report::{Reporter, whole};
use crate::serve::{Answer, Asked};
use hyper::header::{AGE, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use std::sync::Arc;

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked, form: Sort) -> Answer {
    let show = match desk.sees_details(asked).await {
        Ok(show) => show,
        Err(answer) => return answer,
    };
    let sort = |state: &Arc<State>| match form {
        Sort::Html if state.health.is_stale(Moment::now()) => Sort::StaleHtml,
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
    let notices = notices(state, sort == Sort::StaleHtml, show);
    let served = Served { history: &state.history, notices: &notices, live: true };
    let context = desk.context(state);
    let mut reporter: Box<dyn Reporter + '_> = match sort {
        Sort::Json => Box::new(Json::new(&context)),
        _ => Box::new(Html::of_server(&context, served)),
    };
    let entries: Vec<_> = seen(state, None, show).collect();
    // Memory takes whatever it is given.
    whole(&mut *reporter, &entries, &state.summary).unwrap_or_default()
}
