//! From a user to the group that is its own alone; and the accounts that sysusers.d(5) says a package has.

use super::{Thing, Walk};

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, name: &str) {
    let host = walk.host;
    let group = host.user(name).and_then(|user| match user {
        Some(user) => {
            // `nogroup` and its like gain and lose members with whatever else is installed.
            let gid = user.account.gid;
            let others = host.accounts()?.readable_users().iter().any(|other| other.gid == gid && other.name != name);
            if others { Ok(None) } else { host.group_name(gid) }
        }
        None => Ok(None),
    });
    if let Some(group) = walk.ask(format!("the group of `{name}`"), group) {
        walk.lead(at, Thing::Group(group), "its primary group");
    }
}

/// Adds a user by number, unless it is the first one.
pub(super) fn lead(walk: &mut Walk<'_>, at: usize, uid: u32, because: &str) {
    if uid == 0 {
        return;
    }
    let name = walk.host.user_name(uid);
    if let Some(name) = walk.ask(format!("the user of number {uid}"), name) {
        walk.lead(at, Thing::User(name), because);
    }
}

/// The users and the groups that a file of sysusers.d(5) makes.
pub(super) fn made(text: &str) -> Vec<Thing> {
    let thing = |line: &str| {
        let mut words = line.split_whitespace();
        let (kind, name) = (words.next()?, words.next()?.trim_matches(['"', '\'']).to_owned());
        // Specifiers stand for what another file says.
        match kind {
            _ if name.is_empty() || name.contains('%') => None,
            "u" | "u!" => Some(Thing::User(name)),
            "g" => Some(Thing::Group(name)),
            _ => None,
        }
    };
    text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(thing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysusers_names_users_and_groups_and_nothing_else() {
        let text = "# comment\nu     nginx - \"nginx user\" /var/lib/nginx\ng www -\nm nginx www\nr - 500-900\nu!\t'x' 7\nu %m\nu\n";
        let user = |name: &str| Thing::User(name.into());
        assert_eq!(made(text), [user("nginx"), Thing::Group("www".into()), user("x")]);
    }
}
