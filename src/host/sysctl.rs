//! Kernel parameters: what sysctl.d(5) and sysctl.conf(5) will set them to at boot.

use super::Host;
use crate::value::Fault;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::{BTreeMap, HashMap};

/// What the configuration says, all files together. Parameters are paths below /proc/sys.
#[derive(Debug, Default)]
pub struct Sysctl {
    /// The last line that names a parameter itself; `None` takes it out of every pattern.
    named: HashMap<String, Option<String>>,
    /// Lines with a pattern, in order; the last that matches counts.
    patterns: Vec<(GlobMatcher, String)>,
}

/// Configuration directories, the strongest first: a file hides those of its name in later ones.
const DIRECTORIES: &[&str] =
    &["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

/// Programs that apply sysctl.d(5) at boot and, unlike sysctl(8), do not read /etc/sysctl.conf.
const SYSTEMD: &[&str] = &["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

pub(super) fn load(host: &Host) -> Result<Sysctl, Fault> {
    let mut sysctl = Sysctl::default();
    for path in configuration(host, DIRECTORIES)? {
        sysctl.read(&host.text(&path)?.unwrap_or_default());
    }
    let mut systemd = false;
    for path in SYSTEMD {
        systemd |= host.files().stat(path)?.is_some();
    }
    if !systemd {
        sysctl.read(&host.text("/etc/sysctl.conf")?.unwrap_or_default());
    }
    Ok(sysctl)
}

/// The `*.conf` files of `directories` in the order they are read: by name, the first directory that has one.
pub(super) fn configuration(host: &Host, directories: &[&str]) -> Result<Vec<String>, Fault> {
    let mut files = BTreeMap::new();
    for directory in directories {
        for name in host.files().list(directory)?.unwrap_or_default() {
            if name.ends_with(".conf") {
                files.entry(name).or_insert(*directory);
            }
        }
    }
    Ok(files.into_iter().map(|(name, directory)| format!("{directory}/{name}")).collect())
}

/// A parameter as a path below /proc/sys, by the rule of sysctl.d(5): where the first separator is a dot, dots and
/// slashes change places, so that `net.ipv4.conf.eth0/1.mtu` and `net/ipv4/conf/eth0.1/mtu` are one.
pub fn path(name: &str) -> String {
    match name.find(['.', '/']) {
        Some(at) if name[at..].starts_with('.') => {
            let swap = |c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            };
            name.chars().map(swap).collect()
        }
        _ => name.to_owned(),
    }
}

/// A pattern of glob(7), none of whose wildcards matches `/`. `None` where it is none, and so matches only itself.
pub(super) fn pattern(text: &str) -> Option<GlobMatcher> {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Braces and doubled stars mean more to the library than they do to glob(7).
            '{' | '}' => plain.extend(['\\', c]),
            '*' if plain.ends_with('*') && !plain.ends_with("\\*") => {}
            c => plain.push(c),
        }
    }
    let glob = GlobBuilder::new(&plain).literal_separator(true).backslash_escape(true).build();
    Some(glob.ok()?.compile_matcher())
}

impl Sysctl {
    /// What `path` will be set to; `None` where nothing says.
    pub fn configured(&self, path: &str) -> Option<&str> {
        match self.named.get(path) {
            Some(value) => value.as_deref(),
            None => self.patterns.iter().rev().find(|(p, _)| p.is_match(path)).map(|(_, v)| v.as_str()),
        }
    }

    fn read(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|l| !l.starts_with(['#', ';'])) {
            let (name, value) = match line.split_once('=') {
                // A failure to set it would be overlooked; it is set all the same.
                Some((name, value)) => (name.trim().strip_prefix('-').unwrap_or(name).trim(), Some(value.trim())),
                None => match line.strip_prefix('-') {
                    Some(name) => (name.trim(), None),
                    None => continue,
                },
            };
            let path = path(name);
            match (path.contains(['*', '?', '[']).then(|| pattern(&path)).flatten(), value) {
                (Some(pattern), Some(value)) => self.patterns.push((pattern, value.to_owned())),
                (Some(_), None) => {}
                (None, value) => {
                    self.named.insert(path, value.map(str::to_owned));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn configured(tree: &str, name: &str) -> Option<String> {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        host.sysctl().unwrap().configured(&path(name)).map(str::to_owned)
    }

    const TREE: &str = "\
-- /usr/lib/sysctl.d/50-default.conf
# Source route verification
net.ipv4.conf.default.rp_filter = 2
net.ipv4.conf.*.rp_filter = 2
-net.ipv4.conf.all.rp_filter
-net.core.default_qdisc = fq_codel
; another comment
kernel.core_pattern=|/bin/coredump %P = %u
-- /usr/lib/sysctl.d/90-mine.conf
kernel.sysrq = 1
-- /etc/sysctl.d/90-mine.conf
kernel/sysrq = 16
net.ipv4.conf.eth0/100.forwarding = 1
-- /run/sysctl.d/10-first.conf
kernel.pid_max = 1
-- /etc/sysctl.d/notes
kernel.pid_max = 3
-- /etc/sysctl.conf
kernel.pid_max = 4194304
";

    #[test]
    fn a_file_hides_those_of_its_name_and_the_later_line_counts() {
        assert_eq!(configured(TREE, "kernel.sysrq").as_deref(), Some("16"));
        assert_eq!(configured(TREE, "net.core.default_qdisc").as_deref(), Some("fq_codel"));
        assert_eq!(configured(TREE, "kernel.core_pattern").as_deref(), Some("|/bin/coredump %P = %u"));
        assert_eq!(configured(TREE, "kernel.hostname"), None);
    }

    #[test]
    fn dots_and_slashes_change_places() {
        for name in ["net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"] {
            assert_eq!(configured(TREE, name).as_deref(), Some("1"), "{name}");
        }
        assert_eq!(configured(TREE, "net.ipv4.conf.eth0.100.forwarding"), None);
    }

    #[test]
    fn a_pattern_yields_to_the_name_itself_and_to_an_exception() {
        let rp = |interface: &str| configured(TREE, &format!("net.ipv4.conf.{interface}.rp_filter"));
        assert_eq!(rp("eth0").as_deref(), Some("2"));
        assert_eq!(rp("all"), None);
        let named = format!("{TREE}-- /etc/sysctl.d/10-named.conf\nnet.ipv4.conf.eth0.rp_filter = 1\n");
        assert_eq!(configured(&named, "net.ipv4.conf.eth0.rp_filter").as_deref(), Some("1"));
    }

    #[test]
    fn systemd_reads_sysctl_conf_only_through_a_link() {
        assert_eq!(configured(TREE, "kernel.pid_max").as_deref(), Some("4194304"));
        let systemd = format!("{TREE}-- /usr/lib/systemd/systemd-sysctl\n");
        assert_eq!(configured(&systemd, "kernel.pid_max").as_deref(), Some("1"));
        let linked = format!("{systemd}-- /etc/sysctl.d/99-sysctl.conf -> ../sysctl.conf\n");
        assert_eq!(configured(&linked, "kernel.pid_max").as_deref(), Some("4194304"));
    }

    #[test]
    fn a_link_to_nothing_masks() {
        let masked =
            TREE.replace("-- /etc/sysctl.d/90-mine.conf\n", "-- /etc/sysctl.d/90-mine.conf -> /dev/null\n-- /x\n");
        assert_eq!(configured(&masked, "kernel.sysrq"), None);
    }

    #[test]
    fn a_file_that_may_not_be_read_is_a_fault() {
        let tree = TREE.replace("/run/sysctl.d/10-first.conf", "/run/sysctl.d/10-first.conf denied");
        let host = Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(host.sysctl(), Err(Fault::Denied(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-a-z./*?={}\\[\\]\\\\\n ]{0,80}") {
            Sysctl::default().read(&text);
        }
    }
}
