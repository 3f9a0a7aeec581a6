//! `/events`: what changes, as it does: server-sent events.

use super::{Desk, Show, notices};
use crate::monitor::{Change, Health, Moment, Notice, State};
use crate::serve::{Answer, Asked, Event, Feed};
use serde_json::json;
use std::sync::Arc;

/// Changes that one run tells of; after more, everything is worth reading anew.
const TOLD: usize = 1_000;

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked) -> Answer {
    match desk.sees_details(asked).await {
        Ok(_) => {
            let events = desk.feed.listen();
            let first: Vec<Event> = desk.monitor.last().iter().map(|state| run(state)).collect();
            Answer::events(events.beginning_with(&first))
        }
        Err(answer) => answer,
    }
}

/// Sends what has happened to all who listen. `changes` keeps those of a run until it has ended.
pub fn tell(feed: &Feed, show: Show, changes: &mut Vec<Event>, notice: &Notice) {
    match notice {
        Notice::Changed(change) if changes.len() < TOLD => changes.push(verdict(change, show)),
        Notice::Ran(state, _) => {
            let mut events = std::mem::take(changes);
            events.push(run(state));
            feed.send(&events);
        }
        _ => {}
    }
}

fn verdict(change: &Change, show: Show) -> Event {
    let Change { kind, id, key, was, outcome, ok, message } = change;
    let is_shown = show == Show::All || !ok;
    let message = is_shown.then_some(message);
    let data = json!({"kind": kind, "id": id, "key": key, "outcome": outcome, "was": was, "message": message});
    Event { name: "verdict", data: data.to_string() }
}

/// Sends to all who listen that what is known has grown too old.
pub fn tell_stale(feed: &Feed, state: &State) {
    feed.send(&[Event { name: "stale", ..run(state) }]);
}

/// How things stand now.
fn run(state: &State) -> Event {
    let Health { up, pass, fail, unknown, skip, .. } = state.health;
    let is_stale = state.health.is_stale(Moment::now());
    let data = json!({
        "pass": pass, "fail": fail, "unknown": unknown, "skip": skip, "healthy": up && !is_stale,
        // By which a page knows whether it shows them all.
        "notices": notices(state, is_stale, Show::Counts).len(),
    });
    Event { name: "run", data: data.to_string() }
}
