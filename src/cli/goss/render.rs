//! `goss render`: the goss file with its templates rendered and its imports in it.

use super::Common;

/// Prints the file; with `debug`, first each text as its template left it.
pub(super) fn run(_common: &Common, _debug: bool) -> u8 {
    super::NOT_OK
}
