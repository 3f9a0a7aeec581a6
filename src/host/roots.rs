//! Root certificates: the store that TLS clients of the host trust, and files of a spec's own.

use super::{Host, bundle};
use crate::quantity;
use crate::value::Fault;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

/// Where distributions keep the roots that they trust.
const STORES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Root certificates, parsed.
#[derive(Debug, Default)]
pub struct Roots {
    /// All of them, in DER.
    all: HashSet<Vec<u8>>,
    /// Those that are valid now, may sign others, and can be used.
    anchors: Vec<TrustAnchor<'static>>,
    /// The names, in DER, of all that are valid now and may sign others.
    named: HashSet<Vec<u8>>,
    /// The names of the others, and why they are not.
    past: HashMap<Vec<u8>, String>,
}

/// Files of roots that specs name, each read once.
#[derive(Default)]
pub struct Files(Mutex<HashMap<String, Slot>>);

type Slot = Arc<Mutex<Option<Arc<Roots>>>>;

pub(super) fn load(host: &Host) -> Result<Roots, Fault> {
    for path in STORES {
        if let Some(bytes) = host.read(path)? {
            return Roots::parse(path, &bytes, host.now());
        }
    }
    Err(Fault::Unsupported(format!("this host has no store of roots ({}): set `roots`", STORES.join(", "))))
}

pub(super) fn no_files(_: &Host) -> Result<Files, Fault> {
    Ok(Files::default())
}

impl Host {
    /// The roots in a file. A fault is not remembered: it may be the asker's deadline.
    pub fn roots_in(&self, path: &str) -> Result<Arc<Roots>, Fault> {
        let mut files = self.root_files()?.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = files.entry(path.to_owned()).or_default().clone();
        drop(files);
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roots) = &*slot {
            return Ok(roots.clone());
        }
        let bytes = match self.whole(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(Fault::Failed(format!("the roots in {path}: no such file"))),
            // It is the roots that cannot be read: that says nothing of the certificate.
            Err(Fault::Unfit(why)) => return Err(Fault::Failed(format!("the roots: {why}"))),
            Err(fault) => return Err(fault),
        };
        let roots = Arc::new(Roots::parse(path, &bytes, self.now())?);
        *slot = Some(roots.clone());
        Ok(roots)
    }
}

impl Roots {
    fn parse(path: &str, bytes: &[u8], now: OffsetDateTime) -> Result<Roots, Fault> {
        let all = bundle::parse(bytes).map_err(|why| Fault::Malformed(format!("the roots in {path}: {why}")))?;
        let mut roots = Roots::default();
        for der in all {
            if let Ok((_, root)) = X509Certificate::from_der(&der) {
                let name = root.subject().as_raw().to_vec();
                let fit = is_current(&root, now)
                    .and_then(|()| if may_sign(&root) { Ok(()) } else { Err("it may not sign others".to_owned()) });
                match fit {
                    Ok(()) => {
                        roots.named.insert(name);
                        // A store may hold a root that is too odd to be used: no flaw of those that others vouch for.
                        roots.anchors.extend(anchor(&der));
                    }
                    // The library takes a root for good whatever it says of itself, and clients do not.
                    Err(why) => drop(roots.past.insert(name, why)),
                }
            }
            roots.all.insert(der);
        }
        Ok(roots)
    }

    /// All of them, in DER, in no order.
    pub fn all(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().map(Vec::as_slice)
    }

    /// Whether a certificate, in DER, is itself one of them.
    pub fn contains(&self, der: &[u8]) -> bool {
        self.all.contains(der)
    }

    /// Those that are valid now and may sign others.
    pub fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// Whether one that is valid now and may sign others has this name, which is in DER.
    pub fn is_named(&self, name: &[u8]) -> bool {
        self.named.contains(name)
    }

    /// Why the root of this name, which is in DER, is not valid now or no root.
    pub fn past(&self, name: &[u8]) -> Option<&str> {
        self.past.get(name).map(String::as_str)
    }
}

fn anchor(der: &[u8]) -> Option<TrustAnchor<'static>> {
    let der = CertificateDer::from(der);
    webpki::anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
}

/// Whether a certificate is valid at `now`, and if not, why.
pub fn is_current(certificate: &X509Certificate, now: OffsetDateTime) -> Result<(), String> {
    let begin = certificate.validity().not_before.to_datetime();
    let end = certificate.validity().not_after.to_datetime();
    if now > end {
        Err(format!("it expired on {}", quantity::time(end)))
    } else if now < begin {
        Err(format!("it is not valid before {}", quantity::time(begin)))
    } else {
        Ok(())
    }
}

/// Whether a certificate's own extensions let it sign others: RFC 5280, sections 4.2.1.3 and 4.2.1.9. One of version 1
/// has none to say so, and of later ones that do not say so OpenSSL takes those whose key usage does.
pub fn may_sign(certificate: &X509Certificate) -> bool {
    let usage = certificate.key_usage().ok().flatten().map(|usage| usage.value.key_cert_sign());
    let is_ca = certificate.basic_constraints().ok().flatten().map(|constraints| constraints.value.ca);
    let is_first = certificate.version() == X509Version::V1;
    usage != Some(false) && is_ca.unwrap_or(is_first || usage == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use std::time::Instant;

    fn root(year: i32) -> rcgen::Certificate {
        let mut params = CertificateParams::new(vec![]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 1, 1));
        params.distinguished_name.push(rcgen::DnType::CommonName, year.to_string());
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    fn name(root: &rcgen::Certificate) -> Vec<u8> {
        X509Certificate::from_der(root.der()).unwrap().1.subject().as_raw().to_vec()
    }

    #[test]
    fn a_root_whose_time_is_over_vouches_for_nobody() {
        let (old, new) = (root(2026), root(2030));
        let text = format!("{}{}", old.pem(), new.pem());
        let roots = Roots::parse("/r", text.as_bytes(), date_time_ymd(2026, 11, 22)).unwrap();
        assert_eq!((roots.anchors().len(), roots.all().count()), (1, 2));
        assert!(roots.contains(old.der()) && roots.contains(new.der()));
        assert!(roots.is_named(&name(&new)) && !roots.is_named(&name(&old)));
        assert_eq!(roots.past(&name(&old)), Some("it expired on 2026-01-01T00:00:00Z"));
        assert_eq!(roots.past(&name(&new)), None);
    }

    #[test]
    fn a_file_of_roots_is_parsed_once_and_a_fault_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roots.pem").to_str().unwrap().to_owned();
        let host = Host::local();
        assert!(matches!(host.roots_in(&path), Err(Fault::Failed(_))));
        std::fs::write(&path, root(2030).pem()).unwrap();
        let late = host.until(Instant::now());
        assert!(matches!(late.roots_in(&path), Err(Fault::TimedOut(..))));
        let first = host.roots_in(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(Arc::ptr_eq(&first, &host.roots_in(&path).unwrap()));
        assert!(host.fresh().roots_in(&path).is_err());
    }

    #[test]
    fn the_store_of_a_distribution_is_read_whole() {
        let began = Instant::now();
        match Host::local().roots() {
            Ok(roots) => {
                println!(
                    "{} roots, {} of them current, in {:?}",
                    roots.all.len(),
                    roots.anchors.len(),
                    began.elapsed()
                );
                assert!(!roots.anchors.is_empty() && roots.anchors.len() + roots.past.len() <= roots.all.len());
            }
            Err(fault) => assert!(matches!(fault, Fault::Unsupported(_)), "{fault}"),
        }
        let none = Host::offline(Arc::new(TreeFiles::parse("").unwrap()), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(none.roots(), Err(Fault::Unsupported(why)) if why.contains("set `roots`")));
        let tree = TreeFiles::parse("-- /etc/ssl/certs/ca-certificates.crt denied\n-- /etc/ssl/cert.pem\nx\n").unwrap();
        let denied = Host::offline(Arc::new(tree), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(denied.roots(), Err(Fault::Denied(_))));
    }
}
