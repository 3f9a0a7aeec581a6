//! What goss itself says of the same input. Its program is the one whose path the variable `GOSS` holds, and without it
//! each test is skipped; `GOSS_SEED` and `GOSS_CASES` say which random cases are compared, and how many.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod host;
mod matching;
mod peer;
mod random;
mod re2;
mod reading;
mod serve;
mod web;

use random::Random;
use std::io::Write;

/// The real goss, or a loud word that nothing was compared.
fn goss(test: &str) -> Option<String> {
    let goss = std::env::var("GOSS").ok().filter(|path| !path.is_empty());
    if goss.is_none() {
        // Past the harness, which keeps to itself what a passing test prints.
        _ = writeln!(std::io::stderr(), "SKIPPED {test}: GOSS does not name the real goss to compare with");
    }
    goss
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A new seed a run is told in what fails.
fn random(salt: u64) -> (u64, Random) {
    let seed = number("GOSS_SEED", 20_261_122);
    (seed, Random::new(seed.wrapping_add(salt)))
}

#[test]
fn data_in_a_file_is_matched_as_goss_matches_it() {
    let Some(goss) = goss("data_in_a_file_is_matched_as_goss_matches_it") else { return };
    let cases = number("GOSS_CASES", 1_500);
    for (salt, json) in [(1, false), (2, true)] {
        let (seed, mut random) = random(salt);
        let entries: Vec<_> = (0..cases).map(|nth| matching::entry(&mut random, nth)).collect();
        let differences = peer::compare(&goss, &entries, json);
        assert!(differences.is_empty(), "seed {seed}, json {json}:\n{}", differences.join("\n"));
    }
}

#[test]
fn odd_files_are_read_and_printed_as_goss_reads_and_prints_them() {
    let Some(goss) = goss("odd_files_are_read_and_printed_as_goss_reads_and_prints_them") else { return };
    let (seed, mut random) = random(5);
    let differences = reading::compare(&goss, &mut random, number("GOSS_CASES", 1_500));
    assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
}

#[test]
fn what_is_on_this_host_is_what_goss_sees() {
    let Some(goss) = goss("what_is_on_this_host_is_what_goss_sees") else { return };
    let (seed, mut random) = random(3);
    let folder = tempfile::tempdir().unwrap();
    for round in 0..number("GOSS_CASES", 1_500) / 500 {
        let entries = host::entries(&mut random, folder.path());
        let differences = peer::compare(&goss, &entries, round % 2 == 1);
        assert!(differences.is_empty(), "seed {seed}, round {round}:\n{}", differences.join("\n"));
    }
}

#[test]
fn what_a_web_server_says_is_what_goss_hears() {
    let Some(goss) = goss("what_a_web_server_says_is_what_goss_hears") else { return };
    let (seed, mut random) = random(4);
    let urls = web::urls();
    for json in [false, true] {
        let entries = host::web(&mut random, &urls, usize::try_from(number("GOSS_CASES", 1_500) / 15).unwrap());
        let differences = peer::compare(&goss, &entries, json);
        assert!(differences.is_empty(), "seed {seed}, json {json}:\n{}", differences.join("\n"));
    }
}
