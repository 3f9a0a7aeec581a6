//! Which processes this host starts by itself, and which are somebody's at a terminal, or a container's: cgroups(7),
//! namespaces(7), proc_pid_stat(5).

use super::processes::unless_gone;
use super::{Host, Stat};
use crate::value::Fault;

/// Why a process is not one that this host starts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Its root is another than this host's.
    Container,
    /// It is gone with a login: its scope.
    Login(String),
    /// It is gone with what made the scope: systemd.scope(5).
    Scope(String),
    /// Somebody started it at a terminal.
    Terminal,
}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Foreign::Container => f.write_str("it runs in a container, with a root of its own"),
            Foreign::Login(scope) => write!(f, "it was started by hand, in the login {scope}"),
            Foreign::Scope(scope) => write!(f, "it runs in {scope}, which this host does not start by itself"),
            Foreign::Terminal => f.write_str("it was started by hand, at a terminal"),
        }
    }
}

impl Host {
    /// Whether a process is in a container on this host, so that its paths and numbers of users mean others. Services that
    /// systemd gives a view of their own of the same root are in none.
    pub fn is_contained(&self, pid: u32) -> Result<bool, Fault> {
        let namespace = |of: &str| self.files().link(&format!("/proc/{of}/ns/mnt"));
        let Some(its) = unless_gone(self, pid, namespace(&pid.to_string()))? else { return Ok(false) };
        match namespace("self")? {
            Some(own) if own != its => {}
            _ => return Ok(false),
        }
        let root = unless_gone(self, pid, self.files().stat(&format!("/proc/{pid}/root")))?;
        let place = |stat: Stat| (stat.device, stat.inode);
        Ok(match (root, self.files().stat("/")?) {
            (Some(its), Some(own)) => place(its) != place(own),
            _ => false,
        })
    }

    /// Why a process is not one that this host starts by itself; `None` where it is, or where nothing speaks against it.
    pub fn foreign(&self, pid: u32) -> Result<Option<Foreign>, Fault> {
        match self.is_contained(pid) {
            Ok(true) => return Ok(Some(Foreign::Container)),
            // Only root may see that of others: the scope tells, too.
            Ok(false) | Err(Fault::Denied(_)) => {}
            Err(fault) => return Err(fault),
        }
        let unit = self.control_groups().ok().and_then(|groups| groups.unit(pid));
        match unit {
            Some("init.scope") => Ok(None),
            Some(scope) if scope.ends_with(".scope") => Ok(Some(match scope.starts_with("session-") {
                true => Foreign::Login(scope.to_owned()),
                false => Foreign::Scope(scope.to_owned()),
            })),
            // What has no unit, or is under a user's own systemd, may be anything.
            Some(unit) if !unit.starts_with("user@") => Ok(None),
            _ => {
                let terminal = |pid| Ok::<_, Fault>(self.process(pid)?.map_or(0, |process| process.terminal));
                let own = terminal(pid)?;
                // A container may be one terminal's altogether.
                Ok((own != 0 && terminal(1).unwrap_or(0) != own).then_some(Foreign::Terminal))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TreeFiles;
    use super::*;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn stat(pid: u32, terminal: i32) -> String {
        let rest = "-1 0 0 0 0 0 1 2 0 0 20 0 1 0 1234 50 30 0 1 1 0 0 0 0 0 0 0 0 0 0";
        format!("-- /proc/{pid}/stat\n{pid} (x) S 1 7 7 {terminal} {rest}\n")
    }

    /// What is said of process 7 in this group, at this terminal, on a host with `more`.
    fn foreign(group: &str, terminal: i32, more: &str) -> Result<Option<Foreign>, Fault> {
        let tree =
            format!("-- /proc/1/cgroup\n0::/init.scope\n-- /proc/7/cgroup\n0::{group}\n{}{more}", stat(7, terminal));
        Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), OffsetDateTime::UNIX_EPOCH).foreign(7)
    }

    #[test]
    fn what_a_person_started_is_not_the_hosts() {
        let login = Foreign::Login("session-3.scope".into());
        let slice = "/user.slice/user-0.slice";
        assert_eq!(foreign(&format!("{slice}/session-3.scope"), 0, ""), Ok(Some(login)), "nohup leaves it there");
        let scope = Foreign::Scope("run-u7.scope".into());
        assert_eq!(foreign("/system.slice/run-u7.scope", 0, ""), Ok(Some(scope)));
        assert_eq!(foreign(&format!("{slice}/user@0.service/x.slice"), 34816, ""), Ok(Some(Foreign::Terminal)));
        assert_eq!(foreign(&format!("{slice}/user@0.service/x.slice"), 0, ""), Ok(None));
        assert_eq!(foreign("/", 34816, &stat(1, 0)), Ok(Some(Foreign::Terminal)));
        assert_eq!(foreign("/", 34816, &stat(1, 34816)), Ok(None), "all of a container that has one terminal");
        assert_eq!(foreign("/system.slice/system-getty.slice/getty@tty1.service", 1025, ""), Ok(None));
        assert_eq!(foreign("/init.scope", 0, ""), Ok(None));
    }

    #[test]
    fn another_root_is_a_container_and_another_view_of_the_same_is_none() {
        let group = "/system.slice/web.service";
        let names = |its: u32| format!("-- /proc/self/ns/mnt -> mnt:[1]\n-- /proc/7/ns/mnt -> mnt:[{its}]\n");
        assert_eq!(foreign(group, 0, &format!("{}-- /proc/7/root -> /\n", names(2))), Ok(None), "PrivateTmp=");
        let other = "-- /proc/7/root -> /overlay\n-- /overlay/\n";
        assert_eq!(foreign(group, 0, &format!("{}{other}", names(2))), Ok(Some(Foreign::Container)));
        assert_eq!(foreign(group, 0, &format!("{}{other}", names(1))), Ok(None), "chroot(2)");
        let unseen = "-- /proc/self/ns/mnt -> mnt:[1]\n-- /proc/7/ns/ denied\n";
        assert_eq!(foreign(group, 0, unseen), Ok(None));
        let scope = Foreign::Scope("docker-1f.scope".into());
        assert_eq!(foreign("/system.slice/docker-1f.scope", 0, unseen), Ok(Some(scope)));
    }

    #[test]
    fn this_process_is_in_no_container_of_this_host() {
        assert_eq!(Host::local().is_contained(std::process::id()), Ok(false));
    }
}
