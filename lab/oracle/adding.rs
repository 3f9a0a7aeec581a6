//! `add` of every kind writes what holds at once.

use crate::desk::{Desk, Faults};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Names of things of each kind, and a key that must be written of the first; a `!` before a kind that cannot be added.
const THINGS: [(&str, &[&str], &str); 21] = [
    (
        "file",
        &["/etc/passwd", "/var/lab/with space", "/var/lab/twice", "/var/lab/fifo", "/etc", "/nonexistent"],
        "mode",
    ),
    ("package", &["bash", "acl", "no-such-package"], "versions"),
    ("service", &["nginx", "lab-tick.timer", "lab-masked", "lab@a", "lab-fails", "nonesuch"], "enabled"),
    (
        "port",
        &["tcp:80", "tcp6:443", "22", "udp:4713", "unix:/run/lab-listen.sock", "unix:@lab-abstract", "tcp:4"],
        "ip",
    ),
    ("process", &["nginx", "a-very-long-program-name", "nonesuch"], "user"),
    ("user", &["ada", "carl", "www-data", "nonesuch"], "uid"),
    ("group", &["crew", "empty", "nonesuch"], "gid"),
    ("command", &["echo hi", "echo no >&2; exit 3", "true"], "exit-status"),
    (
        "certificate",
        &["/etc/ssl/lab/chain.pem", "/etc/ssl/lab/over.pem", "tls://127.0.0.1:8443", "/none.pem"],
        "expires-in",
    ),
    ("disk", &["/", "/mnt/lab", "/proc"], "filesystem"),
    ("mount", &["/mnt/lab", "/mnt/with space", "/", "/mnt/none"], "filesystem"),
    ("interface", &["lo", "eth9"], "mtu"),
    ("addr", &["tcp://127.0.0.1:80", "tcp://127.0.0.1:4"], ""),
    ("dns", &["localhost"], ""),
    ("http", &["http://127.0.0.1:8088/", "http://127.0.0.1:8088/gone"], "status"),
    ("ping", &["127.0.0.1"], ""),
    ("kernel-param", &["kernel.ostype", "net.ipv4.ip_forward"], "value"),
    ("kernel-module", &["overlay", "no_such_module"], ""),
    ("system", &["this"], "os"),
    ("image", &["/tmp/lab-layout", "/tmp/no-layout.tar"], "entrypoint"),
    ("!matching", &["x"], ""),
];

/// Things that nobody can be sure of: the container has no /lib/modules.
const UNSEEN: [&str; 1] = ["no_such_module"];
/// Things of which not everything is for everybody to see.
const HIDDEN: [&str; 3] = ["unix:/run/lab-listen.sock", "unix:@lab-abstract", "/mnt/lab"];

/// An image of no layers: the OCI image layout.
const LAYOUT: &str = r#"set -e; mkdir -p /tmp/lab-layout/blobs/sha256; cd /tmp/lab-layout
put() {
  sum=$(printf %s "$1" | sha256sum | cut -d' ' -f1); printf %s "$1" > "blobs/sha256/$sum"
  printf '"digest":"sha256:%s","size":%s' "$sum" "${#1}"
}
kind=application/vnd.oci.image
config=$(put '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/app"]},"rootfs":{"type":"layers","diff_ids":[]}}')
manifest=$(put "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"$kind.config.v1+json\",$config},\"layers\":[]}")
printf '{"imageLayoutVersion":"1.0.0"}' > oci-layout
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json",%s}]}' "$kind" "$manifest" > index.json
"#;

pub fn every_kind() -> Result<(), Failed> {
    shell(LAYOUT);
    let listed = says(&[&crate::verispec(), "kinds"]);
    let kinds: BTreeSet<&str> = listed
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    let known: BTreeSet<&str> = THINGS.iter().map(|(kind, ..)| kind.trim_start_matches('!')).collect();
    let mut faults = Faults::default();
    faults.unless(kinds == known, || format!("{kinds:?} are not {known:?}"));
    for user in ["root", "nobody"] {
        for (kind, names, key) in THINGS {
            let desk = Desk::of(user);
            if let Some(kind) = kind.strip_prefix('!') {
                let said = desk.runs(&["add", "--spec", "a.toml", kind, names[0]]);
                faults.unless(said.status != 0 && said.errors.contains(kind), || format!("{kind}: {}", said.told()));
                continue;
            }
            let unseen = |name: &&&str| UNSEEN.contains(*name) || (user != "root" && HIDDEN.contains(*name));
            for name in names {
                let said = desk.runs(&["add", "--spec", "a.json", kind, name]);
                if unseen(&name) && said.status == 1 && said.errors.contains(name) {
                    continue;
                }
                let there = if said.status == 0 { entry(&desk.spec("a.json"), kind, name) } else { None };
                faults.unless(there.is_some(), || format!("add {kind} {name} as {user}: {}", said.told()));
                let (first, there) = (*name == names[0], there.unwrap_or_default());
                faults.unless(!first || key.is_empty() || there.get(key).is_some(), || {
                    format!("{kind} {name} as {user} has no {key}: {there}")
                });
            }
            faults.also(desk.holds("a.json"));
            let first = desk.spec("a.json");
            // All at once come to the same, in each syntax, and a second time to nothing.
            for file in ["a.json", "b.json", "b.toml", "b.yaml"] {
                let before = std::fs::read_to_string(desk.path(file)).unwrap_or_default();
                let said = desk.runs(&[&["add", "--spec", file, kind], names].concat());
                let same = match file {
                    "a.json" => desk.text(file) == before,
                    "b.yaml" => true,
                    _ => desk.spec(file) == first,
                };
                faults.unless(same, || format!("{kind} as {user}: {}\n{}", said.told(), desk.text(file)));
            }
            faults.also(desk.holds("b.yaml"));
        }
    }
    faults.told()
}

fn entry(spec: &Json, kind: &str, name: &str) -> Option<Json> {
    let all = spec[kind].as_object()?;
    all.get(name).or_else(|| all.get(&format!("tcp:{name}"))).cloned()
}

/// Runs until it is dropped.
struct Running(Child);

impl Running {
    fn shell(line: &str) -> Running {
        Running(Command::new("bash").args(["-c", line]).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// What stays is written as it is, what moves as a matcher over all that was seen, with the samples in a comment.
pub fn samples() -> Result<(), Failed> {
    let (desk, mut faults) = (Desk::new(), Faults::default());
    let log = desk.path("a.log");
    desk.lay("a.log", "x");
    // To and fro, so that a later look finds what an earlier one has found.
    let line = format!("while :; do truncate -s 1000 '{log}'; sleep 0.1; truncate -s 2000 '{log}'; sleep 0.1; done");
    let moving = Running::shell(&line);
    sleep(Duration::from_millis(300));
    for file in ["a.json", "a.toml", "a.yaml"] {
        desk.ends(0, &["add", "--samples", "9", "--every", "130ms", "--spec", file, "file", &log])?;
        faults.also(desk.holds(file));
        let text = desk.text(file);
        faults.unless(
            file == "a.json"
                || text
                    .lines()
                    .any(|l| l.trim_start().starts_with('#') && l.contains("1000 B") && l.contains("2.0 KiB")),
            || format!("no samples in {file}:\n{text}"),
        );
    }
    let body = &desk.spec("a.json")["file"][&log];
    faults.unless(body["mode"] == json!("0644") && body["owner"] == json!("root"), || body.to_string());
    faults.unless(body.get("size").is_some_and(|size| !size.is_number()), || format!("size: {body}"));
    drop(moving);
    for (size, due) in [(1000, true), (1500, true), (2000, true), (20_000, false)] {
        shell(&format!("truncate -s {size} '{log}'"));
        let wrong = desk.wrong("a.json")?;
        faults.unless(wrong.is_empty() == due, || format!("{size}: {wrong:?} of {body}"));
    }
    // A log that only grows: what it will be, nobody knows.
    let growing = Running::shell(&format!("while :; do echo line >>'{log}'; sleep 0.05; done"));
    desk.ends(0, &["add", "--samples", "3", "--every", "200ms", "--spec", "b.json", "file", &log])?;
    let body = &desk.spec("b.json")["file"][&log];
    faults.unless(body.get("size").is_none_or(|size| !size.is_number()), || format!("size: {body}"));
    faults.unless(body["mode"] == json!("0644"), || body.to_string());
    drop(growing);
    // One look writes nothing that moves.
    desk.ends(0, &["add", "--spec", "c.json", "file", &log])?;
    faults.unless(desk.spec("c.json")["file"][&log].get("size").is_none(), || desk.text("c.json"));
    processes(&desk, &mut faults)?;
    faults.told()
}

/// A program of which there are one and three by turns.
fn processes(desk: &Desk, faults: &mut Faults) -> Result<(), Failed> {
    let program = desk.path("mover");
    shell(&format!("cp /bin/sleep '{program}'; chmod 755 '{}'", desk.path("")));
    let line =
        format!("'{program}' 60 & trap 'kill %1' EXIT; while :; do '{program}' 0.2 & '{program}' 0.2; sleep 0.2; done");
    let mut moving = Running::shell(&line);
    sleep(Duration::from_millis(300));
    desk.ends(0, &["add", "--samples", "9", "--every", "130ms", "--spec", "p.json", "process", "mover"])?;
    let body = desk.spec("p.json")["process"]["mover"].clone();
    faults.unless(body.get("count").is_some_and(|count| !count.is_number()), || format!("count: {body}"));
    faults.unless(at_least_root(&body["user"]), || body.to_string());
    faults.unless(
        ["pids", "rss", "age"].iter().all(|key| body.get(key).is_none_or(|v| !v.is_number() && !v.is_array())),
        || body.to_string(),
    );
    faults.also(desk.holds("p.json"));
    _ = moving.0.kill();
    shell("pkill -x mover");
    let wrong = desk.wrong("p.json")?;
    faults.unless(wrong.contains_key("process.mover.running"), || format!("{wrong:?}"));
    Ok(())
}

fn at_least_root(user: &Json) -> bool {
    crate::desk::at_least(user, &json!("root"))
}
