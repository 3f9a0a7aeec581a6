//! What the C library answers, by whatever sources nsswitch.conf(5) names.

use super::Which;
use crate::host::Host;
use crate::host::accounts::{Group, User};
use crate::value::{Fault, Secret};
use std::ffi::OsStr;
use users::os::unix::{GroupExt, UserExt};

fn text(os: &(impl AsRef<OsStr> + ?Sized)) -> String {
    os.as_ref().to_string_lossy().into_owned()
}

pub fn user(_: &Host, which: Which) -> Result<Option<User>, Fault> {
    let user = match which {
        Which::Name(name) => users::get_user_by_name(name),
        Which::Number(uid) => users::get_user_by_uid(uid),
    };
    Ok(user.map(|user| User {
        name: text(user.name()),
        password: Secret::new("x"),
        uid: user.uid(),
        gid: user.primary_group_id(),
        gecos: text(user.gecos()),
        home: text(user.home_dir()),
        shell: text(user.shell()),
    }))
}

pub fn group(_: &Host, which: Which) -> Result<Option<Group>, Fault> {
    let group = match which {
        Which::Name(name) => users::get_group_by_name(name),
        Which::Number(gid) => users::get_group_by_gid(gid),
    };
    let members = |group: &users::Group| group.members().iter().map(text).collect();
    Ok(group.map(|group| Group { name: text(group.name()), gid: group.gid(), members: members(&group) }))
}

/// The numbers of the groups that have the user, the primary one among them.
pub fn groups_of(_: &Host, user: &User) -> Result<Vec<u32>, Fault> {
    let untold = || Fault::Failed(format!("the C library did not tell the groups of `{}`", user.name));
    let groups = users::get_user_groups(&user.name, user.gid).ok_or_else(untold)?;
    Ok(groups.iter().map(users::Group::gid).collect())
}
