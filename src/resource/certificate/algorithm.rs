//! What kind of key a certificate has, and how it is signed.

use x509_parser::asn1_rs::{Any, FromDer, Integer, Oid};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

crate::choice! {
    /// What a public key is for a key of.
    pub enum KeyType {
        Rsa = "rsa",
        Ec = "ec",
        Ed25519 = "ed25519",
        Ed448 = "ed448",
        Dsa = "dsa",
        Other = "other",
    }
}

pub const RSA: &str = "1.2.840.113549.1.1.1";
pub const RSA_PSS: &str = "1.2.840.113549.1.1.10";
pub const EC: &str = "1.2.840.10045.2.1";
pub const ED25519: &str = "1.3.101.112";
pub const ED448: &str = "1.3.101.113";
pub const DSA: &str = "1.2.840.10040.4.1";
pub const P256: &str = "1.2.840.10045.3.1.7";
pub const P384: &str = "1.3.132.0.34";
const P521: &str = "1.3.132.0.35";

/// OpenSSL's names of signature algorithms.
const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10040.4.3", "dsaWithSHA1"),
    ("2.16.840.1.101.3.4.3.2", "dsa_with_SHA256"),
    (ED25519, "ed25519"),
    (ED448, "ed448"),
];

pub fn key_type(key: &SubjectPublicKeyInfo) -> KeyType {
    of_oid(&key.algorithm.algorithm)
}

pub fn of_oid(algorithm: &Oid) -> KeyType {
    match algorithm.to_id_string().as_str() {
        RSA | RSA_PSS => KeyType::Rsa,
        EC => KeyType::Ec,
        ED25519 => KeyType::Ed25519,
        ED448 => KeyType::Ed448,
        DSA => KeyType::Dsa,
        _ => KeyType::Other,
    }
}

/// `None` where the key is of no known type or does not read.
pub fn key_bits(key: &SubjectPublicKeyInfo) -> Option<u64> {
    match key_type(key) {
        KeyType::Rsa => rsa(key).map(|(modulus, _)| bits(modulus)),
        KeyType::Ec if curve(&key.algorithm).as_deref() == Some(P521) => Some(521),
        KeyType::Ec => {
            let (form, point) = key.subject_public_key.data.split_first()?;
            let halves = if *form == 4 { 2 } else { 1 };
            u64::try_from(point.len() / halves * 8).ok()
        }
        KeyType::Ed25519 => Some(256),
        KeyType::Ed448 => Some(456),
        // Dss-Parms of RFC 3279: the first of three numbers is the prime.
        KeyType::Dsa => {
            let parameters = key.algorithm.parameters.as_ref()?;
            let (_, prime) = Integer::from_der(parameters.data).ok()?;
            Some(bits(prime.as_ref()))
        }
        KeyType::Other => None,
    }
}

/// The modulus and exponent of an RSA key.
pub fn rsa<'a>(key: &'a SubjectPublicKeyInfo) -> Option<(&'a [u8], &'a [u8])> {
    let bytes: &'a [u8] = &key.subject_public_key.data;
    let (_, sequence) = Any::from_der(bytes).ok()?;
    let (rest, modulus) = Any::from_der(sequence.data).ok()?;
    let (_, exponent) = Any::from_der(rest).ok()?;
    Some((magnitude(modulus.data), magnitude(exponent.data)))
}

/// The named curve of an elliptic-curve key.
pub fn curve(algorithm: &AlgorithmIdentifier) -> Option<String> {
    let parameters = algorithm.parameters.as_ref()?;
    parameters.as_oid().ok().map(|oid| oid.to_id_string())
}

/// A positive number's bytes without zeros before it.
pub fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn bits(number: &[u8]) -> u64 {
    let number = magnitude(number);
    number.first().map_or(0, |first| number.len() as u64 * 8 - u64::from(first.leading_zeros()))
}

pub fn signature(algorithm: &AlgorithmIdentifier) -> String {
    let oid = algorithm.algorithm.to_id_string();
    SIGNATURES.iter().find(|(id, _)| *id == oid).map_or(oid, |(_, name)| (*name).to_owned())
}
