//! Accounts and groups, from passwd(5) and group(5).

use super::Host;
use crate::value::Fault;
use std::collections::HashMap;

pub struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
    user_names: HashMap<u32, usize>,
    group_names: HashMap<u32, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub gecos: String,
    pub home: String,
    pub shell: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub gid: u32,
    /// Members by the group's own line; those whose primary group it is are not among them.
    pub members: Vec<String>,
}

pub(super) fn load(host: &Host) -> Result<Accounts, Fault> {
    let table = |path: &str| match host.text(path)? {
        Some(text) => Ok(text),
        None => Err(Fault::Malformed(format!("{path} is missing"))),
    };
    Ok(Accounts::new(users(&table("/etc/passwd")?), groups(&table("/etc/group")?)))
}

/// The lines of passwd(5) that read as one.
fn users(text: &str) -> Vec<User> {
    let user = |line: &str| {
        let mut fields = line.splitn(7, ':').map(str::to_owned);
        let name = fields.next().filter(|n| !n.is_empty())?;
        fields.next()?;
        let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(User { name, uid, gid, gecos: fields.next()?, home: fields.next()?, shell: fields.next()? })
    };
    text.lines().filter_map(user).collect()
}

/// The lines of group(5) that read as one.
fn groups(text: &str) -> Vec<Group> {
    let group = |line: &str| {
        let mut fields = line.splitn(4, ':');
        let name = fields.next().filter(|n| !n.is_empty())?.to_owned();
        fields.next()?;
        let gid = fields.next()?.parse().ok()?;
        let members = fields.next()?.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
        Some(Group { name, gid, members })
    };
    text.lines().filter_map(group).collect()
}

impl Accounts {
    fn new(users: Vec<User>, groups: Vec<Group>) -> Self {
        // The first line with an id gives it its name, as getpwuid(3) has it.
        let user_names = users.iter().enumerate().rev().map(|(i, u)| (u.uid, i)).collect();
        let group_names = groups.iter().enumerate().rev().map(|(i, g)| (g.gid, i)).collect();
        Accounts { users, groups, user_names, group_names }
    }

    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|u| u.name == name)
    }

    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }

    pub fn user_name(&self, uid: u32) -> Option<&str> {
        self.user_names.get(&uid).map(|i| self.users[*i].name.as_str())
    }

    pub fn group_name(&self, gid: u32) -> Option<&str> {
        self.group_names.get(&gid).map(|i| self.groups[*i].name.as_str())
    }

    pub fn users(&self) -> &[User] {
        &self.users
    }

    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}
