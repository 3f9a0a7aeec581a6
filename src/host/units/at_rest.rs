//! Units of systemd by their files, where none runs that could be asked: systemd.unit(5).

use super::enabled::{self, Enabled};
use super::files::{Settings, UnitFiles, filled, is_template};
use super::ties::{Standing, Ties, listen};
use super::{Init, State, Unit, has_entries, started_by, sysv, there};
use crate::host::Host;
use crate::value::{Fault, Known, Value};
use std::collections::BTreeSet;

/// Units that do something; the others only order them.
const ENDINGS: [&str; 7] = [".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap"];

pub fn starts(host: &Host) -> Result<bool, Fault> {
    Ok(match started_by(host)? {
        Some(program) => program == "systemd",
        None => there(host, "/lib/systemd/systemd")? || there(host, "/usr/lib/systemd/systemd")?,
    })
}

pub fn is_written_for(host: &Host) -> Result<bool, Fault> {
    for place in ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"] {
        if has_entries(host, place)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub struct AtRest {
    files: UnitFiles,
}

pub fn open(host: &Host) -> Result<Box<dyn Init>, Fault> {
    Ok(Box::new(AtRest { files: UnitFiles::read(host)? }))
}

struct FileUnit {
    id: String,
    /// systemctl's word for its file; `None` of an init script, and of what has no file but processes.
    word: Option<&'static str>,
    is_script: bool,
    /// Whether somebody has made another unit start it.
    wanted: bool,
    path: Option<String>,
    settings: Result<Settings, Fault>,
}

impl Init for AtRest {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        let word = self.files.state(host, name)?;
        let id = self.files.own_name(name).to_owned();
        let is_script = word.is_none() && sysv::has_script(host, &id)?;
        if word.is_none() && !is_script && !has_processes(host, &id) {
            return Ok(None);
        }
        let wanted = self.files.wanted().any(|name| name == id);
        let path = self.files.path(&id).map(str::to_owned);
        let settings = self.files.settings(host, &id);
        Ok(Some(Box::new(FileUnit { id, word, is_script, wanted, path, settings })))
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let is_unit = |name: &&str| ENDINGS.iter().any(|ending| name.ends_with(ending));
        let files = self.files.names().filter(is_unit).filter(|name| !is_template(name));
        let mut names: BTreeSet<String> = files.map(str::to_owned).collect();
        // Without /proc, files are all there is to go by.
        if let Ok(groups) = host.control_groups() {
            names.extend(groups.units().filter(is_unit).map(str::to_owned));
        }
        Ok(names.into_iter().collect())
    }

    fn enabled(&self, host: &Host) -> Result<Known<Enabled>, Fault> {
        enabled::enabled(host, &self.files)
    }
}

fn has_processes(host: &Host, id: &str) -> bool {
    host.control_groups().is_ok_and(|groups| !groups.pids(id).0.is_empty())
}

impl Unit for FileUnit {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self, host: &Host) -> Result<State, Fault> {
        if there(host, "/run/systemd/system")? {
            host.machine()?;
            return Err(Fault::Unsupported("systemd runs here, but neither it nor a bus can be asked".into()));
        }
        Err(super::at_rest(host))
    }

    fn enabled(&self, host: &Host) -> Result<bool, Fault> {
        if self.is_script {
            return sysv::starts_by_itself(host, &self.id);
        }
        Ok(match self.word {
            Some(word) => starts_with(&self.id, word)?,
            None => false,
        })
    }

    fn masked(&self, _: &Host) -> Result<bool, Fault> {
        Ok(matches!(self.word, Some("masked" | "masked-runtime")))
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        sysv::runlevels(host, &self.id)
    }

    fn restarts(&self, host: &Host) -> Result<Option<u64>, Fault> {
        self.state(host).map(|_| None)
    }

    fn properties(&self, host: &Host) -> Result<&[(String, Value)], Fault> {
        self.state(host).map(|_| &[][..])
    }

    fn standing(&self, host: &Host) -> Result<Standing, Fault> {
        let active = has_processes(host, &self.id);
        let used = active || self.wanted || (self.is_script && self.enabled(host)?);
        let settings = self.settings.as_ref().map_err(Clone::clone)?;
        let is_static = !used && !self.is_script && !settings.keys().any(|key| key.starts_with("Install."));
        Ok(Standing { id: self.id.clone(), active, used, is_static })
    }

    fn ties(&self, _: &Host) -> Result<Option<Ties>, Fault> {
        let (id, settings) = (&self.id, self.settings.as_ref().map_err(Clone::clone)?);
        let last = |key: &str| settings.get(key).and_then(|values| values.last()).map(|value| filled(value, id));
        let user = last("Service.User").filter(|_| last("Service.DynamicUser").is_none_or(|word| !is_yes(&word)));
        let mut listens = Vec::new();
        for kind in ["Stream", "Datagram", "SequentialPacket"] {
            let values = settings.get(&format!("Socket.Listen{kind}")).map_or(&[][..], Vec::as_slice);
            listens.extend(values.iter().filter_map(|value| listen(kind, &filled(value, id))));
        }
        let starts = ["Socket.Service", "Timer.Unit", "Path.Unit"].iter().find_map(|key| last(key));
        let (stem, ending) = id.rsplit_once('.').unwrap_or((id, ""));
        let partners = match ending {
            "socket" | "timer" | "path" => vec![starts.unwrap_or_else(|| format!("{stem}.service"))],
            "service" => ["socket", "timer", "path"].iter().map(|ending| format!("{stem}.{ending}")).collect(),
            _ => Vec::new(),
        };
        let script = || self.is_script.then(|| format!("/etc/init.d/{stem}"));
        let file = self.path.clone().or_else(script);
        Ok(Some(Ties { id: id.clone(), file, main: None, user, listens, partners }))
    }
}

fn is_yes(word: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}

/// How `systemctl is-enabled` exits, by its word for the file of the unit.
pub(super) fn starts_with(unit: &str, word: &str) -> Result<bool, Fault> {
    match word {
        "enabled" | "enabled-runtime" | "static" | "alias" | "indirect" | "generated" => Ok(true),
        "disabled" | "linked" | "linked-runtime" | "masked" | "masked-runtime" | "transient" => Ok(false),
        "bad" => Err(Fault::Malformed(format!("{unit}: systemd cannot read its unit file"))),
        other => Err(Fault::Unsupported(format!("systemd says `{other}`, a unit file state that is not known here"))),
    }
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
