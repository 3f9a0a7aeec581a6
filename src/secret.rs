//! What no report may show: which names announce a secret, where one stands in text, and every form it may come back in.

mod forms;
mod name;
mod text;

pub use forms::{SHORTEST, Secrets};
pub use name::is_secret_name;
pub use text::{STARS, credentials, exposed, handed, mask, suspicious};
