//! Every shape of an expectation, what was found, and what it says then, byte for byte.

use super::*;
use crate::resource::{Observed, Seen};
use crate::spec::{self, Claim};
use crate::value::{Bytes, Content, Excerpt, Fault, Mode, Percent, Portion, Secret, Share, Version, VersionOrder};
use crate::verdict::judge;
use ::time::Duration;

pub fn claims(text: &str, format: Format) -> Vec<Claim> {
    let (root, mut wrong) = parse(text, 0, format);
    let parts = spec::lower(root.unwrap(), &mut wrong);
    assert_eq!(wrong, [], "{text}");
    parts.claims
}

/// The text once every expectation of its first entry that fails has been accepted, and why others are left.
pub fn accepted(text: &str, format: Format, seen: &Observed) -> (String, Vec<String>) {
    let page = Page::read(text, 0, format).unwrap();
    let claims = claims(text, format);
    let (mut wanted, mut left) = (vec![], vec![]);
    for (index, verdict) in judge(&claims[0], seen.clone()).iter().enumerate().filter(|(_, v)| !v.outcome.ok()) {
        match changes(verdict, &page) {
            Ok(changes) => wanted.push(Wanted { entry: 0, verdict: index, changes, seen }),
            Err(why) => left.push(why),
        }
    }
    let settled = settle(text, format, &wanted);
    left.extend(settled.left.into_iter().flatten());
    (settled.text, left)
}

pub fn there(values: Vec<Value>) -> Observed {
    Ok(Some(Seen::from(values.into_iter().map(Ok).collect::<Vec<_>>())))
}

/// JSON as TOML has it on one line.
fn toml(json: &serde_json::Value) -> String {
    use serde_json::Value as J;
    match json {
        J::Array(list) => format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", ")),
        J::Object(map) => {
            let key = |key: &str| if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() };
            let fields: Vec<_> = map.iter().map(|(k, v)| format!("{} = {}", key(k), toml(v))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A spec that says `expression`, which is JSON on one line, of `key`.
pub fn written(kind: &str, name: &str, key: &str, expression: &str, format: Format) -> String {
    match format {
        Format::Json => {
            format!("{{\n  \"{kind}\": {{\"{name}\": {{\"{key}\": {expression}, \"title\": \"t\"}}}}\n}}\n")
        }
        Format::Yaml => {
            format!("# head\n{kind}:\n  {name}: # entry\n    {key}: {expression} # why\n    title: t # tail\n")
        }
        Format::Toml => {
            let expression = toml(&serde_json::from_str(expression).unwrap());
            format!("# head\n[{kind}.\"{name}\"] # entry\n{key} = {expression} # why\ntitle = 't' # tail\n")
        }
    }
}

const FORMATS: [Format; 3] = [Format::Toml, Format::Yaml, Format::Json];

/// `key` is `kind.key`.
#[track_caller]
fn moves(key: &str, old: &str, found: Value, new: &str) {
    let (kind, key) = key.split_once('.').unwrap();
    for format in FORMATS {
        let of = |expression| written(kind, name(kind), key, expression, format);
        let (text, left) = accepted(&of(old), format, &there(vec![found.clone()]));
        assert_eq!(left, [""; 0], "{old} of {found:?}");
        // What comes new to YAML needs no quotes where it reads without.
        let bare = |text: String| {
            if format == Format::Yaml { text.replace('"', "").replace("{ ", "{").replace(" }", "}") } else { text }
        };
        assert_eq!(bare(text), bare(of(new)), "{old} of {found:?}");
    }
}

/// It is left, and for this reason.
#[track_caller]
fn stays(key: &str, old: &str, found: Value, why: &str) {
    let (kind, key) = key.split_once('.').unwrap();
    for format in FORMATS {
        let old = written(kind, name(kind), key, old, format);
        let (text, left) = accepted(&old, format, &there(vec![found.clone()]));
        assert_eq!(text, old);
        assert!(left.len() == 1 && left[0].contains(why), "{old} of {found:?}: {left:?}");
    }
}

fn name(kind: &str) -> &'static str {
    match kind {
        "file" | "certificate" | "disk" => "/x",
        "system" => "this",
        "http" => "http://x/",
        "port" => "tcp:80",
        _ => "x",
    }
}

fn text(t: &str) -> Value {
    Value::Text(t.into())
}

fn texts(all: &[&str]) -> Value {
    Value::List(all.iter().map(|t| text(t)).collect())
}

fn content(t: &str) -> Value {
    Value::Content(Box::new(Content { text: t.into(), cut: None }))
}

fn version(t: &str) -> Value {
    Value::Version(Box::new(Version { text: t.into(), order: VersionOrder::Debian }))
}

fn days(days: i64, hours: i64) -> Value {
    Value::Duration(Duration::days(days) + Duration::hours(hours))
}

fn size(bytes: u64) -> Value {
    Value::Size(Bytes(bytes))
}

fn share(part: u64, whole: u64) -> Value {
    Value::Share(Share { part, whole })
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

#[test]
fn a_value_becomes_what_was_found_and_stays_written_as_it_is() {
    moves("file.mode", "\"0644\"", Value::Mode(Mode(0o600)), "\"0600\"");
    moves("file.owner", "\"root\"", text("www-data"), "\"www-data\"");
    moves("file.uid", "0", Value::Int(33), "33");
    moves("file.filetype", "\"file\"", text("directory"), "\"directory\"");
    moves("file.size", "4096", size(10 << 30), "10737418240");
    moves("file.size", "\"1 KiB\"", size(10 << 30), "\"10 GiB\"");
    moves("file.size", "\"1 KiB\"", size(1025), "\"1025\"");
    moves("file.size", "\"= 1 KiB\"", size(2048), "\"= 2 KiB\"");
    moves("file.contents", "\"one\"", content("one\ntwo"), "\"one\\ntwo\"");
    moves("package.version", "\"1.22-3\"", version("1.24-1+deb12u1"), "\"1.24-1+deb12u1\"");
    moves("service.enabled", "true", Value::Bool(false), "false");
    moves("file.mode", "{\"equal\": \"0644\"}", Value::Mode(Mode(0o600)), "{\"equal\": \"0600\"}");
    moves("user.groups", "\"a\"", texts(&["b"]), "\"b\"");
    moves("user.groups", "{\"equal\": [\"a\", \"b\"]}", texts(&["a", "c"]), "{\"equal\": [\"a\", \"c\"]}");
    moves("user.groups", "{\"equal\": [\"a\"]}", texts(&["a", "c"]), "{\"equal\": [\"a\", \"c\"]}");
}

#[test]
fn a_path_into_data_is_set_where_it_leads_to() {
    moves("file.json", "{\"a.b\": 80}", Value::Int(8080), "{\"a.b\": 8080}");
    moves("file.json", "{\"a.b\": \"80\"}", Value::Int(8080), "{\"a.b\": \"8080\"}");
    moves("file.json", "{\"a\": 1}", text("2"), "{\"a\": 2}");
    moves("file.json", "{\"a\": 1}", text("x"), "{\"a\": \"x\"}");
    moves("file.json", "{\"a\": true}", Value::Bool(false), "{\"a\": false}");
    moves("file.json", "{\"a\": {\"gt\": 5}}", Value::Int(3), "{\"a\": {\"gt\": 2}}");
    moves("file.json", "{\"a\": [\"x\", \"y\"]}", texts(&["x", "z"]), "{\"a\": [\"x\", \"z\"]}");
    let found = || Value::Map(vec![("b".into(), Value::Int(2)), ("c".into(), Value::Int(3))]);
    moves(
        "file.json",
        "{\"a\": {\"equal\": {\"b\": 1, \"c\": 3}}}",
        found(),
        "{\"a\": {\"equal\": {\"b\": 2, \"c\": 3}}}",
    );
    stays("file.json", "{\"a\": 1}", Value::Absent, "nothing was found under this key");
    stays("file.json", "{\"a\": 1}", Value::Null, "null was found");
    stays("file.json", "{\"a\": 1}", Value::Unfit("it is not JSON".into()), "it is not JSON");
    stays("file.json", "{\"a\": {\"have-key\": \"x\"}}", found(), "`have-key`");
    let gjson = |n| format!("{{\"gjson\": {{\"a.b\": {n}, \"c\": true}}}}");
    moves("file.contents", &gjson(1), content("{\"a\": {\"b\": 2}, \"c\": true}"), &gjson(2));
    stays("file.contents", &gjson(1), content("{\"a\": {\"b\": 2}}"), "nothing at `c`");
    let xml = |t| format!("{{\"xml\": {{\"xpath\": \"//a\", \"result\": \"{t}\"}}}}");
    moves("file.contents", &xml("x"), content("<a>y</a>"), &xml("y"));
}

#[test]
fn a_bound_moves_in_its_own_unit_until_it_holds() {
    moves("certificate.expires-in", "\">= 30d\"", days(12, 5), "\">= 12d\"");
    moves("certificate.expires-in", "\"> 30d\"", days(12, 0), "\"> 11d\"");
    moves("certificate.expires-in", "\">=30 d\"", days(0, 5), "\">=5 h\"");
    moves("certificate.expires-in", "\">= 4w\"", days(12, 0), "\">= 12d\"");
    moves("certificate.expires-in", "\">= 30d\"", days(-30, -2), "\">= -31d\"");
    moves("certificate.expires-in", "\">= 1d12h\"", days(1, 3), "\">= 1d3h\"");
    moves("certificate.expires-in", "\">= 9d 12h\"", days(1, 3), "\">= 1d 3h\"");
    moves("certificate.expires-in", "\"<= 30d\"", days(80, 1), "\"<= 81d\"");
    moves("certificate.expires-in", "{\"ge\": \"30d\"}", days(12, 5), "{\"ge\": \"12d\"}");
    moves("disk.used", "\"< 80%\"", share(832, 1000), "\"< 84%\"");
    moves("disk.used", "\"< 80%\"", share(84, 100), "\"< 85%\"");
    moves("disk.used", "\"<= 80%\"", share(84, 100), "\"<= 84%\"");
    moves("disk.used", "\"< 79.5%\"", share(83_219, 100_000), "\"< 83.3%\"");
    moves("disk.free", "\">= 5%\"", share(4, 1000), "\">= 0.4%\"");
    moves("disk.used", "\"<= 80%\"", share(9995, 10_000), "\"<= 99.95%\"");
    moves("disk.used", "\"< 80%\"", share(9995, 10_000), "\"< 100%\"");
    moves("ping.loss", "\"< 5%\"", Value::Percent(Percent(33.3)), "\"< 34%\"");
    moves("ping.loss", "{\"lt\": 5}", Value::Percent(Percent(33.3)), "{\"lt\": 34}");
    moves("disk.free", "\">= 10 GiB\"", share(7 * GIB + 5, 100 * GIB), "\">= 7 GiB\"");
    moves("disk.free", "\">= 10 GiB\"", share(512 * MIB, 100 * GIB), "\">= 0.5 GiB\"");
    moves("disk.free", "\">= 1.5 GiB\"", share(GIB + 300 * MIB, 100 * GIB), "\">= 1.2 GiB\"");
    moves("disk.free", "\">= 10G\"", share(3 << 10, 100 * GIB), "\">= 3K\"");
    moves("disk.free", "\">= 10 GiB\"", share(37, 100 * GIB), "\">= 37 B\"");
    moves("file.size", "\"< 4096\"", size(5000), "\"< 5001\"");
    moves("file.size", "{\"lt\": 4096}", size(5000), "{\"lt\": 5001}");
    let inodes = |part| Value::Portion(Portion(Share { part, whole: 1000 }));
    moves("disk.inodes-free", "\">= 100\"", inodes(42), "\">= 42\"");
    moves("disk.inodes-free", "\">= 10%\"", inodes(42), "\">= 4%\"");
    moves("file.links", "\"> 3\"", Value::Int(1), "\"> 0\"");
    moves("file.links", "{\"gt\": 3}", Value::Int(2), "{\"gt\": 1}");
    moves("file.links", "{\"between\": [2, 4]}", Value::Int(7), "{\"between\": [2, 7]}");
    moves("file.links", "{\"between\": [2, 4]}", Value::Int(1), "{\"between\": [1, 4]}");
    moves("system.load-1", "\"< 2\"", Value::Number(2.71), "\"< 3\"");
    moves("system.load-1", "\"< 0.5\"", Value::Number(0.52), "\"< 0.6\"");
    moves("command.stdout", "{\"lt\": 5}", content("17\n"), "{\"lt\": 18}");
    let noon = ::time::macros::datetime!(2027-05-03 12:00:00.5 UTC);
    moves("certificate.not-after", "\">= 2030-01-31\"", Value::Time(noon), "\">= 2027-05-03\"");
    moves("certificate.not-after", "\"<= 2020-01-31\"", Value::Time(noon), "\"<= 2027-05-04\"");
    let second = "\">= 2027-05-03T12:00:00Z\"";
    moves("certificate.not-after", "\">= 2030-01-31T00:00:00Z\"", Value::Time(noon), second);
    stays("file.links", "\">= 3\"", Value::Int(0), "says nothing");
    stays("command.stdout", "{\"lt\": 5}", content("many\n"), "not a number");
    stays("ping.loss", "\"< 5%\"", Value::Percent(Percent(100.0)), "no bound of this kind");
}

#[test]
fn a_version_is_its_own_bound() {
    moves("package.version", "\">= 1.22\"", version("1.18-3"), "\">= 1.18-3\"");
    moves("package.version", "\"> 1.22\"", version("1.18-3"), "\">= 1.18-3\"");
    moves("package.version", "\"< 2\"", version("2.1"), "\"<= 2.1\"");
    moves("package.version", "{\"ge\": \"1.22\"}", version("1.18-3"), "{\"ge\": \"1.18-3\"}");
    moves("package.version", "{\"gt\": \"1.22\"}", version("1.18-3"), "{\"ge\": \"1.18-3\"}");
    stays("package.version", "{\"semver-constraint\": \">=1.2.0\"}", version("1.1.0"), "`semver-constraint`");
    stays("package.version", "\">= 1.22\"", version("1.0 *"), "no bound");
}

#[test]
fn one_of_gains_what_was_found() {
    moves("file.mode", "{\"one-of\": [\"0644\"]}", Value::Mode(Mode(0o600)), "{\"one-of\": [\"0644\", \"0600\"]}");
    moves("file.uid", "{\"one-of\": [0, 1]}", Value::Int(2), "{\"one-of\": [0, 1, 2]}");
    moves("file.owner", "{\"or\": [\"a\", \"b\"]}", text("c"), "{\"or\": [\"a\", \"b\", \"c\"]}");
}

#[test]
fn a_list_of_wanted_elements_loses_what_is_gone() {
    let found = || texts(&["a", "b", "c", "d"]);
    moves("user.groups", "[\"a\", \"x\"]", found(), "[\"a\"]");
    moves(
        "user.groups",
        "[\"x\", \"a\", \"y\", \"b\"]",
        found(),
        "[\"x\", \"a\", \"y\", \"b\"]".replace("\"x\"", "\"c\"").replace("\"y\"", "\"d\"").as_str(),
    );
    moves("user.groups", "{\"contain-elements\": [\"a\", \"x\"]}", found(), "{\"contain-elements\": [\"a\"]}");
    moves("user.groups", "[\"a\", {\"have-prefix\": \"x\"}]", found(), "[\"a\"]");
    moves("package.versions", "[\"1.18\"]", Value::List(vec![version("1.20")]), "[\"1.20\"]");
    moves("user.groups", "{\"contain-element\": \"x\"}", texts(&["a"]), "{\"contain-element\": \"a\"}");
    stays("user.groups", "[\"x\"]", found(), "the list would be empty");
    stays("user.groups", "[\"x\", \"y\"]", found(), "they are not there any more");
    stays("user.groups", "{\"contain-element\": \"x\"}", found(), "which other was meant");
    moves(
        "file.contents",
        "{\"contain-elements\": [\"a\", \"b\"]}",
        content("a\nc\n"),
        "{\"contain-elements\": [\"a\"]}",
    );
}

#[test]
fn a_list_of_all_elements_gains_and_loses() {
    let found = || texts(&["a", "b"]);
    moves("user.groups", "{\"consist-of\": [\"a\"]}", found(), "{\"consist-of\": [\"a\", \"b\"]}");
    moves("user.groups", "{\"consist-of\": [\"a\", \"b\", \"c\"]}", found(), "{\"consist-of\": [\"a\", \"b\"]}");
    moves("user.groups", "{\"consist-of\": [\"x\", \"a\"]}", found(), "{\"consist-of\": [\"b\", \"a\"]}");
    moves("user.groups", "{\"consist-of\": [\"x\", \"y\", \"z\", \"a\"]}", found(), "{\"consist-of\": [\"a\", \"b\"]}");
    moves("user.groups", "{\"consist-of\": [\"x\"]}", texts(&[]), "{\"consist-of\": []}");
    moves("user.groups", "\"a\"", found(), "{\"consist-of\": [\"a\", \"b\"]}");
}

#[test]
fn lengths_elements_and_parts_move_by_themselves() {
    moves("user.groups", "{\"have-len\": 1}", texts(&["a", "b"]), "{\"have-len\": 2}");
    moves("user.groups", "{\"have-len\": \">= 3\"}", texts(&["a", "b"]), "{\"have-len\": \">= 2\"}");
    moves("user.groups", "{\"have-len\": {\"lt\": 2}}", texts(&["a", "b"]), "{\"have-len\": {\"lt\": 3}}");
    let pids = |all: &[i64]| Value::List(all.iter().map(|n| Value::Int(*n)).collect());
    moves("process.pids", "{\"each\": \"> 300\"}", pids(&[250, 200, 301]), "{\"each\": \"> 199\"}");
    moves("process.pids", "{\"each\": {\"le\": 300}}", pids(&[350, 301]), "{\"each\": {\"le\": 350}}");
    moves("port.ip", "{\"each\": \"0.0.0.0\"}", texts(&["::", "::"]), "{\"each\": \"::\"}");
    stays("port.ip", "{\"each\": \"0.0.0.0\"}", texts(&["::", "0.0.0.0"]), "not all the same");
    moves(
        "port.ip",
        "{\"each\": {\"one-of\": [\"a\"]}}",
        texts(&["a", "b", "b", "c"]),
        "{\"each\": {\"one-of\": [\"a\", \"b\", \"c\"]}}",
    );
    moves("file.size", "{\"and\": [\"> 1 KiB\", \"< 4 KiB\"]}", size(5000), "{\"and\": [\"> 1 KiB\", \"< 5 KiB\"]}");
    moves(
        "file.owner",
        "{\"or\": [\"root\", {\"have-prefix\": \"www\"}]}",
        text("x"),
        "{\"or\": [\"x\", {\"have-prefix\": \"www\"}]}",
    );
}

#[test]
fn what_cannot_be_guessed_is_left_with_the_reason() {
    for matcher in ["have-prefix", "have-suffix", "contain-substring", "match-regexp"] {
        stays("file.owner", &format!("{{\"{matcher}\": \"a\"}}"), text("x"), "cannot be told from what was found");
    }
    stays("file.contents", "[\"a\", \"!x\"]", content("x\n"), "which patterns were meant");
    stays("file.contents", "{\"have-patterns\": [\"a\"]}", content("x\n"), "`have-patterns`");
    stays("file.owner", "{\"not\": \"root\"}", text("root"), "what must not be");
    stays("file.links", "\"!= 1\"", Value::Int(1), "what must not be");
    stays(
        "file.owner",
        "{\"or\": [{\"have-prefix\": \"a\"}, {\"have-suffix\": \"b\"}]}",
        text("x"),
        "which alternative",
    );
    stays("file.mode-at-most", "\"0644\"", Value::Unfit("it may be written".into()), "by hand");
    stays("certificate.hostname", "\"a.example\"", Value::Unfit("no".into()), "by hand");
    stays("user.password-hash", "\"$6$a\"", Value::Secret(Secret::new("$6$b")), "secret");
    stays("http.headers", "\"a: b\\n\"", content("set-cookie: sid=abcdef\n"), "secret");
    stays("file.json", "{\"db.password\": \"hunter2\"}", text("hunter3"), "announces a secret");
    stays("file.owner", "\"a\"", text("https://u:hunter2@h/"), "secret");
    let cut = Value::Content(Box::new(Content { text: "b".into(), cut: Some(1) }));
    stays("file.contents", "\"a\"", cut, "only the first 1 B");
    let excerpt = Value::Excerpt(Box::new(Excerpt { text: "b\n".into(), numbers: vec![1], size: 9 }));
    stays("file.contents", "{\"not\": {\"contain-element\": \"b\"}}", excerpt, "too long to be kept");
    stays("file.contents", "\"a\"", content(&"b".repeat(20_000)), "longer than 16 KiB");
}

#[test]
fn what_could_not_be_observed_is_left() {
    let spec = written("file", "/x", "mode", "\"0644\"", Format::Toml);
    let (text, left) = accepted(&spec, Format::Toml, &Err(Fault::Denied("no".into())));
    assert_eq!(text, spec);
    assert!(left.len() == 2 && left.iter().all(|why| why == "it could not be observed: no"), "{left:?}");
    let part = Value::Partial(Box::new((vec![text_list_one()], Fault::Denied("the rest".into()))));
    let spec = written("user", "x", "groups", "{\"each\": \"a\"}", Format::Yaml);
    let (text, left) = accepted(&spec, Format::Yaml, &there(vec![part]));
    assert_eq!(text, spec);
    assert!(left[0].contains("whether it would hold is not known"), "{left:?}");
}

fn text_list_one() -> Value {
    text("b")
}

/// An entry's body in every format, and its text once what was seen is accepted.
#[track_caller]
fn entry(old: [&str; 3], seen: &Observed, new: [&str; 3]) {
    let of = |format: Format, body: &str| match format {
        Format::Toml => format!("[file.\"/x\"] # entry\n{body}\n[user.root]\nuid = 0\n"),
        Format::Yaml => format!("file:\n  /x:{body}\nuser: # next\n  root: {{uid: 0}}\n"),
        Format::Json => format!("{{\"file\": {{\"/x\": {{{body}}}}}, \"user\": {{\"root\": {{\"uid\": 0}}}}}}\n"),
    };
    for ((format, old), new) in FORMATS.into_iter().zip(old).zip(new) {
        let (text, left) = accepted(&of(format, old), format, seen);
        assert_eq!(left, [""; 0], "{old}");
        assert_eq!(text, of(format, new), "{old}");
    }
}

#[test]
fn a_thing_that_is_gone_is_expected_to_be() {
    let gone = Ok(None);
    entry(
        ["mode = \"0644\" # why", "\n    mode: \"0644\" # why", "\"mode\": \"0644\""],
        &gone,
        [
            "mode = \"0644\" # why\nexists = false",
            "\n    mode: \"0644\" # why\n    exists: false",
            "\"mode\": \"0644\", \"exists\": false",
        ],
    );
    entry(
        ["exists = true # why", " # e\n    exists: true # why", "\"exists\": true"],
        &gone,
        ["exists = false # why", " # e\n    exists: false # why", "\"exists\": false"],
    );
    entry(["", " {}", ""], &gone, ["exists = false\n", " { exists: false }", " \"exists\": false "]);
}

#[test]
fn a_thing_that_is_there_after_all_is_no_longer_expected_to_be_gone() {
    entry(
        ["exists = false # why", " # e\n    exists: false # why", "\"exists\": false"],
        &there(vec![]),
        ["exists = true # why", " # e\n    exists: true # why", "\"exists\": true"],
    );
    let mode = there(vec![Value::Mode(Mode(0o600))]);
    entry(
        [
            "exists = false\nmode = \"0644\" # why",
            "\n    exists: false\n    mode: \"0644\" # why",
            "\"exists\": false, \"mode\": \"0644\"",
        ],
        &mode,
        ["mode = \"0600\" # why", "\n    mode: \"0600\" # why", "\"mode\": \"0600\""],
    );
}

#[test]
fn what_was_found_is_quoted_as_what_stood_there_or_as_it_must() {
    for (format, old, found, new) in [
        (Format::Toml, "owner = \"a\" # o", "a \"b\" \\ #c: d", "owner = 'a \"b\" \\ #c: d' # o"),
        (Format::Toml, "owner = 'a' # o", "b", "owner = 'b' # o"),
        (Format::Toml, "owner = 'a'", "\u{1b}[2J", "owner = \"\\u001B[2J\""),
        (Format::Yaml, "owner: a # o", "b: #c", "owner: \"b: #c\" # o"),
        (Format::Yaml, "owner: \"a\" # o", "b", "owner: \"b\" # o"),
        (Format::Yaml, "owner: 'a' # o", "b", "owner: 'b' # o"),
        (Format::Yaml, "owner: a # o", "yes", "owner: \"yes\" # o"),
        (Format::Yaml, "owner: a # o", "0644", "owner: \"0644\" # o"),
    ] {
        let whole = |body: &str| match format {
            Format::Toml => format!("[file.\"/x\"]\n{body}\n"),
            _ => format!("file:\n  /x:\n    {body}\n"),
        };
        let (text, left) = accepted(&whole(old), format, &there(vec![text(found)]));
        assert_eq!((text, left), (whole(new), vec![]));
    }
}

#[test]
fn lists_of_several_lines_keep_their_comments() {
    let found = there(vec![texts(&["a", "c", "e", "f"])]);
    for (format, old, new) in [
        (
            Format::Toml,
            "[user.x]\ngroups = [\n  \"a\", # first\n  \"b\", # gone\n  \"c\", # third\n]\n",
            "[user.x]\ngroups = [\n  \"a\", # first\n  \"c\", # third\n]\n",
        ),
        (
            Format::Yaml,
            "user:\n  x:\n    groups:\n      - a # first\n      - b # gone\n      - c # third\n",
            "user:\n  x:\n    groups:\n      - a # first\n      - c # third\n",
        ),
    ] {
        assert_eq!(accepted(old, format, &found), (new.to_owned(), vec![]));
    }
}

#[test]
fn what_an_alias_brings_is_left_with_the_place_to_change() {
    let seen = there(vec![Value::Mode(Mode(0o600))]);
    for (old, why) in [
        (
            "user:\n  a: {shell: &m \"0644\"}\nfile:\n  /x: {mode: *m}\n",
            "the alias `*m` stands there: change it where `&m` is, or say it here",
        ),
        (
            "file:\n  /x: {mode: &m \"0644\"}\n  /y:\n    mode: *m\n",
            "the alias `*m` takes it over elsewhere: change it by hand, for both",
        ),
        (
            "file:\n  /y: &e\n    mode: \"0644\"\n  /x:\n    <<: *e\n",
            "it is taken over from `&e`: change it there, or say it here",
        ),
        ("file:\n  /y: &e {mode: \"0644\"}\n  /x: *e\n", "the alias `*e` stands there"),
    ] {
        let all = claims(old, Format::Yaml);
        let entry = all.iter().position(|claim| &*claim.id == "/x").unwrap();
        let page = Page::read(old, 0, Format::Yaml).unwrap();
        let verdicts = judge(&all[entry], seen.clone());
        let verdict = verdicts.iter().position(|v| !v.outcome.ok()).unwrap();
        let settled = match changes(&verdicts[verdict], &page) {
            Ok(changes) => settle(old, Format::Yaml, &[Wanted { entry, verdict, changes, seen: &seen }]),
            Err(why) => Settled { text: old.into(), left: vec![Some(why)] },
        };
        assert_eq!(settled.text, old);
        assert!(settled.left[0].as_ref().is_some_and(|said| said.contains(why)), "{old}: {:?}", settled.left);
    }
}

#[test]
fn a_list_that_is_to_be_equal_keeps_the_comments_of_what_stays() {
    let of = |format: Format, items: &[&str]| match format {
        Format::Toml => {
            let items: String = items.iter().map(|one| format!("  \"{one}\", # {one}\n")).collect();
            format!("[user.x]\ngroups = {{ equal = [\n{items}] }}\n")
        }
        _ => {
            let items: String = items.iter().map(|one| format!("        - {one} # {one}\n")).collect();
            format!("user:\n  x:\n    groups:\n      equal:\n{items}")
        }
    };
    for format in [Format::Toml, Format::Yaml] {
        let accepts = |old: &[&str], found: &[&str]| accepted(&of(format, old), format, &there(vec![texts(found)]));
        assert_eq!(accepts(&["a", "b", "c"], &["a", "c"]), (of(format, &["a", "c"]), vec![]));
        assert_eq!(accepts(&["a", "b", "c"], &["b", "c"]), (of(format, &["b", "c"]), vec![]));
        let longer = of(format, &["a", "b"]).replace("\"b\", # b\n", "\"b\", # b\n  \"c\",\n");
        let longer = longer.replace("- b # b\n", "- b # b\n        - c\n");
        assert_eq!(accepts(&["a", "b"], &["a", "b", "c"]), (longer.clone(), vec![]));
        assert_eq!(accepts(&["x", "a", "b"], &["a", "b", "c"]), (longer, vec![]));
        for (old, found) in [
            (&["a", "b"][..], &["x", "a", "b"][..]),
            (&["a", "b"], &["b", "a"]),
            (&["a", "b", "c"], &["x", "y"]),
            (&["a", "b", "c"], &["a", "x", "c", "b"]),
        ] {
            let (text, left) = accepts(old, found);
            assert_eq!(text, of(format, old));
            assert!(left.len() == 1 && left[0].contains("comment"), "{old:?} {found:?}: {left:?}");
        }
    }
    moves(
        "user.groups",
        "{\"equal\": [\"a\", \"b#\"]}",
        texts(&["x", "a", "b#"]),
        "{\"equal\": [\"x\", \"a\", \"b#\"]}",
    );
}

#[test]
fn what_does_not_last_is_left() {
    let two_days = || days(2, 0);
    stays("file.age", "\"< 1d\"", two_days(), "it grows by itself");
    stays("file.age", "{\"between\": [\"1h\", \"1d\"]}", two_days(), "it grows by itself");
    stays("process.age", "\"1d\"", two_days(), "it grows by itself");
    stays("system.uptime", "{\"le\": \"1d\"}", two_days(), "it grows by itself");
    moves("system.uptime", "\"> 30d\"", days(2, 3), "\"> 2d\"");
    moves("file.age", "{\"ge\": \"30d\"}", days(2, 3), "{\"ge\": \"2d\"}");
    stays("ping.latency", "\"< 100ms\"", Value::Duration(Duration::microseconds(231_400)), "another at every look");
    stays("command.duration", "\"< 1s\"", days(0, 1), "another at every look");
}

#[test]
fn a_bound_with_a_plus_before_it_moves_too() {
    for (old, new) in [("ge = +9", "ge = 3"), ("lt = +2", "lt = 4")] {
        let old = format!("[file.\"/x\"]\nlinks = {{ {old} }}\n");
        let (text, left) = accepted(&old, Format::Toml, &there(vec![Value::Int(3)]));
        assert_eq!((text.as_str(), left), (&*format!("[file.\"/x\"]\nlinks = {{ {new} }}\n"), vec![]));
    }
}

#[test]
fn one_that_cannot_be_does_not_hold_up_the_others() {
    let old = "[file.\"/x\"]\nmode = \"0644\"\nowner = { have-prefix = \"a\" }\nuid = 0\n";
    let seen = there(vec![Value::Mode(Mode(0o600)), text("x"), Value::Int(5)]);
    let (text, left) = accepted(old, Format::Toml, &seen);
    assert_eq!(text, "[file.\"/x\"]\nmode = \"0600\"\nowner = { have-prefix = \"a\" }\nuid = 5\n");
    assert_eq!(left.len(), 1);
    // What the first says then would exclude the second.
    let old = "[file.\"/x\"]\nuid = { and = [\"> 5\", 7] }\nmode = \"0644\"\n";
    let seen = there(vec![Value::Int(3), Value::Mode(Mode(0o600))]);
    let (text, _) = accepted(old, Format::Toml, &seen);
    assert_eq!(text, "[file.\"/x\"]\nuid = { and = [\"> 2\", 3] }\nmode = \"0600\"\n");
}
