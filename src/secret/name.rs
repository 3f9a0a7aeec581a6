//! Names of settings, headers and variables that announce a secret.

/// What makes a name a secret's wherever it stands in it: `PGPASSWORD`, `clientsecret`.
const PARTS: [&str; 9] =
    ["password", "passwd", "passphrase", "passcode", "secret", "token", "credential", "authorization", "apikey"];
/// Words of a name that make it a secret's.
const WORDS: [&str; 21] = [
    "pass",
    "pw",
    "pwd",
    "key",
    "keys",
    "privkey",
    "auth",
    "oauth",
    "authentication",
    "bearer",
    "jwt",
    "cookie",
    "cookies",
    "session",
    "sessionid",
    "sid",
    "csrf",
    "xsrf",
    "otp",
    "pin",
    "signature",
];
/// Words that make it the name of something anybody may see, or of a matcher: `have-key`.
const PUBLIC: [&str; 5] = ["public", "pub", "authorized", "have", "contain"];
/// Last words of a name that only says where a secret lies: `PGPASSFILE`, `SSH_AUTH_SOCK`, `key-file`.
const PLACES: [&str; 6] = ["file", "path", "dir", "directory", "sock", "socket"];
/// Where a process is.
const FOLDERS: [&str; 2] = ["pwd", "oldpwd"];

/// Whether what stands behind `name` is probably a secret: `password`, `X-Api-Key`, `AWS_SECRET_ACCESS_KEY`, `Set-Cookie`.
///
/// In doubt it is: a value that is hidden without need costs less than one that is shown.
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let any = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    if words.last().is_some_and(|last| PLACES.contains(&last.as_str())) || any(&PUBLIC) {
        return false;
    }
    if let [only] = words.as_slice()
        && FOLDERS.contains(&only.as_str())
    {
        return false;
    }
    let whole = words.concat();
    PARTS.iter().any(|part| whole.contains(part)) || any(&WORDS)
}

/// The words of `X-Api-Key`, `AWS_ACCESS_KEY_ID` or `clientKey`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    let (mut open, mut lower) = (false, false);
    for c in name.chars() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        if !open || (lower && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        (open, lower) = (true, c.is_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn names_of_secrets_are_told_from_others() {
        for name in [
            "password",
            "PASSWORD",
            "PGPASSWORD",
            "MYSQL_PWD",
            "db_pass",
            "Authorization",
            "proxy-authorization",
            "Set-Cookie",
            "cookie",
            "X-Api-Key",
            "x-auth-token",
            "API_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "client_secret",
            "clientSecret",
            "privateKey",
            "apikey",
            "SESSION_ID",
            "GITHUB_TOKEN",
            "credentials",
            "password-hash",
            "SMTP_PASS",
            "auth",
            "KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "",
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "Accept",
            "content-type",
            "author",
            "authority",
            "monkey",
            "KEYBOARD",
            "authorized-keys",
            "have-key",
            "PUBLIC_KEY",
            "key-file",
            "PASSWORD_FILE",
            "SSH_AUTH_SOCK",
            "compass",
            "username",
            "host",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
