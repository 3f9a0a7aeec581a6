//! Answers to HTTP: endpoints, each a function from what is asked to an answer, behind a server that lives long.
//!
//! The server bounds what clients may cost: connections, the time that a request may take to arrive and an answer to be
//! taken, and the size of a request's head. Bodies of requests are not read.

mod activation;
mod body;
mod connections;
mod counters;
mod events;
mod fresh;
mod latest;
mod listen;
mod notify;
mod socket_file;
mod tls;
mod token;
mod wire;

pub use body::Body;
pub use counters::Counters;
pub use events::{BACKLOG, Event, Events, Feed};
pub use fresh::{Tell, Told};
pub use latest::{Latest, Runs};
pub use listen::{Address, Listener, listen};
pub use notify::{Notify, watchdog_interval};
pub use tls::{Tls, TlsFiles};
pub use token::Token;

use crate::host::exec;
use crate::value::Secret;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use signal_hook::consts::signal::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::watch;

/// What a client asks of an endpoint: `GET` or `HEAD`, which get the same answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub peer: Peer,
    /// Whether it came to a socket that only this machine reaches: [`Listener::is_loopback`].
    pub is_local: bool,
    pub over_tls: bool,
    pub path: String,
    /// Each `Accept` header, in their order. One that is no text is left out.
    pub accept: Vec<String>,
    /// The `Authorization` header. `None` without one, with several, and with one that is no text.
    pub authorization: Option<Secret>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Tcp(SocketAddr),
    /// Over a unix socket, whose other end has no name.
    Unix,
}

/// What it gets.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: Cow<'static, str>,
    /// More headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Body,
}

/// Answers requests, many at a time.
pub type Endpoint = Arc<dyn Fn(Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// What a server does beside answering, on the same thread.
pub type Chore = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An endpoint and where it is.
#[derive(Clone)]
pub struct Route {
    /// Begins with `/`; one that ends with it is that of everything below it, too.
    pub path: String,
    pub endpoint: Endpoint,
}

/// What clients may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once. One more takes the place of the one that has been idle for longest, else of the one that has
    /// got events for longest.
    pub connections: usize,
    /// How long a connection's first byte may take to arrive, then a TLS handshake, and then each request's head.
    pub head: Duration,
    /// How long an answer may lie without the client taking any of it.
    pub stall: Duration,
    /// How long nothing happens before a client that gets events is told so, by which either side learns that the other
    /// one is gone.
    pub keepalive: Duration,
    /// How long requests that are being answered may take once the server is to end.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        // The rest is for what probes open.
        let connections = usize::try_from(most.unwrap_or(u64::MAX) / 2).unwrap_or(usize::MAX).clamp(1, 1024);
        let seconds = Duration::from_secs;
        Bounds { connections, head: seconds(10), stall: seconds(30), keepalive: seconds(15), drain: seconds(10) }
    }
}

impl Answer {
    pub fn new(status: u16, content_type: impl Into<Cow<'static, str>>, body: impl Into<Bytes>) -> Answer {
        Answer { status, content_type: content_type.into(), headers: vec![], body: Body::Bytes(body.into()) }
    }

    /// A line of plain text.
    pub fn text(status: u16, line: &str) -> Answer {
        Answer::new(status, "text/plain; charset=utf-8", format!("{line}\n"))
    }

    /// Server-sent events, until they end or the server does. Only so many clients get any at once; others are told to
    /// try again later.
    pub fn events(events: Events) -> Answer {
        let (content_type, body) = ("text/event-stream".into(), Body::Events(events));
        Answer { status: 200, content_type, headers: vec![], body }
    }

    /// One more header.
    pub fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Tcp(address) => address.fmt(f),
            Peer::Unix => f.write_str("unix"),
        }
    }
}

impl Route {
    fn covers(&self, path: &str) -> bool {
        path == self.path || (self.path.ends_with('/') && path.starts_with(&self.path))
    }
}

/// What a request without an endpoint is answered with.
fn misplaced(routes: &[Route], method: &Method, path: &str) -> Result<Endpoint, Answer> {
    let route = routes.iter().find(|route| route.covers(path));
    let route = route.ok_or_else(|| Answer::text(404, "404 page not found"))?;
    match *method {
        Method::GET | Method::HEAD => Ok(route.endpoint.clone()),
        _ => Err(Answer::text(405, "405 only GET and HEAD are answered")),
    }
}

/// Tells a server to end.
pub struct Stop(watch::Sender<bool>);

/// Hears of it.
#[derive(Clone)]
pub struct Stopped(watch::Receiver<bool>);

impl Stop {
    pub fn new() -> (Stop, Stopped) {
        let (send, receive) = watch::channel(false);
        (Stop(send), Stopped(receive))
    }

    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Stops with SIGINT and SIGTERM; the second one ends the process at once, with the commands that it runs.
    pub fn with_signals(self) -> io::Result<()> {
        let mut signals = Signals::new(exec::outlive(&[SIGINT, SIGTERM]))?;
        let wait = move || {
            for signal in signals.forever() {
                if *self.0.borrow() {
                    exec::end(signal);
                }
                self.stop();
            }
        };
        thread::Builder::new().name("stop".into()).stack_size(1 << 18).spawn(wait).map(drop)
    }
}

impl Stopped {
    pub async fn wait(&mut self) {
        // Without anybody left to tell, it never ends.
        if self.0.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Serves until it is told to stop, and then until all requests are answered or [`Bounds::drain`] is over.
pub fn serve(
    listeners: Vec<Listener>,
    routes: Vec<Route>,
    bounds: Bounds,
    counters: Arc<Counters>,
    stopped: Stopped,
    chore: Chore,
) -> io::Result<()> {
    // Answers are ready or waited for: one thread hands out tens of thousands a second.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(4).build()?;
    runtime.spawn(chore);
    let done = runtime.block_on(connections::run(listeners, routes, bounds, counters, stopped));
    // What still renders or runs is not waited for.
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests;
