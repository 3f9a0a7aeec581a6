//! Where probes look: a tree of files and, unless it is an image, the machine that runs on it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the room that the machine is reached from"
)]

use crate::secret::Secrets;
use crate::value::Fault;
use std::io::Read;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

mod local;
mod root;
mod sandbox;
mod still;
mod tree;

use image::Image;
pub use local::LocalFiles;
pub use root::RootFiles;
pub use still::Still;
use still::StillFiles;
pub use tree::TreeFiles;

/// Bytes of a table (a package database, a mount list) that are read at most.
const TABLE_BOUND: u64 = 64 << 20;

/// Bytes of a file that are kept, where it can be read from its beginning alone and is wanted at any place.
const KEPT_BOUND: u64 = 256 << 20;

/// Read-only files under some root. Symbolic links never leave it.
///
/// Paths are absolute and as the host sees them. `Ok(None)` is certainty that nothing is there; what could not be
/// looked at is a [`Fault`].
pub trait Files: Send + Sync {
    /// What is at `path` itself: a symbolic link is not followed.
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault>;
    /// What is at the end of `path`'s symbolic links.
    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault>;
    /// The first `bound` bytes of a file; follows symbolic links.
    fn read(&self, path: &str, bound: u64) -> Result<Option<Vec<u8>>, Fault> {
        let Some(file) = self.open(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(bound).read_to_end(&mut bytes).map_err(|e| Fault::from_io(path, &e))?;
        Ok(Some(bytes))
    }
    /// Opens for reading; follows symbolic links. May block on a FIFO.
    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault>;
    /// Opens for reading at any place; follows symbolic links. Whoever can read a file from its beginning alone keeps it.
    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>, Fault> {
        let Some(bytes) = self.read(path, KEPT_BOUND + 1)? else { return Ok(None) };
        if bytes.len() as u64 > KEPT_BOUND {
            return Err(Fault::Unsupported(format!(
                "{path}: larger than the {KEPT_BOUND} bytes that are kept of a file"
            )));
        }
        Ok(Some(Box::new(bytes)))
    }
    /// The names in a directory, without `.` and `..`, in no order.
    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault>;
    /// What a symbolic link says.
    fn link(&self, path: &str) -> Result<Option<String>, Fault>;
    /// Where a file's bytes lie among those of others: whoever reads many does best to go by this. It need not be known.
    fn position(&self, _path: &str) -> u64 {
        0
    }
}

/// An open file that is read at any place.
pub trait ReadAt: Send + Sync {
    /// Reads from `offset` on, as much as there is and fits; says how many bytes. 0 is the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize>;
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }
}

impl ReadAt for std::fs::File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }
}

/// inode(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub file_type: FileType,
    /// Permission bits with set-user-ID, set-group-ID and sticky: `0o7777` at most.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Last change of the contents, seconds since the epoch; [`Stat::NO_TIME`] where it is not known.
    pub mtime: i64,
    /// 0 where that is not known, as of an image's directories; nor is their size known then.
    pub links: u64,
    /// Device and inode: two paths with equal ones are one file.
    pub device: u64,
    pub inode: u64,
}

impl Stat {
    /// As of a directory that an image only implies.
    pub const NO_TIME: i64 = i64::MIN;
}

crate::choice! {
    /// The type of a file, by goss's words where goss has one.
    pub enum FileType {
        File = "file",
        Directory = "directory",
        Symlink = "symlink",
        Socket = "socket",
        Fifo = "pipe",
        CharacterDevice = "character-device",
        BlockDevice = "block-device",
    }
}

/// Proof that the host is the running machine: what only it can tell hangs on this.
#[derive(Debug)]
pub struct Machine(());

/// A cheap handle on a host and on what has been read of it. A fresh one is made for every round of a run.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
    deadline: Instant,
}

/// Declares the tables that are read once a run, by whichever probe first needs them.
macro_rules! tables {
    ($($(#[doc = $about:literal])+ $name:ident: $table:ty = $load:path;)*) => {
        struct Inner {
            files: Arc<dyn Files>,
            machine: Option<Machine>,
            still: Still,
            image: Option<Arc<image::About>>,
            now: OffsetDateTime,
            $($name: OnceLock<Result<$table, Fault>>,)*
        }
        impl Inner {
            fn new(files: Arc<dyn Files>, machine: Option<Machine>, now: OffsetDateTime) -> Self {
                let still = Still { what: "a tree of files", skips: false };
                Inner { files, machine, still, image: None, now, $($name: OnceLock::new(),)* }
            }
        }
        impl Host {
            $(
                $(#[doc = $about])+
                pub fn $name(&self) -> Result<&$table, Fault> {
                    self.inner.$name.get_or_init(|| $load(self)).as_ref().map_err(Clone::clone)
                }
            )*
        }
    };
}

pub mod accounts;
pub mod bundle;
pub mod connect;
pub mod endpoint;
pub mod engine;
mod environment;
pub mod exec;
pub mod front;
pub mod guest;
mod home;
pub mod http;
pub mod icmp;
pub mod image;
pub mod mounts;
pub mod packages;
mod paged;
pub mod pem;
pub mod program;
mod reading;
pub mod resolve;
pub mod roots;
mod space;
pub mod starttls;
pub mod tls;
pub mod unreached;
mod walk;
pub mod wire;

pub use reading::{CONTENT_BOUND, Start};
pub use space::Space;
mod capacity;
pub mod control_groups;
pub mod dbus;
pub mod directory;
pub mod dns;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod holders;
pub mod interfaces;
mod local_ports;
pub mod modules;
mod netlink;
mod origin;
mod proc_net;
pub mod processes;
pub mod release;
pub mod shadow;
mod sock_diag;
pub mod sockets;
pub mod sysctl;
pub mod units;

tables! {
    /// What this program's own environment keeps secret.
    secrets: Secrets = environment::load;
    /// Accounts and groups: passwd(5), group(5).
    accounts: accounts::Accounts = accounts::load;
    /// Installed packages, by every package manager's database.
    packages: packages::Packages = packages::load;
    /// What stands in the site directories of Python.
    sites: packages::Sites = packages::load_sites;
    /// Specifications of Ruby's gems.
    gems: packages::Gems = packages::load_gems;
    /// What dpkg's database says of each package beyond that it is installed.
    stanzas: packages::dossier::Stanzas = packages::dossier::load;
    /// What is mounted: proc_pid_mountinfo(5).
    mounts: mounts::Mounts = mounts::load;
    /// What is meant to be mounted: fstab(5).
    fstab: mounts::Fstab = mounts::load_fstab;
    /// Where accounts are kept beside those files: nsswitch.conf(5).
    account_sources: directory::Sources = directory::load;
    /// Where names of hosts lead: hosts(5), nsswitch.conf(5), resolv.conf(5).
    names: resolve::Names = resolve::load;
    /// shadow(5).
    shadow: shadow::Shadow = shadow::load;
    /// os-release(5).
    release: release::Release = release::load;
    /// Modules of the running kernel.
    modules: modules::Modules = modules::load;
    /// modprobe.d(5) and the kernel's command line.
    modprobe: modules::Modprobe = modules::load_modprobe;
    /// What sysctl.d(5) sets at boot.
    sysctl: sysctl::Sysctl = sysctl::load;
    /// The system bus of a machine: dbus-daemon(1).
    bus: dbus::Bus = dbus::load;
    /// Sockets that listen and how many are connected to them: sock_diag(7), else proc_pid_net(5).
    sockets: sockets::Sockets = sockets::load;
    /// Which processes hold which sockets: proc_pid_fd(5).
    holders: holders::Holders = holders::load;
    /// Which unit each process belongs to: cgroups(7).
    control_groups: control_groups::ControlGroups = control_groups::load;
    /// All processes: proc_pid_stat(5).
    processes: processes::Processes = processes::load;
    /// Ports that sockets get which ask for none: ip(7).
    local_ports: local_ports::LocalPorts = local_ports::load;
    /// Network interfaces and their addresses, of a running machine: rtnetlink(7).
    links: interfaces::Links = interfaces::load;
    /// The root certificates that this host trusts.
    roots: roots::Roots = roots::load;
    /// Other files of root certificates.
    root_files: roots::Files = roots::no_files;
    /// Units of the init system.
    units: units::Units = units::load;
}

impl Host {
    /// The machine this runs on.
    pub fn local() -> Host {
        let host = Host::new(Arc::new(LocalFiles), Some(Machine(())), OffsetDateTime::now_utc());
        match sandbox::files(&host) {
            None => host,
            Some(files) => Host::new(Arc::new(files), Some(Machine(())), host.now()),
        }
    }

    /// Files only, among which may be the kernel's: a written-down host.
    pub fn offline(files: Arc<dyn Files>, now: OffsetDateTime) -> Host {
        Host::new(files, None, now)
    }

    /// Files of what does not run: a root file system.
    pub fn still(files: Arc<dyn Files>, still: Still) -> Host {
        let files = Arc::new(StillFiles { files, still });
        Host::with(Inner { still, ..Inner::new(files, None, OffsetDateTime::now_utc()) })
    }

    /// An image; `skips` is whether what only a running machine can tell is skipped.
    pub fn image(image: Image, skips: bool) -> Host {
        let still = Still { what: "an image", skips };
        let files = Arc::new(StillFiles { files: Arc::new(image.files), still });
        Host::with(Inner { still, image: Some(image.about), ..Inner::new(files, None, OffsetDateTime::now_utc()) })
    }

    fn new(files: Arc<dyn Files>, machine: Option<Machine>, now: OffsetDateTime) -> Host {
        Host::with(Inner::new(files, machine, now))
    }

    fn with(inner: Inner) -> Host {
        Host { inner: Arc::new(inner), deadline: Instant::now() + Duration::from_secs(3600) }
    }

    /// The same host with nothing read yet, for another round.
    pub fn fresh(&self) -> Host {
        let machine = self.inner.machine.as_ref().map(|_| Machine(()));
        let now = if machine.is_some() { OffsetDateTime::now_utc() } else { self.inner.now };
        let Inner { still, ref image, .. } = *self.inner;
        Host::with(Inner { still, image: image.clone(), ..Inner::new(self.inner.files.clone(), machine, now) })
    }

    /// The same host for a probe that has until `deadline`.
    pub fn until(&self, deadline: Instant) -> Host {
        Host { inner: self.inner.clone(), deadline }
    }

    /// When the probe that holds this handle is given up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn files(&self) -> &dyn Files {
        &*self.inner.files
    }

    /// The running machine, or the fault that there is none.
    pub fn machine(&self) -> Result<&Machine, Fault> {
        self.inner.machine.as_ref().ok_or_else(|| self.inner.still.fault())
    }

    /// What is known of the image that this is; `None` of all else.
    pub fn about_image(&self) -> Option<&Arc<image::About>> {
        self.inner.image.as_ref()
    }

    /// What it is called: its node name (uname(2)), or what hostname(5) says.
    pub fn name(&self) -> String {
        match self.machine() {
            Ok(_) => rustix::system::uname().nodename().to_string_lossy().into_owned(),
            Err(_) => self.text("/etc/hostname").ok().flatten().unwrap_or_default().trim().to_owned(),
        }
    }

    /// When this round began.
    pub fn now(&self) -> OffsetDateTime {
        self.inner.now
    }

    /// A whole file of bounded size: tables of the system.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(bytes) = self.files().read(path, TABLE_BOUND + 1)? else { return Ok(None) };
        if bytes.len() as u64 > TABLE_BOUND {
            return Err(Fault::Malformed(format!("{path}: larger than {TABLE_BOUND} bytes")));
        }
        Ok(Some(bytes))
    }

    /// Like [`Host::read`], as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self, path: &str) -> Result<Option<String>, Fault> {
        let text = |bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        };
        Ok(self.read(path)?.map(text))
    }
}
