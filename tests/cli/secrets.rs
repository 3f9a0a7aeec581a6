//! What nobody may read in a report: not what a spec says of it, nor what a host says back.

use crate::{Lab, Ran};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Has everything in it that JSON, XML, URLs and shells escape.
const CANARY: &str = "caNary-5f&3<a\"7'/9 x";
/// One that may stand in text as it is.
const PLAIN: &str = "caNary5f3a7";
const FORMATS: [&str; 11] =
    ["rspecish", "documentation", "json", "jsonl", "junit", "tap", "nagios", "prometheus", "github", "html", "silent"];

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

/// A command that is handed the secret and prints what is in a file.
fn command(file: &str, expects: &Value) -> Value {
    let mut entry = json!({
        "exec": format!("cat {file}; cat {file} >&2; exit 3"),
        "env": { "API_TOKEN": CANARY, "USER": "bob" },
        "title": format!("asks with {CANARY}"),
        "meta": { "with": CANARY },
        "exit-status": 0,
    });
    entry.as_object_mut().unwrap().extend(expects.as_object().unwrap().clone());
    entry
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
    let questions = [
        json!({ "stdout": "another", "stderr": "another" }),
        json!({ "stdout": "1\n2\n3\n4\n", "stderr": format!("1\n{CANARY}\n3\n") }),
        json!({ "stdout": ["another", "!/a/"], "stderr": { "not": { "contain-substring": "a" } } }),
        json!({ "stdout": { "have-len": 1 }, "stderr": [format!("!{CANARY}"), CANARY] }),
        json!({ "stdout": { "gjson": { "a": 1 } }, "stderr": { "not": { "match-regexp": "(?s).*" } } }),
        json!({ "stdout": { "and": [{ "contain-element": CANARY }, "b"] }, "stderr": { "or": ["a", "b"] } }),
    ];
    let lab = Lab::empty();
    let mut entries = serde_json::Map::new();
    for (at, answer) in answers.iter().enumerate() {
        lab.write(&at.to_string(), answer);
        for (of, expects) in questions.iter().enumerate() {
            entries.insert(format!("{at} {of}"), command(&at.to_string(), expects));
        }
    }
    let spec = json!({ "command": entries });
    lab.write("lines.json", serde_json::to_string_pretty(&spec).unwrap());
    lab.write("line.json", spec.to_string());
    nowhere(&lab, "lines.json", CANARY, 1);
    // Where all of a spec is on one line, none of it is quoted.
    hidden(&lab.run(&["validate", "line.json"]), CANARY, "one line");
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
    let tests = [
        json!(hash),
        json!({ "not": { "match-regexp": ".*" } }),
        json!({ "not": { "have-prefix": "$" } }),
        json!({ "have-prefix": hash }),
        json!({ "match-regexp": format!("^{PLAIN}") }),
        json!({ "and": [{ "not": hash }, { "have-len": { "gt": 1000 } }] }),
        json!({ "or": [hash, { "contain-substring": hash }] }),
        json!([hash, "!/./"]),
        json!({ "semver-constraint": format!(">1.0.0-{PLAIN}") }),
    ];
    let entry = |test: &Value| json!({ "username": "root", "password-hash": test, "uid": 5 });
    let entries: serde_json::Map<_, _> =
        tests.iter().enumerate().map(|(at, test)| (at.to_string(), entry(test))).collect();
    let lab = Lab::with("spec.json", serde_json::to_string_pretty(&json!({ "user": entries })).unwrap());
    nowhere(&lab, "spec.json", PLAIN, 1);
    let shadow = std::fs::read_to_string("/etc/shadow").unwrap_or_default();
    let own = shadow.lines().find_map(|line| line.strip_prefix("root:")?.split(':').next());
    if let Some(own) = own.filter(|hash| hash.len() >= 4) {
        let ran = lab.run(&["validate", "-v", "-f", "json", "spec.json"]);
        assert!(!ran.out.contains(own), "the host's own");
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

/// A server that says back all that it hears, and more of the secret; its port.
fn echo(secret: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            std::thread::spawn(move || answer(peer.unwrap(), secret));
        }
    });
    port
}

fn answer(mut peer: TcpStream, secret: &str) {
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    while !heard.windows(4).any(|end| end == b"\r\n\r\n") {
        match peer.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(length) => heard.extend(&part[..length]),
        }
    }
    let heard = String::from_utf8_lossy(&heard).into_owned();
    let path = heard.split(' ').nth(1).unwrap_or_default().to_owned();
    let lines: Vec<_> = heard.lines().skip(1).filter(|line| !line.is_empty()).collect();
    let said = forms(secret);
    let reply = if path.contains("garbage") {
        format!("{}\r\n\r\n", lines.join(" "))
    } else if path.contains("away") {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://bob:{PLAIN}@127.0.0.1:1/{PLAIN}?token={PLAIN}\r\nContent-Length: 0\r\n\r\n"
        )
    } else if path.contains("nowhere") {
        format!("HTTP/1.1 302 {PLAIN}\r\nLocation: ftp://bob:{PLAIN}@h/\r\nContent-Length: 0\r\n\r\n")
    } else {
        let echoed: Vec<_> = lines.iter().map(|line| format!("X-Said: {line}\r\n")).collect();
        let body = format!("{}\n{}\n{heard}\n", said.join("\n"), json!({ "said": said, "x": { secret: 1 } }));
        let body = if path.contains("json") { json!({ "said": said }).to_string() } else { body };
        format!(
            "HTTP/1.1 403 No\r\n{}Set-Cookie: sid={SENT}; Path=/\r\nX-Auth-Token: {SENT}\r\nContent-Length: {}\r\n\r\n{body}",
            echoed.concat(),
            body.len()
        )
    };
    let _ = peer.write_all(reply.as_bytes());
}

/// What a server says to nobody else.
const SENT: &str = "5e5510n-c00k1e";

#[test]
fn what_a_server_is_told_and_says_back_is_hidden_in_every_format() {
    let (at, of_canary) = (format!("127.0.0.1:{}", echo(PLAIN)), format!("127.0.0.1:{}", echo(CANARY)));
    let url = |path: &str| format!("http://{at}/{path}");
    let asked = |path: &str| format!("http://{of_canary}/{path}");
    let inside = |path: &str| format!("http://bob:{PLAIN}@{at}/{path}");
    let wrong = json!({ "status": 200, "headers": ["x"], "body": ["x", "!/a/"] });
    let basic = STANDARD.encode(format!("bob:{PLAIN}"));
    let with = |more: Value| {
        let mut entry = wrong.clone();
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    let ways = [
        ("password", asked("1"), with(json!({ "username": "bob", "password": CANARY })), CANARY),
        (
            "equal",
            asked("2"),
            json!({ "password": CANARY, "username": "bob", "body": "1\n2\n3\n", "headers": "a\nb\nc\n" }),
            CANARY,
        ),
        (
            "json",
            asked("json"),
            json!({ "password": CANARY, "username": "bob", "json": { "said": 1, "said.0": "x" } }),
            CANARY,
        ),
        ("header", url("3"), with(json!({ "request-headers": { "Authorization": format!("Bearer {PLAIN}") } })), PLAIN),
        ("basic", url("4"), with(json!({ "request-headers": { "Authorization": format!("Basic {basic}") } })), PLAIN),
        ("headers", url("5"), with(json!({ "request-headers": [format!("X-Api-Key: {PLAIN}"), "A: b"] })), PLAIN),
        ("cookie", url("6"), with(json!({ "request-headers": { "Cookie": format!("a=b; sid={PLAIN}") } })), PLAIN),
        (
            "form",
            url("7"),
            with(json!({ "method": "POST", "request-body": format!("a=b&password={PLAIN}&c=d") })),
            PLAIN,
        ),
        ("url", inside("8"), wrong.clone(), PLAIN),
        ("setting", "a name".into(), with(json!({ "url": inside("9") })), PLAIN),
        ("query", url(&format!("10?a=b&api_key={PLAIN}")), wrong.clone(), PLAIN),
        ("proxy", "http://a.test/11".into(), with(json!({ "proxy": inside("") })), PLAIN),
        (
            "proxy to nowhere",
            "http://a.test/12".into(),
            with(json!({ "proxy": format!("http://bob:{PLAIN}@127.0.0.1:1") })),
            PLAIN,
        ),
        ("refused", format!("http://bob:{PLAIN}@127.0.0.1:1/"), wrong.clone(), PLAIN),
        ("tls", format!("https://bob:{PLAIN}@{at}/"), with(json!({ "timeout": "100ms" })), PLAIN),
        ("garbage", inside("garbage"), wrong.clone(), PLAIN),
        ("away", inside("away"), wrong.clone(), PLAIN),
        ("nowhere", inside("nowhere"), wrong.clone(), PLAIN),
        ("no redirect", inside("away"), with(json!({ "no-follow-redirects": true })), PLAIN),
    ];
    let mut entries = serde_json::Map::new();
    for (way, id, mut entry, secret) in ways {
        entry["title"] = json!(way);
        // One by one, so that what fails is known; then all in every format.
        let spec = json!({ "http": { id.clone(): entry.clone() } });
        let lab = Lab::with("spec.json", spec.to_string());
        let ran = lab.run(&["validate", "-f", "json", "spec.json"]);
        assert_eq!(ran.status, 1, "{way}: {ran}");
        hidden(&ran, secret, way);
        entries.insert(id, entry);
    }
    let spec = json!({ "http": entries });
    let lab = Lab::with("spec.json", serde_json::to_string_pretty(&spec).unwrap());
    nowhere(&lab, "spec.json", PLAIN, 1);
    nowhere(&lab, "spec.json", CANARY, 1);
    let ran = lab.run(&["validate", "-f", "documentation", "spec.json"]);
    assert!(!ran.out.contains(SENT), "what the server sent: {ran}");
}

#[test]
fn a_spec_of_a_server_that_is_refused_shows_none_of_its_passwords() {
    for (file, text) in [
        ("number.toml", "[http.\"http://h/\"]\npassword = 123456789X\n"),
        ("whole.toml", "[http.\"http://h/\"]\npassword = 123456789\n"),
        ("list.yaml", "http: {'http://h/': {password: [X]}}\n"),
        ("headers.toml", "[http.\"http://h/\"]\nrequest-headers = [\"X\"]\n"),
        ("header.toml", "[http.\"http://h/\"]\nrequest-headers = { \"A B\" = \"X\", Cookie = \"X\\n\" }\n"),
        ("proxy.toml", "[http.\"http://h/\"]\nproxy = \"socks5://u:X@h/\"\n"),
        ("port.toml", "[http.\"http://u:X@h:99999/\"]\nstatus = 200\n"),
        ("scheme.toml", "[http.\"u:X@h/\"]\nstatus = 200\n"),
        ("slip.toml", "[http.\"http://h/\"]\nusernme = \"u\"\npasswrd = \"X\"\nstatus = 200\n"),
        ("kind.toml", "[htp.\"http://u:X@h/?token=X\"]\nstatus = 200\n"),
        ("twice.yaml", "http:\n  http://h/: {password: X, status: 200, password: X}\n"),
        ("beside.yaml", "http:\n  http://h/: {password: X, status: [200}\n"),
        ("status.json", "{\"http\":{\"http://u:X@h/\":{\"password\":\"X\",\"status\":\"X\"}}}"),
    ] {
        for secret in [PLAIN, "123456789"] {
            let text = text.replace('X', secret);
            let lab = Lab::with(file, &text);
            for ran in [lab.run(&["check", file]), lab.run(&["validate", file]), lab.pipe(&text, &["validate", "-"])] {
                assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{file}: {ran}");
            }
        }
    }
}

#[test]
fn a_proxy_of_the_environment_does_not_tell_its_password() {
    let lab = Lab::with("spec.toml", "[http.\"http://a.test/\"]\nstatus = 200\n");
    for proxy in ["http://bob:P@127.0.0.1:1", "socks5://bob:P@127.0.0.1:1", "bob:P@127.0.0.1:1", "http://bob:P@h:99999"]
    {
        for format in FORMATS {
            let mut command = lab.command(&["validate", "-f", format, "spec.toml"]);
            let output = command.env("http_proxy", proxy.replace('P', PLAIN)).output().unwrap();
            let said = format!("{output:?}");
            assert!(!said.contains("aNary"), "{said}");
        }
    }
}
