//! Processes, by /proc/PID: proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5).

use super::Host;
use crate::value::{Bytes, Fault};
use procfs::FromRead;
use std::time::Duration;

/// All processes that may be seen.
pub struct Processes {
    all: Vec<Named>,
    /// Why there may be more.
    more: Option<Fault>,
}

/// A process of which only the name is known: the kernel makes up a line of stat from all of its threads, and most
/// processes are not the ones that were asked for.
struct Named {
    pid: u32,
    comm: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// The kernel's name for it: 15 bytes at most, more for some of its own threads.
    pub comm: String,
    /// Ended, and waiting for its parent to take notice.
    pub ended: bool,
    /// Ticks of the clock from the machine's start to its own.
    pub started: u64,
    /// The number of the terminal that controls it; 0 if none does.
    pub terminal: i32,
    /// Who started it, or took it over; 0 of what the kernel started, and of what came from outside of a container.
    pub parent: u32,
}

/// What is read of a process when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its effective user.
    pub uid: u32,
    /// The memory it has resident.
    pub rss: Bytes,
}

pub(super) fn load(host: &Host) -> Result<Processes, Fault> {
    let (mut all, mut more) = (Vec::new(), None);
    for pid in pids(host)? {
        match name(host, pid) {
            Ok(comm) => all.extend(comm.map(|comm| Named { pid, comm })),
            Err(fault @ Fault::Denied(_)) => more = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    let hidden = (hidden(host)? || (more.is_some() && hides(&mounted(host)?))).then(|| {
        Fault::Denied("/proc is mounted with `hidepid`: only root may see the processes of other users".into())
    });
    Ok(Processes { all, more: hidden.or(more) })
}

/// The IDs of all processes that may be seen, ascending.
pub(super) fn pids(host: &Host) -> Result<Vec<u32>, Fault> {
    let names = host.files().list("/proc")?.unwrap_or_default();
    let mut pids: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if pids.is_empty() {
        return Err(Fault::Unsupported("/proc is not mounted".into()));
    }
    pids.sort_unstable();
    Ok(pids)
}

/// Turns what went wrong with a process that ended meanwhile into `None`.
pub(super) fn unless_gone<T>(host: &Host, pid: u32, result: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Err(_) if host.files().lstat(&format!("/proc/{pid}"))?.is_none() => Ok(None),
        result => result,
    }
}

/// Whether processes of other users are left out of /proc: its mount option hidepid.
pub(super) fn hidden(host: &Host) -> Result<bool, Fault> {
    if !hides(&mounted(host)?) {
        return Ok(false);
    }
    // The option spares root and one group. Whoever sees the first process, and is not its user, is spared.
    Ok(match host.files().lstat("/proc/1")? {
        None => true,
        Some(first) if host.machine().is_ok() => {
            let user = rustix::process::geteuid();
            !user.is_root() && first.uid == user.as_raw()
        }
        Some(_) => false,
    })
}

fn mounted(host: &Host) -> Result<String, Fault> {
    Ok(host.text("/proc/mounts")?.unwrap_or_default())
}

/// Whether the last mount on /proc has a hidepid other than `0`, `off`.
fn hides(mounts: &str) -> bool {
    let on_proc = |line: &str| line.split(' ').nth(1) == Some("/proc");
    let options = mounts.lines().rfind(|line| on_proc(line)).and_then(|line| line.split(' ').nth(3));
    let hidepid = options.and_then(|o| o.split(',').find_map(|o| o.strip_prefix("hidepid=")));
    hidepid.is_some_and(|value| !matches!(value, "0" | "off"))
}

/// The kernel's name for a process; `None` if it is gone.
fn name(host: &Host, pid: u32) -> Result<Option<String>, Fault> {
    match unless_gone(host, pid, host.text(&format!("/proc/{pid}/comm")))? {
        Some(line) => Ok(Some(line.strip_suffix('\n').unwrap_or(&line).to_owned())),
        None => Ok(read(host, pid)?.map(|process| process.comm)),
    }
}

/// One process; `None` if it has ended and is gone.
fn read(host: &Host, pid: u32) -> Result<Option<Process>, Fault> {
    let path = format!("/proc/{pid}/stat");
    let Some(bytes) = unless_gone(host, pid, host.read(&path))? else { return Ok(None) };
    let malformed = || Fault::Malformed(format!("{path} is not as proc_pid_stat(5) describes it"));
    stat(pid, &bytes).map(Some).ok_or_else(malformed)
}

fn stat(pid: u32, bytes: &[u8]) -> Option<Process> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    // procfs slices by these without looking.
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let (head, name, rest) = (text.get(..open)?, text.get(open + 1..close)?, text.get(close + 1..)?);
    if !head.ends_with(' ') || !rest.starts_with(' ') {
        return None;
    }
    let stat = procfs::process::Stat::from_read(text.as_bytes()).ok()?;
    Some(Process {
        pid,
        comm: unescape(name),
        // A leader that ended before its threads shows as a zombie, too.
        ended: matches!(stat.state, 'Z' | 'X' | 'x') && stat.num_threads <= 1,
        started: stat.starttime,
        terminal: stat.tty_nr,
        parent: u32::try_from(stat.ppid).unwrap_or_default(),
    })
}

/// The kernel writes `\n` and `\\` for a line feed and a backslash in a name.
fn unescape(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('\\')) => plain.push('\\'),
            _ => {
                plain.push(c);
                continue;
            }
        }
        chars.next();
    }
    plain
}

impl Host {
    /// The kernel's name for a process; `None` if it is gone.
    pub fn process_name(&self, pid: u32) -> Result<Option<String>, Fault> {
        name(self, pid)
    }

    /// One process; `None` if it is gone, or has ended and waits for its parent.
    pub fn process(&self, pid: u32) -> Result<Option<Process>, Fault> {
        Ok(read(self, pid)?.filter(|process| !process.ended))
    }

    /// The program that a process runs, by the link /proc/PID/exe; `None` if it is gone, its file is, or it is the kernel's.
    pub fn program(&self, pid: u32) -> Result<Option<String>, Fault> {
        let link = unless_gone(self, pid, self.files().link(&format!("/proc/{pid}/exe")))?;
        Ok(link.filter(|path| path.starts_with('/') && !path.ends_with(" (deleted)")))
    }
}

impl Processes {
    /// Those that have not ended and whose name `is_wanted`.
    pub fn running(&self, host: &Host, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Process>, Fault> {
        let mut running = Vec::new();
        for named in self.all.iter().filter(|named| is_wanted(&named.comm)) {
            running.extend(read(host, named.pid)?.filter(|process| !process.ended));
        }
        Ok(running)
    }

    /// The kernel's names for all of them, as often as there are such.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|named| named.comm.as_str())
    }

    /// The fault that there may be more than those.
    pub fn complete(&self) -> Result<(), Fault> {
        self.more.clone().map_or(Ok(()), Err)
    }
}

impl Process {
    /// `None` if it is gone.
    pub fn status(&self, host: &Host) -> Result<Option<Status>, Fault> {
        let path = format!("/proc/{}/status", self.pid);
        let Some(text) = unless_gone(host, self.pid, host.text(&path))? else { return Ok(None) };
        let malformed = || Fault::Malformed(format!("{path} is not as proc_pid_status(5) describes it"));
        status(&text).map(Some).ok_or_else(malformed)
    }

    /// Its arguments, its own name first; none for the kernel's own threads. `None` if it is gone.
    pub fn arguments(&self, host: &Host) -> Result<Option<Vec<String>>, Fault> {
        let path = format!("/proc/{}/cmdline", self.pid);
        Ok(unless_gone(host, self.pid, host.text(&path))?.map(|text| arguments(&text)))
    }
}

/// Not by procfs, which insists on lines that gVisor and older kernels do not have.
fn status(text: &str) -> Option<Status> {
    let line = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
    let uid = line("Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    // The kernel's own threads have no memory of their own.
    let kib: u64 = match line("VmRSS") {
        Some(rss) => rss.trim().strip_suffix(" kB")?.trim().parse().ok()?,
        None => 0,
    };
    Some(Status { uid, rss: Bytes(kib.checked_mul(1024)?) })
}

/// Each argument ends with a zero; a program that writes its own title may leave a row of them.
fn arguments(text: &str) -> Vec<String> {
    // Written-down hosts end their files with a line feed.
    let text = text.strip_suffix('\n').unwrap_or(text).trim_end_matches('\0');
    if text.is_empty() { Vec::new() } else { text.split('\0').map(str::to_owned).collect() }
}

/// How long ago something happened that was `ticks` after the machine's start.
pub fn since(host: &Host, ticks: u64) -> Result<Duration, Fault> {
    let uptime = match host.machine() {
        // Not /proc/uptime, which a container may show its own of (lxcfs).
        Ok(machine) => machine.uptime(),
        Err(_) => {
            let path = "/proc/uptime";
            let text = host.text(path)?.ok_or_else(|| Fault::Unsupported(format!("{path} is missing")))?;
            uptime(&text).ok_or_else(|| Fault::Malformed(format!("{path} is not as proc_uptime(5) describes it")))?
        }
    };
    let hertz = rustix::param::clock_ticks_per_second().max(1);
    let started =
        Duration::from_secs(ticks / hertz) + Duration::from_secs(ticks % hertz) / u32::try_from(hertz).unwrap_or(100);
    match uptime.checked_sub(started) {
        Some(age) => Ok(age),
        // Both are rounded.
        None if started - uptime < Duration::from_secs(1) => Ok(Duration::ZERO),
        None => Err(Fault::Malformed("a process started later than now".into())),
    }
}

fn uptime(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.split_ascii_whitespace().next()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::TreeFiles;
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use time::OffsetDateTime;

    const REST: &str = " 1 7 7 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 1234 5000000 300 18446744073709551615 1 1 0 0 0 0 0 \
        4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0";

    fn line(name: &str, state: char) -> String {
        format!("7 ({name}) {state}{REST}\n")
    }

    #[test]
    fn names_may_hold_anything() {
        for (name, comm) in [
            ("nginx", "nginx"),
            ("tmux: server", "tmux: server"),
            ("a) S 1 (b", "a) S 1 (b"),
            ("(sd-pam)", "(sd-pam)"),
            ("", ""),
            ("a\\nb\\\\n", "a\nb\\n"),
            ("kworker/u4:2-events_unbound", "kworker/u4:2-events_unbound"),
        ] {
            let process = stat(7, line(name, 'S').as_bytes()).unwrap();
            let expected = Process { pid: 7, comm: comm.into(), ended: false, started: 1234, terminal: 0, parent: 1 };
            assert_eq!(process, expected);
        }
    }

    #[test]
    fn a_zombie_has_ended_but_not_one_whose_threads_go_on() {
        assert!(stat(7, line("x", 'Z').as_bytes()).unwrap().ended);
        let threads = line("x", 'Z').replace(" 20 0 1 0 1234", " 20 0 4 0 1234");
        assert!(!stat(7, threads.as_bytes()).unwrap().ended);
        assert!(!stat(7, line("x", 'T').as_bytes()).unwrap().ended);
    }

    #[test]
    fn a_cut_line_is_no_process() {
        let whole = line("nginx", 'S');
        for length in 0..60 {
            assert_eq!(stat(7, &whole.as_bytes()[..length]), None, "{length}");
        }
    }

    #[test]
    fn status_needs_the_user_and_threads_of_the_kernel_have_no_memory() {
        let text = "Name:\tnginx\nUid:\t0\t33\t33\t33\nVmHWM:\t    900 kB\nVmRSS:\t    5120 kB\n";
        assert_eq!(status(text), Some(Status { uid: 33, rss: Bytes(5 << 20) }));
        assert_eq!(status("Name:\tkthreadd\nUid:\t0\t0\t0\t0\n"), Some(Status { uid: 0, rss: Bytes(0) }));
        for broken in ["", "Name:\tx\n", "Uid:\t0\n", "Uid:\t0\t0\t0\t0\nVmRSS:\t99999999999999999999 kB\n"] {
            assert_eq!(status(broken), None, "{broken}");
        }
    }

    #[test]
    fn arguments_end_with_zeros() {
        assert_eq!(arguments("sleep\0infinity\0"), ["sleep", "infinity"]);
        assert_eq!(
            arguments("nginx: master process /usr/sbin/nginx\0\0\0\0"),
            ["nginx: master process /usr/sbin/nginx"]
        );
        assert_eq!(arguments("sh\0-c\0\0"), ["sh", "-c"]);
        assert_eq!(arguments(""), [""; 0]);
    }

    #[test]
    fn hidepid_is_read_from_the_last_mount_on_proc() {
        assert!(hides("sysfs /sys sysfs rw 0 0\nproc /proc proc rw,nosuid,hidepid=2,gid=27 0 0\n"));
        assert!(hides("proc /proc proc rw,hidepid=invisible 0 0\n"));
        assert!(!hides("proc /proc proc rw,relatime 0 0\nproc /mnt/proc proc rw,hidepid=2 0 0\n"));
        assert!(!hides("proc /proc proc rw,hidepid=2 0 0\nproc /proc proc rw,hidepid=off 0 0\n"));
        assert!(!hides(""));
    }

    fn tree(text: &str) -> Host {
        Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_is_hidden_or_refused_or_broken_is_told() {
        let own = format!("-- /proc/7/stat\n{}", line("nginx", 'S'));
        let count = |more: &str| {
            let host = tree(&format!("{own}{more}"));
            let all = load(&host)?;
            let count = all.running(&host, |_| true)?.len();
            all.complete().map(|()| count)
        };
        assert_eq!(count(""), Ok(1));
        assert_eq!(count("-- /proc/8/comm\ngone\n"), Ok(1), "a process that vanished");
        assert!(matches!(count("-- /proc/8/stat denied\n"), Err(Fault::Denied(_))));
        assert!(matches!(count("-- /proc/8/stat\n8 (cut\n"), Err(Fault::Malformed(_))));
        let hidepid = "-- /proc/mounts\nproc /proc proc rw,hidepid=2 0 0\n";
        assert!(matches!(count(hidepid), Err(Fault::Denied(_))));
        assert_eq!(count(&format!("{hidepid}-- /proc/1/stat\n{}", line("init", 'S'))), Ok(2));
        assert!(matches!(load(&tree("-- /proc/\n")).map(|_| ()), Err(Fault::Unsupported(_))));
    }

    #[test]
    fn age_is_counted_from_the_machines_start() {
        let host = tree("-- /proc/uptime\n112.34 400.00\n");
        let hertz = rustix::param::clock_ticks_per_second();
        assert_eq!(since(&host, 12 * hertz).unwrap(), Duration::from_millis(100_340));
        assert_eq!(since(&host, 112 * hertz + hertz / 2).unwrap(), Duration::ZERO);
        assert!(since(&host, 200 * hertz).is_err());
        assert!(since(&host, u64::MAX).is_err());
        assert!(since(&tree("-- /proc/uptime\nx\n"), 1).is_err());
        assert!(since(&tree(""), 1).is_err());
    }

    #[test]
    fn this_process_is_among_them() {
        let host = Host::local();
        let all = host.processes().unwrap();
        let all = all.running(&host, |_| true).unwrap();
        let me = all.iter().find(|p| p.pid == std::process::id()).unwrap();
        let status = me.status(&host).unwrap().unwrap();
        assert_eq!(status.uid, rustix::process::geteuid().as_raw());
        assert!(status.rss > Bytes(1 << 18));
        assert_eq!(me.arguments(&host).unwrap().unwrap(), std::env::args().collect::<Vec<_>>());
        assert!(since(&host, me.started).unwrap() < Duration::from_secs(3600));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, words in "[0-9() ]{0,40}[^a]{0,9}") {
            let _ = stat(1, &bytes);
            let _ = stat(1, words.as_bytes());
            let _ = status(&words);
            let _ = unescape(&words);
        }
    }
}
