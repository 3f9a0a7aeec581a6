//! Events for everybody who listens, as the body of an answer: server-sent events, as the HTML standard has them.

use hyper::body::Bytes;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Bytes that may wait for a client. One that more would have to wait for is cut off.
pub const BACKLOG: usize = 1 << 20;
/// What a piece costs beside its bytes.
const PIECE: usize = 64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// One word.
    pub name: &'static str,
    /// Of any number of lines.
    pub data: String,
}

/// Tells all who listen.
#[derive(Default)]
pub struct Feed {
    ears: Mutex<Vec<Ear>>,
}

struct Ear {
    tell: mpsc::UnboundedSender<Piece>,
    /// Bytes that are left of its backlog.
    room: Arc<Semaphore>,
}

struct Piece {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// What one client gets.
pub struct Events {
    first: Option<Bytes>,
    rest: mpsc::UnboundedReceiver<Piece>,
}

impl Feed {
    pub fn new() -> Arc<Feed> {
        Arc::default()
    }

    /// Everything that is sent from now on.
    pub fn listen(&self) -> Events {
        let (tell, rest) = mpsc::unbounded_channel();
        let mut ears = self.ears();
        // Those who left while nothing was sent.
        ears.retain(|ear| !ear.tell.is_closed());
        ears.push(Ear { tell, room: Arc::new(Semaphore::new(BACKLOG)) });
        Events { first: None, rest }
    }

    /// Sends events that belong together, never waiting for anybody. Whoever has not kept up is cut off: the client comes
    /// back by itself, and asks anew.
    pub fn send(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let mut ears = self.ears();
        if ears.is_empty() {
            return;
        }
        let bytes = text(events);
        // One that is larger than the backlog goes out to those for whom nothing waits.
        let cost = u32::try_from((bytes.len() + PIECE).min(BACKLOG)).unwrap_or(u32::MAX);
        ears.retain(|ear| {
            let room = ear.room.clone().try_acquire_many_owned(cost);
            room.is_ok_and(|room| ear.tell.send(Piece { bytes: bytes.clone(), _room: Some(room) }).is_ok())
        });
    }

    fn ears(&self) -> MutexGuard<'_, Vec<Ear>> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events {
    /// Before all others: how things stand.
    pub fn beginning_with(mut self, events: &[Event]) -> Events {
        self.first = Some(text(events)).filter(|first| !first.is_empty());
        self
    }

    /// The next ones; `None` at the end.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => self.rest.poll_recv(context).map(|piece| piece.map(|piece| piece.bytes)),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

fn text(events: &[Event]) -> Bytes {
    let mut text = String::new();
    for Event { name, data } in events {
        text += "event: ";
        text += name;
        // Each of these ends a line there, and a line that does not begin with a field's name is lost.
        for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
            text += "\ndata: ";
            text += line;
        }
        text += "\n\n";
    }
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Event {
        Event { name: "run", data: data.to_owned() }
    }

    fn next(events: &mut Events) -> Poll<Option<Bytes>> {
        events.poll_next(&mut Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn data_of_many_lines_stays_one_event() {
        assert_eq!(&*text(&[event("a\nb\r\nc\rd")]), b"event: run\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
        assert_eq!(&*text(&[event(""), event("x")]), b"event: run\ndata: \n\nevent: run\ndata: x\n\n");
    }

    #[test]
    fn how_things_stand_comes_before_what_happens() {
        let feed = Feed::new();
        let mut events = feed.listen();
        feed.send(&[event("second")]);
        events = events.beginning_with(&[event("first")]);
        assert_eq!(next(&mut events), Poll::Ready(Some(text(&[event("first")]))));
        assert_eq!(next(&mut events), Poll::Ready(Some(text(&[event("second")]))));
        assert_eq!(next(&mut events), Poll::Pending);
        drop(feed);
        assert_eq!(next(&mut events), Poll::Ready(None));
    }

    #[test]
    fn who_does_not_keep_up_is_cut_off_and_others_are_not() {
        let feed = Feed::new();
        let (mut slow, mut quick) = (feed.listen(), feed.listen());
        let piece = event(&"x".repeat(BACKLOG / 8));
        for _ in 0..20 {
            feed.send(std::slice::from_ref(&piece));
            assert!(matches!(next(&mut quick), Poll::Ready(Some(_))));
        }
        let mut held = 0;
        while let Poll::Ready(Some(bytes)) = next(&mut slow) {
            held += bytes.len();
        }
        assert!(held <= BACKLOG, "{held}");
        assert_eq!(next(&mut slow), Poll::Ready(None));
        assert_eq!(next(&mut quick), Poll::Pending);
    }

    #[test]
    fn what_is_larger_than_the_backlog_still_arrives() {
        let feed = Feed::new();
        let mut events = feed.listen();
        for _ in 0..3 {
            feed.send(&[event(&"x".repeat(BACKLOG * 2))]);
            assert!(matches!(next(&mut events), Poll::Ready(Some(_))));
        }
    }

    #[test]
    fn those_who_left_are_forgotten_though_nothing_happens() {
        let feed = Feed::new();
        (0..1000).for_each(|_| drop(feed.listen()));
        assert!(feed.ears().len() <= 1);
    }
}
