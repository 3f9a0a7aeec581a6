//! `image`: what a container image says of itself, by its configuration.

use super::{Argument, Id, Keys, Pin, Resource, Settings, key, lookup, path::Path, setting};
use crate::host::Host;
use crate::host::image::{About, Archive, Wanted, config::Config};
use crate::quantity;
use crate::secret::is_secret_name;
use crate::value::{Bytes, Fact, Fault, Secret, Type, Value};
use std::sync::Arc;
use time::OffsetDateTime;

pub struct Image {
    host: Host,
    from: From,
}

enum From {
    /// The host is it.
    Host(Arc<About>),
    Archive(Box<Archive>),
}

/// Which image is meant.
pub enum Which {
    /// The one that the host is.
    This,
    /// One in an archive, or a layout, that stands on the host.
    At(Path),
}

impl Id for Which {
    fn parse(text: &str) -> Result<Self, String> {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        match text {
            "" => Err("the name is empty".into()),
            path if path.starts_with('/') => Path::parse(path).map(Which::At),
            text if text.chars().all(word) => Ok(Which::This),
            text => Err(format!(
                "`{text}` names no image: write the path of an archive from `/` on, or a word such as `this` for the \
                 one that `--image` names"
            )),
        }
    }
}

/// A variable or a label, which is a secret if its name says so.
struct Entry(Option<Value>);

impl Entry {
    fn new(name: &str, value: Option<&str>) -> Entry {
        Entry(value.map(|value| match is_secret_name(name) {
            true => Value::Secret(Secret::new(value)),
            false => Value::Text(value.to_owned()),
        }))
    }
}

impl Fact for Entry {
    const TYPE: Type = Type::Text;
    fn observe(self) -> Result<Value, Fault> {
        Ok(self.0.unwrap_or(Value::Absent))
    }
}

const VARIABLE: Argument = Argument { noun: "variable", check: |name| any(name, "variable") };
const LABEL: Argument = Argument { noun: "label", check: |name| any(name, "label") };

fn any(name: &str, what: &str) -> Result<(), String> {
    if name.is_empty() { Err(format!("the {what}'s name is empty")) } else { Ok(()) }
}

impl Resource for Image {
    const NAME: &'static str = "image";
    const ABOUT: &'static str = "A container image: the one that `--image` names, which any word stands for, or one in \
        an archive (`docker save`, `podman save`) or an OCI layout at a path.";
    const EXAMPLE: &'static str = "[image.this]\nuser = { not = \"root\" }\nentrypoint = { equal = [\"/app\"] }\nexposed-ports = [\"8080/tcp\"]\n\
        size = \"<= 200 MiB\"\n\n[image.this.labels]\n\"org.opencontainers.image.source\" = { have-prefix = \"https://\" }\n";
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("path", "The absolute path of an archive or a layout, or a word for the image that is looked at."));
    const KEYS: Keys<Self> = &[
        &lookup("env", "Variables of the environment that it sets.", VARIABLE, |i: &Self, name| {
            Entry::new(name, i.config().env(name))
        }),
        &lookup("labels", "What its labels say.", LABEL, |i: &Self, name| Entry::new(name, i.config().label(name))),
        &key("entrypoint", "The program that always runs, and its arguments.", |i: &Self| i.config().entrypoint()),
        &key("cmd", "What runs, or what the entrypoint is given, where nobody says otherwise.", |i: &Self| {
            i.config().cmd()
        }),
        &key("user", "Whom it runs as, as it is written there; `root` where nothing says.", |i: &Self| {
            i.config().user().to_owned()
        }),
        &key("workdir", "The directory that it starts in; `/` where nothing says.", |i: &Self| {
            i.config().workdir().to_owned()
        }),
        &key("exposed-ports", "Ports that it says it listens on: `80/tcp`.", |i: &Self| i.config().exposed_ports()),
        &key("volumes", "Directories that it wants volumes for.", |i: &Self| i.config().volumes()),
        &key("architecture", "The processor that it is for, by Go's name: `amd64`, `arm64`.", |i: &Self| {
            Some(i.config().architecture.clone()).filter(|name| !name.is_empty())
        }),
        &key("created", "When it was built.", Self::created),
        &key("layers", "How many layers it has.", Self::layers),
        &key("size", "Bytes of its layers, decompressed.", Self::size),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("entrypoint"),
        Pin::exact("cmd"),
        Pin::exact("user"),
        Pin::exact("workdir"),
        Pin::exact("exposed-ports"),
        Pin::exact("volumes"),
        Pin::exact("architecture"),
    ];
    type Id = Which;
    type Settings = Wanted;
    const SETTINGS: Settings<Wanted> = &[
        &setting("name", "Which of several in an archive: `app:1.2`, or a manifest's digest.", |w: &mut Wanted| {
            &mut w.name
        }),
        &setting("platform", "Which of several for different processors: `linux/arm64`.", |w: &mut Wanted| {
            &mut w.platform
        }),
    ];

    fn spellings(name: &str) -> Vec<String> {
        vec![match Which::parse(name) {
            Ok(Which::This) => "this".into(),
            Ok(Which::At(path)) => path.spelled(),
            Err(_) => name.to_owned(),
        }]
    }

    fn probe(host: &Host, which: &Which, wanted: &Wanted) -> Result<Option<Self>, Fault> {
        let from = match which {
            Which::At(path) => host.archive(path.as_str(), wanted)?.map(|archive| From::Archive(Box::new(archive))),
            Which::This => match host.about_image() {
                Some(about) => Some(From::Host(about.clone())),
                None => {
                    return Err(Fault::Unsupported(
                        "no image is looked at: say which with `--image`, or write the path of an archive".into(),
                    ));
                }
            },
        };
        Ok(from.map(|from| Image { host: host.clone(), from }))
    }
}

impl Image {
    fn config(&self) -> &Config {
        match &self.from {
            From::Host(about) => &about.config,
            From::Archive(archive) => archive.config(),
        }
    }

    fn created(&self) -> Result<Option<OffsetDateTime>, Fault> {
        let Some(text) = self.config().created.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let wrong = || Fault::Malformed("`created` in its configuration is no time by RFC 3339".into());
        quantity::parse_time(text).map(Some).ok_or_else(wrong)
    }

    fn layers(&self) -> usize {
        match &self.from {
            From::Host(about) => about.layers,
            From::Archive(archive) => archive.layers(),
        }
    }

    fn size(&self) -> Result<Bytes, Fault> {
        match &self.from {
            From::Host(about) => Ok(Bytes(about.size)),
            From::Archive(archive) => archive.size(self.host.deadline()).map(Bytes),
        }
    }
}
