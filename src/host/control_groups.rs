//! Which unit of systemd each process belongs to, by its control group: cgroups(7), systemd.unit(5).

use super::{Host, processes};
use crate::value::Fault;
use std::collections::HashMap;

pub struct ControlGroups {
    units: HashMap<u32, String>,
    /// Why there may be more processes than those.
    more: Option<Fault>,
}

pub(super) fn load(host: &Host) -> Result<ControlGroups, Fault> {
    let (mut groups, mut more) = (Vec::new(), None);
    for pid in processes::pids(host)? {
        let path = format!("/proc/{pid}/cgroup");
        match processes::unless_gone(host, pid, host.text(&path)) {
            Ok(text) => groups.extend(text.and_then(|text| Some((pid, group(&text)?.to_owned())))),
            Err(fault @ Fault::Denied(_)) => more = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    if more.is_none() && processes::hidden(host)? {
        more = Some(Fault::Denied("/proc hides the processes of other users: only root may see them".into()));
    }
    // In a container that has no control groups of its own, all that is below the first process's is systemd's.
    let first = groups.iter().find(|(pid, _)| *pid == 1).map_or("", |(_, path)| path.as_str());
    let root = first.strip_suffix("/init.scope").unwrap_or(first).trim_end_matches('/').to_owned();
    let units = groups.into_iter().filter_map(|(pid, path)| Some((pid, unit(&path, &root)?.to_owned())));
    Ok(ControlGroups { units: units.collect(), more })
}

/// The group in systemd's hierarchy: the one of its name, else the only one that version 2 has.
fn group(text: &str) -> Option<&str> {
    let rows = || text.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let row = rows().find(|(controllers, _)| *controllers == "name=systemd");
    Some(row.or_else(|| rows().find(|(controllers, _)| controllers.is_empty()))?.1)
}

/// The unit whose processes are in the group: the first of its path below the slices.
fn unit<'p>(path: &'p str, root: &str) -> Option<&'p str> {
    let below = path.strip_prefix(root).filter(|rest| rest.starts_with('/'))?;
    let name = below.split('/').filter(|part| !part.is_empty()).find(|part| !part.ends_with(".slice"))?;
    let name = name.strip_prefix('_').unwrap_or(name);
    let is_unit = [".service", ".scope", ".socket", ".mount", ".swap"].iter().any(|ending| name.ends_with(ending));
    is_unit.then_some(name)
}

impl ControlGroups {
    /// The unit that a process belongs to; `None` if it belongs to none or is not to be seen.
    pub fn unit(&self, pid: u32) -> Option<&str> {
        self.units.get(&pid).map(String::as_str)
    }

    /// The processes of a unit, by its own name, ascending, and why there may be more.
    pub fn pids(&self, unit: &str) -> (Vec<u32>, Option<&Fault>) {
        let mut pids: Vec<u32> = self.units.iter().filter(|(_, own)| *own == unit).map(|(pid, _)| *pid).collect();
        pids.sort_unstable();
        (pids, self.more.as_ref())
    }

    /// The names of all units that have processes.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        self.units.values().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TreeFiles;
    use super::*;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn groups(text: &str) -> Result<ControlGroups, Fault> {
        load(&Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH))
    }

    #[test]
    fn the_hierarchy_of_either_version_names_the_unit() {
        let old =
            "12:pids:/system.slice/other.service\n3:cpu,cpuacct:/\n1:name=systemd:/system.slice/ssh.service\n0::/\n";
        assert_eq!(group(old), Some("/system.slice/ssh.service"));
        assert_eq!(group("0::/system.slice/a:b.service\n"), Some("/system.slice/a:b.service"));
        assert_eq!(group("4:memory:/docker/x\n"), None);
        assert_eq!(group(""), None);
        for (path, name) in [
            ("/system.slice/nginx.service", Some("nginx.service")),
            ("/system.slice/system-postgresql.slice/postgresql@15-main.service", Some("postgresql@15-main.service")),
            ("/user.slice/user-0.slice/session-3.scope", Some("session-3.scope")),
            ("/user.slice/user-0.slice/user@0.service/app.slice/x.service", Some("user@0.service")),
            ("/system.slice/docker-1f.scope/system.slice/x.service", Some("docker-1f.scope")),
            ("/system.slice/_cgroup.service", Some("cgroup.service")),
            ("/system.slice/x.service/sub", Some("x.service")),
            ("/docker/1f/x.service", None),
            ("/system.slice", None),
            ("/", None),
        ] {
            assert_eq!(unit(path, ""), name, "{path}");
        }
    }

    #[test]
    fn a_container_in_its_hosts_hierarchy_has_units_of_its_own() {
        let at = "/system.slice/docker-1f.scope";
        let seen = groups(&format!(
            "-- /proc/1/cgroup\n0::{at}/init.scope\n-- /proc/7/cgroup\n0::{at}/system.slice/nginx.service\n\
             -- /proc/9/cgroup\n0::{at}/system.slice/nginx.service\n-- /proc/11/cgroup\n0::/../other\n"
        ));
        let seen = seen.unwrap();
        assert_eq!((seen.unit(7), seen.unit(11)), (Some("nginx.service"), None));
        assert_eq!(seen.pids("nginx.service"), (vec![7, 9], None));
        // Where no systemd runs, the group of the container is no unit of it.
        let plain = groups(&format!("-- /proc/1/cgroup\n0::{at}\n-- /proc/7/cgroup\n0::{at}\n")).unwrap();
        assert_eq!(plain.unit(7), None);
    }

    #[test]
    fn what_may_not_be_seen_is_told() {
        let seen = groups("-- /proc/1/cgroup\n0::/init.scope\n-- /proc/7/cgroup denied\n").unwrap();
        assert!(matches!(seen.pids("x.service"), (pids, Some(Fault::Denied(_))) if pids.is_empty()));
        assert!(groups("").is_err());
    }
}
