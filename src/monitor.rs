//! A host that is looked at again and again: when, what is known meanwhile, and a spec that may change under it.
//!
//! One thread looks, so that there are never two runs at once. Everybody else has the last state, which is whole: a run
//! that is under way shows in nothing.

mod book;
mod moment;
mod standing;
mod state;
mod tally;

pub use book::{Book, Refusal, Refused, Request};
pub use moment::Moment;
pub use standing::Windows;
pub use state::{Health, State};
pub use tally::{Histogram, Tally};

use crate::gather::{Event, Gathered, Hanging, gather};
use crate::host::Host;
use crate::load::Stamp;
use crate::plan::Limits;
use crate::report::sentence::sentence;
use crate::spec::Claim;
use crate::value::Fault;
use crate::verdict::{Kept, Summary, judge};
use standing::Standing;
use state::Entry;
use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::sync::watch;

/// Runs that are remembered.
const HISTORY: usize = 60;
/// How often the spec's files are looked at.
const GLANCE: Duration = Duration::from_secs(1);
/// How long at most between two signs of life.
const BEAT: Duration = Duration::from_millis(500);

/// When it is looked.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// From the beginning of one run to that of the next.
    Every(Duration),
    /// When somebody asks, and what is known is older than this.
    OnDemand(Duration),
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub pace: Pace,
    /// How old what is known may be; where nobody says, what a run that is not late takes. Of what is looked at on demand,
    /// nothing grows old.
    pub max_age: Option<Duration>,
    pub windows: Windows,
    pub limits: Limits,
}

/// What happens, for logs and for whoever follows.
pub enum Notice<'n> {
    /// A run has ended, in which so many entries were looked at.
    Ran(&'n State, usize),
    /// A key's outcome is another than before; of a first look, only what is not right.
    Changed(&'n Change),
    /// Another spec is in use.
    Loaded(&'n Book),
    /// Another spec is not.
    Refused(&'n Refused),
    /// A run ended by a bug.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: &'static str,
    pub id: String,
    pub key: String,
    pub was: Option<&'static str>,
    pub outcome: &'static str,
    /// Whether that leaves nothing to mend.
    pub ok: bool,
    /// What a person reads.
    pub message: String,
}

type Notify = Box<dyn FnMut(Notice) + Send>;

/// A handle on the thread that looks.
pub struct Monitor {
    shared: Arc<Shared>,
    known: watch::Receiver<Known>,
    pace: Pace,
}

/// What the thread has to say.
#[derive(Default)]
struct Known {
    /// Runs that have ended, those by a bug among them.
    runs: u64,
    state: Option<Arc<State>>,
}

struct Shared {
    demand: Mutex<Demand>,
    bell: Condvar,
}

/// What is wanted of the thread.
struct Demand {
    run: bool,
    running: bool,
    reload: bool,
    stop: bool,
    /// Its last sign of life.
    alive: Moment,
}

impl Shared {
    fn demand(&self) -> MutexGuard<'_, Demand> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want(&self, change: impl FnOnce(&mut Demand)) {
        change(&mut self.demand());
        self.bell.notify_all();
    }
}

impl Monitor {
    /// Begins to look at `host` by `book`, which `request` and `stamp` are of.
    pub fn start(parts: (Request, Book, Stamp), host: Host, settings: Settings, notify: Notify) -> io::Result<Monitor> {
        let looker = Looker::new(parts, host, settings, notify);
        let (shared, known) = (looker.shared.clone(), looker.tell.subscribe());
        thread::Builder::new().name("monitor".into()).spawn(move || looker.live())?;
        Ok(Monitor { shared, known, pace: settings.pace })
    }

    /// What is known, once something is; on demand, what is young enough. `None` after a run that ended by a bug.
    pub async fn state(&self) -> Option<Arc<State>> {
        if let (Pace::Every(_), Some(state)) = (self.pace, &self.known.borrow().state) {
            return Some(state.clone());
        }
        let mut known = self.known.clone();
        let runs = {
            // While this is held, no run begins or ends.
            let mut demand = self.shared.demand();
            let Known { runs, state } = &*known.borrow();
            match (self.pace, state) {
                (Pace::Every(_), Some(state)) => return Some(state.clone()),
                (Pace::Every(_), None) => 0,
                (Pace::OnDemand(age), Some(state)) if Moment::now().since(state.ended) < age => {
                    return Some(state.clone());
                }
                (Pace::OnDemand(_), _) => {
                    if !demand.running {
                        demand.run = true;
                        self.shared.bell.notify_all();
                    }
                    *runs
                }
            }
        };
        known.wait_for(|known| known.runs > runs).await.ok().and_then(|known| known.state.clone())
    }

    /// What is known so far.
    pub fn last(&self) -> Option<Arc<State>> {
        self.known.borrow().state.clone()
    }

    /// Reads the spec again and looks at everything.
    pub fn reload(&self) {
        self.shared.want(|demand| demand.reload = true);
    }

    pub fn stop(&self) {
        self.shared.want(|demand| demand.stop = true);
    }

    /// How long the thread that looks has given no sign of life.
    pub fn silence(&self) -> Duration {
        Moment::now().since(self.shared.demand().alive)
    }
}

/// What one look at an entry came to.
struct Look {
    verdicts: Vec<Kept>,
    elapsed: Duration,
    hanging: Option<Hanging>,
    /// When its probe had answered.
    looked: Moment,
}

/// By what an entry of one spec is that of another.
fn name(claim: &Claim) -> (&'static str, Box<str>) {
    (claim.kind.name, claim.id.clone())
}

/// The thread that looks.
struct Looker {
    shared: Arc<Shared>,
    tell: watch::Sender<Known>,
    request: Request,
    host: Host,
    settings: Settings,
    notify: Notify,
    /// Of what was read last, and why it was refused if it was.
    stamp: Stamp,
    outcome: Option<String>,
    /// Of what is in use.
    in_use: Stamp,
    /// When the files were looked at.
    glanced: Instant,
    book: Arc<Book>,
    entries: Vec<Option<Arc<Entry>>>,
    /// What was known of entries of the same names before the spec changed.
    carried: Vec<Option<Arc<Entry>>>,
    /// How long looking at one of its entries may take.
    longest: Duration,
    /// When each entry is to be looked at; `None` of what is skipped.
    due: Vec<Option<Moment>>,
    refused: Option<Arc<Refused>>,
    tally: Tally,
    history: Vec<Summary>,
}

impl Looker {
    fn new((request, book, stamp): (Request, Book, Stamp), host: Host, settings: Settings, notify: Notify) -> Looker {
        let demand = Demand { run: false, running: false, reload: false, stop: false, alive: Moment::now() };
        let claims = book.claims.len();
        let mut looker = Looker {
            shared: Arc::new(Shared { demand: Mutex::new(demand), bell: Condvar::new() }),
            tell: watch::Sender::default(),
            request,
            host,
            settings,
            notify,
            in_use: stamp.clone(),
            stamp,
            outcome: None,
            glanced: Instant::now(),
            book: Arc::new(book),
            entries: vec![None; claims],
            carried: vec![None; claims],
            longest: Duration::ZERO,
            due: vec![],
            refused: None,
            tally: Tally::default(),
            history: vec![],
        };
        looker.begin();
        looker
    }

    fn live(mut self) {
        loop {
            let reload = {
                let mut demand = self.shared.demand();
                demand.alive = Moment::now();
                if demand.stop {
                    return;
                }
                std::mem::take(&mut demand.reload)
            };
            if catch_unwind(AssertUnwindSafe(|| self.refresh(reload))).is_err() {
                self.refuse("reading it ended by a bug".to_owned());
            }
            match self.wanted() {
                Some(which) => self.run(which),
                None => self.rest(),
            }
        }
    }

    /// Another spec is in use: everything is due. A probe that hangs still does, and what is up or down stays so until
    /// there are looks enough to say otherwise.
    fn open(&mut self, book: Book) {
        let before = std::mem::replace(&mut self.book, Arc::new(book));
        let known =
            before.claims.iter().enumerate().filter_map(|(index, claim)| Some((name(claim), self.before(index)?)));
        let known: HashMap<_, _> = known.collect();
        self.carried = self.book.claims.iter().map(|claim| known.get(&name(claim)).cloned()).collect();
        self.entries = self.book.claims.iter().map(|_| None).collect();
        self.begin();
    }

    fn begin(&mut self) {
        let (now, timeout) = (Moment::now(), self.settings.limits.timeout);
        self.longest = self.book.claims.iter().map(|claim| claim.longest(timeout)).max().unwrap_or_default();
        self.due = self.book.claims.iter().map(|claim| claim.skip().is_none().then_some(now)).collect();
    }

    /// Reads the spec again if it was asked for, or its files are others.
    fn refresh(&mut self, asked: bool) {
        if asked && !self.request.lasts() {
            return self.begin();
        }
        if !asked && (self.glanced.elapsed() < GLANCE || !self.request.lasts()) {
            return;
        }
        self.glanced = Instant::now();
        if !asked && !self.stamp.is_old() {
            return;
        }
        let (read, stamp) = self.request.read(true);
        let outcome = read.as_ref().err().map(Refusal::line);
        let is_news = asked || outcome != self.outcome || !stamp.says_the_same(&self.stamp);
        self.stamp = match &outcome {
            None => stamp,
            // A file that is not there any more may come back.
            Some(_) => stamp.with(&self.stamp),
        };
        self.outcome = outcome;
        match read {
            _ if !is_news => {}
            Ok(book) => self.accept(book, asked),
            Err(refusal) => self.refuse(refusal.line()),
        }
    }

    fn accept(&mut self, book: Book, asked: bool) {
        let is_in_use = self.stamp.says_the_same(&self.in_use);
        self.in_use = self.stamp.clone();
        self.refused = None;
        if is_in_use && !asked {
            // The one that was refused is gone again.
            return self.publish();
        }
        self.tally.loaded += 1;
        self.open(book);
        (self.notify)(Notice::Loaded(&self.book));
        if let Pace::OnDemand(_) = self.settings.pace {
            // Whatever was seen is of another spec.
            let _demand = self.shared.demand();
            self.tell.send_modify(|known| known.state = None);
        }
    }

    fn refuse(&mut self, why: String) {
        let refused = Arc::new(Refused { at: Host::local().now(), why });
        (self.notify)(Notice::Refused(&refused));
        self.refused = Some(refused);
        self.tally.refused += 1;
        self.publish();
    }

    /// Tells anew what is known, with what has become of the spec.
    fn publish(&self) {
        let (refused, tally) = (self.refused.clone(), self.tally.clone());
        self.tell.send_modify(|known| {
            if let Some(before) = known.state.as_deref() {
                known.state = Some(Arc::new(State { refused, tally, ..before.clone() }));
            }
        });
    }

    /// The entries that are to be looked at now, if it is time for a run.
    fn wanted(&self) -> Option<Vec<usize>> {
        let now = Moment::now();
        let due = self.due.iter().enumerate().filter(|(_, due)| due.is_some_and(|due| due <= now));
        let due: Vec<usize> = due.map(|(index, _)| index).collect();
        let is_time = match self.settings.pace {
            // Where all entries are skipped, there is still a run to tell of.
            Pace::Every(_) => !due.is_empty() || self.tell.borrow().state.is_none(),
            Pace::OnDemand(_) => self.shared.demand().run,
        };
        is_time.then_some(due)
    }

    /// Waits until something is due, somebody wants something, or it is time for a sign of life.
    fn rest(&self) {
        let next = match self.settings.pace {
            Pace::Every(_) => self.due.iter().flatten().min().map(|due| due.since(Moment::now())),
            Pace::OnDemand(_) => None,
        };
        let idle = |demand: &mut Demand| !(demand.run || demand.reload || demand.stop);
        let span = next.unwrap_or(BEAT).min(BEAT);
        drop(self.shared.bell.wait_timeout_while(self.shared.demand(), span, idle));
    }

    fn run(&mut self, which: Vec<usize>) {
        {
            let mut demand = self.shared.demand();
            demand.run = false;
            demand.running = true;
        }
        let ran = catch_unwind(AssertUnwindSafe(|| self.look(&which)));
        if ran.is_err() {
            (self.notify)(Notice::Broken);
        }
        let state = ran.ok();
        self.plan(&which, state.is_some());
        let mut demand = self.shared.demand();
        demand.running = false;
        self.tell.send_modify(|known| {
            known.runs += 1;
            // What was seen before grows old on a schedule, and was never to be an answer on demand.
            if state.is_some() || matches!(self.settings.pace, Pace::OnDemand(_)) {
                known.state = state;
            }
        });
    }

    /// When entries are to be looked at next. What a long run has missed is not made up for; one that came to nothing is
    /// tried again as soon as another would be.
    fn plan(&mut self, which: &[usize], seen: bool) {
        let now = Moment::now();
        for index in which {
            let Some((claim, Some(due))) = self.book.claims.get(*index).zip(self.due.get_mut(*index)) else { continue };
            *due = match (self.settings.pace, claim.every().filter(|_| seen)) {
                (Pace::Every(base), own) => due.next(own.unwrap_or(base), now),
                (Pace::OnDemand(_), Some(own)) => due.next(own, now),
                (Pace::OnDemand(_), None) => now,
            };
        }
    }

    fn look(&mut self, which: &[usize]) -> Arc<State> {
        let started = Instant::now();
        let host = self.host.fresh();
        // Beside a probe that hangs, another one of the same entry would hang, too.
        let (hanging, open): (Vec<usize>, Vec<usize>) = which.iter().partition(|index| self.hangs(**index));
        let claims = self.book.claims.clone();
        let (mut seen, shared) = (vec![], self.shared.clone());
        gather(&claims, open, &host, self.settings.limits, &mut |event| match event {
            Event::Answer(index, gathered) => {
                let Some(claim) = claims.get(index) else { return };
                let Gathered { observed, elapsed, hanging } = gathered;
                let verdicts = judge(claim, observed).into_iter().filter_map(Kept::new).collect();
                seen.push((index, Look { verdicts, elapsed, hanging, looked: Moment::now() }));
            }
            Event::Tick => shared.demand().alive = Moment::now(),
        });
        for index in hanging {
            if let Some((claim, before)) = claims.get(index).zip(self.before(index)) {
                let why = Fault::TimedOut("the probe of an earlier run still hangs: this".into(), before.elapsed);
                let verdicts = judge(claim, Err(why)).into_iter().filter_map(Kept::new).collect();
                let Entry { elapsed, ref hanging, .. } = *before;
                self.learn(index, Look { verdicts, elapsed, hanging: hanging.clone(), looked: Moment::now() });
            }
        }
        for (index, look) in seen {
            if let Some(claim) = claims.get(index) {
                self.tally.looked(claim.kind.name, look.elapsed);
            }
            self.learn(index, look);
        }
        let elapsed = started.elapsed();
        self.tally.ran(elapsed);
        let state = Arc::new(self.known(host.now(), elapsed));
        self.history.clone_from(&state.history);
        (self.notify)(Notice::Ran(&state, which.len()));
        state
    }

    /// What is known of an entry, if need be of one of the same name in the spec before.
    fn before(&self, index: usize) -> Option<Arc<Entry>> {
        let own = self.entries.get(index).cloned().flatten();
        own.or_else(|| self.carried.get(index).cloned().flatten())
    }

    fn hangs(&self, index: usize) -> bool {
        let before = self.before(index);
        before.is_some_and(|entry| entry.hanging.as_ref().is_some_and(|hanging| !hanging.is_over()))
    }

    /// Takes over what was seen of an entry, and tells what is another than before.
    fn learn(&mut self, index: usize, look: Look) {
        let Look { verdicts, elapsed, hanging, looked } = look;
        let book = self.book.clone();
        let Some(claim) = book.claims.get(index) else { return };
        let expires = self.lasts(claim).map(|age| looked.plus(age));
        let last = self.entries.get(index).cloned().flatten();
        for (at, kept) in verdicts.iter().enumerate() {
            let was = last.as_ref().and_then(|last| last.verdicts.get(at)).map(|kept| kept.outcome.word());
            let is_news = was.map_or(!kept.outcome.ok(), |was| was != kept.outcome.word());
            if let Some(verdict) = kept.verdict(claim).filter(|_| is_news) {
                (self.notify)(Notice::Changed(&Change {
                    kind: claim.kind.name,
                    id: claim.id.to_string(),
                    key: verdict.key.to_string(),
                    was,
                    outcome: verdict.outcome.word(),
                    ok: verdict.outcome.ok(),
                    message: sentence(&verdict, &verdict.evidence()),
                }));
            }
        }
        let ok = verdicts.iter().all(|kept| kept.outcome.ok());
        let standing = match self.before(index) {
            None => Standing::first(ok),
            Some(before) => before.standing.after(ok, self.settings.windows),
        };
        if let Some(slot) = self.entries.get_mut(index) {
            *slot = Some(Arc::new(Entry { verdicts, elapsed, looked, standing, expires, hanging }));
        }
    }

    /// How long what was seen of an entry may be believed. One that is looked at less often may be as much older.
    fn lasts(&self, claim: &Claim) -> Option<Duration> {
        let Pace::Every(base) = self.settings.pace else { return None };
        let age = self.settings.max_age.unwrap_or_else(|| base.saturating_mul(3).saturating_add(self.longest));
        Some(age.saturating_add(claim.every().unwrap_or(base).saturating_sub(base)))
    }

    fn known(&self, started: OffsetDateTime, elapsed: Duration) -> State {
        let mut state = State {
            book: self.book.clone(),
            entries: self.entries.clone(),
            summary: Summary::new(started),
            history: vec![],
            tally: self.tally.clone(),
            ended: Moment::now(),
            health: Health::default(),
            refused: self.refused.clone(),
        };
        state.health = state.sum(None);
        let Health { pass, fail, unknown, skip, .. } = state.health;
        state.summary = Summary { pass, fail, unknown, skip, started, elapsed };
        let before = self.history.len().saturating_sub(HISTORY - 1);
        state.history = self.history.iter().skip(before).chain([&state.summary]).cloned().collect();
        state
    }
}

#[cfg(test)]
mod tests;
