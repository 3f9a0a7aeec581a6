//! `file`: a path and what is at it.

use super::{Keys, Resource, key};
use crate::host::{FileType, Host, Stat};
use crate::value::{Bytes, Fault, Mode};

pub struct File {
    host: Host,
    path: String,
    stat: Stat,
}

impl Resource for File {
    const NAME: &'static str = "file";
    const ABOUT: &'static str = "A file, directory, link, socket or device, by lstat(2).";
    const EXAMPLE: &'static str = "[file.\"/etc/passwd\"]\nmode = \"0644\"\nowner = \"root\"\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("path", "An absolute path."));
    const KEYS: Keys<Self> = &[
        &key("mode", "Permission bits as octal text; a link's own.", |f: &Self| Mode(f.stat.mode)),
        &key("owner", "The owning user's name.", Self::owner),
        &key("size", "Its size in bytes.", |f: &Self| Bytes(f.stat.size)),
        &key("filetype", "What it is.", |f: &Self| -> FileType { f.stat.file_type }),
    ];
    type Id = String;
    type Settings = ();

    fn probe(host: &Host, path: &String, (): &()) -> Result<Option<Self>, Fault> {
        let stat = host.files().lstat(path)?;
        Ok(stat.map(|stat| File { host: host.clone(), path: path.clone(), stat }))
    }
}

impl File {
    fn owner(&self) -> Result<Option<String>, Fault> {
        let _ = &self.path;
        Ok(self.host.accounts()?.user_name(self.stat.uid).map(str::to_owned))
    }
}
