//! goss's command line: what the program is when it is called `goss`.

mod add;
mod commands;
mod help;
mod line;
mod log;
mod render;
mod serve;
mod suite;
mod validate;
mod value;

use super::{Colour, OK, Paint, finished, in_place, print, refuse, say};
use crate::load::Rejected;
use crate::load::goss::Request;
use crate::report::printable::line as shown;
use line::{Instead, Line, Wrong, parse};
use log::Log;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// The version of goss whose files and command line these are. Scripts read the number at the line's end.
const VERSION: &str = "goss version v0.4.10\n";
/// Something failed, or the command line is wrong.
const NOT_OK: u8 = 1;
/// Retrying did not help in time, or there is no such command.
const GIVEN_UP: u8 = 3;

/// What the flags say that every command takes.
struct Common {
    request: Request,
    log: Log,
    /// Empty: whatever is on this machine.
    package: String,
}

/// Runs one command line of goss's, without the program's name.
pub fn main(args: &[OsString]) -> ExitCode {
    let args = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let line = match parse(&args, &|name| std::env::var(name).ok()) {
        Ok(line) => line,
        Err(Wrong::Usage(why)) => {
            say(format_args!("{}; `goss help` lists what there is", shown(&why)));
            return ExitCode::from(NOT_OK);
        }
        Err(Wrong::Command(name)) => {
            say(format_args!("no help topic for '{}'; `goss help` lists the commands", shown(&name)));
            return ExitCode::from(GIVEN_UP);
        }
    };
    match line.instead {
        Some(Instead::Version) => return ExitCode::from(finished(print(VERSION))),
        Some(Instead::Help) => return ExitCode::from(finished(print(&help::help(&line.path)))),
        None => {}
    }
    let level = line.text("log-level");
    let Some(log) = Log::new(&level) else {
        return ExitCode::from(finished(sorry(&format!("Unsupported log level: {}", shown(&level)), NOT_OK)));
    };
    let inline = line.text("vars-inline");
    let common = Common {
        request: Request {
            gossfile: line.text("gossfile"),
            vars: line.list("vars"),
            vars_inline: Some(inline).filter(|text| !text.is_empty()),
        },
        log,
        package: line.text("package"),
    };
    if line.runs("serve") {
        // Whoever stops a server is to reach it, not a process in front of it.
        return ExitCode::from(finished(serve::run(common, serve::Args::of(&line))));
    }
    ExitCode::from(in_place(|| run(&line, common)))
}

fn run(line: &Line, common: Common) -> u8 {
    if line.runs("validate") {
        finished(validate::run(line, common))
    } else if line.runs("render") {
        render::run(&common, line.is_on("debug"))
    } else if line.runs("autoadd") {
        add::auto(common, &line.args)
    } else if line.runs("add") {
        add::run(common, add::Args::of(line))
    } else {
        OK
    }
}

/// The page of what is wrong with a goss file, on standard error.
fn page(rejected: &Rejected, so: &str) {
    refuse(rejected, so, Paint { choice: Colour::Auto });
}

/// What is wrong with the goss file, for whoever reads standard error, and goss's line on it, for what reads the other.
fn refused(rejected: &Rejected, status: u8) -> io::Result<u8> {
    page(rejected, "; nothing was run");
    let Rejected { sources, wrong } = rejected;
    let first = match wrong.first() {
        Some(first) if !sources.name(first.span).is_empty() => {
            let place = sources.place(first.span);
            format!("{}:{}:{}: {}", sources.name(first.span), place.line, place.column, first.message)
        }
        Some(first) => first.message.clone(),
        None => "the goss file is wrong".into(),
    };
    sorry(&shown(&first), status)
}

/// goss's line for what it cannot do, on standard output like goss's.
fn sorry(why: &str, status: u8) -> io::Result<u8> {
    print(&format!("Error: {why}\n"))?;
    Ok(status)
}
