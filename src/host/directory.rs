//! Accounts wherever the host keeps them: in the files, or in a directory that nsswitch.conf(5) names.

use super::Host;
use super::accounts::{Group, User};
use crate::value::Fault;

#[cfg(any(test, target_feature = "crt-static"))]
mod getent;
#[cfg(not(target_feature = "crt-static"))]
mod nss;

// A static program has the C library's modules crash it, whatever version of the library they are of.
#[cfg(target_feature = "crt-static")]
use getent as library;
#[cfg(not(target_feature = "crt-static"))]
use nss as library;

/// Where the C library looks for accounts beside /etc/passwd and /etc/group.
pub struct Sources {
    passwd: Order,
    group: Order,
}

/// The sources of one line of nsswitch.conf(5), without the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Order {
    /// nss-systemd(8): users of running services, and records under userdb directories.
    systemd: bool,
    /// `sss`, `ldap`, `winbind` and all others.
    directories: Vec<String>,
}

/// An account and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    pub account: T,
    /// `None` for the files, else the source in nsswitch.conf(5).
    pub source: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Database {
    Passwd,
    Group,
}

/// What is asked of a directory: a name, or a number.
#[derive(Clone, Copy)]
enum Which<'a> {
    Name(&'a str),
    Number(u32),
}

/// Sources that answer "no such account" where their daemon is down, and the socket at which it listens.
const DAEMONS: &[(&str, &str)] =
    &[("sss", "/var/lib/sss/pipes/nss"), ("winbind", "/run/samba/winbindd/pipe"), ("ldap", "/run/nslcd/socket")];

/// Where systemd keeps records of accounts, one file each, named by name and by number (nss-systemd(8)).
const RECORDS: &[&str] = &["/etc/userdb", "/run/userdb", "/run/host/userdb", "/usr/lib/userdb"];

pub(super) fn load(host: &Host) -> Result<Sources, Fault> {
    let text = match host.text("/etc/nsswitch.conf")? {
        Some(text) => text,
        None => host.text("/usr/etc/nsswitch.conf")?.unwrap_or_default(),
    };
    // Supplementary groups may come from a line of their own.
    let mut group = order(&text, "group");
    let more = order(&text, "initgroups");
    group.systemd |= more.systemd;
    group.directories.extend(more.directories);
    Ok(Sources { passwd: order(&text, "passwd"), group })
}

/// The sources that `database`'s line names. Without a line it is the files alone.
fn order(text: &str, database: &str) -> Order {
    let named = |line: &str| line.trim().strip_prefix(database)?.trim_start().strip_prefix(':').map(str::to_owned);
    let mut order = Order::default();
    let mut action = false;
    for line in text.lines().map(|l| l.split('#').next().unwrap_or_default()).filter_map(named) {
        for word in line.replace('[', " [ ").replace(']', " ] ").split_whitespace() {
            match word {
                "[" => action = true,
                "]" => action = false,
                _ if action => {}
                "files" | "compat" => {}
                "systemd" => order.systemd = true,
                other => order.directories.push(other.to_owned()),
            }
        }
    }
    order.directories.dedup();
    order
}

impl Sources {
    /// Where there is a directory of users or groups, the fault that it tells nobody who all of them are.
    pub fn unlisted(&self) -> Option<Fault> {
        let (users, groups) = (&self.passwd.directories, &self.group.directories);
        let source = users.first().or(groups.first())?;
        Some(Fault::Unsupported(format!(
            "the directory (`{source}`) may have more, and is not asked for all that it has"
        )))
    }
}

impl Host {
    /// The user of this name. `None` is certainty: where a directory could not be asked it is a fault.
    pub fn user(&self, name: &str) -> Result<Option<Found<User>>, Fault> {
        if let Some(user) = self.accounts()?.user(name)? {
            return Ok(Some(Found { account: user.clone(), source: None }));
        }
        self.ask(Database::Passwd, Which::Name(name), library::user)
    }

    /// Like [`Host::user`].
    pub fn group(&self, name: &str) -> Result<Option<Found<Group>>, Fault> {
        if let Some(group) = self.accounts()?.group(name)? {
            return Ok(Some(Found { account: group.clone(), source: None }));
        }
        self.ask(Database::Group, Which::Name(name), library::group)
    }

    /// The name of the user of this number, such as a file's owner. `None` is certainty.
    pub fn user_name(&self, uid: u32) -> Result<Option<String>, Fault> {
        if let Some(user) = self.accounts()?.user_with_id(uid)? {
            return Ok(Some(user.name.clone()));
        }
        let found = self.ask(Database::Passwd, Which::Number(uid), library::user)?;
        Ok(found.map(|f| f.account.name))
    }

    /// Like [`Host::user_name`].
    pub fn group_name(&self, gid: u32) -> Result<Option<String>, Fault> {
        if let Some(group) = self.accounts()?.group_with_id(gid)? {
            return Ok(Some(group.name.clone()));
        }
        let found = self.ask(Database::Group, Which::Number(gid), library::group)?;
        Ok(found.map(|f| f.account.name))
    }

    /// The names of a user's groups: the primary one, then the others in the order of the file. A group without a
    /// name is its number, as id(1) has it.
    pub fn groups_of(&self, user: &User) -> Result<Vec<String>, Fault> {
        let primary = self.group_name(user.gid)?.unwrap_or_else(|| user.gid.to_string());
        let named = self.accounts()?.groups()?.iter().filter(|g| g.members.contains(&user.name));
        let mut groups = vec![primary];
        groups.extend(named.map(|g| g.name.clone()));
        let sources = &self.account_sources()?.group.directories;
        if !sources.is_empty() {
            let what = format!("whether it adds `{}` to groups", user.name);
            let more = self.system(sources, &what, |host| library::groups_of(host, user))?;
            // A directory that is down adds nothing and says nothing of it.
            daemons_answer(sources)?;
            for gid in more {
                groups.push(self.group_name(gid)?.unwrap_or_else(|| gid.to_string()));
            }
        }
        let mut seen = std::collections::HashSet::new();
        groups.retain(|g| seen.insert(g.clone()));
        Ok(groups)
    }

    /// Asks for what is in no file.
    fn ask<T>(
        &self,
        database: Database,
        which: Which,
        ask: fn(&Host, Which) -> Result<Option<T>, Fault>,
    ) -> Result<Option<Found<T>>, Fault> {
        let sources = self.account_sources()?;
        let order = match database {
            Database::Passwd => &sources.passwd,
            Database::Group => &sources.group,
        };
        let mut sources = order.directories.clone();
        if order.systemd && self.has_record(database, which)? {
            sources.push("systemd".into());
        }
        if sources.is_empty() {
            return Ok(None);
        }
        let what = match which {
            Which::Name(name) => format!("for `{name}`"),
            Which::Number(id) => format!("for number {id}"),
        };
        let found = self.system(&sources, &what, |host| ask(host, which))?;
        if found.is_none() {
            daemons_answer(&sources)?;
        }
        Ok(found.map(|account| Found { account, source: Some(sources.join(", ")) }))
    }

    /// Whether systemd keeps a record of it. Its own answers need no daemon, so without a record there is no account.
    fn has_record(&self, database: Database, which: Which) -> Result<bool, Fault> {
        let key = match which {
            Which::Name(name) => name.to_owned(),
            Which::Number(id) => id.to_string(),
        };
        let ending = if database == Database::Passwd { "user" } else { "group" };
        let mut paths: Vec<String> = RECORDS.iter().map(|dir| format!("{dir}/{key}.{ending}")).collect();
        paths.push(format!("/run/systemd/dynamic-uid/direct:{key}"));
        paths.push(format!("/var/lib/systemd/home/{key}.identity"));
        for path in paths {
            if self.files().lstat(&path)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asks the C library, which loads whatever nsswitch.conf(5) names.
    fn system<T>(
        &self,
        sources: &[String],
        what: &str,
        ask: impl FnOnce(&Host) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let names = sources.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
        let not_asked = |why: &str| format!("the directory ({names}) was not asked {what}: {why}");
        let this = |why: String| not_asked(why.split_once("; ").map_or(&*why, |(_, this)| this));
        self.machine().map_err(|fault| fault.map(this))?;
        ask(self).map_err(|fault| match fault {
            Fault::Unsupported(why) => Fault::Unsupported(not_asked(&why)),
            other => other,
        })
    }
}

/// Whether those of `sources` that are asked through a daemon can be: where it is down, the C library says only that
/// there is no such account.
pub(super) fn daemons_answer(sources: &[String]) -> Result<(), Fault> {
    for (source, socket) in DAEMONS.iter().filter(|(name, _)| sources.iter().any(|s| s == name)) {
        std::os::unix::net::UnixStream::connect(socket)
            .map_err(|e| Fault::from_io(format!("the directory (`{source}`) does not answer: {socket}"), &e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn host(more: &str) -> Host {
        let tree = format!(
            "-- /etc/passwd\nroot:x:0:0:root:/root:/bin/bash\nalice:x:7:99::/:/bin/sh\n\
             -- /etc/group\nroot:x:0:\nwheel:x:10:alice,root\nadm:x:4:alice\n{more}"
        );
        Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn sources_are_read_with_comments_and_actions_left_out() {
        let text =
            "# passwd: ldap\npasswd:   files [NOTFOUND=continue SUCCESS=return] systemd sss # note\ngroup: files\n";
        let sss = Order { systemd: true, directories: vec!["sss".into()] };
        assert_eq!(order(text, "passwd"), sss);
        assert_eq!(order(text, "group"), Order::default());
        assert_eq!(order("", "passwd"), Order::default());
    }

    #[test]
    fn with_files_alone_an_absent_name_is_certainly_absent() {
        for conf in ["", "-- /etc/nsswitch.conf\npasswd: files systemd\n"] {
            assert_eq!(host(conf).user("bob"), Ok(None));
            assert_eq!(host(conf).user_name(1234), Ok(None));
        }
    }

    #[test]
    fn a_directory_that_was_not_asked_is_a_fault_and_never_absence() {
        let host = host("-- /etc/nsswitch.conf\npasswd: files sss\ngroup: files sss\n");
        assert!(host.user("root").unwrap().unwrap().source.is_none(), "the files answer first");
        assert!(matches!(host.user("bob"), Err(Fault::Unsupported(why)) if why.contains("`sss`")));
        assert!(matches!(host.group("bobs"), Err(Fault::Unsupported(_))));
        assert!(matches!(host.user_name(1234), Err(Fault::Unsupported(_))));
        let alice = host.user("alice").unwrap().unwrap().account;
        assert!(matches!(host.groups_of(&alice), Err(Fault::Unsupported(_))), "it may add groups");
    }

    #[test]
    fn a_running_services_own_user_is_not_called_absent() {
        let host = host(
            "-- /etc/nsswitch.conf\npasswd: files systemd\n-- /run/systemd/dynamic-uid/direct:dyn -> 61184\n\
             -- /run/systemd/dynamic-uid/direct:61184 -> dyn\n",
        );
        assert!(matches!(host.user("dyn"), Err(Fault::Unsupported(_))));
        assert!(matches!(host.user_name(61184), Err(Fault::Unsupported(_))));
        assert_eq!(host.user("other"), Ok(None));
    }

    #[test]
    fn an_unreadable_order_of_sources_is_a_fault() {
        let host = host("-- /etc/nsswitch.conf denied\n");
        assert!(matches!(host.user("bob"), Err(Fault::Denied(_))));
        assert!(host.user("root").unwrap().is_some());
    }

    #[test]
    fn the_primary_group_comes_first_and_a_nameless_one_is_its_number() {
        let host = host("");
        let groups = |name: &str| host.groups_of(&host.user(name).unwrap().unwrap().account).unwrap();
        assert_eq!(groups("root"), ["root", "wheel"]);
        assert_eq!(groups("alice"), ["99", "wheel", "adm"]);
    }

    fn run(program: &str, arguments: &[&str]) -> Option<String> {
        let output = std::process::Command::new(program).args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()
    }

    #[test]
    fn a_directory_whose_daemon_is_down_is_a_fault() {
        let down = DAEMONS.iter().find(|(_, socket)| !std::path::Path::new(socket).exists());
        let Some((source, socket)) = down else { return };
        assert!(matches!(daemons_answer(&[source.to_string()]), Err(Fault::Failed(why)) if why.contains(socket)));
        assert_eq!(daemons_answer(&["nis".into()]), Ok(()));
    }

    #[test]
    fn every_account_of_this_machine_is_what_getent_and_id_say() {
        let host = Host::local();
        let Some(passwd) = run("getent", &["passwd"]) else { return };
        for line in passwd.lines() {
            let name = line.split(':').next().unwrap();
            let user = host.user(name).unwrap().unwrap_or_else(|| panic!("{name} is there")).account;
            let User { uid, gid, gecos, home, shell, .. } = &user;
            let ours = format!("{name}:{}:{uid}:{gid}:{gecos}:{home}:{shell}", user.password.reveal());
            assert_eq!(ours, line);
            assert_eq!(host.user_name(*uid).unwrap().as_deref(), Some(name));
            let Some(groups) = run("id", &["-Gn", name]) else { continue };
            assert_eq!(host.groups_of(&user).unwrap(), groups.split_whitespace().collect::<Vec<_>>(), "{name}");
        }
        let Some(group) = run("getent", &["group"]) else { return };
        for line in group.lines() {
            let name = line.split(':').next().unwrap();
            let group = host.group(name).unwrap().unwrap_or_else(|| panic!("{name} is there")).account;
            assert!(line.ends_with(&format!(":{}:{}", group.gid, group.members.join(","))), "{line}");
        }
    }

    #[test]
    fn the_c_library_and_getent_answer_what_the_files_answer() {
        let host = Host::local();
        let answers = |ask: fn(&Host, Which) -> Result<Option<User>, Fault>| {
            let root = ask(&host, Which::Name("root")).unwrap().unwrap();
            assert_eq!(Ok(Some(&root)), host.accounts().unwrap().user("root"));
            assert_eq!(ask(&host, Which::Number(root.uid)).unwrap().unwrap().name, "root");
            assert_eq!(ask(&host, Which::Name("no such user")), Ok(None));
            assert_eq!(ask(&host, Which::Number(4_000_000_001)), Ok(None));
            root
        };
        let root = answers(library::user);
        assert_eq!(library::group(&host, Which::Number(root.gid)), Ok(host.group("root").unwrap().map(|g| g.account)));
        assert!(library::groups_of(&host, &root).unwrap().contains(&0));
        if getent::user(&host, Which::Name("root")) == Err(Fault::Unsupported("there is no getent(1)".into())) {
            return;
        }
        assert_eq!(answers(getent::user), root);
        let groups = host.accounts().unwrap().groups().unwrap();
        for group in groups {
            let same = Ok(Some(group.clone()));
            assert_eq!(getent::group(&host, Which::Name(&group.name)), same);
            for member in &group.members {
                let user = host.user(member).unwrap().unwrap().account;
                assert!(getent::groups_of(&host, &user).unwrap().contains(&group.gid), "{member}");
            }
        }
        assert!(matches!(getent::user(&host, Which::Name("0")), Err(Fault::Unsupported(_))), "it is uid 0 to getent");
    }
}
