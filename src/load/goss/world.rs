//! What templates may ask of the machine: its environment, files, time and chance.

use super::zone;
use crate::template::World;
use crate::value::Fault;
use ring::rand::{SecureRandom, SystemRandom};
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

/// Bytes that a template may read of one file.
const MAX_READ: u64 = 16 << 20;

pub(super) struct Machine;

impl World for Machine {
    fn env(&self) -> Vec<(String, String)> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn read_file(&self, path: &str) -> Result<String, String> {
        let failed = |e: std::io::Error| Fault::from_io(format!("`{path}` cannot be read"), &e).to_string();
        let meta = std::fs::metadata(path).map_err(failed)?;
        // A pipe might never end.
        if !meta.is_file() {
            return Err(format!("`{path}` is no file"));
        }
        let mut bytes = vec![];
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MAX_READ + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_READ {
            return Err(format!("`{path}` is larger than {}", crate::quantity::size(MAX_READ)));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn now(&self) -> OffsetDateTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = OffsetDateTime::UNIX_EPOCH + since;
        now.to_offset(zone::offset(now))
    }

    fn random(&self, bytes: &mut [u8]) {
        // Where the kernel has none, there is nothing better to say than nothing.
        let _ = SystemRandom::new().fill(bytes);
    }
}
