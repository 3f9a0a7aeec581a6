//! Which proxy a request goes through, by the environment as Go's `httpproxy` reads it, and the tunnel through one.

use super::url::Url;
use super::{Header, basic};
use crate::host::Host;
use crate::host::endpoint::Endpoint;
use crate::host::wire::Wire;
use crate::value::Fault;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::IpAddr;
use std::time::Instant;

/// Bytes of what a proxy answers before the tunnel begins.
const MOST_ANSWER: usize = 16 << 10;

/// An HTTP proxy. To be printed without its user info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy(Url);

impl Proxy {
    /// A URL; `http://` may be left out.
    pub fn parse(text: &str) -> Result<Proxy, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Url::parse(&format!("http://{rest}")).map(Proxy),
            "https" => Err("proxies that are spoken to over TLS are not supported: only `http://` ones are".into()),
            scheme @ ("socks4" | "socks4a" | "socks5" | "socks5h" | "socks") => {
                Err(format!("`{scheme}` proxies are not supported: only `http://` ones are"))
            }
            _ => Err(format!("`{scheme}://` is no proxy: only `http://` ones are supported")),
        }
    }

    pub fn endpoint(&self) -> Endpoint {
        self.0.endpoint()
    }

    pub fn authorization(&self) -> Option<Header> {
        let user = self.0.user.as_ref()?;
        Some(Header { name: "Proxy-Authorization".into(), value: basic(&user.name, &user.password) })
    }

    /// Has the proxy lay a tunnel to `to`: RFC 9110, section 9.3.6.
    pub fn tunnel(&self, wire: &mut Wire, to: &Endpoint) -> Result<(), Fault> {
        let began = Instant::now();
        let authorization = match self.authorization() {
            Some(header) => format!("{}: {}\r\n", header.name, header.value.reveal()),
            None => String::new(),
        };
        let request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{authorization}\r\n");
        let broken = |e: std::io::Error| match e.kind() {
            ErrorKind::TimedOut => Fault::TimedOut(format!("{self}'s answer to CONNECT {to}"), began.elapsed()),
            _ => Fault::Failed(format!("{self} hung up on CONNECT {to}")),
        };
        wire.write_all(request.as_bytes()).map_err(broken)?;
        let mut answer = Vec::new();
        // Byte by byte: what comes after belongs to the tunnel.
        while !answer.ends_with(b"\r\n\r\n") && answer.len() < MOST_ANSWER {
            let mut byte = [0];
            match wire.read(&mut byte).map_err(broken)? {
                0 => return Err(Fault::Failed(format!("{self} hung up on CONNECT {to}"))),
                _ => answer.extend_from_slice(&byte),
            }
        }
        match status(&answer) {
            Some((200..=299, _)) if answer.ends_with(b"\r\n\r\n") => Ok(()),
            Some((_, line)) => Err(Fault::Failed(format!("{self} answered `{line}` to CONNECT {to}"))),
            None => Err(Fault::Failed(format!("{self} does not speak HTTP"))),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}", self.endpoint())
    }
}

/// The status in the first line of a response, and the line without its version.
fn status(answer: &[u8]) -> Option<(u16, String)> {
    let line = answer.split(|b| *b == b'\r').next()?;
    let line = String::from_utf8_lossy(line).into_owned();
    let rest = line.strip_prefix("HTTP/1.")?.split_once(' ')?.1;
    let status = rest.split(' ').next()?.parse().ok()?;
    Some((status, rest.chars().filter(|c| !c.is_control()).take(80).collect()))
}

impl Host {
    /// The proxy that the environment has for this URL.
    pub fn proxy(&self, url: &Url) -> Result<Option<Proxy>, Fault> {
        self.machine()?;
        from_environment(url, &|name| std::env::var(name).ok()).map_err(Fault::Unsupported)
    }
}

fn from_environment(url: &Url, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Proxy>, String> {
    let first = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| variable(name).filter(|text| !text.is_empty()).map(|text| (name, text)))
    };
    let names = if url.tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let Some((name, text)) = first(names) else { return Ok(None) };
    // In a CGI program whoever sends a `Proxy` header sets `HTTP_PROXY`.
    if !url.tls && variable("REQUEST_METHOD").is_some_and(|method| !method.is_empty()) {
        return Ok(None);
    }
    let except = first(["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
    if is_excepted(&url.host, url.port, &except) {
        return Ok(None);
    }
    Proxy::parse(&text).map(Some).map_err(|why| format!("`{name}` in the environment: {why}; set `proxy`"))
}

/// Whether a request to this host goes to it directly.
fn is_excepted(host: &str, port: u16, list: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|a| a.to_canonical().is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return match (network.parse(), bits.parse(), address) {
                (Ok(network), Ok(bits), Some(address)) => is_in(address.to_canonical(), network, bits),
                _ => false,
            };
        }
        let (name, wanted) = split(&entry);
        if wanted.is_some_and(|wanted| wanted != port.to_string()) {
            return false;
        }
        match (name.parse::<IpAddr>(), address) {
            (Ok(one), Some(address)) => one.to_canonical() == address.to_canonical(),
            (Err(_), None) if !name.is_empty() => {
                let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
                match name.strip_prefix('.') {
                    Some(_) => host.ends_with(name),
                    None => host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
                }
            }
            _ => false,
        }
    })
}

/// A host and maybe a port; an IPv6 address has brackets if it has a port.
fn split(entry: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = entry.strip_prefix('[').and_then(|e| e.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (entry, None),
    }
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        (IpAddr::V6(a), IpAddr::V6(n)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chosen(url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Ok(from_environment(&Url::parse(url).unwrap(), &variable)?.map(|proxy| proxy.endpoint().to_string()))
    }

    #[test]
    fn each_scheme_has_its_proxy_and_upper_case_comes_first() {
        let both = [("http_proxy", "a:1"), ("HTTP_PROXY", "http://b:2/"), ("https_proxy", "http://u:p@c:3")];
        assert_eq!(chosen("http://example.org/", &both), Ok(Some("b:2".into())));
        assert_eq!(chosen("https://example.org/", &both), Ok(Some("c:3".into())));
        assert_eq!(chosen("https://example.org/", &both[..2]), Ok(None));
        assert_eq!(chosen("http://example.org/", &[("http_proxy", "proxy")]), Ok(Some("proxy:80".into())));
        assert_eq!(chosen("http://example.org/", &[("HTTP_PROXY", ""), ("http_proxy", "a:1")]), Ok(Some("a:1".into())));
    }

    #[test]
    fn whoever_sends_a_header_to_a_cgi_program_chooses_no_proxy() {
        let cgi = [("HTTP_PROXY", "evil:1"), ("HTTPS_PROXY", "c:3"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen("http://example.org/", &cgi), Ok(None));
        assert_eq!(chosen("https://example.org/", &cgi), Ok(Some("c:3".into())));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_over() {
        for wrong in ["socks5://a:1", "https://a:1", "ftp://a", "http://"] {
            let said = chosen("http://example.org/", &[("http_proxy", wrong)]).unwrap_err();
            assert!(said.contains("`http_proxy` in the environment"), "{said}");
        }
        let said = Proxy::parse("socks5://u:secret@a:1").unwrap_err();
        assert!(said.contains("not supported") && !said.contains("secret"), "{said}");
        let shown = Proxy::parse("u:secret@a:1").unwrap().to_string();
        assert_eq!(shown, "the proxy a:1");
    }

    #[test]
    fn no_proxy_means_what_it_means_in_go() {
        for (list, host, port, wanted) in [
            ("", "example.org", 80, false),
            ("", "localhost", 80, true),
            ("", "127.9.9.9", 80, true),
            ("", "::1", 80, true),
            ("*", "example.org", 80, true),
            ("example.org", "example.org", 80, true),
            ("example.org", "www.example.org", 80, true),
            ("example.org", "notexample.org", 80, false),
            (".example.org", "example.org", 80, false),
            (".example.org", "www.example.org", 80, true),
            ("*.example.org", "www.example.org", 80, true),
            ("*.example.org", "example.org", 80, false),
            ("EXAMPLE.org", "example.org", 80, true),
            ("example.org:8080", "example.org", 80, false),
            ("example.org:8080", "example.org", 8080, true),
            ("a, b ,example.org", "example.org", 80, true),
            ("192.0.2.1", "192.0.2.1", 80, true),
            ("192.0.2.1:81", "192.0.2.1", 80, false),
            ("192.0.2.0/24", "192.0.2.9", 80, true),
            ("192.0.2.0/24", "192.0.3.9", 80, false),
            ("0.0.0.0/0", "192.0.3.9", 80, true),
            ("192.0.2.0/33", "192.0.2.9", 80, false),
            ("2001:db8::/32", "2001:db8::5", 80, true),
            ("2001:db8::5", "2001:db8::5", 80, true),
            ("[2001:db8::5]:443", "2001:db8::5", 80, false),
            ("192.0.2", "192.0.2.9", 80, false),
            (",, ,:", "example.org", 80, false),
        ] {
            assert_eq!(is_excepted(host, port, list), wanted, "`{list}` and {host}:{port}");
        }
    }

    #[test]
    fn the_first_line_tells_the_status() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n"), Some((200, "200 OK".into())));
        assert_eq!(status(b"HTTP/1.0 407 \x1b[1mNo\r\n"), Some((407, "407 [1mNo".into())));
        for wrong in [&b"SSH-2.0-x\r\n"[..], b"", b"HTTP/1.1 x", b"HTTP/1.1"] {
            assert_eq!(status(wrong), None);
        }
    }

    proptest! {
        #[test]
        fn no_list_panics(list in "[a-c.*:/\\[\\], 0-9]{0,30}", host in "[a-c.0-9:]{1,9}", port: u16) {
            is_excepted(&host, port, &list);
        }

        #[test]
        fn no_answer_panics(answer: Vec<u8>) {
            status(&answer);
        }
    }
}
