//! Debian's packages, from `/var/lib/dpkg/status` and the journal beside it (dpkg(1), deb822(5)).
//!
//! Installed is what `dpkg --list` marks `i` in its second column and does not mark as broken. What is half-installed,
//! unpacked, half-configured, waiting for a trigger, or has only its configuration left is not installed.
//!
//! dpkg writes the whole file anew and ends it with a blank line. So a file cut anywhere inside a stanza shows. One cut
//! just behind the blank line between two stanzas does not, but for the lists of files that dpkg keeps beside it.

use super::{Database, Package};
use crate::host::{Host, Stat};
use crate::value::{Fault, VersionOrder};
use memchr::memchr;
use std::collections::HashMap;

pub(super) const STATUS: &str = "/var/lib/dpkg/status";
/// Files named by a number, each a stanza that has replaced the one in `status`; dpkg merges them now and then.
const JOURNAL: &str = "/var/lib/dpkg/updates";
/// Has a `.list` for every package that is unpacked.
const INFO: &str = "/var/lib/dpkg/info";

/// How often the files are read before it is given up to see them while dpkg leaves them alone.
const ATTEMPTS: usize = 5;

/// One package as dpkg records it, whatever its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stanza<'a> {
    name: &'a str,
    architecture: &'a str,
    version: &'a str,
    held: bool,
    installed: bool,
}

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    for _ in 0..ATTEMPTS {
        let before = watch(host)?;
        let Some(status) = host.read(STATUS)?.filter(|bytes| !bytes.is_empty()) else { return absent(host) };
        let mut journal = Vec::new();
        for name in &before.1 {
            let path = format!("{JOURNAL}/{name}");
            if let Some(bytes) = host.read(&path)? {
                journal.push((path, bytes));
            }
        }
        if before == watch(host)? && journal.len() == before.1.len() {
            return installed(&status, &journal).map(Some);
        }
    }
    Err(Fault::Failed(format!("{STATUS} changed while it was read: dpkg is at work")))
}

/// What changes when dpkg writes: the status file, and the journal's numbers in order.
fn watch(host: &Host) -> Result<(Option<Stat>, Vec<String>), Fault> {
    let mut journal = host.files().list(JOURNAL)?.unwrap_or_default();
    journal.retain(|name| name.bytes().all(|b| b.is_ascii_digit()));
    // All are of one length, or dpkg itself refuses them.
    journal.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Ok((host.files().stat(STATUS)?, journal))
}

/// No status file, or an empty one, is a host without packages of dpkg's only if dpkg knows no package's files either.
fn absent(host: &Host) -> Result<Option<Database>, Fault> {
    match unpacked(host)?.is_empty() {
        false => Err(Fault::Malformed(format!("{STATUS} is missing or empty, but {INFO} lists packages"))),
        true => Ok(None),
    }
}

/// The packages of which there is a list of files: `NAME.list`, or `NAME:ARCHITECTURE.list`.
pub(super) fn unpacked(host: &Host) -> Result<Vec<String>, Fault> {
    let names = host.files().list(INFO)?.unwrap_or_default();
    let package = |file: &String| file.strip_suffix(".list").and_then(|n| n.split(':').next()).map(str::to_owned);
    Ok(names.iter().filter_map(package).collect())
}

/// What is installed by `status` once `journal` (path and contents, in order) is played over it.
fn installed(status: &[u8], journal: &[(String, Vec<u8>)]) -> Result<Database, Fault> {
    let malformed = |path: &str, why: String| Fault::Malformed(format!("{path}: {why}"));
    if !status.ends_with(b"\n\n") {
        return Err(malformed(STATUS, "cut short: it does not end with a blank line".into()));
    }
    let mut all = stanzas(status).map_err(|why| malformed(STATUS, why))?;
    let mut places = HashMap::with_capacity(all.len());
    for (place, stanza) in all.iter().enumerate() {
        if places.insert((stanza.name, stanza.architecture), place).is_some() {
            let Stanza { name, architecture, .. } = stanza;
            return Err(malformed(STATUS, format!("`{name}:{architecture}` stands there twice")));
        }
    }
    for (path, bytes) in journal {
        if !bytes.ends_with(b"\n") {
            return Err(malformed(path, "cut short: it does not end with a line".into()));
        }
        for stanza in stanzas(bytes).map_err(|why| malformed(path, why))? {
            let key = (stanza.name, stanza.architecture);
            match places.get(&key) {
                Some(place) => all[*place] = stanza,
                None => {
                    replace_nameless(&mut all, stanza).map_err(|why| malformed(path, why))?;
                    places.insert(key, all.len());
                    all.push(stanza);
                }
            }
        }
    }
    let (installed, others): (Vec<_>, Vec<_>) = all.iter().partition(|s| s.installed);
    Ok(Database {
        installed: installed.into_iter().map(Stanza::package).collect(),
        others: others.into_iter().map(|s| s.name.into()).collect(),
    })
}

/// A stanza of a package that is gone may name no architecture: it is then about the only one there is.
fn replace_nameless(all: &mut [Stanza], new: Stanza) -> Result<(), String> {
    if !new.architecture.is_empty() {
        return Ok(());
    }
    let mut same = all.iter_mut().filter(|s| s.name == new.name && s.installed);
    match (same.next(), same.next()) {
        (Some(old), None) => old.installed = false,
        (Some(_), Some(_)) => return Err(format!("it does not say which architecture of `{}` it is about", new.name)),
        (None, _) => {}
    }
    Ok(())
}

/// The fields that are looked at; the others need only be fields.
#[derive(Default)]
struct Fields<'a> {
    package: Option<&'a str>,
    status: Option<&'a str>,
    version: Option<&'a str>,
    architecture: Option<&'a str>,
    /// Any field at all.
    begun: bool,
}

/// Reads every stanza; says on which line it is none.
fn stanzas(bytes: &[u8]) -> Result<Vec<Stanza<'_>>, String> {
    if memchr(0, bytes).is_some() {
        return Err("it has NUL bytes in it".into());
    }
    // A stanza takes about a kilobyte.
    let mut all = Vec::with_capacity(bytes.len() / 1024 + 1);
    let mut fields = Fields::default();
    let (mut rest, mut number) = (bytes, 0_usize);
    while !rest.is_empty() {
        number += 1;
        let (line, next) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &[][..]),
        };
        rest = next;
        match line.first() {
            None if fields.begun => all.push(std::mem::take(&mut fields).stanza().map_err(|e| at(number, e))?),
            None => {}
            Some(b' ' | b'\t') if fields.begun => {}
            Some(_) => fields.line(line).map_err(|e| at(number, e))?,
        }
    }
    if fields.begun {
        all.push(fields.stanza().map_err(|e| at(number, e))?);
    }
    if all.is_empty() {
        return Err("it has no package in it".into());
    }
    Ok(all)
}

fn at(line: usize, why: String) -> String {
    format!("line {line}: {why}")
}

impl<'a> Fields<'a> {
    fn line(&mut self, line: &'a [u8]) -> Result<(), String> {
        let no_field = || format!("`{}` is no field", shown(line));
        let colon = memchr(b':', line).ok_or_else(no_field)?;
        let (name, value) = (line[..colon].trim_ascii_end(), &line[colon + 1..]);
        if name.is_empty() || name.iter().any(|b| !b.is_ascii_graphic()) {
            return Err(no_field());
        }
        self.begun = true;
        let place = match name {
            _ if name.eq_ignore_ascii_case(b"Package") => &mut self.package,
            _ if name.eq_ignore_ascii_case(b"Status") => &mut self.status,
            _ if name.eq_ignore_ascii_case(b"Version") => &mut self.version,
            _ if name.eq_ignore_ascii_case(b"Architecture") => &mut self.architecture,
            _ => return Ok(()),
        };
        let value = str::from_utf8(value).map_err(|_| format!("`{}` is not text", shown(line)))?.trim();
        if value.is_empty() {
            return Err(format!("`{}` is empty", shown(name)));
        }
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(format!("`{}` stands twice in one stanza", shown(name))),
        }
    }

    fn stanza(self) -> Result<Stanza<'a>, String> {
        let name = self.package.ok_or("the stanza above names no `Package`")?;
        let word = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        let status = self.status.ok_or_else(|| format!("`{name}` has no `Status`"))?;
        let mut words = status.split_ascii_whitespace();
        let (want, flag, state) = match (words.next(), words.next(), words.next(), words.next()) {
            (Some(want), Some(flag), Some(state), None) if WANTS.contains(&want) && STATES.contains(&state) => {
                (want, flag, state)
            }
            _ => return Err(format!("`{status}` is no status of a package (`{name}`)")),
        };
        // The other flags say that it must be installed again.
        let installed = state == "installed" && flag == "ok";
        let version = match self.version {
            Some(version) => version,
            None if installed => return Err(format!("`{name}` is installed but has no `Version`")),
            None => "",
        };
        let architecture = self.architecture.unwrap_or("");
        if ![name, version, architecture].into_iter().all(word) {
            return Err(format!("`{name}` `{version}` `{architecture}` is no name, version and architecture"));
        }
        Ok(Stanza { name, architecture, version, held: want == "hold", installed })
    }
}

/// dpkg(1), "Package selection states".
const WANTS: &[&str] = &["unknown", "install", "hold", "deinstall", "purge"];
/// dpkg(1), "Package states".
const STATES: &[&str] = &[
    "not-installed",
    "config-files",
    "half-installed",
    "unpacked",
    "half-configured",
    "triggers-awaited",
    "triggers-pending",
    "installed",
];

/// The beginning of what stands in the file, for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).escape_debug().to_string()
}

impl Stanza<'_> {
    fn package(&self) -> Package {
        Package {
            name: self.name.into(),
            version: self.version.into(),
            order: VersionOrder::Debian,
            architecture: self.architecture.into(),
            held: self.held,
            manager: "dpkg",
        }
    }
}

#[cfg(test)]
mod tests;
