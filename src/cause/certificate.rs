//! Whether a file holds a certificate, a private key, or neither.

use crate::host::pem::blocks;
use crate::host::{FileType, Host};
use crate::value::Fault;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Bytes of a file beyond which it is no certificate of a server.
const BOUND: u64 = 256 << 10;
/// Certificates of a server and of those who issued it; more are a collection of roots.
const MOST: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// One, and maybe those that it was issued by, and its key.
    Certificate,
    /// A private key alone.
    Key,
}

/// What the regular file at `path` holds of these; `None` if it is none or holds neither.
pub(super) fn look(host: &Host, path: &str) -> Result<Option<Holds>, Fault> {
    let stat = host.files().stat(path)?;
    if !stat.is_some_and(|stat| stat.file_type == FileType::File && stat.size <= BOUND && stat.size > 0) {
        return Ok(None);
    }
    let bytes = host.files().read(path, BOUND)?.unwrap_or_default();
    Ok(holds(&bytes))
}

fn holds(bytes: &[u8]) -> Option<Holds> {
    let blocks = blocks(bytes);
    let is_certificate = |label: &str| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE");
    let mut all = blocks.iter().filter(|block| is_certificate(block.label));
    let count = all.clone().count();
    let Some(first) = all.next() else {
        if blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY")) {
            return Some(Holds::Key);
        }
        return (blocks.is_empty() && is_ca(bytes).is_some()).then_some(Holds::Certificate);
    };
    // Whom a server trusts, one after the other: nobody renews that as it renews its own.
    let is_ca = first.decode().ok().and_then(|der| is_ca(&der));
    let is_bundle = count > MOST || (count > 1 && is_ca == Some(true));
    (is_ca.is_some() && !is_bundle).then_some(Holds::Certificate)
}

/// Whether a certificate in DER may issue others; `None` if it is none.
fn is_ca(der: &[u8]) -> Option<bool> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let constraints = certificate.basic_constraints().ok().flatten();
    Some(constraints.is_some_and(|constraints| constraints.value.ca))
}
