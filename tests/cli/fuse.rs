//! A file system that answers what it must to be mounted, and then hangs as a dead network behind one does.
//!
//! It takes each request in and never answers: from then on the kernel waits for it, and no signal ends that wait
//! (fs/fuse/dev.c, `request_wait_answer`), SIGKILL included.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;
use tempfile::TempDir;

/// What is in its root, by which request never comes back. Of any other name the lookup does not.
const NAMES: [&str; 2] = ["open", "read"];

/// A mounted one. Dropped, it lets go of whoever waits for it.
pub struct Hung {
    folder: TempDir,
}

impl Hung {
    /// `None`, and why on standard error, where the system does not let us.
    pub fn mount() -> Option<Hung> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
        let device = device.map_err(|e| eprintln!("skipped: /dev/fuse: {e}")).ok()?;
        let folder = tempfile::tempdir().unwrap();
        let data = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let (at, data) = (folder.path().join("mnt"), CString::new(data).unwrap());
        std::fs::create_dir(&at).unwrap();
        if let Err(e) = mount("hung", &at, "fuse", MountFlags::NOSUID | MountFlags::NODEV, &*data) {
            eprintln!("skipped: a file system of one's own cannot be mounted here: {e}");
            return None;
        }
        thread::spawn(move || serve(device));
        Some(Hung { folder })
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("mnt")
    }

    /// A symbolic link outside of it that leads to `name` in it.
    pub fn link(&self, name: &str) -> PathBuf {
        let link = self.folder.path().join(name);
        std::os::unix::fs::symlink(self.root().join(name), &link).unwrap();
        link
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        release(&self.root());
    }
}

/// Unmounts; forced, so that every request that waits for an answer is an error.
fn release(root: &Path) {
    unmount(root, UnmountFlags::FORCE | UnmountFlags::DETACH).unwrap();
}

/// Requests of fuse(4), by their numbers in linux/fuse.h.
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const STATFS: u32 = 17;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

const ENOSYS: i32 = 38;
const ROOT: u64 = 1;

/// Answers requests until it is unmounted.
fn serve(mut device: File) {
    let mut request = vec![0; 1 << 17];
    // ENODEV once it is unmounted.
    while let Ok(length) = device.read(&mut request) {
        let request = &request[..length];
        let (opcode, unique, node) = (u32_at(request, 4), u64_at(request, 8), u64_at(request, 16));
        let body = &request[40..];
        let answer = match opcode {
            INIT => Ok(init()),
            GETATTR => Ok([&1u64.to_ne_bytes()[..], &[0; 8], &attributes(node)].concat()),
            LOOKUP => {
                let name = body.split(|byte| *byte == 0).next().unwrap_or_default();
                match NAMES.iter().position(|known| known.as_bytes() == name) {
                    Some(index) => Ok(entry(ROOT + 1 + index as u64)),
                    None => continue,
                }
            }
            // The second name opens and cannot be read.
            OPEN if node == ROOT + 2 => Ok(vec![0; 16]),
            OPEN | READ | STATFS | OPENDIR | FORGET | BATCH_FORGET | INTERRUPT => continue,
            _ => Err(ENOSYS),
        };
        let (error, data) = answer.map_or_else(|errno| (-errno, vec![]), |data| (0, data));
        let length = (16 + data.len()) as u32;
        let head = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), &unique.to_ne_bytes()].concat();
        // Whoever asked may be gone.
        let _ = device.write(&[head, data].concat());
    }
}

/// `struct fuse_init_out` of version 7.31.
fn init() -> Vec<u8> {
    let mut out = vec![0; 64];
    for (at, number) in [(0, 7), (4, 31), (8, 1 << 16), (20, 1 << 16)] {
        out[at..at + 4].copy_from_slice(&u32::to_ne_bytes(number));
    }
    out
}

/// `struct fuse_entry_out`, good for a second.
fn entry(node: u64) -> Vec<u8> {
    [&node.to_ne_bytes()[..], &[0; 8], &1u64.to_ne_bytes(), &1u64.to_ne_bytes(), &[0; 8], &attributes(node)].concat()
}

/// `struct fuse_attr`: a directory at the root, below it files of a page.
fn attributes(node: u64) -> Vec<u8> {
    let mut out = vec![0; 88];
    out[..8].copy_from_slice(&node.to_ne_bytes());
    out[8..16].copy_from_slice(&4096u64.to_ne_bytes());
    let mode: u32 = if node == ROOT { 0o040_755 } else { 0o100_644 };
    out[60..64].copy_from_slice(&mode.to_ne_bytes());
    out[64..68].copy_from_slice(&1u32.to_ne_bytes());
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap())
}
