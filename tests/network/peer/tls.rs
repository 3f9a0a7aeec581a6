//! TLS servers, and the chains that they show.

use super::lines::listener;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Somebody who signs certificates.
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub pem: String,
}

/// What a server shows, its own certificate first, and the key it has.
#[derive(Clone, Debug)]
pub struct Shown {
    pub pem: String,
    pub key: String,
}

/// So many days from now.
pub fn days(from_now: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + time::Duration::days(from_now)
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    (params.not_before, params.not_after) = (days(-10), days(100));
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("no name"));
    params
}

impl Authority {
    pub fn root(name: &str) -> Authority {
        Authority::new(name, |_| {}, None)
    }

    /// One whose certificate this one signs.
    pub fn under(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        Authority::new(name, change, Some(self))
    }

    fn new(name: &str, change: impl FnOnce(&mut CertificateParams), by: Option<&Authority>) -> Authority {
        let (mut params, key) = (params(&[]), KeyPair::generate().unwrap());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let signed = match by {
            None => params.self_signed(&key).unwrap(),
            Some(by) => params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)).unwrap(),
        };
        Authority { params, key, pem: signed.pem() }
    }

    /// A server's certificate and key.
    pub fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        self.server_with(KeyPair::generate().unwrap(), names, change)
    }

    pub fn server_with(&self, key: KeyPair, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let mut params = params(names);
        change(&mut params);
        let pem = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap().pem();
        Shown { pem, key: key.serialize_pem() }
    }
}

impl Shown {
    /// Shows another's certificate behind its own.
    pub fn with(mut self, other: &Authority) -> Shown {
        let _ = write!(self.pem, "{}", other.pem);
        self
    }

    pub fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let (mut params, key) = (params(names), KeyPair::generate().unwrap());
        change(&mut params);
        Shown { pem: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    fn certified(&self) -> Arc<CertifiedKey> {
        let chain = CertificateDer::pem_slice_iter(self.pem.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        Arc::new(CertifiedKey::new(chain, ring::sign::any_supported_type(&key).unwrap()))
    }

    pub fn config(&self) -> ServerConfig {
        self.config_of(rustls::DEFAULT_VERSIONS, None)
    }

    /// A server that lets only those in who have a certificate by `clients`.
    pub fn config_for(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        clients: &Authority,
    ) -> ServerConfig {
        self.config_of(versions, Some(clients))
    }

    pub fn config_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        clients: Option<&Authority>,
    ) -> ServerConfig {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(clients.pem.as_bytes()).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        builder.with_cert_resolver(Arc::new(Always(self.certified())))
    }
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// Shows one certificate to who asks for a name, and another to the rest.
#[derive(Debug)]
struct ByName(&'static str, Arc<CertifiedKey>, Arc<CertifiedKey>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello) -> Option<Arc<CertifiedKey>> {
        Some(if hello.server_name() == Some(self.0) { self.1.clone() } else { self.2.clone() })
    }
}

pub fn by_name(name: &'static str, its: &Shown, other: &Shown) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ByName(name, its.certified(), other.certified())))
}

/// Speaks TLS at once.
pub fn serve(config: ServerConfig) -> SocketAddr {
    serve_after(config, |_| true)
}

/// Speaks TLS once `greet` has said yes.
pub fn serve_after(
    config: ServerConfig,
    greet: impl Fn(&mut TcpStream) -> bool + Clone + Send + 'static,
) -> SocketAddr {
    let config = Arc::new(config);
    listener(move |mut peer| {
        if !greet(&mut peer) {
            return;
        }
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), peer);
        let _ = stream.read(&mut [0; 64]);
    })
}

/// Speaks TLS, and sends what it says a byte at a time, `wait` between any two.
pub fn trickle(config: ServerConfig, wait: Duration) -> SocketAddr {
    struct Slow(TcpStream, Duration);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            std::thread::sleep(self.1);
            self.0.write(&bytes[..1])
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let config = Arc::new(config);
    listener(move |peer| {
        peer.set_nodelay(true).unwrap();
        let connection = ServerConnection::new(config.clone()).unwrap();
        let _ = StreamOwned::new(connection, Slow(peer, wait)).read(&mut [0; 64]);
    })
}

/// Says `first` and then waits for the other to hang up.
pub fn says(first: &'static [u8]) -> SocketAddr {
    listener(move |mut peer| {
        let _ = peer.write_all(first);
        let _ = peer.read_to_end(&mut Vec::new());
    })
}

/// Waits for a word of the other's, says `then`, and waits for it to hang up.
pub fn answers(then: &'static [u8]) -> SocketAddr {
    listener(move |mut peer| {
        let _ = peer.read(&mut [0; 4096]);
        let _ = peer.write_all(then);
        let _ = peer.read_to_end(&mut Vec::new());
    })
}
