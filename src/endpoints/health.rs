//! `/healthz`: whether the host, or what has a tag, is as it should be. For load balancers, so one line says it.

use super::kept::Word;
use super::{Desk, Show, refused, seen};
use crate::monitor::{Health, Moment, State};
use crate::report::printable::line;
use crate::report::sentence::sentence;
use crate::serve::{Answer, Asked};
use hyper::header::AGE;
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
    let Word { health, mut body } = word(desk, &state, tag, show);
    let now = Moment::now();
    let is_stale = health.is_stale(now);
    if is_stale {
        // Whatever it said.
        let rest = body.iter().position(|byte| *byte == b'\n').and_then(|at| body.get(at..));
        body = [b"stale", rest.unwrap_or_default()].concat().into();
    }
    let age = now.since(health.looked.unwrap_or(state.ended)).as_secs();
    let status = if health.up && !is_stale { 200 } else { 503 };
    Answer::new(status, "text/plain; charset=utf-8", body).with(AGE, age)
}

/// What is said of the entries with a tag, or of all. It is made at once, so that a health check waits for no report.
fn word(desk: &Desk, state: &Arc<State>, tag: Option<&str>, show: Show) -> Word {
    desk.kept.word(state, tag, show, || {
        let which = tag.and_then(|tag| state.book.tagged(tag));
        let health = state.health_of(which);
        Word { health, body: text(&health, state, which, show).into() }
    })
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
