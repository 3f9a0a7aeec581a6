//! Runs a command on this machine, to its end or to a deadline, in bounded memory.
//!
//! - The command has a process group of its own. At the deadline the whole group gets SIGKILL at once, and so do
//!   descendants that have left the group, as far as `/proc` shows whose children they are or that they have kept the
//!   command's environment.
//! - The command has ended when its own process has. What it left running in the background is left alone, and is
//!   waited for only a moment even where it keeps the output open; what the command itself wrote is all there.
//! - A signal that ends this process ends the commands that run.
//! - Of each output the first [`OUTPUT_BOUND`] bytes are kept. The rest is read, so that the command does not hang, and dropped.

use super::{Host, Machine};
use crate::value::{Content, Fault};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

mod children;
mod kill;
mod spawn;

pub use children::{end, end_commands, outlive};

/// Bytes of each of standard output and standard error that are kept.
pub const OUTPUT_BOUND: usize = 1 << 20;
/// How long the output of a command that has ended may stay open until it is taken for a background process's.
const GRACE: Duration = Duration::from_secs(1);
/// As long at least, however near the deadline is: what it has written is taken in.
const MOMENT: Duration = Duration::from_millis(50);
/// How long a killed command may take to be gone until it is left behind: one in the middle of a disk's or a dead
/// file server's answer cannot be killed.
const REAP: Duration = Duration::from_millis(200);
/// How often an end is looked for where the kernel has no pidfd_open(2).
const TICK: Duration = Duration::from_millis(5);
/// Bytes read from one output before the other, and the deadline, are looked at: the most a pipe holds (pipe(7)).
const TURN: usize = 1 << 20;

/// A command to run. It inherits the environment.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// The program, looked for along `PATH` unless there is a `/` in it, and its arguments.
    pub argv: Vec<String>,
    /// Added to the environment.
    pub env: Vec<(String, String)>,
    pub cwd: Option<String>,
    /// Whom to run it as, where that is someone else.
    pub user: Option<Credentials>,
    /// Standard input; `/dev/null` where there is none.
    pub stdin: Option<String>,
}

/// Whose rights a command has: credentials(7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    pub home: String,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit status; 128 + n where signal n ended it, as a shell says.
    pub status: i32,
    pub stdout: Content,
    pub stderr: Content,
    /// From before it was started to when it had ended.
    pub duration: Duration,
}

impl Machine {
    /// Runs `job`. One that cannot be started, or has not ended at `deadline`, is a fault and has no exit status.
    pub fn run(&self, job: &Job, deadline: Instant) -> Result<Finished, Fault> {
        let began = Instant::now();
        if deadline <= began {
            return Err(Fault::TimedOut(job.shown(), Duration::ZERO));
        }
        let child = children::start(|mark| spawn::spawn(job, mark))?;
        let end = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok();
        Running { child, end, over: false }.attend(job, began, deadline)
    }
}

impl Credentials {
    /// Those of an account, by passwd(5) and group(5).
    pub fn of(host: &Host, name: &str) -> Result<Credentials, Fault> {
        let accounts = host.accounts()?;
        let user = accounts.user(name)?.ok_or_else(|| Fault::Failed(format!("no user `{name}` in /etc/passwd")))?;
        let member = accounts.groups()?.iter().filter(|g| g.gid != user.gid && g.members.iter().any(|m| m == name));
        Ok(Credentials {
            name: name.to_owned(),
            uid: user.uid,
            gid: user.gid,
            groups: std::iter::once(user.gid).chain(member.map(|g| g.gid)).collect(),
            home: user.home.clone(),
        })
    }
}

impl Job {
    /// A line for `/bin/sh`.
    pub fn shell(line: &str) -> Job {
        Job { argv: vec!["/bin/sh".into(), "-c".into(), line.into()], ..Job::default() }
    }

    /// The command as a person wrote it, shortened, for a message.
    fn shown(&self) -> String {
        let line = match self.argv.as_slice() {
            [shell, c, line] if shell == "/bin/sh" && c == "-c" => line.clone(),
            argv => argv.join(" "),
        };
        let short: String = line.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("`{short}{}`", if line.chars().nth(80).is_some() { "…" } else { "" })
    }
}

/// A command that has been started. Dropped before its end, it is killed.
struct Running {
    child: Child,
    /// Readable once the command has ended.
    end: Option<OwnedFd>,
    over: bool,
}

/// One output, as far as it has been read.
struct Capture {
    /// `None` once it is closed.
    pipe: Option<OwnedFd>,
    bytes: Vec<u8>,
    cut: bool,
}

impl Running {
    /// Feeds and reads the command until it has ended.
    fn attend(mut self, job: &Job, began: Instant, deadline: Instant) -> Result<Finished, Fault> {
        let fault = |e: Errno| Fault::from_io(job.shown(), &e.into());
        let mut stdout = Capture::new(self.child.stdout.take().map(OwnedFd::from)).map_err(fault)?;
        let mut stderr = Capture::new(self.child.stderr.take().map(OwnedFd::from)).map_err(fault)?;
        let mut stdin = self.child.stdin.take().map(OwnedFd::from);
        if let Some(pipe) = &stdin {
            rustix::io::ioctl_fionbio(pipe, true).map_err(fault)?;
        }
        let mut input = job.stdin.as_deref().unwrap_or_default().as_bytes();
        let mut buffer = vec![0; 64 << 10];
        let mut ended = None;
        loop {
            if ended.is_none() {
                ended = self.ended(job)?.map(|status| (status, Instant::now()));
            }
            stdin = stdin.filter(|pipe| ended.is_none() && feed(pipe, &mut input));
            // After its end this takes in all that it wrote itself: a turn is as much as a pipe holds.
            stdout.read(&mut buffer).map_err(fault)?;
            stderr.read(&mut buffer).map_err(fault)?;
            let now = Instant::now();
            let wait = match ended {
                Some((status, at)) => {
                    let closed = stdout.pipe.is_none() && stderr.pipe.is_none();
                    let wait = (at + GRACE).min(deadline.max(at + MOMENT)).saturating_duration_since(now);
                    if closed || wait.is_zero() {
                        let (stdout, stderr) = (stdout.content(), stderr.content());
                        return Ok(Finished { status: exit_status(status), stdout, stderr, duration: at - began });
                    }
                    wait
                }
                None if now >= deadline => return Err(Fault::TimedOut(job.shown(), now - began)),
                None if self.end.is_none() => TICK.min(deadline - now),
                None => deadline - now,
            };
            let end = self.end.as_ref().filter(|_| ended.is_none());
            let readable = [stdout.pipe.as_ref(), stderr.pipe.as_ref(), end].into_iter().flatten();
            let mut fds: Vec<_> = readable.map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
            fds.extend(stdin.as_ref().map(|fd| PollFd::new(fd, PollFlags::OUT)));
            match poll(&mut fds, Timespec::try_from(wait).ok().as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(fault(e)),
            }
        }
    }

    fn ended(&mut self, job: &Job) -> Result<Option<ExitStatus>, Fault> {
        let status = children::ended(&mut self.child);
        self.over = !matches!(status, Ok(None));
        status.map_err(|e| Fault::from_io(format!("waiting for {}", job.shown()), &e))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        children::kill(&self.child);
        let until = Instant::now() + REAP;
        while matches!(children::ended(&mut self.child), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn exit_status(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Writes what there is room for; false once there is no more to write or nobody to read it.
fn feed(pipe: &OwnedFd, input: &mut &[u8]) -> bool {
    while !input.is_empty() {
        match rustix::io::write(pipe, input) {
            Ok(written) => *input = input.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return true,
            // EPIPE: it may end, or close its input, without having read all.
            Err(_) => return false,
        }
    }
    false
}

impl Capture {
    fn new(pipe: Option<OwnedFd>) -> Result<Capture, Errno> {
        if let Some(pipe) = &pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(Capture { pipe, bytes: Vec::new(), cut: false })
    }

    /// Reads what there is, up to a [`TURN`].
    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
        let mut total = 0;
        while let Some(pipe) = &self.pipe
            && total < TURN
        {
            match rustix::io::read(pipe, &mut *buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    let room = OUTPUT_BOUND - self.bytes.len();
                    self.bytes.extend_from_slice(&buffer[..n.min(room)]);
                    self.cut |= n > room;
                    total += n;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn content(self) -> Content {
        Content::new(self.bytes, self.cut.then_some(OUTPUT_BOUND as u64))
    }
}

#[cfg(test)]
mod tests;
