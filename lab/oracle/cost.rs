//! What `autoadd` costs where much is installed.

use crate::autoadd::WORDS;
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use std::path::Path;

/// CPU milliseconds that one word may take.
const ALLOWED: u32 = 50;
const PACKAGES: usize = 800;
const TURNS: usize = 9;

/// With the database made up to 800 packages, by the release build: the median of its user and system time.
pub fn of_one_word() -> Result<(), Failed> {
    let program = std::env::var("VERISPEC_RELEASE").unwrap_or_default();
    if !Path::new(&program).is_file() {
        return Err(format!("VERISPEC_RELEASE must name a release build to measure; `{program}` is none").into());
    }
    crowd();
    let mut slow = Vec::new();
    for word in &WORDS {
        let mut times: Vec<u32> = (0..TURNS).map(|_| cost(&program, word.word)).collect();
        times.sort_unstable();
        let median = times[TURNS / 2];
        println!("autoadd {}: {median} ms of CPU time", word.word);
        if median >= ALLOWED {
            slow.push(format!("{}: {times:?} ms", word.word));
        }
    }
    match slow.is_empty() {
        true => Ok(()),
        false => Err(slow.join("\n").into()),
    }
}

/// A database of this host's packages and of others like them.
fn crowd() {
    let status = std::fs::read_to_string("/var/lib/dpkg/status").unwrap();
    let own: Vec<&str> = status.trim_end().split("\n\n").collect();
    let copy = |n: usize| own[n % own.len()].replacen("Package: ", &format!("Package: copy-{n}-of-"), 1);
    let all: Vec<String> = own.iter().map(|&one| one.to_owned()).chain((own.len()..PACKAGES).map(copy)).collect();
    std::fs::write("/tmp/crowd", all.join("\n\n") + "\n\n").unwrap();
}

/// Milliseconds of one run.
fn cost(program: &str, word: &str) -> u32 {
    let line = format!(
        "mount --bind /tmp/crowd /var/lib/dpkg/status && TIMEFORMAT='%3U %3S'; time {program} autoadd --spec - {word} >/tmp/cost 2>&1"
    );
    let times = shell(&format!("unshare --mount bash -c \"{line}\" 2>&1"));
    let seconds = times.split_whitespace().map(|word| word.parse::<f64>().unwrap_or_else(|e| panic!("{e}: {times}")));
    let milliseconds = seconds.sum::<f64>() * 1000.0;
    assert!(says(&["cat", "/tmp/cost"]).contains("[package."), "nothing was written");
    milliseconds.round() as u32
}
