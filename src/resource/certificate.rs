//! `certificate`: what an X.509 certificate in a file says, and what it is good for.

use super::path::Path;
use super::{Argument, Id, Keys, Resource, Settings, check, key, setting};
use crate::host::Host;
use crate::value::Fault;
use algorithm::KeyType;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

mod algorithm;
mod bundle;
mod chain;
mod name;
mod pem;
mod private_key;

pub struct Certificate {
    host: Host,
    roots: Option<Path>,
    /// In DER, the certificate itself first; or why there is none.
    bundle: Result<Vec<Vec<u8>>, String>,
}

impl Resource for Certificate {
    const NAME: &'static str = "certificate";
    const ABOUT: &'static str = "An X.509 certificate in a PEM or DER file. Of a bundle the first is the certificate, \
        the others its chain.";
    const EXAMPLE: &'static str = r#"[certificate."/etc/ssl/site.pem"]
expires-in = ">= 30d"
hostname = "www.example.org"
matches-key = "/etc/ssl/private/site.key"
chain = true
"#;
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("path", "The absolute path of a file in PEM or DER, or `tls://host:port`."));
    const KEYS: Keys<Self> = &[
        &key("expires-in", "The time left until it expires; negative once it has.", |c: &Self| {
            c.leaf(|x| Ok(not_after(x) - c.host.now()))
        }),
        &key("not-before", "When it begins to be valid.", |c: &Self| {
            c.leaf(|x| Ok(x.validity().not_before.to_datetime()))
        }),
        &key("not-after", "When it expires.", |c: &Self| c.leaf(|x| Ok(not_after(x)))),
        &key("subject", "Whose it is, as `CN=www.example.org,O=Example` (RFC 2253).", |c: &Self| {
            c.leaf(|x| Ok(name::rfc2253(x.subject())))
        }),
        &key("issuer", "Who issued it, as `CN=R3,O=Let's Encrypt,C=US` (RFC 2253).", |c: &Self| {
            c.leaf(|x| Ok(name::rfc2253(x.issuer())))
        }),
        &key("sans", "The names it is for: DNS names, addresses, e-mail addresses, URIs.", |c: &Self| c.leaf(sans)),
        &key("serial", "Its serial number, in upper-case hexadecimal.", |c: &Self| {
            c.leaf(|x| Ok(serial(x.tbs_certificate.raw_serial())))
        }),
        &key("key-type", "The type of its public key.", |c: &Self| -> Result<KeyType, Fault> {
            c.leaf(|x| Ok(algorithm::key_type(x.public_key())))
        }),
        &key("key-bits", "The size of its public key in bits.", |c: &Self| {
            c.leaf(|x| Ok(algorithm::key_bits(x.public_key())))
        }),
        &key("signature-algorithm", "How it is signed, by OpenSSL's name: `sha256WithRSAEncryption`.", |c: &Self| {
            c.leaf(|x| Ok(algorithm::signature(&x.signature_algorithm)))
        }),
        &key("fingerprint-sha256", "SHA-256 of the certificate, in lower-case hexadecimal.", |c: &Self| {
            c.leaf(|x| Ok(Sha256::digest(x.as_raw()).iter().map(|b| format!("{b:02x}")).collect::<String>()))
        }),
        &key("self-signed", "Whether it is signed with its own key.", |c: &Self| c.leaf(chain::is_self_signed)),
        &key("is-ca", "Whether it may sign other certificates.", |c: &Self| c.leaf(is_ca)),
        &check(
            "hostname",
            "A host name or address that it is good for, by its subject alternative names.",
            HOST,
            |c: &Self, host| c.leaf(|x| Ok(chain::problems_with_host(x, host, &sans(x)?))),
        ),
        &key("chain", "Whether signatures lead from it to one of the roots, all of them valid now.", |c: &Self| {
            let bundle = c.bundle()?;
            c.leaf(|x| chain::verify(&c.host, x, bundle, c.roots.as_ref()))
        }),
        &key("chain-expires-in", "The time left until the first of the file's certificates expires.", |c: &Self| {
            c.first_expiry().map(|at| at - c.host.now())
        }),
        &check("matches-key", "The path of a private key that it belongs to.", KEY, |c: &Self, path| {
            c.leaf(|x| private_key::problems(&c.host, x.public_key(), path))
        }),
    ];
    type Id = Target;
    type Settings = How;
    const SETTINGS: Settings<How> = &[
        &setting("server-name", "The name to ask a live server for, where it is not the host.", |how: &mut How| {
            &mut how.server_name
        }),
        &setting("roots", "A file of root certificates in PEM, in place of the system's.", |how: &mut How| {
            &mut how.roots
        }),
        &setting("starttls", "The protocol that a live server speaks before TLS: `smtp`, `imap`.", |how: &mut How| {
            &mut how.starttls
        }),
    ];

    fn probe(host: &Host, target: &Target, how: &How) -> Result<Option<Self>, Fault> {
        match target {
            Target::File(path) => {
                let Some(bytes) = host.whole(path.as_str())? else { return Ok(None) };
                let bundle = bundle::parse(&bytes).map_err(|why| format!("{}: {why}", path.as_str()));
                Ok(Some(Certificate { host: host.clone(), roots: how.roots.clone(), bundle }))
            }
            Target::Live { host: server, port } => {
                let why = format!("live endpoints are not supported yet: nothing was asked of {server}:{port}");
                Err(Fault::Unsupported(why))
            }
        }
    }

    fn present(&self) -> Result<bool, Fault> {
        self.bundle().map(|_| true)
    }
}

/// How to reach and judge a certificate.
#[derive(Default)]
pub struct How {
    server_name: Option<String>,
    roots: Option<Path>,
    starttls: Option<String>,
}

/// Where a certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(Path),
    Live { host: String, port: u16 },
}

impl Id for Target {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(endpoint) = text.strip_prefix("tls://") else { return Path::parse(text).map(Target::File) };
        let (host, port) = endpoint.rsplit_once(':').ok_or("the port is missing: write `tls://host:port`")?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        valid_host(host)?;
        match port.parse() {
            Ok(port) if port > 0 => Ok(Target::Live { host: host.to_owned(), port }),
            _ => Err(format!("`{port}` is not a port")),
        }
    }
}

const HOST: Argument = Argument { noun: "a host name or address", check: valid_host };
const KEY: Argument = Argument { noun: "the absolute path of a key", check: |path| Path::parse(path).map(|_| ()) };

fn valid_host(host: &str) -> Result<(), String> {
    if !host.is_ascii() {
        return Err(format!("`{host}` is not in ASCII: write the name as it stands in DNS, with `xn--`"));
    }
    if host.contains('*') {
        return Err(format!("`{host}` is a pattern: write a name that it should be good for"));
    }
    match rustls_pki_types::ServerName::try_from(host) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("`{host}` is neither a host name nor an address")),
    }
}

/// Whether a client that wants `name` may trust a server that showed `shown` (in DER, its own certificate first), and if
/// not, why. Without `roots` the system's count.
pub(super) fn trusted(
    host: &Host,
    shown: &[Vec<u8>],
    name: &str,
    roots: Option<&Path>,
) -> Result<Result<(), String>, Fault> {
    let der = shown.first().map_or(&[][..], Vec::as_slice);
    let Ok((_, leaf)) = X509Certificate::from_der(der) else {
        return Ok(Err("its certificate cannot be parsed".into()));
    };
    if let Some(why) = chain::problems_with_host(&leaf, name, &sans(&leaf)?).into_iter().next() {
        return Ok(Err(why));
    }
    chain::verify(host, &leaf, shown, roots)
}

impl Certificate {
    fn bundle(&self) -> Result<&[Vec<u8>], Fault> {
        self.bundle.as_deref().map_err(|why| Fault::Unfit(why.clone()))
    }

    fn leaf<T>(&self, read: impl FnOnce(&X509Certificate) -> Result<T, Fault>) -> Result<T, Fault> {
        let der = self.bundle()?.first().map_or(&[][..], Vec::as_slice);
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|e| Fault::Unfit(format!("it cannot be parsed: {e}")))?;
        read(&certificate)
    }

    fn first_expiry(&self) -> Result<OffsetDateTime, Fault> {
        let mut first = self.leaf(|x| Ok(not_after(x)))?;
        for der in self.bundle()? {
            if let Ok((_, certificate)) = X509Certificate::from_der(der) {
                first = first.min(not_after(&certificate));
            }
        }
        Ok(first)
    }
}

fn not_after(certificate: &X509Certificate) -> OffsetDateTime {
    certificate.validity().not_after.to_datetime()
}

/// An extension that is there and does not read: nobody else could use the certificate either.
fn unreadable(what: &str) -> impl Fn(X509Error) -> Fault {
    move |error| Fault::Unfit(format!("{what} cannot be parsed: {error}"))
}

fn is_ca(certificate: &X509Certificate) -> Result<bool, Fault> {
    let constraints = certificate.basic_constraints().map_err(unreadable("its basic constraints"))?;
    Ok(constraints.is_some_and(|c| c.value.ca))
}

fn sans(certificate: &X509Certificate) -> Result<Vec<String>, Fault> {
    let names = certificate.subject_alternative_name().map_err(unreadable("its list of names"))?;
    let name = |name: &GeneralName| match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = address.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            Some(address.map_or_else(|_| format!("(an address of {} bytes)", bytes.len()), |a| a.to_string()))
        }
        GeneralName::Invalid(..) => Some("(a name that cannot be parsed)".to_owned()),
        _ => None,
    };
    Ok(names.map(|n| n.value.general_names.iter().filter_map(name).collect()).unwrap_or_default())
}

/// As `openssl x509 -serial` prints it.
fn serial(bytes: &[u8]) -> String {
    let negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let first = magnitude.iter().position(|b| *b != 0).unwrap_or(magnitude.len().saturating_sub(1));
    let hex: String = magnitude.iter().skip(first).map(|b| format!("{b:02X}")).collect();
    format!("{}{hex}", if negative { "-" } else { "" })
}

#[cfg(test)]
mod tests;
