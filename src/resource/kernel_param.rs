//! `kernel-param`: a parameter of the kernel, as it is and as it is configured.

use super::{Id, Keys, Pin, Resource, key};
use crate::host::{Host, sysctl};
use crate::secret::is_secret_name;
use crate::value::{Fault, Value};

pub struct KernelParam {
    host: Host,
    path: String,
}

/// A parameter's path below /proc/sys.
#[derive(PartialEq)]
pub struct Name(String);

impl Id for Name {
    fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("/proc") {
            return Err("write it as sysctl(8) does, such as `net.ipv4.ip_forward`".into());
        }
        let path = sysctl::path(text);
        for part in path.split('/') {
            match part {
                "" => return Err("a part of the name is empty".into()),
                "." | ".." => return Err(format!("`{part}` is no part of a parameter's name")),
                _ => {}
            }
        }
        match path.chars().find(|c| c.is_control() || matches!(c, '*' | '=')) {
            Some(c) => Err(format!("no parameter's name has `{}` in it", c.escape_default())),
            None => Ok(Name(path)),
        }
    }
}

impl Resource for KernelParam {
    const NAME: &'static str = "kernel-param";
    const ABOUT: &'static str = "A parameter of the running kernel, by /proc/sys, and what sysctl.d(5) says of it.";
    const EXAMPLE: &'static str = "[kernel-param.\"net.ipv4.ip_forward\"]\nvalue = 1\nconfigured = 1\n";
    const PRESENCE: Option<super::Presence> = None;
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("name", "A parameter as sysctl(8) has it; a dot inside a part is written as a slash."));
    const KEYS: Keys<Self> = &[
        &key("value", "What it is now, without white space at its ends; a kernel without it has none.", Self::value),
        &key(
            "configured",
            "What sysctl.d(5), or sysctl.conf(5) where that is read at boot, says it will be; none where nothing says.",
            Self::configured,
        ),
    ];
    const PINS: &[Pin] = &[Pin::plain("value"), Pin::plain("configured")];
    fn pins_of(name: &str) -> &'static [Pin] {
        const MOVING: &[Pin] = &[Pin::moving("value"), Pin::plain("configured")];
        let path = sysctl::path(name);
        match path.rsplit('/').next() {
            // `net.ipv6.conf.all.stable_secret`
            Some(last) if is_secret_name(last) => &[],
            _ if moves(&path) => MOVING,
            _ => Self::PINS,
        }
    }
    type Id = Name;
    type Settings = ();

    fn spellings(name: &str) -> Vec<String> {
        vec![Name::parse(name).map_or_else(|_| name.to_owned(), |name| name.0)]
    }

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        Ok(Some(KernelParam { host: host.clone(), path: name.0.clone() }))
    }
}

/// Whether the kernel itself changes a parameter: what it counts, draws by lot or finds too fast.
fn moves(path: &str) -> bool {
    const FOLDERS: [&str; 2] = ["kernel/random/", "fs/quota/"];
    const ENDS: [&str; 4] = ["_count", "-state", "-nr", "/nr"];
    const NAMES: [&str; 4] =
        ["kernel/ns_last_pid", "kernel/perf_event_max_sample_rate", "kernel/tainted", "vm/drop_caches"];
    FOLDERS.iter().any(|folder| path.starts_with(folder))
        || ENDS.iter().any(|end| path.ends_with(end))
        || NAMES.contains(&path)
}

impl KernelParam {
    fn value(&self) -> Result<Option<Value>, Fault> {
        if let Some(text) = self.host.text(&format!("/proc/sys/{}", self.path))? {
            return Ok(Some(Value::Text(text.trim().to_owned())));
        }
        match self.host.files().stat("/proc/sys/kernel")? {
            Some(_) => Ok(None),
            None => Err(Fault::Unsupported("/proc/sys is missing: is /proc mounted?".into())),
        }
    }

    fn configured(&self) -> Result<Option<Value>, Fault> {
        let configured = self.host.sysctl()?.configured(&self.path);
        Ok(configured.map(|text| Value::Text(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::resource::Hold;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn value(tree: &str, name: &str) -> Result<Option<Value>, Fault> {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        KernelParam::probe(&host, &Name::parse(name).unwrap(), &()).unwrap().unwrap().value()
    }

    #[test]
    fn white_space_goes_at_the_ends_and_stays_inside() {
        let tree = "-- /proc/sys/kernel/\n-- /proc/sys/net/ipv4/ping_group_range\n1\t0\n";
        assert_eq!(value(tree, "net.ipv4.ping_group_range"), Ok(Some(Value::Text("1\t0".into()))));
        assert_eq!(value(tree, "net.ipv4.no_such"), Ok(None));
    }

    #[test]
    fn without_proc_nothing_is_called_missing() {
        assert!(matches!(value("-- /proc/\n", "net.ipv4.ip_forward"), Err(Fault::Unsupported(_))));
        assert!(matches!(value("-- /proc/sys/kernel/\n-- /proc/sys/vm/x denied\n", "vm.x"), Err(Fault::Denied(_))));
        assert!(
            matches!(value("-- /proc/sys/kernel/\n-- /proc/sys/vm/x\n", "vm"), Err(Fault::Failed(_))),
            "a directory"
        );
    }

    #[test]
    fn what_the_kernel_counts_draws_or_keeps_secret_is_not_pinned() {
        let pinned = |name| {
            let pins = KernelParam::pins_of(name);
            pins.iter().any(|pin| pin.key == "value" && matches!(pin.hold, Hold::As(_)))
        };
        for name in ["net.ipv4.ip_forward", "kernel/hostname", "vm.swappiness", "fs.nr_open", "net.core.somaxconn"] {
            assert!(pinned(name), "{name}");
        }
        for name in [
            "fs.file-nr",
            "fs/dentry-state",
            "kernel.random.boot_id",
            "kernel.pty.nr",
            "net.netfilter.nf_conntrack_count",
            "net.ipv6.conf.eth0/1.stable_secret",
            "net.ipv4.tcp_fastopen_key",
        ] {
            assert!(!pinned(name), "{name}");
        }
        assert!(KernelParam::pins_of("net.ipv4.tcp_fastopen_key").is_empty());
    }

    #[test]
    fn no_name_leads_out_of_proc_sys() {
        for name in ["", "kernel..x", "kernel/../../etc/passwd", "/etc/passwd", "kernel.//.x", "..", "a.*.b", "x=1"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert_eq!(Name::parse("net.ipv4.conf.eth0/1.mtu").unwrap().0, "net/ipv4/conf/eth0.1/mtu");
    }

    #[test]
    fn stable_parameters_of_this_machine_read() {
        let host = Host::local();
        for name in ["kernel.ostype", "kernel/ostype", "vm.overcommit_memory", "fs.file-max", "kernel.pid_max"] {
            let seen = KernelParam::probe(&host, &Name::parse(name).unwrap(), &()).unwrap().unwrap();
            assert!(matches!(seen.value(), Ok(Some(Value::Text(t))) if !t.is_empty()), "{name}");
        }
    }
}
