//! An errand in a container that runs: it is waited for, looked at, and heard when it dies.

use super::inside::{self, Command};
use super::log::{Bounded, SAID_BOUND};
use super::{Errand, FOLDER, PROGRAM, Voices, daemon, inspect};
use crate::host::engine::Engine;
use crate::quantity;
use crate::report::printable::line as shown;
use crate::run::Rounds;
use serde_json::Value;
use std::io::{self, Write};
use std::thread;
use std::time::Instant;

/// An errand in a container that runs.
pub(super) struct Visit<'v> {
    pub engine: &'v Engine,
    pub errand: &'v Errand,
    pub container: &'v str,
    /// The container through which files are put where this one sees them.
    pub files: &'v str,
}

impl Visit<'_> {
    pub(super) fn look(&self, voices: &mut Voices) -> Result<u8, String> {
        let Errand { look, settle, wait, rounds, .. } = self.errand;
        self.is_alive(voices)?;
        let settled = match wait.is_none() && rounds.timeout.is_zero() {
            true => true,
            false => self.settles(&self.errand.command(settle), voices)?,
        };
        if let (false, Some(wait)) = (settled, wait) {
            self.inside(&self.errand.command(wait), (voices.err, &mut io::sink()))?;
            self.show_log(voices);
            let waited = quantity::waited(rounds.timeout);
            return Err(format!("what is waited for has not come within {waited}; nothing else was looked at"));
        }
        self.renew_log()?;
        let status = self.inside(&self.errand.command(look), (voices.out, voices.err));
        if status.is_err() {
            self.is_alive(voices)?;
        }
        status
    }

    /// Whether the command has come to succeed in time.
    fn settles(&self, command: &Command, voices: &mut Voices) -> Result<bool, String> {
        let Rounds { timeout, sleep } = self.errand.rounds;
        let begun = Instant::now();
        loop {
            self.renew_log()?;
            let mut said = Bounded::new(SAID_BOUND);
            let status = self.inside(command, (&mut io::sink(), &mut said));
            match status {
                Ok(0) => return Ok(true),
                Ok(1) => {}
                // It would be the same with every round.
                Ok(status) => {
                    let _ = voices.err.write_all(&said.bytes);
                    return Err(format!("the run inside ends with status {status}"));
                }
                Err(why) => {
                    self.is_alive(voices)?;
                    return Err(why);
                }
            }
            if begun.elapsed() + sleep > timeout {
                return Ok(false);
            }
            thread::sleep(sleep);
            self.is_alive(voices)?;
        }
    }

    /// Runs a command, which is this program or of its kind: any other status than one of its own is an error.
    fn inside(&self, command: &Command, outputs: (&mut dyn Write, &mut dyn Write)) -> Result<u8, String> {
        let until = Instant::now() + self.errand.within;
        let status = inside::run(self.engine, self.container, command, outputs, until).map_err(daemon)?;
        match u8::try_from(status) {
            Ok(status @ 0..126) => Ok(status),
            Ok(126 | 127) => Err(format!("`{FOLDER}/{PROGRAM}` cannot be run in the container")),
            _ => Err(format!("the run inside was ended from outside (status {status})")),
        }
    }

    /// The error is that it does not run, after its last words.
    pub(super) fn is_alive(&self, voices: &mut Voices) -> Result<(), String> {
        let found = inspect(self.engine, self.container)?;
        let state = |key: &str| found.pointer(&format!("/State/{key}"));
        let is = |key: &str| state(key).and_then(Value::as_bool).unwrap_or(false);
        if is("Paused") {
            return Err("the container is paused".into());
        }
        if is("Running") && !is("Restarting") {
            return Ok(());
        }
        self.show_log(voices);
        let status = state("ExitCode").and_then(Value::as_i64).map(|code| format!(" with status {code}"));
        let memory = if is("OOMKilled") { ", out of memory" } else { "" };
        let why = state("Error").and_then(Value::as_str).filter(|why| !why.is_empty());
        let why = why.map(|why| format!(": {}", shown(why))).unwrap_or_default();
        Err(format!("the container has ended{}{memory}{why}", status.unwrap_or_default()))
    }
}
