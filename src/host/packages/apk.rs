//! Alpine's packages, from apk's `installed` and `/etc/apk/world` (apk-v2-package(5), "Installed Database V2").
//!
//! apk writes the whole file anew and ends each package with a blank line. A package whose files or scripts broke while
//! they were installed is marked, and not wholly installed.

use super::{Database, Manager, Package};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};
use memchr::memchr_iter;

/// The second is where apk has it once `/lib` and `/usr/lib` are one.
const DATABASES: &[&str] = &["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
pub(super) const PLACES: &str = "/lib/apk/db/installed";
/// What is asked for, a package with its condition on each line.
const WORLD: &str = "/etc/apk/world";

pub(super) fn read(host: &Host) -> Result<Option<Database>, Fault> {
    for path in DATABASES {
        let Some(bytes) = host.read(path)?.filter(|bytes| !bytes.is_empty()) else { continue };
        let held = world(host).map(|world| {
            let pinned = |asked: &String| Some(asked.split_once('=')?.0.trim_end_matches(['<', '>', '~']).to_owned());
            world.iter().filter(|asked| !asked.contains(['<', '>', '~'])).filter_map(pinned).collect::<Vec<_>>()
        });
        let read = stanzas(&bytes, &held).map_err(|why| Fault::Malformed(format!("{path}: {why}")));
        return read.map(Some);
    }
    match wanted(host)?.is_empty() {
        false => Err(Fault::Malformed(format!("{PLACES} is missing or empty, but {WORLD} asks for packages"))),
        true => Ok(None),
    }
}

/// Names of packages that are asked for.
pub(super) fn wanted(host: &Host) -> Result<Vec<String>, Fault> {
    let name = |asked: &String| asked.split(['=', '<', '>', '~', '@']).next().unwrap_or_default().to_owned();
    Ok(world(host)?.iter().filter(|asked| !asked.starts_with('!')).map(name).filter(|name| !name.is_empty()).collect())
}

fn world(host: &Host) -> Result<Vec<String>, Fault> {
    Ok(host.text(WORLD)?.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect())
}

#[derive(Default)]
struct Stanza<'b> {
    name: Option<&'b str>,
    version: Option<&'b str>,
    architecture: &'b str,
    broken: bool,
    begun: bool,
}

/// Says on which line it is no database.
fn stanzas(bytes: &[u8], held: &Result<Vec<String>, Fault>) -> Result<Database, String> {
    if !bytes.ends_with(b"\n\n") {
        return Err("cut short: it does not end with a blank line".into());
    }
    let (mut database, mut stanza, mut start) = (Database::default(), Stanza::default(), 0);
    for (number, end) in memchr_iter(b'\n', bytes).enumerate() {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        let read = match line {
            [] => stanza.end(&mut database, held),
            [field, b':', value @ ..] => stanza.field(*field, value, &mut database),
            _ => Err("it is no field".into()),
        };
        read.map_err(|why| format!("line {}: {why}", number + 1))?;
    }
    match database.installed.is_empty() && database.others.is_empty() {
        true => Err("it has no package in it".into()),
        false => Ok(database),
    }
}

impl<'b> Stanza<'b> {
    fn field(&mut self, field: u8, value: &'b [u8], database: &mut Database) -> Result<(), String> {
        self.begun = true;
        let text = || match str::from_utf8(value) {
            Ok(text) if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control()) => Ok(text),
            _ => Err(format!("`{}:` is no name", char::from(field))),
        };
        let once = |old: Option<&str>| match old {
            None => Ok(()),
            Some(_) => Err(format!("`{}:` stands twice in one package", char::from(field))),
        };
        match field {
            b'P' => once(self.name.replace(text()?)),
            b'V' => once(self.version.replace(text()?)),
            b'A' => {
                self.architecture = text()?;
                Ok(())
            }
            b'f' => {
                self.broken |= value.iter().any(|flag| matches!(flag, b'f' | b's' | b'x'));
                Ok(())
            }
            // Whoever asks for one of these gets this package.
            b'p' => {
                let provided = String::from_utf8_lossy(value);
                let names = provided.split_ascii_whitespace().filter_map(|one| one.split(['=', '<', '>', '~']).next());
                database.others.extend(names.filter(|name| !name.contains(':')).map(Box::from));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, database: &mut Database, held: &Result<Vec<String>, Fault>) -> Result<(), String> {
        let stanza = std::mem::take(self);
        if !stanza.begun {
            return Ok(());
        }
        let name = stanza.name.ok_or("the package above has no `P:`")?;
        let version = stanza.version.ok_or_else(|| format!("`{name}` has no `V:`"))?;
        if stanza.broken {
            database.others.push(name.into());
            return Ok(());
        }
        database.installed.push(Package {
            name: name.into(),
            version: version.into(),
            order: VersionOrder::Apk,
            architecture: stanza.architecture.into(),
            held: held.as_ref().map(|held| held.iter().any(|pinned| pinned == name)).map_err(Clone::clone),
            manager: Manager::Apk,
            place: Box::default(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INSTALLED: &str = "C:Q1abc=\nP:musl\nV:1.2.5-r9\nA:x86_64\nS:1\nF:lib\nR:libc.musl-x86_64.so.1\na:0:0:777\nZ:Q1x=\n\n\
        P:busybox\nV:1.37.0-r12\nA:x86_64\np:cmd:sh=1.37 /bin/sh busybox-any=1\n\nP:broken\nV:1-r0\nf:fs\n\n";

    fn read(text: &str) -> Result<Database, String> {
        stanzas(text.as_bytes(), &Ok(vec!["musl".into()]))
    }

    #[test]
    fn packages_are_read_and_a_broken_one_is_not_installed() {
        let database = read(INSTALLED).unwrap();
        let told = |p: &Package| format!("{} {} {} {:?}", p.name, p.version, p.architecture, p.held);
        let all: Vec<_> = database.installed.iter().map(told).collect();
        assert_eq!(all, ["musl 1.2.5-r9 x86_64 Ok(true)", "busybox 1.37.0-r12 x86_64 Ok(false)"]);
        let others: Vec<_> = database.others.iter().map(|name| &**name).collect();
        assert_eq!(others, ["/bin/sh", "busybox-any", "broken"]);
    }

    #[test]
    fn a_file_cut_anywhere_inside_a_package_shows() {
        for end in 1..INSTALLED.len() {
            assert_eq!(read(&INSTALLED[..end]).is_ok(), INSTALLED[..end].ends_with("\n\n"), "{end}");
        }
        for text in
            ["\n\n", "P:a\n\n", "V:1\n\n", "P:a\nV:1\nodd\n\n", "P:a\nP:b\nV:1\n\n", "P:a\nV:\n\n", "P:a\nV:\u{1}\n\n"]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "([PVAfp]:[a\n]{0,3}|\n){0,20}") {
            let _ = (stanzas(&bytes, &Ok(vec![])), read(&text));
        }
    }
}
