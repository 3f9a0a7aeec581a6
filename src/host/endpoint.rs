//! Hosts and ports as people write them.

use super::dns::check_name;
use std::fmt;
use std::net::IpAddr;

/// A host name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// An IPv6 address stands without its brackets, and with its zone if it has one: `fe80::1%eth0`.
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    /// `host:port`, an IPv6 address in brackets.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port: write `host:port`"))?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        if bare.is_none() && host.contains(':') {
            return Err(format!("`{text}`: write an IPv6 address in brackets, such as `[::1]:80`"));
        }
        let host = bare.unwrap_or(host);
        if host.is_empty() {
            return Err(format!("`{text}` names no host: write `localhost:{port}` for this one"));
        }
        check_host(host)?;
        Ok(Endpoint { host: host.to_owned(), port: port_number(port)? })
    }
}

pub fn port_number(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number) if number > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(number),
        _ => Err(format!("`{text}` is not a port: 1 to 65535")),
    }
}

/// Says why `host` names none: it is neither an address, which may have a zone, nor a name that can be looked up.
pub fn check_host(host: &str) -> Result<(), String> {
    let (bare, zone) = host.split_once('%').map_or((host, None), |(bare, zone)| (bare, Some(zone)));
    if let Some(wrong) = host.chars().find(|c| c.is_whitespace() || c.is_control() || "/@[]?#".contains(*c)) {
        return Err(format!("`{host}` is not the name of a host: it has a `{}`", wrong.escape_debug()));
    }
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) if zone.is_some() => Err(format!("`{host}` has a zone, which only IPv6 addresses have")),
        Ok(_) => Ok(()),
        Err(_) => check_name(host),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_reads_as_it_is_written() {
        for text in ["localhost:80", "[::1]:443", "192.0.2.1:1", "[fe80::1%eth0]:22"] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["localhost", ":80", "::1:80", "a:0", "a:65536", "a:", "[]:1", "a:+1", "a b:1", "a/b:1", "u@a:1"] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }
}
