//! `user`: an account, its password's state and the keys it may be entered with.

use super::{Id, Inventory, Keys, Pin, Resource, key};
use crate::host::accounts::User as Account;
use crate::host::{FileType, Host, shadow};
use crate::value::{Fault, Secret};
use time::{Duration, OffsetDateTime};

mod login;

pub struct User {
    host: Host,
    account: Account,
    /// Where a directory told of it, its source in nsswitch.conf(5).
    source: Option<String>,
}

/// The name of a user or group.
pub struct Name(String);

impl Id for Name {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the name is empty".into());
        }
        match text.chars().find(|c| matches!(c, ':' | ',' | '/') || c.is_control()) {
            Some(c) => Err(format!("no name has `{}` in it", c.escape_default())),
            None => Ok(Name(text.to_owned())),
        }
    }
}

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Resource for User {
    const NAME: &'static str = "user";
    const ABOUT: &'static str =
        "An account, by passwd(5), shadow(5) and, where nsswitch.conf(5) names one, a directory.";
    const EXAMPLE: &'static str =
        "[user.www-data]\nuid = 33\ngroups = [\"www-data\"]\nshell = \"/usr/sbin/nologin\"\nlocked = true\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("username", "A user's name."));
    const KEYS: Keys<Self> = &[
        &key("uid", "Its number.", |u: &Self| u.account.uid),
        &key("gid", "The number of its primary group.", |u: &Self| u.account.gid),
        &key("groups", "The names of its groups, the primary one first.", |u: &Self| u.host.groups_of(&u.account)),
        &key("home", "Its home directory.", |u: &Self| u.account.home.clone()),
        &key("shell", "The program it logs in to.", |u: &Self| u.account.shell.clone()),
        &key("gecos", "Its full name and whatever else stands in the comment field.", |u: &Self| {
            u.account.gecos.clone()
        }),
        &key(
            "locked",
            "Whether no password lets it in: the password field begins with `!` or `*`, or the account's last day is \
             past. A key may still let it in unless the account is expired.",
            Self::locked,
        ),
        &key(
            "expires-in",
            "Time until the account expires, negative once it has; an account that never expires has none. Not the \
             password's age.",
            Self::expires_in,
        ),
        &key("password-hash", "The hash of its password as crypt(5) has it; never shown.", Self::password_hash),
        &key(
            "authorized-keys",
            "The keys in its `.ssh/authorized_keys` and `.ssh/authorized_keys2`, each as type and base64, without \
             options and comments.",
            Self::authorized_keys,
        ),
    ];
    const PINS: &[Pin] = &[
        Pin::exact("uid"),
        Pin::exact("gid"),
        Pin::exact("groups"),
        Pin::exact("home"),
        Pin::exact("shell"),
        Pin::if_true("locked"),
    ];
    type Id = Name;
    type Settings = ();

    const INVENTORY: Option<Inventory> =
        Some(Inventory { noun: "accounts with a login shell", list: login::inventory });

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        let found = host.user(name.as_str())?;
        Ok(found.map(|f| User { host: host.clone(), account: f.account, source: f.source }))
    }
}

impl User {
    /// What shadow(5), or passwd(5) itself where the password is not kept apart, says of the password.
    fn shadow(&self) -> Result<shadow::Entry, Fault> {
        if let Some(source) = &self.source {
            let name = &self.account.name;
            return Err(Fault::Unsupported(format!(
                "`{name}` is kept by `{source}`, which does not tell its password"
            )));
        }
        match self.account.password.reveal() {
            "x" => self.host.shadow()?.entry(&self.account.name).cloned(),
            _ => Ok(shadow::Entry { password: self.account.password.clone(), expires: None }),
        }
    }

    fn locked(&self) -> Result<bool, Fault> {
        let entry = self.shadow()?;
        let expired = expiry(&entry).is_some_and(|at| at <= self.host.now());
        Ok(expired || entry.password.reveal().starts_with(['!', '*']))
    }

    fn expires_in(&self) -> Result<Option<Duration>, Fault> {
        Ok(expiry(&self.shadow()?).map(|at| at - self.host.now()))
    }

    fn password_hash(&self) -> Result<Secret, Fault> {
        Ok(self.shadow()?.password)
    }

    fn authorized_keys(&self) -> Result<Vec<String>, Fault> {
        let home = self.account.home.trim_end_matches('/');
        if !self.account.home.starts_with('/') {
            return Err(Fault::Unsupported(format!("`{}` has no home directory", self.account.name)));
        }
        let mut keys = Vec::new();
        for name in ["authorized_keys", "authorized_keys2"] {
            let path = format!("{home}/.ssh/{name}");
            match self.host.files().stat(&path)? {
                None => continue,
                Some(stat) if stat.file_type == FileType::File => {
                    let text = self.host.text(&path)?.unwrap_or_default();
                    keys.extend(text.lines().filter_map(public_key));
                }
                Some(stat) => return Err(Fault::Failed(format!("{path}: is a {}", stat.file_type.word()))),
            }
        }
        Ok(keys)
    }
}

/// The first moment at which the account is expired.
fn expiry(entry: &shadow::Entry) -> Option<OffsetDateTime> {
    let seconds = entry.expires?.checked_mul(86_400);
    // A day past the year 9999 is one that some tools write for "never".
    let last = time::Date::MAX.midnight().assume_utc();
    Some(seconds.and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok()).unwrap_or(last))
}

/// `TYPE BASE64` of a line of authorized_keys (sshd(8)), which may begin with options and end with a comment. A line
/// that sshd would not read as a key is none.
fn public_key(line: &str) -> Option<String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let pair = |text: &str| {
        let mut words = text.split_whitespace();
        let (kind, blob) = (words.next().filter(|k| is_key_type(k))?, words.next()?);
        let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        blob.bytes().all(base64).then(|| format!("{kind} {blob}"))
    };
    pair(line).or_else(|| pair(&line[options_end(line)..]))
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "webauthn-sk-"].iter().any(|p| word.starts_with(p))
}

/// Where the options end: at the first white space outside double quotes.
fn options_end(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ' ' | '\t' if !quoted => return at,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::value::Value;
    use std::sync::Arc;

    const TREE: &str = "\
-- /etc/passwd
root:x:0:0:root:/root:/bin/bash
alice:x:1000:1000:Alice,,,:/home/alice:/bin/zsh
carol:x:1001:1000::/home/carol:/bin/sh
plain:$1$old:1002:1000:::
-- /etc/group
root:x:0:
users:x:1000:
sudo:x:27:alice
-- /etc/shadow 0640 0:42
root:*:19700:0:99999:7:::
alice:$y$j9T$salt$hash:19700:0:99999:7::20454:
carol:$6$s$h:19700:0:99999:7::20453:
-- /home/alice/.ssh/authorized_keys
# laptop
ssh-ed25519 AAAAC3Nz alice@laptop

command=\"echo \\\"ssh-rsa AAAA\\\" x\",no-pty ssh-rsa AAAAB3Nz== ci
ssh-ed25519 not*base64
nonsense
-- /home/alice/.ssh/authorized_keys2
ecdsa-sha2-nistp256 AAAAE2Vj
-- /home/carol/.ssh/authorized_keys denied
";

    fn read(tree: &str, name: &str, key: &str) -> Result<Value, Fault> {
        // 2026-01-01 is day 20454.
        let now = OffsetDateTime::from_unix_timestamp(20_453 * 86_400 + 43_200).unwrap();
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), now);
        let user = User::probe(&host, &Name(name.into()), &())?.expect("the user is there");
        User::KEYS.iter().find(|k| k.info().name == key).unwrap().read(&user, "")
    }

    fn texts(list: &[&str]) -> Value {
        Value::List(list.iter().map(|t| Value::Text((*t).into())).collect())
    }

    #[test]
    fn what_the_files_say_is_read() {
        assert_eq!(read(TREE, "alice", "uid"), Ok(Value::Int(1000)));
        assert_eq!(read(TREE, "alice", "gecos"), Ok(Value::Text("Alice,,,".into())));
        assert_eq!(read(TREE, "alice", "groups"), Ok(texts(&["users", "sudo"])));
    }

    #[test]
    fn an_account_is_expired_from_the_first_moment_of_its_day() {
        assert_eq!(read(TREE, "alice", "expires-in"), Ok(Value::Duration(Duration::hours(12))));
        assert_eq!(read(TREE, "alice", "locked"), Ok(Value::Bool(false)));
        assert_eq!(read(TREE, "carol", "expires-in"), Ok(Value::Duration(Duration::hours(-12))));
        assert_eq!(read(TREE, "carol", "locked"), Ok(Value::Bool(true)));
        assert_eq!(read(TREE, "root", "expires-in"), Ok(Value::Absent));
        assert_eq!(read(TREE, "root", "locked"), Ok(Value::Bool(true)), "`*`");
    }

    #[test]
    fn a_day_beyond_the_calendar_is_far_away_and_no_overflow() {
        for days in ["9999999", "9223372036854775807"] {
            let tree = TREE.replace("::20454:", &format!("::{days}:"));
            assert_eq!(read(&tree, "alice", "locked"), Ok(Value::Bool(false)));
            assert!(
                matches!(read(&tree, "alice", "expires-in"), Ok(Value::Duration(d)) if d > Duration::weeks(50_000))
            );
        }
    }

    #[test]
    fn a_hash_is_compared_and_not_shown_and_may_stand_in_passwd() {
        let hash = read(TREE, "alice", "password-hash").unwrap();
        assert_eq!(hash, Value::Secret(Secret::new("$y$j9T$salt$hash")));
        assert!(!format!("{hash} {hash:?}").contains("salt"));
        assert_eq!(read(TREE, "plain", "password-hash"), Ok(Value::Secret(Secret::new("$1$old"))));
    }

    #[test]
    fn a_shadow_that_may_not_be_read_or_is_cut_is_a_fault() {
        let denied = TREE.replace("/etc/shadow 0640 0:42", "/etc/shadow denied");
        assert!(matches!(read(&denied, "alice", "locked"), Err(Fault::Denied(_))));
        let cut = TREE.replace("alice:$y$j9T$salt$hash:19700:0:99999:7::20454:\n", "alice:$y$j9T$sa\n");
        assert!(matches!(read(&cut, "alice", "password-hash"), Err(Fault::Malformed(_))));
    }

    #[test]
    fn keys_come_without_options_and_comments() {
        let keys = ["ssh-ed25519 AAAAC3Nz", "ssh-rsa AAAAB3Nz==", "ecdsa-sha2-nistp256 AAAAE2Vj"];
        assert_eq!(read(TREE, "alice", "authorized-keys"), Ok(texts(&keys)));
        assert_eq!(read(TREE, "root", "authorized-keys"), Ok(texts(&[])));
        assert!(matches!(read(TREE, "carol", "authorized-keys"), Err(Fault::Denied(_))));
        assert!(matches!(read(TREE, "plain", "authorized-keys"), Err(Fault::Unsupported(_))), "no home");
    }

    #[test]
    fn a_name_with_a_fields_end_in_it_is_a_mistake_in_the_spec() {
        for name in ["", "root:x", "a/b", "a\nb"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert!(Name::parse("DOMAIN\\user name").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_line_of_authorized_keys_panics(line in ".*") {
            let _ = public_key(&line);
        }
    }
}
