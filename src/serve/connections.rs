//! Connections of clients: how many, how long, and what each request comes to.

use super::body::{Body, Sent, Stream as EventStream};
use super::counters::{Counters, count, leave};
use super::listen::{Listener, Socket};
use super::socket_file::SocketFile;
use super::tls::Tls;
use super::wire::{Line, Stream, Wire};
use super::{Answer, Asked, Bounds, Peer, Route, Stopped, misplaced};
use crate::value::Secret;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// How long to wait when there is no descriptor left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// Clients that get events at once.
const MOST_STREAMS: u64 = 64;
/// Seconds after which one more may try again.
const RETRY: &str = "30";

/// Those that are open.
struct Connections {
    routes: Vec<Route>,
    bounds: Bounds,
    counters: Arc<Counters>,
    stopped: Stopped,
    began: Instant,
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Client>>>,
}

struct Client {
    peer: Peer,
    is_local: bool,
    over_tls: bool,
    /// One of the three below.
    does: AtomicU8,
    /// Milliseconds from the server's beginning to its last answer, or to when it came.
    since: AtomicU64,
    /// Ends it.
    abort: OnceLock<AbortHandle>,
}

/// Asks for nothing, for all that is known.
const IDLE: u8 = 0;
/// Gets events.
const LISTENS: u8 = 1;
/// Waits for an answer.
const WAITS: u8 = 2;

/// What is there to wait for at the end: each connection holds one.
type Held = mpsc::Sender<Infallible>;

/// Takes connections until it is told to stop, and then waits for what is being answered.
pub(super) async fn run(
    listeners: Vec<Listener>,
    routes: Vec<Route>,
    bounds: Bounds,
    counters: Arc<Counters>,
    stopped: Stopped,
) -> io::Result<()> {
    let (held, mut all_gone) = mpsc::channel(1);
    let (began, next, open) = (Instant::now(), AtomicU64::new(0), Mutex::default());
    let connections = Arc::new(Connections { routes, bounds, counters, stopped, began, next, open });
    let doors: io::Result<Vec<Door>> = listeners.into_iter().map(Door::open).collect();
    for door in doors? {
        tokio::spawn(connections.clone().accept(door, held.clone()));
    }
    drop(held);
    connections.stopped.clone().wait().await;
    _ = timeout(bounds.drain, all_gone.recv()).await;
    Ok(())
}

/// A listener at work.
struct Door {
    socket: Accepts,
    is_local: bool,
    tls: Option<Arc<Tls>>,
    /// Gone with it.
    _file: Option<SocketFile>,
}

enum Accepts {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Door {
    fn open(listener: Listener) -> io::Result<Door> {
        let is_local = listener.is_loopback();
        let socket = match listener.socket {
            Socket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                Accepts::Tcp(TcpListener::from_std(socket)?)
            }
            Socket::Unix(socket) => {
                socket.set_nonblocking(true)?;
                Accepts::Unix(UnixListener::from_std(socket)?)
            }
        };
        Ok(Door { socket, is_local, tls: listener.tls, _file: listener.file })
    }

    async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.socket {
            Accepts::Tcp(listener) => listener.accept().await.map(|(it, peer)| (Stream::Tcp(it), Peer::Tcp(peer))),
            Accepts::Unix(listener) => listener.accept().await.map(|(it, _)| (Stream::Unix(it), Peer::Unix)),
        }
    }
}

/// What comes of `work`, or nothing if the server is to end before that.
async fn unless_stopped<F: Future>(stopped: &mut Stopped, mut work: Pin<&mut F>) -> Option<F::Output> {
    let mut stop = pin!(stopped.wait());
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => stop.as_mut().poll(context).map(|()| None),
    })
    .await
}

impl Connections {
    async fn accept(self: Arc<Self>, door: Door, held: Held) {
        let mut stopped = self.stopped.clone();
        loop {
            match unless_stopped(&mut stopped, pin!(door.accept())).await {
                Some(Ok((stream, peer))) => self.admit(stream, peer, &door, held.clone()),
                // One that was gone again before it was taken costs nothing; a lack of descriptors would spin.
                Some(Err(why)) if why.kind() == io::ErrorKind::ConnectionAborted => {}
                Some(Err(_)) => tokio::time::sleep(EXHAUSTED).await,
                None => return,
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: Stream, peer: Peer, door: &Door, held: Held) {
        count(&self.counters.accepted);
        if !self.has_place() {
            count(&self.counters.turned_away);
            return;
        }
        if let Stream::Tcp(stream) = &stream {
            let stall = u32::try_from(self.bounds.stall.as_millis()).unwrap_or(u32::MAX);
            // tcp(7), TCP_USER_TIMEOUT: also ends a connection whose last bytes nobody takes.
            _ = sockopt::set_tcp_user_timeout(stream, stall);
            _ = stream.set_nodelay(true);
        }
        let (is_local, tls) = (door.is_local, door.tls.clone());
        let (over_tls, does, since, abort) = (tls.is_some(), IDLE.into(), self.now().into(), OnceLock::new());
        let client = Arc::new(Client { peer, is_local, over_tls, does, since, abort });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let leaving = Leaving { connections: self.clone(), number, _held: held };
        self.open().insert(number, client.clone());
        count(&self.counters.open);
        let (this, asks) = (self.clone(), client.clone());
        let task = tokio::spawn(async move {
            let _leaving = leaving;
            if let Some(line) = this.line(stream, tls).await {
                this.attend(line, asks).await;
            }
        });
        _ = client.abort.set(task.abort_handle());
    }

    /// Whether there is a place for one more, if need be that of whoever has been idle for longest.
    fn has_place(&self) -> bool {
        let mut open = self.open();
        if open.len() < self.bounds.connections {
            return true;
        }
        let does = |client: &Client| client.does.load(Ordering::Relaxed);
        // Who only listens comes back, and goes after those who do nothing.
        let spare = open.iter().filter(|(_, client)| does(client) != WAITS);
        let spare = spare.min_by_key(|(_, client)| (does(client), client.since.load(Ordering::Relaxed)));
        let Some(client) = spare.map(|(number, _)| *number).and_then(|number| open.remove(&number)) else {
            return false;
        };
        client.abort.get().inspect(|task| task.abort());
        count(&self.counters.turned_away);
        true
    }

    /// The connection as requests come by it. Buffers and keys are made when its first byte is there: one that says nothing
    /// costs next to nothing.
    async fn line(&self, stream: Stream, tls: Option<Arc<Tls>>) -> Option<Line> {
        let mut stopped = self.stopped.clone();
        let first = timeout(self.bounds.head, stream.speaks());
        unless_stopped(&mut stopped, pin!(first)).await?.ok()?.ok()?;
        let wire = Wire::new(stream, self.bounds.stall);
        let Some(tls) = tls else { return Some(Line::Plain(wire)) };
        let agreed = timeout(self.bounds.head, tls.accept(wire));
        match unless_stopped(&mut stopped, pin!(agreed)).await {
            Some(Ok(Ok(stream))) => Some(Line::Encrypted(Box::new(stream))),
            _ => {
                count(&self.counters.failed_handshakes);
                None
            }
        }
    }

    /// Answers until either side has enough.
    async fn attend(self: &Arc<Self>, line: Line, client: Arc<Client>) {
        let service = service_fn(|request| {
            let (this, client) = (self.clone(), client.clone());
            async move { Ok::<_, Infallible>(this.respond(&client, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.bounds.head)
            .max_buf_size(HEAD_BYTES)
            .max_headers(MOST_HEADERS)
            .title_case_headers(true)
            .serve_connection(TokioIo::new(line), service);
        let mut connection = pin!(connection);
        let mut stopped = self.stopped.clone();
        let done = match unless_stopped(&mut stopped, connection.as_mut()).await {
            Some(done) => done,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // A client that breaks off, or is too slow, is nobody's fault here. What is no request was answered by hyper.
        if let Err(why) = done
            && why.is_parse()
        {
            let too_large = why.is_parse_too_large();
            let status = if too_large { StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE } else { StatusCode::BAD_REQUEST };
            self.counters.answered(status.as_u16());
        }
    }

    async fn respond(&self, client: &Client, request: Request<Incoming>) -> Response<Sent> {
        client.does.store(WAITS, Ordering::Relaxed);
        let path = request.uri().path();
        let answer = match misplaced(&self.routes, request.method(), path) {
            Err(answer) => answer,
            Ok(endpoint) => endpoint(client.asks(path, request.headers())).await,
        };
        let response = self.response(answer, request.method() == Method::HEAD);
        self.counters.answered(response.status().as_u16());
        client.since.store(self.now(), Ordering::Relaxed);
        let listens = matches!(response.body(), Sent::Stream(_));
        client.does.store(if listens { LISTENS } else { IDLE }, Ordering::Relaxed);
        response
    }

    fn response(&self, answer: Answer, is_head: bool) -> Response<Sent> {
        let listens = matches!(answer.body, Body::Events(_)) && !is_head;
        if listens && !self.counters.takes_stream(MOST_STREAMS) {
            let busy = Answer::text(503, "503 as many get events as can; try again later");
            return self.response(busy.with("Retry-After", RETRY), is_head);
        }
        let body = match answer.body {
            Body::Bytes(bytes) => Sent::Whole(Some(bytes).filter(|bytes: &Bytes| !bytes.is_empty())),
            Body::Events(_) if is_head => Sent::Unsent,
            Body::Events(events) => {
                let (stopped, counters) = (self.stopped.clone(), self.counters.clone());
                Sent::Stream(Box::new(EventStream::new(events, self.bounds.keepalive, stopped, counters)))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&answer.content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        if answer.status == StatusCode::METHOD_NOT_ALLOWED.as_u16() {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        for (name, value) in answer.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
                headers.append(name, value);
            }
        }
        response
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    fn asks(&self, path: &str, headers: &HeaderMap) -> Asked {
        let accept = headers.get_all(ACCEPT).iter();
        let accept = accept.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
        let mut authorization = headers.get_all(AUTHORIZATION).iter();
        // Of two, each reader might believe another one.
        let authorization = match (authorization.next(), authorization.next()) {
            (Some(only), None) => only.to_str().ok().map(Secret::new),
            _ => None,
        };
        let Client { peer, is_local, over_tls, .. } = *self;
        Asked { peer, is_local, over_tls, path: path.to_owned(), accept, authorization }
    }
}

/// Takes a connection off the list, however it ends.
struct Leaving {
    connections: Arc<Connections>,
    number: u64,
    _held: Held,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        leave(&self.connections.counters.open);
        self.connections.open().remove(&self.number);
    }
}
