//! `kernel-param` against sysctl(8) and systemd-sysctl(8), `kernel-module` against lsmod(8) and modprobe(8).

use crate::claims::{Claims, agree};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use std::collections::BTreeSet;
use std::path::Path;

pub fn parameters() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("kernel-param", "exists");
        claims.hidden_from_users(&["value"]);
        // Unlike `sysctl -a`, this tells the end of a value of several lines.
        let names = shell("sysctl --all --names 2>/dev/null");
        // These come and go with whoever looks: a session for nobody opens files of its own.
        let moves =
            ["fs.file-nr", "fs.inode-nr", "fs.inode-state", "fs.dentry-state", "kernel.ns_last_pid", "kernel.pty.nr"];
        for name in names.lines().filter(|n| !n.is_empty() && !moves.contains(n)) {
            match crate::tool::ends(&["sysctl", "--values", "--", name]) {
                (0, value) => claims.is(name, "value", value.trim()),
                _ => claims.unseen(name, "value", 0),
            }
        }
        for (name, value) in configured() {
            claims.is(&name, "configured", value);
        }
        for name in ["kernel.nonesuch", "net.ipv4.nonesuch.x"] {
            claims.nothing(name, "value", 0);
            claims.nothing(name, "configured", 0);
        }
        claims
    })
}

/// What systemd would set at boot, by its own list of the files in force; of patterns only the ones that the lab wrote.
fn configured() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let text = says(&["/lib/systemd/systemd-sysctl", "--cat-config"]);
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with(['#', ';'])) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim().trim_start_matches('-').trim();
        if name.contains('*') {
            continue;
        }
        all.push((name.to_owned(), value.trim().to_owned()));
    }
    all.push(("net.ipv4.conf.all.rp_filter".into(), "2".into()));
    all.push(("net.ipv4.conf.eth0/1.accept_ra".into(), "0".into()));
    all
}

pub fn modules() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("kernel-module", "loaded");
        claims.hidden_from_users(&["parameters"]);
        let loaded = shell("lsmod 2>/dev/null | tail -n +2 | cut -d ' ' -f 1");
        let known = shell("ls /sys/module");
        let names: BTreeSet<&str> = loaded.lines().chain(known.lines()).collect();
        // modprobe(8) reads the same files by other code.
        let config = shell("modprobe --showconfig 2>/dev/null");
        let lines: Vec<Vec<&str>> = config.lines().map(|l| l.split_whitespace().collect()).collect();
        let blacklisted = |name: &str| {
            lines.iter().any(|words| match words[..] {
                ["blacklist", module] => module.replace('-', "_") == name,
                ["install", module, command] => {
                    module.replace('-', "_") == name && matches!(command, "/bin/true" | "/bin/false")
                }
                ["install", module, command, comment, ..] if comment.starts_with('#') => {
                    module.replace('-', "_") == name && matches!(command, "/bin/true" | "/bin/false")
                }
                _ => false,
            })
        };
        for name in &names {
            claims.there(name, true);
            claims.is(name, "blacklisted", blacklisted(name));
            let folder = format!("/sys/module/{name}/parameters");
            for parameter in shell(&format!("ls {folder} 2>/dev/null")).lines() {
                let (status, value) = crate::tool::ends(&["cat", &format!("{folder}/{parameter}")]);
                if status == 0 {
                    claims.is(name, &format!("parameters.{parameter}"), value.trim());
                }
            }
            claims.nothing(name, "parameters.nonesuch", "x");
        }
        for name in ["floppy", "usb_storage", "dccp", "sctp", "with_more"] {
            claims.is(name, "blacklisted", blacklisted(name));
            match (names.contains(name), Path::new("/lib/modules").exists()) {
                (true, _) => claims.there(name, true),
                // Without the list of what is built in, nobody can tell.
                (_, false) => claims.unseen(name, "loaded", true),
                _ => claims.there(name, false),
            }
        }
        assert!(blacklisted("floppy"), "{config}");
        claims
    })
}
