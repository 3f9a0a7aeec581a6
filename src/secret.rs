//! What no report may show: which names announce a secret, where one stands in text, and every form it may come back in.

mod forms;
mod found;
mod name;
mod shape;
mod text;

pub use forms::{SHORTEST, Secrets};
pub use found::may_tell_secret;
pub use name::is_secret_name;
pub use text::{STARS, credentials, exposed, handed, mask, suspicious};
