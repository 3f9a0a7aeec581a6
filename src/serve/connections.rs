//! Connections of clients: how many, how long, and what each request comes to.

use super::{Answer, Asked, Bounds, Route, Stopped, misplaced};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustix::net::sockopt;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// How long to wait when there is no descriptor left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Those that are open.
struct Connections {
    routes: Arc<[Route]>,
    bounds: Bounds,
    began: Instant,
    open: Mutex<BTreeMap<u64, Arc<Client>>>,
}

struct Client {
    peer: SocketAddr,
    /// Whether it waits for an answer.
    waits: AtomicBool,
    /// Milliseconds from the server's beginning to its last answer, or to when it came.
    since: AtomicU64,
    /// Ends it.
    abort: OnceLock<AbortHandle>,
}

/// Takes connections until it is told to stop, and then waits for what is being answered.
pub(super) async fn run(
    listener: std::net::TcpListener,
    routes: Arc<[Route]>,
    bounds: Bounds,
    mut stopped: Stopped,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let graceful = GracefulShutdown::new();
    let open = Mutex::new(BTreeMap::new());
    let connections = Arc::new(Connections { routes, bounds, began: Instant::now(), open });
    {
        let (mut stop, mut accept) = (pin!(stopped.wait()), pin!(connections.accept(&listener, &graceful)));
        std::future::poll_fn(|context| match stop.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => accept.as_mut().poll(context).map(|never| match never {}),
        })
        .await;
    }
    drop(listener);
    _ = tokio::time::timeout(bounds.drain, graceful.shutdown()).await;
    Ok(())
}

impl Connections {
    async fn accept(self: &Arc<Self>, listener: &TcpListener, graceful: &GracefulShutdown) -> Infallible {
        let mut next = 0;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    next += 1;
                    self.admit(next, stream, peer, graceful);
                }
                // One that was gone again before it was taken costs nothing; a lack of descriptors would spin.
                Err(why) if why.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => tokio::time::sleep(EXHAUSTED).await,
            }
        }
    }

    fn admit(self: &Arc<Self>, number: u64, stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        if !self.has_place() {
            return;
        }
        let stall = u32::try_from(self.bounds.stall.as_millis()).unwrap_or(u32::MAX);
        // tcp(7), TCP_USER_TIMEOUT: also ends a connection whose peer takes nothing though it is there.
        _ = sockopt::set_tcp_user_timeout(&stream, stall);
        _ = stream.set_nodelay(true);
        let since = self.now().into();
        let client = Arc::new(Client { peer, waits: false.into(), since, abort: OnceLock::new() });
        let (this, asking) = (self.clone(), client.clone());
        let service = service_fn(move |request| {
            let (this, client) = (this.clone(), asking.clone());
            async move { Ok::<_, Infallible>(this.respond(&client, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.bounds.head)
            .max_buf_size(HEAD_BYTES)
            .max_headers(MOST_HEADERS)
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let leaving = Leaving { connections: self.clone(), number };
        self.open().insert(number, client.clone());
        let task = tokio::spawn(async move {
            let _leaving = leaving;
            // A client that breaks off, or is too slow, is nobody's fault here.
            _ = connection.await;
        });
        _ = client.abort.set(task.abort_handle());
    }

    /// Whether there is a place for one more, if need be that of whoever has been idle for longest.
    fn has_place(&self) -> bool {
        let mut open = self.open();
        if open.len() < self.bounds.connections {
            return true;
        }
        let idle = open.iter().filter(|(_, client)| !client.waits.load(Ordering::Relaxed));
        let idlest = idle.min_by_key(|(_, client)| client.since.load(Ordering::Relaxed)).map(|(number, _)| *number);
        let Some(client) = idlest.and_then(|number| open.remove(&number)) else { return false };
        client.abort.get().inspect(|task| task.abort());
        true
    }

    async fn respond(&self, client: &Client, request: Request<Incoming>) -> Response<Full<Bytes>> {
        client.waits.store(true, Ordering::Relaxed);
        let path = request.uri().path();
        let answer = match misplaced(&self.routes, request.method(), path) {
            Err(answer) => answer,
            Ok(endpoint) => {
                let accept = request.headers().get_all(ACCEPT).iter();
                let accept = accept.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
                endpoint(Asked { peer: client.peer, path: path.to_owned(), accept }).await
            }
        };
        client.since.store(self.now(), Ordering::Relaxed);
        client.waits.store(false, Ordering::Relaxed);
        response(answer)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a connection off the list, however it ends.
struct Leaving {
    connections: Arc<Connections>,
    number: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::from_str(&answer.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    if answer.status == StatusCode::METHOD_NOT_ALLOWED.as_u16() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
