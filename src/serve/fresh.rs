//! What files say, read again when it is wanted and they have changed.

use crate::host::Host;
use ring::digest::{Context, SHA256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How old what was read may be when it is used.
const AGE: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 1_000 });
/// How long one waits for files to be read. On a filesystem that hangs, what was read before has to do.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a file.
const BOUND: u64 = 1 << 20;

/// What became of files that changed, to be logged. Holds nothing of what is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The new ones are used.
    Loaded(String),
    /// They are not, and why.
    Refused(String),
    /// They are used, but somebody should look at them.
    Warning(String),
}

pub type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// What is used while files cannot be read, or make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// What they said before.
    Keeps,
    Nothing,
}

/// Makes something of the files' bytes, which are in their order. Beside it, what one should be warned of.
pub(super) type Make<T> = Box<dyn Fn(&[Vec<u8>]) -> Result<(T, Vec<String>), String> + Send + Sync>;

pub(super) struct Fresh<T> {
    what: &'static str,
    files: Vec<String>,
    make: Make<T>,
    broken: Broken,
    tell: Tell,
    state: Mutex<State<T>>,
}

struct State<T> {
    current: Option<Arc<T>>,
    /// Of what was read last, whatever became of it.
    mark: Mark,
    looked: Instant,
    /// Whether somebody is looking.
    looks: bool,
}

/// Tells one reading of the files from another.
type Mark = Result<[u8; 32], String>;

impl<T: Send + Sync + 'static> Fresh<T> {
    /// The first reading is to succeed.
    pub(super) fn read(
        what: &'static str,
        files: Vec<String>,
        broken: Broken,
        make: Make<T>,
        tell: Tell,
    ) -> Result<Arc<Fresh<T>>, String> {
        let bytes = bytes(&files)?;
        let (first, warnings) = make(&bytes)?;
        warnings.into_iter().for_each(|warning| tell(Told::Warning(warning)));
        let (current, mark) = (Some(Arc::new(first)), Ok(mark(&bytes)));
        let state = Mutex::new(State { current, mark, looked: Instant::now(), looks: false });
        Ok(Arc::new(Fresh { what, files, make, broken, tell, state }))
    }

    /// As of a second ago at most, unless the files cannot be read in time.
    pub(super) async fn current(self: &Arc<Self>) -> Option<Arc<T>> {
        if self.is_due() {
            let this = self.clone();
            // It may take as long as the filesystem does, and others are served meanwhile.
            let look = tokio::task::spawn_blocking(move || this.look().into_iter().for_each(|told| (this.tell)(told)));
            _ = tokio::time::timeout(PATIENCE, look).await;
        }
        self.last()
    }

    /// What was read last.
    pub(super) fn last(&self) -> Option<Arc<T>> {
        self.state().current.clone()
    }

    fn is_due(&self) -> bool {
        let mut state = self.state();
        let is_due = !state.looks && state.looked.elapsed() >= AGE;
        state.looks |= is_due;
        is_due
    }

    /// What there is to tell. That may take as long as the log does, and the next look does not wait for it.
    fn look(&self) -> Vec<Told> {
        let _looking = Looking(self);
        let bytes = bytes(&self.files);
        let mark = bytes.as_ref().map(|bytes| mark(bytes)).map_err(Clone::clone);
        if self.state().mark == mark {
            return vec![];
        }
        let made = bytes.and_then(|bytes| (self.make)(&bytes));
        let mut state = self.state();
        state.mark = mark;
        match made {
            Ok((made, warnings)) => {
                state.current = Some(Arc::new(made));
                let loaded = Told::Loaded(format!("{} has changed and was read again", self.what));
                [loaded].into_iter().chain(warnings.into_iter().map(Told::Warning)).collect()
            }
            Err(why) => {
                let now = match self.broken {
                    Broken::Keeps => "the one before it stays in use",
                    Broken::Nothing => {
                        state.current = None;
                        "nothing fits until it is mended"
                    }
                };
                vec![Told::Refused(format!("{} has changed and is of no use, {now}: {why}", self.what))]
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the look, whatever comes of it.
struct Looking<'a, T>(&'a Fresh<T>);

impl<T> Drop for Looking<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.looks, state.looked) = (false, Instant::now());
    }
}

fn bytes(files: &[String]) -> Result<Vec<Vec<u8>>, String> {
    let host = Host::local();
    let read = |path: &String| match host.files().read(path, BOUND + 1) {
        Ok(Some(bytes)) if bytes.len() as u64 > BOUND => Err(format!("{path}: larger than {BOUND} bytes")),
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("{path}: no such file")),
        Err(fault) => Err(fault.to_string()),
    };
    files.iter().map(read).collect()
}

fn mark(files: &[Vec<u8>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for bytes in files {
        context.update(&(bytes.len() as u64).to_le_bytes());
        context.update(bytes);
    }
    let mut mark = [0; 32];
    mark.copy_from_slice(context.finish().as_ref());
    mark
}

/// That a file which is to be kept from others is not.
pub(super) fn is_open_to_all(path: &str) -> Option<String> {
    let stat = Host::local().files().stat(path).ok().flatten()?;
    (stat.mode & 0o004 != 0).then(|| format!("{path}: everybody on this machine may read it; `chmod o= {path}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::mpsc::channel;

    #[test]
    fn a_log_that_takes_nothing_stops_no_later_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file").to_str().unwrap().to_owned();
        fs::write(&path, "one").unwrap();
        let (free, blocked) = channel::<()>();
        let blocked = Mutex::new(blocked);
        let tell: Tell = Arc::new(move |_| _ = blocked.lock().unwrap().recv());
        let make: Make<Vec<u8>> = Box::new(|files| Ok((files.concat(), vec![])));
        let fresh = Fresh::read("it", vec![path.clone()], Broken::Keeps, make, tell).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for text in ["two", "three"] {
            fs::write(&path, text).unwrap();
            std::thread::sleep(AGE * 2);
            let current = runtime.block_on(fresh.current()).unwrap();
            assert_eq!(*current, text.as_bytes());
        }
        drop(free);
    }
}
