//! What hangs is given up on time, delays nobody and leaves nothing behind.

use crate::fuse::Hung;
use crate::{Lab, Ran, wait_until};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What each entry that hangs is given.
const TIMEOUT: &str = "timeout = '300ms'\n";
/// The time-out, what a probe may take to end by itself beyond it, and a busy machine.
const SOON: Duration = Duration::from_secs(3);

/// Runs a spec of `entries` that hang and of 50 that do not, and asserts that the whole process, as whoever waits for it
/// and reads its output sees it, ends on time, that the 50 pass, and that of each entry the reason is what it should be.
/// Returns the number of the process group.
#[track_caller]
fn gives_up(lab: &Lab, entries: &[(String, &str)]) -> u32 {
    let mut spec: String = entries.iter().map(|(entry, _)| format!("{entry}\n{TIMEOUT}")).collect();
    spec.extend((0..50).map(|n| format!("[file.alive{n}]\npath = '/'\nfiletype = 'directory'\n")));
    lab.write("spec.toml", spec);
    let began = Instant::now();
    let mut command = lab.command(&["validate", "-f", "json", "spec.toml"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.process_group(0).spawn().unwrap();
    let group = child.id();
    let ran = Ran::new(child.wait_with_output().unwrap(), began);
    ran.ended(1);
    assert!(ran.took < SOON, "{ran}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let results = report["results"].as_array().unwrap();
    let of = |outcome: &str| results.iter().filter(|r| r["outcome"] == outcome).collect::<Vec<_>>();
    assert_eq!((of("pass").len(), of("fail").len(), of("skip").len()), (100, 0, 0), "{ran}");
    let unknown = of("unknown");
    for (entry, reason) in entries {
        let said = |r: &&&serde_json::Value| r["summary-line"].as_str().unwrap().contains(reason);
        assert!(unknown.iter().any(|r| said(&r)), "{entry}: no `{reason}` in {ran}");
    }
    for result in unknown {
        assert!(result["summary-line"].as_str().unwrap().contains("timed out after"), "{result}");
    }
    group
}

/// Whether any process is in a group, also one that cannot end.
fn any_in(group: u32) -> bool {
    let group = group.to_string();
    std::fs::read_dir("/proc").unwrap().any(|process| {
        let stat = std::fs::read_to_string(process.unwrap().path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        fields.split(' ').nth(2) == Some(&group)
    })
}

#[test]
fn a_daemon_that_never_answers_holds_nothing_up() {
    let Some(hung) = Hung::mount() else { return };
    let lab = Lab::empty();
    let at = |name: &str| hung.root().join(name).display().to_string();
    let link = hung.link("linked").display().to_string();
    let on_it = format!("did not answer, which is on {}: fuse `hung`", hung.root().display());
    let answer = |entry: &str| format!("`{entry}` did not answer");
    let none = |kind: &str, path: &str| (format!("[{kind}.'{path}']"), answer(&format!("{kind}: {path}")));
    let entries = [
        none("file", &at("lookup")),
        none("certificate", &at("lookup")),
        none("disk", &at("")),
        (format!("[mount.'{}']\nusage = '< 99%'", hung.root().display()), on_it.clone()),
        (format!("[file.'{}']\ncontents = ['x']", at("open")), on_it.clone()),
        (format!("[file.'{}']\nsha256 = 'x'", at("read")), on_it),
        none("certificate", &link),
        (format!("[file.a]\npath = '{link}'\nage = '> 1s'"), answer("file: a")),
    ];
    let entries: Vec<_> = entries.iter().map(|(entry, reason)| (entry.clone(), reason.as_str())).collect();
    let group = gives_up(&lab, &entries);
    assert!(any_in(group), "the file system lets go of its callers, so this test shows nothing");
    drop(hung);
    wait_until("nobody is left", || !any_in(group));
}
