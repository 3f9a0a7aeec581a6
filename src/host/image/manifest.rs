//! Which image of an archive is meant, and what it is made of: `manifest.json` of `docker save`, `index.json` of a layout.
//!
//! OCI image specification, image-layout.md, image-index.md and manifest.md.

use super::Refusal;
use super::digest::Digest;
use super::shelf::Shelf;
use super::tape::malformed;
use crate::value::Fault;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Indexes within indexes, and manifests of all of them.
const MOST_DEPTH: usize = 4;
const MOST_IMAGES: usize = 1000;
/// Indexes that are read, each as often as another names it, and what they name.
const MOST_INDEXES: usize = 100;
const MOST_NAMED: usize = 20_000;
/// Layers of one image. Docker makes 127.
const MOST_LAYERS: usize = 1000;
/// Names that an error lists.
const LISTED: usize = 20;
/// Which of several it is where nobody says.
const USUAL: &str = "linux/amd64";

/// What is asked for, of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `app`, `app:1.2`, `registry.example/app:1.2`, or a manifest's digest.
    pub name: Option<String>,
    /// `linux/arm64`, `linux/arm/v7`.
    pub platform: Option<String>,
}

/// The parts that an image is made of.
pub struct Manifest {
    pub config: Blob,
    /// From the lowest one up.
    pub layers: Vec<Blob>,
    /// Whether an index has said which platform it is for.
    pub has_platform: bool,
}

pub struct Blob {
    /// What the shelf calls it.
    pub name: String,
    /// Of the bytes as they lie there, where the manifest tells.
    pub digest: Option<Digest>,
}

struct Candidate {
    names: Vec<String>,
    platform: Option<String>,
    manifest: Source,
}

enum Source {
    Docker(Saved),
    Oci(Digest),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Layered {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    platform: Option<Platform>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Manifest {
    pub fn find(shelf: &Shelf, wanted: &Wanted) -> Result<Manifest, Refusal> {
        let mut all = Vec::new();
        if let Some(index) = shelf.text("index.json")? {
            let index: Index = parse("index.json", &index)?;
            collect(shelf, &index, &[], 0, &mut all, &mut (0, 0))?;
        } else if let Some(saved) = shelf.text("manifest.json")? {
            let saved: Vec<Saved> = parse("manifest.json", &saved)?;
            all.extend(saved.into_iter().map(|saved| {
                let names = saved.repo_tags.clone().unwrap_or_default();
                Candidate { names, platform: None, manifest: Source::Docker(saved) }
            }));
        } else {
            return Err(malformed("neither `index.json` nor `manifest.json` is in it: no archive of an image").into());
        }
        let chosen = choose(all, wanted)?;
        let has_platform = chosen.platform.is_some();
        match chosen.manifest {
            Source::Docker(saved) => Ok(saved.manifest()?),
            Source::Oci(digest) => {
                let layered: Layered = fetch(shelf, &digest)?;
                let config = layered.config.blob()?;
                let layers = layered.layers.iter().map(Descriptor::blob).collect::<Result<_, _>>()?;
                Ok(Manifest { config, layers, has_platform }.checked()?)
            }
        }
    }

    fn checked(self) -> Result<Manifest, Fault> {
        match self.layers.len() > MOST_LAYERS {
            true => Err(malformed(format!("it has more than {MOST_LAYERS} layers"))),
            false => Ok(self),
        }
    }
}

impl Saved {
    fn manifest(self) -> Result<Manifest, Fault> {
        // What lies under its digest is to be what the digest says.
        let blob = |name: String| {
            let digest = name.strip_prefix("blobs/").and_then(|rest| Digest::parse(&rest.replacen('/', ":", 1)).ok());
            Blob { name, digest }
        };
        let mut config = blob(self.config);
        // Before it had blobs, Docker called a configuration by its digest.
        if config.digest.is_none() {
            let hex = config.name.strip_suffix(".json").unwrap_or_default();
            config.digest = Digest::parse(&format!("sha256:{hex}")).ok();
        }
        let layers = self.layers.into_iter().map(blob).collect();
        Manifest { config, layers, has_platform: false }.checked()
    }
}

impl Descriptor {
    fn digest(&self) -> Result<Digest, Fault> {
        Digest::parse(&self.digest).map_err(malformed)
    }

    fn blob(&self) -> Result<Blob, Fault> {
        if self.media_type.as_deref().is_some_and(|media| media.ends_with("+encrypted")) {
            return Err(Fault::Unsupported(format!("`{}` is encrypted", self.digest()?.blob())));
        }
        let digest = self.digest()?;
        Ok(Blob { name: digest.blob(), digest: Some(digest) })
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    fn is_index(&self) -> bool {
        let types =
            ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
        self.media_type.as_deref().is_some_and(|media| types.contains(&media))
    }

    /// What a builder says of an image, beside it.
    fn is_attestation(&self) -> bool {
        let unknown = self.platform.as_ref().is_some_and(|platform| platform.os == "unknown");
        unknown || self.annotation("vnd.docker.reference.type").is_some()
    }

    fn names(&self) -> Vec<String> {
        let full = self.annotation("io.containerd.image.name");
        let name = full.or_else(|| self.annotation("org.opencontainers.image.ref.name"));
        name.map(|name| vec![short(name).to_owned()]).unwrap_or_default()
    }
}

impl Platform {
    pub fn text(&self) -> String {
        let mut text = format!("{}/{}", self.os, self.architecture);
        if let Some(variant) = self.variant.as_deref().filter(|variant| !variant.is_empty()) {
            text.push('/');
            text.push_str(variant);
        }
        text
    }
}

fn collect(
    shelf: &Shelf,
    index: &Index,
    names: &[String],
    depth: usize,
    all: &mut Vec<Candidate>,
    read: &mut (usize, usize),
) -> Result<(), Fault> {
    let (indexes, named) = (read.0 + 1, read.1 + index.manifests.len());
    *read = (indexes, named);
    if indexes > MOST_INDEXES || named > MOST_NAMED {
        return Err(malformed(format!("it has more than {MOST_INDEXES} indexes, or {MOST_NAMED} names in them")));
    }
    for one in index.manifests.iter().filter(|one| !one.is_attestation()) {
        let digest = one.digest()?;
        let mut called = one.names();
        if called.is_empty() {
            called = names.to_vec();
        }
        if one.is_index() {
            if depth >= MOST_DEPTH {
                return Err(malformed("its indexes are nested too deep"));
            }
            // An index may speak of images that were not saved with it.
            if shelf.part(&digest.blob())?.is_some() {
                collect(shelf, &fetch(shelf, &digest)?, &called, depth + 1, all, read)?;
            }
        } else if shelf.part(&digest.blob())?.is_some() {
            // One image under several names stands there as often.
            let same = |known: &&mut Candidate| matches!(&known.manifest, Source::Oci(known) if *known == digest);
            if let Some(known) = all.iter_mut().find(same) {
                known.names.extend(called.into_iter().filter(|name| !known.names.contains(name)).collect::<Vec<_>>());
                continue;
            }
            let platform = one.platform.as_ref().map(Platform::text);
            all.push(Candidate { names: called, platform, manifest: Source::Oci(digest) });
        }
        if all.len() > MOST_IMAGES {
            return Err(malformed(format!("it has more than {MOST_IMAGES} images")));
        }
    }
    Ok(())
}

fn choose(mut all: Vec<Candidate>, wanted: &Wanted) -> Result<Candidate, Refusal> {
    if all.is_empty() {
        return Err(malformed("it has no image in it, only indexes of some").into());
    }
    let names = listed(all.iter().flat_map(|one| one.names.iter().cloned()));
    if let Some(name) = &wanted.name {
        all.retain(|one| one.is_called(name));
        if all.is_empty() {
            return Err(Refusal::Usage(format!("it has no image `{name}`; it has {names}")));
        }
    } else if all.iter().any(|one| one.names != all.first().map(|first| &*first.names).unwrap_or_default()) {
        return Err(Refusal::Usage(format!("it has several images: name one with `--image-name`: {names}")));
    }
    let platforms = listed(all.iter().filter_map(|one| one.platform.clone()));
    if let Some(platform) = &wanted.platform {
        // What does not tell its platform may be any.
        let exact = all.iter().any(|one| one.platform.as_ref() == Some(platform));
        let is_for = |own: &String| if exact { own == platform } else { is_for(own, platform) };
        all.retain(|one| one.platform.as_ref().is_none_or(is_for));
        if all.is_empty() {
            return Err(Refusal::Usage(format!("it has no image for `{platform}`; it has some for {platforms}")));
        }
    } else if all.len() > 1 && all.iter().filter(|one| one.platform.as_deref() == Some(USUAL)).count() == 1 {
        all.retain(|one| one.platform.as_deref() == Some(USUAL));
    }
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ if platforms == NONE => {
            Err(Refusal::Usage("it has several images, of which neither name nor platform tells which is which".into()))
        }
        _ => {
            Err(Refusal::Usage(format!("it has images for several platforms: say one with `--platform`: {platforms}")))
        }
    }
}

impl Candidate {
    fn is_called(&self, name: &str) -> bool {
        let wanted = short(name);
        let tagged = |name: &str| match name.rsplit('/').next().unwrap_or(name).contains(':') {
            true => name.to_owned(),
            false => format!("{name}:latest"),
        };
        let digest = match &self.manifest {
            Source::Oci(digest) => digest.to_string() == name,
            Source::Docker(_) => false,
        };
        digest
            || self.names.iter().any(|own| {
                let own = short(own);
                // A layout may have no more than the tag.
                own == wanted || tagged(own) == tagged(wanted)
            })
    }
}

/// A name without what Docker puts in front of those of its own registry.
fn short(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// Whether what is for a platform is for the one that is wanted: `linux/arm64` is any of its variants.
pub fn is_for(own: &str, wanted: &str) -> bool {
    own.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

const NONE: &str = "none with a name";

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<String> = names.collect();
    let more = names.len().saturating_sub(LISTED);
    let mut list: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if more > 0 {
        list.push(format!("{more} more"));
    }
    if list.is_empty() { NONE.into() } else { list.join(", ") }
}

/// A blob of JSON that is what its digest says.
pub fn fetch<T: DeserializeOwned>(shelf: &Shelf, digest: &Digest) -> Result<T, Fault> {
    let name = digest.blob();
    let text = shelf.text(&name)?.ok_or_else(|| malformed(format!("`{name}` is not in it")))?;
    if !digest.is_of(&text) {
        return Err(malformed(format!("`{name}` is not what its digest says")));
    }
    parse(&name, &text)
}

/// Says where it is wrong and not what stands there.
pub fn parse<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(text).map_err(|e| {
        malformed(format!("`{name}` does not read as what it should be: line {}, column {}", e.line(), e.column()))
    })
}
