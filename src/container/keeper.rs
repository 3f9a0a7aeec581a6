//! What was made for a run, and is gone when the run ends, however it ends.

use super::guest::Guest;
use super::parked;
use crate::host::engine::{Content, Engine, PATIENT, Refused, escaped};
use crate::host::exec;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a volume is tried to be removed while the daemon still lets go of it.
const TRIES: usize = 20;
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// Something to take away again.
#[derive(Clone)]
pub enum Thing {
    Container(String),
    Volume(String),
    /// What lies in a container that was there before.
    Guest(Guest),
}

/// Takes away what is left when it is dropped, and when a signal ends the process.
pub struct Keeper {
    engine: Engine,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    things: Vec<Thing>,
    /// A signal has come: nothing more is to be made.
    ending: bool,
}

impl Keeper {
    /// `say` hears what could not be taken away at a signal.
    pub fn new(engine: Engine, say: fn(&str)) -> io::Result<Keeper> {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let mut signals = Signals::new(exec::outlive(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM]))?;
        let (theirs, daemon) = (Arc::clone(&kept), engine.clone());
        thread::Builder::new().name("signals".into()).spawn(move || {
            let mut cleaner = None;
            for signal in signals.forever() {
                if cleaner.is_some() {
                    // Whoever asks twice does not want to wait.
                    say("ended before everything was taken away; what is left has the label `verispec`");
                    exec::end(signal);
                }
                let (theirs, daemon) = (Arc::clone(&theirs), daemon.clone());
                let clean = move || {
                    let mut kept = lock(&theirs);
                    kept.ending = true;
                    clean(&daemon, &mut kept.things).iter().for_each(|left| say(left));
                    exec::end(signal);
                };
                cleaner = thread::Builder::new().spawn(clean).ok();
            }
        })?;
        Ok(Keeper { engine, kept })
    }

    /// Makes something, which is kept from before it is there on: the daemon may do what is never answered. What it
    /// refuses is not there.
    pub fn make<T>(&self, thing: Thing, make: impl FnOnce(&Engine) -> Result<T, Refused>) -> Result<T, Refused> {
        let mut kept = lock(&self.kept);
        if kept.ending {
            drop(kept);
            return parked();
        }
        kept.things.push(thing);
        let made = make(&self.engine);
        // An archive that does not fit may be half unpacked.
        let whole = !matches!(kept.things.last(), Some(Thing::Guest(_)));
        if whole && made.as_ref().is_err_and(|refused| refused.status.is_some()) {
            kept.things.pop();
        }
        made
    }

    /// Takes everything away, the last first. What could not be, and why.
    pub fn clean(self) -> Vec<String> {
        self.sweep()
    }

    fn sweep(&self) -> Vec<String> {
        let mut kept = lock(&self.kept);
        if kept.ending {
            drop(kept);
            return parked();
        }
        clean(&self.engine, &mut kept.things)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.sweep();
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn clean(engine: &Engine, things: &mut Vec<Thing>) -> Vec<String> {
    let mut left = vec![];
    while let Some(thing) = things.pop() {
        let (what, gone) = match &thing {
            Thing::Container(name) => (format!("the container `{name}`"), remove_container(engine, name)),
            Thing::Volume(name) => (format!("the volume `{name}`"), remove_volume(engine, name)),
            Thing::Guest(guest) => (guest.describe(), guest.leave(engine)),
        };
        if let Err(why) = gone {
            left.push(format!("{what} is still there: {why}"));
        }
    }
    left
}

/// With the volumes that the image asks for.
fn remove_container(engine: &Engine, name: &str) -> Result<(), Refused> {
    let target = format!("/containers/{}?force=true&v=true", escaped(name));
    match engine.ask("DELETE", &target, Content::Nothing, PATIENT) {
        Ok(_) | Err(Refused { status: Some(404), .. }) => Ok(()),
        Err(refused) => Err(refused),
    }
}

fn remove_volume(engine: &Engine, name: &str) -> Result<(), Refused> {
    let target = format!("/volumes/{}?force=true", escaped(name));
    let mut tries = 0;
    loop {
        match engine.ask("DELETE", &target, Content::Nothing, PATIENT) {
            Ok(_) | Err(Refused { status: Some(404), .. }) => return Ok(()),
            // It is in use for a moment after the container is gone.
            Err(Refused { status: Some(409), .. }) if tries < TRIES => tries += 1,
            Err(refused) => return Err(refused),
        }
        thread::sleep(TRY_AGAIN);
    }
}
