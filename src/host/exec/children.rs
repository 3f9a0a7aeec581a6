//! The commands that run at this moment, so that a signal that ends this process ends them too.
//!
//! A command has a process group of its own, so a terminal's Ctrl-C does not reach it, nor does what `kill` sends to this
//! process. A thread that is started with the first command waits for such a signal, kills the commands with all that they
//! have started, and lets the signal do to this process what it would have done.

use super::kill;
use rustix::process::Pid;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::collections::BTreeMap;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Those that have not been waited for: until then no other process has such a number, or leads such a group.
///
/// With the mark that each has in its environment.
static RUNNING: Mutex<BTreeMap<i32, String>> = Mutex::new(BTreeMap::new());
/// Held for reading from before a command is started until it is in `RUNNING`.
static STARTING: RwLock<()> = RwLock::new(());
static WATCH: Once = Once::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Bits of the signals that whoever takes them ends this process by.
static OUTLIVED: AtomicU64 = AtomicU64::new(0);

/// How long a signal waits for commands that are being started. One whose program lies on a dead file server takes for ever.
const STARTED: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_millis(1);

/// Starts a command, which is to have this mark in its environment.
pub(super) fn start<E>(spawn: impl FnOnce(&str) -> Result<Child, E>) -> Result<Child, E> {
    WATCH.call_once(watch);
    // No other command's, not even one's of a process that had this number before.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mark = format!("{}-{}-{}", std::process::id(), now.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed));
    let _starting = STARTING.read();
    let child = spawn(&mark)?;
    running().insert(number(&child), mark);
    Ok(child)
}

/// Kills a command that has not been waited for, and whatever it has started.
pub(super) fn kill(child: &Child) {
    let (pid, mut one) = (number(child), BTreeMap::new());
    one.extend(running().get(&pid).map(|mark| (pid, mark.clone())));
    kill::trees(&one);
}

/// Its exit status, once it has ended.
pub(super) fn ended(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let mut running = running();
    let status = child.try_wait();
    if !matches!(status, Ok(None)) {
        running.remove(&number(child));
    }
    status
}

fn running() -> MutexGuard<'static, BTreeMap<i32, String>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(child: &Child) -> i32 {
    Pid::from_child(child).as_raw_nonzero().get()
}

/// Without a thread to spare, commands outlive this process as they would without this.
fn watch() {
    let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| !is_ignored(*signal));
    if let Ok(mut signals) = Signals::new(signals) {
        let wait = move || signals.forever().filter(|signal| !is_outlived(*signal)).for_each(end);
        let _ = thread::Builder::new().name("signals".into()).stack_size(1 << 18).spawn(wait);
    }
}

/// Leaves ending this process by these signals to the caller. Those that are ignored stay so; the others are returned.
pub fn outlive(signals: &[i32]) -> Vec<i32> {
    let taken: Vec<i32> = signals.iter().copied().filter(|signal| !is_ignored(*signal)).collect();
    let bits = taken.iter().fold(0, |bits, signal| bits | 1_u64 << signal);
    OUTLIVED.fetch_or(bits, Ordering::Relaxed);
    taken
}

fn is_outlived(signal: i32) -> bool {
    OUTLIVED.load(Ordering::Relaxed) >> signal & 1 == 1
}

/// Whether whoever started this process wants it to live through a signal, as nohup(1) does: proc_pid_status(5).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Ends this process as a signal does, with the commands that run.
pub fn end(signal: i32) {
    end_commands();
    let _ = emulate_default_handler(signal);
    std::process::exit(128 + signal);
}

/// Ends the commands that run, for good: this process is about to end, too.
pub fn end_commands() {
    let until = Instant::now() + STARTED;
    let mut starting = STARTING.try_write();
    while starting.is_err() && Instant::now() < until {
        thread::sleep(TICK);
        starting = STARTING.try_write();
    }
    let running = running();
    kill::trees(&running);
    // Held to the end: nobody starts or waits for a command any more.
    std::mem::forget((starting, running));
}
