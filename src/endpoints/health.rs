//! `/healthz`: whether the host, or what has a tag, is as it should be. For load balancers, so one line says it.

use super::{Desk, Page, Show, refused, seen};
use crate::monitor::{Health, Moment, State};
use crate::report::printable::line;
use crate::report::sentence::sentence;
use crate::serve::{Answer, Asked};
use hyper::header::AGE;
use std::borrow::Cow;
use std::sync::Arc;

/// What failed or is unknown that is listed.
const LISTED: usize = 100;

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked, tag: Option<&str>) -> Answer {
    let (show, state) = match desk.sees(asked).await {
        Ok(show) => (show, desk.state().await),
        Err(answer) => return answer,
    };
    let state = match state {
        Ok(state) => state,
        Err(answer) => return answer,
    };
    if tag.is_some_and(|tag| state.book.tagged(tag).is_none()) {
        return Answer::text(404, "404 no entry has this tag");
    }
    let name = tag.map_or(Cow::Borrowed("health"), |tag| Cow::Owned(format!("health {tag}")));
    let tag = tag.map(str::to_owned);
    let page = desk.page(&state, &name, show, move |_, state| {
        let which = tag.as_deref().and_then(|tag| state.book.tagged(tag));
        let health = state.health(which);
        let body = text(&health, state, which, show).into();
        Page { content_type: "text/plain; charset=utf-8", body, health: Some(health) }
    });
    let Some(mut page) = page.await else { return Answer::text(503, "unknown\nno answer could be made, by a bug") };
    let now = Moment::now();
    let looked = page.health.as_ref().and_then(|health| health.looked);
    let is_up = page.health.as_ref().is_some_and(|health| health.up);
    let is_stale = page.health.as_ref().is_some_and(|health| health.expires.is_some_and(|expires| expires < now));
    if is_stale {
        // Whatever it said.
        let rest = page.body.iter().position(|byte| *byte == b'\n').and_then(|at| page.body.get(at..));
        page.body = [b"stale", rest.unwrap_or_default()].concat().into();
    }
    let age = now.since(looked.unwrap_or(state.ended)).as_secs();
    page.answer(if is_up && !is_stale { 200 } else { 503 }).with(AGE, age)
}

fn text(health: &Health, state: &State, which: Option<&[usize]>, show: Show) -> String {
    let Health { up, pass, fail, unknown, skip, held, .. } = health;
    let word = if *up { "ok" } else { "failing" };
    let mut text = format!("{word}\n{pass} pass, {fail} fail, {unknown} unknown, {skip} skip");
    if *held > 0 {
        text += &format!(", {held} not long enough to count");
    }
    text.push('\n');
    let wrong = seen(state, which, show.min(Show::Failures));
    let mut count = 0;
    for judged in wrong {
        for verdict in &judged.verdicts {
            count += 1;
            if count <= LISTED {
                text += &line(&sentence(verdict, &verdict.evidence()));
                text.push('\n');
            }
        }
    }
    if count > LISTED {
        text += &format!("… and {} more\n", count - LISTED);
    }
    if let Some(why) = &state.refused {
        text += &line(&refused(why, show));
        text.push('\n');
    }
    text
}
