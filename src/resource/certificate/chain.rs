//! Whom a certificate is trusted by, and for which host: RFC 5280 and RFC 6125, as TLS clients judge it.

use super::algorithm::{KeyType, key_bits, key_type, signature};
use super::{Path, bundle, is_ca, name, not_after};
use crate::host::Host;
use crate::quantity;
use crate::value::Fault;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::time::Duration;
use time::OffsetDateTime;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer;

/// Where distributions keep the roots that they trust.
const STORES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What speaks against `certificate` where a client wants `host`, which is a name or an address.
pub fn problems_with_host(certificate: &X509Certificate, host: &str, sans: &[String]) -> Vec<String> {
    let Ok(name) = ServerName::try_from(host) else { return vec![format!("`{host}` is no host name")] };
    let der = CertificateDer::from(certificate.as_raw());
    match EndEntityCert::try_from(&der).and_then(|c| c.verify_is_valid_for_subject_name(&name)) {
        Ok(()) => vec![],
        Err(Error::CertNotValidForName(_)) if sans.is_empty() => {
            vec!["it has no subject alternative names, and clients heed no others".into()]
        }
        Err(Error::CertNotValidForName(_)) => vec![format!("it is for {}", sans.join(", "))],
        Err(error) => vec![format!("clients refuse it: {}", words(&error))],
    }
}

/// Whether the key that it certifies is the one that signed it.
pub fn is_self_signed(certificate: &X509Certificate) -> Result<bool, Fault> {
    if certificate.subject().as_raw() != certificate.issuer().as_raw() {
        return Ok(false);
    }
    let unsupported = |what: &str| Err(Fault::Unsupported(format!("signatures by {what} cannot be verified here")));
    let key = certificate.public_key();
    let size = key_bits(key).unwrap_or(0);
    let algorithm = signature(&certificate.signature_algorithm);
    match certificate.verify_signature(None) {
        Ok(()) => Ok(true),
        // The library says the same of a key and of a salt whose size it does not take.
        Err(X509Error::SignatureVerificationError) => match key_type(key) {
            KeyType::Rsa if !(2048..=8192).contains(&size) => unsupported(&format!("an RSA key of {size} bits")),
            KeyType::Rsa if algorithm == "rsassaPss" => unsupported(&algorithm),
            _ => Ok(false),
        },
        Err(_) => unsupported(&algorithm),
    }
}

/// Whether signatures lead from `certificate` over others of its `bundle` to a root, and if not, why.
pub fn verify(
    host: &Host,
    certificate: &X509Certificate,
    bundle: &[Vec<u8>],
    roots: Option<&Path>,
) -> Result<Result<(), String>, Fault> {
    let roots = read_roots(host, roots)?;
    if roots.iter().any(|root| root == certificate.as_raw()) {
        return Ok(is_current(certificate, host.now()));
    }
    if is_ca(certificate)? {
        let why = "it is a CA's certificate, and the chains of those are not judged";
        return Err(Fault::Unsupported(why.into()));
    }
    // The library takes a root for good whenever it was made, and clients do not.
    let (current, past): (Vec<_>, Vec<_>) = roots.iter().partition(|root| is_current_root(root, host.now()));
    let ders: Vec<CertificateDer> = current.iter().map(|r| CertificateDer::from(r.as_slice())).collect();
    // A store may hold a root that is too odd to be used, and that is no flaw of this certificate.
    let anchors: Vec<TrustAnchor> = ders.iter().filter_map(|d| webpki::anchor_from_trusted_cert(d).ok()).collect();
    let others: Vec<CertificateDer> = bundle.iter().skip(1).map(|d| CertificateDer::from(d.as_slice())).collect();
    let der = CertificateDer::from(certificate.as_raw());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(host.now().unix_timestamp().try_into().unwrap_or(0)));
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let verified = EndEntityCert::try_from(&der)
        .and_then(|c| c.verify_for_usage(algorithms, &anchors, &others, now, AnyUsage, None, None).map(|_| ()));
    match verified {
        Ok(()) => Ok(Ok(())),
        Err(error) if is_unsupported(&error) => {
            Err(Fault::Unsupported(format!("the chain cannot be verified here: {}", words(&error))))
        }
        Err(Error::UnknownIssuer) => Ok(Err(missing_issuer(certificate, bundle, &past, host.now()))),
        Err(error) => Ok(Err(words(&error))),
    }
}

/// A chain is a chain whatever the certificate is to be used for.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, mut usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        usages.try_for_each(|usage| usage.map(|_| ()))
    }
}

fn read_roots(host: &Host, path: Option<&Path>) -> Result<Vec<Vec<u8>>, Fault> {
    let parse = |path: &str, bytes: &[u8]| {
        bundle::parse(bytes).map_err(|why| Fault::Malformed(format!("the roots in {path}: {why}")))
    };
    if let Some(path) = path {
        let path = path.as_str();
        return match host.whole(path) {
            Ok(Some(bytes)) => parse(path, &bytes),
            Ok(None) => Err(Fault::Failed(format!("the roots {path} are not there"))),
            // It is the roots that cannot be read: that says nothing of the certificate.
            Err(Fault::Unfit(why)) => Err(Fault::Failed(format!("the roots: {why}"))),
            Err(fault) => Err(fault),
        };
    }
    for path in STORES {
        if let Some(bytes) = host.read(path)? {
            return parse(path, &bytes);
        }
    }
    Err(Fault::Unsupported(format!("this host has no store of roots ({}): set `roots`", STORES.join(", "))))
}

/// Whether a root is valid now; one that does not read is left to who uses it.
fn is_current_root(root: &[u8], now: OffsetDateTime) -> bool {
    read(root).is_none_or(|root| is_current(&root, now).is_ok())
}

fn is_current(certificate: &X509Certificate, now: OffsetDateTime) -> Result<(), String> {
    let begin = certificate.validity().not_before.to_datetime();
    let end = not_after(certificate);
    if now > end {
        Err(format!("it expired on {}", quantity::time(end)))
    } else if now < begin {
        Err(format!("it is not valid before {}", quantity::time(begin)))
    } else {
        Ok(())
    }
}

fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// Follows the issuers' names as far as they lead; `past` are the roots that are not valid now.
fn missing_issuer(certificate: &X509Certificate, bundle: &[Vec<u8>], past: &[&Vec<u8>], now: OffsetDateTime) -> String {
    let others = bundle.iter().filter_map(|der| read(der));
    let others: Vec<X509Certificate> = others.collect();
    let mut last = certificate;
    for _ in 0..others.len() {
        match others.iter().find(|c| c.subject().as_raw() == last.issuer().as_raw()) {
            Some(issuer) if issuer.as_raw() != last.as_raw() => last = issuer,
            _ => break,
        }
    }
    let (subject, issuer) = (name::rfc2253(last.subject()), name::rfc2253(last.issuer()));
    let root = past.iter().filter_map(|der| read(der)).find(|c| c.subject().as_raw() == last.issuer().as_raw());
    if let Some(Err(why)) = root.map(|root| is_current(&root, now)) {
        return format!("of the root `{issuer}`, which issued `{subject}`: {why}");
    }
    if subject == issuer {
        return format!("`{subject}` is signed by itself and is not among the roots");
    }
    format!("`{issuer}`, which issued `{subject}`, is neither in the file nor among the roots")
}

/// What the library at hand cannot verify, another client may.
fn is_unsupported(error: &Error) -> bool {
    matches!(
        error,
        Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
            | Error::UnsupportedCertVersion
            | Error::UnsupportedNameType
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumPathDepthExceeded
            | Error::MaximumSignatureChecksExceeded
            | Error::MaximumNameConstraintComparisonsExceeded
    )
}

fn words(error: &Error) -> String {
    let moment = |at: &UnixTime| {
        let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
        OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| seconds.to_string(), quantity::time)
    };
    match error {
        Error::CertExpired { not_after, .. } => format!("a certificate of the chain expired on {}", moment(not_after)),
        Error::CertNotValidYet { not_before, .. } => {
            format!("a certificate of the chain is not valid before {}", moment(not_before))
        }
        Error::InvalidSignatureForPublicKey => {
            "a signature of the chain does not verify, or is by an RSA key of less than 2048 bits".into()
        }
        Error::EndEntityUsedAsCa => "a certificate of the chain may not sign others".into(),
        Error::PathLenConstraintViolated => "the chain is longer than one of its certificates allows".into(),
        Error::NameConstraintViolation => "a CA of the chain may not sign for these names".into(),
        Error::UnsupportedCertVersion => "a certificate of the chain is not of version 3".into(),
        Error::UnsupportedCriticalExtension => "a certificate has a critical extension that is not known".into(),
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a certificate of the chain is signed with an algorithm that is not supported".into()
        }
        other => format!("{other:?}"),
    }
}
