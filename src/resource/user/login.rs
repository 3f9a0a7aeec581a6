//! Accounts of passwd(5) that somebody may log in to.

use crate::host::Host;
use crate::host::accounts::User;
use crate::resource::Thing;
use crate::value::{Fault, Known};

/// Programs that end a login at once, or do one thing and end it.
const NO_SHELLS: &[&str] = &["nologin", "false", "true", "null", "sync", "halt", "shutdown", "reboot", "poweroff"];

/// sshd(8) and login(1) start any program: that one is not in shells(5) keeps nobody out.
pub(super) fn inventory(host: &Host) -> Result<Known<Thing>, Fault> {
    let accounts = host.accounts()?;
    let logs_in = |user: &&User| !NO_SHELLS.contains(&user.shell.rsplit('/').next().unwrap_or_default());
    let thing = |user: &User| {
        // Without one it is the first shell: passwd(5).
        let shell = if user.shell.is_empty() { "/bin/sh" } else { &user.shell };
        Thing::new(&user.name, format!("uid {}, {shell}", user.uid))
    };
    let mut all: Vec<Thing> = accounts.readable_users().iter().filter(logs_in).map(thing).collect();
    let mut seen = std::collections::HashSet::new();
    all.retain(|thing| seen.insert(thing.name.clone()));
    Ok(Known { all, more: accounts.users().err() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn names(passwd: &str) -> (Vec<String>, Option<Fault>) {
        let tree = TreeFiles::parse(&format!("-- /etc/passwd\n{passwd}-- /etc/group\nroot:x:0:\n")).unwrap();
        let host = Host::offline(Arc::new(tree), time::OffsetDateTime::UNIX_EPOCH);
        let known = inventory(&host).unwrap();
        (known.all.into_iter().map(|thing| format!("{} {}", thing.name, thing.what)).collect(), known.more)
    }

    const DEBIAN: &str = "\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
messagebus:x:100:107::/nonexistent:/bin/false
git:x:110:118::/srv/git:/usr/bin/git-shell
postgres:x:111:119::/var/lib/postgresql:/bin/bash
bare:x:1001:1001:::
root:x:0:0:again:/root:/bin/sh
";

    #[test]
    fn whoever_has_a_shell_or_a_program_of_his_own_is_listed_once() {
        let (names, more) = names(DEBIAN);
        let expected = [
            "root uid 0, /bin/bash",
            "git uid 110, /usr/bin/git-shell",
            "postgres uid 111, /bin/bash",
            "bare uid 1001, /bin/sh",
        ];
        assert_eq!((names, more), (expected.map(str::to_owned).to_vec(), None));
    }

    #[test]
    fn a_line_that_does_not_read_may_be_an_account_more() {
        let (names, more) = names(&format!("{DEBIAN}mallory:x:1000\n"));
        assert_eq!((names.len(), more.unwrap().code()), (4, "malformed"));
    }
}
