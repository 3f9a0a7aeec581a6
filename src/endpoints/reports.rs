//! `/report` and `/report.json`: everything, for people and for programs.

use super::{Desk, Page, Show, refused, seen};
use crate::monitor::{Moment, State};
use crate::report::html::{Html, Served, policy};
use crate::report::json::Json;
use crate::report::{Context, Reporter};
use crate::serve::{Answer, Asked};
use hyper::header::{AGE, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use std::sync::Arc;

/// A form of it.
#[derive(Clone, Copy)]
pub(super) struct Form {
    name: &'static str,
    content_type: &'static str,
    make: for<'a> fn(Context<'a>, Served<'a>) -> Box<dyn Reporter + 'a>,
}

pub(super) const HTML: Form = Form {
    name: "html",
    content_type: "text/html; charset=utf-8",
    make: |context, served| Box::new(Html::of_server(&context, served)),
};
pub(super) const JSON: Form =
    Form { name: "json", content_type: "application/json", make: |context, _| Box::new(Json::new(&context)) };

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked, form: Form) -> Answer {
    let show = match desk.sees_details(asked).await {
        Ok(show) => show,
        Err(answer) => return answer,
    };
    let state = match desk.state().await {
        Ok(state) => state,
        Err(answer) => return answer,
    };
    let page = desk.page(&state, form.name, show, move |desk, state| Page {
        content_type: form.content_type,
        body: written(desk, state, form, show).into(),
        health: None,
    });
    let Some(page) = page.await else { return Answer::text(503, "no report could be made, by a bug") };
    let age = Moment::now().since(state.ended).as_secs();
    let answer = page.answer(200).with(AGE, age);
    match form.name {
        "html" => {
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

fn written(desk: &Desk, state: &State, form: Form, show: Show) -> Vec<u8> {
    let notices: Vec<String> = state.refused.iter().map(|why| refused(why, show)).collect();
    let served = Served { history: &state.history, notices: &notices, live: true };
    let mut reporter = (form.make)(desk.context(state), served);
    let mut out = vec![];
    let entries: Vec<_> = seen(state, None, show).collect();
    let written = reporter.begin(entries.len(), &mut out);
    let written = written.and_then(|()| entries.iter().try_for_each(|judged| reporter.entry(judged, &mut out)));
    // Memory takes whatever it is given.
    _ = written.and_then(|()| reporter.finish(&state.summary, &mut out));
    out
}
