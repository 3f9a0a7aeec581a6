//! The certificates in a file, as DER, and whether they are what a server shows.

use super::pem::{self, Block};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

const LABELS: &[&str] = &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// Every certificate of a PEM file, or the one of a DER file; else why there is none, or one is broken.
pub fn parse(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let blocks = pem::blocks(bytes);
    if blocks.is_empty() {
        return match single(bytes) {
            Ok(0) => Ok(vec![bytes.to_vec()]),
            Ok(rest) => Err(format!("{rest} bytes stand behind the certificate")),
            Err(_) if bytes.is_empty() => Err("no certificate in it: it is empty".into()),
            Err(_) => Err("no certificate in it: it is neither PEM nor DER".into()),
        };
    }
    let certificates: Vec<&Block> = blocks.iter().filter(|b| LABELS.contains(&b.label)).collect();
    match blocks.first() {
        Some(other) if certificates.is_empty() => Err(format!("no certificate in it: it holds a {}", other.label)),
        _ => certificates.into_iter().map(certificate).collect(),
    }
}

/// Bytes of a file beyond which it is no certificate that a host shows.
pub const LARGEST: u64 = 256 << 10;
/// Certificates of a chain; more are a collection of roots.
const LONGEST: usize = 16;

/// What a file holds that a host shows others, or must keep from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A certificate and, behind it, those that it was issued by, as DER. There may be its key, too.
    Chain(Vec<Vec<u8>>),
    /// What says that it is a certificate and cannot be parsed.
    Broken,
    /// A private key alone.
    Key,
}

/// What a file of these bytes holds; `None` if that is neither, or only whom its host trusts.
pub fn holds(bytes: &[u8]) -> Option<Holds> {
    let of = |is_label: fn(&str) -> bool| pem::blocks(bytes).iter().any(|block| is_label(block.label));
    match parse(bytes) {
        // Several that may issue others, one after the other: nobody renews that as a server renews its own.
        Ok(chain) if chain.len() > LONGEST || (chain.len() > 1 && may_issue(&chain)) => None,
        Ok(chain) => Some(Holds::Chain(chain)),
        Err(_) if of(|label| LABELS.contains(&label)) => Some(Holds::Broken),
        Err(_) => of(|label| label.ends_with("PRIVATE KEY")).then_some(Holds::Key),
    }
}

/// Whether the first certificate may issue others.
fn may_issue(chain: &[Vec<u8>]) -> bool {
    let first = chain.first().and_then(|der| X509Certificate::from_der(der).ok());
    let constraints = first.and_then(|(_, certificate)| Some(certificate.basic_constraints().ok()??.value.ca));
    constraints == Some(true)
}

fn certificate(block: &Block) -> Result<Vec<u8>, String> {
    let mut der = block.decode()?;
    match single(&der) {
        // OpenSSL puts what it trusts the certificate for behind it.
        Ok(rest) if rest == 0 || block.label == "TRUSTED CERTIFICATE" => {
            der.truncate(der.len() - rest);
            Ok(der)
        }
        Ok(rest) => Err(format!("{rest} bytes stand behind the certificate on line {}", block.line)),
        Err(why) => Err(format!("the certificate on line {} cannot be parsed: {why}", block.line)),
    }
}

/// How many bytes are left behind the certificate that `der` begins with.
fn single(der: &[u8]) -> Result<usize, String> {
    match X509Certificate::from_der(der) {
        Ok((rest, _)) => Ok(rest.len()),
        Err(x509_parser::nom::Err::Incomplete(_)) => Err("it is cut off".into()),
        Err(x509_parser::nom::Err::Error(e) | x509_parser::nom::Err::Failure(e)) => Err(e.to_string()),
    }
}
