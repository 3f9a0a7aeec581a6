//! Starts a command, as another user where one is wanted.

use super::{Credentials, Job, kill};
use crate::value::Fault;
use rustix::fs::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::io::{Error, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a service manager tells this process alone: a command that believed it was meant would speak in its name.
/// sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).
const PRIVATE: &[&str] =
    &["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];

/// `mark` goes into its environment.
pub(super) fn spawn(job: &Job, mark: &str) -> Result<Child, Fault> {
    let Some((program, arguments)) = job.argv.split_first() else {
        return Err(Fault::Failed("no command was given".into()));
    };
    let mut command = Command::new(program);
    command.args(arguments).process_group(0);
    command.stdin(if job.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(cwd) = &job.cwd {
        command.current_dir(cwd);
    }
    let other = job.user.as_ref().filter(|user| user.uid != rustix::process::geteuid().as_raw());
    if let Some(user) = other {
        command.envs([("HOME", &user.home), ("USER", &user.name), ("LOGNAME", &user.name)]);
    }
    PRIVATE.iter().for_each(|name| _ = command.env_remove(name));
    command.envs(job.env.iter().map(|(name, value)| (name, value))).env(kill::MARK, mark);
    match other {
        Some(user) => spawn_as(command, user, |e| not_started(job, program, e)),
        None => command.spawn().map_err(|e| not_started(job, program, &e)),
    }
}

/// A child has the rights of the thread that starts it, so one thread takes the user's rights, starts it and ends.
///
/// The kernel keeps them for each thread (setresuid(2), "C library/kernel differences"). What std offers instead cannot
/// give a child its supplementary groups.
fn spawn_as(mut command: Command, user: &Credentials, not_started: impl Fn(&Error) -> Fault) -> Result<Child, Fault> {
    let failed = |e: &Error| Fault::from_io(format!("becoming `{}`", user.name), e);
    let switch = || {
        let groups: Vec<_> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)
    };
    let start = || match switch() {
        Ok(()) => Ok(command.spawn()),
        Err(e) => Err(e),
    };
    let started = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, start)?;
        thread.join().map_err(|_| Error::other("its thread ended"))
    });
    match started {
        Err(e) => Err(failed(&e)),
        Ok(Err(rustix::io::Errno::PERM)) => {
            Err(Fault::Denied(format!("only root may run a command as another user (`{}`)", user.name)))
        }
        Ok(Err(e)) => Err(failed(&e.into())),
        Ok(Ok(child)) => child.map_err(|e| not_started(&e)),
    }
}

/// Why `program` was not started. The system does not say which of the paths it was that is missing.
fn not_started(job: &Job, program: &str, error: &Error) -> Fault {
    if error.kind() == ErrorKind::NotFound {
        if let Some(cwd) = job.cwd.as_ref().filter(|cwd| !Path::new(cwd).exists()) {
            return Fault::Failed(format!("cannot start `{program}` in `{cwd}`: no such directory"));
        }
        if job.cwd.is_none() && program.contains('/') && Path::new(program).exists() {
            return Fault::Failed(format!(
                "cannot start `{program}`: the program it names as its interpreter is missing"
            ));
        }
    }
    let place = job.cwd.as_ref().map(|cwd| format!(" in `{cwd}`")).unwrap_or_default();
    Fault::from_io(format!("cannot start `{program}`{place}"), error)
}
