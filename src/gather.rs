//! Claims meet a host: probes run on threads that can be abandoned, each under its deadline.
//!
//! Invariant: every task asked for is answered exactly once, at the latest a moment after its deadline, whatever its
//! probe does. A probe that hangs in the kernel (statvfs(2) on a dead mount) keeps its thread; the run goes on without.

use crate::host::Host;
use crate::host::mounts::Mount;
use crate::plan::Limits;
use crate::resource::Observed;
use crate::spec::{Claim, Retry};
use crate::value::{Fault, Value};
use crate::verdict::passes;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a caller of [`gather`] hears.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and a box would be made for each answer")]
pub enum Event {
    /// The claim with this index is answered.
    Answer(usize, Gathered),
    /// Time has passed.
    Tick,
}

/// What looking at one entry came to.
pub struct Gathered {
    pub observed: Observed,
    pub elapsed: Duration,
    /// The probe that was given up, if it was.
    pub hanging: Option<Hanging>,
}

/// A probe that was given up and may still be at it.
#[derive(Clone)]
pub struct Hanging(Arc<Mutex<Desk>>);

impl Hanging {
    /// Whether it has ended after all.
    pub fn is_over(&self) -> bool {
        lock(&self.0).current.is_none()
    }
}

/// The name of the threads that probes run on.
const THREAD: &str = "probe";
/// Probes are to end by their deadline themselves, and a `command` then still has to kill and reap; this much later
/// they are abandoned.
const GRACE: Duration = Duration::from_millis(400);
/// A queue that has not moved for this long gets another thread.
const STALL: Duration = Duration::from_millis(4);
/// A probe that has taken this long is likely to wait until its deadline.
const LONG: Duration = Duration::from_secs(1);
/// Threads need little: the deepest thing that runs on one is a JSON Schema validation.
const STACK: usize = 1 << 20;
/// Answers that are handed over together while more are coming.
const BATCH: usize = 256;
/// Bytes of text that are not kept waiting for a batch.
const HEAVY: usize = 64 << 10;

/// Looks at the claims at `which` and hands over each answer as it comes.
pub fn gather(claims: &Arc<Vec<Claim>>, which: Vec<usize>, host: &Host, limits: Limits, on: &mut dyn FnMut(Event)) {
    let total = which.len();
    let shared = Arc::new(Shared {
        claims: claims.clone(),
        which,
        next: AtomicUsize::new(0),
        timeout: limits.timeout,
        bell: Condvar::new(),
        rung: Mutex::new(false),
    });
    let mut crew = Crew { shared, host: host.clone(), workers: Vec::new(), limits, aside: None };
    crew.grow(1);
    let mut open: usize = total;
    let mut waiting = STALL;
    let mut inbox = Vec::new();
    while open > 0 {
        crew.shared.wait(waiting);
        let before = open;
        crew.collect(&mut inbox);
        for (index, gathered) in inbox.drain(..) {
            open -= 1;
            on(Event::Answer(index, gathered));
        }
        on(Event::Tick);
        let queued = crew.shared.next.load(Ordering::Relaxed) < total;
        if queued {
            crew.grow(crew.busy_for(STALL));
        }
        // While something is queued, look often, so that slow probes get company; else only deadlines matter.
        waiting = if queued || open != before { STALL } else { (waiting * 2).min(Duration::from_millis(50)) };
    }
}

/// Looks once at all claims that are `wanted`, each for at most `timeout` unless it says otherwise. What came of each claim,
/// in their order; `None` of the others.
pub fn all(
    claims: &Arc<Vec<Claim>>,
    wanted: impl Fn(&Claim) -> bool,
    host: &Host,
    timeout: Duration,
) -> Vec<Option<Observed>> {
    let which = claims.iter().enumerate().filter(|(_, claim)| wanted(claim)).map(|(index, _)| index).collect();
    let mut seen: Vec<Option<Observed>> = claims.iter().map(|_| None).collect();
    gather(claims, which, host, Limits { timeout, ..Limits::default() }, &mut |event| {
        if let Event::Answer(index, gathered) = event
            && let Some(slot) = seen.get_mut(index)
        {
            *slot = Some(gathered.observed);
        }
    });
    seen
}

struct Shared {
    claims: Arc<Vec<Claim>>,
    which: Vec<usize>,
    /// The first of `which` that nobody has taken.
    next: AtomicUsize,
    timeout: Duration,
    /// Rung when a worker has a batch or has run out of work.
    bell: Condvar,
    rung: Mutex<bool>,
}

impl Shared {
    /// The first claim that nobody has taken.
    fn take(&self, now: Instant) -> Option<Task<'_>> {
        let index = *self.which.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        let claim = self.claims.get(index)?;
        let common = claim.common.as_deref();
        let timeout = common.and_then(|c| c.timeout).unwrap_or(self.timeout);
        let retry = common.and_then(|c| c.retry);
        let until = now + timeout + retry.map_or(Duration::ZERO, |r| r.within);
        Some(Task { index, claim, timeout, retry, until })
    }

    fn ring(&self) {
        *lock(&self.rung) = true;
        self.bell.notify_one();
    }

    fn wait(&self, at_most: Duration) {
        let rung = lock(&self.rung);
        let (mut rung, _) =
            self.bell.wait_timeout_while(rung, at_most, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

/// A lock that a panicking probe cannot spoil: what it guards is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker and the caller both see of it.
#[derive(Default)]
struct Desk {
    /// The claim being looked at, since when, and when it is given up.
    current: Option<(usize, Instant, Instant)>,
    done: Vec<(usize, Gathered)>,
    /// Its probe outlived its deadline: whatever it still says is too late.
    abandoned: bool,
}

struct Crew {
    shared: Arc<Shared>,
    host: Host,
    workers: Vec<Arc<Mutex<Desk>>>,
    limits: Limits,
    /// A handle that waits for nothing that a worker may be at, once it is needed.
    aside: Option<Host>,
}

impl Crew {
    /// Hires up to `more` workers, within the limits.
    fn grow(&mut self, more: usize) {
        let mut most = self.limits.concurrent.max(1);
        if self.workers.len() >= most {
            most += self.at_it_for(LONG).min(self.limits.spare);
        }
        for _ in 0..more.min(most.saturating_sub(self.workers.len())) {
            let desk = Arc::new(Mutex::new(Desk::default()));
            let (shared, host, own) = (self.shared.clone(), self.host.clone(), desk.clone());
            let hired =
                thread::Builder::new().name(THREAD.into()).stack_size(STACK).spawn(move || work(&shared, &host, &own));
            match hired {
                Ok(_) => self.workers.push(desk),
                // The system has no thread to spare: those who are here go on, or the caller does the work.
                Err(_) if !self.workers.is_empty() => return,
                Err(_) => {
                    self.workers.push(desk.clone());
                    work(&self.shared, &self.host, &desk);
                }
            }
        }
    }

    /// How many workers to hire: as many as there are, if all of them have been at one probe for `long`.
    fn busy_for(&self, long: Duration) -> usize {
        if self.at_it_for(long) == self.workers.len() { self.workers.len().max(1) } else { 0 }
    }

    /// How many have been at one probe for `long`.
    fn at_it_for(&self, long: Duration) -> usize {
        let now = Instant::now();
        let is_at_it = |desk: &&Arc<Mutex<Desk>>| lock(desk).current.is_some_and(|(_, since, _)| now - since >= long);
        self.workers.iter().filter(is_at_it).count()
    }

    /// Takes what is done off all desks, and abandons the workers whose probe is past its deadline.
    fn collect(&mut self, inbox: &mut Vec<(usize, Gathered)>) {
        let now = Instant::now();
        self.workers.retain(|shared_desk| {
            let mut desk = lock(shared_desk);
            if inbox.is_empty() {
                std::mem::swap(inbox, &mut desk.done);
            } else {
                inbox.append(&mut desk.done);
            }
            let Some((index, since, until)) = desk.current else { return true };
            if now < until + GRACE {
                return true;
            }
            desk.abandoned = true;
            STUCK.fetch_add(1, Ordering::Relaxed);
            let elapsed = now - since;
            let claim = &self.shared.claims[index];
            let what = unanswered(claim, self.aside.get_or_insert_with(|| self.host.fresh()));
            let hanging = Some(Hanging(shared_desk.clone()));
            inbox.push((index, Gathered { observed: Err(Fault::TimedOut(what, elapsed)), elapsed, hanging }));
            false
        });
        let queued = self.shared.next.load(Ordering::Relaxed) < self.shared.which.len();
        if queued && self.workers.is_empty() {
            self.grow(1);
        }
    }
}

/// What an abandoned probe waits for, as far as it can be told from outside.
fn unanswered(claim: &Claim, host: &Host) -> String {
    let what = format!("`{}: {}` did not answer", claim.kind.name, claim.id);
    // Where its name is a path of a mount that someone else answers for, that is who does not.
    let mount = host.mounts().ok().and_then(|mounts| mounts.holding(&claim.id)).filter(|mount| mount.is_served());
    match mount {
        Some(Mount { mountpoint, filesystem, source, .. }) => {
            format!("{what}, which is on {mountpoint}: {filesystem} `{source}`")
        }
        None => what,
    }
}

/// Abandoned workers of any run whose probe still hangs.
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// How many threads of earlier runs hang in a probe: a process that runs again and again has to know.
pub fn stuck() -> usize {
    STUCK.load(Ordering::Relaxed)
}

/// A worker's life: take the next claim, look, put the answer on the desk.
fn work(shared: &Shared, host: &Host, desk: &Mutex<Desk>) {
    let mut since = Instant::now();
    let mut task = shared.take(since);
    lock(desk).current = task.as_ref().map(|t| (t.index, since, t.until));
    while let Some(Task { index, claim, timeout, retry, .. }) = task {
        let observed = match retry {
            None => look(claim, &host.until(since + timeout)),
            Some(retry) => look_again(claim, host, timeout, retry, since),
        };
        let ended = Instant::now();
        let mut desk = lock(desk);
        // Whoever abandoned this worker has answered for its claim, and must not lose another one to it.
        if desk.abandoned {
            desk.current = None;
            STUCK.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let heavy = is_heavy(&observed);
        desk.done.push((index, Gathered { observed, elapsed: ended - since, hanging: None }));
        since = ended;
        task = shared.take(since);
        desk.current = task.as_ref().map(|t| (t.index, since, t.until));
        if heavy || desk.done.len() >= BATCH {
            drop(desk);
            shared.ring();
        }
    }
    shared.ring();
}

/// Whether it is to be reported and let go of before there is more like it.
fn is_heavy(observed: &Observed) -> bool {
    let text = |value: &Value| matches!(value, Value::Content(content) if content.text.len() > HEAVY);
    observed.as_ref().is_ok_and(|seen| seen.iter().flat_map(|seen| &seen.values).flatten().any(text))
}

/// A claim that a worker has taken on.
struct Task<'c> {
    index: usize,
    claim: &'c Claim,
    /// For one look.
    timeout: Duration,
    retry: Option<Retry>,
    /// When it is given up, retries included.
    until: Instant,
}

/// One look. A probe that panics has observed nothing.
fn look(claim: &Claim, host: &Host) -> Observed {
    catch_unwind(AssertUnwindSafe(|| (claim.probe)(host, claim))).unwrap_or_else(|_| {
        let panic = PANICKED.take().unwrap_or_default();
        Err(Fault::Failed(format!("the probe panicked{panic}, which is a bug in verispec")))
    })
}

thread_local! {
    static PANICKED: Cell<Option<String>> = const { Cell::new(None) };
}

/// For the panic hook: keeps where a probe panics for the entry's report. `false` if it is no probe that does.
pub fn panicked(panic: &PanicHookInfo) -> bool {
    let probe = thread::current().name() == Some(THREAD);
    if probe {
        PANICKED.set(Some(of_panic(panic)));
    }
    probe
}

/// Where a panic comes from, and its message if that was known when verispec was built: another may hold what was read.
pub fn of_panic(panic: &PanicHookInfo) -> String {
    let at = panic.location().map(|at| format!(" at {}:{}:{}", at.file(), at.line(), at.column())).unwrap_or_default();
    match panic.payload().downcast_ref::<&'static str>() {
        Some(said) => format!("{at} ({said})"),
        None => at,
    }
}

/// Looks until everything passes or the time is over; the last look counts.
fn look_again(claim: &Claim, host: &Host, timeout: Duration, retry: Retry, since: Instant) -> Observed {
    loop {
        let observed = look(claim, &host.fresh().until(Instant::now() + timeout));
        if passes(claim, &observed) || since.elapsed() + retry.every > retry.within {
            return observed;
        }
        thread::sleep(retry.every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Test;
    use crate::resource::{Kind, Probe};
    use crate::spec::{Common, Expectation, Profile};
    use crate::syntax::Span;

    fn claim(id: &str, common: Common, probe: Probe) -> Claim {
        let span = Span { file: 0, start: 0, end: 0 };
        let presence = Expectation { test: Test::equal(Value::Bool(true)), span, implied: true };
        Claim {
            kind: Kind::find("file").unwrap(),
            profile: Profile::Strict,
            id: id.into(),
            target: None,
            span,
            probe,
            presence: Some(presence),
            asks: Default::default(),
            tests: Default::default(),
            common: Some(Box::new(common)),
            secrets: None,
        }
    }

    fn there() -> Observed {
        Ok(Some(vec![].into()))
    }

    /// Every answer by the claim's index, and how long the whole took.
    fn all(claims: Vec<Claim>, limits: Limits) -> (Vec<Observed>, Duration) {
        let claims: Arc<Vec<Claim>> = claims.into();
        let mut answers: Vec<Option<Observed>> = claims.iter().map(|_| None).collect();
        let begun = Instant::now();
        gather(&claims, (0..claims.len()).collect(), &Host::local(), limits, &mut |event| {
            if let Event::Answer(index, gathered) = event {
                assert!(answers[index].replace(gathered.observed).is_none(), "answered twice");
            }
        });
        (answers.into_iter().map(|a| a.expect("answered")).collect(), begun.elapsed())
    }

    #[test]
    fn every_entry_is_answered_once() {
        let claims = (0..5_000).map(|i| claim(&i.to_string(), Common::default(), Box::new(|_, _| there())));
        let (answers, _) = all(claims.collect(), Limits::default());
        assert_eq!(answers.len(), 5_000);
        assert!(answers.iter().all(|a| *a == there()));
    }

    #[test]
    fn a_probe_that_hangs_is_given_up_and_delays_nobody() {
        let hang = || -> Probe {
            Box::new(|_, _| {
                thread::sleep(Duration::from_secs(20));
                there()
            })
        };
        let short = || Common { timeout: Some(Duration::from_millis(200)), ..Common::default() };
        let mut claims: Vec<_> = (0..20).map(|_| claim("/dead", short(), hang())).collect();
        claims.extend((0..50).map(|_| claim("/alive", Common::default(), Box::new(|_, _| there()))));
        let (answers, took) = all(claims, Limits::default());
        assert!(took < Duration::from_secs(2), "took {took:?}");
        for answer in &answers[..20] {
            let Err(fault @ Fault::TimedOut(..)) = answer else { panic!("{answer:?}") };
            assert!(fault.to_string().contains("`file: /dead` did not answer"), "{fault}");
        }
        assert!(answers[20..].iter().all(|a| *a == there()));
    }

    #[test]
    fn more_probes_that_hang_than_threads_still_end() {
        let short = || Common { timeout: Some(Duration::from_millis(50)), ..Common::default() };
        let hang = || -> Probe {
            Box::new(|_, _| {
                thread::sleep(Duration::from_secs(20));
                there()
            })
        };
        let claims = (0..6).map(|_| claim("/dead", short(), hang())).collect();
        let (answers, took) = all(claims, Limits { concurrent: 2, ..Limits::default() });
        assert!(took < Duration::from_secs(5), "took {took:?}");
        assert!(answers.iter().all(|a| matches!(a, Err(Fault::TimedOut(..)))));
    }

    #[test]
    fn more_probes_that_hang_than_work_at_once_delay_nobody_for_long() {
        let hang = || -> Probe {
            Box::new(|_, _| {
                thread::sleep(Duration::from_secs(20));
                there()
            })
        };
        let four = || Common { timeout: Some(Duration::from_secs(4)), ..Common::default() };
        let mut claims: Vec<_> = (0..24).map(|_| claim("/dead", four(), hang())).collect();
        claims.push(claim("/alive", Common::default(), Box::new(|_, _| there())));
        let (claims, begun) = (Arc::new(claims), Instant::now());
        let (mut alive, mut last) = (Duration::MAX, Duration::ZERO);
        let limits = Limits { concurrent: 8, ..Limits::default() };
        gather(&claims, (0..claims.len()).collect(), &Host::local(), limits, &mut |event| {
            if let Event::Answer(index, _) = event {
                last = begun.elapsed();
                alive = if index == claims.len() - 1 { last } else { alive };
            }
        });
        assert!(alive < Duration::from_millis(3_900), "{alive:?}");
        assert!(last < Duration::from_secs(8), "{last:?}");
    }

    #[test]
    fn probes_that_wait_wait_together() {
        let wait = || -> Probe {
            Box::new(|_, _| {
                thread::sleep(Duration::from_millis(100));
                there()
            })
        };
        let claims = (0..50).map(|_| claim("/slow", Common::default(), wait())).collect();
        let (_, took) = all(claims, Limits::default());
        assert!(took < Duration::from_millis(600), "took {took:?}");
    }

    #[test]
    fn a_probe_that_panics_is_unknown() {
        let (answers, _) =
            all(vec![claim("/bug", Common::default(), Box::new(|_, _| panic!("oops")))], Limits::default());
        let Err(Fault::Failed(why)) = &answers[0] else { panic!("{answers:?}") };
        assert!(why.contains("panicked"), "{why}");
    }

    #[test]
    fn the_message_of_a_panic_is_told_only_if_it_cannot_hold_what_was_read() {
        use std::sync::mpsc::channel;
        let (told, heard) = channel();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name() == Some("told") {
                told.send(of_panic(panic)).unwrap();
            } else {
                usual(panic);
            }
        }));
        let run = |panics: fn()| thread::Builder::new().name("told".into()).spawn(panics).unwrap().join();
        assert!(run(|| panic!("oops")).is_err());
        assert!(run(|| panic!("{}", String::from("canary"))).is_err());
        let (plain, read) = (heard.recv().unwrap(), heard.recv().unwrap());
        assert!(plain.contains("src/gather.rs:") && plain.ends_with("(oops)"), "{plain}");
        assert!(read.contains("src/gather.rs:") && !read.contains("canary"), "{read}");
    }

    #[test]
    fn retry_looks_again_until_it_passes_and_no_longer_than_said() {
        let looks = Arc::new(AtomicUsize::new(0));
        let count = looks.clone();
        let retry = |ms| Common {
            retry: Some(Retry { within: Duration::from_millis(ms), every: Duration::from_millis(10) }),
            ..Common::default()
        };
        let third: Probe =
            Box::new(move |_, _| if count.fetch_add(1, Ordering::Relaxed) < 2 { Ok(None) } else { there() });
        let never: Probe = Box::new(|_, _| Ok(None));
        let (answers, took) =
            all(vec![claim("/third", retry(5_000), third), claim("/never", retry(100), never)], Limits::default());
        assert_eq!(answers, [there(), Ok(None)]);
        assert_eq!(looks.load(Ordering::Relaxed), 3);
        assert!(took < Duration::from_secs(2), "took {took:?}");
    }
}
