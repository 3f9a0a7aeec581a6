//! `/events`: what changes, as it does: server-sent events.

use super::{Desk, Show};
use crate::monitor::{Change, Notice, State};
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
    let Change { kind, id, key, was, outcome, message } = change;
    let is_shown = show == Show::All || !["pass", "skip"].contains(outcome);
    let message = is_shown.then_some(message);
    let data = json!({"kind": kind, "id": id, "key": key, "outcome": outcome, "was": was, "message": message});
    Event { name: "verdict", data: data.to_string() }
}

fn run(state: &State) -> Event {
    let health = state.health(None);
    let data = json!({
        "pass": health.pass, "fail": health.fail, "unknown": health.unknown, "skip": health.skip, "healthy": health.up,
    });
    Event { name: "run", data: data.to_string() }
}
