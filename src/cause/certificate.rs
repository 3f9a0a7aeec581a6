//! What a file holds of certificates and private keys.

use crate::host::bundle::{self, Holds, LARGEST};
use crate::host::{FileType, Host};
use crate::value::Fault;

/// What the regular file at `path` holds of these; `None` if it is none or holds neither.
pub(super) fn look(host: &Host, path: &str) -> Result<Option<Holds>, Fault> {
    let stat = host.files().stat(path)?;
    if !stat.is_some_and(|stat| stat.file_type == FileType::File && stat.size <= LARGEST && stat.size > 0) {
        return Ok(None);
    }
    let bytes = host.files().read(path, LARGEST)?.unwrap_or_default();
    Ok(bundle::holds(&bytes))
}
