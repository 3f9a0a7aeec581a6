//! `http`: what a server answers to a request.

use super::path::Path;
use super::{Argument, Id, Keys, Pin, Presence, Resource, Settings, check, json_schema, key, lookup, setting};
use crate::host::Host;
use crate::host::http::{Url, User};
use crate::query;
use crate::value::{Content, Fault, Secret, Value};
use follow::{Answer, Asked};
use request::{Headers, Verb, Via};
use std::cell::{OnceCell, RefCell};
use time::{Duration, OffsetDateTime};

mod follow;
mod request;
mod trust;

pub use trust::distrust;

pub struct Http {
    host: Host,
    answer: Result<RefCell<Answer>, Fault>,
    expires: Result<Option<OffsetDateTime>, Fault>,
    body: OnceCell<Result<Content, Fault>>,
}

/// What to ask, and how.
#[derive(Default)]
pub struct How {
    method: Verb,
    headers: Headers,
    body: Option<String>,
    username: Option<String>,
    password: Option<Secret>,
    allow_insecure: bool,
    no_follow_redirects: bool,
    ca_file: Option<Path>,
    cert_file: Option<Path>,
    key_file: Option<Path>,
    proxy: Via,
    unix_socket: Option<Path>,
}

impl Resource for Http {
    const NAME: &'static str = "http";
    const ABOUT: &'static str = "What a server answers to an HTTP/1.1 request, after redirects. A server that refuses, \
        hangs up or is not trusted fails every key; one that is silent leaves them unknown.";
    const EXAMPLE: &'static str = r#"[http."https://www.example.org/health"]
status = 200
headers = ["/^Content-Type: application\\/json/"]
json = { "status" = "up" }
latency = "< 500ms"
tls-expires-in = ">= 30d"
"#;
    const PRESENCE: Option<Presence> = None;
    const TARGET: Option<(&'static str, &'static str)> = Some(("url", "An `http://` or `https://` URL."));
    const KEYS: Keys<Self> = &[
        &key("status", "The status of the last response, such as 200.", |h: &Self| h.answer(|a| a.response.status)),
        &key("headers", "The response's headers as `Name: value`, one a line, sorted.", Self::headers),
        &key("body", "The first 8 MiB of the response's body.", |h: &Self| h.body().cloned()),
        &lookup("json", "What stands at a path in the body, read as JSON.", GJSON, Self::at),
        &check(
            "json-schema",
            "A JSON Schema that the body is valid against.",
            json_schema::INPUT,
            |h: &Self, schema| json_schema::problems(&h.host, h.document()?, schema),
        ),
        &key(
            "latency",
            "The time from the beginning, connecting included, to the last response's headers.",
            |h: &Self| h.answer(|a| Duration::try_from(a.latency).unwrap_or(Duration::MAX)),
        ),
        &key("redirects", "How many redirects were followed.", |h: &Self| h.answer(|a| a.redirects)),
        &key(
            "tls-expires-in",
            "The time left until the server's certificate expires, trusted or not; of several servers, until the first does.",
            Self::expires_in,
        ),
    ];
    const PINS: &[Pin] = &[Pin::exact("status"), Pin::time_left("tls-expires-in")];
    type Id = Url;
    type Settings = How;
    const SETTINGS: Settings<How> = &[
        &setting("method", "The request's method. `GET` where it is left out.", |how: &mut How| &mut how.method),
        &setting(
            "request-headers",
            "Headers to send, `Host` among them. Those that carry a secret are not sent on to another server.",
            |how: &mut How| &mut how.headers,
        ),
        &setting("request-body", "The body to send.", |how: &mut How| &mut how.body),
        &setting("username", "The user name for basic authentication.", |how: &mut How| &mut how.username),
        &setting("password", "The password for basic authentication.", |how: &mut How| &mut how.password),
        &setting(
            "allow-insecure",
            "Whether to trust any certificate; `false` where it is left out.",
            |how: &mut How| &mut how.allow_insecure,
        ),
        &setting(
            "no-follow-redirects",
            "Whether a redirect itself is the response; `false` where it is left out.",
            |how: &mut How| &mut how.no_follow_redirects,
        ),
        &setting("ca-file", "A file of root certificates in PEM, in place of the system's.", |how: &mut How| {
            &mut how.ca_file
        }),
        &setting("cert-file", "A file with a certificate in PEM, for a server that asks for one.", |how: &mut How| {
            &mut how.cert_file
        }),
        &setting("key-file", "A file with the certificate's key in PEM, where it is another.", |how: &mut How| {
            &mut how.key_file
        }),
        &setting(
            "proxy",
            "The URL of an HTTP proxy. Where it is left out, `http_proxy`, `https_proxy` and `no_proxy` of the environment say.",
            |how: &mut How| &mut how.proxy,
        ),
        &setting("unix-socket", "The path of a socket to connect to, in place of the URL's host.", |how: &mut How| {
            &mut how.unix_socket
        }),
    ];

    fn probe(host: &Host, url: &Url, how: &How) -> Result<Option<Self>, Fault> {
        host.machine()?;
        let Asked { answer, expires } = follow::ask(host, url, how);
        let answer = answer.map(RefCell::new);
        Ok(Some(Http { host: host.clone(), answer, expires, body: OnceCell::new() }))
    }
}

const GJSON: Argument = Argument { noun: "path", check: query::check_gjson };

impl Id for Url {
    fn parse(text: &str) -> Result<Self, String> {
        Url::parse(text)
    }
}

impl How {
    /// Whom to log in as by what the spec says beside the URL.
    fn user(&self) -> Option<User> {
        if self.username.is_none() && self.password.is_none() {
            return None;
        }
        let password = self.password.clone().unwrap_or_else(|| Secret::new(""));
        Some(User { name: self.username.clone().unwrap_or_default(), password })
    }
}

impl Http {
    fn answer<T>(&self, read: impl FnOnce(&Answer) -> T) -> Result<T, Fault> {
        match &self.answer {
            Ok(answer) => Ok(read(&answer.borrow())),
            Err(fault) => Err(fault.clone()),
        }
    }

    fn expires_in(&self) -> Result<Duration, Fault> {
        match (&self.expires, &self.answer) {
            (Err(fault), _) => Err(fault.clone()),
            (Ok(Some(at)), _) => Ok(*at - self.host.now()),
            // A redirect to `https` may still have come.
            (Ok(None), Err(fault)) => Err(fault.clone()),
            (Ok(None), Ok(_)) => Err(Fault::Unfit("no TLS was spoken, so no certificate was shown".into())),
        }
    }

    fn headers(&self) -> Result<Content, Fault> {
        self.answer(|a| {
            let line = |(name, value): &(String, String)| format!("{}: {value}", canonical(name));
            let mut lines: Vec<String> = a.response.headers.iter().map(line).collect();
            lines.sort();
            Content { text: lines.join("\n"), cut: None }
        })
    }

    fn body(&self) -> Result<&Content, Fault> {
        let read = || match &self.answer {
            Ok(answer) => answer.borrow_mut().response.content(),
            Err(fault) => Err(fault.clone()),
        };
        self.body.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn document(&self) -> Result<&str, Fault> {
        let Content { text, cut } = self.body()?;
        match cut {
            // A byte order mark is no part of JSON.
            None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Some(bound) => {
                let bound = crate::quantity::size(*bound);
                Err(Fault::Unsupported(format!("the body is longer than the {bound} that are read as data")))
            }
        }
    }

    fn at(&self, path: &str) -> Result<Option<Value>, Fault> {
        query::gjson(self.document()?, path).map_err(query::fault)
    }
}

/// A header's name as Go writes it: `Content-Type`.
fn canonical(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
        format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_written_as_go_writes_them() {
        for (name, wanted) in [("content-type", "Content-Type"), ("etag", "Etag"), ("x--a", "X--A"), ("", "")] {
            assert_eq!(canonical(name), wanted);
        }
    }
}
