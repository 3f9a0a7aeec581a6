//! Every reader of bytes that somebody else wrote, by name, for fuzzing: see fuzz/README.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken invariant is what fuzzing looks for"
)]

use crate::goss;
use crate::host::fuzz::{self, Memory};
use crate::host::image::{Archive, Bounds, Wanted};
use crate::host::{FileType, Host, TreeFiles};
use crate::load::{Spec, load_text};
use crate::report::{self, Context, FORMATS};
use crate::secret::{Secrets, credentials, handed, mask};
use crate::syntax::{Code, Format, Source, Sources};
use crate::template::{Limits, Nowhere, Template, Value};
use crate::verdict::{Judged, Summary, judge};
use crate::{quantity, query, version};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use time::OffsetDateTime;

/// One reader, fed with any bytes. It may refuse them; it must not panic, nor take long.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:literal => $run:expr,)*) => {
        pub static TARGETS: &[Target] = &[$(Target { name: $name, run: $run }),*];
    };
}

targets! {
    // Specs, which are ours, and whatever is included.
    "spec-toml" => |bytes| spec(bytes, Format::Toml),
    "spec-yaml" => |bytes| spec(bytes, Format::Yaml),
    "spec-json" => |bytes| spec(bytes, Format::Json),
    "goss-yaml" => |bytes| goss_file(bytes, Format::Yaml),
    "goss-json" => |bytes| goss_file(bytes, Format::Json),
    "matchers" => matchers,
    "host" => |bytes| {
        let _ = TreeFiles::parse(&text(bytes));
    },
    "query" => queries,
    "quantity" => quantities,
    "secret" => secrets,
    "endpoint" => |bytes| fuzz::endpoint(&text(bytes)),
    "url" => |bytes| fuzz::url(&text(bytes)),
    "template" => template,
    // Tables of the system.
    "passwd" => |bytes| table(bytes, "/etc/passwd", "[user.root]\nuid = 1\ngroups = [\"a\"]\nhome = \"/\"\ngecos = \"x\"\n[user.\"é\"]\n"),
    "group" => |bytes| table(bytes, "/etc/group", "[group.root]\ngid = 1\n[group.adm]\n"),
    "shadow" => |bytes| table(bytes, "/etc/shadow", "[user.root]\nlocked = true\nexpires-in = \"> 1d\"\npassword-hash = \"x\"\n"),
    "nsswitch" => |bytes| table(bytes, "/etc/nsswitch.conf", "[user.nobody-here]\n[addr.\"tcp://nowhere.test:1\"]\n"),
    "dpkg-status" => |bytes| table(bytes, "/var/lib/dpkg/status", "[package.bash]\nversion = \"> 1\"\n[package.\"libc6:amd64\"]\n"),
    "dpkg-status-d" => |bytes| table(bytes, "/var/lib/dpkg/status.d/a", PACKAGE),
    "rpm-sqlite" => |bytes| table(bytes, "/var/lib/rpm/rpmdb.sqlite", PACKAGE),
    "rpm-log" => |bytes| {
        let database = include_bytes!("../fuzz/seeds/rpm-sqlite/rpmdb.sqlite").to_vec();
        tables([("/var/lib/rpm/rpmdb.sqlite", database), ("/var/lib/rpm/rpmdb.sqlite-wal", bytes.to_vec())], PACKAGE);
    },
    "rpm-ndb" => |bytes| table(bytes, "/var/lib/rpm/Packages.db", PACKAGE),
    "rpm-bdb" => |bytes| table(bytes, "/var/lib/rpm/Packages", PACKAGE),
    "apk-installed" => |bytes| table(bytes, "/lib/apk/db/installed", PACKAGE),
    "pacman-desc" => |bytes| table(bytes, "/var/lib/pacman/local/bash-5.2-1/desc", PACKAGE),
    "opkg-status" => |bytes| table(bytes, "/usr/lib/opkg/status", PACKAGE),
    "pip-metadata" => |bytes| table(bytes, "/usr/lib/python3/dist-packages/six-1.dist-info/METADATA", "[package.\"pip:six\"]\nversion = \"> 1\"\n"),
    "npm-package" => |bytes| table(bytes, "/usr/lib/node_modules/npm/package.json", "[package.\"npm:npm\"]\nversion = \"> 1\"\n"),
    "gemspec" => |bytes| table(bytes, "/var/lib/gems/3/specifications/rake-1.gemspec", "[package.\"gem:rake\"]\nversion = \"> 1\"\n"),
    "mountinfo" => |bytes| table(bytes, "/proc/self/mountinfo", "[mount.\"/\"]\nopts = [\"rw\"]\nsource = \"x\"\nfilesystem = \"ext4\"\n[mount.\"/a\"]\n"),
    "fstab" => |bytes| table(bytes, "/etc/fstab", "[mount.\"/\"]\nin-fstab = true\n"),
    "os-release" => |bytes| table(bytes, "/etc/os-release", "[system.here]\nos = \"debian\"\nos-version = \"> 1\"\n"),
    "modules" => |bytes| table(bytes, "/proc/modules", "[kernel-module.ext4]\nloaded = true\n"),
    "modules-builtin" => |bytes| table(bytes, "/lib/modules/6/modules.builtin", "[kernel-module.ext4]\nloaded = true\n"),
    "modprobe" => |bytes| table(bytes, "/etc/modprobe.d/a.conf", "[kernel-module.ext4]\nblacklisted = true\n"),
    "cmdline" => |bytes| table(bytes, "/proc/cmdline", "[kernel-module.ext4]\nblacklisted = true\n"),
    "sysctl" => |bytes| table(bytes, "/etc/sysctl.d/a.conf", "[kernel-param.\"net.ipv4.ip_forward\"]\nvalue = 1\nconfigured = \"1\"\n"),
    "proc-stat" => |bytes| table(bytes, "/proc/1/stat", "[process.init]\ncount = 1\n"),
    "proc-status" => |bytes| table(bytes, "/proc/1/status", "[process.init]\nuser = [\"root\"]\n"),
    "proc-net-tcp" => |bytes| table(bytes, "/proc/net/tcp", PORT),
    "proc-net-tcp6" => |bytes| table(bytes, "/proc/net/tcp6", PORT),
    "proc-net-udp" => |bytes| table(bytes, "/proc/net/udp", PORT),
    "proc-net-unix" => |bytes| table(bytes, "/proc/net/unix", PORT),
    "hosts" => |bytes| names(bytes, "/etc/hosts"),
    "resolv-conf" => |bytes| names(bytes, "/etc/resolv.conf"),
    // Files that specs are about.
    "json" => |bytes| document(bytes, "json"),
    "yaml" => |bytes| document(bytes, "yaml"),
    "toml" => |bytes| document(bytes, "toml"),
    "ini" => |bytes| document(bytes, "ini"),
    "xml" => |bytes| document(bytes, "xml"),
    "certificate" => certificate,
    "private-key" => |bytes| table(bytes, "/key.pem", "[certificate.\"/cert.pem\"]\nmatches-key = \"/key.pem\"\n"),
    // Archives of images.
    "image" => image,
    "image-layer" => |bytes| image(&one_layer(bytes)),
    // What machines and servers send.
    "netlink" => fuzz::netlink,
    "dbus" => fuzz::dbus,
    "dns" => fuzz::dns,
    "starttls" => fuzz::starttls,
    "icmp" => fuzz::icmp,
}

const PACKAGE: &str = "[package.bash]\nversion = \"> 1\"\nheld = false\nmanager = \"rpm\"\n[package.\"*\"]\nversions = [\"1\"]\narch = \"x\"\n";
const PORT: &str =
    "[port.22]\nlistening = true\nip = [\"0.0.0.0\"]\n[port.\"udp:53\"]\n[port.\"udp6:53\"]\n[port.\"unix:/run/x\"]\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads a spec; the page of what is wrong with it must not say more than may be shown.
fn spec(bytes: &[u8], format: Format) {
    if let Err(rejected) = load_text("spec", text(bytes), format) {
        let _ = rejected.sources.render(&rejected.wrong, true);
    }
}

/// Reads a goss file, as which and as variables; what it is printed as reads as the same.
fn goss_file(bytes: &[u8], format: Format) {
    let text = text(bytes);
    let _ = goss::decode::decode_vars(&text, 0);
    match goss::decode(&text, 0, format) {
        Err(wrong) => {
            let sources = Sources { files: vec![Source { name: "goss".into(), text }] };
            let _ = sources.render(&wrong, true);
        }
        Ok(decoded) => {
            let printed = goss::print(&decoded.config, format);
            match goss::decode(&printed, 0, format) {
                Ok(again) => assert_eq!(goss::print(&again.config, format), printed),
                // What aliases and merges bring together may not be written out.
                Err(wrong) => {
                    let known = [Code::DuplicateKey, Code::TooDeep, Code::TooLarge];
                    assert!(wrong.iter().all(|one| known.contains(&one.code)), "{wrong:?} of {printed}");
                }
            }
        }
    }
}

/// A host that is only these files.
fn host(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Host {
    Host::offline(Arc::new(Memory(files.into_iter().collect())), OffsetDateTime::UNIX_EPOCH)
}

/// Looks at all of a spec and writes every kind of report.
fn run(spec: &Spec, host: &Host) {
    let judged = |claim| {
        let verdicts = judge(claim, (claim.probe)(host, claim));
        Judged { claim, verdicts, elapsed: Duration::ZERO }
    };
    let judged: Vec<_> = spec.claims.iter().map(judged).collect();
    let mut summary = Summary::new(OffsetDateTime::UNIX_EPOCH);
    judged.iter().flat_map(|one| &one.verdicts).for_each(|verdict| summary.count(&verdict.outcome));
    for format in FORMATS {
        let mut reporter = (format.make)(Context { sources: &spec.sources, host: "h", colour: false, verbose: true });
        report::whole(&mut *reporter, &judged, &summary).unwrap();
    }
}

/// Looks at a host that has little more than `bytes` at `path`.
fn table(bytes: &[u8], path: &str, spec: &str) {
    tables([(path, bytes.to_vec())], spec);
}

fn tables<const N: usize>(own: [(&str, Vec<u8>); N], spec: &str) {
    let spec = load_text("spec.toml", spec.to_owned(), Format::Toml);
    let spec = spec.unwrap_or_else(|r| panic!("{}", r.sources.render(&r.wrong, false)));
    let mut files = whole();
    files.extend(own.map(|(path, bytes)| (path.to_owned(), bytes)));
    run(&spec, &host(files));
}

/// The files without which nothing else is looked at.
fn whole() -> std::collections::BTreeMap<String, Vec<u8>> {
    static WHOLE: OnceLock<std::collections::BTreeMap<String, Vec<u8>>> = OnceLock::new();
    WHOLE
        .get_or_init(|| {
            let files = [
                ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
                ("/etc/group", "root:x:0:\n"),
                ("/proc/sys/kernel/osrelease", "6\n"),
                ("/proc/sys/kernel/pid_max", "32768\n"),
                ("/proc/sys/net/ipv4/ip_forward", "1\n"),
                ("/proc/modules", "ext4 1 0 - Live 0x0\n"),
                ("/proc/cmdline", "quiet\n"),
                ("/proc/1/comm", "init\n"),
                (
                    "/proc/1/stat",
                    "1 (init) S 0 1 1 0 -1 4194560 0 0 0 0 1 1 1 1 20 0 1 0 5 1000 100 18446744073709551615\n",
                ),
                ("/proc/1/status", "Name:\tinit\nUid:\t0\t0\t0\t0\n"),
                ("/proc/uptime", "100.00 100.00\n"),
                ("/proc/mounts", "proc /proc proc rw 0 0\n"),
                ("/proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/a rw\n"),
                ("/proc/net/tcp", "  sl\n"),
                ("/proc/net/tcp6", "  sl\n"),
                ("/proc/net/udp", "  sl\n"),
                ("/proc/net/udp6", "  sl\n"),
                ("/proc/net/unix", "Num\n"),
                ("/cert.pem", include_str!("../fuzz/seeds/certificate/chain.pem")),
            ];
            files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
        })
        .clone()
}

fn names(bytes: &[u8], path: &str) {
    let mut files = whole();
    files.insert(path.to_owned(), bytes.to_vec());
    let host = host(files);
    let _ = (host.resolve("localhost"), host.resolve("example.test"), host.name_servers());
}

/// A key of `file` that reads the bytes as `format`.
fn document(bytes: &[u8], format: &str) {
    let paths =
        if format == "xml" { "\"//a\" = \"x\"\n\"/a/@b\" = \"x\"" } else { "\"a.b\" = 1\n\"a.0\" = 1\na = [\"x\"]" };
    table(bytes, "/document", &format!("[file.\"/document\".{format}]\n{paths}\n"));
}

fn certificate(bytes: &[u8]) {
    let spec = "[certificate.\"/cert.pem\"]\nsubject = \"x\"\nissuer = \"x\"\nserial = \"x\"\nnot-before = \"> 2020-01-01T00:00:00Z\"\n\
        signature-algorithm = \"x\"\nself-signed = true\nhostname = \"a.test\"\nchain-expires-in = \"> 1d\"\nchain = true\nsans = [\"x\"]\nexpires-in = \"> 1d\"\n\
        key-type = \"rsa\"\nkey-bits = 1\n";
    table(bytes, "/cert.pem", spec);
}

/// An archive, and all that stands in it.
fn image(bytes: &[u8]) {
    let files = Memory([("/image".to_owned(), bytes.to_vec())].into());
    let bounds = Bounds { entries: 10_000, names: 1 << 20, bytes: 16 << 20, marks: 4, time: Duration::from_secs(10) };
    let Ok(archive) = Archive::open(Arc::new(files), "/image", &Wanted::default(), bounds) else { return };
    let Ok(image) = archive.read() else { return };
    let host = Host::image(image, true);
    let walked = host.walk(
        "/",
        |_| true,
        |path, stat| {
            let read = host.files().read(path, 1 << 16);
            assert!(stat.file_type != FileType::BlockDevice || read.is_err(), "{path}");
        },
    );
    let _ = walked;
}

/// A layout of one layer, with whose digests nothing is wrong.
fn one_layer(layer: &[u8]) -> Vec<u8> {
    let digest = |bytes: &[u8]| format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)));
    let config = format!("{{\"rootfs\":{{\"diff_ids\":[\"{}\"]}}}}", digest(layer));
    let manifest = "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]";
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in [("c", config.as_bytes()), ("l", layer), ("manifest.json", manifest.as_bytes())] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// The body of a `matching` entry.
fn matchers(bytes: &[u8]) {
    let spec = format!("matching:\n  x:\n    {}\n", text(bytes).replace('\n', "\n    "));
    match load_text("spec", spec, Format::Yaml) {
        Ok(spec) => run(&spec, &host([])),
        Err(rejected) => drop(rejected.sources.render(&rejected.wrong, false)),
    }
}

/// A template, over a value of each type and with no functions but Go's own.
fn template(bytes: &[u8]) {
    let text = text(bytes);
    let map =
        Value::map([("x", Value::Int(1)), ("n", Value::Nil), ("s", Value::from("text")), ("f", Value::Float(1.5))]);
    let data = Value::map([("Vars", map.clone()), ("l", Value::list(vec![map, Value::Byte(1), Value::Duration(1)]))]);
    let limits = Limits { bytes: 1 << 20, steps: 100_000, ..Limits::default() };
    if let Err(wrong) = Template::parse("test", &text, &[]).and_then(|read| read.execute(&data, &Nowhere, limits)) {
        assert!(wrong.at <= text.len(), "{wrong}");
    }
}

/// A path on the first line, and the data below it.
fn queries(bytes: &[u8]) {
    let text = text(bytes);
    let (path, data) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = (query::gjson(data, path), query::xpath(data, path));
}

fn quantities(bytes: &[u8]) {
    let text = text(bytes);
    let _ = (quantity::parse_size(&text), quantity::parse_percent(&text), quantity::parse_duration(&text));
    let _ = (quantity::parse_wait(&text), quantity::parse_mode(&text), quantity::parse_time(&text));
    let (a, b) = text.split_once('\n').unwrap_or((&text, ""));
    for order in crate::value::VersionOrder::ALL {
        assert_eq!(version::compare(order, a, b), version::compare(order, b, a).reverse(), "{a:?} {b:?}");
    }
}

/// A secret on the first line, and text below it that may hold it.
fn secrets(bytes: &[u8]) {
    let text = text(bytes);
    let (secret, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let mut secrets = Secrets::default();
    secrets.add(secret);
    let said = format!("{rest}{secret}{rest}");
    let shown = secrets.scrub(&said);
    let secret = secret.trim();
    assert!(secrets.is_empty() || "***".contains(secret) || !shown.contains(secret), "{secret:?} in {shown:?}");
    let _ = (mask(rest), credentials(rest), handed(rest));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Small texts as real machines have them, then what once broke something.
    #[test]
    fn every_reader_takes_its_seeds_and_what_once_broke_it() {
        for target in TARGETS {
            let mut seeds = 0;
            for folder in ["seeds", "regressions"] {
                for entry in fs::read_dir(format!("fuzz/{folder}/{}", target.name)).into_iter().flatten() {
                    (target.run)(&fs::read(entry.unwrap().path()).unwrap());
                    seeds += 1;
                }
            }
            assert!(seeds > 0, "fuzz/seeds/{} is empty", target.name);
        }
    }

    #[test]
    fn every_folder_of_seeds_has_its_reader() {
        for folder in ["seeds", "regressions"] {
            for entry in fs::read_dir(format!("fuzz/{folder}")).into_iter().flatten() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(TARGETS.iter().any(|target| target.name == name), "fuzz/{folder}/{name}");
            }
        }
    }
}
