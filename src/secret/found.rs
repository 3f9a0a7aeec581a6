//! Whether what was seen on a host may have a secret in it.

use super::{is_secret_name, suspicious};
use crate::value::Value;

/// Whether `seen` should not be written down: there is the password of a URL in it, a hash of a password, a private key, or
/// what stands behind a name that announces a secret. In doubt there is.
pub fn may_tell_secret(seen: &Value) -> bool {
    let text = |text: &str| !suspicious(text).is_empty();
    match seen {
        Value::Secret(_) => true,
        Value::Text(t) => text(t),
        Value::Content(content) => text(&content.text),
        Value::Excerpt(excerpt) => text(&excerpt.text),
        Value::Version(version) => text(&version.text),
        Value::List(list) => list.iter().any(may_tell_secret),
        Value::Partial(part) => part.0.iter().any(may_tell_secret),
        Value::Map(map) => map.iter().any(|(key, value)| is_secret_name(key) || may_tell_secret(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Content;

    #[test]
    fn a_secret_is_found_wherever_a_value_has_text() {
        let text = |t: &str| Value::Text(t.into());
        let content = |t: &str| Value::Content(Box::new(Content { text: t.into(), cut: None }));
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\n-----END PRIVATE KEY-----\n";
        for line in [
            "root:$6$rGXrTBnC$N4s0mYh3Vq7Jx2kPz5Lw8Rt1Ub6Ic9Od0:19000:0:99999:7:::",
            key,
            "A=b\nPGPASSWORD=canary\n",
            "postgres://bob:canary@db/x",
            "//server/share password=canary",
        ] {
            assert!(may_tell_secret(&text(line)) && may_tell_secret(&content(line)), "{line}");
            assert!(may_tell_secret(&Value::List(vec![text("a"), text(line)])), "{line}");
            assert!(may_tell_secret(&Value::Map(vec![("a".into(), text(line))])), "{line}");
        }
        assert!(may_tell_secret(&Value::Map(vec![("db-password".into(), Value::Int(5))])));
        for line in ["root", "1:1.22-3", "CN=www.example.org", "rw,relatime", "/etc/ssl/private/key.pem", ""] {
            assert!(!may_tell_secret(&text(line)), "{line}");
        }
    }
}
