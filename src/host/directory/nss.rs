//! What the C library answers, by whatever sources nsswitch.conf(5) names.

use super::Which;

pub use answers::{AVAILABLE, group, groups_of, user};

/// The C library of a dynamic build.
#[cfg(not(target_feature = "crt-static"))]
mod answers {
    use super::Which;
    use crate::host::accounts::{Group, User};
    use crate::value::Secret;
    use users::os::unix::{GroupExt, UserExt};

    pub const AVAILABLE: bool = true;

    fn text(os: &(impl AsRef<std::ffi::OsStr> + ?Sized)) -> String {
        os.as_ref().to_string_lossy().into_owned()
    }

    pub fn user(which: Which) -> Option<User> {
        let user = match which {
            Which::Name(name) => users::get_user_by_name(name),
            Which::Number(uid) => users::get_user_by_uid(uid),
        }?;
        Some(User {
            name: text(user.name()),
            password: Secret::new("x"),
            uid: user.uid(),
            gid: user.primary_group_id(),
            gecos: text(user.gecos()),
            home: text(user.home_dir()),
            shell: text(user.shell()),
        })
    }

    pub fn group(which: Which) -> Option<Group> {
        let group = match which {
            Which::Name(name) => users::get_group_by_name(name),
            Which::Number(gid) => users::get_group_by_gid(gid),
        }?;
        Some(Group { name: text(group.name()), gid: group.gid(), members: group.members().iter().map(text).collect() })
    }

    pub fn groups_of(user: &User) -> Option<Vec<String>> {
        let groups = users::get_user_groups(&user.name, user.gid)?;
        Some(groups.iter().map(|g| text(g.name())).collect())
    }
}

/// A static build: loading another library into it would crash, so nothing is asked.
#[cfg(target_feature = "crt-static")]
mod answers {
    use super::Which;
    use crate::host::accounts::{Group, User};

    pub const AVAILABLE: bool = false;

    pub fn user(_: Which) -> Option<User> {
        None
    }

    pub fn group(_: Which) -> Option<Group> {
        None
    }

    pub fn groups_of(_: &User) -> Option<Vec<String>> {
        None
    }
}
