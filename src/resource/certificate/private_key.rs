//! Whether a private key belongs to a certificate: PKCS #8 (RFC 5208), PKCS #1 (RFC 8017), SEC 1 (RFC 5915).
//!
//! Nothing of a key ever goes into a message.

use super::algorithm::{self, KeyType};
use crate::host::Host;
use crate::host::pem;
use crate::value::Fault;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use x509_parser::asn1_rs::{Any, Class, FromDer, OctetString};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

enum PrivateKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The number; the curve and the public point, where the file says them.
    Ec {
        number: Vec<u8>,
        curve: Option<String>,
        point: Option<Vec<u8>>,
    },
    Ed25519(Vec<u8>),
    /// One of another type.
    Other(KeyType),
}

/// What speaks against the private key at `path` being that of the public key.
pub fn problems(host: &Host, public: &SubjectPublicKeyInfo, path: &str) -> Result<Vec<String>, Fault> {
    let Some(bytes) = host.whole(path)? else { return Ok(vec![format!("{path} is not there")]) };
    let blocks = pem::blocks(&bytes);
    let Some(block) = blocks.iter().find(|b| b.label.ends_with("PRIVATE KEY")) else {
        return match pkcs8(&bytes) {
            Some(private) => compare(public, &private, path),
            None => Ok(vec![format!("{path} holds no private key in PEM or PKCS #8")]),
        };
    };
    if block.is_encrypted() {
        return Err(Fault::Unsupported(format!("the key in {path} is encrypted, so it cannot be compared")));
    }
    let broken = |why: String| Fault::Unfit(format!("{path}: {why}"));
    let der = block.decode().map_err(broken)?;
    let private = match block.label {
        "PRIVATE KEY" => pkcs8(&der),
        "RSA PRIVATE KEY" => pkcs1(&der),
        "EC PRIVATE KEY" => sec1(&der, None),
        other => return Err(Fault::Unsupported(format!("{path} holds a {other}, which is not read"))),
    };
    match private {
        Some(private) => compare(public, &private, path),
        None => Err(broken(format!("the {} on line {} cannot be parsed", block.label, block.line))),
    }
}

fn compare(public: &SubjectPublicKeyInfo, private: &PrivateKey, path: &str) -> Result<Vec<String>, Fault> {
    let unsupported = |what: &str| Fault::Unsupported(format!("keys of {what} cannot be compared"));
    let of = algorithm::key_type(public);
    if of != private.key_type() {
        let (mine, theirs) = (private.key_type().word(), of.word());
        return Ok(vec![format!("the key in {path} is for {mine}, the certificate is for {theirs}")]);
    }
    let point: &[u8] = &public.subject_public_key.data;
    let belongs = match private {
        PrivateKey::Rsa { modulus, exponent } => {
            let (n, e) = algorithm::rsa(public).ok_or_else(|| Fault::Unfit("its RSA key cannot be parsed".into()))?;
            n == modulus && e == exponent
        }
        PrivateKey::Ec { number, curve, point: said } => {
            let wanted = algorithm::curve(&public.algorithm);
            if curve.is_some() && *curve != wanted {
                return Ok(vec![format!("the key in {path} is for another curve")]);
            }
            let (signing, size) = match wanted.as_deref() {
                Some(algorithm::P256) => (&ECDSA_P256_SHA256_ASN1_SIGNING, 32),
                Some(algorithm::P384) => (&ECDSA_P384_SHA384_ASN1_SIGNING, 48),
                // Without arithmetic on the curve, what the file says of itself has to do.
                _ => {
                    let said = said.as_deref().ok_or_else(|| unsupported("this curve"))?;
                    return Ok(verdict(said == point, path));
                }
            };
            if point.first() != Some(&4) {
                return Err(unsupported("a compressed point"));
            }
            let number = algorithm::magnitude(number);
            let zeros = usize::saturating_sub(size, number.len());
            let scalar = [&vec![0; zeros], number].concat();
            EcdsaKeyPair::from_private_key_and_public_key(signing, &scalar, point, &SystemRandom::new()).is_ok()
        }
        PrivateKey::Ed25519(seed) => Ed25519KeyPair::from_seed_and_public_key(seed, point).is_ok(),
        PrivateKey::Other(kind) => return Err(unsupported(kind.word())),
    };
    Ok(verdict(belongs, path))
}

fn verdict(belongs: bool, path: &str) -> Vec<String> {
    if belongs { vec![] } else { vec![format!("the key in {path} is another one")] }
}

impl PrivateKey {
    fn key_type(&self) -> KeyType {
        match self {
            PrivateKey::Rsa { .. } => KeyType::Rsa,
            PrivateKey::Ec { .. } => KeyType::Ec,
            PrivateKey::Ed25519(_) => KeyType::Ed25519,
            PrivateKey::Other(kind) => *kind,
        }
    }
}

/// `SEQUENCE { version, AlgorithmIdentifier, OCTET STRING, … }`
fn pkcs8(der: &[u8]) -> Option<PrivateKey> {
    let (_, sequence) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(sequence.data).ok()?;
    let (rest, identifier) = AlgorithmIdentifier::from_der(rest).ok()?;
    let (_, key) = OctetString::from_der(rest).ok()?;
    match algorithm::of_oid(&identifier.algorithm) {
        KeyType::Rsa => pkcs1(key.as_ref()),
        KeyType::Ec => sec1(key.as_ref(), algorithm::curve(&identifier)),
        KeyType::Ed25519 => {
            let (_, seed) = OctetString::from_der(key.as_ref()).ok()?;
            Some(PrivateKey::Ed25519(seed.as_ref().to_vec()))
        }
        other => Some(PrivateKey::Other(other)),
    }
}

/// `SEQUENCE { version, modulus, publicExponent, … }`
fn pkcs1(der: &[u8]) -> Option<PrivateKey> {
    let (_, sequence) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(sequence.data).ok()?;
    let (rest, modulus) = Any::from_der(rest).ok()?;
    let (_, exponent) = Any::from_der(rest).ok()?;
    let number = |any: &Any| algorithm::magnitude(any.data).to_vec();
    Some(PrivateKey::Rsa { modulus: number(&modulus), exponent: number(&exponent) })
}

/// `SEQUENCE { version, OCTET STRING, [0] curve OPTIONAL, [1] BIT STRING OPTIONAL }`
fn sec1(der: &[u8], outer: Option<String>) -> Option<PrivateKey> {
    let (_, sequence) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(sequence.data).ok()?;
    let (rest, number) = OctetString::from_der(rest).ok()?;
    let (mut curve, mut point, mut rest) = (None, None, rest);
    while let Ok((after, field)) = Any::from_der(rest) {
        let inner = Any::from_der(field.data).ok().map(|(_, inner)| inner);
        match (field.class(), field.tag().0, inner) {
            (Class::ContextSpecific, 0, Some(oid)) => curve = oid.oid().ok().map(|oid| oid.to_id_string()),
            // The first byte of a bit string counts the bits that its last byte leaves out.
            (Class::ContextSpecific, 1, Some(bits)) => point = bits.data.get(1..).map(<[u8]>::to_vec),
            _ => {}
        }
        rest = after;
    }
    Some(PrivateKey::Ec { number: number.as_ref().to_vec(), curve: outer.or(curve), point })
}
