//! A process in front of a run, which ends with the run even where the run's own process cannot end.
//!
//! Once a FUSE daemon has read a request, the kernel waits for the answer without end, and no signal ends that wait,
//! SIGKILL included (fs/fuse/dev.c, `request_wait_answer`). A process with such a thread stays until the daemon answers or
//! is gone, and so does the shell that waits for it. So where anything is mounted through FUSE, the process that the shell
//! started runs itself again: the second one does the work and says over a socket with which status the run ended; the
//! first one ends with it at once. Elsewhere there is one process: other filesystems let go of a process that is killed.
//!
//! The second process is told by an environment variable, has the socket as standard input, and gets its real standard
//! input through it, so that no descriptor is left over for commands to inherit.

use super::mounts::is_fuse;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use rustix::process::{Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stdin};
use std::ffi::OsString;
use std::fs::{File, read};
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Set to the number of the process in front.
const MARK: &str = "VERISPEC_FRONT";
/// How long a run that has ended may take to be gone. One that hangs in the kernel is left behind.
const GONE: Duration = Duration::from_millis(50);
/// How often the process in front looks whether the other one was killed.
const LOOK: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_micros(200);

/// Which of the two processes this is.
pub enum Place {
    /// The one in front, and the exit status that the other one ended with.
    Front(u8),
    /// The one that works.
    Behind(Line),
    /// There is no other.
    Alone,
}

/// To the process in front.
pub struct Line(UnixStream);

/// Finds this process's place. Comes before anything reads standard input or starts a thread.
pub fn place() -> Place {
    if std::env::var(MARK).is_ok_and(|front| is_parent(&front)) {
        return behind().map_or(Place::Alone, Place::Behind);
    }
    if !has_fuse() {
        return Place::Alone;
    }
    // Where no process can be started, this one has to do.
    start().map_or(Place::Alone, |(child, line)| Place::Front(attend(child, line)))
}

/// A command that a run starts inherits the variable, and is not meant.
fn is_parent(front: &str) -> bool {
    getppid().is_some_and(|parent| parent.as_raw_nonzero().to_string() == front)
}

/// Whether any mount is answered for by a daemon: proc_pid_mountinfo(5).
fn has_fuse() -> bool {
    read("/proc/self/mountinfo").is_ok_and(|table| mounts_fuse(&table))
}

fn mounts_fuse(table: &[u8]) -> bool {
    // The type stands behind the only field that is a dash.
    let behind = memchr::memmem::find_iter(table, b" - ").filter_map(|at| table.get(at + 3..));
    behind.filter_map(|rest| rest.split(|b| *b == b' ').next()).any(is_fuse)
}

fn start() -> std::io::Result<(Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    // It lies there until it is asked for: nothing can fail once there are two processes.
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let (mut control, input) = (SendAncillaryBuffer::new(&mut space), [stdin()]);
    control.push(SendAncillaryMessage::ScmRights(&input));
    sendmsg(&ours, &[IoSlice::new(b"i")], &mut control, SendFlags::NOSIGNAL)?;
    let name = std::env::args_os().next().unwrap_or_else(|| OsString::from("verispec"));
    let child = Command::new("/proc/self/exe")
        .arg0(name)
        .args(std::env::args_os().skip(1))
        .env(MARK, getpid().as_raw_nonzero().to_string())
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    Ok((child, ours))
}

/// Waits for the run's end.
fn attend(mut child: Child, mut line: UnixStream) -> u8 {
    let mut status = [0];
    let said = speaks(&line, child.id()) && line.read_exact(&mut status).is_ok();
    let until = Instant::now() + GONE;
    // It hangs up when the last of its threads is gone.
    let mut fds = [PollFd::new(&line, PollFlags::IN)];
    let _ = poll(&mut fds, Timespec::try_from(GONE).ok().as_ref());
    loop {
        match child.try_wait() {
            Ok(Some(ended)) if !said => return same_end(ended),
            // What it has not said is not a pass.
            Ok(None) if Instant::now() >= until && !said => return 1,
            Ok(None) if Instant::now() < until => std::thread::sleep(TICK),
            _ => return status[0],
        }
    }
}

/// Waits until there is something to read; false if there never will be. A process that is killed holds on to its files
/// until the last of its threads is gone, so the line alone does not tell of one that hangs in the kernel.
fn speaks(line: &UnixStream, child: u32) -> bool {
    loop {
        let mut fds = [PollFd::new(line, PollFlags::IN)];
        match poll(&mut fds, Timespec::try_from(LOOK).ok().as_ref()) {
            Ok(0) if read(format!("/proc/{child}/stat")).is_ok_and(|stat| is_dead(&stat)) => {
                // It may have spoken just before.
                return poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0);
            }
            Ok(0) | Err(Errno::INTR) => {}
            _ => return true,
        }
    }
}

/// Whether a process's first thread has ended: proc_pid_stat(5). Its name may have blanks and brackets in it.
fn is_dead(stat: &[u8]) -> bool {
    let state = memchr::memrchr(b')', stat).and_then(|at| stat.get(at + 2));
    matches!(state, Some(b'Z' | b'X'))
}

/// Ends as the other process did.
fn same_end(ended: ExitStatus) -> u8 {
    if let Some(signal) = ended.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
    }
    let status = ended.code().unwrap_or_else(|| 128 + ended.signal().unwrap_or(0));
    u8::try_from(status).unwrap_or(1)
}

/// Takes over standard input.
fn behind() -> Option<Line> {
    let front = getppid();
    let line = UnixStream::from(fcntl_dupfd_cloexec(stdin(), 3).ok()?);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(&line, &mut [IoSliceMut::new(&mut [0])], &mut control, RecvFlags::CMSG_CLOEXEC).ok()?;
    let input = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    })?;
    dup2_stdin(input).ok()?;
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    // What /proc/self/exe is called is `exe`.
    let _ = rustix::thread::set_name(c"verispec");
    if getppid() != front {
        // It was killed before it could take this process with it, and nobody waits for the run any more.
        std::process::exit(1);
    }
    Some(Line(line))
}

impl Line {
    /// Says that the run has ended, and how. Whoever reads this process's output is not to wait for it either.
    pub fn end(mut self, status: u8) {
        if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
            let null = null.as_fd();
            let _ = dup2_stdin(null).and(dup2_stdout(null)).and(dup2_stderr(null));
        }
        let _ = self.0.write_all(&[status]);
        // It is to hang up when the process is gone, and not before.
        std::mem::forget(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_first_thread_has_ended_is_told_from_one_that_waits() {
        assert!(is_dead(b"7 (verispec) Z 1 7 7 0 -1") && is_dead(b"7 (a) R (b) X 1"));
        for waits in [&b"7 (verispec) D 1 7"[..], b"7 (Z) S 1", b"7 (Z", b"7 (Z)", b""] {
            assert!(!is_dead(waits));
        }
    }

    #[test]
    fn nobody_waits_for_a_process_that_was_killed_and_still_holds_the_line() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        child.kill().unwrap();
        assert!(!speaks(&ours, child.id()));
        (&theirs).write_all(&[0]).unwrap();
        assert!(speaks(&ours, child.id()));
        child.wait().unwrap();
    }

    #[test]
    fn mounts_that_a_daemon_answers_for_are_told_from_others() {
        let line = |kind: &str| format!("42 27 0:40 / /mnt/fuse rw,relatime shared:1 - {kind} fuse rw,user_id=0\n");
        for kind in ["fuse", "fuseblk", "fuse.sshfs", "virtiofs"] {
            assert!(mounts_fuse((line("ext4") + &line(kind)).as_bytes()), "{kind}");
        }
        for kind in ["fusectl", "ext4", "nfs4", "fuse2"] {
            assert!(!mounts_fuse(line(kind).as_bytes()), "{kind}");
        }
        assert!(!mounts_fuse(b"") && !mounts_fuse(b" - "));
    }
}
