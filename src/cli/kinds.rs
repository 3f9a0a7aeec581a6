//! `verispec kinds`: the reference, in the terminal.

use super::{Paint, USAGE, print, say};
use crate::reference;
use crate::resource::{KINDS, Kind};
use crate::syntax::nearest;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind to show; all in short where none is named
    kind: Option<String>,
}

pub(super) fn run(args: &Args, _: Paint) -> io::Result<u8> {
    let Some(name) = &args.kind else { return print(&reference::overview()) };
    match Kind::find(name) {
        Some(kind) => print(&reference::kind(kind)),
        None => {
            let hint = match nearest(name, KINDS.iter().map(|k| k.name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`verispec kinds` shows all".into(),
            };
            say(format_args!("no kind is called `{name}`; {hint}"));
            Ok(USAGE)
        }
    }
}
