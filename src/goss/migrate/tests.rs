use super::*;
use crate::goss::decode;
use crate::spec;
use crate::syntax::{self, Format};
use proptest::prelude::*;

fn migrated(text: &str) -> Migrated {
    let config = decode(text, 0, Format::Yaml).unwrap().config;
    migrate(&config, &|span| text.get(span.start as usize..span.end as usize))
}

/// What is wrong with a spec, as a page; empty if nothing is.
fn wrong_with(spec: &str, format: Format) -> String {
    let (tree, mut wrong) = syntax::parse(spec, 0, format);
    tree.map(|tree| spec::lower(tree, &mut wrong));
    let sources = syntax::Sources { files: vec![syntax::Source { name: "spec".into(), text: spec.to_owned() }] };
    sources.render(&wrong, false)
}

/// The spec in TOML without what is said of it, and what is said.
fn spec(text: &str) -> (String, String) {
    let all = migrated(text);
    let toml = toml(&all, &[]);
    assert_eq!(wrong_with(&toml, Format::Toml), "", "{toml}");
    let (said, spec): (Vec<&str>, Vec<&str>) = toml.lines().partition(|line| line.starts_with('#'));
    (spec.join("\n").trim().to_owned(), said.join("\n"))
}

/// One entry's keys.
fn keys(text: &str) -> (String, String) {
    let (spec, said) = spec(text);
    (spec.lines().skip(1).collect::<Vec<_>>().join("\n"), said)
}

#[test]
fn what_both_say_alike_is_carried_over_without_a_word() {
    let text = "file:\n  /b:\n    title: t\n    meta: {a: [1, x]}\n    exists: true\n    mode: \"0644\"\n    size: {gt: 0}\n    contents: [a, '!b', '/c$/']\n  /a: {exists: false, skip: true}\ndns:\n  MX:a: {resolvable: true, addrs: [x], server: 192.0.2.1, timeout: 1500}\n";
    let (spec, said) = spec(text);
    assert_eq!(
        spec,
        "[file.\"/b\"]\ntitle = \"t\"\nmeta = { a = [1, \"x\"] }\nexists = true\nmode = \"0644\"\ncontents = [\"a\", \"!b\", \"/c$/\"]\nsize = { gt = 0 }\n\n[file.\"/a\"]\nskip = true\nexists = false\n\n[dns.\"MX:a\"]\nresolvable = true\nserver = \"192.0.2.1\"\ntimeout = \"1500ms\"\naddrs = [\"x\"]"
    );
    assert_eq!(said, "");
}

#[test]
fn what_people_meant_by_a_mode_is_written() {
    for (said, mode) in [("0644", "0644"), ("644", "0644"), ("420", "0420"), ("'0644'", "0644"), ("0o755", "0755")] {
        let (keys, remarks) = keys(&format!("file:\n  /a:\n    exists: true\n    mode: {said}\n"));
        let written = if said == "644" { "0644" } else { mode };
        assert_eq!(keys, format!("exists = true\nmode = \"{written}\""), "{said}");
        assert_eq!(remarks.is_empty(), said == "'0644'", "{said}: {remarks}");
    }
}

#[test]
fn older_spellings_become_newer_ones() {
    let (text, said) = keys("file:\n  /a:\n    exists: true\n    contains: [a]\n    contents: [b]\n");
    assert_eq!((text.as_str(), said.as_str()), ("exists = true\ncontents = { and = [[\"a\"], [\"b\"]] }", ""));
    assert_eq!(keys("dns:\n  a: {resolveable: true}\n").0, "resolvable = true");
    let (text, _) = keys("command:\n  a: {exit-status: \"0\", retry_count: 3, retry_delay: 500}\n");
    assert_eq!(text, "retry = { for = \"1500ms\", every = \"500ms\" }\nexit-status = 0");
    assert_eq!(keys("user:\n  a: {exists: true, uid: '0'}\n").0, "exists = true\nuid = 0");
}

#[test]
fn sockets_stay_of_the_family_that_goss_means() {
    let (spec, _) = spec(
        "port:\n  80: {listening: true}\n  tcp:80: {listening: true}\n  tcp6:80: {listening: true}\n  dns: {port: udp:53, listening: true}\n",
    );
    let names: Vec<&str> = spec.lines().filter(|line| !line.starts_with("listening")).collect();
    let want = [
        "[port.\"tcp4:80\"]",
        "",
        "[port.\"tcp:80\"]",
        "port = \"tcp4:80\"",
        "",
        "[port.\"tcp6:80\"]",
        "",
        "[port.dns]",
        "port = \"udp4:53\"",
    ];
    assert_eq!(names, want);
}

#[test]
fn a_service_that_is_not_to_run_need_not_be_there() {
    assert_eq!(
        keys("service:\n  telnet: {enabled: false, running: false}\n").0,
        "exists = { or = [true, false] }\nenabled = false\nrunning = false"
    );
    assert_eq!(keys("service:\n  a: {enabled: false, running: true}\n").0, "enabled = false\nrunning = true");
}

#[test]
fn what_is_lost_is_told_and_the_rest_is_kept() {
    let all = migrated(
        "file:\n  a: {exists: true}\n  /b: {exists: {bogus: 1}}\n  /c: {exists: true, mode: {le: '0644'}, contents: [x, {a: b}]}\n",
    );
    assert!(!all.is_whole());
    let [relative, presence, rest] = &all.entries[..] else { panic!("{all:?}") };
    assert!(relative.lost.as_ref().unwrap().contains("relative path"), "{relative:?}");
    assert!(presence.lost.as_ref().unwrap().contains("bogus"), "{presence:?}");
    assert!(rest.lost.is_none());
    assert_eq!(rest.remarks.iter().filter(|one| matches!(one, Remark::Lost(_))).count(), 2, "{rest:?}");
    assert_eq!(
        keys("process:\n  a: {}\n").1,
        "# goss: goss fails what does not say `running`; a strict spec takes it as true"
    );
    assert_eq!(
        migrated("file:\n  /a: {exists: true, contents: []}\n").notes,
        ["1 × `[]` asserts nothing and is left out"]
    );
}

#[test]
fn yaml_and_toml_say_the_same() {
    let text = "command:\n  \"a: b # c\":\n    exec: |\n      x\n       y\n\n      z\n    exit-status: 0\n    stdout: \"0644\"\n    stderr: ['yes', '~', '1_0', \"a\\tb\", 'é\u{1f600}']\nmatching:\n  '*x': {content: {a: [1, 2.5, {b: c}]}, matches: {have-key: a}}\n";
    let all = migrated(text);
    let read = |text: &str, format| Value::from(&syntax::parse(text, 0, format).0.unwrap()).to_json();
    let (toml, yaml) = (toml(&all, &["head".into()]), yaml(&all, &["head".into()]));
    assert_eq!(read(&toml, Format::Toml), read(&yaml, Format::Yaml), "{toml}\n{yaml}");
    assert!(yaml.contains("    exec: |\n"), "{yaml}");
}

/// Data as it may stand behind a field of goss's.
fn test() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value as Json, json};
    let words = prop::sample::select(vec![
        "",
        "a",
        "!a",
        "/a/",
        "//",
        "/var/log/",
        "\\!x",
        "/a/i",
        "0644",
        "644",
        "yes",
        "true",
        "5",
        "1.10",
        ">= 1",
        "(",
        "/[/",
        "a\nb",
        "10%",
        "~",
        "\u{1}",
        "é",
        "null",
        "symlink",
        "-1",
        "/\\Qa.b\\E/",
        "{",
        "# a",
    ]);
    let word = words.prop_map(Json::from);
    let scalar = prop_oneof![
        4 => word,
        1 => any::<bool>().prop_map(Json::from),
        2 => any::<i32>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    let names = prop::sample::select(vec![
        "equal",
        "gt",
        "le",
        "have-prefix",
        "have-suffix",
        "match-regexp",
        "contain-substring",
        "have-len",
        "have-patterns",
        "have-key",
        "contain-element",
        "contain-elements",
        "consist-of",
        "not",
        "and",
        "or",
        "semver-constraint",
        "gjson",
        "bogus",
    ]);
    scalar.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            (names.clone(), inner.clone()).prop_map(|(name, inner)| json!({name: inner})),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

/// A goss file in JSON, which may be one that goss refuses.
fn file() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "/a",
        "a",
        "80",
        "tcp:80",
        "udp:x",
        "MX:a",
        "a b",
        "tls://x",
        "http://x/",
        "~root/x",
        "",
        "x:1",
    ]);
    let fields = |at: usize| {
        let section = &SECTIONS[at];
        let field = prop::sample::select(section.fields.iter().collect::<Vec<_>>());
        let value = (test(), "[a-z:/0-9]{0,6}", any::<bool>(), -5..20_000_i64);
        let one = (field, value).prop_map(|(field, (test, text, truth, number))| {
            let value = match field.shape {
                super::super::Shape::Text => text.into(),
                super::super::Shape::Bool => truth.into(),
                super::super::Shape::Int => number.into(),
                super::super::Shape::TextList => serde_json::json!([text]),
                super::super::Shape::Map => serde_json::json!({ "a": test }),
                _ => test,
            };
            (field.name, value)
        });
        prop::collection::vec(one, 0..5)
    };
    let entry = (0..SECTIONS.len()).prop_flat_map(move |at| (Just(SECTIONS[at].name), name.clone(), fields(at)));
    prop::collection::vec(entry, 1..6).prop_map(|entries| {
        let mut file = serde_json::Map::new();
        for (section, name, fields) in entries {
            let body: serde_json::Map<_, _> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let section = file.entry(section).or_insert_with(|| serde_json::json!({}));
            section[name] = body.into();
        }
        serde_json::Value::from(file).to_string()
    })
}

proptest! {
    #[test]
    fn whatever_goss_reads_becomes_a_spec_without_mistakes(text in file()) {
        let Ok(decoded) = decode(&text, 0, Format::Json) else { return Ok(()) };
        let all = migrate(&decoded.config, &|span| text.get(span.start as usize..span.end as usize));
        if all.entries.iter().all(|entry| entry.lost.is_some()) {
            return Ok(());
        }
        for (spec, format) in [(toml(&all, &[]), Format::Toml), (yaml(&all, &[]), Format::Yaml)] {
            prop_assert_eq!(wrong_with(&spec, format), "", "{}", spec);
        }
    }
}

#[test]
fn a_port_is_not_called_what_another_entry_is_called() {
    let (toml, _) = spec("port:\n  '2024': {listening: true}\n  tcp4:2024: {listening: true}\n");
    assert!(crate::load::load_text("host.toml", toml.clone(), Format::Toml).is_ok(), "{toml}");
}

#[test]
fn whole_numbers_of_json_are_whole() {
    let text = r#"{"file": {"/a": {"exists": true, "size": {"lt": 100000}, "uid": 0}}}"#;
    let mut config = decode(text, 0, Format::Json).unwrap().config;
    make_whole(&mut config);
    let all = migrate(&config, &|span| text.get(span.start as usize..span.end as usize));
    let toml = toml(&all, &[]);
    assert!(toml.contains("size = { lt = 100000 }") && toml.contains("uid = 0\n") && all.is_whole(), "{toml}");
}
