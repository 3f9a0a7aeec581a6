//! `service` against systemctl(1) and busctl(1).

use crate::claims::{Claims, agree};
use crate::tool::{ends, json, says, shell};
use libtest_mimic::Failed;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Every unit that is loaded or has a file.
fn names() -> BTreeSet<String> {
    let loaded = says(&["systemctl", "list-units", "--all", "--full", "--plain", "--no-legend"]);
    let files = says(&["systemctl", "list-unit-files", "--full", "--no-legend"]);
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    loaded.lines().chain(files.lines()).filter_map(first).collect()
}

fn is_template(name: &str) -> bool {
    name.contains("@.")
}

/// What `systemctl show` says of each.
fn show(names: &BTreeSet<String>) -> Vec<BTreeMap<String, String>> {
    let mut argv =
        vec!["systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState,NRestarts,FragmentPath", "--"];
    argv.extend(names.iter().map(String::as_str));
    let blocks = says(&argv);
    let pair = |line: &str| line.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
    blocks.split("\n\n").map(|block| block.lines().filter_map(pair).collect()).collect()
}

pub fn all() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("service", "exists");
        let names = names();
        let (templates, names): (BTreeSet<_>, BTreeSet<_>) = names.into_iter().partition(|n| is_template(n));
        assert!(names.len() >= 300, "{}", names.len());
        let shown = show(&names);
        assert_eq!(shown.len(), names.len());
        let argv: Vec<&str> =
            ["systemctl", "is-active", "--"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let active = ends(&argv).1;
        assert_eq!(active.lines().count(), names.len());
        let mut active = active.lines();
        for (name, unit) in names.iter().zip(&shown) {
            let of = |key: &str| unit.get(key).map(String::as_str).unwrap_or_default();
            let there = of("LoadState") != "not-found" || !matches!(of("ActiveState"), "inactive" | "failed");
            claims.there(name, there);
            if !there {
                active.next();
                continue;
            }
            claims.anchor(name, format!("{} {}", of("ActiveState"), of("NRestarts")));
            claims.is(name, "enabled", of("UnitFileState") == "enabled" || is_enabled(name));
            claims.is(name, "running", matches!(active.next(), Some("active" | "reloading")));
            claims.is(name, "masked", of("LoadState") == "masked" || of("UnitFileState").starts_with("masked"));
            let state = of("ActiveState");
            claims.test(name, "state", json!(state), json!(if state == "active" { "inactive" } else { "active" }));
            match of("NRestarts").parse::<i64>() {
                Ok(count) if name.ends_with(".service") => claims.is(name, "restarts", count),
                _ => claims.nothing(name, "restarts", 0),
            }
        }
        for name in templates {
            claims.there(&name, true);
            claims.is(&name, "enabled", is_enabled(&name));
            claims.is(&name, "running", false);
        }
        for name in ["nonesuch", "nonesuch.timer", "lab@.socket", "nonesuch@x", "nginx.socket"] {
            claims.there(name, false);
        }
        claims
    })
}

fn is_enabled(name: &str) -> bool {
    ends(&["systemctl", "--quiet", "is-enabled", "--", name]).0 == 0
}

/// `ListUnits` as systemd answers it.
fn rows() -> Vec<Json> {
    let argv = ["busctl", "--json=short", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1"];
    let all = json(&[&argv[..], &["org.freedesktop.systemd1.Manager", "ListUnits"]].concat());
    all["data"][0].as_array().unwrap().clone()
}

/// Every property of every unit, but for the 300 that are alike.
pub fn properties() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("service", "exists");
        for row in rows() {
            let [name, load, path] = [0, 2, 6].map(|at| row[at].as_str().unwrap());
            // The 300 are alike.
            if load == "not-found" || (name.starts_with("lab-number-") && !name.starts_with("lab-number-00")) {
                continue;
            }
            let argv = ["busctl", "--json=short", "call", "org.freedesktop.systemd1", path];
            let all = json(&[&argv[..], &["org.freedesktop.DBus.Properties", "GetAll", "s", ""]].concat());
            let shown = says(&["systemctl", "show", "--all", "--", name]);
            let shown: BTreeMap<String, String> =
                shown.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            claims.there(name, true);
            let of = |name: &str| shown.get(name).cloned().unwrap_or_default();
            claims.anchor(name, [of("NRestarts"), of("ActiveState"), of("InactiveExitTimestampMonotonic")].join(" "));
            for (property, value) in all["data"][0].as_object().unwrap() {
                claim(&mut claims, name, (property, value), shown.get(property).map_or("", String::as_str));
            }
        }
        claims
    })
}

/// `shown` is how systemctl prints it.
fn claim(claims: &mut Claims, unit: &str, (property, value): (&str, &Json), shown: &str) {
    let key = format!("properties.{property}");
    // These come and go with whoever looks.
    if matches!(property, "TasksCurrent" | "MemoryCurrent" | "MemoryAvailable" | "NFileDescriptorStore") {
        return;
    }
    let (kind, data) = (value["type"].as_str().unwrap(), &value["data"]);
    match kind {
        "u" if property.ends_with("UMask") || property.ends_with("Mode") => {
            claims.is(unit, &key, format!("{:04o}", data.as_u64().unwrap()));
        }
        "u" if data == &json!(u32::MAX) && (property.ends_with("UID") || property.ends_with("GID")) => {
            claims.nothing(unit, &key, 0);
        }
        // systemctl says `[not set]` or `infinity`.
        "t" if data == &json!(u64::MAX) => match shown {
            "[not set]" | "" => claims.nothing(unit, &key, 0),
            "infinity" => claims.test(unit, &key, json!({"gt": 1e300}), json!({"lt": 1e300})),
            _ => {}
        },
        "s" | "o" | "b" | "i" | "u" | "n" | "q" | "x" | "t" | "y" => claims.is(unit, &key, data.clone()),
        "as" | "ao" => claims.set(unit, &key, data.as_array().unwrap().iter().cloned()),
        _ if data.as_array().is_some_and(Vec::is_empty) => {
            claims.test(unit, &key, json!({"have-len": 0}), json!({"have-len": 1}));
        }
        _ if kind.starts_with("a(") && !kind.contains("ay") => {
            let (right, mut wrong) = (data.clone(), data.clone());
            wrong.as_array_mut().unwrap().push(json!(["x"]));
            claims.test(unit, &key, json!({"equal": right}), json!({"equal": wrong}));
        }
        _ => {}
    }
}

/// However many units a spec is about, systemd is asked for its list once.
pub fn one_listing() -> Result<(), Failed> {
    let rows = rows();
    let names: Vec<&str> = rows.iter().filter(|r| r[2] != "not-found").filter_map(|r| r[0].as_str()).collect();
    assert!(names.len() >= 300, "{}", names.len());
    for count in [1, names.len()] {
        let entries: serde_json::Map<String, Json> = names
            .iter()
            .take(count)
            .map(|n| ((*n).to_owned(), json!({"state": {"not": "reloading"}, "exists": true})))
            .collect();
        std::fs::write("/tmp/units.json", json!({"service": entries}).to_string())?;
        let monitor = "busctl monitor --json=short --match=type=method_call >/tmp/calls 2>/tmp/monitor";
        let mut monitor = Command::new("sh").args(["-c", &format!("exec {monitor}")]).stdin(Stdio::null()).spawn()?;
        // It says so once it is let in.
        for _ in 0..100 {
            if std::fs::read_to_string("/tmp/monitor").is_ok_and(|t| t.contains("Monitoring")) {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        // Root goes past the bus.
        shell(&format!("runuser -u nobody -- {} validate -f silent /tmp/units.json", crate::verispec()));
        sleep(Duration::from_millis(500));
        monitor.kill()?;
        monitor.wait()?;
        let calls = std::fs::read_to_string("/tmp/calls")?;
        let mut members: BTreeMap<String, usize> = BTreeMap::new();
        for line in calls.lines() {
            let call: Json = serde_json::from_str(line)?;
            if call["destination"] == "org.freedesktop.systemd1" {
                *members.entry(call["member"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        if members != BTreeMap::from([("ListUnits".to_owned(), 1)]) {
            return Err(format!("for {count} entries systemd was called {members:?}").into());
        }
    }
    Ok(())
}
