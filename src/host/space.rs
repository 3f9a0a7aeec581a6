//! How much room a filesystem has: statvfs(3).

use super::{Host, Machine, local::found};
use crate::value::Fault;

/// What statvfs(3) says, in bytes and inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub size: u64,
    /// Bytes that nobody uses.
    pub free: u64,
    /// Bytes that a user who is not root may still write.
    pub available: u64,
    /// Inodes in all; 0 where the filesystem makes them as it needs them.
    pub inodes: u64,
    pub inodes_free: u64,
    pub read_only: bool,
}

impl Host {
    /// The room on the filesystem that holds `path`. Never returns where a network filesystem's server is gone.
    pub fn space(&self, path: &str) -> Result<Option<Space>, Fault> {
        let machine = self.machine()?;
        // What a sandbox shows in its place has room of its own.
        match self.files().stat(path)? {
            Some(_) => machine.space(path),
            None => Ok(None),
        }
    }
}

impl Machine {
    fn space(&self, path: &str) -> Result<Option<Space>, Fault> {
        let Some(raw) = found(path, rustix::fs::statvfs(path).map_err(Into::into))? else { return Ok(None) };
        // df(1): a filesystem may leave the fragment size out.
        let unit = if raw.f_frsize == 0 { raw.f_bsize } else { raw.f_frsize };
        Ok(Some(Space {
            size: raw.f_blocks.saturating_mul(unit),
            free: raw.f_bfree.saturating_mul(unit),
            available: raw.f_bavail.saturating_mul(unit),
            inodes: raw.f_files,
            inodes_free: raw.f_ffree,
            read_only: raw.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        }))
    }

    /// `path` with every symbolic link in it resolved.
    pub fn canonical(&self, path: &str) -> Result<Option<String>, Fault> {
        Ok(found(path, std::fs::canonicalize(path))?.map(|p| p.to_string_lossy().into_owned()))
    }
}

impl Space {
    pub fn used(&self) -> u64 {
        self.size.saturating_sub(self.free)
    }
}
