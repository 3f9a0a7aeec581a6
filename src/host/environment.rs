//! What the environment that this program runs in keeps secret: commands inherit it, and may print it.

use super::Host;
use crate::secret::{Secrets, is_secret_name};
use crate::value::Fault;

/// Bytes that a variable's value has at least if it is taken for a secret.
const SHORTEST: usize = 6;
/// How variables of a desktop's session begin, whose values are no secrets.
const PUBLIC: [&str; 4] = ["XDG_", "DESKTOP_", "DBUS_", "SESSION_MANAGER"];

/// The values of those variables whose names announce a secret; none of a tree of files.
pub(super) fn load(host: &Host) -> Result<Secrets, Fault> {
    Ok(match host.machine() {
        Ok(_) => secrets(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        ),
        Err(_) => Secrets::default(),
    })
}

fn secrets(variables: impl Iterator<Item = (String, String)>) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, value) in variables {
        let public = PUBLIC.iter().any(|begin| name.starts_with(begin));
        if !public && is_secret_name(&name) && value.trim().len() >= SHORTEST {
            secrets.add(&value);
        } else {
            secrets.add_exposed(&value);
        }
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_that_announce_a_secret_are_kept() {
        let variables = [
            ("PGPASSWORD", "canary1"),
            ("API_TOKEN", "canary2"),
            ("DATABASE_URL", "postgres://bob:canary3@db/x"),
            ("XDG_SESSION_TYPE", "wayland"),
            ("PATH", "/usr/bin"),
            ("TOKEN", "user"),
        ];
        let secrets = secrets(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter());
        for secret in ["canary1", "canary2", "canary3"] {
            assert!(secrets.are_written_in(secret), "{secret}");
        }
        for word in ["wayland", "/usr/bin", "user", "bob"] {
            assert!(!secrets.are_written_in(word), "{word}");
        }
    }
}
