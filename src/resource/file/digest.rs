//! Digests of a file's contents: as many as are wanted from one reading.

use crate::host::Host;
use crate::value::Fault;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha256,
    Sha512,
}

/// In lower-case hexadecimal, those that were wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    md5: Option<String>,
    sha256: Option<String>,
    sha512: Option<String>,
}

impl Algorithm {
    /// By the name of its key.
    pub fn of(key: &str) -> Option<Algorithm> {
        match key {
            "md5" => Some(Algorithm::Md5),
            "sha256" => Some(Algorithm::Sha256),
            "sha512" => Some(Algorithm::Sha512),
            _ => None,
        }
    }
}

impl Digests {
    /// Of the file at the end of `path`'s links. `None` where there is nothing.
    pub fn of(host: &Host, path: &str, wanted: &[Algorithm]) -> Result<Option<Digests>, Fault> {
        let mut md5 = wanted.contains(&Algorithm::Md5).then(Md5::new);
        let mut sha256 = wanted.contains(&Algorithm::Sha256).then(Sha256::new);
        let mut sha512 = wanted.contains(&Algorithm::Sha512).then(Sha512::new);
        let read = host.stream(path, |piece| {
            md5.iter_mut().for_each(|digest| digest.update(piece));
            sha256.iter_mut().for_each(|digest| digest.update(piece));
            sha512.iter_mut().for_each(|digest| digest.update(piece));
        })?;
        Ok(read.map(|()| Digests { md5: md5.map(hex), sha256: sha256.map(hex), sha512: sha512.map(hex) }))
    }

    pub fn get(&self, algorithm: Algorithm) -> Option<&str> {
        match algorithm {
            Algorithm::Md5 => self.md5.as_deref(),
            Algorithm::Sha256 => self.sha256.as_deref(),
            Algorithm::Sha512 => self.sha512.as_deref(),
        }
    }
}

fn hex<D: Digest>(digest: D) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
