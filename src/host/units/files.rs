//! Units by their files alone, where no systemd runs that could be asked: systemd.unit(5).

use super::ties::{Standing, Ties, listen};
use crate::host::Host;
use crate::value::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Where units' files are looked for; the first that has one counts.
pub(super) const PLACES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
const ENDINGS: [&str; 7] = [".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap"];
/// Bytes of a unit file that are read.
const BOUND: u64 = 1 << 20;

fn is_unit(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// All units that have a file, are wanted by a link, or have processes.
pub(super) fn names(host: &Host) -> Result<Vec<String>, Fault> {
    let mut names = BTreeSet::new();
    for place in PLACES {
        for name in host.files().list(place)?.unwrap_or_default() {
            if is_unit(&name) && !is_template(&name) {
                names.insert(name);
            }
        }
    }
    names.extend(wanted(host)?);
    // Without /proc, files are all there is to go by.
    if let Ok(groups) = host.control_groups() {
        names.extend(groups.units().filter(|name| is_unit(name)).map(str::to_owned));
    }
    Ok(names.into_iter().collect())
}

/// Those that are enabled: a link in a directory `*.wants` or `*.requires` that the administrator has made.
fn wanted(host: &Host) -> Result<BTreeSet<String>, Fault> {
    let mut wanted = BTreeSet::new();
    for place in ["/etc/systemd/system", "/run/systemd/system"] {
        for folder in host.files().list(place)?.unwrap_or_default() {
            if folder.ends_with(".wants") || folder.ends_with(".requires") {
                let names = host.files().list(&format!("{place}/{folder}"))?.unwrap_or_default();
                wanted.extend(names.into_iter().filter(|name| is_unit(name)));
            }
        }
    }
    Ok(wanted)
}

fn is_template(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with('@'))
}

/// `foo@.service` of `foo@bar.service`.
fn template(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (template, _) = stem.split_once('@')?;
    Some(format!("{template}@.{ending}"))
}

/// Where the file of a unit is, and the unit's own name.
fn file(host: &Host, name: &str) -> Result<Option<(String, String)>, Fault> {
    for asked in [Some(name.to_owned()), template(name)].into_iter().flatten() {
        for place in PLACES {
            let path = format!("{place}/{asked}");
            if host.files().lstat(&path)?.is_none() {
                continue;
            }
            // A link within those directories is an alias; one to elsewhere is the file itself, or /dev/null.
            let target = host.files().link(&path)?.and_then(|target| target.rsplit('/').next().map(str::to_owned));
            let id = target.filter(|target| is_unit(target) && !is_template(target) && asked == name);
            return Ok(Some((path, id.unwrap_or_else(|| name.to_owned()))));
        }
    }
    Ok(None)
}

/// The settings of a unit, those of its drop-ins behind its own: by section and name.
fn settings(host: &Host, name: &str) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut all = BTreeMap::new();
    let mut read = |path: &str| -> Result<(), Fault> {
        if host.files().stat(path)?.is_some_and(|stat| stat.file_type == crate::host::FileType::File) {
            let bytes = host.files().read(path, BOUND)?.unwrap_or_default();
            add(&String::from_utf8_lossy(&bytes), &mut all);
        }
        Ok(())
    };
    if let Some((path, _)) = file(host, name)? {
        read(&path)?;
    }
    for asked in [template(name), Some(name.to_owned())].into_iter().flatten() {
        for place in PLACES.iter().rev() {
            let mut names = host.files().list(&format!("{place}/{asked}.d"))?.unwrap_or_default();
            names.retain(|name| name.ends_with(".conf"));
            names.sort_unstable();
            names.iter().try_for_each(|conf| read(&format!("{place}/{asked}.d/{conf}")))?;
        }
    }
    Ok(all)
}

/// What takes back one of these takes back all: systemd.socket(5).
const LISTEN: &str = "Socket.Listen";

/// Reads the lines of a unit file: an empty value takes back those before it, systemd.syntax(7).
fn add(text: &str, all: &mut BTreeMap<String, Vec<String>>) {
    let joined = text.replace("\\\n", " ");
    let mut section = "";
    for line in joined.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.split_once('=') {
            let key = format!("{section}.{}", name.trim());
            match value.trim() {
                "" if key.starts_with(LISTEN) => all.retain(|key, _| !key.starts_with(LISTEN)),
                "" => _ = all.remove(&key),
                value => all.entry(key).or_default().push(value.to_owned()),
            }
        }
    }
}

/// The name and the instance in the places that have the specifiers for them: systemd.unit(5).
pub(super) fn filled(value: &str, id: &str) -> String {
    let stem = id.rsplit_once('.').map_or(id, |(stem, _)| stem);
    let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match if c == '%' { chars.next() } else { None } {
            None => out.push(c),
            Some('i' | 'I') => out.push_str(instance),
            Some('p' | 'P') => out.push_str(prefix),
            Some('n') => out.push_str(id),
            Some('N') => out.push_str(stem),
            Some('t') => out.push_str("/run"),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
        }
    }
    out
}

pub(super) fn standing(host: &Host, name: &str) -> Result<Option<Standing>, Fault> {
    let (id, has_file) = match file(host, name)? {
        _ if is_template(name) => return Ok(None),
        Some((_, id)) => (id, true),
        None => (name.to_owned(), false),
    };
    let active = host.control_groups().is_ok_and(|groups| !groups.pids(&id).0.is_empty());
    let used = active || wanted(host)?.contains(&id);
    if !has_file && !active {
        return Ok(None);
    }
    let is_static = !used && !settings(host, &id)?.keys().any(|key| key.starts_with("Install."));
    Ok(Some(Standing { id, active, used, is_static }))
}

pub(super) fn ties(host: &Host, name: &str) -> Result<Option<Ties>, Fault> {
    let Some(Standing { id, .. }) = standing(host, name)? else { return Ok(None) };
    let settings = settings(host, &id)?;
    let last = |key: &str| settings.get(key).and_then(|values| values.last()).map(|value| filled(value, &id));
    let user = last("Service.User").filter(|_| last("Service.DynamicUser").is_none_or(|word| !is_yes(&word)));
    let mut listens = Vec::new();
    for kind in ["Stream", "Datagram", "SequentialPacket"] {
        let values = settings.get(&format!("Socket.Listen{kind}")).map_or(&[][..], Vec::as_slice);
        listens.extend(values.iter().filter_map(|value| listen(kind, &filled(value, &id))));
    }
    let starts = ["Socket.Service", "Timer.Unit", "Path.Unit"].iter().find_map(|key| last(key));
    let (stem, ending) = id.rsplit_once('.').unwrap_or((&id, ""));
    let partners = match ending {
        "socket" | "timer" | "path" => vec![starts.unwrap_or_else(|| format!("{stem}.service"))],
        "service" => ["socket", "timer", "path"].iter().map(|ending| format!("{stem}.{ending}")).collect(),
        _ => Vec::new(),
    };
    let file = file(host, &id)?.map(|(path, _)| path);
    Ok(Some(Ties { file, main: None, user, listens, partners, id }))
}

fn is_yes(word: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    const TREE: &str = "\
-- /lib/systemd/system/ssh.service
[Unit]
Description=OpenBSD Secure Shell server
[Service]
# User=nobody
User=\\
  sshd
ExecStart=/usr/sbin/sshd -D
[Install]
WantedBy=multi-user.target
Alias=sshd.service
-- /lib/systemd/system/ssh.socket
[Socket]
ListenStream=22
ListenStream=127.0.0.1:2222
ListenDatagram=%t/%p.sock
[Install]
WantedBy=sockets.target
-- /etc/systemd/system/ssh.socket.d/more.conf
[Socket]
ListenStream=
ListenStream=23
ListenDatagram=%t/%p.sock
-- /etc/systemd/system/sshd.service -> /lib/systemd/system/ssh.service
-- /etc/systemd/system/multi-user.target.wants/ssh.service -> /lib/systemd/system/ssh.service
-- /etc/systemd/system/multi-user.target.wants/app@one.service -> /lib/systemd/system/app@.service
-- /lib/systemd/system/app@.service
[Service]
User=app-%i
-- /lib/systemd/system/dyn.service
[Service]
User=dyn
DynamicUser=yes
-- /etc/systemd/system/off.service -> /dev/null
-- /proc/1/cgroup
0::/init.scope
-- /proc/7/cgroup
0::/system.slice/ssh.service
";

    fn host() -> Host {
        Host::offline(Arc::new(TreeFiles::parse(TREE).unwrap()), time::OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn files_links_and_processes_tell_which_units_there_are_and_how_they_stand() {
        let host = host();
        assert_eq!(
            host.unit_names().unwrap(),
            ["app@one.service", "dyn.service", "off.service", "ssh.service", "ssh.socket", "sshd.service"]
        );
        let standing = |name: &str| host.unit_standing(name).unwrap().map(|s| (s.id, s.active, s.used, s.is_static));
        assert_eq!(standing("sshd.service"), Some(("ssh.service".into(), true, true, false)));
        assert_eq!(standing("ssh.socket"), Some(("ssh.socket".into(), false, false, false)));
        assert_eq!(standing("app@one.service"), Some(("app@one.service".into(), false, true, false)));
        assert_eq!((standing("app@.service"), standing("nope.service")), (None, None));
        assert_eq!(standing("off.service"), Some(("off.service".into(), false, false, true)));
    }

    #[test]
    fn a_units_file_and_its_drop_ins_tell_its_account_and_its_sockets() {
        let host = host();
        let ties = |name: &str| host.unit_ties(name).unwrap().unwrap();
        assert_eq!(ties("ssh.service").user.as_deref(), Some("sshd"));
        assert_eq!(ties("ssh.service").file.as_deref(), Some("/lib/systemd/system/ssh.service"));
        assert!(ties("ssh.service").partners.contains(&"ssh.socket".into()));
        assert_eq!(ties("ssh.socket").listens, ["tcp6:23", "unix:/run/ssh.sock"]);
        assert_eq!(ties("ssh.socket").partners, ["ssh.service"]);
        assert_eq!(ties("app@one.service").user.as_deref(), Some("app-one"));
        assert_eq!(ties("dyn.service").user, None, "it is gone when the service is");
    }
}
