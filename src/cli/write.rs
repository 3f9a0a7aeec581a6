//! Entries for what was seen, into a spec: what `add`, `autoadd` and `coverage --add` end with.

use super::reasons::Reasons;
use super::{NOT_OK, OK, Paint, print, say};
use crate::host::Host;
use crate::quantity;
use crate::report::printable::{line as shown, some_of};
use crate::secret::mask;
use crate::snapshot::{How, Subject, snapshot};
use std::io::{self, IsTerminal};

mod options;
mod plan;
mod target;

pub(super) use options::Writing;
use plan::Plan;
pub(super) use target::STDOUT;
use target::Target;

/// Things that one line names at most.
const NAMED: usize = 10;

/// Looks at the subjects and writes those that the spec does not speak of yet; of one that is not there, that it is not if
/// `absent` says so, else nothing. Prints what it wrote and says on standard error what it left out.
pub(super) fn write(how: &How, into: Option<&str>, subjects: &[Subject], absent: bool, paint: Paint) -> io::Result<u8> {
    let (mut target, entries) = match Target::open(into, paint) {
        Ok(opened) => opened,
        Err(status) => return Ok(status),
    };
    let Plan { wanted, mut known, skipped, name_is_taken } = entries.plan(subjects);
    known += skipped.len();
    left_to_skipped(skipped.iter().map(Subject::address).collect());
    let mut all = name_is_taken.is_empty();
    let mut left = Reasons::default();
    for subject in &name_is_taken {
        left.add("its name is taken by an entry that is about another".into(), subject.address());
    }
    if how.samples > 1 && !wanted.is_empty() && io::stderr().is_terminal() {
        say(format_args!("looking {} times, {} apart", how.samples, quantity::duration(how.every)));
    }
    let mut entries = Vec::new();
    for (subject, seen) in wanted.iter().zip(snapshot(&Host::local(), &wanted, how)) {
        match seen {
            Ok(seen) if seen.there || absent => {
                for (key, fault) in seen.unseen {
                    left.add(fault.to_string(), format!("{}/{key}", subject.address()));
                }
                for (key, doubt) in seen.doubts {
                    say(format_args!("{}/{key} is written as it was, but {doubt}", shown(&subject.address())));
                }
                entries.push(seen.entry);
            }
            Ok(_) => left.add("it is not there".into(), subject.address()),
            Err(fault) => {
                left.add(fault.to_string(), subject.address());
                all = false;
            }
        }
    }
    left_out(left);
    let written = if entries.is_empty() { Ok(String::new()) } else { target.put(&entries) };
    match written {
        Ok(text) => _ = print(&text)?,
        Err(why) => {
            say(shown(&why));
            return Ok(NOT_OK);
        }
    }
    if let Some(name) = target.name() {
        say(format_args!("{}: {}", shown(name), came_to(entries.len(), known, all)));
    }
    Ok(if all && (!entries.is_empty() || known > 0) { OK } else { NOT_OK })
}

/// What came of it, in a few words; `all` says that nothing was left out.
fn came_to(added: usize, known: usize, all: bool) -> String {
    let counted = if added == 1 { "1 entry".into() } else { format!("{added} entries") };
    match (added, known) {
        (0, 0) => "nothing is added".into(),
        (0, 1) => "nothing is added, it was there already".into(),
        (0, known) if all => format!("nothing is added, all {known} were there already"),
        (0, known) => format!("nothing is added, {known} were there already"),
        (_, 0) => format!("{counted} added"),
        (_, 1) => format!("{counted} added, 1 was there"),
        (_, known) => format!("{counted} added, {known} were there"),
    }
}

/// Says what is not written because an entry that is skipped holds its place.
pub(super) fn left_to_skipped(names: Vec<String>) {
    match names.as_slice() {
        [] => {}
        [name] => say(format_args!("{} is left as it is: its entry is skipped", fit(name))),
        names => say(format_args!("{} are left as they are ({}): their entries are skipped", names.len(), some(names))),
    }
}

/// Says what is left out and why, each reason once.
fn left_out(left: Reasons) {
    for (why, names) in left.each() {
        let why = fit(&why);
        match names.as_slice() {
            [name] => say(format_args!("{} is left out: {why}", fit(name))),
            names => say(format_args!("{} are left out ({}): {why}", names.len(), some(names))),
        }
    }
}

fn some(names: &[String]) -> String {
    some_of(&names.iter().map(|name| mask(name)).collect::<Vec<_>>(), NAMED)
}

/// Without secrets, and without what drives a terminal.
fn fit(text: &str) -> String {
    shown(&mask(text)).into_owned()
}
