//! The parts of the page that are the same for everybody, and the policy that lets a browser run nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

pub const STYLE: &str = include_str!("page.css");
pub const SCRIPT: &str = include_str!("page.js");

/// The value of a `Content-Security-Policy` header for the page.
pub fn policy() -> String {
    // Where a page is framed is for a header alone to say.
    format!("{}; frame-ancestors 'none'", within())
}

/// The same, as far as the page itself may say it.
pub fn within() -> &'static str {
    &WITHIN
}

/// A server sends it with each answer, so that it is made once.
static WITHIN: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
});
