//! What goes out behind an answer's head: bytes, or events for as long as both sides stay.

use super::Stopped;
use super::counters::{Counters, leave};
use super::events::Events;
use hyper::body::{Body as Outgoing, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

const COMMENT: &[u8] = b":\n\n";

/// What an answer holds.
#[derive(Debug)]
pub enum Body {
    Bytes(Bytes),
    Events(Events),
}

impl Body {
    /// What is known of it now: nothing of events.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::Bytes(bytes) => bytes,
            Body::Events(_) => &[],
        }
    }
}

/// The same on its way to the client.
pub(super) enum Sent {
    Whole(Option<Bytes>),
    Stream(Box<Stream>),
    /// The headers of events, and none of them: what `HEAD` gets.
    Unsent,
}

/// Events, until they end, the server does, or the client is gone.
pub(super) struct Stream {
    events: Events,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    keepalive: Duration,
    quiet: Pin<Box<Sleep>>,
    counters: Arc<Counters>,
}

impl Stream {
    /// The counter has been told of it.
    pub(super) fn new(events: Events, keepalive: Duration, mut stopped: Stopped, counters: Arc<Counters>) -> Stream {
        let stopped = Box::pin(async move { stopped.wait().await });
        Stream { events, stopped, keepalive, quiet: Box::pin(sleep(keepalive)), counters }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.stopped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        let next = match self.events.poll_next(context) {
            Poll::Pending if self.quiet.as_mut().poll(context).is_pending() => return Poll::Pending,
            Poll::Pending => Some(Bytes::from_static(COMMENT)),
            Poll::Ready(next) => next,
        };
        self.quiet.as_mut().reset(Instant::now() + self.keepalive);
        Poll::Ready(next)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        leave(&self.counters.streams);
    }
}

impl Outgoing for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
            Sent::Whole(bytes) => Poll::Ready(bytes.take()),
            Sent::Stream(stream) => stream.poll(context),
            Sent::Unsent => Poll::Ready(None),
        };
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Sent::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Sent::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Sent::Stream(_) | Sent::Unsent => SizeHint::default(),
        }
    }
}
