//! Where a bus listens, by the D-Bus specification ("Server Addresses").

use rustix::net::SocketAddrUnix;
use std::fmt;

/// A Unix socket. Other transports are not spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Path(String),
    /// A name outside the file system: unix(7).
    Abstract(String),
}

impl Address {
    /// Reads `unix:path=/run/x;unix:abstract=y,guid=…`: those that are Unix sockets, in order.
    pub fn parse_list(text: &str) -> Vec<Address> {
        text.split(';').filter_map(Address::parse).collect()
    }

    fn parse(text: &str) -> Option<Address> {
        text.strip_prefix("unix:")?.split(',').find_map(|pair| match pair.split_once('=')? {
            ("path", value) => unescape(value).map(Address::Path),
            ("abstract", value) => unescape(value).map(Address::Abstract),
            _ => None,
        })
    }

    pub(super) fn socket(&self) -> rustix::io::Result<SocketAddrUnix> {
        match self {
            Address::Path(path) => SocketAddrUnix::new(path.as_str()),
            Address::Abstract(name) => SocketAddrUnix::new_abstract_name(name.as_bytes()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Path(path) => f.write_str(path),
            Address::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

/// Resolves `%2f`.
fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_dbus_daemon_prints_them() {
        let list = "tcp:host=localhost,port=1;unix:abstract=/tmp/dbus-x,guid=00;unix:path=/run/a%20b";
        let expected = [Address::Abstract("/tmp/dbus-x".into()), Address::Path("/run/a b".into())];
        assert_eq!(Address::parse_list(list), expected);
        assert_eq!(Address::parse_list("unix:path=/run/%e"), []);
        assert_eq!(Address::parse_list(""), []);
    }
}
