//! A client's connection as bytes, plain or encrypted. One that takes nothing for too long breaks.

use rustix::fd::AsFd;
use rustix::net::{RecvFlags, recv};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

type Writes = dyn AsyncWrite + Unpin + Send;

pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Waits for its first byte, or its end.
    pub(super) async fn speaks(&self) -> io::Result<()> {
        // Readiness alone may be reported of a socket that has nothing to read.
        match self {
            Stream::Tcp(stream) => stream.async_io(Interest::READABLE, || peek(stream)).await,
            Stream::Unix(stream) => stream.async_io(Interest::READABLE, || peek(stream)).await,
        }
    }
}

fn peek(socket: impl AsFd) -> io::Result<()> {
    Ok(recv(socket, &mut [0], RecvFlags::PEEK).map(drop)?)
}

/// A stream, and how long it may take none of what is written.
pub(super) struct Wire {
    stream: Stream,
    stall: Duration,
    /// While it takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

/// What requests come by.
pub(super) enum Line {
    Plain(Wire),
    Encrypted(Box<TlsStream<Wire>>),
}

impl Wire {
    pub(super) fn new(stream: Stream, stall: Duration) -> Wire {
        Wire { stream, stall, stuck: None }
    }

    fn poll_to(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Writes>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = write(self.writes(), context);
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let stall = self.stall;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn writes(&mut self) -> Pin<&mut Writes> {
        Pin::new(match &mut self.stream {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        })
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, to),
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, to),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_to(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_to(context, |stream, context| stream.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes().poll_shutdown(context)
    }
}

impl Line {
    fn writes(&mut self) -> Pin<&mut Writes> {
        Pin::new(match self {
            Line::Plain(wire) => wire,
            Line::Encrypted(stream) => &mut **stream,
        })
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Line::Plain(wire) => Pin::new(wire).poll_read(context, to),
            Line::Encrypted(stream) => Pin::new(&mut **stream).poll_read(context, to),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes().poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes().poll_shutdown(context)
    }
}
