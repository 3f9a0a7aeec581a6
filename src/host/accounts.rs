//! Accounts and groups, from passwd(5) and group(5).

use super::Host;
use crate::value::{Fault, Secret};
use std::collections::HashMap;

pub struct Accounts {
    users: Table<User>,
    groups: Table<Group>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    /// A hash, or `x` where shadow(5) has it.
    pub password: Secret,
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

/// The lines of one file, and the first that does not read as one: who it speaks of is not known, so a name or an id
/// that stands nowhere else may be its.
struct Table<T> {
    rows: Vec<T>,
    names: HashMap<u32, usize>,
    unread: Option<Fault>,
}

pub(super) fn load(host: &Host) -> Result<Accounts, Fault> {
    let table = |path: &str| match host.text(path)? {
        Some(text) if text.trim().is_empty() => Err(Fault::Malformed(format!("{path} is empty"))),
        Some(text) => Ok(text),
        None => Err(Fault::Malformed(format!("{path} is missing"))),
    };
    Ok(Accounts {
        users: Table::parse(&table("/etc/passwd")?, "/etc/passwd", (user, 7), |u| u.uid),
        groups: Table::parse(&table("/etc/group")?, "/etc/group", (group, 4), |g| g.gid),
    })
}

/// Of one line of passwd(5).
pub(super) fn user(line: &str) -> Option<User> {
    let mut fields = line.splitn(7, ':');
    let name = fields.next().filter(|n| !n.is_empty())?.to_owned();
    let password = Secret::new(fields.next()?);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // As the C library reads it, a line may end early; what is left out is empty.
    let mut rest = || fields.next().unwrap_or_default().to_owned();
    Some(User { name, password, uid, gid, gecos: rest(), home: rest(), shell: rest() })
}

/// Of one line of group(5).
pub(super) fn group(line: &str) -> Option<Group> {
    let mut fields = line.splitn(4, ':');
    let name = fields.next().filter(|n| !n.is_empty())?.to_owned();
    fields.next()?;
    let gid = fields.next()?.parse().ok()?;
    // The C library leaves out white space before a name and none behind it, such as a line's `\r`.
    let members = fields.next().unwrap_or_default().split(',').map(str::trim_start).filter(|m| !m.is_empty());
    Some(Group { name, gid, members: members.map(str::to_owned).collect() })
}

impl<T> Table<T> {
    /// `row` reads a line, which has `fields` fields.
    fn parse(text: &str, path: &str, (row, fields): (fn(&str) -> Option<T>, usize), id: fn(&T) -> u32) -> Table<T> {
        let mut table = Table { rows: Vec::new(), names: HashMap::new(), unread: None };
        for (at, line) in text.split_inclusive('\n').enumerate() {
            // A number that ends with the file may have had more digits.
            let cut = !line.ends_with('\n') && line.split(':').count() < fields;
            let line = line.trim_end_matches('\n');
            let line = line.trim_start();
            // `+` and `-` lines speak to the C library's `compat` source, not of accounts.
            if line.is_empty() || line.starts_with(['#', '+', '-']) {
                continue;
            }
            match row(line).filter(|_| !cut) {
                Some(row) => {
                    // The first line with an id gives it its name, as getpwuid(3) has it.
                    table.names.entry(id(&row)).or_insert(table.rows.len());
                    table.rows.push(row);
                }
                None => {
                    let fault = || Fault::Malformed(format!("{path} line {} cannot be parsed", at + 1));
                    table.unread.get_or_insert_with(fault);
                }
            }
        }
        table
    }

    fn find(&self, matches: impl FnMut(&&T) -> bool) -> Result<Option<&T>, Fault> {
        match (self.rows.iter().find(matches), &self.unread) {
            (None, Some(fault)) => Err(fault.clone()),
            (row, _) => Ok(row),
        }
    }

    fn with_id(&self, id: u32) -> Option<&T> {
        self.rows.get(*self.names.get(&id)?)
    }

    fn all(&self) -> Result<&[T], Fault> {
        self.unread.clone().map_or(Ok(&self.rows), Err)
    }
}

impl Accounts {
    /// `None` is certainty: a fault where a line that does not read may be the one.
    pub fn user(&self, name: &str) -> Result<Option<&User>, Fault> {
        self.users.find(|u| u.name == name)
    }

    /// Like [`Accounts::user`].
    pub fn group(&self, name: &str) -> Result<Option<&Group>, Fault> {
        self.groups.find(|g| g.name == name)
    }

    /// Like [`Accounts::user`], by number.
    pub fn user_with_id(&self, uid: u32) -> Result<Option<&User>, Fault> {
        self.users.with_id(uid).map_or_else(|| self.users.find(|_| false), |u| Ok(Some(u)))
    }

    /// Like [`Accounts::user`], by number.
    pub fn group_with_id(&self, gid: u32) -> Result<Option<&Group>, Fault> {
        self.groups.with_id(gid).map_or_else(|| self.groups.find(|_| false), |g| Ok(Some(g)))
    }

    /// The name in the file, if a line has this number; [`Host::user_name`] looks further.
    pub fn user_name(&self, uid: u32) -> Option<&str> {
        self.users.with_id(uid).map(|u| u.name.as_str())
    }

    /// The name in the file, if a line has this number; [`Host::group_name`] looks further.
    pub fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.with_id(gid).map(|g| g.name.as_str())
    }

    /// Every user of the file; a fault where a line does not read.
    pub fn users(&self) -> Result<&[User], Fault> {
        self.users.all()
    }

    /// The users of those lines that read.
    pub fn readable_users(&self) -> &[User] {
        &self.users.rows
    }

    /// Every group of the file; a fault where a line does not read.
    pub fn groups(&self) -> Result<&[Group], Fault> {
        self.groups.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn host(tree: &str) -> Host {
        Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    const TREE: &str = "\
-- /etc/passwd
root:x:0:0:root:/root:/bin/bash
# a comment
+::::::
toor:x:0:0::/root:/bin/sh
short:x:5:6
-- /etc/group
root:x:0:
adm:*:4:syslog,alice
";

    #[test]
    fn lines_read_as_the_c_library_reads_them() {
        let host = host(TREE);
        let accounts = host.accounts().unwrap();
        assert_eq!(accounts.user_name(0), Some("root"), "the first line with a number names it");
        assert_eq!(accounts.user("toor").unwrap().unwrap().shell, "/bin/sh");
        assert_eq!(accounts.user("short").unwrap().unwrap().home, "");
        assert_eq!(accounts.user("nobody"), Ok(None));
        assert_eq!(accounts.group("adm").unwrap().unwrap().members, ["syslog", "alice"]);
        assert_eq!(accounts.group("root").unwrap().unwrap().members, [""; 0]);
    }

    #[test]
    fn a_carriage_return_belongs_to_the_last_name_of_a_line() {
        assert_eq!(group("adm:*:4:syslog, alice\r").unwrap().members, ["syslog", "alice\r"]);
        assert_eq!(user("root:x:0:0:root:/root:/bin/bash\r").unwrap().shell, "/bin/bash\r");
    }

    #[test]
    fn a_line_that_does_not_read_hides_nobody() {
        for line in ["alice:x:1000", "alice", "alice:x:-1:5::/:/bin/sh", ":x:1:1:::", "alice:x:4294967296:1:::"] {
            let host = host(&TREE.replace("# a comment", line));
            let accounts = host.accounts().unwrap();
            let fault = Fault::Malformed("/etc/passwd line 2 cannot be parsed".into());
            assert_eq!(accounts.user("alice"), Err(fault.clone()), "{line}");
            assert_eq!(accounts.user_with_id(1000), Err(fault.clone()));
            assert_eq!(accounts.users(), Err(fault));
            assert!(accounts.user("toor").unwrap().is_some(), "the other lines still answer");
            assert_eq!(accounts.group("nogroup"), Ok(None), "the other file still answers");
        }
    }

    #[test]
    fn a_last_line_that_is_cut_does_not_give_a_number_that_is_cut() {
        let users = |text: &str| Table::parse(text, "/etc/passwd", (user, 7), |u| u.uid);
        let cut = users("root:x:0:0:::\nalice:x:1000:10");
        assert!(matches!(cut.find(|u| u.name == "alice"), Err(Fault::Malformed(_))));
        assert!(users("alice:x:1000:10\n").find(|u| u.gid == 10).is_ok_and(|u| u.is_some()), "a whole line, if short");
        assert!(users("alice:x:1000:10:::/bin/sh").find(|u| u.gid == 10).is_ok_and(|u| u.is_some()));
    }

    #[test]
    fn a_missing_empty_or_denied_file_is_a_fault() {
        assert!(matches!(host("-- /etc/passwd\n-- /etc/group\nroot:x:0:\n").accounts(), Err(Fault::Malformed(_))));
        assert!(matches!(host("-- /etc/group\n").accounts(), Err(Fault::Malformed(_))));
        assert!(matches!(host("-- /etc/passwd denied\n-- /etc/group\n").accounts(), Err(Fault::Denied(_))));
    }
}
