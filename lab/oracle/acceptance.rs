//! What stops and starts shows in a spec that `autoadd` wrote, in the right keys and in no other, and `accept` and `diff`
//! tell of exactly these.

use crate::autoadd::{WORDS, entries, unit};
use crate::desk::{Desk, Faults};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that cannot hold of these words' things while they are stopped.
fn gone(spec: &Json, services: &[&str], processes: &[&str]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for service in services {
        let name = if entries(spec, "service").contains_key(*service) {
            (*service).to_owned()
        } else {
            format!("{service}.service")
        };
        let entry = unit(spec, service).unwrap_or_else(|| panic!("{service} is not in {spec}"));
        let moved = ["running", "state"].into_iter().filter(|key| entry.get(key).is_some());
        keys.extend(moved.map(|key| format!("service.{name}.{key}")));
    }
    keys.extend(processes.iter().map(|name| format!("process.{name}.running")));
    keys.extend(entries(spec, "port").keys().map(|name| format!("port.{name}.listening")));
    keys
}

fn failed(all: &BTreeMap<String, String>, outcome: &str) -> BTreeSet<String> {
    all.iter().filter(|(_, is)| *is == outcome).map(|(name, _)| name.clone()).collect()
}

/// The comments of a text.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|l| l.split_once('#')).map(|(_, comment)| comment).collect()
}

fn stop_and_start(word: &str, file: &str, faults: &mut Faults) -> Result<(), Failed> {
    let word = WORDS.iter().find(|w| w.word == word).unwrap();
    let desk = Desk::new();
    desk.ends(0, &["autoadd", "--spec", "a.json", word.word])?;
    if file != "a.json" {
        desk.lay(file, "# of this host\n\n\n");
        desk.ends(0, &["autoadd", "--spec", file, word.word])?;
    }
    desk.holds(file)?;
    let due = gone(&desk.spec("a.json"), word.services, word.processes);
    let first = desk.text(file);
    for turn in ["stop", "start"] {
        says(&[&["systemctl", turn], word.services].concat());
        // Workers are told by signals.
        shell("sleep 0.5");
        let all = desk.outcomes(file)?;
        let (fail, unknown) = (failed(&all, "fail"), failed(&all, "unknown"));
        faults.unless(fail == due && unknown.is_empty(), || {
            let (missing, extra) = (due.difference(&fail), fail.difference(&due));
            format!(
                "{turn} {} in {file}: {:?} do not fail, {:?} do, {unknown:?} are unknown",
                word.word,
                missing.collect::<Vec<_>>(),
                extra.collect::<Vec<_>>()
            )
        });
        let before = desk.text(file);
        let said = desk.runs(&["accept", file]);
        faults.unless(desk.text(file) == before && said.status != 0, || format!("nobody was asked: {}", said.told()));
        let running = format!("service/{}/running", word.services[0]);
        desk.ends(0, &["accept", "--yes", file, &running])?;
        let left = desk.wrong(file)?;
        let one = running.replacen("service/", "service.", 1).replace("/running", ".running");
        let others: BTreeSet<_> = due.iter().filter(|key| **key != one).cloned().collect();
        faults.unless(failed(&left, "fail") == others, || format!("accept of {running} leaves {left:?} of {due:?}"));
        desk.ends(0, &["accept", "--yes", file])?;
        faults.also(desk.holds(file));
        let after = desk.text(file);
        faults.unless(comments(&before) == comments(&after), || format!("comments: {before}\nand now:\n{after}"));
        let again = desk.ends(0, &["accept", "--yes", file])?;
        faults.unless(desk.text(file) == after, || format!("accept changes what holds: {}", again.told()));
    }
    // All is as it was, so all that was said is said again.
    desk.lay("first.toml", &first);
    if file.ends_with(".toml") {
        let (first, last) = (desk.spec("first.toml"), desk.spec(file));
        for (kind, all) in first.as_object().unwrap() {
            for (name, entry) in all.as_object().unwrap() {
                for (key, value) in entry.as_object().unwrap() {
                    let now = &last[kind][name][key];
                    faults.unless(now == value, || format!("{kind} {name} {key} was {value} and is {now}"));
                }
            }
        }
    }
    Ok(())
}

/// Each of the servers, in each syntax.
pub fn services_stop_and_start() -> Result<(), Failed> {
    let mut faults = Faults::default();
    for (word, file) in [("nginx", "b.toml"), ("nginx", "b.yaml"), ("postgresql", "a.json")] {
        let done = stop_and_start(word, file, &mut faults);
        shell("systemctl start nginx postgresql postgresql@15-main");
        faults.also(done);
    }
    faults.told()
}

/// `diff` between a spec and this host tells of exactly what fails; between a spec and itself, of nothing.
pub fn differences() -> Result<(), Failed> {
    let (desk, mut faults) = (Desk::new(), Faults::default());
    desk.ends(0, &["autoadd", "--spec", "a.json", "nginx"])?;
    desk.ends(0, &["autoadd", "--spec", "a.toml", "nginx"])?;
    desk.ends(0, &["diff", "a.json", "a.toml"])?;
    desk.ends(0, &["diff", "a.json"])?;
    shell("systemctl stop nginx");
    let said = desk.runs(&["diff", "a.json"]);
    shell("systemctl start nginx");
    faults.unless(said.status == 1, || said.told());
    let spec = desk.spec("a.json");
    for key in gone(&spec, &["nginx"], &["nginx"]) {
        let name = key.split('.').nth(1).unwrap();
        faults.unless(said.out.contains(name), || format!("nothing of {key} in {}", said.told()));
    }
    for path in entries(&spec, "file").keys() {
        faults.unless(!said.out.contains(path.as_str()), || format!("{path} in {}", said.told()));
    }
    faults.told()
}

/// What people change on a host, how it is changed back, and which keys tell of it.
const CHANGES: [(&str, &str, &[&str]); 6] = [
    ("chmod 640 /etc/lab-dns.conf", "chmod 644 /etc/lab-dns.conf", &["file./etc/lab-dns.conf.mode"]),
    ("chown bob /etc/lab-dns.conf", "chown root /etc/lab-dns.conf", &["file./etc/lab-dns.conf.owner"]),
    ("usermod -s /bin/sh ada", "usermod -s /bin/bash ada", &["user.ada.shell"]),
    ("usermod -aG cron,mail ada", "usermod -G adm,staff,games ada", &["user.ada.groups", "group.mail.members"]),
    ("systemctl disable cron", "systemctl enable cron", &["service.cron.enabled"]),
    ("echo acl install | dpkg --set-selections", "echo acl hold | dpkg --set-selections", &["package.acl.held"]),
];

/// Written by hand, in shapes that people write.
const BY_HAND: &str = r#"# What the lab is, and why.

[ file . "/etc/lab-dns.conf" ]   # names
mode='0644' # for all
  owner = "root"   # nobody else's
size = { gt = 0 }

[user.ada]
shell = "/bin/bash"   # logs in
groups = { consist-of = [
  "crew",   # hers
  "adm", "staff",
  "games",
] } # no more
home = { have-prefix = "/home/" }

[group]
mail = { members = { have-len = 1 } }   # itself
[service]
cron.enabled = true # by links
cron.running = true
[package.acl]
held = true
# the end
"#;

/// Each change fails in its own keys, and is accepted in the shape that stands there; and back again.
pub fn by_hand() -> Result<(), Failed> {
    let (desk, mut faults) = (Desk::new(), Faults::default());
    desk.lay("a.toml", BY_HAND);
    shell("groupadd --force cron");
    desk.holds("a.toml")?;
    for (there, back, keys) in CHANGES {
        for line in [there, back] {
            says(&["sh", "-c", &format!("{line} 2>/dev/null")]);
            let before = desk.text("a.toml");
            let wrong = desk.wrong("a.toml")?;
            let due: BTreeSet<String> = keys.iter().map(|&key| key.to_owned()).collect();
            faults.unless(failed(&wrong, "fail") == due && wrong.len() == due.len(), || format!("{line}: {wrong:?}"));
            let said = desk.runs(&["accept", "--yes", "a.toml"]);
            faults.unless(said.status == 0, || format!("{line}: {}", said.told()));
            faults.also(desk.holds("a.toml"));
            let after = desk.text("a.toml");
            faults.unless(comments(&before) == comments(&after), || format!("{line}: {before}\nand now:\n{after}"));
            // Lines that say nothing of these keys are as they were.
            let same = |text: &str| {
                let words: Vec<&str> = keys.iter().filter_map(|key| key.rsplit('.').next()).collect();
                let other =
                    |line: &&str| !words.iter().any(|word| line.contains(word)) && !line.trim().starts_with(['"', ']']);
                text.lines().filter(other).map(str::to_owned).collect::<Vec<_>>()
            };
            faults.unless(same(&before) == same(&after), || format!("{line}: {before}\nand now:\n{after}"));
        }
    }
    let (first, last): (Json, Json) = (toml::from_str(BY_HAND)?, desk.spec("a.toml"));
    for path in ["/file/~1etc~1lab-dns.conf/mode", "/user/ada/shell", "/service/cron", "/package/acl", "/user/ada/home"]
    {
        faults.unless(first.pointer(path) == last.pointer(path), || format!("{path}: {}", desk.text("a.toml")));
    }
    faults.told()
}
