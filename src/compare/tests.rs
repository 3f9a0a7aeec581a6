//! What is the same in other words, and that it is told from what is not.

use super::{Comparison, Said, Side, Spec, specs, text};
use crate::load::load_text;
use crate::syntax::{self, Data, Format, Node};
use crate::value::Value;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn compare((a, format_a): (&str, Format), (b, format_b): (&str, Format)) -> Comparison {
    let read = |text: &str, format| match load_text("spec", text.to_owned(), format) {
        Ok(spec) => (spec, vec![(text.to_owned(), format)]),
        Err(rejected) => panic!("{}\n{text}", rejected.sources.render(&rejected.wrong, false)),
    };
    let ((one, one_texts), (two, two_texts)) = (read(a, format_a), read(b, format_b));
    specs(
        &Spec { name: "a", sources: &one.sources, claims: &one.claims, texts: &one_texts },
        &Spec { name: "b", sources: &two.sources, claims: &two.claims, texts: &two_texts },
    )
}

fn toml(a: &str, b: &str) -> Comparison {
    compare((a, Format::Toml), (b, Format::Toml))
}

/// The keys that differ, with the name of their entry.
fn keys(comparison: &Comparison) -> Vec<String> {
    let of = |entry: &super::Difference| match entry.side {
        Side::OnlyA => vec![format!("- {}", entry.name)],
        Side::OnlyB => vec![format!("+ {}", entry.name)],
        Side::Both => {
            let renamed = entry.other_name.iter().map(|other| format!("{} → {other}", entry.name));
            renamed.chain(entry.keys.iter().map(|key| format!("{} {}", entry.name, key.name))).collect()
        }
    };
    comparison.entries.iter().flat_map(of).collect()
}

/// A tree as another language has it. Numbers stay as they are written: `1.10` is a version somewhere.
fn print(node: &Node, format: Format) -> String {
    match &node.data {
        Data::List(list) => format!("[{}]", list.iter().map(|one| print(one, format)).collect::<Vec<_>>().join(", ")),
        Data::Map(map) => {
            let name = |name: &str| serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007f");
            let sign = if format == Format::Toml { " = " } else { ": " };
            let fields = map.iter().map(|(key, one)| format!("{}{sign}{}", name(&key.text), print(one, format)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Data::Int(_, raw) | Data::Float(_, raw) if raw.parse::<f64>().is_ok() && !raw.starts_with(['0', '+', '.']) => {
            (*raw).to_owned()
        }
        Data::Null => "null".into(),
        _ => super::notation::inline(&Value::from(node), format),
    }
}

fn printed(root: &Node, format: Format) -> String {
    let whole = print(root, format);
    match format {
        // The top of a document is no inline table.
        Format::Toml => {
            let sections = root.map().unwrap_or_default().iter();
            sections.map(|(key, one)| format!("\"{}\" = {}\n", key.text, print(one, format))).collect()
        }
        Format::Yaml | Format::Json => whole,
    }
}

fn has_null(node: &Node) -> bool {
    match &node.data {
        Data::Null => true,
        Data::List(list) => list.iter().any(has_null),
        Data::Map(map) => map.iter().any(|(_, one)| has_null(one)),
        _ => false,
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_spec_in_another_language_says_the_same() {
    let mut paths = vec![];
    for folder in ["specs", "golden/resource", "golden/matcher", "golden/report", "golden/diff"] {
        files(Path::new(folder), &mut paths);
    }
    let mut compared = 0;
    for path in paths {
        let Some(format) = Format::of(path.to_str().unwrap()) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        if load_text("spec", text.clone(), format).is_err() {
            continue;
        }
        let root = syntax::parse(&text, 0, format).0.unwrap();
        for other in [Format::Toml, Format::Yaml, Format::Json] {
            if other == Format::Toml && has_null(&root) {
                continue;
            }
            let anew = printed(&root, other);
            for comparison in [compare((&text, format), (&anew, other)), compare((&anew, other), (&text, format))] {
                assert!(comparison.is_same(), "{} as {other:?}:\n{}\n{anew}", path.display(), text_of(&comparison));
            }
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

fn text_of(comparison: &Comparison) -> String {
    text(comparison, false)
}

#[test]
fn what_goes_without_saying_is_no_difference() {
    let plain = "[file.\"/a\"]\n";
    for same in [
        "[file.\"/a\"]\nexists = true\n",
        "[file.\"/a\"]\nskip = false\n",
        "[file.\"/a\"]\ntags = []\n",
        "[file.\"/a\"]\ntimeout = 0\n",
    ] {
        assert!(toml(plain, same).is_same() && toml(same, plain).is_same(), "{same}");
    }
    for (other, differs) in [
        ("exists = false", "/a exists"),
        ("skip = true", "/a skip"),
        ("tags = [\"x\"]", "/a tags"),
        ("timeout = \"1s\"", "/a timeout"),
        ("retry = { for = \"1s\" }", "/a retry"),
        ("title = \"x\"", "/a title"),
        ("meta = 1", "/a meta"),
        ("path = \"/b\"", "/a path"),
    ] {
        let other = format!("{plain}{other}\n");
        assert_eq!(keys(&toml(plain, &other)), [differs]);
        assert_eq!(keys(&toml(&other, plain)), [differs]);
    }
}

#[test]
fn each_path_of_a_lookup_is_a_key() {
    let a = "[file.\"/a\"]\njson.\"a.b\" = 1\njson.c = 2\n";
    let b = "[file.\"/a\"]\njson.\"a.b\" = 1.0\njson.c = 3\njson.d = 4\n";
    assert_eq!(keys(&toml(a, b)), ["/a json.c", "/a json.d"]);
}

#[test]
fn several_entries_about_one_thing_find_their_like() {
    let a = "[file.one]\npath = \"/a\"\nmode = \"0644\"\n[file.two]\npath = \"/a\"\nowner = \"root\"\n";
    let turned = "[file.two]\npath = \"/a\"\nowner = \"root\"\n[file.one]\npath = \"/a\"\nmode = \"0644\"\n";
    assert!(toml(a, turned).is_same());
    let renamed = "[file.three]\npath = \"/a\"\nowner = \"root\"\n[file.one]\npath = \"/a\"\nmode = \"0600\"\n";
    assert_eq!(keys(&toml(a, renamed)), ["one mode", "two → three"]);
    let fewer = "[file.one]\npath = \"/a\"\nmode = \"0644\"\n";
    assert_eq!(keys(&toml(a, fewer)), ["- two"]);
    assert_eq!(keys(&toml(fewer, a)), ["+ two"]);
}

#[test]
fn a_thing_by_another_name_is_the_same_thing() {
    let plain = "[port.80]\nprocess = \"nginx\"\n[service.ssh]\n[file.\"/srv/\"]\n";
    let other = "[file.\"/srv\"]\n[service.\"ssh.service\"]\n[port.\"tcp:80\"]\nprocess = \"nginx\"\n";
    assert!(toml(plain, other).is_same() && toml(other, plain).is_same());
    let changed = other.replace("nginx", "apache2");
    assert_eq!(keys(&toml(plain, &changed)), ["80 process"]);
    // One is of either family, the other of one.
    assert_eq!(keys(&toml("[port.80]\n", "[port.\"tcp6:80\"]\n")), ["- 80", "+ tcp6:80"]);
    let named = "[port.web]\nport = 80\nprocess = \"nginx\"\n[service.ssh]\n[file.\"/srv\"]\n";
    assert_eq!(keys(&toml(other, named)), ["tcp:80 → web"]);
}

#[test]
fn a_check_of_several_texts_has_no_order() {
    let of = |hosts: &str| format!("[certificate.\"/a\"]\nhostname = {hosts}\n");
    assert!(toml(&of("[\"a.b\", \"c.d\"]"), &of("[\"c.d\", \"a.b\"]")).is_same());
    assert_eq!(keys(&toml(&of("[\"a.b\", \"c.d\"]"), &of("\"a.b\""))), ["/a hostname"]);
}

#[test]
fn two_secrets_differ_and_neither_is_shown() {
    let a = "[user.root]\npassword-hash = \"$6$canary-1\"\n";
    let b = "[user.root]\npassword-hash = \"$6$canary-2\"\n";
    let comparison = toml(a, b);
    let key = &comparison.entries[0].keys[0];
    assert_eq!(key.a.as_ref().unwrap().said, Said::hidden());
    assert_eq!(key.b.as_ref().unwrap().said, Said::hidden());
    assert!(toml(a, a).is_same());
    // Too short to be hidden wherever it comes back, and hidden where it stands.
    let short = |word: &str| format!("[http.\"http://h/\"]\nstatus = 200\nusername = \"u\"\npassword = \"{word}\"\n");
    let text = text_of(&toml(&short("q9"), &short("q8")));
    assert!(text.contains("password: - (hidden)") && !text.contains("q9") && !text.contains("q8"), "{text}");
}

#[test]
fn a_long_list_shows_what_differs_and_how_often() {
    let of = |list: &[&str]| format!("[user.a]\ngroups = {{ consist-of = {list:?} }}\nauthorized-keys = {list:?}\n");
    let word = "a".repeat(70);
    let text = text_of(&toml(&of(&[&word, "b", "b", "c"]), &of(&[&word, "b", "d", "d"])));
    assert!(text.contains("(2 of 4 are the same)"), "{text}");
    let signs: Vec<&str> = text.lines().filter(|l| l.contains("- \"") || l.contains("+ \"")).map(str::trim).collect();
    assert_eq!(signs, ["- \"b\"", "- \"c\"", "+ \"d\"", "+ \"d\""], "{text}");
}

#[test]
fn two_large_specs_with_nothing_in_common_are_soon_compared() {
    let before = std::time::Instant::now();
    for kind in ["file", "port", "kernel-param"] {
        for many in [900, 5_000] {
            let of = |from: usize| {
                let root = if kind == "file" { "/" } else { "" };
                (from..from + many).map(|n| format!("[{kind}.\"{root}{n}\"]\nskip = true\nVALUE")).collect::<String>()
            };
            let value = if kind == "kernel-param" { "value = 1\n" } else { "" };
            let counts = toml(&of(1).replace("VALUE", value), &of(20_001).replace("VALUE", value)).counts();
            assert_eq!((counts.only_a, counts.only_b), (many, many), "{kind}");
        }
    }
    assert!(before.elapsed() < std::time::Duration::from_secs(10), "{:?}", before.elapsed());
}

/// A spec of a few entries that often are about the same few things.
fn spec() -> impl Strategy<Value = String> {
    let entry = (0..4usize, 0..3usize, 0..3usize, any::<bool>());
    prop::collection::vec(entry, 1..6).prop_map(|entries| {
        let mut out = String::new();
        let mut names = std::collections::HashSet::new();
        for (name, thing, mode, presence) in entries {
            let (name, path) = match name {
                0 => (format!("/{thing}"), String::new()),
                name => (format!("n{name}"), format!("path = \"/{thing}\"\n")),
            };
            if names.insert(name.clone()) {
                let mode = ["", "mode = \"0644\"\n", "mode = \"600\"\n"][mode];
                let presence = if presence { "exists = true\n" } else { "" };
                out.push_str(&format!("[file.\"{name}\"]\n{path}{mode}{presence}"));
            }
        }
        out
    })
}

proptest! {
    #[test]
    fn there_and_back_there_is_as_much_to_tell(a in spec(), b in spec()) {
        let (there, back) = (toml(&a, &b), toml(&b, &a));
        prop_assert_eq!(there.is_same(), back.is_same());
        let (counts, other) = (there.counts(), back.counts());
        prop_assert_eq!((counts.only_a, counts.only_b, counts.differ), (other.only_b, other.only_a, other.differ), "{}\n{}", a, b);
        prop_assert_eq!(there.same, back.same);
        prop_assert!(toml(&a, &a).is_same());
    }
}
