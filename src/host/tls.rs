//! TLS to whoever answers: who that is is shown, not judged.

use super::endpoint::check_host;
use super::unreached::Unreached;
use super::wire::Wire;
use crate::value::Fault;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};
use std::io::{self, Read, Write};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

mod refusal;

/// Bytes that a server may send before the handshake is over. A chain is a few thousand.
const BOUND: usize = 1 << 20;

/// Says why no server can be asked for by this name, and no certificate be for it.
pub fn check_server_name(name: &str) -> Result<(), String> {
    check_host(name)?;
    ServerName::try_from(name).map(|_| ()).map_err(|_| format!("`{name}` is neither a host name nor an address"))
}

/// A connection that is encrypted, to whom nobody has vouched for yet.
pub struct Tls {
    stream: StreamOwned<ClientConnection, Wire>,
    /// What the server showed, in DER, its own certificate first.
    pub chain: Vec<Vec<u8>>,
    /// See [`Shown::proof`].
    pub proof: Result<(), Fault>,
}

/// What a server shows before anything is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// In DER, its own certificate first. Never empty.
    pub chain: Vec<Vec<u8>>,
    /// Whether it also proved to have the key of its certificate: [`Fault::Unfit`] if not, another fault where that
    /// cannot be told here.
    pub proof: Result<(), Fault>,
}

/// Who a client is, to a server that asks: its certificate with what leads to a root, and its key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Tls {
    /// Shakes hands over `wire` with the server that is called `name`: TLS 1.2 or 1.3. A name goes along as SNI (RFC
    /// 6066), an address does not.
    pub fn connect(mut wire: Wire, name: ServerName<'static>, identity: Option<Identity>) -> Result<Tls, Unreached> {
        let Handshake { connection, witness, ended } = Handshake::over(&mut wire, name, identity)?;
        ended?;
        match witness.shown() {
            Some(Shown { chain, proof }) => Ok(Tls { stream: StreamOwned::new(connection, wire), chain, proof }),
            None => Err(Unreached::Fault(Fault::Failed("the TLS handshake ended without a certificate".into()))),
        }
    }

    pub fn wire(&mut self) -> &mut Wire {
        &mut self.stream.sock
    }
}

impl Shown {
    /// What the server at the end of `wire` shows to a client that looks for `name`, even if it then turns the client
    /// away, for want of a certificate of its own for example.
    pub fn over(mut wire: Wire, name: ServerName<'static>) -> Result<Shown, Unreached> {
        let Handshake { mut connection, witness, ended } = Handshake::over(&mut wire, name, None)?;
        if ended.is_ok() {
            // A farewell, so that servers do not log a broken connection; nobody waits for its answer.
            connection.send_close_notify();
            let _ = connection.write_tls(&mut wire);
        }
        match (witness.shown(), ended) {
            (Some(shown), _) => Ok(shown),
            (None, Err(why)) => Err(why),
            (None, Ok(())) => Err(Unreached::Refused("the server shows no certificate".into())),
        }
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer).map_err(refusal::plain)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes).map_err(refusal::plain)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().map_err(refusal::plain)
    }
}

/// Built once: it holds nothing of any connection.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));

/// Schemes that a server may sign the handshake with though it cannot be verified here: so that one that knows no
/// other still shows its certificate. The numbers are RSASSA-PSS keys (RFC 8446, section 4.2.3).
const UNVERIFIED: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::ECDSA_SHA1_Legacy,
];

struct Handshake {
    connection: ClientConnection,
    witness: Arc<Witness>,
    ended: Result<(), Unreached>,
}

impl Handshake {
    /// Fails only where it cannot begin.
    fn over(wire: &mut Wire, name: ServerName<'static>, identity: Option<Identity>) -> Result<Handshake, Unreached> {
        let what = match (wire.peer(), &name) {
            (Some(peer), ServerName::DnsName(name)) => format!("a TLS handshake with {} ({peer})", name.as_ref()),
            (Some(peer), _) => format!("a TLS handshake with {peer}"),
            (None, _) => format!("a TLS handshake with {}", name.to_str()),
        };
        let failed = |e: Error| Unreached::Fault(Fault::Failed(format!("{what}: {e}")));
        let witness = Arc::new(Witness::default());
        let config = config(witness.clone(), identity).map_err(failed)?;
        let mut connection = ClientConnection::new(Arc::new(config), name.clone()).map_err(failed)?;
        let began = Instant::now();
        let mut heard = Heard::default();
        let ended = shake(&mut connection, wire, &mut heard)
            .map_err(|e| refusal::of(&e, &refusal::Asked { what: &what, name: &name, heard: &heard.start, began }));
        Ok(Handshake { connection, witness, ended })
    }
}

fn config(witness: Arc<Witness>, identity: Option<Identity>) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(witness);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key)?,
    };
    // Every look is a look of its own.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// What a server has said in the clear.
#[derive(Default)]
struct Heard {
    start: Vec<u8>,
    bytes: usize,
}

fn shake(connection: &mut ClientConnection, wire: &mut Wire, heard: &mut Heard) -> io::Result<()> {
    while connection.is_handshaking() {
        while connection.wants_write() {
            connection.write_tls(wire)?;
        }
        if !connection.is_handshaking() {
            break;
        }
        let mut buffer = [0; 4096];
        let mut bytes = match wire.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => buffer.get(..n).unwrap_or_default(),
        };
        heard.bytes += bytes.len();
        let room = refusal::QUOTED.saturating_sub(heard.start.len());
        heard.start.extend(bytes.iter().take(room));
        if heard.bytes > BOUND {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it goes on and on"));
        }
        while !bytes.is_empty() {
            connection.read_tls(&mut bytes)?;
            if let Err(why) = connection.process_new_packets() {
                // The alert that tells the server why.
                let _ = connection.write_tls(wire);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
    }
    while connection.wants_write() {
        connection.write_tls(wire)?;
    }
    Ok(())
}

/// Lets any certificate pass, so that it can be described, and remembers it and whether the server has its key.
#[derive(Debug, Default)]
struct Witness(Mutex<Seen>);

#[derive(Debug, Default, Clone)]
struct Seen {
    chain: Vec<Vec<u8>>,
    proof: Option<Result<(), Fault>>,
}

impl Witness {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> Option<Shown> {
        let Seen { chain, proof } = self.seen().clone();
        if chain.is_empty() {
            return None;
        }
        let cut = || Err(Fault::Failed("the server ended the handshake before it proved to have its key".into()));
        Some(Shown { chain, proof: proof.unwrap_or_else(cut) })
    }

    fn note(&self, proof: Result<HandshakeSignatureValid, Error>, signed: &DigitallySignedStruct) {
        let proof = match proof {
            Ok(_) => Ok(()),
            // The library says the same of a key whose size it does not take; a signature is as long as an RSA key.
            Err(Error::InvalidCertificate(CertificateError::BadSignature))
                if !is_rsa(signed.scheme) || (256..=1024).contains(&signed.signature().len()) =>
            {
                Err(Fault::Unfit("the server did not prove to have the certificate's key".into()))
            }
            Err(Error::InvalidCertificate(CertificateError::BadSignature)) => {
                let bits = signed.signature().len() * 8;
                Err(Fault::Unsupported(format!("a signature by an RSA key of {bits} bits cannot be verified here")))
            }
            Err(_) => {
                let scheme = signed.scheme;
                Err(Fault::Unsupported(format!("the server's signature ({scheme:?}) cannot be verified here")))
            }
        };
        self.seen().proof = Some(proof);
    }
}

fn is_rsa(scheme: SignatureScheme) -> bool {
    use SignatureScheme as S;
    [
        S::RSA_PKCS1_SHA256,
        S::RSA_PKCS1_SHA384,
        S::RSA_PKCS1_SHA512,
        S::RSA_PSS_SHA256,
        S::RSA_PSS_SHA384,
        S::RSA_PSS_SHA512,
    ]
    .contains(&scheme)
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(own).chain(others).map(|der| der.to_vec()).collect();
        self.seen().chain = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        self.note(verify_tls12_signature(message, cert, signed, algorithms), signed);
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        self.note(verify_tls13_signature(message, cert, signed, algorithms), signed);
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = PROVIDER.signature_verification_algorithms.supported_schemes();
        schemes.extend(UNVERIFIED);
        schemes
    }
}
