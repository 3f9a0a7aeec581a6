//! The certificates in a file, as DER.

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

/// Whether a PEM file says that it holds a certificate, whole or broken.
pub fn says_it_is_one(bytes: &[u8]) -> bool {
    pem::blocks(bytes).iter().any(|block| LABELS.contains(&block.label))
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
