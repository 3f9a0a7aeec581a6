//! `file`: a path and what is at it.

use super::{Argument, Id, Keys, Pin, Resource, check, json_schema, key, lookup, path, path::Path, text};
use crate::host::{FileType, Host, Stat};
use crate::matcher::Test;
use crate::quantity;
use crate::query;
use crate::value::{Bytes, Content, Fault, Mode, Value};
use digest::{Algorithm, Digests};
use document::Format;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

mod digest;
mod document;

pub struct File {
    host: Host,
    path: Arc<str>,
    stat: Stat,
    content: OnceCell<Result<Content, Fault>>,
    /// The digests that are asked for, and what they are.
    digested: SmallVec<[Algorithm; 3]>,
    digests: OnceCell<Result<Digests, Fault>>,
    /// The contents as JSON, by [`Format`].
    documents: [OnceCell<Result<String, Fault>>; Format::COUNT],
}

impl Resource for File {
    const NAME: &'static str = "file";
    const ABOUT: &'static str = "A file, directory, link, socket or device, by lstat(2). Of a symbolic link, what is \
        read (contents, hashes, data) and the age are its target's, all else its own.";
    const EXAMPLE: &'static str = r#"[file."/etc/passwd"]
mode = "0644"
owner = "root"
contents = ["/^root:/"]
"#;
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("path", "An absolute path, or one that begins with `~` or `~user`."));
    const KEYS: Keys<Self> = &[
        &key("mode", "Permission bits as octal text.", |f: &Self| Mode(f.stat.mode)),
        &check("mode-at-most", "Permission bits that it may have: no others.", MODE, Self::beyond),
        &key("owner", "The owning user's name, or the id where it has none.", Self::owner),
        &key("uid", "The owning user's id.", |f: &Self| f.stat.uid),
        &key("group", "The owning group's name, or the id where it has none.", Self::group),
        &key("gid", "The owning group's id.", |f: &Self| f.stat.gid),
        &key("size", "Its size in bytes.", Self::size),
        &key("filetype", "What it is.", |f: &Self| -> FileType { f.stat.file_type }),
        &key("linked-to", "What a symbolic link says.", |f: &Self| f.host.files().link(&f.path)),
        &key("links", "Hard links, itself included.", Self::links),
        &key("age", "The time since its contents last changed (mtime).", Self::age).growing(),
        &text(
            "contents",
            "Its text: of what is expected of single lines all of it, however long, else the first 8 MiB.",
            Self::contents,
        ),
        &key("md5", "MD5 of its contents, in lower-case hexadecimal.", |f: &Self| f.digest(Algorithm::Md5)),
        &key("sha256", "SHA-256 of its contents, in lower-case hexadecimal.", |f: &Self| f.digest(Algorithm::Sha256)),
        &key("sha512", "SHA-512 of its contents, in lower-case hexadecimal.", |f: &Self| f.digest(Algorithm::Sha512)),
        &lookup("json", "What stands at a path in it, read as JSON.", GJSON, |f: &Self, p| f.at(Format::Json, p)),
        &lookup("yaml", "What stands at a path in it, read as YAML.", GJSON, |f: &Self, p| f.at(Format::Yaml, p)),
        &lookup("toml", "What stands at a path in it, read as TOML.", GJSON, |f: &Self, p| f.at(Format::Toml, p)),
        &lookup(
            "ini",
            "What stands at `section.key` in it, or at `key` above all sections, as text.",
            GJSON,
            |f: &Self, p| f.at(Format::Ini, p),
        ),
        &lookup("xml", "What stands at an XPath in it, read as XML.", XPATH, Self::xpath),
        &check(
            "json-schema",
            "A JSON Schema that it is valid against, read as TOML or YAML if its name ends so, else as JSON.",
            json_schema::INPUT,
            |f: &Self, schema| json_schema::problems(&f.host, f.document(Format::of(&f.path))?, schema),
        ),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("filetype"),
        Pin::exact("mode"),
        Pin::exact("owner"),
        Pin::exact("group"),
        Pin::exact("linked-to"),
        Pin::digest("sha256"),
        Pin::moving("size"),
    ];
    type Id = FilePath;
    type Settings = ();

    fn spellings(name: &str) -> Vec<String> {
        // Where a home is, the host knows.
        vec![path::spelled(name)]
    }

    fn unlasting(name: &str, key: &str) -> Option<&'static str> {
        let made = path::is_within(name, "/proc") || path::is_within(name, "/sys");
        (key == "sha256" && made).then_some("the kernel makes up the contents anew each time that they are read")
    }

    fn probe(host: &Host, path: &FilePath, (): &()) -> Result<Option<Self>, Fault> {
        let path = path.on(host)?;
        let Some(stat) = host.files().lstat(&path)? else { return Ok(None) };
        let (digested, digests) = (SmallVec::new(), OnceCell::new());
        let (content, documents) = (OnceCell::new(), Default::default());
        Ok(Some(File { host: host.clone(), path, stat, content, digested, digests, documents }))
    }

    fn prepare(&mut self, keys: &mut dyn Iterator<Item = &'static str>) {
        self.digested.extend(keys.filter_map(Algorithm::of));
    }
}

/// Bytes of text that are kept whatever is expected of it.
const SHORT: u64 = 64 << 10;
const GJSON: Argument = Argument { noun: "path", check: query::check_gjson };
const XPATH: Argument = Argument { noun: "path", check: query::check_xpath };
const MODE: Argument = Argument {
    noun: "a file mode as octal text, such as `\"0644\"`",
    check: |text| match quantity::parse_mode(text) {
        Some(_) => Ok(()),
        None => Err(format!("`{text}` is not a file mode: write octal text, such as `\"0644\"`")),
    },
};

/// An absolute path, or one below a user's home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePath {
    At(Path),
    /// `~user/rest`; without a user, whoever asks.
    Home {
        user: Option<String>,
        rest: String,
    },
}

impl Id for FilePath {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(home) = text.strip_prefix('~') else { return Path::parse(text).map(FilePath::At) };
        if text.contains('\0') {
            return Err("a path cannot have a NUL in it".into());
        }
        let (user, rest) = home.split_at(home.find('/').unwrap_or(home.len()));
        let user = (!user.is_empty()).then(|| user.to_owned());
        Ok(FilePath::Home { user, rest: rest.trim_end_matches('/').to_owned() })
    }
}

impl FilePath {
    fn on(&self, host: &Host) -> Result<Arc<str>, Fault> {
        match self {
            FilePath::At(path) => Ok(path.shared()),
            FilePath::Home { user, rest } => {
                let home = host.home(user.as_deref())?;
                match (home.as_str(), rest.as_str()) {
                    // The root's own slash is all there is of it.
                    (home, "") => Ok(home.into()),
                    (home, rest) => Ok(format!("{}{rest}", home.trim_end_matches('/')).into()),
                }
            }
        }
    }
}

impl File {
    fn size(&self) -> Result<Bytes, Fault> {
        if self.stat.file_type == FileType::Directory {
            self.links()?;
        }
        Ok(Bytes(self.stat.size))
    }

    fn links(&self) -> Result<u64, Fault> {
        match self.stat.links {
            0 => self.host.machine().map(|_| 0),
            links => Ok(links),
        }
    }

    fn owner(&self) -> Result<String, Fault> {
        let name = self.host.user_name(self.stat.uid)?;
        Ok(name.unwrap_or_else(|| self.stat.uid.to_string()))
    }

    fn group(&self) -> Result<String, Fault> {
        let name = self.host.group_name(self.stat.gid)?;
        Ok(name.unwrap_or_else(|| self.stat.gid.to_string()))
    }

    fn beyond(&self, most: &str) -> Result<Vec<String>, Fault> {
        let Some(Mode(most)) = quantity::parse_mode(most) else {
            return Err(Fault::Unsupported(format!("`{most}` is not a file mode")));
        };
        let beyond = self.stat.mode & !most;
        if beyond == 0 {
            return Ok(vec![]);
        }
        let link = if self.stat.file_type == FileType::Symlink { ", as every symbolic link's" } else { "" };
        Ok(vec![format!("the mode is {}{link}: {} is too much", Mode(self.stat.mode), Mode(beyond))])
    }

    fn age(&self) -> Result<Duration, Fault> {
        let stat = self.host.files().stat(&self.path)?.ok_or_else(|| self.dangling())?;
        if stat.mtime == Stat::NO_TIME {
            self.host.machine()?;
        }
        let changed = OffsetDateTime::from_unix_timestamp(stat.mtime)
            .map_err(|_| Fault::Malformed(format!("{}: a time out of range", self.path)))?;
        Ok(self.host.now() - changed)
    }

    fn digest(&self, algorithm: Algorithm) -> Result<String, Fault> {
        let read = |wanted: &[Algorithm]| Digests::of(&self.host, &self.path, wanted)?.ok_or_else(|| self.dangling());
        let digests = self.digests.get_or_init(|| read(&self.digested)).as_ref().map_err(Clone::clone)?;
        match digests.get(algorithm) {
            Some(digest) => Ok(digest.to_owned()),
            None => Ok(read(&[algorithm])?.get(algorithm).unwrap_or_default().to_owned()),
        }
    }

    /// Where lines decide, they are looked at however many there are, and only what decides is kept: the text of a thousand
    /// files may wait for its report. For other tests the beginning has to do.
    fn contents(&self, test: Option<&Test>) -> Result<Value, Fault> {
        let size = match self.stat.file_type {
            FileType::Symlink => self.host.files().stat(&self.path)?.map_or(0, |stat| stat.size),
            _ => self.stat.size,
        };
        if size > SHORT
            && let Some(mut sieve) = test.and_then(Test::sieve)
        {
            self.host.read_while(&self.path, |piece| sieve.feed(piece))?.ok_or_else(|| self.dangling())?;
            if let Some(excerpt) = sieve.finish(size) {
                return Ok(Value::Excerpt(Box::new(excerpt)));
            }
        }
        self.content().map(|content| Value::Content(Box::new(content.clone())))
    }

    fn content(&self) -> Result<&Content, Fault> {
        let read = || self.host.start(&self.path)?.map(|s| s.text()).ok_or_else(|| self.dangling());
        self.content.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// All of its text, for what cannot be read in part.
    fn text(&self) -> Result<&str, Fault> {
        let content = self.content()?;
        match content.cut {
            None => Ok(&content.text),
            Some(bound) => {
                let bound = quantity::size(bound);
                Err(Fault::Unsupported(format!("it is longer than the {bound} that are read as data")))
            }
        }
    }

    fn document(&self, format: Format) -> Result<&str, Fault> {
        let Some(cell) = self.documents.get(format as usize) else { return self.text() };
        cell.get_or_init(|| format.to_json(self.text()?)).as_deref().map_err(Clone::clone)
    }

    fn at(&self, format: Format, path: &str) -> Result<Option<Value>, Fault> {
        query::gjson(self.document(format)?, path).map_err(query::fault)
    }

    fn xpath(&self, path: &str) -> Result<Option<Value>, Fault> {
        query::xpath(self.text()?, path).map_err(Fault::Unfit)
    }

    fn dangling(&self) -> Fault {
        Fault::Unfit(format!("{} leads to nothing", self.path))
    }
}

#[cfg(test)]
mod tests;
