//! `system`: which system the host runs, and how it fares.

use super::{Keys, Pin, Presence, Resource, key};
use crate::host::Host;
use crate::value::{Fault, Share, Version, VersionOrder};
use rustix::system::uname;
use std::ffi::CStr;
use time::Duration;

pub struct System {
    host: Host,
}

impl Resource for System {
    const NAME: &'static str = "system";
    const ABOUT: &'static str = "The host as a whole, by os-release(5), uname(2) and /proc; any name will do for it.";
    const EXAMPLE: &'static str = "[system.this]\nos = \"debian\"\nos-version = \">= 12\"\nmemory-available = \">= 10%\"\nreboot-required = false\n";
    const PRESENCE: Option<Presence> = None;
    const TARGET: Option<(&'static str, &'static str)> = None;
    const KEYS: Keys<Self> = &[
        &key("os", "The distribution, by `ID` of os-release(5): `debian`, `rhel`.", Self::os),
        &key(
            "os-version",
            "The distribution's version, by `VERSION_ID` of os-release(5); rolling ones have none.",
            Self::os_version,
        ),
        &key("kernel", "The running kernel's release, as `uname -r` prints it.", Self::kernel),
        &key("arch", "The machine's architecture, as `uname -m` prints it: `x86_64`, `aarch64`.", Self::arch),
        &key("hostname", "Its own name, as `uname -n` prints it.", Self::hostname),
        &key("uptime", "Time since boot, sleep included.", Self::uptime).growing(),
        &key("load-1", "Processes that run or wait for a processor or a disk, over 1 minute.", |s: &Self| {
            Ok::<f64, Fault>(s.host.machine()?.load()?.one)
        }),
        &key("load-5", "The same over 5 minutes.", |s: &Self| Ok::<f64, Fault>(s.host.machine()?.load()?.five)),
        &key("load-15", "The same over 15 minutes.", |s: &Self| Ok::<f64, Fault>(s.host.machine()?.load()?.fifteen)),
        &key(
            "memory-available",
            "Memory that programs can have without swapping: bytes, or per cent of all memory.",
            |s: &Self| -> Result<Share, Fault> { s.host.machine()?.memory_available() },
        ),
        &key(
            "swap-used",
            "Swap in use: bytes, or per cent of all swap; 0 without swap.",
            |s: &Self| -> Result<Share, Fault> { s.host.machine()?.swap_used() },
        ),
        &key("cpus", "Processors that are online.", |s: &Self| -> Result<usize, Fault> { s.host.machine()?.cpus() }),
        &key(
            "reboot-required",
            "Whether an upgrade asked for a restart, by /run/reboot-required: Debian, Ubuntu and their like, where \
             unattended-upgrades or update-notifier-common is installed to write it.",
            Self::reboot_required,
        ),
        &key("clock-synced", "Whether the clock has been set by a time server.", Self::clock_synced),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("os"),
        Pin::exact("os-version"),
        Pin::exact("arch"),
        Pin::exact("hostname"),
        Pin::not_below("kernel"),
        Pin::if_true("clock-synced"),
        Pin::drifting("load-1"),
        Pin::drifting("load-5"),
        Pin::drifting("load-15"),
        Pin::drifting("memory-available"),
        Pin::drifting("swap-used"),
    ];
    type Id = ();
    type Settings = ();

    fn probe(host: &Host, (): &(), (): &()) -> Result<Option<Self>, Fault> {
        Ok(Some(System { host: host.clone() }))
    }
}

/// Files that an upgrade leaves where it asks for a restart.
const REBOOT_REQUIRED: &[&str] = &["/run/reboot-required", "/var/run/reboot-required"];

/// What writes them; without any of these their absence says nothing.
const REBOOT_NOTIFIERS: &[&str] = &[
    "/etc/kernel/postinst.d/unattended-upgrades",
    "/etc/kernel/postinst.d/update-notifier",
    "/usr/share/update-notifier/notify-reboot-required",
];

fn text(field: &CStr) -> String {
    field.to_string_lossy().into_owned()
}

fn dotted(text: &str) -> Version {
    Version { text: text.to_owned(), order: VersionOrder::Dotted }
}

impl System {
    fn os(&self) -> Result<String, Fault> {
        Ok(self.host.release()?.id().to_owned())
    }

    fn os_version(&self) -> Result<Option<Version>, Fault> {
        Ok(self.host.release()?.version().map(dotted))
    }

    fn kernel(&self) -> Result<Version, Fault> {
        self.host.machine()?;
        Ok(dotted(&text(uname().release())))
    }

    fn arch(&self) -> Result<String, Fault> {
        self.host.machine()?;
        Ok(text(uname().machine()))
    }

    fn hostname(&self) -> Result<String, Fault> {
        self.host.machine()?;
        Ok(text(uname().nodename()))
    }

    fn uptime(&self) -> Result<Duration, Fault> {
        let uptime = self.host.machine()?.uptime();
        Ok(Duration::try_from(uptime).unwrap_or(Duration::MAX))
    }

    fn any_is_there(&self, paths: &[&str]) -> Result<bool, Fault> {
        for path in paths {
            if self.host.files().stat(path)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn reboot_required(&self) -> Result<bool, Fault> {
        if self.any_is_there(REBOOT_REQUIRED)? {
            return Ok(true);
        }
        // An image has nothing under /run, whatever was upgraded in it.
        self.host.machine()?;
        if !self.host.release()?.is_like("debian") {
            return Err(Fault::Unsupported("only known of Debian, Ubuntu and their like".into()));
        }
        if !self.any_is_there(REBOOT_NOTIFIERS)? {
            return Err(Fault::Unsupported(
                "nothing here writes /run/reboot-required: install unattended-upgrades or update-notifier-common"
                    .into(),
            ));
        }
        Ok(false)
    }

    /// What timedated says of the kernel's clock (adjtimex(2)). Where it does not run, the file that systemd-timesyncd
    /// leaves once a server has answered; other daemons leave none, so its absence says nothing.
    fn clock_synced(&self) -> Result<bool, Fault> {
        const TIMEDATE: &str = "org.freedesktop.timedate1";
        let asked = self.host.bus().and_then(|bus| {
            let path = "/org/freedesktop/timedate1";
            bus.property(TIMEDATE, path, TIMEDATE, "NTPSynchronized", self.host.deadline())
        });
        match asked.map(|answer| answer.bool()) {
            Ok(Some(synced)) => Ok(synced),
            Ok(None) => Err(Fault::Malformed("NTPSynchronized of timedated is neither true nor false".into())),
            Err(_) if self.any_is_there(&["/run/systemd/timesync/synchronized"])? => Ok(true),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::value::Value;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn tree(tree: &str) -> System {
        System { host: Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH) }
    }

    #[test]
    fn a_tree_of_files_tells_its_release_and_not_what_only_a_machine_can() {
        let debian =
            tree("-- /usr/lib/os-release\nID=debian\nVERSION_ID=\"12\"\n-- /etc/os-release -> ../usr/lib/os-release\n");
        assert_eq!(debian.os(), Ok("debian".into()));
        assert_eq!(debian.os_version(), Ok(Some(dotted("12"))));
        for key in System::KEYS.iter().filter(|k| !k.info().name.starts_with("os")) {
            assert!(matches!(key.read(&debian, ""), Err(Fault::Unsupported(_))), "{}", key.info().name);
        }
        assert!(matches!(tree("").os(), Err(Fault::Unsupported(_))));
    }

    #[test]
    fn marks_that_are_there_are_believed_and_missing_ones_are_not() {
        assert_eq!(tree("-- /run/reboot-required\n").reboot_required(), Ok(true));
        assert_eq!(tree("-- /run/systemd/timesync/synchronized\n").clock_synced(), Ok(true));
        assert!(tree("-- /run/\n").reboot_required().is_err());
        assert!(tree("").clock_synced().is_err());
    }

    #[test]
    fn this_machine_tells_what_proc_tells() {
        let here = System { host: Host::local() };
        let proc = |name: &str| here.host.text(&format!("/proc/sys/kernel/{name}")).unwrap().unwrap().trim().to_owned();
        assert_eq!(here.kernel().unwrap().text, proc("osrelease"));
        assert_eq!(here.hostname().unwrap(), proc("hostname"));
        assert!(!here.arch().unwrap().is_empty());
        for name in ["uptime", "load-1", "load-5", "load-15", "memory-available", "swap-used", "cpus"] {
            let key = System::KEYS.iter().find(|k| k.info().name == name).unwrap();
            assert!(!matches!(key.read(&here, ""), Err(_) | Ok(Value::Absent)), "{name}");
        }
    }
}
