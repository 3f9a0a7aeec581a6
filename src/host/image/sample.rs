//! Archives of images, written for tests.

use super::digest::Digest;
use sha2::{Digest as _, Sha256};
use std::io::Write;
use tar::{Builder, EntryType, Header};

/// Entries of one layer.
pub struct Layer(Builder<Vec<u8>>);

pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
}

/// A header of whatever name, unchecked.
fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_700_000_000);
    header.set_cksum();
    header
}

impl Layer {
    pub fn new() -> Layer {
        Layer(Builder::new(Vec::new()))
    }

    pub fn file(mut self, name: &str, text: impl AsRef<[u8]>) -> Layer {
        let text = text.as_ref();
        self.0.append(&header(name.as_bytes(), EntryType::Regular, text.len() as u64), text).unwrap();
        self
    }

    pub fn entry(mut self, name: &str, kind: EntryType, change: impl FnOnce(&mut Header)) -> Layer {
        let mut header = header(name.as_bytes(), kind, 0);
        change(&mut header);
        header.set_cksum();
        self.0.append(&header, &[][..]).unwrap();
        self
    }

    pub fn dir(self, name: &str) -> Layer {
        self.entry(name, EntryType::Directory, |_| {})
    }

    pub fn link(self, name: &str, kind: EntryType, target: &str) -> Layer {
        self.entry(name, kind, |header| header.set_link_name_literal(target).unwrap())
    }

    /// Bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Layer {
        self.0.get_mut().write_all(bytes).unwrap();
        self
    }

    pub fn pax<'r>(mut self, records: impl IntoIterator<Item = (&'r str, &'r [u8])>) -> Layer {
        self.0.append_pax_extensions(records).unwrap();
        self
    }

    pub fn done(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pack {
    Plain,
    Gzip,
    Zstd,
}

pub fn pack(bytes: &[u8], how: Pack) -> Vec<u8> {
    match how {
        Pack::Plain => bytes.to_vec(),
        Pack::Gzip => {
            let mut packed = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffname\0".to_vec();
            packed.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
            packed.extend([0; 8]);
            packed
        }
        Pack::Zstd => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

pub fn config(layers: &[Vec<u8>]) -> String {
    let ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    serde_json::json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "config": {
            "User": "app", "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "PATH=/usr/bin"], "Cmd": ["serve"],
            "Labels": {"org.opencontainers.image.version": "1.2"}, "ExposedPorts": {"8080": {}, "53/udp": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": ids},
    })
    .to_string()
}

/// What `docker save` writes, before it had blobs.
pub fn docker(layers: &[Vec<u8>], tags: &[&str]) -> Vec<u8> {
    let config = config(layers);
    let name = format!("{}.json", &digest(config.as_bytes())[7..]);
    let mut archive = Layer::new();
    let mut names = vec![];
    for (index, layer) in layers.iter().enumerate() {
        archive = archive.dir(&format!("{index}/")).file(&format!("{index}/layer.tar"), layer);
        names.push(format!("{index}/layer.tar"));
    }
    let manifest = serde_json::json!([{"Config": name, "RepoTags": tags, "Layers": names}]).to_string();
    archive.file(&name, config).file("manifest.json", manifest).done()
}

/// The files of an OCI layout with one image, whose layers are packed.
pub fn layout(layers: &[Vec<u8>], how: Pack) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![];
    let mut put = |bytes: Vec<u8>| {
        let name = digest(&bytes);
        let size = bytes.len();
        files.push((Digest::parse(&name).unwrap().blob(), bytes));
        serde_json::json!({"digest": name, "size": size})
    };
    let packed: Vec<_> = layers.iter().map(|layer| put(pack(layer, how))).collect();
    let config = put(config(layers).into_bytes());
    let manifest = put(serde_json::json!({"config": config, "layers": packed}).to_string().into_bytes());
    files.push(("index.json".into(), serde_json::json!({"manifests": [manifest]}).to_string().into_bytes()));
    files
}

pub fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    files.iter().fold(Layer::new(), |archive, (name, bytes)| archive.file(name, bytes)).done()
}
