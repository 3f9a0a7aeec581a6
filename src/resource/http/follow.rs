//! A request and those that its redirects lead to: RFC 9110, section 15.4, as Go's client follows them, but with what
//! is secret kept from every other server.

use super::How;
use super::trust::{identity, judge, not_after};
use crate::host::Host;
use crate::host::http::{Header, Request, Response, Url, User, Way, basic};
use crate::host::tls::Identity;
use crate::secret::is_secret_name;
use crate::value::{Fault, Secret};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Redirects that are followed at most.
const MAX_REDIRECTS: u32 = 10;
/// Headers that a client makes of its request itself, as Go's does.
const OWN_HEADERS: &[&str] = &["content-length", "transfer-encoding", "trailer"];

/// What a request came to.
pub struct Asked {
    pub answer: Result<Answer, Fault>,
    /// When the first of the servers' certificates expires; `None` if TLS was spoken with none.
    pub expires: Result<Option<OffsetDateTime>, Fault>,
}

/// The last response.
pub struct Answer {
    pub response: Response,
    pub redirects: u32,
    /// From the beginning of it all to the response's headers.
    pub latency: Duration,
}

pub fn ask(host: &Host, url: &Url, how: &How) -> Asked {
    let mut expires = Ok(None);
    let answer = follow(host, url, how, &mut expires);
    Asked { answer, expires }
}

fn follow(
    host: &Host,
    url: &Url,
    how: &How,
    expires: &mut Result<Option<OffsetDateTime>, Fault>,
) -> Result<Answer, Fault> {
    let began = Instant::now();
    let identity = identity(host, how).inspect_err(|fault| *expires = Err(fault.clone()))?;
    let mut hop = Hop { url: url.clone(), method: how.method.0.clone(), body: how.body.clone(), own_host: true };
    for redirects in 0..=MAX_REDIRECTS {
        let seen = std::mem::replace(expires, Err(Fault::Failed("no server was reached".into())));
        let line = hop.dial(host, how, identity.as_ref()).inspect_err(|fault| *expires = Err(fault.clone()))?;
        *expires = match line.tls() {
            Some(tls) => not_after(tls).map(|at| seen.ok().flatten().map_or(Some(at), |seen| Some(at.min(seen)))),
            None => seen,
        };
        if let Some(tls) = line.tls()
            && !how.allow_insecure
        {
            judge(host, tls, &hop.url, how.ca_file.as_ref())?;
        }
        let headers = hop.headers(url, how);
        let request =
            Request { method: &hop.method, url: &hop.url, headers: &headers, body: hop.body.as_deref(), began };
        let response = line.ask(&request)?;
        let latency = began.elapsed();
        if how.no_follow_redirects || !matches!(response.status, 301..=303 | 307 | 308) {
            return Ok(Answer { response, redirects, latency });
        }
        let mut locations = response.headers.iter().filter(|(name, _)| name == "location").map(|(_, at)| at.trim());
        match locations.next() {
            // Some servers have nowhere to lead to, and Go's client takes an empty one for none.
            None | Some("") => return Ok(Answer { response, redirects, latency }),
            Some(location) if locations.all(|other| other == location) => hop.turn(response.status, location)?,
            Some(_) => return Err(Fault::Malformed(format!("{} redirects to several places at once", hop.url))),
        }
    }
    Err(Fault::Unfit(format!("{url}: more than {MAX_REDIRECTS} redirects")))
}

/// One request of several.
struct Hop {
    url: Url,
    method: String,
    body: Option<String>,
    /// Whether a `Host` header that the spec says still holds.
    own_host: bool,
}

impl Hop {
    fn dial(&self, host: &Host, how: &How, identity: Option<&Identity>) -> Result<crate::host::http::Line, Fault> {
        let identity = identity.map(|i| Identity { chain: i.chain.clone(), key: i.key.clone_key() });
        let environment;
        let way = match (&how.unix_socket, &how.proxy.0) {
            (Some(path), _) => Way::Unix(path.as_str()),
            (None, Some(proxy)) => Way::Proxy(proxy),
            (None, None) => {
                environment = host.proxy(&self.url)?;
                environment.as_ref().map_or(Way::Direct, Way::Proxy)
            }
        };
        host.dial(&self.url, &way, identity)
    }

    /// What is sent to this server, of a spec that is about the one at `first`.
    fn headers(&self, first: &Url, how: &How) -> Vec<Header> {
        let at_home = self.url.same_origin(first);
        let said = |header: &&Header| {
            let name = header.name.to_ascii_lowercase();
            let stays = at_home || !is_secret_name(&header.name);
            let of_a_body = name.starts_with("content-") && self.body.is_none() && how.body.is_some();
            stays && !of_a_body && name != "host" && !OWN_HEADERS.contains(&name.as_str())
        };
        let mut headers: Vec<Header> = Vec::with_capacity(how.headers.0.len() + 5);
        let own = how.headers.0.iter().find(|h| self.own_host && h.name.eq_ignore_ascii_case("host"));
        let host = own.map_or_else(|| Secret::new(self.url.authority()), |header| header.value.clone());
        headers.push(Header { name: "Host".into(), value: host });
        headers.extend(how.headers.0.iter().filter(said).cloned());
        for (name, value) in [
            ("User-Agent", concat!("verispec/", env!("CARGO_PKG_VERSION"))),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ] {
            if !headers.iter().any(|h| h.name.eq_ignore_ascii_case(name)) {
                headers.push(Header { name: name.into(), value: Secret::new(value) });
            }
        }
        let is_authorization = |h: &Header| h.name.eq_ignore_ascii_case("authorization");
        let set = how.user().filter(|_| at_home);
        let in_url = self.url.user.as_ref().or(first.user.as_ref().filter(|_| at_home));
        if set.is_some() {
            headers.retain(|h| !is_authorization(h));
        }
        if let Some(User { name, password }) = set.as_ref().or(in_url)
            && !headers.iter().any(is_authorization)
        {
            headers.push(Header { name: "Authorization".into(), value: basic(name, password) });
        }
        headers
    }

    /// Goes where a redirect leads.
    fn turn(&mut self, status: u16, location: &str) -> Result<(), Fault> {
        let from = self.url.to_string();
        let next = self.url.join(location);
        let next = next.map_err(|why| Fault::Unfit(format!("{from} redirects to where nobody can follow: {why}")))?;
        // A host that is only spoken of in a header has no other way to say that it goes on being meant.
        self.own_host &= Url::is_relative(location);
        self.url = next;
        if status <= 303 && self.method != "GET" && self.method != "HEAD" {
            self.method = "GET".into();
            self.body = None;
        }
        Ok(())
    }
}
