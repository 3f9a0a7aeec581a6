//! `validate --image`: an archive as `docker save` writes it, looked at without a daemon and without unpacking it.

use crate::Lab;
use sha2::{Digest, Sha256};
use std::fs;
use tar::{Builder, EntryType, Header};

fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn header(name: &str, kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_mtime(1_700_000_000);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

fn tar(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(vec![]);
    for (name, mode, bytes) in files {
        archive.append(&header(name, EntryType::Regular, *mode, bytes.len()), *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// What `docker save` writes of one image with these layers.
fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let ids: Vec<_> = layers.iter().map(|layer| format!("sha256:{}", digest(layer))).collect();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "config": {"User": "app", "Entrypoint": ["/app"], "Env": ["API_TOKEN=canary-1"]},
        "rootfs": {"type": "layers", "diff_ids": ids},
    })
    .to_string();
    let name = format!("{}.json", digest(config.as_bytes()));
    let parts: Vec<_> = (0..layers.len()).map(|n| format!("{n}/layer.tar")).collect();
    let manifest = serde_json::json!([{"Config": name, "RepoTags": ["app:1"], "Layers": parts}]).to_string();
    let mut files: Vec<(&str, u32, &[u8])> = parts.iter().zip(layers).map(|(n, l)| (&**n, 0o644, &**l)).collect();
    files.push((&name, 0o644, config.as_bytes()));
    files.push(("manifest.json", 0o644, manifest.as_bytes()));
    tar(&files)
}

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\napp:x:7:7::/:/sbin/nologin\n";
const STATUS: &[u8] =
    b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2\nMaintainer: x\nDescription: x\n\n";

/// A lab with an image in `app.tar`.
fn lab() -> Lab {
    let low = tar(&[
        ("etc/passwd", 0o644, PASSWD),
        ("etc/group", 0o644, b"root:x:0:\napp:x:7:\n"),
        ("etc/old", 0o644, b"old"),
        ("usr/lib/os-release", 0o644, b"ID=debian\nVERSION_ID=\"12\"\n"),
        ("var/lib/dpkg/status", 0o644, STATUS),
    ]);
    let high = tar(&[("etc/.wh.old", 0o644, b""), ("app", 0o755, b"#!"), ("etc/app.json", 0o600, b"{\"port\": 8080}")]);
    let lab = Lab::empty();
    fs::write(lab.path("app.tar"), saved(&[low, high])).unwrap();
    lab.write(
        "spec.toml",
        "[image.this]\nuser = \"app\"\nentrypoint = [\"/app\"]\nlayers = 2\nenv.API_TOKEN = \"canary-1\"\n\
         [file.\"/app\"]\nmode = \"0755\"\n[file.\"/etc/app.json\"]\njson.port = 8080\n[file.\"/etc/old\"]\nexists = false\n\
         [package.bash]\nversion = \">= 5\"\n[user.app]\nuid = 7\n[system.this]\nos-version = \">= 12\"\n",
    );
    lab
}

#[test]
fn an_image_is_looked_at_in_its_archive() {
    let lab = lab();
    let ran = lab.shell("\"$V\" validate --image app.tar -f json spec.toml");
    ran.ended(0);
    assert!(!ran.out.contains("canary"), "{}", ran.out);
    // The same of a layout that is packed, and of an archive that was compressed as a whole.
    lab.shell("gzip -k app.tar && \"$V\" validate --image app.tar.gz spec.toml").ended(0);
    assert_eq!(fs::read_dir(lab.path(".")).unwrap().count(), 3, "nothing was unpacked");
}

#[test]
fn what_only_a_running_machine_can_tell_is_skipped_unless_the_run_insists() {
    let lab = lab();
    lab.write(
        "live.toml",
        "[port.22]\n[process.init]\n[mount.\"/\"]\n[disk.\"/\"]\n[interface.lo]\n[command.\"true\"]\nexit-status = 0\n\
         [addr.\"tcp://127.0.0.1:1\"]\n[ping.localhost]\n[http.\"http://localhost/\"]\nstatus = 200\n[kernel-module.ext4]\n\
         [kernel-param.\"kernel.ostype\"]\nvalue = \"Linux\"\n[file.\"/proc/cpuinfo\"]\n[system.this]\nuptime = \"> 1s\"\n\
         [file.\"/etc\"]\nsize = 4096\nlinks = 2\n",
    );
    let skipped = lab.shell("\"$V\" validate -v --image app.tar live.toml");
    skipped.ended(0);
    assert!(skipped.out.contains("Failed: 0, Unknown: 0, Skipped: 15"), "{}", skipped.out);
    assert!(skipped.out.contains("only a running machine can tell; this is an image"), "{}", skipped.out);
    let unknown = lab.shell("\"$V\" validate --image app.tar --no-skip live.toml");
    unknown.ended(1);
    assert!(unknown.out.contains("Failed: 0, Unknown: 15, Skipped: 0"), "{}", unknown.out);
}

#[test]
fn a_root_file_system_gives_the_same_verdicts_as_its_image() {
    let lab = lab();
    lab.shell("mkdir root && for n in 0 1; do tar -xOf app.tar $n/layer.tar | tar -xC root; done && rm root/etc/old root/etc/.wh.old")
        .ended(0);
    let spec = lab.read("spec.toml");
    lab.write("files.toml", &spec[spec.find("[file").unwrap()..]);
    lab.write("live.toml", "[port.22]\n[process.init]\n[interface.lo]\n[file.\"/proc/cpuinfo\"]\n");
    lab.shell("\"$V\" validate --root root files.toml").ended(0);
    let skipped = lab.shell("\"$V\" validate -v --root root live.toml");
    skipped.ended(0);
    assert!(
        skipped.out.contains("this is a root file system") && skipped.out.contains("Skipped: 4"),
        "{}",
        skipped.out
    );
    lab.shell("\"$V\" validate --root root --no-skip live.toml").ended(1);
    lab.shell("\"$V\" validate --root none live.toml").ended(1);
    lab.shell("\"$V\" validate --root root --image app.tar live.toml").ended(64);
}

#[test]
fn what_is_no_image_is_told_and_nothing_is_looked_at() {
    let lab = lab();
    let mut forged = fs::read(lab.path("app.tar")).unwrap();
    let at = forged.windows(8).position(|bytes| bytes == b"app:x:7:").unwrap();
    forged[at + 6] = b'0';
    fs::write(lab.path("forged.tar"), &forged).unwrap();
    fs::write(lab.path("cut.tar"), &forged[..5000]).unwrap();
    for (image, status, why) in [
        (
            "forged.tar",
            1,
            "forged.tar: layer 1 of 2 (`0/layer.tar`): its bytes are not what its digest says; nothing was looked at",
        ),
        ("cut.tar", 1, "cut.tar: "),
        ("none.tar", 1, "none.tar: no such file or directory; nothing was looked at"),
        ("spec.toml", 1, "no archive of an image can be read from it"),
        ("/dev/zero", 1, "character-device"),
        ("app.tar --image-name web", 64, "it has no image `web`; it has `app:1`"),
    ] {
        let ran = lab.shell(&format!("\"$V\" validate spec.toml --image {image}"));
        ran.ended(status);
        assert!(ran.err.contains(why) && ran.out.is_empty(), "{image}: {}{}", ran.err, ran.out);
    }
    lab.shell("\"$V\" validate --no-skip spec.toml").ended(64);
}

#[test]
fn two_million_files_are_refused_in_little_memory() {
    let lab = lab();
    // A gzip of a thousand parts, each of two thousand headers: a gigabyte, if anybody read on.
    let headers: Vec<u8> = (0..2000)
        .flat_map(|n| *header(&format!("some/directory/{n}"), EntryType::Regular, 0o644, 0).as_bytes())
        .collect();
    let mut part = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    part.extend(miniz_oxide::deflate::compress_to_vec(&headers, 1));
    part.extend([0; 8]);
    let config = format!("{{\"rootfs\": {{\"diff_ids\": [\"sha256:{}\"]}}}}", digest(b""));
    let manifest = "[{\"Config\": \"c\", \"Layers\": [\"l\"]}]";
    let archive = tar(&[
        ("l", 0o644, &part.repeat(1000)),
        ("c", 0o644, config.as_bytes()),
        ("manifest.json", 0o644, manifest.as_bytes()),
    ]);
    fs::write(lab.path("many.tar"), archive).unwrap();
    let ran = lab.shell("ulimit -v 400000; \"$V\" validate --image many.tar spec.toml");
    ran.ended(1);
    assert!(ran.err.contains("more than 1000000 files"), "{}", ran.err);
}

#[test]
fn a_root_is_compared_with_a_spec_and_what_it_leaves_out_is_told() {
    let lab = lab();
    for (name, text) in [("passwd", PASSWD), ("group", b"root:x:0:\napp:x:7:\n")] {
        fs::create_dir_all(lab.path("root/etc")).unwrap();
        fs::write(lab.path(&format!("root/etc/{name}")), text).unwrap();
    }
    lab.write("user.toml", "[user.app]\nuid = 8\n[port.\"tcp:80\"]\nlistening = true\n");
    for site in ["--root root", "--image app.tar"] {
        let ran = lab.shell(&format!("\"$V\" diff {site} user.toml"));
        assert!(ran.ended(1).out.contains("uid") && !ran.out.contains("port"), "{}", ran.out);
        lab.shell(&format!("\"$V\" diff {site} --no-skip user.toml")).ended(1).says("only a running machine can tell");
        lab.shell(&format!("\"$V\" diff {site} user.toml user.toml")).ended(64).says("go with one");
        let ran = lab.shell(&format!("\"$V\" coverage {site} user.toml"));
        assert!(ran.ended(0).out.contains("root") && !ran.out.contains("ports"), "{}", ran.out);
        lab.shell(&format!("\"$V\" coverage {site} --add user.toml")).ended(64).says("do not go with it");
    }
    lab.shell("\"$V\" diff --root nowhere user.toml").ended(1).says("no such directory");
}
