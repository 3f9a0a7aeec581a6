//! `http` and `https` URLs as a client needs them: RFC 3986, strict about where a request goes and lenient about what
//! stands in its path.

use crate::host::endpoint::{Endpoint, port_number};
use crate::host::tls::check_server_name;
use crate::value::Secret;
use std::fmt;

/// Bytes that a URL may have; whatever serves HTTP stops well before.
const MAX_URL: usize = 8 << 10;

/// Where a request goes. To be printed without whatever in it is secret or may be: its user info and its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub tls: bool,
    /// In lower case; an IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
    /// Path and query, from the first slash on, as they are sent.
    pub target: String,
    pub user: Option<User>,
}

/// A user name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub password: Secret,
}

impl Url {
    /// Says what is wrong with it without repeating a password.
    pub fn parse(text: &str) -> Result<Url, String> {
        if text.is_empty() {
            return Err("the URL is empty".into());
        }
        if text.len() > MAX_URL {
            return Err(format!("the URL is longer than {MAX_URL} bytes"));
        }
        if text.contains(|c: char| c.is_control()) {
            return Err("a URL cannot have control characters in it".into());
        }
        if text.trim() != text {
            return Err("the URL begins or ends with a blank".into());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            let shown = if text.contains('@') { "…" } else { text };
            return Err(format!("the URL has no scheme: write `http://{shown}` or `https://{shown}`"));
        };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(format!("`{scheme}://` is neither `http://` nor `https://`")),
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(User::parse(user)), authority),
            None => (None, authority),
        };
        let (host, port) = split_port(authority)?;
        let port = match port {
            None | Some("") => {
                if tls {
                    443
                } else {
                    80
                }
            }
            // A `/` in a password ends what could be a host and a port.
            Some(port) => port_number(port).map_err(|why| match target.contains('@') {
                true => "what follows the `:` is not a port: 1 to 65535".to_owned(),
                false => why,
            })?,
        };
        let url = Url { tls, host: checked_host(host)?, port, target: sent(target), user };
        if url.target.len() > MAX_URL {
            return Err(format!("the URL is longer than {MAX_URL} bytes"));
        }
        Ok(url)
    }

    /// Where a server that answered with this `Location` leads: RFC 3986, section 5.2.
    pub fn join(&self, location: &str) -> Result<Url, String> {
        let location = location.trim();
        let scheme = location.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        match scheme {
            Some(scheme) if location.get(scheme.len()..).is_some_and(|rest| rest.starts_with("://")) => {
                let mut url = Url::parse(location)?;
                url.target = without_dots(&url.target);
                return Ok(url);
            }
            Some("http" | "https") => return Err("it names no host".into()),
            Some(scheme) => return Err(format!("`{scheme}:` is neither `http://` nor `https://`")),
            None => {}
        }
        if location.starts_with("//") {
            return self.join(&format!("{}:{location}", self.scheme()));
        }
        if location.len() > MAX_URL {
            return Err(format!("it is longer than {MAX_URL} bytes"));
        }
        let (path, _) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let relative = location.split('#').next().unwrap_or_default();
        let target = match relative.chars().next() {
            None => self.target.clone(),
            Some('/') => relative.to_owned(),
            Some('?') => format!("{path}{relative}"),
            Some(_) => {
                let folder = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("/");
                format!("{folder}{relative}")
            }
        };
        // What the first URL said of a user goes on holding for its own server.
        Ok(Url { target: without_dots(&sent(&target)), ..self.clone() })
    }

    /// Whether this `Location` says nothing of a host.
    pub fn is_relative(location: &str) -> bool {
        let scheme = location.trim().split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme));
        !scheme && !location.trim().starts_with("//")
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint { host: self.host.clone(), port: self.port }
    }

    /// Whether what is secret to one server is no secret to the other.
    pub fn same_origin(&self, other: &Url) -> bool {
        (self.tls, &self.host, self.port) == (other.tls, &other.host, other.port)
    }

    /// The host, with the port unless it is the scheme's own: what stands in the `Host` header.
    pub fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        let endpoint = self.endpoint().to_string();
        match self.port == usual {
            true => endpoint.strip_suffix(&format!(":{usual}")).unwrap_or(&endpoint).to_owned(),
            false => endpoint,
        }
    }

    /// The name that a certificate has to be for.
    pub fn tls_name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{path}", self.scheme(), self.authority())
    }
}

impl User {
    fn parse(text: &str) -> User {
        let (name, password) = text.split_once(':').unwrap_or((text, ""));
        User { name: decoded(name), password: Secret::new(decoded(password)) }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the `[` before the address is not closed")?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(format!("`{host}` is not an IPv6 address"));
        }
        return match port.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if port.is_empty() => Ok((host, None)),
            None => Err("only a port may stand behind the `]`".into()),
        };
    }
    match authority.split_once(':') {
        None => Ok((authority, None)),
        Some((_, port)) if port.contains(':') => {
            Err("write an IPv6 address in brackets, such as `http://[::1]/`".into())
        }
        Some((host, port)) => Ok((host, Some(port))),
    }
}

fn checked_host(host: &str) -> Result<String, String> {
    if host.is_empty() {
        return Err("the URL names no host".into());
    }
    check_server_name(host)?;
    Ok(host.to_ascii_lowercase())
}

/// A path and query as they may stand in a request: without the fragment, and with what is neither reserved nor
/// unreserved in per cent.
fn sent(target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let mut out = String::with_capacity(target.len() + 1);
    if !target.starts_with('/') {
        out.push('/');
    }
    for byte in target.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~:/?@!$&'()*+,;=%[]".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// RFC 3986, section 5.2.4.
fn without_dots(target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut steps = path.split('/').skip(1).peekable();
    while let Some(step) = steps.next() {
        let last = steps.peek().is_none();
        match step {
            "." | ".." => {
                if step == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            step => kept.push(step),
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}{query}", kept.join("/"))
}

/// Characters in per cent, decoded; a `%` that is none stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())).map(|hex| u8::from_str_radix(hex, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn refused(text: &str) -> String {
        Url::parse(text).expect_err(text)
    }

    #[test]
    fn a_url_reads_as_it_is_meant() {
        let read = url("HTTPS://us%40er:p%3aw@WWW.Example.org:8443/a b?q=ä#top");
        assert_eq!((read.tls, read.host.as_str(), read.port), (true, "www.example.org", 8443));
        assert_eq!(read.target, "/a%20b?q=%C3%A4");
        assert_eq!(read.user, Some(User { name: "us@er".into(), password: Secret::new("p:w") }));
        assert_eq!(url("http://h").target, "/");
        assert_eq!(url("http://h?x=1").target, "/?x=1");
        assert_eq!(url("http://h:/").port, 80);
        assert_eq!((url("http://[::1]:81/").host.as_str(), url("http://[::1]:81/").port), ("::1", 81));
        assert_eq!(url("http://foo_bar.local.").tls_name(), "foo_bar.local");
    }

    #[test]
    fn what_is_shown_of_a_url_has_no_secret() {
        let shown = url("https://u:secret@h:8443/x?token=secret").to_string();
        assert_eq!(shown, "https://h:8443/x");
        assert!(!format!("{:?}", url("http://u:secret@h/")).contains("secret"));
        assert_eq!(url("http://h:80/").to_string(), "http://h/");
        assert_eq!(url("https://[::1]:443/").authority(), "[::1]");
        assert_eq!(url("https://[::1]:80/").authority(), "[::1]:80");
    }

    #[test]
    fn a_wrong_url_is_refused_with_what_to_mend() {
        for (text, why) in [
            ("", "empty"),
            ("localhost:8080/x", "write `http://localhost:8080/x`"),
            ("ftp://h/", "`ftp://` is neither"),
            ("http://", "names no host"),
            ("http:///x", "names no host"),
            ("http://bücher.example/", "`xn--`"),
            ("http://h:0/", "not a port"),
            ("http://h:+1/", "not a port"),
            ("http://h:65536/", "not a port"),
            ("http://::1/", "in brackets"),
            ("http://[::1/", "not closed"),
            ("http://[x]/", "not an IPv6 address"),
            ("http://[::1]x/", "only a port"),
            ("http://a b/", "it has a ` `"),
            ("http://-.x/", "neither a host name"),
            ("http://h/\r\nX: y", "control characters"),
            (" http://h/", "blank"),
        ] {
            let said = refused(text);
            assert!(said.contains(why), "{text}: {said}");
        }
        assert!(refused(&format!("http://h/{}", "x".repeat(9000))).contains("longer than"));
    }

    #[test]
    fn no_refusal_repeats_a_password() {
        for text in [
            "u:secret@h/",
            "http://u:secret@h:99999/",
            "http://u:secret@",
            "http://u:secret@[x]/",
            "x://u:secret@h",
            "http://u:secret/@h/",
        ] {
            assert!(!refused(text).contains("secret"), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn a_redirect_leads_where_rfc_3986_says() {
        let base = url("http://a/b/c/d;p?q");
        for (location, wanted) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d;p?y"),
            ("g?y", "/b/c/g?y"),
            ("g#s", "/b/c/g"),
            ("", "/b/c/d;p?q"),
            (".", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("g;x=1/../y", "/b/c/y"),
            ("g?y/../x", "/b/c/g?y/../x"),
            ("a:8/", "/"),
        ] {
            match base.join(location) {
                Ok(url) => assert_eq!(url.target, wanted, "{location}"),
                Err(why) => assert!(location.contains(':'), "{location}: {why}"),
            }
        }
        let other = base.join("//h:81/x").unwrap();
        assert_eq!((other.host.as_str(), other.port, other.tls), ("h", 81, false));
        assert!(base.join("https://a/").unwrap().tls);
        assert!(base.join("ftp://a/").unwrap_err().contains("ftp"));
        assert!(base.join("mailto:x").unwrap_err().contains("mailto"));
    }

    #[test]
    fn user_info_stays_with_its_server() {
        let base = url("http://u:p@a/");
        assert!(base.join("/x").unwrap().user.is_some());
        assert!(base.join("http://a/x").unwrap().user.is_none());
        assert!(base.same_origin(&url("http://A:80/y")));
        for other in ["https://a/", "http://a:81/", "http://b/"] {
            assert!(!base.same_origin(&url(other)), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_can_be_sent(text in "(https?://)?[a-z@:\\[\\].%/?#\\\\ äé0-9-]{0,40}", more in "\\PC{0,40}") {
            for text in [&text, &more] {
                if let Ok(url) = Url::parse(text) {
                    prop_assert!(url.target.starts_with('/'));
                    prop_assert!(url.target.parse::<ureq::http::uri::PathAndQuery>().is_ok(), "{}", url.target);
                    let uri = format!("{}://{}{}", url.scheme(), url.endpoint(), url.target);
                    prop_assert!(uri.parse::<ureq::http::Uri>().is_ok(), "{}", uri);
                    let again = Url::parse(&uri).unwrap();
                    prop_assert_eq!(&again.target, &url.target);
                    if let Ok(next) = url.join(&more) {
                        prop_assert!(next.target.parse::<ureq::http::uri::PathAndQuery>().is_ok());
                    }
                }
            }
        }
    }
}
