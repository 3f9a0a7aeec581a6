//! `mount` against findmnt(8), `disk` against df(1).

use crate::claims::{Claims, agree};
use crate::tool::{ends, json, says, shell};
use libtest_mimic::Failed;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsRawFd;

fn mounted() -> Vec<Json> {
    let columns = "TARGET,SOURCE,FSTYPE,VFS-OPTIONS,FS-OPTIONS,ID,PARENT";
    let all = json(&["findmnt", "--json", "--list", "--nofsroot", "--output", columns]);
    all["filesystems"].as_array().unwrap().clone()
}

/// The mount that one comes to under a path; none where it cannot be opened.
fn reached(path: &str) -> Option<u64> {
    let file = std::fs::File::open(path).ok()?;
    let told = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
    told.lines().find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
}

/// Mounts over others: the one that covers is the one that is seen.
fn cover() {
    shell(
        "mkdir -p /mnt/twice /mnt/under/inner '/mnt/odd \\name'
         mountpoint -q /mnt/twice && exit
         mount -t tmpfs -o size=1m one /mnt/twice; mount -t tmpfs -o size=2m,ro two /mnt/twice
         mount -t tmpfs inner /mnt/under/inner; mount -t tmpfs outer /mnt/under
         mount -t tmpfs 'a source' '/mnt/odd \\name'
         mkdir -p /mnt/bound; mount --bind /etc /mnt/bound; mount -o remount,bind,ro /mnt/bound",
    );
}

pub fn all() -> Result<(), Failed> {
    cover();
    agree(|| {
        let mut claims = Claims::new("mount", "exists");
        claims.hidden_from_users(&["usage"]);
        let fstab = shell("findmnt --fstab --noheadings --raw --output TARGET");
        let fstab: BTreeSet<String> = fstab.lines().map(|l| l.replace("\\x20", " ")).collect();
        let mut seen = BTreeMap::new();
        for mount in mounted() {
            let target = mount["target"].as_str().unwrap();
            if reached(target).is_none_or(|id| mount["id"] == id) {
                seen.insert(target.to_owned(), mount);
            }
        }
        for (target, mount) in &seen {
            if target == "/mnt/under/inner" {
                claims.there(target, false);
                continue;
            }
            let text = |key: &str| mount[key].as_str().unwrap_or_default();
            let options =
                |key: &str| text(key).split(',').filter(|o| !o.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>();
            claims.there(target, true);
            claims.is(target, "source", text("source"));
            claims.is(target, "filesystem", text("fstype"));
            claims.set(target, "opts", options("vfs-options"));
            claims.set(target, "vfs-opts", options("fs-options"));
            claims.is(target, "in-fstab", fstab.contains(target));
            if let Some(row) = df(target)
                && row.size > 0
            {
                let whole = ((row.size - row.unused) as f64 * 100.0 / row.size as f64).round();
                claims.test(target, "usage", json!(format!("{whole}%")), json!(format!("{}%", (whole + 7.0) % 100.0)));
            }
        }
        for target in &fstab {
            if !seen.contains_key(target) {
                claims.there(target, false);
                claims.is(target, "in-fstab", true);
            }
        }
        for target in ["/usr", "/etc", "/nonexistent", "/mnt"] {
            claims.there(target, ends(&["mountpoint", "-q", target]).0 == 0);
        }
        claims
    })
}

struct Row {
    filesystem: String,
    size: u64,
    used: u64,
    free: u64,
    unused: u64,
    inodes: u64,
    inodes_used: u64,
    inodes_free: u64,
}

fn df(path: &str) -> Option<Row> {
    let columns = "--output=fstype,size,used,avail,itotal,iused,iavail";
    let (status, text) = ends(&["df", "-B1", columns, "--", path]);
    let line = text.lines().nth(1).filter(|_| status == 0)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| words[at].parse().unwrap_or(0);
    // stat(1) tells what is free with what is kept for root.
    let (_, blocks) = ends(&["stat", "-f", "-c", "%f %S", "--", path]);
    let unused = blocks.split_whitespace().map(|w| w.parse::<u64>().unwrap_or(0)).product();
    Some(Row {
        filesystem: words[0].to_owned(),
        size: number(1),
        used: number(2),
        free: number(3),
        unused,
        inodes: number(4),
        inodes_used: number(5),
        inodes_free: number(6),
    })
}

pub fn disks() -> Result<(), Failed> {
    cover();
    agree(|| {
        let mut claims = Claims::new("disk", "exists");
        claims.hidden_from_users(&[
            "exists",
            "size",
            "free",
            "used",
            "inodes-free",
            "inodes-used",
            "filesystem",
            "read-only",
        ]);
        let mut paths: BTreeSet<String> = mounted().iter().map(|m| m["target"].as_str().unwrap().to_owned()).collect();
        paths.remove("/mnt/under/inner");
        paths.extend(
            ["/etc", "/var/lib/dpkg/status", "/var/lab/link", "/mnt/bound/ssl", "/dev/null"].map(str::to_owned),
        );
        for path in paths {
            let Some(row) = df(&path) else { continue };
            claims.there(&path, true);
            claims.is(&path, "size", row.size);
            claims.is(&path, "filesystem", row.filesystem);
            let options = says(&["findmnt", "-n", "-r", "-o", "ID,OPTIONS", "-T", &path]);
            let mut options = options.lines().filter_map(|line| line.split_once(' '));
            let id = reached(&path).map(|id| id.to_string());
            let Some((_, options)) = options.rfind(|(of, _)| id.as_ref().is_none_or(|id| id == of)) else { continue };
            claims.is(&path, "read-only", options.trim().split(',').any(|o| o == "ro"));
            // A session for nobody has a file of its own there, and is over when the tools look.
            if path == "/run" {
                continue;
            }
            claims.is(&path, "free", row.free);
            claims.is(&path, "used", row.used);
            match row.inodes {
                0 => {
                    claims.unseen(&path, "inodes-free", 0);
                    claims.unseen(&path, "inodes-used", 0);
                }
                _ => {
                    claims.is(&path, "inodes-free", row.inodes_free);
                    claims.is(&path, "inodes-used", row.inodes_used);
                }
            }
        }
        claims.there("/nonexistent", false);
        claims
    })
}
