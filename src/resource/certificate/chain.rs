//! Whom a certificate is trusted by, and for which host: RFC 5280 and RFC 6125, as TLS clients judge it.

use super::algorithm::{KeyType, key_bits, key_type, signature};
use super::{is_ca, name};
use crate::host::Host;
use crate::host::roots::{Roots, is_current, may_sign};
use crate::quantity;
use crate::value::Fault;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::ops::RangeInclusive;
use std::time::Duration;
use time::OffsetDateTime;
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    RequiredEkuNotFoundContext, VerifiedPath,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer;

/// What a certificate is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A chain is a chain whatever its certificate is used for.
    Any,
    /// To be a TLS server's.
    Server,
}

/// What speaks against `certificate` where a client wants `host`, which is a name or an address.
pub fn problems_with_host(certificate: &X509Certificate, host: &str, sans: &[String]) -> Result<Vec<String>, Fault> {
    let Ok(name) = ServerName::try_from(host) else { return Ok(vec![format!("`{host}` is no host name")]) };
    let der = CertificateDer::from(certificate.as_raw());
    Ok(match EndEntityCert::try_from(&der).and_then(|c| c.verify_is_valid_for_subject_name(&name)) {
        Ok(()) => vec![],
        Err(Error::CertNotValidForName(_)) if sans.is_empty() => {
            vec!["it has no subject alternative names, and clients heed no others".into()]
        }
        Err(Error::CertNotValidForName(_)) => vec![format!("it is for {}", sans.join(", "))],
        Err(Error::UnsupportedCriticalExtension) if has_policies(certificate) => {
            return Err(Fault::Unsupported(format!("its names cannot be judged here: {POLICIES}")));
        }
        Err(error) => vec![format!("clients refuse it: {}", words(&error))],
    })
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
            KeyType::Rsa if !SIZES.contains(&size) => unsupported(&format!("an RSA key of {size} bits")),
            KeyType::Rsa if algorithm == "rsassaPss" => unsupported(&algorithm),
            _ => Ok(false),
        },
        Err(_) => unsupported(&algorithm),
    }
}

/// Whether signatures lead from `certificate` over others of its `bundle` to one of the `roots`, and if not, why.
pub fn verify(
    host: &Host,
    certificate: &X509Certificate,
    bundle: &[Vec<u8>],
    roots: &Roots,
    usage: Usage,
) -> Result<Result<(), String>, Fault> {
    if roots.contains(certificate.as_raw()) {
        let fit = is_current(certificate, host.now());
        return Ok(fit.and_then(|()| usage.suits(certificate)));
    }
    if let Some(why) = missing_issuer(certificate, bundle, roots) {
        return Ok(Err(why));
    }
    if is_ca(certificate)? {
        let why = "it is a CA's certificate, and the chains of those are not judged";
        return Err(Fault::Unsupported(why.into()));
    }
    let others: Vec<CertificateDer> = bundle.iter().skip(1).map(|d| CertificateDer::from(d.as_slice())).collect();
    let der = CertificateDer::from(certificate.as_raw());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(host.now().unix_timestamp().try_into().unwrap_or(0)));
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    // The library does not heed key usage.
    let issuers_may_sign = |path: &VerifiedPath| {
        let mut issuers = path.intermediate_certificates();
        let all = issuers.all(|issuer| read(&issuer.der()).is_some_and(|issuer| may_sign(&issuer)));
        if all { Ok(()) } else { Err(Error::EndEntityUsedAsCa) }
    };
    let verified = EndEntityCert::try_from(&der).and_then(|c| {
        c.verify_for_usage(algorithms, roots.anchors(), &others, now, usage, None, Some(&issuers_may_sign)).map(|_| ())
    });
    match verified {
        Ok(()) => Ok(usage.suits(certificate)),
        Err(error) if is_unsupported(&error) => {
            Err(Fault::Unsupported(format!("the chain cannot be verified here: {}", words(&error))))
        }
        // The library says the same of a signature that is wrong and of a key whose size it does not take.
        Err(Error::InvalidSignatureForPublicKey) => match odd_key(bundle, roots) {
            Some(bits) => Err(Fault::Unsupported(format!(
                "the chain cannot be verified here: one of its issuers has an RSA key of {bits} bits"
            ))),
            None => Ok(Err("a signature of the chain does not verify".into())),
        },
        Err(Error::UnsupportedCriticalExtension)
            if bundle.iter().filter_map(|der| read(der)).any(|one| has_policies(&one)) =>
        {
            Err(Fault::Unsupported(format!("the chain cannot be verified here: {POLICIES}")))
        }
        // By their names it is: the root is one that the library cannot use.
        Err(Error::UnknownIssuer) => {
            Err(Fault::Unsupported("the chain cannot be verified here: its root cannot be used".into()))
        }
        Err(error) => Ok(Err(words(&error))),
    }
}

/// anyExtendedKeyUsage and id-kp-serverAuth: RFC 5280, section 4.2.1.12.
const SERVER: [KeyPurposeId; 2] =
    [KeyPurposeId::new(&[0x55, 0x1d, 0x25, 0x00]), KeyPurposeId::new(&[0x2b, 6, 1, 5, 5, 7, 3, 1])];
const NO_SERVER: &str = "a certificate of the chain is not for servers: its extended key usage is another one";

impl ExtendedKeyUsageValidator for Usage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let usages: Vec<KeyPurposeId> = usages.collect::<Result<_, _>>()?;
        if *self == Usage::Any || usages.is_empty() || usages.iter().any(|usage| SERVER.contains(usage)) {
            return Ok(());
        }
        let context = RequiredEkuNotFoundContext { required: KeyUsage::server_auth(), present: vec![] };
        Err(Error::RequiredEkuNotFoundContext(context))
    }
}

impl Usage {
    /// What keeps a certificate from it by its own extensions.
    fn suits(self, certificate: &X509Certificate) -> Result<(), String> {
        if self == Usage::Any {
            return Ok(());
        }
        let purpose = certificate.extended_key_usage();
        if !purpose.is_ok_and(|p| p.is_none_or(|p| p.value.any || p.value.server_auth)) {
            return Err(NO_SERVER.into());
        }
        let key = certificate.key_usage();
        let agrees =
            |u: &x509_parser::extensions::KeyUsage| u.digital_signature() || u.key_encipherment() || u.key_agreement();
        if !key.is_ok_and(|k| k.is_none_or(|k| agrees(k.value))) {
            return Err("its key usage is not that of a server: it allows neither signatures nor key exchange".into());
        }
        Ok(())
    }
}

const POLICIES: &str = "a certificate insists on policies, which only other clients heed";

/// Whether it has a critical extension that RFC 5280, section 4.2, has clients know, and the library does not.
fn has_policies(certificate: &X509Certificate) -> bool {
    // certificatePolicies, policyMappings, policyConstraints, inhibitAnyPolicy.
    const POLICIES: [&str; 4] = ["2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"];
    certificate.extensions().iter().any(|e| e.critical && POLICIES.contains(&e.oid.to_id_string().as_str()))
}

/// Sizes of RSA keys, in bits, whose signatures can be verified here.
const SIZES: RangeInclusive<u64> = 2048..=8192;

/// The size of an issuer's RSA key that is none of these.
fn odd_key(bundle: &[Vec<u8>], roots: &Roots) -> Option<u64> {
    let shown: Vec<X509Certificate> = bundle.iter().filter_map(|der| read(der)).collect();
    let named = |root: &X509Certificate| shown.iter().any(|c| c.issuer().as_raw() == root.subject().as_raw());
    let odd = |issuer: &X509Certificate| match key_type(issuer.public_key()) {
        KeyType::Rsa => key_bits(issuer.public_key()).filter(|bits| !SIZES.contains(bits)),
        _ => None,
    };
    let from_roots = roots.all().filter_map(read).filter(named).find_map(|root| odd(&root));
    shown.iter().skip(1).find_map(odd).or(from_roots)
}

fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// Why no root can have vouched for it, by the issuers' names alone. `None` where they lead to one.
fn missing_issuer(certificate: &X509Certificate, bundle: &[Vec<u8>], roots: &Roots) -> Option<String> {
    let others: Vec<X509Certificate> = bundle.iter().skip(1).filter_map(|der| read(der)).collect();
    // Several may have one name: all are followed, each once. The last of them is the farthest from the certificate.
    let mut reached = vec![certificate];
    let mut at = 0;
    while let Some(issuer) = reached.get(at).map(|c| c.issuer().as_raw()) {
        if roots.is_named(issuer) {
            return None;
        }
        for other in others.iter().filter(|other| other.subject().as_raw() == issuer) {
            if reached.iter().all(|one| one.as_raw() != other.as_raw()) {
                reached.push(other);
            }
        }
        at += 1;
    }
    let last = reached.last().copied().unwrap_or(certificate);
    let (subject, issuer) = (name::rfc2253(last.subject()), name::rfc2253(last.issuer()));
    if let Some(why) = roots.past(last.issuer().as_raw()) {
        return Some(format!("of the root `{issuer}`, which issued `{subject}`: {why}"));
    }
    if subject == issuer {
        return Some(format!("`{subject}` is signed by itself and is not among the roots"));
    }
    Some(format!("`{issuer}`, which issued `{subject}`, is neither with it nor among the roots"))
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
        Error::EndEntityUsedAsCa => "a certificate of the chain may not sign others".into(),
        Error::RequiredEkuNotFoundContext(_) => NO_SERVER.into(),
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
