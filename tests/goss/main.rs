//! What goss itself says of the same input: `GOSS` is the path of its program, and without it each of these is skipped.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod re2;

use std::path::PathBuf;

/// goss's program, or the word that there is none.
fn goss(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("GOSS").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: {test}: GOSS does not say where the program goss is");
    }
    path
}
