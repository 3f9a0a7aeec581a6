//! RPM's packages, from whichever of its three forms of database this host has: SQLite, ndb, or Berkeley DB's hash.
//!
//! Every package that is recorded is installed: rpm records one once its files are there.

use super::{Database, Manager, Package};
use crate::host::paged::Paged;
use crate::host::{Host, Stat};
use crate::value::{Fault, VersionOrder};

mod bdb;
mod header;
mod ndb;
mod sqlite;

/// `%_dbpath` as distributions have it; the second stands behind the first as a link, or the other way round.
const DIRECTORIES: &[&str] = &["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"];
pub(super) const PLACES: &str = "/var/lib/rpm, /usr/lib/sysimage/rpm, /usr/share/rpm";

/// Hands each package's header to the second argument.
type Read = fn(&Host, Paged, &mut dyn FnMut(&mut dyn Blob) -> Result<(), Fault>) -> Result<(), Fault>;

/// A form of the database, by the name of its file.
const FORMS: &[(&str, Read)] = &[("rpmdb.sqlite", sqlite::read), ("Packages.db", ndb::read), ("Packages", bdb::read)];

/// How often the files are read before it is given up to see them while rpm leaves them alone.
const ATTEMPTS: usize = 5;
/// Packages that a database may have.
const MOST: usize = 1 << 18;
/// Bytes at the beginning of a database that tell of a change.
const HEAD: usize = 512;

/// A record that is read from its beginning as far as is needed.
trait Blob {
    /// Bytes of the whole record.
    fn length(&self) -> usize;
    /// Its first `end` bytes, maybe more. A fault where it has fewer.
    fn upto(&mut self, end: usize) -> Result<&[u8], Fault>;
}

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    let Some((path, form)) = find(host)? else { return Ok(None) };
    for _ in 0..ATTEMPTS {
        let before = watch(host, &path)?;
        let Some(file) = host.open_at(&path)? else { continue };
        let read = packages(host, file, form);
        if before == watch(host, &path)? {
            return read.map(|installed| Some(Database { installed, others: vec![] }));
        }
    }
    Err(Fault::Failed(format!("{path} changed while it was read: rpm is at work")))
}

/// The one database that is there and not empty.
fn find(host: &Host) -> Result<Option<(String, Read)>, Fault> {
    let mut found = None::<(String, Read, Stat)>;
    for directory in DIRECTORIES {
        for (name, form) in FORMS {
            let path = format!("{directory}/{name}");
            let Some(stat) = host.files().stat(&path)? else { continue };
            let is_empty = stat.size == 0 && host.files().stat(&sqlite::log(&path))?.is_none_or(|log| log.size == 0);
            match &found {
                _ if is_empty => {}
                Some((_, _, old)) if (old.device, old.inode) == (stat.device, stat.inode) => {}
                Some((other, ..)) => {
                    let why = format!("{other} and {path} are both there: which of them rpm uses is not known here");
                    return Err(Fault::Unsupported(why));
                }
                None => found = Some((path, *form, stat)),
            }
        }
    }
    Ok(found.map(|(path, form, _)| (path, form)))
}

/// What changes when rpm writes: the database with its counters, and what SQLite keeps beside it.
fn watch(host: &Host, path: &str) -> Result<(Vec<u8>, [Option<Stat>; 3]), Fault> {
    let head = host.files().read(path, HEAD as u64)?.unwrap_or_default();
    let stat = |path: &str| host.files().stat(path);
    Ok((head, [stat(path)?, stat(&sqlite::log(path))?, stat(&sqlite::journal(path))?]))
}

fn packages(host: &Host, file: Paged, form: Read) -> Result<Vec<Package>, Fault> {
    let (path, mut installed) = (file.path.clone(), Vec::new());
    form(host, file, &mut |blob| {
        if installed.len() >= MOST {
            return Err(Fault::Malformed(format!("{path}: more than {MOST} packages")));
        }
        let read = header::read(blob)?;
        let header = read.map_err(|why| Fault::Malformed(format!("{path}: package {}: {why}", installed.len() + 1)))?;
        installed.push(header.package());
        Ok(())
    })?;
    Ok(installed)
}

impl header::Header {
    fn package(self) -> Package {
        let version = match self.epoch {
            None => format!("{}-{}", self.version, self.release),
            Some(epoch) => format!("{epoch}:{}-{}", self.version, self.release),
        };
        Package {
            name: self.name,
            version: version.into(),
            order: VersionOrder::Rpm,
            architecture: self.architecture.unwrap_or_default(),
            held: Err(Fault::Unsupported("rpm holds no package; what dnf and zypper lock is not read here".into())),
            manager: Manager::Rpm,
            place: Box::default(),
        }
    }
}

#[cfg(test)]
mod tests;
