//! What no report may show: which names announce a secret.

mod name;

pub use name::is_secret_name;
