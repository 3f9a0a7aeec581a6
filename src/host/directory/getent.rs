//! What getent(1) answers: it asks whatever nsswitch.conf(5) names, in a process of its own.

use super::Which;
use crate::host::accounts::{self, Group, User};
use crate::host::exec::{Finished, Job};
use crate::host::{Host, Machine};
use crate::value::Fault;

/// Where it lies. What `PATH` names first need not be the C library's.
const PLACES: &[&str] = &["/usr/bin/getent", "/bin/getent"];
/// Its exit status where the database has no such key.
const NO_SUCH_KEY: i32 = 2;

pub fn user(host: &Host, which: Which) -> Result<Option<User>, Fault> {
    let is = |user: &User| which.is(&user.name, user.uid);
    find(host, "passwd", which, accounts::user, is)
}

pub fn group(host: &Host, which: Which) -> Result<Option<Group>, Fault> {
    let is = |group: &Group| which.is(&group.name, group.gid);
    find(host, "group", which, accounts::group, is)
}

/// The numbers of the groups that name the user among their members.
pub fn groups_of(host: &Host, user: &User) -> Result<Vec<u32>, Fault> {
    let finished = run(host, "initgroups", &user.name)?;
    // A user's name may have a space in it.
    let numbers = finished.stdout.text.trim_end_matches('\n').strip_prefix(user.name.as_str());
    let numbers = numbers.map(|text| text.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>());
    match (finished.status, numbers) {
        (0, Some(Ok(numbers))) if finished.stdout.cut.is_none() => Ok(numbers),
        (status, _) => Err(unread("initgroups", &user.name, status)),
    }
}

impl Which<'_> {
    fn is(self, name: &str, number: u32) -> bool {
        match self {
            Which::Name(asked) => asked == name,
            Which::Number(asked) => asked == number,
        }
    }
}

fn find<T>(
    host: &Host,
    database: &str,
    which: Which,
    read: fn(&str) -> Option<T>,
    is: impl Fn(&T) -> bool,
) -> Result<Option<T>, Fault> {
    let key = match which {
        Which::Name(name) if name.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(Fault::Unsupported(format!("getent(1) takes the name `{name}` for a number")));
        }
        Which::Name(name) => name.to_owned(),
        Which::Number(number) => number.to_string(),
    };
    let finished = run(host, database, &key)?;
    match (finished.status, read(finished.stdout.text.trim_end_matches('\n'))) {
        (0, Some(found)) if is(&found) && finished.stdout.cut.is_none() => Ok(Some(found)),
        (NO_SUCH_KEY, None) => Ok(None),
        (status, _) => Err(unread(database, &key, status)),
    }
}

fn unread(database: &str, key: &str, status: i32) -> Fault {
    Fault::Failed(format!("`getent {database} {key}` ended with {status} and no answer that can be read"))
}

fn run(host: &Host, database: &str, key: &str) -> Result<Finished, Fault> {
    let machine: &Machine = host.machine()?;
    for place in PLACES {
        if host.files().stat(place)?.is_some() {
            let argv = [place, database, "--", key].map(str::to_owned).to_vec();
            return machine.run(&Job { argv, ..Job::default() }, host.deadline());
        }
    }
    Err(Fault::Unsupported("there is no getent(1)".into()))
}
