//! `process`: the processes of a name that run.

use super::{Keys, Pin, Presence, Resource, key};
use crate::host::Host;
use crate::host::processes::{self, Process, Status};
use crate::value::{Bytes, Fault};
use time::Duration;

/// Bytes of a name that the kernel keeps (TASK_COMM_LEN, without its final zero).
const COMM: usize = 15;

pub struct Running {
    host: Host,
    /// At least one.
    all: Vec<Process>,
}

impl Resource for Running {
    const NAME: &'static str = "process";
    const ABOUT: &'static str = "The processes of a name, by /proc/PID/stat. The kernel keeps 15 bytes of a name: a \
        longer one matches by those, unless the process's command line begins with another name that has the same. \
        One that has ended and waits for its parent (a zombie) does not run.";
    const EXAMPLE: &'static str = "[process.sshd]\nuser = [\"root\"]\ncount = { ge = 1 }\n";
    const PRESENCE: Option<Presence> =
        Some(Presence { name: "running", about: "Whether at least one process of this name runs." });
    const TARGET: Option<(&'static str, &'static str)> =
        Some(("comm", "The name in /proc/PID/comm, as `ps -e` shows it."));
    const KEYS: Keys<Self> = &[
        &key("count", "How many there are.", |p: &Self| p.all().map(<[_]>::len)),
        &key("user", "Names of the users they run as; the number of one without a name.", Self::user),
        &key("args", "Their command lines, arguments joined by spaces; `[name]` where there is none.", Self::args),
        &key("pids", "Their IDs.", |p: &Self| Ok(p.all()?.iter().map(|p| p.pid).collect::<Vec<_>>())),
        &key("rss", "The memory they have resident, together; shared pages count for each.", Self::rss),
        &key("age", "How long ago the youngest started.", Self::age).growing(),
    ];
    const PINS: &[Pin] = &[Pin::holding("user"), Pin::moving("count")];
    type Id = String;
    type Settings = ();

    fn probe(host: &Host, name: &String, (): &()) -> Result<Option<Self>, Fault> {
        let mut all = Vec::new();
        for process in host.processes()?.running(host, |comm| is_alike(comm, name))? {
            if is_named(host, &process, name)? {
                all.push(process);
            }
        }
        if all.is_empty() {
            host.processes()?.complete()?;
            return Ok(None);
        }
        Ok(Some(Running { host: host.clone(), all }))
    }
}

/// Whether a process of the kernel's name `comm` may be called `name`, of which the kernel keeps 15 bytes.
fn is_alike(comm: &str, name: &str) -> bool {
    // A letter cut in two reads as U+FFFD in either.
    comm == name || name.as_bytes().get(..COMM).is_some_and(|kept| comm == String::from_utf8_lossy(kept))
}

/// Whether a process that may be called `name` is.
fn is_named(host: &Host, process: &Process, name: &str) -> Result<bool, Fault> {
    if process.comm == name {
        return Ok(true);
    }
    let Some(kept) = name.as_bytes().get(..COMM) else { return Ok(false) };
    let Some(arguments) = process.arguments(host)? else { return Ok(false) };
    // The program, or the script that it runs.
    let mut names = arguments.iter().take(2).map(|a| a.rsplit('/').next().unwrap_or(a));
    let mut alike = names.by_ref().filter(|n| n.as_bytes().starts_with(kept)).peekable();
    Ok(alike.peek().is_none() || alike.any(|n| n == name))
}

impl Running {
    /// All of them, or the fault that not all could be seen.
    fn all(&self) -> Result<&[Process], Fault> {
        self.host.processes()?.complete().map(|()| self.all.as_slice())
    }

    /// What `read` finds of each that has not gone meanwhile.
    fn each<T>(&self, read: impl Fn(&Process) -> Result<Option<T>, Fault>) -> Result<Vec<T>, Fault> {
        let mut seen = Vec::new();
        for process in self.all()? {
            seen.extend(read(process)?);
        }
        if seen.is_empty() {
            return Err(Fault::Failed("it ended while it was looked at".into()));
        }
        Ok(seen)
    }

    fn status(&self) -> Result<Vec<Status>, Fault> {
        self.each(|p| p.status(&self.host))
    }

    fn user(&self) -> Result<Vec<String>, Fault> {
        let mut users = self
            .status()?
            .iter()
            .map(|s| Ok(self.host.user_name(s.uid)?.unwrap_or_else(|| s.uid.to_string())))
            .collect::<Result<Vec<_>, Fault>>()?;
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    fn args(&self) -> Result<Vec<String>, Fault> {
        self.each(|p| {
            let line = |arguments: Vec<String>| match arguments.is_empty() {
                true => format!("[{}]", p.comm),
                false => arguments.join(" "),
            };
            Ok(p.arguments(&self.host)?.map(line))
        })
    }

    fn rss(&self) -> Result<Bytes, Fault> {
        Ok(Bytes(self.status()?.iter().fold(0, |sum, s| sum.saturating_add(s.rss.0))))
    }

    fn age(&self) -> Result<Duration, Fault> {
        let youngest = self.all()?.iter().map(|p| p.started).max().unwrap_or(0);
        let age = processes::since(&self.host, youngest)?;
        Ok(Duration::try_from(age).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;
    use time::OffsetDateTime;

    fn tree(processes: &[(&str, char, &str)]) -> Host {
        let mut text =
            "-- /proc/uptime\n100.00 1.0\n-- /etc/passwd\nroot:x:0:0::/:/bin/sh\n-- /etc/group\nroot:x:0:\n".to_owned();
        for (at, (comm, state, cmdline)) in processes.iter().enumerate() {
            let pid = at + 1;
            text += &format!(
                "-- /proc/{pid}/stat\n{pid} ({comm}) {state} 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 {pid}000 50 30 0 1 1 0 0 0 0 0 \
                 0 0 0 0 0\n-- /proc/{pid}/cmdline\n{cmdline}\n-- /proc/{pid}/status\nUid:\t0\t0\t0\t0\nVmRSS:\t 8 kB\n"
            );
        }
        Host::offline(Arc::new(TreeFiles::parse(&text).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    fn pids(host: &Host, name: &str) -> Vec<u32> {
        let found = Running::probe(host, &name.to_owned(), &()).unwrap();
        found.map_or(Vec::new(), |p| p.all().unwrap().iter().map(|p| p.pid).collect())
    }

    #[test]
    fn a_long_name_matches_by_what_the_kernel_keeps_but_not_another_with_the_same_beginning() {
        let host = tree(&[
            ("systemd-network", 'S', "/lib/systemd/systemd-networkd"),
            ("systemd-network", 'S', "/lib/systemd/systemd-network-generator"),
            ("unattended-upgr", 'S', "/usr/bin/python3\0/usr/share/unattended-upgrade-shutdown\0--wait"),
            ("a-daemon-with-a", 'S', "serving requests"),
        ]);
        assert_eq!(pids(&host, "systemd-networkd"), [1]);
        assert_eq!(pids(&host, "systemd-network-generator"), [2]);
        assert_eq!(pids(&host, "systemd-network"), [1, 2]);
        assert_eq!(pids(&host, "unattended-upgrade-shutdown"), [3]);
        assert_eq!(pids(&host, "a-daemon-with-a-title"), [4]);
        assert_eq!(pids(&host, "a-daemon-with"), [0; 0]);
    }

    #[test]
    fn what_is_read_is_of_all_that_run() {
        let host = tree(&[("app", 'S', "app\0-v"), ("app", 'R', ""), ("app", 'Z', "")]);
        let app = Running::probe(&host, &"app".to_owned(), &()).unwrap().unwrap();
        assert_eq!(app.args().unwrap(), ["app -v", "[app]"]);
        assert_eq!(app.user().unwrap(), ["root"]);
        assert_eq!(app.rss().unwrap(), Bytes(16 << 10));
        let hertz = i64::try_from(rustix::param::clock_ticks_per_second()).unwrap();
        assert_eq!(
            app.age().unwrap(),
            Duration::seconds(100) - Duration::seconds(2000) / i32::try_from(hertz).unwrap()
        );
    }

    #[test]
    fn a_zombie_does_not_run() {
        let host = tree(&[("app", 'Z', "")]);
        assert!(Running::probe(&host, &"app".to_owned(), &()).unwrap().is_none());
    }

    #[test]
    fn a_process_that_may_not_be_seen_is_not_one_that_does_not_run() {
        let text = "-- /proc/7/stat denied\n";
        let host = Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH);
        let seen = Running::probe(&host, &"app".to_owned(), &());
        assert!(matches!(seen.map(|_| ()), Err(Fault::Denied(_))));
    }
}
