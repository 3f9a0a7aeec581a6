//! `certificate`: what an X.509 certificate, in a file or of a server, says, and what it is good for.

use super::path::Path;
use super::{
    Argument, FromNode, Id, Inventory, Keys, Pin, Presence, Resource, Settings, Shape, check, choice, key, setting,
};
use crate::host::roots::Roots;
use crate::host::starttls::Protocol;
use crate::host::tls::check_server_name;
use crate::host::{Host, bundle};
use crate::syntax::{Code, Diagnostic, Node};
use crate::value::Fault;
use algorithm::KeyType;
use chain::Usage;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

mod algorithm;
mod chain;
mod inventory;
mod name;
mod private_key;
mod target;

use target::Target;

pub struct Certificate {
    host: Host,
    roots: Option<Path>,
    bundle: Bundle,
    /// Of a server: whether it proved to have the key.
    proof: Option<Result<(), Fault>>,
}

enum Bundle {
    /// In DER, the certificate itself first.
    Found(Vec<Vec<u8>>),
    /// What is there holds no certificate, or a broken one, and why.
    Unfit(String),
    /// Nobody is there who could show one, and why.
    Nobody(String),
}

impl Resource for Certificate {
    const NAME: &'static str = "certificate";
    const ABOUT: &'static str = "An X.509 certificate in a PEM or DER file, or of a TLS server. Of a bundle the first is \
        the certificate, the others its chain; a server's is described whoever issued it and whether or not it is valid.";
    const EXAMPLE: &'static str = r#"[certificate."/etc/ssl/site.pem"]
expires-in = ">= 30d"
hostname = "www.example.org"
matches-key = "/etc/ssl/private/site.key"
chain = true

[certificate."tls://mail.example.org:25"]
starttls = "smtp"
chain = true
chain-expires-in = ">= 14d"
hostname = "mail.example.org"
"#;
    const PRESENCE: Option<Presence> = Some(Presence {
        name: "exists",
        about: "Whether it is there: the file, or a server that shows one. It is not there where connections are refused \
            or the host name does not exist; having no route leaves it unknown. A server that answers and shows none fails, \
            whatever is expected.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "path",
        "The absolute path of a file in PEM or DER, or `tls://host:port`. Without a port it is 443, or the port of the \
            protocol under `starttls`.",
    ));
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
        &key("key-type", "The type of its public key.", |c: &Self| -> Result<Option<KeyType>, Fault> {
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
            |c: &Self, host| c.leaf(|x| chain::problems_with_host(x, host, &sans(x)?)),
        ),
        &key(
            "chain",
            "Whether signatures lead from it to one of the roots, all of them valid now; of a server's also whether it is \
                for servers and the server has proved to have its key. Whether it has the right name is for `hostname`.",
            Certificate::chain,
        ),
        &key(
            "chain-expires-in",
            "The time left until the first of the certificates in the file, or that the server shows, expires.",
            |c: &Self| c.first_expiry().map(|first| first.map(|at| at - c.host.now())),
        ),
        &check("matches-key", "The path of a private key that it belongs to.", KEY, |c: &Self, path| {
            c.leaf(|x| private_key::problems(&c.host, x.public_key(), path))
        }),
    ];
    const PINS: &[Pin] = &[
        Pin::time_left("expires-in"),
        Pin::exact("subject"),
        Pin::exact("sans"),
        Pin::exact("key-type"),
        Pin::if_true("chain"),
    ];
    type Id = Target;
    type Settings = How;
    const SETTINGS: Settings<How> = &[
        &setting("server-name", "The name to ask a server for (SNI), where it is not the host.", |how: &mut How| {
            &mut how.server_name
        }),
        &setting("roots", "A file of root certificates in PEM, in place of the system's.", |how: &mut How| {
            &mut how.roots
        }),
        &setting("starttls", "The protocol that a server speaks before it changes to TLS.", |how: &mut How| {
            &mut how.starttls
        }),
    ];

    const INVENTORY: Option<Inventory> = Some(Inventory { noun: "certificates under /etc", list: inventory::list });
    fn spellings(name: &str) -> Vec<String> {
        vec![Target::parse(name).map_or_else(|_| name.to_owned(), |target| target.spelled())]
    }

    fn probe(host: &Host, target: &Target, how: &How) -> Result<Option<Self>, Fault> {
        match target {
            Target::File(path) => {
                let Some(bytes) = host.whole(path.as_str())? else { return Ok(None) };
                let bundle = match bundle::parse(&bytes) {
                    Ok(all) => Bundle::Found(all),
                    Err(why) => Bundle::Unfit(format!("{}: {why}", path.as_str())),
                };
                Ok(Some(Certificate { host: host.clone(), roots: how.roots.clone(), bundle, proof: None }))
            }
            Target::Live(server) => {
                let name = how.server_name.as_ref().map(|Name(name)| name.as_str());
                let (bundle, proof) = match server.shown(host, name, how.starttls)? {
                    Ok(shown) => (Bundle::Found(shown.chain), Some(shown.proof)),
                    Err(why) => (Bundle::Nobody(why), None),
                };
                Ok(Some(Certificate { host: host.clone(), roots: how.roots.clone(), bundle, proof }))
            }
        }
    }

    fn present(&self) -> Result<bool, Fault> {
        Ok(self.bundle()?.is_some())
    }

    fn absence(&self) -> Option<String> {
        match &self.bundle {
            Bundle::Nobody(why) => Some(why.clone()),
            _ => None,
        }
    }
}

/// How to reach and judge a certificate.
#[derive(Default)]
pub struct How {
    server_name: Option<Name>,
    roots: Option<Path>,
    starttls: Option<Protocol>,
}

/// A host name or address.
struct Name(String);

impl FromNode for Name {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let text = String::from_node(node)?;
        match valid_host(&text) {
            Ok(()) => Ok(Name(text)),
            Err(why) => Err(Diagnostic::new(Code::BadSetting, node.span, why)),
        }
    }
}

impl FromNode for Protocol {
    const SHAPE: Shape = Shape::Choice(Protocol::WORDS);
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        choice(node, Protocol::parse)
    }
}

const HOST: Argument = Argument { noun: "a host name or address", check: valid_host };
const KEY: Argument = Argument { noun: "the absolute path of a key", check: |path| Path::parse(path).map(|_| ()) };

fn valid_host(host: &str) -> Result<(), String> {
    match host.contains('*') {
        true => Err(format!("`{host}` is a pattern: write a name that it should be good for")),
        false => check_server_name(host),
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
    if let Some(why) = chain::problems_with_host(&leaf, name, &sans(&leaf)?)?.into_iter().next() {
        return Ok(Err(why));
    }
    with_roots(host, roots, |roots| chain::verify(host, &leaf, shown, roots, Usage::Server))
}

/// With the roots in a file of the spec's own, or else the system's.
fn with_roots<T>(host: &Host, file: Option<&Path>, judge: impl FnOnce(&Roots) -> Result<T, Fault>) -> Result<T, Fault> {
    match file {
        Some(file) => judge(&*host.roots_in(file.as_str())?),
        None => judge(host.roots()?),
    }
}

impl Certificate {
    fn bundle(&self) -> Result<Option<&[Vec<u8>]>, Fault> {
        match &self.bundle {
            Bundle::Found(all) => Ok(Some(all)),
            Bundle::Unfit(why) => Err(Fault::Unfit(why.clone())),
            Bundle::Nobody(_) => Ok(None),
        }
    }

    fn leaf<T>(&self, read: impl FnOnce(&X509Certificate) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        let Some(bundle) = self.bundle()? else { return Ok(None) };
        let der = bundle.first().map_or(&[][..], Vec::as_slice);
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|e| Fault::Unfit(format!("it cannot be parsed: {e}")))?;
        read(&certificate).map(Some)
    }

    fn chain(&self) -> Result<Option<Result<(), String>>, Fault> {
        let Some(bundle) = self.bundle()? else { return Ok(None) };
        let usage = if self.proof.is_some() { Usage::Server } else { Usage::Any };
        let verify = |roots: &Roots| self.leaf(|x| chain::verify(&self.host, x, bundle, roots, usage));
        let chain = with_roots(&self.host, self.roots.as_ref(), verify);
        match (&self.proof, chain) {
            // What is certain counts before what could not be told.
            (_, Ok(Some(Err(why)))) => Ok(Some(Err(why))),
            (Some(Err(Fault::Unfit(why))), _) => Ok(Some(Err(why.clone()))),
            (Some(Err(fault)), Ok(_)) => Err(fault.clone()),
            (_, chain) => chain,
        }
    }

    fn first_expiry(&self) -> Result<Option<OffsetDateTime>, Fault> {
        let Some(mut first) = self.leaf(|x| Ok(not_after(x)))? else { return Ok(None) };
        for (at, der) in self.bundle()?.unwrap_or_default().iter().enumerate() {
            match X509Certificate::from_der(der) {
                Ok((_, certificate)) => first = first.min(not_after(&certificate)),
                Err(e) => {
                    return Err(Fault::Unfit(format!("certificate {} of the chain cannot be parsed: {e}", at + 1)));
                }
            }
        }
        Ok(Some(first))
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
