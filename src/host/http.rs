//! One HTTP/1.1 request over a connection of our own, and its response. ureq writes and reads the messages; where they
//! go, who is trusted and whether a redirect is followed is not its business.

use super::Host;
use super::reading::{CONTENT_BOUND, Start};
use super::tls::{Identity, Tls};
use super::unreached::Unreached;
use super::wire::Wire;
use crate::value::{Content, Fault, Secret};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::ServerName;
use std::io::{ErrorKind, Read};
use std::time::Instant;
use transport::{Endless, Given, Link, MOST_INPUT, Nowhere, Stream};
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{self, HeaderName, HeaderValue, Method};
use ureq::{Agent, Body};

mod proxy;
pub(super) mod transport;
mod url;

pub use proxy::Proxy;
pub use url::{Url, User};

/// What a request has one of, and whose value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: Secret,
}

/// How a server is reached.
pub enum Way<'a> {
    Direct,
    /// The path of a unix socket.
    Unix(&'a str),
    Proxy(&'a Proxy),
}

pub struct Request<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    /// `Host` among them, if it is not the URL's.
    pub headers: &'a [Header],
    pub body: Option<&'a str>,
    /// When whoever asks began, for saying how long was waited.
    pub began: Instant,
}

/// A connection that nothing has been said on yet but the handshake.
pub struct Line {
    stream: Stream,
    /// The scheme and host to put before the path, and the header for the proxy.
    proxied: Option<(String, Option<Header>)>,
}

/// A response, its body not yet read.
pub struct Response {
    pub status: u16,
    /// By lower-case name, in the order received, as text whose bytes that are not UTF-8 are U+FFFD.
    pub headers: Vec<(String, String)>,
    /// HTTP/1.0, which has no transfer codings.
    old: bool,
    body: Body,
    shown: String,
    began: Instant,
}

impl Host {
    /// Connects to the server of `url` and, for `https`, shakes hands with whoever answers.
    pub fn dial(&self, url: &Url, way: &Way, identity: Option<Identity>) -> Result<Line, Fault> {
        self.machine()?;
        let wire = match way {
            Way::Direct => self.connect(&url.endpoint(), None)?,
            Way::Unix(path) => self.connect_unix(path)?,
            Way::Proxy(proxy) => self.reach(proxy, url)?,
        };
        if !url.tls {
            let proxied = match way {
                Way::Proxy(proxy) => Some((format!("http://{}", url.authority()), proxy.authorization())),
                _ => None,
            };
            return Ok(Line { stream: Stream::Plain(wire), proxied });
        }
        let name = ServerName::try_from(url.tls_name().to_owned())
            .map_err(|_| Fault::Unsupported(format!("`{}` can have no certificate", url.host)))?;
        let tls = Tls::connect(wire, name, identity).map_err(|why| match Fault::from(why) {
            Fault::Unfit(why) => Fault::Unfit(with_hint(why)),
            fault => fault,
        })?;
        Ok(Line { stream: Stream::Tls(Box::new(tls)), proxied: None })
    }

    /// What a proxy refuses says nothing of the server.
    fn reach(&self, proxy: &Proxy, url: &Url) -> Result<Wire, Fault> {
        let mut wire = self.connect(&proxy.endpoint(), None).map_err(|why| match why {
            Unreached::Refused(why) | Unreached::NoRoute(why) => {
                Fault::Failed(format!("{proxy} is out of reach: {why}"))
            }
            Unreached::Silent(_, waited) => Fault::TimedOut(format!("connecting to {proxy}"), waited),
            Unreached::Fault(fault) => fault,
        })?;
        if url.tls {
            proxy.tunnel(&mut wire, &url.endpoint())?;
        }
        Ok(wire)
    }
}

impl Line {
    /// Who answered, if it can say so.
    pub fn tls(&self) -> Option<&Tls> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => Some(tls),
        }
    }

    /// Sends the request and reads the head of the response.
    pub fn ask(self, request: &Request) -> Result<Response, Fault> {
        let Request { url, began, .. } = *request;
        let unsendable =
            |what: &dyn std::fmt::Display| Fault::Unsupported(format!("the request cannot be sent: {what}"));
        let (prefix, authorization) = match self.proxied {
            Some((prefix, authorization)) => (Some(prefix), authorization),
            None => (None, None),
        };
        let through_proxy = prefix.is_some();
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| unsendable(&e))?;
        let mut built = http::Request::builder().method(method.clone()).uri(uri(url));
        let mut longest = url.target.len() + request.method.len();
        for header in request.headers.iter().chain(&authorization) {
            longest = longest.max(header.name.len() + header.value.reveal().len());
            built = built.header(header.name.as_str(), value(header)?);
        }
        let link = Link::new(self.stream, longest + 64, prefix);
        let agent = Agent::with_parts(config(), Given::new(link), Nowhere);
        // These methods have a body even where it is empty: RFC 9110, section 8.6.
        let has_body = request.body.is_some() || [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        let answered = match has_body {
            true => agent.run(built.body(request.body.unwrap_or_default()).map_err(|e| unsendable(&e))?),
            false => agent.run(built.body(()).map_err(|e| unsendable(&e))?),
        };
        let answered = answered.map_err(|e| match fault(e, url, "the response headers", began) {
            Fault::Unfit(why) if through_proxy => Fault::Failed(format!("through the proxy: {why}")),
            fault => fault,
        });
        let (head, body) = answered?.into_parts();
        match head.status.as_u16() {
            407 if through_proxy => {
                let why = "the proxy asks for a user name and password: write them into its URL";
                return Err(Fault::Failed(why.into()));
            }
            // So a proxy says that it did not reach the server: RFC 9110, section 15.6.
            status @ 502..=504 if through_proxy => {
                let why = format!("{url}: the `{status}` that came through the proxy may be the proxy's own");
                return Err(Fault::Failed(why));
            }
            _ => {}
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let old = head.version == http::Version::HTTP_10;
        Ok(Response { status: head.status.as_u16(), headers, old, body, shown: url.to_string(), began })
    }
}

impl Response {
    /// The last header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// What all headers of this name, which is in lower case, say was done to the body.
    fn codings<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.iter().filter(move |(n, _)| n == name).flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
    }

    /// Reads the body, up to a bound.
    pub fn content(&mut self) -> Result<Content, Fault> {
        let mut bytes = Vec::new();
        let cut = self.read(&mut bytes, CONTENT_BOUND as usize)?;
        Ok(Start { bytes, cut }.text())
    }

    /// Reads the first `bound` bytes of the body into `bytes`, which has what came even where it is a fault that not all
    /// did; says whether there is more.
    pub fn read(&mut self, bytes: &mut Vec<u8>, bound: usize) -> Result<bool, Fault> {
        if let Some(coding) = self.codings("content-encoding").next() {
            return Err(Fault::Unsupported(format!("the body is compressed, as `{coding}`, which is not read")));
        }
        // Nobody asked for these, and ureq would hand out their bytes as they are.
        let mut transfer = self.codings("transfer-encoding");
        if let Some(coding) = transfer.find(|coding| self.old || !coding.eq_ignore_ascii_case("chunked")) {
            let shown = &self.shown;
            let version = if self.old { "HTTP/1.0" } else { "HTTP/1.1" };
            let why = format!("{shown}: the response body's transfer coding `{coding}` is not read of {version}");
            return Err(Fault::Unsupported(why));
        }
        drop(transfer);
        let read = self.body.as_reader().take(bound as u64 + 1).read_to_end(bytes);
        let cut = bytes.len() > bound;
        bytes.truncate(bound);
        read.map_err(|e| self.broken(&e)).map(|_| cut)
    }

    fn broken(&self, error: &std::io::Error) -> Fault {
        let shown = &self.shown;
        let ends_with_connection =
            self.header("content-length").is_none() && self.header("transfer-encoding").is_none();
        if ends_with_connection && is_cut(error) {
            let why = "the server hung up without ending TLS, so the response body may not be all of it";
            return Fault::Failed(format!("{shown}: {why}"));
        }
        let inner = error.get_ref();
        let misframed = |why: &dyn std::fmt::Display| {
            Fault::Malformed(format!("{shown}: the response body is not framed as HTTP wants it: {why}"))
        };
        match inner.and_then(|e| e.downcast_ref()) {
            Some(ureq::Error::Protocol(e)) => misframed(e),
            Some(ureq::Error::BodyStalled) => {
                Fault::Unfit(format!("{shown}: the server hung up before the response body had come"))
            }
            _ if inner.is_some_and(|e| e.is::<Endless>()) => misframed(error),
            _ => io_fault(error, shown, "the response body", self.began),
        }
    }
}

/// Basic authentication: RFC 7617.
pub fn basic(name: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{}", password.reveal()))))
}

/// Says what is wrong with a method: RFC 9110, section 9.
pub fn check_method(method: &str) -> Result<(), String> {
    match Method::from_bytes(method.as_bytes()) {
        Ok(method) if method == Method::CONNECT => Err("`CONNECT` asks a proxy for a tunnel: set `proxy`".into()),
        Ok(_) => Ok(()),
        Err(_) => Err(format!("`{}` is not a method, such as `GET` or `POST`", method.escape_debug())),
    }
}

/// Says what is wrong with a header without repeating its value.
pub fn check_header(name: &str, value: &str) -> Result<(), String> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(format!("`{}` cannot name a header", name.escape_debug()));
    }
    let shown = |what: &str| format!("the value of `{name}` has {what} in it");
    if value.contains(['\r', '\n']) {
        return Err(shown("a line break"));
    }
    // Of these two, ureq wants to read the text.
    let ascii = ["host", "authorization"].iter().any(|strict| name.eq_ignore_ascii_case(strict));
    match HeaderValue::from_str(value) {
        Err(_) => Err(shown("a control character")),
        Ok(_) if ascii && !value.is_ascii() => Err(shown("a character that is not ASCII")),
        Ok(_) if value.len() > MOST_INPUT => Err(format!("the value of `{name}` is longer than {MOST_INPUT} bytes")),
        Ok(_) => Ok(()),
    }
}

pub(super) fn config() -> Config {
    Config::builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding(AutoHeaderValue::None)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .max_response_header_size(MOST_INPUT - 1)
        .max_idle_connections(0)
        .allow_non_standard_methods(true)
        .build()
}

/// The URL without its user info, of which ureq would make a header.
fn uri(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.endpoint(), url.target)
}

fn value(header: &Header) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(header.value.reveal())
        .map_err(|_| Fault::Unsupported(format!("the value of `{}` cannot be sent", header.name)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What it means that `what` of a response did not come.
fn fault(error: ureq::Error, url: &Url, what: &str, began: Instant) -> Fault {
    match error {
        ureq::Error::Io(e) => io_fault(&e, &url.to_string(), what, began),
        ureq::Error::Timeout(_) => Fault::TimedOut(format!("{what} of {url}"), began.elapsed()),
        ureq::Error::LargeResponseHeader(..) => {
            let most = crate::quantity::size(MOST_INPUT as u64);
            Fault::Unsupported(format!("{url}: the response headers are longer than the {most} that are read"))
        }
        ureq::Error::Protocol(e) => unreadable(&e.to_string(), url),
        other => Fault::Failed(format!("{url}: {other}")),
    }
}

/// What it means that a head cannot be read, by the words of the error: its type is not to be had.
fn unreadable(error: &str, url: &Url) -> Fault {
    let why = error.strip_prefix("http parse fail: ").unwrap_or(error);
    if why.contains("too many headers") {
        return Fault::Unsupported(format!("{url}: there are more response headers than are read"));
    }
    // Only what is no status line is certainly no HTTP. Other clients put up with odd headers.
    match why.contains("version") || why.contains("status") {
        true => Fault::Unfit(format!("{url}: what answers does not speak HTTP: {why}")),
        false => Fault::Malformed(format!("{url}: the response headers cannot be read: {why}")),
    }
}

fn io_fault(error: &std::io::Error, shown: &str, what: &str, began: Instant) -> Fault {
    match error.kind() {
        ErrorKind::TimedOut => Fault::TimedOut(format!("{what} of {shown}"), began.elapsed()),
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
            Fault::Unfit(format!("{shown}: the server hung up before {what} had come"))
        }
        // An alert, which the stream has put into words; what does not even read as TLS is still the library's.
        ErrorKind::InvalidData if error.get_ref().is_some_and(|e| !e.is::<rustls::Error>()) => {
            Fault::Unfit(with_hint(format!("{shown}: {error}")))
        }
        _ => Fault::from_io(shown, error),
    }
}

/// A client that is turned away for want of a certificate can be given one.
fn with_hint(why: String) -> String {
    match why.contains("client certificate") || why.contains("client's certificate") {
        true => format!("{why}: set `cert-file` and `key-file`"),
        false => why,
    }
}

/// Whether the connection ended without TLS having said so.
fn is_cut(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<std::io::Error>());
    inner.is_some_and(|inner| inner.kind() == ErrorKind::UnexpectedEof)
}
