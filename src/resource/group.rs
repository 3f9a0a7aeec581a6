//! `group`: a group and who is in it.

use super::user::Name;
use super::{Keys, Pin, Resource, key};
use crate::host::Host;
use crate::host::accounts::Group as Account;
use crate::value::{Fault, Known};
use std::collections::BTreeSet;

pub struct Group {
    host: Host,
    account: Account,
}

impl Resource for Group {
    const NAME: &'static str = "group";
    const ABOUT: &'static str = "A group, by group(5) and, where nsswitch.conf(5) names one, a directory.";
    const EXAMPLE: &'static str = "[group.sudo]\ngid = 27\nmembers = { consist-of = [\"alice\"] }\n";
    const TARGET: Option<(&'static str, &'static str)> = Some(("groupname", "A group's name."));
    const KEYS: Keys<Self> = &[
        &key("gid", "Its number.", |g: &Self| g.account.gid),
        &key(
            "members",
            "The names of its users, sorted: those on the group's line and those of passwd(5) whose primary group it is.",
            Self::members,
        ),
    ];
    const PINS: &[Pin] = &[Pin::exact("gid"), Pin::exact("members")];
    type Id = Name;
    type Settings = ();

    fn probe(host: &Host, name: &Name, (): &()) -> Result<Option<Self>, Fault> {
        let found = host.group(name.as_str())?;
        Ok(found.map(|f| Group { host: host.clone(), account: f.account }))
    }
}

impl Group {
    /// Where there is a directory, its users may be in the groups of the files, too.
    fn members(&self) -> Result<Known<String>, Fault> {
        let users = self.host.accounts()?.users()?.iter();
        let primary = users.filter(|u| u.gid == self.account.gid).map(|u| u.name.clone());
        let all: BTreeSet<String> = self.account.members.iter().cloned().chain(primary).collect();
        Ok(Known { all: all.into_iter().collect(), more: self.host.account_sources()?.unlisted() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn members(passwd: &str) -> Result<Known<String>, Fault> {
        let tree = format!("-- /etc/group\nsudo:x:27:zoe,alice\n-- /etc/passwd\n{passwd}");
        let host = Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), OffsetDateTime::UNIX_EPOCH);
        Group::probe(&host, &super::super::Id::parse("sudo").unwrap(), &()).unwrap().unwrap().members()
    }

    #[test]
    fn users_whose_primary_group_it_is_are_members_too() {
        let passwd = "root:x:0:0:::\nmallory:x:9:27:::\nalice:x:5:27:::\n";
        let members = members(passwd).unwrap();
        assert_eq!((members.all, members.more), (["alice", "mallory", "zoe"].map(String::from).to_vec(), None));
    }

    #[test]
    fn a_directory_may_have_members_that_no_file_names() {
        let members = members("alice:x:5:27:::\n-- /etc/nsswitch.conf\npasswd: files sss\ngroup: files\n").unwrap();
        assert_eq!(members.all, ["alice", "zoe"]);
        assert!(matches!(members.more, Some(Fault::Unsupported(why)) if why.contains("`sss`")));
    }

    #[test]
    fn a_user_whose_line_does_not_read_may_be_a_member() {
        assert!(matches!(members("root:x:0:0:::\nmallory:x:9\n"), Err(Fault::Malformed(_))));
    }
}
