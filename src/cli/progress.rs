//! The line on standard error that shows how far a long run is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// A run that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// Times a second that the line is drawn at most.
const RATE: u8 = 10;

/// Draws only if standard error is a terminal, and is gone once the run is over or this is dropped.
pub struct Progress {
    bar: ProgressBar,
    /// When the line may first be drawn; `None` once it is, or if it never will be.
    due: Option<Instant>,
}

impl Progress {
    /// For a run of `total` entries.
    pub fn new(total: usize) -> Progress {
        let due = std::io::stderr().is_terminal().then(|| Instant::now() + PATIENCE);
        Progress { bar: ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden()), due }
    }

    /// Another `n` entries are known. With 0, to be called now and then, the line may appear.
    pub fn done(&mut self, n: usize) {
        if n > 0 {
            return self.bar.inc(n as u64);
        }
        if self.due.is_some_and(|due| Instant::now() >= due) {
            self.due = None;
            // It has no colour, so it needs no setting that says whether colour is wanted.
            if let Ok(style) = ProgressStyle::with_template("{pos} of {len} entries [{bar:30}] {elapsed}") {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    /// Clears the line; to be called before anything else is written to the terminal.
    pub fn finish(&mut self) {
        self.due = None;
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_draws_nothing() {
        let mut progress = Progress::new(3);
        progress.done(3);
        assert!(progress.bar.is_hidden());
        progress.finish();
        assert!(progress.bar.is_finished());
    }
}
