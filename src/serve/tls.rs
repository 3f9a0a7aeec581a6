//! TLS as a server speaks it: a certificate, its key and, where clients are to show one, who vouches for theirs.

use super::fresh::{Broken, Fresh, Tell, is_open_to_all};
use super::wire::Wire;
use crate::host::roots::is_current;
use crate::host::{Host, bundle, pem};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};
use std::io;
use std::sync::{Arc, LazyLock};
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Where it is read from, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and, behind it, those that it was issued by.
    pub certificate: String,
    pub key: String,
    /// Those who may issue clients' certificates. With it, only clients that show one are served.
    pub client_ca: Option<String>,
}

/// A certificate and key that are read again when they have changed. A new pair that is broken, or only half there, is
/// not used, and connections that are open keep what they began with.
pub struct Tls(Arc<Fresh<Served>>);

struct Served {
    config: Arc<ServerConfig>,
    expires: OffsetDateTime,
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));

impl Tls {
    /// Reads the files. `tell` hears of later changes, and is warned of a key that everybody may read and of a
    /// certificate that is not valid now.
    pub fn read(files: TlsFiles, tell: Tell) -> Result<Arc<Tls>, String> {
        let paths = [&files.certificate, &files.key].into_iter().chain(&files.client_ca).cloned().collect();
        let make = move |bytes: &[Vec<u8>]| served(&files, bytes);
        let fresh = Fresh::read("the TLS certificate", paths, Broken::Keeps, Box::new(make), tell)?;
        Ok(Arc::new(Tls(fresh)))
    }

    /// When the certificate that was read last expires.
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.0.last().map(|served| served.expires)
    }

    pub(super) async fn accept(&self, wire: Wire) -> io::Result<TlsStream<Wire>> {
        let served = self.0.current().await.ok_or(io::ErrorKind::NotFound)?;
        TlsAcceptor::from(served.config.clone()).accept(wire).await
    }
}

fn served(files: &TlsFiles, bytes: &[Vec<u8>]) -> Result<(Served, Vec<String>), String> {
    let [certificate, key, ca @ ..] = bytes else { return Err("its files were not read".to_owned()) };
    let (chain, key) = (certificates(&files.certificate, certificate)?, private_key(&files.key, key)?);
    let first = chain.first().ok_or_else(|| format!("{}: no certificate in it", files.certificate))?;
    let (_, parsed) = X509Certificate::from_der(first).map_err(|why| format!("{}: {why}", files.certificate))?;
    let mut warnings = vec![];
    warnings.extend(is_current(&parsed, Host::local().now()).err().map(|why| format!("{}: {why}", files.certificate)));
    warnings.extend(is_open_to_all(&files.key));
    let expires = parsed.validity().not_after.to_datetime();

    let failed = |why: Error| match why {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("the key in {} is not that of the certificate in {}", files.key, files.certificate)
        }
        why => format!("{}: {why}", files.certificate),
    };
    let builder = ServerConfig::builder_with_provider(PROVIDER.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(failed)?;
    let builder = match (&files.client_ca, ca) {
        (Some(path), [ca, ..]) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(path, ca)? {
                roots.add(root).map_err(|why| format!("{path}: {why}"))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), PROVIDER.clone()).build();
            builder.with_client_cert_verifier(verifier.map_err(|why| format!("{path}: {why}"))?)
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // Whoever resumes a session is not asked for a certificate again, though it may be over by then.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok((Served { config: Arc::new(config), expires }, warnings))
}

fn certificates(path: &str, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = bundle::parse(bytes).map_err(|why| format!("{path}: {why}"))?;
    Ok(found.into_iter().map(CertificateDer::from).collect())
}

fn private_key(path: &str, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let blocks = pem::blocks(bytes);
    if blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY") && block.is_encrypted()) {
        return Err(format!("{path}: the key is encrypted, and nobody is there to be asked for its passphrase"));
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|_| format!("{path}: it holds no private key in PEM"))
}
