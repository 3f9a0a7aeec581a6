//! TLS to whoever answers: who that is is shown, not judged.

use super::connect::{Unreached, Wire};
use crate::value::Fault;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection that is encrypted, to whom nobody has vouched for yet.
pub struct Tls {
    stream: StreamOwned<ClientConnection, Wire>,
    /// What the server showed, in DER, its own certificate first.
    pub chain: Vec<Vec<u8>>,
    /// Whether it also proved to have the key of its certificate, and if not, why.
    pub proof: Result<(), String>,
}

/// Who a client is, to a server that asks: its certificate with what leads to a root, and its key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Tls {
    /// Shakes hands over `wire` with the server that is called `name`: TLS 1.2 or 1.3.
    pub fn connect(mut wire: Wire, name: ServerName<'static>, identity: Option<Identity>) -> Result<Tls, Unreached> {
        let what = format!("a TLS handshake with {}", name.to_str());
        let began = std::time::Instant::now();
        let failed = |why: String| Unreached::Fault(Fault::Failed(format!("{what}: {why}")));
        let provider = Arc::new(ring::default_provider());
        let witness = Arc::new(Witness { provider: provider.clone(), proof: Mutex::new(Ok(())) });
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| failed(e.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone());
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key }) => {
                builder.with_client_auth_cert(chain, key).map_err(|e| failed(e.to_string()))?
            }
        };
        let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|e| failed(e.to_string()))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut wire).map_err(|e| match e.kind() {
                io::ErrorKind::TimedOut => Unreached::Silent(what.clone(), began.elapsed()),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                    Unreached::Refused(format!("{what}: the server hung up"))
                }
                _ => failed(e.to_string()),
            })?;
        }
        let chain = connection.peer_certificates().unwrap_or_default().iter().map(|c| c.to_vec()).collect();
        let proof = witness.proof.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Tls { stream: StreamOwned::new(connection, wire), chain, proof })
    }

    pub fn wire(&mut self) -> &mut Wire {
        &mut self.stream.sock
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Lets any certificate pass, so that it can be described, and remembers whether the server has its key.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    proof: Mutex<Result<(), String>>,
}

impl Witness {
    fn note(&self, proof: Result<HandshakeSignatureValid, Error>) -> Result<HandshakeSignatureValid, Error> {
        if let Err(why) = proof {
            *self.proof.lock().unwrap_or_else(PoisonError::into_inner) = Err(why.to_string());
        }
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.note(verify_tls12_signature(message, cert, signed, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.note(verify_tls13_signature(message, cert, signed, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
