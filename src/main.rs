//! argv to exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    verispec::cli::main(std::env::args_os())
}
