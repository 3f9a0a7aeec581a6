//! goss's command line: what the program is when it is called `goss`.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line of goss's. The first argument is the program's name.
pub fn main(_args: &[OsString]) -> ExitCode {
    ExitCode::from(super::USAGE)
}
