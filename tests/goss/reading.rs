//! Specs with something odd in them, read and printed by goss and by this library.

use crate::random::Random;
use std::path::Path;
use std::process::{Command, Stdio};
use verispec::goss::{decode, print};
use verispec::syntax::Format;

const YAML: &[&str] = &[
    "# c\nfile:\n  /etc/passwd:\n    exists: true\n    mode: \"0644\" # d\n    contents:\n    - root\n    - '!/x/'\n  /b: {exists: yes, size: 0644}\n",
    "x: &base\n  exists: true\n  owner: root\nfile:\n  /a:\n    <<: *base\n    group: [root, ~]\n  /b: *base\nunknown:\n  a: 1\n",
    "command:\n  ? |\n    a\n    b\n  : exit-status: 0\n    stdout: |-\n      x\n       y\n\n    stderr: >\n      one\n      two\n\n      three\n",
    "command:\n  \"echo \\\"a\\tb\\\"\":\n    exit-status: {gt: 0}\n    timeout: 5000\n  'it''s': {exit-status: 0, exec: \"a\n      b\"}\n",
    "matching:\n  a:\n    content: [1, 1.5, true, 2001-12-14, !!str 5, !x y, {1: a, b: c}, [], {}]\n    matches:\n      and:\n        - have-len: 3\n        - not: {contain-element: x}\n",
    "%YAML 1.1\n---\nport:\n  tcp:22:\n    listening: true\n    ip:\n      - 0.0.0.0\n...\n---\nx\n",
    "http:\n  https://h/:\n    status: 200\n    timeout: 5\n    request-headers: [\"a: b\"]\n    body: [x, \" y\"]\n    skip: off\n",
    "service:\r\n  sshd:\r\n    enabled: true\r\n    running: true\r\n",
    "user:\n\n  root:\n\n    exists: true\n    # c\n\n    groups:\n      - a\n      -\n        - b\n      - c: d\n        e: f\n",
];
const JSON: &[&str] = &[
    r#"{"file": {"/a": {"exists": true, "mode": "0644", "size": 1e3, "meta": {"a": [1, null]}}}}"#,
    r#"{"FILE": {"/a": {"exists": true}, "/a": {"exists": false}}, "x": 1, "user": null}"#,
    r#"{"matching": {"a": {"content": "<\u00e9\ud83d&>", "matches": {"and": [{"gt": 1.50}, {}]}}}}"#,
];
const BITS: &[&str] = &[
    " ", "\n", "\t", ":", "-", "#", "[", "]", "{", "}", ",", "?", "*", "&", "!", "|", ">", "'", "\"", "%", "@", "`",
    "\\", ".", "~", "<", "=", "0", "1", "9", "a", "e", "y", "x", "/", "  ", "\n  ", ": ", "- ", "# ", "\n- ",
    "\n# c\n", "&a ", "*a", "!x ", "!!str ", "<<: ", "\"a\"", "'b'", "|\n", ">-\n", "---\n", "...\n", "\r\n", "\n\n",
    "\u{feff}", "é", "\u{2028}", "\u{85}", "? ", "{a: b}", "[a]", "|2\n", "\n\t", "\t# c", "null", "true", "1.0",
    "\\u00e9",
];

/// What differs, a line each.
pub fn compare(goss: &str, random: &mut Random, cases: u64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut differences = vec![];
    for nth in 0..cases {
        let json = nth % 5 == 0;
        let mut text = random.pick(if json { JSON } else { YAML }).to_string();
        for _ in 0..=random.below(3) {
            mutate(&mut text, random);
        }
        // Templates are compared elsewhere.
        if text.contains("{{") {
            continue;
        }
        let (ending, format) = if json { ("json", Format::Json) } else { ("yaml", Format::Yaml) };
        let path = folder.path().join(format!("goss.{ending}"));
        std::fs::write(&path, &text).unwrap();
        let ours = decode::decode(&text, 0, format).ok().map(|decoded| print(&decoded.config, format));
        let theirs = theirs(goss, &path);
        if ours != theirs && !is_ours_on_purpose(theirs.as_deref().unwrap_or_default()) {
            differences.push(format!("{text:?}\n  ours {ours:?}\n  goss {theirs:?}"));
        }
    }
    differences
}

/// goss prints what does not read back: `<<` as a merge, and text in a list that begins with a blank by a wrong indent.
fn is_ours_on_purpose(theirs: &str) -> bool {
    theirs.contains("<<") || theirs.contains("|4") || theirs.is_empty()
}

fn theirs(goss: &str, path: &Path) -> Option<String> {
    let output = Command::new(goss).arg("-g").arg(path).arg("render").stdin(Stdio::null()).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn mutate(text: &mut String, random: &mut Random) {
    let at = text.floor_char_boundary(random.below(text.len() + 1));
    let bit = *random.pick(BITS);
    let after = |text: &str, n: usize| text.ceil_char_boundary((at + n).min(text.len()));
    match random.below(6) {
        0 | 1 => text.insert_str(at, bit),
        2 => text.replace_range(at..after(text, 1), bit),
        3 => {
            let end = after(text, 1 + random.below(6));
            text.replace_range(at..end, "");
        }
        _ => {
            let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let (one, other) = (random.below(lines.len()), random.below(lines.len()));
            match random.below(5) {
                0 => lines[one].insert_str(0, &" ".repeat(1 + random.below(4))),
                1 => lines[one] = lines[one].chars().skip(1 + random.below(3)).collect(),
                2 => lines.swap(one, other),
                3 => lines.insert(other, lines[one].clone()),
                _ => lines[one].push_str(bit),
            }
            *text = lines.join("\n");
        }
    }
}
