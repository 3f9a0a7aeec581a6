//! Verdicts to bytes: one file a format.

use crate::syntax::Sources;
use crate::verdict::{Judged, Summary};
use std::io::{self, Write};

/// Writes one format.
///
/// `out` is buffered and is flushed by the caller after each call.
pub trait Reporter {
    /// Before anything is known; `entries` is how many [`Judged`] will follow.
    fn begin(&mut self, _entries: usize, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    /// One entry, in spec order.
    fn entry(&mut self, judged: &Judged, out: &mut dyn Write) -> io::Result<()>;
    /// After the last.
    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
    /// The process's exit status, where the format has its own.
    fn exit_status(&self, summary: &Summary) -> u8 {
        if summary.ok() { 0 } else { 1 }
    }
    /// Whether it is handed each entry as it is known, in no order.
    fn unordered(&self) -> bool {
        false
    }
}

/// What a reporter may want to know of the run.
pub struct Context<'a> {
    /// Every spec that was read; verdicts' spans point into them. The first is the one named on the command line.
    pub sources: &'a Sources,
    /// Whether escape sequences may be written.
    pub colour: bool,
    /// Whether what passed is shown too where the format leaves it out.
    pub verbose: bool,
}

/// A format by name.
pub struct Format {
    pub name: &'static str,
    pub about: &'static str,
    pub make: for<'a> fn(Context<'a>) -> Box<dyn Reporter + 'a>,
}

pub static FORMATS: &[Format] = &[];
