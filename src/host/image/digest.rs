//! Digests as descriptors have them: `sha256:…`, OCI image specification, descriptor.md.

use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha256,
    Sha512,
}

pub enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Digest {
    /// Those that the specification registers, in lower case.
    pub fn parse(text: &str) -> Result<Digest, String> {
        let shown = || text.chars().take(80).collect::<String>();
        let (algorithm, hex) = text.split_once(':').ok_or_else(|| format!("`{}` is no digest", shown()))?;
        let (algorithm, digits) = match algorithm {
            "sha256" => (Algorithm::Sha256, 64),
            "sha512" => (Algorithm::Sha512, 128),
            _ => return Err(format!("`{}` is no digest by SHA-256 or SHA-512", shown())),
        };
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match hex.len() == digits && hex.bytes().all(lower) {
            true => Ok(Digest { algorithm, hex: hex.to_owned() }),
            false => Err(format!("`{}` is no digest", shown())),
        }
    }

    /// One that nothing is compared with.
    pub fn any() -> Digest {
        Digest { algorithm: Algorithm::Sha256, hex: String::new() }
    }

    /// Where a layout has what it is of.
    pub fn blob(&self) -> String {
        format!("blobs/{}/{}", self.algorithm.word(), self.hex)
    }

    pub fn hasher(&self) -> Hasher {
        match self.algorithm {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }

    /// Whether it is that of `bytes`.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish() == *self
    }
}

impl Algorithm {
    fn word(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.word(), self.hex)
    }
}

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Of all that it was given since it was last asked.
    pub fn finish(&mut self) -> Digest {
        let encode = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        match self {
            Hasher::Sha256(hasher) => Digest { algorithm: Algorithm::Sha256, hex: encode(&hasher.finalize_reset()) },
            Hasher::Sha512(hasher) => Digest { algorithm: Algorithm::Sha512, hex: encode(&hasher.finalize_reset()) },
        }
    }
}
