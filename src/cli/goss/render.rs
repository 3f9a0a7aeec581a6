//! `goss render`: the goss file with its templates rendered and its imports in it.

use super::{Common, page};
use crate::cli::{finished, print};
use crate::goss;
use crate::load::goss::{Loaded, load};
use std::io;

/// Prints the file; with `debug`, first each text as its template left it.
pub(super) fn run(common: &Common, debug: bool) -> u8 {
    finished(rendered(common, debug))
}

fn rendered(common: &Common, debug: bool) -> io::Result<u8> {
    let mut texts = String::new();
    let loaded = load(&common.request, &mut |text| {
        if debug {
            texts.push_str("DEBUG: file after text/template render\n");
            texts.push_str(text);
            texts.push('\n');
        }
    });
    print(&texts)?;
    match loaded {
        Ok(Loaded { config, format, warnings, .. }) => {
            warnings.iter().for_each(|warning| common.log.warn(warning));
            print(&goss::print(&config, format))
        }
        Err(rejected) => {
            page(&rejected, "");
            Ok(super::NOT_OK)
        }
    }
}
