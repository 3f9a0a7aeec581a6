//! `verispec autoadd`: what words stand for on this host, and what belongs to that, into a spec.

use super::write::{Writing, write};
use super::{NOT_OK, Paint, say};
use crate::cause::{Found, Trail, follow, near};
use crate::host::Host;
use crate::report::printable::line as shown;
use crate::resource::Kind;
use crate::snapshot::Subject;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Names of packages, units, programs, accounts; ports, paths
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Prints by which way each entry was reached, on standard error
    #[arg(long)]
    explain: bool,
    /// Steps from what a word names to what is written; 0 writes only what it names
    #[arg(long, value_name = "N", default_value = "6")]
    depth: usize,
    #[command(flatten)]
    writing: Writing,
}

/// What does not end by its deadline is waited for a moment longer, for it may still tell what it has.
const GRACE: Duration = Duration::from_millis(400);

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let how = match args.writing.how() {
        Ok(how) => how,
        Err(status) => return Ok(status),
    };
    let timeout = how.timeout;
    let host = Host::local();
    let (mut subjects, mut seen, mut told, mut status) = (Vec::new(), HashSet::new(), HashSet::new(), super::OK);
    for word in &args.words {
        let Some(trail) = within(timeout, &host, word, args.depth) else {
            say(format_args!("`{}`: not followed within {timeout:?}", shown(word)));
            status = NOT_OK;
            continue;
        };
        if args.explain {
            let _ = io::stderr().lock().write_all(tree(word, &trail).as_bytes());
        }
        for (what, fault) in &trail.faults {
            let line = format!("{}: {}", shown(what), shown(&fault.to_string()));
            // What holds up one word holds up the others, too.
            if told.insert(line.clone()) {
                say(line);
            }
        }
        if trail.found.is_empty() {
            say(nothing(&host, word, &trail));
            status = NOT_OK;
        }
        for Found { kind, name, .. } in trail.found {
            if let Some(kind) = Kind::find(kind).filter(|kind| seen.insert((kind.name, name.clone()))) {
                subjects.push(Subject { kind, name, settings: Vec::new(), remarks: Vec::new() });
            }
        }
    }
    if subjects.is_empty() {
        return Ok(NOT_OK);
    }
    Ok(status.max(write(&how, args.writing.spec(), &subjects, false, paint)?))
}

/// Follows a word on a thread that is given up in time, whatever hangs.
fn within(timeout: Duration, host: &Host, word: &str, depth: usize) -> Option<Trail> {
    let (send, receive) = mpsc::channel();
    let (host, word) = (host.until(Instant::now() + timeout), word.to_owned());
    thread::Builder::new().spawn(move || send.send(follow(&host, &word, depth))).ok()?;
    receive.recv_timeout(timeout + GRACE).ok()
}

fn nothing(host: &Host, word: &str, trail: &Trail) -> String {
    let what = shown(word);
    match near(host, word) {
        Some(near) => format!("`{what}`: nothing on this host is called so; did you mean `{}`?", shown(&near)),
        None if !trail.faults.is_empty() => {
            format!("`{what}`: nothing is called so among what could be looked at")
        }
        None => format!(
            "`{what}`: nothing on this host is called so: write the exact name of a package, unit, process, user or group, a \
             port such as `tcp:80`, or an absolute path"
        ),
    }
}

/// What was found, each below what led to it.
fn tree(word: &str, trail: &Trail) -> String {
    let mut children = vec![Vec::new(); trail.found.len()];
    let mut roots = Vec::new();
    for (at, found) in trail.found.iter().enumerate() {
        match found.from.and_then(|from| children.get_mut(from)) {
            Some(own) => own.push(at),
            None => roots.push(at),
        }
    }
    let mut page = format!("{}\n", shown(word));
    let mut todo: Vec<(usize, usize)> = roots.into_iter().rev().map(|at| (at, 1)).collect();
    while let Some((at, depth)) = todo.pop() {
        if let Some(Found { kind, name, because, .. }) = trail.found.get(at) {
            let indent = "  ".repeat(depth);
            page += &format!("{indent}{kind} {} — {}\n", shown(name), shown(because));
        }
        todo.extend(children.get(at).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Fault;

    #[test]
    fn the_tree_has_each_below_what_led_to_it_and_nothing_that_drives_a_terminal() {
        let found = |kind, name: &str, from| Found { kind, name: name.into(), because: "\u{1b}[2J".into(), from };
        let found = vec![
            found("package", "a", None),
            found("process", "p", None),
            found("service", "u", Some(0)),
            found("file", "/f", Some(0)),
            found("port", "tcp4:1", Some(2)),
        ];
        let page = tree("a\n", &Trail { found, faults: Vec::new() });
        let because = "— \\u{1b}[2J";
        let lines = ["a\\n", "  package a", "    service u", "      port tcp4:1", "    file /f", "  process p"];
        let want: String = lines
            .iter()
            .enumerate()
            .map(|(n, l)| if n == 0 { format!("{l}\n") } else { format!("{l} {because}\n") })
            .collect();
        assert_eq!(page, want);
    }

    #[test]
    fn what_could_not_be_looked_at_may_be_what_was_meant() {
        let host = Host::local();
        let mut trail = Trail::default();
        assert!(nothing(&host, "no-such-thing-anywhere", &trail).contains("exact name"));
        trail.faults.push(("units".into(), Fault::Denied("no".into())));
        assert!(nothing(&host, "no-such-thing-anywhere", &trail).contains("could be looked at"));
        assert!(nothing(&host, "rooot", &trail).ends_with("did you mean `root`?"));
    }
}
