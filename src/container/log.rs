//! What a container has written to its outputs: a file for specs, and its last words for people.

use super::luggage::Archive;
use super::visit::Visit;
use super::{FOLDER, LOG, Voices, frames, inspect, put};
use crate::host::engine::{Content, PROMPT, escaped};
use crate::quantity;
use crate::report::printable::block;
use serde_json::Value;
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Instant;

/// Bytes of the log that are given to specs.
const LOG_BOUND: usize = 64 << 20;
/// Lines of it that are shown where the container has ended.
const LOG_SHOWN: usize = 20;
/// Bytes of what is said that is only shown.
pub(super) const SAID_BOUND: usize = 64 << 10;

impl Visit<'_> {
    pub(super) fn show_log(&self, voices: &mut Voices) {
        let Ok(log) = self.log(&format!("&tail={LOG_SHOWN}"), SAID_BOUND) else { return };
        let text = String::from_utf8_lossy(&log.bytes);
        if !text.trim().is_empty() {
            (voices.say)("the end of the container's log:");
            for line in block(&text) {
                let _ = writeln!(voices.err, "    {line}");
            }
        }
    }

    /// Gives what the container has written by now to the specs that may speak of it.
    pub(super) fn renew_log(&self) -> Result<(), String> {
        if !self.errand.log {
            return Ok(());
        }
        let unread = |why: String| format!("the container's log cannot be given to the specs: {why}");
        let log = self.log("", LOG_BOUND).map_err(unread)?;
        // What a part of it does not have, the rest may have.
        if log.over {
            return Err(unread(format!("it is larger than {}", quantity::size(LOG_BOUND as u64))));
        }
        let mut archive = Archive::new(false);
        archive.file(Path::new(LOG), &log.bytes).map_err(|e| unread(e.to_string()))?;
        let archive = archive.finish().map_err(|e| unread(e.to_string()))?;
        put(self.engine, self.files, FOLDER, &archive).map_err(|refused| unread(refused.message))?;
        Ok(())
    }

    fn log(&self, only: &str, bound: usize) -> Result<Bounded, String> {
        let tty = inspect(self.engine, self.container)?.pointer("/Config/Tty") == Some(&Value::Bool(true));
        let target = format!("/containers/{}/logs?stdout=true&stderr=true{only}", escaped(self.container));
        let until = Instant::now() + PROMPT;
        let mut stream = self.engine.stream("GET", &target, Content::Nothing, until).map_err(|e| e.message)?;
        let log = Bounded::new(bound);
        let log = RefCell::new(log);
        let read = match tty {
            true => io::copy(&mut stream.take(bound as u64 + 1), &mut *log.borrow_mut()).map(|_| ()),
            false => frames::split(&mut stream, &mut Shared(&log), &mut Shared(&log)),
        };
        read.map_err(|e| self.engine.broken(&e).message)?;
        Ok(log.into_inner())
    }
}

/// The first bytes of what is written, and whether there were more.
pub(super) struct Bounded {
    pub bytes: Vec<u8>,
    bound: usize,
    over: bool,
}

impl Bounded {
    pub(super) fn new(bound: usize) -> Bounded {
        Bounded { bytes: vec![], bound, over: false }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.bound.saturating_sub(self.bytes.len());
        self.over |= bytes.len() > room;
        self.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Two outputs into one, in the order in which they come.
struct Shared<'b>(&'b RefCell<Bounded>);

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
