//! What nobody may read in a report: not what a spec says of it, nor what a host says back.

use crate::{Lab, Ran};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Has everything in it that JSON, XML, URLs and shells escape.
const CANARY: &str = "caNary-5f&3<a\"7'/9 x";
/// One that may stand in text as it is.
const PLAIN: &str = "caNary5f3a7";
const FORMATS: [&str; 10] =
    ["rspecish", "documentation", "json", "jsonl", "junit", "tap", "nagios", "prometheus", "github", "silent"];

/// How a secret may be written.
fn forms(secret: &str) -> Vec<String> {
    let percent = |upper: bool| {
        let byte = |b: u8| match b {
            b if b.is_ascii_alphanumeric() || b == b'-' => char::from(b).to_string(),
            b if upper => format!("%{b:02X}"),
            b => format!("%{b:02x}"),
        };
        secret.bytes().map(byte).collect::<String>()
    };
    let json = json!(secret).to_string();
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("bob:{secret}")),
        percent(true),
        percent(false),
        json[1..json.len() - 1].to_owned(),
        xml(secret),
        xml(secret).replace('"', "&quot;").replace('\'', "&apos;"),
        xml(secret).replace('"', "&quot;").replace('\'', "&#39;"),
    ]
}

#[track_caller]
fn hidden(ran: &Ran, secret: &str, way: &str) {
    for text in [&ran.out, &ran.err] {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{way} shows {form}\n{ran}");
        }
        // Half of it is too much, too.
        assert!(!text.contains("aNary"), "{way} shows a part\n{ran}");
    }
}

/// Runs `spec` in every format and looks for the secret.
#[track_caller]
fn nowhere(lab: &Lab, name: &str, secret: &str, status: i32) {
    for format in FORMATS {
        for more in [&[][..], &["--verbose", "--color", "always"]] {
            let ran = lab.run(&[&["validate", "-f", format, name], more].concat());
            let usual = if format == "nagios" && status == 1 { 2..=3 } else { status..=status };
            assert!(usual.contains(&ran.status), "{ran}");
            hidden(&ran, secret, &format!("{format} {more:?} of {name}"));
        }
    }
    hidden(&lab.run(&["check", name]), secret, "check");
}

/// A command that is handed the secret and prints what is in `answer`.
fn command(expects: Value) -> Value {
    let mut entry = json!({
        "exec": "cat answer; cat answer >&2; exit 3",
        "env": { "API_TOKEN": CANARY, "USER": "bob" },
        "user": "root",
        "title": format!("asks with {CANARY}"),
        "meta": { "with": CANARY },
        "exit-status": 0,
    });
    for (key, value) in expects.as_object().unwrap() {
        entry[key] = value.clone();
    }
    if !rustix::process::geteuid().is_root() {
        entry.as_object_mut().unwrap().remove("user");
    }
    json!({ "command": { "ask": entry } })
}

#[test]
fn what_a_command_says_back_is_hidden_in_every_format_and_however_it_is_asked() {
    let long = "x".repeat(290);
    let mut answers = forms(CANARY);
    // Cut in reports at one length or another.
    answers.extend([270, 280, 285, 288].map(|n| format!("{}{CANARY} and more\n", &long[..n])));
    answers.extend([60, 65, 70].map(|n| format!("line\n{}{CANARY}{long}\nline\n", &long[..n])));
    answers.extend([185, 190, 195].map(|n| format!("1\n2\n3\n{}{CANARY}{long}\n4\n", &long[..n])));
    answers.push(format!("a\nb {CANARY} {CANARY}\nc {CANARY}{CANARY}\n"));
    for answer in answers {
        let lab = Lab::with("answer", &answer);
        for (at, expects) in [
            json!({ "stdout": "another", "stderr": "another" }),
            json!({ "stdout": "1\n2\n3\n4\n", "stderr": format!("1\n{CANARY}\n3\n") }),
            json!({ "stdout": ["another", "!/a/"], "stderr": { "not": { "contain-substring": "a" } } }),
            json!({ "stdout": { "have-len": 1 }, "stderr": [format!("!{CANARY}"), CANARY] }),
            json!({ "stdout": { "gjson": { "a": 1 } }, "stderr": { "not": { "match-regexp": "(?s).*" } } }),
            json!({ "stdout": { "and": [{ "contain-element": CANARY }, "b"] }, "stderr": { "or": ["a", "b"] } }),
        ]
        .into_iter()
        .enumerate()
        {
            let spec = command(expects);
            let name = format!("{at}.json");
            lab.write(&name, if at % 2 == 0 { spec.to_string() } else { serde_json::to_string_pretty(&spec).unwrap() });
            // Every format with one answer and one question, every question and answer with two of them.
            if answer == CANARY || at == 1 {
                nowhere(&lab, &name, CANARY, 1);
            } else {
                for format in ["documentation", "json"] {
                    let ran = lab.run(&["validate", "-f", format, &name]);
                    assert_eq!(ran.status, 1, "{ran}");
                    hidden(&ran, CANARY, &format!("{format} of {name} and {answer}"));
                }
            }
        }
    }
}

#[test]
fn matching_sees_what_reports_do_not_show() {
    let lab = Lab::with("answer", CANARY);
    let spec = json!({ "command": { "ask": {
        "exec": "cat answer",
        "env": { "API_TOKEN": CANARY },
        "exit-status": 0,
        "stdout": CANARY,
    } } });
    lab.write("spec.json", serde_json::to_string_pretty(&spec).unwrap());
    nowhere(&lab, "spec.json", CANARY, 0);
    lab.run(&["validate", "-f", "documentation", "spec.json"]).ended(0).says("stdout: matches expectation: \"***\"");
}

#[test]
fn a_password_in_a_url_is_hidden_and_the_entry_is_selected_by_what_is_shown() {
    let url = format!("https://bob:{PLAIN}@127.0.0.1:1/");
    let spec = json!({ "command": {
        format!("echo {url} {PLAIN} {}; false", STANDARD.encode(format!("bob:{PLAIN}"))): { "exit-status": 0, "stdout": "x" },
        "by setting": { "exec": ["echo", url], "exit-status": 1, "stdout": "x" },
        format!("sleep 9; : {url}"): { "exit-status": 0, "timeout": "50ms" },
        format!("curl -H 'Authorization: Bearer {PLAIN}'"): { "exec": "false", "exit-status": 0 },
        "no such": { "exec": [format!("./{url}")], "exit-status": 0 },
    } });
    let lab = Lab::with("spec.json", serde_json::to_string_pretty(&spec).unwrap());
    nowhere(&lab, "spec.json", PLAIN, 1);
    let ran = lab.run(&["validate", "spec.json"]);
    ran.says("timed out after").says("Authorization: ***'").says("https://bob:***@127.0.0.1:1/");
    for only in ["command:*bob:***@*; false", "command:*bob:[*][*][*]@*; false"] {
        let ran = lab.run(&["validate", "--only", only, "spec.json"]);
        ran.ended(1).says("Count: 2, ");
        hidden(&ran, PLAIN, only);
    }
    let ran = lab.run(&["validate", "--only", &format!("command:no {url}"), "spec.json"]);
    ran.ended(64).says("no entry of the spec is called");
    hidden(&ran, PLAIN, "a selection of nothing");
}

#[test]
fn a_hash_of_a_password_is_hidden_whatever_is_asked_of_it() {
    let hash = format!("$6${PLAIN}$x");
    for test in [
        json!(hash),
        json!({ "not": { "have-prefix": "" , } }),
        json!({ "not": { "have-prefix": "$" , } }),
        json!({ "have-prefix": hash }),
        json!({ "match-regexp": format!("^{PLAIN}") }),
        json!({ "and": [{ "not": hash }, { "have-len": { "gt": 1000 } }] }),
        json!({ "or": [hash, { "contain-substring": hash }] }),
        json!([hash]),
        json!({ "semver-constraint": format!(">1.0.0-{PLAIN}") }),
    ] {
        let spec = json!({ "user": { "root": { "password-hash": test, "uid": 5 } } });
        let lab = Lab::with("spec.json", serde_json::to_string_pretty(&spec).unwrap());
        let status = lab.run(&["check", "spec.json"]).status;
        nowhere(&lab, "spec.json", PLAIN, if status == 0 { 1 } else { status });
        if status == 0 {
            let own = lab.run(&["validate", "-f", "json", "spec.json"]);
            let shadow = std::fs::read_to_string("/etc/shadow").unwrap_or_default();
            let own_hash = shadow.lines().find_map(|line| line.strip_prefix("root:")?.split(':').next());
            assert!(own_hash.is_none_or(|hash| hash.len() < 4 || !own.out.contains(hash)), "the host's own");
        }
    }
}

#[test]
fn a_spec_that_is_refused_shows_none_of_its_passwords() {
    for (file, text) in [
        // The value itself is wrong.
        ("type.toml", "[user.root]\npassword-hash = [[\"X\"]]\n"),
        ("number.toml", "[user.root]\npassword-hash = { have-len = \"X\" }\n"),
        ("regex.toml", "[user.root]\npassword-hash = { match-regexp = \"X(\" }\n"),
        ("pattern.toml", "[user.root]\npassword-hash = [\"/X(/\"]\n"),
        ("matcher.toml", "[user.root]\npassword-hash = { have-prefx = \"X\" }\n"),
        ("several.yaml", "user:\n  root:\n    password-hash: {have-prefix: X, have-suffix: X}\n"),
        ("env.toml", "[command.a]\nexit-status = 0\nenv = [\"PGPASSWORD=X\"]\n"),
        ("env-list.toml", "[command.a]\nexit-status = 0\nenv.PGPASSWORD = [\"X\"]\n"),
        ("env-name.toml", "[command.a]\nexit-status = 0\nenv = { PGPASSWORD = \"X\", \"=\" = \"X\" }\n"),
        // Something beside it is.
        ("key.toml", "[command.a]\nenv = { PGPASSWORD = \"X\" }\nexit = 0\n"),
        ("inline.toml", "command.a = { env = { PGPASSWORD = \"X\" }, exit = 0 }\n"),
        ("one-line.json", "{\"command\":{\"a\":{\"env\":{\"PGPASSWORD\":\"X\"},\"exit\":0}}}"),
        ("kind.json", "{\"comand\":{\"a\":{\"env\":{\"PGPASSWORD\":\"X\"}}}}"),
        ("slip.toml", "[user.root]\npasword = \"X\"\n"),
        ("slip.yaml", "user: {root: {pasword_hash: X}}\n"),
        ("nothing.yaml", "user: {root: {frobnicate: X}}\n"),
        ("twice.toml", "[user.root]\npassword-hash = \"X\"\npassword-hash = \"X\"\n"),
        ("twice.yaml", "user: {root: {password-hash: X, password-hash: 'X'}}\n"),
        ("twice.json", "{\"user\":{\"root\":{\"password-hash\":\"X\",\"password-hash\":\"X\"}}}"),
        ("url.toml", "[\"file\".\"https://u:X@h/\"]\n"),
        ("url.yaml", "command: {'curl https://u:X@h/': {exit: 1}}\n"),
        ("bearer.yaml", "command: {\"curl -H 'Authorization: Bearer X' h\": {exit: 1}}\n"),
        ("section.yaml", "file: https://u:X@h/\n"),
        // It does not read.
        ("bare.toml", "[user.root]\npassword-hash = X\n"),
        ("unclosed.toml", "[user.root]\npassword-hash = \"X\nuid = 0\n"),
        ("behind.toml", "[user.root]\npassword-hash = \"a\"X\n"),
        ("escape.toml", "[user.root]\npassword-hash = \"\\q-X\"\n"),
        ("number.toml", "[user.root]\npassword-hash = 0X\n"),
        ("comma.toml", "[user.root]\npassword-hash = { not = \"X\" \"X\" }\n"),
        ("array.toml", "[user.root]\npassword-hash = [\"X\" \"X\"\n"),
        ("lines.toml", "[user.root]\npassword-hash = \"\"\"\nX\nX\n"),
        ("control.toml", "[user.root]\npassword-hash = \"X\u{1}\"\n"),
        ("colon.toml", "[user.root]\npassword-hash: \"X\"\n"),
        ("unclosed.json", "{\"user\":{\"root\":{\"password-hash\":\"X"),
        ("bare.json", "{\"user\":{\"root\":{\"password-hash\":X}}}"),
        ("single.json", "{\"user\":{\"root\":{\"password-hash\":'X'}}}"),
        ("escape.json", "{\"user\":{\"root\":{\"password-hash\":\"X\\q\"}}}"),
        ("comma.json", "{\"user\":{\"root\":{\"password-hash\":\"X\" \"uid\": 0}}}"),
        ("trailing.json", "{\"user\":{\"root\":{\"password-hash\":\"X\",}}}"),
        ("unclosed.yaml", "user:\n  root:\n    password-hash: \"X\n    uid: 0\n"),
        ("behind.yaml", "user:\n  root:\n    password-hash: \"a\"X\n"),
        ("anchor.yaml", "user:\n  root:\n    password-hash: *X\n"),
        ("tag.yaml", "user:\n  root:\n    password-hash: !X! a\n"),
        ("at.yaml", "user:\n  root:\n    password-hash: @X\n"),
        ("percent.yaml", "user:\n  root:\n    password-hash: %X\n"),
        ("block.yaml", "user:\n  root:\n    password-hash: |X\n      X\n    uid: 0\n"),
        ("next.yaml", "user:\n  root:\n    password-hash:\n      X: X: X\n"),
        ("colon.yaml", "user:\n  root:\n    password-hash: X: X\n"),
        ("flow.yaml", "user: {root: {password-hash: X, uid: [}}\n"),
        ("tab.yaml", "user:\n\troot: {password-hash: X}\n"),
        ("indent.yaml", "user:\n  root:\n    password-hash: a\n   X\n"),
        ("header.yaml", "command:\n  a:\n    env: {AUTHORIZATION: Bearer X\n    exit-status: 0\n"),
        ("url.json", "{\"command\":{\"curl http://u:X@h/\":{\"exit-status\":0}"),
    ] {
        // As it is in the file, and as a spec on standard input, whose language is guessed.
        let text = text.replace('X', PLAIN);
        let lab = Lab::with(file, &text);
        assert_eq!(lab.run(&["validate", file]).status, 78, "{file} is a spec");
        for ran in [lab.run(&["check", file]), lab.run(&["validate", file]), lab.pipe(&text, &["validate", "-"])] {
            hidden(&ran, PLAIN, file);
        }
    }
}
