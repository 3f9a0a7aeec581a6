//! `kernel-module`: whether the kernel has a module, its parameters, and whether it is kept out.

use super::{Argument, Id, Keys, Pin, Presence, Resource, key, lookup};
use crate::host::{Host, modules};
use crate::value::{Fault, Value};

pub struct KernelModule {
    host: Host,
    name: String,
}

/// A module's name, with `_` for `-`.
#[derive(PartialEq)]
pub struct Name(String);

impl Id for Name {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(stem) = text.split_once(".ko").map(|(stem, _)| stem) {
            let stem = stem.rsplit('/').next().unwrap_or(stem);
            return Err(format!("write the module's name, `{stem}`, without `.ko`"));
        }
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err("a module's name is of letters, digits, `_` and `-`".into());
        }
        Ok(Name(modules::name(text)))
    }
}

/// A file's name below /sys/module/NAME/parameters.
fn parameter(text: &str) -> Result<(), String> {
    match text {
        "" => Err("the parameter's name is empty".into()),
        "." | ".." => Err(format!("`{text}` names no parameter")),
        _ if text.chars().any(|c| c == '/' || c.is_control()) => Err("no parameter's name has `/` in it".into()),
        _ => Ok(()),
    }
}

impl Resource for KernelModule {
    const NAME: &'static str = "kernel-module";
    const ABOUT: &'static str =
        "A module of the running kernel, by /proc/modules, modules.builtin and /sys/module, and modprobe.d(5).";
    const EXAMPLE: &'static str = "[kernel-module.usb-storage]\nloaded = false\nblacklisted = true\n";
    const PRESENCE: Option<Presence> =
        Some(Presence { name: "loaded", about: "Whether the running kernel has it, loaded or built in." });
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("name", "A module's name; `-` and `_` are the same in it."));
    const KEYS: Keys<Self> = &[
        &lookup(
            "parameters",
            "A parameter's value, by /sys/module, without white space at its ends.",
            Argument { noun: "parameter", check: parameter },
            Self::parameter,
        ),
        &key(
            "blacklisted",
            "Whether modprobe.d(5) has `blacklist` for it or `install` with a command that does nothing (true, false), \
             or the kernel's command line names it. `blacklist` alone does not stop who asks for it by name.",
            Self::blacklisted,
        ),
    ];
    const PINS: &[Pin] = &[Pin::if_true("blacklisted")];
    type Id = Name;
    type Settings = ();

    /// Found whether or not it is loaded, since what is not loaded can be blacklisted.
    fn spellings(name: &str) -> Vec<String> {
        vec![Name::parse(name).map_or_else(|_| name.to_owned(), |name| name.0)]
    }

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        Ok(Some(KernelModule { host: host.clone(), name: name.0.clone() }))
    }

    fn present(&self) -> Result<bool, Fault> {
        self.host.modules()?.has(&self.host, &self.name)
    }
}

impl KernelModule {
    fn parameter(&self, parameter: &str) -> Result<Option<Value>, Fault> {
        let text = self.host.text(&format!("/sys/module/{}/parameters/{parameter}", self.name))?;
        if text.is_none() && self.host.files().stat("/sys/module")?.is_none() {
            return Err(Fault::Unsupported("/sys/module is missing: is /sys mounted?".into()));
        }
        Ok(text.map(|t| Value::Text(t.trim().to_owned())))
    }

    fn blacklisted(&self) -> Result<bool, Fault> {
        Ok(self.host.modprobe()?.blacklisted(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn module(tree: &str, name: &str) -> KernelModule {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        KernelModule::probe(&host, &Name::parse(name).unwrap(), &()).unwrap().unwrap()
    }

    const TREE: &str = "\
-- /proc/sys/kernel/osrelease
6.1.0-18-amd64
-- /proc/modules
br_netfilter 36864 0 - Live 0x0000000000000000
-- /lib/modules/6.1.0-18-amd64/modules.builtin
kernel/drivers/block/loop-x.ko
-- /sys/module/tcp_cubic/parameters/beta
717
-- /sys/module/br_netfilter/
-- /etc/modprobe.d/cis.conf
blacklist cramfs
";

    #[test]
    fn loaded_and_built_in_modules_are_there() {
        for name in ["br-netfilter", "br_netfilter", "loop-x", "tcp_cubic"] {
            assert_eq!(module(TREE, name).present(), Ok(true), "{name}");
        }
        let cramfs = module(TREE, "cramfs");
        assert_eq!((cramfs.present(), cramfs.blacklisted()), (Ok(false), Ok(true)));
    }

    #[test]
    fn what_may_be_built_in_is_not_called_absent() {
        let tree = TREE.replace("/lib/modules/", "/lib/other/");
        assert_eq!(module(&tree, "br_netfilter").present(), Ok(true));
        let cramfs = module(&tree, "cramfs");
        assert!(matches!(cramfs.present(), Err(Fault::Unsupported(why)) if why.contains("modules.builtin")));
        assert_eq!(cramfs.blacklisted(), Ok(true), "it is answered all the same");
    }

    #[test]
    fn only_a_mounted_proc_says_that_nothing_is_loaded() {
        let without = TREE.replace("-- /proc/modules\n", "-- /x\n");
        assert_eq!(module(&without, "cramfs").present(), Ok(false));
        let unmounted = without.replace("/proc/", "/porc/");
        assert!(matches!(module(&unmounted, "cramfs").present(), Err(Fault::Unsupported(_))));
    }

    #[test]
    fn parameters_read_and_a_missing_sys_is_a_fault() {
        let cubic = module(TREE, "tcp_cubic");
        assert_eq!(cubic.parameter("beta"), Ok(Some(Value::Text("717".into()))));
        assert_eq!(cubic.parameter("gamma"), Ok(None));
        assert!(matches!(
            module(&TREE.replace("/sys/module", "/x"), "loop-x").parameter("p"),
            Err(Fault::Unsupported(_))
        ));
    }

    #[test]
    fn a_file_is_no_name() {
        assert!(matches!(Name::parse("kernel/fs/ext4.ko.xz"), Err(why) if why.contains("`ext4`")));
        for name in ["", "../x", "a b", "a.b"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
    }
}
