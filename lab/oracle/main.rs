//! Holds what verispec observes against what the system's own tools say, over everything on a host. It changes the host
//! that it runs on: `lab/test` runs it in the lab.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod acceptance;
mod accounts;
mod adding;
mod autoadd;
mod certificates;
mod claims;
mod cost;
mod coverage;
mod desk;
mod files;
mod goss;
mod interfaces;
mod kernel;
mod mounts;
mod network;
mod packages;
mod peer;
mod processes;
mod scenarios;
mod sockets;
mod system;
mod tool;
mod units;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

fn main() {
    if !Path::new("/etc/verispec-lab").exists() {
        eprintln!("this is not the lab, and these tests change the host that they run on: lab/test runs them");
        std::process::exit(2);
    }
    let mut args = Arguments::from_args();
    // What one trial does, another would see.
    args.test_threads = Some(1);
    let trials = [
        trial("files", files::all),
        trial("file-hashes", files::hashes),
        trial("file-contents", files::contents),
        trial("packages", packages::all),
        trial("package-versions-in-order", packages::order),
        trial("units", units::all),
        trial("unit-properties", units::properties),
        trial("units-are-listed-once", units::one_listing),
        trial("sockets", sockets::inet),
        trial("unix-sockets", sockets::unix),
        trial("processes", processes::all),
        trial("users", accounts::users),
        trial("groups", accounts::groups),
        trial("certificates", certificates::all),
        trial("certificates-of-the-lab", certificates::lab),
        trial("disks", mounts::disks),
        trial("mounts", mounts::all),
        trial("interfaces", interfaces::all),
        trial("kernel-parameters", kernel::parameters),
        trial("kernel-modules", kernel::modules),
        trial("system", system::all),
        trial("addresses", network::addresses),
        trial("names", network::names),
        trial("live-certificates", network::live_certificates),
        trial("pages", network::pages),
        trial("goss-mixed", goss::mixed),
        trial("goss-other-variables", goss::other_variables),
        trial("goss-as-nobody", goss::as_nobody),
        trial("goss-differences", goss::differences),
        trial("goss-crashes", goss::crashes),
        trial("goss-rejected", goss::rejected),
        trial("goss-benchmark", goss::benchmark),
        trial("units-by-name", scenarios::units_by_name),
        trial("web-server-stops-and-starts", scenarios::web_server_stops_and_starts),
        trial("services-ports-and-processes-agree", scenarios::services_ports_and_processes_agree),
        trial("autoadd-words", autoadd::words),
        trial("autoadd-as-nobody", autoadd::as_nobody),
        trial("autoadd-odd-paths", autoadd::odd_paths),
        trial("autoadd-into-a-spec", autoadd::into_a_spec),
        trial("autoadd-refused", autoadd::refused),
        trial("autoadd-options", autoadd::options),
        trial("autoadd-beside-goss", peer::at_least_what_goss_writes),
        trial("autoadd-cost", cost::of_one_word),
        trial("accept-after-stop-and-start", acceptance::services_stop_and_start),
        trial("accept-by-hand", acceptance::by_hand),
        trial("diff-with-the-host", acceptance::differences),
        trial("add-every-kind", adding::every_kind),
        trial("add-samples", adding::samples),
        trial("coverage", coverage::against_tools),
        trial("coverage-add", coverage::added),
    ];
    let conclusion = libtest_mimic::run(&args, trials.into());
    println!("{}", claims::summary());
    let slow = |(name, time): &(&str, Duration)| format!("{name} {}s", time.as_secs());
    let times = TIMES.lock().unwrap();
    println!("{}", times.iter().filter(|(_, t)| t.as_secs() > 2).map(slow).collect::<Vec<_>>().join(", "));
    conclusion.exit();
}

fn trial(name: &'static str, check: fn() -> Result<(), Failed>) -> Trial {
    Trial::test(name, move || {
        let begin = Instant::now();
        let result = check();
        TIMES.lock().unwrap().push((name, begin.elapsed()));
        result
    })
}

/// How long each trial took.
static TIMES: Mutex<Vec<(&str, Duration)>> = Mutex::new(Vec::new());

/// The program under test.
pub fn verispec() -> String {
    std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| "verispec".into())
}
