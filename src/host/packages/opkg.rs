//! Packages of OpenWrt and of Yocto's images, from opkg's `status`, which is as dpkg's.

use super::dpkg::{self, Dialect, Reader, State};
use super::{Database, Manager};
use crate::host::Host;
use crate::value::Fault;

/// OpenWrt's, Yocto's, Entware's; each has a `status`, and an `info` as dpkg's.
const DIRECTORIES: &[&str] = &["/usr/lib/opkg", "/var/lib/opkg", "/opt/lib/opkg"];
pub(super) const PLACES: &str = "/usr/lib/opkg/status, /var/lib/opkg/status, /opt/lib/opkg/status";

const DIALECT: Dialect = Dialect { status, unsaid: None };

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    let (mut all, mut seen) = (None::<Database>, Vec::new());
    for directory in DIRECTORIES {
        let path = format!("{directory}/status");
        let Some(stat) = host.files().stat(&path)? else { continue };
        // One may be a link to another.
        if seen.contains(&(stat.device, stat.inode)) {
            continue;
        }
        seen.push((stat.device, stat.inode));
        let Some(bytes) = host.read(&path)?.filter(|bytes| !bytes.is_empty()) else { continue };
        let malformed = |why: String| Fault::Malformed(format!("{path}: {why}"));
        if !bytes.ends_with(b"\n\n") {
            return Err(malformed("cut short: it does not end with a blank line".into()));
        }
        let mut reader = Reader::of(DIALECT);
        reader.feed(&bytes);
        for stanza in reader.finish().map_err(malformed)? {
            let all = all.get_or_insert_default();
            match stanza.state.installed {
                true => all.installed.push(stanza.package(Manager::Opkg)),
                false => all.others.push(stanza.name),
            }
        }
    }
    match &all {
        None if !unpacked(host)?.is_empty() => {
            Err(Fault::Malformed(format!("{PLACES}: missing or empty, but lists of packages' files are beside it")))
        }
        _ => Ok(all),
    }
}

/// The packages of which there is a list of files.
pub(super) fn unpacked(host: &Host) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for directory in DIRECTORIES {
        names.extend(dpkg::lists(host, &format!("{directory}/info"))?);
    }
    Ok(names)
}

/// `install user,hold installed`: what is wanted, flags, the state (opkg's `libopkg/pkg.c`).
fn status(status: &str) -> Result<State, String> {
    let mut words = status.split_ascii_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(want), Some(flags), Some(state), None) if WANTS.contains(&want) && STATES.contains(&state) => {
            let held = flags.split(',').any(|flag| flag == "hold");
            Ok(State { held, installed: state == "installed" })
        }
        _ => Err(format!("`{status}` is no status of a package")),
    }
}

const WANTS: &[&str] = &["unknown", "install", "deinstall", "purge"];
const STATES: &[&str] = &[
    "not-installed",
    "unpacked",
    "half-configured",
    "installed",
    "half-installed",
    "config-files",
    "post-inst-failed",
    "removal-failed",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn load(tree: &str) -> Result<Option<Vec<String>>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let told = |p: &super::super::Package| format!("{} {} {} {:?}", p.name, p.version, p.architecture, p.held);
        Ok(read(&host)?.map(|database| database.installed.iter().map(told).collect()))
    }

    const STATUS: &str = "-- /usr/lib/opkg/status\nPackage: busybox\nVersion: 1.36.1-1\nDepends: libc\nStatus: install user installed\n\
        Architecture: mips_24kc\nInstalled-Time: 1700000000\n\nPackage: dropbear\nVersion: 2022.82-6\n\
        Status: install hold,user installed\nArchitecture: mips_24kc\n\nPackage: half\nVersion: 1\nStatus: install ok unpacked\n\n";

    #[test]
    fn packages_are_read_and_flags_hold_them() {
        let all = load(STATUS).unwrap().unwrap();
        assert_eq!(all, ["busybox 1.36.1-1 mips_24kc Ok(false)", "dropbear 2022.82-6 mips_24kc Ok(true)"]);
        let linked = format!("{STATUS}-- /var/lib/opkg -> ../../usr/lib/opkg\n");
        assert_eq!(load(&linked).unwrap().unwrap(), all);
        assert_eq!(load("-- /usr/lib/opkg/status size=0\n"), Ok(None));
    }

    #[test]
    fn a_database_that_is_cut_or_gone_is_a_fault() {
        for tree in [
            STATUS.trim_end().to_owned(),
            STATUS.replace("user installed", "user gone"),
            STATUS.replace("Status: install ok unpacked\n", ""),
            "-- /usr/lib/opkg/info/busybox.list\n/bin/sh\n".to_owned(),
        ] {
            assert!(matches!(load(&tree), Err(Fault::Malformed(_))), "{tree}");
        }
    }
}
