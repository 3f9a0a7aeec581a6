//! Where a certificate is: a file, or a server that shows it.

use super::{Id, Path, valid_host};
use crate::host::Host;
use crate::host::endpoint::Endpoint;
use crate::host::starttls::Protocol;
use crate::host::tls::Shown;
use crate::host::unreached::Unreached;
use crate::value::Fault;
use rustls_pki_types::ServerName;

/// Where a certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(Path),
    Live(Server),
}

/// A server, at whose port TLS is spoken at once or after a protocol's greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// An IPv6 address stands without its brackets.
    host: String,
    port: Option<u16>,
}

/// HTTP over TLS: the port of most servers that speak TLS at once.
const PORT: u16 = 443;

impl Id for Target {
    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("tls://") {
            Some(endpoint) => Server::parse(endpoint).map(Target::Live),
            None => Path::parse(text).map(Target::File).map_err(|why| match text.split_once("://") {
                None if let Some(server) = text.strip_prefix("tls:").map(|rest| rest.trim_start_matches('/'))
                    && Server::parse(server).is_ok() =>
                {
                    format!("`{text}` has too few slashes: write `tls://{server}`")
                }
                Some((_, rest)) => {
                    let server = rest.split('/').next().and_then(|all| all.rsplit('@').next()).unwrap_or_default();
                    format!("`{text}` is neither a path nor a server: write `tls://{server}`")
                }
                None if Endpoint::parse(text).is_ok() => format!("{why}, or `tls://{text}` if it is a server"),
                None => why,
            }),
        }
    }
}

impl Target {
    /// All spellings of it have this one in common.
    pub fn spelled(&self) -> String {
        match self {
            Target::File(path) => path.spelled(),
            Target::Live(Server { host, port: None }) => format!("tls://[{host}]"),
            Target::Live(Server { host, port: Some(port) }) => format!("tls://[{host}]:{port}"),
        }
    }
}

impl Server {
    fn parse(text: &str) -> Result<Server, String> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let server = match bare.or(Some(text).filter(|text| !text.contains(':'))) {
            Some(host) => Server { host: host.to_owned(), port: None },
            None => Endpoint::parse(text).map(|Endpoint { host, port }| Server { host, port: Some(port) })?,
        };
        valid_host(server.name())?;
        Ok(server)
    }

    /// Whom it is for: its host, without the zone that an address may have (RFC 4007).
    fn name(&self) -> &str {
        self.host.split_once('%').map_or(&self.host, |(address, _)| address)
    }

    /// What it shows to a client that looks for `name`, or else for its host; or why certainly nobody is there.
    pub fn shown(
        &self,
        host: &Host,
        name: Option<&str>,
        protocol: Option<Protocol>,
    ) -> Result<Result<Shown, String>, Fault> {
        let name = name.unwrap_or(self.name());
        let known = ServerName::try_from(name.to_owned())
            .map_err(|_| Fault::Failed(format!("`{name}` is neither a host name nor an address")))?;
        let port = self.port.unwrap_or(protocol.map_or(PORT, Protocol::port));
        let mut wire = match host.connect(&Endpoint { host: self.host.clone(), port }, None) {
            Ok(wire) => wire,
            Err(Unreached::Refused(why)) => return Ok(Err(why)),
            Err(other) => return Err(other.into()),
        };
        if let Some(protocol) = protocol {
            protocol.start(&mut wire, name)?;
        }
        Ok(Ok(Shown::over(wire, known)?))
    }
}
