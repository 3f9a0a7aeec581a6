//! What the real goss's `autoadd` writes, ours says at least.

use crate::autoadd::entries;
use crate::desk::{Desk, Faults, at_least};
use crate::tool::says;
use libtest_mimic::Failed;
use serde_json::{Map, Value as Json, json};

/// Words of which goss finds something.
const WORDS: [&str; 4] = ["apache2", "nginx", "sshd", "postgres"];

pub fn at_least_what_goss_writes() -> Result<(), Failed> {
    let Some(goss) = crate::goss::goss() else { return Ok(()) };
    let (mut faults, mut resources, mut keys) = (Faults::default(), 0, 0);
    for word in WORDS {
        let desk = Desk::new();
        let said = desk.runs_program(&goss, &["-g", "goss.json", "autoadd", word]);
        let theirs = desk.spec("goss.json");
        assert!(said.status == 0 && theirs.as_object().is_some_and(|all| !all.is_empty()), "{word}: {}", said.told());
        desk.ends(0, &["autoadd", "--spec", "ours.json", word])?;
        let ours = desk.spec("ours.json");
        for (kind, all) in theirs.as_object().unwrap() {
            for (name, body) in all.as_object().unwrap() {
                let Some(entry) = ours_of(&ours, kind, name) else {
                    faults.unless(false, || {
                        format!(
                            "{word}: nothing of {kind} {name}: {}",
                            entries(&ours, kind).keys().cloned().collect::<Vec<_>>().join(" ")
                        )
                    });
                    continue;
                };
                resources += 1;
                // An empty list asks for nothing.
                for (key, due) in body.as_object().unwrap().iter().filter(|(_, due)| **due != json!([])) {
                    let said = own(entry, kind, key);
                    faults.unless(at_least(&said, due), || {
                        format!("{word}: {kind} {name}: {key} is {said} and not {due}")
                    });
                    keys += 1;
                }
            }
        }
    }
    println!("goss autoadd: {resources} resources and {keys} keys of {} words are in ours, too", WORDS.len());
    faults.told()
}

/// The entry for the same thing: a name of goss's port is one of the older family without a `6`.
fn ours_of<'s>(ours: &'s Json, kind: &str, name: &str) -> Option<&'s Map<String, Json>> {
    let all = entries(ours, kind);
    // Of a unit's names there is one that it gives itself.
    let unit = || {
        says(&["systemctl", "show", "--value", "--property=Id", "--", name])
            .trim()
            .trim_end_matches(".service")
            .to_owned()
    };
    let others = match (kind, name.split_once(':')) {
        ("port", Some((family, port))) => {
            vec![format!("{family}4:{port}"), format!("{}:{port}", family.trim_end_matches('6'))]
        }
        ("service", _) => vec![unit()],
        _ => vec![],
    };
    let found = all.get(name).or_else(|| others.iter().find_map(|other| all.get(other)));
    found.and_then(Json::as_object)
}

/// What ours says under a key of goss's; that a thing is there goes without saying.
fn own(entry: &Map<String, Json>, kind: &str, key: &str) -> Json {
    match (kind, key) {
        (_, "exists" | "installed" | "listening") | ("process", "running") => {
            entry.get(key).cloned().unwrap_or(json!(true))
        }
        ("package", "versions") => entry.get(key).or_else(|| entry.get("version")).cloned().unwrap_or_default(),
        _ => entry.get(key).cloned().unwrap_or_default(),
    }
}
