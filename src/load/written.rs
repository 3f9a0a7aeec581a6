//! A file that is edited: read, and written whole if it still says what was read.

use super::{MAX_BYTES, replace};
use crate::quantity;
use crate::value::Fault;
use rustix::fs::OFlags;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

pub struct Written {
    /// As the command line, or what includes it, has it.
    name: String,
    /// Behind every link.
    pub path: PathBuf,
}

impl Written {
    /// The file by that name, which need not be there yet.
    pub fn at(name: &str) -> Result<Written, String> {
        let path = fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        Ok(Written { name: name.to_owned(), path })
    }

    /// What stands in it; nothing if it is not there. What is no regular file is refused: it cannot be written anew.
    pub fn read(&self) -> Result<String, String> {
        let failed = |e| Fault::from_io(format!("`{}` cannot be read", self.name), &e).to_string();
        let irregular = || format!("`{}` is no regular file, and is not written to", self.name);
        match fs::metadata(&self.path) {
            // To open a device may be to do something.
            Ok(meta) if !meta.is_file() => return Err(irregular()),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(String::new()),
            Err(e) => return Err(failed(e)),
        }
        // What has become a pipe since is not waited for.
        let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(&self.path);
        let file = file.map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(irregular());
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("`{}` is larger than {}", self.name, quantity::size(MAX_BYTES)));
        }
        String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8 text; it is left as it is", self.name))
    }

    /// Puts `new` in the place of `old`, unless it says something else by now.
    pub fn write(&self, old: &str, new: &str) -> Result<(), String> {
        let _alone = replace::alone(&self.path).map_err(|e| replace::failed(&self.name, &e))?;
        if self.read()? != old {
            return Err(format!("`{}` has changed since it was read, and is left as it is", self.name));
        }
        replace::write(&self.path, new).map_err(|e| replace::failed(&self.name, &e))
    }
}
