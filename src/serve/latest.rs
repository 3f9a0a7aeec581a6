//! The latest run: shared by everybody who asks while it is good, and run once for all who wait for it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is run.
pub type Runs<R> = Box<dyn Fn() -> R + Send + Sync>;

/// Runs on request, never two at once.
pub struct Latest<R> {
    runs: Runs<R>,
    /// How long a run is good for, from its end. Zero: for those who waited for it.
    good: Duration,
    state: Mutex<State<R>>,
}

struct State<R> {
    last: Option<(Instant, Arc<R>)>,
    /// Those who wait for a run hear on this when it has ended.
    under_way: Option<watch::Receiver<Ended<R>>>,
}

/// How a run ended.
enum Ended<R> {
    NotYet,
    With(Arc<R>),
    /// It panicked.
    Broken,
}

impl<R: Send + Sync + 'static> Latest<R> {
    pub fn new(good: Duration, runs: Runs<R>) -> Arc<Latest<R>> {
        Arc::new(Latest { runs, good, state: Mutex::new(State { last: None, under_way: None }) })
    }

    /// The last run if it is still good, else one that ends from now on. An error if there is none to be had.
    pub async fn get(self: &Arc<Self>) -> io::Result<Arc<R>> {
        let mut ended = {
            let mut state = self.state();
            if let Some((when, run)) = &state.last
                && when.elapsed() < self.good
            {
                return Ok(run.clone());
            }
            match &state.under_way {
                Some(ended) => ended.clone(),
                None => {
                    let (tell, ended) = watch::channel(Ended::NotYet);
                    let this = self.clone();
                    thread::Builder::new().name("run".into()).spawn(move || this.run(&tell))?;
                    state.under_way = Some(ended.clone());
                    ended
                }
            }
        };
        match ended.wait_for(|ended| !matches!(ended, Ended::NotYet)).await.as_deref() {
            Ok(Ended::With(run)) => Ok(run.clone()),
            _ => Err(io::Error::other("the run ended by a bug; what it would have found is not known")),
        }
    }

    fn run(&self, tell: &watch::Sender<Ended<R>>) {
        let run = catch_unwind(AssertUnwindSafe(|| (self.runs)())).ok().map(Arc::new);
        let mut state = self.state();
        state.last = run.clone().map(|run| (Instant::now(), run));
        state.under_way = None;
        drop(state);
        tell.send_replace(run.map_or(Ended::Broken, Ended::With));
    }

    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
