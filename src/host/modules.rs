//! Kernel modules: what is loaded or built in, and what modprobe.d(5) keeps out.

use super::{Host, sysctl};
use crate::value::Fault;
use globset::GlobMatcher;
use std::collections::HashSet;

/// What /proc/modules and modules.builtin say; names with `_`, as the kernel has them.
pub struct Modules {
    loaded: HashSet<String>,
    /// Why what is built in is not known, where it is not.
    built_in: Result<HashSet<String>, Fault>,
}

/// What modprobe.d(5) and the kernel's command line say.
#[derive(Debug, Default)]
pub struct Modprobe {
    blacklisted: HashSet<String>,
    /// `install` lines in order, and whether their command does nothing. The first that matches counts.
    installs: Vec<(GlobMatcher, bool)>,
}

/// Configuration directories, the strongest first: a file hides those of its name in later ones.
const DIRECTORIES: &[&str] =
    &["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

pub(super) fn load(host: &Host) -> Result<Modules, Fault> {
    let loaded = match host.text("/proc/modules")? {
        Some(text) => loaded(&text)?,
        // A kernel without loadable modules has no such file.
        None if host.files().stat("/proc/sys/kernel")?.is_some() => HashSet::new(),
        None => return Err(Fault::Unsupported("/proc/modules is missing: is /proc mounted?".into())),
    };
    Ok(Modules { loaded, built_in: built_in(host) })
}

pub(super) fn load_modprobe(host: &Host) -> Result<Modprobe, Fault> {
    let mut modprobe = Modprobe::default();
    for path in sysctl::configuration(host, DIRECTORIES)? {
        modprobe.read(&host.text(&path)?.unwrap_or_default());
    }
    match host.text("/proc/cmdline")? {
        Some(line) => modprobe.command_line(&line),
        // An image has been told nothing by its boot loader.
        None if host.machine().is_err() => {}
        None => return Err(Fault::Unsupported("/proc/cmdline is missing: is /proc mounted?".into())),
    }
    Ok(modprobe)
}

/// A module's name as the kernel has it: modprobe(8) makes no difference between `-` and `_`.
pub fn name(text: &str) -> String {
    text.replace('-', "_")
}

/// Lines of /proc/modules (proc_modules(5)): name, size, uses, users, state, address.
fn loaded(text: &str) -> Result<HashSet<String>, Fault> {
    let module = |(at, line): (usize, &str)| {
        let mut words = line.split_whitespace();
        let name = words.next().map(name).filter(|_| words.next().is_some_and(|size| size.parse::<u64>().is_ok()));
        name.ok_or_else(|| Fault::Malformed(format!("/proc/modules line {} cannot be parsed", at + 1)))
    };
    text.lines().enumerate().map(module).collect()
}

fn built_in(host: &Host) -> Result<HashSet<String>, Fault> {
    let Some(release) = host.text("/proc/sys/kernel/osrelease")? else {
        return Err(Fault::Unsupported("/proc/sys/kernel/osrelease is missing".into()));
    };
    let path = format!("/lib/modules/{}/modules.builtin", release.trim());
    match host.text(&path)? {
        Some(text) => built_in_names(&text).ok_or_else(|| Fault::Malformed(format!("{path} is not a list of modules"))),
        None => Err(Fault::Unsupported(format!("it may be built into the kernel: {path} is missing"))),
    }
}

/// Lines of modules.builtin: `kernel/fs/ext4/ext4.ko`. Every kernel has some, and every line has its end.
fn built_in_names(text: &str) -> Option<HashSet<String>> {
    let file = |line: &str| line.trim().rsplit('/').next()?.strip_suffix(".ko").map(name);
    text.strip_suffix('\n')?.lines().map(file).collect::<Option<_>>().filter(|names: &HashSet<_>| !names.is_empty())
}

impl Modules {
    /// Whether the running kernel has it, loaded or built in.
    pub fn has(&self, host: &Host, module: &str) -> Result<bool, Fault> {
        // What is built in and takes parameters shows here too, whatever modules.builtin says.
        if self.loaded.contains(module) || host.files().stat(&format!("/sys/module/{module}"))?.is_some() {
            return Ok(true);
        }
        self.built_in.as_ref().map(|names| names.contains(module)).map_err(Clone::clone)
    }
}

impl Modprobe {
    /// Whether it is kept from being loaded by an alias (`blacklist`), or at all (an `install` command that does
    /// nothing, `module_blacklist=` on the kernel's command line).
    pub fn blacklisted(&self, module: &str) -> bool {
        let install = || self.installs.iter().find(|(pattern, _)| pattern.is_match(module));
        self.blacklisted.contains(module) || install().is_some_and(|(_, nothing)| *nothing)
    }

    fn read(&mut self, text: &str) {
        for line in text.replace("\\\n", " ").lines() {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("blacklist"), Some(module)) => {
                    self.blacklisted.insert(name(module));
                }
                (Some("install"), Some(module)) => {
                    let program = words.next().unwrap_or_default();
                    let alone = words.next().is_none_or(|w| w.starts_with('#'));
                    let nothing = alone && matches!(program.rsplit('/').next(), Some("true" | "false" | ":"));
                    self.installs.extend(sysctl::pattern(&name(module)).map(|p| (p, nothing)));
                }
                _ => {}
            }
        }
    }

    /// `modprobe.blacklist=` (modprobe(8)) and `module_blacklist=` (the kernel's own).
    fn command_line(&mut self, text: &str) {
        for word in text.split_whitespace() {
            if let Some(("modprobe.blacklist" | "module_blacklist", names)) = word.split_once('=') {
                self.blacklisted.extend(names.split(',').filter(|n| !n.is_empty()).map(name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_modules_reads_and_a_cut_line_is_a_fault() {
        let text = "br_netfilter 36864 0 - Live 0x0000000000000000\nbridge 409600 1 br_netfilter, Live 0x0\n";
        let names = loaded(text).unwrap();
        assert!(names.contains("br_netfilter") && names.contains("bridge") && names.len() == 2);
        assert!(matches!(loaded("bridge 409600 1 - Live 0x0\nnf_con"), Err(Fault::Malformed(_))));
        assert!(matches!(loaded("\n"), Err(Fault::Malformed(_))));
    }

    #[test]
    fn built_in_modules_are_named_by_their_files() {
        let names = built_in_names("kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c-generic.ko\n").unwrap();
        assert!(names.contains("ext4") && names.contains("crc32c_generic"));
        for cut in ["", "\n", "kernel/fs/ext4/ext4.ko\nkernel/crypto/crc", "kernel/fs/ext4/ext4.ko"] {
            assert!(built_in_names(cut).is_none(), "{cut:?}");
        }
    }

    #[test]
    fn an_install_line_counts_only_if_it_does_nothing_and_comes_first() {
        let mut modprobe = Modprobe::default();
        modprobe.read(
            "# blacklist nope\nblacklist  usb-storage\ninstall cramfs /bin/false\ninstall dccp \\\n  /usr/bin/true\n\
             install snd-pcm /sbin/modprobe --ignore-install snd-pcm && /lib/x\ninstall snd-pcm /bin/false\n\
             install fire* /bin/true\noptions kvm nested=1\nalias net-pf-31 off\ninstall rds\ninstall tipc /bin/true && insmod tipc\n",
        );
        modprobe.command_line("ro quiet modprobe.blacklist=nouveau,radeon module_blacklist=i-2c x=1\n");
        for yes in ["usb_storage", "cramfs", "dccp", "firewire_core", "nouveau", "radeon", "i_2c"] {
            assert!(modprobe.blacklisted(yes), "{yes}");
        }
        for no in ["nope", "snd_pcm", "kvm", "rds", "tipc", "usb"] {
            assert!(!modprobe.blacklisted(no), "{no}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-a-z./*?={}\\[\\]\\\\\n ]{0,80}") {
            Modprobe::default().read(&format!("install {text}"));
            let _ = loaded(&text);
        }
    }
}
