//! What dpkg keeps of one package beyond what it is: whose it is built from, what it needs, which files are its own.
//!
//! Read only for what is asked: the stanza in `/var/lib/dpkg/status` (deb822(5), dpkg(1)), and the list of files beside it.

use super::dpkg;
use crate::host::Host;
use crate::value::Fault;
use memchr::{memchr, memmem};
use std::collections::HashMap;
use std::ops::Range;

/// Files of a package that are listed at most.
const MOST_FILES: usize = 1 << 20;

/// The stanzas of all packages that are recorded, found by name and unread.
pub struct Stanzas {
    status: Vec<u8>,
    /// Where the stanzas of a name are; those of `updates/` are written behind the others.
    at: HashMap<Box<str>, Vec<Range<usize>>>,
}

/// What one package says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dossier {
    /// The source package that it is built from; its own name where it says nothing else.
    pub source: String,
    /// `httpd`, `libs`.
    pub section: String,
    /// Names of the packages without which it cannot be; of alternatives all, the first one first.
    pub needs: Vec<Vec<String>>,
    /// Its configuration files, without those that a later version of it has given up.
    pub conffiles: Vec<String>,
}

pub(in crate::host) fn load(host: &Host) -> Result<Stanzas, Fault> {
    let mut status = host.read(dpkg::STATUS)?.unwrap_or_default();
    let mut journal = host.files().list(dpkg::JOURNAL)?.unwrap_or_default();
    journal.retain(|name| name.bytes().all(|b| b.is_ascii_digit()));
    journal.sort_unstable();
    for name in journal {
        status.extend_from_slice(b"\n\n");
        status.extend(host.read(&format!("{}/{name}", dpkg::JOURNAL))?.unwrap_or_default());
    }
    Ok(Stanzas::new(status))
}

impl Stanzas {
    fn new(status: Vec<u8>) -> Stanzas {
        let mut at: HashMap<Box<str>, Vec<Range<usize>>> = HashMap::new();
        let mut start = 0;
        let ends = memmem::find_iter(&status, b"\n\n").map(|end| end + 1).chain([status.len()]);
        for end in ends {
            let stanza = status.get(start..end).unwrap_or_default();
            if let Some(name) = field(stanza, "Package") {
                at.entry(name.trim().into()).or_default().push(start..end);
            }
            start = end;
        }
        Stanzas { status, at }
    }

    /// What stands of the package; of several architectures, of that one.
    fn dossier(&self, name: &str, architecture: &str) -> Option<Dossier> {
        let mut stanzas = self.at.get(name)?.iter().filter_map(|range| self.status.get(range.clone()));
        let of_it = |s: &&[u8]| field(s, "Architecture").is_none_or(|a| architecture.is_empty() || a == architecture);
        Some(dossier(name, stanzas.rfind(of_it)?))
    }
}

fn dossier(name: &str, stanza: &[u8]) -> Dossier {
    // `Source: postgresql-common (248)`
    let source = field(stanza, "Source").unwrap_or_else(|| name.to_owned());
    let needs = ["Pre-Depends", "Depends"].iter().filter_map(|key| field(stanza, key));
    Dossier {
        source: source.split_whitespace().next().unwrap_or(name).to_owned(),
        section: field(stanza, "Section").unwrap_or_default(),
        needs: needs.flat_map(|text| relations(&text)).collect(),
        conffiles: field(stanza, "Conffiles").map(|text| conffiles(&text)).unwrap_or_default(),
    }
}

/// The value of a field, its further lines included.
fn field(stanza: &[u8], name: &str) -> Option<String> {
    let mut rest = stanza;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        let after = rest.get(end + 1..).unwrap_or_default();
        let value = line.split_at_checked(name.len()).filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        if let Some(value) = value.and_then(|(_, value)| value.strip_prefix(b":")) {
            let mut more = 0;
            while after.get(more).is_some_and(|b| matches!(b, b' ' | b'\t')) {
                let left = after.get(more..).unwrap_or_default();
                more += memchr(b'\n', left).map_or(left.len(), |end| end + 1);
            }
            let mut value = value.to_vec();
            value.push(b'\n');
            value.extend_from_slice(after.get(..more).unwrap_or_default());
            return Some(String::from_utf8_lossy(&value).trim().to_owned());
        }
        rest = after;
    }
    None
}

/// `debconf (>= 0.5) | debconf-2.0, perl:any`: the names alone.
fn relations(text: &str) -> Vec<Vec<String>> {
    let name = |one: &str| one.split(['(', ':', '[', '<']).next().unwrap_or_default().trim().to_owned();
    let all = text.split(',').map(|all| all.split('|').map(name).filter(|n| !n.is_empty()).collect::<Vec<_>>());
    all.filter(|names| !names.is_empty()).collect()
}

/// A path and the digest of what the package came with a line, and `obsolete` behind those that it has no more.
fn conffiles(text: &str) -> Vec<String> {
    let path = |line: &str| {
        let line = line.trim();
        let is_gone = [" obsolete", " remove-on-upgrade"].iter().any(|end| line.ends_with(end));
        let (path, _) = line.rsplit_once(' ').filter(|_| !is_gone)?;
        path.starts_with('/').then(|| path.to_owned())
    };
    text.lines().filter_map(path).collect()
}

impl Host {
    /// What is recorded of an installed package; `None` if nothing is.
    pub fn package_dossier(&self, package: &super::Package) -> Result<Option<Dossier>, Fault> {
        Ok(self.stanzas()?.dossier(&package.name, &package.architecture))
    }

    /// The paths of all that a package has unpacked.
    pub fn package_files(&self, package: &super::Package) -> Result<Vec<String>, Fault> {
        let super::Package { name, architecture, .. } = package;
        let paths = [format!("{}/{name}.list", dpkg::INFO), format!("{}/{name}:{architecture}.list", dpkg::INFO)];
        for path in &paths {
            if let Some(text) = self.text(path)? {
                return Ok(text.lines().filter(|l| l.starts_with('/')).take(MOST_FILES).map(str::to_owned).collect());
            }
        }
        let [path, _] = paths;
        Err(Fault::Malformed(format!("{path} is missing: which files are its own is not known")))
    }

    /// The name of a package that has unpacked `path`; those called like it are asked first, for there may be thousands.
    pub fn package_with(&self, path: &str) -> Result<Option<String>, Fault> {
        let mut lists = self.files().list(dpkg::INFO)?.unwrap_or_default();
        lists.retain(|name| name.ends_with(".list"));
        let stem = path.rsplit('/').next().unwrap_or_default();
        let stem = stem.split(['@', '.']).next().unwrap_or_default();
        lists.sort_by_cached_key(|name| (!name.starts_with(stem), !name.contains(stem), name.len()));
        let lines = spellings(path).map(|path| format!("\n{path}\n"));
        let finders: Vec<_> = lines.iter().map(|line| memmem::Finder::new(line.as_bytes())).collect();
        let mut unread = None;
        for name in &lists {
            match self.read(&format!("{}/{name}", dpkg::INFO)) {
                Ok(bytes) => {
                    let bytes = bytes.unwrap_or_default();
                    if finders.iter().any(|finder| finder.find(&bytes).is_some()) {
                        return Ok(name.trim_end_matches(".list").split(':').next().map(str::to_owned));
                    }
                }
                Err(fault) => unread = Some(fault),
            }
        }
        unread.map_or(Ok(None), Err)
    }
}

/// With and without `/usr`: where `/lib` is a link there, packages still call their files by either.
fn spellings(path: &str) -> [String; 2] {
    const MERGED: [&str; 4] = ["/lib/", "/lib64/", "/bin/", "/sbin/"];
    let merged = |path: &str| MERGED.iter().any(|top| path.starts_with(top));
    let other = match path.strip_prefix("/usr") {
        Some(rest) if merged(rest) => rest.to_owned(),
        None if merged(path) => format!("/usr{path}"),
        _ => path.to_owned(),
    };
    [path.to_owned(), other]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    const STATUS: &str = "\
Package: nginx-common
Status: install ok installed
Priority: optional
Section: httpd
Maintainer: Debian Nginx Maintainers <x@example.org>
Architecture: all
Source: nginx
Version: 1.22.1-9+deb12u9
Depends: debconf (>= 0.5) | debconf-2.0, perl:any
Suggests: fcgiwrap
Conffiles:
 /etc/default/nginx 2a9b6f3c8d3d6b6b2bd5f4d3e5f5a0d1
 /etc/nginx/a name 11111111111111111111111111111111
 /etc/nginx/old.conf 22222222222222222222222222222222 obsolete
 /etc/nginx/new.conf newconffile
Description: small
 Depends: not this
Homepage: https://nginx.org

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36

Package: libc6
Status: install ok installed
Architecture: i386
Source: glibc (2.36-9)
Pre-Depends: libgcc-s1, libcrypt1 (>= 1:4.4)
Version: 2.36-9
";

    #[test]
    fn a_stanza_tells_its_source_its_needs_and_its_conffiles() {
        let stanzas = Stanzas::new(STATUS.into());
        let nginx = stanzas.dossier("nginx-common", "all").unwrap();
        assert_eq!((nginx.source.as_str(), nginx.section.as_str()), ("nginx", "httpd"));
        assert_eq!(nginx.needs, [vec!["debconf", "debconf-2.0"], vec!["perl"]]);
        assert_eq!(nginx.conffiles, ["/etc/default/nginx", "/etc/nginx/a name", "/etc/nginx/new.conf"]);
        let libc = |architecture| stanzas.dossier("libc6", architecture).unwrap();
        assert!(libc("amd64").needs.is_empty());
        assert_eq!(libc("i386").needs, [["libgcc-s1"], ["libcrypt1"]]);
        assert_eq!(libc("i386").source, "glibc");
        assert_eq!(stanzas.dossier("libc", ""), None);
    }

    #[test]
    fn a_stanza_of_the_journal_counts_in_place_of_the_old_one() {
        let tree = format!(
            "-- /var/lib/dpkg/status\n{STATUS}\n-- /var/lib/dpkg/updates/0001\nPackage: nginx-common\nArchitecture: all\n\
             Source: other\n"
        );
        let files = TreeFiles::parse(&tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!(host.stanzas().unwrap().dossier("nginx-common", "all").unwrap().source, "other");
    }

    #[test]
    fn the_owner_of_a_file_is_found_under_either_name_of_it() {
        let tree = "-- /var/lib/dpkg/info/aaa.list\n/.\n/lib/systemd/system/x.service.d\n\
            -- /var/lib/dpkg/info/x-common:amd64.list\n/.\n/lib/systemd/system/x.service\n/usr/bin/y\n\
            -- /var/lib/dpkg/info/x.conffiles\n/lib/z\n";
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let owner = |path: &str| host.package_with(path).unwrap();
        assert_eq!(owner("/usr/lib/systemd/system/x.service").as_deref(), Some("x-common"));
        assert_eq!(owner("/lib/systemd/system/x.service").as_deref(), Some("x-common"));
        assert_eq!(owner("/bin/y").as_deref(), Some("x-common"));
        assert_eq!(owner("/lib/z"), None);
        let denied = TreeFiles::parse(&format!("{tree}-- /var/lib/dpkg/info/q.list denied\n")).unwrap();
        let host = Host::offline(Arc::new(denied), time::OffsetDateTime::UNIX_EPOCH);
        assert!(host.package_with("/bin/y").is_ok(), "found elsewhere");
        assert!(matches!(host.package_with("/lib/z"), Err(Fault::Denied(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[a-zP: \n(|,]{0,80}") {
            for bytes in [bytes, text.into_bytes(), b"Package: a\nConffiles".to_vec()] {
                let stanzas = Stanzas::new(bytes);
                stanzas.at.keys().for_each(|name| _ = stanzas.dossier(name, "all"));
            }
        }
    }
}
