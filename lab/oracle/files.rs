//! `file` against stat(1), find(1), readlink(1) and the sums of coreutils.

use crate::claims::{Claims, agree};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

const ROOTS: [&str; 8] = ["/etc", "/usr/bin", "/usr/sbin", "/var", "/opt", "/home", "/root", "/dev"];

pub fn all() -> Result<(), Failed> {
    // No image carries a file of holes.
    shell("truncate -s 50G /var/lab/sparse");
    agree(|| {
        let mut claims = Claims::new("file", "exists");
        // All of it, where it is in a directory that is closed to them.
        claims.hidden_from_users(&[
            "exists",
            "mode",
            "mode-at-most",
            "owner",
            "uid",
            "group",
            "gid",
            "size",
            "filetype",
            "linked-to",
            "links",
            "age",
        ]);
        let all = found(&ROOTS, r"-printf '%#m\t%U\t%u\t%G\t%g\t%s\t%n\t%y\t%l\0%p\0'");
        for record in &all {
            stat(&mut claims, &record.0, &record.1);
        }
        ages(&mut claims, &all);
        opened(&mut claims, &ROOTS, "! -type l");
        for path in ["/nonexistent", "/etc/passwd/x", "/var/lab/dangling/x", "/etc/nginx/none", "/root/none"] {
            claims.there(path, false);
        }
        claims
    })
}

/// Pairs of what find(1) prints of a file, and its path; paths that are no UTF-8 cannot be written in a spec.
fn found(roots: &[&str], print: &str) -> Vec<(String, String)> {
    let text = shell(&format!("find {} {print}", roots.join(" ")));
    let parts: Vec<&str> = text.split('\0').collect();
    let pairs = parts.chunks_exact(2).filter(|p| !p[1].contains('\u{fffd}'));
    pairs.map(|p| (p[0].to_owned(), p[1].to_owned())).collect()
}

/// What find(1) shows to an ordinary user must not be unknown to one.
fn opened(claims: &mut Claims, roots: &[&str], which: &str) {
    for path in shell(&format!("runuser -u nobody -- find {} {which} -print0", roots.join(" "))).split('\0') {
        claims.open(path);
    }
}

fn stat(claims: &mut Claims, record: &str, path: &str) {
    let fields: Vec<&str> = record.splitn(9, '\t').collect();
    let [mode, uid, user, gid, group, size, links, kind, link] = fields[..] else { panic!("{record}") };
    let mode = u32::from_str_radix(mode, 8).unwrap();
    let number = |text: &str| text.parse::<i64>().unwrap();
    claims.there(path, true);
    claims.test(path, "mode", json!(format!("{mode:04o}")), json!(format!("{:04o}", mode ^ 0o1)));
    if mode != 0 {
        let less = mode & (mode - 1);
        claims.checked(path, "mode-at-most", &format!("{mode:04o}"), &format!("{less:04o}"));
    }
    claims.is(path, "uid", number(uid));
    claims.is(path, "owner", user);
    claims.is(path, "gid", number(gid));
    claims.is(path, "group", group);
    claims.is(path, "size", number(size));
    claims.is(path, "links", number(links));
    let kind = match kind {
        "f" => "file",
        "d" => "directory",
        "l" => "symlink",
        "p" => "pipe",
        "s" => "socket",
        "c" => "character-device",
        "b" => "block-device",
        other => panic!("{path}: {other}"),
    };
    claims.test(path, "filetype", json!(kind), json!(if kind == "file" { "directory" } else { "file" }));
    match kind {
        "symlink" => claims.is(path, "linked-to", link),
        _ => claims.nothing(path, "linked-to", "x"),
    }
}

/// A link's age is its target's.
fn ages(claims: &mut Claims, paths: &[(String, String)]) {
    static START: OnceLock<SystemTime> = OnceLock::new();
    let start = START.get_or_init(SystemTime::now).duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let found = found(&ROOTS, r"-xtype l -printf 'x\0%p\0'");
    let dangling: BTreeSet<&String> = found.iter().map(|(_, path)| path).collect();
    // Of a link that leads nowhere, find(1) tells the link's own.
    let times: BTreeMap<String, String> = changed().into_iter().map(|(time, path)| (path, time)).collect();
    for (_, path) in paths {
        if path == "/var/lab/loop" {
            claims.unseen(path, "age", "< 10y");
            continue;
        }
        let time = times.get(path).filter(|_| !dangling.contains(path));
        match time.and_then(|t| t.split('.').next()?.parse::<i64>().ok()) {
            Some(changed) => {
                let ends = |from: i64| json!({"between": [format!("{}s", from - 600), format!("{}s", from + 600)]});
                claims.test(path, "age", ends(start - changed), ends(start - changed - 5000));
            }
            None => claims.nothing(path, "age", "< 10y"),
        }
    }
}

/// Without descending into links.
fn changed() -> Vec<(String, String)> {
    let text = shell(&format!("find {} -print0 | xargs -0 stat -L --printf='%Y\\0%n\\0' 2>/dev/null", ROOTS.join(" ")));
    let parts: Vec<&str> = text.split('\0').collect();
    parts.chunks_exact(2).map(|p| (p[0].to_owned(), p[1].to_owned())).collect()
}

pub fn hashes() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("file", "exists");
        claims.hidden_from_users(&["exists", "md5", "sha256", "sha512"]);
        for key in ["md5", "sha256", "sha512"] {
            let roots = "/etc /usr/bin /var/lib/dpkg/info /var/lab/empty /var/lab/zeros /var/lab/crlf";
            let sums = shell(&format!(
                "find {roots} -type f -size -9000k -print0 | sort -z | head -z -n 1500 | xargs -0 {key}sum -z"
            ));
            for line in sums.split('\0').filter(|l| !l.is_empty()) {
                let (sum, path) = line.split_once("  ").unwrap();
                claims.there(path, true);
                claims.is(path, key, sum);
            }
        }
        opened(&mut claims, &["/etc", "/usr/bin", "/var/lib/dpkg/info"], "-type f -readable");
        // There is nothing to read.
        claims.there("/etc/ssl/certs", true);
        claims.nothing("/etc/ssl/certs", "sha256", "x");
        claims.there("/var/lab/dangling", true);
        claims.nothing("/var/lab/dangling", "sha256", "x");
        claims
    })
}

pub fn contents() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("file", "exists");
        claims.hidden_from_users(&["exists", "contents"]);
        for (_, path) in found(&["/etc", "/var/lab"], r"-type f -size -100k -printf 'x\0%p\0'") {
            claims.there(&path, true);
            let Ok(text) = String::from_utf8(std::process::Command::new("cat").arg(&path).output().unwrap().stdout)
            else {
                continue;
            };
            claims.test(&path, "contents", json!({"equal": text}), json!({"equal": format!("{text}x")}));
        }
        opened(&mut claims, &["/etc", "/var/lab"], "-type f -readable");
        // A link leads to what it links to.
        let passwd = says(&["cat", "/etc/passwd"]);
        claims.there("/var/lab/link", true);
        claims.test("/var/lab/link", "contents", json!({"equal": passwd}), json!({"equal": "x"}));
        claims
    })
}
