//! The rules of the house, checked rather than asked for.

use crate::goss::{SECTIONS, decode, lower};
use crate::load::load_text;
use crate::resource::{KINDS, Kind};
use crate::snapshot::Subject;
use crate::syntax::Format;
use crate::value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up: none imports one above it. Those on one floor may know one another.
const ROOMS: &[&[&str]] = &[
    &["value", "quantity", "version", "syntax", "query", "secret", "lines", "template", "re2", "go"],
    &["matcher", "host", "edit"],
    &["resource"],
    &["spec", "goss", "schema", "reference"],
    &["plan"],
    &["gather", "verdict", "cause", "snapshot"],
    &["report", "accept", "compare", "coverage"],
    &["load", "run", "monitor", "serve", "endpoints", "container"],
    &["cli", "fuzz"],
];

fn sources() -> Vec<PathBuf> {
    let (mut found, mut folders) = (vec![], vec![PathBuf::from("src")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The room that a file is in: the first part of its path below src/.
fn room(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The rooms that a file's code names, tests left out: they may use the whole house.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().take_while(|l| *l != "#[cfg(test)]").filter(|l| !l.trim_start().starts_with("//")).collect();
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(list.split('}').next().unwrap_or_default().split(',').map(|p| word(p.trim()))),
            None => _ = rooms.insert(word(rest)),
        }
    }
    rooms
}

#[test]
fn no_room_knows_one_above_it() {
    let floor: BTreeMap<&str, usize> =
        ROOMS.iter().enumerate().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor))).collect();
    let mut wrong = vec![];
    for path in sources() {
        let own = room(&path);
        // A file of tests may use the whole house, as tests in a file do.
        if ["lib", "main", "house"].contains(&&*own) || path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let here = *floor.get(&*own).unwrap_or_else(|| panic!("{} is in no room of ROOMS", path.display()));
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            if floor.get(&*import).is_some_and(|there| *there > here) {
                wrong.push(format!("{} imports `{import}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_kinds_file_is_in_the_table() {
    let table = fs::read_to_string("src/resource.rs").unwrap();
    for path in sources().iter().filter(|p| p.parent() == Some(Path::new("src/resource"))) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let declares = fs::read_to_string(path).unwrap().contains("impl Resource for");
        assert_eq!(declares, table.contains(&format!("Kind::of::<{name}::")), "src/resource/{name}.rs and KINDS");
    }
}

#[test]
fn every_example_reads_as_a_spec() {
    for kind in KINDS {
        match load_text(kind.name, kind.example.to_owned(), Format::Toml) {
            Ok(spec) => assert!(spec.claims.iter().any(|c| c.kind.name == kind.name), "{}", kind.name),
            Err(rejected) => panic!("{}", rejected.sources.render(&rejected.wrong, false)),
        }
    }
}

#[test]
fn names_are_words_of_the_language() {
    let word = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    for kind in KINDS {
        let names = (kind.keys)().into_iter().map(|k| k.name).chain((kind.settings)().into_iter().map(|s| s.name));
        let mut seen = BTreeSet::from([kind.presence.map_or("", |p| p.name), kind.target.map_or("", |t| t.0)]);
        assert!(word(kind.name), "{}", kind.name);
        for name in names {
            assert!(word(name) && seen.insert(name), "{}.{name}", kind.name);
        }
    }
}

#[test]
fn what_add_writes_of_a_kind_are_keys_of_it() {
    for kind in KINDS {
        let (keys, mut seen) = ((kind.keys)(), BTreeSet::new());
        for pin in kind.pins {
            let key = keys.iter().find(|key| key.name == pin.key);
            let key = key.unwrap_or_else(|| panic!("`{}` has no key `{}`", kind.name, pin.key));
            assert!(key.argument.is_none() && key.input.is_none(), "{}.{} takes more than a value", kind.name, pin.key);
            assert!(key.ty != Type::Secret, "{}.{} is secret", kind.name, pin.key);
            assert!(seen.insert(pin.key), "{}.{} is pinned twice", kind.name, pin.key);
        }
        let subject =
            Subject { kind, name: "/".into(), settings: vec![("content".into(), Value::Int(1))], remarks: vec![] };
        if kind.pins.is_empty() && kind.presence.is_none() {
            let why = subject.check().unwrap_err();
            assert!(why.contains("nothing of the kind"), "{}: {why}", kind.name);
        }
    }
}

#[test]
fn every_sentence_is_one() {
    for kind in KINDS {
        let keys = (kind.keys)().into_iter().map(|k| k.about);
        for about in keys.chain((kind.settings)().into_iter().map(|s| s.about)).chain([kind.about]) {
            assert!(about.ends_with('.') && about.starts_with(|c: char| !c.is_lowercase()), "{}: {about}", kind.name);
        }
    }
}

#[test]
fn every_test_of_a_goss_file_has_a_key_that_answers_it() {
    for section in SECTIONS {
        let Some(kind) = section.kind else { continue };
        let kind = Kind::find(kind).unwrap();
        let keys: Vec<_> = (kind.keys)().iter().map(|k| k.name).chain(kind.presence.map(|p| p.name)).collect();
        for tested in section.tests {
            assert!(keys.contains(&tested.key), "{}: {}", section.name, tested.key);
            assert!(section.field(tested.field).is_some(), "{}: {}", section.name, tested.field);
        }
        let text = format!("{}:\n  a: {{{}: true}}\n", section.name, section.tests[0].field);
        let config = decode(&text, 0, Format::Yaml).unwrap().config;
        assert_eq!(lower(&config).len(), 1, "{} is not lowered", section.name);
    }
}
