//! What a word itself names, by exact names alone.

use super::{Process, Thing, Walk, certificate, port, process, unit};
use crate::host::FileType;
use crate::host::bundle::Holds;
use crate::host::packages::Selector;

/// Adds everything that is called so.
pub(super) fn follow(walk: &mut Walk<'_>, word: &str) {
    if word.chars().any(|c| c.is_control() || c.is_whitespace()) {
        // Only processes and files have such names.
        processes(walk, word);
        return file(walk, word);
    }
    if !word.contains('/') {
        packages(walk, word);
        unit::named(walk, word);
        processes(walk, word);
        accounts(walk, word);
    }
    port::named(walk, word);
    file(walk, word);
}

fn packages(walk: &mut Walk<'_>, word: &str) {
    let Some(selector) = Selector::parse(word).ok().filter(|_| !word.contains(['*', '?', '['])) else { return };
    let host = walk.host;
    let found = host.packages().and_then(|all| all.find(host, &selector));
    if !walk.ask(format!("package `{word}`"), found).is_empty() {
        walk.name(Thing::Package(word.to_owned()), "a package of this name");
    }
}

fn processes(walk: &mut Walk<'_>, word: &str) {
    let pids = process::named(walk.host, word);
    let pids = walk.ask(format!("process `{word}`"), pids);
    let pids = process::own(walk, word, pids);
    if !pids.is_empty() {
        walk.name(Thing::Process(Process { name: word.to_owned(), pids }), "what runs by this name");
    }
}

fn accounts(walk: &mut Walk<'_>, word: &str) {
    if word.contains([':', ',']) || word.bytes().all(|b| b.is_ascii_digit()) {
        return;
    }
    let user = walk.host.user(word).map(|user| user.is_some());
    if walk.ask(format!("user `{word}`"), user) {
        walk.name(Thing::User(word.to_owned()), "a user of this name");
    }
    let group = walk.host.group(word).map(|group| group.is_some());
    if walk.ask(format!("group `{word}`"), group) {
        walk.name(Thing::Group(word.to_owned()), "a group of this name");
    }
}

fn file(walk: &mut Walk<'_>, word: &str) {
    if !word.starts_with('/') {
        return;
    }
    let stat = walk.host.files().lstat(word);
    let Some(stat) = walk.ask(format!("file `{word}`"), stat) else { return };
    match stat.file_type {
        // Whether somebody listens there says more, and the file comes with that.
        FileType::Socket if walk.names_a("port") => {}
        FileType::File | FileType::Symlink => {
            walk.name(Thing::Configuration(word.to_owned()), "the file of this path");
            let holds = certificate::look(walk.host, word);
            if let Some(Holds::Chain(_) | Holds::Broken) = walk.ask(format!("certificate `{word}`"), holds) {
                walk.name(Thing::Certificate(word.to_owned()), "the file holds a certificate");
            }
        }
        _ => walk.name(Thing::File(word.to_owned()), "what is at this path"),
    }
}
