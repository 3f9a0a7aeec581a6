//! A network of a test's own, in which nobody is but who is put there.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    std::env::var("VERISPEC_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_verispec").to_owned())
});

/// To where packets go and nothing ever comes back from: 10.9.0.53.
pub const SILENCE: &str = "ip link add d0 type veth peer name d1 && ip addr add 10.9.0.1/24 dev d0 && \
                           ip link set d0 up && ip link set d1 up && \
                           ip neigh add 10.9.0.53 lladdr 02:00:00:00:00:01 dev d0";

/// The outcome of each key, and what is said of it.
pub type Results = BTreeMap<String, (String, String)>;

/// Judges a spec in a network that `setup`, lines for the shell, made; the program is run by way of `how`. `None` where
/// this system lets nobody have one.
pub fn isolated(setup: &str, how: &str, spec: &str) -> Option<Results> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    std::fs::write(&path, spec).unwrap();
    let line = format!("ip link set lo up && {setup} && echo ready && exec {how} \"$0\" validate -f json \"$1\"");
    let mut command = Command::new("unshare");
    command.args(["-rnm", "sh", "-c", &line, &PROGRAM]).arg(&path).current_dir(&folder).stdin(Stdio::null());
    let output = command.output().ok()?;
    let out = String::from_utf8_lossy(&output.stdout);
    let Some(json) = out.strip_prefix("ready\n") else {
        eprintln!("skipped: no network of its own: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    };
    let report: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {json}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let result = |r: &serde_json::Value| {
        let name = format!("{}.{}", text(&r["resource-id"]), text(&r["property"]));
        (name, (text(&r["outcome"]), text(&r["summary-line"])))
    };
    Some(report["results"].as_array().unwrap().iter().map(result).collect())
}

pub fn word<'a>(all: &'a Results, key: &str) -> &'a str {
    &all[key].0
}
