//! `verispec kinds` and `verispec matchers`: the reference, in the terminal.

use super::{USAGE, print, say};
use crate::reference;
use crate::resource::{KINDS, Kind};
use crate::syntax::nearest;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use std::ffi::OsStr;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind to show; all in short where none is named
    #[arg(value_parser = Named, hide_possible_values = true)]
    kind: Option<String>,
}

/// Any text, with the kinds for completions: of what is no kind, there is more to say than that.
#[derive(Clone)]
pub(super) struct Named;

impl TypedValueParser for Named {
    type Value = String;

    fn parse_ref(&self, cmd: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(KINDS.iter().map(|kind| PossibleValue::new(kind.name))))
    }
}

pub(super) fn run(args: &Args) -> io::Result<u8> {
    let Some(name) = &args.kind else { return print(&reference::overview()) };
    match find(name) {
        Ok(kind) => print(&reference::kind(kind)),
        Err(status) => Ok(status),
    }
}

/// The kind of this name; of what is none, what was meant is said.
pub(super) fn find(name: &str) -> Result<&'static Kind, u8> {
    Kind::find(name).ok_or_else(|| {
        let hint = match nearest(name, KINDS.iter().map(|k| k.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`verispec kinds` shows all".into(),
        };
        say(format_args!("no kind is called `{name}`; {hint}"));
        USAGE
    })
}

pub(super) fn matchers() -> io::Result<u8> {
    print(&reference::matchers())
}
